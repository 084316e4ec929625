// Package fault names the ways a rule can refuse.
//
// A room reports a kind and a sentence the caller may read; a door turns the
// kind into the AWS error of its service. An error without a kind is internal:
// the caller learns only that, the log learns all.
package fault

import (
	"errors"
	"fmt"
)

// Kind is a way to refuse. It is itself an error, so that
// errors.Is(err, fault.NotFound) asks for the kind.
type Kind string

// The kinds.
const (
	Invalid        Kind = "invalid"         // the request can't be meant
	NotFound       Kind = "not found"       // what it names is not there
	AlreadyExists  Kind = "already exists"  // what it would make is there already
	InUse          Kind = "in use"          // something still hangs on what it would remove
	WrongState     Kind = "wrong state"     // the object's status forbids it
	Conflict       Kind = "version"         // expectedVersion is not the version kept
	Malformed      Kind = "malformed"       // a policy document or certificate can't be read
	LimitExceeded  Kind = "limit exceeded"  // one more than there may be
	Denied         Kind = "denied"          // the caller may not
	NotImplemented Kind = "not implemented" // Muster does not do this
	Unavailable    Kind = "unavailable"     // try again later
)

func (k Kind) Error() string { return string(k) }

// Errorf makes an error of the kind, with a sentence the caller may read.
func (k Kind) Errorf(format string, args ...any) *Error {
	return &Error{Kind: k, Message: fmt.Sprintf(format, args...)}
}

// Error is a refusal with its reason.
type Error struct {
	Kind    Kind
	Message string            // for the caller; never a secret
	Fields  map[string]string // modelled members beside the message, such as resourceId
}

func (e *Error) Error() string { return e.Message }

// Is lets errors.Is find the kind.
func (e *Error) Is(target error) bool { return target == error(e.Kind) }

// With adds a modelled member and answers e.
func (e *Error) With(name, value string) *Error {
	if e.Fields == nil {
		e.Fields = map[string]string{}
	}
	e.Fields[name] = value
	return e
}

// Of finds the refusal in err's chain; nil when err is internal.
func Of(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return nil
}
