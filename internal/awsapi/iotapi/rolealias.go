package iotapi

import (
	"context"
	"time"

	"muster/internal/arn"
	"muster/internal/awsapi"
	"muster/internal/awswire"
	"muster/internal/rolealias"
)

func (d *Door) roleAliases() []awsapi.Operation {
	return []awsapi.Operation{
		awsapi.HandleEach(CreateRoleAlias, func(scope arn.Scope, in *CreateRoleAliasRequest) []awsapi.Need {
			return tagging(awsapi.Need{Resource: scope.RoleAlias(in.RoleAlias), Context: requestTags(in.Tags)}, in.Tags)
		}, d.createRoleAlias),
		awsapi.HandleKept(DescribeRoleAlias, on(d, func(scope arn.Scope, in *DescribeRoleAliasRequest) arn.ARN {
			return scope.RoleAlias(in.RoleAlias)
		}), d.describeRoleAlias),
		awsapi.HandleKept(UpdateRoleAlias, on(d, func(scope arn.Scope, in *UpdateRoleAliasRequest) arn.ARN {
			return scope.RoleAlias(in.RoleAlias)
		}), d.updateRoleAlias),
		awsapi.HandleKept(DeleteRoleAlias, on(d, func(scope arn.Scope, in *DeleteRoleAliasRequest) arn.ARN {
			return scope.RoleAlias(in.RoleAlias)
		}), d.deleteRoleAlias),
		awsapi.Handle(ListRoleAliases, anywhere[ListRoleAliasesRequest], d.listRoleAliases),
	}
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

func (d *Door) updateRoleAlias(ctx context.Context, scope arn.Scope, in *UpdateRoleAliasRequest) (*UpdateRoleAliasResponse, error) {
	err := d.Aliases.Update(ctx, scope, in.RoleAlias, rolealias.Update{
		Role: arn.ARN(value(in.RoleArn)), // the model's shortest has 20 characters
		Life: time.Duration(value(in.CredentialDurationSeconds)) * time.Second,
	})
	if err != nil {
		return nil, err
	}
	return &UpdateRoleAliasResponse{RoleAlias: &in.RoleAlias, RoleAliasArn: new(string(scope.RoleAlias(in.RoleAlias)))}, nil
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
