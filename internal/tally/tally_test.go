package tally_test

import (
	"bytes"
	"context"
	"log/slog"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"muster/internal/tally"
)

// However often something happens it is one line a minute, with how often it was
// in that minute; what doesn't happen has none.
func TestReport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		var refused, never atomic.Int64
		ctx, stop := context.WithCancel(t.Context())
		go tally.Report(ctx, slog.New(slog.NewTextHandler(&log, nil)),
			tally.Event{Level: slog.LevelWarn, Said: "refused", Attrs: []any{"flag", "--most"}, Count: refused.Load},
			tally.Event{Level: slog.LevelInfo, Said: "never", Count: never.Load})
		for _, n := range []int64{7, 0, 1000} {
			refused.Add(n)
			time.Sleep(tally.Every + time.Second)
		}
		stop()
		synctest.Wait()
		got := regexp.MustCompile(`time=\S+ `).ReplaceAllString(log.String(), "")
		want := []string{
			"level=WARN msg=refused count=7 flag=--most",
			"level=WARN msg=refused count=1000 flag=--most", "",
		}
		if got != strings.Join(want, "\n") {
			t.Errorf("got\n%s", got)
		}
	})
}
