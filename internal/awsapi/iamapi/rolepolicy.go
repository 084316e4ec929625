package iamapi

import (
	"context"

	"muster/internal/arn"
	"muster/internal/awsapi"
	"muster/internal/awswire"
	"muster/internal/iam"
	"muster/internal/policy"
)

func (d *Door) rolePolicies() []awsapi.Operation {
	return []awsapi.Operation{
		onRole(d, PutRolePolicy, func(in *PutRolePolicyRequest) string { return in.RoleName }, nil, d.putRolePolicy),
		onRole(d, GetRolePolicy, func(in *GetRolePolicyRequest) string { return in.RoleName }, nil, d.getRolePolicy),
		onRole(d, DeleteRolePolicy, func(in *DeleteRolePolicyRequest) string { return in.RoleName }, nil, d.deleteRolePolicy),
		onRole(d, ListRolePolicies, func(in *ListRolePoliciesRequest) string { return in.RoleName }, nil, d.listRolePolicies),
	}
}

func (d *Door) putRolePolicy(ctx context.Context, scope arn.Scope, in *PutRolePolicyRequest) (*awswire.Empty, error) {
	return nil, d.Roles.PutRolePolicy(ctx, scope.Account, in.RoleName, iam.Inline{Name: in.PolicyName, Document: in.PolicyDocument})
}

func (d *Door) getRolePolicy(ctx context.Context, scope arn.Scope, in *GetRolePolicyRequest) (*GetRolePolicyResponse, error) {
	p, err := d.Roles.RolePolicy(ctx, scope.Account, in.RoleName, in.PolicyName)
	if err != nil {
		return nil, err
	}
	return &GetRolePolicyResponse{RoleName: &in.RoleName, PolicyName: &p.Name, PolicyDocument: encoded(p.Document)}, nil
}

func (d *Door) deleteRolePolicy(ctx context.Context, scope arn.Scope, in *DeleteRolePolicyRequest) (*awswire.Empty, error) {
	return nil, d.Roles.DeleteRolePolicy(ctx, scope.Account, in.RoleName, in.PolicyName)
}

func (d *Door) listRolePolicies(ctx context.Context, scope arn.Scope, in *ListRolePoliciesRequest) (*ListRolePoliciesResponse, error) {
	p, err := d.Roles.RolePolicies(ctx, scope.Account, in.RoleName, pageOf(in.Marker, in.MaxItems))
	if err != nil {
		return nil, err
	}
	out := &ListRolePoliciesResponse{PolicyNames: append([]string{}, p.Items...)}
	out.IsTruncated, out.Marker = marker(p.Next)
	return out, nil
}

func (d *Door) attachments() []awsapi.Operation {
	return []awsapi.Operation{
		onRole(d, AttachRolePolicy, func(in *AttachRolePolicyRequest) string { return in.RoleName },
			func(in *AttachRolePolicyRequest) policy.Context { return policyARN(in.PolicyArn) }, d.attachRolePolicy),
		onRole(d, DetachRolePolicy, func(in *DetachRolePolicyRequest) string { return in.RoleName },
			func(in *DetachRolePolicyRequest) policy.Context { return policyARN(in.PolicyArn) }, d.detachRolePolicy),
		onRole(d, ListAttachedRolePolicies, func(in *ListAttachedRolePoliciesRequest) string { return in.RoleName }, nil, d.listAttachedRolePolicies),
	}
}

// policyARN lets a policy say which policies may be attached.
func policyARN(a string) policy.Context {
	c := policy.Context{}
	c.Set("iam:PolicyARN", a)
	return c
}

func (d *Door) attachRolePolicy(ctx context.Context, scope arn.Scope, in *AttachRolePolicyRequest) (*awswire.Empty, error) {
	return nil, d.Roles.AttachRolePolicy(ctx, scope.Account, in.RoleName, arn.ARN(in.PolicyArn))
}

func (d *Door) detachRolePolicy(ctx context.Context, scope arn.Scope, in *DetachRolePolicyRequest) (*awswire.Empty, error) {
	return nil, d.Roles.DetachRolePolicy(ctx, scope.Account, in.RoleName, arn.ARN(in.PolicyArn))
}

func (d *Door) listAttachedRolePolicies(ctx context.Context, scope arn.Scope, in *ListAttachedRolePoliciesRequest) (*ListAttachedRolePoliciesResponse, error) {
	p, err := d.Roles.AttachedRolePolicies(ctx, scope.Account, in.RoleName, pathOf(in.PathPrefix), pageOf(in.Marker, in.MaxItems))
	if err != nil {
		return nil, err
	}
	out := &ListAttachedRolePoliciesResponse{AttachedPolicies: []AttachedPolicy{}}
	for _, a := range p.Items {
		_, _, name, _ := arn.SplitManagedPolicy(arn.ARN(a))
		out.AttachedPolicies = append(out.AttachedPolicies, AttachedPolicy{PolicyArn: new(a), PolicyName: &name})
	}
	out.IsTruncated, out.Marker = marker(p.Next)
	return out, nil
}
