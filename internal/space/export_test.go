package space

import (
	"log/slog"
	"time"
)

// OpenOn is Open with a clock and a file system of the test's.
func OpenOn(dir string, floor Floor, log *slog.Logger, now func() time.Time, measure func(string) (Room, error)) (*Disk, error) {
	d := &Disk{dir: dir, floor: floor, wants: true, log: log, now: now, measure: measure}
	return d, d.open()
}

// Tend is what Run does every second.
func (d *Disk) Tend() { d.tend() }

// Fill gives a file its bytes where the file system can't allocate.
var Fill = fill
