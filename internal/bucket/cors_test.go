package bucket_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/internal/bucket"
	"muster/internal/fault"
	"muster/internal/index"
	"muster/internal/store/storetest"
)

func corsRule(change func(*bucket.CORSRule)) bucket.CORSRule {
	r := bucket.CORSRule{AllowedOrigins: []string{"https://example.org"}, AllowedMethods: []string{"GET"}}
	if change != nil {
		change(&r)
	}
	return r
}

func TestCheckCORS(t *testing.T) {
	age, negative := 3000, -1
	for _, tc := range []struct {
		name   string
		change func(*bucket.CORSRule)
		want   error
	}{
		{"the least", nil, nil},
		{"all of it", func(r *bucket.CORSRule) {
			*r = bucket.CORSRule{ID: strings.Repeat("i", 255), AllowedOrigins: []string{"http://*.example.org", "*", ""}, AllowedMethods: []string{"GET", "PUT", "POST", "DELETE", "HEAD"},
				AllowedHeaders: []string{"*", "x-amz-*", "Content-Type"}, ExposeHeaders: []string{"ETag"}, MaxAge: &age}
		}, nil},
		{"no origin", func(r *bucket.CORSRule) { r.AllowedOrigins = nil }, fault.Malformed},
		{"no method", func(r *bucket.CORSRule) { r.AllowedMethods = nil }, fault.Malformed},
		{"a long ID", func(r *bucket.CORSRule) { r.ID = strings.Repeat("i", 256) }, fault.Malformed},
		{"a negative age", func(r *bucket.CORSRule) { r.MaxAge = &negative }, fault.Malformed},
		{"a method of its own", func(r *bucket.CORSRule) { r.AllowedMethods = []string{"GET", "PATCH"} }, fault.Invalid},
		{"a method in lower case", func(r *bucket.CORSRule) { r.AllowedMethods = []string{"get"} }, fault.Invalid},
		{"two wildcards in an origin", func(r *bucket.CORSRule) { r.AllowedOrigins = []string{"http://*.*"} }, fault.Invalid},
		{"a line in an origin", func(r *bucket.CORSRule) { r.AllowedOrigins = []string{"http://a\nb"} }, fault.Invalid},
		{"two wildcards in a header", func(r *bucket.CORSRule) { r.AllowedHeaders = []string{"x-*-*"} }, fault.Invalid},
		{"no header's name", func(r *bucket.CORSRule) { r.AllowedHeaders = []string{"a b"} }, fault.Invalid},
		{"a wildcard to expose", func(r *bucket.CORSRule) { r.ExposeHeaders = []string{"x-*"} }, fault.Invalid},
		{"a line to expose", func(r *bucket.CORSRule) { r.ExposeHeaders = []string{"ETag\r\nSet-Cookie: a=b"} }, fault.Invalid},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if err := bucket.CheckCORS([]bucket.CORSRule{corsRule(nil), corsRule(tc.change)}); !errors.Is(err, tc.want) {
				t.Errorf("CheckCORS: got %v, want %v", err, tc.want)
			}
		})
	}
	for n, want := range map[int]error{0: fault.Malformed, 1: nil, 100: nil, 101: fault.Malformed} {
		if err := bucket.CheckCORS(slices.Repeat([]bucket.CORSRule{corsRule(nil)}, n)); !errors.Is(err, want) {
			t.Errorf("CheckCORS of %d rules: got %v, want %v", n, err, want)
		}
	}
}

func TestMatchCORS(t *testing.T) {
	rules := []bucket.CORSRule{
		{ID: "app", AllowedOrigins: []string{"https://app.example.org"}, AllowedMethods: []string{"GET", "PUT"}, AllowedHeaders: []string{"Content-Type", "X-Amz-*"}},
		{ID: "wild", AllowedOrigins: []string{"http://*.example.org:8080"}, AllowedMethods: []string{"GET"}},
		{ID: "all", AllowedOrigins: []string{"*"}, AllowedMethods: []string{"HEAD"}, AllowedHeaders: []string{"*"}},
	}
	for _, tc := range []struct {
		name, origin, method string
		headers              []string
		want                 string // "" for none
	}{
		{"the origin", "https://app.example.org", "GET", nil, "app"},
		{"its other method", "https://app.example.org", "PUT", []string{"content-type", "x-amz-meta-a"}, "app"},
		{"a method it may not", "https://app.example.org", "DELETE", nil, ""},
		{"a header it may not", "https://app.example.org", "PUT", []string{"content-type", "authorization"}, ""},
		{"another port", "https://app.example.org:443", "GET", nil, ""},
		{"another scheme", "http://app.example.org", "GET", nil, ""},
		{"an origin in another case", "https://App.example.org", "GET", nil, ""},
		{"an origin that goes on", "https://app.example.org.evil.example", "GET", nil, ""},
		{"an origin that begins elsewhere", "https://evil.example/https://app.example.org", "GET", nil, ""},
		{"the wildcard", "http://a.b.example.org:8080", "GET", nil, "wild"},
		{"the wildcard, with a header", "http://a.example.org:8080", "GET", []string{"x-a"}, ""},
		{"less than the wildcard's ends", "http://.example.org:808", "GET", nil, ""},
		{"a later rule", "https://app.example.org", "HEAD", []string{"anything"}, "all"},
		{"null", "null", "HEAD", nil, "all"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, ok := bucket.MatchCORS(rules, tc.origin, tc.method, tc.headers)
			if got.ID != tc.want || ok != (tc.want != "") {
				t.Errorf("MatchCORS: got %q, %v, want %q", got.ID, ok, tc.want)
			}
		})
	}
	// The ends of a pattern don't share bytes.
	if _, ok := bucket.MatchCORS([]bucket.CORSRule{{AllowedOrigins: []string{"aba*aba"}, AllowedMethods: []string{"GET"}}}, "aba", "GET", nil); ok {
		t.Error("aba*aba matches aba")
	}
}

// counted counts the reads of documents.
type counted struct {
	bucket.Store
	documents, lists int
}

func (c *counted) Document(ctx context.Context, name string, k bucket.Kind) (string, error) {
	c.documents++
	return c.Store.Document(ctx, name, k)
}

func (c *counted) Configured(ctx context.Context, k bucket.Kind) ([]string, error) {
	c.lists++
	return c.Store.Configured(ctx, k)
}

func TestCORSIsAsNewAsTheLastWrite(t *testing.T) {
	x := index.New(1000)
	db := storetest.Open(t, t.TempDir(), x)
	rows := &counted{Store: db.Buckets()}
	buckets := bucket.New(rows, &folder{dir: t.TempDir()}, x)
	for _, name := range []string{"photos", "logs"} {
		if _, err := buckets.Create(t.Context(), east, name); err != nil {
			t.Fatal(err)
		}
	}
	is := func(name string, want ...bucket.CORSRule) {
		t.Helper()
		got, err := buckets.CORS(t.Context(), name)
		if want == nil && !errors.Is(err, fault.NotFound) || want != nil && (err != nil || !cmp.Equal(got, want)) {
			t.Errorf("CORS of %s: got %v, %v, want %v", name, got, err, want)
		}
	}
	set := func(name string, rules ...bucket.CORSRule) {
		t.Helper()
		if err := buckets.SetCORS(t.Context(), name, rules); err != nil {
			t.Fatal(err)
		}
	}
	first, second := corsRule(nil), corsRule(func(r *bucket.CORSRule) { r.AllowedMethods = []string{"PUT"} })
	is("photos")
	set("photos", first)
	is("photos", first)
	set("photos", second)
	is("photos", second)
	is("logs")
	set("logs", first)
	is("logs", first)
	if err := buckets.SetCORS(t.Context(), "logs", nil); !errors.Is(err, fault.Malformed) {
		t.Errorf("SetCORS of no rules: got %v, want %v", err, fault.Malformed)
	}
	is("logs", first)
	if err := buckets.Unset(t.Context(), "logs", bucket.CORS); err != nil {
		t.Fatal(err)
	}
	is("logs")
	if err := buckets.Delete(t.Context(), "photos"); err != nil {
		t.Fatal(err)
	}
	is("photos")

	// Names that nobody configured cost no read, however many there are.
	set("logs", first)
	is("logs", first)
	rows.documents, rows.lists = 0, 0
	for _, name := range []string{"nowhere-1", "nowhere-2", "logs", "logs"} {
		buckets.CORS(t.Context(), name)
	}
	if rows.documents != 0 || rows.lists != 0 {
		t.Errorf("reads: got %d documents and %d lists, want none", rows.documents, rows.lists)
	}
}
