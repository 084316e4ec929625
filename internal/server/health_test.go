package server

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Many who ask at once, or one after the other, cost one look a second; what
// they are told is no older.
func TestReadinessIsLookedForOnceASecond(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	r := readiness{now: func() time.Time { return now }}
	var looks atomic.Int32
	var broken atomic.Bool
	ask := func(ctx context.Context) bool {
		return len(r.failed(ctx, slog.New(slog.DiscardHandler), map[string]func(context.Context) error{"store": func(ctx context.Context) error {
			looks.Add(1)
			if broken.Load() {
				return errors.New("broken")
			}
			return ctx.Err()
		}})) == 0
	}
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if !ask(t.Context()) {
				t.Error("not ready")
			}
		})
	}
	wg.Wait()
	if got := looks.Load(); got != 1 {
		t.Errorf("50 at once: got %d looks, want 1", got)
	}
	broken.Store(true)
	if now = now.Add(readyFor - 1); !ask(t.Context()) {
		t.Error("within the second: not ready")
	}
	if now = now.Add(1); ask(t.Context()) {
		t.Error("after it: still ready")
	}
	broken.Store(false)
	now = now.Add(readyFor)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if !ask(gone) {
		t.Error("somebody who left made it not ready for all")
	}
	if got := looks.Load(); got != 3 {
		t.Errorf("got %d looks, want 3", got)
	}
}
