package store

import (
	"context"
	"fmt"

	"muster/internal/space"
)

// StandOn says which disk the file lies on: writes that it has no room for are
// refused, and those that take away may have its reserve. It is called before
// the first write.
func (db *DB) StandOn(disk *space.Disk) { db.writer.disk = disk }

// StandOn is DB.StandOn.
func (o *Objects) StandOn(disk *space.Disk) { o.db.StandOn(disk) }

// tightLog is how many pages the log has at most before it is written back
// where the disk is nearly full: what is left must do for a change's pages in
// the log and in the file.
const tightLog = 64

// logSize is after how many pages a connection writes the log back.
type logSize struct {
	usual int // of the file; 0 as long as nobody has asked
	tight bool
}

// fitLog has the log of the connection written back as often as the room on the
// disk asks for.
func (w *writer) fitLog() error {
	tight := w.disk.State().Rung >= space.Critical
	if tight == w.log.tight {
		return nil
	}
	if w.log.usual == 0 {
		if err := w.conn.QueryRowContext(context.Background(), "PRAGMA wal_autocheckpoint").Scan(&w.log.usual); err != nil {
			return fmt.Errorf("ask for the size of the log: %w", err)
		}
	}
	pages := w.log.usual
	if tight {
		pages = tightLog
	}
	if _, err := w.conn.ExecContext(context.Background(), fmt.Sprintf("PRAGMA wal_autocheckpoint = %d", pages)); err != nil {
		return fmt.Errorf("fit the log to the room on the disk: %w", err)
	}
	w.log.tight = tight
	return nil
}

// Ready reads from the file and writes a row of it: it fails when changes that
// take away can't be made before ctx ends. As long as the disk is full and its
// reserve is there, they can, and nothing is written, since that would use it up.
func (db *DB) Ready(ctx context.Context) error {
	if err := db.Ping(ctx); err != nil {
		return err
	}
	if !db.readOnly && db.writer.disk.Waits() {
		return db.turn(space.With(ctx, space.Reads), func(*tx) error { return nil })
	}
	return db.turn(space.With(ctx, space.Reads), func(t *tx) error {
		_, err := t.exec(`UPDATE pulse SET beats = beats + 1 WHERE id = 1`)
		return err
	})
}
