package proof

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"muster/internal/awsclient"
)

// size is how much of a world there is, and for how long it is asked.
type size struct {
	groups, devices, clerks, hands, people int
	last                                   time.Duration
}

func sizeOf(t *testing.T) size {
	t.Helper()
	s := size{groups: 8, devices: 240, clerks: 24, hands: 8, people: 6, last: 10 * time.Second}
	if testing.Short() {
		s = size{groups: 3, devices: 45, clerks: 4, hands: 4, people: 2, last: 2 * time.Second}
	}
	if text := os.Getenv("MUSTER_PROOF_TIME"); text != "" {
		var err error
		if s.last, err = time.ParseDuration(text); err != nil {
			t.Fatalf("MUSTER_PROOF_TIME: %v", err)
		}
	}
	return s
}

// Hundreds of devices ask without pause on kept connections, and what they
// were given is used, while certificates, attachments, things, policies,
// aliases and roles are withdrawn, in every way there is, and given again. So
// do people with access keys of theirs. A request that began after a withdrawal
// was acknowledged is never allowed; one during which nothing was withdrawn is.
func TestNothingIsAllowedAfterTheAcknowledgement(t *testing.T) {
	n, first := sizeOf(t), seed(t)
	m := startWithoutObjects(t, t.TempDir())
	f := newField(t, m, n)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go f.end(cancel, n.last)

	var asking, changing sync.WaitGroup
	random := func(i int) *rand.Rand { return rand.New(rand.NewPCG(first, uint64(i))) }
	// Devices take turns: were all of them waiting for an answer at once, hardly
	// one would begin and end while nothing changes.
	turns := make(chan struct{}, 8)
	for _, d := range f.devices {
		asking.Go(func() {
			for ctx.Err() == nil {
				turns <- struct{}{}
				f.ask(d, false)
				<-turns
			}
		})
	}
	for i := range n.hands {
		asking.Go(func() {
			r := random(1000 + i)
			for ctx.Err() == nil {
				f.use(f.devices[r.IntN(len(f.devices))], r.IntN(2) == 0)
			}
		})
	}
	for i, p := range f.people {
		asking.Go(func() {
			r := random(1500 + i)
			for ctx.Err() == nil {
				f.act(p, r.IntN(5))
				pause(r, 10*time.Millisecond)
			}
		})
		changing.Go(func() {
			r := random(1700 + i)
			for ctx.Err() == nil {
				f.cycle(r, p.own, func() {
					for what := range 5 {
						f.act(p, what)
					}
				}, 60*time.Millisecond)
				pause(r, 150*time.Millisecond)
			}
		})
	}
	for i := range n.clerks {
		changing.Go(func() { // the devices i, i+clerks, …
			r := random(2000 + i)
			for ctx.Err() == nil {
				d := f.devices[i+n.clerks*r.IntN((n.devices-i+n.clerks-1)/n.clerks)]
				f.cycle(r, d.own, f.asking(d), 150*time.Millisecond)
			}
		})
	}
	for i, g := range f.groups {
		for j, own := range g.own {
			changing.Go(func() {
				r := random(3000 + 1000*j + i)
				for ctx.Err() == nil {
					f.cycle(r, own, f.asking(g.devices[r.IntN(len(g.devices))]), 60*time.Millisecond)
					pause(r, 400*time.Millisecond)
				}
			})
		}
	}
	changing.Wait()
	asking.Wait()
	for _, d := range f.devices { // everything was given again
		f.ask(d, false)
	}
	for _, p := range f.people {
		f.act(p, 0)
	}
	t.Logf("%v: %d withdrawals; devices: %s; credentials: %s; people: %s", n.last, f.withdrawn.Load(), &f.asked, &f.used, &f.byPeople)
	t.Logf("%d connections, made %d times; refused for nothing else but: %v", f.connections.Load(), f.dialed.Load(), f.kinds)
	if few := f.few(); few != "" {
		t.Errorf("the test saw too little to prove anything: %s", few)
	}
	if f.dialed.Load() > f.connections.Load() {
		t.Errorf("%d connections were made for %d to be kept", f.dialed.Load(), f.connections.Load())
	}
}

// mostTruth bounds a run that goes on until it has seen enough, on however busy
// a machine.
const mostTruth = 5 * time.Minute

// end ends the test when its time is over and it has seen enough. What it needs
// to see is a matter of luck, and the luck of the machine's: it goes on.
func (f *field) end(cancel func(), after time.Duration) {
	defer cancel()
	began := time.Now()
	time.Sleep(after)
	for time.Since(began) < mostTruth && f.few() != "" {
		time.Sleep(after / 10)
	}
}

// few says what was seen too few times.
func (f *field) few() string {
	for _, c := range []*counts{&f.asked, &f.used, &f.byPeople} {
		if min(c.refused.Load(), c.allowed.Load()) < 20 {
			return c.String()
		}
	}
	if testing.Short() {
		return ""
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, kind := range sorted(f.kinds) {
		if f.kinds[kind] < 3 {
			return fmt.Sprintf("%s: %d", kind, f.kinds[kind])
		}
	}
	return ""
}

// counts are of answers: those that had to be refusals, those that had to be
// allowed, and those where either was right.
type counts struct{ refused, allowed, either atomic.Int64 }

func (c *counts) String() string {
	return fmt.Sprintf("%d had to be refused, %d allowed, %d either", c.refused.Load(), c.allowed.Load(), c.either.Load())
}

// cycle withdraws one of own and gives it again, once or several times without a
// pause, so that somebody is still reading what is being changed. After each
// withdrawal it asks at once, on a connection of its own: no request can begin
// sooner after the acknowledgement.
func (f *field) cycle(r *rand.Rand, own []*gate, ask func(), most time.Duration) {
	g, w := f.pick(r, own)
	for more := r.IntN(3); more >= 0; more-- {
		if err := g.close(w); err != nil {
			f.t.Errorf("withdraw: %s: %v", w.name, err)
		}
		f.withdrawn.Add(1)
		ask()
		if more == 0 {
			pause(r, most)
		}
		if err := g.open(); err != nil {
			f.t.Errorf("give again: %s: %v", w.name, err)
		}
	}
	ask()
}

// pick is one of own and a way to withdraw it: by chance, or every other time
// one that was seen least.
func (f *field) pick(r *rand.Rand, own []*gate) (*gate, *way) {
	g := own[r.IntN(len(own))]
	w := g.ways[r.IntN(len(g.ways))]
	if r.IntN(2) == 0 {
		return g, w
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, other := range own {
		for _, rare := range other.ways {
			if f.seen(other, rare) < f.seen(g, w) {
				g, w = other, rare
			}
		}
	}
	return g, w
}

// seen is how often a way was seen, or what it buries, whichever is less; with
// f.mu held.
func (f *field) seen(g *gate, w *way) int {
	n := f.kinds[w.name]
	if w.buries {
		n = min(n, f.kinds[g.name+" is another now"])
	}
	return n
}

// asking uses what d has from before, asks anew, and uses what it has then: so
// credentials are tried when what they were made from is another under its name.
func (f *field) asking(d *device) func() {
	return func() {
		f.use(d, true)
		f.ask(d, true)
		f.use(d, true)
	}
}

func pause(r *rand.Rand, most time.Duration) { time.Sleep(time.Duration(r.Int64N(int64(most)))) }

// ask asks for credentials and judges the answer.
func (f *field) ask(d *device, second bool) {
	before := d.lasts.look()
	shows := d.shows.Load()
	c := shows.kept
	if second {
		c = shows.second
	}
	status, cred, err := d.vend(c)
	after := d.lasts.look()
	if err != nil || status >= http.StatusInternalServerError {
		f.t.Errorf("ask for credentials: %d, %v", status, err)
		return
	}
	f.judge(&f.asked, "device "+d.thing, d.gates, before[:len(d.gates)], after[:len(d.gates)], nil, status == http.StatusOK)
	if cred != nil && before.stood(after) {
		d.vended.Store(&vended{f.m.as(*cred), before})
	}
}

// use uses credentials that d was given: for what needs no permission, or for
// what the role's own policies allow while they are there.
func (f *field) use(d *device, permitted bool) {
	v := d.vended.Load()
	if v == nil {
		return
	}
	all, made := d.lasts, v.made
	if permitted {
		all = append(all[:len(all):len(all)], d.group.grant)
		made = append(made[:len(made):len(made)], moment{}) // the grant buries nothing
	}
	before := all.look()
	var err error
	if permitted {
		err = describe(f.t.Context(), v.client)
	} else {
		err = whoAmI(f.t.Context(), v.client)
	}
	after := all.look()
	if f.answered("credentials of "+d.thing, err) {
		f.judge(&f.used, "credentials of "+d.thing, all, before, after, made, err == nil)
	}
}

// answered reports whether err is an answer: none, or a refusal.
func (f *field) answered(who string, err error) bool {
	var said *awsclient.Error
	if err != nil && (!errors.As(err, &said) || said.Status != http.StatusForbidden) {
		f.t.Errorf("%s: %v", who, err)
		return false
	}
	return true
}

func (f *field) judge(c *counts, who string, all gates, before, after, made view, allowed bool) {
	reasons, settled := all.mustRefuse(before, after, made)
	switch {
	case len(reasons) > 0:
		c.refused.Add(1)
		if allowed {
			f.t.Errorf("%s: allowed, though before it asked: %s", who, strings.Join(reasons, ", "))
		}
		if len(reasons) == 1 && settled {
			f.mu.Lock()
			f.kinds[reasons[0]]++
			f.mu.Unlock()
		}
	case all.mustAllow(before, after, made):
		c.allowed.Add(1)
		if !allowed {
			f.t.Errorf("%s: refused, though everything stood", who)
		}
	default:
		c.either.Add(1)
	}
}
