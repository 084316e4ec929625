package credsapi

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"muster/internal/credentials"
	"muster/internal/fault"
	"muster/internal/sts"
)

// maxBody is the most that AWS's C library reads of an answer, in bytes.
const maxBody = 2048

// answer is what is sent to a device. One with a kind is a refusal.
type answer struct {
	status        int
	body          []byte // of a success
	kind, message string // of a refusal, as the device sees it
	why           string // for the log only
	after         int    // seconds after which one who was turned away is to come again, or 0
}

// kinds are AWS's names and statuses for the kinds of refusal.
var kinds = map[fault.Kind]struct {
	status int
	name   string
}{
	fault.Denied:      {http.StatusForbidden, "AccessDeniedException"},
	fault.NotFound:    {http.StatusNotFound, "ResourceNotFoundException"},
	fault.Invalid:     {http.StatusBadRequest, "InvalidRequestException"},
	fault.Unavailable: {http.StatusServiceUnavailable, "ServiceUnavailableException"},
}

// refusal turns an error of the provider into an answer. Whatever isn't a
// refusal stays in the log.
func refusal(err error) *answer {
	if f := fault.Of(err); f != nil {
		if k, ok := kinds[f.Kind]; ok {
			a := &answer{status: k.status, kind: k.name, message: f.Message, why: err.Error()}
			var r *credentials.Refusal
			if errors.As(err, &r) {
				a.why = r.Why
			}
			return a
		}
	}
	if errors.Is(err, context.DeadlineExceeded) { // clients try again
		k := kinds[fault.Unavailable]
		return &answer{status: k.status, kind: k.name, message: "Service unavailable", why: err.Error()}
	}
	return internal(err)
}

// turnedAway is for a stranger who comes when too many wait to be refused.
func turnedAway(err error) *answer {
	return &answer{status: http.StatusServiceUnavailable, kind: kinds[fault.Unavailable].name, message: "Too many failed attempts", why: "turned away: " + err.Error(), after: 10}
}

func internal(err error) *answer {
	return &answer{status: http.StatusInternalServerError, kind: "InternalFailureException", message: "Internal failure", why: err.Error()}
}

// success writes the credential as AWS does: one line, lower camel case, an
// expiration of exactly 20 characters. Its members need no escapes: they are
// letters, digits and the signs of base64.
func success(c sts.Credential) *answer {
	b := make([]byte, 0, 1536)
	b = append(b, `{"credentials":{"accessKeyId":"`...)
	b = append(b, c.AccessKeyID...)
	b = append(b, `","secretAccessKey":"`...)
	b = append(b, c.Secret.Reveal()...)
	b = append(b, `","sessionToken":"`...)
	b = append(b, c.SessionToken.Reveal()...)
	b = append(b, `","expiration":"`...)
	b = c.Expires.UTC().AppendFormat(b, time.RFC3339)
	b = append(b, `"}}`...)
	if len(b) > maxBody {
		return internal(errors.New("the answer would be longer than clients read: " + strconv.Itoa(len(b)) + " bytes"))
	}
	return &answer{status: http.StatusOK, body: b}
}

func (a *answer) send(w http.ResponseWriter, requestID string) {
	h, body := w.Header(), a.body
	if a.kind != "" {
		h["X-Amzn-Errortype"] = []string{a.kind}
		body = a.refusal()
	}
	if a.status == http.StatusMethodNotAllowed {
		h["Allow"] = []string{http.MethodGet}
	}
	switch {
	case a.after > 0:
		h["Retry-After"] = []string{strconv.Itoa(a.after)}
		h["Connection"] = []string{"close"}
	case a.status == http.StatusServiceUnavailable:
		h["Retry-After"] = []string{"1"}
	}
	values := []string{"application/json", strconv.Itoa(len(body)), requestID}
	h["Content-Type"] = values[0:1:1]
	h["Content-Length"] = values[1:2:2]
	h["X-Amzn-Requestid"] = values[2:3:3]
	w.WriteHeader(a.status)
	w.Write(body) // that nobody reads it is nobody's fault
}

// refusal is the body of a refusal.
func (a *answer) refusal() []byte {
	text, err := json.Marshal(a.message)
	if err != nil {
		text = []byte(`""`) // a string always can
	}
	return append(append([]byte(`{"message":`), text...), '}')
}
