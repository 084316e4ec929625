package certificate

import (
	"context"
	"slices"
	"time"

	"muster/internal/arn"
	"muster/internal/fault"
)

// Status says whether a certificate may be used.
type Status string

// The statuses of the AWS IoT API Reference. Only an active certificate may be
// used.
const (
	Active            Status = "ACTIVE"
	Inactive          Status = "INACTIVE"
	Revoked           Status = "REVOKED"
	PendingTransfer   Status = "PENDING_TRANSFER"
	PendingActivation Status = "PENDING_ACTIVATION"
)

// Known reports whether a status is one of AWS's.
func (s Status) Known() bool {
	return slices.Contains([]Status{Active, Inactive, Revoked, PendingTransfer, PendingActivation}, s)
}

// events name what an update to a status is in the audit record.
var events = map[Status]string{Active: "activated", Inactive: "deactivated", Revoked: "revoked"}

// SetStatus makes a certificate active, inactive or revoked; to the status it
// has is no change. It fails with fault.NotFound; with fault.Invalid when
// status is one that can't be asked for; with fault.WrongState when the
// certificate is revoked, or on its way to another account.
func (r *Registry) SetStatus(ctx context.Context, scope arn.Scope, id string, status Status) error {
	if events[status] == "" {
		return fault.Invalid.Errorf("A certificate can't be updated to the status %s.", status)
	}
	now, changed := r.now(), false
	cert, err := r.store.ChangeCertificate(ctx, scope, id, func(c *Certificate) error {
		if c.Status == status {
			return nil
		}
		if err := c.mayLeave(); err != nil {
			return err
		}
		c.Status, c.Modified, changed = status, now, true
		c.Version++
		return nil
	})
	if err != nil {
		return explain(err, "update", id)
	}
	if changed {
		r.audit(ctx, events[status], &cert)
	}
	return nil
}

// Usable fails with fault.WrongState unless the certificate is active and now
// lies between its two dates.
func (c *Registration) Usable(now time.Time) error {
	switch {
	case c.Status != Active:
		return fault.WrongState.Errorf("the certificate is %s", c.Status)
	case now.Before(c.NotBefore):
		return fault.WrongState.Errorf("the certificate is not valid before %s", c.NotBefore.Format(time.RFC3339))
	case now.After(c.NotAfter):
		return fault.WrongState.Errorf("the certificate expired at %s", c.NotAfter.Format(time.RFC3339))
	}
	return nil
}

// mayLeave refuses to change a status that is not the owner's to change.
func (c *Certificate) mayLeave() error {
	switch c.Status {
	case Revoked:
		return fault.WrongState.Errorf("Certificate is revoked and can't be activated or deactivated. Id: %s", c.ID)
	case PendingTransfer:
		return fault.WrongState.Errorf("Certificate is in transfer. Id: %s", c.ID)
	}
	return nil
}
