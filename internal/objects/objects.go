// Package objects knows S3 objects: which versions a key has, what is kept of
// each, what an upload in parts becomes, and under which conditions something
// is read, written or removed. It knows no HTTP, no XML and no permissions: who
// may do what is asked through a Judge where it depends on the object.
//
// Two keep objects: Muster's own store (New), whose objects are rows and whose
// content is sealed files, and any other S3 (package externals3). Both are a
// Keeper, and pass the one suite of package objectstest.
//
// A key is any UTF-8 of 1 to 1024 bytes and nothing else; the order of keys is
// that of their bytes. Behaviour is that of the S3 API Reference and the S3
// User Guide.
package objects

import (
	"context"
	"io"
	"time"
)

// A Keeper keeps the objects of all buckets. It fails with a Refusal, or a
// *Refused that wraps one and says more; any other error is internal.
//
// Each method that changes something does it wholly or not at all, and what it
// did is on the disk when it returns nil.
type Keeper interface {
	// MakeBucket makes room for a bucket. It is not an error if there is room already.
	MakeBucket(ctx context.Context, bucket string) error
	// RemoveBucket removes a bucket; uploads that are under way go with it. It
	// fails with fault.InUse while the bucket holds an object, a version or a
	// delete marker. It is not an error if there is no such bucket.
	RemoveBucket(ctx context.Context, bucket string) error
	// Versioning returns whether the bucket keeps versions.
	Versioning(ctx context.Context, bucket string) (Versioning, error)
	// SetVersioning changes it. It can't become NeverVersioned again.
	SetVersioning(ctx context.Context, bucket string, v Versioning) error

	// Head returns what is known of an object; Body of what it returns is nil.
	Head(ctx context.Context, r Read) (*Found, error)
	// Get returns an object's content, or a part of it. The caller closes Body.
	Get(ctx context.Context, r Read) (*Found, error)
	// Attributes returns an object and a page of the parts it was made of:
	// those after the number after, at most limit.
	Attributes(ctx context.Context, r Read, after, limit int) (*Attributes, error)
	// Put keeps a new object, in place of the one of that key or, where the
	// bucket has versions, on top of it. Nothing changes unless all of the body
	// arrived and is what it was said to be.
	Put(ctx context.Context, p Put) (Object, error)
	// Copy makes an object of another one's content. Its Modified is now.
	Copy(ctx context.Context, c Copy) (Object, error)
	// Delete removes objects and versions, or puts delete markers over them. It
	// returns one Deleted for each of all, in their order; those that failed
	// hold an error of their own.
	Delete(ctx context.Context, bucket string, all []Deletion) ([]Deleted, error)

	// List lists the newest versions that are no delete markers, by key.
	List(ctx context.Context, l List) (Listed, error)
	// ListVersions lists all versions by key, of one key from the newest to the oldest.
	ListVersions(ctx context.Context, l List) (Listed, error)

	// Tags returns the object with its tags, in the order in which they were set.
	Tags(ctx context.Context, o Ref, judge Judge) (Object, error)
	// SetTags replaces all tags of one version of an object; none removes them.
	// It changes nothing else, Modified included.
	SetTags(ctx context.Context, o Ref, tags []Tag, judge Judge) (Object, error)

	// CreateUpload begins an upload in parts and returns its id.
	CreateUpload(ctx context.Context, u NewUpload) (id string, err error)
	// PutPart keeps a part, in place of one of that number.
	PutPart(ctx context.Context, p PutPart) (Part, error)
	// CopyPart makes a part of another object's content.
	CopyPart(ctx context.Context, c CopyPart) (Part, error)
	// Complete makes an object of parts. Completed again with the same parts, an
	// upload whose object is still there answers as the first time.
	Complete(ctx context.Context, c Completion) (Object, error)
	// Abort gives up an upload and what was kept of it.
	Abort(ctx context.Context, u Upload) error
	// ListParts lists the parts of an upload by number.
	ListParts(ctx context.Context, u Upload, after, limit int) (Parts, error)
	// ListUploads lists the uploads under way by key, of one key from the oldest to the newest.
	ListUploads(ctx context.Context, l List) (Uploads, error)

	// Ready fails when objects can't be read or written now.
	Ready(ctx context.Context) error
}

// Ref names an object, or one version of it.
type Ref struct {
	Bucket, Key string
	Version     string // "" for the newest; NullVersion for the one without an id
}

// NullVersion is the id of the one version that was made while its bucket gave no ids.
const NullVersion = "null"

// Versioning is whether a bucket keeps versions, in S3's words.
type Versioning string

// The states. From NeverVersioned a bucket goes to Enabled or Suspended and never back.
const (
	NeverVersioned Versioning = ""
	Enabled        Versioning = "Enabled"
	Suspended      Versioning = "Suspended"
)

// Tag is a tag of an object.
type Tag struct{ Key, Value string }

// Headers are what an object's maker says of it, kept and given back as they
// came. Those that are "" were not given.
type Headers struct {
	CacheControl, ContentDisposition, ContentEncoding, ContentLanguage, ContentType, Expires string
	StorageClass                                                                             string            // "" is STANDARD
	Metadata                                                                                 map[string]string // names in lower case, without x-amz-meta-
}

// Checksum is one of S3's additional checksums.
type Checksum struct {
	Algorithm string // as in x-amz-checksum-algorithm, such as CRC32, SHA512 or XXHASH3; "" for none
	Type      string // FullObject or Composite
	Value     string // base64; a composite one ends with - and the number of parts
}

// Types of a Checksum.
const (
	FullObject = "FULL_OBJECT"
	Composite  = "COMPOSITE"
)

// Object is one version of an object as it is kept. Objects in lists have no
// Headers but StorageClass, and no Tags.
type Object struct {
	Ref              // Version is NullVersion where the bucket gave none
	Versioned bool   // the bucket gives versions, or gave them once: the id is for showing
	Newest    bool   // no version of the key is newer
	Marker    bool   // a delete marker: it has nothing of what follows but Modified
	Size      int64  // bytes
	ETag      string // without quotes
	Modified  time.Time
	Headers   Headers
	Tags      []Tag
	Checksum  Checksum
	Parts     int    // how many parts it was made of; 0 when it was made whole
	Encrypted string // x-amz-server-side-encryption as true of it; "" when the store doesn't say
	// SourceVersion is set in what Copy returns: the id of the version that was
	// copied, where its bucket gives versions or gave them once.
	SourceVersion string
}

// A Judge says whether its caller may do what it is asking for to an object
// that has these tags; nil where there is no object. Its error is returned as
// it is. It is called outside of any write and may be called again: what is
// then done is done to an object with the tags that were last judged. A nil
// Judge allows.
type Judge func(tags []Tag) error

// Conditions are those of RFC 9110, section 13, as far as they were given.
type Conditions struct {
	IfMatch, IfNoneMatch               string    // the header: * or a list of ETags
	IfModifiedSince, IfUnmodifiedSince time.Time // whole seconds; zero when not given
}

// Range is the Range of a request: bytes First to Last, both counted; Last is
// -1 when it is open. When Suffix is set, it is the last Suffix bytes.
type Range struct{ First, Last, Suffix int64 }

// Read asks for an object.
type Read struct {
	Ref
	Conditions Conditions
	Range      *Range // nil for all of it
	IfRange    string // the header: an ETag or a date; the range is ignored unless it holds
	Part       int    // the number of the part to read; 0 for all
	Judge      Judge
}

// Found is an object that was read.
type Found struct {
	Object
	First, Length int64         // the bytes that Body gives
	Partial       bool          // a Range or Part was obeyed: the answer is 206
	PartChecksum  Checksum      // of the part that was asked for
	Body          io.ReadCloser // fails rather than give a byte that isn't the object's
}

// Attributes are an object and a page of its parts.
type Attributes struct {
	Object
	Parts Parts
}

// Body is content on its way in.
type Body struct {
	// Reader fails rather than end before Size bytes.
	Reader io.Reader
	Size   int64
	MD5    []byte // what it must be; nil when nobody said
	// Checksum is the one that the client names. Its Value may be "": then it is
	// computed and kept, or where Trailer isn't nil it must be what Trailer
	// returns once Reader has ended.
	Checksum Checksum
	Trailer  func() string
}

// Put is a new object.
type Put struct {
	Bucket, Key string
	Headers     Headers
	Tags        []Tag
	Body        Body
	Conditions  Conditions // IfMatch and IfNoneMatch, of the object that is there
	Judge       Judge      // of the object that is there, asked where IfMatch names ETags
	Writer      string     // whose quota it counts against
	Encryption  string     // x-amz-server-side-encryption as asked for: AES256, or "" when it wasn't
}

// Copy is an object to be made of another.
type Copy struct {
	From           Ref
	FromConditions Conditions
	Bucket, Key    string
	Headers        *Headers // nil for the source's but for StorageClass
	StorageClass   string   // where Headers is nil
	Tags           []Tag
	ReplaceTags    bool   // Tags instead of the source's
	Checksum       string // the algorithm to have; "" for the source's
	Conditions     Conditions
	Judge          Judge // of the source
	JudgeTarget    Judge // of the object that is there, asked where Conditions.IfMatch names ETags
	Writer         string
	Encryption     string // as of Put
}

// Deletion is an object or a version to be removed.
type Deletion struct {
	Key, Version string
	Conditions   Conditions // IfMatch
	Judge        Judge      // asked where IfMatch names ETags
	// Only is the version that must be there as it was read, the newest or not
	// as it was then; else it fails with Conflict. Nil for any.
	Only *Object
}

// Deleted is what became of a Deletion.
type Deleted struct {
	Key, Version  string // as asked
	Marker        bool   // a delete marker was made, or removed
	MarkerVersion string // its version id
	Versioned     bool   // the bucket has, or had, versions
	Err           error
}

// List asks for a page of a list. Max is at least 1.
type List struct {
	Bucket, Prefix, Delimiter string
	// After is where the page begins: after that key, and after all keys that
	// share its beginning up to the delimiter when it ends there. Where AfterID
	// is given too, a version or upload of that key, the page begins after it
	// among those of the key.
	After, AfterID string
	Max            int // objects and prefixes together
}

// Listed is a page of objects and of the prefixes that stand for several.
type Listed struct {
	Objects      []Object // with Marker and Newest set where versions were asked for
	Prefixes     []string
	More         bool
	Next, NextID string // what to put into After and AfterID; "" unless More
}

// Upload names an upload in parts.
type Upload struct{ Bucket, Key, ID string }

// NewUpload is an upload to be begun.
type NewUpload struct {
	Bucket, Key string
	Headers     Headers
	Tags        []Tag
	Checksum    Checksum // Algorithm and Type that the object is to have; Value is ""
	Writer      string
	Encryption  string // as of Put
}

// Part is a part of an upload, or of an object made by one.
type Part struct {
	Number   int
	Size     int64
	ETag     string // without quotes; "" where it isn't kept any more
	Modified time.Time
	Checksum Checksum // its Type is ""
	// SourceVersion is set in what CopyPart returns, as in what Copy returns.
	SourceVersion string
}

// Parts is a page of parts. Total is how many there are in all, where it is known.
type Parts struct {
	Upload   UploadInfo
	Parts    []Part
	Total    int
	More     bool
	NextPart int
}

// PutPart is a part to be kept.
type PutPart struct {
	Upload
	Number int // 1 to 10,000
	Body   Body
}

// CopyPart is a part to be made of another object.
type CopyPart struct {
	Upload
	Number         int
	From           Ref
	FromConditions Conditions
	Range          *Range // First and Last, within the object
	Judge          Judge  // of the source
}

// Completion is an upload to be made an object.
type Completion struct {
	Upload
	Parts      []Part // Number, ETag as sent and, where it was sent, Checksum
	Checksum   Checksum
	Size       int64 // that the object must have; -1 when not given
	Conditions Conditions
	Judge      Judge // of the object that is there, asked where IfMatch names ETags
	Writer     string
}

// UploadInfo is an upload under way.
type UploadInfo struct {
	Upload
	Created      time.Time
	StorageClass string
	Checksum     Checksum
}

// Uploads is a page of uploads.
type Uploads struct {
	Uploads      []UploadInfo
	Prefixes     []string
	More         bool
	Next, NextID string
}
