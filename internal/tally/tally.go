// Package tally says in the log how often something has happened, in one line a
// minute for each kind however often it was: what strangers can make happen must
// not fill the log.
package tally

import (
	"context"
	"log/slog"
	"time"
)

// Every is how often the log says it.
const Every = time.Minute

// Event is a kind of thing that happens.
type Event struct {
	Level slog.Level
	Said  string
	Attrs []any        // of its line, beside count
	Count func() int64 // how often since the start
}

// Report logs for each event how often it happened since the last time, if it
// did, until ctx ends.
func Report(ctx context.Context, log *slog.Logger, events ...Event) {
	last := make([]int64, len(events))
	every := time.NewTicker(Every)
	defer every.Stop()
	for {
		select {
		case <-every.C:
		case <-ctx.Done():
			return
		}
		for i, e := range events {
			now := e.Count()
			if n := now - last[i]; n > 0 {
				log.Log(ctx, e.Level, e.Said, append([]any{"count", n}, e.Attrs...)...)
			}
			last[i] = now
		}
	}
}
