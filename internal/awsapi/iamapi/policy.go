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
		awsapi.HandleEach(CreatePolicy, func(scope arn.Scope, in *CreatePolicyRequest) []awsapi.Need {
			made := awsapi.Need{Resource: arn.ManagedPolicy(scope.Account, pathOf(in.Path), in.PolicyName), Context: requestTags(in.Tags)}
			if len(in.Tags) == 0 {
				return []awsapi.Need{made}
			}
			// AWS: to make a policy with tags is to tag it, too.
			return []awsapi.Need{made, {Action: "iam:TagPolicy", Resource: made.Resource, Context: made.Context}}
		}, d.createPolicy),
		onPolicy(d, GetPolicy, func(in *GetPolicyRequest) string { return in.PolicyArn }, nil, d.getPolicy),
		onPolicy(d, DeletePolicy, func(in *DeletePolicyRequest) string { return in.PolicyArn }, nil, d.deletePolicy),
		// AWS knows no resource for it: only a policy of every resource allows it.
		awsapi.Handle(ListPolicies, func(arn.Scope, *ListPoliciesRequest) arn.ARN { return "" }, d.listPolicies),
		onPolicy(d, ListEntitiesForPolicy, func(in *ListEntitiesForPolicyRequest) string { return in.PolicyArn }, nil, d.listEntitiesForPolicy),
	}
}

func (d *Door) createPolicy(ctx context.Context, scope arn.Scope, in *CreatePolicyRequest) (*CreatePolicyResponse, error) {
	p, err := d.Roles.CreatePolicy(ctx, iam.ManagedPolicy{
		Account: scope.Account, Path: pathOf(in.Path), Name: in.PolicyName, Description: value(in.Description), Tags: given(in.Tags),
	}, in.PolicyDocument)
	if err != nil {
		return nil, err
	}
	made := shownPolicy(p, 0)
	made.Tags = told(p.Tags)
	made.Description = nil // AWS shows it only in GetPolicy
	return &CreatePolicyResponse{Policy: made}, nil
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
	shown := shownPolicy(p, attached)
	if shown.Tags = told(p.Tags); shown.Tags == nil {
		shown.Tags = []Tag{} // AWS says in GetPolicy that there are none
	}
	return &GetPolicyResponse{Policy: shown}, nil
}

// shownPolicy is a policy as lists show it, without its tags.
func shownPolicy(p iam.ManagedPolicy, attached int) *Policy {
	return &Policy{
		Arn:                           new(string(p.ARN())),
		AttachmentCount:               new(int32(attached)),
		CreateDate:                    awswire.At(p.Created),
		DefaultVersionId:              new(iam.VersionID(p.Default)),
		Description:                   text(p.Description),
		IsAttachable:                  new(p.IsAttachable()),
		Path:                          &p.Path,
		PermissionsBoundaryUsageCount: new(int32(0)),
		PolicyId:                      &p.ID,
		PolicyName:                    &p.Name,
		UpdateDate:                    awswire.At(p.Updated),
	}
}

func (d *Door) deletePolicy(ctx context.Context, scope arn.Scope, in *DeletePolicyRequest) (*awswire.Empty, error) {
	return nil, d.Roles.DeletePolicy(ctx, scope.Account, arn.ARN(in.PolicyArn))
}

// boundaries reports whether only permissions boundaries are asked for, which
// no policy is used as.
func boundaries(usage *string) bool { return value(usage) == "PermissionsBoundary" }

func (d *Door) listPolicies(ctx context.Context, scope arn.Scope, in *ListPoliciesRequest) (*ListPoliciesResponse, error) {
	out := &ListPoliciesResponse{Policies: []Policy{}, IsTruncated: new(false)}
	if boundaries(in.PolicyUsageFilter) {
		return out, nil
	}
	of := value(in.Scope)
	p, err := d.Roles.Policies(ctx, scope.Account, iam.PolicyFilter{
		Own: of != "AWS", AWS: of != "Local", Prefix: pathOf(in.PathPrefix), Attached: in.OnlyAttached != nil && *in.OnlyAttached,
	}, pageOf(in.Marker, in.MaxItems))
	if err != nil {
		return nil, err
	}
	for _, each := range p.Items {
		s := shownPolicy(each.ManagedPolicy, each.Attached)
		s.Description = nil // AWS shows it only in GetPolicy
		out.Policies = append(out.Policies, *s)
	}
	out.IsTruncated, out.Marker = marker(p.Next)
	return out, nil
}

func (d *Door) listEntitiesForPolicy(ctx context.Context, scope arn.Scope, in *ListEntitiesForPolicyRequest) (*ListEntitiesForPolicyResponse, error) {
	p, err := d.Roles.Entities(ctx, scope.Account, arn.ARN(in.PolicyArn), iam.Kind(value(in.EntityFilter)), pathOf(in.PathPrefix), pageOf(in.Marker, in.MaxItems))
	if err != nil {
		return nil, err
	}
	if boundaries(in.PolicyUsageFilter) {
		p.Items, p.Next = nil, ""
	}
	out := &ListEntitiesForPolicyResponse{PolicyGroups: []PolicyGroup{}, PolicyRoles: []PolicyRole{}, PolicyUsers: []PolicyUser{}}
	for _, e := range p.Items {
		switch e.Kind {
		case iam.ARole:
			out.PolicyRoles = append(out.PolicyRoles, PolicyRole{RoleName: &e.Name, RoleId: &e.ID})
		case iam.AUser:
			out.PolicyUsers = append(out.PolicyUsers, PolicyUser{UserName: &e.Name, UserId: &e.ID})
		}
	}
	out.IsTruncated, out.Marker = marker(p.Next)
	return out, nil
}
