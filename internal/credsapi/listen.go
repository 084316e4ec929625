package credsapi

import (
	"bytes"
	"context"
	"crypto/tls"
	"log"
	"log/slog"
	"net/http"
	"time"
)

// How long a device may take. Nothing it sends is long.
const (
	headerTime = 10 * time.Second // handshake and headers; of each request
	unreadTime = time.Second      // for what is sent of a body, which no request has
	issueTime  = 20 * time.Second // for the decision
	writeTime  = 30 * time.Second // for all but the headers
	idleTime   = 2 * time.Minute
	maxHeaders = 8 << 10 // bytes
)

// Server makes the server of the device port. It is to be given TLS listeners
// of its TLSConfig, or plain ones through ServeTLS. certificate answers the
// server certificate for what a client asks for.
func (d *Door) Server(certificate func(*tls.ClientHelloInfo) (*tls.Certificate, error)) *http.Server {
	return &http.Server{
		Handler:           d,
		TLSConfig:         TLS(certificate),
		Protocols:         onlyHTTP1(),
		ReadHeaderTimeout: headerTime, // no ReadTimeout: net/http reads on while a request is served, and would end the connection's requests
		WriteTimeout:      writeTime,
		IdleTimeout:       idleTime,
		MaxHeaderBytes:    maxHeaders,
		ErrorLog:          log.New(netLog{d}, "", 0),
	}
}

// TLS is how the device port speaks: 1.2 and 1.3, HTTP/1.1, and a certificate
// asked for but not judged. AWS accepts certificates of any issuer, those that
// are registered; and the refusal of a device has to be said in HTTP.
func TLS(certificate func(*tls.ClientHelloInfo) (*tls.Certificate, error)) *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		ClientAuth:     tls.RequestClientCert,
		NextProtos:     []string{"http/1.1"},
		GetCertificate: certificate,
	}
}

func onlyHTTP1() *http.Protocols {
	p := new(http.Protocols)
	p.SetHTTP1(true)
	return p
}

// netLog takes what net/http has to say about connections. That a stranger
// can't shake hands is nothing an operator must act on.
type netLog struct{ door *Door }

func (l netLog) Write(line []byte) (int, error) {
	level := slog.LevelWarn
	if bytes.HasPrefix(line, []byte("http: TLS handshake error")) {
		level = slog.LevelDebug
	}
	l.door.log().Log(context.Background(), level, "device port", "said", string(bytes.TrimSpace(line)))
	return len(line), nil
}
