package s3front

import (
	"encoding/xml"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"muster/internal/arn"
	"muster/internal/bucket"
	"muster/internal/fault"
	"muster/internal/page"
	"muster/internal/sigv4"
)

const namespace = "http://s3.amazonaws.com/doc/2006-03-01/"

// answerXML answers 200 with a document.
func answerXML(w *answer, v any) error {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(http.StatusOK)
	writeXML(w, v)
	return nil
}

// owner is an account as S3 shows it: a canonical user id, 64 hex digits.
type owner struct {
	ID string
}

func ownerOf(account string) owner {
	return owner{ID: sigv4.Hash([]byte("canonical user of account " + account))}
}

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
		entries = append(entries, bucketEntry{b.Name, b.Created.Format("2006-01-02T15:04:05.000Z"), b.Region})
	}
	return answerXML(w, struct {
		XMLName           xml.Name      `xml:"http://s3.amazonaws.com/doc/2006-03-01/ ListAllMyBucketsResult"`
		Owner             owner         `xml:"Owner"`
		Buckets           []bucketEntry `xml:"Buckets>Bucket"`
		ContinuationToken string        `xml:",omitempty"`
		Prefix            string        `xml:",omitempty"`
	}{Owner: ownerOf(r.caller.Account), Buckets: entries, ContinuationToken: found.Next, Prefix: r.params["prefix"]})
}

// checkBucketHeaders refuses what a bucket can't have.
func (r *request) checkBucketHeaders() error {
	for name, values := range r.Header {
		value := values[0]
		switch {
		case name == "X-Amz-Bucket-Object-Lock-Enabled" && strings.EqualFold(value, "false"),
			name == "X-Amz-Object-Ownership" && value == "BucketOwnerEnforced":
			r.Header.Del(name)
		}
	}
	_, err := r.forward()
	return err
}

func (f *Front) createBucket(w *answer, r *request) error {
	if err := r.checkBucketHeaders(); err != nil {
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
		return &Error{Status: http.StatusConflict, Code: code, Message: e.Message, Bucket: r.target.bucket}
	}
	if errors.Is(err, fault.Invalid) {
		return errBadBucket
	}
	if err != nil {
		return err
	}
	w.Header().Set("Location", "/"+b.Name)
	w.WriteHeader(http.StatusOK)
	return nil
}

// readLocation answers the region that CreateBucket asks for. As on AWS it must be the
// region of the endpoint, here that of the signature; only us-east-1's takes
// any, and stands for none.
func (r *request) readLocation() (string, error) {
	data, err := r.signature.ReadAll(r.Request, maxSmall)
	if err != nil {
		return "", err
	}
	var in struct {
		XMLName            xml.Name `xml:"CreateBucketConfiguration"`
		LocationConstraint string
		Location           *struct{}
		Bucket             *struct{}
		Tags               *struct{}
	}
	if len(data) > 0 {
		if err := decodeXML(data, &in); err != nil {
			return "", err
		}
	}
	if in.Location != nil || in.Bucket != nil || in.Tags != nil {
		return "", refusal(http.StatusNotImplemented, "NotImplemented", "Directory buckets and tags at creation are not implemented.")
	}
	region := in.LocationConstraint
	if region == "EU" {
		region = "eu-west-1"
	}
	switch {
	case region == "" && r.region == "us-east-1", region == r.region:
		return r.region, nil
	case region == "":
		region = "unspecified"
	case !arn.IsRegion(region):
		return "", refusal(http.StatusBadRequest, "InvalidLocationConstraint", "The specified location-constraint is not valid")
	case r.region == "us-east-1":
		return region, nil
	}
	return "", refusal(http.StatusBadRequest, "IllegalLocationConstraintException", "The "+region+" location constraint is incompatible for the region specific endpoint this request was sent to.")
}

func (f *Front) deleteBucket(w *answer, r *request) error {
	err := f.Buckets.Delete(r.Context(), r.target.bucket)
	switch {
	case errors.Is(err, fault.InUse):
		return &Error{Status: http.StatusConflict, Code: "BucketNotEmpty", Message: "The bucket you tried to delete is not empty", Bucket: r.target.bucket}
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
