package iamapi

import (
	"context"

	"muster/internal/awsapi"
	"muster/internal/awswire"
	"muster/internal/iam"
)

func (d *Door) inlinePolicies() []awsapi.Operation {
	return []awsapi.Operation{
		onRole(d, PutRolePolicy, func(in *PutRolePolicyRequest) string { return in.RoleName }, nil, d.putRolePolicy),
		onRole(d, GetRolePolicy, func(in *GetRolePolicyRequest) string { return in.RoleName }, nil, d.getRolePolicy),
		onRole(d, DeleteRolePolicy, func(in *DeleteRolePolicyRequest) string { return in.RoleName }, nil, d.deleteRolePolicy),
		onRole(d, ListRolePolicies, func(in *ListRolePoliciesRequest) string { return in.RoleName }, nil, d.listRolePolicies),
		onUser(d, PutUserPolicy, func(in *PutUserPolicyRequest) *string { return &in.UserName }, nil, d.putUserPolicy),
		onUser(d, GetUserPolicy, func(in *GetUserPolicyRequest) *string { return &in.UserName }, nil, d.getUserPolicy),
		onUser(d, DeleteUserPolicy, func(in *DeleteUserPolicyRequest) *string { return &in.UserName }, nil, d.deleteUserPolicy),
		onUser(d, ListUserPolicies, func(in *ListUserPoliciesRequest) *string { return &in.UserName }, nil, d.listUserPolicies),
	}
}

func (d *Door) putRolePolicy(ctx context.Context, role iam.Holder, in *PutRolePolicyRequest) (*awswire.Empty, error) {
	return nil, d.Roles.PutInline(ctx, role, iam.Inline{Name: in.PolicyName, Document: in.PolicyDocument})
}

func (d *Door) putUserPolicy(ctx context.Context, user iam.Holder, in *PutUserPolicyRequest) (*awswire.Empty, error) {
	return nil, d.Roles.PutInline(ctx, user, iam.Inline{Name: in.PolicyName, Document: in.PolicyDocument})
}

func (d *Door) getRolePolicy(ctx context.Context, role iam.Holder, in *GetRolePolicyRequest) (*GetRolePolicyResponse, error) {
	p, err := d.Roles.Inline(ctx, role, in.PolicyName)
	if err != nil {
		return nil, err
	}
	return &GetRolePolicyResponse{RoleName: &role.Name, PolicyName: &p.Name, PolicyDocument: encoded(p.Document)}, nil
}

func (d *Door) getUserPolicy(ctx context.Context, user iam.Holder, in *GetUserPolicyRequest) (*GetUserPolicyResponse, error) {
	p, err := d.Roles.Inline(ctx, user, in.PolicyName)
	if err != nil {
		return nil, err
	}
	return &GetUserPolicyResponse{UserName: &user.Name, PolicyName: &p.Name, PolicyDocument: encoded(p.Document)}, nil
}

func (d *Door) deleteRolePolicy(ctx context.Context, role iam.Holder, in *DeleteRolePolicyRequest) (*awswire.Empty, error) {
	return nil, d.Roles.DeleteInline(ctx, role, in.PolicyName)
}

func (d *Door) deleteUserPolicy(ctx context.Context, user iam.Holder, in *DeleteUserPolicyRequest) (*awswire.Empty, error) {
	return nil, d.Roles.DeleteInline(ctx, user, in.PolicyName)
}

func (d *Door) listRolePolicies(ctx context.Context, role iam.Holder, in *ListRolePoliciesRequest) (*ListRolePoliciesResponse, error) {
	p, err := d.Roles.InlineNames(ctx, role, pageOf(in.Marker, in.MaxItems))
	if err != nil {
		return nil, err
	}
	out := &ListRolePoliciesResponse{PolicyNames: append([]string{}, p.Items...)}
	out.IsTruncated, out.Marker = marker(p.Next)
	return out, nil
}

func (d *Door) listUserPolicies(ctx context.Context, user iam.Holder, in *ListUserPoliciesRequest) (*ListUserPoliciesResponse, error) {
	p, err := d.Roles.InlineNames(ctx, user, pageOf(in.Marker, in.MaxItems))
	if err != nil {
		return nil, err
	}
	out := &ListUserPoliciesResponse{PolicyNames: append([]string{}, p.Items...)}
	out.IsTruncated, out.Marker = marker(p.Next)
	return out, nil
}
