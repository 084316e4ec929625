package iamapi

import (
	"context"
	"errors"

	"muster/internal/arn"
	"muster/internal/awsapi"
	"muster/internal/awswire"
	"muster/internal/fault"
	"muster/internal/iam"
	"muster/internal/policy"
)

func (d *Door) policyTags() []awsapi.Operation {
	return []awsapi.Operation{
		onPolicy(d, TagPolicy, func(in *TagPolicyRequest) string { return in.PolicyArn },
			func(in *TagPolicyRequest) policy.Context { return requestTags(in.Tags) }, d.tagPolicy),
		onPolicy(d, UntagPolicy, func(in *UntagPolicyRequest) string { return in.PolicyArn },
			func(in *UntagPolicyRequest) policy.Context { return tagKeys(in.TagKeys) }, d.untagPolicy),
		onPolicy(d, ListPolicyTags, func(in *ListPolicyTagsRequest) string { return in.PolicyArn }, nil, d.listPolicyTags),
	}
}

// onPolicy makes an operation on a managed policy that is there or not, under
// the tags it has.
func onPolicy[In, Out any](
	d *Door, op awswire.Op[In, Out],
	resource func(*In) string, keys func(*In) policy.Context,
	run func(ctx context.Context, scope arn.Scope, in *In) (*Out, error),
) awsapi.Operation {
	return awsapi.HandleKept(op, func(ctx context.Context, scope arn.Scope, in *In) ([]awsapi.Need, error) {
		a, c := arn.ARN(resource(in)), policy.Context{}
		if keys != nil {
			c = keys(in)
		}
		switch p, err := d.Roles.Policy(ctx, scope.Account, a); {
		case err == nil:
			iam.ResourceTags(c, p.Tags)
		case !errors.Is(err, fault.NotFound) && !errors.Is(err, fault.Invalid):
			return nil, err
		}
		return []awsapi.Need{{Resource: a, Context: c}}, nil
	}, run)
}

func (d *Door) tagPolicy(ctx context.Context, scope arn.Scope, in *TagPolicyRequest) (*awswire.Empty, error) {
	return nil, d.Roles.TagPolicy(ctx, scope.Account, arn.ARN(in.PolicyArn), given(in.Tags))
}

func (d *Door) untagPolicy(ctx context.Context, scope arn.Scope, in *UntagPolicyRequest) (*awswire.Empty, error) {
	return nil, d.Roles.UntagPolicy(ctx, scope.Account, arn.ARN(in.PolicyArn), in.TagKeys)
}

func (d *Door) listPolicyTags(ctx context.Context, scope arn.Scope, in *ListPolicyTagsRequest) (*ListPolicyTagsResponse, error) {
	p, err := d.Roles.PolicyTags(ctx, scope.Account, arn.ARN(in.PolicyArn), pageOf(in.Marker, in.MaxItems))
	if err != nil {
		return nil, err
	}
	out := &ListPolicyTagsResponse{Tags: append([]Tag{}, told(p.Items)...)}
	out.IsTruncated, out.Marker = marker(p.Next)
	return out, nil
}
