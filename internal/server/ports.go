package server

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"time"

	"muster/internal/credsapi"
)

// How long a client of the API port may take; how long for bodies is known to
// the doors.
const (
	headerTime = 10 * time.Second
	idleTime   = 2 * time.Minute
	maxHeaders = 64 << 10 // bytes
)

// openAPI puts handler on the API port, on TLS where that is asked for.
func (s *Server) openAPI(handler http.Handler) error {
	s.api = &http.Server{
		Handler: handler, ReadHeaderTimeout: headerTime, IdleTimeout: idleTime, MaxHeaderBytes: maxHeaders,
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	if !s.config.onTLS() {
		through(s.apiPort, s.apiOn, nil, s.api)
		return nil
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}
	if s.config.APITLSCert != "" {
		pair, err := tls.LoadX509KeyPair(s.config.APITLSCert, s.config.APITLSKey)
		if err != nil {
			return fmt.Errorf("--api-tls-cert and --api-tls-key: %w", err)
		}
		config.Certificates = []tls.Certificate{pair}
	} else {
		config.GetCertificate = s.authority.ForNames(s.ownNames(), func(string) bool { return false })
	}
	through(s.apiPort, s.apiOn, config, s.api)
	return nil
}

// ownNames are the names in the API port's certificate: the host name, and the
// loopback, by which commands on this machine reach it.
func (s *Server) ownNames() []string {
	names := []string{s.config.Hostname, "localhost", "127.0.0.1", "::1"}
	if net.ParseIP(s.config.Hostname) == nil && s.config.Hostname != "localhost" {
		names = append(names, "*."+s.config.Hostname) // buckets
	}
	if host, _, err := net.SplitHostPort(s.config.API); err == nil {
		if ip := net.ParseIP(host); ip != nil && !ip.IsUnspecified() {
			names = append(names, ip.String())
		}
	}
	slices.Sort(names[1:])
	return slices.Compact(names) // the host name may be one of the others
}

// openDevices puts the credentials provider on the device port.
func (s *Server) openDevices() error {
	door := &credsapi.Door{Provider: s.provider, Log: s.log, Met: s.met}
	accept := func(name string) bool {
		_, ok := s.accounts.AcceptsServerName(name)
		return ok
	}
	s.devices = door.Server(s.authority.ForNames([]string{s.config.Hostname}, accept))
	s.devices.Handler = s.counted("devices", s.devices.Handler)
	through(s.devPort, s.devOn, s.devices.TLSConfig, s.devices)
	return nil
}
