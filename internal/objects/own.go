package objects

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"hash"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"muster/internal/seal"
	"muster/internal/space"
)

// Objects is Muster's own store: rows, and contents in sealed files, those of
// small objects in the rows. It is a Keeper.
//
// A content is on the disk before the row that names it, and its file is
// removed after the write that took its last row: a crash leaves a file too
// much, which Sweep removes, and never one too few.
type Objects struct {
	rows   Rows
	files  Files
	master *seal.Master

	// Now tells the time; time.Now when nil.
	Now func() time.Time
	// InlineLimit is the size up to which contents are kept in a row: 16 KiB
	// when 0, none when negative.
	InlineLimit int64
	// MinPart is the least size of a part but the last; 5 MiB when 0.
	MinPart int64
	// Disk is what the rows lie on, and FileDisk what the files do. Contents are
	// refused where they would go through the floor; nil for none.
	Disk, FileDisk *space.Disk
	// DefaultQuota is that of buckets without one of their own.
	DefaultQuota Quota
	// CRC64NVME computes the checksum that objects get whose makers name none;
	// that of the standard library, which takes four times as long, when nil.
	CRC64NVME func() hash.Hash
	// ScrubRate is how many bytes a second Scrub reads; 16 MiB when 0.
	ScrubRate int64

	holds *holds
	keys  struct {
		sync.Mutex
		all    map[int64]SealingKey
		newest SealedKey
	}
	started  time.Time
	newestAt time.Time // when the newest content was made, as of the start
	damaged  atomic.Int64
	sweeping sync.Mutex
	swept    struct {
		sync.Mutex
		last Swept
	}
}

var _ Keeper = (*Objects)(nil)

// New opens the store over its rows and files. It fails when the sealing keys
// were sealed under another master key.
func New(ctx context.Context, rows Rows, files Files, master *seal.Master) (*Objects, error) {
	o := &Objects{rows: rows, files: files, master: master, holds: newHolds(), started: time.Now().UTC()}
	if err := o.loadKeys(ctx); err != nil {
		return nil, err
	}
	var err error
	if o.newestAt, err = rows.NewestContent(ctx); err != nil {
		return nil, fmt.Errorf("look for the newest content: %w", err)
	}
	return o, nil
}

// Limits that S3 has.
const (
	maxPut    = 5 << 30 // bytes of a body
	maxObject = 5 << 40 // bytes of an object
	maxPart   = 10_000  // numbers of parts
)

// Encrypted is x-amz-server-side-encryption of every object of Muster's own store.
const Encrypted = "AES256"

// tries bounds how often something is decided anew because it changed
// meanwhile.
const tries = 16

// errAgain is returned by plans where what was judged isn't what is there.
var errAgain = errors.New("the object changed while it was judged")

// ErrContentGone is what a write fails with where a content that it would
// share was removed meanwhile.
var ErrContentGone = errors.New("the content to be shared is gone")

// Ready fails when rows can't be written.
func (o *Objects) Ready(ctx context.Context) error { return o.rows.Ready(ctx) }

// MakeBucket makes room for a bucket.
func (o *Objects) MakeBucket(ctx context.Context, bucket string) error {
	return o.rows.InsertBucket(ctx, bucket)
}

// RemoveBucket removes an empty bucket, and what was uploaded of objects to come.
func (o *Objects) RemoveBucket(ctx context.Context, bucket string) error {
	gone, err := o.rows.DeleteBucket(ctx, bucket)
	if err != nil {
		return err
	}
	o.remove(ctx, gone)
	return nil
}

// Versioning returns whether the bucket keeps versions.
func (o *Objects) Versioning(ctx context.Context, bucket string) (Versioning, error) {
	b, err := o.rows.Bucket(ctx, bucket)
	return b.Versioning, err
}

// SetVersioning changes whether the bucket keeps versions.
func (o *Objects) SetVersioning(ctx context.Context, bucket string, v Versioning) error {
	return o.rows.ChangeBucket(ctx, bucket, func(b *Bucket) error {
		if v != Enabled && v != Suspended && v != b.Versioning {
			return fmt.Errorf("versioning can't become %q", v)
		}
		b.Versioning = v
		return nil
	})
}

func (o *Objects) now() time.Time {
	now := time.Now()
	if o.Now != nil {
		now = o.Now()
	}
	return now.UTC().Truncate(time.Millisecond)
}

func (o *Objects) inlineLimit() int64 {
	if o.InlineLimit == 0 {
		return 16 << 10
	}
	return o.InlineLimit
}

func (o *Objects) minPart() int64 {
	if o.MinPart == 0 {
		return 5 << 20
	}
	return o.MinPart
}

// disk is where a content of that size is kept.
func (o *Objects) disk(size int64) *space.Disk {
	if size <= o.inlineLimit() {
		return o.Disk
	}
	return o.FileDisk
}

// refusal is err, of a disk that has no room, as a Refusal.
func refusal(err error) error {
	if errors.Is(err, space.ErrNoRoom) {
		return NoSpace
	}
	return err
}

func newContentID() (id ContentID) {
	rand.Read(id[:]) // never fails
	return id
}

// remove removes the files of contents that were removed, once nobody reads
// them. One that can't be removed is left to the sweep.
func (o *Objects) remove(ctx context.Context, all []Gone) {
	for _, gone := range all {
		if len(gone.Files) == 0 || !o.holds.remove(gone) {
			continue
		}
		for _, file := range gone.Files {
			o.unlink(ctx, file)
		}
		o.holds.removed(gone)
	}
}

func (o *Objects) unlink(ctx context.Context, file ContentID) {
	if err := o.files.Remove(file); err != nil {
		slog.WarnContext(ctx, "a file of a removed content is left behind", "file", file.String(), "err", err)
	}
}

// HoldFiles keeps all files from being removed, so that a copy of rows made
// now finds theirs, until resume is called.
func (o *Objects) HoldFiles() (resume func()) {
	o.holds.pause()
	return sync.OnceFunc(func() { o.remove(context.Background(), o.holds.resume()) })
}
