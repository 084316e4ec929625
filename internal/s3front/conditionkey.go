package s3front

import (
	"crypto/tls"
	"maps"
	"strconv"
	"strings"

	"muster/internal/objects"
	"muster/internal/policy"
)

// common are the condition keys that every action has, whatever is asked for,
// see "Actions, resources, and condition keys for Amazon S3" in the Service
// Authorization Reference.
func (f *Front) common(r *request) policy.Context {
	c := policy.Context{}
	authType := map[bool]string{true: "REST-QUERY-STRING", false: "REST-HEADER"}[r.signature.Presigned]
	if r.signature.Form {
		authType = "POST"
	}
	c.Set("s3:authType", authType)
	c.Set("s3:signatureversion", map[bool]string{true: "AWS", false: "AWS4-HMAC-SHA256"}[r.signature.Version2])
	switch {
	case r.signature.Version2:
		c.Set("s3:signatureAge", "0") // as on AWS: it doesn't tell when it was made
	case r.signature.Presigned:
		c.Set("s3:signatureAge", strconv.FormatInt(max(0, f.now().Sub(r.signature.Time).Milliseconds()), 10))
	}
	if r.TLS != nil {
		c.Set("s3:TlsVersion", map[uint16]string{tls.VersionTLS12: "1.2", tls.VersionTLS13: "1.3"}[r.TLS.Version])
	}
	if hash := r.Header.Get("X-Amz-Content-Sha256"); hash != "" {
		c.Set("s3:x-amz-content-sha256", hash)
	}
	// A copy is only made between buckets of one account, and what is not there
	// yet will be the caller's.
	c.Set("s3:ResourceAccount", r.caller.Account)
	c.Set("aws:ResourceAccount", r.caller.Account)
	return c
}

// conditions are the condition keys of the actions on the request's target,
// which would get tags.
func (f *Front) conditions(r *request, tags []objects.Tag) policy.Context {
	c := f.common(r)
	for key, name := range map[string]string{"s3:prefix": "prefix", "s3:delimiter": "delimiter", "s3:max-keys": "max-keys", "s3:VersionId": "versionId"} {
		if v, ok := r.params[name]; ok {
			c.Set(key, v)
		}
	}
	for _, name := range []string{"x-amz-acl", "x-amz-metadata-directive", "x-amz-object-ownership", "x-amz-server-side-encryption", "x-amz-storage-class"} {
		if v := r.Header.Get(name); v != "" {
			c.Set("s3:"+name, v)
		}
	}
	if src, err := readSource(r.Header.Get("X-Amz-Copy-Source")); err == nil {
		c.Set("s3:x-amz-copy-source", src.bucket+"/"+src.key) // however it was written
	}
	for _, name := range r.op.conditions {
		if v := r.Header.Get(name); v != "" && r.op.action != "s3:GetObject" && strings.HasSuffix(name, "-Match") {
			c.Set("s3:"+strings.ToLower(name), v)
		}
	}
	if r.op.action == "s3:PutObject" { // parts and what begins them make no object
		c.Set("s3:ObjectCreationOperation", strconv.FormatBool(r.op.name == "PutObject" || r.op.name == "PostObject" || r.op.name == "CopyObject" || r.op.name == "CompleteMultipartUpload"))
	}
	if r.location != "" {
		c.Set("s3:LocationConstraint", r.location)
	}
	requestTags(c, tags)
	return c
}

// requestTags sets the condition keys of the tags that an object would get.
func requestTags(c policy.Context, tags []objects.Tag) {
	tagConditions(c, "s3:RequestObjectTag/", tags)
	var names []string
	for _, t := range tags {
		names = append(names, t.Key)
	}
	c.Set("s3:RequestObjectTagKeys", names...)
}

// tagConditions sets a condition key for each tag: prefix and the tag's key.
// Condition keys have no case, but tags have: of two that an object has and
// that differ in it alone, the condition key has both values.
func tagConditions(c policy.Context, prefix string, tags []objects.Tag) {
	values := map[string][]string{}
	for _, t := range tags {
		name := strings.ToLower(t.Key)
		values[name] = append(values[name], t.Value)
	}
	for name, v := range values {
		c.Set(prefix+name, v...)
	}
}

// withExisting returns the condition keys with those of the tags that an object
// has. c is left as it is.
func withExisting(c policy.Context, tags []objects.Tag) policy.Context {
	if len(tags) == 0 {
		return c
	}
	all := maps.Clone(c)
	tagConditions(all, existingTag, tags)
	return all
}
