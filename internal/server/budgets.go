package server

import (
	"github.com/prometheus/client_golang/prometheus"

	"muster/internal/budget"
)

// openBudgets makes what all callers share. One caller gets a quarter of the
// memory at most, so that four who take all they can leave some for others.
func (s *Server) openBudgets() {
	s.bodies = budget.New(s.config.BodyMemory, s.config.BodyMemory/4)
	s.requests = budget.New(int64(s.config.S3Requests), int64(s.config.S3PerCaller))
}

// budgetMetrics are those of the budgets.
func (s *Server) budgetMetrics() []prometheus.Collector {
	var all []prometheus.Collector
	for _, b := range []struct {
		of                       *budget.Budget
		name, held, limit, times string
	}{
		{s.bodies, "muster_body_memory_bytes", "Memory charged for bodies of requests that are being served.", "What --body-memory allows.", "Requests refused because their caller's share of the memory for bodies was used up."},
		{s.requests, "muster_s3_requests", "S3 requests that are being served.", "What --s3-requests allows.", "S3 requests refused because their caller had too many under way."},
	} {
		all = append(all,
			gauge(b.name, b.held, func() float64 { return float64(b.of.Held()) }),
			gauge(b.name+"_limit", b.limit, func() float64 { return float64(b.of.Total()) }),
			prometheus.NewCounterFunc(prometheus.CounterOpts{Name: b.name + "_refused_total", Help: b.times}, func() float64 { return float64(b.of.Refused()) }))
	}
	return append(all, counter("muster_quota_refused_total", "S3 requests refused for the quota of a bucket or a writer.", nil, s.s3.OverQuota.Load))
}
