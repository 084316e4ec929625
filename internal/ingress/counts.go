package ingress

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"
)

// Counts are what became of a port's connections since the start.
type Counts struct {
	Accepted         atomic.Int64
	AcceptErrors     atomic.Int64 // such as that there are no file descriptors
	BadProxyHeaders  atomic.Int64 // of trusted proxies: none, of version 1, too late
	Refused          atomic.Int64 // newcomers for which there was no place
	Handshakes       atomic.Int64 // that were finished
	HandshakesFailed atomic.Int64
	Silent           atomic.Int64 // closed without a byte of a handshake
	NoTurn           atomic.Int64 // handshakes that waited too long for their turn
	Gone             atomic.Int64 // that were given up by their clients meanwhile
	Slow             atomic.Int64 // closed since the client didn't take an answer

	byStage [stages]atomic.Int64
}

func (c *Counts) shed(s stage) { c.byStage[s].Add(1) }

// Shed is how many connections were closed for newcomers, by how far they had
// come.
func (c *Counts) Shed() map[string]int64 {
	all := make(map[string]int64, stages)
	for s := range c.byStage {
		all[stageNames[s]] = c.byStage[s].Load()
	}
	return all
}

// Stages are the keys of Counts.Shed.
func Stages() []string { return stageNames[:] }

// event is a kind of trouble, with its count.
type event struct {
	level slog.Level // that a stranger fails is nothing an operator must act on
	said  string
	attrs []any
	count func() int64
}

// Report logs once a minute, for each kind of trouble that there was, how often,
// until ctx ends.
func Report(ctx context.Context, log *slog.Logger, a *Attempts, ports ...*Port) {
	all := []event{
		{slog.LevelInfo, "refusals of unknown callers were delayed", nil, a.Slowed.Load},
		{slog.LevelInfo, "unknown callers were turned away", nil, a.TurnedAway.Load},
	}
	for _, p := range ports {
		all = append(all, p.events()...)
	}
	last := make([]int64, len(all))
	every := time.NewTicker(time.Minute)
	defer every.Stop()
	for {
		select {
		case <-every.C:
		case <-ctx.Done():
			return
		}
		for i, e := range all {
			now := e.count()
			if n := now - last[i]; n > 0 {
				log.Log(ctx, e.level, e.said, append([]any{"count", n}, e.attrs...)...)
			}
			last[i] = now
		}
	}
}

func (p *Port) events() []event {
	c := &p.Counts
	on := []any{"port", p.Name}
	all := []event{
		{slog.LevelWarn, "connections can't be accepted", on, c.AcceptErrors.Load},
		{slog.LevelWarn, "connections of trusted proxies without a PROXY header of version 2", on, c.BadProxyHeaders.Load},
		{slog.LevelWarn, "connections were refused: no place is free", on, c.Refused.Load},
		{slog.LevelInfo, "handshakes failed", on, c.HandshakesFailed.Load},
		{slog.LevelWarn, "handshakes waited too long for their turn", on, c.NoTurn.Load},
		{slog.LevelInfo, "connections were closed: their clients took no answer", on, c.Slow.Load},
	}
	for s := range c.byStage {
		all = append(all, event{slog.LevelWarn, "connections were closed for newcomers", []any{"port", p.Name, "stage", stageNames[s]}, c.byStage[s].Load})
	}
	return all
}
