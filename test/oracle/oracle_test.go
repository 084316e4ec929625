package oracle

import (
	"os"
	"strconv"
	"testing"
	"time"
)

const (
	// episodes are how many a run has: some 10,000 requests to each server.
	episodes = 250
	// nightLimit is how long a run at night goes on beginning them.
	nightLimit = 30 * time.Minute
	// shrunkFindings is of how many findings the fewest requests are looked for,
	// and shrinkTries how often the episode is played again for each.
	shrunkFindings = 20
	shrinkTries    = 80
)

func TestSameAnswersAsVersityGW(t *testing.T) {
	p := &pairOfServers{muster: startMuster(t), gateway: startGateway(t), hits: map[string]int{}}
	night := os.Getenv("MUSTER_NIGHT") == "1"
	first, count := uint64(number(t, "ORACLE_SEED", 1)), number(t, "ORACLE_EPISODES", episodes)
	start, kinds, shown := time.Now(), map[string]int{}, map[*request]bool{}
	for seed := first; ; seed++ {
		if night && time.Since(start) > nightLimit || !night && seed >= first+uint64(count) {
			break
		}
		e := generate(seed)
		for _, f := range p.play(t, e.requests) {
			kinds[f.what]++
			if kinds[f.what] > 1 {
				continue
			}
			again := ""
			if !shown[f.at] && len(shown) < shrunkFindings {
				shown[f.at] = true
				again = "seen again with:\n" + story(p.shrink(t, e.requests, f, shrinkTries))
			}
			t.Errorf("seed %d, request %d: %s\n%s%s", seed, f.at.id, f.what, f.text, again)
		}
	}
	for kind, n := range kinds {
		t.Logf("%5d times: %s", n, kind)
	}
	t.Logf("%d requests to each in %v", p.requests, time.Since(start).Round(time.Second))
	for _, k := range knownDifferences {
		t.Logf("%5d times, as known: %s", p.hits[k.name], k.name)
		if p.hits[k.name] == 0 && night && !k.rare {
			t.Errorf("known, and never seen: %s", k.name)
		}
	}
}

// number is the number that an environment variable holds, or another one.
func number(t *testing.T, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("%s is no number: %q", name, text)
	}
	return n
}
