package ingress_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"muster/internal/ingress"
)

// hello is a ClientHello, as crypto/tls sends it.
func hello(t *testing.T) []byte {
	t.Helper()
	ours, theirs := net.Pipe()
	go tls.Client(ours, &tls.Config{ServerName: "localhost", InsecureSkipVerify: true}).Handshake()
	b := make([]byte, 8192)
	n, err := theirs.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	ours.Close()
	return b[:n]
}

func TestHandshake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		port := &ingress.Port{Places: 8, AtOnce: 1}
		w := serve(t, port, serverTLS(), whoAmI)
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			c := w.dial(t, neighbour)
			s := tls.Client(c, &tls.Config{InsecureSkipVerify: true, MinVersion: version, MaxVersion: version})
			if err := s.Handshake(); err != nil {
				t.Errorf("%s: %v", tls.VersionName(version), err)
			}
			synctest.Wait()
			c.Close()
		}
		if got := port.Counts.Handshakes.Load(); got != 2 {
			t.Errorf("got %d handshakes counted, want 2", got)
		}
	})
}

// What waits for a client holds no turn, wherever it has stopped.
func TestSlowHandshakesHoldNoTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var failed []ingress.Source
		var mu sync.Mutex
		port := &ingress.Port{Places: 64, AtOnce: 1, Failed: func(s ingress.Source) {
			mu.Lock()
			defer mu.Unlock()
			failed = append(failed, s)
		}}
		w := serve(t, port, serverTLS(), whoAmI)
		whole := hello(t)
		hostile := silents(t, w, attacker, 4)
		for _, said := range []string{string(whole[:4]), string(whole[:len(whole)/2]), string(whole)} {
			for range 4 {
				c := w.dial(t, attacker)
				c.say(said)
				hostile = append(hostile, c)
				go c.watch() // it takes the server's flight, and says nothing more
			}
		}
		began := time.Now()
		for _, from := range []string{neighbour, attacker} {
			if state, err := w.shake(t, from); err != nil || len(state.PeerCertificates) == 0 {
				t.Errorf("from %s beside slow ones: %v", from, err)
			}
		}
		if took := time.Since(began); took > time.Second {
			t.Errorf("the honest waited %v for the slow", took)
		}
		time.Sleep(19*time.Second + 900*time.Millisecond)
		if got := count(hostile); got != len(hostile) {
			t.Errorf("got %d slow ones after 19.9 s, want %d", got, len(hostile))
		}
		time.Sleep(200 * time.Millisecond)
		if got := count(hostile); got != 0 {
			t.Errorf("got %d slow ones after 20.1 s, want 0", got)
		}
		if got, silent := port.Counts.HandshakesFailed.Load(), port.Counts.Silent.Load(); got != 12 || silent != 4 {
			t.Errorf("got %d failed and %d silent, want 12 and 4", got, silent)
		}
		if len(failed) != 12 || failed[0] != ingress.SourceOf(netip.MustParseAddr(attacker)) {
			t.Errorf("told of %d failures of %v, want 12 of %s", len(failed), failed, attacker)
		}
	})
}

// dripping, a byte every three seconds, a client doesn't get more time.
func TestHandshakeDeadlineIsForAllOfIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		port := &ingress.Port{Places: 8, AtOnce: 1}
		w := serve(t, port, serverTLS(), whoAmI)
		c := w.dial(t, attacker)
		began := time.Now()
		for _, b := range hello(t) {
			if _, err := c.Write([]byte{b}); err != nil {
				break
			}
			time.Sleep(3 * time.Second)
		}
		if took := time.Since(began); took > 23*time.Second {
			t.Errorf("a client that drips was cut after %v, want 20 s", took)
		}
	})
}

// slowServer computes for a while at each handshake, and notes whose it was.
func slowServer(order *[]string, takes func(n int) time.Duration) *tls.Config {
	config := serverTLS()
	key := config.Certificates[0]
	config.Certificates = nil
	n := 0
	config.GetCertificate = func(h *tls.ClientHelloInfo) (*tls.Certificate, error) {
		host, _, _ := net.SplitHostPort(h.Conn.RemoteAddr().String())
		*order = append(*order, host)
		n++
		time.Sleep(takes(n))
		return &key, nil
	}
	return config
}

// However many handshakes one source has in the queue, another waits for one
// turn only.
func TestSourcesTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		port := &ingress.Port{Places: 64, AtOnce: 1}
		var order []string // no lock: AtOnce keeps them apart
		w := serve(t, port, slowServer(&order, func(int) time.Duration { return 100 * time.Millisecond }), whoAmI)
		var all sync.WaitGroup
		errs := make([]error, 13)
		for n := range errs {
			from := attacker
			if n >= 10 {
				from = fmt.Sprintf("10.0.0.%d", n)
			}
			all.Go(func() { _, errs[n] = w.shake(t, from) })
			synctest.Wait()
		}
		if got := port.Waiting(); got != 12 {
			t.Errorf("got %d waiting, want 12", got)
		}
		all.Wait()
		if err := errors.Join(errs...); err != nil {
			t.Error(err)
		}
		if got, want := order[:5], []string{attacker, attacker, "10.0.0.10", "10.0.0.11", "10.0.0.12"}; !slices.Equal(got, want) {
			t.Errorf("the first turns: got %v, want %v", got, want)
		}
	})
}

func TestTurnThatDoesNotCome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		port := &ingress.Port{Places: 64, AtOnce: 1}
		var order []string
		w := serve(t, port, slowServer(&order, func(n int) time.Duration { return []time.Duration{32 * time.Second, 0}[min(n-1, 1)] }), whoAmI)
		var all sync.WaitGroup
		var first, second error
		all.Go(func() { _, first = w.shake(t, neighbour) })
		synctest.Wait()
		all.Go(func() { _, second = w.shake(t, attacker) })
		all.Wait()
		if first != nil || second == nil {
			t.Errorf("got %v and %v, want the second alone to fail", first, second)
		}
		if got := port.Counts.NoTurn.Load(); got != 1 {
			t.Errorf("got %d that waited too long, want 1", got)
		}
		if _, err := w.shake(t, attacker); err != nil {
			t.Errorf("when the turn was given back: %v", err)
		}
	})
}

// One that waits for its turn while its place is given away gives the queue up.
func TestShedInTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		port := &ingress.Port{Places: 3, AtOnce: 1}
		var order []string
		w := serve(t, port, slowServer(&order, func(int) time.Duration { return 3 * time.Second }), whoAmI)
		whole := hello(t)
		var waiting []*client
		for range 3 {
			c := w.dial(t, attacker)
			c.say(string(whole))
			go c.watch()
			waiting = append(waiting, c)
		}
		if _, err := w.shake(t, neighbour); err != nil {
			t.Errorf("a newcomer of another source: %v", err)
		}
		if port.Counts.Shed()["in the queue"] != 1 || len(order) != 3 {
			t.Errorf("got %v shed and turns of %v, want one of the queue", port.Counts.Shed(), order)
		}
	})
}

func TestHTTPOnTheTLSPort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := serve(t, &ingress.Port{Places: 3, AtOnce: 1}, serverTLS(), whoAmI)
		c := w.dial(t, neighbour)
		go c.Write([]byte(get))
		if got := c.answer(20); len(got) < 20 || got[9:12] != "400" {
			t.Errorf("got %q, want what is wrong", got)
		}
	})
}

// A handshake's panic ends its connection and nothing else.
func TestPanicInAHandshake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		port := &ingress.Port{Places: 3, AtOnce: 1}
		config := serverTLS()
		config.GetConfigForClient = func(h *tls.ClientHelloInfo) (*tls.Config, error) {
			if h.ServerName == "panic" {
				panic("as asked for")
			}
			return nil, nil
		}
		w := serve(t, port, config, whoAmI)
		c := w.dial(t, attacker)
		if err := tls.Client(c, &tls.Config{ServerName: "panic", InsecureSkipVerify: true}).Handshake(); err == nil {
			t.Error("got a handshake")
		}
		if _, err := w.shake(t, neighbour); err != nil || port.Open() > 1 {
			t.Errorf("afterwards: %v, %d open", err, port.Open())
		}
	})
}

// What a stranger sends as its certificates is held as long as the connection.
func TestLongHandshakes(t *testing.T) {
	for _, tc := range []struct {
		name         string
		certificates int
		done         bool
	}{
		{"a chain of four", 4, true},
		{"a chain of 40 KiB", 40 << 10 / len(serverKey().Certificate[0]), false},
	} {
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			t.Run(tc.name+", "+tls.VersionName(version), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					port := &ingress.Port{Places: 8, AtOnce: 1}
					w := serve(t, port, serverTLS(), whoAmI)
					pair := serverKey()
					pair.Certificate = slices.Repeat(pair.Certificate, tc.certificates)
					c := w.dial(t, attacker)
					defer c.Close()
					s := tls.Client(c, &tls.Config{InsecureSkipVerify: true, MinVersion: version, MaxVersion: version, Certificates: []tls.Certificate{pair}})
					s.SetDeadline(time.Now().Add(time.Minute))
					_ = s.Handshake() // of TLS 1.3 the client's is over before the server's
					synctest.Wait()
					if done := port.Counts.Handshakes.Load() == 1; done != tc.done {
						t.Errorf("got a handshake: %v, want %v", done, tc.done)
					}
					if failed := port.Counts.HandshakesFailed.Load() == 1; failed == tc.done {
						t.Errorf("got it counted as failed: %v, want %v", failed, !tc.done)
					}
				})
			})
		}
	}
}
