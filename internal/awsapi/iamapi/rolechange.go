package iamapi

import (
	"context"
	"time"

	"muster/internal/arn"
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

func (d *Door) updateRole(ctx context.Context, scope arn.Scope, in *UpdateRoleRequest) (*UpdateRoleResponse, error) {
	u := iam.RoleUpdate{Description: in.Description}
	if in.MaxSessionDuration != nil {
		u.MaxSession = time.Duration(*in.MaxSessionDuration) * time.Second
	}
	return nil, d.Roles.UpdateRole(ctx, scope.Account, in.RoleName, u)
}

func (d *Door) updateRoleDescription(ctx context.Context, scope arn.Scope, in *UpdateRoleDescriptionRequest) (*UpdateRoleDescriptionResponse, error) {
	role, err := d.Roles.DescribeRole(ctx, scope.Account, in.RoleName, in.Description)
	if err != nil {
		return nil, err
	}
	return &UpdateRoleDescriptionResponse{Role: shown(role)}, nil
}

func (d *Door) updateAssumeRolePolicy(ctx context.Context, scope arn.Scope, in *UpdateAssumeRolePolicyRequest) (*awswire.Empty, error) {
	return nil, d.Roles.UpdateTrust(ctx, scope.Account, in.RoleName, in.PolicyDocument)
}
