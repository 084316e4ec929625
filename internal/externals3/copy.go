package externals3

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"muster/internal/objects"
	"muster/internal/sigv4"
)

// Copy makes an object of another one's content.
func (s *Store) Copy(ctx context.Context, c objects.Copy) (objects.Object, error) {
	ref := objects.Ref{Bucket: c.Bucket, Key: c.Key}
	return copying(s, ctx, c.From, c.FromConditions, c.Judge, func(source *seen, h http.Header) (objects.Object, error) {
		if err := copyHeaders(c, source, h); err != nil {
			return objects.Object{}, err
		}
		w, err := s.overwriting(ctx, ref, c.Conditions, c.JudgeTarget, h)
		if err != nil {
			return objects.Object{}, err
		}
		defer w.release()
		w.holds = true // of a copy it isn't known whether it has tags
		if err := w.take(ctx); err != nil {
			return objects.Object{}, err
		}
		ask := call{method: http.MethodPut, ref: ref, header: h, slow: true, source: &c.From}
		done, err := s.made(ctx, ask, "CopyObjectResult")
		if err != nil {
			return objects.Object{}, w.settle(err)
		}
		return s.complete(ctx, done), nil
	})
}

// copyHeaders sets what a copy is to be.
func copyHeaders(c objects.Copy, source *seen, h http.Header) error {
	var kept objects.Headers
	if c.Headers != nil {
		kept = *c.Headers
		h.Set("X-Amz-Metadata-Directive", "REPLACE")
	} else {
		kept.StorageClass = c.StorageClass
		h.Set("X-Amz-Metadata-Directive", "COPY")
	}
	tags, directive := c.Tags, "REPLACE"
	switch {
	case c.ReplaceTags:
	case source != nil: // what was judged is what is written, whatever becomes of the source's meanwhile
		tags = source.Tags
	default:
		tags, directive = nil, "COPY"
	}
	made, err := keep(kept, tags, c.Encryption)
	if err != nil {
		return err
	}
	for name, values := range made {
		h[name] = values
	}
	h.Set("X-Amz-Tagging-Directive", directive)
	set(h, "X-Amz-Checksum-Algorithm", c.Checksum)
	return nil
}

// CopyPart makes a part of another object's content.
func (s *Store) CopyPart(ctx context.Context, c objects.CopyPart) (objects.Part, error) {
	if c.ID == "" {
		return objects.Part{}, objects.NoUpload
	}
	return copying(s, ctx, c.From, c.FromConditions, c.Judge, func(source *seen, h http.Header) (objects.Part, error) {
		size, err := s.partSize(ctx, c, source)
		if err != nil {
			return objects.Part{}, err
		}
		if c.Range != nil {
			h.Set("X-Amz-Copy-Source-Range", rangeHeader(*c.Range))
		}
		ask := call{method: http.MethodPut, ref: objects.Ref{Bucket: c.Bucket, Key: c.Key}, header: h, slow: true, source: &c.From,
			query: params{"uploadId": c.ID, "partNumber": strconv.Itoa(c.Number)}}
		done, err := s.made(ctx, ask, "CopyPartResult")
		if err != nil {
			return objects.Part{}, err
		}
		sum := done.Checksum
		sum.Type = ""
		return objects.Part{Number: c.Number, Size: size, ETag: done.ETag, Modified: done.Modified, Checksum: sum, SourceVersion: done.SourceVersion}, nil
	})
}

// partSize returns how large a copied part becomes, which the store doesn't say.
func (s *Store) partSize(ctx context.Context, c objects.CopyPart, source *seen) (int64, error) {
	if source == nil {
		found, err := s.fetch(ctx, http.MethodHead, objects.Read{Ref: c.From})
		if err != nil {
			return 0, ofSource(err)
		}
		source = &seen{Object: found.Object}
	}
	switch r := c.Range; {
	case r == nil:
		return source.Size, nil
	case r.Suffix != 0 || r.First < 0 || r.First > r.Last || r.Last >= source.Size:
		return 0, &objects.Refused{Refusal: objects.OutOfRange, Object: &source.Object, Source: true}
	default:
		return r.Last - r.First + 1, nil
	}
}

// ofSource marks a refusal as one of a copy's source.
func ofSource(err error) error {
	var plain objects.Refusal
	if !errors.As(err, &plain) {
		return err
	}
	out := &objects.Refused{Refusal: plain}
	if r := (*objects.Refused)(nil); errors.As(err, &r) {
		*out = *r
	}
	out.Source = true
	return out
}

// copying has do make a copy of what was judged. It hands over what the judge
// has seen, nil without one, and the headers that name the source.
func copying[T any](s *Store, ctx context.Context, from objects.Ref, c objects.Conditions, judge objects.Judge, do func(source *seen, h http.Header) (T, error)) (none T, err error) {
	if strings.Contains(from.Key, "?versionId=") { // there are stores that unescape the header before they look for the version
		return none, &objects.Refused{Refusal: objects.NotBuilt, Message: "An object whose key contains ?versionId= can't be copied.", Source: true}
	}
	if judge == nil {
		h := http.Header{"X-Amz-Copy-Source": {sourceHeader(from)}}
		conditions(h, copySource, c)
		done, err := do(nil, h)
		return done, s.explain(ctx, from, err)
	}
	for range tries {
		then, err := s.look(ctx, from)
		if err != nil {
			return none, ofSource(err)
		}
		if err := judge(then.tagsSeen()); err != nil {
			return none, err
		}
		if then.missing != nil {
			return none, ofSource(then.missing)
		}
		if err := checkSource(c, &then.Object); err != nil {
			return none, err
		}
		h := http.Header{"X-Amz-Copy-Source": {sourceHeader(from)}, copySource + "If-Match": {`"` + then.ETag + `"`}}
		done, err := do(then, h)
		var r *objects.Refused
		if errors.As(err, &r) && r.Source && (isMissing(err) || errors.Is(err, objects.Precondition)) {
			continue // it isn't any more what was judged
		}
		return done, err
	}
	return none, objects.Conflict
}

// explain looks why the store finds a copy's source invalid: it may be a delete
// marker, which S3 refuses in the words of any bad request.
func (s *Store) explain(ctx context.Context, from objects.Ref, err error) error {
	if from.Version == "" || !errors.Is(err, objects.NotBuilt) && !errors.Is(err, objects.BadVersion) {
		return err
	}
	if _, why := s.fetch(ctx, http.MethodHead, objects.Read{Ref: from}); errors.Is(why, objects.IsMarker) || errors.Is(why, objects.NoVersion) {
		return ofSource(why)
	}
	return err
}

func sourceHeader(from objects.Ref) string {
	h := "/" + from.Bucket + "/" + sigv4.Escape(from.Key, true)
	if from.Version != "" {
		h += "?versionId=" + sigv4.Escape(from.Version, false)
	}
	return h
}

// made asks for an object or a part to be made of what the store has, and
// returns what it says of it. It may say that it has failed after it has begun
// to answer.
func (s *Store) made(ctx context.Context, c call, root string) (objects.Object, error) {
	resp, err := s.do(ctx, c)
	if errors.Is(err, objects.NotModified) { // a copy has nothing to be kept of
		var r *objects.Refused
		if errors.As(err, &r) {
			err = &objects.Refused{Refusal: objects.Precondition, Condition: notModifiedBy(c), Source: true}
		}
	}
	if err != nil {
		return objects.Object{}, err
	}
	o := objectOf(c.ref, resp.Header)
	o.Newest, o.SourceVersion = true, resp.Header.Get("X-Amz-Copy-Source-Version-Id")
	err = eachChild(resp, c, maxSmall, root, func(e *element) error {
		algorithm, isSum := strings.CutPrefix(e.name(), "Checksum")
		if !isSum && e.name() != "ETag" && e.name() != "LastModified" {
			return nil
		}
		text, err := e.text()
		switch {
		case err != nil:
			return err
		case e.name() == "ETag":
			o.ETag = unquote(text)
		case e.name() == "LastModified":
			o.Modified = timeOf(text)
		case algorithm == "Type":
			o.Checksum.Type = text
		case checksumSize[algorithm] != 0:
			o.Checksum.Algorithm, o.Checksum.Value = algorithm, text
		}
		return nil
	})
	switch {
	case err != nil:
		return objects.Object{}, err
	case o.ETag == "":
		return objects.Object{}, fmt.Errorf("the object store's answer, a %s, has no ETag", root)
	case o.Checksum.Value == "":
		o.Checksum = objects.Checksum{}
	}
	o.Parts = partsOf(resp.Header, o.ETag)
	o.Checksum = typedIfAny(o.Checksum)
	return o, nil
}

// notModifiedBy names the condition of a copy that only a 304 can mean.
func notModifiedBy(c call) string {
	if c.header.Get(copySource+"If-None-Match") != "" {
		return ofTheSource("If-None-Match")
	}
	return ofTheSource("If-Modified-Since")
}

// complete adds what the store didn't say of an object that it has just made.
// Another may be in its place already: then it stays unsaid.
func (s *Store) complete(ctx context.Context, o objects.Object) objects.Object {
	ref := o.Ref
	if !o.Versioned {
		ref.Version = ""
	}
	found, err := s.fetch(context.WithoutCancel(ctx), http.MethodHead, objects.Read{Ref: ref})
	if err != nil || found.ETag != o.ETag || found.Version != o.Version {
		return o
	}
	found.Newest, found.SourceVersion, found.Tags = o.Newest, o.SourceVersion, nil
	if found.Checksum.Value == "" {
		found.Checksum = o.Checksum
	}
	return found.Object
}
