package s3front_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

// What is read or copied while it changes is what its tags allow: an object is
// now secret and now public, and nobody gets the one under the tags of the other.
func TestTagsBelongToTheirContent(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/photos")
	change := func(i int) {
		kind := []string{"public", "secret"}[i%2]
		w.ok("PUT", "/photos/cat", fmt.Sprintf("%s %d", kind, i), "X-Amz-Tagging: kind="+kind)
	}
	change(0)
	w.may(allow("s3:*", "*"), deny("s3:GetObject*", "photos/cat").when(when{"StringEquals", "s3:ExistingObjectTag/kind", "secret"}))
	var clients sync.WaitGroup
	done := make(chan struct{})
	tally := make([]map[int]int, 3)
	for i, ask := range []func() reply{
		func() reply { return w.signed(call{method: "GET", path: "/photos/cat"}) },
		func() reply { return w.signed(call{method: "GET", path: "/photos/cat?tagging"}) },
		func() reply {
			got := w.signed(call{method: "PUT", path: "/photos/copy", header: []string{"X-Amz-Copy-Source: photos/cat"}})
			if got.status == 200 {
				got.body = w.ok("GET", "/photos/copy").body + w.ok("GET", "/photos/copy?tagging").body
			}
			return got
		},
	} {
		tally[i] = map[int]int{}
		clients.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				got := ask()
				if got.status == 200 && strings.Contains(got.body, "secret") {
					t.Errorf("client %d: got %v", i, got)
				}
				tally[i][got.status]++
			}
		})
	}
	for i := range 400 {
		change(i)
	}
	change(0)
	close(done)
	clients.Wait()
	t.Log("answers of reads, reads of tags, copies:", tally)
	for i, statuses := range tally {
		for status := range statuses {
			if status != 200 && status != 403 && status != 503 {
				t.Errorf("client %d: got %v", i, statuses)
			}
		}
	}
	for _, c := range []call{
		{method: "GET", path: "/photos/cat", header: []string{`If-None-Match: "x"`}},
		{method: "HEAD", path: "/photos/cat"},
		{method: "GET", path: "/photos/cat", header: []string{"Range: bytes=0-1"}},
	} {
		if got := w.signed(c); got.status >= 300 {
			t.Errorf("%v %v once it is quiet: got %v", c, c.header, got)
		}
	}
	same := "If-None-Match: " + w.ok("HEAD", "/photos/cat").header.Get("Etag")
	if got := w.signed(call{method: "GET", path: "/photos/cat", header: []string{same}}); got.status != 304 {
		t.Errorf("unless it is the same: got %v, want 304", got)
	}
}

// Once a tag that forbids changes is there, none is made any more, not even by
// a request that was under way.
func TestTagsForbidChanges(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/photos")
	w.may(allow("s3:*", "*"), deny("s3:*ObjectTagging", "*").when(when{"StringEquals", "s3:ExistingObjectTag/locked", "yes"}))
	locked := strings.NewReplacer("colour", "locked", "red", "yes").Replace(tagging)
	made := 0
	for i := range 40 {
		path := fmt.Sprintf("/photos/%d", i)
		w.ok("PUT", path, "x")
		var clients sync.WaitGroup
		for j := range 3 {
			clients.Go(func() {
				c := call{method: "PUT", path: path + "?tagging", body: tagging}
				if j == 0 {
					c = call{method: "DELETE", path: path + "?tagging"}
				}
				for range 4 {
					w.signed(c)
				}
			})
		}
		w.ok("PUT", path+"?tagging", locked)
		clients.Wait()
		if got := w.tags(path); len(got) != 1 || !strings.Contains(got[0], "locked") {
			t.Errorf("%s: got tags %v after they were locked", path, got)
		} else {
			made++
		}
	}
	t.Log(made, "objects kept their lock")
}
