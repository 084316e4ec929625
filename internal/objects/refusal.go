package objects

// Refusal is why a store refuses, in its own words; the door knows S3's.
type Refusal string

// The refusals.
const (
	NoBucket     Refusal = "there is no such bucket"
	NoObject     Refusal = "there is no such object"
	NoVersion    Refusal = "there is no such version"
	BadVersion   Refusal = "that can't be a version id"
	IsMarker     Refusal = "the version is a delete marker" // named by its id
	NoUpload     Refusal = "there is no such upload"
	Precondition Refusal = "a condition does not hold"
	NotModified  Refusal = "the object has not changed" // of a Read only: 304
	OutOfRange   Refusal = "the range is outside of the object"
	NoPart       Refusal = "the object has no such part" // of Read.Part: 416
	BadPart      Refusal = "a part is not there, or is another one"
	PartOrder    Refusal = "the parts are not in ascending order"
	PartTooSmall Refusal = "a part other than the last is too small"
	BadDigest    Refusal = "the content is not what its checksum says"
	BadChecksum  Refusal = "that checksum can't be asked for here"
	BadSize      Refusal = "the object would have another size than was said"
	TooLarge     Refusal = "the object would be too large"
	SelfCopy     Refusal = "a copy onto itself would change nothing"
	Conflict     Refusal = "the object was changed at the same time"
	Busy         Refusal = "the store can't answer now" // 503
	NoSpace      Refusal = "there is no room for it"    // the floor of free space is reached
	OverQuota    Refusal = "the quota would be exceeded"
	NotBuilt     Refusal = "the store doesn't do that"
)

func (r Refusal) Error() string { return string(r) }

// Refused is a Refusal and what there is to say about it.
type Refused struct {
	Refusal
	// Object is what was found where a Read is refused with NotModified,
	// IsMarker, OutOfRange or, where the newest version is a delete marker,
	// NoObject.
	Object *Object
	// Condition is the header whose condition doesn't hold, such as If-Match or
	// x-amz-copy-source-If-Match.
	Condition string
	// Message says more, in words that its caller may read; "" for none.
	Message string
	// Ref is the object that is meant where several are named: a copy's source.
	Source bool
}

func (r *Refused) Unwrap() error { return r.Refusal }

// Error returns the message, or the refusal's words.
func (r *Refused) Error() string {
	if r.Message != "" {
		return r.Message
	}
	return string(r.Refusal)
}
