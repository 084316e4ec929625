package awsapi_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// Who is a stranger: whose key nobody knows, or whose signature doesn't hold.
func TestStrangers(t *testing.T) {
	for _, tc := range []struct {
		name, sign string
		met        []bool // what Met is told
		status     int
	}{
		{"a good signature", "sign iot", []bool{true}, http.StatusOK},
		{"an unknown key", "sign iot key=AKIANOBODY", []bool{false}, http.StatusForbidden},
		{"a wrong secret", "sign iot secret=wrong", []bool{false}, http.StatusForbidden},
		{"a token that isn't ours", "sign iot token=made-up", []bool{false}, http.StatusForbidden},
		{"a session that has expired", "sign iot key=ASIAEXPIRED", nil, http.StatusForbidden},
		{"a session that is withdrawn", "sign iot key=ASIAWITHDRAWN", nil, http.StatusForbidden},
		{"a fault of ours", "sign iot key=AKIABROKEN", nil, http.StatusInternalServerError},
		{"no signature", "unsigned", nil, http.StatusForbidden},
	} {
		for _, busy := range []bool{false, true} {
			var met []bool
			api := newAPI(io.Discard)
			api.Met = func(_ *http.Request, known bool) bool {
				met = append(met, known)
				return !busy
			}
			r := httptest.NewRequest(http.MethodGet, "http://localhost/things", nil)
			signAs(t, r, tc.sign, "")
			w := httptest.NewRecorder()
			api.ServeHTTP(w, r)
			if len(met) != len(tc.met) || len(met) > 0 && met[0] != tc.met[0] {
				t.Errorf("%s: Met was told %v, want %v", tc.name, met, tc.met)
			}
			want := tc.status
			strange := len(tc.met) > 0 && !tc.met[0]
			if strange && busy {
				want = http.StatusServiceUnavailable
			}
			if w.Code != want {
				t.Errorf("%s, busy %v: got %d %s, want %d", tc.name, busy, w.Code, w.Body, want)
			}
			if turned := w.Header().Get("Retry-After") != "" && w.Header().Get("Connection") == "close"; turned != (strange && busy) {
				t.Errorf("%s, busy %v: got %v", tc.name, busy, w.Header())
			}
			if strings.Contains(w.Body.String(), "Signature") && strange && busy {
				t.Errorf("%s: who is turned away learns %s", tc.name, w.Body)
			}
		}
	}
}
