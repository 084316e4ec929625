package store

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// SQLite reads its log (-wal) up to the first frame whose checksum is wrong, and
// takes the rest for what a power cut left of a write that was not acknowledged.
// A bit that flips in the middle would so undo acknowledged changes without a
// word. But one commit is synced before the next is begun: two commits that
// follow one another behind a broken frame were acknowledged, the first of them
// at least, and the frame was whole.
//
// The format is that of https://www.sqlite.org/fileformat2.html#walformat.

const (
	logHeader   = 32 // bytes
	frameHeader = 24
	logMagic    = 0x377f0682 // and one more where checksums are of big-endian words
)

// LogDamage is the error of a log that is damaged before its end.
type LogDamage struct {
	File string
	At   int64 // where the first broken frame begins, in bytes
}

func (d LogDamage) Error() string {
	return fmt.Sprintf("%s is damaged at byte %d, and acknowledged changes follow: restore the data directory from your copy; "+
		"or, to lose all changes from there on, `truncate -s %d %s`", d.File, d.At, d.At, d.File)
}

// sum is SQLite's running checksum.
type sum struct{ a, b uint32 }

func (s sum) of(order binary.ByteOrder, data []byte) sum {
	for ; len(data) >= 8; data = data[8:] {
		s.a += order.Uint32(data) + s.b
		s.b += order.Uint32(data[4:]) + s.a
	}
	return s
}

// frame is a frame of a log: a page, and what stands before it.
type frame struct {
	raw []byte
}

func (f frame) salts() [8]byte { return [8]byte(f.raw[8:16]) }
func (f frame) commits() bool  { return binary.BigEndian.Uint32(f.raw[4:]) != 0 }
func (f frame) kept() sum {
	return sum{binary.BigEndian.Uint32(f.raw[16:]), binary.BigEndian.Uint32(f.raw[20:])}
}

// after reports whether the frame follows the one with that checksum.
func (f frame) after(before sum, order binary.ByteOrder) bool {
	return before.of(order, f.raw[:8]).of(order, f.raw[frameHeader:]) == f.kept()
}

// checkLog fails with LogDamage where the log beside the database at path is
// damaged before its end. Nobody may have the database open. No log is fine.
func checkLog(path string) error {
	file := path + "-wal"
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("check the log of the database: %w", err)
	}
	defer f.Close()
	at, err := brokenAt(bufio.NewReaderSize(f, 1<<20), pageSizeOf(path))
	if err != nil {
		return fmt.Errorf("check the log of the database: %w", err)
	}
	if at >= 0 {
		return LogDamage{file, at}
	}
	return nil
}

// pageSizeOf returns the page size of a database, 0 where it can't be read.
func pageSizeOf(path string) int64 {
	f, err := os.Open(path)
	if err != nil {
		return 0
	}
	defer f.Close()
	var head [18]byte
	if _, err := io.ReadFull(f, head[:]); err != nil {
		return 0
	}
	return fullSize(uint32(binary.BigEndian.Uint16(head[16:])))
}

// fullSize returns a page size as SQLite writes it: 1 stands for 65536.
func fullSize(written uint32) int64 {
	if written == 1 {
		return 1 << 16
	}
	return int64(written)
}

// brokenAt returns where a log is broken, -1 where it isn't before its end.
// pageSize is that of the database, for a log whose header is broken.
func brokenAt(log io.Reader, pageSize int64) (int64, error) {
	var head [logHeader]byte
	if _, err := io.ReadFull(log, head[:]); ended(err) {
		return -1, nil
	} else if err != nil {
		return 0, err
	}
	var order binary.ByteOrder = binary.LittleEndian
	magic := binary.BigEndian.Uint32(head[:])
	if magic == logMagic+1 {
		order = binary.BigEndian
	}
	salts, last := [8]byte(head[16:24]), sum{}.of(order, head[:24])
	broken := int64(-1)
	if magic&^1 != logMagic || last != (sum{binary.BigEndian.Uint32(head[24:]), binary.BigEndian.Uint32(head[28:])}) {
		broken, order = 0, binary.NativeEndian // then the frames tell their salts
	} else {
		pageSize = fullSize(binary.BigEndian.Uint32(head[8:]))
	}
	if pageSize < 512 || pageSize > 1<<16 {
		return -1, nil
	}
	commits, raw := 0, make([]byte, frameHeader+pageSize)
	for at := int64(logHeader); ; at += int64(len(raw)) {
		if _, err := io.ReadFull(log, raw); ended(err) {
			return -1, nil
		} else if err != nil {
			return 0, err
		}
		f := frame{raw}
		follows := f.salts() == salts && f.after(last, order)
		switch {
		case broken < 0 && !follows:
			broken = at
		case broken >= 0 && !follows: // the frames from here on may follow this one
			commits = 0
		case broken >= 0 && f.commits():
			if commits++; commits == 2 {
				return broken, nil
			}
		}
		if last = f.kept(); broken == 0 {
			salts = f.salts()
		}
	}
}

// ended reports whether a log has no more whole frames.
func ended(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }
