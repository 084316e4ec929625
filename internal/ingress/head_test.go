package ingress_test

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"muster/internal/ingress"
)

// longHead is a head that isn't over, of few bytes and many lines: what net/http
// makes of it is ten times as large.
func longHead() string {
	var b strings.Builder
	b.WriteString("GET / HTTP/1.1\r\nHost: x\r\n")
	for i := 0; b.Len() < 60<<10; i++ {
		b.WriteString(strconv.FormatInt(int64(i)+1296, 36) + ":\n")
	}
	return b.String()
}

func TestHeadsAreBoundedTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		port := &ingress.Port{Places: 300}
		w := serve(t, port, nil, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			io.WriteString(w, "served")
		})
		head := longHead()
		var hostile []*client
		for range 100 {
			c := w.dial(t, attacker)
			go c.watch()
			go io.WriteString(c, head)
			hostile = append(hostile, c)
		}
		synctest.Wait()
		open := 0
		for _, c := range hostile {
			if c.isOpen() {
				open++
			}
		}
		// Each takes about 1.5 MiB, and they have 32 MiB together.
		if open < 10 || open > 30 {
			t.Errorf("got %d of 100 heads held, want about 20", open)
		}
		if got := port.Counts.LargeHeads.Load(); got != int64(100-open) {
			t.Errorf("got %d counted, want %d", got, 100-open)
		}

		ask := func(name, from, request string) {
			t.Helper()
			c := w.dial(t, from)
			defer c.Close()
			go io.WriteString(c, request)
			if got := c.answer(0); !strings.HasPrefix(got, "HTTP/1.1 200") {
				t.Errorf("%s: got %q", name, got)
			}
		}
		ask("an ordinary one of the same source", attacker, get)
		ask("a large one of another source", neighbour, head+"\r\n")
		body := strings.Repeat("\n", 400<<10)
		ask("a body is no head", attacker, "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: "+strconv.Itoa(len(body))+"\r\n\r\n"+body)

		time.Sleep(11 * time.Second) // the hostile ones' time is over
		ask("a large one of the same source, later", attacker, head+"\r\n")
	})
}

// The memory is given back after each request of a connection that is kept, not
// only when it is closed.
func TestHeadsAreGivenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		port := &ingress.Port{Places: 4}
		w := serve(t, port, nil, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "served") })
		c := w.dial(t, neighbour)
		head := longHead() + "\r\n"
		for i := range 50 {
			go io.WriteString(c, head)
			if got := c.answer(0); !strings.HasPrefix(got, "HTTP/1.1 200") {
				t.Fatalf("request %d: got %q", i, got)
			}
		}
	})
}
