package space

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

const (
	// lookEvery is how old what is known of the file system gets, and lookAgain
	// what it is when something would be refused for it.
	lookEvery, lookAgain = 200 * time.Millisecond, 20 * time.Millisecond
	// tendEvery is how often the reserve is looked after.
	tendEvery = time.Second
	// rowCost is what a write of rows is taken to need until the next look: its
	// pages in the log and in the file.
	rowCost = 32 << 10
)

// Disk is the file system of one directory. Its methods may be called
// concurrently. A nil Disk has room for everything.
type Disk struct {
	dir     string
	floor   Floor
	wants   bool // it is to have a reserve
	log     *slog.Logger
	now     func() time.Time
	measure func(dir string) (Room, error)

	mu      sync.Mutex
	looked  time.Time
	free    int64 // as of then
	few     bool  // files that may be made, as of then
	taken   int64 // since
	ladder  Ladder
	rung    Rung
	changes int
	kept    bool // the reserve is there
	unable  bool // the file system takes none
	// surprised tells that a write found no room where the file system says
	// that there is some, as with a quota of it; until the reserve is made again.
	surprised bool
	retry     time.Time // when to try to make the reserve again
	blind     bool      // the file system couldn't be asked
	refused   int64
}

// Open looks at the file system of dir, and makes the reserve in dir if there
// is room for it. Where there is so little that the server couldn't even start,
// it gives the reserve up.
func Open(dir string, floor Floor, log *slog.Logger) (*Disk, error) {
	d := &Disk{dir: dir, floor: floor, wants: true, log: log, now: time.Now, measure: Measure}
	return d, d.open()
}

// Watch is Open for a directory without a reserve.
func Watch(dir string, floor Floor, log *slog.Logger) (*Disk, error) {
	d := &Disk{dir: dir, floor: floor, log: log, now: time.Now, measure: Measure}
	return d, d.open()
}

func (d *Disk) open() error {
	room, err := d.measure(d.dir)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ladder = d.ladderOn(room.Total)
	if d.wants {
		d.kept = Reserved(d.dir) == d.ladder.Reserve
		switch {
		case !d.kept: // none, or one for a disk of another size
			if err := removeReserve(d.dir); err != nil {
				return err
			}
		case room.Free < d.ladder.need():
			d.giveUp("the start")
		}
	}
	d.look()
	d.restore()
	return nil
}

func (d *Disk) ladderOn(total int64) Ladder {
	l := d.floor.On(total)
	if !d.wants {
		l.Reserve = 0
	}
	return l
}

// Dir returns the directory whose file system it is.
func (d *Disk) Dir() string { return d.dir }

// Run looks after the reserve, and says what changes, until ctx ends.
func (d *Disk) Run(ctx context.Context) {
	every := time.NewTicker(tendEvery)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-every.C:
			d.tend()
		}
	}
}

// tend makes the reserve again once there is room.
func (d *Disk) tend() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.look()
	d.restore()
}

// look asks the file system. d.mu is held.
func (d *Disk) look() {
	room, err := d.measure(d.dir)
	d.looked = d.now()
	if err != nil {
		if !d.blind {
			d.log.Error("the free space can't be told", "err", err)
		}
		d.blind = true
		return // as it was
	}
	d.blind, d.free, d.few, d.taken = false, room.Free, room.FewFiles(), 0
	l := d.ladderOn(room.Total)
	if d.kept { // it stays as it was made
		l.Reserve = d.ladder.Reserve
	}
	d.ladder = l
	d.climb()
}

// climb says where the disk is now, and in the log when that changes.
func (d *Disk) climb() {
	was := d.rung
	d.rung = d.ladder.Rung(d.free, !d.missing())
	if d.few {
		d.rung = max(d.rung, Low) // only contents make files
	}
	if d.surprised {
		d.rung = Full
	}
	if d.rung == was {
		return
	}
	d.changes++
	level := slog.LevelInfo
	if d.rung > was {
		level = slog.LevelWarn
	}
	d.log.Log(context.Background(), level, "the room on the disk has changed", "rung", d.rung.String(), "was", was.String(), "dir", d.dir,
		"free_bytes", d.free, "low_bytes", d.ladder.Low, "critical_bytes", d.ladder.Critical, "few_files", d.few, "reserve", d.kept, "changes", d.changes)
}

// restore makes the reserve if it is missing and there is room. d.mu is held.
func (d *Disk) restore() {
	if !d.wants || d.kept || !d.ladder.enough(d.free) || d.now().Before(d.retry) {
		return
	}
	switch err := makeReserve(d.dir, d.ladder.Reserve); {
	case isFull(err):
		d.retry = d.now().Add(tendEvery / 2)
		return
	case err != nil:
		d.log.Error("there is no reserve for a full disk", "err", err)
		d.retry, d.surprised, d.unable = d.now().Add(time.Minute), false, true
	default:
		d.kept, d.surprised, d.unable = true, false, false
	}
	d.look()
}

// missing reports whether there should be a reserve and is none.
func (d *Disk) missing() bool { return d.wants && !d.kept && !d.unable }

// left is what is left of the free bytes above a rung that begins at from.
func (d *Disk) left(from int64) int64 {
	if d.missing() {
		from += d.ladder.Reserve
	}
	return d.free - d.taken - from
}

// giveUp removes the reserve. d.mu is held.
func (d *Disk) giveUp(to string) {
	if err := removeReserve(d.dir); err != nil {
		d.log.Error("the reserve can't be given up", "err", err)
		return
	}
	d.kept = false
	d.log.Warn("the reserve of the disk was given up", "for", to, "bytes", d.ladder.Reserve)
}

// fresh looks again when the last look is older than age. d.mu is held.
func (d *Disk) fresh(age time.Duration) {
	if since := d.now().Sub(d.looked); since >= age || since < 0 {
		d.look()
	}
}

// Allow fails with ErrNoRoom and fault.Unavailable where the rung refuses what
// a write of rows in ctx does; see With.
func (d *Disk) Allow(ctx context.Context) error {
	if d == nil || takesAway(ctx) {
		return nil
	}
	return d.AllowRow()
}

// AllowRow is Allow for a write that adds rows.
func (d *Disk) AllowRow() error {
	if d == nil {
		return nil
	}
	return d.take(rowCost, func() bool { return d.rung < Critical && d.left(d.ladder.Critical) >= rowCost })
}

// Room fails with ErrNoRoom where size more bytes of objects would go through
// the floor. They are not kept for whoever asks: see Take.
func (d *Disk) Room(size int64) error {
	if d == nil {
		return nil
	}
	return d.take(0, func() bool { return d.rung == OK && d.left(d.ladder.Low) >= size })
}

// Take fails as Room does, and counts the bytes as written until the next look:
// many who write at once can't go through the floor between two of them.
func (d *Disk) Take(bytes int64) error {
	if d == nil {
		return nil
	}
	return d.take(bytes, func() bool { return d.rung == OK && d.left(d.ladder.Low) >= bytes })
}

func (d *Disk) take(bytes int64, fits func() bool) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fresh(lookEvery)
	if !fits() {
		if d.fresh(lookAgain); !fits() {
			d.refused++
			return noRoom()
		}
	}
	d.taken += bytes
	return nil
}

// MakeWay gives the reserve up where a write in ctx may have it and might not
// do without.
func (d *Disk) MakeWay(ctx context.Context) {
	if d == nil || !takesAway(ctx) {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fresh(lookEvery)
	if d.rung < Critical || !d.kept {
		return
	}
	if d.fresh(lookAgain / 4); d.free < d.ladder.need() {
		d.giveUp("a write that takes away")
		d.look()
	}
}

// Surprise is told of a write that found no room. It gives the reserve up: what
// the file system says of its room can't be relied on.
func (d *Disk) Surprise() {
	if d == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.surprised = d.wants; d.kept {
		d.giveUp("a write that found no room")
	}
	d.retry = d.now().Add(tendEvery / 2)
	d.look()
}

// Waits reports whether nothing is free and the reserve is still there: what
// takes away can be written, and what is only to try whether writing works
// should not be what the reserve is given up for.
func (d *Disk) Waits() bool {
	if d == nil {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fresh(lookEvery)
	return d.kept && d.free < d.ladder.need()
}

// State is what is to be told of a disk.
type State struct {
	Rung    Rung
	Free    int64 // bytes, without the reserve
	Reserve int64 // bytes; 0 when it was given up
	Ladder  Ladder
	Refused int64 // writes, since the start
}

// State returns the state as of the last moment.
func (d *Disk) State() State {
	if d == nil {
		return State{}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fresh(lookEvery)
	s := State{Rung: d.rung, Free: d.free, Ladder: d.ladder, Refused: d.refused}
	if d.kept {
		s.Reserve = d.ladder.Reserve
	}
	return s
}
