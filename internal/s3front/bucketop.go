package s3front

import (
	"encoding/xml"
	"errors"
	"net/http"
	"strconv"

	"muster/internal/arn"
	"muster/internal/bucket"
	"muster/internal/fault"
	"muster/internal/page"
)

type bucketEntry struct {
	Name         string
	CreationDate string
	BucketRegion string
}

func (f *Front) listBuckets(w *answer, r *request) error {
	limit := 10000
	if s, ok := r.params["max-buckets"]; ok {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 || n > limit {
			return refusal(http.StatusBadRequest, "InvalidArgument", "Argument max-buckets must be an integer between 1 and 10000")
		}
		limit = n
	}
	found, err := f.Buckets.List(r.Context(),
		bucket.Filter{Account: r.caller.Account, Region: r.params["bucket-region"], Prefix: r.params["prefix"]},
		page.Request{Limit: limit, Token: r.params["continuation-token"]})
	if errors.Is(err, fault.Invalid) {
		return refusal(http.StatusBadRequest, "InvalidArgument", "The continuation token provided is incorrect")
	}
	if err != nil {
		return err
	}
	entries := make([]bucketEntry, 0, len(found.Items))
	for _, b := range found.Items {
		entries = append(entries, bucketEntry{b.Name, xmlTime(b.Created), b.Region})
	}
	return answerXML(w, struct {
		XMLName           xml.Name      `xml:"http://s3.amazonaws.com/doc/2006-03-01/ ListAllMyBucketsResult"`
		Owner             owner         `xml:"Owner"`
		Buckets           []bucketEntry `xml:"Buckets>Bucket"`
		ContinuationToken string        `xml:",omitempty"`
		Prefix            string        `xml:",omitempty"`
	}{Owner: ownerOf(r.caller.Account), Buckets: entries, ContinuationToken: found.Next, Prefix: r.params["prefix"]})
}

func (f *Front) createBucket(w *answer, r *request) error {
	if err := f.readBody(r); err != nil {
		return err
	}
	if r.noRegion != nil {
		return r.noRegion
	}
	b, err := f.Buckets.Create(r.Context(), arn.Scope{Account: r.caller.Account, Region: r.location}, r.target.bucket)
	if errors.Is(err, fault.AlreadyExists) {
		e := fault.Of(err)
		code := "BucketAlreadyExists"
		if e.Fields["owner"] == r.caller.Account {
			code = "BucketAlreadyOwnedByYou"
		}
		return refusal(http.StatusConflict, code, e.Message).with("BucketName", r.target.bucket)
	}
	if errors.Is(err, fault.Invalid) {
		return refusal(http.StatusBadRequest, errBadBucket.Code, fault.Of(err).Message)
	}
	if err != nil {
		return err
	}
	w.Header().Set("Location", "/"+b.Name)
	w.WriteHeader(http.StatusOK)
	return nil
}

// readLocation reads the region that CreateBucket asks for. Why it can't be had
// is said once it is clear who may: see noRegion.
func (f *Front) readLocation(r *request) error {
	var in struct {
		XMLName            xml.Name `xml:"CreateBucketConfiguration"`
		LocationConstraint string
		Location           *struct{}
		Bucket             *struct{}
		Tags               *struct{}
	}
	if r.ContentLength != 0 {
		switch _, err := f.readXML(r, smallShape, &in); {
		case err != nil && asError(err) == errMalformed:
			r.noRegion = errMalformed
			return nil
		case err != nil:
			return err
		}
	} else if err := f.noBody(r); err != nil {
		return err
	}
	if in.Location != nil || in.Bucket != nil || in.Tags != nil {
		r.noRegion = refusal(http.StatusNotImplemented, "NotImplemented", "Directory buckets and tags at creation are not implemented.")
		return nil
	}
	r.location, r.noRegion = r.locate(in.LocationConstraint)
	return nil
}

// noBody verifies that a request without a body was signed without one.
func (f *Front) noBody(r *request) error {
	_, err := f.body(r, wholeBody)
	return err
}

// locate returns the region of a bucket that is asked for in region. As on AWS
// it must be that of the endpoint, here that of the signature; only us-east-1's
// takes any, and stands for none.
func (r *request) locate(region string) (string, error) {
	region = orElse(oldLocations[region], region)
	switch {
	case region == "" && r.region == "us-east-1":
		return r.region, nil
	case region == "us-east-1" && r.region == "us-east-1":
		return "", refusal(http.StatusBadRequest, "InvalidLocationConstraint", "The specified location-constraint is not valid").with("LocationConstraint", region)
	case region == r.region:
		return r.region, nil
	case region == "":
		region = "unspecified"
	case !arn.IsRegion(region):
		return "", refusal(http.StatusBadRequest, "InvalidLocationConstraint", "The specified location-constraint is not valid").with("LocationConstraint", region)
	case r.region == "us-east-1":
		return region, nil
	}
	return "", refusal(http.StatusBadRequest, "IllegalLocationConstraintException", "The "+region+" location constraint is incompatible for the region specific endpoint this request was sent to.")
}

// oldLocations are the names of before regions had names that S3 still takes.
var oldLocations = map[string]string{"EU": "eu-west-1"}

func (f *Front) deleteBucket(w *answer, r *request) error {
	err := f.Buckets.Delete(r.Context(), r.target.bucket)
	switch {
	case errors.Is(err, fault.InUse):
		return refusal(http.StatusConflict, "BucketNotEmpty", "The bucket you tried to delete is not empty").with("BucketName", r.target.bucket)
	case errors.Is(err, fault.NotFound):
		return noBucket(r.target.bucket)
	case err != nil:
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (f *Front) headBucket(w *answer, r *request) error {
	w.Header().Set("X-Amz-Bucket-Region", r.row.Region)
	w.Header().Set("X-Amz-Access-Point-Alias", "false")
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(http.StatusOK)
	return nil
}

func (f *Front) bucketLocation(w *answer, r *request) error {
	region := r.row.Region
	if region == "us-east-1" {
		region = "" // AWS has named its first region so since before regions had names
	}
	return answerXML(w, struct {
		XMLName xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ LocationConstraint"`
		Region  string   `xml:",chardata"`
	}{Region: region})
}
