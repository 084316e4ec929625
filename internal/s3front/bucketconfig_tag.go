package s3front

import (
	"encoding/xml"
	"errors"
	"net/http"

	"muster/internal/bucket"
	"muster/internal/fault"
)

type bucketTag struct {
	Key, Value single[string]
	Other      []unheard `xml:",any"`
}

func (f *Front) getBucketTagging(w *answer, r *request) error {
	tags, err := f.Buckets.Tags(r.Context(), r.target.bucket)
	if err != nil {
		return orNotConfigured(r, err, "NoSuchTagSet", "The TagSet does not exist")
	}
	return answerXML(w, struct {
		XMLName xml.Name     `xml:"http://s3.amazonaws.com/doc/2006-03-01/ Tagging"`
		Tags    []bucket.Tag `xml:"TagSet>Tag"`
	}{Tags: tags})
}

func (f *Front) putBucketTagging(w *answer, r *request) error {
	var in struct {
		XMLName xml.Name `xml:"Tagging"` // in whatever namespace
		TagSet  single[struct {
			Tags  []bucketTag `xml:"Tag"`
			Other []unheard   `xml:",any"`
		}]
		Other []unheard `xml:",any"`
	}
	if _, err := f.readXML(r, tagShape, &in); err != nil {
		return err
	}
	if in.TagSet.v == nil {
		return errMalformed
	}
	if err := refuseUnheard(in.Other, in.TagSet.v.Other); err != nil {
		return err
	}
	var tags []bucket.Tag
	for _, t := range in.TagSet.v.Tags {
		if t.Key.v == nil || t.Value.v == nil || len(t.Other) > 0 {
			return errMalformed
		}
		tags = append(tags, bucket.Tag{Key: *t.Key.v, Value: *t.Value.v})
	}
	err := f.Buckets.SetTags(r.Context(), r.target.bucket, tags)
	if errors.Is(err, fault.Invalid) {
		return badTag(fault.Of(err).Message)
	}
	if err != nil {
		return configError(r, err)
	}
	return done(w, http.StatusNoContent)
}
