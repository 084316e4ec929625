package e2e

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// A bucket's quota is set while the server runs and holds for what comes after.
func TestBucketQuota(t *testing.T) {
	t.Parallel()
	s := Start(t, "--metrics")
	w := NewWorld(t, s)
	s.run(t, t.TempDir(), nil, binary, "bucket", "quota", w.Bucket, "--data", s.Data, "--max-bytes", "100KiB", "--max-objects", "5", "--writer-max-bytes", "60KiB", "--writer-max-objects", "3")
	device := w.Vend(t, Ask{})
	object := func(name string) string { return "/" + w.Bucket + "/device_output/" + name }
	device.S3(t, "PUT", object("a"), strings.Repeat("a", 50<<10)).OK(t)
	device.S3(t, "PUT", object("b"), strings.Repeat("b", 20<<10)).Refused(t, http.StatusForbidden, "QuotaExceeded")
	w.API.S3(t, "HEAD", object("b"), "").Refused(t, http.StatusNotFound, "")
	w.API.S3(t, "PUT", object("c"), strings.Repeat("c", 45<<10)).OK(t)
	w.API.S3(t, "PUT", object("d"), strings.Repeat("d", 10<<10)).Refused(t, http.StatusForbidden, "QuotaExceeded")
	for n := range 2 {
		device.S3(t, "PUT", object(fmt.Sprint("small-", n)), "x").OK(t)
	}
	device.S3(t, "PUT", object("small-2"), "x").Refused(t, http.StatusForbidden, "QuotaExceeded")
	if got := s.metric(t, "muster_quota_refused_total"); got != "3" {
		t.Errorf("got %s refusals counted, want 3", got)
	}
	w.API.S3(t, "DELETE", object("c"), "")
	w.API.S3(t, "PUT", object("d"), strings.Repeat("d", 10<<10)).OK(t)

	said := s.run(t, t.TempDir(), nil, binary, "bucket", "quota", w.Bucket, "--data", s.Data, "-o", "json")
	if !strings.Contains(said, "102400") {
		t.Errorf("muster bucket quota: got %s, want the 102400 bytes", said)
	}
	s.run(t, t.TempDir(), nil, binary, "bucket", "quota", w.Bucket, "--data", s.Data, "--remove")
	device.S3(t, "PUT", object("b"), strings.Repeat("b", 120<<10)).OK(t)
}

// Below the floor of free space objects are refused with words that help, and
// what keeps a fleet in hand goes on.
func TestFloorOfFreeSpace(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	s := StartOn(t, data)
	w := NewWorld(t, s)
	object := "/" + w.Bucket + "/kept"
	w.API.S3(t, "PUT", object, "kept").OK(t)
	s.Stop(t)

	// A floor that takes twice as much as there is: a quarter of it is there.
	s = StartOn(t, data, "--free-space", fmt.Sprintf("%dMiB", freeOn(t, data)>>20*2))
	w.Server, w.API = s, s.Client()
	w.Endpoint = w.API.IoT(t, "GET", "/endpoint?endpointType=iot%3ACredentialProvider", nil).OK(t).JSON("endpointAddress")
	for path, body := range map[string]string{object: "small", "/" + w.Bucket + "/large": strings.Repeat("l", 100<<10)} {
		got := w.API.S3(t, "PUT", path, body)
		if got.Status != http.StatusInsufficientStorage || got.XML("Message") == "" {
			t.Errorf("PUT %s: got %d %s, want 507 and a message", path, got.Status, got.Body)
		}
	}
	if got := w.API.S3(t, "GET", object, "").OK(t).Body; got != "kept" {
		t.Errorf("got %q, want what was there before", got)
	}
	w.API.IoT(t, "POST", "/things/made-on-a-full-disk", struct{}{}).OK(t)
	w.Vend(t, Ask{})
	w.setCertificate(t, "INACTIVE")
	if got := w.Fresh(t).Ask(t, Ask{}); got.Status != http.StatusForbidden {
		t.Errorf("after the revocation: got %d %s, want 403", got.Status, got.Body)
	}
	w.API.S3(t, "DELETE", object, "")
	w.API.S3(t, "HEAD", object, "").Refused(t, http.StatusNotFound, "")
}

// Large objects pass through in pieces: memory doesn't grow with them.
func TestMemoryWhileLargeObjectsMove(t *testing.T) {
	if testing.Short() {
		t.Skip("moves two GiB")
	}
	const clients, size, room = 16, 64 << 20, 150 << 10
	s := Start(t)
	s.Client().S3(t, "PUT", "/large", "").OK(t)
	idle := s.resident(t)
	stop := make(chan struct{})
	most := make(chan int)
	go func() {
		peak := 0
		for {
			select {
			case <-stop:
				most <- peak
				return
			case <-time.After(20 * time.Millisecond):
				peak = max(peak, s.residentNow())
			}
		}
	}()
	var all sync.WaitGroup
	for n := range clients {
		c := s.Client()
		all.Go(func() {
			target := fmt.Sprintf("/large/%d", n)
			for _, way := range []struct {
				method string
				body   io.Reader
			}{{"PUT", io.LimitReader(zeros{}, size)}, {"GET", nil}} {
				req, err := http.NewRequest(way.method, c.URL+c.presign(t, way.method, target), way.body)
				if err != nil {
					t.Error(err)
					return
				}
				if way.body != nil {
					req.ContentLength = size
				}
				resp, err := (&http.Client{Timeout: 2 * time.Minute}).Do(req)
				if err != nil {
					t.Errorf("%s %s: %v", way.method, target, err)
					return
				}
				got, err := io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
				if resp.StatusCode != http.StatusOK || err != nil || way.method == "GET" && got != size {
					t.Errorf("%s %s: got %d and %d bytes, %v", way.method, target, resp.StatusCode, got, err)
				}
			}
		})
	}
	all.Wait()
	close(stop)
	peak := <-most
	t.Logf("resident: %d KiB idle, %d KiB at most", idle, peak)
	if peak > idle+room {
		t.Errorf("got %d KiB resident, want at most the %d KiB of idleness and %d more", peak, idle, room)
	}
}

// zeros has no end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// resident is the server's memory in KiB, where the system tells it.
func (s *Server) resident(t *testing.T) int {
	t.Helper()
	now := s.residentNow()
	if now == 0 {
		t.Skip("there is no /proc that tells the memory of a process")
	}
	return now
}

func (s *Server) residentNow() int {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	for line := range bytes.Lines(text) {
		var kib int
		if n, _ := fmt.Sscanf(string(line), "VmRSS: %d kB", &kib); n == 1 {
			return kib
		}
	}
	return 0
}
