package awsapi

import (
	"context"
	"errors"
	"net/http"

	"muster/internal/awswire"
	"muster/internal/fault"
	"muster/internal/sigv4"
	"muster/internal/sts"
)

// names are those of one refusal in the two families of protocols.
type names struct {
	status      int
	json, query string
}

const (
	invalidToken = "The security token included in the request is invalid."
	expiredToken = "The security token included in the request is expired"
	missingToken = "Missing Authentication Token"
	internal     = "An internal error has occurred."
	unavailable  = "The service is unavailable. Please try again later."

	retryAfter = "1" // seconds, of every 503
)

var (
	unknownKey     = names{http.StatusForbidden, "UnrecognizedClientException", "InvalidClientTokenId"}
	tokenExpired   = names{http.StatusForbidden, "ExpiredTokenException", "ExpiredToken"}
	badSignature   = names{http.StatusForbidden, "InvalidSignatureException", "SignatureDoesNotMatch"}
	notSigned      = names{http.StatusForbidden, "MissingAuthenticationTokenException", "MissingAuthenticationToken"}
	presigned      = names{http.StatusForbidden, "AccessDeniedException", "AccessDenied"}
	incomplete     = names{http.StatusBadRequest, "IncompleteSignatureException", "IncompleteSignature"}
	tooLarge       = names{http.StatusRequestEntityTooLarge, "RequestEntityTooLargeException", "RequestEntityTooLarge"}
	tooSlow        = names{http.StatusRequestTimeout, "RequestTimeoutException", "RequestTimeout"}
	unreadable     = names{http.StatusBadRequest, "SerializationException", "MalformedInput"}
	unreadablePath = names{http.StatusBadRequest, "SerializationException", "MalformedQueryString"}
	unknown        = names{http.StatusNotFound, "UnknownOperationException", "InvalidAction"}
	notImplemented = names{http.StatusNotImplemented, "NotImplementedException", "NotImplemented"}
	broken         = names{http.StatusInternalServerError, "InternalFailure", "InternalFailure"}
	busy           = names{http.StatusServiceUnavailable, "ServiceUnavailableException", "ServiceUnavailable"}
)

// signatures are the names of what may be wrong with a signature.
var signatures = map[sigv4.Code]names{
	sigv4.MissingAuthenticationToken: notSigned,
	sigv4.IncompleteSignature:        incomplete,
	sigv4.Ambiguous:                  incomplete,
	sigv4.UnsupportedAlgorithm:       incomplete,
	sigv4.MalformedRequest:           unreadablePath,
	sigv4.UnsignedHeaders:            badSignature,
	sigv4.SignatureDoesNotMatch:      badSignature,
	sigv4.SignatureExpired:           badSignature,
	sigv4.RequestTimeTooSkewed:       badSignature,
	sigv4.InvalidToken:               unknownKey,
	sigv4.PayloadMismatch:            badSignature,
	sigv4.InvalidPayloadHash:         badSignature,
}

// kinds are the names of refusals where the service has none of its own.
var kinds = map[fault.Kind]names{
	fault.Invalid:        {http.StatusBadRequest, "ValidationException", "ValidationError"},
	fault.NotFound:       {http.StatusNotFound, "ResourceNotFoundException", "NoSuchEntity"},
	fault.AlreadyExists:  {http.StatusConflict, "ResourceAlreadyExistsException", "EntityAlreadyExists"},
	fault.InUse:          {http.StatusConflict, "DeleteConflictException", "DeleteConflict"},
	fault.WrongState:     {http.StatusBadRequest, "InvalidRequestException", "InvalidInput"},
	fault.Conflict:       {http.StatusConflict, "VersionConflictException", "ConcurrentModification"},
	fault.Malformed:      {http.StatusBadRequest, "MalformedPolicyException", "MalformedPolicyDocument"},
	fault.LimitExceeded:  {http.StatusBadRequest, "LimitExceededException", "LimitExceeded"},
	fault.Denied:         {http.StatusForbidden, "AccessDeniedException", "AccessDenied"},
	fault.NotImplemented: notImplemented,
	fault.Unavailable:    busy,
}

// refusal is an error on its way out.
type refusal struct {
	names
	message string
	fields  map[string]string
	kind    string // for the log
	breach  bool   // of a constraint of the model
	cause   error  // when the server is to blame
}

func refuse(n names, kind, message string) *refusal {
	return &refusal{names: n, kind: kind, message: message}
}

// judge turns whatever a step of the pipeline failed with into a refusal.
// Every error that isn't meant for the caller becomes InternalFailure.
func judge(err error) *refusal {
	var (
		ready     *refusal
		signature *sigv4.Error
		text      *awswire.SerializationError
		invalid   *awswire.InvalidError
		operation *awswire.UnknownOperationError
	)
	switch {
	case errors.As(err, &ready):
		return ready
	case errors.As(err, &signature):
		if n, ok := signatures[signature.Code]; ok {
			return refuse(n, "signature", signature.Message)
		}
		return refuse(incomplete, "signature", signature.Message)
	case errors.Is(err, sts.ErrExpired):
		return refuse(tokenExpired, "access key", expiredToken)
	case errors.Is(err, sts.ErrUnknownKey), errors.Is(err, sts.ErrInvalidToken), errors.Is(err, sts.ErrWithdrawn):
		// The bearer learns only that the token is no good; the log has the reason.
		return &refusal{names: unknownKey, kind: "access key", message: invalidToken, cause: err}
	case errors.As(err, &text):
		return refuse(unreadable, "serialization", text.Reason)
	case errors.As(err, &invalid):
		r := refuse(kinds[fault.Invalid], string(fault.Invalid), invalid.Error())
		r.breach = true
		return r
	case errors.As(err, &operation):
		return unknownOperation(operation)
	}
	if f := fault.Of(err); f != nil {
		n, ok := kinds[f.Kind]
		if !ok {
			n = broken
		}
		return &refusal{names: n, kind: string(f.Kind), message: f.Message, fields: f.Fields}
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return &refusal{names: busy, kind: "deadline", message: unavailable, cause: err}
	}
	return &refusal{names: broken, kind: "internal", message: internal, cause: err}
}

// meet tells Met of a caller whose key is unknown or whose signature doesn't
// hold, and returns what is to be said instead of r where too many are. A key
// that was good and is withdrawn or expired is no stranger's.
func (a *API) meet(w http.ResponseWriter, x *exchange, r *refusal) *refusal {
	strange := r.names == unknownKey && !errors.Is(r.cause, sts.ErrWithdrawn) || r.names == badSignature
	if a.Met == nil || !strange {
		return r
	}
	x.body = nil // while it waits it holds little
	x.memory.Release()
	if a.Met(x.r, false) {
		return r
	}
	w.Header().Set("Retry-After", turnedAwayFor)
	w.Header().Set("Connection", "close")
	return refuse(busy, "turned away", unavailable)
}

// turnedAwayFor is how many seconds a stranger is to stay away when too many
// wait to be refused.
const turnedAwayFor = "10"

func (r *refusal) Error() string { return r.message }

func unknownOperation(e *awswire.UnknownOperationError) *refusal {
	n := unknown
	message := "Unknown operation"
	if e.Name != "" {
		message = "Could not find operation " + e.Name
		if e.Version != "" {
			message += " for version " + e.Version
		}
	}
	return refuse(n, "unknown operation", message)
}

// unbuilt is the answer to an operation AWS has and Muster has not.
func unbuilt(name string) *refusal {
	return refuse(notImplemented, string(fault.NotImplemented), name+" is not implemented by Muster")
}

// wire is the refusal as service says it. The names of the operation, then of
// the service, go before the common ones; the model knows their status. An
// operation's names are for what its room refuses: a broken constraint is
// called the same throughout a service.
func (r *refusal) wire(service *awswire.Service, operation, common Faults) *awswire.Error {
	own := []Faults{operation, common}
	if r.breach {
		own = own[1:]
	}
	e := &awswire.Error{Code: r.json, Status: r.status, Message: r.message, Fields: r.fields}
	if service.Query() {
		e.Code = r.query
		if r.names == unknown {
			e.Status = http.StatusBadRequest
		}
		if r.names == unreadablePath {
			e.Status = http.StatusNotFound
		}
	}
	for _, faults := range own {
		if name, ok := faults[fault.Kind(r.kind)]; ok {
			e.Code = name
			switch status, modelled := service.ErrorStatus(name); {
			case modelled:
				e.Status = status
			case r.status == http.StatusNotFound, r.status == http.StatusConflict:
				// Names that models leave out, such as ValidationException, are plain bad requests.
				e.Status = http.StatusBadRequest
			}
			return e
		}
	}
	if status, ok := service.ErrorStatus(e.Code); ok {
		e.Status = status
	}
	return e
}
