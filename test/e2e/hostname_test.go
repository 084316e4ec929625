package e2e

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// With a host name of its own a server has an endpoint for each region, and
// the name a device asks under decides where its certificate is looked for.
func TestEndpointNames(t *testing.T) {
	s := Start(t, "--hostname", "muster.example")
	w := NewWorld(t, s)
	form := regexp.MustCompile(`^(c[a-z0-9]{13})\.credentials\.iot\.us-east-1\.muster\.example(:\d+)?$`)
	if !form.MatchString(w.Endpoint) {
		t.Fatalf("endpoint: got %s, want %v", w.Endpoint, form)
	}
	own := "https://" + form.FindStringSubmatch(w.Endpoint)[1] + ".credentials.iot."
	path := "/role-aliases/" + w.Alias + "/credentials"

	text, err := os.ReadFile(filepath.Join(s.Data, "server.json"))
	if err != nil {
		t.Fatal(err)
	}
	var state struct {
		Devices string `json:"devices"`
	}
	if err := json.Unmarshal(text, &state); err != nil {
		t.Fatal(err)
	}

	for _, tc := range []struct {
		name string
		url  string
		want *refusal // nil expects credentials
	}{
		{"its own endpoint", own + "us-east-1.muster.example", nil},
		{"the shared name", "https://muster.example", nil},
		{"another region's endpoint", own + "us-west-2.muster.example", &wrongEndpoint},
		{"another account's endpoint", "https://c0000000000000.credentials.iot.us-east-1.muster.example", &wrongEndpoint},
		{"another host", "https://localhost", &wrongEndpoint},
	} {
		t.Run(tc.name, func(t *testing.T) {
			config := w.tlsConfig(t)
			config.InsecureSkipVerify = tc.want != nil // no certificate is made for a name that isn't known
			device := &http.Client{Transport: &http.Transport{
				TLSClientConfig:   config,
				DialContext:       dialing(state.Devices),
				DisableKeepAlives: true,
			}}
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, tc.url+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			reply := send(t, device, req)
			if tc.want != nil {
				tc.want.check(t, reply)
				return
			}
			reply.OK(t)
		})
	}
}

// dialing connects to one address, whatever name is asked for.
func dialing(address string) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, network, address)
	}
}
