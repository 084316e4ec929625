// Package rolealias knows the names under which devices ask for the rights of
// a role, as AWS IoT's credentials provider has them.
//
// Who may hand the role to the provider is asked when an alias is made, as AWS
// does; whether the role exists and trusts the provider is not: that is asked
// each time a device uses the alias, by package credentials. An alias may
// outlive its role. A session remembers the id of its alias, so an alias made
// anew under the old name revives nothing.
//
// AWS's quota of 100 aliases is not kept: each device fleet makes one.
//
// Behaviour is that of the AWS IoT API Reference and the Developer Guide,
// https://docs.aws.amazon.com/iot/latest/developerguide/authorizing-direct-aws.html.
package rolealias

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/iam"
	"muster/internal/index"
	"muster/internal/page"
	"muster/internal/tag"
)

// Provider is the service that a role is passed to when an alias is made.
const Provider = "credentials.iot.amazonaws.com"

// How long the credentials given for an alias may live.
const (
	MinLife     = 900 * time.Second
	MaxLife     = 43200 * time.Second
	DefaultLife = 3600 * time.Second
)

// MaxTags is how many tags an alias has at most.
const MaxTags = tag.Most

// Alias is a name for a role.
type Alias struct {
	ID       string // random, of this alias and no other of its name
	Name     string
	Role     arn.ARN
	Life     time.Duration // of credentials given for it, in whole seconds
	Tags     map[string]string
	OfFleet  bool // a device fleet made it, for its devices
	Created  time.Time
	Modified time.Time
}

// Weight returns about how many bytes the alias takes in the decision index.
func (a *Alias) Weight() int {
	w := 256 + len(a.Name) + len(a.Role)
	for key, value := range a.Tags {
		w += 64 + len(key) + len(value)
	}
	return w
}

// Store keeps aliases. Each method happens wholly or not at all. Whatever
// changes an alias publishes its Key.
type Store interface {
	// InsertAlias fails with fault.AlreadyExists if the name is taken.
	InsertAlias(ctx context.Context, scope arn.Scope, a Alias) error
	// Alias fails with fault.NotFound.
	Alias(ctx context.Context, scope arn.Scope, name string) (Alias, error)
	// Aliases answers the names, in the order of their bytes.
	Aliases(ctx context.Context, scope arn.Scope, p page.Request) (page.Page[string], error)
	// ChangeAlias loads the alias, applies change and keeps the result, which
	// it answers. An error from change keeps nothing and is returned
	// unwrapped. change must look only at its argument. It fails with
	// fault.NotFound.
	ChangeAlias(ctx context.Context, scope arn.Scope, name string, change func(*Alias) error) (Alias, error)
	// DeleteAlias fails with fault.NotFound.
	DeleteAlias(ctx context.Context, scope arn.Scope, name string) error
}

// Key is the index key of an alias.
func Key(scope arn.Scope, name string) index.Key {
	return index.Key{Kind: "rolealias", Account: scope.Account, Region: scope.Region, Name: name}
}

// Aliases is the room.
type Aliases struct {
	store Store
	index *index.Index
	roles *iam.Directory

	Now func() time.Time // nil: time.Now
}

// New answers for the aliases in store, which publishes to x.
func New(store Store, x *index.Index, roles *iam.Directory) *Aliases {
	return &Aliases{store: store, index: x, roles: roles}
}

// Create makes an alias of a's name, role, life (0 is the default) and tags,
// and answers it as kept. The caller in ctx must be allowed to pass the role
// to the credentials provider. It fails with fault.Denied, fault.Invalid,
// fault.LimitExceeded for too many tags, or fault.AlreadyExists, also when the
// alias there is the same.
func (a *Aliases) Create(ctx context.Context, scope arn.Scope, alias Alias) (Alias, error) {
	if alias.Life == 0 {
		alias.Life = DefaultLife
	}
	if err := alias.valid(); err != nil {
		return Alias{}, err
	}
	tags, err := tag.Put(nil, alias.Tags)
	if err != nil {
		return Alias{}, err
	}
	// Before the name is looked at: who may not pass the role learns nothing else.
	if err := a.roles.MayPass(ctx, alias.Role, Provider, scope.RoleAlias(alias.Name)); err != nil {
		return Alias{}, err
	}
	made := a.Prepare(alias.Name, alias.Role)
	made.Life, made.Tags = alias.Life, tags
	err = a.store.InsertAlias(ctx, scope, made)
	if errors.Is(err, fault.AlreadyExists) {
		return Alias{}, fault.AlreadyExists.Errorf("Role alias %s already exists.", alias.Name).
			With("resourceId", alias.Name).With("resourceArn", string(scope.RoleAlias(alias.Name)))
	}
	if err != nil {
		return Alias{}, fmt.Errorf("create role alias %s: %w", alias.Name, err)
	}
	return made, nil
}

func (a Alias) valid() error {
	if _, _, _, ok := arn.SplitRole(a.Role); !ok {
		return fault.Invalid.Errorf("%q is not the ARN of a role.", a.Role)
	}
	if a.Life < MinLife || a.Life > MaxLife || a.Life%time.Second != 0 {
		return fault.Invalid.Errorf("The credential duration must be between %d and %d seconds.", MinLife/time.Second, MaxLife/time.Second)
	}
	return nil
}

// Prepare answers a new alias of the default life, not yet kept: for a room
// whose store keeps it together with something else.
func (a *Aliases) Prepare(name string, role arn.ARN) Alias {
	now := a.now()
	return Alias{ID: rand.Text(), Name: name, Role: role, Life: DefaultLife, Created: now, Modified: now}
}

// Find answers an alias, from the index; nobody may change it. It fails with
// fault.NotFound.
func (a *Aliases) Find(ctx context.Context, scope arn.Scope, name string) (*Alias, error) {
	return index.Get(ctx, a.index, Key(scope, name), func(ctx context.Context) (*Alias, error) {
		alias, err := a.store.Alias(ctx, scope, name)
		if errors.Is(err, fault.NotFound) {
			return nil, notFound(name)
		}
		if err != nil {
			return nil, fmt.Errorf("find role alias %s: %w", name, err)
		}
		return &alias, nil
	})
}

// List answers the names of aliases in alphabetical order.
func (a *Aliases) List(ctx context.Context, scope arn.Scope, p page.Request) (page.Page[string], error) {
	return a.store.Aliases(ctx, scope, p)
}

// Delete removes an alias. It fails with fault.NotFound.
func (a *Aliases) Delete(ctx context.Context, scope arn.Scope, name string) error {
	err := a.store.DeleteAlias(ctx, scope, name)
	if errors.Is(err, fault.NotFound) {
		return notFound(name)
	}
	return err
}

func notFound(name string) error {
	return fault.NotFound.Errorf("Role alias %s does not exist.", name)
}

func (a *Aliases) now() time.Time {
	now := time.Now
	if a.Now != nil {
		now = a.Now
	}
	return now().UTC().Truncate(time.Millisecond)
}
