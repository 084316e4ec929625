package registry

import (
	"context"
	"maps"

	"muster/internal/arn"
	"muster/internal/fault"
)

// Update is what UpdateThing changes of a thing; the zero value changes
// nothing but the version.
type Update struct {
	// Attributes take the place of those the thing has; nil leaves them as
	// they are. One with an empty value is removed.
	Attributes map[string]string
	Merge      bool // keep the attributes that are not named

	Type       TypeName // "" leaves the type as it is
	RemoveType bool     // the thing is of no type afterwards

	Version *int64 // the one the thing must have; nil for any
}

// UpdateThing changes a thing and raises its version by one. It fails with
// fault.NotFound for a thing or type that isn't there; with fault.Conflict when
// the thing is of another version; with fault.Invalid for attributes that are
// malformed or too many, for a type that is deprecated, though the thing be of
// it already, and for a type both given and taken.
func (r *Registry) UpdateThing(ctx context.Context, scope arn.Scope, name Name, u Update) error {
	if u.RemoveType && u.Type != "" {
		return fault.Invalid.Errorf("The thing type of thing %s can't be both set and removed", name)
	}
	return r.store.ChangeThing(ctx, scope, name, u.Type, func(t *Thing, ty *Type) error {
		if u.Version != nil && *u.Version != t.Version {
			return wrongVersion(name)
		}
		if err := u.retype(t, ty); err != nil {
			return err
		}
		u.attribute(t)
		attributes, err := checkAttributes(*t)
		if err != nil {
			return err
		}
		t.Attributes = attributes
		t.Version++
		return nil
	})
}

// retype gives t the type it is to have, which ty is.
func (u Update) retype(t *Thing, ty *Type) error {
	switch {
	case u.RemoveType:
		t.Type = ""
	case u.Type == "":
	case ty == nil:
		return NoType(u.Type)
	case !ty.Deprecated.IsZero():
		return fault.Invalid.Errorf("Can not update a thing to use deprecated thing type: %s", u.Type)
	default:
		t.Type = u.Type
	}
	return nil
}

// attribute gives t the attributes it is to have; checkAttributes drops those
// without a value.
func (u Update) attribute(t *Thing) {
	if u.Attributes == nil {
		return
	}
	all := map[string]string{}
	if u.Merge {
		maps.Copy(all, t.Attributes)
	}
	maps.Copy(all, u.Attributes)
	t.Attributes = all
}

func wrongVersion(name Name) error {
	return fault.Conflict.Errorf("The version for thing %s does not match the expected version.", name)
}
