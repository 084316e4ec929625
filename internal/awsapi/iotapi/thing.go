package iotapi

import (
	"context"

	"muster/internal/arn"
	"muster/internal/awsapi"
	"muster/internal/registry"
)

func (d *Door) things() []awsapi.Operation {
	return []awsapi.Operation{
		awsapi.Handle(CreateThing, func(scope arn.Scope, in *CreateThingRequest) arn.ARN { return scope.Thing(in.ThingName) }, d.createThing),
		awsapi.Handle(DescribeThing, func(scope arn.Scope, in *DescribeThingRequest) arn.ARN { return scope.Thing(in.ThingName) }, d.describeThing),
		awsapi.Handle(ListThings, anywhere[ListThingsRequest], d.listThings),
		awsapi.Handle(UpdateThing, func(scope arn.Scope, in *UpdateThingRequest) arn.ARN { return scope.Thing(in.ThingName) }, d.updateThing),
		awsapi.Handle(DeleteThing, func(scope arn.Scope, in *DeleteThingRequest) arn.ARN { return scope.Thing(in.ThingName) }, d.deleteThing),
	}
}

func (d *Door) createThing(ctx context.Context, scope arn.Scope, in *CreateThingRequest) (*CreateThingResponse, error) {
	t := registry.Thing{
		Name:         registry.Name(in.ThingName),
		Type:         registry.TypeName(value(in.ThingTypeName)),
		BillingGroup: value(in.BillingGroupName),
		Attributes:   value(in.AttributePayload).Attributes, // merge means nothing here
	}
	t, err := d.Things.CreateThing(ctx, scope, t)
	if err != nil {
		return nil, err
	}
	return &CreateThingResponse{ThingName: &in.ThingName, ThingArn: thingARN(scope, t.Name), ThingId: &t.ID}, nil
}

func thingARN(scope arn.Scope, name registry.Name) *string {
	return new(string(scope.Thing(string(name))))
}

func (d *Door) describeThing(ctx context.Context, scope arn.Scope, in *DescribeThingRequest) (*DescribeThingResponse, error) {
	t, err := d.Things.Thing(ctx, scope, registry.Name(in.ThingName))
	if err != nil {
		return nil, err
	}
	return &DescribeThingResponse{
		DefaultClientId:  new(string(t.Name)),
		ThingName:        new(string(t.Name)),
		ThingId:          &t.ID,
		ThingArn:         thingARN(scope, t.Name),
		ThingTypeName:    present(string(t.Type)),
		Attributes:       t.Attributes,
		Version:          &t.Version,
		BillingGroupName: present(t.BillingGroup),
	}, nil
}

func (d *Door) listThings(ctx context.Context, scope arn.Scope, in *ListThingsRequest) (*ListThingsResponse, error) {
	f := registry.Filter{
		Type:      registry.TypeName(value(in.ThingTypeName)),
		Attribute: value(in.AttributeName),
		Value:     value(in.AttributeValue),
		Prefix:    value(in.UsePrefixAttributeValue),
	}
	found, err := d.Things.Things(ctx, scope, f, pageRequest(in.NextToken, in.MaxResults))
	if err != nil {
		return nil, err
	}
	return &ListThingsResponse{
		Things: list(found.Items, func(t registry.Thing) ThingAttribute {
			return ThingAttribute{
				ThingName:     new(string(t.Name)),
				ThingArn:      thingARN(scope, t.Name),
				ThingTypeName: present(string(t.Type)),
				Attributes:    t.Attributes,
				Version:       &t.Version,
			}
		}),
		NextToken: present(found.Next),
	}, nil
}

// updateThing changes no attributes when the payload names none, as "{}".
func (d *Door) updateThing(ctx context.Context, scope arn.Scope, in *UpdateThingRequest) (*UpdateThingResponse, error) {
	payload := value(in.AttributePayload)
	return nil, d.Things.UpdateThing(ctx, scope, registry.Name(in.ThingName), registry.Update{
		Attributes: payload.Attributes,
		Merge:      value(payload.Merge),
		Type:       registry.TypeName(value(in.ThingTypeName)),
		RemoveType: value(in.RemoveThingType),
		Version:    in.ExpectedVersion,
	})
}

func (d *Door) deleteThing(ctx context.Context, scope arn.Scope, in *DeleteThingRequest) (*DeleteThingResponse, error) {
	return nil, d.Things.DeleteThing(ctx, scope, registry.Name(in.ThingName), in.ExpectedVersion)
}
