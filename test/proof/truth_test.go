package proof

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"muster/internal/awsapi/iotapi"
	"muster/internal/awsapi/stsapi"
	"muster/internal/awsclient"
)

// size is how much of a world there is, and for how long it is asked.
type size struct {
	groups, devices, clerks, users int
	last                           time.Duration
}

func sizeOf(t *testing.T) size {
	t.Helper()
	s := size{groups: 8, devices: 240, clerks: 24, users: 8, last: 10 * time.Second}
	if testing.Short() {
		s = size{groups: 3, devices: 45, clerks: 4, users: 4, last: 2 * time.Second}
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
// were given is used, while certificates, attachments, policies, aliases and
// roles are withdrawn and given again. A request that began after a withdrawal
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
				f.ask(d, d.kept)
				<-turns
			}
		})
	}
	for i := range n.users {
		asking.Go(func() {
			r := random(1000 + i)
			for ctx.Err() == nil {
				f.use(f.devices[r.IntN(len(f.devices))], r.IntN(2) == 0)
			}
		})
	}
	for i := range n.clerks {
		changing.Go(func() { // the devices i, i+clerks, …
			r := random(2000 + i)
			for ctx.Err() == nil {
				d := f.devices[i+n.clerks*r.IntN((n.devices-i+n.clerks-1)/n.clerks)]
				f.cycle(r, d.own[r.IntN(len(d.own))], d, 150*time.Millisecond)
			}
		})
	}
	for i, g := range f.groups {
		changing.Go(func() {
			r := random(3000 + i)
			for ctx.Err() == nil {
				f.cycle(r, g.alias, g.devices[r.IntN(len(g.devices))], 60*time.Millisecond)
				pause(r, 400*time.Millisecond)
			}
		})
		changing.Go(func() {
			r := random(4000 + i)
			for ctx.Err() == nil {
				f.cycle(r, g.ofRole[r.IntN(len(g.ofRole))], g.devices[r.IntN(len(g.devices))], 60*time.Millisecond)
				pause(r, 400*time.Millisecond)
			}
		})
	}
	changing.Wait()
	asking.Wait()
	for _, d := range f.devices { // everything was given again
		f.ask(d, d.kept)
	}
	t.Logf("%v: %d withdrawals; devices: %s; credentials: %s", n.last, f.withdrawn.Load(), &f.asked, &f.used)
	if !f.enough() {
		t.Error("the test saw too little to prove anything")
	}
}

// end ends the test when its time is over and it has seen enough, or when a
// machine that is too busy has had more than its share.
func (f *field) end(cancel func(), after time.Duration) {
	defer cancel()
	time.Sleep(after)
	for extra := time.Duration(0); extra < 2*after && !f.enough(); extra += after / 10 {
		time.Sleep(after / 10)
	}
}

func (f *field) enough() bool {
	return min(f.asked.refused.Load(), f.asked.allowed.Load(), f.used.refused.Load(), f.used.allowed.Load()) >= 20
}

// counts are of answers: those that had to be refusals, those that had to be
// allowed, and those where either was right.
type counts struct{ refused, allowed, either atomic.Int64 }

func (c *counts) String() string {
	return fmt.Sprintf("%d had to be refused, %d allowed, %d either", c.refused.Load(), c.allowed.Load(), c.either.Load())
}

// cycle withdraws and gives again. In between it asks at once, on a connection
// of its own: no request can begin sooner after the acknowledgement.
func (f *field) cycle(r *rand.Rand, g *gate, d *device, most time.Duration) {
	if err := g.close(); err != nil {
		f.t.Errorf("withdraw %s: %v", g.name, err)
	}
	f.withdrawn.Add(1)
	f.ask(d, d.second)
	f.use(d, true)
	pause(r, most)
	if err := g.open(); err != nil {
		f.t.Errorf("give %s again: %v", g.name, err)
	}
	f.ask(d, d.second)
}

func pause(r *rand.Rand, most time.Duration) { time.Sleep(time.Duration(r.Int64N(int64(most)))) }

// ask asks for credentials and judges the answer.
func (f *field) ask(d *device, c *http.Client) {
	before := d.gates.look()
	status, cred, err := d.vend(c)
	after := d.gates.look()
	if err != nil || status >= http.StatusInternalServerError {
		f.t.Errorf("ask for credentials: %d, %v", status, err)
		return
	}
	f.judge(&f.asked, "device "+d.thing, d.gates, before, after, nil, status == http.StatusOK)
	if cred != nil && before.stood(after) {
		d.vended.Store(&vended{f.m.as(*cred), before})
	}
}

// use uses credentials that d was given: for what needs no permission, or for
// what the role's own policy allows while it is there.
func (f *field) use(d *device, permitted bool) {
	v := d.vended.Load()
	if v == nil {
		return
	}
	all, made := d.gates, v.made
	if permitted {
		all = append(all[:len(all):len(all)], d.group.grant)
		made = append(made[:len(made):len(made)], 0)
	}
	before := all.look()
	var err error
	if permitted {
		_, err = awsclient.Do(f.t.Context(), v.client, iotapi.DescribeEndpoint, &iotapi.DescribeEndpointRequest{EndpointType: new("iot:Data-ATS")})
	} else {
		_, err = awsclient.Do(f.t.Context(), v.client, stsapi.GetCallerIdentity, &stsapi.GetCallerIdentityRequest{})
	}
	after := all.look()
	var said *awsclient.Error
	if err != nil && (!errors.As(err, &said) || said.Status != http.StatusForbidden) {
		f.t.Errorf("use credentials of %s: %v", d.thing, err)
		return
	}
	f.judge(&f.used, "credentials of "+d.thing, all, before, after, made, err == nil)
}

func (f *field) judge(c *counts, who string, all gates, before, after, made view, allowed bool) {
	why := all.mustRefuse(before, after, made)
	switch {
	case why != "":
		c.refused.Add(1)
		if allowed {
			f.t.Errorf("%s: allowed, though %s before it asked", who, why)
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
