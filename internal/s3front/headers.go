package s3front

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"muster/internal/objects"
)

// class is what becomes of a header or query parameter.
type class int

const (
	unknown class = iota
	obeyed        // it does what S3 says it does
	ignored       // it means nothing here, so it is as if obeyed
	refused       // it asks for what is not built: 501, by its name
)

// headerClasses are all headers that S3's operations take, and what of HTTP
// and of the signature comes beside them. Of one operation's headers that
// another doesn't have, S3 takes no notice, and neither does Muster; only a
// condition that a write would not obey is refused.
//
// harmless gives the values that may be accepted of one that is refused.
var headerClasses = map[string]class{
	// What an object is kept with, in readHeaders.
	"cache-control": obeyed, "content-disposition": obeyed, "content-encoding": obeyed, "content-language": obeyed, "content-type": obeyed, "expires": obeyed,
	"x-amz-storage-class": obeyed, "x-amz-tagging": obeyed,
	// How it is sent and verified, in content and readXML.
	"content-length": obeyed, "content-md5": obeyed, "x-amz-sdk-checksum-algorithm": obeyed, "x-amz-trailer": obeyed, "x-amz-decoded-content-length": obeyed,
	"x-amz-checksum-crc32": obeyed, "x-amz-checksum-crc32c": obeyed, "x-amz-checksum-crc64nvme": obeyed, "x-amz-checksum-sha1": obeyed, "x-amz-checksum-sha256": obeyed, "x-amz-checksum-sha512": obeyed,
	"x-amz-checksum-md5": obeyed, "x-amz-checksum-xxhash64": obeyed, "x-amz-checksum-xxhash3": obeyed, "x-amz-checksum-xxhash128": obeyed,
	"x-amz-checksum-algorithm": obeyed, "x-amz-checksum-type": obeyed, "x-amz-checksum-mode": obeyed, "x-amz-mp-object-size": obeyed,
	// Conditions and ranges.
	"if-match": obeyed, "if-none-match": obeyed, "if-modified-since": obeyed, "if-unmodified-since": obeyed, "if-range": obeyed, "range": obeyed,
	"x-amz-if-match-initiated-time": refused, "x-amz-if-match-last-modified-time": refused, "x-amz-if-match-size": refused, // of directory buckets
	// Copies.
	"x-amz-copy-source": obeyed, "x-amz-copy-source-range": obeyed, "x-amz-metadata-directive": obeyed, "x-amz-tagging-directive": obeyed,
	"x-amz-copy-source-if-match": obeyed, "x-amz-copy-source-if-none-match": obeyed, "x-amz-copy-source-if-modified-since": obeyed, "x-amz-copy-source-if-unmodified-since": obeyed,
	// What is listed.
	"x-amz-object-attributes": obeyed, "x-amz-max-parts": obeyed, "x-amz-part-number-marker": obeyed,
	"x-amz-optional-object-attributes": ignored, // RestoreStatus: nothing was ever archived
	// Whose it is: buckets have one owner, and ACLs are off.
	"x-amz-expected-bucket-owner": obeyed, "x-amz-source-expected-bucket-owner": obeyed, "x-amz-acl": obeyed, "x-amz-object-ownership": refused, "x-amz-bucket-namespace": refused,
	"x-amz-grant-full-control": obeyed, "x-amz-grant-read": obeyed, "x-amz-grant-read-acp": obeyed, "x-amz-grant-write": obeyed, "x-amz-grant-write-acp": obeyed, // refused in S3's own words
	"x-amz-request-payer": ignored, // nobody pays
	// Locks, of which there are none.
	"x-amz-bypass-governance-retention": ignored, "x-amz-bucket-object-lock-enabled": refused,
	"x-amz-object-lock-legal-hold": refused, "x-amz-object-lock-mode": refused, "x-amz-object-lock-retain-until-date": refused, "x-amz-mfa": refused,
	// Encryption: every object is, with the store's own keys and no other.
	"x-amz-server-side-encryption": refused, "x-amz-server-side-encryption-aws-kms-key-id": refused, "x-amz-server-side-encryption-bucket-key-enabled": refused, "x-amz-server-side-encryption-context": refused,
	"x-amz-server-side-encryption-customer-algorithm": refused, "x-amz-server-side-encryption-customer-key": refused, "x-amz-server-side-encryption-customer-key-md5": refused,
	"x-amz-copy-source-server-side-encryption-customer-algorithm": refused, "x-amz-copy-source-server-side-encryption-customer-key": refused, "x-amz-copy-source-server-side-encryption-customer-key-md5": refused,
	// Of lifecycle rules.
	"x-amz-transition-default-minimum-object-size": obeyed,
	// What else a client might think is done.
	"x-amz-website-redirect-location": refused, "x-amz-write-offset-bytes": refused,
	// Of the signature, and of clients about themselves.
	"x-amz-content-sha256": obeyed, "x-amz-date": obeyed, "x-amz-security-token": obeyed,
	"x-amz-te":         ignored, // asks whether a checksum would be appended to the body: it isn't, and that is an answer
	"x-amz-user-agent": ignored, "x-amz-api-version": ignored,
}

// harmless are the values of headers that are refused else: they ask for what
// is so anyway.
var harmless = map[string]string{
	"x-amz-server-side-encryption":                    "AES256",
	"x-amz-server-side-encryption-bucket-key-enabled": "false",
	"x-amz-object-ownership":                          "BucketOwnerEnforced",
	"x-amz-bucket-object-lock-enabled":                "false",
	"x-amz-bucket-namespace":                          "global",
}

const metaPrefix = "X-Amz-Meta-"

// conditional headers would, where they are ignored, let a write do what its
// client meant to prevent.
var conditional = []string{"If-Match", "If-Modified-Since", "If-None-Match", "If-Unmodified-Since"}

// manyTimes are the headers that may be there more than once.
var manyTimes = []string{"X-Amz-Object-Attributes", "X-Amz-Optional-Object-Attributes", "If-Match", "If-None-Match"}

// checkHeaders refuses headers that ask for what is not built, and what two
// readers could read in two ways. Of several the first by name is named.
func (r *request) checkHeaders() error {
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		values, lower := r.Header[name], strings.ToLower(name)
		writes := r.Method != http.MethodGet && r.Method != http.MethodHead
		switch c := headerClasses[lower]; {
		case strings.HasPrefix(name, metaPrefix):
			continue
		case c == refused && len(values) == 1 && values[0] != "" && strings.EqualFold(harmless[lower], values[0]):
		case c == refused, c == unknown && strings.HasPrefix(lower, "x-amz-"):
			return refusal(http.StatusNotImplemented, "NotImplemented", "A header you provided implies functionality that is not implemented: "+name)
		case writes && slices.Contains(conditional, name) && !slices.Contains(r.op.conditions, name):
			return notBuilt(r.op.name + " with " + name)
		case c == obeyed && len(values) > 1 && !slices.Contains(manyTimes, name):
			return refusal(http.StatusBadRequest, "InvalidArgument", "The header "+name+" is there more than once.")
		}
	}
	if r.Header.Get("If-None-Match") != "" && slices.Contains(r.op.conditions, "If-None-Match") && r.Method != http.MethodGet && r.Method != http.MethodHead && r.Header.Get("If-None-Match") != "*" {
		return notBuilt(r.op.name + " with another If-None-Match than *")
	}
	if r.Header.Get("If-Match") == "*" && slices.Contains(r.op.conditions, "If-None-Match") && r.Method != http.MethodGet && r.Method != http.MethodHead {
		return notBuilt(r.op.name + " with an If-Match of *")
	}
	return nil
}

// Bytes of what an object may be kept with.
const (
	maxMetadata = 2 << 10
	maxKept     = 8 << 10
)

// readHeaders reads what the request says of the object that it makes.
func (r *request) readHeaders() (objects.Headers, error) {
	h := objects.Headers{
		CacheControl: r.Header.Get("Cache-Control"), ContentDisposition: r.Header.Get("Content-Disposition"), ContentEncoding: contentEncoding(r.Header.Get("Content-Encoding")),
		ContentLanguage: r.Header.Get("Content-Language"), ContentType: r.Header.Get("Content-Type"), Expires: r.Header.Get("Expires"),
	}
	if len(h.CacheControl)+len(h.ContentDisposition)+len(h.ContentEncoding)+len(h.ContentLanguage)+len(h.ContentType)+len(h.Expires) > maxKept {
		return h, refusal(http.StatusBadRequest, "RequestHeaderSectionTooLarge", "Your request header section exceeds the maximum allowed size.").with("MaxSizeAllowed", "8192")
	}
	size := 0
	for name, values := range r.Header {
		if !strings.HasPrefix(name, metaPrefix) {
			continue
		}
		name = strings.ToLower(strings.TrimPrefix(name, metaPrefix)) // S3 keeps names of metadata in lower case
		value := strings.Join(values, ",")
		if size += len(name) + len(value); size > maxMetadata {
			return h, refusal(http.StatusBadRequest, "MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size").with("MaxSizeAllowed", "2048")
		}
		if h.Metadata == nil {
			h.Metadata = map[string]string{}
		}
		h.Metadata[name] = value
	}
	var err error
	h.StorageClass, err = r.storageClass()
	return h, err
}

// storageClasses are those that an object may have; see "Understanding and
// managing Amazon S3 storage classes" in the S3 User Guide. Here they are names:
// all objects are kept alike.
var storageClasses = []string{"", "STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER", "DEEP_ARCHIVE", "GLACIER_IR"}

func (r *request) storageClass() (string, error) {
	class := r.Header.Get("X-Amz-Storage-Class")
	if !slices.Contains(storageClasses, class) {
		return "", refusal(http.StatusBadRequest, "InvalidStorageClass", "The storage class you specified is not valid").with("StorageClassRequested", class)
	}
	return class, nil
}

// contentEncoding leaves out aws-chunked, which is of the way and not of the
// object; the rest stays as it was sent.
func contentEncoding(header string) string {
	if !strings.Contains(strings.ToLower(header), "aws-chunked") {
		return header
	}
	var kept []string
	for part := range strings.SplitSeq(header, ",") {
		if name := strings.TrimSpace(part); name != "" && !strings.EqualFold(name, "aws-chunked") {
			kept = append(kept, part) // with its spaces: what is kept comes back as it was sent
		}
	}
	return strings.TrimSpace(strings.Join(kept, ","))
}

// answerHeaders sets the headers that say what an object is.
func answerHeaders(to http.Header, o *objects.Object) {
	for _, kept := range [...]struct{ name, value string }{
		{"Cache-Control", o.Headers.CacheControl}, {"Content-Disposition", o.Headers.ContentDisposition}, {"Content-Encoding", o.Headers.ContentEncoding},
		{"Content-Language", o.Headers.ContentLanguage}, {"Expires", o.Headers.Expires},
	} {
		if kept.value != "" {
			to.Set(kept.name, kept.value)
		}
	}
	to.Set("Content-Type", orElse(o.Headers.ContentType, "binary/octet-stream"))
	to.Set("Etag", quoted(o.ETag))
	to.Set("Last-Modified", httpTime(o.Modified))
	for name, value := range o.Headers.Metadata {
		to["x-amz-meta-"+name] = []string{value} // boto3 hands the name's case to its caller
	}
	if class := o.Headers.StorageClass; class != "" && class != "STANDARD" {
		to.Set("X-Amz-Storage-Class", class)
	}
	versionHeaders(to, o)
}

// versionHeaders sets the headers that every answer about one version has.
func versionHeaders(to http.Header, o *objects.Object) {
	if o.Versioned {
		to.Set("X-Amz-Version-Id", o.Version)
	}
	if o.Encrypted != "" {
		to.Set("X-Amz-Server-Side-Encryption", o.Encrypted)
	}
}
