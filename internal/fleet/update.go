package fleet

import (
	"context"
	"errors"
	"fmt"

	"muster/internal/arn"
	"muster/internal/fault"
)

// Change is what an update makes of a fleet. What is nil stays as it is.
type Change struct {
	Output      Output // always given: the API requires it again
	Role        *arn.ARN
	Description *string
	// Alias is true for a fleet that shall have its role alias, false for one
	// that shall not: the alias is then unlinked and stays, as when a fleet is
	// deleted, for what uses it was not asked about.
	Alias *bool
}

// Update changes a fleet and, when its role changes or the alias is asked for,
// the role of its alias. An alias that somebody deleted comes back only when it
// is asked for.
//
// The caller in ctx must be allowed to pass the role to SageMaker when one is
// given, and also when the fleet's own goes to an alias. For an alias the role
// must exist and trust SageMaker, as in Create. It fails with fault.Denied,
// fault.Invalid, fault.NotFound, or fault.InUse when the fleet's role is
// changed by another at the same time.
func (f *Fleets) Update(ctx context.Context, scope arn.Scope, name string, c Change) error {
	// Before anything is looked at: who may not pass the role must not learn whether it exists.
	if c.Role != nil {
		if err := f.mayPass(ctx, scope, name, *c.Role); err != nil {
			return err
		}
	}
	before, err := f.Describe(ctx, scope, name)
	if err != nil {
		return err
	}
	link, err := f.link(ctx, scope, before, c)
	if err != nil {
		return err
	}
	now := f.now()
	err = f.store.ChangeFleet(ctx, scope, name, func(fleet *Fleet) (*Link, error) {
		// What was asked about the role before holds for that one only.
		if fleet.Role != before.Role || fleet.Alias != before.Alias {
			return nil, fault.InUse.Errorf("DeviceFleet with name %s is being updated by another request", name)
		}
		*fleet = c.applied(*fleet)
		fleet.Modified = now
		return link, nil
	})
	if errors.Is(err, fault.NotFound) {
		return noSuchFleet(name)
	}
	if err != nil {
		return fmt.Errorf("update device fleet %s: %w", name, err)
	}
	return nil
}

// applied is the fleet with the change.
func (c Change) applied(fleet Fleet) Fleet {
	fleet.Output = c.Output
	if c.Role != nil {
		fleet.Role = *c.Role
	}
	if c.Description != nil {
		fleet.Description = *c.Description
	}
	if c.Alias != nil {
		fleet.Alias = ""
		if *c.Alias {
			fleet.Alias = AliasName(fleet.Name)
		}
	}
	return fleet
}

// link decides what becomes of the alias; nil leaves it alone.
func (f *Fleets) link(ctx context.Context, scope arn.Scope, before Fleet, c Change) (*Link, error) {
	asked := c.Alias != nil && *c.Alias
	after := c.applied(before)
	if after.Alias == "" || !asked && after.Role == before.Role {
		return nil, nil
	}
	if c.Role == nil {
		if err := f.mayPass(ctx, scope, after.Name, after.Role); err != nil {
			return nil, err
		}
	}
	link, err := f.linkTo(ctx, scope, after)
	if err != nil {
		return nil, err
	}
	link.Make = asked
	return link, nil
}
