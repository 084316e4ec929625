package iamapi

import (
	"context"

	"muster/internal/arn"
	"muster/internal/awsapi"
	"muster/internal/awswire"
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
	if err := d.authorizeOn(ctx, iam.UserNamed(scope.Account, name), "iam:GetUser", nil); err != nil {
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
func (d *Door) updateUser(ctx context.Context, user iam.Holder, in *UpdateUserRequest) (*awswire.Empty, error) {
	u, err := d.Roles.User(ctx, user.Account, user.Name)
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
	_, err = d.Roles.UpdateUser(ctx, user.Account, user.Name, value(in.NewUserName), value(in.NewPath))
	return nil, err
}

func (d *Door) deleteUser(ctx context.Context, user iam.Holder, _ *DeleteUserRequest) (*awswire.Empty, error) {
	return nil, d.Roles.Delete(ctx, user)
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
