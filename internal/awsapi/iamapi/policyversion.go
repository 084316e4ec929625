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
		awsapi.Handle(CreatePolicyVersion, func(_ arn.Scope, in *CreatePolicyVersionRequest) arn.ARN { return arn.ARN(in.PolicyArn) }, d.createPolicyVersion),
		awsapi.Handle(GetPolicyVersion, func(_ arn.Scope, in *GetPolicyVersionRequest) arn.ARN { return arn.ARN(in.PolicyArn) }, d.getPolicyVersion),
		awsapi.Handle(ListPolicyVersions, func(_ arn.Scope, in *ListPolicyVersionsRequest) arn.ARN { return arn.ARN(in.PolicyArn) }, d.listPolicyVersions),
		awsapi.Handle(SetDefaultPolicyVersion, func(_ arn.Scope, in *SetDefaultPolicyVersionRequest) arn.ARN { return arn.ARN(in.PolicyArn) }, d.setDefaultPolicyVersion),
		awsapi.Handle(DeletePolicyVersion, func(_ arn.Scope, in *DeletePolicyVersionRequest) arn.ARN { return arn.ARN(in.PolicyArn) }, d.deletePolicyVersion),
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
