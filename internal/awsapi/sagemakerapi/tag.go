package sagemakerapi

import (
	"context"
	"maps"
	"slices"
	"strings"

	"muster/internal/arn"
	"muster/internal/awsapi"
	"muster/internal/fault"
	"muster/internal/policy"
)

func (d *Door) tags() []awsapi.Operation {
	return []awsapi.Operation{
		awsapi.HandleKept(AddTags, func(ctx context.Context, scope arn.Scope, in *AddTagsInput) ([]awsapi.Need, error) {
			return d.underTags(ctx, scope, arn.ARN(in.ResourceArn), requestTags(in.Tags))
		}, d.addTags),
		awsapi.HandleKept(ListTags, on(d, func(_ arn.Scope, in *ListTagsInput) arn.ARN { return arn.ARN(in.ResourceArn) }), d.listTags),
		awsapi.HandleKept(DeleteTags, func(ctx context.Context, scope arn.Scope, in *DeleteTagsInput) ([]awsapi.Need, error) {
			c := policy.Context{}
			c.Set("aws:TagKeys", in.TagKeys...)
			return d.underTags(ctx, scope, arn.ARN(in.ResourceArn), c)
		}, d.deleteTags),
	}
}

// tagged finds what has tags in an ARN: a fleet or, when device isn't "", one
// of its devices. The other kinds that AWS tags, Muster has none of.
func tagged(scope arn.Scope, resource string) (fleet, device string, err error) {
	if name, ok := scope.In(arn.ARN(resource), "sagemaker", "device-fleet"); ok {
		fleet, device, of := strings.Cut(name, "/device/")
		if fleet != "" && (device != "") == of && !strings.Contains(fleet+device, "/") {
			return fleet, device, nil
		}
	}
	return "", "", fault.Invalid.Errorf("The resource %s is not a device fleet or a device of account %s in %s", resource, scope.Account, scope.Region)
}

func (d *Door) addTags(ctx context.Context, scope arn.Scope, in *AddTagsInput) (*AddTagsOutput, error) {
	tags, err := tagsOf(in.Tags)
	if err != nil {
		return nil, err
	}
	fleet, device, err := tagged(scope, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	all, err := d.Fleets.Tag(ctx, scope, fleet, device, tags)
	if err != nil {
		return nil, err
	}
	return &AddTagsOutput{Tags: listOf(all)}, nil
}

// listTags answers all tags at once: a page holds 50 at least, and there are
// no more.
func (d *Door) listTags(ctx context.Context, scope arn.Scope, in *ListTagsInput) (*ListTagsOutput, error) {
	if value(in.NextToken) != "" {
		return nil, fault.Invalid.Errorf("the pagination token is not valid") // no answer had one
	}
	fleet, device, err := tagged(scope, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	all, err := d.Fleets.Tags(ctx, scope, fleet, device)
	if err != nil {
		return nil, err
	}
	return &ListTagsOutput{Tags: listOf(all)}, nil
}

func (d *Door) deleteTags(ctx context.Context, scope arn.Scope, in *DeleteTagsInput) (*DeleteTagsOutput, error) {
	fleet, device, err := tagged(scope, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	return nil, d.Fleets.Untag(ctx, scope, fleet, device, in.TagKeys)
}

// listOf lists tags by key.
func listOf(tags map[string]string) []Tag {
	list := []Tag{}
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, Tag{Key: key, Value: tags[key]})
	}
	return list
}

// tagsOf refuses keys that AWS keeps for itself, and those that differ only in
// the case of their letters: a policy can't tell them apart.
func tagsOf(list []Tag) (map[string]string, error) {
	tags := make(map[string]string, len(list))
	seen := make(map[string]bool, len(list))
	for _, tag := range list {
		folded := strings.ToLower(tag.Key)
		if strings.HasPrefix(folded, "aws:") {
			return nil, fault.Invalid.Errorf("aws: prefixed tag key names are not allowed for external use: %s", tag.Key)
		}
		if seen[folded] {
			return nil, fault.Invalid.Errorf("Duplicate tag keys found: %s", tag.Key)
		}
		seen[folded] = true
		tags[tag.Key] = tag.Value
	}
	return tags, nil
}
