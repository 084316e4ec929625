package proof

import (
	"fmt"
	"slices"
	"strings"

	"muster/internal/arn"
	"muster/internal/awsapi/iamapi"
)

// role is a role of the model. One made anew under the name is another.
type role struct {
	path, trust, description string
	longest                  int32
	tags                     map[string]string
	permissions
	used bool // by a session
}

func (r *role) arn(name string) string { return string(arn.Role(accountID, r.path, name)) }

// permissions are the policies of a role or a user.
type permissions struct {
	inline   map[string]string
	attached map[string]bool // by ARN
}

func noPermissions() permissions {
	return permissions{inline: map[string]string{}, attached: map[string]bool{}}
}

func (p permissions) none() bool { return len(p.inline)+len(p.attached) == 0 }

var roleNames, inlineNames = few("role-", 3), few("inline-", 2)

func (x *trial) aptRole() string { return apt(x, roleNames, in(x.world.roles)) }

// trust is that of a role, more often than not one with which a device can get
// somewhere.
func (x *trial) trust() string { return one(x, iotTrusted, iotTrusted, accountTrusts) }

func (x *trial) path() string { return one(x, "/", "/", "/plant/") }

// Codes of IAM.
var (
	noEntity   = no("NoSuchEntity")
	entity     = no("EntityAlreadyExists")
	entityUsed = no("DeleteConflict")
	badInput   = no("InvalidInput")
	tooMany    = no("LimitExceeded")
	denied     = no("AccessDenied")
)

var roleSteps = []step{
	{"iam:CreateRole", func(x *trial) (string, string, string) {
		name, r, tags, want := apt(x, roleNames, out(x.world.roles)), &role{x.path(), x.trust(), one(x, "", "of pumps"), 3600, nil, noPermissions(), false}, x.tagsOrNone(), entity
		r.tags = tags.kept()
		if tags.ambiguous() {
			want = badInput
		} else if x.world.roles[name] == nil {
			x.world.roles[name], want = r, fineWord
		}
		return fmt.Sprint(name, tags), say(x, iamapi.CreateRole, &iamapi.CreateRoleRequest{
			RoleName: name, Path: &r.path, AssumeRolePolicyDocument: r.trust, Description: &r.description, Tags: tags.iam(),
		}, fine), want
	}},
	{"iam:UpdateRole", func(x *trial) (string, string, string) {
		name, description, longest, want := x.aptRole(), one(x, "", "of valves"), int32(3600+x.r.IntN(3)), noEntity
		if r := x.world.roles[name]; r != nil {
			r.description, r.longest, want = description, longest, fineWord
		}
		return name, say(x, iamapi.UpdateRole, &iamapi.UpdateRoleRequest{RoleName: name, Description: &description, MaxSessionDuration: &longest}, fine), want
	}},
	{"iam:UpdateRoleDescription", func(x *trial) (string, string, string) {
		name, want := x.aptRole(), noEntity
		if r := x.world.roles[name]; r != nil {
			r.description, want = "of taps", fineWord
		}
		return name, say(x, iamapi.UpdateRoleDescription, &iamapi.UpdateRoleDescriptionRequest{RoleName: name, Description: "of taps"}, fine), want
	}},
	{"iam:UpdateAssumeRolePolicy", func(x *trial) (string, string, string) {
		name, trust, want := x.aptRole(), x.trust(), noEntity
		if r := x.world.roles[name]; r != nil {
			r.trust, want = trust, fineWord
		}
		return name, say(x, iamapi.UpdateAssumeRolePolicy, &iamapi.UpdateAssumeRolePolicyRequest{RoleName: name, PolicyDocument: trust}, fine), want
	}},
	{"iam:DeleteRole", func(x *trial) (string, string, string) {
		name, want := apt(x, roleNames, func(name string) bool { return x.world.roles[name] != nil && x.world.roles[name].none() }), noEntity
		if r := x.world.roles[name]; r != nil && !r.none() {
			want = entityUsed
		} else if r != nil {
			delete(x.world.roles, name)
			want = fineWord
		}
		return name, say(x, iamapi.DeleteRole, &iamapi.DeleteRoleRequest{RoleName: name}, fine), want
	}},
	{"iam:TagRole", func(x *trial) (string, string, string) {
		name, tags, want := x.aptRole(), x.tags(), noEntity
		if tags.ambiguous() {
			want = badInput
		} else if r := x.world.roles[name]; r != nil {
			tags.inPlace(r.tags)
			want = fineWord
		}
		return fmt.Sprint(name, tags), say(x, iamapi.TagRole, &iamapi.TagRoleRequest{RoleName: name, Tags: tags.iam()}, fine), want
	}},
	{"iam:UntagRole", func(x *trial) (string, string, string) {
		name, keys, want := apt(x, roleNames, func(name string) bool { return x.world.roles[name] != nil && len(x.world.roles[name].tags) > 0 }), x.someKeys(), noEntity
		if r := x.world.roles[name]; r != nil {
			want = fineWord
			for _, key := range keys {
				dropFolded(r.tags, key)
			}
		}
		return fmt.Sprint(name, keys), say(x, iamapi.UntagRole, &iamapi.UntagRoleRequest{RoleName: name, TagKeys: keys}, fine), want
	}},
	{"iam:PutRolePolicy", func(x *trial) (string, string, string) {
		name, policy, document, want := x.aptRole(), one(x, inlineNames...), x.rule(), noEntity
		if r := x.world.roles[name]; r != nil {
			r.inline[policy], want = document, fineWord
		}
		return name + " " + policy, say(x, iamapi.PutRolePolicy, &iamapi.PutRolePolicyRequest{RoleName: name, PolicyName: policy, PolicyDocument: document}, fine), want
	}},
	{"iam:DeleteRolePolicy", func(x *trial) (string, string, string) {
		which := apt(x, pairs(roleNames, inlineNames), func(which string) bool { return x.world.roleInline(which) != "" })
		name, policy, _ := strings.Cut(which, " ")
		want := noEntity
		if x.world.roleInline(which) != "" {
			delete(x.world.roles[name].inline, policy)
			want = fineWord
		}
		return which, say(x, iamapi.DeleteRolePolicy, &iamapi.DeleteRolePolicyRequest{RoleName: name, PolicyName: policy}, fine), want
	}},
	{"iam:AttachRolePolicy", func(x *trial) (string, string, string) {
		name, policy, want := x.aptRole(), x.aptManaged(), noEntity
		if r := x.world.roles[name]; r != nil && x.world.managedDocument(policy) != "" {
			r.attached[policy], want = true, fineWord
		}
		return name + " " + policy, say(x, iamapi.AttachRolePolicy, &iamapi.AttachRolePolicyRequest{RoleName: name, PolicyArn: policy}, fine), want
	}},
	{"iam:DetachRolePolicy", func(x *trial) (string, string, string) {
		which := apt(x, pairs(roleNames, managedARNs), func(which string) bool {
			name, policy, _ := strings.Cut(which, " ")
			return x.world.roles[name] != nil && x.world.roles[name].attached[policy]
		})
		name, policy, _ := strings.Cut(which, " ")
		want := noEntity
		if r := x.world.roles[name]; r != nil && r.attached[policy] {
			delete(r.attached, policy)
			want = fineWord
		}
		return which, say(x, iamapi.DetachRolePolicy, &iamapi.DetachRolePolicyRequest{RoleName: name, PolicyArn: policy}, fine), want
	}},
}

// pairs are all names with all others, a blank between them.
func pairs(names, others []string) []string {
	var all []string
	for _, name := range names {
		for _, other := range others {
			all = append(all, name+" "+other)
		}
	}
	return all
}

// roleInline is the document of an inline policy, "" if there is none.
func (w *model) roleInline(which string) string {
	name, policy, _ := strings.Cut(which, " ")
	if r := w.roles[name]; r != nil {
		return r.inline[policy]
	}
	return ""
}

var roleLooks = []look{
	{"iam:GetRole", func(*trial) []string { return roleNames }, func(x *trial, name string) (got, want string) {
		want = noEntity
		if r := x.world.roles[name]; r != nil {
			want = fmt.Sprint(r.arn(name), r.trust, r.description, r.longest, tagText(r.tags), whether(r.used))
			if r.used {
				want += region
			}
		}
		return say(x, iamapi.GetRole, &iamapi.GetRoleRequest{RoleName: name}, func(out *iamapi.GetRoleResponse) string {
			r := out.Role
			return fmt.Sprint(*r.Arn, decoded(r.AssumeRolePolicyDocument), value(r.Description), *r.MaxSessionDuration, iamTagText(r.Tags), whether(r.RoleLastUsed.LastUsedDate != nil)) + value(r.RoleLastUsed.Region)
		}), want
	}},
	{"iam:ListRoles", func(*trial) []string { return []string{"/", "/plant/"} }, func(x *trial, prefix string) (string, string) {
		in := &iamapi.ListRolesRequest{PathPrefix: &prefix, MaxItems: new(int32(1 + x.r.IntN(3)))}
		var want, got []string
		for _, name := range sorted(x.world.roles) {
			if r := x.world.roles[name]; strings.HasPrefix(r.path, prefix) {
				want = append(want, fmt.Sprint(r.arn(name), r.trust, r.description, r.longest))
			}
		}
		return pages(&got, func(token *string) (items []string, more *string, refused string) {
			in.Marker = token
			refused = say(x, iamapi.ListRoles, in, func(out *iamapi.ListRolesResponse) string {
				for _, r := range out.Roles {
					items = append(items, fmt.Sprint(*r.Arn, decoded(r.AssumeRolePolicyDocument), value(r.Description), *r.MaxSessionDuration))
				}
				more = out.Marker
				return ""
			})
			return items, more, refused
		}), strings.Join(want, ", ")
	}},
	{"iam:ListRoleTags", func(*trial) []string { return roleNames }, func(x *trial, name string) (got, want string) {
		want = noEntity
		if r := x.world.roles[name]; r != nil {
			want = tagText(r.tags)
		}
		return say(x, iamapi.ListRoleTags, &iamapi.ListRoleTagsRequest{RoleName: name}, func(out *iamapi.ListRoleTagsResponse) string {
			return iamTagText(out.Tags)
		}), want
	}},
	{"iam:GetRolePolicy", func(*trial) []string { return pairs(roleNames, inlineNames) }, func(x *trial, which string) (got, want string) {
		name, policy, _ := strings.Cut(which, " ")
		if want = x.world.roleInline(which); want == "" {
			want = noEntity
		}
		return say(x, iamapi.GetRolePolicy, &iamapi.GetRolePolicyRequest{RoleName: name, PolicyName: policy}, func(out *iamapi.GetRolePolicyResponse) string {
			return decoded(out.PolicyDocument)
		}), want
	}},
	{"iam:ListRolePolicies", func(*trial) []string { return roleNames }, func(x *trial, name string) (got, want string) {
		want = noEntity
		if r := x.world.roles[name]; r != nil {
			want = strings.Join(sorted(r.inline), ", ")
		}
		return say(x, iamapi.ListRolePolicies, &iamapi.ListRolePoliciesRequest{RoleName: name}, func(out *iamapi.ListRolePoliciesResponse) string {
			return strings.Join(out.PolicyNames, ", ")
		}), want
	}},
	{"iam:ListInstanceProfilesForRole", func(*trial) []string { return roleNames }, func(x *trial, name string) (got, want string) {
		want = noEntity
		if x.world.roles[name] != nil {
			want = "0"
		}
		return say(x, iamapi.ListInstanceProfilesForRole, &iamapi.ListInstanceProfilesForRoleRequest{RoleName: name}, func(out *iamapi.ListInstanceProfilesForRoleResponse) string {
			return fmt.Sprint(len(out.InstanceProfiles))
		}), want
	}},
	{"iam:ListAttachedRolePolicies", func(*trial) []string { return roleNames }, func(x *trial, name string) (got, want string) {
		want = noEntity
		if r := x.world.roles[name]; r != nil {
			want = strings.Join(sorted(r.attached), ", ")
		}
		return say(x, iamapi.ListAttachedRolePolicies, &iamapi.ListAttachedRolePoliciesRequest{RoleName: name}, func(out *iamapi.ListAttachedRolePoliciesResponse) string {
			return attachedText(out.AttachedPolicies)
		}), want
	}},
}

func attachedText(policies []iamapi.AttachedPolicy) string {
	var all []string
	for _, p := range policies {
		all = append(all, *p.PolicyArn)
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

func roleARN(name string) string { return string(arn.Role(accountID, "/", name)) }
