package iotapi

import (
	"context"

	"muster/internal/arn"
	"muster/internal/awsapi"
	"muster/internal/awswire"
	"muster/internal/fault"
	"muster/internal/registry"
)

func (d *Door) thingTypes() []awsapi.Operation {
	return []awsapi.Operation{
		awsapi.HandleEach(CreateThingType, func(scope arn.Scope, in *CreateThingTypeRequest) []awsapi.Need {
			return tagging(awsapi.Need{Resource: scope.ThingType(in.ThingTypeName), Context: requestTags(in.Tags)}, in.Tags)
		}, d.createThingType),
		awsapi.HandleKept(DescribeThingType, on(d, func(scope arn.Scope, in *DescribeThingTypeRequest) arn.ARN { return scope.ThingType(in.ThingTypeName) }), d.describeThingType),
		awsapi.Handle(ListThingTypes, anywhere[ListThingTypesRequest], d.listThingTypes),
		awsapi.HandleKept(DeprecateThingType, on(d, func(scope arn.Scope, in *DeprecateThingTypeRequest) arn.ARN { return scope.ThingType(in.ThingTypeName) }), d.deprecateThingType),
		awsapi.HandleKept(DeleteThingType, on(d, func(scope arn.Scope, in *DeleteThingTypeRequest) arn.ARN { return scope.ThingType(in.ThingTypeName) }), d.deleteThingType),
	}
}

func (d *Door) createThingType(ctx context.Context, scope arn.Scope, in *CreateThingTypeRequest) (*CreateThingTypeResponse, error) {
	properties := value(in.ThingTypeProperties)
	// Better refused than accepted and forgotten.
	if properties.Mqtt5Configuration != nil {
		return nil, fault.NotImplemented.Errorf("mqtt5Configuration of thing types is not implemented")
	}
	tags, err := tagsOf(in.Tags)
	if err != nil {
		return nil, err
	}
	t, err := d.Things.CreateType(ctx, scope, registry.Type{
		Name:        registry.TypeName(in.ThingTypeName),
		Description: value(properties.ThingTypeDescription),
		Searchable:  properties.SearchableAttributes,
		Tags:        tags,
	})
	if err != nil {
		return nil, err
	}
	return &CreateThingTypeResponse{ThingTypeName: &in.ThingTypeName, ThingTypeArn: thingTypeARN(scope, t.Name), ThingTypeId: &t.ID}, nil
}

func thingTypeARN(scope arn.Scope, name registry.TypeName) *string {
	return new(string(scope.ThingType(string(name))))
}

func (d *Door) describeThingType(ctx context.Context, scope arn.Scope, in *DescribeThingTypeRequest) (*DescribeThingTypeResponse, error) {
	t, err := d.Things.Type(ctx, scope, registry.TypeName(in.ThingTypeName))
	if err != nil {
		return nil, err
	}
	return &DescribeThingTypeResponse{
		ThingTypeName:       new(string(t.Name)),
		ThingTypeId:         &t.ID,
		ThingTypeArn:        thingTypeARN(scope, t.Name),
		ThingTypeProperties: thingTypeProperties(t),
		ThingTypeMetadata:   thingTypeMetadata(t),
	}, nil
}

func thingTypeProperties(t registry.Type) *ThingTypeProperties {
	return &ThingTypeProperties{
		ThingTypeDescription: present(t.Description),
		SearchableAttributes: append([]string{}, t.Searchable...), // [] when none
	}
}

func thingTypeMetadata(t registry.Type) *ThingTypeMetadata {
	m := &ThingTypeMetadata{Deprecated: new(!t.Deprecated.IsZero()), CreationDate: awswire.At(t.Created)}
	if !t.Deprecated.IsZero() {
		m.DeprecationDate = awswire.At(t.Deprecated)
	}
	return m
}

func (d *Door) listThingTypes(ctx context.Context, scope arn.Scope, in *ListThingTypesRequest) (*ListThingTypesResponse, error) {
	found, err := d.Things.Types(ctx, scope, value(in.ThingTypeName), pageRequest(in.NextToken, in.MaxResults))
	if err != nil {
		return nil, err
	}
	return &ListThingTypesResponse{
		ThingTypes: list(found.Items, func(t registry.Type) ThingTypeDefinition {
			return ThingTypeDefinition{
				ThingTypeName:       new(string(t.Name)),
				ThingTypeArn:        thingTypeARN(scope, t.Name),
				ThingTypeProperties: thingTypeProperties(t),
				ThingTypeMetadata:   thingTypeMetadata(t),
			}
		}),
		NextToken: present(found.Next),
	}, nil
}

func (d *Door) deprecateThingType(ctx context.Context, scope arn.Scope, in *DeprecateThingTypeRequest) (*DeprecateThingTypeResponse, error) {
	if value(in.UndoDeprecate) {
		return nil, d.Things.UndeprecateType(ctx, scope, registry.TypeName(in.ThingTypeName))
	}
	return nil, d.Things.DeprecateType(ctx, scope, registry.TypeName(in.ThingTypeName))
}

func (d *Door) deleteThingType(ctx context.Context, scope arn.Scope, in *DeleteThingTypeRequest) (*DeleteThingTypeResponse, error) {
	return nil, d.Things.DeleteType(ctx, scope, registry.TypeName(in.ThingTypeName))
}
