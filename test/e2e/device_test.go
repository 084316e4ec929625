package e2e

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/http/httptrace"
	"testing"
)

// Device asks the credentials provider over one kind of connection and checks
// that it is of that kind.
type Device struct {
	World *World

	kind   string
	config *tls.Config
	kept   *http.Client // of the kept connection; nil makes one for each request
	asked  int
}

// kinds of connection; a decision must be the same on each.
const (
	fresh   = "new connection"
	kept    = "kept connection"
	resumed = "resumed session"
)

// Devices answers one device for each kind of connection.
func (w *World) Devices(t *testing.T) map[string]*Device {
	t.Helper()
	return map[string]*Device{fresh: w.Fresh(t), kept: w.Kept(t), resumed: w.Resumed(t)}
}

// Fresh makes a full handshake for each request.
func (w *World) Fresh(t *testing.T) *Device {
	t.Helper()
	return &Device{World: w, kind: fresh, config: w.tlsConfig(t)}
}

// Kept makes one handshake and sends every request on that connection.
func (w *World) Kept(t *testing.T) *Device {
	t.Helper()
	config := w.tlsConfig(t)
	transport := &http.Transport{TLSClientConfig: config, MaxConnsPerHost: 1}
	t.Cleanup(transport.CloseIdleConnections)
	return &Device{World: w, kind: kept, config: config, kept: &http.Client{Transport: transport}}
}

// Resumed makes a connection for each request, and resumes the session of the
// one before: no certificate travels but on the first.
func (w *World) Resumed(t *testing.T) *Device {
	t.Helper()
	config := w.tlsConfig(t)
	config.ClientSessionCache = tls.NewLRUClientSessionCache(4)
	return &Device{World: w, kind: resumed, config: config}
}

func (w *World) tlsConfig(t *testing.T) *tls.Config {
	t.Helper()
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM([]byte(w.Roots)) {
		t.Fatalf("not a PEM certificate: %q", w.Roots)
	}
	return &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{w.Certificate}}
}

// Ask sends one request.
func (d *Device) Ask(t *testing.T, ask Ask) Reply {
	t.Helper()
	client := d.kept
	if client == nil {
		client = &http.Client{Transport: &http.Transport{TLSClientConfig: d.config, DisableKeepAlives: true}}
	}
	var reused, didResume bool
	trace := &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) {
			reused = info.Reused
			if conn, ok := info.Conn.(*tls.Conn); ok {
				didResume = conn.ConnectionState().DidResume
			}
		},
	}
	req := d.World.request(t, ask)
	reply := send(t, client, req.WithContext(httptrace.WithClientTrace(req.Context(), trace)))
	if later := d.asked > 0; reused != (later && d.kind == kept) || didResume != (later && d.kind == resumed) {
		t.Errorf("request %d is on the wrong kind of connection: got reused %v, resumed %v, want a %s",
			d.asked+1, reused, didResume, d.kind)
	}
	d.asked++
	return reply
}
