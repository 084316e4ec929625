package iamapi

import (
	"context"
	"time"

	"muster/internal/awsapi"
	"muster/internal/awswire"
	"muster/internal/iam"
)

func (d *Door) roleChanges() []awsapi.Operation {
	return []awsapi.Operation{
		onRole(d, UpdateRole, func(in *UpdateRoleRequest) string { return in.RoleName }, nil, d.updateRole),
		onRole(d, UpdateRoleDescription, func(in *UpdateRoleDescriptionRequest) string { return in.RoleName }, nil, d.updateRoleDescription),
		onRole(d, UpdateAssumeRolePolicy, func(in *UpdateAssumeRolePolicyRequest) string { return in.RoleName }, nil, d.updateAssumeRolePolicy),
	}
}

func (d *Door) updateRole(ctx context.Context, role iam.Holder, in *UpdateRoleRequest) (*UpdateRoleResponse, error) {
	u := iam.RoleUpdate{Description: in.Description}
	if in.MaxSessionDuration != nil {
		u.MaxSession = time.Duration(*in.MaxSessionDuration) * time.Second
	}
	return nil, d.Roles.UpdateRole(ctx, role.Account, role.Name, u)
}

func (d *Door) updateRoleDescription(ctx context.Context, role iam.Holder, in *UpdateRoleDescriptionRequest) (*UpdateRoleDescriptionResponse, error) {
	changed, err := d.Roles.DescribeRole(ctx, role.Account, role.Name, in.Description)
	if err != nil {
		return nil, err
	}
	shown, err := d.shown(ctx, changed)
	return &UpdateRoleDescriptionResponse{Role: shown}, err
}

func (d *Door) updateAssumeRolePolicy(ctx context.Context, role iam.Holder, in *UpdateAssumeRolePolicyRequest) (*awswire.Empty, error) {
	return nil, d.Roles.UpdateTrust(ctx, role.Account, role.Name, in.PolicyDocument)
}
