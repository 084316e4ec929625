package s3front

import (
	"errors"
	"net/http"
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
	actions, err := r.actions()
	if err != nil {
		return err
	}
	var src source
	// Where what the target gets depends on the source's tags, the source comes first.
	sourceFirst := r.takesTags() && r.caller.LooksAt(requestTag)
	if sourceFirst {
		if src, err = f.authoriseSource(r); err != nil {
			return err
		}
	}
	if r.caller.LooksAt(requestTag) && sameButForCase(r.tags) {
		return errTagCase
	}
	keys := f.conditions(r)
	if r.op.readsTags {
		if r.judged, err = f.lookFor(r, r.target, r.params.only("versionId"), keys); err != nil {
			return err
		}
	}
	for _, action := range actions {
		if err := f.may(r, action, r.target.arn(), keys); err != nil {
			return err
		}
	}
	if r.comparesContent() {
		if err := f.mayCompare(r); err != nil {
			return err
		}
	}
	if !r.op.copies {
		return nil
	}
	if !sourceFirst {
		if src, err = f.authoriseSource(r); err != nil {
			return err
		}
	}
	return f.authoriseTags(r, src, keys)
}

// actions are those that the request needs on its target.
func (r *request) actions() ([]string, error) {
	actions := append([]string{r.op.action}, r.op.also...)
	if r.params["versionId"] != "" {
		actions = append([]string{r.op.versioned}, r.op.alsoVersioned...)
	}
	if r.Header.Get("X-Amz-Tagging") != "" {
		actions = append(actions, "s3:PutObjectTagging")
	}
	acl, err := r.harmlessACL()
	if acl {
		actions = append(actions, map[kind]string{onBucket: "s3:PutBucketAcl", onObject: "s3:PutObjectAcl"}[r.target.kind()])
	}
	return actions, err
}

// readAhead reads what is decided about of a body that is small.
func (r *request) readAhead() error {
	if r.op.newBucket {
		r.location, r.noRegion = r.readLocation()
		return nil
	}
	return r.readTagging()
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

// mayCompare asks for that permission.
func (f *Front) mayCompare(r *request) error {
	keys := f.common(r)
	if _, err := f.lookFor(r, r.target, nil, keys); err != nil {
		return err
	}
	return f.may(r, "s3:GetObject", r.target.arn(), keys)
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

// hide answers what the caller may know of an object that is not there: who
// may not list the bucket is told that it may not read.
func (f *Front) hide(r *request, in target) error {
	if err := f.may(r, "s3:ListBucket", arn.Bucket(in.bucket), f.common(r)); err != nil {
		return errDenied
	}
	return nil
}
