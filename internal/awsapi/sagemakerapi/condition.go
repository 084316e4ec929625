package sagemakerapi

import (
	"context"
	"errors"
	"maps"

	"muster/internal/arn"
	"muster/internal/awsapi"
	"muster/internal/fault"
	"muster/internal/fleet"
	"muster/internal/policy"
)

// on asks for a resource under the tags it has.
func on[In any](d *Door, resource func(arn.Scope, *In) arn.ARN) func(context.Context, arn.Scope, *In) ([]awsapi.Need, error) {
	return func(ctx context.Context, scope arn.Scope, in *In) ([]awsapi.Need, error) {
		return d.underTags(ctx, scope, resource(scope, in), policy.Context{})
	}
}

// underTags asks for a resource under the tags it has, beside c. What has no
// tags, or isn't there, is asked for without.
func (d *Door) underTags(ctx context.Context, scope arn.Scope, resource arn.ARN, c policy.Context) ([]awsapi.Need, error) {
	fleet, device, err := tagged(scope, string(resource))
	if err == nil {
		var tags map[string]string
		tags, err = d.Fleets.Tags(ctx, scope, fleet, device)
		resourceTags(c, tags)
	}
	if err != nil && !errors.Is(err, fault.NotFound) && !errors.Is(err, fault.Invalid) {
		return nil, err
	}
	return []awsapi.Need{{Resource: resource, Context: c}}, nil
}

// eachDevice asks for every device by its name, under the tags it has and
// beside c: a policy may allow some and deny others. A request without devices
// or with more than there may be, which the room refuses, needs all.
func (d *Door) eachDevice(ctx context.Context, scope arn.Scope, of string, names []string, c policy.Context) ([]awsapi.Need, error) {
	if len(names) == 0 || len(names) > fleet.MaxBatch {
		return []awsapi.Need{{Resource: scope.Device(of, "*"), Context: c}}, nil
	}
	tags, err := d.Fleets.DeviceTags(ctx, scope, of, names)
	if err != nil {
		return nil, err
	}
	needs := make([]awsapi.Need, len(names))
	for i, name := range names {
		keys := c
		if len(tags[name]) > 0 {
			keys = maps.Clone(c)
			resourceTags(keys, tags[name])
		}
		needs[i] = awsapi.Need{Resource: scope.Device(of, name), Context: keys}
	}
	return needs, nil
}

// resourceTags are the condition keys of what has tags: SageMaker knows them
// by its own name, too.
func resourceTags(c policy.Context, tags map[string]string) {
	for key, value := range tags {
		c.Set("aws:ResourceTag/"+key, value)
		c.Set("sagemaker:ResourceTag/"+key, value)
	}
}

// requestTags are the condition keys of a request that gives something tags.
func requestTags(list []Tag) policy.Context {
	c := policy.Context{}
	var keys []string
	for _, tag := range list {
		c.Set("aws:RequestTag/"+tag.Key, tag.Value)
		keys = append(keys, tag.Key)
	}
	c.Set("aws:TagKeys", keys...)
	return c
}

// tagging adds to what making something needs the permission to tag it, when
// it is made with tags.
func tagging(needs []awsapi.Need, tags []Tag) []awsapi.Need {
	if len(tags) == 0 {
		return needs
	}
	for _, n := range needs {
		needs = append(needs, awsapi.Need{Action: "sagemaker:AddTags", Resource: n.Resource, Context: n.Context})
	}
	return needs
}
