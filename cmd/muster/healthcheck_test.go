package main

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"muster/internal/server"
)

func TestHealthcheckOfARunningServer(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(*server.Config)
	}{
		{"plain HTTP", nil},
		{"TLS with Muster's own root", func(c *server.Config) { c.APITLS = true }},
		// The name of the certificate is checked, and it resolves nowhere.
		{"TLS under a name that this machine can't look up", func(c *server.Config) {
			c.APITLS, c.API, c.Hostname = true, "0.0.0.0:0", "muster.invalid"
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := newPatient(t, tc.change)
			if out, err := told(t, "healthcheck", "--data", p.data); err != nil || out != "ok (store ok, objects ok)\n" {
				t.Errorf("got %q, %v", out, err)
			}
			if out, err := told(t, "healthcheck", "--data", p.data, "-o", "json"); err != nil || !strings.Contains(out, `"store":"ok"`) {
				t.Errorf("-o json: got %q, %v", out, err)
			}
			s, err := server.ReadState(p.data)
			if err != nil {
				t.Fatal(err)
			}
			args := []string{"healthcheck", "--data", t.TempDir(), "--url", strings.Replace(s.API, "muster.invalid", "localhost", 1) + "/"}
			if s.APITLS != "" {
				if out, err := told(t, args...); err == nil || !strings.Contains(err.Error(), "certificate") {
					t.Errorf("a root that the system doesn't know: got %q, %v", out, err)
				}
				args = append(args, "--ca", s.APITLS)
			}
			if out, err := told(t, args...); err != nil {
				t.Errorf("--url: got %q, %v", out, err)
			}
			p.stop()
			if out, err := told(t, "healthcheck", "--data", p.data); !errors.Is(err, server.NotRunning) {
				t.Errorf("a stopped server: got %q, %v", out, err)
			}
			if out, err := told(t, args...); err == nil {
				t.Errorf("a stopped server's URL: got %q", out)
			}
		})
	}
}

// A certificate of another name is no Muster's, also on this machine.
func TestHealthcheckChecksTheName(t *testing.T) {
	p := newPatient(t, func(c *server.Config) { c.APITLS, c.API, c.Hostname = true, "0.0.0.0:0", "muster.invalid" })
	p.publish(t, func(s *server.State) { s.API = strings.Replace(s.API, "muster.invalid", "other.invalid", 1) })
	if out, err := told(t, "healthcheck", "--data", p.data); err == nil || !strings.Contains(err.Error(), "other.invalid") {
		t.Errorf("got %q, %v", out, err)
	}
}

func TestHealthcheckRefusals(t *testing.T) {
	for _, tc := range []struct {
		name   string
		handle http.HandlerFunc
		want   string
	}{
		{"draining", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusServiceUnavailable)
			w.Write([]byte(`{"status":"draining","store":"ok","s3":"ok"}`))
		}, "/readyz says 503"},
		{"another program", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("<html>hello</html>")) }, "no Muster"},
		{"a redirect", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusFound)
		}, "no Muster"},
		{"no answer", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, "no answer within 100ms"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := httptest.NewServer(tc.handle)
			defer s.Close()
			began := time.Now()
			if out, err := told(t, "healthcheck", "--url", s.URL, "--timeout", "100ms"); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %q, %v, want an error with %q", out, err, tc.want)
			}
			if took := time.Since(began); took > 10*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
	for _, args := range [][]string{{"--url", "muster.example.com"}, {"--url", "ftp://muster.example.com"}, {"--url", "http://h/readyz"}, {"now"}} {
		var usage usageError
		if out, err := told(t, append([]string{"healthcheck"}, args...)...); !errors.As(err, &usage) {
			t.Errorf("%q: got %q, %v, want a usage error", args, out, err)
		}
	}
	none := filepath.Join(t.TempDir(), "none")
	if err := os.WriteFile(none, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := told(t, "healthcheck", "--url", "https://127.0.0.1:1", "--ca", none); err == nil || !strings.Contains(err.Error(), "holds no certificate") {
		t.Errorf("a --ca without certificates: got %q, %v", out, err)
	}
}
