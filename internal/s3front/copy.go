package s3front

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"muster/internal/bucket"
	"muster/internal/fault"
	"muster/internal/policy"
	"muster/internal/sigv4"
)

// source is what a copy is made from.
type source struct {
	target
	version string
	judged  *judged // where the decision may rest on its tags
	tagged  bool    // it is copied with the tags that were judged
}

// params name the version, if there is one.
func (s source) params() params {
	if s.version == "" {
		return nil
	}
	return params{"versionId": s.version}
}

var errBadSource = refusal(http.StatusBadRequest, "InvalidArgument", "Copy Source must mention the source bucket and key: sourcebucket/sourcekey")

// readSource reads an x-amz-copy-source: [/]bucket/key[?versionId=id], escaped.
func readSource(header string) (source, error) {
	path, version, versioned := strings.Cut(header, "?versionId=")
	path, err := url.PathUnescape(path)
	if err != nil {
		return source{}, errBadSource
	}
	var s source
	s.bucket, s.key, _ = strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if s.key == "" || bucket.CheckName(s.bucket) != nil {
		return source{}, errBadSource
	}
	if err := checkKey(s.key); err != nil {
		return source{}, err
	}
	// The store unescapes before it looks for the version.
	if strings.Contains(s.key, "?versionId=") {
		return source{}, errBadKey
	}
	if !versioned {
		return s, nil
	}
	if s.version, err = url.PathUnescape(version); err != nil {
		return source{}, errBadSource
	}
	return s, checkID(s.version)
}

// header writes the source as it is sent on.
func (s source) header() string {
	h := "/" + s.bucket + "/" + sigv4.Escape(s.key, true)
	if s.version != "" {
		h += "?versionId=" + s.version
	}
	return h
}

// authoriseSource asks whether the caller may read what it copies.
func (f *Front) authoriseSource(r *request) (source, error) {
	src, err := readSource(r.Header.Get("X-Amz-Copy-Source"))
	if err != nil {
		return src, err
	}
	row, err := f.Buckets.Find(r.Context(), src.bucket)
	if errors.Is(err, fault.NotFound) {
		return src, noBucket(src.bucket)
	}
	if err != nil {
		return src, err
	}
	if owner := r.Header.Get("X-Amz-Source-Expected-Bucket-Owner"); row.Account != r.caller.Account || (owner != "" && owner != row.Account) {
		return src, errDenied
	}
	if r.caller.LooksAt(existingTag) || r.takesTags() && r.caller.LooksAt(requestTag) {
		if src.judged, err = f.look(r, src.target, src.params()); err != nil {
			return src, err
		}
	}
	action := "s3:GetObject"
	if src.version != "" {
		action = "s3:GetObjectVersion"
	}
	if err := f.may(r, action, src.arn(), f.sourceKeys(r, src)); err != nil {
		return src, err
	}
	r.Header.Set("X-Amz-Copy-Source", src.header())
	if src.judged == nil {
		return src, nil
	}
	src.tagged = r.takesTags()
	if src.tagged {
		// What is decided about is what is written, whatever becomes of the source's meanwhile.
		r.tags = src.judged.tags
		r.Header.Set("X-Amz-Tagging-Directive", "REPLACE")
		r.Header.Set("X-Amz-Tagging", formatTagging(r.tags))
	}
	return src, r.pin(&src)
}

// takesTags reports whether the request is a copy that takes the tags of its
// source along.
func (r *request) takesTags() bool {
	return r.op.name == "CopyObject" && r.Header.Get("X-Amz-Tagging-Directive") != "REPLACE"
}

// sourceKeys are the condition keys of the actions on a copy's source.
func (f *Front) sourceKeys(r *request, src source) policy.Context {
	c := f.common(r)
	if src.version != "" {
		c.Set("s3:VersionId", src.version)
	}
	if src.judged != nil {
		tagConditions(c, existingTag, src.judged.tags)
	}
	return c
}

// pin makes the store copy what was judged, or nothing.
func (r *request) pin(src *source) error {
	const match, since = "X-Amz-Copy-Source-If-Match", "X-Amz-Copy-Source-If-Unmodified-Since"
	r.pinned = true
	for name := range r.Header {
		r.pinned = r.pinned && !strings.HasPrefix(name, "X-Amz-Copy-Source-If-")
	}
	if src.judged.etag == "" {
		r.Header.Set(match, `"none"`) // there was nothing, and what comes now wasn't judged
		return nil
	}
	asked := strings.Trim(r.Header.Get(match), `"`)
	if asked != "" && asked != "*" && asked != strings.Trim(src.judged.etag, `"`) {
		return errPrecondition
	}
	// The tag outweighs the time, which is asked for here instead.
	if before, err := http.ParseTime(r.Header.Get(since)); err == nil && asked == "" {
		if at, err := http.ParseTime(src.judged.modified); err != nil || at.After(before) {
			return errPrecondition
		}
	}
	r.Header.Set(match, src.judged.etag)
	return nil
}

// authoriseTags asks whether the caller may take along the tags of what it
// copies.
func (f *Front) authoriseTags(r *request, src source, keys policy.Context) error {
	if !src.tagged && !r.takesTags() {
		return nil
	}
	tags := "s3:GetObjectTagging"
	if src.version != "" {
		tags = "s3:GetObjectVersionTagging"
	}
	if f.may(r, tags, src.arn(), f.sourceKeys(r, src)) == nil && f.may(r, "s3:PutObjectTagging", r.target.arn(), keys) == nil {
		return nil
	}
	return f.untagged(r, src)
}

// checkDirectorySource refuses what the embedded store fails to copy: it takes
// the directory for an object of that name, and has nothing to copy of one
// whose name ends with a slash.
func (f *Front) checkDirectorySource(r *request) error {
	src, err := readSource(r.Header.Get("X-Amz-Copy-Source"))
	if err != nil {
		return err
	}
	switch j, err := f.head(r.Context(), src.target, src.params()); {
	case err != nil:
		return err
	case j.etag == "":
		if err := f.hide(r, src.target); err != nil {
			return err
		}
		return noKey(src.key)
	case strings.HasSuffix(src.key, "/"):
		return notBuilt(r.op.name + " of an object whose key ends with a slash")
	}
	return nil
}

// untagged denies a copy that would take tags along, to a caller who may not
// read or write them. An object without tags may be copied all the same.
func (f *Front) untagged(r *request, src source) error {
	if src.tagged {
		if len(src.judged.tags) > 0 {
			return errDenied
		}
		return nil
	}
	resp, err := f.Store.do(r.Context(), http.MethodHead, src.target, src.params(), nil, nil)
	if err != nil {
		return err
	}
	resp.Body.Close()
	if n := resp.Header.Get("X-Amz-Tagging-Count"); n != "" && n != "0" {
		return errDenied
	}
	return nil
}
