package s3front

import (
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/policy"
)

// checkBucket finds the row of the bucket, which must be the caller's
// account's: nobody can open a bucket to another account, since bucket
// policies and ACLs are not implemented.
func (f *Front) checkBucket(r *request) error {
	row, err := f.Buckets.Find(r.Context(), r.target.bucket)
	if errors.Is(err, fault.NotFound) {
		return noBucket(r.target.bucket)
	}
	if err != nil {
		return err
	}
	if row.Account != r.caller.Account {
		return errDenied
	}
	if owner := r.Header.Get("X-Amz-Expected-Bucket-Owner"); owner != "" && owner != row.Account {
		return errDenied
	}
	r.row = row
	return nil
}

func noBucket(name string) error {
	return &Error{Status: http.StatusNotFound, Code: "NoSuchBucket", Message: "The specified bucket does not exist", Bucket: name}
}

// authorise asks for every permission that the request needs.
func (f *Front) authorise(r *request) error {
	if r.op.perKey {
		return nil
	}
	actions := append([]string{r.op.action}, r.op.also...)
	if r.params["versionId"] != "" {
		actions = append([]string{r.op.versioned}, r.op.alsoVersioned...)
	}
	if r.Header.Get("X-Amz-Tagging") != "" {
		actions = append(actions, "s3:PutObjectTagging")
	}
	if r.comparesContent() {
		actions = append(actions, "s3:GetObject")
	}
	acl, err := r.harmlessACL()
	if err != nil {
		return err
	}
	if acl {
		actions = append(actions, map[kind]string{onBucket: "s3:PutBucketAcl", onObject: "s3:PutObjectAcl"}[r.target.kind()])
	}
	keys := r.conditions()
	if err := r.tagConditions(keys); err != nil {
		return err
	}
	for _, action := range actions {
		if err := f.may(r, action, r.target.arn(), keys); err != nil {
			return err
		}
	}
	if r.op.copies {
		return f.authoriseCopy(r, keys)
	}
	return nil
}

func (f *Front) may(r *request, action string, resource arn.ARN, keys policy.Context) error {
	return f.IAM.Authorize(r.Context(), r.caller, action, resource, keys)
}

// comparesContent reports whether the request writes or deletes an object if
// it is what the client names. The answer tells who guesses what it is, so it
// asks for the permission to read too, see "How to perform conditional
// deletes" in the S3 User Guide.
func (r *request) comparesContent() bool {
	match := r.Header.Get("If-Match")
	return match != "" && match != "*" && r.Method != http.MethodGet && r.Method != http.MethodHead
}

// harmlessACL reports whether the request has an ACL that says what is so
// anyway. ACLs are off, as for new buckets on AWS: any other is refused.
func (r *request) harmlessACL() (bool, error) {
	for name := range r.Header {
		if strings.HasPrefix(name, "X-Amz-Grant-") {
			return false, errNoACLs
		}
	}
	switch r.Header.Get("X-Amz-Acl") {
	case "":
		return false, nil
	case "private", "bucket-owner-full-control":
		return true, nil
	}
	return false, errNoACLs
}

var errNoACLs = refusal(http.StatusBadRequest, "AccessControlListNotSupported", "The bucket does not allow ACLs")

// conditions are the condition keys of a request, see "Condition keys for
// Amazon S3" in the Service Authorization Reference.
func (r *request) conditions() policy.Context {
	c := policy.Context{}
	for key, name := range map[string]string{"s3:prefix": "prefix", "s3:delimiter": "delimiter", "s3:max-keys": "max-keys", "s3:VersionId": "versionId"} {
		if v, ok := r.params[name]; ok {
			c.Set(key, v)
		}
	}
	for _, name := range []string{"x-amz-acl", "x-amz-copy-source", "x-amz-metadata-directive", "x-amz-storage-class", "x-amz-content-sha256"} {
		if v := r.Header.Get(name); v != "" {
			c.Set("s3:"+name, v)
		}
	}
	for _, name := range r.op.conditions {
		if v := r.Header.Get(name); v != "" && r.op.action != "s3:GetObject" && strings.HasSuffix(name, "-Match") {
			c.Set("s3:"+strings.ToLower(name), v)
		}
	}
	c.Set("s3:authType", map[bool]string{true: "REST-QUERY-STRING", false: "REST-HEADER"}[r.signature.Presigned])
	c.Set("s3:signatureversion", map[bool]string{true: "AWS", false: "AWS4-HMAC-SHA256"}[r.signature.Version2])
	if r.row.Account != "" {
		c.Set("s3:ResourceAccount", r.row.Account)
		c.Set("aws:ResourceAccount", r.row.Account)
	}
	return c
}

var errBadTags = refusal(http.StatusBadRequest, "InvalidArgument", "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.")

// tagConditions adds the tags that an object is to have. The store reads the
// header again, so one that could be read otherwise is refused, and so are keys
// that differ only in case, which condition keys can't tell apart.
func (r *request) tagConditions(c policy.Context) error {
	tags, err := url.ParseQuery(r.Header.Get("X-Amz-Tagging"))
	if err != nil {
		return errBadTags
	}
	names := slices.Sorted(maps.Keys(tags))
	spelled := map[string]bool{}
	for _, name := range names {
		folded := strings.ToLower(name)
		if len(tags[name]) > 1 || spelled[folded] {
			return errBadTags
		}
		spelled[folded] = true
		c.Set("s3:RequestObjectTag/"+name, tags[name]...)
	}
	c.Set("s3:RequestObjectTagKeys", names...)
	return nil
}

// hide answers what the caller may know of an object that is not there: who
// may not list the bucket is told that it may not read.
func (f *Front) hide(r *request, in target) error {
	if err := f.may(r, "s3:ListBucket", arn.Bucket(in.bucket), nil); err != nil {
		return errDenied
	}
	return nil
}
