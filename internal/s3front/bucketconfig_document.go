package s3front

import (
	"encoding/xml"
	"errors"
	"net/http"

	"muster/internal/fault"
)

// single is an element that is there once at most: of two, one reader might
// take the first and another the last.
type single[T any] struct{ v *T }

// UnmarshalXML implements xml.Unmarshaler.
func (s *single[T]) UnmarshalXML(d *xml.Decoder, start xml.StartElement) error {
	if s.v != nil {
		return errMalformed
	}
	s.v = new(T)
	return d.DecodeElement(s.v, &start)
}

// or returns the element, or other where there is none.
func (s single[T]) or(other T) T {
	if s.v == nil {
		return other
	}
	return *s.v
}

// unheard is an element that S3's schema doesn't have at its place. What it asks
// for would be passed over in silence.
type unheard struct{ XMLName xml.Name }

// refuseUnheard refuses a document with elements that S3's schema doesn't have.
func refuseUnheard(all ...[]unheard) error {
	for _, some := range all {
		if len(some) > 0 {
			return errMalformed
		}
	}
	return nil
}

// configError puts a refusal of what would be configured into S3's words.
func configError(r *request, err error) error {
	f := fault.Of(err)
	switch {
	case errors.Is(err, fault.NotFound): // the bucket was deleted meanwhile
		return noBucket(r.target.bucket)
	case errors.Is(err, fault.Malformed):
		return errMalformed
	case errors.Is(err, fault.Invalid) && f.Fields["argument"] != "":
		return refusal(http.StatusBadRequest, "InvalidArgument", f.Message).with("ArgumentName", f.Fields["argument"])
	case errors.Is(err, fault.Invalid):
		return badRequest(f.Message)
	}
	return err
}

// notConfigured refuses to read what a bucket doesn't have.
func notConfigured(r *request, code, message string) *Error {
	return refusal(http.StatusNotFound, code, message).with("BucketName", r.target.bucket)
}

// orNotConfigured does so where err is fault.NotFound.
func orNotConfigured(r *request, err error, code, message string) error {
	if errors.Is(err, fault.NotFound) {
		return notConfigured(r, code, message)
	}
	return err
}

// done answers with a status and nothing else.
func done(w *answer, status int) error {
	w.WriteHeader(status)
	return nil
}
