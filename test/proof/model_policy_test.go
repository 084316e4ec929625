package proof

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"muster/internal/awsapi/iotapi"
)

type iotPolicy struct {
	versions      map[int]string
	current, last int
}

func (p *iotPolicy) ids() []string {
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

func (x *trial) policy() string { return x.name("policy-", 4) }
func (x *trial) document() string {
	return one(x, mayBecome, mayBecome, mayBecome, mayNothing, mayOther)
}

const mayOther = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iot:Connect","Resource":"*"}}`

var policySteps = []step{
	{"CreatePolicy", func(x *trial) (string, string, string) {
		name, document, want := x.policy(), x.document(), itsThere
		if x.world.policies[name] == nil {
			x.world.policies[name] = &iotPolicy{versions: map[int]string{1: document}, current: 1, last: 1}
			want = fineWord
		}
		return name, say(x, iotapi.CreatePolicy, &iotapi.CreatePolicyRequest{PolicyName: name, PolicyDocument: document}, fine), want
	}},
	{"GetPolicy", func(x *trial) (string, string, string) {
		name, want := x.policy(), notThere
		if p := x.world.policies[name]; p != nil {
			want = fmt.Sprint(p.current, p.versions[p.current])
		}
		return name, say(x, iotapi.GetPolicy, &iotapi.GetPolicyRequest{PolicyName: name}, func(out *iotapi.GetPolicyResponse) string {
			return *out.DefaultVersionId + *out.PolicyDocument
		}), want
	}},
	{"ListPolicies", func(x *trial) (string, string, string) {
		return "", say(x, iotapi.ListPolicies, &iotapi.ListPoliciesRequest{}, func(out *iotapi.ListPoliciesResponse) string {
			var all []string
			for _, p := range out.Policies {
				all = append(all, *p.PolicyName)
			}
			slices.Sort(all)
			return strings.Join(all, ", ")
		}), strings.Join(sorted(x.world.policies), ", ")
	}},
	{"DeletePolicy", func(x *trial) (string, string, string) {
		name, want := x.unusedPolicy(), fineWord
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
	{"CreatePolicyVersion", func(x *trial) (string, string, string) {
		name, document, current, want := x.policy(), x.document(), x.r.IntN(2) == 0, notThere
		if p := x.world.policies[name]; p != nil && len(p.versions) >= 5 {
			want = no("VersionsLimitExceededException")
		} else if p != nil {
			p.last++
			p.versions[p.last] = document
			if current {
				p.current = p.last
			}
			want = strconv.Itoa(p.last)
		}
		return fmt.Sprint(name, current), say(x, iotapi.CreatePolicyVersion, &iotapi.CreatePolicyVersionRequest{PolicyName: name, PolicyDocument: document, SetAsDefault: &current}, func(out *iotapi.CreatePolicyVersionResponse) string {
			return *out.PolicyVersionId
		}), want
	}},
	{"ListPolicyVersions", func(x *trial) (string, string, string) {
		name, want := x.policy(), notThere
		if p := x.world.policies[name]; p != nil {
			want = strings.Join(p.ids(), ", ")
		}
		return name, say(x, iotapi.ListPolicyVersions, &iotapi.ListPolicyVersionsRequest{PolicyName: name}, func(out *iotapi.ListPolicyVersionsResponse) string {
			var all []string
			for _, v := range out.PolicyVersions {
				id, _ := strconv.Atoi(*v.VersionId)
				all = append(all, fmt.Sprint(id, value(v.IsDefaultVersion)))
			}
			slices.Sort(all)
			return strings.Join(all, ", ")
		}), want
	}},
	{"SetDefaultPolicyVersion", func(x *trial) (string, string, string) {
		name, id, want := x.policy(), 1+x.r.IntN(4), notThere
		if p := x.world.policies[name]; p != nil && p.versions[id] != "" {
			p.current, want = id, fineWord
		}
		return fmt.Sprint(name, id), say(x, iotapi.SetDefaultPolicyVersion, &iotapi.SetDefaultPolicyVersionRequest{PolicyName: name, PolicyVersionId: strconv.Itoa(id)}, fine), want
	}},
	{"DeletePolicyVersion", func(x *trial) (string, string, string) {
		name, id, want := x.policy(), 1, notThere
		p := x.world.policies[name]
		switch {
		case p == nil:
		case x.r.IntN(4) == 0:
			id = max(1, p.last-x.r.IntN(6)) // perhaps one that is gone
		default:
			id = one(x, slices.Sorted(maps.Keys(p.versions))...)
		}
		switch {
		case p == nil || p.versions[id] == "":
		case p.current == id:
			want = inUse
		default:
			delete(p.versions, id)
			want = fineWord
		}
		return fmt.Sprint(name, id), say(x, iotapi.DeletePolicyVersion, &iotapi.DeletePolicyVersionRequest{PolicyName: name, PolicyVersionId: strconv.Itoa(id)}, fine), want
	}},
	{"AttachPolicy", func(x *trial) (string, string, string) {
		name, id, want := x.policy(), x.cert(), notThere
		if c := x.world.certs[id]; c != nil && x.world.policies[name] != nil {
			c.policies[name] = true
			want = fineWord
		}
		return name + " " + id, say(x, iotapi.AttachPolicy, &iotapi.AttachPolicyRequest{PolicyName: name, Target: certARN(id)}, fine), want
	}},
	{"DetachPolicy", func(x *trial) (string, string, string) {
		name, id := x.policy(), x.cert()
		if c := x.world.certs[id]; c != nil {
			delete(c.policies, name)
		}
		return name + " " + id, say(x, iotapi.DetachPolicy, &iotapi.DetachPolicyRequest{PolicyName: name, Target: certARN(id)}, fine), fineWord
	}},
	{"ListAttachedPolicies", func(x *trial) (string, string, string) {
		id, want := x.cert(), notThere
		if c := x.world.certs[id]; c != nil {
			want = strings.Join(sorted(c.policies), ", ")
		}
		return id, say(x, iotapi.ListAttachedPolicies, &iotapi.ListAttachedPoliciesRequest{Target: certARN(id)}, func(out *iotapi.ListAttachedPoliciesResponse) string {
			var all []string
			for _, p := range out.Policies {
				all = append(all, *p.PolicyName)
			}
			return strings.Join(all, ", ")
		}), want
	}},
	{"ListTargetsForPolicy", func(x *trial) (string, string, string) {
		name, want := x.policy(), notThere
		if x.world.policies[name] != nil {
			want = strings.Join(x.world.targetsOf(name), ", ")
		}
		return name, say(x, iotapi.ListTargetsForPolicy, &iotapi.ListTargetsForPolicyRequest{PolicyName: name}, func(out *iotapi.ListTargetsForPolicyResponse) string {
			return strings.Join(out.Targets, ", ")
		}), want
	}},
}

// unusedPolicy is one that can be deleted, every other time: by chance few
// policies lose all their versions but one and all their targets.
func (x *trial) unusedPolicy() string {
	if x.r.IntN(2) == 0 {
		for _, name := range sorted(x.world.policies) {
			if len(x.world.targetsOf(name)) == 0 && len(x.world.policies[name].versions) == 1 {
				return name
			}
		}
	}
	return x.policy()
}
