package store_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"muster/internal/index"
	"muster/internal/store"
)

// killed returns the files of a database as a killed server leaves them: some
// changes are only in the log.
func killed(t *testing.T) (database, log []byte) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "muster.db")
	db, err := store.Open(t.Context(), path, index.New(1))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for n := range 8 {
		if err := db.Write(t.Context(), do(`INSERT INTO bucket (name, account, region, created, pending) VALUES ('b`+strconv.Itoa(n)+`', '', '', 0, FALSE)`)); err != nil {
			t.Fatal(err)
		}
	}
	if database, err = os.ReadFile(path); err == nil {
		log, err = os.ReadFile(path + "-wal")
	}
	if err != nil {
		t.Fatal(err)
	}
	return database, log
}

// opened opens a database that has this log.
func opened(t *testing.T, database, log []byte) error {
	t.Helper()
	path := filepath.Join(t.TempDir(), "muster.db")
	if err := errors.Join(os.WriteFile(path, database, 0o600), os.WriteFile(path+"-wal", log, 0o600)); err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), path, index.New(1))
	if err != nil {
		return err
	}
	return db.Close()
}

const (
	logStart  = 32
	frameSize = 24 + 4096
)

// lastFlaw is the last frame of which damage must be seen: two commits follow it.
func lastFlaw(log []byte) int {
	commits := 0
	for n := (len(log)-logStart)/frameSize - 1; ; n-- {
		if commits == 2 {
			return n
		}
		if binary.BigEndian.Uint32(log[logStart+n*frameSize+4:]) != 0 {
			commits++
		}
	}
}

// A log that was damaged where acknowledged changes follow is refused.
func TestADamagedLogIsRefused(t *testing.T) {
	database, log := killed(t)
	if err := opened(t, database, log); err != nil {
		t.Fatalf("a log that is whole: %v", err)
	}
	refused := func(what string, at int, want int64) {
		t.Helper()
		hurt := bytes.Clone(log)
		hurt[at] ^= 1 << (at % 8)
		var damage store.LogDamage
		if err := opened(t, database, hurt); !errors.As(err, &damage) || damage.At != want {
			t.Errorf("%s, byte %d: got %v, want damage at %d", what, at, err, want)
		}
	}
	for at := range logStart {
		refused("the header", at, 0)
	}
	last := lastFlaw(log)
	for n := 0; n < last; n += max(1, last/12) {
		start := logStart + n*frameSize
		for _, within := range []int{0, 5, 9, 24, 24 + 2048, frameSize - 1} {
			refused("a frame", start+within, int64(start))
		}
	}
}

// What a power cut may leave of a log is taken, as SQLite takes it.
func TestATornLogIsTaken(t *testing.T) {
	database, log := killed(t)
	frames := (len(log) - logStart) / frameSize
	for _, cut := range []int{0, 1, logStart - 1, logStart, logStart + 5, logStart + frameSize, logStart + (frames/2)*frameSize, logStart + (frames/2)*frameSize + 700, len(log) - 1} {
		if err := opened(t, database, log[:cut]); err != nil {
			t.Errorf("cut at %d: %v", cut, err)
		}
	}
	zeros := bytes.Clone(log)
	clear(zeros[logStart+(frames/2)*frameSize:])
	if err := opened(t, database, zeros); err != nil {
		t.Errorf("a size without its bytes: %v", err)
	}
	torn := bytes.Clone(log)
	torn[logStart+(frames-1)*frameSize+100] ^= 1 // the last commit was not synced
	if err := opened(t, database, torn); err != nil {
		t.Errorf("a torn last commit: %v", err)
	}
	// Frames of the round before lie behind those of this one, under other salts.
	older := bytes.Clone(log)
	for n := frames / 2; n < frames; n++ {
		older[logStart+n*frameSize+8] ^= 0xff
	}
	if err := opened(t, database, older); err != nil {
		t.Errorf("frames of an older round: %v", err)
	}
}
