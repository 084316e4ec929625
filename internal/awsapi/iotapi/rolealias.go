package iotapi

import (
	"context"
	"strings"
	"time"

	"muster/internal/arn"
	"muster/internal/awsapi"
	"muster/internal/awswire"
	"muster/internal/fault"
	"muster/internal/policy"
	"muster/internal/rolealias"
)

func (d *Door) roleAliases() []awsapi.Operation {
	return []awsapi.Operation{
		awsapi.HandleEach(CreateRoleAlias, newRoleAlias, d.createRoleAlias),
		awsapi.Handle(DescribeRoleAlias, func(scope arn.Scope, in *DescribeRoleAliasRequest) arn.ARN {
			return scope.RoleAlias(in.RoleAlias)
		}, d.describeRoleAlias),
		awsapi.Handle(DeleteRoleAlias, func(scope arn.Scope, in *DeleteRoleAliasRequest) arn.ARN {
			return scope.RoleAlias(in.RoleAlias)
		}, d.deleteRoleAlias),
		awsapi.Handle(ListRoleAliases, anywhere[ListRoleAliasesRequest], d.listRoleAliases),
	}
}

// newRoleAlias asks for the alias under the tags it is to have.
func newRoleAlias(scope arn.Scope, in *CreateRoleAliasRequest) []awsapi.Need {
	c := policy.Context{}
	var keys []string
	for _, tag := range in.Tags {
		c.Set("aws:RequestTag/"+tag.Key, value(tag.Value))
		keys = append(keys, tag.Key)
	}
	c.Set("aws:TagKeys", keys...)
	return []awsapi.Need{{Resource: scope.RoleAlias(in.RoleAlias), Context: c}}
}

func (d *Door) createRoleAlias(ctx context.Context, scope arn.Scope, in *CreateRoleAliasRequest) (*CreateRoleAliasResponse, error) {
	tags, err := tagsOf(in.Tags)
	if err != nil {
		return nil, err
	}
	made, err := d.Aliases.Create(ctx, scope, rolealias.Alias{
		Name: in.RoleAlias,
		Role: arn.ARN(in.RoleArn),
		Life: time.Duration(value(in.CredentialDurationSeconds)) * time.Second, // the model's least is 900
		Tags: tags,
	})
	if err != nil {
		return nil, err
	}
	return &CreateRoleAliasResponse{RoleAlias: &made.Name, RoleAliasArn: new(string(scope.RoleAlias(made.Name)))}, nil
}

// tagsOf refuses keys that differ only in the case of their letters: a policy
// can't tell them apart.
func tagsOf(list []Tag) (map[string]string, error) {
	tags := make(map[string]string, len(list))
	seen := make(map[string]bool, len(list))
	for _, tag := range list {
		folded := strings.ToLower(tag.Key)
		if seen[folded] {
			return nil, fault.Invalid.Errorf("Duplicate tag keys found: %s", tag.Key)
		}
		seen[folded] = true
		tags[tag.Key] = value(tag.Value)
	}
	return tags, nil
}

func (d *Door) describeRoleAlias(ctx context.Context, scope arn.Scope, in *DescribeRoleAliasRequest) (*DescribeRoleAliasResponse, error) {
	alias, err := d.Aliases.Find(ctx, scope, in.RoleAlias)
	if err != nil {
		return nil, err
	}
	return &DescribeRoleAliasResponse{RoleAliasDescription: &RoleAliasDescription{
		RoleAlias:                 &alias.Name,
		RoleAliasArn:              new(string(scope.RoleAlias(alias.Name))),
		RoleArn:                   new(string(alias.Role)),
		Owner:                     &scope.Account,
		CredentialDurationSeconds: new(int32(alias.Life / time.Second)),
		CreationDate:              awswire.At(alias.Created),
		LastModifiedDate:          awswire.At(alias.Modified),
	}}, nil
}

func (d *Door) deleteRoleAlias(ctx context.Context, scope arn.Scope, in *DeleteRoleAliasRequest) (*DeleteRoleAliasResponse, error) {
	return nil, d.Aliases.Delete(ctx, scope, in.RoleAlias)
}

// listRoleAliases lists alphabetically, and backwards only when asked to: what
// AWS does when ascendingOrder is absent is not documented.
func (d *Door) listRoleAliases(ctx context.Context, scope arn.Scope, in *ListRoleAliasesRequest) (*ListRoleAliasesResponse, error) {
	p := pageRequest(in.Marker, in.PageSize)
	p.Descending = in.AscendingOrder != nil && !*in.AscendingOrder
	cut, err := d.Aliases.List(ctx, scope, p)
	if err != nil {
		return nil, err
	}
	return &ListRoleAliasesResponse{RoleAliases: append([]string{}, cut.Items...), NextMarker: present(cut.Next)}, nil
}
