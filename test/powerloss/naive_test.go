package powerloss_test

import (
	"slices"
	"strings"
	"testing"
)

// naiveRounds is how many rounds a fault has to show itself in.
const naiveRounds = 60

// TestNaiveServersAreSeen lets the disk make of the server a naive one: it
// acknowledges a sync and does nothing, as if the server had not asked. Each
// must be seen to lose something, or the rounds above prove nothing.
func TestNaiveServersAreSeen(t *testing.T) {
	for _, tc := range []struct {
		name   string
		ignore func(path string, dir bool) bool
		undo   string
		when   []moment
		seen   func(finding) bool
	}{
		{"files of content are not synced", func(path string, dir bool) bool { return !dir && below(path, "content") }, "", anyMoment, oneOf(unreadable, torn)},
		{"folders of content are not synced", func(path string, dir bool) bool { return dir && below(path, "content") }, "", anyMoment, oneOf(unreadable)},
		{"the log of the objects is not synced", func(path string, _ bool) bool { return path == "objects.db-wal" }, "", anyMoment, oneOf(lost)},
		{"the objects' database is not synced", func(path string, _ bool) bool { return path == "objects.db" }, "", []moment{whileStopping}, oneOf(lost, dead)},
		{"the log of the identities is not synced", func(path string, _ bool) bool { return path == "muster.db-wal" }, "", anyMoment, func(f finding) bool {
			return f.class == lost && (strings.HasPrefix(f.text, "item") || strings.HasPrefix(f.text, "certificate") || strings.HasPrefix(f.text, "principal"))
		}},
		{"content is removed before the row", nil, "objects.db-wal", []moment{afterRemoval}, oneOf(unreadable)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var total tally
			for seed := uint64(1); total.cuts < naiveRounds; seed++ {
				disk, ledger := fresh(t)
				disk.Ignore, disk.Undo = tc.ignore, tc.undo
				w := newWorld(ledger, seed)
				if strings.Contains(tc.name, "identities") {
					w.ofIdentities()
				}
				w.moments = tc.when
				err := w.live(disk, 3, &total)
				for _, f := range w.findings {
					if tc.seen(f) {
						t.Logf("seen after %d cuts: %s: %s", total.cuts, f.class, f.text)
						return
					}
				}
				if err != nil {
					t.Logf("seed %d: %v", seed, err)
				}
			}
			t.Errorf("not seen in %d cuts: found %v", total.cuts, total.found)
		})
	}
}

func oneOf(classes ...class) func(finding) bool {
	return func(f finding) bool { return slices.Contains(classes, f.class) }
}
