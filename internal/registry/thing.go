package registry

import (
	"context"
	"errors"
	"maps"
	"regexp"
	"time"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/page"
)

// Name names a thing: 1 to 128 of [a-zA-Z0-9:_-]. It never changes.
type Name string

// wellFormed reports whether name is of the form [a-zA-Z0-9:_-]{1,128}. It is
// asked at every request of a device.
func wellFormed(name string) bool {
	for i := range len(name) {
		switch c := name[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case c == ':', c == '_', c == '-':
		default:
			return false
		}
	}
	return name != "" && len(name) <= 128
}

// Thing is a device, or whatever else is worth a name.
type Thing struct {
	Name         Name
	ID           string // a UUID, never given again
	Type         TypeName
	BillingGroup string // always empty: there are none yet
	Attributes   map[string]string
	Version      int64 // 1 at first, one more with each update
	Created      time.Time
}

// The number of attributes a thing may have.
const (
	MaxAttributesUntyped = 3
	MaxAttributesTyped   = 50
)

var (
	attributeName  = regexp.MustCompile(`^[a-zA-Z0-9_.,@/:#-]{1,128}$`)
	attributeValue = regexp.MustCompile(`^[a-zA-Z0-9_.,@/:#=\[\]-]{0,800}$`)
)

// CreateThing makes a thing of which t holds name, type and attributes; an
// attribute with an empty value is none. A repeated call answers the thing
// there is when these are equal, and fails with fault.AlreadyExists otherwise.
func (r *Registry) CreateThing(ctx context.Context, scope arn.Scope, t Thing) (Thing, error) {
	if !wellFormed(string(t.Name)) {
		return Thing{}, fault.Invalid.Errorf("Thing name %q is not valid", t.Name)
	}
	if t.BillingGroup != "" {
		return Thing{}, fault.NotFound.Errorf("Billing group %s cannot be found.", t.BillingGroup)
	}
	attributes, err := checkAttributes(t)
	if err != nil {
		return Thing{}, err
	}
	t.ID, t.Attributes, t.Version, t.Created = newID(), attributes, 1, r.Now()
	kept, err := r.store.InsertThing(ctx, scope, t, mayBeOf)
	if err != nil {
		return Thing{}, err
	}
	if kept.Type != t.Type || !maps.Equal(kept.Attributes, t.Attributes) {
		return Thing{}, fault.AlreadyExists.Errorf("Thing %s already exists in account with different attributes", t.Name).
			With("resourceId", string(t.Name)).With("resourceArn", string(scope.Thing(string(t.Name))))
	}
	return kept, nil
}

// mayBeOf refuses a deprecated type to a new thing.
func mayBeOf(t Type) error {
	if !t.Deprecated.IsZero() {
		// AWS's spelling.
		return fault.Invalid.Errorf("Can not create new thing with depreated thing type:%s", t.Name)
	}
	return nil
}

// checkAttributes answers the attributes of t that have a value.
func checkAttributes(t Thing) (map[string]string, error) {
	has := map[string]string{}
	for name, value := range t.Attributes {
		if !attributeName.MatchString(name) {
			return nil, fault.Invalid.Errorf("Attribute name %q is not valid", name)
		}
		if !attributeValue.MatchString(value) {
			return nil, fault.Invalid.Errorf("The value of attribute %s is not valid", name)
		}
		if value != "" {
			has[name] = value
		}
	}
	most := MaxAttributesUntyped
	if t.Type != "" {
		most = MaxAttributesTyped
	}
	if len(has) > most {
		return nil, fault.Invalid.Errorf("Thing %s has %d attributes; with a thing type there may be %d, without %d",
			t.Name, len(has), MaxAttributesTyped, MaxAttributesUntyped)
	}
	return has, nil
}

// NoThing is the refusal of a thing that doesn't exist.
func NoThing(name Name) error { return fault.NotFound.Errorf("Thing %s cannot be found.", name) }

// Thing finds a thing.
func (r *Registry) Thing(ctx context.Context, scope arn.Scope, name Name) (Thing, error) {
	return r.store.Thing(ctx, scope, name)
}

// Filter chooses things. Conditions that are set must all hold.
type Filter struct {
	Type      TypeName
	Attribute string // the thing has an attribute of this name
	Value     string // it, or any when Attribute is empty, has this value
	Prefix    bool   // or one that begins with Value
}

// Things lists the things that match, by name. All attributes are searched,
// though AWS searches only those that the type names.
func (r *Registry) Things(ctx context.Context, scope arn.Scope, f Filter, p page.Request) (page.Page[Thing], error) {
	return r.store.Things(ctx, scope, f, p)
}

// DeleteThing removes a thing that no principal is attached to; that it isn't
// there is no failure. version is the one it must have, nil for any: another
// is a fault.Conflict.
func (r *Registry) DeleteThing(ctx context.Context, scope arn.Scope, name Name, version *int64) error {
	err := r.store.DeleteThing(ctx, scope, name, func(t Thing, held int) error {
		switch {
		case version != nil && *version != t.Version:
			return wrongVersion(name)
		case held > 0:
			return fault.Invalid.Errorf("Cannot delete. Thing %s is still attached to one or more principals", name)
		}
		return nil
	})
	if errors.Is(err, fault.NotFound) {
		return nil
	}
	return err
}
