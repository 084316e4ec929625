package s3front_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"muster/internal/budget"
	"muster/internal/sigv4"
)

// A client that sends nothing, or too little, is refused in time, and keeps
// nothing of what it sent.
func TestSlowSenders(t *testing.T) {
	w := newWorld(t)
	w.front.Stall, w.front.WholeBody, w.front.MinRate = 200*time.Millisecond, 400*time.Millisecond, 1000
	w.ok("PUT", "/photos")
	w.may(allow("s3:*", "*"))
	many := strings.Repeat("x", 10000)
	for _, tc := range []struct {
		name  string
		call  call
		every time.Duration // between single bytes; 0 for none at all
	}{
		{"an upload that stalls", call{method: "PUT", path: "/photos/cat", body: many}, 0},
		{"an upload that drips", call{method: "PUT", path: "/photos/cat", body: many}, 20 * time.Millisecond},
		{"a document that stalls", call{method: "POST", path: "/photos?delete", body: many, header: []string{sum(many)}}, 0},
		{"a document that drips", call{method: "POST", path: "/photos?delete", body: many, header: []string{sum(many)}}, 20 * time.Millisecond},
	} {
		began := time.Now()
		upload := w.begin(t, w.device, tc.call, len(tc.call.body), "x")
		done := make(chan struct{})
		go func() {
			for tc.every > 0 {
				select {
				case <-done:
					return
				case <-time.After(tc.every):
					upload.conn.Write([]byte("x")) // it is refused in the end
				}
			}
		}()
		got := upload.finish("")
		close(done)
		if took := time.Since(began); got.status != 400 || got.code != "RequestTimeout" || took > 3*time.Second {
			t.Errorf("%s: got %v after %v, want RequestTimeout", tc.name, got, took)
		}
	}
	if got := w.do(w.root, "HEAD", "/photos/cat"); got.status != 404 {
		t.Errorf("what was sent is kept: %v", got)
	}
}

// A client that takes nothing is let go.
func TestSlowReaders(t *testing.T) {
	w := newWorld(t)
	w.front.Stall, w.front.MinRate, w.front.Requests = 200*time.Millisecond, 10<<20, budget.New(1024, 1)
	w.ok("PUT", "/photos")
	w.ok("PUT", "/photos/film", strings.Repeat("f", 32<<20))
	w.may(allow("s3:*", "*"))
	reader := w.begin(t, w.device, call{method: "GET", path: "/photos/film"}, 0, "")
	time.Sleep(100 * time.Millisecond)
	if got := w.signed(call{method: "HEAD", path: "/photos/film"}); got.status != 503 {
		t.Errorf("meanwhile: got %v, want its slot taken", got)
	}
	eventually(t, func() bool { return w.signed(call{method: "HEAD", path: "/photos/film"}).status == 200 })
	resp, err := http.ReadResponse(bufio.NewReader(reader.conn), nil)
	must(t, err)
	if n, err := io.Copy(io.Discard, resp.Body); err == nil {
		t.Errorf("it got all %d bytes in the end", n)
	}
}

// The deadlines of a request end with it: what comes over the same connection
// later is not touched by them.
func TestDeadlinesEndWithTheirRequest(t *testing.T) {
	w := newWorld(t)
	w.front.Stall = 150 * time.Millisecond
	w.ok("PUT", "/photos")
	w.ok("PUT", "/photos/cat", strings.Repeat("meow", 5000))
	conn, err := net.Dial("tcp", w.server.Listener.Addr().String())
	must(t, err)
	defer conn.Close()
	must(t, conn.SetDeadline(time.Now().Add(20*time.Second)))
	answers := bufio.NewReader(conn)
	for i := range 3 {
		for _, c := range []call{
			{method: "PUT", path: "/photos/dog", body: "bark"}, {method: "GET", path: "/photos/cat"}, {method: "GET", path: "/photos?list-type=2"}, {method: "GET", path: "/photos/none"},
		} {
			_, err := io.WriteString(conn, w.wire(c, fmt.Sprintf("Content-Length: %d\r\n", len(c.body)), c.body))
			must(t, err)
			resp, err := http.ReadResponse(answers, nil)
			if err != nil {
				t.Fatalf("%v, round %d: %v", c, i, err)
			}
			if _, err := io.Copy(io.Discard, resp.Body); err != nil {
				t.Errorf("%v, round %d: %v", c, i, err)
			}
			time.Sleep(200 * time.Millisecond)
		}
	}
}

// Who has as many requests under way as one may have gets no more; others do.
func TestRequestsAtOnce(t *testing.T) {
	w := newWorld(t)
	w.front.Requests = budget.New(6, 4)
	w.ok("PUT", "/photos")
	w.may(allow("s3:*", "*"))
	put := call{method: "PUT", path: "/photos/cat", body: "hello"}
	underWay := int64(0)
	start := func(cred sigv4.Credential) *begun {
		b := w.begin(t, cred, put, 5, "hell")
		underWay++
		eventually(t, func() bool { return w.front.Requests.Held() == underWay })
		return b
	}
	// Of six, the first who comes gets three: as many as are then left for others.
	open := []*begun{start(w.device), start(w.device), start(w.device)}
	if got := w.signed(put); got.status != 503 || got.code != "SlowDown" {
		t.Errorf("the fourth of a device: got %v, want SlowDown", got)
	}
	if got := w.do(w.root, "PUT", "/photos/dog", "bark"); got.status != 200 {
		t.Errorf("another caller's first: got %v", got)
	}
	open = append(open, start(w.root))
	if got := w.do(w.root, "PUT", "/photos/dog", "bark"); got.status != 200 {
		t.Errorf("another caller's second: got %v", got)
	}
	open = append(open, start(w.root))
	if got := w.do(w.root, "PUT", "/photos/dog", "bark"); got.status != 503 {
		t.Errorf("another caller's third: got %v, want SlowDown", got)
	}
	for _, b := range open {
		if got := b.finish("o"); got.status != 200 {
			t.Errorf("one that was let in: got %v", got)
		}
	}
	eventually(t, func() bool { return w.front.Requests.Held() == 0 })
	if got := w.signed(put); got.status != 200 {
		t.Errorf("once they are done: got %v", got)
	}
}
