package ingress

import (
	"container/list"
	"sync"
	"time"
)

// stage is how far a connection has come. Those of an earlier one go first when
// the port is short of places.
type stage int

const (
	awaited   stage = iota // it says nothing: no finished handshake or, on plain TCP, no request yet
	ours                   // its handshake waits for us
	idle                   // nobody known, no request under way
	busy                   // nobody known, a request under way
	idleKnown              // its last request's key or certificate was known
	busyKnown
	stages
)

var stageNames = [stages]string{"before a request", "in the queue", "idle", "busy", "idle and known", "busy and known"}

// grace is how long nobody of the same source, nor of one that holds as little,
// takes the place of a connection that has just done something: else those that
// come at once would push each other out before the network has brought a byte.
const grace = time.Second

// leastFirst are the stages in the order in which their connections go. What
// waits for the client goes before what waits for us.
var leastFirst = [...]stage{awaited, idle, busy, ours, idleKnown, busyKnown}

// places are those of a port. While there are free ones everybody gets one. When
// there are none, a newcomer takes the place of a connection of the source that
// holds most, so that in the end all that want as much hold as many. A
// newcomer whose source holds as many as any other takes one of its own that
// does nothing, or else of another source that does.
type places struct {
	mu      sync.Mutex
	most    int // connections
	all     int
	sources map[Source]*group
	sized   []*list.List // of *group, by how many connections they hold
	largest int
}

// group are the connections of one source.
type group struct {
	source Source
	held   int
	by     [stages]list.List // of *Conn, by the time they came to the stage
	at     *list.Element     // in sized[held]
}

func newPlaces(most int) *places {
	return &places{most: max(1, most), sources: map[Source]*group{}}
}

func (p *places) len() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.all
}

// take gives c a place, and reports whether there was one.
func (p *places) take(c *Conn) bool {
	victim, ok := p.makeRoom(c)
	if victim != nil {
		victim.shed()
	}
	return ok
}

func (p *places) makeRoom(c *Conn) (victim *Conn, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-c.closed: // it would never leave
		return nil, false
	default:
	}
	if p.all >= p.most {
		if victim = p.victim(c.source); victim == nil {
			return nil, false
		}
		victim.port.Counts.shed(victim.stage)
		p.remove(victim)
	}
	g := p.sources[c.source]
	if g == nil {
		g = &group{source: c.source}
		p.sources[c.source] = g
	}
	p.resize(g, +1)
	c.stage, c.since, c.group = awaited, time.Now(), g
	c.at = g.by[awaited].PushBack(c)
	return victim, true
}

// victim chooses whose place a newcomer of source takes; nil when nobody's.
func (p *places) victim(source Source) *Conn {
	own := p.sources[source]
	held := 0
	if own != nil {
		held = own.held
	}
	if p.largest >= held+2 {
		return p.sized[p.largest].Front().Value.(*group).first(leastFirst[:], 0)
	}
	if own != nil {
		if c := own.first([]stage{awaited, idle, busy, idleKnown}, grace); c != nil {
			return c
		}
	}
	// All hold about as many. A few looks at others find somebody who does nothing,
	// if that is what keeps the port full.
	const looks = 16
	largest := p.sized[p.largest]
	for range min(looks, largest.Len()) {
		e := largest.Front()
		largest.MoveToBack(e)
		if c := e.Value.(*group).first([]stage{awaited, idle}, grace); c != nil {
			return c
		}
	}
	return nil
}

// first returns the connection that has been longest in the first of the stages
// that has one, for at least age; nil if none has.
func (g *group) first(of []stage, age time.Duration) *Conn {
	for _, s := range of {
		e := g.by[s].Front()
		if s == ours { // whoever came last has cost us least
			e = g.by[s].Back()
		}
		if e != nil {
			if c := e.Value.(*Conn); time.Since(c.since) >= age {
				return c
			}
		}
	}
	return nil
}

// relieve closes one connection that does nothing, of the source that holds most:
// the process is out of file descriptors.
func (p *places) relieve() {
	p.mu.Lock()
	var c *Conn
	if p.largest > 0 {
		if c = p.sized[p.largest].Front().Value.(*group).first([]stage{awaited, idle}, 0); c != nil {
			c.port.Counts.shed(c.stage)
			p.remove(c)
		}
	}
	p.mu.Unlock()
	if c != nil {
		c.shed()
	}
}

// move notes how far c has come.
func (p *places) move(c *Conn, to stage) {
	p.step(c, func(stage) stage { return to })
}

func (p *places) step(c *Conn, next func(from stage) stage) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c.group == nil {
		return // its place is another's
	}
	to := next(c.stage)
	c.group.by[c.stage].Remove(c.at)
	c.stage, c.since = to, time.Now()
	c.at = c.group.by[to].PushBack(c)
}

// leave gives c's place back, if it still has one.
func (p *places) leave(c *Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c.group != nil {
		p.remove(c)
	}
}

func (p *places) remove(c *Conn) {
	g := c.group
	g.by[c.stage].Remove(c.at)
	c.group, c.at = nil, nil
	p.resize(g, -1)
	if g.held == 0 {
		delete(p.sources, g.source)
	}
}

// resize keeps the groups sorted by their size.
func (p *places) resize(g *group, by int) {
	if g.held > 0 {
		p.sized[g.held].Remove(g.at)
	}
	g.held += by
	p.all += by
	for len(p.sized) <= g.held {
		p.sized = append(p.sized, list.New())
	}
	if g.held > 0 {
		g.at = p.sized[g.held].PushBack(g)
	}
	p.largest = max(p.largest, g.held)
	for p.largest > 0 && p.sized[p.largest].Len() == 0 {
		p.largest--
	}
}
