package s3front

import (
	"context"
	"crypto/md5"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"strings"

	"muster/internal/arn"
	"muster/internal/sigv4"
)

const maxDeletes = 1000 // keys of one request

type deleteRequest struct {
	XMLName xml.Name       `xml:"Delete"`
	Objects []deleteObject `xml:"Object"`
	Quiet   bool           `xml:",omitempty"`
}

type deleteObject struct {
	Key       string
	VersionID string `xml:"VersionId,omitempty"`
	// Conditions, which would be passed over in silence otherwise.
	ETag             *string `xml:",omitempty"`
	LastModifiedTime *string `xml:",omitempty"`
	Size             *string `xml:",omitempty"`
}

type deleteResult struct {
	XMLName xml.Name      `xml:"http://s3.amazonaws.com/doc/2006-03-01/ DeleteResult"`
	Deleted []deleted     `xml:"Deleted"`
	Errors  []deleteError `xml:"Error"`
}

type deleted struct {
	Key                   string
	VersionID             string `xml:"VersionId,omitempty"`
	DeleteMarker          bool   `xml:",omitempty"`
	DeleteMarkerVersionID string `xml:"DeleteMarkerVersionId,omitempty"`
}

type deleteError struct {
	Key       string
	VersionID string `xml:"VersionId,omitempty"`
	Code      string
	Message   string
}

// deleteObject passes on what deletes the version that it names, or the object.
func (f *Front) deleteObject(w *answer, r *request) error {
	version := r.params["versionId"]
	none, err := f.hasNoVersion(r, r.target.key, version)
	if err != nil {
		return err
	}
	if !none {
		return f.pass(w, r)
	}
	if _, err := r.forward(); err != nil {
		return err
	}
	w.Header().Set("X-Amz-Version-Id", version)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// hasNoVersion reports whether an object can't have the version because its
// bucket was never versioned, or it is a directory. The embedded store takes
// no notice of the id then, and deletes the object itself.
func (f *Front) hasNoVersion(r *request, key, version string) (bool, error) {
	if len(version) != storeVersionSize {
		return false, nil // none, null, or for the store to refuse
	}
	if strings.HasSuffix(key, "/") {
		return true, nil
	}
	if r.versioned { // asked once for a request: what was versioned once stays so
		return false, nil
	}
	bucket := r.target.bucket
	resp, err := f.Store.do(r.Context(), http.MethodGet, target{bucket: bucket}, params{"versioning": ""}, nil, nil)
	if err != nil {
		return false, err
	}
	defer resp.Body.Close()
	var found struct{ Status string }
	if resp.StatusCode != http.StatusOK {
		return false, fmt.Errorf("look whether bucket %q has versions: the object store answers %d %s", bucket, resp.StatusCode, readCode(resp.Body))
	}
	if err := xml.NewDecoder(io.LimitReader(resp.Body, maxErrorBody)).Decode(&found); err != nil {
		return false, fmt.Errorf("the object store's answer to GetBucketVersioning can't be read: %w", err)
	}
	r.versioned = found.Status != ""
	return !r.versioned, nil
}

// deleteObjects asks for the permission of every key. Those refused come back
// as errors; the others are deleted.
func (f *Front) deleteObjects(w *answer, r *request) error {
	if _, err := r.forward(); err != nil {
		return err
	}
	in, err := r.readDeletes()
	if err != nil {
		return err
	}
	var out deleteResult
	send := deleteRequest{Quiet: in.Quiet}
	for _, o := range in.Objects {
		if err := f.mayDelete(r, o); err != nil {
			e := asError(err)
			out.Errors = append(out.Errors, deleteError{o.Key, o.VersionID, e.Code, e.Message})
			continue
		}
		none, err := f.hasNoVersion(r, o.Key, o.VersionID)
		if err != nil {
			return err
		}
		if none {
			if !in.Quiet {
				out.Deleted = append(out.Deleted, deleted{Key: o.Key, VersionID: o.VersionID})
			}
			continue
		}
		send.Objects = append(send.Objects, o)
	}
	if len(send.Objects) > 0 {
		done, err := f.sendDeletes(r, send)
		if err != nil {
			return err
		}
		out.Deleted = append(out.Deleted, done.Deleted...)
		out.Errors = append(out.Errors, done.Errors...)
	}
	return answerXML(w, out)
}

// readDeletes reads the body and checks it against every checksum beside it,
// of which S3 wants at least one.
func (r *request) readDeletes() (deleteRequest, error) {
	var in deleteRequest
	data, err := r.signature.ReadAll(r.Request, maxSmall)
	if err != nil {
		return in, err
	}
	found, err := checkSums(r.Header, data)
	if err != nil {
		return in, err
	}
	if !found {
		return in, refusal(http.StatusBadRequest, "InvalidRequest", "Missing required header for this request: Content-MD5 OR x-amz-checksum-*")
	}
	if err := decodeXML(data, &in); err != nil {
		return in, err
	}
	if len(in.Objects) == 0 || len(in.Objects) > maxDeletes {
		return in, errMalformed
	}
	for _, o := range in.Objects {
		if o.ETag != nil || o.LastModifiedTime != nil || o.Size != nil {
			return in, refusal(http.StatusNotImplemented, "NotImplemented", "Conditional deletes of several objects are not implemented.")
		}
	}
	return in, nil
}

// checkSums compares the body with every checksum beside it and reports
// whether there is one.
func checkSums(h http.Header, data []byte) (found bool, err error) {
	found = h.Get("X-Amz-Trailer") != "" // judged while it was read
	if sum := h.Get("Content-Md5"); sum != "" {
		found = true
		want := md5.Sum(data)
		if base64.StdEncoding.EncodeToString(want[:]) != sum {
			return found, refusal(http.StatusBadRequest, "BadDigest", "The Content-MD5 you specified did not match what we received.")
		}
	}
	for name, values := range h {
		name = strings.ToLower(name)
		if want, ok := sigv4.Checksum(name, data); ok {
			found = true
			if values[0] != want {
				return found, refusal(http.StatusBadRequest, "BadDigest", "The "+name+" you specified did not match the calculated checksum.")
			}
		}
	}
	return found, nil
}

func (f *Front) mayDelete(r *request, o deleteObject) error {
	if o.Key == "" {
		return errMalformed
	}
	if err := checkKey(o.Key); err != nil {
		return err
	}
	action, keys := "s3:DeleteObject", f.common(r)
	if o.VersionID != "" {
		if err := checkID(o.VersionID); err != nil {
			return err
		}
		action = "s3:DeleteObjectVersion"
		keys.Set("s3:VersionId", o.VersionID)
	}
	return f.may(r, action, arn.Object(r.target.bucket, o.Key), keys)
}

// sendDeletes asks the store for what is left, with a checksum of its own.
func (f *Front) sendDeletes(r *request, send deleteRequest) (*deleteResult, error) {
	data, err := xml.Marshal(send)
	if err != nil {
		return nil, err
	}
	sum := md5.Sum(data)
	header := http.Header{"Content-Type": {"application/xml"}, "Content-Md5": {base64.StdEncoding.EncodeToString(sum[:])}}
	resp, err := f.Store.do(r.Context(), http.MethodPost, r.target, r.params, header, plainBody(data))
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the object store answers %d %s", resp.StatusCode, readCode(resp.Body))
	}
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 4*maxSmall))
	if err != nil {
		return nil, err
	}
	var done struct { // whatever the store's namespace
		Deleted []deleted     `xml:"Deleted"`
		Errors  []deleteError `xml:"Error"`
	}
	if err := xml.Unmarshal(answer, &done); err != nil {
		return nil, errors.New("the object store's answer to DeleteObjects can't be read")
	}
	out := deleteResult{Deleted: done.Deleted}
	for _, e := range done.Errors {
		never, err := f.wasNever(r.Context(), target{r.target.bucket, e.Key}, e.Code, e.VersionID)
		if err != nil {
			return nil, err
		}
		if never || isGone(e.Code, e.VersionID) {
			out.Deleted = append(out.Deleted, deleted{Key: e.Key, VersionID: e.VersionID})
			continue
		}
		if e.Code == errInternal.Code { // what the store says of it has paths of this machine
			slog.ErrorContext(r.Context(), "object store failed to delete", "request", r.id, "err", e.Message)
			e.Message = errInternal.Message
		}
		out.Errors = append(out.Errors, e)
	}
	if send.Quiet {
		out.Deleted = nil
	}
	return &out, nil
}

// wasNever reports whether the store failed to delete an object because there
// is none, only keys that go on from its own: S3 calls that deleted. The store
// takes the directory for the object, in versioned buckets with an error of
// its own.
func (f *Front) wasNever(ctx context.Context, t target, code, version string) (bool, error) {
	if version != "" || code != "ErrDirectoryNotEmpty" && code != errInternal.Code {
		return false, nil
	}
	j, err := f.head(ctx, t, nil)
	return err == nil && j.etag == "", err
}

// storeVersionSize is the length of what the embedded store takes for a version
// id: of the form it only looks at the first letter.
const storeVersionSize = 26

// storeVersion is the form of the embedded store's version ids: ULIDs.
var storeVersion = regexp.MustCompile("^[0-7][0-9A-HJKMNP-TV-Z]{25}$")

// isGone reports whether the store refused to delete a version because there
// is none. To S3 it is deleted then; only ids that it could not have given,
// which the store refuses in the same words, are invalid to it, too.
func isGone(code, version string) bool {
	return code == "InvalidArgument" && storeVersion.MatchString(version)
}
