package objects

import (
	"strings"
	"time"
)

// The headers that a Refused names as its Condition.
const (
	ifMatch           = "If-Match"
	ifNoneMatch       = "If-None-Match"
	ifModifiedSince   = "If-Modified-Since"
	ifUnmodifiedSince = "If-Unmodified-Since"
	ofSource          = "x-amz-copy-source-"
)

// etags are a header's list of ETags.
type etags struct {
	any    bool // *
	strong []string
	weak   []string
}

// parseETags reads a list of ETags. As on AWS, quotes may be missing on either
// side.
func parseETags(header string) (e etags) {
	for item := range strings.SplitSeq(header, ",") {
		item = strings.TrimSpace(item)
		weak, isWeak := strings.CutPrefix(item, "W/")
		switch {
		case item == "*":
			e.any = true
		case isWeak:
			e.weak = append(e.weak, unquote(weak))
		case item != "":
			e.strong = append(e.strong, unquote(item))
		}
	}
	return e
}

// named reports whether the list names ETags.
func (e etags) named() bool { return len(e.strong)+len(e.weak) > 0 }

func unquote(etag string) string {
	return strings.TrimSuffix(strings.TrimPrefix(etag, `"`), `"`)
}

// is compares strongly: a weak ETag is nothing's.
func (e etags) is(etag string) bool { return e.any || contains(e.strong, etag) }

// isWeakly compares weakly, as If-None-Match does.
func (e etags) isWeakly(etag string) bool { return e.is(etag) || contains(e.weak, etag) }

func contains(all []string, etag string) bool {
	for _, e := range all {
		if strings.EqualFold(e, etag) {
			return true
		}
	}
	return false
}

// forRead checks the conditions of a Read of o, in the order of RFC 9110,
// section 13.2.2.
func (c Conditions) forRead(o *Object) error {
	modified := o.Modified.Truncate(time.Second)
	switch {
	case c.IfMatch != "" && !parseETags(c.IfMatch).is(o.ETag):
		return &Refused{Refusal: Precondition, Condition: ifMatch}
	case c.IfMatch == "" && !c.IfUnmodifiedSince.IsZero() && modified.After(c.IfUnmodifiedSince):
		return &Refused{Refusal: Precondition, Condition: ifUnmodifiedSince}
	case c.IfNoneMatch != "" && parseETags(c.IfNoneMatch).isWeakly(o.ETag):
		return &Refused{Refusal: NotModified, Condition: ifNoneMatch, Object: o}
	case c.IfNoneMatch == "" && !c.IfModifiedSince.IsZero() && !modified.After(c.IfModifiedSince):
		return &Refused{Refusal: NotModified, Condition: ifModifiedSince, Object: o}
	}
	return nil
}

// forSource checks the conditions on the source of a copy. S3 writes the names
// of the headers just so: the prefix in lower case, and the rest not.
func (c Conditions) forSource(o *Object) error {
	err, _ := c.forRead(o).(*Refused)
	if err == nil {
		return nil
	}
	return &Refused{Refusal: Precondition, Condition: ofSource + err.Condition, Source: true}
}

// forWrite checks the conditions of a write over what is there: nil or a
// delete marker for nothing. Of a delete marker, too, If-Match is refused with
// 404: the User Guide says 412, but S3 was seen to answer 404 NoSuchKey.
func (c Conditions) forWrite(there *Row) error {
	if there != nil && there.Marker {
		there = nil
	}
	switch {
	case c.IfMatch != "" && there == nil:
		return &Refused{Refusal: NoObject, Condition: ifMatch}
	case c.IfMatch != "" && !parseETags(c.IfMatch).is(there.ETag):
		return &Refused{Refusal: Precondition, Condition: ifMatch}
	case c.IfNoneMatch != "" && there != nil && parseETags(c.IfNoneMatch).isWeakly(there.ETag):
		return &Refused{Refusal: Precondition, Condition: ifNoneMatch}
	}
	return nil
}

// asksETag reports whether a write depends on what the object there is: its
// Judge is asked then.
func (c Conditions) asksETag() bool { return c.IfMatch != "" && parseETags(c.IfMatch).named() }

// The forms of a date in HTTP (RFC 9110, section 5.6.7).
var dateForms = []string{"Mon, 02 Jan 2006 15:04:05 GMT", "Monday, 02-Jan-06 15:04:05 GMT", time.ANSIC}

// holds reports whether an If-Range still names o: by its strong ETag or by
// exactly its date.
func ifRangeHolds(header string, o *Object) bool {
	for _, form := range dateForms {
		if date, err := time.Parse(form, header); err == nil {
			return date.Equal(o.Modified.Truncate(time.Second))
		}
	}
	e := parseETags(header)
	return len(e.strong) == 1 && !e.any && len(e.weak) == 0 && e.is(o.ETag)
}

// span returns the bytes that r means of an object of that size.
func (r Range) span(size int64) (first, length int64, ok bool) {
	if r.Suffix > 0 {
		length = min(r.Suffix, size)
		return size - length, length, length > 0
	}
	if r.First >= size || r.First < 0 {
		return 0, 0, false
	}
	last := size - 1
	if r.Last >= 0 {
		last = min(last, r.Last)
	}
	return r.First, last - r.First + 1, last >= r.First
}
