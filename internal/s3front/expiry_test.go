package s3front_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// midnightAfter returns the first midnight that many days after a date of a
// header, or later, as a header has it.
func midnightAfter(t *testing.T, date string, days int) string {
	t.Helper()
	at, err := http.ParseTime(date)
	must(t, err)
	at = at.Add(time.Duration(days) * 24 * time.Hour)
	return at.Add(24*time.Hour - time.Nanosecond).Truncate(24 * time.Hour).Format(http.TimeFormat)
}

const expireAndAbort = `<Rule><ID>old logs</ID><Filter><Prefix>logs/</Prefix></Filter><Status>Enabled</Status><Expiration><Days>30</Days></Expiration>` +
	`<AbortIncompleteMultipartUpload><DaysAfterInitiation>3</DaysAfterInitiation></AbortIncompleteMultipartUpload></Rule>`

// Every answer about an object says when a lifecycle rule will remove it.
func TestExpiryIsSaid(t *testing.T) {
	w := newConfigured(t)
	w.ok("PUT", "/photos?versioning", versioning)
	w.ok("PUT", "/photos?lifecycle", lifecycleOf(expireAndAbort))
	old := w.ok("PUT", "/photos/logs/a", "old").header.Get("X-Amz-Version-Id")
	put := w.ok("PUT", "/photos/logs/a", "new")
	want := func(key string) string {
		return `expiry-date="` + midnightAfter(t, w.ok("HEAD", "/photos/"+key).header.Get("Last-Modified"), 30) + `", rule-id="old%20logs"`
	}
	id := w.newUpload("/photos/logs/parts")
	etag := w.ok("PUT", "/photos/logs/parts?partNumber=1&uploadId="+id, "part").header.Get("Etag")
	completed := w.ok("POST", "/photos/logs/parts?uploadId="+id, strings.ReplaceAll(completeOne, "ETAG", etag))
	copied := w.ok("PUT", "/photos/logs/copy", "", "X-Amz-Copy-Source: photos/cat")
	for _, tc := range []struct {
		name, key string
		got       reply
	}{
		{"PUT", "logs/a", put},
		{"GET", "logs/a", w.ok("GET", "/photos/logs/a")},
		{"GET of a range", "logs/a", w.ok("GET", "/photos/logs/a", "", "Range: bytes=0-1")},
		{"HEAD", "logs/a", w.ok("HEAD", "/photos/logs/a")},
		{"HEAD of the newest by its id", "logs/a", w.ok("HEAD", "/photos/logs/a?versionId="+put.header.Get("X-Amz-Version-Id"))},
		{"copy", "logs/copy", copied},
		{"upload in parts", "logs/parts", completed},
	} {
		if got := tc.got.header.Get("X-Amz-Expiration"); got != want(tc.key) {
			t.Errorf("%s: got %q, want %q", tc.name, got, want(tc.key))
		}
	}
	for name, got := range map[string]reply{
		"an older version": w.ok("HEAD", "/photos/logs/a?versionId="+old),
		"another key":      w.ok("GET", objectInTest),
		"its copy":         w.ok("PUT", "/photos/dog", "", "X-Amz-Copy-Source: photos/logs/a"),
		"a delete marker":  w.ok("DELETE", "/photos/logs/a"),
		"tags":             w.ok("GET", "/photos/logs/copy?tagging"),
	} {
		if said := got.header.Get("X-Amz-Expiration"); said != "" {
			t.Errorf("%s: got X-Amz-Expiration %q", name, said)
		}
	}
	w.ok("PUT", "/photos?lifecycle", lifecycleOf(lifecycleRule("a-date", "<Expiration><Date>2030-01-01T00:00:00Z</Date></Expiration>")))
	if got, want := w.ok("HEAD", "/photos/logs/copy").header.Get("X-Amz-Expiration"), `expiry-date="Tue, 01 Jan 2030 00:00:00 GMT", rule-id="a-date"`; got != want {
		t.Errorf("a date: got %q, want %q", got, want)
	}
	w.ok("DELETE", "/photos?lifecycle")
	if got := w.ok("HEAD", "/photos/logs/copy").header.Get("X-Amz-Expiration"); got != "" {
		t.Errorf("without rules: got %q", got)
	}
}

// An upload in parts says when it will be given up.
func TestAbortIsSaid(t *testing.T) {
	w := newConfigured(t)
	for _, tc := range []struct{ id, said string }{{"old logs", "old logs"}, {"B\u00fccher&#10;X: y", "B%C3%BCcher%0AX%3A%20y"}} {
		w.ok("PUT", "/photos?lifecycle", lifecycleOf(strings.ReplaceAll(expireAndAbort, "old logs", tc.id)))
		begun := w.ok("POST", "/photos/logs/parts?uploads")
		listed := w.ok("GET", "/photos/logs/parts?uploadId="+idIn.FindStringSubmatch(begun.body)[1])
		for name, got := range map[string]reply{"CreateMultipartUpload": begun, "ListParts": listed} {
			date, want := got.header.Get("X-Amz-Abort-Date"), midnightAfter(t, begun.header.Get("Date"), 3)
			if date != want || got.header.Get("X-Amz-Abort-Rule-Id") != tc.said || got.header.Get("X-Amz-Expiration") != "" {
				t.Errorf("%s: got %v, want it given up on %s by the rule %q", name, got.header, want, tc.said)
			}
		}
	}
	other := w.ok("POST", "/photos/cat?uploads")
	for name, got := range map[string]reply{"CreateMultipartUpload": other, "ListParts": w.ok("GET", "/photos/cat?uploadId="+idIn.FindStringSubmatch(other.body)[1])} {
		if got.header.Get("X-Amz-Abort-Date") != "" || got.header.Get("X-Amz-Abort-Rule-Id") != "" {
			t.Errorf("%s of another key: got %v", name, got.header)
		}
	}
}

// An external store has rules of its own, which Muster doesn't know.
func TestNoExpiryOfAnExternalStore(t *testing.T) {
	w := newConfigured(t)
	w.ok("PUT", "/photos?lifecycle", lifecycleOf(expireAndAbort))
	w.front.ObeysLifecycle = false
	for name, got := range map[string]reply{"PUT": w.ok("PUT", "/photos/logs/a", "x"), "GET": w.ok("GET", "/photos/logs/a"), "upload": w.ok("POST", "/photos/logs/a?uploads")} {
		if got.header.Get("X-Amz-Expiration") != "" || got.header.Get("X-Amz-Abort-Date") != "" {
			t.Errorf("%s: got %v", name, got.header)
		}
	}
}
