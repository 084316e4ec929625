package server

import (
	"cmp"
	"crypto/tls"
	"net"
	"net/http"
	"runtime"

	"github.com/prometheus/client_golang/prometheus"

	"muster/internal/ingress"
)

// entrance is what stands between the ports and HTTP.
type entrance struct {
	apiPort, devPort *ingress.Port
	attempts         ingress.Attempts
}

// openIngress shares out the file descriptors between the ports.
func (s *Server) openIngress() error {
	c := s.config
	proxies, err := ingress.ParseProxies(c.TrustedProxies)
	if err != nil {
		return err
	}
	n, err := ingress.Descriptors()
	if err != nil {
		return err
	}
	share, err := ingress.ShareOut(n, c.MaxConnections, c.MaxDeviceConnections)
	if err != nil {
		return BadConfig{err}
	}
	atOnce := cmp.Or(c.MaxHandshakes, runtime.GOMAXPROCS(0))
	port := func(name string, places int) *ingress.Port {
		return &ingress.Port{Name: name, Places: places, AtOnce: atOnce, Proxies: proxies, Log: s.log, Failed: s.attempts.Failed}
	}
	s.apiPort, s.devPort = port("api", share.API), port("devices", share.Devices)
	s.log.Debug("file descriptors are shared out", "all", share.Descriptors, "api", share.API, "devices", share.Devices, "files", share.Files)
	return nil
}

// through puts a port's ingress below h, with TLS where there is a config.
func through(p *ingress.Port, all []net.Listener, config *tls.Config, h *http.Server) {
	for i, l := range all {
		all[i] = p.Listener(l, config)
	}
	h.Handler = ingress.Handler(h.Handler)
	h.ConnContext = ingress.ConnContext
}

// met is told by the doors whether a request's caller is known. It returns false
// where an unknown one is to be turned away instead of refused, and after a while
// where the refusal is to come late.
func (s *Server) met(r *http.Request, known bool) bool {
	ingress.Known(r, known)
	return known || s.attempts.Refuse(r.Context(), ingress.SourceOfRequest(r))
}

// ingressMetrics are those of connections, handshakes and attempts.
func (s *Server) ingressMetrics() []prometheus.Collector {
	attempts := &s.attempts
	all := []prometheus.Collector{
		counter("muster_attempts_failed_total", "Failed signatures, unknown keys and certificates, failed handshakes.", nil, attempts.Failures.Load),
		counter("muster_attempts_slowed_total", "Refusals of unknown callers that were delayed.", nil, attempts.Slowed.Load),
		counter("muster_attempts_turned_away_total", "Unknown callers that were turned away with 503, since too many refusals were being delayed.", nil, attempts.TurnedAway.Load),
	}
	for _, p := range []*ingress.Port{s.apiPort, s.devPort} {
		all = append(all, portMetrics(p)...)
	}
	return all
}

func portMetrics(p *ingress.Port) []prometheus.Collector {
	c := &p.Counts
	with := func(name, value string) prometheus.Labels {
		return prometheus.Labels{"port": p.Name, name: value}
	}
	on := prometheus.Labels{"port": p.Name}
	gauge := func(name, help string, value func() int) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help, ConstLabels: on}, func() float64 { return float64(value()) })
	}
	const closed, closedHelp = "muster_connections_closed_total", "Connections that the server closed before their time, by reason."
	const shaken, shakenHelp = "muster_handshakes_total", "TLS handshakes by outcome."
	all := []prometheus.Collector{
		gauge("muster_connections_open", "Connections that are open.", p.Open),
		gauge("muster_connections_limit", "Connections that may be open.", func() int { return p.Places }),
		gauge("muster_handshakes_waiting", "Handshakes that wait for their turn.", p.Waiting),
		counter("muster_connections_accepted_total", "Connections that were accepted.", on, c.Accepted.Load),
		counter("muster_accept_errors_total", "Failures to accept a connection.", on, c.AcceptErrors.Load),
		counter(closed, closedHelp, with("reason", "no place"), c.Refused.Load),
		counter(closed, closedHelp, with("reason", "no PROXY header"), c.BadProxyHeaders.Load),
		counter(closed, closedHelp, with("reason", "answer not taken"), c.Slow.Load),
		counter(closed, closedHelp, with("reason", "large head"), c.LargeHeads.Load),
		counter(shaken, shakenHelp, with("outcome", "finished"), c.Handshakes.Load),
		counter(shaken, shakenHelp, with("outcome", "failed"), c.HandshakesFailed.Load),
		counter(shaken, shakenHelp, with("outcome", "silent"), c.Silent.Load),
		counter(shaken, shakenHelp, with("outcome", "waited too long"), c.NoTurn.Load),
		counter(shaken, shakenHelp, with("outcome", "given up by the client"), c.Gone.Load),
	}
	for _, stage := range ingress.Stages() {
		all = append(all, counter(closed, closedHelp, with("reason", "for a newcomer, "+stage), func() int64 { return c.Shed()[stage] }))
	}
	return all
}

func counter(name, help string, labels prometheus.Labels, value func() int64) prometheus.Collector {
	return prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help, ConstLabels: labels}, func() float64 { return float64(value()) })
}
