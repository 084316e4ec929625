package server

import (
	"crypto/tls"
	"net"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Both ports speak TLS 1.2 and 1.3 with the cipher suites that Go has on: ECDHE
// with AES-GCM and ChaCha20-Poly1305, then with AES-CBC and SHA-1, for ECDSA and
// RSA. The device port's config is completed in credsapi.

// apiTLS is how the API port speaks TLS: with the operator's certificate, or with
// those of Muster's own CA.
func (s *Server) apiTLS() (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}
	if s.config.APITLSCert == "" {
		config.GetCertificate = s.authority.ForNames(s.ownNames(), func(string) bool { return false })
		return config, nil
	}
	pair, err := openPair(s.config.APITLSCert, s.config.APITLSKey, s.log)
	if err != nil {
		return nil, err
	}
	s.apiPair = pair
	config.GetCertificate = pair.certificate
	return config, nil
}

// deviceCertificate is the certificate that the device port shows: that of an
// endpoint, or that of the host.
func (s *Server) deviceCertificate() func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	return s.authority.ForNames([]string{s.config.Hostname}, func(name string) bool {
		_, ok := s.accounts.AcceptsServerName(name)
		return ok
	})
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

// Reload reads again what may be changed while the server runs: the operator's
// certificate of the API port.
func (s *Server) Reload() {
	if s.apiPair == nil {
		s.log.Info("asked to read the configuration again: there is nothing that can be changed without a restart")
		return
	}
	s.apiPair.look(true)
}

// certificateMetrics tell when the operator's certificate ends. Muster's own are
// made anew in time by themselves.
func (s *Server) certificateMetrics() []prometheus.Collector {
	if s.config.APITLSCert == "" {
		return nil
	}
	return []prometheus.Collector{prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "muster_api_certificate_end_timestamp_seconds", Help: "When the certificate of the API port that is shown ends, in Unix time.",
	}, func() float64 {
		return float64(s.apiPair.current.Load().Leaf.NotAfter.UnixNano()) / float64(time.Second)
	})}
}
