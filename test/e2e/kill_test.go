package e2e

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

const killWriters = 8

// ledger is what the server has acknowledged, and so must never lose. Writers
// write apart from each other, each under names of its own.
type ledger struct {
	mu      sync.Mutex
	things  map[string]bool   // acknowledged: there, or deleted
	doubt   map[string]bool   // the deletes that got no answer
	objects map[string]string // key → content, of this round
	buckets []string          // of this round
	status  string            // of the certificate, as acknowledged last
	asked   string            // the status asked for last
}

// A server killed at any moment has every write it acknowledged when it starts again.
func TestKill(t *testing.T) {
	t.Parallel()
	rounds := 20
	if testing.Short() {
		rounds = 4
	}
	data := t.TempDir()
	s := StartOn(t, data)
	w := NewWorld(t, s)
	l := &ledger{
		things: map[string]bool{w.Thing: true}, doubt: map[string]bool{}, objects: map[string]string{},
		status: "ACTIVE", asked: "ACTIVE",
	}
	var objects, buckets int
	for round := range rounds {
		stop := make(chan struct{})
		var writers sync.WaitGroup
		for n := range killWriters {
			name := fmt.Sprintf("round-%d-writer-%d", round, n)
			writers.Go(func() { l.write(s.Client(), w, n, name, stop) })
		}
		time.Sleep(time.Duration(100+rand.IntN(900)) * time.Millisecond)
		s.Kill(t)
		close(stop)
		writers.Wait()

		s = StartOn(t, data)
		l.check(t, s, w)
		if t.Failed() {
			t.Fatalf("after round %d", round)
		}
		objects, buckets = objects+len(l.objects), buckets+len(l.buckets)
		clear(l.objects)
		l.buckets = nil
	}
	t.Logf("%d rounds: %d things, %d objects, %d buckets acknowledged", rounds, len(l.things), objects, buckets)
}

// write works until the server is gone. The first writer changes the
// certificate's status, the second puts objects, the third makes buckets, the
// others make and delete things.
func (l *ledger) write(c *Client, w *World, writer int, name string, stop <-chan struct{}) {
	for i := 0; ; i++ {
		select {
		case <-stop:
			return
		default:
		}
		var ok bool
		switch item := fmt.Sprintf("%s-%d", name, i); writer {
		case 0:
			ok = l.flip(c, w, []string{"INACTIVE", "ACTIVE"}[i%2])
		case 1:
			ok = l.put(c, w.Bucket, item)
		case 2:
			ok = l.makeBucket(c, "kill-"+item)
		default:
			ok = l.makeThing(c, item) && (i%3 > 0 || l.deleteThing(c, item))
		}
		if !ok {
			return
		}
	}
}

// acknowledged sends a request and reports whether it was answered with success.
func acknowledged(c *Client, service, method, path string, body []byte) bool {
	req, err := c.request(service, method, path, nil, body)
	if err != nil {
		return false
	}
	reply, err := exchange(plain, req)
	return err == nil && reply.Status == http.StatusOK
}

func (l *ledger) flip(c *Client, w *World, status string) bool {
	l.mu.Lock()
	l.asked = status
	l.mu.Unlock()
	if !acknowledged(c, "iot", "PUT", "/certificates/"+w.CertificateID+"?newStatus="+status, nil) {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.status = status
	return true
}

func (l *ledger) put(c *Client, bucket, item string) bool {
	content := strings.Repeat(item, 100)
	if !acknowledged(c, "s3", "PUT", "/"+bucket+"/"+item, []byte(content)) {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.objects[item] = content
	return true
}

func (l *ledger) makeBucket(c *Client, name string) bool {
	if !acknowledged(c, "s3", "PUT", "/"+name, nil) {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.buckets = append(l.buckets, name)
	return true
}

func (l *ledger) makeThing(c *Client, name string) bool {
	if !acknowledged(c, "iot", "POST", "/things/"+name, []byte("{}")) {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.things[name] = true
	return true
}

func (l *ledger) deleteThing(c *Client, name string) bool {
	ok := acknowledged(c, "iot", "DELETE", "/things/"+name, nil)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.things[name], l.doubt[name] = !ok, !ok
	return ok
}

// check compares what a server has with what was acknowledged.
func (l *ledger) check(t *testing.T, s *Server, w *World) {
	t.Helper()
	c := s.Client()
	things := listThings(t, c)
	for name, there := range l.things {
		if _, found := things[name]; found != there && !l.doubt[name] {
			t.Errorf("thing %s: got there %v, want %v", name, found, there)
		}
	}
	for key, want := range l.objects {
		if got := c.S3(t, "GET", "/"+w.Bucket+"/"+key, ""); got.Body != want {
			t.Errorf("object %s: got %d %.100s, want the %d bytes that were put", key, got.Status, got.Body, len(want))
		}
	}
	listed := c.S3(t, "GET", "/", "").OK(t).Body
	for _, name := range l.buckets {
		if !strings.Contains(listed, "<Name>"+name+"</Name>") {
			t.Errorf("bucket %s is gone from the list", name)
		}
	}
	for _, name := range l.buckets[max(0, len(l.buckets)-5):] {
		c.S3(t, "PUT", "/"+name+"/usable", "x").OK(t)
	}
	status := c.IoT(t, "GET", "/certificates/"+w.CertificateID, nil).OK(t).JSON("certificateDescription", "status")
	if status != l.status && status != l.asked {
		t.Errorf("certificate: got %s, want %s as acknowledged or %s as asked", status, l.status, l.asked)
	}
	l.status, l.asked = status, status
}

func listThings(t *testing.T, c *Client) map[string]struct{} {
	t.Helper()
	found := make(map[string]struct{})
	for token := ""; ; {
		var page struct {
			Things []struct {
				ThingName string `json:"thingName"`
			} `json:"things"`
			NextToken string `json:"nextToken"`
		}
		query := url.Values{"maxResults": {"250"}}
		if token != "" {
			query.Set("nextToken", token)
		}
		reply := c.IoT(t, "GET", "/things?"+query.Encode(), nil).OK(t)
		if err := json.Unmarshal([]byte(reply.Body), &page); err != nil {
			t.Fatal(err)
		}
		for _, thing := range page.Things {
			found[thing.ThingName] = struct{}{}
		}
		if token = page.NextToken; token == "" {
			return found
		}
	}
}
