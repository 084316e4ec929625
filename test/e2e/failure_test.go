package e2e

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// meant are the statuses above 499 that say something true to a client: not
// built, busy, and no room left.
var meant = map[int]bool{
	http.StatusNotImplemented:      true,
	http.StatusServiceUnavailable:  true,
	http.StatusInsufficientStorage: true,
}

// failures are the lines of the server's log that no request may cause.
func (s *Server) failures() []string {
	var all []string
	for line := range strings.Lines(s.log.String()) {
		var record struct {
			Level, Msg string
			Status     int
		}
		if json.Unmarshal([]byte(line), &record) != nil {
			if strings.HasPrefix(line, "panic") || strings.HasPrefix(line, "fatal error") {
				all = append(all, line)
			}
			continue
		}
		if record.Level == "ERROR" && record.Msg != "request" || record.Status >= 500 && !meant[record.Status] {
			all = append(all, line)
		}
	}
	return all
}

// failedNothing fails the test if the server failed: a request answered with
// 500, or another record at the level of errors.
func (s *Server) failedNothing(t *testing.T) {
	t.Helper()
	for i, line := range s.failures() {
		if i == 10 {
			t.Error("… and more")
			return
		}
		t.Errorf("the server failed: %s", strings.TrimSpace(line))
	}
}

// mayFailNow says why the test makes the server fail from now on; until now it
// must have failed nothing.
func (s *Server) mayFailNow(t *testing.T, why string) {
	t.Helper()
	s.failedNothing(t)
	t.Logf("the server may fail from now on: %s", why)
	s.mayFail = true
}

func TestFailuresAreSeen(t *testing.T) {
	s := &Server{log: &logBuffer{}}
	for _, line := range []string{
		`{"level":"INFO","msg":"request","status":200}`,
		`{"level":"ERROR","msg":"request","status":507}`,
		`{"level":"INFO","msg":"request","status":500}`,
		`{"level":"ERROR","msg":"lifecycle","err":"no"}`,
		`panic: runtime error`,
	} {
		if _, err := s.log.Write([]byte(line + "\n")); err != nil {
			t.Fatal(err)
		}
	}
	if got := s.failures(); len(got) != 3 {
		t.Errorf("got %q, want the last three", got)
	}
}
