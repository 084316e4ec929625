package objectstest

import (
	"context"
	"io"
	"net/textproto"
	"slices"
	"strings"
	"time"

	"muster/internal/objects"
)

// Head implements objects.Keeper.
func (m *Model) Head(ctx context.Context, r objects.Read) (*objects.Found, error) {
	f, err := m.Get(ctx, r)
	if err != nil {
		return nil, err
	}
	f.Body = nil
	return f, nil
}

// Get implements objects.Keeper.
func (m *Model) Get(_ context.Context, r objects.Read) (f *objects.Found, err error) {
	err = m.judged(r.Bucket, finding(r.Ref), []objects.Judge{r.Judge}, func(b *place, found []*kept) error {
		k, err := b.readable(found[0], r.Version)
		if err != nil {
			return err
		}
		if err := holdsForRead(r.Conditions, k); err != nil {
			return refuse(err, b, k)
		}
		f, err = b.cut(k, r)
		return err
	})
	return f, err
}

// finding looks for the version that r names.
func finding(r objects.Ref) func(b *place) ([]*kept, error) {
	return func(b *place) ([]*kept, error) { return []*kept{b.find(r.Key, r.Version)}, nil }
}

// readable returns k unless it is nothing or a delete marker.
func (b *place) readable(k *kept, id string) (*kept, error) {
	switch {
	case k == nil && id == "":
		return nil, objects.NoObject
	case k == nil:
		return nil, objects.NoVersion
	case k.Marker && id == "":
		return nil, refuse(objects.NoObject, b, k)
	case k.Marker:
		return nil, refuse(objects.IsMarker, b, k)
	}
	return k, nil
}

// refuse adds what was found to a refusal.
func refuse(err error, b *place, k *kept) error {
	r, ok := err.(*objects.Refused)
	if !ok {
		r = &objects.Refused{Refusal: err.(objects.Refusal)}
	}
	o := b.shown(k)
	r.Object = &o
	return r
}

// cut finds the bytes that are asked for.
func (b *place) cut(k *kept, r objects.Read) (*objects.Found, error) {
	f := &objects.Found{Object: b.shown(k), Length: k.Size}
	switch {
	case r.Part > 0 && k.Parts == 0 && r.Part == 1:
		f.Partial = true
	case r.Part > 0:
		for _, p := range k.parts {
			if p.Number == r.Part {
				f.Partial, f.Length, f.PartChecksum = true, p.Size, p.Checksum
				break
			}
			f.First += p.Size
		}
		if !f.Partial {
			return nil, refuse(objects.NoPart, b, k)
		}
	case r.Range != nil && holdsForRange(r.IfRange, k):
		first, last := bounds(*r.Range, k.Size)
		if first > last {
			return nil, refuse(objects.OutOfRange, b, k)
		}
		f.Partial, f.First, f.Length = true, first, last-first+1
	}
	f.Body = io.NopCloser(strings.NewReader(k.body[f.First : f.First+f.Length]))
	return f, nil
}

// bounds returns the first and the last byte of a range.
func bounds(r objects.Range, size int64) (first, last int64) {
	switch {
	case r.Suffix > 0:
		return max(0, size-r.Suffix), size - 1
	case r.Last < 0:
		return r.First, size - 1
	}
	return r.First, min(r.Last, size-1)
}

// Attributes implements objects.Keeper.
func (m *Model) Attributes(_ context.Context, r objects.Read, after, limit int) (a *objects.Attributes, err error) {
	err = m.judged(r.Bucket, finding(r.Ref), []objects.Judge{r.Judge}, func(b *place, found []*kept) error {
		k, err := b.readable(found[0], r.Version)
		if err != nil {
			return err
		}
		a = &objects.Attributes{Object: b.shown(k), Parts: partsAfter(k.parts, after, limit)}
		return nil
	})
	return a, err
}

func partsAfter(all []objects.Part, after, limit int) objects.Parts {
	page := objects.Parts{Total: len(all)}
	for _, p := range all {
		switch {
		case p.Number <= after:
		case len(page.Parts) == limit:
			page.More = true
			page.NextPart = page.Parts[limit-1].Number
			return page
		default:
			page.Parts = append(page.Parts, p)
		}
	}
	return page
}

// matches reports whether a header of conditions names the ETag.
func matches(header, etag string, weakToo bool) bool {
	if strings.TrimSpace(header) == "*" {
		return true
	}
	return slices.ContainsFunc(strings.Split(header, ","), func(one string) bool {
		one = strings.TrimSpace(one)
		strong, weak := strings.CutPrefix(one, "W/")
		return strings.Trim(strong, `"`) == etag && (weakToo || !weak)
	})
}

// seconds is a date as HTTP has it.
func seconds(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }

// failing returns the conditions that do not hold in the order of RFC 9110,
// 13.2.2, under their header's names: of match (412), and of change (304).
func failing(c objects.Conditions, k *kept) (match, change string) {
	switch {
	case c.IfMatch != "" && !matches(c.IfMatch, k.ETag, false):
		match = "If-Match"
	case c.IfMatch == "" && !c.IfUnmodifiedSince.IsZero() && seconds(k.Modified).After(c.IfUnmodifiedSince):
		match = "If-Unmodified-Since"
	}
	switch {
	case c.IfNoneMatch != "" && matches(c.IfNoneMatch, k.ETag, true):
		change = "If-None-Match"
	case c.IfNoneMatch == "" && !c.IfModifiedSince.IsZero() && !seconds(k.Modified).After(c.IfModifiedSince):
		change = "If-Modified-Since"
	}
	return match, change
}

func holdsForRead(c objects.Conditions, k *kept) error {
	match, change := failing(c, k)
	switch {
	case match != "":
		return &objects.Refused{Refusal: objects.Precondition, Condition: match}
	case change != "":
		return &objects.Refused{Refusal: objects.NotModified, Condition: change}
	}
	return nil
}

// holdsForCopy is of a copy's source: there is no 304.
func holdsForCopy(c objects.Conditions, k *kept) error {
	match, change := failing(c, k)
	if match == "" {
		match = change
	}
	if match == "" {
		return nil
	}
	return &objects.Refused{Refusal: objects.Precondition, Condition: "x-amz-copy-source-" + match, Source: true}
}

// holdsForWrite looks at what is there; k is nil where there is no object.
func holdsForWrite(c objects.Conditions, k *kept) error {
	switch {
	case c.IfMatch != "" && k == nil:
		return objects.NoObject
	case c.IfMatch != "" && !matches(c.IfMatch, k.ETag, false):
		return &objects.Refused{Refusal: objects.Precondition, Condition: "If-Match"}
	case c.IfNoneMatch != "" && k != nil && matches(c.IfNoneMatch, k.ETag, true):
		return &objects.Refused{Refusal: objects.Precondition, Condition: "If-None-Match"}
	}
	return nil
}

// holdsForRange reports whether If-Range lets the Range count: its ETag or its
// date is exactly the object's.
func holdsForRange(header string, k *kept) bool {
	if header == "" {
		return true
	}
	if date, err := time.Parse(httpDate, textproto.TrimString(header)); err == nil {
		return date.Equal(seconds(k.Modified))
	}
	return header == `"`+k.ETag+`"`
}

const httpDate = "Mon, 02 Jan 2006 15:04:05 GMT"

// judgeOfWrite returns the judge where it is asked: where If-Match names ETags.
func judgeOfWrite(c objects.Conditions, judge objects.Judge) objects.Judge {
	if c.IfMatch == "" || c.IfMatch == "*" {
		return nil
	}
	return judge
}
