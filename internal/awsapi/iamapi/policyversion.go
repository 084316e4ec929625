package iamapi

import (
	"context"

	"muster/internal/arn"
	"muster/internal/awsapi"
	"muster/internal/awswire"
	"muster/internal/iam"
)

func (d *Door) policyVersions() []awsapi.Operation {
	return []awsapi.Operation{
		onPolicy(d, CreatePolicyVersion, func(in *CreatePolicyVersionRequest) string { return in.PolicyArn }, nil, d.createPolicyVersion),
		onPolicy(d, GetPolicyVersion, func(in *GetPolicyVersionRequest) string { return in.PolicyArn }, nil, d.getPolicyVersion),
		onPolicy(d, ListPolicyVersions, func(in *ListPolicyVersionsRequest) string { return in.PolicyArn }, nil, d.listPolicyVersions),
		onPolicy(d, SetDefaultPolicyVersion, func(in *SetDefaultPolicyVersionRequest) string { return in.PolicyArn }, nil, d.setDefaultPolicyVersion),
		onPolicy(d, DeletePolicyVersion, func(in *DeletePolicyVersionRequest) string { return in.PolicyArn }, nil, d.deletePolicyVersion),
	}
}

// shownVersion is a version as lists show it, without its document.
func shownVersion(v iam.Version, inForce bool) *PolicyVersion {
	return &PolicyVersion{CreateDate: awswire.At(v.Created), IsDefaultVersion: &inForce, VersionId: new(v.ID())}
}

func (d *Door) createPolicyVersion(ctx context.Context, scope arn.Scope, in *CreatePolicyVersionRequest) (*CreatePolicyVersionResponse, error) {
	inForce := in.SetAsDefault != nil && *in.SetAsDefault
	v, err := d.Roles.CreatePolicyVersion(ctx, scope.Account, arn.ARN(in.PolicyArn), in.PolicyDocument, inForce)
	if err != nil {
		return nil, err
	}
	return &CreatePolicyVersionResponse{PolicyVersion: shownVersion(v, inForce)}, nil
}

func (d *Door) getPolicyVersion(ctx context.Context, scope arn.Scope, in *GetPolicyVersionRequest) (*GetPolicyVersionResponse, error) {
	p, err := d.Roles.Policy(ctx, scope.Account, arn.ARN(in.PolicyArn))
	if err != nil {
		return nil, err
	}
	v, err := d.Roles.PolicyVersion(ctx, scope.Account, p.ARN(), in.VersionId)
	if err != nil {
		return nil, err
	}
	shown := shownVersion(v, v.Number == p.Default)
	shown.Document = encoded(v.Document)
	return &GetPolicyVersionResponse{PolicyVersion: shown}, nil
}

func (d *Door) listPolicyVersions(ctx context.Context, scope arn.Scope, in *ListPolicyVersionsRequest) (*ListPolicyVersionsResponse, error) {
	p, err := d.Roles.Policy(ctx, scope.Account, arn.ARN(in.PolicyArn))
	if err != nil {
		return nil, err
	}
	versions, err := d.Roles.PolicyVersions(ctx, scope.Account, p.ARN(), pageOf(in.Marker, in.MaxItems))
	if err != nil {
		return nil, err
	}
	out := &ListPolicyVersionsResponse{Versions: []PolicyVersion{}}
	for _, v := range versions.Items {
		out.Versions = append(out.Versions, *shownVersion(v, v.Number == p.Default))
	}
	out.IsTruncated, out.Marker = marker(versions.Next)
	return out, nil
}

func (d *Door) setDefaultPolicyVersion(ctx context.Context, scope arn.Scope, in *SetDefaultPolicyVersionRequest) (*awswire.Empty, error) {
	return nil, d.Roles.SetDefaultPolicyVersion(ctx, scope.Account, arn.ARN(in.PolicyArn), in.VersionId)
}

func (d *Door) deletePolicyVersion(ctx context.Context, scope arn.Scope, in *DeletePolicyVersionRequest) (*awswire.Empty, error) {
	return nil, d.Roles.DeletePolicyVersion(ctx, scope.Account, arn.ARN(in.PolicyArn), in.VersionId)
}
