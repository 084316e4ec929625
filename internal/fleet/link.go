package fleet

import (
	"context"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/iam"
	"muster/internal/rolealias"
)

// Link is what happens to a role alias together with its fleet: the alias that
// is there, if it has another role, is given that of Alias.
type Link struct {
	Alias rolealias.Alias
	// Make keeps Alias when there is none of its name.
	Make bool
	// May returns why the alias that is there, nil for none, may not be changed
	// or made. It looks only at its argument, and runs inside of the write.
	May func(there *rolealias.Alias) error
}

// linkTo prepares what links the fleet with its alias.
func (f *Fleets) linkTo(ctx context.Context, scope arn.Scope, fleet Fleet) (*Link, error) {
	role, err := f.trusted(ctx, scope, fleet)
	if err != nil {
		return nil, err
	}
	alias := f.aliases.Prepare(AliasName(fleet.Name), fleet.Role)
	alias.OfFleet = true
	return &Link{Alias: alias, May: f.mayLink(ctx, scope, alias, role)}, nil
}

// mayLink decides who may have a fleet's alias made, or the role of one changed
// that no fleet made: whoever may do so to aliases, the caller or the role. On
// AWS SageMaker does it as the role, which every device of the fleet has, too;
// here the caller's right is enough, so that devices need none. An alias that a
// fleet made goes with its fleet.
//
// All is asked before the write, for nothing may be decided in it that takes long.
func (f *Fleets) mayLink(ctx context.Context, scope arn.Scope, alias rolealias.Alias, role *iam.RoleEntry) func(*rolealias.Alias) error {
	ask := func(action string) error {
		resource := scope.RoleAlias(alias.Name)
		caller := iam.CallerFrom(ctx)
		switch {
		case caller == nil:
			return fault.Denied.Errorf("nobody is known to be asking for %s on resource: %s", action, resource)
		case f.roles.Authorize(ctx, caller, action, resource, nil) == nil, f.roles.RoleMay(role, "SageMaker", action, resource):
			return nil
		}
		return iam.Denied(caller, action, string(resource), " because no policy of the caller or of the role "+string(role.ARN())+" allows the "+action+" action")
	}
	making, changing := ask("iot:CreateRoleAlias"), ask("iot:UpdateRoleAlias")
	return func(there *rolealias.Alias) error {
		switch {
		case there == nil:
			return making
		case there.OfFleet:
			return nil
		}
		return changing
	}
}
