package externals3

import (
	"cmp"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"unicode"

	"muster/internal/fault"
	"muster/internal/objects"
)

// storeError is an error as S3 writes it.
type storeError struct {
	status           int // 0 where it comes in the body of a 200
	Code, Message    string
	Condition        string
	BucketName, Key  string
	ActualObjectSize int64
}

const maxErrorBody = 64 << 10

// refused makes a refusal with a message for the caller.
func refused(why objects.Refusal, format string, args ...any) *objects.Refused {
	return &objects.Refused{Refusal: why, Message: fmt.Sprintf(format, args...)}
}

// errDenied is said of what the store does not let Muster's own key do.
var errDenied = fault.Denied.Errorf("Access Denied")

// What is no refusal to who asks for it.
var (
	errNoTags = errors.New("the object has no tags")
	errOwned  = errors.New("the bucket is there already")
)

// known are S3's codes that mean the same whatever was asked for.
var known = map[string]error{
	"NoSuchBucket": objects.NoBucket, "NoSuchUpload": objects.NoUpload, "NoSuchVersion": objects.NoVersion, "NoSuchKey": objects.NoObject,
	"PreconditionFailed": objects.Precondition, "NotModified": objects.NotModified,
	"InvalidRange": objects.OutOfRange, "InvalidPartNumber": objects.NoPart,
	"InvalidPart": objects.BadPart, "InvalidPartOrder": objects.PartOrder, "EntityTooSmall": objects.PartTooSmall, "EntityTooLarge": objects.TooLarge,
	"BadDigest": objects.BadDigest, "InvalidDigest": objects.BadDigest, "XAmzContentChecksumMismatch": objects.BadDigest,
	"OperationAborted": objects.Conflict, "ConditionalRequestConflict": objects.Conflict,
	"SlowDown": objects.Busy, "ServiceUnavailable": objects.Busy, "RequestTimeout": objects.Busy, "Busy": objects.Busy,
	"InsufficientStorage": objects.NoSpace, "XMinioStorageFull": objects.NoSpace,
	"QuotaExceeded": objects.OverQuota, "XMinioAdminBucketQuotaExceeded": objects.OverQuota,
	"NotImplemented": objects.NotBuilt, "MethodNotAllowed": objects.NotBuilt,
	"BucketNotEmpty": fault.InUse.Errorf("The bucket you tried to delete is not empty"),
	"AccessDenied":   errDenied,
	"NoSuchTagSet":   errNoTags, "BucketAlreadyOwnedByYou": errOwned, "BucketAlreadyExists": errTaken,
}

// byStatus are statuses that mean the same, where there is no code: in the
// answer to a HEAD, and from what isn't quite an S3.
var byStatus = map[int]error{
	http.StatusNotModified: objects.NotModified, http.StatusPreconditionFailed: objects.Precondition,
	http.StatusRequestedRangeNotSatisfiable: objects.OutOfRange, http.StatusServiceUnavailable: objects.Busy,
	http.StatusTooManyRequests: objects.Busy, http.StatusNotImplemented: objects.NotBuilt, http.StatusMethodNotAllowed: objects.NotBuilt,
	http.StatusInsufficientStorage: objects.NoSpace, http.StatusForbidden: errDenied, http.StatusNotFound: objects.NoObject,
}

// ownFault are codes of what is wrong between Muster and its store, or with it.
var ownFault = map[string]bool{
	"SignatureDoesNotMatch": true, "InvalidAccessKeyId": true, "RequestTimeTooSkewed": true, "InvalidToken": true, "ExpiredToken": true,
	"AuthorizationHeaderMalformed": true, "PermanentRedirect": true, "TemporaryRedirect": true, "XAmzContentSHA256Mismatch": true,
	"MissingContentLength": true, "IncompleteBody": true, "MalformedXML": true, "InternalError": true,
}

// refusal puts an answer that isn't a success into the words of package objects.
func refusal(resp *http.Response, c call) error {
	e := storeError{status: resp.StatusCode}
	if c.method != http.MethodHead {
		_ = xml.NewDecoder(io.LimitReader(resp.Body, maxErrorBody)).Decode(&e) // without a code the status tells
	}
	return e.refusal(c, resp.Header)
}

func (e storeError) refusal(c call, h http.Header) error {
	why := known[e.Code]
	if why == nil {
		why = e.special(c)
	}
	if why == nil && e.Code == "" {
		why = byStatus[e.status]
	}
	if why == objects.NoObject && c.ref.Key == "" {
		why = objects.NoBucket
	}
	var plain objects.Refusal
	if why == nil || !errors.As(why, &plain) {
		return cmp.Or(why, e.unknown(c))
	}
	out := &objects.Refused{Refusal: plain}
	errors.As(why, &out)
	out.Source = e.ofSource(c, plain)
	if c.ref.Key != "" && c.source == nil {
		out.Refusal, out.Object = e.found(out.Refusal, c, h)
	}
	if out.Refusal == objects.OutOfRange && c.query["partNumber"] != "" && c.query["uploadId"] == "" {
		out.Refusal = objects.NoPart
	}
	if out.Refusal == objects.OutOfRange && out.Object != nil && out.Object.Size == 0 {
		out.Object.Size = e.ActualObjectSize
	}
	if out.Refusal == objects.Precondition {
		out.Condition, out.Source = e.condition(c)
	}
	return out
}

// special are codes whose meaning depends on what was asked for.
func (e storeError) special(c call) error {
	_, checked := c.header["X-Amz-Checksum-Algorithm"]
	switch {
	case e.Code == "InvalidArgument" && c.header.Get("X-Amz-Copy-Source-Range") != "":
		return objects.OutOfRange
	case (e.Code == "InvalidArgument" || e.Code == "" && e.status == http.StatusBadRequest) && c.ref.Version != "" && c.source == nil:
		return objects.BadVersion
	case e.Code == "InvalidArgument" && c.source != nil && c.source.Version != "":
		return &objects.Refused{Refusal: objects.BadVersion, Source: true}
	case e.Code == "InvalidRequest" && c.header.Get("X-Amz-Mp-Object-Size") != "" && strings.Contains(strings.ToLower(e.Message), "size"):
		return objects.BadSize
	case e.Code == "InvalidRequest" && c.source != nil && c.source.Bucket == c.ref.Bucket && c.source.Key == c.ref.Key && c.source.Version == "":
		return objects.SelfCopy
	case e.Code == "InvalidRequest" && c.source == nil && (checked || c.query["uploadId"] != "" || c.body != nil && c.body.checked):
		return refused(objects.BadChecksum, "%s", printable(e.Message))
	case e.Code == "MalformedXML" && c.query["uploadId"] != "":
		return objects.BadPart
	}
	return nil
}

// unknown is what to say of an error that has no word of its own. What the
// store won't do to a key or a header its caller may know; what is wrong
// between Muster and the store only the log.
func (e storeError) unknown(c call) error {
	dots := strings.Contains("/"+c.ref.Key+"/", "/./") || strings.Contains("/"+c.ref.Key+"/", "/../")
	if e.Code == "SignatureDoesNotMatch" && dots { // it reads another key out of the path than was signed
		return refused(objects.NotBuilt, "the object store can't keep a key with . or .. between its slashes")
	}
	if e.status >= 500 || e.status >= 300 && e.status < 400 || ownFault[e.Code] || e.Code == "" {
		return fmt.Errorf("the object store answers %d %s to %s", e.status, printable(e.Code), c.method)
	}
	return refused(objects.NotBuilt, "the object store refuses: %s: %s", printable(e.Code), printable(e.Message))
}

// printable cuts what the store says to what may be shown.
func printable(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return -1
	}, s)
	return s[:min(len(s), 300)]
}

// found says what a refusal about one object was about, as far as the headers tell.
func (e storeError) found(why objects.Refusal, c call, h http.Header) (objects.Refusal, *objects.Object) {
	marker := h.Get("X-Amz-Delete-Marker") == "true"
	switch why {
	case objects.NotBuilt: // as S3 answers who asks something of a delete marker, with the status of its own
		marker = marker || c.ref.Version != "" && c.method != http.MethodDelete
		if !marker || e.status != http.StatusMethodNotAllowed {
			return why, nil
		}
	case objects.NoObject, objects.NotModified, objects.OutOfRange:
	default:
		return why, nil
	}
	if c.ref.Version != "" && why == objects.NoObject && !marker {
		return objects.NoVersion, nil
	}
	o := objectOf(c.ref, h)
	if marker {
		o = objects.Object{Ref: o.Ref, Versioned: true, Newest: o.Newest, Marker: true, Modified: o.Modified}
	}
	switch {
	case marker && c.ref.Version != "":
		return objects.IsMarker, &o
	case marker:
		return objects.NoObject, &o
	case why == objects.NoObject:
		return why, nil
	}
	_, total, _ := strings.Cut(h.Get("Content-Range"), "/")
	o.Size, _ = strconv.ParseInt(total, 10, 64) // 0 where it isn't said
	return why, &o
}

// ofSource reports whether a refusal of a copy is about its source.
func (e storeError) ofSource(c call, why objects.Refusal) bool {
	if c.source == nil {
		return false
	}
	switch why {
	case objects.NoBucket:
		return c.source.Bucket != c.ref.Bucket && e.BucketName != c.ref.Bucket
	case objects.NoObject:
		return c.header.Get("If-Match") == "" || e.Key != "" && e.Key != c.ref.Key
	case objects.NoVersion, objects.BadVersion, objects.OutOfRange:
		return true
	}
	return false
}

// copySource begins the headers about a copy's source.
const copySource = "X-Amz-Copy-Source-"

// ofTheSource is the header of a copy whose condition on its source doesn't
// hold, as S3 writes it: the beginning in lower case, and the rest not.
func ofTheSource(header string) string { return strings.ToLower(copySource) + header }

// condition names the header whose condition doesn't hold: as the store says,
// or else the one that was sent.
func (e storeError) condition(c call) (name string, source bool) {
	name = http.CanonicalHeaderKey(e.Condition)
	for _, sent := range []string{"If-Match", "If-Unmodified-Since", "If-None-Match", "If-Modified-Since",
		copySource + "If-Match", copySource + "If-Unmodified-Since", copySource + "If-None-Match", copySource + "If-Modified-Since"} {
		if name == "" && c.header.Get(sent) != "" {
			name = sent
		}
	}
	if of, ok := strings.CutPrefix(name, copySource); ok {
		return ofTheSource(of), true
	}
	return name, false
}
