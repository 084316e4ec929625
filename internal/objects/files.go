package objects

import (
	"context"
	"errors"
	"io"
	"time"
)

// ContentID is the random id of one content. Files are named by it.
type ContentID [16]byte

// SealingKey is a key under which contents are sealed: each under one derived
// from it for its id, its length and the key's own id.
type SealingKey struct {
	ID     int64
	Secret [32]byte
}

// String keeps the key out of whatever is printed.
func (SealingKey) String() string { return "REDACTED" }

// GoString keeps the key out of %#v as well.
func (SealingKey) GoString() string { return "REDACTED" }

// Files keeps contents, sealed. What it gives back is what was written under
// that id, key and size, or an error; never a byte of anything else.
type Files interface {
	// Write keeps the size bytes that r gives. When it returns nil they are on
	// the disk under their id: written to a temporary file, synced, renamed, and
	// the folder synced. Nothing is left when it fails. It fails with what r
	// failed with, and with NoSpace when the disk is full.
	Write(ctx context.Context, id ContentID, key SealingKey, size int64, r io.Reader) error
	// Read returns length bytes of a content from first on. It fails with
	// ErrNoFile when there is no file of that id. Reading fails before a byte
	// that was changed on the disk is given.
	Read(ctx context.Context, id ContentID, key SealingKey, size, first, length int64) (io.ReadCloser, error)
	// Seal returns a content as Write would keep it, for keeping it elsewhere.
	Seal(id ContentID, key SealingKey, plain []byte) ([]byte, error)
	// Unseal returns what Seal sealed.
	Unseal(id ContentID, key SealingKey, size int64, sealed []byte) ([]byte, error)
	// Remove removes a file. It is not an error if there is none.
	Remove(id ContentID) error
	// Walk calls fn for each file until it fails, in no order; temporary ones,
	// which nobody writes to any more, are Temporary and have no ID.
	Walk(ctx context.Context, fn func(File) error) error
	// Discard removes a temporary file that Walk named.
	Discard(f File) error
}

// File is a file of contents as Walk finds it.
type File struct {
	ID        ContentID
	Temporary bool
	Path      string // of a temporary one, below the directory of all
	Size      int64  // bytes on the disk
	Changed   time.Time
}

// ErrNoFile is what Files.Read fails with when the file is gone.
var ErrNoFile = errors.New("the file of the content is not there")

// ErrDamaged is what reading fails with when a content isn't what was written.
var ErrDamaged = errors.New("the content was damaged or exchanged")
