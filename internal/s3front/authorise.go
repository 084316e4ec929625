package s3front

import (
	"errors"
	"net/http"
	"strings"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/objects"
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
	return f.checkRegion(r)
}

// authorise asks for every permission that the request needs. What depends on
// the tags of an object is left to judge and judgeSource, which the store asks
// about the object that it is about to read or change.
func (f *Front) authorise(r *request) error {
	r.judge, r.judgeSource = nil, nil
	if r.op.perKey {
		return nil
	}
	actions, err := r.actions()
	if err != nil {
		return err
	}
	if r.op.copies {
		return f.authoriseCopy(r, actions)
	}
	if r.caller.LooksAt(requestTag) && sameButForCase(r.tags) {
		return errTagCase
	}
	keys := f.conditions(r, r.tags)
	judge := func(tags []objects.Tag) error {
		return f.mayAll(r, actions, r.target.arn(), withExisting(keys, tags))
	}
	if r.op.readsTags && r.caller.LooksAt(existingTag) {
		r.judge = judge
	} else if err := judge(nil); err != nil {
		return err
	}
	return f.authoriseCompare(r)
}

// authoriseCompare asks for what writing or deleting on a condition needs.
func (f *Front) authoriseCompare(r *request) (err error) {
	if comparesContent(r.Method, r.Header.Get("If-Match")) {
		r.judge, err = f.mayCompare(r, r.target)
	}
	return err
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

// readAhead reads what the decision is about of the body, where it is about
// any. Whoever is under no such policy is asked for the permission first.
func (f *Front) readAhead(r *request) error {
	if r.op.body == nil {
		r.bodyRead = true
		return f.readTagHeader(r)
	}
	if r.op.decides != "" && r.caller.LooksAt(r.op.decides) {
		return f.readBody(r)
	}
	return nil
}

// readBody reads the document in the body, once.
func (f *Front) readBody(r *request) error {
	if r.bodyRead {
		return nil
	}
	r.bodyRead = true
	return r.op.body(f, r)
}

func (f *Front) may(r *request, action string, resource arn.ARN, keys policy.Context) error {
	return f.IAM.Authorize(r.Context(), r.caller, action, resource, keys)
}

func (f *Front) mayAll(r *request, actions []string, resource arn.ARN, keys policy.Context) error {
	for _, action := range actions {
		if err := f.may(r, action, resource, keys); err != nil {
			return err
		}
	}
	return nil
}

// comparesContent reports whether an object is written or deleted if it is what
// the client names. The answer tells who guesses what it is, so it asks for the
// permission to read too, see "How to perform conditional deletes" in the S3
// User Guide.
func comparesContent(method, match string) bool {
	return match != "" && match != "*" && method != http.MethodGet && method != http.MethodHead
}

// mayCompare asks for that permission, or returns the judge that does.
func (f *Front) mayCompare(r *request, t target) (objects.Judge, error) {
	judge := func(tags []objects.Tag) error {
		return f.may(r, "s3:GetObject", t.arn(), withExisting(f.common(r), tags))
	}
	if r.caller.LooksAt(existingTag) {
		return judge, nil
	}
	return nil, judge(nil)
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

// hide denies what the caller asks for instead of saying that it isn't there,
// unless the caller may list the bucket.
func (f *Front) hide(r *request, in target) error {
	if err := f.may(r, "s3:ListBucket", arn.Bucket(in.bucket), f.common(r)); err != nil {
		return errDenied
	}
	return nil
}
