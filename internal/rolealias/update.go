package rolealias

import (
	"context"
	"errors"
	"fmt"
	"time"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/tag"
)

// Update is what UpdateRoleAlias changes; what is zero stays as it is.
type Update struct {
	Role arn.ARN
	Life time.Duration // of credentials given from now on, in whole seconds
}

// Update changes an alias, which stays the same alias. The caller in ctx must
// be allowed to pass the role to the credentials provider if one is given, be
// it the one the alias has. Sessions of the alias end with its old role; a new
// life is that of sessions to come.
//
// It fails with fault.Denied, fault.Invalid or fault.NotFound.
func (a *Aliases) Update(ctx context.Context, scope arn.Scope, name string, u Update) error {
	if u.Role != "" {
		if err := (Alias{Role: u.Role, Life: DefaultLife}).valid(); err != nil {
			return err
		}
		// Before the name is looked at: who may not pass the role learns nothing else.
		if err := a.roles.MayPass(ctx, u.Role, Provider, scope.RoleAlias(name)); err != nil {
			return err
		}
	}
	now := a.now()
	return a.change(ctx, scope, name, func(alias *Alias) error {
		if u.Role != "" {
			alias.Role = u.Role
		}
		if u.Life != 0 {
			alias.Life = u.Life
		}
		alias.Modified = now
		return alias.valid()
	})
}

// Tag gives an alias tags, in place of those of the same keys. It fails with
// fault.NotFound, fault.Invalid or fault.LimitExceeded.
func (a *Aliases) Tag(ctx context.Context, scope arn.Scope, name string, tags map[string]string) error {
	return a.change(ctx, scope, name, func(alias *Alias) (err error) {
		alias.Tags, err = tag.Put(alias.Tags, tags)
		return err
	})
}

// Untag takes the tags of the keys from an alias; that one isn't there is no
// failure. It fails with fault.NotFound.
func (a *Aliases) Untag(ctx context.Context, scope arn.Scope, name string, keys []string) error {
	return a.change(ctx, scope, name, func(alias *Alias) error {
		alias.Tags = tag.Drop(alias.Tags, keys)
		return nil
	})
}

// Tags answers those of an alias; nobody may change them. It fails with
// fault.NotFound.
func (a *Aliases) Tags(ctx context.Context, scope arn.Scope, name string) (map[string]string, error) {
	alias, err := a.Find(ctx, scope, name)
	if err != nil {
		return nil, err
	}
	return alias.Tags, nil
}

func (a *Aliases) change(ctx context.Context, scope arn.Scope, name string, change func(*Alias) error) error {
	_, err := a.store.ChangeAlias(ctx, scope, name, change)
	switch {
	case errors.Is(err, fault.NotFound):
		return notFound(name)
	case err != nil && fault.Of(err) == nil:
		return fmt.Errorf("change role alias %s: %w", name, err)
	}
	return err
}
