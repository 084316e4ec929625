package server

import (
	"log/slog"
	"slices"

	"muster/internal/budget"
	"muster/internal/ingress"
	"muster/internal/tally"
)

// events are all of which the log says once a minute how often it happened: what
// is over a limit, and what strangers do.
func (s *Server) events() []tally.Event {
	return slices.Concat(s.limitEvents(), s.diskEvents(), s.attemptEvents(), portEvents(s.apiPort), portEvents(s.devPort))
}

func (s *Server) limitEvents() []tally.Event {
	over := func(b *budget.Budget, flag string) tally.Event {
		return tally.Event{Level: slog.LevelWarn, Said: "requests were refused because their callers had too much under way", Attrs: []any{"flag", flag}, Count: b.Refused}
	}
	memory := []any{"flag", "--decision-memory"}
	return []tally.Event{
		over(s.bodies, "--body-memory"),
		over(s.requests, "--s3-requests"),
		{Level: slog.LevelWarn, Said: "requests were refused for the quota of a bucket or a writer", Count: s.s3.OverQuota.Load},
		{Level: slog.LevelWarn, Said: "decisions would have taken too long and were denials", Count: s.decisionsTooLong},
		// What is pushed out is read anew, which costs time and nothing else.
		{Level: slog.LevelInfo, Said: "what decisions are made from was pushed out of memory", Attrs: memory, Count: func() int64 { return int64(s.index.Use().Evictions) }},
		{Level: slog.LevelInfo, Said: "session policies were pushed out of memory", Attrs: memory, Count: func() int64 { return int64(s.roles.SessionPolicies.Use().Evictions) }},
	}
}

func (s *Server) diskEvents() (all []tally.Event) {
	for _, d := range s.disks() {
		all = append(all, tally.Event{Level: slog.LevelWarn, Said: "writes were refused for want of room on the disk", Attrs: []any{"dir", d.Dir()}, Count: func() int64 { return d.State().Refused }})
	}
	return all
}

// attemptEvents are what strangers try. That one fails is nothing an operator
// must act on.
func (s *Server) attemptEvents() []tally.Event {
	return []tally.Event{
		{Level: slog.LevelInfo, Said: "refusals of unknown callers were delayed", Count: s.attempts.Slowed.Load},
		{Level: slog.LevelInfo, Said: "unknown callers were turned away", Count: s.attempts.TurnedAway.Load},
	}
}

func portEvents(p *ingress.Port) []tally.Event {
	c := &p.Counts
	on := []any{"port", p.Name}
	all := []tally.Event{
		{Level: slog.LevelWarn, Said: "connections can't be accepted", Attrs: on, Count: c.AcceptErrors.Load},
		{Level: slog.LevelWarn, Said: "connections of trusted proxies without a PROXY header of version 2", Attrs: on, Count: c.BadProxyHeaders.Load},
		{Level: slog.LevelWarn, Said: "connections were refused: no place is free", Attrs: on, Count: c.Refused.Load},
		{Level: slog.LevelInfo, Said: "handshakes failed", Attrs: on, Count: c.HandshakesFailed.Load},
		{Level: slog.LevelWarn, Said: "handshakes waited too long for their turn", Attrs: on, Count: c.NoTurn.Load},
		{Level: slog.LevelInfo, Said: "connections were closed: their clients took no answer", Attrs: on, Count: c.Slow.Load},
		{Level: slog.LevelWarn, Said: "requests were refused: no memory is left for heads as large as theirs", Attrs: on, Count: c.LargeHeads.Load},
	}
	for _, stage := range ingress.Stages() {
		all = append(all, tally.Event{Level: slog.LevelWarn, Said: "connections were closed for newcomers", Attrs: []any{"port", p.Name, "stage", stage}, Count: func() int64 { return c.Shed()[stage] }})
	}
	return all
}

// decisionsTooLong is how many decisions were denials since they would have
// taken too long.
func (s *Server) decisionsTooLong() int64 {
	return s.roles.TooLong.Load() + s.provider.TooLong.Load()
}
