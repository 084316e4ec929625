package proof

import "sync/atomic"

// gate is one condition of an answer, such as that a certificate is active.
// Its state counts up through four phases, again and again; the owner of the
// gate moves it on, and a withdrawal is closed only when it was acknowledged.
type gate struct {
	name   string
	ways   []*way
	state  atomic.Uint64
	taken  atomic.Pointer[way] // the last
	buried atomic.Uint64       // the state of the last withdrawal that buried something
}

// A way withdraws what a gate stands for, and gives it again; both return once
// that is acknowledged.
type way struct {
	name         string
	shut, reopen func() error
	// buries is true where it is another thing that comes back: that revives
	// nothing that was made before.
	buries bool
}

// The phases of a gate.
const (
	open = iota
	closing
	closed
	opening
)

// close withdraws what the gate stands for.
func (g *gate) close(w *way) error {
	g.taken.Store(w)
	shut := g.state.Add(1) + 1
	err := w.shut()
	if w.buries {
		g.buried.Store(shut)
	}
	g.state.Add(1)
	return err
}

// open gives it again.
func (g *gate) open() error {
	g.state.Add(1)
	err := g.taken.Load().reopen()
	g.state.Add(1)
	return err
}

// gates are all conditions of one answer.
type gates []*gate

// moment is what is known of a gate at one.
type moment struct{ state, buried uint64 }

// view is what their moments were.
type view []moment

func (all gates) look() view {
	v := make(view, len(all))
	for i, g := range all {
		v[i] = moment{g.state.Load(), g.buried.Load()}
	}
	return v
}

// stood reports whether all were open, from before to after.
func (v view) stood(after view) bool {
	for i := range v {
		if v[i].state != after[i].state || v[i].state%4 != open {
			return false
		}
	}
	return true
}

// mustRefuse names all reasons why a request must be refused that began with
// the moments before and was answered with those after. With credentials, made
// is when they were vended. settled reports that no gate was moving: a single
// reason is the only one then.
func (all gates) mustRefuse(before, after, made view) (reasons []string, settled bool) {
	settled = true
	for i, g := range all {
		stays, phase := before[i].state == after[i].state, before[i].state%4
		switch {
		case stays && phase == closed:
			reasons = append(reasons, g.taken.Load().name)
		case made != nil && before[i].buried > made[i].state:
			reasons = append(reasons, g.name+" is another now")
		}
		if !stays || phase == closing || phase == opening {
			settled = false
		}
	}
	return reasons, settled
}

// mustAllow reports whether such a request must be allowed.
func (all gates) mustAllow(before, after, made view) bool {
	if !before.stood(after) {
		return false
	}
	for i := range all {
		if made != nil && before[i].buried > made[i].state {
			return false
		}
	}
	return true
}
