package s3front

import (
	"encoding/xml"
	"errors"
	"net/http"

	"muster/internal/arn"
	"muster/internal/objects"
)

const maxDeletes = 1000 // keys of one request

type deleteRequest struct {
	XMLName xml.Name       `xml:"Delete"`
	Objects []deleteObject `xml:"Object"`
	Quiet   bool
}

type deleteObject struct {
	Key       string
	VersionID string `xml:"VersionId"`
	ETag      string
	// Conditions of directory buckets, which would be passed over in silence otherwise.
	LastModifiedTime *string
	Size             *string
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

func (f *Front) deleteObject(w *answer, r *request) error {
	version := r.params["versionId"]
	all, err := f.Objects.Delete(r.Context(), r.target.bucket, []objects.Deletion{{Key: r.target.key, Version: version, Conditions: conditionsOf(r.Header), Judge: r.judge}})
	if err != nil {
		return err
	}
	done := all[0]
	if done.Err != nil {
		return done.Err
	}
	h := w.Header()
	if done.Marker {
		h.Set("X-Amz-Delete-Marker", "true")
	}
	if shown := orElse(version, done.MarkerVersion); shown != "" {
		h.Set("X-Amz-Version-Id", shown)
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// deleteObjects asks for the permission of every key. Those refused come back
// as errors; the others are deleted.
func (f *Front) deleteObjects(w *answer, r *request) error {
	in, err := f.readDeletes(r)
	if err != nil {
		return err
	}
	results := make([]objects.Deleted, len(in.Objects))
	var send []objects.Deletion
	var places []int // of what is sent among the results
	for i, o := range in.Objects {
		d := objects.Deletion{Key: o.Key, Version: o.VersionID, Conditions: objects.Conditions{IfMatch: o.ETag}}
		if d.Judge, err = f.mayDelete(r, o); err != nil {
			results[i] = objects.Deleted{Key: o.Key, Version: o.VersionID, Err: err}
			continue
		}
		send, places = append(send, d), append(places, i)
	}
	if len(send) > 0 {
		done, err := f.Objects.Delete(r.Context(), r.target.bucket, send)
		if err != nil {
			return err
		}
		for i, d := range done {
			results[places[i]] = d
		}
	}
	var out deleteResult
	for i, d := range results {
		asked := in.Objects[i]
		switch {
		case d.Err != nil:
			e := asError(f.inWords(r.on(asked), named(d.Err)))
			out.Errors = append(out.Errors, deleteError{asked.Key, asked.VersionID, e.Code, e.Message})
		case !in.Quiet:
			out.Deleted = append(out.Deleted, deleted{asked.Key, asked.VersionID, d.Marker, d.MarkerVersion})
		}
	}
	return answerXML(w, out)
}

// named returns err as it is said of one of several objects: as on AWS, what
// can't be a version id is one that isn't there.
func named(err error) error {
	if errors.Is(err, objects.BadVersion) {
		return objects.NoVersion
	}
	return err
}

// on is the request as if it named one of several objects itself.
func (r *request) on(o deleteObject) *request {
	one := *r
	one.target.key, one.params = o.Key, params{"versionId": o.VersionID}
	return &one
}

// readDeletes reads the body, beside which S3 wants a checksum.
func (f *Front) readDeletes(r *request) (in deleteRequest, err error) {
	checked, err := f.readXML(r, deleteShape, &in)
	if err == nil || asError(err) == errMalformed {
		if !checked {
			return in, badRequest("Missing required header for this request: Content-MD5 OR x-amz-checksum-*")
		}
	}
	if err != nil {
		return in, err
	}
	if len(in.Objects) == 0 || len(in.Objects) > maxDeletes {
		return in, errMalformed
	}
	for _, o := range in.Objects {
		if o.LastModifiedTime != nil || o.Size != nil {
			return in, refusal(http.StatusNotImplemented, "NotImplemented", "Deletes on condition of a time or a size are not implemented.")
		}
	}
	return in, nil
}

// mayDelete asks for the permission to delete one of several objects, and
// returns what is left to ask where that depends on its tags.
func (f *Front) mayDelete(r *request, o deleteObject) (objects.Judge, error) {
	if o.Key == "" {
		return nil, errMalformed
	}
	if err := checkKey(o.Key); err != nil {
		return nil, err
	}
	action, keys := "s3:DeleteObject", f.common(r)
	if o.VersionID != "" && !isVersionID(o.VersionID) {
		return nil, named(objects.BadVersion)
	}
	if o.VersionID != "" {
		action = "s3:DeleteObjectVersion"
		keys.Set("s3:VersionId", o.VersionID)
	}
	if err := f.may(r, action, arn.Object(r.target.bucket, o.Key), keys); err != nil {
		return nil, err
	}
	if !comparesContent(r.Method, o.ETag) {
		return nil, nil
	}
	return f.mayCompare(r, target{r.target.bucket, o.Key})
}
