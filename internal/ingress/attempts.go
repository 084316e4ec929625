package ingress

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// What a source's callers may get wrong before refusals come late.
const (
	freeFailures = 20                    // at once
	forgiven     = 1.0                   // failures a second
	mostFailures = 300                   // noted: after five quiet minutes all are forgiven
	eachFailure  = 20 * time.Millisecond // of delay
	longestDelay = 2 * time.Second

	mostSources  = 8192 // about half a MiB
	mostDelayed  = 512  // refusals
	mostOfSource = 16   // of them
)

// Attempts slow down who tries keys and certificates: the refusal of an unknown
// caller comes the later the more of its source failed lately. A caller whose
// signature or certificate holds never waits, whatever others behind the same
// address do, since only refusals are delayed. Nor does anybody of the loopback:
// that is the operator's own machine, or a proxy that doesn't say who comes. The
// zero value is ready.
type Attempts struct {
	mu      sync.Mutex
	sources map[Source]*debt
	delayed int

	// Failures noted, refusals that were delayed, and callers that were turned
	// away since too many waited.
	Failures, Slowed, TurnedAway atomic.Int64
}

// debt is what a source's callers got wrong lately.
type debt struct {
	failures float64
	as       time.Time
	delayed  int
}

// Failed notes a failure of which nobody is told, such as a handshake's.
func (a *Attempts) Failed(s Source) {
	if s.addr.IsLoopback() {
		a.Failures.Add(1)
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.note(s)
}

func (a *Attempts) note(s Source) *debt {
	a.Failures.Add(1)
	now := time.Now()
	d := a.sources[s]
	if d == nil {
		if a.sources == nil {
			a.sources = map[Source]*debt{}
		}
		if len(a.sources) >= mostSources {
			a.forget(now)
		}
		d = &debt{}
		a.sources[s] = d
	}
	d.failures = min(d.left(now)+1, mostFailures)
	d.as = now
	return d
}

func (d *debt) left(now time.Time) float64 {
	return max(0, d.failures-forgiven*now.Sub(d.as).Seconds())
}

// forget makes room: of some sources, whose order is random, the one that owes
// least goes.
func (a *Attempts) forget(now time.Time) {
	const looks = 16
	var least Source
	found, n := -1.0, 0
	for s, d := range a.sources {
		if left := d.left(now); d.delayed == 0 && (found < 0 || left < found) {
			least, found = s, left
		}
		if n++; n >= looks && found >= 0 {
			break
		}
	}
	delete(a.sources, least)
}

// Refuse notes that nobody knows the caller of a request, and returns when it
// may be told so. It reports false, at once, when too many wait: then the
// caller is to be turned away and its connection closed.
func (a *Attempts) Refuse(ctx context.Context, s Source) bool {
	if s.addr.IsLoopback() {
		a.Failures.Add(1)
		return true
	}
	a.mu.Lock()
	d := a.note(s)
	delay := min(time.Duration((d.failures-freeFailures)*float64(eachFailure)), longestDelay)
	if delay <= 0 {
		a.mu.Unlock()
		return true
	}
	if a.delayed >= mostDelayed || d.delayed >= mostOfSource {
		a.mu.Unlock()
		a.TurnedAway.Add(1)
		return false
	}
	a.delayed++
	d.delayed++
	a.mu.Unlock()
	a.Slowed.Add(1)
	end := time.NewTimer(delay)
	defer end.Stop()
	select {
	case <-end.C:
	case <-ctx.Done():
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.delayed--
	d.delayed--
	return true
}

// Sources is how many sources are remembered.
func (a *Attempts) Sources() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.sources)
}
