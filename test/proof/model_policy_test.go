package proof

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"muster/internal/awsapi/iotapi"
)

// versioned is a policy, IoT's or IAM's, with its versions.
type versioned struct {
	versions      map[int]string
	current, last int
	tags          map[string]string
	description   string
}

func newPolicy(document string) *versioned {
	return &versioned{versions: map[int]string{1: document}, current: 1, last: 1, tags: map[string]string{}}
}

func (p *versioned) inForce() string { return p.versions[p.current] }

// add keeps another version.
func (p *versioned) add(document string, current bool) {
	p.last++
	p.versions[p.last] = document
	if current {
		p.current = p.last
	}
}

func (p *versioned) ids() []string {
	var all []string
	for id := range p.versions {
		all = append(all, fmt.Sprint(id, id == p.current))
	}
	slices.Sort(all)
	return all
}

func (w *model) targetsOf(policy string) []string {
	var all []string
	for _, id := range sorted(w.certs) {
		if w.certs[id].policies[policy] {
			all = append(all, certARN(id))
		}
	}
	return all
}

var policyNames = few("policy-", 4)

func (x *trial) aptPolicy() string { return apt(x, policyNames, in(x.world.policies)) }
func (x *trial) document() string {
	return one(x, mayBecome, mayBecome, mayBecome, mayNothing, mayOther)
}

const mayOther = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iot:Connect","Resource":"*"}}`

var policySteps = []step{
	{"iot:CreatePolicy", func(x *trial) (string, string, string) {
		name, document, tags, want := apt(x, policyNames, out(x.world.policies)), x.document(), x.tagsOrNone(), itsThere
		x.rehearse(name)
		defer x.rehearse(name)
		if tags.ambiguous() {
			want = badRequest
		} else if x.world.policies[name] == nil {
			x.world.policies[name] = newPolicy(document)
			x.world.policies[name].tags = tags.kept()
			want = fineWord
		}
		return fmt.Sprint(name, tags), say(x, iotapi.CreatePolicy, &iotapi.CreatePolicyRequest{PolicyName: name, PolicyDocument: document, Tags: tags.iot()}, fine), want
	}},
	{"iot:DeletePolicy", func(x *trial) (string, string, string) {
		name, want := apt(x, policyNames, func(name string) bool {
			p := x.world.policies[name]
			return p != nil && len(p.versions) == 1 && len(x.world.targetsOf(name)) == 0
		}), fineWord
		x.rehearse(name)
		defer x.rehearse(name)
		switch p := x.world.policies[name]; {
		case p == nil:
			want = notThere
		case len(x.world.targetsOf(name)) > 0, len(p.versions) > 1:
			want = inUse
		default:
			delete(x.world.policies, name)
		}
		return name, say(x, iotapi.DeletePolicy, &iotapi.DeletePolicyRequest{PolicyName: name}, fine), want
	}},
	{"iot:CreatePolicyVersion", func(x *trial) (string, string, string) {
		name, document, current, want := x.aptPolicy(), x.document(), x.r.IntN(2) == 0, notThere
		if p := x.world.policies[name]; p != nil && len(p.versions) >= 5 {
			want = no("VersionsLimitExceededException")
		} else if p != nil {
			p.add(document, current)
			want = strconv.Itoa(p.last)
		}
		return fmt.Sprint(name, " ", current), say(x, iotapi.CreatePolicyVersion, &iotapi.CreatePolicyVersionRequest{PolicyName: name, PolicyDocument: document, SetAsDefault: &current}, func(out *iotapi.CreatePolicyVersionResponse) string {
			return *out.PolicyVersionId
		}), want
	}},
	{"iot:SetDefaultPolicyVersion", func(x *trial) (string, string, string) {
		name := apt(x, policyNames, func(name string) bool { return x.world.policies[name] != nil && x.world.policies[name].last > 1 })
		id, want := x.version(x.world.policies[name]), notThere
		if p := x.world.policies[name]; p != nil && p.versions[id] != "" {
			p.current, want = id, fineWord
		}
		return fmt.Sprint(name, " ", id), say(x, iotapi.SetDefaultPolicyVersion, &iotapi.SetDefaultPolicyVersionRequest{PolicyName: name, PolicyVersionId: strconv.Itoa(id)}, fine), want
	}},
	{"iot:DeletePolicyVersion", func(x *trial) (string, string, string) {
		name := apt(x, policyNames, func(name string) bool {
			return x.world.policies[name] != nil && len(x.world.policies[name].versions) > 1
		})
		p := x.world.policies[name]
		id, want := x.version(p), notThere
		switch {
		case p == nil || p.versions[id] == "":
		case p.current == id:
			want = inUse
		default:
			delete(p.versions, id)
			want = fineWord
		}
		return fmt.Sprint(name, " ", id), say(x, iotapi.DeletePolicyVersion, &iotapi.DeletePolicyVersionRequest{PolicyName: name, PolicyVersionId: strconv.Itoa(id)}, fine), want
	}},
	{"iot:AttachPolicy", func(x *trial) (string, string, string) {
		name, id, want := x.aptPolicy(), x.aptCert(), notThere
		if c := x.world.certs[id]; c != nil && x.world.policies[name] != nil {
			c.policies[name] = true
			want = fineWord
		}
		return name + " " + id, say(x, iotapi.AttachPolicy, &iotapi.AttachPolicyRequest{PolicyName: name, Target: certARN(id)}, fine), want
	}},
	{"iot:DetachPolicy", func(x *trial) (string, string, string) {
		name := apt(x, policyNames, func(name string) bool { return len(x.world.targetsOf(name)) > 0 })
		id := apt(x, x.certs(), func(id string) bool { return x.world.certs[id] != nil && x.world.certs[id].policies[name] })
		if c := x.world.certs[id]; c != nil {
			delete(c.policies, name)
		}
		return name + " " + id, say(x, iotapi.DetachPolicy, &iotapi.DetachPolicyRequest{PolicyName: name, Target: certARN(id)}, fine), fineWord
	}},
	{"iot:AttachPrincipalPolicy", func(x *trial) (string, string, string) {
		name, id, want := x.aptPolicy(), x.aptCert(), notThere
		if c := x.world.certs[id]; c != nil && x.world.policies[name] != nil {
			c.policies[name] = true
			want = fineWord
		}
		return name + " " + id, say(x, iotapi.AttachPrincipalPolicy, &iotapi.AttachPrincipalPolicyRequest{PolicyName: name, Principal: certARN(id)}, fine), want
	}},
	{"iot:DetachPrincipalPolicy", func(x *trial) (string, string, string) {
		name := apt(x, policyNames, func(name string) bool { return len(x.world.targetsOf(name)) > 0 })
		id := apt(x, x.certs(), func(id string) bool { return x.world.certs[id] != nil && x.world.certs[id].policies[name] })
		want := notThere // also of what isn't attached
		if c := x.world.certs[id]; c != nil && c.policies[name] {
			delete(c.policies, name)
			want = fineWord
		}
		return name + " " + id, say(x, iotapi.DetachPrincipalPolicy, &iotapi.DetachPrincipalPolicyRequest{PolicyName: name, Principal: certARN(id)}, fine), want
	}},
}

// version is one that p has had, or might have.
func (x *trial) version(p *versioned) int {
	if p == nil || x.r.IntN(4) == 0 {
		return 1 + x.r.IntN(9)
	}
	return one(x, slices.Sorted(maps.Keys(p.versions))...)
}

// versionsOf are policies with the numbers of the versions they have, and of
// one more.
func versionsOf(names []string, all map[string]*versioned) []string {
	var each []string
	for _, name := range names {
		each = append(each, name+" 1")
		if p := all[name]; p != nil {
			for id := range p.last {
				each = append(each, fmt.Sprint(name, " ", id+2))
			}
		}
	}
	return each
}

// policyVersion finds the version that such a text names.
func policyVersion(which string, all map[string]*versioned) (name, id, document string, current bool) {
	name, id, _ = strings.Cut(which, " ")
	number, _ := strconv.Atoi(id)
	if p := all[name]; p != nil {
		return name, id, p.versions[number], p.current == number
	}
	return name, id, "", false
}

var policyLooks = []look{
	{"iot:GetPolicy", func(*trial) []string { return policyNames }, func(x *trial, name string) (got, want string) {
		want = notThere
		if p := x.world.policies[name]; p != nil {
			want = fmt.Sprint(p.current, p.inForce())
		}
		return say(x, iotapi.GetPolicy, &iotapi.GetPolicyRequest{PolicyName: name}, func(out *iotapi.GetPolicyResponse) string {
			return *out.DefaultVersionId + *out.PolicyDocument
		}), want
	}},
	{"iot:GetPolicyVersion", func(x *trial) []string { return versionsOf(policyNames, x.world.policies) }, func(x *trial, which string) (got, want string) {
		name, id, document, current := policyVersion(which, x.world.policies)
		if want = notThere; document != "" {
			want = fmt.Sprint(current, document)
		}
		return say(x, iotapi.GetPolicyVersion, &iotapi.GetPolicyVersionRequest{PolicyName: name, PolicyVersionId: id}, func(out *iotapi.GetPolicyVersionResponse) string {
			return fmt.Sprint(*out.IsDefaultVersion, *out.PolicyDocument)
		}), want
	}},
	{"iot:ListPolicies", nothing, func(x *trial, _ string) (got, want string) {
		return say(x, iotapi.ListPolicies, &iotapi.ListPoliciesRequest{}, func(out *iotapi.ListPoliciesResponse) string {
			return policyNamesOf(out.Policies)
		}), strings.Join(sorted(x.world.policies), ", ")
	}},
	{"iot:ListPolicyVersions", func(*trial) []string { return policyNames }, func(x *trial, name string) (got, want string) {
		want = notThere
		if p := x.world.policies[name]; p != nil {
			want = strings.Join(p.ids(), ", ")
		}
		return say(x, iotapi.ListPolicyVersions, &iotapi.ListPolicyVersionsRequest{PolicyName: name}, func(out *iotapi.ListPolicyVersionsResponse) string {
			var all []string
			for _, v := range out.PolicyVersions {
				id, _ := strconv.Atoi(*v.VersionId)
				all = append(all, fmt.Sprint(id, value(v.IsDefaultVersion)))
			}
			slices.Sort(all)
			return strings.Join(all, ", ")
		}), want
	}},
	{"iot:ListAttachedPolicies", (*trial).certs, func(x *trial, id string) (got, want string) {
		want = notThere
		if c := x.world.certs[id]; c != nil {
			want = strings.Join(sorted(c.policies), ", ")
		}
		return say(x, iotapi.ListAttachedPolicies, &iotapi.ListAttachedPoliciesRequest{Target: certARN(id)}, func(out *iotapi.ListAttachedPoliciesResponse) string {
			return policyNamesOf(out.Policies)
		}), want
	}},
	{"iot:ListTargetsForPolicy", func(*trial) []string { return policyNames }, func(x *trial, name string) (got, want string) {
		want = notThere
		if x.world.policies[name] != nil {
			want = strings.Join(x.world.targetsOf(name), ", ")
		}
		return say(x, iotapi.ListTargetsForPolicy, &iotapi.ListTargetsForPolicyRequest{PolicyName: name}, func(out *iotapi.ListTargetsForPolicyResponse) string {
			return strings.Join(slices.Sorted(slices.Values(out.Targets)), ", ")
		}), want
	}},
	{"iot:ListPrincipalPolicies", (*trial).certs, func(x *trial, id string) (got, want string) {
		want = notThere
		if c := x.world.certs[id]; c != nil {
			want = strings.Join(sorted(c.policies), ", ")
		}
		return say(x, iotapi.ListPrincipalPolicies, &iotapi.ListPrincipalPoliciesRequest{Principal: certARN(id)}, func(out *iotapi.ListPrincipalPoliciesResponse) string {
			return policyNamesOf(out.Policies)
		}), want
	}},
	{"iot:ListPolicyPrincipals", func(*trial) []string { return policyNames }, func(x *trial, name string) (string, string) {
		want := notThere
		if x.world.policies[name] != nil {
			want = strings.Join(x.world.targetsOf(name), ", ")
		}
		in := &iotapi.ListPolicyPrincipalsRequest{PolicyName: name, PageSize: new(int32(1 + x.r.IntN(3))), AscendingOrder: new(x.r.IntN(2) == 0)}
		var all []string
		said := pages(&all, func(token *string) (items []string, more *string, refused string) {
			in.Marker = token
			refused = say(x, iotapi.ListPolicyPrincipals, in, func(out *iotapi.ListPolicyPrincipalsResponse) string {
				items, more = out.Principals, out.NextMarker
				return ""
			})
			return items, more, refused
		})
		if said == notThere {
			return said, want
		}
		slices.Sort(all)
		return strings.Join(all, ", "), want
	}},
}

func policyNamesOf(policies []iotapi.Policy) string {
	var all []string
	for _, p := range policies {
		all = append(all, *p.PolicyName)
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}
