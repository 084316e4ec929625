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

// authoriseCopy asks whether the caller may read what it copies.
func (f *Front) authoriseCopy(r *request, keys policy.Context) error {
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
	read := policy.Context{}
	action, tags := "s3:GetObject", "s3:GetObjectTagging"
	if src.version != "" {
		action, tags = "s3:GetObjectVersion", "s3:GetObjectVersionTagging"
		read.Set("s3:VersionId", src.version)
	}
	read.Set("s3:ResourceAccount", row.Account)
	read.Set("aws:ResourceAccount", row.Account)
	if err := f.may(r, action, src.arn(), read); err != nil {
		return err
	}
	r.Header.Set("X-Amz-Copy-Source", src.header())
	if r.op.name != "CopyObject" || r.Header.Get("X-Amz-Tagging-Directive") == "REPLACE" {
		return nil
	}
	if f.may(r, tags, src.arn(), read) == nil && f.may(r, "s3:PutObjectTagging", r.target.arn(), keys) == nil {
		return nil
	}
	return f.untagged(r, src)
}

// untagged denies a copy that would take tags along, to a caller who may not
// read or write them. An object without tags may be copied all the same.
func (f *Front) untagged(r *request, src source) error {
	version := params{}
	if src.version != "" {
		version["versionId"] = src.version
	}
	resp, err := f.Store.do(r.Context(), http.MethodHead, src.target, version, nil, nil)
	if err != nil {
		return err
	}
	resp.Body.Close()
	if n := resp.Header.Get("X-Amz-Tagging-Count"); n != "" && n != "0" {
		return errDenied
	}
	return nil
}
