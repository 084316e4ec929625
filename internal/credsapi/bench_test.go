package credsapi_test

import (
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
)

// The two benchmarks are to be read beside each other: what the provider adds
// to a mutual-TLS server that answers as many bytes. One run of both gives the
// ratio,
//
//	go test -run - -bench Kept ./internal/credsapi

func BenchmarkKeptVend(b *testing.B) {
	w := newWorld(b, usual)
	w.sessions.Log = slog.New(slog.DiscardHandler)
	c := w.client(nil)
	ask(b, c, w.thing)
}

func BenchmarkKeptBare(b *testing.B) {
	w := newWorld(b, usual)
	body := []byte(strings.Repeat("x", len(w.client(nil).ask(w.thing).body)))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	w.must(err)
	cert, err := w.authority.ServerCertificate(w.endpoint)
	w.must(err)
	server := &http.Server{
		Handler:   http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(body) }),
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{*cert}, ClientAuth: tls.RequestClientCert, NextProtos: []string{"http/1.1"}},
	}
	go server.ServeTLS(l, "", "")
	b.Cleanup(func() { server.Close() })
	w.address = l.Addr().String()
	ask(b, w.client(nil), w.thing)
}

// BenchmarkHandler is the door without a connection.
func BenchmarkHandler(b *testing.B) {
	w := newWorld(b, usual)
	w.sessions.Log = slog.New(slog.DiscardHandler)
	r := w.client(nil).request(http.MethodGet, "/role-aliases/"+w.alias+"/credentials")
	r.RemoteAddr = "127.0.0.1:1"
	r.Header.Set("x-amzn-iot-thingname", w.thing)
	r.TLS = &tls.ConnectionState{ServerName: w.endpoint, PeerCertificates: w.leaf()}
	door := w.quietDoor()
	b.ReportAllocs()
	for b.Loop() {
		door.ServeHTTP(nowhere{http.Header{}}, r)
	}
}

type nowhere struct{ h http.Header }

func (n nowhere) Header() http.Header       { return n.h }
func (nowhere) Write(p []byte) (int, error) { return len(p), nil }
func (nowhere) WriteHeader(status int) {
	if status != http.StatusOK {
		panic(http.StatusText(status))
	}
}

func ask(b *testing.B, c *client, thing string) {
	r := c.request(http.MethodGet, "/role-aliases/"+c.w.alias+"/credentials")
	r.Header.Set("x-amzn-iot-thingname", thing)
	b.ReportAllocs()
	for b.Loop() {
		answer, err := c.RoundTrip(r)
		if err != nil {
			b.Fatal(err)
		}
		io.Copy(io.Discard, answer.Body)
		answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			b.Fatal(answer.Status)
		}
	}
}
