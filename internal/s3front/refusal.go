package s3front

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"muster/internal/objects"
)

// refusals are S3's words for those of a store. What is not here depends on
// more than the refusal: see inWords.
var refusals = map[objects.Refusal]*Error{
	objects.NoUpload:     refusal(http.StatusNotFound, "NoSuchUpload", "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed."),
	objects.BadVersion:   refusal(http.StatusBadRequest, "InvalidArgument", "Invalid version id specified"),
	objects.BadPart:      refusal(http.StatusBadRequest, "InvalidPart", "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag."),
	objects.PartOrder:    refusal(http.StatusBadRequest, "InvalidPartOrder", "The list of parts was not in ascending order. The parts list must be specified in order by part number."),
	objects.PartTooSmall: refusal(http.StatusBadRequest, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size"),
	objects.BadDigest:    refusal(http.StatusBadRequest, "BadDigest", "The Content-MD5 or checksum value that you specified did not match what the server received."),
	objects.BadChecksum:  refusal(http.StatusBadRequest, "InvalidRequest", "The checksum algorithm or type can't be asked for here, or is not that of the upload."),
	objects.BadSize:      refusal(http.StatusBadRequest, "InvalidRequest", "The provided 'x-amz-mp-object-size' header value does not match what was computed."),
	objects.TooLarge:     refusal(http.StatusBadRequest, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed object size."),
	objects.SelfCopy:     refusal(http.StatusBadRequest, "InvalidRequest", "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes."),
	objects.Conflict:     refusal(http.StatusConflict, "ConditionalRequestConflict", "The conditional request cannot succeed due to a conflicting operation against this resource."),
	objects.Precondition: refusal(http.StatusPreconditionFailed, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold"),
	objects.OutOfRange:   refusal(http.StatusRequestedRangeNotSatisfiable, "InvalidRange", "The requested range is not satisfiable"),
	objects.NoPart:       refusal(http.StatusRequestedRangeNotSatisfiable, "InvalidPartNumber", "The requested partnumber is not satisfiable"),
	objects.Busy:         errUnavailable,
	objects.NoSpace:      refusal(http.StatusInsufficientStorage, "InsufficientStorage", "There is not enough room left to keep what you send. Reading and deleting go on; where versions are kept, name the one to delete."),
	objects.OverQuota:    refusal(http.StatusForbidden, "QuotaExceeded", "The quota of the bucket, or your share of it, would be exceeded."),
	objects.NotBuilt:     refusal(http.StatusNotImplemented, "NotImplemented", "A header or parameter you provided implies functionality that the object store does not have."),
}

// inWords puts a store's refusal into those of S3. Any other error is returned
// as it is.
func (f *Front) inWords(r *request, err error) error {
	var plain objects.Refusal
	if !errors.As(err, &plain) {
		return err
	}
	refused := &objects.Refused{Refusal: plain}
	errors.As(err, &refused)
	on, version := r.target, r.params["versionId"]
	if refused.Source {
		on, version = r.source.target, r.source.version
	}
	switch plain {
	case objects.NoBucket:
		return noBucket(on.bucket)
	case objects.NoObject, objects.NoVersion:
		return f.notThere(r, refused, on, version)
	case objects.IsMarker:
		return isMarker(r, refused)
	case objects.NotModified:
		return notModified(refused.Object)
	case objects.OverQuota:
		f.OverQuota.Add(1)
	}
	e := refusals[plain]
	if e == nil {
		return err
	}
	if refused.Message != "" {
		e = refusal(e.Status, e.Code, refused.Message)
	}
	switch plain {
	case objects.NoUpload:
		e = e.with("UploadId", r.params["uploadId"])
	case objects.BadVersion:
		e = r.badID(e, version)
	case objects.Precondition:
		if refused.Condition != "" {
			e = e.with("Condition", refused.Condition)
		}
	case objects.OutOfRange:
		e = outOfRange(r, refused, e)
	case objects.NoPart:
		e = e.with("PartNumberRequested", r.params["partNumber"])
	case objects.BadDigest:
		if refused.Message == "" {
			e = badDigest(r)
		}
	}
	return e
}

// badID names the parameter that holds an id which can't be one.
func (r *request) badID(e *Error, version string) *Error {
	for _, name := range []string{"version-id-marker", "upload-id-marker"} {
		if value := r.params[name]; value != "" {
			return e.with("ArgumentName", name).with("ArgumentValue", value)
		}
	}
	return badVersion(version)
}

// notThere says that an object or version isn't there, to who may know.
func (f *Front) notThere(r *request, refused *objects.Refused, on target, version string) error {
	if r.op.hides && (refused.Source || !r.op.copies) {
		if err := f.hide(r, on); err != nil {
			return err
		}
	}
	if refused.Refusal == objects.NoVersion {
		return refusal(http.StatusNotFound, "NoSuchVersion", "The specified version does not exist.").with("Key", on.key).with("VersionId", version)
	}
	if refused.Object != nil && refused.Object.Marker && slices.Contains(r.op.with, "tagging") { // S3 says so of tags alone
		return isMarker(r, refused)
	}
	e := noKey(on.key)
	if marker := refused.Object; marker != nil && marker.Marker && !refused.Source {
		e = e.under("X-Amz-Delete-Marker", "true")
		if marker.Versioned {
			e = e.under("X-Amz-Version-Id", marker.Version)
		}
	}
	return e
}

// isMarker refuses what can't be done to a delete marker that is named by its id.
func isMarker(r *request, refused *objects.Refused) error {
	if refused.Source {
		return badRequest("The source of a copy request may not specifically refer to a delete marker by version id.")
	}
	e := refusal(http.StatusMethodNotAllowed, "MethodNotAllowed", "The specified method is not allowed against this resource.").
		with("Method", r.Method).with("ResourceType", "DeleteMarker").under("Allow", "DELETE").under("X-Amz-Delete-Marker", "true")
	if marker := refused.Object; marker != nil {
		e = e.under("Last-Modified", httpTime(marker.Modified)).under("X-Amz-Version-Id", marker.Version)
	}
	return e
}

// notModified is a 304, with the headers that RFC 9110 asks for.
func notModified(o *objects.Object) error {
	e := &Error{Status: http.StatusNotModified, Code: "NotModified", Message: "Not Modified"}
	if o == nil {
		return e
	}
	e = e.under("Etag", quoted(o.ETag)).under("Last-Modified", httpTime(o.Modified))
	for name, value := range map[string]string{"Cache-Control": o.Headers.CacheControl, "Expires": o.Headers.Expires} {
		if value != "" {
			e = e.under(name, value)
		}
	}
	if o.Versioned {
		e = e.under("X-Amz-Version-Id", o.Version)
	}
	return e
}

func outOfRange(r *request, refused *objects.Refused, e *Error) *Error {
	if r.op.copies {
		message := "The range specified is not valid for the source object"
		if refused.Object != nil {
			message = "Range specified is not valid for source object of size: " + strconv.FormatInt(refused.Object.Size, 10)
		}
		return badArgument("x-amz-copy-source-range", r.Header.Get("X-Amz-Copy-Source-Range"), message)
	}
	e = e.with("RangeRequested", r.Header.Get("Range"))
	if refused.Object != nil {
		size := strconv.FormatInt(refused.Object.Size, 10)
		e = e.with("ActualObjectSize", size).under("Content-Range", "bytes */"+size)
	}
	return e
}

func noBucket(name string) *Error {
	return refusal(http.StatusNotFound, "NoSuchBucket", "The specified bucket does not exist").with("BucketName", name)
}

func noKey(key string) *Error {
	return refusal(http.StatusNotFound, "NoSuchKey", "The specified key does not exist.").with("Key", key)
}

func quoted(etag string) string { return `"` + etag + `"` }

// httpTime is a time as a header has it.
func httpTime(t time.Time) string { return t.UTC().Format(http.TimeFormat) }

// xmlTime is a time as documents have it: whole seconds, so that it is the one
// that the header Last-Modified gives.
func xmlTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05") + ".000Z" }
