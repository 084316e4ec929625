package iotapi

import (
	"context"

	"muster/internal/arn"
	"muster/internal/awsapi"
	"muster/internal/awswire"
	"muster/internal/registry"
)

func (d *Door) thingTypes() []awsapi.Operation {
	return []awsapi.Operation{
		awsapi.HandleEach(CreateThingType, func(scope arn.Scope, in *CreateThingTypeRequest) []awsapi.Need {
			return tagging(awsapi.Need{Resource: scope.ThingType(in.ThingTypeName), Context: requestTags(in.Tags)}, in.Tags)
		}, d.createThingType),
		awsapi.HandleKept(DescribeThingType, on(d, func(scope arn.Scope, in *DescribeThingTypeRequest) arn.ARN { return scope.ThingType(in.ThingTypeName) }), d.describeThingType),
		awsapi.Handle(ListThingTypes, anywhere[ListThingTypesRequest], d.listThingTypes),
		awsapi.HandleKept(UpdateThingType, on(d, func(scope arn.Scope, in *UpdateThingTypeRequest) arn.ARN { return scope.ThingType(in.ThingTypeName) }), d.updateThingType),
		awsapi.HandleKept(DeprecateThingType, on(d, func(scope arn.Scope, in *DeprecateThingTypeRequest) arn.ARN { return scope.ThingType(in.ThingTypeName) }), d.deprecateThingType),
		awsapi.HandleKept(DeleteThingType, on(d, func(scope arn.Scope, in *DeleteThingTypeRequest) arn.ARN { return scope.ThingType(in.ThingTypeName) }), d.deleteThingType),
	}
}

func (d *Door) createThingType(ctx context.Context, scope arn.Scope, in *CreateThingTypeRequest) (*CreateThingTypeResponse, error) {
	properties := value(in.ThingTypeProperties)
	tags, err := tagsOf(in.Tags)
	if err != nil {
		return nil, err
	}
	t, err := d.Things.CreateType(ctx, scope, registry.Type{
		Name:        registry.TypeName(in.ThingTypeName),
		Description: value(properties.ThingTypeDescription),
		Searchable:  properties.SearchableAttributes,
		Propagating: value(propagating(properties.Mqtt5Configuration)),
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
	p := &ThingTypeProperties{
		ThingTypeDescription: present(t.Description),
		SearchableAttributes: append([]string{}, t.Searchable...), // [] when none
	}
	if len(t.Propagating) > 0 {
		p.Mqtt5Configuration = &Mqtt5Configuration{PropagatingAttributes: list(t.Propagating, func(a registry.PropagatingAttribute) PropagatingAttribute {
			return PropagatingAttribute{
				UserPropertyKey:     present(a.UserPropertyKey),
				ThingAttribute:      present(a.ThingAttribute),
				ConnectionAttribute: present(a.ConnectionAttribute),
			}
		})}
	}
	return p
}

// propagating are the attributes of a configuration: nil without one.
func propagating(c *Mqtt5Configuration) *[]registry.PropagatingAttribute {
	if c == nil {
		return nil
	}
	all := list(c.PropagatingAttributes, func(a PropagatingAttribute) registry.PropagatingAttribute {
		return registry.PropagatingAttribute{
			UserPropertyKey:     value(a.UserPropertyKey),
			ThingAttribute:      value(a.ThingAttribute),
			ConnectionAttribute: value(a.ConnectionAttribute),
		}
	})
	return &all
}

func (d *Door) updateThingType(ctx context.Context, scope arn.Scope, in *UpdateThingTypeRequest) (*UpdateThingTypeResponse, error) {
	properties := value(in.ThingTypeProperties)
	return nil, d.Things.UpdateType(ctx, scope, registry.TypeName(in.ThingTypeName), registry.TypeUpdate{
		Description: properties.ThingTypeDescription,
		Searchable:  properties.SearchableAttributes,
		Propagating: propagating(properties.Mqtt5Configuration),
	})
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
