package proof

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"muster/internal/arn"
	"muster/internal/awsapi/iamapi"
	"muster/internal/awsapi/iotapi"
	"muster/internal/awsapi/sagemakerapi"
)

// label is a tag of a request.
type label struct{ key, value string }

type labels []label

// tagKeys are few, two of them alike but for the case of a letter.
var tagKeys = []string{"team", "Team", "site", "line"}

// tags are some, at times two of them with keys that a policy can't tell apart.
func (x *trial) tags() labels {
	var all labels
	for range 1 + x.r.IntN(2) {
		all = append(all, label{one(x, tagKeys...), one(x, "a", "b", "")})
	}
	return all
}

// tagsOrNone are those of what is made, which has none more often than not.
func (x *trial) tagsOrNone() labels {
	if x.r.IntN(3) > 0 {
		return nil
	}
	return x.tags()
}

func (l labels) ambiguous() bool {
	var keys []string
	for _, t := range l {
		keys = append(keys, strings.ToLower(t.key))
	}
	return twice(keys)
}

// kept are the tags of what was made with them.
func (l labels) kept() map[string]string {
	all := map[string]string{}
	for _, t := range l {
		all[t.key] = t.value
	}
	return all
}

// besides reports whether the tags can be put beside those there are: IoT and
// SageMaker refuse a key that is there in other letters.
func (l labels) besides(there map[string]string) bool {
	for _, t := range l {
		for key := range there {
			if key != t.key && strings.EqualFold(key, t.key) {
				return false
			}
		}
	}
	return !l.ambiguous()
}

// inPlace puts the tags in the place of those of the same keys, in whatever
// letters, as IAM does.
func (l labels) inPlace(there map[string]string) {
	for _, t := range l {
		dropFolded(there, t.key)
		there[t.key] = t.value
	}
}

func dropFolded(tags map[string]string, key string) {
	maps.DeleteFunc(tags, func(k, _ string) bool { return strings.EqualFold(k, key) })
}

func (l labels) iot() (all []iotapi.Tag) {
	for _, t := range l {
		all = append(all, iotapi.Tag{Key: t.key, Value: &t.value})
	}
	return all
}

func (l labels) sagemaker() (all []sagemakerapi.Tag) {
	for _, t := range l {
		all = append(all, sagemakerapi.Tag{Key: t.key, Value: t.value})
	}
	return all
}

func (l labels) iam() (all []iamapi.Tag) {
	for _, t := range l {
		all = append(all, iamapi.Tag{Key: t.key, Value: t.value})
	}
	return all
}

// tagText is how tags are compared.
func tagText(tags map[string]string) string {
	var all []string
	for _, key := range sorted(tags) {
		all = append(all, fmt.Sprintf("%s=%q", key, tags[key]))
	}
	return strings.Join(all, " ")
}

func iotTagText(tags []iotapi.Tag) string {
	all := map[string]string{}
	for _, t := range tags {
		all[t.Key] = value(t.Value)
	}
	return tagText(all)
}

func sagemakerTagText(tags []sagemakerapi.Tag) string {
	all := map[string]string{}
	for _, t := range tags {
		all[t.Key] = t.Value
	}
	return tagText(all)
}

func iamTagText(tags []iamapi.Tag) string {
	all := map[string]string{}
	for _, t := range tags {
		all[t.Key] = t.Value
	}
	return tagText(all)
}

// taggable are the ARNs of what IoT tags, there or not, and a thing's, which
// has no tags.
func (x *trial) taggable() []string {
	all := []string{string(scope.Thing("thing-0"))}
	for _, name := range kindNames {
		all = append(all, string(scope.ThingType(name)))
	}
	for _, name := range policyNames {
		all = append(all, string(scope.IoTPolicy(name)))
	}
	for _, name := range aliasNames {
		all = append(all, string(scope.RoleAlias(name)))
	}
	return all
}

// tagsOf finds the tags of what IoT tags; nil is nowhere.
func (w *model) tagsOf(resource string) map[string]string {
	if name, ok := scope.In(arn.ARN(resource), "iot", "thingtype"); ok && w.kinds[name] != nil {
		return w.kinds[name].tags
	}
	if name, ok := scope.In(arn.ARN(resource), "iot", "policy"); ok && w.policies[name] != nil {
		return w.policies[name].tags
	}
	if name, ok := scope.In(arn.ARN(resource), "iot", "rolealias"); ok && w.aliases[name] != nil {
		return w.aliases[name].tags
	}
	return nil
}

func (w *model) isTagged(resource string) bool { return w.tagsOf(resource) != nil }

// untagged is the refusal of a resource without tags.
func untagged(resource string) string {
	if strings.Contains(resource, ":thing/") {
		return badRequest
	}
	return notThere
}

// edges are the ARNs of fleets and devices, there or not.
func (x *trial) edges() []string {
	var all []string
	for _, fleet := range fleetNames {
		all = append(all, string(scope.DeviceFleet(fleet)))
		for _, device := range edgeNames {
			all = append(all, string(scope.Device(fleet, device)))
		}
	}
	return all
}

func (w *model) edgeTags(resource string) map[string]string {
	name, _ := scope.In(arn.ARN(resource), "sagemaker", "device-fleet")
	fleet, device, ofDevice := strings.Cut(name, "/device/")
	f := w.fleets[fleet]
	if f == nil || !ofDevice {
		if f == nil {
			return nil
		}
		return f.tags
	}
	if d := f.devices[device]; d != nil {
		return d.tags
	}
	return nil
}

func (w *model) isEdge(resource string) bool { return w.edgeTags(resource) != nil }

// someKeys are keys to take away, in whatever letters.
func (x *trial) someKeys() []string { return slices.Clone(tagKeys[x.r.IntN(2) : 2+x.r.IntN(3)]) }

var tagSteps = []step{
	{"iot:TagResource", func(x *trial) (string, string, string) {
		resource, tags, want := apt(x, x.taggable(), x.world.isTagged), x.tags(), fineWord
		switch there := x.world.tagsOf(resource); {
		case tags.ambiguous():
			want = badRequest
		case there == nil:
			want = untagged(resource)
		case !tags.besides(there):
			want = badRequest
		default:
			maps.Copy(there, tags.kept())
		}
		return fmt.Sprint(resource, tags), say(x, iotapi.TagResource, &iotapi.TagResourceRequest{ResourceArn: resource, Tags: tags.iot()}, fine), want
	}},
	{"iot:UntagResource", func(x *trial) (string, string, string) {
		resource := apt(x, x.taggable(), func(resource string) bool { return len(x.world.tagsOf(resource)) > 0 })
		keys, want := x.someKeys(), untagged(resource)
		if there := x.world.tagsOf(resource); there != nil {
			want = fineWord
			for _, key := range keys {
				delete(there, key)
			}
		}
		return fmt.Sprint(resource, keys), say(x, iotapi.UntagResource, &iotapi.UntagResourceRequest{ResourceArn: resource, TagKeys: keys}, fine), want
	}},
	{"sagemaker:AddTags", func(x *trial) (string, string, string) {
		resource, tags, want := apt(x, x.edges(), x.world.isEdge), x.tags(), invalid
		if there := x.world.edgeTags(resource); there != nil && tags.besides(there) {
			maps.Copy(there, tags.kept())
			want = tagText(there)
		}
		return fmt.Sprint(resource, tags), say(x, sagemakerapi.AddTags, &sagemakerapi.AddTagsInput{ResourceArn: resource, Tags: tags.sagemaker()}, func(out *sagemakerapi.AddTagsOutput) string {
			return sagemakerTagText(out.Tags)
		}), want
	}},
	{"sagemaker:DeleteTags", func(x *trial) (string, string, string) {
		resource := apt(x, x.edges(), func(resource string) bool { return len(x.world.edgeTags(resource)) > 0 })
		keys, want := x.someKeys(), invalid
		if there := x.world.edgeTags(resource); there != nil {
			want = fineWord
			for _, key := range keys {
				delete(there, key)
			}
		}
		return fmt.Sprint(resource, keys), say(x, sagemakerapi.DeleteTags, &sagemakerapi.DeleteTagsInput{ResourceArn: resource, TagKeys: keys}, fine), want
	}},
}

var tagLooks = []look{
	{"iot:ListTagsForResource", (*trial).taggable, func(x *trial, resource string) (got, want string) {
		want = untagged(resource)
		if there := x.world.tagsOf(resource); there != nil {
			want = tagText(there)
		}
		return say(x, iotapi.ListTagsForResource, &iotapi.ListTagsForResourceRequest{ResourceArn: resource}, func(out *iotapi.ListTagsForResourceResponse) string {
			return iotTagText(out.Tags)
		}), want
	}},
	{"sagemaker:ListTags", (*trial).edges, func(x *trial, resource string) (got, want string) {
		want = invalid
		if there := x.world.edgeTags(resource); there != nil {
			want = tagText(there)
		}
		return say(x, sagemakerapi.ListTags, &sagemakerapi.ListTagsInput{ResourceArn: resource}, func(out *sagemakerapi.ListTagsOutput) string {
			return sagemakerTagText(out.Tags)
		}), want
	}},
}
