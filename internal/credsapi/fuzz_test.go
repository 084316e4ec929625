package credsapi_test

import (
	"crypto/tls"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
)

// Whatever a device sends, it is told something in JSON, and only the one path
// of its alias leads to credentials.
func FuzzRequest(f *testing.F) {
	w := newWorld(f, usual)
	door := w.quietDoor()
	state := &tls.ConnectionState{ServerName: w.endpoint, PeerCertificates: w.leaf()}
	f.Add("/role-aliases/field/credentials", "")
	f.Add("/role-aliases/%66ield/credentials", "pump-7")
	f.Add("//role-aliases/field/credentials", "pump 7")
	f.Add("/role-aliases/a%2Fb/credentials", "\x00")
	f.Add("/role-aliases/"+w.alias+"/credentials/../credentials", "é")
	f.Fuzz(func(t *testing.T, path, thing string) {
		u, err := url.ParseRequestURI(path)
		if err != nil {
			t.Skip()
		}
		r := &http.Request{Method: http.MethodGet, URL: u, Header: http.Header{}, TLS: state, RemoteAddr: "192.0.2.7:1"}
		if thing != "" {
			r.Header.Set("x-amzn-iot-thingname", thing)
		}
		got := httptest.NewRecorder()
		door.ServeHTTP(got, r.WithContext(t.Context()))
		if got.Code >= 500 || !json.Valid(got.Body.Bytes()) || got.Body.Len() > 2048 {
			t.Errorf("got %d %s", got.Code, got.Body)
		}
		if u.Path != "/role-aliases/field/credentials" && got.Code == http.StatusOK {
			t.Errorf("%q leads to credentials", path)
		}
	})
}
