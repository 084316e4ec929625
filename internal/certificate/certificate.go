// Package certificate knows which device certificates are registered, in which
// accounts and regions, and whether they may be used.
//
// The registry is the only means of revocation, as on AWS: a device is judged
// by the status kept here at each of its requests. Making keys and signing is
// the business of the room ca; what a certificate may do, that of iotpolicy.
//
// Statuses and the order of the refusals are those of the AWS IoT API
// Reference, UpdateCertificate and DeleteCertificate. A revoked certificate
// stays revoked for good; only deleted and registered again it is another
// registration, which has nothing of the first: no attachment, and no session.
package certificate

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"muster/internal/arn"
	"muster/internal/ca"
	"muster/internal/fault"
	"muster/internal/index"
	"muster/internal/page"
)

// Certificate is a registered device certificate.
type Certificate struct {
	ID                  string // lower-case hex SHA-256 of the DER
	Scope               arn.Scope
	PEM                 string
	Status              Status
	Mode                Mode
	Generation          string // 64 hex characters, new with every registration; sessions are bound to it
	Version             int64  // 1, and one more with each change
	NotBefore, NotAfter time.Time
	Created, Modified   time.Time
}

// ARN names the certificate.
func (c *Certificate) ARN() arn.ARN { return c.Scope.Certificate(c.ID) }

// Mode says how a certificate's account is found.
type Mode string

// The modes. Muster finds every certificate by server name and registration.
const (
	Default Mode = "DEFAULT"
	SNIOnly Mode = "SNI_ONLY"
)

// Uses are what hangs on a certificate.
type Uses struct {
	Things   bool // attached to one at least
	Policies bool // one attached to it at least
}

// Store keeps certificates. Each method happens wholly or not at all. Whatever
// changes a certificate, or what is attached to it, publishes its Key.
type Store interface {
	// InsertCertificate fails with fault.AlreadyExists if the certificate is
	// registered in its scope.
	InsertCertificate(ctx context.Context, c Certificate) error
	// Certificate fails with fault.NotFound.
	Certificate(ctx context.Context, scope arn.Scope, id string) (Certificate, error)
	// Certificates answers those of a scope in the order of their creation.
	Certificates(ctx context.Context, scope arn.Scope, p page.Request) (page.Page[Certificate], error)
	// Registrations answers the certificate as it is registered in any scope,
	// by account and region; none is no error.
	Registrations(ctx context.Context, id string) ([]Certificate, error)
	// ChangeCertificate loads the certificate, applies change and keeps the
	// result. An error from change keeps nothing and is returned unwrapped.
	// change must look only at its argument. It fails with fault.NotFound.
	ChangeCertificate(ctx context.Context, scope arn.Scope, id string, change func(*Certificate) error) (Certificate, error)
	// DeleteCertificate loads the certificate and its uses, and removes it
	// together with the attachments of policies if rule answers nil. Rule's
	// error removes nothing and is returned unwrapped. It fails with
	// fault.NotFound.
	DeleteCertificate(ctx context.Context, scope arn.Scope, id string, rule func(Certificate, Uses) error) (Certificate, error)
}

// Key is the index key of everything known about the certificate, in whatever
// scopes it is registered.
func Key(id string) index.Key { return index.Key{Kind: "certificate", Name: id} }

// Registry is the room.
type Registry struct {
	store     Store
	index     *index.Index
	fields    *index.Memo[*fields]
	authority *ca.Authority

	Now    func() time.Time             // nil: time.Now
	Caller func(context.Context) string // whom the audit record names; nil: nobody
	Log    *slog.Logger                 // takes the audit records; nil: slog.Default()
}

// New answers for the certificates in store, which publishes to x. Authority
// signs new ones.
func New(store Store, x *index.Index, authority *ca.Authority) *Registry {
	return &Registry{store: store, index: x, authority: authority, fields: index.NewMemo[*fields](fieldsBytes, 1)}
}

// CreateWithKeys issues a certificate for a new RSA-2048 key pair and
// registers it. The private key is in the answer and nowhere else.
func (r *Registry) CreateWithKeys(ctx context.Context, scope arn.Scope, active bool) (Certificate, ca.Keys, error) {
	issued, keys, err := r.authority.IssueWithKeys(ctx)
	if err != nil {
		return Certificate{}, ca.Keys{}, fmt.Errorf("issue a certificate: %w", err)
	}
	cert, err := r.issued(ctx, scope, issued, active)
	if err != nil {
		return Certificate{}, ca.Keys{}, err
	}
	return cert, keys, nil
}

// CreateFromCSR issues a certificate for the key of a PKCS #10 request in PEM
// and registers it; the same request twice gives two certificates. It fails
// with fault.Invalid when the request can't be taken.
func (r *Registry) CreateFromCSR(ctx context.Context, scope arn.Scope, request string, active bool) (Certificate, error) {
	issued, err := r.authority.SignCSR(request)
	if err != nil {
		return Certificate{}, err
	}
	return r.issued(ctx, scope, issued, active)
}

// issued registers what the authority has just signed.
func (r *Registry) issued(ctx context.Context, scope arn.Scope, issued ca.Issued, active bool) (Certificate, error) {
	cert := Certificate{
		ID: issued.ID, Scope: scope, PEM: issued.PEM, Status: Inactive, Mode: Default,
		NotBefore: issued.NotBefore, NotAfter: issued.NotAfter,
	}
	if active {
		cert.Status = Active
	}
	return r.register(ctx, cert, "issued")
}

// register keeps a certificate under a generation of its own; event is what
// the audit record calls its coming.
func (r *Registry) register(ctx context.Context, cert Certificate, event string) (Certificate, error) {
	now := r.now()
	cert.Generation, cert.Version = newGeneration(), 1
	cert.NotBefore, cert.NotAfter = cert.NotBefore.UTC(), cert.NotAfter.UTC()
	cert.Created, cert.Modified = now, now
	if err := r.store.InsertCertificate(ctx, cert); err != nil {
		return Certificate{}, fmt.Errorf("register certificate %s: %w", cert.ID, err)
	}
	r.audit(ctx, event, &cert)
	if cert.Status != Inactive {
		r.audit(ctx, events[cert.Status], &cert)
	}
	return cert, nil
}

// Describe answers a certificate. It fails with fault.NotFound, and where what
// is kept of the certificate was damaged.
func (r *Registry) Describe(ctx context.Context, scope arn.Scope, id string) (Certificate, error) {
	cert, err := r.store.Certificate(ctx, scope, id)
	if err != nil {
		return Certificate{}, explain(err, "describe", id)
	}
	if err := cert.Check(); err != nil {
		return Certificate{}, fmt.Errorf("read certificate %s of %s in %s: %w", id, scope.Account, scope.Region, err)
	}
	return cert, nil
}

// List answers certificates in the order of their creation.
func (r *Registry) List(ctx context.Context, scope arn.Scope, p page.Request) (page.Page[Certificate], error) {
	return r.store.Certificates(ctx, scope, p)
}

// Delete removes a certificate. It fails with fault.NotFound; with
// fault.WrongState while the certificate is active or on its way to another
// account; with fault.InUse while it is attached to a thing, or a policy is
// attached to it. With force the last doesn't count, and the attachments go
// with the certificate.
func (r *Registry) Delete(ctx context.Context, scope arn.Scope, id string, force bool) error {
	cert, err := r.store.DeleteCertificate(ctx, scope, id, func(c Certificate, uses Uses) error {
		return c.mayGo(uses, force)
	})
	if err != nil {
		return explain(err, "delete", id)
	}
	r.audit(ctx, "deleted", &cert)
	return nil
}

// mayGo refuses in AWS's order.
func (c *Certificate) mayGo(uses Uses, force bool) error {
	switch {
	case c.Status == Active:
		return fault.WrongState.Errorf("Certificate must be deactivated (not ACTIVE) before deletion. Id: %s", c.ID)
	case c.Status == PendingTransfer:
		return fault.WrongState.Errorf("Certificate must not be in transfer before deletion. Id: %s", c.ID)
	case uses.Things:
		return fault.InUse.Errorf("Things must be detached before deletion (arn: %s)", c.ARN())
	case uses.Policies && !force:
		return fault.InUse.Errorf("Certificate policies must be detached before deletion (arn: %s)", c.ARN())
	}
	return nil
}

// audit writes the one record of what became of a certificate.
func (r *Registry) audit(ctx context.Context, event string, c *Certificate) {
	attrs := []any{"event", "certificate " + event, "account", c.Scope.Account, "region", c.Scope.Region,
		"certificate", c.ID, "status", string(c.Status), "notAfter", c.NotAfter}
	if r.Caller != nil {
		attrs = append(attrs, "caller", r.Caller(ctx))
	}
	log := r.Log
	if log == nil {
		log = slog.Default()
	}
	log.InfoContext(ctx, "certificate "+event, slog.Group("audit", attrs...))
}

func (r *Registry) now() time.Time {
	if r.Now == nil {
		return time.Now().UTC().Truncate(time.Millisecond)
	}
	return r.Now().UTC().Truncate(time.Millisecond)
}

// explain gives a store's error its sentence: a refusal of ours has one.
func explain(err error, doing, id string) error {
	switch {
	case errors.Is(err, fault.NotFound):
		return notFound(id)
	case fault.Of(err) != nil:
		return err
	}
	return fmt.Errorf("%s certificate %s: %w", doing, id, err)
}

func notFound(id string) error { return fault.NotFound.Errorf("Certificate %s cannot be found.", id) }

func newGeneration() string {
	var b [32]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}
