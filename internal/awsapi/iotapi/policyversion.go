package iotapi

import (
	"context"
	"strconv"

	"muster/internal/arn"
	"muster/internal/awsapi"
	"muster/internal/awswire"
	"muster/internal/fault"
	"muster/internal/iotpolicy"
)

func (d *Door) policyVersions() []awsapi.Operation {
	return []awsapi.Operation{
		awsapi.HandleKept(CreatePolicyVersion, on(d, func(scope arn.Scope, in *CreatePolicyVersionRequest) arn.ARN {
			return scope.IoTPolicy(in.PolicyName)
		}), d.createPolicyVersion).With(awsapi.Faults{fault.LimitExceeded: "VersionsLimitExceededException"}),
		awsapi.HandleKept(GetPolicyVersion, on(d, func(scope arn.Scope, in *GetPolicyVersionRequest) arn.ARN {
			return scope.IoTPolicy(in.PolicyName)
		}), d.getPolicyVersion),
		awsapi.HandleKept(ListPolicyVersions, on(d, func(scope arn.Scope, in *ListPolicyVersionsRequest) arn.ARN {
			return scope.IoTPolicy(in.PolicyName)
		}), d.listPolicyVersions),
		awsapi.HandleKept(SetDefaultPolicyVersion, on(d, func(scope arn.Scope, in *SetDefaultPolicyVersionRequest) arn.ARN {
			return scope.IoTPolicy(in.PolicyName)
		}), d.setDefaultPolicyVersion),
		awsapi.HandleKept(DeletePolicyVersion, on(d, func(scope arn.Scope, in *DeletePolicyVersionRequest) arn.ARN {
			return scope.IoTPolicy(in.PolicyName)
		}), d.deletePolicyVersion),
	}
}

func (d *Door) createPolicyVersion(ctx context.Context, scope arn.Scope, in *CreatePolicyVersionRequest) (*CreatePolicyVersionResponse, error) {
	v, err := d.Policies.CreateVersion(ctx, scope, in.PolicyName, in.PolicyDocument, value(in.SetAsDefault))
	if err != nil {
		return nil, err
	}
	return &CreatePolicyVersionResponse{
		PolicyArn:        new(string(scope.IoTPolicy(in.PolicyName))),
		PolicyDocument:   &v.Document,
		PolicyVersionId:  new(strconv.Itoa(v.Number)),
		IsDefaultVersion: &v.Default,
	}, nil
}

// getPolicyVersion says that a version was modified last when it was made: it
// never changes.
func (d *Door) getPolicyVersion(ctx context.Context, scope arn.Scope, in *GetPolicyVersionRequest) (*GetPolicyVersionResponse, error) {
	v, err := d.Policies.Version(ctx, scope, in.PolicyName, in.PolicyVersionId)
	if err != nil {
		return nil, err
	}
	return &GetPolicyVersionResponse{
		PolicyName:       &in.PolicyName,
		PolicyArn:        new(string(scope.IoTPolicy(in.PolicyName))),
		PolicyVersionId:  new(strconv.Itoa(v.Number)),
		PolicyDocument:   &v.Document,
		IsDefaultVersion: &v.Default,
		CreationDate:     awswire.At(v.Created),
		LastModifiedDate: awswire.At(v.Created),
		GenerationId:     &v.PolicyID,
	}, nil
}

func (d *Door) listPolicyVersions(ctx context.Context, scope arn.Scope, in *ListPolicyVersionsRequest) (*ListPolicyVersionsResponse, error) {
	all, err := d.Policies.Versions(ctx, scope, in.PolicyName)
	if err != nil {
		return nil, err
	}
	return &ListPolicyVersionsResponse{PolicyVersions: list(all, func(v iotpolicy.Version) PolicyVersion {
		return PolicyVersion{VersionId: new(strconv.Itoa(v.Number)), IsDefaultVersion: &v.Default, CreateDate: awswire.At(v.Created)}
	})}, nil
}

func (d *Door) setDefaultPolicyVersion(ctx context.Context, scope arn.Scope, in *SetDefaultPolicyVersionRequest) (*awswire.Empty, error) {
	return nil, d.Policies.SetDefaultVersion(ctx, scope, in.PolicyName, in.PolicyVersionId)
}

func (d *Door) deletePolicyVersion(ctx context.Context, scope arn.Scope, in *DeletePolicyVersionRequest) (*awswire.Empty, error) {
	return nil, d.Policies.DeleteVersion(ctx, scope, in.PolicyName, in.PolicyVersionId)
}
