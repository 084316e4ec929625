package s3front_test

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"muster/internal/budget"
)

// What is held of bodies is charged to whom it is held for: whoever has its
// share is refused before more is read, and others are not.
func TestMemoryForBodies(t *testing.T) {
	const chunk = 1 << 20
	many := strings.Repeat("x", 512<<10)
	streamed := call{method: "PUT", path: "/photos/cat", header: []string{
		"X-Amz-Content-Sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD", fmt.Sprint("X-Amz-Decoded-Content-Length: ", chunk)}}
	for _, tc := range []struct {
		name  string
		call  call
		first string // of its body
		rest  string
		held  int64 // at least, of one
		last  int   // status in the end
	}{
		{"a signed chunk", streamed, fmt.Sprintf("%x;chunk-signature=%064d\r\n%s", chunk, 0, strings.Repeat("x", chunk-1)), "x\r\n", chunk, 403},
		{"a document that nobody may send", call{method: "POST", path: "/photos?delete", body: many, header: []string{sum(many)}}, many[1:], "x", 512<<10 + 256*3010, 400},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t)
			w.ok("PUT", "/photos")
			w.may(allow("s3:PutObject", "photos/*"))
			w.front.Bodies = budget.New(6*tc.held, 2*tc.held+tc.held/2)
			length := len(tc.first) + len(tc.rest)
			open := []*begun{w.begin(t, w.device, tc.call, length, tc.first), w.begin(t, w.device, tc.call, length, tc.first)}
			eventually(t, func() bool { return w.front.Bodies.Held() >= 2*tc.held })
			third := w.begin(t, w.device, tc.call, length, "").finish(tc.first[:100])
			if third.status != 503 || third.code != "SlowDown" || third.header.Get("Retry-After") == "" {
				t.Errorf("the third of a caller: got %v, want SlowDown", third)
			}
			if got := w.do(w.root, "PUT", "/photos/dog", strings.Repeat("bark", 1000)); got.status != 200 {
				t.Errorf("another caller: got %v", got)
			}
			for _, b := range open {
				if got := b.finish(tc.rest); got.status != tc.last {
					t.Errorf("one that was let in: got %v, want %d", got, tc.last)
				}
			}
			eventually(t, func() bool { return w.front.Bodies.Held() == 0 })
			if got := w.front.Bodies.Refused(); got != 1 {
				t.Errorf("refused: got %d, want 1", got)
			}
		})
	}
}

// A form is read before it is clear whose it is: that is charged to its address,
// and ends in time.
func TestMemoryForForms(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/photos")
	w.front.Bodies, w.front.WholeBody = budget.New(1<<20, 300<<10), 2*time.Second
	begin := func() *begun {
		conn, err := net.Dial("tcp", w.server.Listener.Addr().String())
		must(t, err)
		t.Cleanup(func() { conn.Close() })
		must(t, conn.SetDeadline(time.Now().Add(20*time.Second)))
		_, err = io.WriteString(conn, "POST /photos HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 1000000\r\n\r\n--b\r\n"+strings.Repeat("x", 10000))
		must(t, err)
		return &begun{t, conn}
	}
	open := []*begun{begin(), begin()}
	eventually(t, func() bool { return w.front.Bodies.Held() == 2*128<<10 })
	if got := begin().finish(""); got.status != 503 || got.code != "SlowDown" {
		t.Errorf("the third: got %v, want SlowDown", got)
	}
	if got := w.do(w.root, "PUT", "/photos/dog", "bark"); got.status != 200 {
		t.Errorf("whoever has a key, at the same address: got %v", got)
	}
	for _, b := range open {
		if got := b.finish(""); got.status != 400 || got.code != "RequestTimeout" {
			t.Errorf("one that sends nothing: got %v, want RequestTimeout", got)
		}
	}
	eventually(t, func() bool { return w.front.Bodies.Held() == 0 })
}

// So is a long list, which its client may take slowly.
func TestMemoryForLists(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/photos")
	for n := range 80 {
		w.ok("PUT", fmt.Sprintf("/photos/%s%02d", strings.Repeat("%26", 1000), n), "x") // each & is written as &amp;
	}
	w.front.Bodies = budget.New(2<<20, 900<<10)
	if got := w.do(w.root, "GET", "/photos?list-type=2&max-keys=60"); got.status != 200 {
		t.Errorf("a list of 300 KiB: got %d %s", got.status, got.code)
	}
	eventually(t, func() bool { return w.front.Bodies.Held() == 0 })
	w.front.Bodies = budget.New(1<<20, 600<<10)
	if got := w.do(w.root, "GET", "/photos?list-type=2"); got.status != 503 || got.code != "SlowDown" {
		t.Errorf("one of 400 KiB, which is charged twice, for whoever has 600 KiB: got %d %s, want SlowDown", got.status, got.code)
	}
	eventually(t, func() bool { return w.front.Bodies.Held() == 0 })
}

// A record names who asked from where, and about what, at no great length.
func TestRecordsNameClientAndResource(t *testing.T) {
	w := newWorld(t)
	var log records
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewJSONHandler(&log, nil)))
	t.Cleanup(func() { slog.SetDefault(before) })
	w.ok("PUT", "/photos")
	w.ok("PUT", "/photos/cat", "meow")
	w.ok("PUT", "/photos/dog", "", "X-Amz-Copy-Source: /photos/cat")
	w.do(w.device, "GET", "/photos/"+strings.Repeat("k", 1000))
	two := "<Delete><Object><Key>one</Key></Object><Object><Key>two</Key></Object></Delete>"
	w.ok("POST", "/photos?delete", two, sum(two))
	w.do(w.root, "GET", "/nobodys/cat")
	for _, want := range []string{
		`"client":"127.0.0.1"`, `"resource":"arn:aws:s3:::photos"`, `"resource":"arn:aws:s3:::photos/cat"`,
		`"resource":"arn:aws:s3:::photos/dog,arn:aws:s3:::photos/cat"`, `kkk...`,
		`"resource":"arn:aws:s3:::photos/one,arn:aws:s3:::photos/two"`, `"resource":"arn:aws:s3:::nobodys/cat"`,
	} {
		if eventually(t, func() bool { return strings.Contains(log.String(), want) }); t.Failed() {
			t.Fatalf("no record has %s:\n%s", want, &log)
		}
	}
}

// records are those of a log.
type records struct {
	mu   sync.Mutex
	text strings.Builder
}

func (r *records) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(p)
}

func (r *records) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}
