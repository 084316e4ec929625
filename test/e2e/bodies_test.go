package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// stalled sends a request with all of its body but the last byte, and returns
// the connection, as long as the test goes on.
func (s *Server) stalled(t *testing.T, head string, size int) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	go func() { // some are refused before all is sent
		io.WriteString(conn, head+fmt.Sprintf("Host: localhost\r\nContent-Length: %d\r\n\r\n", size))
		io.CopyN(conn, zeros{}, int64(size-1))
	}()
	return conn
}

// Whoever sends much and never ends, without a key or with the id of one that is
// known, takes little memory and is answered; others are served meanwhile.
func TestMemoryOfBodiesThatNeverEnd(t *testing.T) {
	const clients, size, budget = 300, 1 << 20, 64 // MiB
	s := Start(t, "--body-memory", fmt.Sprint(budget, "MiB"), "--metrics")
	w := NewWorld(t, s)
	device := w.Vend(t, Ask{})
	for _, tc := range []struct {
		name, key string
		room      int // KiB
	}{
		{"a made-up key", "AKIAIOSFODNN7EXAMPLE", 60 << 10},
		{"the id of a key that is known", s.Env["AWS_ACCESS_KEY_ID"], 60<<10 + budget/4<<10},
	} {
		t.Run(tc.name, func(t *testing.T) {
			head := "POST / HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nX-Amz-Date: " + time.Now().UTC().Format("20060102T150405Z") +
				"\r\nAuthorization: AWS4-HMAC-SHA256 Credential=" + tc.key + "/" + time.Now().UTC().Format("20060102") +
				"/us-east-1/iam/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=" + strings.Repeat("0", 64) + "\r\n"
			idle := s.resident(t)
			peak, answers := idle, map[int]int{}
			var mu sync.Mutex
			var all sync.WaitGroup
			for range clients {
				conn := s.stalled(t, head, size)
				all.Go(func() {
					status := 0
					if resp, err := http.ReadResponse(bufio.NewReader(conn), nil); err == nil {
						status = resp.StatusCode
						resp.Body.Close()
					}
					mu.Lock()
					defer mu.Unlock()
					answers[status]++
				})
			}
			began := time.Now()
			for range 20 {
				device.S3(t, "PUT", "/"+w.Bucket+"/device_output/meanwhile", "x").OK(t)
				peak = max(peak, s.residentNow())
				time.Sleep(50 * time.Millisecond)
			}
			t.Logf("%d KiB idle, %d KiB at most; 20 uploads meanwhile took %v", idle, peak, time.Since(began))
			if peak > idle+tc.room {
				t.Errorf("got %d KiB resident, want at most the %d of idleness and %d more", peak, idle, tc.room)
			}
			if tc.key == s.Env["AWS_ACCESS_KEY_ID"] {
				return // those that were let in have half a minute to end
			}
			all.Wait()
			if answers[http.StatusForbidden] != clients {
				t.Errorf("answers by status: got %v, want 403 for all %d", answers, clients)
			}
		})
	}
	resp, err := s.http.Get(s.URL + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"muster_body_memory_bytes_limit 6.7108864e+07", "muster_body_memory_bytes_refused_total 284", "muster_s3_requests_limit 1024"} {
		if !strings.Contains(string(text), want+"\n") {
			t.Errorf("no metric is %q", want)
		}
	}
}
