package server

import (
	"log/slog"
	"net/http"
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
	config, err := s.apiTLS()
	if err != nil {
		return err
	}
	through(s.apiPort, s.apiOn, config, s.api)
	return nil
}

// openDevices puts the credentials provider on the device port.
func (s *Server) openDevices() error {
	door := &credsapi.Door{Provider: s.provider, Log: s.log, Met: s.met}
	s.devices = door.Server(s.deviceCertificate())
	s.devices.Handler = s.counted("devices", s.devices.Handler)
	through(s.devPort, s.devOn, s.devices.TLSConfig, s.devices)
	return nil
}
