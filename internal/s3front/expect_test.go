package s3front_test

import (
	"net/http/httptrace"
	"testing"

	"muster/internal/sigv4"
)

// Who expects it is told to go on, with a body or without.
func TestExpectContinue(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/photos")
	for _, tc := range []struct {
		name string
		as   sigv4.Credential
		call call
		told int
	}{
		{"a body", w.root, call{method: "PUT", path: "/photos/cat", body: "meow", header: []string{"Expect: 100-continue"}}, 1},
		{"an empty body", w.root, call{method: "PUT", path: "/photos/cat", header: []string{"Expect: 100-continue"}}, 1},
		{"an empty body that is refused", w.device, call{method: "PUT", path: "/photos/cat", header: []string{"Expect: 100-continue"}}, 1},
		{"a body that is refused before it is read", w.device, call{method: "PUT", path: "/photos/cat", body: "meow", header: []string{"Expect: 100-continue"}}, 0},
		{"nothing expected", w.root, call{method: "PUT", path: "/photos/cat"}, 0},
	} {
		told := 0
		trace := &httptrace.ClientTrace{Got100Continue: func() { told++ }}
		r := w.request(tc.as, tc.call)
		w.send(r.WithContext(httptrace.WithClientTrace(r.Context(), trace)))
		if told != tc.told {
			t.Errorf("%s: told to go on %d times, want %d", tc.name, told, tc.told)
		}
	}
}
