package s3front

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"muster/internal/sigv4"
)

// operation is one operation of S3 as Muster does it.
type operation struct {
	name   string // as in the API Reference
	method string
	target kind
	// with are the query parameters that make a request this operation's;
	// copies tells that it has an x-amz-copy-source, which others may not.
	with   []string
	copies bool
	// may are the other parameters it takes.
	may []string
	// action is the permission it asks for on its target; versioned is asked
	// for instead when a version is named.
	action, versioned string
	also              []string // further actions on the same target
	alsoVersioned     []string
	perKey            bool // asks for a permission per key, itself
	newBucket         bool // the bucket needn't be there
	body              bodyKind
	readsTags         bool                                  // its permissions may depend on the tags that the object has
	conditions        []string                              // the conditional headers it obeys
	serve             func(*Front, *answer, *request) error // nil: passed on to the store
}

// bodyKind says what becomes of a request's body.
type bodyKind int

const (
	bodyNone   bodyKind = iota // nothing is sent on
	bodySmall                  // read whole, verified, then sent on
	bodyTags                   // tags, read before anything is decided
	bodyStream                 // verified while it is sent on
)

var (
	listParams      = []string{"delimiter", "encoding-type", "prefix", "max-keys"}
	readConditions  = []string{"If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since"}
	writeConditions = []string{"If-Match", "If-None-Match"}
	getParams       = []string{"partNumber", "versionId", "response-cache-control", "response-content-disposition", "response-content-encoding", "response-content-language", "response-content-type", "response-expires"}
)

// operations is closed: what is not here is not implemented. Of two that
// match, the one with more parameters in with is meant.
var operations = []*operation{
	{name: "ListBuckets", method: "GET", target: onService, action: "s3:ListAllMyBuckets", may: []string{"bucket-region", "continuation-token", "max-buckets", "prefix"}, serve: (*Front).listBuckets},

	{name: "CreateBucket", method: "PUT", target: onBucket, action: "s3:CreateBucket", newBucket: true, serve: (*Front).createBucket},
	{name: "DeleteBucket", method: "DELETE", target: onBucket, action: "s3:DeleteBucket", serve: (*Front).deleteBucket},
	{name: "HeadBucket", method: "HEAD", target: onBucket, action: "s3:ListBucket", serve: (*Front).headBucket},
	{name: "GetBucketLocation", method: "GET", target: onBucket, with: []string{"location"}, action: "s3:GetBucketLocation", serve: (*Front).bucketLocation},
	{name: "ListObjects", method: "GET", target: onBucket, may: append([]string{"marker"}, listParams...), action: "s3:ListBucket"},
	{name: "ListObjectsV2", method: "GET", target: onBucket, with: []string{"list-type"}, may: append([]string{"continuation-token", "fetch-owner", "start-after"}, listParams...), action: "s3:ListBucket"},
	{name: "ListObjectVersions", method: "GET", target: onBucket, with: []string{"versions"}, may: append([]string{"key-marker", "version-id-marker"}, listParams...), action: "s3:ListBucketVersions"},
	{name: "ListMultipartUploads", method: "GET", target: onBucket, with: []string{"uploads"}, may: []string{"delimiter", "encoding-type", "prefix", "max-uploads", "key-marker", "upload-id-marker"}, action: "s3:ListBucketMultipartUploads"},
	{name: "GetBucketVersioning", method: "GET", target: onBucket, with: []string{"versioning"}, action: "s3:GetBucketVersioning"},
	{name: "PutBucketVersioning", method: "PUT", target: onBucket, with: []string{"versioning"}, action: "s3:PutBucketVersioning", body: bodySmall},
	{name: "GetBucketTagging", method: "GET", target: onBucket, with: []string{"tagging"}, action: "s3:GetBucketTagging"},
	{name: "PutBucketTagging", method: "PUT", target: onBucket, with: []string{"tagging"}, action: "s3:PutBucketTagging", body: bodySmall},
	{name: "DeleteBucketTagging", method: "DELETE", target: onBucket, with: []string{"tagging"}, action: "s3:PutBucketTagging"},
	{name: "DeleteObjects", method: "POST", target: onBucket, with: []string{"delete"}, perKey: true, serve: (*Front).deleteObjects},

	{name: "GetObject", method: "GET", target: onObject, may: getParams, action: "s3:GetObject", versioned: "s3:GetObjectVersion", conditions: readConditions, readsTags: true},
	{name: "HeadObject", method: "HEAD", target: onObject, may: getParams, action: "s3:GetObject", versioned: "s3:GetObjectVersion", conditions: readConditions, readsTags: true},
	{name: "GetObjectAttributes", method: "GET", target: onObject, with: []string{"attributes"}, may: []string{"versionId"}, action: "s3:GetObject", versioned: "s3:GetObjectVersion", also: []string{"s3:GetObjectAttributes"}, alsoVersioned: []string{"s3:GetObjectVersionAttributes"}, readsTags: true},
	{name: "PutObject", method: "PUT", target: onObject, action: "s3:PutObject", body: bodyStream, conditions: writeConditions},
	{name: "CopyObject", method: "PUT", target: onObject, copies: true, action: "s3:PutObject"},
	{name: "DeleteObject", method: "DELETE", target: onObject, may: []string{"versionId"}, action: "s3:DeleteObject", versioned: "s3:DeleteObjectVersion", conditions: writeConditions[:1], serve: (*Front).deleteObject},
	{name: "GetObjectTagging", method: "GET", target: onObject, with: []string{"tagging"}, may: []string{"versionId"}, action: "s3:GetObjectTagging", versioned: "s3:GetObjectVersionTagging", readsTags: true},
	{name: "PutObjectTagging", method: "PUT", target: onObject, with: []string{"tagging"}, may: []string{"versionId"}, action: "s3:PutObjectTagging", versioned: "s3:PutObjectVersionTagging", body: bodyTags, readsTags: true},
	{name: "DeleteObjectTagging", method: "DELETE", target: onObject, with: []string{"tagging"}, may: []string{"versionId"}, action: "s3:DeleteObjectTagging", versioned: "s3:DeleteObjectVersionTagging", readsTags: true},

	{name: "CreateMultipartUpload", method: "POST", target: onObject, with: []string{"uploads"}, action: "s3:PutObject"},
	{name: "UploadPart", method: "PUT", target: onObject, with: []string{"partNumber", "uploadId"}, action: "s3:PutObject", body: bodyStream},
	{name: "UploadPartCopy", method: "PUT", target: onObject, with: []string{"partNumber", "uploadId"}, copies: true, action: "s3:PutObject"},
	{name: "CompleteMultipartUpload", method: "POST", target: onObject, with: []string{"uploadId"}, action: "s3:PutObject", conditions: writeConditions, serve: (*Front).completeUpload},
	{name: "AbortMultipartUpload", method: "DELETE", target: onObject, with: []string{"uploadId"}, action: "s3:AbortMultipartUpload"},
	{name: "ListParts", method: "GET", target: onObject, with: []string{"uploadId"}, may: []string{"max-parts", "part-number-marker"}, action: "s3:ListMultipartUploadParts"},
}

// Operations are the names of the operations that the door knows, in order.
func Operations() []string {
	var names []string
	for _, op := range operations {
		names = append(names, op.name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// read finds the operation of a verified request, and what it is asked with.
func (r *request) read() error {
	given, headers, err := r.query()
	if err != nil {
		return err
	}
	r.params = given
	for name, values := range headers {
		if err := r.hoist(name, values); err != nil {
			return err
		}
	}
	if r.op = find(r.Method, r.target.kind(), r.params, r.Header.Get("X-Amz-Copy-Source") != ""); r.op == nil {
		return r.notImplemented()
	}
	return r.checkParams()
}

// query splits the query: what the request is asked with, and what presigned
// URLs carry there for headers. What only signs, or only helps to read logs,
// is in neither.
func (r *request) query() (given params, headers url.Values, err error) {
	q, err := sigv4.Query(r.Request)
	if err != nil {
		return nil, nil, err
	}
	version2 := q.Has("AWSAccessKeyId")
	given, headers = params{}, url.Values{}
	for name, values := range q {
		lower := strings.ToLower(name)
		switch {
		case lower == "awsaccesskeyid", lower == "expires" && version2, lower == "signature", lower == "x-id":
			continue
		case strings.HasPrefix(lower, "x-amz-"), version2 && (lower == "content-md5" || lower == "content-type"):
			headers[name] = values
			continue
		}
		if len(values) > 1 {
			return nil, nil, refusal(http.StatusBadRequest, "InvalidArgument", "The query parameter "+name+" is there more than once.")
		}
		given[name] = values[0]
	}
	return given, headers, nil
}

// hoist makes a header of what presigned URLs carry as a parameter: SDKs put
// x-amz-* headers there, and S3 reads them as such.
func (r *request) hoist(name string, values []string) error {
	switch strings.ToLower(name) {
	case "x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-expires", "x-amz-signedheaders", "x-amz-signature", "x-amz-security-token", "x-amz-content-sha256":
		return nil
	}
	header := http.CanonicalHeaderKey(name)
	if header == "Content-Type" || header == "Content-Md5" {
		delete(r.Header, header) // sigv4 has found the same in both
	}
	if len(values) > 1 || r.Header[header] != nil {
		return refusal(http.StatusBadRequest, "InvalidArgument", name+" is there more than once.")
	}
	r.Header[header] = values
	return nil
}

func find(method string, on kind, given params, copies bool) *operation {
	var found *operation
	for _, op := range operations {
		if op.method != method || op.target != on || (copies && !op.copies) || (op.copies && !copies) {
			continue
		}
		if found != nil && len(op.with) <= len(found.with) {
			continue
		}
		if op.takes(given) {
			found = op
		}
	}
	return found
}

// takes reports whether given holds all that makes a request this operation's
// and nothing that the operation doesn't know.
func (op *operation) takes(given params) bool {
	for _, name := range op.with {
		if _, ok := given[name]; !ok {
			return false
		}
	}
	for name := range given {
		if !slices.Contains(op.with, name) && !slices.Contains(op.may, name) {
			return false
		}
	}
	return true
}

func (r *request) checkParams() error {
	for name, value := range r.params {
		var err error
		switch name {
		case "versionId", "uploadId":
			err = checkID(value)
		case "prefix":
			if r.target.kind() == onBucket {
				err = checkPrefix(value)
			}
		case "list-type":
			if value != "2" {
				err = refusal(http.StatusBadRequest, "InvalidArgument", "Invalid List Type specified in Request")
			}
		case "version-id-marker", "upload-id-marker":
			if value != "" {
				err = checkID(value)
			}
		}
		if strings.HasPrefix(name, "response-") && strings.ContainsFunc(value, unicode.IsControl) {
			err = refusal(http.StatusBadRequest, "InvalidArgument", "The value of "+name+" can't be that of a header.")
		}
		if err != nil {
			return err
		}
	}
	return nil
}
