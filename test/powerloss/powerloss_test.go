package powerloss_test

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"muster/test/powerloss"
)

const (
	// fastRounds are those of a test run that says nothing; nightRounds those of MUSTER_NIGHT.
	fastRounds  = 20
	nightRounds = 1000
	// chainRounds is how many rounds one disk lives, so that what was kept long ago is
	// cut as well as what is new.
	chainRounds = 10
	// roundLimit cuts the power in a round that waits for something which doesn't happen.
	roundLimit = 2 * time.Second
)

// mountPoint returns an empty directory of its own.
func mountPoint() (dir string, remove func(), err error) {
	dir, err = os.MkdirTemp("", "muster-powerloss-")
	return dir, func() { os.Remove(dir) }, err
}

func setting(t *testing.T, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("%s is %q, want a number of at least 1", name, text)
	}
	return n
}

// TestPowerLoss is the test: nothing that was acknowledged is lost, nothing is
// there in half, and the server always starts.
func TestPowerLoss(t *testing.T) {
	began := time.Now()
	total := liveRounds(t, fastRounds, newWorld)
	t.Logf("%v found", total.found)
	t.Logf("%d cuts (%d of them while the server started, %d while it stopped, %d right after an acknowledgement), %d writes acknowledged, in %v; doctor doubted %v",
		total.cuts, total.starting, total.stopping, total.afterAck, total.acks, time.Since(began).Round(time.Second), total.doubts)
	if total.acks == 0 {
		t.Error("no write was acknowledged: the rounds prove nothing")
	}
}

// liveRounds lets worlds live for as many rounds as a test run asks for, by day
// unless it says another number, and reports what was found.
func liveRounds(t *testing.T, byDay int, newWorld func(ledger *ledger, seed uint64) *world) (total tally) {
	t.Helper()
	rounds := byDay
	if os.Getenv("MUSTER_NIGHT") != "" {
		rounds = nightRounds
	}
	rounds = setting(t, "MUSTER_POWERLOSS_ROUNDS", rounds)
	seed := uint64(setting(t, "MUSTER_POWERLOSS_SEED", 1))
	for first := 0; first < rounds && total.findings < 20; first += chainRounds {
		disk, ledger := fresh(t)
		w := newWorld(ledger, seed+uint64(first))
		if err := w.live(disk, min(chainRounds, rounds-first), &total); err != nil {
			t.Errorf("seed %d, rounds from %d: %v", seed, first, err)
		}
		for _, f := range w.findings {
			t.Errorf("seed %d, %s: %s", seed+uint64(first), f.class, f.text)
		}
	}
	return total
}

// tally counts what the rounds did.
type tally struct {
	cuts, starting, stopping, afterAck, acks, findings int
	vended, denied                                     int // devices that got credentials after a cut, and that were refused
	found                                              map[class]int
	doubts                                             map[string]int
}

// live lets a disk live for some rounds and verifies it after each.
func (w *world) live(disk *powerloss.Disk, rounds int, total *tally) error {
	if total.doubts == nil {
		total.doubts, total.found = map[string]int{}, map[class]int{}
	}
	dir, remove, err := mountPoint()
	if err != nil {
		return err
	}
	defer remove()
	defer func() {
		maps.Copy(total.doubts, w.doubts)
		total.findings += len(w.findings)
		total.vended, total.denied = total.vended+w.vended, total.denied+w.denied
		for _, f := range w.findings {
			total.found[f.class]++
		}
	}()
	for range rounds {
		if disk, err = w.round(disk, dir, total); err != nil {
			return err
		}
	}
	w.whole = true
	if w.server, err = start(disk, dir); err != nil {
		w.report(dead, "%v", err)
		return nil
	}
	return errors.Join(w.verify(), w.stop(w.verifyOffline))
}

// round starts the server, verifies what the round before left, lets the clients
// work until the power is cut, and returns the disk that survives.
func (w *world) round(disk *powerloss.Disk, dir string, total *tally) (*powerloss.Disk, error) {
	total.cuts++
	early := w.random.IntN(8) == 0 // while it starts, and mends what the last cut left
	if early {
		n := disk.Count() + 1 + w.random.IntN([]int{60, 200}[w.random.IntN(2)]) // first it tries the file system
		disk.CutWhen(func(_, _ string, count int) bool { return count >= n }, nil)
	}
	s, err := start(disk, dir)
	if errors.Is(err, errCut) {
		total.starting++
		return disk.Survivors(w.random), nil
	}
	disk.CutWhen(nil, nil)
	if err != nil && !disk.Off() {
		w.report(dead, "%v", err)
		return nil, errors.New("without a server the disk is left")
	}
	if err != nil {
		return disk.Survivors(w.random), nil
	}
	w.server = s
	if !disk.Off() {
		if err := w.verify(); err != nil && !disk.Off() {
			return nil, errors.Join(err, s.kill())
		}
		w.workUntilCut(total)
	}
	if err := s.kill(); err != nil {
		return nil, err
	}
	return disk.Survivors(w.random), nil
}

// moment is when the power is cut.
type moment int

const (
	afterAck      moment = iota // right after an acknowledgement
	soonAfterAck                // within some milliseconds
	afterChange                 // after any change or sync
	afterKind                   // after one of a kind, so that the rare ones have their share
	whileStopping               // while the server stops, or after it
	afterRemoval                // after content was removed
)

// anyMoment holds the moments as often as they come.
var anyMoment = []moment{afterAck, afterAck, afterAck, soonAfterAck, soonAfterAck, afterChange, afterChange, afterKind, afterKind, afterKind, whileStopping}

// workUntilCut chooses a moment for the cut and lets the clients work until then.
func (w *world) workUntilCut(total *tally) {
	var mu sync.Mutex
	acks, last := 0, -1 // the acknowledgement after which something happens
	then := func() {}
	enough := make(chan struct{})
	kill := func() { _ = w.cmd.Process.Kill() }
	w.disk.CutWhen(nil, kill)
	moment := w.moments[w.random.IntN(len(w.moments))]
	switch moment {
	case afterRemoval:
		left := 1 + w.random.IntN(10)
		w.disk.CutWhen(func(op, path string, _ int) bool {
			if op == "unlink" && below(path, "content") {
				left--
			}
			return left == 0
		}, kill)
	case afterAck:
		total.afterAck++
		last, then = 1+w.random.IntN(100), func() { w.disk.Cut() }
	case soonAfterAck:
		delay := time.Duration(w.random.IntN(5000)) * time.Microsecond
		last, then = 1+w.random.IntN(100), func() { time.AfterFunc(delay, func() { w.disk.Cut() }) }
	case afterChange:
		n := w.disk.Count() + 1 + w.random.IntN(1500)
		w.disk.CutWhen(func(_, _ string, count int) bool { return count >= n }, kill)
	case afterKind:
		kind := []string{"rename", "unlink", "sync", "create", "mkdir", "truncate"}[w.random.IntN(6)]
		left := 1 + w.random.IntN(60)
		w.disk.CutWhen(func(op, _ string, _ int) bool {
			if op == kind {
				left--
			}
			return left == 0
		}, kill)
	case whileStopping:
		total.stopping++
		last, then = 1+w.random.IntN(100), func() { close(enough) }
	}
	limit := time.AfterFunc(roundLimit, func() { w.disk.Cut() })
	w.work(enough, func() {
		mu.Lock()
		defer mu.Unlock()
		if acks++; acks == last {
			then()
		}
	})
	limit.Stop()
	total.acks += acks
	if !w.disk.Off() {
		n := w.disk.Count() + w.random.IntN([]int{25, 400}[w.random.IntN(2)])
		w.disk.CutWhen(func(_, _ string, count int) bool { return count > n }, kill)
		if !w.signal(syscall.SIGTERM) {
			w.report(dead, "the server doesn't stop")
		}
	}
	w.disk.Cut()
}

// below reports whether a path is that directory or in it.
func below(path, dir string) bool {
	return path == dir || strings.HasPrefix(path, dir+string(filepath.Separator))
}
