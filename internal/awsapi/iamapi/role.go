package iamapi

import (
	"context"
	"time"

	"muster/internal/arn"
	"muster/internal/awsapi"
	"muster/internal/awswire"
	"muster/internal/iam"
)

func (d *Door) roles() []awsapi.Operation {
	return []awsapi.Operation{
		awsapi.HandleEach(CreateRole, func(scope arn.Scope, in *CreateRoleRequest) []awsapi.Need {
			return []awsapi.Need{{Resource: arn.Role(scope.Account, pathOf(in.Path), in.RoleName), Context: requestTags(in.Tags)}}
		}, d.createRole),
		awsapi.Handle(ListRoles, func(scope arn.Scope, in *ListRolesRequest) arn.ARN {
			return arn.Role(scope.Account, pathOf(in.PathPrefix), "")
		}, d.listRoles),
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
	if err := unbuilt(in.PermissionsBoundary != nil, "PermissionsBoundary"); err != nil {
		return nil, err
	}
	if len(in.Tags) > 0 {
		// AWS: to make a role with tags is to tag it, too.
		resource := arn.Role(scope.Account, pathOf(in.Path), in.RoleName)
		if err := d.Roles.Authorize(ctx, iam.CallerFrom(ctx), "iam:TagRole", resource, requestTags(in.Tags)); err != nil {
			return nil, err
		}
	}
	role := iam.Role{
		Account: scope.Account, Path: pathOf(in.Path), Name: in.RoleName,
		TrustDocument: in.AssumeRolePolicyDocument, Description: value(in.Description), Tags: given(in.Tags),
	}
	if in.MaxSessionDuration != nil {
		role.MaxSession = time.Duration(*in.MaxSessionDuration) * time.Second
	}
	role, err := d.Roles.CreateRole(ctx, role)
	if err != nil {
		return nil, err
	}
	r, err := d.shown(ctx, role)
	if err != nil {
		return nil, err
	}
	r.Tags = told(role.Tags)
	return &CreateRoleResponse{Role: r}, nil
}

func (d *Door) getRole(ctx context.Context, role iam.Holder, in *GetRoleRequest) (*GetRoleResponse, error) {
	found, err := d.Roles.Role(ctx, role.Account, role.Name)
	if err != nil {
		return nil, err
	}
	use, err := d.Roles.LastUse(ctx, found.Signer())
	if err != nil {
		return nil, err
	}
	r, err := d.shown(ctx, found.Role)
	if err != nil {
		return nil, err
	}
	r.RoleLastUsed = &RoleLastUsed{}
	if !use.At.IsZero() {
		r.RoleLastUsed = &RoleLastUsed{LastUsedDate: awswire.At(use.At), Region: &use.Region}
	}
	r.Tags = told(found.Tags)
	return &GetRoleResponse{Role: r}, nil
}

func (d *Door) deleteRole(ctx context.Context, role iam.Holder, in *DeleteRoleRequest) (*awswire.Empty, error) {
	return nil, d.Roles.Delete(ctx, role)
}

func (d *Door) listRoles(ctx context.Context, scope arn.Scope, in *ListRolesRequest) (*ListRolesResponse, error) {
	p, err := d.Roles.Roles(ctx, scope.Account, pathOf(in.PathPrefix), pageOf(in.Marker, in.MaxItems))
	if err != nil {
		return nil, err
	}
	out := &ListRolesResponse{Roles: []Role{}}
	for _, r := range p.Items {
		role, err := d.shown(ctx, r)
		if err != nil {
			return nil, err
		}
		out.Roles = append(out.Roles, *role)
	}
	out.IsTruncated, out.Marker = marker(p.Next)
	return out, nil
}

// shown is a role as lists show it, without its tags.
func (d *Door) shown(ctx context.Context, r iam.Role) (*Role, error) {
	trust, err := d.Roles.ShownTrust(ctx, r)
	if err != nil {
		return nil, err
	}
	return &Role{
		Arn:                      new(string(r.ARN())),
		AssumeRolePolicyDocument: encoded(trust),
		CreateDate:               awswire.At(r.Created),
		Description:              text(r.Description),
		MaxSessionDuration:       new(int32(r.MaxSession / time.Second)),
		Path:                     &r.Path,
		RoleId:                   &r.ID,
		RoleName:                 &r.Name,
	}, nil
}
