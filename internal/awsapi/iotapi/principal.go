package iotapi

import (
	"context"
	"errors"

	"muster/internal/arn"
	"muster/internal/awsapi"
	"muster/internal/fault"
	"muster/internal/page"
	"muster/internal/registry"
)

func (d *Door) principals() []awsapi.Operation {
	return []awsapi.Operation{
		awsapi.Handle(AttachThingPrincipal, anywhere[AttachThingPrincipalRequest], d.attachThingPrincipal),
		awsapi.Handle(DetachThingPrincipal, anywhere[DetachThingPrincipalRequest], d.detachThingPrincipal),
		awsapi.Handle(ListThingPrincipals, anywhere[ListThingPrincipalsRequest], d.listThingPrincipals),
		awsapi.Handle(ListPrincipalThings, anywhere[ListPrincipalThingsRequest], d.listPrincipalThings),
		awsapi.Handle(ListThingPrincipalsV2, func(scope arn.Scope, in *ListThingPrincipalsV2Request) arn.ARN {
			return scope.Thing(in.ThingName)
		}, d.listThingPrincipalsV2),
		awsapi.Handle(ListPrincipalThingsV2, func(scope arn.Scope, in *ListPrincipalThingsV2Request) arn.ARN {
			return policyTarget(scope, in.Principal)
		}, d.listPrincipalThingsV2),
	}
}

func (d *Door) attachThingPrincipal(ctx context.Context, scope arn.Scope, in *AttachThingPrincipalRequest) (*AttachThingPrincipalResponse, error) {
	exclusive := registry.PrincipalType(value(in.ThingPrincipalType)) == registry.ExclusiveThing
	return nil, d.Things.Attach(ctx, scope, registry.Name(in.ThingName), registry.Principal(in.Principal), exclusive)
}

func (d *Door) detachThingPrincipal(ctx context.Context, scope arn.Scope, in *DetachThingPrincipalRequest) (*DetachThingPrincipalResponse, error) {
	return nil, d.Things.Detach(ctx, scope, registry.Name(in.ThingName), registry.Principal(in.Principal))
}

func (d *Door) listThingPrincipals(ctx context.Context, scope arn.Scope, in *ListThingPrincipalsRequest) (*ListThingPrincipalsResponse, error) {
	found, err := d.principalsOf(ctx, scope, in.ThingName, registry.AnyType, pageRequest(in.NextToken, in.MaxResults))
	if err != nil {
		return nil, err
	}
	return &ListThingPrincipalsResponse{
		Principals: list(found.Items, func(a registry.Attachment) string { return string(a.Principal) }),
		NextToken:  present(found.Next),
	}, nil
}

func (d *Door) listThingPrincipalsV2(ctx context.Context, scope arn.Scope, in *ListThingPrincipalsV2Request) (*ListThingPrincipalsV2Response, error) {
	of := registry.PrincipalType(value(in.ThingPrincipalType))
	found, err := d.principalsOf(ctx, scope, in.ThingName, of, pageRequest(in.NextToken, in.MaxResults))
	if err != nil {
		return nil, err
	}
	return &ListThingPrincipalsV2Response{
		ThingPrincipalObjects: list(found.Items, func(a registry.Attachment) ThingPrincipalObject {
			return ThingPrincipalObject{Principal: new(string(a.Principal)), ThingPrincipalType: new(string(a.Type()))}
		}),
		NextToken: present(found.Next),
	}, nil
}

// principalsOf lists the principals of a thing; of one that isn't there in
// AWS's words for it.
func (d *Door) principalsOf(ctx context.Context, scope arn.Scope, thing string, of registry.PrincipalType, p page.Request) (page.Page[registry.Attachment], error) {
	found, err := d.Things.Attachments(ctx, scope, registry.Name(thing), of, p)
	if errors.Is(err, fault.NotFound) {
		return found, fault.NotFound.Errorf("Failed to list principals for thing %s because the thing does not exist in your account", thing)
	}
	return found, err
}

func (d *Door) listPrincipalThings(ctx context.Context, scope arn.Scope, in *ListPrincipalThingsRequest) (*ListPrincipalThingsResponse, error) {
	found, err := d.Things.ThingsOf(ctx, scope, registry.Principal(in.Principal), registry.AnyType, pageRequest(in.NextToken, in.MaxResults))
	if err != nil {
		return nil, err
	}
	return &ListPrincipalThingsResponse{
		Things:    list(found.Items, func(a registry.Attachment) string { return string(a.Thing) }),
		NextToken: present(found.Next),
	}, nil
}

func (d *Door) listPrincipalThingsV2(ctx context.Context, scope arn.Scope, in *ListPrincipalThingsV2Request) (*ListPrincipalThingsV2Response, error) {
	of := registry.PrincipalType(value(in.ThingPrincipalType))
	found, err := d.Things.ThingsOf(ctx, scope, registry.Principal(in.Principal), of, pageRequest(in.NextToken, in.MaxResults))
	if err != nil {
		return nil, err
	}
	return &ListPrincipalThingsV2Response{
		PrincipalThingObjects: list(found.Items, func(a registry.Attachment) PrincipalThingObject {
			return PrincipalThingObject{ThingName: new(string(a.Thing)), ThingPrincipalType: new(string(a.Type()))}
		}),
		NextToken: present(found.Next),
	}, nil
}
