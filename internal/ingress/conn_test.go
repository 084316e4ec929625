package ingress_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"muster/internal/ingress"
)

// An answer must be taken at a pace; how large it is doesn't matter.
func TestAnswersThatAreNotTaken(t *testing.T) {
	const size = 256 << 10
	for _, tc := range []struct {
		name  string
		take  int           // bytes
		every time.Duration // 0 takes nothing
		whole bool
	}{
		{"all at once", size, time.Millisecond, true},
		{"4 KiB every two seconds", 4 << 10, 2 * time.Second, true},
		{"16 KiB every fifteen seconds", 16 << 10, 15 * time.Second, true},
		{"nothing", 0, 0, false},
		{"100 bytes every second", 100, time.Second, false},
		{"a byte every 29 seconds", 1, 29 * time.Second, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				port := &ingress.Port{Places: 4}
				w := serve(t, port, nil, func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Content-Length", fmt.Sprint(size))
					io.WriteString(w, strings.Repeat("x", size))
				})
				c := w.dial(t, attacker)
				c.say(get)
				began, got := time.Now(), 0
				for tc.every > 0 && got < size {
					n, err := io.ReadFull(c, make([]byte, tc.take))
					got += n
					if err != nil {
						break
					}
					time.Sleep(tc.every)
				}
				if tc.every == 0 {
					time.Sleep(40 * time.Second)
					synctest.Wait()
				}
				took := time.Since(began)
				if whole := got >= size; whole != tc.whole {
					t.Errorf("got %d bytes in %v, want all: %v", got, took, tc.whole)
				}
				if slow := port.Counts.Slow.Load(); (slow == 0) != tc.whole || !tc.whole && took > 80*time.Second {
					t.Errorf("got %d cut after %v", slow, took)
				}
			})
		})
	}
}

// Who writes may set a deadline of its own, as the S3 door does for its streams.
func TestOwnWriteDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := serve(t, &ingress.Port{Places: 4}, nil, func(w http.ResponseWriter, _ *http.Request) {
			http.NewResponseController(w).SetWriteDeadline(time.Now().Add(5 * time.Minute))
			w.Header().Set("Content-Length", "10000")
			io.WriteString(w, strings.Repeat("x", 10000))
		})
		c := w.dial(t, neighbour)
		c.say(get)
		time.Sleep(4 * time.Minute)
		got, err := io.ReadAll(io.LimitReader(c, 10000))
		if len(got) != 10000 || err != nil {
			t.Errorf("got %d bytes, %v", len(got), err)
		}
	})
}

// net/http reads a body that the handler didn't, for as long as it takes.
func TestBodyThatNobodyReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		port := &ingress.Port{Places: 4}
		w := serve(t, port, nil, whoAmI)
		c := w.dial(t, attacker)
		c.say("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf")
		go c.watch()
		time.Sleep(10 * time.Second)
		if c.isOpen() {
			t.Error("the rest of the body is still waited for after 10 s")
		}
	})
}

func TestAcceptErrorsPass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		port := &ingress.Port{Places: 4}
		w := serve(t, port, nil, whoAmI)
		idle := w.silent(t, attacker)
		for _, err := range []error{syscall.EMFILE, syscall.ENFILE, syscall.ECONNABORTED, errors.New("anything")} {
			w.accepts <- &net.OpError{Op: "accept", Err: err}
		}
		c := w.dial(t, neighbour)
		go c.Write([]byte(get))
		if got := c.answer(0); !strings.HasPrefix(got, "HTTP/1.1 200") {
			t.Errorf("after failures to accept: got %q", got)
		}
		if port.Counts.AcceptErrors.Load() != 4 || idle.isOpen() {
			t.Errorf("got %d failures counted, and the idle connection open: %v", port.Counts.AcceptErrors.Load(), idle.isOpen())
		}
	})
}

// A listener that is closed lets go of what it hasn't handed over.
func TestCloseWhileConnectionsWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		port := &ingress.Port{Places: 8, AtOnce: 1, Proxies: trusting(t, balancer)}
		w := newWire()
		l := port.Listener(w, serverTLS())
		done := make(chan error)
		go func() {
			_, err := l.Accept()
			done <- err
		}()
		all := append(silents(t, w, attacker, 3), silents(t, w, balancer, 2)...)
		l.Close()
		if err := <-done; !errors.Is(err, net.ErrClosed) {
			t.Errorf("Accept: got %v, want %v", err, net.ErrClosed)
		}
		if got := count(all); got != 0 || port.Open() != 0 {
			t.Errorf("got %d clients and %d places after the end", got, port.Open())
		}
	})
}

// On real sockets: a client that waited for its turn and left costs no computing.
func TestClientThatLeftTheQueue(t *testing.T) {
	raw, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var order []string
	port := &ingress.Port{Places: 8, AtOnce: 1}
	l := port.Listener(raw, slowServer(&order, func(n int) time.Duration { return 400 * time.Millisecond }))
	defer l.Close()
	go func() {
		for {
			if _, err := l.Accept(); err != nil {
				return
			}
		}
	}()
	whole := hello(t)
	var all []net.Conn
	for range 3 {
		c, err := net.Dial("tcp", raw.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := c.Write(whole); err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	for port.Waiting() != 2 {
		time.Sleep(time.Millisecond)
	}
	all[0].Close()
	all[1].Close()
	all[2].Close()
	for end := time.Now().Add(5 * time.Second); port.Open() > 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d are still open", port.Open())
		}
	}
	if len(order) != 1 || port.Counts.Gone.Load() != 2 {
		t.Errorf("got %d handshakes computed and %d given up, want 1 and 2", len(order), port.Counts.Gone.Load())
	}
}

func TestShareOut(t *testing.T) {
	for _, n := range []int{64, 120, 1024, 20000, 65536, 1 << 20} {
		s, err := ingress.ShareOut(n, 0, 0)
		if err != nil || s.API < 8 || s.Devices < s.API || s.Files < n/4 || s.API+s.Devices+s.Files != n {
			t.Errorf("of %d: got %+v, %v", n, s, err)
		}
	}
	if s, err := ingress.ShareOut(1024, 100, 500); err != nil || s.API != 100 || s.Devices != 500 {
		t.Errorf("got %+v, %v, want what was asked for", s, err)
	}
	if s, err := ingress.ShareOut(1024, 900, 500); err == nil {
		t.Errorf("got %+v for more than there are", s)
	}
}
