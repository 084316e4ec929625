package s3front

import (
	"errors"
	"net/http"

	"muster/internal/sigv4"
	"muster/internal/sts"
)

// errTurnedAway is for a stranger who comes when too many wait to be refused.
var errTurnedAway = &Error{
	Status: http.StatusServiceUnavailable, Code: "SlowDown", Message: "Please reduce your request rate.",
	Header: map[string]string{"Retry-After": "10", "Connection": "close"},
}

// meet tells Met of a caller whose key is unknown or whose signature doesn't
// hold, and returns what is to be said instead of err where too many are. A key
// that was good and is withdrawn or expired is no stranger's.
func (f *Front) meet(r *request, err error) error {
	if f.Met == nil || r.caller != nil || !strange(err) || f.Met(r.Request, false) {
		return err
	}
	return errTurnedAway
}

func strange(err error) bool {
	var signature *sigv4.Error
	if errors.As(err, &signature) {
		return signature.Code == sigv4.SignatureDoesNotMatch || signature.Code == sigv4.InvalidToken
	}
	return errors.Is(err, sts.ErrUnknownKey) || errors.Is(err, sts.ErrInvalidToken)
}
