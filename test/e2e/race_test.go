package e2e

import (
	"bytes"
	"crypto/md5"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const racers = 8

// raceFor is how long each race runs: MUSTER_RACE, else a minute in the night
// and two seconds by day.
func raceFor(t *testing.T) time.Duration {
	t.Helper()
	if given := os.Getenv("MUSTER_RACE"); given != "" {
		long, err := time.ParseDuration(given)
		if err != nil {
			t.Fatalf("MUSTER_RACE: %v", err)
		}
		return long
	}
	if os.Getenv("MUSTER_NIGHT") == "1" {
		return time.Minute
	}
	return 2 * time.Second
}

// race is clients that work against each other on one bucket.
type race struct {
	t      *testing.T
	server *Server
	bucket string
	until  time.Time
	done   atomic.Int64 // requests that were answered as they should be
}

// newRace starts a server with a bucket, which keeps versions if wanted.
func newRace(t *testing.T, bucket string, versioned bool) *race {
	t.Helper()
	s := Start(t)
	c := s.Client()
	c.S3(t, "PUT", "/"+bucket, "").OK(t)
	if versioned {
		c.S3(t, "PUT", "/"+bucket+"?versioning", "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>").OK(t)
	}
	return &race{t: t, server: s, bucket: bucket, until: time.Now().Add(raceFor(t))}
}

// run lets racers do lap until the time is over, then sees that the server
// failed nothing.
func (r *race) run(lap func(c *Client, racer, n int)) {
	r.t.Helper()
	var all sync.WaitGroup
	for racer := range racers {
		c := r.server.Client()
		all.Go(func() {
			for n := 0; time.Now().Before(r.until) && !r.t.Failed(); n++ {
				lap(c, racer, n)
			}
		})
	}
	all.Wait()
	r.server.failedNothing(r.t)
	r.t.Logf("%d requests", r.done.Load())
	if r.done.Load() < racers {
		r.t.Errorf("got %d requests answered, want a race", r.done.Load())
	}
}

// ask sends one request, which must be answered with one of these statuses.
func (r *race) ask(c *Client, method, path, body string, want ...int) Reply {
	req, err := c.request("s3", method, "/"+r.bucket+path, nil, []byte(body))
	if err != nil {
		r.t.Error(err)
		return Reply{}
	}
	reply, err := exchange(plain, req)
	if err != nil {
		r.t.Errorf("%s %s: %v", method, path, err)
		return Reply{}
	}
	for _, status := range want {
		if reply.Status == status {
			r.done.Add(1)
			return reply
		}
	}
	r.t.Errorf("%s %s: got %d %.300s, want %v", method, path, reply.Status, reply.Body, want)
	return reply
}

// version is a version or a delete marker of ListObjectVersions.
type listedVersion struct {
	Key       string
	VersionID string `xml:"VersionId"`
	IsLatest  bool
}

// versions lists all there are, each by its id.
func (r *race) versions() (contents, markers map[string]listedVersion) {
	r.t.Helper()
	contents, markers = map[string]listedVersion{}, map[string]listedVersion{}
	c := r.server.Client()
	for more := ""; ; {
		var page struct {
			Versions                           []listedVersion `xml:"Version"`
			Markers                            []listedVersion `xml:"DeleteMarker"`
			IsTruncated                        bool
			NextKeyMarker, NextVersionIdMarker string
		}
		reply := c.S3(r.t, "GET", "/"+r.bucket+"?versions"+more, "").OK(r.t)
		if err := xml.Unmarshal([]byte(reply.Body), &page); err != nil {
			r.t.Fatal(err)
		}
		for _, v := range page.Versions {
			contents[v.VersionID] = v
		}
		for _, v := range page.Markers {
			markers[v.VersionID] = v
		}
		if !page.IsTruncated {
			return contents, markers
		}
		more = "&key-marker=" + escape(page.NextKeyMarker) + "&version-id-marker=" + escape(page.NextVersionIdMarker)
	}
}

// Every version that was acknowledged is there, however many clients put and
// delete the one key.
func TestRacePutAndDeleteOfOneKey(t *testing.T) {
	r := newRace(t, "race-one-key", true)
	var mu sync.Mutex
	put, marked := map[string]string{}, map[string]bool{}
	r.run(func(c *Client, racer, n int) {
		if racer%2 == 0 {
			body := fmt.Sprintf("%d of %d", n, racer)
			id := r.ask(c, "PUT", "/key", body, http.StatusOK).Header.Get("X-Amz-Version-Id")
			mu.Lock()
			defer mu.Unlock()
			put[id] = body
			return
		}
		id := r.ask(c, "DELETE", "/key", "", http.StatusNoContent).Header.Get("X-Amz-Version-Id")
		mu.Lock()
		defer mu.Unlock()
		marked[id] = true
	})
	contents, markers := r.versions()
	if len(contents) != len(put) || len(markers) != len(marked) {
		t.Errorf("got %d versions and %d markers, want the %d and %d that were acknowledged", len(contents), len(markers), len(put), len(marked))
	}
	newest, c := 0, r.server.Client()
	for id := range marked {
		if _, there := markers[id]; !there {
			t.Errorf("delete marker %s was acknowledged and is gone", id)
		}
	}
	checked := 0
	for id, body := range put {
		if _, there := contents[id]; !there {
			t.Errorf("version %s was acknowledged and is gone", id)
		} else if checked++; checked <= 500 {
			if got := c.S3(t, "GET", "/race-one-key/key?versionId="+id, "").OK(t).Body; got != body {
				t.Errorf("version %s: got %q, want %q", id, got, body)
			}
		}
	}
	for _, all := range []map[string]listedVersion{contents, markers} {
		for _, v := range all {
			if v.IsLatest {
				newest++
			}
		}
	}
	if newest != 1 {
		t.Errorf("got %d newest versions, want 1", newest)
	}
	t.Logf("%d versions and %d markers acknowledged, %d and %d there", len(put), len(marked), len(contents), len(markers))
}

// Several clients delete the same versions at once: each is told that they are
// gone, and they are.
func TestRaceDeleteOfTheSameVersions(t *testing.T) {
	r := newRace(t, "race-versions", true)
	deadline, rounds := r.until, 0
	for ; time.Now().Before(deadline) && !t.Failed(); rounds++ {
		c := r.server.Client()
		var list strings.Builder
		list.WriteString("<Delete>")
		for n := range 20 {
			id := r.ask(c, "PUT", fmt.Sprintf("/key-%d", n%5), fmt.Sprint(n), http.StatusOK).Header.Get("X-Amz-Version-Id")
			fmt.Fprintf(&list, "<Object><Key>key-%d</Key><VersionId>%s</VersionId></Object>", n%5, id)
		}
		list.WriteString("</Delete>")
		var all sync.WaitGroup
		for range racers {
			all.Go(func() {
				reply := r.deleteMany(c, list.String())
				if got := strings.Count(reply.Body, "<Deleted>"); got != 20 || strings.Contains(reply.Body, "<Error>") {
					t.Errorf("got %d deleted, %.500s; want 20 and no error", got, reply.Body)
				}
			})
		}
		all.Wait()
	}
	if contents, markers := r.versions(); len(contents)+len(markers) > 0 {
		t.Errorf("got %d versions and %d markers left, want none", len(contents), len(markers))
	}
	r.server.Client().S3(t, "DELETE", "/race-versions", "")
	r.server.failedNothing(t)
	t.Logf("%d rounds, %d requests", rounds, r.done.Load())
}

// deleteMany sends DeleteObjects.
func (r *race) deleteMany(c *Client, list string) Reply {
	req, err := c.request("s3", "POST", "/"+r.bucket+"?delete", map[string]string{"Content-Md5": md5Of(list)}, []byte(list))
	if err != nil {
		r.t.Error(err)
		return Reply{}
	}
	reply, err := exchange(plain, req)
	if err != nil || reply.Status != http.StatusOK {
		r.t.Errorf("DeleteObjects: got %d %.300s, %v", reply.Status, reply.Body, err)
		return reply
	}
	r.done.Add(1)
	return reply
}

// Uploads and deletes below one prefix don't touch each other.
func TestRaceUploadsBesideDeletes(t *testing.T) {
	for _, versioned := range []bool{false, true} {
		t.Run(fmt.Sprintf("versions %v", versioned), func(t *testing.T) {
			r := newRace(t, "race-inbox", versioned)
			r.run(func(c *Client, racer, n int) {
				key := fmt.Sprintf("/fleet/%d/in/%d-%d", n%2, racer, n)
				body := strings.Repeat(key, 1+n%3*1000)
				r.ask(c, "PUT", key, body, http.StatusOK)
				if got := r.ask(c, "GET", key, "", http.StatusOK); got.Body != body {
					t.Errorf("%s: got %d bytes, want %d", key, len(got.Body), len(body))
				}
				r.copied(c, key, key+"-copy")
				r.ask(c, "DELETE", key+"-copy", "", http.StatusNoContent)
				r.ask(c, "DELETE", key, "", http.StatusNoContent)
				r.ask(c, "HEAD", key, "", http.StatusNotFound)
			})
			if got := r.server.Client().S3(t, "GET", "/race-inbox?list-type=2", "").OK(t); got.XML("KeyCount") != "0" {
				t.Errorf("left: %.500s", got.Body)
			}
		})
	}
}

func (r *race) copied(c *Client, from, to string) {
	req, err := c.request("s3", "PUT", "/"+r.bucket+to, map[string]string{"X-Amz-Copy-Source": "/" + r.bucket + from}, nil)
	if err != nil {
		r.t.Error(err)
		return
	}
	if reply, err := exchange(plain, req); err != nil || reply.Status != http.StatusOK {
		r.t.Errorf("copy to %s: got %d %.300s, %v", to, reply.Status, reply.Body, err)
	}
}

// Uploads in parts are completed beside deletes of the same keys and of others
// below their prefix; what was completed is whole.
func TestRaceCompletionsBesideDeletes(t *testing.T) {
	r := newRace(t, "race-films", false)
	part := bytes.Repeat([]byte("p"), 20_000) // more than what is kept inline
	r.run(func(c *Client, racer, n int) {
		if racer%2 == 1 {
			for _, key := range []string{fmt.Sprintf("/films/shared-%d", n%3), fmt.Sprintf("/films/mine-%d", n)} {
				r.ask(c, "DELETE", key, "", http.StatusNoContent)
			}
			return
		}
		key := fmt.Sprintf("/films/shared-%d", n%3)
		id := r.ask(c, "POST", key+"?uploads", "", http.StatusOK).XML("UploadId")
		etag := r.ask(c, "PUT", key+"?partNumber=1&uploadId="+id, string(part), http.StatusOK).Header.Get("Etag")
		r.ask(c, "POST", key+"?uploadId="+id, "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>"+etag+"</ETag></Part></CompleteMultipartUpload>", http.StatusOK)
		if got := r.ask(c, "GET", key, "", http.StatusOK, http.StatusNotFound); got.Status == http.StatusOK && got.Body != string(part) {
			t.Errorf("%s: got %d bytes, want all or nothing", key, len(got.Body))
		}
	})
	if got := r.server.Client().S3(t, "GET", "/race-films?uploads", "").OK(t); strings.Contains(got.Body, "<Upload>") {
		t.Errorf("uploads left: %.500s", got.Body)
	}
}

// md5Of is the Content-MD5 of a body.
func md5Of(body string) string {
	sum := md5.Sum([]byte(body))
	return base64.StdEncoding.EncodeToString(sum[:])
}
