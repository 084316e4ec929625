package iamapi

import (
	"context"

	"muster/internal/arn"
	"muster/internal/awsapi"
	"muster/internal/awswire"
	"muster/internal/fault"
	"muster/internal/iam"
	"muster/internal/policy"
)

// notAttachable is IAM's name for what only service-linked roles have.
var notAttachable = awsapi.Faults{fault.WrongState: "PolicyNotAttachable"}

func (d *Door) attachments() []awsapi.Operation {
	return []awsapi.Operation{
		onRole(d, AttachRolePolicy, func(in *AttachRolePolicyRequest) string { return in.RoleName },
			func(in *AttachRolePolicyRequest) policy.Context { return policyARN(in.PolicyArn) }, d.attachRolePolicy).With(notAttachable),
		onRole(d, DetachRolePolicy, func(in *DetachRolePolicyRequest) string { return in.RoleName },
			func(in *DetachRolePolicyRequest) policy.Context { return policyARN(in.PolicyArn) }, d.detachRolePolicy),
		onRole(d, ListAttachedRolePolicies, func(in *ListAttachedRolePoliciesRequest) string { return in.RoleName }, nil, d.listAttachedRolePolicies),
		onUser(d, AttachUserPolicy, func(in *AttachUserPolicyRequest) *string { return &in.UserName },
			func(in *AttachUserPolicyRequest) policy.Context { return policyARN(in.PolicyArn) }, d.attachUserPolicy).With(notAttachable),
		onUser(d, DetachUserPolicy, func(in *DetachUserPolicyRequest) *string { return &in.UserName },
			func(in *DetachUserPolicyRequest) policy.Context { return policyARN(in.PolicyArn) }, d.detachUserPolicy),
		onUser(d, ListAttachedUserPolicies, func(in *ListAttachedUserPoliciesRequest) *string { return &in.UserName }, nil, d.listAttachedUserPolicies),
	}
}

// policyARN lets a policy say which policies may be attached.
func policyARN(a string) policy.Context {
	c := policy.Context{}
	c.Set("iam:PolicyARN", a)
	return c
}

func (d *Door) attachRolePolicy(ctx context.Context, role iam.Holder, in *AttachRolePolicyRequest) (*awswire.Empty, error) {
	return nil, d.Roles.Attach(ctx, role, arn.ARN(in.PolicyArn))
}

func (d *Door) attachUserPolicy(ctx context.Context, user iam.Holder, in *AttachUserPolicyRequest) (*awswire.Empty, error) {
	return nil, d.Roles.Attach(ctx, user, arn.ARN(in.PolicyArn))
}

func (d *Door) detachRolePolicy(ctx context.Context, role iam.Holder, in *DetachRolePolicyRequest) (*awswire.Empty, error) {
	return nil, d.Roles.Detach(ctx, role, arn.ARN(in.PolicyArn))
}

func (d *Door) detachUserPolicy(ctx context.Context, user iam.Holder, in *DetachUserPolicyRequest) (*awswire.Empty, error) {
	return nil, d.Roles.Detach(ctx, user, arn.ARN(in.PolicyArn))
}

func (d *Door) listAttachedRolePolicies(ctx context.Context, role iam.Holder, in *ListAttachedRolePoliciesRequest) (*ListAttachedRolePoliciesResponse, error) {
	p, err := d.Roles.Attached(ctx, role, pathOf(in.PathPrefix), pageOf(in.Marker, in.MaxItems))
	if err != nil {
		return nil, err
	}
	out := &ListAttachedRolePoliciesResponse{AttachedPolicies: shownAttached(p.Items)}
	out.IsTruncated, out.Marker = marker(p.Next)
	return out, nil
}

func (d *Door) listAttachedUserPolicies(ctx context.Context, user iam.Holder, in *ListAttachedUserPoliciesRequest) (*ListAttachedUserPoliciesResponse, error) {
	p, err := d.Roles.Attached(ctx, user, pathOf(in.PathPrefix), pageOf(in.Marker, in.MaxItems))
	if err != nil {
		return nil, err
	}
	out := &ListAttachedUserPoliciesResponse{AttachedPolicies: shownAttached(p.Items)}
	out.IsTruncated, out.Marker = marker(p.Next)
	return out, nil
}

func shownAttached(arns []string) []AttachedPolicy {
	all := []AttachedPolicy{}
	for _, a := range arns {
		_, _, name, _ := arn.SplitManagedPolicy(arn.ARN(a))
		all = append(all, AttachedPolicy{PolicyArn: new(a), PolicyName: &name})
	}
	return all
}
