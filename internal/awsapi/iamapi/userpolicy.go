package iamapi

import (
	"context"

	"muster/internal/arn"
	"muster/internal/awsapi"
	"muster/internal/awswire"
	"muster/internal/iam"
	"muster/internal/policy"
)

func (d *Door) userPolicies() []awsapi.Operation {
	return []awsapi.Operation{
		onUser(d, PutUserPolicy, func(in *PutUserPolicyRequest) *string { return &in.UserName }, nil, d.putUserPolicy),
		onUser(d, GetUserPolicy, func(in *GetUserPolicyRequest) *string { return &in.UserName }, nil, d.getUserPolicy),
		onUser(d, DeleteUserPolicy, func(in *DeleteUserPolicyRequest) *string { return &in.UserName }, nil, d.deleteUserPolicy),
		onUser(d, ListUserPolicies, func(in *ListUserPoliciesRequest) *string { return &in.UserName }, nil, d.listUserPolicies),
		onUser(d, AttachUserPolicy, func(in *AttachUserPolicyRequest) *string { return &in.UserName },
			func(in *AttachUserPolicyRequest) policy.Context { return policyARN(in.PolicyArn) }, d.attachUserPolicy),
		onUser(d, DetachUserPolicy, func(in *DetachUserPolicyRequest) *string { return &in.UserName },
			func(in *DetachUserPolicyRequest) policy.Context { return policyARN(in.PolicyArn) }, d.detachUserPolicy),
		onUser(d, ListAttachedUserPolicies, func(in *ListAttachedUserPoliciesRequest) *string { return &in.UserName }, nil, d.listAttachedUserPolicies),
	}
}

func (d *Door) putUserPolicy(ctx context.Context, scope arn.Scope, user string, in *PutUserPolicyRequest) (*awswire.Empty, error) {
	return nil, d.Roles.PutUserPolicy(ctx, scope.Account, user, iam.Inline{Name: in.PolicyName, Document: in.PolicyDocument})
}

func (d *Door) getUserPolicy(ctx context.Context, scope arn.Scope, user string, in *GetUserPolicyRequest) (*GetUserPolicyResponse, error) {
	p, err := d.Roles.UserPolicy(ctx, scope.Account, user, in.PolicyName)
	if err != nil {
		return nil, err
	}
	return &GetUserPolicyResponse{UserName: &user, PolicyName: &p.Name, PolicyDocument: encoded(p.Document)}, nil
}

func (d *Door) deleteUserPolicy(ctx context.Context, scope arn.Scope, user string, in *DeleteUserPolicyRequest) (*awswire.Empty, error) {
	return nil, d.Roles.DeleteUserPolicy(ctx, scope.Account, user, in.PolicyName)
}

func (d *Door) listUserPolicies(ctx context.Context, scope arn.Scope, user string, in *ListUserPoliciesRequest) (*ListUserPoliciesResponse, error) {
	p, err := d.Roles.UserPolicies(ctx, scope.Account, user, pageOf(in.Marker, in.MaxItems))
	if err != nil {
		return nil, err
	}
	out := &ListUserPoliciesResponse{PolicyNames: append([]string{}, p.Items...)}
	out.IsTruncated, out.Marker = marker(p.Next)
	return out, nil
}

func (d *Door) attachUserPolicy(ctx context.Context, scope arn.Scope, user string, in *AttachUserPolicyRequest) (*awswire.Empty, error) {
	return nil, d.Roles.AttachUserPolicy(ctx, scope.Account, user, arn.ARN(in.PolicyArn))
}

func (d *Door) detachUserPolicy(ctx context.Context, scope arn.Scope, user string, in *DetachUserPolicyRequest) (*awswire.Empty, error) {
	return nil, d.Roles.DetachUserPolicy(ctx, scope.Account, user, arn.ARN(in.PolicyArn))
}

func (d *Door) listAttachedUserPolicies(ctx context.Context, scope arn.Scope, user string, in *ListAttachedUserPoliciesRequest) (*ListAttachedUserPoliciesResponse, error) {
	p, err := d.Roles.AttachedUserPolicies(ctx, scope.Account, user, pathOf(in.PathPrefix), pageOf(in.Marker, in.MaxItems))
	if err != nil {
		return nil, err
	}
	out := &ListAttachedUserPoliciesResponse{AttachedPolicies: []AttachedPolicy{}}
	for _, a := range p.Items {
		_, _, name, _ := arn.SplitManagedPolicy(arn.ARN(a))
		out.AttachedPolicies = append(out.AttachedPolicies, AttachedPolicy{PolicyArn: new(a), PolicyName: &name})
	}
	out.IsTruncated, out.Marker = marker(p.Next)
	return out, nil
}
