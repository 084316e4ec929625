package proof

import "sync/atomic"

// gate is one condition of an answer, such as that a certificate is active.
// Its state counts up through four phases, again and again; the owner of the
// gate moves it on, and a withdrawal is closed only when it was acknowledged.
type gate struct {
	name  string
	state atomic.Uint64
	// revives is false for what is another thing when it comes back: it
	// revives nothing that was made before.
	revives bool
	shut    func() error // withdraws; returns once that is acknowledged
	reopen  func() error // and gives again
}

// The phases of a gate.
const (
	open = iota
	closing
	closed
	opening
)

// close withdraws what the gate stands for.
func (g *gate) close() error {
	g.state.Add(1)
	err := g.shut()
	g.state.Add(1)
	return err
}

// open gives it again.
func (g *gate) open() error {
	g.state.Add(1)
	err := g.reopen()
	g.state.Add(1)
	return err
}

// gates are all conditions of one answer.
type gates []*gate

// view is what their states were at one moment.
type view []uint64

func (all gates) look() view {
	v := make(view, len(all))
	for i, g := range all {
		v[i] = g.state.Load()
	}
	return v
}

// stood reports whether all were open, from before to after.
func (v view) stood(after view) bool {
	for i := range v {
		if v[i] != after[i] || v[i]%4 != open {
			return false
		}
	}
	return true
}

// mustRefuse names the gate for which a request must be refused that began
// with the states before and was answered with those after; "" when it needn't
// be. With credentials, made is when they were vended.
func (all gates) mustRefuse(before, after, made view) string {
	for i, g := range all {
		switch {
		case before[i] == after[i] && before[i]%4 == closed:
			return g.name + " was withdrawn"
		case made != nil && !g.revives && before[i] >= made[i]/4*4+closed:
			return g.name + " was withdrawn and is another now"
		}
	}
	return ""
}

// mustAllow reports whether such a request must be allowed.
func (all gates) mustAllow(before, after, made view) bool {
	if !before.stood(after) {
		return false
	}
	for i, g := range all {
		if made != nil && !g.revives && made[i] != before[i] {
			return false
		}
	}
	return true
}
