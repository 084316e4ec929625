package proof

import (
	"fmt"
	"slices"
	"strings"

	"muster/internal/arn"
	"muster/internal/awsapi/iamapi"
)

var managedNames = few("managed-", 5)

// awsIoT is one of AWS's own policies. managedARNs are what can be attached.
const awsIoT = "arn:aws:iam::aws:policy/AWSIoTFullAccess"

func managedARN(name string) string { return string(arn.ManagedPolicy(accountID, "/", name)) }

var managedARNs = func() []string {
	all := []string{awsIoT}
	for _, name := range managedNames {
		all = append(all, managedARN(name))
	}
	return all
}()

// managedDocument is what a managed policy says, "" if there is none.
func (w *model) managedDocument(a string) string {
	if a == awsIoT {
		return awsIoT // rules knows it by its name
	}
	if p := w.managed[nameOf(a)]; p != nil {
		return p.inForce()
	}
	return ""
}

func nameOf(a string) string { return a[strings.LastIndex(a, "/")+1:] }

func (x *trial) aptManaged() string {
	return apt(x, managedARNs, func(a string) bool { return x.world.managedDocument(a) != "" })
}

// holders are the roles and users a managed policy is attached to.
func (w *model) holders(a string) (roles, users []string) {
	for _, name := range sorted(w.roles) {
		if w.roles[name].attached[a] {
			roles = append(roles, name)
		}
	}
	for _, name := range sorted(w.users) {
		if w.users[name].attached[a] {
			users = append(users, name)
		}
	}
	return roles, users
}

func (w *model) held(a string) int {
	roles, users := w.holders(a)
	return len(roles) + len(users)
}

var managedSteps = []step{
	{"iam:CreatePolicy", func(x *trial) (string, string, string) {
		name, document, description, tags, want := apt(x, managedNames, out(x.world.managed)), x.rule(), one(x, "", "of pumps"), x.tagsOrNone(), entity
		if tags.ambiguous() {
			want = badInput
		} else if x.world.managed[name] == nil {
			x.world.managed[name], want = newPolicy(document), fineWord
			x.world.managed[name].description, x.world.managed[name].tags = description, tags.kept()
		}
		return fmt.Sprint(name, tags), say(x, iamapi.CreatePolicy, &iamapi.CreatePolicyRequest{PolicyName: name, PolicyDocument: document, Description: &description, Tags: tags.iam()}, fine), want
	}},
	{"iam:DeletePolicy", func(x *trial) (string, string, string) {
		name := apt(x, managedNames, func(name string) bool {
			p := x.world.managed[name]
			return p != nil && len(p.versions) == 1 && x.world.held(managedARN(name)) == 0
		})
		want := noEntity
		if p := x.world.managed[name]; p != nil && (len(p.versions) > 1 || x.world.held(managedARN(name)) > 0) {
			want = entityUsed
		} else if p != nil {
			delete(x.world.managed, name)
			want = fineWord
		}
		return name, say(x, iamapi.DeletePolicy, &iamapi.DeletePolicyRequest{PolicyArn: managedARN(name)}, fine), want
	}},
	{"iam:CreatePolicyVersion", func(x *trial) (string, string, string) {
		name, document, current, want := apt(x, managedNames, in(x.world.managed)), x.rule(), x.r.IntN(2) == 0, noEntity
		if p := x.world.managed[name]; p != nil && len(p.versions) >= 5 {
			want = tooMany
		} else if p != nil {
			p.add(document, current)
			want = fmt.Sprintf("v%d %t", p.last, current)
		}
		return fmt.Sprint(name, " ", current), say(x, iamapi.CreatePolicyVersion, &iamapi.CreatePolicyVersionRequest{PolicyArn: managedARN(name), PolicyDocument: document, SetAsDefault: &current}, func(out *iamapi.CreatePolicyVersionResponse) string {
			return fmt.Sprintf("%s %t", *out.PolicyVersion.VersionId, *out.PolicyVersion.IsDefaultVersion)
		}), want
	}},
	{"iam:SetDefaultPolicyVersion", func(x *trial) (string, string, string) {
		name := apt(x, managedNames, func(name string) bool { return x.world.managed[name] != nil && x.world.managed[name].last > 1 })
		p := x.world.managed[name]
		id, want := x.version(p), noEntity
		if p != nil && p.versions[id] != "" {
			p.current, want = id, fineWord
		}
		return fmt.Sprint(name, " ", id), say(x, iamapi.SetDefaultPolicyVersion, &iamapi.SetDefaultPolicyVersionRequest{PolicyArn: managedARN(name), VersionId: fmt.Sprint("v", id)}, fine), want
	}},
	{"iam:DeletePolicyVersion", func(x *trial) (string, string, string) {
		name := apt(x, managedNames, func(name string) bool { return x.world.managed[name] != nil && len(x.world.managed[name].versions) > 1 })
		p := x.world.managed[name]
		id, want := x.version(p), noEntity
		switch {
		case p == nil || p.versions[id] == "":
		case p.current == id:
			want = entityUsed
		default:
			delete(p.versions, id)
			want = fineWord
		}
		return fmt.Sprint(name, " ", id), say(x, iamapi.DeletePolicyVersion, &iamapi.DeletePolicyVersionRequest{PolicyArn: managedARN(name), VersionId: fmt.Sprint("v", id)}, fine), want
	}},
}

var managedLooks = []look{
	{"iam:GetPolicy", func(*trial) []string { return managedNames }, func(x *trial, name string) (got, want string) {
		want = noEntity
		if p := x.world.managed[name]; p != nil {
			want = fmt.Sprintf("v%d %s %d %s", p.current, p.description, x.world.held(managedARN(name)), tagText(p.tags))
		}
		return say(x, iamapi.GetPolicy, &iamapi.GetPolicyRequest{PolicyArn: managedARN(name)}, func(out *iamapi.GetPolicyResponse) string {
			return fmt.Sprintf("%s %s %d %s", *out.Policy.DefaultVersionId, value(out.Policy.Description), *out.Policy.AttachmentCount, iamTagText(out.Policy.Tags))
		}), want
	}},
	{"iam:GetPolicyVersion", func(x *trial) []string { return versionsOf(managedNames, x.world.managed) }, func(x *trial, which string) (got, want string) {
		name, id, document, current := policyVersion(which, x.world.managed)
		if want = noEntity; document != "" {
			want = fmt.Sprint(current, document)
		}
		return say(x, iamapi.GetPolicyVersion, &iamapi.GetPolicyVersionRequest{PolicyArn: managedARN(name), VersionId: "v" + id}, func(out *iamapi.GetPolicyVersionResponse) string {
			return fmt.Sprint(*out.PolicyVersion.IsDefaultVersion, decoded(out.PolicyVersion.Document))
		}), want
	}},
	{"iam:ListPolicyVersions", func(*trial) []string { return managedNames }, func(x *trial, name string) (got, want string) {
		want = noEntity
		if p := x.world.managed[name]; p != nil {
			want = strings.Join(p.ids(), ", ")
		}
		return say(x, iamapi.ListPolicyVersions, &iamapi.ListPolicyVersionsRequest{PolicyArn: managedARN(name)}, func(out *iamapi.ListPolicyVersionsResponse) string {
			var all []string
			for _, v := range out.Versions {
				all = append(all, fmt.Sprint(strings.TrimPrefix(*v.VersionId, "v"), " ", *v.IsDefaultVersion))
			}
			slices.Sort(all)
			return strings.Join(all, ", ")
		}), want
	}},
	{"iam:ListPolicies", func(*trial) []string { return []string{"all", "attached"} }, func(x *trial, which string) (got, want string) {
		attached := which == "attached"
		in := &iamapi.ListPoliciesRequest{OnlyAttached: &attached, MaxItems: new(int32(1 + x.r.IntN(9)))}
		var there, listed []string
		for _, a := range slices.Sorted(slices.Values(managedARNs)) {
			if held := x.world.held(a); x.world.managedDocument(a) != "" && (held > 0 || !attached) {
				there = append(there, fmt.Sprint(a, held))
			}
		}
		return pages(&listed, func(token *string) (items []string, more *string, refused string) {
			in.Marker = token
			refused = say(x, iamapi.ListPolicies, in, func(out *iamapi.ListPoliciesResponse) string {
				for _, p := range out.Policies {
					if slices.Contains(managedARNs, *p.Arn) { // AWS has more of its own
						items = append(items, fmt.Sprint(*p.Arn, *p.AttachmentCount))
					}
				}
				more = out.Marker
				return ""
			})
			return items, more, refused
		}), strings.Join(there, ", ")
	}},
	{"iam:ListEntitiesForPolicy", func(*trial) []string { return managedARNs }, func(x *trial, a string) (got, want string) {
		want = noEntity
		if x.world.managedDocument(a) != "" {
			roles, users := x.world.holders(a)
			want = fmt.Sprint(roles, users)
		}
		return say(x, iamapi.ListEntitiesForPolicy, &iamapi.ListEntitiesForPolicyRequest{PolicyArn: a}, func(out *iamapi.ListEntitiesForPolicyResponse) string {
			var roles, users []string
			for _, r := range out.PolicyRoles {
				roles = append(roles, *r.RoleName)
			}
			for _, u := range out.PolicyUsers {
				users = append(users, *u.UserName)
			}
			return fmt.Sprint(roles, users)
		}), want
	}},
}
