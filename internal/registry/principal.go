package registry

import (
	"context"
	"errors"
	"regexp"
	"time"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/index"
	"muster/internal/page"
)

// Principal is who may speak for a thing: a certificate's ARN, or the id of an
// Amazon Cognito identity.
type Principal string

var (
	certificateID = regexp.MustCompile(`^[0-9a-f]{64}$`)
	identityID    = regexp.MustCompile(`^[a-z0-9-]{1,32}:[0-9a-fA-F-]{1,55}$`)
)

// Certificate answers the id of the certificate that p names; ok is false
// when it names none of the scope.
func (p Principal) Certificate(scope arn.Scope) (id string, ok bool) {
	id, ok = scope.In(arn.ARN(p), "iot", "cert")
	return id, ok && certificateID.MatchString(id)
}

// Identity reports whether p is the id of an identity. Muster keeps none, so
// there is none that doesn't exist.
func (p Principal) Identity() bool { return identityID.MatchString(string(p)) }

// check refuses what can't name a principal.
func (p Principal) check() error {
	if p.Identity() {
		return nil
	}
	parts, err := arn.Parse(string(p))
	if err == nil && parts.Service == "iot" {
		owner := arn.Scope{Account: parts.Account, Region: parts.Region}
		if _, ok := p.Certificate(owner); ok {
			return nil
		}
	}
	return fault.Invalid.Errorf("The principal is neither the ARN of a certificate nor the id of an identity")
}

// Attachment is a principal on a thing.
type Attachment struct {
	Thing     Name
	Principal Principal
	Exclusive bool // the principal may be on no other thing
	Created   time.Time
}

// PrincipalType says how a principal is on a thing, in AWS's words.
type PrincipalType string

// The types. AnyType chooses both where attachments are listed.
const (
	AnyType           PrincipalType = ""
	ExclusiveThing    PrincipalType = "EXCLUSIVE_THING"     // the principal is on this thing alone
	NonExclusiveThing PrincipalType = "NON_EXCLUSIVE_THING" // it may be on others
)

// Type is the attachment's.
func (a Attachment) Type() PrincipalType {
	if a.Exclusive {
		return ExclusiveThing
	}
	return NonExclusiveThing
}

// Ends is what stands at both ends of an attachment that is to be made or
// removed.
type Ends struct {
	Thing       bool        // there is the thing
	Certificate bool        // the principal is a certificate registered in the scope
	Here        *Attachment // the one that is there already, or nil
	Held        int         // attachments of the thing
	Elsewhere   bool        // the principal is on another thing
	Bound       bool        // and exclusively so
}

// MaxPrincipals is the number of principals a thing may have.
const MaxPrincipals = 10

// Attach puts a principal on a thing. Doing it twice is fine. Only a
// certificate can be on a thing exclusively, and then on no other: see the
// Developer Guide, "Attach a principal to a thing".
func (r *Registry) Attach(ctx context.Context, scope arn.Scope, thing Name, p Principal, exclusive bool) error {
	if err := p.check(); err != nil {
		return err
	}
	if exclusive && p.Identity() {
		return fault.Invalid.Errorf("Only a certificate can be attached exclusively")
	}
	a := Attachment{Thing: thing, Principal: p, Exclusive: exclusive, Created: r.Now()}
	return r.store.Attach(ctx, scope, a, func(e Ends) error {
		if err := present(thing, p, e); err != nil {
			return err
		}
		switch {
		case e.Here != nil && e.Here.Exclusive != exclusive:
			return fault.Invalid.Errorf("The principal is attached to thing %s with another thing principal type", thing)
		case e.Here != nil:
			return nil
		case e.Bound:
			return fault.Invalid.Errorf("The principal is exclusively attached to another thing")
		case exclusive && e.Elsewhere:
			return fault.Invalid.Errorf("The principal is attached to another thing and can't be attached exclusively")
		case e.Held >= MaxPrincipals:
			return fault.Invalid.Errorf("Thing %s already has %d principals", thing, MaxPrincipals)
		}
		return nil
	})
}

// Detach takes a principal off a thing. That it wasn't on it is no failure;
// that one of the two doesn't exist is.
func (r *Registry) Detach(ctx context.Context, scope arn.Scope, thing Name, p Principal) error {
	if err := p.check(); err != nil {
		return err
	}
	return r.store.Detach(ctx, scope, thing, p, func(e Ends) error {
		return present(thing, p, e)
	})
}

func present(thing Name, p Principal, e Ends) error {
	switch {
	case !e.Thing:
		return NoThing(thing)
	case !e.Certificate && !p.Identity():
		return NoPrincipal()
	}
	return nil
}

// NoPrincipal is the refusal of a certificate that isn't registered.
func NoPrincipal() error { return fault.NotFound.Errorf("The specified resource does not exist") }

// Attachments lists the principals of a thing that are of a type.
func (r *Registry) Attachments(ctx context.Context, scope arn.Scope, thing Name, of PrincipalType, p page.Request) (page.Page[Attachment], error) {
	return r.store.Attachments(ctx, scope, thing, of, p)
}

// ThingsOf lists the things that a principal is attached to, those where it is
// of a type. It fails with fault.Invalid for what can't be a principal, and
// with fault.NotFound for a certificate that isn't registered in the scope.
func (r *Registry) ThingsOf(ctx context.Context, scope arn.Scope, p Principal, of PrincipalType, q page.Request) (page.Page[Attachment], error) {
	if err := p.check(); err != nil {
		return page.Page[Attachment]{}, err
	}
	return r.store.ThingsOf(ctx, scope, p, of, q)
}

// Key names what Attached remembers of a thing.
func Key(scope arn.Scope, thing Name) index.Key {
	return index.Key{Kind: "thing", Account: scope.Account, Region: scope.Region, Name: string(thing)}
}

// Attached answers the thing, if it exists and the certificate is attached to
// it; it does not say which of the two is missing. The thing must not be
// changed: it is shared.
func (r *Registry) Attached(ctx context.Context, scope arn.Scope, thing string, certificate string) (Thing, bool, error) {
	if !wellFormed(thing) {
		return Thing{}, false, nil // a device may send anything; there is no need to look
	}
	name := Name(thing)
	h, err := index.Get(ctx, r.index, Key(scope, name), func(ctx context.Context) (*holder, error) {
		return r.holder(ctx, scope, name)
	})
	if errors.Is(err, fault.NotFound) {
		return Thing{}, false, nil
	}
	if err != nil {
		return Thing{}, false, err
	}
	if !h.has(certificate) {
		return Thing{}, false, nil
	}
	return h.thing(name), true, nil
}

func (r *Registry) holder(ctx context.Context, scope arn.Scope, name Name) (*holder, error) {
	t, attachments, err := r.store.Holder(ctx, scope, name)
	if err != nil {
		return nil, err
	}
	var certificates []string
	for _, a := range attachments {
		if id, ok := a.Principal.Certificate(scope); ok {
			certificates = append(certificates, id)
		}
	}
	return hold(t, certificates), nil
}
