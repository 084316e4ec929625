package iamapi

import (
	"context"
	"maps"

	"muster/internal/arn"
	"muster/internal/awsapi"
	"muster/internal/awswire"
	"muster/internal/fault"
	"muster/internal/iam"
	"muster/internal/policy"
)

// onRole makes an operation on the role that the input names.
func onRole[In, Out any](
	d *Door, op awswire.Op[In, Out],
	name func(*In) string, keys func(*In) policy.Context,
	run func(ctx context.Context, role iam.Holder, in *In) (*Out, error),
) awsapi.Operation {
	return on(d, op, func(_ context.Context, scope arn.Scope, in *In) (iam.Holder, error) {
		return iam.RoleNamed(scope.Account, name(in)), nil
	}, keys, run)
}

// onUser makes an operation on the user that the input names, or else on the
// caller's own.
func onUser[In, Out any](
	d *Door, op awswire.Op[In, Out],
	name func(*In) *string, keys func(*In) policy.Context,
	run func(ctx context.Context, user iam.Holder, in *In) (*Out, error),
) awsapi.Operation {
	return on(d, op, func(ctx context.Context, scope arn.Scope, in *In) (iam.Holder, error) {
		user, err := named(ctx, name(in))
		return iam.UserNamed(scope.Account, user), err
	}, keys, run)
}

// on makes an operation on a role or user that is there or not. keys are what
// policies may know of the input; nil when there is nothing.
func on[In, Out any](
	d *Door, op awswire.Op[In, Out],
	holder func(context.Context, arn.Scope, *In) (iam.Holder, error), keys func(*In) policy.Context,
	run func(context.Context, iam.Holder, *In) (*Out, error),
) awsapi.Operation {
	return awsapi.HandleOpen(op, func(ctx context.Context, scope arn.Scope, in *In) (*Out, error) {
		h, err := holder(ctx, scope, in)
		if err != nil {
			return nil, err
		}
		var extra policy.Context
		if keys != nil {
			extra = keys(in)
		}
		if err := d.authorizeOn(ctx, h, "iam:"+op.Name, extra); err != nil {
			return nil, err
		}
		return run(ctx, h, in)
	})
}

// authorizeOn asks for permission on a role or user. Only the room knows its
// ARN with the path, and its tags, which policies may ask for.
func (d *Door) authorizeOn(ctx context.Context, h iam.Holder, action string, extra policy.Context) error {
	resource, tags, err := d.Roles.Resource(ctx, h)
	if err != nil {
		return err
	}
	all := policy.Context{}
	maps.Copy(all, extra)
	iam.ResourceTags(all, tags)
	return d.Roles.AuthorizeOn(ctx, iam.CallerFrom(ctx), action, resource, h.String(), all)
}

// named is the user that an input names, or else the caller's own.
func named(ctx context.Context, name *string) (string, error) {
	if name != nil {
		return *name, nil
	}
	caller := iam.CallerFrom(ctx)
	switch {
	case caller.User != nil:
		return caller.User.Name, nil
	case caller.Root:
		// AWS would mean the root user's own keys; Muster's are in a file.
		return "", fault.NotImplemented.Errorf("The root user's access key is not kept in IAM by Muster; name a user.")
	}
	return "", fault.Invalid.Errorf("Must specify userName when calling with non-User credentials")
}
