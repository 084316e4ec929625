// Package registry knows the things of a fleet, the types they are of, and the
// principals attached to them.
//
// It follows AWS IoT's registry: creates are repeatable as long as they ask for
// the same, a type is deprecated before it is deleted, a thing with principals
// stays. See the Developer Guide, "Managing things with the registry"
// (thing-registry.html, thing-types.html) and the API Reference.
//
// What the caller may do is judged before; what a principal may do is asked
// elsewhere. Billing groups and thing groups are not kept here yet.
//
// AWS calls most of what this room refuses an invalid request, whatever the
// reason; so does it.
package registry

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"muster/internal/arn"
	"muster/internal/index"
	"muster/internal/page"
)

// Registry is the room. Make one with New.
type Registry struct {
	store Store
	index *index.Index

	// DeleteDelay is how long a type is deprecated before it can be deleted.
	DeleteDelay time.Duration
	// Now tells the time.
	Now func() time.Time
}

// DefaultDeleteDelay is AWS's.
const DefaultDeleteDelay = 5 * time.Minute

// New makes a registry over its store. The store publishes to x.
func New(store Store, x *index.Index) *Registry {
	return &Registry{store: store, index: x, DeleteDelay: DefaultDeleteDelay, Now: time.Now}
}

// Store keeps the registry. Each method happens wholly or not at all. A rule
// looks only at its arguments; its error keeps nothing and is returned
// unwrapped. Absence is a fault.NotFound with the sentence the caller reads.
//
// Whatever changes a thing or its attachments publishes Key of the thing.
type Store interface {
	// InsertType keeps t, or answers the type that has its name already.
	InsertType(ctx context.Context, scope arn.Scope, t Type) (Type, error)
	Type(ctx context.Context, scope arn.Scope, name TypeName) (Type, error)
	// Types lists the types whose name begins with prefix, by name.
	Types(ctx context.Context, scope arn.Scope, prefix string, p page.Request) (page.Page[Type], error)
	// ChangeType loads the type, applies change and keeps the result.
	ChangeType(ctx context.Context, scope arn.Scope, name TypeName, change func(*Type) error) error
	// DeleteType removes the type if rule agrees; used says whether a thing is of it.
	DeleteType(ctx context.Context, scope arn.Scope, name TypeName, rule func(t Type, used bool) error) error

	// InsertThing keeps t, or answers the thing that has its name already.
	// If t names a type, it is loaded, and rule is asked before t is kept.
	InsertThing(ctx context.Context, scope arn.Scope, t Thing, rule func(Type) error) (Thing, error)
	Thing(ctx context.Context, scope arn.Scope, name Name) (Thing, error)
	// ChangeThing loads the thing, and the type that is to be its own unless
	// to is empty, applies change and keeps the result. ty is nil when there is
	// no such type, and when none is asked for.
	ChangeThing(ctx context.Context, scope arn.Scope, name Name, to TypeName, change func(t *Thing, ty *Type) error) error
	// Things lists the things that match, by name.
	Things(ctx context.Context, scope arn.Scope, f Filter, p page.Request) (page.Page[Thing], error)
	// DeleteThing removes the thing if rule agrees; held is the number of its principals.
	DeleteThing(ctx context.Context, scope arn.Scope, name Name, rule func(t Thing, held int) error) error

	// Attach keeps a, if rule agrees, unless it is there already.
	Attach(ctx context.Context, scope arn.Scope, a Attachment, rule func(Ends) error) error
	// Detach removes what Attach kept, if rule agrees; that it isn't there is no failure.
	Detach(ctx context.Context, scope arn.Scope, thing Name, p Principal, rule func(Ends) error) error
	// Attachments lists those of a thing that are of a type, by principal.
	Attachments(ctx context.Context, scope arn.Scope, thing Name, of PrincipalType, p page.Request) (page.Page[Attachment], error)
	// ThingsOf lists those of a principal that are of a type, by the thing's
	// name. It fails with fault.NotFound for a certificate that isn't registered.
	ThingsOf(ctx context.Context, scope arn.Scope, p Principal, of PrincipalType, r page.Request) (page.Page[Attachment], error)
	// Holder answers a thing and all its attachments, as they are at one moment.
	Holder(ctx context.Context, scope arn.Scope, thing Name) (Thing, []Attachment, error)
}

// newID makes a random UUID, version 4.
func newID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
