package credentials

import (
	"errors"
	"fmt"

	"muster/internal/fault"
)

// Refusal is a no to a device.
type Refusal struct {
	Told *fault.Error // what the device is told, in AWS's words
	Why  string       // what the operator is told; never sent to a device

	// Stranger says that the device has no certificate that is registered where
	// it asks, and Inactive that it has one that can't be used.
	Stranger, Inactive bool
}

func (r *Refusal) Error() string { return r.Told.Message + " (" + r.Why + ")" }

// Unwrap lets fault.Of and errors.Is find the kind.
func (r *Refusal) Unwrap() error { return r.Told }

// answer is what a device is told.
type answer struct {
	kind    fault.Kind
	message string
}

var (
	badCertificate = answer{fault.Denied, "Certificate is invalid on this endpoint"}
	noCertificate  = answer{fault.Denied, "Missing Authentication Token"}
	badThing       = answer{fault.Denied, "Invalid thing name passed"}
	denied         = answer{fault.Denied, "Access Denied"}
	noAlias        = answer{fault.NotFound, "Role alias does not exist"}
	noRole         = answer{fault.Invalid, "Unable to assume the role, or the role to assume does not exist"}
	tooLong        = answer{fault.Invalid, "The requested CredentialDurationSeconds exceeds the MaxSessionDuration set for the role"}
	notFound       = answer{fault.NotFound, "Not Found"}
)

// stranger and inactive say so of a refusal.
func stranger(err error) error {
	if r := (*Refusal)(nil); errors.As(err, &r) {
		r.Stranger = true
	}
	return err
}

func inactive(err error) error {
	if r := (*Refusal)(nil); errors.As(err, &r) {
		r.Inactive = true
	}
	return err
}

func refuse(a answer, why string, args ...any) error {
	return &Refusal{Told: a.kind.Errorf("%s", a.message), Why: fmt.Sprintf(why, args...)}
}
