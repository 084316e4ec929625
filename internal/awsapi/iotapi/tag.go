package iotapi

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"muster/internal/arn"
	"muster/internal/awsapi"
	"muster/internal/fault"
	"muster/internal/policy"
	"muster/internal/registry"
)

func (d *Door) tags() []awsapi.Operation {
	return []awsapi.Operation{
		awsapi.HandleKept(TagResource, func(ctx context.Context, scope arn.Scope, in *TagResourceRequest) ([]awsapi.Need, error) {
			return d.underTags(ctx, scope, arn.ARN(in.ResourceArn), requestTags(in.Tags))
		}, d.tagResource),
		awsapi.HandleKept(UntagResource, func(ctx context.Context, scope arn.Scope, in *UntagResourceRequest) ([]awsapi.Need, error) {
			c := policy.Context{}
			c.Set("aws:TagKeys", in.TagKeys...)
			return d.underTags(ctx, scope, arn.ARN(in.ResourceArn), c)
		}, d.untagResource),
		awsapi.HandleKept(ListTagsForResource, on(d, func(_ arn.Scope, in *ListTagsForResourceRequest) arn.ARN {
			return arn.ARN(in.ResourceArn)
		}), d.listTagsForResource),
	}
}

// tagged is something that has tags.
type tagged struct {
	tags  func(context.Context) (map[string]string, error)
	tag   func(context.Context, map[string]string) error
	untag func(context.Context, []string) error
}

// tagged finds what an ARN names. Things and certificates have no tags in AWS;
// of the kinds that do, Muster keeps three.
func (d *Door) tagged(scope arn.Scope, resource arn.ARN) (tagged, error) {
	if name, ok := scope.In(resource, "iot", "thingtype"); ok {
		name := registry.TypeName(name)
		return tagged{
			tags:  func(ctx context.Context) (map[string]string, error) { return d.Things.TypeTags(ctx, scope, name) },
			tag:   func(ctx context.Context, t map[string]string) error { return d.Things.TagType(ctx, scope, name, t) },
			untag: func(ctx context.Context, keys []string) error { return d.Things.UntagType(ctx, scope, name, keys) },
		}, nil
	}
	if name, ok := scope.In(resource, "iot", "policy"); ok {
		return tagged{
			tags:  func(ctx context.Context) (map[string]string, error) { return d.Policies.Tags(ctx, scope, name) },
			tag:   func(ctx context.Context, t map[string]string) error { return d.Policies.Tag(ctx, scope, name, t) },
			untag: func(ctx context.Context, keys []string) error { return d.Policies.Untag(ctx, scope, name, keys) },
		}, nil
	}
	if name, ok := scope.In(resource, "iot", "rolealias"); ok {
		return tagged{
			tags:  func(ctx context.Context) (map[string]string, error) { return d.Aliases.Tags(ctx, scope, name) },
			tag:   func(ctx context.Context, t map[string]string) error { return d.Aliases.Tag(ctx, scope, name, t) },
			untag: func(ctx context.Context, keys []string) error { return d.Aliases.Untag(ctx, scope, name, keys) },
		}, nil
	}
	return tagged{}, untaggable(scope, resource)
}

// elsewhere are the kinds that AWS IoT tags and Muster has none of.
var elsewhere = []string{"thinggroup", "billinggroup", "cacert", "provisioningtemplate", "rule", "job", "jobtemplate", "stream",
	"securityprofile", "scheduledaudit", "mitigationaction", "authorizer", "domainconfiguration", "dimension", "custommetric", "otaupdate",
	"fleetmetric", "package", "command", "certificateprovider"}

func untaggable(scope arn.Scope, resource arn.ARN) error {
	for _, kind := range elsewhere {
		if _, ok := scope.In(resource, "iot", kind); ok {
			return fault.NotFound.Errorf("The specified resource does not exist")
		}
	}
	return fault.Invalid.Errorf("The resource %s can't be tagged: it must be the ARN of a thing type, a policy or a role alias of account %s in %s",
		resource, scope.Account, scope.Region)
}

// on asks for a resource under the tags it has.
func on[In any](d *Door, resource func(arn.Scope, *In) arn.ARN) func(context.Context, arn.Scope, *In) ([]awsapi.Need, error) {
	return func(ctx context.Context, scope arn.Scope, in *In) ([]awsapi.Need, error) {
		return d.underTags(ctx, scope, resource(scope, in), policy.Context{})
	}
}

// underTags asks for a resource under aws:ResourceTag/<key> for each of its
// tags, beside c. What has no tags, or isn't there, is asked for without.
func (d *Door) underTags(ctx context.Context, scope arn.Scope, resource arn.ARN, c policy.Context) ([]awsapi.Need, error) {
	what, err := d.tagged(scope, resource)
	if err == nil {
		var tags map[string]string
		tags, err = what.tags(ctx)
		for key, value := range tags {
			c.Set("aws:ResourceTag/"+key, value)
		}
	}
	if err != nil && !errors.Is(err, fault.NotFound) && !errors.Is(err, fault.Invalid) {
		return nil, err
	}
	return []awsapi.Need{{Resource: resource, Context: c}}, nil
}

// requestTags are the condition keys of a request that gives tags.
func requestTags(list []Tag) policy.Context {
	c := policy.Context{}
	var keys []string
	for _, tag := range list {
		c.Set("aws:RequestTag/"+tag.Key, value(tag.Value))
		keys = append(keys, tag.Key)
	}
	c.Set("aws:TagKeys", keys...)
	return c
}

// tagging adds to what making something needs the permission to tag it, when
// it is made with tags.
func tagging(make awsapi.Need, tags []Tag) []awsapi.Need {
	if len(tags) == 0 {
		return []awsapi.Need{make}
	}
	return []awsapi.Need{make, {Action: "iot:TagResource", Resource: make.Resource, Context: make.Context}}
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

func (d *Door) tagResource(ctx context.Context, scope arn.Scope, in *TagResourceRequest) (*TagResourceResponse, error) {
	tags, err := tagsOf(in.Tags)
	if err != nil {
		return nil, err
	}
	what, err := d.tagged(scope, arn.ARN(in.ResourceArn))
	if err != nil {
		return nil, err
	}
	return nil, what.tag(ctx, tags)
}

func (d *Door) untagResource(ctx context.Context, scope arn.Scope, in *UntagResourceRequest) (*UntagResourceResponse, error) {
	what, err := d.tagged(scope, arn.ARN(in.ResourceArn))
	if err != nil {
		return nil, err
	}
	return nil, what.untag(ctx, in.TagKeys)
}

// listTagsForResource answers all tags at once, by key: a resource has few.
func (d *Door) listTagsForResource(ctx context.Context, scope arn.Scope, in *ListTagsForResourceRequest) (*ListTagsForResourceResponse, error) {
	if value(in.NextToken) != "" {
		return nil, fault.Invalid.Errorf("the pagination token is not valid") // no answer had one
	}
	what, err := d.tagged(scope, arn.ARN(in.ResourceArn))
	if err != nil {
		return nil, err
	}
	tags, err := what.tags(ctx)
	if err != nil {
		return nil, err
	}
	return &ListTagsForResourceResponse{Tags: list(slices.Sorted(maps.Keys(tags)), func(key string) Tag {
		return Tag{Key: key, Value: new(tags[key])}
	})}, nil
}
