package registry

import (
	"context"
	"maps"
	"slices"
	"time"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/page"
	"muster/internal/tag"
)

// TypeName names a thing type: 1 to 128 of [a-zA-Z0-9:_-]. It never changes.
type TypeName string

// Type is a thing type.
type Type struct {
	Name        TypeName
	ID          string // a UUID, never given again
	Description string
	Searchable  []string // names of attributes
	Propagating []PropagatingAttribute
	Tags        map[string]string
	Created     time.Time
	Deprecated  time.Time // zero while it is not
}

// PropagatingAttribute is a user property for the MQTT 5 messages of a type's
// things: its key, and the attribute, of the thing or of the connection, that
// is its value. Muster keeps what a broker would do with it; it has none.
type PropagatingAttribute struct {
	UserPropertyKey     string
	ThingAttribute      string // or
	ConnectionAttribute string
}

// MaxPropagating is the number of propagating attributes of a type. It is
// Muster's own, to bound them: AWS documents none.
const MaxPropagating = 20

func checkPropagating(all []PropagatingAttribute) error {
	if len(all) > MaxPropagating {
		return fault.Invalid.Errorf("A thing type can have %d propagating attributes", MaxPropagating)
	}
	keys := map[string]bool{}
	for _, a := range all {
		switch {
		case a.UserPropertyKey == "":
			return fault.Invalid.Errorf("A propagating attribute has no userPropertyKey")
		case keys[a.UserPropertyKey]:
			return fault.Invalid.Errorf("The userPropertyKey %s is used twice", a.UserPropertyKey)
		case (a.ThingAttribute == "") == (a.ConnectionAttribute == ""):
			return fault.Invalid.Errorf("Propagating attribute %s must have either a thingAttribute or a connectionAttribute", a.UserPropertyKey)
		}
		keys[a.UserPropertyKey] = true
	}
	return nil
}

// MaxSearchable is the number of searchable attributes a type may name.
const MaxSearchable = 3

// CreateType makes a type of which t holds name, description, searchable and
// propagating attributes, and tags. A repeated call answers the type there is when these are
// equal, and fails with fault.AlreadyExists otherwise; one without tags, which
// may have been given since, doesn't ask for them. Whether AWS compares tags
// is not documented; not to would accept and forget them.
func (r *Registry) CreateType(ctx context.Context, scope arn.Scope, t Type) (Type, error) {
	if !wellFormed(string(t.Name)) {
		return Type{}, fault.Invalid.Errorf("Thing type name %q is not valid", t.Name)
	}
	if len(t.Searchable) > MaxSearchable {
		return Type{}, fault.Invalid.Errorf("Thing type %s has more than %d searchable attributes", t.Name, MaxSearchable)
	}
	if err := checkPropagating(t.Propagating); err != nil {
		return Type{}, err
	}
	tags, err := tag.Put(nil, t.Tags)
	if err != nil {
		return Type{}, err
	}
	t.ID, t.Tags, t.Created, t.Deprecated = newID(), tags, r.Now(), time.Time{}
	kept, err := r.store.InsertType(ctx, scope, t)
	if err != nil {
		return Type{}, err
	}
	if kept.Description != t.Description || !sameNames(kept.Searchable, t.Searchable) || !slices.Equal(kept.Propagating, t.Propagating) || len(tags) > 0 && !maps.Equal(kept.Tags, tags) {
		return Type{}, fault.AlreadyExists.Errorf("Thing type %s already exists in account with different properties", t.Name).
			With("resourceId", string(t.Name)).With("resourceArn", string(scope.ThingType(string(t.Name))))
	}
	return kept, nil
}

// sameNames compares two sets given as lists.
func sameNames(a, b []string) bool {
	set := func(names []string) []string { return slices.Compact(slices.Sorted(slices.Values(names))) }
	return slices.Equal(set(a), set(b))
}

// NoType is the refusal of a type that doesn't exist.
func NoType(name TypeName) error {
	return fault.NotFound.Errorf("Thing type %s cannot be found.", name)
}

// Type finds a type.
func (r *Registry) Type(ctx context.Context, scope arn.Scope, name TypeName) (Type, error) {
	return r.store.Type(ctx, scope, name)
}

// Types lists types by name. AWS matches the name asked for as a prefix.
func (r *Registry) Types(ctx context.Context, scope arn.Scope, prefix string, p page.Request) (page.Page[Type], error) {
	return r.store.Types(ctx, scope, prefix, p)
}

// TypeUpdate is what UpdateThingType asks of a type; what is nil stays.
type TypeUpdate struct {
	Description *string
	Searchable  []string
	Propagating *[]PropagatingAttribute
}

// UpdateType gives a type other propagating attributes. It fails with
// fault.NotFound; with fault.Invalid for attributes that are malformed, and for
// another description or other searchable attributes than the type has: AWS
// changes neither ("Can only update mqtt5Configuration", github.com/aws/aws-cli,
// issue 9884).
func (r *Registry) UpdateType(ctx context.Context, scope arn.Scope, name TypeName, u TypeUpdate) error {
	return r.store.ChangeType(ctx, scope, name, func(t *Type) error {
		if u.Description != nil && *u.Description != t.Description || u.Searchable != nil && !sameNames(u.Searchable, t.Searchable) {
			return fault.Invalid.Errorf("Can only update mqtt5Configuration.")
		}
		if u.Propagating == nil {
			return nil
		}
		t.Propagating = *u.Propagating
		return checkPropagating(t.Propagating)
	})
}

// DeprecateType keeps new things from being of the type; those that are stay.
// Deprecating it again does not begin the wait for its deletion anew.
func (r *Registry) DeprecateType(ctx context.Context, scope arn.Scope, name TypeName) error {
	now := r.Now()
	return r.store.ChangeType(ctx, scope, name, func(t *Type) error {
		if t.Deprecated.IsZero() {
			t.Deprecated = now
		}
		return nil
	})
}

// UndeprecateType takes a deprecation back.
func (r *Registry) UndeprecateType(ctx context.Context, scope arn.Scope, name TypeName) error {
	return r.store.ChangeType(ctx, scope, name, func(t *Type) error {
		t.Deprecated = time.Time{}
		return nil
	})
}

// DeleteType removes a type that has been deprecated for DeleteDelay and that
// no thing is of.
func (r *Registry) DeleteType(ctx context.Context, scope arn.Scope, name TypeName) error {
	now := r.Now()
	return r.store.DeleteType(ctx, scope, name, func(t Type, used bool) error {
		switch {
		case t.Deprecated.IsZero():
			return fault.Invalid.Errorf("Cannot delete thing type : %s. The thing type must be deprecated before it can be deleted", name)
		case now.Before(t.Deprecated.Add(r.DeleteDelay)):
			// Clients wait and retry on these words, whatever the delay here is.
			return fault.Invalid.Errorf("Cannot delete thing type : %s. Please wait for 5 minutes after deprecation and then retry", name)
		case used:
			return fault.Invalid.Errorf("Cannot delete thing type : %s. There are still things associated with it", name)
		}
		return nil
	})
}
