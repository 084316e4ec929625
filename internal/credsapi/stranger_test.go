package credsapi_test

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"muster/internal/certificate"
	"muster/internal/registry"
)

// Who is a stranger: whose certificate isn't registered where it asks.
func TestStrangers(t *testing.T) {
	w := newWorld(t, usual)
	ask := func(busy bool, thing, alias string, state tls.ConnectionState) (met []bool, got *httptest.ResponseRecorder) {
		door := w.quietDoor()
		door.Met = func(_ *http.Request, known bool) bool {
			met = append(met, known)
			return !busy
		}
		r := httptest.NewRequest(http.MethodGet, "/role-aliases/"+alias+"/credentials", nil)
		r.Header.Set("x-amzn-iot-thingname", thing)
		r.TLS = &state
		got = httptest.NewRecorder()
		door.ServeHTTP(got, r)
		return met, got
	}
	device := tls.ConnectionState{ServerName: w.endpoint, PeerCertificates: w.leaf()}
	check := func(name, thing, alias string, state tls.ConnectionState, known bool, status int) {
		t.Helper()
		for _, busy := range []bool{false, true} {
			want := status
			if busy && !known {
				want = http.StatusServiceUnavailable
			}
			met, got := ask(busy, thing, alias, state)
			if !slices.Equal(met, []bool{known}) || got.Code != want || (got.Header().Get("Retry-After") == "10") != (busy && !known) {
				t.Errorf("%s, busy %v: Met was told %v, and %d %s %v", name, busy, met, got.Code, got.Body, got.Header())
			}
		}
	}
	check("a device that may", w.thing, w.alias, device, true, http.StatusOK)
	check("one that names another thing", "pump-8", w.alias, device, true, http.StatusForbidden)
	check("one that may not", w.thing, "another", device, true, http.StatusForbidden)
	check("no certificate", w.thing, w.alias, tls.ConnectionState{ServerName: w.endpoint}, false, http.StatusForbidden)
	check("no endpoint", w.thing, w.alias, tls.ConnectionState{ServerName: "elsewhere.example", PeerCertificates: w.leaf()}, false, http.StatusForbidden)
	w.must(w.certs.SetStatus(t.Context(), east, w.id, certificate.Inactive))
	if met, got := ask(true, w.thing, w.alias, device); len(met) != 0 || got.Code != http.StatusForbidden {
		t.Errorf("an inactive certificate: Met was told %v, and %d %s", met, got.Code, got.Body)
	}
	w.must(w.things.Detach(t.Context(), east, registry.Name(w.thing), w.principal()))
	w.must(w.certs.Delete(t.Context(), east, w.id, true))
	check("an unregistered certificate", w.thing, w.alias, device, false, http.StatusForbidden)
}
