package awsapi_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"muster/internal/awsapi"
	"muster/internal/budget"
)

// listening serves api on a real port.
func listening(t *testing.T, api *awsapi.API) string {
	t.Helper()
	s := httptest.NewServer(api)
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

// head is that of a signed request whose body has size bytes, which it never
// sends whole unless they are all blanks.
func head(t *testing.T, how, line string, size int) string {
	t.Helper()
	method, path, _ := strings.Cut(line, " ")
	r := httptest.NewRequest(method, "http://localhost"+path, nil)
	signAs(t, r, how, strings.Repeat(" ", size))
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n", line, size)
	if err := r.Header.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String() + "\r\n"
}

// open sends text over a connection of its own, as long as somebody takes it.
func open(t *testing.T, address, text string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	go io.WriteString(conn, text)
	return conn
}

// answer reads the answer, of which it returns status and body.
func answer(conn net.Conn) (int, string) {
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err.Error()
	}
	return resp.StatusCode, string(body)
}

// Whoever has no key is answered without having sent the whole body, which isn't
// read and takes no memory.
func TestBodiesOfStrangersAreNotRead(t *testing.T) {
	const size = 1 << 20
	api := newAPI(io.Discard)
	api.Bodies = budget.New(0, 0) // whoever asks for any is refused with 503
	address := listening(t, api)
	for _, tc := range []struct {
		name, sign, code string
		clients          int
	}{
		{"a made-up key", "sign iam key=AKIANOBODY", "InvalidClientTokenId", 200},
		{"a token that doesn't open", "sign iam key=ASIAROOT token=forged", "InvalidClientTokenId", 40},
		{"an expired token", "sign iam key=ASIAEXPIRED token=old", "ExpiredToken", 40},
	} {
		t.Run(tc.name, func(t *testing.T) {
			text := head(t, tc.sign, "POST /", size) + strings.Repeat(" ", size-1)
			var all sync.WaitGroup
			for range tc.clients {
				conn := open(t, address, text)
				all.Go(func() {
					if status, body := answer(conn); status != http.StatusForbidden || !strings.Contains(body, tc.code) {
						t.Errorf("got %d %s, want 403 %s", status, body, tc.code)
					}
				})
			}
			all.Wait()
		})
	}
}

// What isn't read of a refused request is never taken for the next one, and a
// connection on which little was sent is kept.
func TestAfterABodyThatIsNotRead(t *testing.T) {
	address := listening(t, newAPI(io.Discard))
	second := head(t, "sign iot", "GET /things", 0)
	t.Run("a small one", func(t *testing.T) {
		conn := open(t, address, head(t, "sign iot key=AKIANOBODY", "POST /things/pump-7", 2)+"  "+second)
		answers := bufio.NewReader(conn)
		for _, want := range []int{http.StatusForbidden, http.StatusOK} {
			resp, err := http.ReadResponse(answers, nil)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != want {
				t.Errorf("got %d, %v, want %d", resp.StatusCode, err, want)
			}
		}
	})
	t.Run("a small one that doesn't come", func(t *testing.T) {
		began := time.Now()
		status, body := answer(open(t, address, head(t, "sign iot key=AKIANOBODY", "POST /things/pump-7", 2)))
		if took := time.Since(began); status != http.StatusForbidden || took > 8*time.Second {
			t.Errorf("after %v: got %d %s, want 403", took, status, body)
		}
	})
	t.Run("a large one that holds a request", func(t *testing.T) {
		const size = 600 << 10
		inside := strings.Repeat(second, size/len(second)+1)[:size]
		conn := open(t, address, head(t, "sign iot key=AKIANOBODY", "POST /things/pump-7", size)+inside)
		answers := bufio.NewReader(conn)
		resp, err := http.ReadResponse(answers, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != http.StatusForbidden {
			t.Errorf("got %d, %v, want 403", resp.StatusCode, err)
		}
		if rest, err := io.ReadAll(answers); len(rest) > 0 {
			t.Errorf("then: got %q, %v, want the end of the connection", rest, err)
		}
	})
}

// A caller at its share is refused, unread; others are served meanwhile.
func TestShareOfTheMemoryForBodies(t *testing.T) {
	const size, charged = 60 << 10, 52 << 10
	api := newAPI(io.Discard)
	api.Bodies = budget.New(8*charged, 2*charged)
	address := listening(t, api)
	slow := head(t, "sign iot secret=wrong", "POST /things/pump-7", size) + strings.Repeat(" ", size-1)
	held := []net.Conn{open(t, address, slow), open(t, address, slow)}
	wait(t, func() bool { return api.Bodies.Held() == 2*charged })
	if status, body := answer(open(t, address, slow)); status != http.StatusServiceUnavailable || !strings.Contains(body, "unavailable") {
		t.Errorf("the third of a caller: got %d %s, want 503", status, body)
	}
	large := "{}" + strings.Repeat(" ", size)
	r := httptest.NewRequest("POST", "http://localhost/things/pump-8", strings.NewReader(large))
	r.RemoteAddr = "192.0.2.7:4711" // whoever has the key is elsewhere
	signAs(t, r, "sign iot", large)
	w := httptest.NewRecorder()
	if api.ServeHTTP(w, r); w.Code != http.StatusOK {
		t.Errorf("the same key from another address: got %d %s", w.Code, w.Body)
	}
	for _, few := range []int{0, 100, 8 << 10} { // which are free
		if status, body := answer(open(t, address, head(t, "sign iot", "POST /things/pump-7", few)+strings.Repeat(" ", few))); status != http.StatusOK {
			t.Errorf("the same caller with %d bytes: got %d %s", few, status, body)
		}
	}
	for _, conn := range held {
		io.WriteString(conn, " ")
		if status, body := answer(conn); status != http.StatusForbidden {
			t.Errorf("one that was let in: got %d %s, want 403 for its signature", status, body)
		}
	}
	wait(t, func() bool { return api.Bodies.Held() == 0 })
	if got := api.Bodies.Refused(); got != 1 {
		t.Errorf("refused: got %d, want 1", got)
	}
}

// A body whose length isn't said is charged as it comes.
func TestChunkedBodiesAreCharged(t *testing.T) {
	api := newAPI(io.Discard)
	api.Bodies = budget.New(1<<20, 32<<10)
	address := listening(t, api)
	text := strings.Replace(head(t, "sign iot secret=wrong", "POST /things/pump-7", 0), "Content-Length: 0\r\n", "Transfer-Encoding: chunked\r\n", 1)
	status, body := answer(open(t, address, text+"f000\r\n"+strings.Repeat(" ", 0xf000)+"\r\n"))
	if status != http.StatusServiceUnavailable {
		t.Errorf("got %d %s, want 503", status, body)
	}
	status, body = answer(open(t, address, text+"10\r\n"+strings.Repeat(" ", 16)+"\r\n0\r\n\r\n"))
	if status != http.StatusForbidden || !strings.Contains(body, "signature") {
		t.Errorf("a small one: got %d %s, want 403", status, body)
	}
	wait(t, func() bool { return api.Bodies.Held() == 0 })
}

// What operations may have follows from the longest input of their model.
func TestLargestBodies(t *testing.T) {
	address := listening(t, newAPI(io.Discard))
	for _, tc := range []struct {
		sign, line string
		size, want int
	}{
		{"sign iot", "PUT /things/pump-7/principals", awsapi.SmallBody, http.StatusBadRequest}, // its header is missing
		{"sign iot", "PUT /things/pump-7/principals", awsapi.SmallBody + 1, http.StatusRequestEntityTooLarge},
		{"sign iot", "POST /things/pump-7", awsapi.MaxBody, http.StatusOK},
		{"sign iot", "POST /things/pump-7", awsapi.MaxBody + 1, http.StatusRequestEntityTooLarge},
		{"sign iot", "GET /jobs", awsapi.SmallBody + 1, http.StatusRequestEntityTooLarge}, // it isn't built
	} {
		status, body := answer(open(t, address, head(t, tc.sign, tc.line, tc.size)+strings.Repeat(" ", tc.size)))
		if status != tc.want {
			t.Errorf("%s with %d bytes: got %d %s, want %d", tc.line, tc.size, status, body, tc.want)
		}
	}
}

// A body that is sent too slowly ends in a refusal that SDKs retry.
func TestSlowBodies(t *testing.T) {
	api := newAPI(io.Discard)
	api.BodyTime = 100 * time.Millisecond
	address := listening(t, api)
	for name, more := range map[string]string{"nothing": "", "a part": " "} {
		began := time.Now()
		status, body := answer(open(t, address, head(t, "sign iot", "POST /things/pump-7", 9)+more))
		if took := time.Since(began); status != http.StatusRequestTimeout || took > 8*time.Second {
			t.Errorf("%s of it: got %d %s after %v, want 408", name, status, body, took)
		}
	}
}

// An operation may take longer than a client may take to send a body: its own
// deadline ends it, in an answer, and the connection goes on.
func TestSlowOperationsKeepTheirConnection(t *testing.T) {
	api := newAPI(io.Discard)
	api.BodyTime, api.Deadline = 50*time.Millisecond, 200*time.Millisecond
	address := listening(t, api)
	for _, body := range []string{"", "  "} {
		conn := open(t, address, "")
		answers := bufio.NewReader(conn)
		for _, tc := range []struct {
			line string
			want int
		}{{"POST /things/slow", http.StatusServiceUnavailable}, {"POST /things/pump-7", http.StatusOK}, {"POST /things/slow", http.StatusServiceUnavailable}} {
			if _, err := io.WriteString(conn, head(t, "sign iot", tc.line, len(body))+body); err != nil {
				t.Fatal(err)
			}
			resp, err := http.ReadResponse(answers, nil)
			if err != nil {
				t.Fatalf("%s with %d bytes: %v", tc.line, len(body), err)
			}
			got, err := io.ReadAll(resp.Body)
			if resp.StatusCode != tc.want || err != nil {
				t.Errorf("%s with %d bytes: got %d %s, %v, want %d", tc.line, len(body), resp.StatusCode, got, err, tc.want)
			}
		}
	}
}

func wait(t *testing.T, until func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !until(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it doesn't come to that")
		}
	}
}
