// Package space is the one ladder that everything climbs down when the disk
// fills up. It knows how much is free, how much must stay free for whom, and a
// reserve that is given up at the end, so that whoever fills the disk can
// always be shut out:
//
//	ok        all goes on
//	low       contents of objects are refused
//	critical  whatever adds rows is refused, too; what takes away goes on
//	full      the same, and the reserve has been given up for what takes away
//
// Nothing is asked of credentials: minting them writes nothing.
package space

import (
	"errors"
	"fmt"
	"strconv"

	"muster/internal/fault"
)

// Rung is how far down the ladder a disk is.
type Rung int

// The rungs, in order.
const (
	OK Rung = iota
	Low
	Critical
	Full
)

var rungs = [...]string{"ok", "low", "critical", "full"}

func (r Rung) String() string {
	if r < 0 || int(r) >= len(rungs) {
		return strconv.Itoa(int(r))
	}
	return rungs[r]
}

// ErrNoRoom is what a write fails with that the rung of its disk refuses.
var ErrNoRoom = errors.New("the disk has no room for it")

// noRoom is ErrNoRoom in words for the caller, of a kind that every door knows.
func noRoom() error {
	return fmt.Errorf("%w: %w", fault.Unavailable.Errorf("There is too little room left on the disk of the server to add anything. What replaces, detaches, deactivates or deletes goes on."), ErrNoRoom)
}

// Floor is how much of a file system is to stay free. The zero Floor is the
// default: the larger of a twentieth of the file system and 1 GiB, and never
// more than a quarter of it.
type Floor struct {
	Given   bool
	Bytes   int64
	Percent float64 // of the file system, in place of Bytes
}

// Of returns the floor of a file system of that many bytes.
func (f Floor) Of(total int64) int64 {
	switch {
	case !f.Given:
		return min(max(total/20, 1<<30), total/4)
	case f.Percent > 0:
		return int64(float64(total) / 100 * f.Percent)
	}
	return f.Bytes
}

// Ladder is where the rungs of one file system begin, in bytes that are free.
type Ladder struct {
	Low, Critical int64
	Reserve       int64 // bytes of the reserve
}

// mostReserve is the size of the reserve but on small file systems, where it is
// an eighth. A thousand revocations need less than one MiB of it.
const mostReserve = 64 << 20

// On returns the ladder of a file system of that many bytes. What is critical is
// a quarter of the floor, and never less than the reserve: else it could not be
// made again.
func (f Floor) On(total int64) Ladder {
	l := Ladder{Low: f.Of(total), Reserve: min(mostReserve, total/8) &^ 4095}
	l.Critical = max(l.Low/4, l.Reserve)
	l.Low = max(l.Low, l.Critical)
	return l
}

// Rung returns where that many free bytes are, with the reserve kept or given
// up. What it takes to make it again is no room for anything else.
func (l Ladder) Rung(free int64, kept bool) Rung {
	if !kept {
		free -= l.Reserve
	}
	switch {
	case free >= l.Low:
		return OK
	case free >= l.Critical:
		return Low
	case kept:
		return Critical
	}
	return Full
}

// need is how little must be free before the reserve is given up for a write.
func (l Ladder) need() int64 { return min(l.Reserve/4, 4<<20) }

// enough reports whether the reserve can be made of what is free, and nothing is
// refused for it.
func (l Ladder) enough(free int64) bool { return free >= l.Critical+l.Reserve }
