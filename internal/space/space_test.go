package space_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"muster/internal/fault"
	"muster/internal/space"
)

const (
	mib = 1 << 20
	gib = 1 << 30
)

func TestFloor(t *testing.T) {
	for _, tc := range []struct {
		name  string
		floor space.Floor
		total int64
		want  space.Ladder
	}{
		{"a large disk", space.Floor{}, 100 * gib, space.Ladder{Low: 5 * gib, Critical: 5 * gib / 4, Reserve: 64 * mib}},
		{"one of which 1 GiB is more than a twentieth", space.Floor{}, 8 * gib, space.Ladder{Low: gib, Critical: gib / 4, Reserve: 64 * mib}},
		{"one of which 1 GiB is more than a quarter", space.Floor{}, gib, space.Ladder{Low: gib / 4, Critical: 64 * mib, Reserve: 64 * mib}},
		{"a very small one", space.Floor{}, 24 * mib, space.Ladder{Low: 6 * mib, Critical: 3 * mib, Reserve: 3 * mib}},
		{"bytes", space.Floor{Given: true, Bytes: 10 * gib}, 100 * gib, space.Ladder{Low: 10 * gib, Critical: 10 * gib / 4, Reserve: 64 * mib}},
		{"percent", space.Floor{Given: true, Percent: 50}, 100 * gib, space.Ladder{Low: 50 * gib, Critical: 50 * gib / 4, Reserve: 64 * mib}},
		{"none: the reserve must find room again", space.Floor{Given: true}, 100 * gib, space.Ladder{Low: 64 * mib, Critical: 64 * mib, Reserve: 64 * mib}},
	} {
		if got := tc.floor.On(tc.total); got != tc.want {
			t.Errorf("%s: got %+v, want %+v", tc.name, got, tc.want)
		}
	}
}

// world is a disk of 800 MiB that the test fills: low below 200, critical below
// 64, and with a reserve of 64 MiB.
type world struct {
	*space.Disk
	t    *testing.T
	dir  string
	log  bytes.Buffer
	mu   sync.Mutex
	time time.Time
	free int64 // without what the reserve takes
	asks int

	files int64 // that may be made
}

func newWorld(t *testing.T, free int64) *world {
	w := &world{t: t, dir: t.TempDir(), time: time.Unix(1e9, 0), free: free, files: 5000}
	w.open()
	return w
}

func (w *world) open() {
	w.t.Helper()
	var err error
	w.Disk, err = space.OpenOn(w.dir, space.Floor{}, slog.New(slog.NewTextHandler(&w.log, nil)), func() time.Time {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.time
	}, func(string) (space.Room, error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.asks++
		return space.Room{Free: max(0, w.free-space.Reserved(w.dir)), Total: 800 * mib, NewFiles: w.files, Files: 100_000}, nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// set lets bytes be free, and a second pass.
func (w *world) set(free int64) {
	w.mu.Lock()
	w.free = free
	w.mu.Unlock()
	w.pass(time.Second)
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.time = w.time.Add(d)
}

func (w *world) is(want space.Rung, reserve bool) {
	w.t.Helper()
	if got := w.State(); got.Rung != want || got.Reserve > 0 != reserve || space.Reserved(w.dir) > 0 != reserve {
		w.t.Errorf("got %v with a reserve of %d, %d of it on the disk; want %v, %v", got.Rung, got.Reserve, space.Reserved(w.dir), want, reserve)
	}
}

// refuses fails unless exactly these are refused.
func (w *world) refuses(contents, adds bool) {
	w.t.Helper()
	for _, tc := range []struct {
		what string
		err  error
		want bool
	}{
		{"a content", w.Room(mib), contents},
		{"a piece of one", w.Take(1), contents},
		{"a write that adds", w.Allow(space.With(w.t.Context(), space.Adds)), adds},
		{"one of an operation of which nothing is known", w.Allow(space.With(w.t.Context(), space.Undeclared)), adds},
		{"one of an operation that only reads", w.Allow(space.With(w.t.Context(), space.Reads)), adds},
		{"one that takes away", w.Allow(space.With(w.t.Context(), space.TakesAway)), false},
		{"one of the server itself", w.Allow(w.t.Context()), false},
	} {
		if tc.want != (tc.err != nil) || tc.err != nil && (!errors.Is(tc.err, space.ErrNoRoom) || !errors.Is(tc.err, fault.Unavailable)) {
			w.t.Errorf("at %v, %s: got %v, want it refused: %v", w.State().Rung, tc.what, tc.err, tc.want)
		}
	}
}

func TestTheLadder(t *testing.T) {
	adds, takes := space.With(t.Context(), space.Adds), space.With(t.Context(), space.TakesAway)
	w := newWorld(t, 700*mib)
	w.is(space.OK, true)
	w.refuses(false, false)

	w.set(64*mib + 199*mib)
	w.is(space.Low, true)
	w.refuses(true, false)

	w.set(64*mib + 63*mib)
	w.is(space.Critical, true)
	w.refuses(true, true)
	w.MakeWay(takes)
	w.is(space.Critical, true) // 63 MiB are enough for a write

	w.set(64*mib + 1*mib)
	for _, may := range []context.Context{adds, space.With(t.Context(), space.Reads)} {
		w.MakeWay(may)
		w.is(space.Critical, true)
	}
	if !w.Waits() {
		t.Error("nothing is free and the reserve is there: got that it doesn't wait")
	}
	w.MakeWay(takes)
	w.is(space.Full, false)
	w.refuses(true, true)
	if w.Waits() {
		t.Error("the reserve was given up: got that it waits")
	}

	w.set(127 * mib) // room, but what the reserve needs to be made again is nobody else's
	w.Tend()
	w.is(space.Full, false)
	w.refuses(true, true)
	w.set(128 * mib)
	w.Tend()
	w.is(space.Low, true)
	w.set(700 * mib)
	w.is(space.OK, true)
	w.refuses(false, false)
	if got := strings.Count(w.log.String(), "the room on the disk has changed"); got != 5 || !strings.Contains(w.log.String(), "changes=5") {
		t.Errorf("got %d changes in the log, want 5, counted:\n%s", got, &w.log)
	}
	if got := w.State().Refused; got == 0 {
		t.Error("what was refused wasn't counted")
	}
}

// A burst between two looks doesn't go through the floor, and many who ask cost
// few looks.
func TestABurst(t *testing.T) {
	w := newWorld(t, 64*mib+210*mib)
	w.State()
	w.asks = 0
	var taken int64
	for range 1000 {
		if w.Take(mib) == nil {
			taken += mib
		}
	}
	if taken != 10*mib {
		t.Errorf("got %d MiB between two looks, want the ten above the floor", taken/mib)
	}
	w.set(64*mib + 66*mib)
	rows := 0
	for range 1000 {
		if w.Allow(space.With(t.Context(), space.Adds)) == nil {
			rows++
		}
	}
	if rows != 64 {
		t.Errorf("got %d writes of 32 KiB between two looks, want 64", rows)
	}
	if w.asks > 3 {
		t.Errorf("got %d looks at the file system, want three at most", w.asks)
	}
	w.pass(20 * time.Millisecond) // nothing was written after all
	if err := w.Allow(space.With(t.Context(), space.Adds)); err != nil {
		t.Errorf("after another look: %v", err)
	}
}

// A write that finds no room where the file system says there is some gives the
// reserve up; what adds is refused until the reserve can be made again.
func TestASurprise(t *testing.T) {
	w := newWorld(t, 700*mib)
	w.Surprise()
	w.is(space.Full, false)
	w.refuses(true, true)
	w.Tend()
	w.is(space.Full, false) // at once nothing can have changed
	w.pass(time.Second)
	w.Tend()
	w.is(space.OK, true)
}

func TestStarts(t *testing.T) {
	w := newWorld(t, 700*mib)
	made, err := os.Stat(filepath.Join(w.dir, space.ReserveFile))
	if err != nil || made.Size() != 64*mib || made.Mode() != 0o600 {
		t.Fatalf("got %v and %v, want 64 MiB of mode 0600", made, err)
	}
	w.open()
	w.is(space.OK, true)
	if again, _ := os.Stat(filepath.Join(w.dir, space.ReserveFile)); !os.SameFile(made, again) {
		t.Error("the second start made another reserve")
	}
	if err := os.Truncate(filepath.Join(w.dir, space.ReserveFile), 0); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(filepath.Join(w.dir, space.ReserveFile), 64*mib); err != nil { // as a copy without the zeros
		t.Fatal(err)
	}
	w.open()
	w.is(space.OK, true)

	w.set(64*mib + 2*mib) // some, but not enough to start
	w.open()
	w.is(space.Full, false)
	w.open()
	w.is(space.Full, false)
	w.set(700 * mib)
	w.open()
	w.is(space.OK, true)
}

// Files may run out before bytes do: rows need none.
func TestFewFiles(t *testing.T) {
	w := newWorld(t, 700*mib)
	w.files = 999
	w.set(700 * mib)
	w.is(space.Low, true)
	w.refuses(true, false)
	w.files = 1000
	w.set(700 * mib)
	w.is(space.OK, true)
	for r, want := range map[space.Room]bool{{}: false, {Files: 100, NewFiles: 5}: false, {Files: 100, NewFiles: 4}: true} {
		if got := r.FewFiles(); got != want {
			t.Errorf("%+v: got few %v, want %v", r, got, want)
		}
	}
}

func TestNoDiskHasRoom(t *testing.T) {
	var d *space.Disk
	if err := errors.Join(d.Room(1<<60), d.Take(1<<60), d.AllowRow(), d.Allow(space.With(t.Context(), space.Adds))); err != nil {
		t.Error(err)
	}
	d.MakeWay(t.Context())
	d.Surprise()
	if d.Waits() || d.State() != (space.State{}) {
		t.Errorf("got %+v", d.State())
	}
}

// Where nothing can be allocated, bytes are written that take room for sure.
func TestFill(t *testing.T) {
	dir := t.TempDir()
	const size = 2*mib + 4096
	f, err := os.Create(filepath.Join(dir, space.ReserveFile))
	if err == nil {
		err = errors.Join(f.Truncate(size), f.Sync())
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got := space.Reserved(dir); got >= size {
		t.Skipf("this file system has no holes: %d bytes", got)
	}
	if err := errors.Join(space.Fill(f, size), f.Sync()); err != nil {
		t.Fatal(err)
	}
	if got := space.Reserved(dir); got != size {
		t.Errorf("got %d bytes of the disk, want %d", got, size)
	}
}
