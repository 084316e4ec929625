package iamapi

import (
	"context"
	"errors"
	"maps"

	"muster/internal/arn"
	"muster/internal/awsapi"
	"muster/internal/awswire"
	"muster/internal/fault"
	"muster/internal/iam"
	"muster/internal/policy"
)

func (d *Door) users() []awsapi.Operation {
	return []awsapi.Operation{
		awsapi.HandleEach(CreateUser, func(scope arn.Scope, in *CreateUserRequest) []awsapi.Need {
			return []awsapi.Need{{Resource: arn.User(scope.Account, pathOf(in.Path), in.UserName), Context: requestTags(in.Tags)}}
		}, d.createUser),
		awsapi.HandleOpen(GetUser, d.getUser),
		awsapi.Handle(ListUsers, func(scope arn.Scope, in *ListUsersRequest) arn.ARN {
			return arn.User(scope.Account, pathOf(in.PathPrefix), "")
		}, d.listUsers),
		onUser(d, UpdateUser, func(in *UpdateUserRequest) *string { return &in.UserName }, nil, d.updateUser),
		onUser(d, DeleteUser, func(in *DeleteUserRequest) *string { return &in.UserName }, nil, d.deleteUser),
	}
}

// onUser makes an operation on a user that is there or not; where the input
// names none, on the caller's own. As with roles, its resource is the user's
// ARN with the path, which only the room knows, and policies may ask for the
// user's tags, so that permission is asked here; a user that isn't there has the path "/". run gets the user's name.
func onUser[In, Out any](
	d *Door, op awswire.Op[In, Out],
	name func(*In) *string, keys func(*In) policy.Context,
	run func(ctx context.Context, scope arn.Scope, user string, in *In) (*Out, error),
) awsapi.Operation {
	return awsapi.HandleOpen(op, func(ctx context.Context, scope arn.Scope, in *In) (*Out, error) {
		user, err := named(ctx, name(in))
		if err != nil {
			return nil, err
		}
		var extra policy.Context
		if keys != nil {
			extra = keys(in)
		}
		if err := d.authorizeOnUser(ctx, scope, "iam:"+op.Name, user, extra); err != nil {
			return nil, err
		}
		return run(ctx, scope, user, in)
	})
}

func (d *Door) authorizeOnUser(ctx context.Context, scope arn.Scope, action, user string, extra policy.Context) error {
	resource := arn.User(scope.Account, "/", user)
	all := policy.Context{}
	maps.Copy(all, extra)
	switch u, err := d.Roles.User(ctx, scope.Account, user); {
	case err == nil:
		resource = u.ARN()
		iam.ResourceTags(all, u.Tags)
	case !errors.Is(err, fault.NotFound):
		return err
	}
	return d.Roles.AuthorizeOn(ctx, iam.CallerFrom(ctx), action, resource, "user "+user, all)
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

func (d *Door) createUser(ctx context.Context, scope arn.Scope, in *CreateUserRequest) (*CreateUserResponse, error) {
	if err := unbuilt(in.PermissionsBoundary != nil, "PermissionsBoundary"); err != nil {
		return nil, err
	}
	u := iam.User{Account: scope.Account, Path: pathOf(in.Path), Name: in.UserName, Tags: given(in.Tags)}
	if len(in.Tags) > 0 {
		// AWS: to make a user with tags is to tag it, too.
		if err := d.Roles.Authorize(ctx, iam.CallerFrom(ctx), "iam:TagUser", u.ARN(), requestTags(in.Tags)); err != nil {
			return nil, err
		}
	}
	u, err := d.Roles.CreateUser(ctx, u)
	if err != nil {
		return nil, err
	}
	made := shownUser(u)
	made.Tags = told(u.Tags)
	return &CreateUserResponse{User: made}, nil
}

// getUser answers a user, or who is asking: its own user, or root, which has
// no name and whose creation isn't known here.
func (d *Door) getUser(ctx context.Context, scope arn.Scope, in *GetUserRequest) (*GetUserResponse, error) {
	caller := iam.CallerFrom(ctx)
	if in.UserName == nil && caller.Root {
		if err := d.Roles.Authorize(ctx, caller, "iam:GetUser", caller.ARN, nil); err != nil {
			return nil, err
		}
		return &GetUserResponse{User: &User{Arn: new(string(caller.ARN)), UserId: &caller.UserID, Path: new("/")}}, nil
	}
	name, err := named(ctx, in.UserName)
	if err != nil {
		return nil, err
	}
	if err := d.authorizeOnUser(ctx, scope, "iam:GetUser", name, nil); err != nil {
		return nil, err
	}
	u, err := d.Roles.User(ctx, scope.Account, name)
	if err != nil {
		return nil, err
	}
	found := shownUser(u)
	found.Tags = told(u.Tags)
	return &GetUserResponse{User: found}, nil
}

func (d *Door) listUsers(ctx context.Context, scope arn.Scope, in *ListUsersRequest) (*ListUsersResponse, error) {
	p, err := d.Roles.Users(ctx, scope.Account, pathOf(in.PathPrefix), pageOf(in.Marker, in.MaxItems))
	if err != nil {
		return nil, err
	}
	out := &ListUsersResponse{Users: []User{}}
	for _, u := range p.Items {
		out.Users = append(out.Users, *shownUser(u))
	}
	out.IsTruncated, out.Marker = marker(p.Next)
	return out, nil
}

// updateUser needs the permission on the user as it will be, too: "you must
// have appropriate permissions on both the source object and the target
// object".
func (d *Door) updateUser(ctx context.Context, scope arn.Scope, user string, in *UpdateUserRequest) (*awswire.Empty, error) {
	u, err := d.Roles.User(ctx, scope.Account, user)
	if err != nil {
		return nil, err
	}
	if in.NewUserName != nil {
		u.Name = *in.NewUserName
	}
	if in.NewPath != nil {
		u.Path = *in.NewPath
	}
	tags := policy.Context{}
	iam.ResourceTags(tags, u.Tags)
	if err := d.Roles.Authorize(ctx, iam.CallerFrom(ctx), "iam:UpdateUser", u.ARN(), tags); err != nil {
		return nil, err
	}
	_, err = d.Roles.UpdateUser(ctx, scope.Account, user, value(in.NewUserName), value(in.NewPath))
	return nil, err
}

func (d *Door) deleteUser(ctx context.Context, scope arn.Scope, user string, _ *DeleteUserRequest) (*awswire.Empty, error) {
	return nil, d.Roles.DeleteUser(ctx, scope.Account, user)
}

// shownUser is a user as lists show it, without its tags.
func shownUser(u iam.User) *User {
	return &User{
		Arn:        new(string(u.ARN())),
		CreateDate: awswire.At(u.Created),
		Path:       &u.Path,
		UserId:     &u.ID,
		UserName:   &u.Name,
	}
}
