// Package server is the top of the house: it opens the data, builds every room
// and door, listens, and lets go of it all in order. It is the only wiring.
package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"muster/internal/budget"
	"muster/internal/durable"
	"muster/internal/space"
)

// drain is how long requests under way may take after the stop was asked for.
const drain = 20 * time.Second

// Server is a running Muster.
type Server struct {
	config   Config
	log      *slog.Logger
	state    State
	draining atomic.Bool
	ready    readiness

	house
	bodies   *budget.Budget // of memory, in bytes
	requests *budget.Budget // of S3
	entrance
	counts         *prometheus.HistogramVec // nil without metrics
	api, devices   *http.Server
	apiOn, devOn   []net.Listener
	apiPair        *keptPair // nil without a certificate of the operator's
	stopBackground context.CancelFunc
	background     sync.WaitGroup
	undo           []func() error // what Open did, to be undone last thing first
}

// Open makes a server of a configuration and listens; nothing is answered
// before Serve. It fails with BadConfig when the configuration can't be meant.
func Open(ctx context.Context, c Config) (_ *Server, err error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	s := &Server{config: c, log: c.Log}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	if err := claimData(c.Data); err != nil {
		return nil, err
	}
	unlock, err := lockData(c.Data)
	if err != nil {
		return nil, err
	}
	s.undo = append(s.undo, func() error { unlock(); return nil })
	if err := probe(c.Data); err != nil {
		return nil, err
	}
	if err := forgetState(c.Data); err != nil {
		return nil, err
	}
	if err := s.openIngress(); err != nil {
		return nil, err
	}
	if s.disk, err = space.Open(c.Data, c.FreeSpace, c.Log); err != nil {
		return nil, err
	}
	if err := s.listen(); err != nil {
		return nil, err
	}
	if err := s.build(ctx); err != nil {
		return nil, err
	}
	return s, s.publish()
}

// listen takes the ports first: that one is taken is the commonest failure.
func (s *Server) listen() (err error) {
	if s.apiOn, err = listen(s.config.API, DefaultAPI); err != nil {
		return fmt.Errorf("listen for the APIs: %w", err)
	}
	s.undo = append(s.undo, func() error { closeAll(s.apiOn); return nil })
	if s.devOn, err = listen(s.config.Devices, DefaultDevices); err != nil {
		return fmt.Errorf("listen for devices: %w", err)
	}
	s.undo = append(s.undo, func() error { closeAll(s.devOn); return nil })
	return nil
}

// publish writes the files that other programs read: the root certificates and
// server.json.
func (s *Server) publish() error {
	c := s.config
	rootCA := filepath.Join(c.Data, "root-ca.pem")
	// Nothing is written that is there: it must start on a full disk, too.
	if kept, err := os.ReadFile(rootCA); err != nil || !bytes.Equal(kept, s.authority.RootPEM()) {
		if err := durable.WriteFile(rootCA, s.authority.RootPEM(), 0o644); err != nil {
			return err
		}
	}
	endpoint, err := s.accounts.Endpoint(s.scope(), "iot:CredentialProvider")
	if err != nil {
		return err
	}
	s.state = State{
		PID: os.Getpid(), Version: c.Version, API: s.apiURL(), Address: reachable(s.apiOn[0]), Devices: reachable(s.devOn[0]), Endpoint: endpoint,
		Hostname: c.Hostname, Region: c.Region, Account: c.Account, RootKey: rootKeyFile(c.Data), Master: c.MasterKeyFile, RootCA: rootCA, RootSum: s.authority.RootSum(),
		APICert: c.APITLSCert, FreeSpace: s.disk.State().Ladder.Low,
	}
	if c.APITLS {
		s.state.APITLS = rootCA
	}
	err = s.state.write(c.Data)
	if errors.Is(err, syscall.ENOSPC) {
		s.log.Error("the disk is full: muster env and other commands won't find this server", "err", err)
		return nil
	}
	if err != nil {
		return err
	}
	s.undo = append(s.undo, func() error { return os.Remove(stateFile(c.Data)) })
	return nil
}

// apiURL names the API by an IP address on plain HTTP: SDKs then use path-style
// S3. On TLS it is named as its certificate is.
func (s *Server) apiURL() string {
	if !s.config.onTLS() {
		return "http://" + reachable(s.apiOn[0])
	}
	if s.config.APITLSCert == "" && isLoopback(s.config.API) {
		return "https://" + reachable(s.apiOn[0])
	}
	return "https://" + net.JoinHostPort(s.config.Hostname, port(s.apiOn[0]))
}

// State is what the server tells the commands beside it.
func (s *Server) State() State { return s.state }

// Serve answers requests until ctx ends, lets those under way finish, and
// closes everything. It answers nil when it was stopped by ctx.
func (s *Server) Serve(ctx context.Context) error {
	failed := make(chan error, len(s.apiOn)+len(s.devOn))
	serve := func(h *http.Server, on []net.Listener) {
		for _, l := range on {
			s.background.Go(func() {
				if err := h.Serve(l); !errors.Is(err, http.ErrServerClosed) {
					failed <- err
				}
			})
		}
	}
	serve(s.api, s.apiOn)
	serve(s.devices, s.devOn)
	s.log.Info("muster is up", "version", s.config.Version, "api", s.state.API, "devices", s.state.Devices, "endpoint", s.state.Endpoint, "data", s.config.Data)
	var err error
	select {
	case <-ctx.Done():
		s.log.Info("stopping", "drain", drain)
	case err = <-failed:
		err = fmt.Errorf("serve: %w", err)
	}
	return errors.Join(err, s.shutdown(), s.close())
}

func (s *Server) shutdown() error {
	s.draining.Store(true)
	ctx, cancel := context.WithTimeout(context.Background(), drain)
	defer cancel()
	errs := make([]error, 2)
	var wg sync.WaitGroup
	for i, h := range []*http.Server{s.api, s.devices} {
		wg.Go(func() {
			if errs[i] = h.Shutdown(ctx); errs[i] != nil {
				h.Close()
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// close undoes what Open did.
func (s *Server) close() error {
	if s.stopBackground != nil {
		s.stopBackground()
	}
	s.background.Wait()
	var all []error
	for i := len(s.undo) - 1; i >= 0; i-- {
		all = append(all, s.undo[i]())
	}
	s.undo = nil
	return errors.Join(all...)
}
