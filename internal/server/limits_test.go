package server

import (
	"log/slog"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// docs/limits.md names each metric of a limit, and none that isn't there; and so
// it names what the log says of one by its flag.
func TestLimitsAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/limits.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	c := Default()
	c.Data, c.API, c.Devices, c.Metrics, c.Log = t.TempDir(), "127.0.0.1:0", "127.0.0.1:0", true, slog.New(slog.DiscardHandler)
	s, err := Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	got := httptest.NewRecorder()
	s.api.Handler.ServeHTTP(got, httptest.NewRequest("GET", "/metrics", nil))
	var there []string
	for _, m := range regexp.MustCompile(`(?m)^# TYPE (\S+)`).FindAllStringSubmatch(got.Body.String(), -1) {
		there = append(there, m[1])
		if ofLimit := regexp.MustCompile(`^muster_.*(_limit|_refused|_evicted|_closed|_slowed|_away|_waiting|_too_long|_rung|_reserve)`); ofLimit.MatchString(m[1]) && !strings.Contains(page, "`"+m[1]+"`") {
			t.Errorf("docs/limits.md doesn't name %s", m[1])
		}
	}
	for _, m := range regexp.MustCompile("`((?:muster|process)_[a-z0-9_]+)`").FindAllStringSubmatch(page, -1) {
		if !slices.Contains(there, m[1]) {
			t.Errorf("docs/limits.md names %s, which isn't there", m[1])
		}
	}
	for _, e := range s.events() {
		for i, a := range e.Attrs {
			if a == "flag" && !strings.Contains(page, "`"+e.Attrs[i+1].(string)+"`") {
				t.Errorf("docs/limits.md doesn't name %s", e.Attrs[i+1])
			}
		}
	}
}
