package s3front

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"time"
)

// What a client may take, unless Front says otherwise.
const (
	defaultStall     = 30 * time.Second
	defaultMinRate   = 1 << 10 // bytes a second
	defaultWholeBody = time.Minute
	defaultRejudge   = 10 * time.Second
)

func orElse[T comparable](v, other T) T {
	var zero T
	if v == zero {
		return other
	}
	return v
}

// pace is how long the other side may be waited for: never longer than stall
// at a time, and over the whole no longer than stall and a second for each rate
// bytes that moved. What this side takes for itself doesn't count.
type pace struct {
	stall  time.Duration
	rate   int64
	total  time.Duration // of all waiting, whatever moved; 0 for no bound
	waited time.Duration
	moved  int64
}

// left returns how long may be waited now, for size bytes more to move.
func (p *pace) left(size int64) time.Duration {
	more := time.Duration(float64(p.moved+size) / float64(p.rate) * float64(time.Second))
	left := min(p.stall+time.Duration(float64(size)/float64(p.rate)*float64(time.Second)), p.stall+more-p.waited)
	if p.total > 0 {
		left = min(left, p.total-p.waited)
	}
	return left
}

func (p *pace) waitedFor(began time.Time, n int) {
	p.waited += time.Since(began)
	p.moved += int64(n)
}

// arriving is a body on its way in, whose client must keep up a pace.
type arriving struct {
	io.ReadCloser
	pace    pace
	control *http.ResponseController
	ended   bool
	failed  bool
}

// Read fails with errTooSlow when the client is too slow, and with errBrokenOff
// when it is gone.
func (a *arriving) Read(p []byte) (int, error) {
	left := a.pace.left(0)
	if left <= 0 {
		a.failed = true
		return 0, errTooSlow
	}
	began := time.Now()
	_ = a.control.SetReadDeadline(began.Add(left)) // a server that has none can't be kept waiting by a network either
	n, err := a.ReadCloser.Read(p)
	a.pace.waitedFor(began, n)
	a.failed = err != nil
	switch {
	case err == nil:
	case errors.Is(err, io.EOF):
		a.done()
	case errors.Is(err, os.ErrDeadlineExceeded):
		return n, errTooSlow
	case !errors.Is(err, io.ErrUnexpectedEOF):
		return n, errBrokenOff
	}
	return n, err
}

// unreadTime is how long a client may take to send a body that nobody wants:
// net/http reads the beginning of it before it sends an answer.
const unreadTime = 5 * time.Second

// hurry bounds the rest of a body that is not read any more.
func (f *Front) hurry(r *request) {
	if r.ContentLength != 0 && (r.incoming == nil || !r.incoming.ended && !r.incoming.failed) {
		_ = r.control.SetReadDeadline(time.Now().Add(min(unreadTime, orElse(f.Stall, defaultStall))))
	}
}

// done takes the deadline away. Else it would end the request, which net/http
// goes on to read from after the body, for the client that hangs up.
func (a *arriving) done() {
	if !a.ended {
		a.ended = true
		_ = a.control.SetReadDeadline(time.Time{})
	}
}

// leaving is an answer on its way out, whose client must keep up a pace.
type leaving struct {
	w       io.Writer
	pace    pace
	control *http.ResponseController

	mu   sync.Mutex
	cut  error // why it is to end
	over bool  // the connection may belong to another request by now
}

// piece is how many bytes are waited for at a time.
const piece = 64 << 10

func (l *leaving) Write(p []byte) (int, error) {
	written := 0
	for len(p) > 0 {
		n, err := l.send(p[:min(len(p), piece)])
		written += n
		if err != nil {
			return written, err
		}
		p = p[n:]
	}
	return written, nil
}

func (l *leaving) send(p []byte) (int, error) {
	began := time.Now()
	if err := l.extend(began.Add(l.pace.left(int64(len(p))))); err != nil {
		return 0, err
	}
	n, err := l.w.Write(p)
	l.pace.waitedFor(began, n)
	return n, l.why(err)
}

// why returns why the writing failed: because it was to end, or because of the
// client.
func (l *leaving) why(err error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case err == nil:
		return nil
	case l.cut != nil:
		return l.cut
	}
	return fmt.Errorf("%w: %w", errGone, err)
}

var errGone = errors.New("the client is gone, or takes nothing")

// extend sets the deadline unless the answer is to end. A server that has no
// deadlines has no network that could keep it waiting.
func (l *leaving) extend(deadline time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cut == nil {
		_ = l.control.SetWriteDeadline(deadline)
	}
	return l.cut
}

// end makes the writing fail with why, now.
func (l *leaving) end(why error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return
	}
	l.cut = why
	_ = l.control.SetWriteDeadline(time.Unix(1, 0))
}

// held is what net/http holds back of an answer until it is whole.
const held = 2048

// finish sends what is still held back and takes the deadline away, which would
// outlast the request. A short answer it leaves to net/http to send.
func (l *leaving) finish() (err error) {
	if l.pace.moved > held {
		err = l.control.Flush()
	}
	if errors.Is(err, http.ErrNotSupported) {
		err = nil
	}
	err = l.why(err)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over = true; l.cut == nil {
		_ = l.control.SetWriteDeadline(time.Time{})
	}
	return err
}
