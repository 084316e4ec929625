package iotapi

import (
	"context"
	"errors"

	"muster/internal/arn"
	"muster/internal/awsapi"
	"muster/internal/fault"
	"muster/internal/registry"
)

func (d *Door) principals() []awsapi.Operation {
	return []awsapi.Operation{
		awsapi.Handle(AttachThingPrincipal, anywhere[AttachThingPrincipalRequest], d.attachThingPrincipal),
		awsapi.Handle(DetachThingPrincipal, anywhere[DetachThingPrincipalRequest], d.detachThingPrincipal),
		awsapi.Handle(ListThingPrincipals, anywhere[ListThingPrincipalsRequest], d.listThingPrincipals),
		awsapi.Handle(ListPrincipalThings, anywhere[ListPrincipalThingsRequest], d.listPrincipalThings),
	}
}

// exclusiveThing is the thingPrincipalType that keeps a principal to one thing.
const exclusiveThing = "EXCLUSIVE_THING"

func (d *Door) attachThingPrincipal(ctx context.Context, scope arn.Scope, in *AttachThingPrincipalRequest) (*AttachThingPrincipalResponse, error) {
	exclusive := value(in.ThingPrincipalType) == exclusiveThing
	return nil, d.Things.Attach(ctx, scope, registry.Name(in.ThingName), registry.Principal(in.Principal), exclusive)
}

func (d *Door) detachThingPrincipal(ctx context.Context, scope arn.Scope, in *DetachThingPrincipalRequest) (*DetachThingPrincipalResponse, error) {
	return nil, d.Things.Detach(ctx, scope, registry.Name(in.ThingName), registry.Principal(in.Principal))
}

func (d *Door) listThingPrincipals(ctx context.Context, scope arn.Scope, in *ListThingPrincipalsRequest) (*ListThingPrincipalsResponse, error) {
	found, err := d.Things.Attachments(ctx, scope, registry.Name(in.ThingName), pageRequest(in.NextToken, in.MaxResults))
	if errors.Is(err, fault.NotFound) {
		return nil, fault.NotFound.Errorf("Failed to list principals for thing %s because the thing does not exist in your account", in.ThingName)
	}
	if err != nil {
		return nil, err
	}
	return &ListThingPrincipalsResponse{
		Principals: list(found.Items, func(a registry.Attachment) string { return string(a.Principal) }),
		NextToken:  present(found.Next),
	}, nil
}

func (d *Door) listPrincipalThings(ctx context.Context, scope arn.Scope, in *ListPrincipalThingsRequest) (*ListPrincipalThingsResponse, error) {
	found, err := d.Things.ThingsOf(ctx, scope, registry.Principal(in.Principal), pageRequest(in.NextToken, in.MaxResults))
	if err != nil {
		return nil, err
	}
	return &ListPrincipalThingsResponse{
		Things:    list(found.Items, func(name registry.Name) string { return string(name) }),
		NextToken: present(found.Next),
	}, nil
}
