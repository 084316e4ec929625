package externals3

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"muster/internal/objects"
)

// Attributes returns an object and a page of its parts. The object is read
// before the parts, and again when it is another one then.
func (s *Store) Attributes(ctx context.Context, r objects.Read, after, limit int) (*objects.Attributes, error) {
	for range tries {
		found, err := s.Head(ctx, r)
		if err != nil {
			return nil, err
		}
		a := &objects.Attributes{Object: found.Object}
		of := r.Ref
		if found.Versioned {
			of.Version = found.Version
		}
		a.Parts, err = s.attributes(ctx, of, &a.Object, after, limit)
		switch {
		case errors.Is(err, errChanged), isMissing(err):
			continue
		case err != nil:
			return nil, err
		}
		return a, nil
	}
	return nil, objects.Busy
}

var errChanged = errors.New("the object has changed")

func (s *Store) attributes(ctx context.Context, ref objects.Ref, o *objects.Object, after, limit int) (page objects.Parts, err error) {
	limit = pageLimit(limit)
	c := call{method: http.MethodGet, ref: ref, query: params{"attributes": ""}, header: http.Header{
		"X-Amz-Object-Attributes": {"ETag,Checksum,ObjectParts,StorageClass,ObjectSize"},
		"X-Amz-Max-Parts":         {strconv.Itoa(limit)},
	}}
	if after > 0 {
		c.header.Set("X-Amz-Part-Number-Marker", strconv.Itoa(after))
	}
	resp, err := s.do(ctx, c)
	if err != nil {
		return page, err
	}
	etag := ""
	err = eachChild(resp, c, maxList, "GetObjectAttributesResponse", func(e *element) (err error) {
		switch e.name() {
		case "ETag":
			etag, err = e.text()
		case "Checksum":
			var sum struct {
				partEntry
				ChecksumType string
			}
			if err = e.read(&sum); err == nil && o.Checksum.Value == "" {
				o.Checksum = sum.part().Checksum
				o.Checksum.Type = sum.ChecksumType
				o.Checksum = typedIfAny(o.Checksum)
			}
		case "ObjectParts":
			err = readParts(&page, e, limit)
		}
		return err
	})
	if err != nil {
		return page, err
	}
	if etag = unquote(strings.TrimSpace(etag)); etag != o.ETag {
		return page, errChanged
	}
	if o.Parts == 0 {
		o.Parts = page.Total
	}
	return page, endPage(&page, after)
}

// readParts reads the parts of an object.
func readParts(page *objects.Parts, parts *element, limit int) error {
	parts.done = true
	for {
		start, err := nextStart(parts.d)
		if err != nil || start == nil {
			return err
		}
		e := &element{d: parts.d, start: *start}
		switch e.name() {
		case "Part":
			err = addPart(page, e, limit)
		case "IsTruncated":
			err = e.read(&page.More)
		case "NextPartNumberMarker":
			err = e.read(&page.NextPart)
		case "PartsCount", "TotalPartsCount":
			err = e.read(&page.Total)
		default:
			err = parts.d.Skip()
		}
		if err != nil {
			return err
		}
	}
}
