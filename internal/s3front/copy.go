package s3front

import (
	"encoding/xml"
	"errors"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"muster/internal/bucket"
	"muster/internal/fault"
	"muster/internal/objects"
	"muster/internal/policy"
)

// source is what a copy is made from.
type source struct {
	target
	version string
}

func (s source) ref() objects.Ref {
	return objects.Ref{Bucket: s.bucket, Key: s.key, Version: s.version}
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
	if !versioned {
		return s, nil
	}
	if s.version, err = url.PathUnescape(version); err != nil || s.version == "" {
		return source{}, errBadSource
	}
	if !isVersionID(s.version) {
		return source{}, badVersion(s.version)
	}
	return s, nil
}

// authoriseCopy asks for what a copy needs: actions on its target, to read its
// source, and to take that one's tags along. Where what the target gets depends
// on the source's tags, the source comes first.
func (f *Front) authoriseCopy(r *request, actions []string) (err error) {
	judged := r.takesTags() && r.caller.LooksAt(requestTag) // the target is, by the source's tags
	if !judged {
		if err := f.mayWriteCopy(r, actions, r.tags); err != nil {
			return err
		}
	}
	if err := f.findSource(r); err != nil {
		return err
	}
	looks := r.caller.LooksAt(existingTag)
	if !looks {
		if err := f.mayReadSource(r, nil); err != nil {
			return err
		}
	}
	taken := r.takesTags() && (looks || judged || f.mayTakeTags(r, nil, nil) != nil)
	if looks || judged || taken {
		r.judgeSource = func(tags []objects.Tag) error {
			if looks {
				if err := f.mayReadSource(r, tags); err != nil {
					return err
				}
			}
			if judged {
				if err := f.mayWriteCopy(r, actions, tags); err != nil {
					return err
				}
			}
			if taken && len(tags) > 0 {
				return f.mayTakeTags(r, tags, tags)
			}
			return nil
		}
	}
	return f.authoriseCompare(r)
}

// mayWriteCopy asks for the actions on a copy that gets tags.
func (f *Front) mayWriteCopy(r *request, actions []string, tags []objects.Tag) error {
	if r.caller.LooksAt(requestTag) && sameButForCase(tags) {
		return errTagCase
	}
	return f.mayAll(r, actions, r.target.arn(), f.conditions(r, tags))
}

// findSource reads what is to be copied, whose bucket must be the caller's
// account's too.
func (f *Front) findSource(r *request) error {
	src, err := readSource(r.Header.Get("X-Amz-Copy-Source"))
	if err != nil {
		return err
	}
	row, err := f.Buckets.Find(r.Context(), src.bucket)
	if errors.Is(err, fault.NotFound) {
		return noBucket(src.bucket)
	}
	if err != nil {
		return err
	}
	if owner := r.Header.Get("X-Amz-Source-Expected-Bucket-Owner"); row.Account != r.caller.Account || (owner != "" && owner != row.Account) {
		return errDenied
	}
	r.source = src
	return nil
}

// mayReadSource asks whether the caller may read what it copies, which has tags.
func (f *Front) mayReadSource(r *request, tags []objects.Tag) error {
	action := "s3:GetObject"
	if r.source.version != "" {
		action = "s3:GetObjectVersion"
	}
	return f.may(r, action, r.source.arn(), f.sourceKeys(r, tags))
}

// mayTakeTags asks whether the caller may read the tags of what it copies and
// write them on the copy. An object without tags may be copied without either.
func (f *Front) mayTakeTags(r *request, existing, taken []objects.Tag) error {
	read := "s3:GetObjectTagging"
	if r.source.version != "" {
		read = "s3:GetObjectVersionTagging"
	}
	if f.may(r, read, r.source.arn(), f.sourceKeys(r, existing)) == nil && f.may(r, "s3:PutObjectTagging", r.target.arn(), f.conditions(r, taken)) == nil {
		return nil
	}
	return errDenied
}

// takesTags reports whether the request is a copy that takes the tags of its
// source along.
func (r *request) takesTags() bool {
	return r.op.name == "CopyObject" && r.Header.Get("X-Amz-Tagging-Directive") != "REPLACE"
}

// sourceKeys are the condition keys of the actions on a copy's source.
func (f *Front) sourceKeys(r *request, tags []objects.Tag) policy.Context {
	c := f.common(r)
	if r.source.version != "" {
		c.Set("s3:VersionId", r.source.version)
	}
	return withExisting(c, tags)
}

// copyResult is the answer of both kinds of copy.
type copyResult struct {
	XMLName      xml.Name
	LastModified string
	ETag         string
	Checksum     []element
}

func (f *Front) copyObject(w *answer, r *request) error {
	c := objects.Copy{
		From: r.source.ref(), FromConditions: copyConditions(r.Header), Bucket: r.target.bucket, Key: r.target.key,
		Conditions: conditionsOf(r.Header), Judge: r.judgeSource, JudgeTarget: r.judge, Writer: writerOf(r.caller), Encryption: r.encryption(),
	}
	if err := r.readDirectives(&c); err != nil {
		return err
	}
	if c.Checksum = strings.ToUpper(r.Header.Get("X-Amz-Checksum-Algorithm")); c.Checksum != "" && !slices.Contains(algorithms, c.Checksum) {
		return errBadAlgorithm
	}
	o, err := f.Objects.Copy(r.Context(), c)
	if err != nil {
		return err
	}
	f.madeHeaders(w.Header(), r, &o)
	r.sourceVersion(w, o.SourceVersion)
	return answerXML(w, copyResult{XMLName: xml.Name{Space: namespace, Local: "CopyObjectResult"}, LastModified: xmlTime(o.Modified), ETag: quoted(o.ETag), Checksum: checksumElements(o.Checksum)})
}

// readDirectives reads whether the copy keeps its source's headers and tags.
func (r *request) readDirectives(c *objects.Copy) (err error) {
	switch directive := r.Header.Get("X-Amz-Metadata-Directive"); directive {
	case "", "COPY":
		c.StorageClass, err = r.storageClass()
	case "REPLACE":
		var h objects.Headers
		h, err = r.readHeaders()
		c.Headers = &h
	default:
		return badArgument("x-amz-metadata-directive", directive, "Unknown metadata directive.")
	}
	if err != nil {
		return err
	}
	switch directive := r.Header.Get("X-Amz-Tagging-Directive"); directive {
	case "", "COPY":
	case "REPLACE":
		c.Tags, c.ReplaceTags = r.tags, true
	default:
		return badArgument("x-amz-tagging-directive", directive, "Unknown tagging directive.")
	}
	return nil
}

func (f *Front) uploadPartCopy(w *answer, r *request) error {
	upload, number, err := r.part()
	if err != nil {
		return err
	}
	c := objects.CopyPart{Upload: upload, Number: number, From: r.source.ref(), FromConditions: copyConditions(r.Header), Judge: r.judgeSource}
	if asked := r.Header.Get("X-Amz-Copy-Source-Range"); asked != "" {
		if c.Range = readRange(asked); c.Range == nil || c.Range.Suffix > 0 || c.Range.Last < 0 || c.Range.Last == math.MaxInt64 {
			return badArgument("x-amz-copy-source-range", asked, "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy")
		}
	}
	p, err := f.Objects.CopyPart(r.Context(), c)
	if err != nil {
		return err
	}
	f.encryptedHeader(w)
	r.sourceVersion(w, p.SourceVersion)
	return answerXML(w, copyResult{XMLName: xml.Name{Space: namespace, Local: "CopyPartResult"}, LastModified: xmlTime(p.Modified), ETag: quoted(p.ETag), Checksum: checksumElements(p.Checksum)})
}

// sourceVersion says which version was copied.
func (r *request) sourceVersion(w *answer, version string) {
	if version = orElse(version, r.source.version); version != "" {
		w.Header().Set("X-Amz-Copy-Source-Version-Id", version)
	}
}

// copyConditions are those of a copy's source.
func copyConditions(h http.Header) objects.Conditions {
	const prefix = "X-Amz-Copy-Source-"
	return objects.Conditions{
		IfMatch: h.Get(prefix + "If-Match"), IfNoneMatch: h.Get(prefix + "If-None-Match"),
		IfModifiedSince: date(h.Get(prefix + "If-Modified-Since")), IfUnmodifiedSince: date(h.Get(prefix + "If-Unmodified-Since")),
	}
}

// conditionsOf are those of the object that the request names.
func conditionsOf(h http.Header) objects.Conditions {
	return objects.Conditions{
		IfMatch: strings.Join(h["If-Match"], ","), IfNoneMatch: strings.Join(h["If-None-Match"], ","),
		IfModifiedSince: date(h.Get("If-Modified-Since")), IfUnmodifiedSince: date(h.Get("If-Unmodified-Since")),
	}
}

// date reads a date; one that is none says nothing.
func date(header string) time.Time {
	t, _ := http.ParseTime(header)
	return t
}
