package proof

import (
	"fmt"

	"muster/internal/awsapi/iamapi"
)

// policyTags are the tags of a managed policy, nil if there is none. AWS's own
// have none and can't be given any.
func (w *model) policyTags(a string) map[string]string {
	if p := w.managed[nameOf(a)]; a != awsIoT && p != nil {
		return p.tags
	}
	return nil
}

// unownedPolicy is the refusal to tag a policy that isn't there, or is AWS's.
func unownedPolicy(a string) string {
	if a == awsIoT {
		return no("AccessDenied")
	}
	return noEntity
}

var iamTagSteps = []step{
	{"iam:TagUser", func(x *trial) (string, string, string) {
		name, tags, want := x.aptUser(), x.tags(), noEntity
		if tags.ambiguous() {
			want = badInput
		} else if u := x.world.users[name]; u != nil {
			tags.inPlace(u.tags)
			want = fineWord
		}
		return fmt.Sprint(name, tags), say(x, iamapi.TagUser, &iamapi.TagUserRequest{UserName: name, Tags: tags.iam()}, fine), want
	}},
	{"iam:UntagUser", func(x *trial) (string, string, string) {
		name, keys, want := apt(x, userNames, func(name string) bool { return x.world.users[name] != nil && len(x.world.users[name].tags) > 0 }), x.someKeys(), noEntity
		if u := x.world.users[name]; u != nil {
			want = fineWord
			for _, key := range keys {
				dropFolded(u.tags, key)
			}
		}
		return fmt.Sprint(name, keys), say(x, iamapi.UntagUser, &iamapi.UntagUserRequest{UserName: name, TagKeys: keys}, fine), want
	}},
	{"iam:TagPolicy", func(x *trial) (string, string, string) {
		a := apt(x, managedARNs, func(a string) bool { return x.world.policyTags(a) != nil })
		tags, want := x.tags(), unownedPolicy(a)
		if tags.ambiguous() {
			want = badInput
		} else if there := x.world.policyTags(a); there != nil {
			tags.inPlace(there)
			want = fineWord
		}
		return fmt.Sprint(a, tags), say(x, iamapi.TagPolicy, &iamapi.TagPolicyRequest{PolicyArn: a, Tags: tags.iam()}, fine), want
	}},
	{"iam:UntagPolicy", func(x *trial) (string, string, string) {
		a := apt(x, managedARNs, func(a string) bool { return len(x.world.policyTags(a)) > 0 })
		keys, want := x.someKeys(), unownedPolicy(a)
		if there := x.world.policyTags(a); there != nil {
			want = fineWord
			for _, key := range keys {
				dropFolded(there, key)
			}
		}
		return fmt.Sprint(a, keys), say(x, iamapi.UntagPolicy, &iamapi.UntagPolicyRequest{PolicyArn: a, TagKeys: keys}, fine), want
	}},
}

var iamTagLooks = []look{
	{"iam:ListUserTags", func(*trial) []string { return userNames }, func(x *trial, name string) (got, want string) {
		want = noEntity
		if u := x.world.users[name]; u != nil {
			want = tagText(u.tags)
		}
		return say(x, iamapi.ListUserTags, &iamapi.ListUserTagsRequest{UserName: name}, func(out *iamapi.ListUserTagsResponse) string {
			return iamTagText(out.Tags)
		}), want
	}},
	{"iam:ListPolicyTags", func(*trial) []string { return managedARNs }, func(x *trial, a string) (got, want string) {
		want = noEntity
		if a == awsIoT || x.world.policyTags(a) != nil {
			want = tagText(x.world.policyTags(a))
		}
		return say(x, iamapi.ListPolicyTags, &iamapi.ListPolicyTagsRequest{PolicyArn: a}, func(out *iamapi.ListPolicyTagsResponse) string {
			return iamTagText(out.Tags)
		}), want
	}},
}
