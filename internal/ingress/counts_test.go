package ingress_test

import (
	"math/rand/v2"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"muster/internal/ingress"
)

// Every newcomer that finds no place is counted.
func TestRefusalsAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		port := &ingress.Port{Name: "devices", Places: 2}
		w := serve(t, port, nil, whoAmI)
		for round := range 2 {
			silents(t, w, attacker, 50)
			time.Sleep(time.Minute)
			if got, want := port.Counts.Refused.Load(), int64(48*(round+1)); got != want {
				t.Errorf("after %d rounds: got %d refused, want %d", round+1, got, want)
			}
		}
	})
}

// Whatever comes and goes: there are never more than there are places, none is
// lost, and all that want as much end with as many.
func TestPlacesAtRandom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const places = 12
		random := rand.New(rand.NewPCG(1, 2))
		from := []string{attacker, neighbour, "10.0.0.1", "2001:db8::1", "2001:db8:1::1", "10.0.0.2"}
		port := &ingress.Port{Places: places}
		w := serve(t, port, nil, whoAmI)
		var all []*client
		held := func() map[ingress.Source]int {
			by := map[ingress.Source]int{}
			for _, c := range all {
				if c.isOpen() {
					by[ingress.SourceOf(c.from)]++
				}
			}
			return by
		}
		for step := range 600 {
			switch n := random.IntN(10); {
			case n < 6:
				all = append(all, w.silent(t, from[random.IntN(len(from))]))
			case n < 8 && len(all) > 0:
				i := random.IntN(len(all))
				all[i].Close()
				all = append(all[:i], all[i+1:]...)
			default:
				time.Sleep(time.Duration(random.IntN(1500)) * time.Millisecond)
			}
			synctest.Wait()
			open := 0
			for _, n := range held() {
				open += n
			}
			if got := port.Open(); got != open || got > places {
				t.Fatalf("step %d: got %d places taken by %d connections, of %d", step, got, open, places)
			}
		}
		for range places {
			for _, f := range from {
				all = append(all, w.silent(t, f))
			}
		}
		for source, n := range held() {
			if n != places/len(from) {
				t.Errorf("got %d places of %v, want %d each: %v", n, source, places/len(from), held())
			}
		}
		for _, c := range all {
			c.Close()
		}
		synctest.Wait()
		if port.Open() != 0 {
			t.Errorf("got %d places taken by nobody", port.Open())
		}
	})
}

func TestSourceOf(t *testing.T) {
	same := [][2]string{{"2001:db8::1", "2001:db8::ffff:1"}, {"::ffff:192.0.2.1", "192.0.2.1"}, {"fe80::1%eth0", "fe80::2"}}
	for _, pair := range same {
		if source(pair[0]) != source(pair[1]) {
			t.Errorf("%s and %s are two sources", pair[0], pair[1])
		}
	}
	other := [][2]string{{"2001:db8::1", "2001:db8:0:1::1"}, {"192.0.2.1", "192.0.2.2"}, {"::1", "127.0.0.1"}}
	for _, pair := range other {
		if source(pair[0]) == source(pair[1]) {
			t.Errorf("%s and %s are one source", pair[0], pair[1])
		}
	}
	if (ingress.SourceOf(netip.Addr{}) != ingress.Source{}) {
		t.Error("no address is somebody")
	}
}
