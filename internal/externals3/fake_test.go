package externals3_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"muster/internal/externals3"
	"muster/internal/objects"
)

// fake is an S3 that remembers what it was asked, and answers as it is told.
type fake struct {
	*externals3.Store
	url    string
	mu     sync.Mutex
	asked  []asked
	answer http.HandlerFunc
}

// asked is a request as it came.
type asked struct {
	line   string // method and what stood behind it
	header http.Header
	body   string
	length int64
	err    error // of reading the body
}

func newFake(t *testing.T, answer http.HandlerFunc) *fake {
	t.Helper()
	f := &fake{answer: answer}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	f.url = server.URL
	f.Store = externals3.New(mustURL(t, server.URL), region, credential)
	return f
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	f.mu.Lock()
	f.asked = append(f.asked, asked{r.Method + " " + r.RequestURI, r.Header.Clone(), string(body), r.ContentLength, err})
	f.mu.Unlock()
	if err == nil {
		f.answer(w, r)
	}
}

// requests returns what was asked, and forgets it.
func (f *fake) requests() []asked {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := f.asked
	f.asked = nil
	return all
}

func lines(all []asked) (lines []string) {
	for _, a := range all {
		lines = append(lines, a.line)
	}
	return lines
}

// says answers with a status, headers as "Name: value", and a body.
func says(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for _, h := range headers {
			name, value, _ := strings.Cut(h, ": ")
			w.Header().Set(name, value)
		}
		w.WriteHeader(status)
		if r.Method != http.MethodHead {
			io.WriteString(w, body)
		}
	}
}

// fails answers with an error of S3's.
func fails(status int, code string, more ...string) http.HandlerFunc {
	return says(status, "<Error><Code>"+code+"</Code><Message>of the store</Message>"+strings.Join(more, "")+"</Error>")
}

// object answers a read of an object.
func object(headers ...string) http.HandlerFunc {
	return says(200, "content", append([]string{"Content-Length: 7", `Etag: "e"`, "Last-Modified: Sat, 28 Nov 2026 01:02:03 GMT"}, headers...)...)
}

const made = `Etag: "e"`

func body(content string) objects.Body {
	return objects.Body{Reader: strings.NewReader(content), Size: int64(len(content))}
}

func put(content string) objects.Put {
	return objects.Put{Bucket: "bucket", Key: "key", Body: body(content)}
}

var ref = objects.Ref{Bucket: "bucket", Key: "key"}

func second[T any](_ T, err error) error { return err }

func equal[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if g, w := fmt.Sprintf("%q", any(got)), fmt.Sprintf("%q", any(want)); g != w {
		t.Errorf("%s: got %s, want %s", what, g, w)
	}
}

func refusedWith(t *testing.T, err, want error) *objects.Refused {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("got %v, want %v", err, want)
	}
	var r *objects.Refused
	if !errors.As(err, &r) {
		r = &objects.Refused{}
	}
	return r
}

// internal fails unless err is one that is no refusal: its caller learns nothing of it.
func internal(t *testing.T, err error) {
	t.Helper()
	var r objects.Refusal
	if err == nil || errors.As(err, &r) {
		t.Fatalf("got %v, want an error that is no refusal", err)
	}
}

func newStore(t *testing.T, h http.Handler) *externals3.Store {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return externals3.New(mustURL(t, server.URL), region, credential)
}
