package externals3

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"muster/internal/objects"
)

const maxDeletes = 1000 // keys of one request

// Delete removes objects and versions. Those that can be named in a document
// and have no condition go together, the others one by one.
func (s *Store) Delete(ctx context.Context, bucket string, all []objects.Deletion) ([]objects.Deleted, error) {
	done := make([]objects.Deleted, len(all))
	var together []int
	for i, d := range all {
		if len(all) > 1 && d.Conditions.IfMatch == "" && d.Only == nil && inXML(d.Key) && inXML(d.Version) {
			together = append(together, i)
			continue
		}
		done[i] = objects.Deleted{Key: d.Key, Version: d.Version}
		if err := s.deleteOne(ctx, bucket, d, &done[i]); err != nil {
			if errors.Is(err, objects.NoBucket) || ctx.Err() != nil {
				return nil, err
			}
			done[i].Err = err
		}
	}
	for len(together) > 0 {
		n := min(len(together), maxDeletes)
		if err := s.deleteMany(ctx, bucket, all, together[:n], done); err != nil {
			return nil, err
		}
		together = together[n:]
	}
	return done, nil
}

// inXML reports whether a document can hold s such that every reader gets the
// same: XML has no way to write most control characters, and readers differ in
// what they make of line ends and of white space around a text.
func inXML(s string) bool {
	return strings.TrimSpace(s) == s && !strings.ContainsFunc(s, func(r rune) bool {
		return r < ' ' || r == 0x7f || r == '\u0085' || r == '\u2028' || r == '\ufffd' || r == '\ufffe' || r == '\uffff'
	})
}

func (s *Store) deleteOne(ctx context.Context, bucket string, d objects.Deletion, done *objects.Deleted) error {
	if d.Only != nil { // S3 has no such condition, and without it the wrong version could go
		return refused(objects.NotBuilt, "The object store can't remove a version only if it is as it was.")
	}
	c := call{method: http.MethodDelete, ref: objects.Ref{Bucket: bucket, Key: d.Key, Version: d.Version}, header: http.Header{}}
	if strings.TrimSpace(d.Conditions.IfMatch) == "*" { // which stores understand
		c.header.Set("If-Match", "*")
		d.Conditions.IfMatch, d.Judge = "", nil
	}
	w, err := s.overwriting(ctx, c.ref, objects.Conditions{IfMatch: d.Conditions.IfMatch}, d.Judge, c.header)
	if err != nil {
		return err
	}
	defer w.release()
	if err := w.take(ctx); err != nil {
		return err
	}
	h, err := s.simple(ctx, c)
	if err != nil && c.header.Get("If-Match") == "" && (errors.Is(err, objects.NoObject) || errors.Is(err, objects.NoVersion)) {
		h, err = http.Header{}, nil // to S3 it is removed
	}
	if err != nil {
		return err
	}
	done.Marker = h.Get("X-Amz-Delete-Marker") == "true"
	tell(done, h.Get("X-Amz-Version-Id"))
	return nil
}

// tell sets what follows from the id of a delete marker that was made or removed.
func tell(done *objects.Deleted, marker string) {
	if done.Marker {
		done.MarkerVersion = marker
	}
	done.Versioned = done.Marker || done.Version != "" && done.Version != objects.NullVersion
}

type deletion struct {
	Key       string
	VersionID string `xml:"VersionId,omitempty"`
}

type deletions struct {
	XMLName xml.Name   `xml:"http://s3.amazonaws.com/doc/2006-03-01/ Delete"`
	Objects []deletion `xml:"Object"`
}

// deleted is what the store says of one of several.
type deleted struct {
	deletion
	DeleteMarker          bool
	DeleteMarkerVersionID string `xml:"DeleteMarkerVersionId"`
	Code, Message         string
}

// deleteMany removes those of all that have the places.
func (s *Store) deleteMany(ctx context.Context, bucket string, all []objects.Deletion, places []int, done []objects.Deleted) error {
	var ask deletions
	for _, i := range places {
		ask.Objects = append(ask.Objects, deletion{all[i].Key, all[i].Version})
	}
	data, err := xml.Marshal(ask)
	if err != nil {
		return err
	}
	c := call{method: http.MethodPost, ref: objects.Ref{Bucket: bucket}, query: params{"delete": ""}, body: document(data)}
	resp, err := s.do(ctx, c)
	if err != nil {
		return err
	}
	said := map[deletion][]deleted{}
	count := 0
	err = eachChild(resp, c, maxList, "DeleteResult", func(e *element) error {
		if e.name() != "Deleted" && e.name() != "Error" {
			return nil
		}
		var one deleted
		if err := e.read(&one); err != nil {
			return err
		}
		if e.name() == "Error" && one.Code == "" {
			return errors.New("it has an error without a code")
		}
		if count++; count > 2*len(places) {
			return errors.New("it has more entries than were asked for")
		}
		said[one.deletion] = append(said[one.deletion], one)
		return nil
	})
	if err != nil {
		return err
	}
	for _, i := range places {
		done[i] = objects.Deleted{Key: all[i].Key, Version: all[i].Version}
		of := deletion{all[i].Key, all[i].Version}
		answers := said[of]
		if len(answers) == 0 {
			done[i].Err = fmt.Errorf("the object store doesn't say what became of an object that was to be deleted")
			continue
		}
		if len(answers) > 1 { // named more than once: the last answer stands for those that have none
			said[of] = answers[1:]
		}
		answers[0].into(&done[i], c)
	}
	return nil
}

func (d deleted) into(done *objects.Deleted, c call) {
	c.ref.Key, c.ref.Version = d.Key, d.VersionID
	if d.Code != "" {
		err := storeError{Code: d.Code, Message: d.Message}.refusal(c, http.Header{})
		if !errors.Is(err, objects.NoObject) && !errors.Is(err, objects.NoVersion) {
			done.Err = err
			return
		}
	}
	done.Marker = d.DeleteMarker
	tell(done, d.DeleteMarkerVersionID)
}
