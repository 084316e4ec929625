package s3front

import (
	"context"
	"encoding/xml"
	"errors"
	"net/http"

	"muster/internal/fault"
	"muster/internal/objects"
	"muster/internal/sigv4"
	"muster/internal/space"
	"muster/internal/sts"
)

// Error is a refusal in S3's words.
type Error struct {
	Status        int
	Code, Message string
	Details       []Detail          // what S3 says beside the message
	Header        map[string]string // of the answer
}

// Detail is an element of an error's document.
type Detail struct{ Name, Value string }

func (e *Error) Error() string { return e.Code + ": " + e.Message }

func refusal(status int, code, message string) *Error {
	return &Error{Status: status, Code: code, Message: message}
}

// with returns a copy of e with one more detail.
func (e *Error) with(name, value string) *Error {
	more := *e
	more.Details = append(append([]Detail(nil), e.Details...), Detail{name, value})
	return &more
}

// under returns a copy of e whose answer has one more header.
func (e *Error) under(name, value string) *Error {
	more := *e
	more.Header = map[string]string{name: value}
	for n, v := range e.Header {
		more.Header[n] = v
	}
	return &more
}

// badArgument refuses a header or query parameter, and names it.
func badArgument(name, value, message string) *Error {
	return refusal(http.StatusBadRequest, "InvalidArgument", message).with("ArgumentName", name).with("ArgumentValue", value)
}

func badRequest(message string) *Error {
	return refusal(http.StatusBadRequest, "InvalidRequest", message)
}

var (
	errInternal    = refusal(http.StatusInternalServerError, "InternalError", "We encountered an internal error. Please try again.")
	errUnavailable = busy("Please reduce your request rate.")
	errDenied      = refusal(http.StatusForbidden, "AccessDenied", "Access Denied")
	errMalformed   = refusal(http.StatusBadRequest, "MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")
	errBrokenOff   = refusal(http.StatusBadRequest, "IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header")
	errTooSlow     = refusal(http.StatusBadRequest, "RequestTimeout", "Your socket connection to the server was not read from or written to within the timeout period. Idle connections will be closed.").under("Connection", "close")
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
	sigv4.InvalidTrailer:             {Status: 400, Code: "InvalidRequest"},
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
	case errors.Is(err, space.ErrNoRoom):
		return refusals[objects.NoSpace]
	case errors.Is(err, fault.Unavailable), errors.Is(err, context.DeadlineExceeded):
		return errUnavailable
	}
	return errInternal
}

// retryAfter is, in seconds, when to come again after a refusal for want of room
// or time, where the refusal doesn't name another time.
const retryAfter = "1"

// element is one with nothing but text in it.
type element struct{ Name, Text string }

// MarshalXML implements xml.Marshaler. By a field XMLName, the element would be
// put outside of its document's namespace.
func (x element) MarshalXML(e *xml.Encoder, _ xml.StartElement) error {
	return e.EncodeElement(x.Text, xml.StartElement{Name: xml.Name{Local: x.Name}})
}

// document is the XML of an error.
type document struct {
	XMLName   xml.Name `xml:"Error"`
	Code      string
	Message   string
	Details   []element
	Resource  string
	RequestID string `xml:"RequestId"`
	HostID    string `xml:"HostId"`
}

// refuse answers with the XML of an error; nothing when the answer has begun.
func (f *Front) refuse(w *answer, r *request, err error) {
	if w.status != 0 {
		return
	}
	e := asError(f.inWords(r, err))
	h := w.Header()
	for _, name := range []string{"Content-Length", "Content-Encoding", "Etag", "Last-Modified", "Content-Range", "Accept-Ranges"} {
		h.Del(name)
	}
	if e.Status == http.StatusServiceUnavailable || e.Status == http.StatusInsufficientStorage {
		h.Set("Retry-After", retryAfter)
	}
	for name, value := range e.Header {
		h.Set(name, value)
	}
	if e.Status == http.StatusNotModified {
		w.WriteHeader(e.Status)
		return
	}
	doc := document{Code: e.Code, Message: e.Message, Resource: r.URL.Path, RequestID: r.id, HostID: r.id}
	for _, d := range e.Details {
		doc.Details = append(doc.Details, element{d.Name, d.Value})
	}
	// That the client has gone is for the record of what was refused to say.
	_ = sendXML(w, e.Status, doc, r.Method == http.MethodHead)
}
