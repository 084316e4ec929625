package proof

import (
	"fmt"
	"slices"
	"strings"

	"muster/internal/arn"
	"muster/internal/awsapi/iamapi"
	"muster/internal/awsapi/iotapi"
	"muster/internal/awsapi/stsapi"
	"muster/internal/awsclient"
	"muster/internal/secret"
	"muster/internal/sigv4"
)

// user is a user of the model. One made anew under the name is another.
type user struct {
	name, path string
	tags       map[string]string
	permissions
}

func (u *user) arn() string { return string(arn.User(accountID, u.path, u.name)) }

// userKey is an access key. Of one that was deleted the user is nil.
type userKey struct {
	id, secret string
	user       *user
	active     bool
	used       string // the service of the last use; "" when there was none
}

var userNames = few("user-", 4)

func (x *trial) aptUser() string { return apt(x, userNames, in(x.world.users)) }

// keysOf are those of a user.
func (w *model) keysOf(u *user) []*userKey {
	return slices.DeleteFunc(slices.Clone(w.keys), func(k *userKey) bool { return k.user != u })
}

// unused reports whether a user can be deleted.
func (w *model) unused(u *user) bool { return u.none() && len(w.keysOf(u)) == 0 }

// latest are the last access keys, deleted or not, and one that nobody has.
func (x *trial) latest() []*userKey {
	keys := x.world.keys
	return append(slices.Clone(keys[max(0, len(keys)-8):]), &userKey{id: "AKIA" + strings.Repeat("Z", 16), secret: strings.Repeat("z", 40)})
}

func (x *trial) latestIDs() []string {
	var all []string
	for _, k := range x.latest() {
		all = append(all, k.id)
	}
	return all
}

// userOf names the user of a key, at times another.
func (x *trial) userOf(k *userKey) string {
	if k.user != nil && x.r.IntN(5) > 0 {
		return k.user.name
	}
	return one(x, userNames...)
}

var userSteps = []step{
	{"iam:CreateUser", func(x *trial) (string, string, string) {
		u, tags, want := &user{apt(x, userNames, out(x.world.users)), x.path(), nil, noPermissions()}, x.tagsOrNone(), entity
		u.tags = tags.kept()
		if tags.ambiguous() {
			want = badInput
		} else if x.world.users[u.name] == nil {
			x.world.users[u.name], want = u, fineWord
		}
		return fmt.Sprint(u.name, tags), say(x, iamapi.CreateUser, &iamapi.CreateUserRequest{UserName: u.name, Path: &u.path, Tags: tags.iam()}, fine), want
	}},
	{"iam:UpdateUser", func(x *trial) (string, string, string) {
		name, becomes, path, want := x.aptUser(), apt(x, userNames, out(x.world.users)), x.path(), noEntity
		if u := x.world.users[name]; u != nil && becomes != name && x.world.users[becomes] != nil {
			want = entity
		} else if u != nil {
			delete(x.world.users, name)
			u.name, u.path = becomes, path
			x.world.users[becomes], want = u, fineWord
		}
		return name + " " + becomes, say(x, iamapi.UpdateUser, &iamapi.UpdateUserRequest{UserName: name, NewUserName: &becomes, NewPath: &path}, fine), want
	}},
	{"iam:DeleteUser", func(x *trial) (string, string, string) {
		name, want := apt(x, userNames, func(name string) bool { return x.world.users[name] != nil && x.world.unused(x.world.users[name]) }), noEntity
		if u := x.world.users[name]; u != nil && !x.world.unused(u) {
			want = entityUsed
		} else if u != nil {
			delete(x.world.users, name)
			want = fineWord
		}
		return name, say(x, iamapi.DeleteUser, &iamapi.DeleteUserRequest{UserName: name}, fine), want
	}},
	{"iam:PutUserPolicy", func(x *trial) (string, string, string) {
		name, policy, document, want := x.aptUser(), one(x, inlineNames...), x.rule(), noEntity
		if u := x.world.users[name]; u != nil {
			u.inline[policy], want = document, fineWord
		}
		return name + " " + policy, say(x, iamapi.PutUserPolicy, &iamapi.PutUserPolicyRequest{UserName: name, PolicyName: policy, PolicyDocument: document}, fine), want
	}},
	{"iam:DeleteUserPolicy", func(x *trial) (string, string, string) {
		which := apt(x, pairs(userNames, inlineNames), func(which string) bool { return x.world.userInline(which) != "" })
		name, policy, _ := strings.Cut(which, " ")
		want := noEntity
		if x.world.userInline(which) != "" {
			delete(x.world.users[name].inline, policy)
			want = fineWord
		}
		return which, say(x, iamapi.DeleteUserPolicy, &iamapi.DeleteUserPolicyRequest{UserName: name, PolicyName: policy}, fine), want
	}},
	{"iam:AttachUserPolicy", func(x *trial) (string, string, string) {
		name, policy, want := x.aptUser(), x.aptManaged(), noEntity
		if u := x.world.users[name]; u != nil && x.world.managedDocument(policy) != "" {
			u.attached[policy], want = true, fineWord
		}
		return name + " " + policy, say(x, iamapi.AttachUserPolicy, &iamapi.AttachUserPolicyRequest{UserName: name, PolicyArn: policy}, fine), want
	}},
	{"iam:DetachUserPolicy", func(x *trial) (string, string, string) {
		which := apt(x, pairs(userNames, managedARNs), func(which string) bool {
			name, policy, _ := strings.Cut(which, " ")
			return x.world.users[name] != nil && x.world.users[name].attached[policy]
		})
		name, policy, _ := strings.Cut(which, " ")
		want := noEntity
		if u := x.world.users[name]; u != nil && u.attached[policy] {
			delete(u.attached, policy)
			want = fineWord
		}
		return which, say(x, iamapi.DetachUserPolicy, &iamapi.DetachUserPolicyRequest{UserName: name, PolicyArn: policy}, fine), want
	}},
	{"iam:CreateAccessKey", func(x *trial) (string, string, string) {
		name, want := apt(x, userNames, func(name string) bool {
			return x.world.users[name] != nil && len(x.world.keysOf(x.world.users[name])) < 2
		}), noEntity
		u := x.world.users[name]
		if u != nil && len(x.world.keysOf(u)) == 2 {
			want = tooMany
		} else if u != nil {
			want = fineWord
		}
		return name, say(x, iamapi.CreateAccessKey, &iamapi.CreateAccessKeyRequest{UserName: &name}, func(out *iamapi.CreateAccessKeyResponse) string {
			x.world.keys = append(x.world.keys, &userKey{*out.AccessKey.AccessKeyId, *out.AccessKey.SecretAccessKey, u, true, ""})
			return fineWord
		}), want
	}},
	{"iam:UpdateAccessKey", func(x *trial) (string, string, string) {
		k, status, want := apt(x, x.latest(), func(k *userKey) bool { return k.user != nil }), one(x, "Active", "Active", "Inactive"), noEntity
		name := x.userOf(k)
		if k.user != nil && k.user.name == name {
			k.active, want = status == "Active", fineWord
		}
		return fmt.Sprint(name, " ", k.id, " ", status), say(x, iamapi.UpdateAccessKey, &iamapi.UpdateAccessKeyRequest{UserName: &name, AccessKeyId: k.id, Status: status}, fine), want
	}},
	{"iam:DeleteAccessKey", func(x *trial) (string, string, string) {
		k, want := apt(x, x.latest(), func(k *userKey) bool { return k.user != nil }), noEntity
		name := x.userOf(k)
		if k.user != nil && k.user.name == name {
			k.user, want = nil, fineWord
		}
		return name + " " + k.id, say(x, iamapi.DeleteAccessKey, &iamapi.DeleteAccessKeyRequest{UserName: &name, AccessKeyId: k.id}, fine), want
	}},
	{"use an access key", func(x *trial) (string, string, string) {
		k := apt(x, x.latest(), func(k *userKey) bool { return k.user != nil && k.active })
		got, want := x.useKey(k)
		return k.id, got, want
	}},
}

func (w *model) userInline(which string) string {
	name, policy, _ := strings.Cut(which, " ")
	if u := w.users[name]; u != nil {
		return u.inline[policy]
	}
	return ""
}

// useKey asks who the owner of a key is, and for what only its policies allow.
func (x *trial) useKey(k *userKey) (got, want string) {
	c := x.m.as(sigv4.Credential{AccessKey: k.id, Secret: secret.New(k.secret)})
	who := sayAs(x, c, stsapi.GetCallerIdentity, &stsapi.GetCallerIdentityRequest{}, func(out *stsapi.GetCallerIdentityResponse) string {
		return *out.Arn
	})
	if k.user == nil || !k.active {
		return who + ", " + x.probe(c, nil, nil).got, no("InvalidClientTokenId") + ", " + strings.Join(slices.Repeat([]string{no("UnrecognizedClientException")}, len(probes)), ", ")
	}
	said := x.probe(c, x.world.documentsOf(k.user.permissions), k.user.tags)
	k.used = "iot"
	return who + ", " + said.got, k.user.arn() + ", " + said.want
}

var userLooks = []look{
	{"iam:GetUser", func(*trial) []string { return userNames }, func(x *trial, name string) (got, want string) {
		want = noEntity
		if u := x.world.users[name]; u != nil {
			want = u.arn() + tagText(u.tags)
		}
		return say(x, iamapi.GetUser, &iamapi.GetUserRequest{UserName: &name}, func(out *iamapi.GetUserResponse) string {
			return *out.User.Arn + iamTagText(out.User.Tags)
		}), want
	}},
	{"iam:ListUsers", func(*trial) []string { return []string{"/", "/plant/"} }, func(x *trial, prefix string) (string, string) {
		in := &iamapi.ListUsersRequest{PathPrefix: &prefix, MaxItems: new(int32(1 + x.r.IntN(3)))}
		var want, got []string
		for _, name := range sorted(x.world.users) {
			if u := x.world.users[name]; strings.HasPrefix(u.path, prefix) {
				want = append(want, u.arn())
			}
		}
		return pages(&got, func(token *string) (items []string, more *string, refused string) {
			in.Marker = token
			refused = say(x, iamapi.ListUsers, in, func(out *iamapi.ListUsersResponse) string {
				for _, u := range out.Users {
					items = append(items, *u.Arn)
				}
				more = out.Marker
				return ""
			})
			return items, more, refused
		}), strings.Join(want, ", ")
	}},
	{"iam:GetUserPolicy", func(*trial) []string { return pairs(userNames, inlineNames) }, func(x *trial, which string) (got, want string) {
		name, policy, _ := strings.Cut(which, " ")
		if want = x.world.userInline(which); want == "" {
			want = noEntity
		}
		return say(x, iamapi.GetUserPolicy, &iamapi.GetUserPolicyRequest{UserName: name, PolicyName: policy}, func(out *iamapi.GetUserPolicyResponse) string {
			return decoded(out.PolicyDocument)
		}), want
	}},
	{"iam:ListUserPolicies", func(*trial) []string { return userNames }, func(x *trial, name string) (got, want string) {
		want = noEntity
		if u := x.world.users[name]; u != nil {
			want = strings.Join(sorted(u.inline), ", ")
		}
		return say(x, iamapi.ListUserPolicies, &iamapi.ListUserPoliciesRequest{UserName: name}, func(out *iamapi.ListUserPoliciesResponse) string {
			return strings.Join(out.PolicyNames, ", ")
		}), want
	}},
	{"iam:ListGroupsForUser", func(*trial) []string { return userNames }, func(x *trial, name string) (got, want string) {
		want = noEntity
		if x.world.users[name] != nil {
			want = "0"
		}
		return say(x, iamapi.ListGroupsForUser, &iamapi.ListGroupsForUserRequest{UserName: name}, func(out *iamapi.ListGroupsForUserResponse) string {
			return fmt.Sprint(len(out.Groups))
		}), want
	}},
	{"iam:ListAttachedUserPolicies", func(*trial) []string { return userNames }, func(x *trial, name string) (got, want string) {
		want = noEntity
		if u := x.world.users[name]; u != nil {
			want = strings.Join(sorted(u.attached), ", ")
		}
		return say(x, iamapi.ListAttachedUserPolicies, &iamapi.ListAttachedUserPoliciesRequest{UserName: name}, func(out *iamapi.ListAttachedUserPoliciesResponse) string {
			return attachedText(out.AttachedPolicies)
		}), want
	}},
	{"iam:ListAccessKeys", func(*trial) []string { return userNames }, func(x *trial, name string) (got, want string) {
		want = noEntity
		if u := x.world.users[name]; u != nil {
			var all []string
			for _, k := range x.world.keysOf(u) {
				all = append(all, k.id+map[bool]string{true: " Active", false: " Inactive"}[k.active])
			}
			slices.Sort(all)
			want = strings.Join(all, ", ")
		}
		return say(x, iamapi.ListAccessKeys, &iamapi.ListAccessKeysRequest{UserName: &name}, func(out *iamapi.ListAccessKeysResponse) string {
			var all []string
			for _, k := range out.AccessKeyMetadata {
				all = append(all, *k.AccessKeyId+" "+*k.Status)
			}
			slices.Sort(all)
			return strings.Join(all, ", ")
		}), want
	}},
	{"iam:GetAccessKeyLastUsed", (*trial).latestIDs, func(x *trial, id string) (got, want string) {
		all, want := x.latest(), denied
		if k := all[slices.IndexFunc(all, func(k *userKey) bool { return k.id == id })]; k.user != nil {
			want = k.user.name + " never N/A N/A"
			if k.used != "" {
				want = k.user.name + " used " + k.used + " " + region
			}
		}
		return say(x, iamapi.GetAccessKeyLastUsed, &iamapi.GetAccessKeyLastUsedRequest{AccessKeyId: id}, func(out *iamapi.GetAccessKeyLastUsedResponse) string {
			u := out.AccessKeyLastUsed
			return *out.UserName + " " + whether(u.LastUsedDate != nil) + " " + *u.ServiceName + " " + *u.Region
		}), want
	}},
	{"ask for something else with one of the access keys", (*trial).latestIDs, func(x *trial, id string) (got, want string) {
		all, want := x.latest(), no("InvalidClientTokenId")
		k := all[slices.IndexFunc(all, func(k *userKey) bool { return k.id == id })]
		if k.user != nil && k.active {
			k.used, want = "sts", k.user.arn()
		}
		c := x.m.as(sigv4.Credential{AccessKey: k.id, Secret: secret.New(k.secret)})
		return sayAs(x, c, stsapi.GetCallerIdentity, &stsapi.GetCallerIdentityRequest{}, func(out *stsapi.GetCallerIdentityResponse) string {
			return *out.Arn
		}), want
	}},
	{"use one of the access keys", (*trial).latestIDs, func(x *trial, id string) (got, want string) {
		all := x.latest()
		return x.useKey(all[slices.IndexFunc(all, func(k *userKey) bool { return k.id == id })])
	}},
}

func whether(used bool) string {
	if used {
		return "used"
	}
	return "never"
}

// probes are what is asked for with the credentials of a role or a user.
var probes = []string{"iot:DescribeEndpoint", "iot:DescribeThing thing-0", "iot:DescribeThing thing-1"}

// tried are the answers to the probes.
type tried struct{ got, want string }

// probe asks for what policies may allow: documents are those of the caller,
// tags its own.
func (x *trial) probe(c *awsclient.Client, documents []named, tags map[string]string) tried {
	var got, want []string
	for _, p := range probes {
		action, thing, _ := strings.Cut(p, " ")
		resource := "*"
		if thing == "" {
			got = append(got, sayAs(x, c, iotapi.DescribeEndpoint, &iotapi.DescribeEndpointRequest{EndpointType: new("iot:Data-ATS")}, fine))
		} else {
			resource = string(scope.Thing(thing))
			got = append(got, sayAs(x, c, iotapi.DescribeThing, &iotapi.DescribeThingRequest{ThingName: thing}, fine))
		}
		switch allowed := decide(documents, action, resource, tags).verdict == "allowed"; {
		case !allowed:
			want = append(want, no("AccessDeniedException"))
		case thing != "" && x.world.things[thing] == nil:
			want = append(want, notThere)
		default:
			want = append(want, fineWord)
		}
	}
	return tried{strings.Join(got, ", "), strings.Join(want, ", ")}
}
