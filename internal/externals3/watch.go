package externals3

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"
)

var errStalled = errors.New("the object store has stopped in the middle")

// watch ends a request whose store neither gives nor takes anything for
// too long. How slow a client may be is not asked here.
type watch struct {
	end func() // ends the request, or frees what is left of it

	mu    sync.Mutex
	timer *time.Timer
}

// newWatch returns a watch and the context of the request that it can end.
func newWatch(ctx context.Context) (*watch, context.Context) {
	asked, cancel := context.WithCancelCause(ctx)
	w := &watch{timer: time.AfterFunc(time.Hour, func() { cancel(errStalled) })}
	w.timer.Stop()
	w.end = func() {
		w.stop()
		cancel(nil)
	}
	return w, asked
}

func (w *watch) start(wait time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timer.Reset(wait)
}

func (w *watch) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timer.Stop()
}

// receiving is the body of an answer.
type receiving struct {
	io.ReadCloser
	watch *watch
}

func (r *receiving) Read(p []byte) (int, error) {
	r.watch.start(stallWait)
	defer r.watch.stop()
	return r.ReadCloser.Read(p)
}

func (r *receiving) Close() error {
	defer r.watch.end()
	return r.ReadCloser.Close()
}

// sending is a body on its way to the store. Between two reads it is the store
// that makes it wait.
type sending struct {
	*body
	watch *watch

	mu    sync.Mutex
	given int64
}

func (s *sending) Read(p []byte) (int, error) {
	s.watch.stop()
	n, err := s.body.Read(p)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch s.given += int64(n); {
	case err != nil:
	case s.given < s.body.length:
		s.watch.start(stallWait)
	default: // now the store has work to do
		s.watch.start(slowWait)
	}
	return n, err
}

func (s *sending) Close() error { return nil }

// again lets net/http send a body once more that nobody has read from yet:
// otherwise an upload would fail on a connection that the store had just closed.
func (s *sending) again() (io.ReadCloser, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.given > 0 {
		return nil, errors.New("the body was read from")
	}
	return s, nil
}
