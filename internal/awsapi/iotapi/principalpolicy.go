package iotapi

import (
	"context"

	"muster/internal/arn"
	"muster/internal/awsapi"
	"muster/internal/awswire"
	"muster/internal/page"
)

// principalPolicies are the calls from before there were thing groups to attach
// policies to. AWS has deprecated them and keeps them working; CloudFormation
// makes them. They are about the same attachments as AttachPolicy's, and need
// permissions of their own names.
func (d *Door) principalPolicies() []awsapi.Operation {
	return []awsapi.Operation{
		awsapi.Handle(AttachPrincipalPolicy, func(scope arn.Scope, in *AttachPrincipalPolicyRequest) arn.ARN {
			return policyTarget(scope, in.Principal)
		}, d.attachPrincipalPolicy),
		awsapi.Handle(DetachPrincipalPolicy, func(scope arn.Scope, in *DetachPrincipalPolicyRequest) arn.ARN {
			return policyTarget(scope, in.Principal)
		}, d.detachPrincipalPolicy),
		awsapi.Handle(ListPrincipalPolicies, anywhere[ListPrincipalPoliciesRequest], d.listPrincipalPolicies),
		awsapi.Handle(ListPolicyPrincipals, anywhere[ListPolicyPrincipalsRequest], d.listPolicyPrincipals),
	}
}

func (d *Door) attachPrincipalPolicy(ctx context.Context, scope arn.Scope, in *AttachPrincipalPolicyRequest) (*awswire.Empty, error) {
	return nil, d.Policies.AttachPrincipal(ctx, scope, in.PolicyName, in.Principal)
}

func (d *Door) detachPrincipalPolicy(ctx context.Context, scope arn.Scope, in *DetachPrincipalPolicyRequest) (*awswire.Empty, error) {
	return nil, d.Policies.DetachPrincipal(ctx, scope, in.PolicyName, in.Principal)
}

func (d *Door) listPrincipalPolicies(ctx context.Context, scope arn.Scope, in *ListPrincipalPoliciesRequest) (*ListPrincipalPoliciesResponse, error) {
	found, err := d.Policies.AttachedToPrincipal(ctx, scope, in.Principal, newestFirst(in.Marker, in.PageSize, in.AscendingOrder))
	if err != nil {
		return nil, err
	}
	return &ListPrincipalPoliciesResponse{Policies: list(found.Items, namedPolicy(scope)), NextMarker: present(found.Next)}, nil
}

func (d *Door) listPolicyPrincipals(ctx context.Context, scope arn.Scope, in *ListPolicyPrincipalsRequest) (*ListPolicyPrincipalsResponse, error) {
	found, err := d.Policies.Targets(ctx, scope, in.PolicyName, newestFirst(in.Marker, in.PageSize, in.AscendingOrder))
	if err != nil {
		return nil, err
	}
	return &ListPolicyPrincipalsResponse{Principals: append([]string{}, found.Items...), NextMarker: present(found.Next)}, nil
}

// newestFirst is the page of a list that begins with the newest, unless asked
// otherwise.
func newestFirst(marker *string, size *int32, ascending *bool) page.Request {
	r := pageRequest(marker, size)
	r.Descending = !value(ascending)
	return r
}
