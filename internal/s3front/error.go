package s3front

import (
	"encoding/xml"
	"errors"
	"io"
	"net/http"

	"muster/internal/fault"
	"muster/internal/sigv4"
	"muster/internal/sts"
)

// Error is a refusal in S3's words.
type Error struct {
	Status        int
	Code, Message string
	Bucket, Key   string // what it is about, where S3 says so
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

func refusal(status int, code, message string) *Error {
	return &Error{Status: status, Code: code, Message: message}
}

var (
	errInternal     = refusal(http.StatusInternalServerError, "InternalError", "We encountered an internal error. Please try again.")
	errUnavailable  = refusal(http.StatusServiceUnavailable, "SlowDown", "Please reduce your request rate.")
	errDenied       = refusal(http.StatusForbidden, "AccessDenied", "Access Denied")
	errPrecondition = refusal(http.StatusPreconditionFailed, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
	errMalformed    = refusal(http.StatusBadRequest, "MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")
)

// signatureErrors are S3's words for what is wrong with a signature.
var signatureErrors = map[sigv4.Code]Error{
	sigv4.MissingAuthenticationToken: {Status: 403, Code: "AccessDenied", Message: "Access Denied"},
	sigv4.IncompleteSignature:        {Status: 400, Code: "AuthorizationHeaderMalformed"},
	sigv4.Ambiguous:                  {Status: 400, Code: "InvalidArgument"},
	sigv4.UnsupportedAlgorithm:       {Status: 400, Code: "InvalidRequest"},
	sigv4.MalformedRequest:           {Status: 400, Code: "InvalidURI"},
	sigv4.UnsignedHeaders:            {Status: 403, Code: "AccessDenied"},
	sigv4.SignatureDoesNotMatch:      {Status: 403, Code: "SignatureDoesNotMatch"},
	sigv4.SignatureExpired:           {Status: 403, Code: "AccessDenied"},
	sigv4.RequestTimeTooSkewed:       {Status: 403, Code: "RequestTimeTooSkewed", Message: "The difference between the request time and the current time is too large."},
	sigv4.InvalidToken:               {Status: 400, Code: "InvalidToken"},
	sigv4.InvalidPayloadHash:         {Status: 400, Code: "InvalidArgument"},
	sigv4.PayloadMismatch:            {Status: 400, Code: "XAmzContentSHA256Mismatch"},
	sigv4.MissingContentLength:       {Status: 411, Code: "MissingContentLength"},
	sigv4.IncompleteBody:             {Status: 400, Code: "IncompleteBody"},
	sigv4.MalformedTrailer:           {Status: 400, Code: "MalformedTrailerError"},
	sigv4.BodyTooLarge:               {Status: 400, Code: "MaxMessageLengthExceeded", Message: "Your request was too big."},
	sigv4.NotImplemented:             {Status: 501, Code: "NotImplemented"},
}

// credentialErrors are S3's words for access keys and tokens that are refused.
var credentialErrors = map[sts.Refusal]*Error{
	sts.ErrUnknownKey:   refusal(http.StatusForbidden, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."),
	sts.ErrInvalidToken: refusal(http.StatusBadRequest, "InvalidToken", "The provided token is malformed or otherwise invalid."),
	sts.ErrExpired:      refusal(http.StatusBadRequest, "ExpiredToken", "The provided token has expired."),
	sts.ErrWithdrawn:    refusal(http.StatusForbidden, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."),
}

// asError finds S3's words for err. What has none is internal.
func asError(err error) *Error {
	var mine *Error
	if errors.As(err, &mine) {
		return mine
	}
	var signature *sigv4.Error
	if errors.As(err, &signature) {
		e, ok := signatureErrors[signature.Code]
		if !ok {
			return errInternal
		}
		if e.Message == "" {
			e.Message = signature.Message
		}
		return &e
	}
	var credential sts.Refusal
	if errors.As(err, &credential) && credentialErrors[credential] != nil {
		return credentialErrors[credential]
	}
	f := fault.Of(err)
	switch {
	case errors.Is(err, fault.Denied):
		return refusal(http.StatusForbidden, "AccessDenied", f.Message)
	case errors.Is(err, fault.Unavailable):
		return errUnavailable
	}
	return errInternal
}

// refuse answers with the XML of an error; nothing when the answer has begun.
func (f *Front) refuse(w *answer, r *request, err error) {
	if w.status != 0 {
		return
	}
	e := asError(err)
	h := w.Header()
	for _, name := range []string{"Content-Length", "Content-Encoding", "Etag", "Last-Modified", "Content-Range", "Accept-Ranges"} {
		h.Del(name)
	}
	h.Set("Content-Type", "application/xml")
	w.WriteHeader(e.Status)
	if r.Method == http.MethodHead {
		return
	}
	writeXML(w, struct {
		XMLName    xml.Name `xml:"Error"`
		Code       string
		Message    string
		BucketName string `xml:",omitempty"`
		Key        string `xml:",omitempty"`
		Resource   string
		RequestID  string `xml:"RequestId"`
		HostID     string `xml:"HostId"`
	}{Code: e.Code, Message: e.Message, BucketName: e.Bucket, Key: e.Key, Resource: r.URL.Path, RequestID: r.id, HostID: r.id})
}

// writeXML writes a document. That the client has gone is not an error here.
func writeXML(w io.Writer, v any) {
	if _, err := io.WriteString(w, xml.Header); err == nil {
		_ = xml.NewEncoder(w).Encode(v)
	}
}
