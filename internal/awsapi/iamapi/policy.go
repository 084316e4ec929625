package iamapi

import (
	"context"

	"muster/internal/arn"
	"muster/internal/awsapi"
	"muster/internal/awswire"
	"muster/internal/iam"
)

func (d *Door) policies() []awsapi.Operation {
	return []awsapi.Operation{
		awsapi.Handle(CreatePolicy, func(scope arn.Scope, in *CreatePolicyRequest) arn.ARN {
			return arn.ManagedPolicy(scope.Account, pathOf(in.Path), in.PolicyName)
		}, d.createPolicy),
		awsapi.Handle(GetPolicy, func(_ arn.Scope, in *GetPolicyRequest) arn.ARN { return arn.ARN(in.PolicyArn) }, d.getPolicy),
		awsapi.Handle(GetPolicyVersion, func(_ arn.Scope, in *GetPolicyVersionRequest) arn.ARN { return arn.ARN(in.PolicyArn) }, d.getPolicyVersion),
		awsapi.Handle(DeletePolicy, func(_ arn.Scope, in *DeletePolicyRequest) arn.ARN { return arn.ARN(in.PolicyArn) }, d.deletePolicy),
	}
}

func (d *Door) createPolicy(ctx context.Context, scope arn.Scope, in *CreatePolicyRequest) (*CreatePolicyResponse, error) {
	if err := unbuilt(len(in.Tags) > 0, "Tags"); err != nil {
		return nil, err
	}
	p, err := d.Roles.CreatePolicy(ctx, iam.ManagedPolicy{
		Account: scope.Account, Path: pathOf(in.Path), Name: in.PolicyName, Description: value(in.Description),
	}, in.PolicyDocument)
	if err != nil {
		return nil, err
	}
	return &CreatePolicyResponse{Policy: shownPolicy(p, 0)}, nil
}

func (d *Door) getPolicy(ctx context.Context, scope arn.Scope, in *GetPolicyRequest) (*GetPolicyResponse, error) {
	p, err := d.Roles.Policy(ctx, scope.Account, arn.ARN(in.PolicyArn))
	if err != nil {
		return nil, err
	}
	attached, err := d.Roles.Attachments(ctx, scope.Account, p.ARN())
	if err != nil {
		return nil, err
	}
	return &GetPolicyResponse{Policy: shownPolicy(p, attached)}, nil
}

func shownPolicy(p iam.ManagedPolicy, attached int) *Policy {
	return &Policy{
		Arn:                           new(string(p.ARN())),
		AttachmentCount:               new(int32(attached)),
		CreateDate:                    awswire.At(p.Created),
		DefaultVersionId:              new(iam.VersionID(p.Default)),
		Description:                   text(p.Description),
		IsAttachable:                  new(true),
		Path:                          &p.Path,
		PermissionsBoundaryUsageCount: new(int32(0)),
		PolicyId:                      &p.ID,
		PolicyName:                    &p.Name,
		UpdateDate:                    awswire.At(p.Updated),
	}
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
	return &GetPolicyVersionResponse{PolicyVersion: &PolicyVersion{
		CreateDate:       awswire.At(v.Created),
		Document:         encoded(v.Document),
		IsDefaultVersion: new(v.Number == p.Default),
		VersionId:        new(v.ID()),
	}}, nil
}

func (d *Door) deletePolicy(ctx context.Context, scope arn.Scope, in *DeletePolicyRequest) (*awswire.Empty, error) {
	return nil, d.Roles.DeletePolicy(ctx, scope.Account, arn.ARN(in.PolicyArn))
}
