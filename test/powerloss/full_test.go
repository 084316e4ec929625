package powerloss_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"testing"
	"time"

	"muster/test/powerloss"
)

// TestFullDisk lets clients write to a disk that is full for a while, says so
// or not, and is sometimes cut before it has room again. What doesn't fit is
// refused by a status that says so, what was acknowledged stays, and when there
// is room the server goes on by itself.
func TestFullDisk(t *testing.T) {
	rounds := 4
	if os.Getenv("MUSTER_NIGHT") != "" {
		rounds = 60
	}
	rounds = setting(t, "MUSTER_POWERLOSS_FULL", rounds)
	seed := uint64(setting(t, "MUSTER_POWERLOSS_SEED", 1))
	disk, ledger := fresh(t)
	w := newWorld(ledger, seed)
	dir, remove, err := mountPoint()
	must(t, err)
	defer remove()
	acks, refused := 0, 0
	for n := range rounds {
		w.server, err = start(disk, dir)
		must(t, err)
		must(t, w.verify())
		for _, f := range w.findings {
			t.Errorf("seed %d, round %d, %s: %s", seed, n, f.class, f.text)
		}
		if t.Failed() {
			must(t, w.kill())
			return
		}
		acks += w.workFor(200 * time.Millisecond)

		w.full.Store(true)
		disk.Fill([]powerloss.Fullness{powerloss.Full, powerloss.Surprising}[n%2])
		acks += w.workFor(400 * time.Millisecond)
		w.readsOn(t)
		if n%4 > 1 { // the power fails before there is room
			disk.Cut()
			must(t, w.kill())
			refused += disk.Refused()
			disk = disk.Survivors(w.random)
			w.full.Store(false)
			continue
		}
		disk.Fill(powerloss.Roomy)
		w.takesAgain(t)
		w.full.Store(false)
		acks += w.workFor(200 * time.Millisecond)
		must(t, w.stop(w.verifyOffline))
		refused += disk.Refused()
		disk = disk.Clone()
	}
	t.Logf("%d writes acknowledged, %d requests refused for want of room, %d calls of the disk", acks, w.turnedAway.Load(), refused)
	if acks == 0 || w.turnedAway.Load() == 0 || refused == 0 {
		t.Error("the disk was never full: the rounds prove nothing")
	}
}

// workFor lets the clients work for some time and returns how much was acknowledged.
func (w *world) workFor(d time.Duration) int {
	enough, acks := make(chan struct{}), make(chan struct{}, 1<<16)
	time.AfterFunc(d, func() { close(enough) })
	w.work(enough, func() { acks <- struct{}{} })
	return len(acks)
}

// readsOn sees that a server without room still reads.
func (w *world) readsOn(t *testing.T) {
	t.Helper()
	for _, bucket := range []string{plain, versioned, suspended} {
		if _, err := w.list(context.Background(), bucket, bucket == versioned); err != nil {
			t.Errorf("with a full disk: %v", err)
		}
	}
}

// takesAgain waits until a server that has room again keeps what it is sent.
func (w *world) takesAgain(t *testing.T) {
	t.Helper()
	began, last := time.Now(), "nothing was tried"
	for time.Since(began) < startLimit {
		small, err := w.s3(t.Context(), "PUT", settings, "after", nil, nil, []byte("small"))
		must(t, err)
		large, err := w.s3(t.Context(), "PUT", settings, "after-large", nil, nil, make([]byte, 200<<10))
		must(t, err)
		thing, err := w.iot(t.Context(), "POST", "/things/after", nil, "{}")
		must(t, err)
		if small.status == http.StatusOK && large.status == http.StatusOK && thing.status == http.StatusOK {
			t.Logf("wrote again %v after there was room", time.Since(began).Round(time.Millisecond))
			return
		}
		last = fmt.Sprint(small, large, thing)
		time.Sleep(50 * time.Millisecond)
	}
	t.Errorf("%v after there is room again: %s", startLimit, last)
}
