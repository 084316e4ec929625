package externals3

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"muster/internal/objects"
)

// Head returns what is known of an object.
func (s *Store) Head(ctx context.Context, r objects.Read) (*objects.Found, error) {
	return s.find(ctx, http.MethodHead, r)
}

// Get returns an object's content, or a part of it.
func (s *Store) Get(ctx context.Context, r objects.Read) (*objects.Found, error) {
	return s.find(ctx, http.MethodGet, r)
}

// find reads what was judged, or nothing.
func (s *Store) find(ctx context.Context, method string, r objects.Read) (*objects.Found, error) {
	if r.Judge == nil {
		return s.findTagged(ctx, method, r)
	}
	for range tries {
		then, err := s.judged(ctx, r.Ref, r.Judge)
		if err != nil {
			return nil, err
		}
		if then.missing != nil {
			return nil, then.missing
		}
		found, err := s.fetch(ctx, method, r)
		switch {
		case err == nil && then.is(&found.Object):
			found.Tags = then.Tags
			return found, nil
		case err == nil:
			closeFound(found)
		case !isMissing(err) && !saysAnother(err, then):
			return nil, err
		}
	}
	return nil, objects.Busy // who reads asks again
}

func closeFound(f *objects.Found) {
	if f.Body != nil {
		f.Body.Close()
	}
}

// saysAnother reports whether a refusal tells of another object than was judged.
func saysAnother(err error, then *seen) bool {
	var r *objects.Refused
	return errors.As(err, &r) && errors.Is(err, objects.NotModified) && r.Object != nil && r.Object.ETag != then.ETag
}

// findTagged reads an object, and its tags where the store says that there are any.
func (s *Store) findTagged(ctx context.Context, method string, r objects.Read) (*objects.Found, error) {
	found, err := s.fetch(ctx, method, r)
	if err != nil || len(found.Tags) == 0 {
		return found, err
	}
	of := r.Ref
	if found.Versioned {
		of.Version = found.Version
	}
	tagged, err := s.readTags(ctx, of)
	if err != nil && !isMissing(err) { // what has gone meanwhile has none
		closeFound(found)
		return nil, err
	}
	found.Tags = tagged.Tags
	return found, nil
}

// fetch asks the store for an object. Of its tags only the number is known:
// they are empty.
func (s *Store) fetch(ctx context.Context, method string, r objects.Read) (*objects.Found, error) {
	c := call{method: method, ref: r.Ref, query: params{}, header: http.Header{}}
	conditions(c.header, "", r.Conditions)
	c.header.Set("X-Amz-Checksum-Mode", "ENABLED")
	if r.Part != 0 {
		c.query["partNumber"] = strconv.Itoa(r.Part)
	} else if r.Range != nil {
		c.header.Set("Range", rangeHeader(*r.Range))
		set(c.header, "If-Range", r.IfRange)
	}
	resp, err := s.do(ctx, c)
	if errors.Is(err, objects.NoObject) && method == http.MethodHead {
		err = s.checkBucket(ctx, r.Bucket, err)
	}
	if err != nil {
		return nil, err
	}
	found, err := foundIn(resp, r)
	if err != nil {
		resp.Body.Close()
		return nil, err
	}
	if found.Partial && r.IfRange != "" && !rangeHolds(r.IfRange, &found.Object) { // there are stores that take no notice of If-Range
		resp.Body.Close()
		r.Range, r.IfRange = nil, ""
		return s.fetch(ctx, method, r)
	}
	if method == http.MethodHead {
		resp.Body.Close()
		found.Body = nil
	}
	return found, nil
}

// checkBucket returns NoBucket instead of err where it is the bucket that isn't
// there: the answer to a HEAD doesn't say it.
func (s *Store) checkBucket(ctx context.Context, bucket string, err error) error {
	if _, bad := s.simple(ctx, call{method: http.MethodHead, ref: objects.Ref{Bucket: bucket}}); errors.Is(bad, objects.NoBucket) {
		return objects.NoBucket
	}
	return err
}

// foundIn reads what an answer's headers say.
func foundIn(resp *http.Response, r objects.Read) (*objects.Found, error) {
	length, err := strconv.ParseInt(resp.Header.Get("Content-Length"), 10, 64)
	if err != nil || length < 0 {
		return nil, errors.New("the object store gives an object without its length")
	}
	found := &objects.Found{Object: objectOf(r.Ref, resp.Header), Length: length, Body: resp.Body}
	if found.ETag == "" {
		return nil, errors.New("the object store gives an object without its ETag")
	}
	found.Size = length
	if n, _ := strconv.Atoi(resp.Header.Get("X-Amz-Tagging-Count")); n > 0 {
		found.Tags = make([]objects.Tag, min(n, maxTags))
	}
	if resp.StatusCode != http.StatusPartialContent {
		return found, nil
	}
	found.Partial = true
	if r.Part != 0 {
		found.PartChecksum, found.Checksum = found.Checksum, objects.Checksum{}
	} else if r.Range == nil {
		return nil, errors.New("the object store gives a part of an object that nobody asked for")
	}
	span := resp.Header.Get("Content-Range")
	if span == "" && length == 0 { // the first part of an empty object
		return found, nil
	}
	var last int64
	if _, err := fmt.Sscanf(span, "bytes %d-%d/%d", &found.First, &last, &found.Size); err != nil || found.First < 0 || last-found.First+1 != length || last >= found.Size {
		return nil, fmt.Errorf("the object store gives %d bytes of an object and says that they are %q", length, printable(span))
	}
	if r.Range != nil && r.Part == 0 && !within(*r.Range, found) {
		return nil, fmt.Errorf("the object store gives %q of an object instead of %s", printable(span), rangeHeader(*r.Range))
	}
	return found, nil
}

// within reports whether what was found is what the range means.
func within(r objects.Range, found *objects.Found) bool {
	first, last := r.First, r.Last
	if r.Suffix > 0 {
		first, last = max(0, found.Size-r.Suffix), -1
	}
	if last < 0 || last >= found.Size {
		last = found.Size - 1
	}
	return found.First == first && found.Length == last-first+1
}

func rangeHeader(r objects.Range) string {
	switch {
	case r.Suffix > 0:
		return fmt.Sprintf("bytes=-%d", r.Suffix)
	case r.Last < 0:
		return fmt.Sprintf("bytes=%d-", r.First)
	}
	return fmt.Sprintf("bytes=%d-%d", r.First, r.Last)
}

// rangeHolds reports whether an If-Range names the object.
func rangeHolds(header string, o *objects.Object) bool {
	if at, err := http.ParseTime(header); err == nil {
		return at.Equal(o.Modified)
	}
	return !strings.HasPrefix(header, "W/") && strings.Trim(header, `"`) == o.ETag
}

// Put keeps a new object.
func (s *Store) Put(ctx context.Context, p objects.Put) (objects.Object, error) {
	ref := objects.Ref{Bucket: p.Bucket, Key: p.Key}
	c := call{method: http.MethodPut, ref: ref}
	var err error
	if c.header, err = keep(p.Headers, p.Tags, p.Encryption); err != nil {
		return objects.Object{}, err
	}
	w, err := s.overwriting(ctx, ref, p.Conditions, p.Judge, c.header)
	if err != nil {
		return objects.Object{}, err
	}
	defer w.release()
	w.holds = len(p.Tags) > 0
	if c.body, err = upload(p.Body, p.Headers.ContentEncoding, func() error { return w.take(ctx) }); err != nil {
		return objects.Object{}, err
	}
	h, err := s.simple(ctx, c)
	if err != nil {
		return objects.Object{}, w.settle(err)
	}
	o := objectOf(ref, h)
	o.Size, o.Headers, o.Tags, o.Parts = p.Body.Size, p.Headers, p.Tags, 0
	return o, nil
}
