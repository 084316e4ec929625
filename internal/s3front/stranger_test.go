package s3front_test

import (
	"net/http"
	"slices"
	"sync"
	"testing"

	"muster/internal/secret"
)

// Who is a stranger: whose key nobody knows, or whose signature doesn't hold.
func TestStrangers(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/house")
	unknown, forged, foreign := w.root, w.root, w.device
	unknown.AccessKey = "AKIANOBODY"
	forged.Secret = secret.New("wrong")
	foreign.Token = secret.New("made up")
	var mu sync.Mutex
	var met []bool
	busy := false
	w.front.Met = func(_ *http.Request, known bool) bool {
		mu.Lock()
		defer mu.Unlock()
		met = append(met, known)
		return !busy
	}
	w.may()
	for _, tc := range []struct {
		name  string
		ask   func() reply
		first []bool
		code  string
	}{
		{"a good signature", func() reply { return w.do(w.root, "GET", "/house") }, []bool{true}, ""},
		{"a good signature of one who may not", func() reply { return w.do(w.device, "GET", "/house") }, []bool{true}, "AccessDenied"},
		{"an unknown key", func() reply { return w.do(unknown, "GET", "/house") }, []bool{false}, "InvalidAccessKeyId"},
		{"a wrong secret", func() reply { return w.do(forged, "PUT", "/house/a", "content") }, []bool{false}, "SignatureDoesNotMatch"},
		{"a token that isn't ours", func() reply { return w.do(foreign, "GET", "/house") }, []bool{false}, "InvalidToken"},
	} {
		for _, busy = range []bool{false, true} {
			met = nil
			got := tc.ask()
			want := tc.code
			if busy && !tc.first[0] {
				want = "SlowDown"
			}
			mu.Lock()
			if !slices.Equal(met[:min(1, len(met))], tc.first) || got.code != want || (got.header.Get("Retry-After") != "") != (want == "SlowDown") {
				t.Errorf("%s, busy %v: Met was told %v, and %v %v", tc.name, busy, met, got, got.header)
			}
			mu.Unlock()
		}
	}
	if got := w.do(unknown, "GET", "/nothing-of-the-kind"); got.code != "SlowDown" {
		t.Errorf("got %v", got)
	}
}
