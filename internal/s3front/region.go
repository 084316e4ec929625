package s3front

import (
	"errors"
	"fmt"
	"net/http"

	"muster/internal/sigv4"
)

// S3's codes for what is wrong with what says who signed.
const (
	malformedHeader = "AuthorizationHeaderMalformed"
	malformedQuery  = "AuthorizationQueryParametersError"
)

// inQuery names the query where S3 does so: where that holds the signature.
func inQuery(r *request, err error) error {
	e := asError(err)
	if e.Code != malformedHeader || len(r.Header["Authorization"]) > 0 {
		return err
	}
	query := *e
	query.Code = malformedQuery
	return &query
}

// oldRegions are two names of before regions had names, which s3cmd still
// signs for.
var oldRegions = map[string]string{"US": "us-east-1", "EU": "eu-west-1"}

// regionOf returns the region that a request was signed for. Signature Version 2
// names none: there it is the bucket's.
func (f *Front) regionOf(r *request) string {
	if region := r.signature.Scope.Region; region != "" {
		return orElse(oldRegions[region], region)
	}
	if row, err := f.Buckets.Find(r.Context(), r.target.bucket); err == nil && row.Account == r.login.Account {
		return row.Region
	}
	return orElse(f.Region, "us-east-1")
}

// checkRegion refuses a request that was signed for another region than its
// bucket's, and names that: clients sign anew. Only where the bucket is may be
// asked from anywhere, which is how clients find it.
func (f *Front) checkRegion(r *request) error {
	if r.region == r.row.Region || r.op.anyRegion {
		r.caller.Context.Set("aws:RequestedRegion", r.row.Region)
		r.region = r.row.Region
		return nil
	}
	code, where := malformedHeader, "The authorization header is malformed; "
	if r.signature.Presigned {
		code, where = malformedQuery, "Error parsing the X-Amz-Credential parameter; "
	}
	message := fmt.Sprintf("%sthe region '%s' is wrong; expecting '%s'", where, r.signature.Scope.Region, r.row.Region)
	return refusal(http.StatusBadRequest, code, message).with("Region", r.row.Region).under("X-Amz-Bucket-Region", r.row.Region)
}

// missingHash says in S3's words that a request does not say what its body is.
func missingHash(r *request, err error) error {
	var e *sigv4.Error
	if errors.As(err, &e) && e.Code == sigv4.InvalidPayloadHash && r.Header.Get("X-Amz-Content-Sha256") == "" {
		return badRequest(e.Message)
	}
	return err
}
