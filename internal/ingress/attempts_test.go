package ingress_test

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"muster/internal/ingress"
)

func source(addr string) ingress.Source { return ingress.SourceOf(netip.MustParseAddr(addr)) }

// late returns how late the refusal of a stranger from addr is.
func late(a *ingress.Attempts, addr string) time.Duration {
	began := time.Now()
	a.Refuse(context.Background(), source(addr))
	return time.Since(began)
}

func TestRefusalsComeLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var a ingress.Attempts
		for n := range 20 {
			if got := late(&a, attacker); got != 0 {
				t.Errorf("failure %d was refused after %v, want at once", n+1, got)
			}
		}
		before := time.Duration(0)
		for range 50 {
			a.Failed(source(attacker))
			got := late(&a, attacker)
			if got <= before && got < time.Second || got > 2*time.Second {
				t.Fatalf("got %v after %v, want more and at most 2 s", got, before)
			}
			before = got
		}
		if got := late(&a, neighbour); got != 0 {
			t.Errorf("another source waited %v", got)
		}
		for _, own := range []string{"127.0.0.1", "::1"} {
			for range 100 {
				a.Failed(source(own))
			}
			if got := late(&a, own); got != 0 {
				t.Errorf("somebody of %s waited %v", own, got)
			}
		}
		time.Sleep(6 * time.Minute)
		if got := late(&a, attacker); got != 0 {
			t.Errorf("after six quiet minutes: waited %v", got)
		}
	})
}

func TestTooManyThatWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var a ingress.Attempts
		for range 300 {
			a.Failed(source(attacker))
		}
		var all sync.WaitGroup
		for range 16 {
			all.Go(func() {
				if !a.Refuse(context.Background(), source(attacker)) {
					t.Error("turned away while there was room to wait")
				}
			})
		}
		synctest.Wait()
		began := time.Now()
		if a.Refuse(context.Background(), source(attacker)) || time.Since(began) > 0 {
			t.Error("the seventeenth of a source was let wait")
		}
		if !a.Refuse(context.Background(), source(neighbour)) {
			t.Error("another source was turned away")
		}
		all.Wait()
		if a.Slowed.Load() != 16 || a.TurnedAway.Load() != 1 {
			t.Errorf("got %d slowed and %d turned away, want 16 and 1", a.Slowed.Load(), a.TurnedAway.Load())
		}
		gone, leave := context.WithCancel(context.Background())
		leave()
		began = time.Now()
		if a.Refuse(gone, source(attacker)); time.Since(began) > 0 {
			t.Error("a client that is gone was waited for")
		}
	})
}

// What is remembered is bounded, and those that fail most are remembered.
func TestManyThatFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var a ingress.Attempts
		for range 200 {
			a.Failed(source(attacker))
		}
		for n := range 20000 {
			a.Failed(source(fmt.Sprintf("2001:db8:%x:%x::1", n>>8, n&0xff)))
		}
		if got := a.Sources(); got > 8192 {
			t.Errorf("got %d sources remembered, want at most 8192", got)
		}
		if late(&a, attacker) == 0 {
			t.Error("who failed most was forgotten for many that failed once")
		}
	})
}
