package server

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// withMetrics adds /metrics to the API port and counts the requests of both
// ports, when metrics were asked for.
func (s *Server) withMetrics(port *api) (http.Handler, error) {
	if !s.config.Metrics {
		return port, nil
	}
	registry := prometheus.NewRegistry()
	s.counts = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "muster_request_duration_seconds", Help: "Requests by port, method and status.",
		Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
	}, []string{"port", "method", "code"})
	started := prometheus.NewGauge(prometheus.GaugeOpts{Name: "muster_start_time_seconds", Help: "When the server started."})
	started.Set(float64(time.Now().Unix()))
	for _, c := range []prometheus.Collector{
		s.counts, started, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	} {
		if err := registry.Register(c); err != nil {
			return nil, err
		}
	}
	port.own["/metrics"] = promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
	return s.counted("api", port), nil
}

// counted counts the requests of a port.
func (s *Server) counted(port string, h http.Handler) http.Handler {
	if s.counts == nil {
		return h
	}
	return promhttp.InstrumentHandlerDuration(s.counts.MustCurryWith(prometheus.Labels{"port": port}), h)
}
