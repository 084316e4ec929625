package iamapi

import (
	"context"
	"errors"
	"time"

	"muster/internal/arn"
	"muster/internal/awsapi"
	"muster/internal/awswire"
	"muster/internal/iam"
)

func (d *Door) roles() []awsapi.Operation {
	return []awsapi.Operation{
		awsapi.Handle(CreateRole, func(scope arn.Scope, in *CreateRoleRequest) arn.ARN {
			return arn.Role(scope.Account, pathOf(in.Path), in.RoleName)
		}, d.createRole),
		onRole(d, GetRole, func(in *GetRoleRequest) string { return in.RoleName }, nil, d.getRole),
		onRole(d, DeleteRole, func(in *DeleteRoleRequest) string { return in.RoleName }, nil, d.deleteRole),
	}
}

// pathOf is the path given, or the one without.
func pathOf(path *string) string {
	if path == nil {
		return "/"
	}
	return *path
}

func (d *Door) createRole(ctx context.Context, scope arn.Scope, in *CreateRoleRequest) (*CreateRoleResponse, error) {
	if err := errors.Join(unbuilt(len(in.Tags) > 0, "Tags"), unbuilt(in.PermissionsBoundary != nil, "PermissionsBoundary")); err != nil {
		return nil, err
	}
	role := iam.Role{
		Account: scope.Account, Path: pathOf(in.Path), Name: in.RoleName,
		TrustDocument: in.AssumeRolePolicyDocument, Description: value(in.Description),
	}
	if in.MaxSessionDuration != nil {
		role.MaxSession = time.Duration(*in.MaxSessionDuration) * time.Second
	}
	role, err := d.Roles.CreateRole(ctx, role)
	if err != nil {
		return nil, err
	}
	return &CreateRoleResponse{Role: shown(role)}, nil
}

func (d *Door) getRole(ctx context.Context, scope arn.Scope, in *GetRoleRequest) (*GetRoleResponse, error) {
	role, err := d.Roles.Role(ctx, scope.Account, in.RoleName)
	if err != nil {
		return nil, err
	}
	r := shown(role.Role)
	r.RoleLastUsed = &RoleLastUsed{}
	return &GetRoleResponse{Role: r}, nil
}

func (d *Door) deleteRole(ctx context.Context, scope arn.Scope, in *DeleteRoleRequest) (*awswire.Empty, error) {
	return nil, d.Roles.DeleteRole(ctx, scope.Account, in.RoleName)
}

func shown(r iam.Role) *Role {
	return &Role{
		Arn:                      new(string(r.ARN())),
		AssumeRolePolicyDocument: encoded(r.TrustDocument),
		CreateDate:               awswire.At(r.Created),
		Description:              text(r.Description),
		MaxSessionDuration:       new(int32(r.MaxSession / time.Second)),
		Path:                     &r.Path,
		RoleId:                   &r.ID,
		RoleName:                 &r.Name,
	}
}
