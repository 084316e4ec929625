package ingress_test

import (
	"fmt"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"muster/internal/ingress"
)

const (
	attacker  = "203.0.113.9"
	neighbour = "198.51.100.7"
)

// count is how many of the clients are still there.
func count(all []*client) (open int) {
	for _, c := range all {
		if c.isOpen() {
			open++
		}
	}
	return open
}

func silents(t *testing.T, w *wire, from string, n int) (all []*client) {
	t.Helper()
	for range n {
		all = append(all, w.silent(t, from))
	}
	return all
}

func TestOneSourceHoldsAllFreePlaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		port := &ingress.Port{Places: 8}
		w := serve(t, port, nil, whoAmI)
		hostile := silents(t, w, attacker, 8)
		if got := count(hostile); got != 8 || port.Open() != 8 {
			t.Fatalf("got %d connections of one source and %d on the port, want 8", got, port.Open())
		}
		// It has no more than all, however often it comes.
		more := silents(t, w, attacker, 20)
		if got := count(hostile) + count(more); got != 8 || port.Counts.Refused.Load() != 20 {
			t.Errorf("got %d connections and %d refused, want 8 and 20", got, port.Counts.Refused.Load())
		}
	})
}

func TestPlacesAreDealtOutInTurn(t *testing.T) {
	for _, tc := range []struct {
		name  string
		other func(n int) string
		want  int
	}{
		{"another address", func(int) string { return neighbour }, 4},
		{"addresses of one /64", func(n int) string { return fmt.Sprintf("2001:db8::%x", n+1) }, 4},
		{"an IPv4 address written as IPv6", func(n int) string { return []string{"::ffff:" + neighbour, neighbour}[n%2] }, 4},
		{"an address each", func(n int) string { return fmt.Sprintf("10.0.0.%d", n+1) }, 7},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				port := &ingress.Port{Places: 8}
				w := serve(t, port, nil, whoAmI)
				hostile := silents(t, w, attacker, 8)
				var others []*client
				for n := range 8 {
					others = append(others, w.silent(t, tc.other(n)))
				}
				if got := count(others); got != tc.want || count(hostile) != 8-tc.want {
					t.Errorf("got %d others beside %d of who was first, want %d beside %d", got, count(hostile), tc.want, 8-tc.want)
				}
			})
		})
	}
}

// The order in which the connections of a source go, for newcomers of another.
func TestWhoGoesFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		port := &ingress.Port{Places: 5}
		w := serve(t, port, nil, whoAmI)
		open := func(request string, answered bool) *client {
			c := w.dial(t, attacker)
			if request != "" {
				c.say(request)
			}
			if answered {
				c.answer(0)
			}
			go c.watch()
			synctest.Wait()
			return c
		}
		all := []struct {
			name string
			*client
		}{
			{"busy and known", open(getOf("known=yes&wait=1h"), false)},
			{"idle and known", open(getOf("known=yes"), true)},
			{"busy", open(getOf("wait=1h"), false)},
			{"idle", open(get, true)},
			{"half of a request", open("GET / HT", false)},
		}
		for n := len(all) - 1; n >= 1; n-- {
			w.silent(t, fmt.Sprintf("10.0.0.%d", n)) // a source each: they never hold most
			for i, c := range all {
				if got := c.isOpen(); got != (i < n) {
					t.Fatalf("after %d newcomers %q is open: %v", len(all)-n, c.name, got)
				}
			}
		}
		// The last is the only one of its source, as all are now.
		if w.silent(t, "10.0.0.99").isOpen() || !all[0].isOpen() {
			t.Error("a newcomer took a place when all sources held one, and none did nothing for long")
		}
	})
}

// Devices behind the address of an attacker: what is silent makes room for them,
// and who is known keeps its place.
func TestInsideOneSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		port := &ingress.Port{Places: 6}
		w := serve(t, port, nil, whoAmI)
		device := w.dial(t, attacker)
		device.say(getOf("known=yes"))
		device.answer(0)
		go device.watch()
		hostile := silents(t, w, attacker, 5)
		time.Sleep(2 * time.Second)
		for n := range 50 {
			time.Sleep(300 * time.Millisecond)
			c := w.dial(t, attacker)
			synctest.Wait()
			if _, err := io.WriteString(c, getOf("known=yes")); err != nil {
				t.Fatalf("device %d: %v", n, err)
			}
			if got := c.answer(0); got == "" {
				t.Fatalf("device %d got no answer", n)
			}
			c.Close()
			synctest.Wait()
			hostile = append(hostile, w.silent(t, attacker))
			if !device.isOpen() {
				t.Fatalf("a device that is known lost its place to one of its own source, after %d", n)
			}
		}
		if port.Open() > 6 {
			t.Errorf("got %d connections, want at most 6", port.Open())
		}
		if port.Counts.Shed()["before a request"] == 0 {
			t.Error("no silent connection made room")
		}
	})
}

// Those of a moment ago aren't pushed out by their own: else of many that come at
// once none would live until its first byte arrives.
func TestGrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		port := &ingress.Port{Places: 4}
		w := serve(t, port, nil, whoAmI)
		first := silents(t, w, attacker, 4)
		time.Sleep(900 * time.Millisecond)
		if w.silent(t, attacker).isOpen() || count(first) != 4 {
			t.Fatal("a newcomer took the place of one of its own that came a moment ago")
		}
		time.Sleep(200 * time.Millisecond)
		if !w.silent(t, attacker).isOpen() || first[0].isOpen() || count(first) != 3 {
			t.Error("the one that was silent longest didn't make room")
		}
	})
}

// A port full of one connection each: whoever does nothing makes room.
func TestManySources(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		port := &ingress.Port{Places: 8}
		w := serve(t, port, nil, whoAmI)
		for n := range 8 {
			w.silent(t, fmt.Sprintf("10.0.0.%d", n+1))
		}
		if w.silent(t, neighbour).isOpen() {
			t.Fatal("a newcomer took the place of one that came a moment ago")
		}
		time.Sleep(1100 * time.Millisecond)
		if !w.silent(t, neighbour).isOpen() || port.Open() != 8 {
			t.Errorf("a newcomer found no place among silent ones; %d are open", port.Open())
		}
	})
}

func TestPlacesAreGivenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		port := &ingress.Port{Places: 64, AtOnce: 2}
		w := serve(t, port, serverTLS(), whoAmI)
		for n := range 20 {
			if _, err := w.shake(t, fmt.Sprintf("10.0.%d.1", n%3)); err != nil {
				t.Fatal(err)
			}
			c := w.dial(t, attacker)
			c.say("\x16\x03\x01\x02")
			c.Close()
		}
		synctest.Wait()
		if port.Open() != 0 || port.Waiting() != 0 {
			t.Errorf("got %d open and %d waiting when all are gone", port.Open(), port.Waiting())
		}
	})
}
