package objects

// For tests from outside.
var (
	UploadChecksum = uploadChecksum
	SumParts       = sumParts
	IfRangeHolds   = ifRangeHolds
	ParseVersion   = parseVersion
	ParseUpload    = parseUpload
)

// NewID returns an id for a place, as versions and uploads have it.
func NewID(place int64) string { return encodeID(place, newSalt()) }

// ForRead checks the conditions of a read.
func (c Conditions) ForRead(o *Object) error { return c.forRead(o) }

// ForSource checks the conditions of a copy's source.
func (c Conditions) ForSource(o *Object) error { return c.forSource(o) }

// ForWrite checks the conditions of a write over what is there.
func (c Conditions) ForWrite(there *Row) error { return c.forWrite(there) }

// Span returns the bytes that r means.
func (r Range) Span(size int64) (first, length int64, ok bool) { return r.span(size) }
