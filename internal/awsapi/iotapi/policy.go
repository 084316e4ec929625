package iotapi

import (
	"context"
	"strconv"
	"strings"

	"muster/internal/arn"
	"muster/internal/awsapi"
	"muster/internal/awswire"
)

func (d *Door) policies() []awsapi.Operation {
	return []awsapi.Operation{
		awsapi.HandleEach(CreatePolicy, func(scope arn.Scope, in *CreatePolicyRequest) []awsapi.Need {
			return tagging(awsapi.Need{Resource: scope.IoTPolicy(in.PolicyName), Context: requestTags(in.Tags)}, in.Tags)
		}, d.createPolicy),
		awsapi.HandleKept(GetPolicy, on(d, func(scope arn.Scope, in *GetPolicyRequest) arn.ARN { return scope.IoTPolicy(in.PolicyName) }), d.getPolicy),
		awsapi.Handle(ListPolicies, anywhere[ListPoliciesRequest], d.listPolicies),
		awsapi.HandleKept(DeletePolicy, on(d, func(scope arn.Scope, in *DeletePolicyRequest) arn.ARN { return scope.IoTPolicy(in.PolicyName) }), d.deletePolicy),
		awsapi.Handle(AttachPolicy, func(scope arn.Scope, in *AttachPolicyRequest) arn.ARN { return policyTarget(scope, in.Target) }, d.attachPolicy),
		awsapi.Handle(DetachPolicy, func(scope arn.Scope, in *DetachPolicyRequest) arn.ARN { return policyTarget(scope, in.Target) }, d.detachPolicy),
		awsapi.Handle(ListAttachedPolicies, func(scope arn.Scope, in *ListAttachedPoliciesRequest) arn.ARN { return policyTarget(scope, in.Target) }, d.listAttachedPolicies),
		awsapi.HandleKept(ListTargetsForPolicy, on(d, func(scope arn.Scope, in *ListTargetsForPolicyRequest) arn.ARN {
			return scope.IoTPolicy(in.PolicyName)
		}), d.listTargetsForPolicy),
	}
}

// policyTarget is the resource of attaching to target: the target and not the
// policy, as in AWS. An identity has no ARN.
func policyTarget(scope arn.Scope, target string) arn.ARN {
	if strings.HasPrefix(target, "arn:") {
		return arn.ARN(target)
	}
	return scope.IoTAny()
}

func (d *Door) createPolicy(ctx context.Context, scope arn.Scope, in *CreatePolicyRequest) (*CreatePolicyResponse, error) {
	tags, err := tagsOf(in.Tags)
	if err != nil {
		return nil, err
	}
	p, err := d.Policies.CreateTagged(ctx, scope, in.PolicyName, in.PolicyDocument, tags)
	if err != nil {
		return nil, err
	}
	return &CreatePolicyResponse{
		PolicyName:      &p.Name,
		PolicyArn:       new(string(scope.IoTPolicy(p.Name))),
		PolicyDocument:  &p.Document,
		PolicyVersionId: new(strconv.Itoa(p.Version)),
	}, nil
}

func (d *Door) getPolicy(ctx context.Context, scope arn.Scope, in *GetPolicyRequest) (*GetPolicyResponse, error) {
	p, err := d.Policies.Get(ctx, scope, in.PolicyName)
	if err != nil {
		return nil, err
	}
	return &GetPolicyResponse{
		PolicyName:       &p.Name,
		PolicyArn:        new(string(scope.IoTPolicy(p.Name))),
		PolicyDocument:   &p.Document,
		DefaultVersionId: new(strconv.Itoa(p.Version)),
		CreationDate:     awswire.At(p.Created),
		LastModifiedDate: awswire.At(p.Modified),
		GenerationId:     &p.ID,
	}, nil
}

// listPolicies answers the newest first, unless asked otherwise.
func (d *Door) listPolicies(ctx context.Context, scope arn.Scope, in *ListPoliciesRequest) (*ListPoliciesResponse, error) {
	found, err := d.Policies.List(ctx, scope, newestFirst(in.Marker, in.PageSize, in.AscendingOrder))
	if err != nil {
		return nil, err
	}
	return &ListPoliciesResponse{Policies: list(found.Items, namedPolicy(scope)), NextMarker: present(found.Next)}, nil
}

func namedPolicy(scope arn.Scope) func(name string) Policy {
	return func(name string) Policy {
		return Policy{PolicyName: &name, PolicyArn: new(string(scope.IoTPolicy(name)))}
	}
}

func (d *Door) deletePolicy(ctx context.Context, scope arn.Scope, in *DeletePolicyRequest) (*awswire.Empty, error) {
	return nil, d.Policies.Delete(ctx, scope, in.PolicyName)
}

func (d *Door) attachPolicy(ctx context.Context, scope arn.Scope, in *AttachPolicyRequest) (*awswire.Empty, error) {
	return nil, d.Policies.Attach(ctx, scope, in.PolicyName, in.Target)
}

func (d *Door) detachPolicy(ctx context.Context, scope arn.Scope, in *DetachPolicyRequest) (*awswire.Empty, error) {
	return nil, d.Policies.Detach(ctx, scope, in.PolicyName, in.Target)
}

// listAttachedPolicies takes recursive and has nothing to add for it: a
// certificate inherits from no group.
func (d *Door) listAttachedPolicies(ctx context.Context, scope arn.Scope, in *ListAttachedPoliciesRequest) (*ListAttachedPoliciesResponse, error) {
	found, err := d.Policies.Attached(ctx, scope, in.Target, pageRequest(in.Marker, in.PageSize))
	if err != nil {
		return nil, err
	}
	return &ListAttachedPoliciesResponse{Policies: list(found.Items, namedPolicy(scope)), NextMarker: present(found.Next)}, nil
}

func (d *Door) listTargetsForPolicy(ctx context.Context, scope arn.Scope, in *ListTargetsForPolicyRequest) (*ListTargetsForPolicyResponse, error) {
	found, err := d.Policies.Targets(ctx, scope, in.PolicyName, pageRequest(in.Marker, in.PageSize))
	if err != nil {
		return nil, err
	}
	return &ListTargetsForPolicyResponse{Targets: append([]string{}, found.Items...), NextMarker: present(found.Next)}, nil
}
