package apply

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"muster/internal/awsapi/iotapi"
	"muster/internal/awsclient"
)

// notFound is the code of iot and of Muster's own API.
const notFound = "ResourceNotFoundException"

func (c *caller) thingType(ctx context.Context, s *step, x thingType) error {
	found, err := awsclient.Do(ctx, c.Client, iotapi.DescribeThingType, &iotapi.DescribeThingTypeRequest{ThingTypeName: x.Name})
	if refusedWith(err, notFound) {
		return s.create(func() error {
			in := &iotapi.CreateThingTypeRequest{ThingTypeName: x.Name}
			if x.Description != "" || len(x.Searchable) > 0 {
				in.ThingTypeProperties = &iotapi.ThingTypeProperties{ThingTypeDescription: given(x.Description), SearchableAttributes: x.Searchable}
			}
			_, err := awsclient.Do(ctx, c.Client, iotapi.CreateThingType, in)
			return err
		})
	}
	if err != nil {
		return err
	}
	p := value(found.ThingTypeProperties)
	if x.Description != "" && x.Description != value(p.ThingTypeDescription) {
		return &plainError{fmt.Sprintf("the description of a thing type can't be changed; it is %q", value(p.ThingTypeDescription))}
	}
	if len(x.Searchable) > 0 && !slices.Equal(slices.Sorted(slices.Values(x.Searchable)), slices.Sorted(slices.Values(p.SearchableAttributes))) {
		return &plainError{fmt.Sprintf("the searchable attributes of a thing type can't be changed; they are %q", p.SearchableAttributes)}
	}
	return nil
}

func (c *caller) thing(ctx context.Context, s *step, x thing) error {
	found, err := awsclient.Do(ctx, c.Client, iotapi.DescribeThing, &iotapi.DescribeThingRequest{ThingName: x.Name})
	if refusedWith(err, notFound) {
		return s.create(func() error {
			in := &iotapi.CreateThingRequest{ThingName: x.Name, ThingTypeName: given(x.Type)}
			if len(x.Attributes) > 0 {
				in.AttributePayload = &iotapi.AttributePayload{Attributes: x.Attributes}
			}
			_, err := awsclient.Do(ctx, c.Client, iotapi.CreateThing, in)
			return err
		})
	}
	if err != nil {
		return err
	}
	in, changes := &iotapi.UpdateThingRequest{ThingName: x.Name}, []string(nil)
	if x.Type != "" && x.Type != value(found.ThingTypeName) {
		in.ThingTypeName, changes = &x.Type, append(changes, "type")
	}
	differ := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(x.Attributes)) {
		if now, ok := found.Attributes[name]; !ok || now != x.Attributes[name] {
			differ[name], changes = x.Attributes[name], append(changes, "attribute "+name)
		}
	}
	if len(differ) > 0 {
		in.AttributePayload = &iotapi.AttributePayload{Attributes: differ, Merge: new(true)}
	}
	return s.all(changes, func() error {
		_, err := awsclient.Do(ctx, c.Client, iotapi.UpdateThing, in)
		return err
	})
}

// all makes several changes with one request.
func (s *step) all(changes []string, do func() error) error {
	for i, what := range changes {
		if i > 0 {
			do = func() error { return nil }
		}
		if err := s.change(what, do); err != nil {
			return err
		}
	}
	return nil
}

func (c *caller) iotPolicy(ctx context.Context, s *step, x iotPolicy) error {
	found, err := awsclient.Do(ctx, c.Client, iotapi.GetPolicy, &iotapi.GetPolicyRequest{PolicyName: x.Name})
	if refusedWith(err, notFound) {
		return s.create(func() error {
			_, err := awsclient.Do(ctx, c.Client, iotapi.CreatePolicy, &iotapi.CreatePolicyRequest{PolicyName: x.Name, PolicyDocument: string(x.Document)})
			return err
		})
	}
	if err != nil || x.Document.means(value(found.PolicyDocument)) {
		return err
	}
	return s.change("document", func() error {
		versions, err := awsclient.Do(ctx, c.Client, iotapi.ListPolicyVersions, &iotapi.ListPolicyVersionsRequest{PolicyName: x.Name})
		if err != nil {
			return err
		}
		var all []version
		for _, v := range versions.PolicyVersions {
			all = append(all, version{value(v.VersionId), value(v.IsDefaultVersion)})
		}
		if spare := spareVersion(all); spare != "" {
			if _, err := awsclient.Do(ctx, c.Client, iotapi.DeletePolicyVersion, &iotapi.DeletePolicyVersionRequest{PolicyName: x.Name, PolicyVersionId: spare}); err != nil {
				return err
			}
		}
		_, err = awsclient.Do(ctx, c.Client, iotapi.CreatePolicyVersion, &iotapi.CreatePolicyVersionRequest{PolicyName: x.Name, PolicyDocument: string(x.Document), SetAsDefault: new(true)})
		return err
	})
}

func (c *caller) roleAlias(ctx context.Context, s *step, x roleAlias) error {
	found, err := awsclient.Do(ctx, c.Client, iotapi.DescribeRoleAlias, &iotapi.DescribeRoleAliasRequest{RoleAlias: x.Name})
	var duration *int32
	if x.Duration != 0 {
		duration = &x.Duration
	}
	if refusedWith(err, notFound) {
		return s.create(func() error {
			_, err := awsclient.Do(ctx, c.Client, iotapi.CreateRoleAlias, &iotapi.CreateRoleAliasRequest{RoleAlias: x.Name, RoleArn: x.Role, CredentialDurationSeconds: duration})
			return err
		})
	}
	if err != nil {
		return err
	}
	now, in, changes := value(found.RoleAliasDescription), &iotapi.UpdateRoleAliasRequest{RoleAlias: x.Name}, []string(nil)
	if value(now.RoleArn) != x.Role {
		in.RoleArn, changes = &x.Role, append(changes, "role")
	}
	if duration != nil && value(now.CredentialDurationSeconds) != x.Duration {
		in.CredentialDurationSeconds, changes = duration, append(changes, "credentialDurationSeconds")
	}
	return s.all(changes, func() error {
		_, err := awsclient.Do(ctx, c.Client, iotapi.UpdateRoleAlias, in)
		return err
	})
}
