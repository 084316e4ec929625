package ingress

import (
	"container/list"
	"errors"
	"sync"
	"time"
)

// turns give out the right to compute, to a few at once. Whoever waits is
// served in turn among sources; inside a source those whose handshake has cost
// something already come first, and then whoever came first.
type turns struct {
	mu      sync.Mutex
	free    int
	waiting int
	lines   map[Source]*line
	ring    *list.List // of *line; the first is next
}

// line are those of one source that wait.
type line struct {
	source        Source
	begun, others list.List // of *turn
	at            *list.Element
}

type turn struct {
	granted chan struct{}
	in      *list.List
	at      *list.Element // nil once it is granted or given up
}

var (
	errNoTurn = errors.New("the handshake's turn didn't come in time")
	errShed   = errors.New("the connection was closed for another one")
)

func newTurns(atOnce int) *turns {
	return &turns{free: max(1, atOnce), lines: map[Source]*line{}, ring: list.New()}
}

func (t *turns) len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.waiting
}

// take waits for a turn, until closed is or limit is over. Every turn is to be
// given back with release.
func (t *turns) take(s Source, begun bool, closed <-chan struct{}, limit time.Duration) error {
	mine := t.join(s, begun)
	if mine == nil {
		return nil
	}
	end := time.NewTimer(limit)
	defer end.Stop()
	err := errNoTurn
	select {
	case <-mine.granted:
		return nil
	case <-closed:
		err = errShed
	case <-end.C:
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if mine.at == nil { // granted meanwhile
		t.next()
		return err
	}
	t.leave(t.lines[s], mine)
	return err
}

// join returns nil when there is a turn at once.
func (t *turns) join(s Source, begun bool) *turn {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.free > 0 {
		t.free--
		return nil
	}
	l := t.lines[s]
	if l == nil {
		l = &line{source: s}
		l.at = t.ring.PushBack(l)
		t.lines[s] = l
	}
	mine := &turn{granted: make(chan struct{}), in: &l.others}
	if begun {
		mine.in = &l.begun
	}
	mine.at = mine.in.PushBack(mine)
	t.waiting++
	return mine
}

func (t *turns) leave(l *line, gone *turn) {
	gone.in.Remove(gone.at)
	gone.at = nil
	t.waiting--
	if l.begun.Len()+l.others.Len() == 0 {
		t.ring.Remove(l.at)
		delete(t.lines, l.source)
	}
}

func (t *turns) release() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.next()
}

// next gives a turn that is over to whoever is next.
func (t *turns) next() {
	first := t.ring.Front()
	if first == nil {
		t.free++
		return
	}
	l := first.Value.(*line)
	e := l.begun.Front()
	if e == nil {
		e = l.others.Front()
	}
	t.ring.MoveToBack(first)
	mine := e.Value.(*turn)
	t.leave(l, mine)
	close(mine.granted)
}
