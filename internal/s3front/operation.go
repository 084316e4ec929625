package s3front

import (
	"net/http"
	"slices"
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
	// may are the other parameters that it obeys.
	may []string
	// action is the permission it asks for on its target; versioned is asked
	// for instead when a version is named.
	action, versioned string
	also              []string // further actions on the same target
	alsoVersioned     []string
	perKey            bool     // asks for a permission per key, itself
	newBucket         bool     // the bucket needn't be there
	anyRegion         bool     // it may be signed for any region
	readsTags         bool     // its permissions may depend on the tags that the object has
	hides             bool     // that an object isn't there is only for who may list
	sumsOfObject      bool     // the checksums beside its body are of an object, not of the body
	conditions        []string // the conditional headers it obeys

	// body reads a document in the body that permissions may depend on: those
	// whose condition keys begin with decides.
	body    func(*Front, *request) error
	decides string

	serve func(*Front, *answer, *request) error
}

var (
	listParams      = []string{"delimiter", "encoding-type", "prefix", "max-keys"}
	readConditions  = []string{"If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since"}
	writeConditions = []string{"If-Match", "If-None-Match"}
	getParams       = []string{"partNumber", "versionId", "response-cache-control", "response-content-disposition", "response-content-encoding", "response-content-language", "response-content-type", "response-expires"}
)

// operations is closed: what is not here is not implemented. Of two that
// match, the one with more parameters in with is meant.
var operations = slices.Concat(bucketOperations, configOperations, objectOperations, uploadOperations)

var bucketOperations = []*operation{
	{name: "ListBuckets", method: "GET", target: onService, action: "s3:ListAllMyBuckets", may: []string{"bucket-region", "continuation-token", "max-buckets", "prefix"}, serve: (*Front).listBuckets},

	{name: "CreateBucket", method: "PUT", target: onBucket, action: "s3:CreateBucket", newBucket: true, body: (*Front).readLocation, decides: "s3:LocationConstraint", serve: (*Front).createBucket},
	{name: "DeleteBucket", method: "DELETE", target: onBucket, action: "s3:DeleteBucket", serve: (*Front).deleteBucket},
	{name: "HeadBucket", method: "HEAD", target: onBucket, action: "s3:ListBucket", serve: (*Front).headBucket},
	{name: "GetBucketLocation", method: "GET", target: onBucket, with: []string{"location"}, action: "s3:GetBucketLocation", anyRegion: true, serve: (*Front).bucketLocation},
	{name: "GetBucketVersioning", method: "GET", target: onBucket, with: []string{"versioning"}, action: "s3:GetBucketVersioning", serve: (*Front).getVersioning},
	{name: "PutBucketVersioning", method: "PUT", target: onBucket, with: []string{"versioning"}, action: "s3:PutBucketVersioning", serve: (*Front).putVersioning},

	{name: "ListObjects", method: "GET", target: onBucket, may: append([]string{"marker"}, listParams...), action: "s3:ListBucket", serve: (*Front).listObjects},
	{name: "ListObjectsV2", method: "GET", target: onBucket, with: []string{"list-type"}, may: append([]string{"continuation-token", "fetch-owner", "start-after"}, listParams...), action: "s3:ListBucket", serve: (*Front).listObjectsV2},
	{name: "ListObjectVersions", method: "GET", target: onBucket, with: []string{"versions"}, may: append([]string{"key-marker", "version-id-marker"}, listParams...), action: "s3:ListBucketVersions", serve: (*Front).listVersions},
	{name: "ListMultipartUploads", method: "GET", target: onBucket, with: []string{"uploads"}, may: []string{"delimiter", "encoding-type", "prefix", "max-uploads", "key-marker", "upload-id-marker"}, action: "s3:ListBucketMultipartUploads", serve: (*Front).listUploads},
	{name: "PostObject", method: "POST", target: onBucket, action: "s3:PutObject", serve: (*Front).postSigned}, // a form: see postObject
	{name: "DeleteObjects", method: "POST", target: onBucket, with: []string{"delete"}, perKey: true, serve: (*Front).deleteObjects},
}

var objectOperations = []*operation{
	{name: "GetObject", method: "GET", target: onObject, may: getParams, action: "s3:GetObject", versioned: "s3:GetObjectVersion", conditions: readConditions, readsTags: true, hides: true, serve: (*Front).getObject},
	{name: "HeadObject", method: "HEAD", target: onObject, may: getParams, action: "s3:GetObject", versioned: "s3:GetObjectVersion", conditions: readConditions, readsTags: true, hides: true, serve: (*Front).headObject},
	{name: "GetObjectAttributes", method: "GET", target: onObject, with: []string{"attributes"}, may: []string{"versionId"}, action: "s3:GetObject", versioned: "s3:GetObjectVersion", also: []string{"s3:GetObjectAttributes"}, alsoVersioned: []string{"s3:GetObjectVersionAttributes"}, readsTags: true, hides: true, serve: (*Front).getAttributes},
	{name: "PutObject", method: "PUT", target: onObject, action: "s3:PutObject", conditions: writeConditions, serve: (*Front).putObject},
	{name: "CopyObject", method: "PUT", target: onObject, copies: true, action: "s3:PutObject", conditions: writeConditions, hides: true, serve: (*Front).copyObject},
	{name: "DeleteObject", method: "DELETE", target: onObject, may: []string{"versionId"}, action: "s3:DeleteObject", versioned: "s3:DeleteObjectVersion", conditions: writeConditions[:1], serve: (*Front).deleteObject},
	{name: "GetObjectTagging", method: "GET", target: onObject, with: []string{"tagging"}, may: []string{"versionId"}, action: "s3:GetObjectTagging", versioned: "s3:GetObjectVersionTagging", readsTags: true, serve: (*Front).getTagging},
	{name: "PutObjectTagging", method: "PUT", target: onObject, with: []string{"tagging"}, may: []string{"versionId"}, action: "s3:PutObjectTagging", versioned: "s3:PutObjectVersionTagging", readsTags: true, body: (*Front).readTagDocument, decides: requestTag, serve: (*Front).putTagging},
	{name: "DeleteObjectTagging", method: "DELETE", target: onObject, with: []string{"tagging"}, may: []string{"versionId"}, action: "s3:DeleteObjectTagging", versioned: "s3:DeleteObjectVersionTagging", readsTags: true, serve: (*Front).deleteTagging},
}

var uploadOperations = []*operation{
	{name: "CreateMultipartUpload", method: "POST", target: onObject, with: []string{"uploads"}, action: "s3:PutObject", serve: (*Front).createUpload},
	{name: "UploadPart", method: "PUT", target: onObject, with: []string{"partNumber", "uploadId"}, action: "s3:PutObject", serve: (*Front).uploadPart},
	{name: "UploadPartCopy", method: "PUT", target: onObject, with: []string{"partNumber", "uploadId"}, copies: true, action: "s3:PutObject", hides: true, serve: (*Front).uploadPartCopy},
	{name: "CompleteMultipartUpload", method: "POST", target: onObject, with: []string{"uploadId"}, action: "s3:PutObject", conditions: writeConditions, sumsOfObject: true, serve: (*Front).completeUpload},
	{name: "AbortMultipartUpload", method: "DELETE", target: onObject, with: []string{"uploadId"}, action: "s3:AbortMultipartUpload", serve: (*Front).abortUpload},
	{name: "ListParts", method: "GET", target: onObject, with: []string{"uploadId"}, may: []string{"encoding-type", "max-parts", "part-number-marker"}, action: "s3:ListMultipartUploadParts", serve: (*Front).listParts},
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

// takes reports whether given holds all that makes a request this operation's,
// and nothing that would make it another's.
func (op *operation) takes(given params) bool {
	for _, name := range op.with {
		if _, ok := given[name]; !ok {
			return false
		}
	}
	for name := range given {
		if op.paramClass(name) == refused {
			return false
		}
	}
	return true
}

// encryption is the encryption that the request asks for: AES256, or none.
func (r *request) encryption() string { return r.Header.Get("X-Amz-Server-Side-Encryption") }

// encryptedHeader says how parts of uploads are encrypted.
func (f *Front) encryptedHeader(w http.ResponseWriter) {
	if f.Encrypted != "" {
		w.Header().Set("X-Amz-Server-Side-Encryption", f.Encrypted)
	}
}
