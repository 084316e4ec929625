package server

import (
	"net/http"
	"slices"
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
	all := []prometheus.Collector{s.counts, started, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{})}
	for _, c := range slices.Concat(all, s.budgetMetrics(), s.decisionMetrics(), s.objectMetrics(), s.diskMetrics(), s.ingressMetrics(), s.certificateMetrics()) {
		if err := registry.Register(c); err != nil {
			return nil, err
		}
	}
	port.own["/metrics"] = promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
	return s.counted("api", port), nil
}

// decisionMetrics are those of what decisions are made from.
func (s *Server) decisionMetrics() []prometheus.Collector {
	var all []prometheus.Collector
	gauge := func(name, help string, value func() float64) {
		all = append(all, prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value))
	}
	counter := func(name, help string, value func() float64) {
		all = append(all, prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, value))
	}
	gauge("muster_decision_memory_limit_bytes", "Bytes that what decisions are made from may take: --decision-memory.",
		func() float64 { return float64(s.config.DecisionMemory) })
	gauge("muster_decision_answers", "Answers in the decision index that something is there.", func() float64 { return float64(s.index.Use().Answers) })
	gauge("muster_decision_answers_bytes", "Bytes they take.", func() float64 { return float64(s.index.Use().Bytes) })
	counter("muster_decision_answers_evicted_total", "Answers pushed out of the decision index by others since the start.",
		func() float64 { return float64(s.index.Use().Evictions) })
	gauge("muster_decision_absences", "Answers in the decision index that something is not there.", func() float64 { return float64(s.index.Use().Absences) })
	gauge("muster_decision_absences_bytes", "Bytes they take, of a sixteenth of the index.", func() float64 { return float64(s.index.Use().AbsenceBytes) })
	counter("muster_decision_absences_evicted_total", "Absences pushed out by other absences since the start.",
		func() float64 { return float64(s.index.Use().AbsenceEvictions) })
	gauge("muster_session_policies", "Session policies held compiled.", func() float64 { return float64(s.roles.SessionPolicies.Use().Answers) })
	gauge("muster_session_policies_bytes", "Bytes they take.", func() float64 { return float64(s.roles.SessionPolicies.Use().Bytes) })
	counter("muster_session_policies_evicted_total", "Session policies pushed out by others since the start.",
		func() float64 { return float64(s.roles.SessionPolicies.Use().Evictions) })
	counter("muster_decisions_too_long_total", "Decisions that would have taken too long and were denials.",
		func() float64 { return float64(s.decisionsTooLong()) })
	return all
}

// objectMetrics are those of Muster's own store of objects.
func (s *Server) objectMetrics() []prometheus.Collector {
	if s.own == nil {
		return nil
	}
	return []prometheus.Collector{
		prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "muster_objects_damaged_total", Help: "Contents of objects found damaged or missing since the start, by reads and by the monthly reading of all."},
			func() float64 { return float64(s.own.Damaged()) }),
		gauge("muster_objects_orphans_held", "Files without an object that wait for muster objects remove-orphans.", func() float64 {
			if swept := s.own.Swept(); swept.Held != "" {
				return float64(swept.Orphans)
			}
			return 0
		}),
		gauge("muster_objects_free_bytes", "Bytes that may still be written to the disk of the objects, those kept free included.", func() float64 {
			return float64(s.fileDisk.State().Free)
		}),
	}
}

func gauge(name, help string, value func() float64) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value)
}

// counted counts the requests of a port.
func (s *Server) counted(port string, h http.Handler) http.Handler {
	if s.counts == nil {
		return h
	}
	return promhttp.InstrumentHandlerDuration(s.counts.MustCurryWith(prometheus.Labels{"port": port}), h)
}
