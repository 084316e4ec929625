package objects

import (
	"context"
	"time"
)

// Rows keeps what is known of objects. Each method happens wholly or not at
// all, and what it did is on the disk when it returns nil. Refusals, and what
// a plan fails with, are returned as they are and change nothing.
//
// Contents whose last reference goes are removed in the same write. Their
// files are returned as Gone, to be removed once it is over.
//
// A plan runs inside of a write, on the newest state. It looks only at its
// arguments and may be run again.
type Rows interface {
	// Ready fails when nothing can be read or written.
	Ready(ctx context.Context) error

	// InsertBucket keeps a bucket. It is not an error if it is there.
	InsertBucket(ctx context.Context, name string) error
	// DeleteBucket removes a bucket with the uploads that are under way in it. It
	// fails with fault.InUse while the bucket has a version, or more uploads and
	// parts than can go at once. It is not an error if there is no such bucket.
	DeleteBucket(ctx context.Context, name string) ([]Gone, error)
	// Buckets returns the names of all buckets, in their order.
	Buckets(ctx context.Context) ([]string, error)
	// Bucket fails with NoBucket.
	Bucket(ctx context.Context, name string) (Bucket, error)
	// ChangeBucket keeps what change makes of a bucket's Versioning and Quota.
	ChangeBucket(ctx context.Context, name string, change func(*Bucket) error) error
	// Usage returns what a writer has in a bucket. It fails with NoBucket.
	Usage(ctx context.Context, bucket, writer string) (Usage, error)
	// Writers returns who has something in a bucket, in their order, those after
	// the writer after. It fails with NoBucket.
	Writers(ctx context.Context, bucket, after string, limit int) ([]WriterUsage, error)

	// SealingKeys returns all sealing keys from the oldest to the newest.
	SealingKeys(ctx context.Context) ([]SealedKey, error)
	// InsertSealingKey keeps a key unless there is one made after the time
	// unless, and returns the newest.
	InsertSealingKey(ctx context.Context, k SealedKey, unless time.Time) (SealedKey, error)

	// Find returns a version with its content; with data, the content's Inline
	// too. The row is nil where there is no such version. It fails with NoBucket.
	Find(ctx context.Context, bucket string, t Target, data bool) (Bucket, *Row, Content, error)
	// State returns what a plan for t would be given now. It fails with NoBucket.
	State(ctx context.Context, bucket string, t Target) (State, error)
	// Change does to keys what plan returns for each target, one after another.
	// It fails with NoBucket, with OverQuota where a Plan's Quota doesn't allow
	// it, and with ErrContentGone where a content to be shared is gone.
	Change(ctx context.Context, bucket string, all []Target, plan func(i int, s State) (Plan, error)) ([]Gone, error)

	// Newest calls fn for the newest versions that are no delete markers by key,
	// from a position on and before the key end ("" for no end), until fn
	// returns false. Rows of lists have no headers and no tags.
	Newest(ctx context.Context, bucket int64, from Position, end string, fn func(Row) bool) error
	// Versions does so for all versions.
	Versions(ctx context.Context, bucket int64, from Position, end string, fn func(Row) bool) error
	// Uploads does so for uploads under way.
	Uploads(ctx context.Context, bucket int64, from Position, end string, fn func(UploadRow) bool) error

	// Segments returns the segments of a content made of parts that hold bytes
	// from first to before end, with Inline. There is none if the content is gone.
	Segments(ctx context.Context, content, first, end int64) ([]Segment, error)
	// Numbered returns the segments of such a content with numbers above after,
	// without their contents.
	Numbered(ctx context.Context, content int64, after, limit int) ([]Segment, error)

	// InsertUpload keeps an upload and returns it with its UploadID, made of u's
	// Salt. It fails with NoBucket, and with OverQuota where quota doesn't allow it.
	InsertUpload(ctx context.Context, bucket string, u UploadRow, quota Quota) (UploadRow, error)
	// Upload fails with NoBucket and NoUpload.
	Upload(ctx context.Context, bucket, key string, id UploadID) (UploadRow, error)
	// InsertPart keeps a part of an upload in place of one of its number. It
	// fails with NoUpload, and with OverQuota where quota doesn't allow it.
	InsertPart(ctx context.Context, u UploadRow, p PartRow, c NewContent, quota Quota) ([]Gone, error)
	// UploadedParts returns parts of an upload by number, those above after.
	UploadedParts(ctx context.Context, upload int64, after, limit int) ([]PartRow, error)
	// Complete makes a content of the parts of these numbers, removes the upload
	// and all other parts, and does what plan returns; the plan's Insert gets the
	// content, whose name is as given. It fails with NoUpload, and with Conflict
	// where the upload has another generation than u.
	Complete(ctx context.Context, u UploadRow, name ContentID, numbers []int, plan func(State) (Plan, error)) ([]Gone, error)
	// Completed returns the version that an upload of that name became; nil if
	// there is none. It fails with NoBucket.
	Completed(ctx context.Context, bucket, key, name string) (Bucket, *Row, error)
	// DeleteUpload removes an upload and its parts. It fails with NoUpload.
	DeleteUpload(ctx context.Context, u UploadRow) ([]Gone, error)

	// Contents returns contents in the order of their ids, those above after, with Inline.
	Contents(ctx context.Context, after int64, limit int) ([]Content, error)
	// HasContent reports whether a content is there.
	HasContent(ctx context.Context, id int64) (bool, error)
	// Unknown returns those of names that no content kept in a file has.
	Unknown(ctx context.Context, names []ContentID) ([]ContentID, error)
	// NewestContent returns when the newest content was made; zero if there is none.
	NewestContent(ctx context.Context) (time.Time, error)
	// Note returns what SetNote kept under a name; "" if nothing.
	Note(ctx context.Context, name string) (string, error)
	// SetNote keeps a note. "" removes it.
	SetNote(ctx context.Context, name, value string) error
}

// Bucket is a bucket as its row says.
type Bucket struct {
	ID         int64
	Name       string
	Versioning Versioning
	Quota      *Quota // nil for the default
	Usage      Usage  // of all writers
}

// Target names a key, or a version of it.
type Target struct {
	Key string
	ID  VersionID // the zero value for the newest
}

// Position is a place in a list: a key, and among those of the key a Back or
// an id. What is there belongs to the list.
type Position struct {
	Key string
	N   int64
}

// Row is a version as it is kept.
type Row struct {
	Object
	Back    int64 // place among the versions of its key: the newest has the smallest
	Content int64 // 0 for a delete marker
	Upload  string
	Writer  string
}

// Kind is how a content is kept.
type Kind int

// The kinds.
const (
	InFile Kind = iota
	InRow
	OfParts // its segments are contents themselves
)

// Content is a content as its row says.
type Content struct {
	ID     int64 // never used again
	Name   ContentID
	Kind   Kind
	Size   int64
	Key    int64  // that it is sealed under
	Inline []byte // sealed, of one InRow, where asked for
}

// NewContent is a content to be kept; its ID isn't known yet.
type NewContent struct {
	Content
	Created time.Time
}

// Segment is a part of a content made of parts.
type Segment struct {
	Part
	Start   int64 // its first byte in the whole
	Content Content
}

// State is what is there of a key before a write. Newest, Null and Named may
// be one row; they are nil where there is none.
type State struct {
	Bucket Bucket
	Newest *Row // a delete marker, perhaps
	Null   *Row // the version without an id
	Named  *Row // that Target.ID names
}

// Plan is what a write does to a key. The zero Plan does nothing.
type Plan struct {
	Remove  []*Row
	Insert  *Row        // becomes the newest
	Content *NewContent // of Insert; nil where Insert shares a content or has none
	Shared  ContentID   // name of the content that Insert shares
	Tag     *Row        // gets Tags
	Tags    []Tag
	Quota   Quota // that what the write adds must keep
}

// Gone is a content that was removed: files that may be removed once nobody
// reads the content of that name any more.
type Gone struct {
	Name  ContentID
	Files []ContentID
}

// UploadRow is an upload as it is kept.
type UploadRow struct {
	UploadID
	BucketID   int64
	Generation int64 // grows with each part
	NewUpload
	Created time.Time
}

// PartRow is a part of an upload as it is kept.
type PartRow struct {
	Part
	Content int64
}

// SealedKey is a sealing key as it is kept: sealed under the master key.
type SealedKey struct {
	ID      int64
	Sealed  []byte
	Created time.Time
}
