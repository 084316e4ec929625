package server

import (
	"log/slog"
	"net/http"
	"time"

	"muster/internal/credsapi"
)

// How long a client of the API port may take. Bodies of S3 have no bound but
// progress; those of the other services must be there within bodyTime.
const (
	headerTime = 10 * time.Second
	bodyTime   = 30 * time.Second
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
		return nil
	}
	config, err := s.apiTLS()
	if err != nil {
		return err
	}
	onTLS(s.apiOn, config)
	return nil
}

// openDevices puts the credentials provider on the device port.
func (s *Server) openDevices() error {
	door := &credsapi.Door{Provider: s.provider, Log: s.log}
	s.devices = door.Server(s.deviceCertificate())
	s.devices.Handler = s.counted("devices", s.devices.Handler)
	onTLS(s.devOn, s.devices.TLSConfig)
	return nil
}
