package proof

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"muster/internal/awsapi/iamapi"
	"muster/internal/awsapi/iotapi"
)

// Documents of roles and users.
const (
	mayAsk       = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iot:DescribeEndpoint","Resource":"*"}}`
	mayAskThing  = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iot:DescribeThing","Resource":"arn:aws:iot:us-east-1:000000000000:thing/thing-1"}}`
	mayAskInTeam = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iot:DescribeEndpoint","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/team":"a"}}}}`
	mayNotAsk    = `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"iot:DescribeThing","Resource":"*"}}`
)

// rule is what a document says.
type rule struct {
	effect, action, resource string
	team                     string // that the caller must be of; "" for any
}

var rules = map[string]rule{
	mayLook:      {"allowed", "s3:GetObject", "*", ""},
	mayAsk:       {"allowed", "iot:DescribeEndpoint", "*", ""},
	mayAskThing:  {"allowed", "iot:DescribeThing", string(scope.Thing("thing-1")), ""},
	mayAskInTeam: {"allowed", "iot:DescribeEndpoint", "*", "a"},
	mayNotAsk:    {"explicitDeny", "iot:DescribeThing", "*", ""},
	awsIoT:       {"allowed", "iot:", "*", ""},
}

// rule is a document of a policy of a role or user.
func (x *trial) rule() string {
	return one(x, mayLook, mayAsk, mayAskThing, mayAskThing, mayAskInTeam, mayNotAsk)
}

// named is a policy as simulations name it.
type named struct{ policy, document string }

func (w *model) documentsOf(p permissions) []named {
	var all []named
	for _, name := range sorted(p.inline) {
		all = append(all, named{name, p.inline[name]})
	}
	for _, a := range sorted(p.attached) {
		all = append(all, named{nameOf(a), w.managedDocument(a)})
	}
	return all
}

// decision is what documents say together.
type decision struct {
	verdict         string
	matched, misses []string
}

func (d decision) String() string {
	return fmt.Sprint(d.verdict, slices.Sorted(slices.Values(d.matched)), d.misses)
}

// decide asks documents about an action of whoever has the tags.
func decide(documents []named, action, resource string, tags map[string]string) decision {
	by := map[string][]string{}
	var d decision
	for _, n := range documents {
		r := rules[n.document]
		if r.action != action && (r.action != "iot:" || !strings.HasPrefix(action, "iot:")) || r.resource != "*" && r.resource != resource {
			continue
		}
		if r.team != "" {
			has, ok := folded(tags, "team")
			if !ok {
				d.misses = []string{"aws:PrincipalTag/team"}
			}
			if has != r.team {
				continue
			}
		}
		by[r.effect] = append(by[r.effect], n.policy)
	}
	d.verdict = "implicitDeny"
	for _, effect := range []string{"allowed", "explicitDeny"} {
		if by[effect] != nil {
			d.verdict, d.matched = effect, by[effect]
		}
	}
	return d
}

// folded finds a tag as condition keys do, without regard to case.
func folded(tags map[string]string, key string) (string, bool) {
	for k, v := range tags {
		if strings.EqualFold(k, key) {
			return v, true
		}
	}
	return "", false
}

func decoded(document *string) string {
	text, err := url.QueryUnescape(value(document))
	if err != nil {
		return err.Error()
	}
	return text
}

var (
	simulatedActions   = []string{"iot:DescribeEndpoint", "iot:DescribeThing", "s3:GetObject"}
	simulatedResources = []string{"*", string(scope.Thing("thing-0")), string(scope.Thing("thing-1"))}
)

// simulated is what a simulation of all actions on all resources answers.
func simulated(documents []named, tags map[string]string) string {
	var all []string
	for _, action := range simulatedActions {
		for _, resource := range simulatedResources {
			all = append(all, fmt.Sprint(action, " ", resource, " ", decide(documents, action, resource, tags)))
		}
	}
	return strings.Join(all, ", ")
}

func simulationText(out *iamapi.SimulatePolicyResponse) string {
	var all []string
	for _, r := range out.EvaluationResults {
		d := decision{verdict: *r.EvalDecision, misses: r.ResourceSpecificResults[0].MissingContextValues}
		for _, s := range r.MatchedStatements {
			d.matched = append(d.matched, *s.SourcePolicyId)
		}
		all = append(all, fmt.Sprint(*r.EvalActionName, " ", *r.EvalResourceName, " ", d))
	}
	return strings.Join(all, ", ")
}

var simulationLooks = []look{
	{"iam:SimulateCustomPolicy", nothing, func(x *trial, _ string) (got, want string) {
		var documents []string
		var all []named
		for i := range 1 + x.r.IntN(3) {
			documents = append(documents, x.rule())
			all = append(all, named{fmt.Sprint("PolicyInputList.", i+1), documents[i]})
		}
		return say(x, iamapi.SimulateCustomPolicy, &iamapi.SimulateCustomPolicyRequest{
			ActionNames: simulatedActions, ResourceArns: simulatedResources, PolicyInputList: documents,
		}, simulationText), simulated(all, nil)
	}},
	{"iam:SimulatePrincipalPolicy of a role", func(*trial) []string { return roleNames }, func(x *trial, name string) (got, want string) {
		source, want := roleARN(name), noEntity
		if r := x.world.roles[name]; r != nil {
			source, want = r.arn(name), simulated(x.world.documentsOf(r.permissions), r.tags)
		}
		return say(x, iamapi.SimulatePrincipalPolicy, &iamapi.SimulatePrincipalPolicyRequest{
			PolicySourceArn: source, ActionNames: simulatedActions, ResourceArns: simulatedResources,
		}, simulationText), want
	}},
	{"iam:SimulatePrincipalPolicy of a user", func(*trial) []string { return userNames }, func(x *trial, name string) (got, want string) {
		source, want := (&user{name: name, path: "/"}).arn(), noEntity
		if u := x.world.users[name]; u != nil {
			source, want = u.arn(), simulated(x.world.documentsOf(u.permissions), u.tags)
		}
		return say(x, iamapi.SimulatePrincipalPolicy, &iamapi.SimulatePrincipalPolicyRequest{
			PolicySourceArn: source, ActionNames: simulatedActions, ResourceArns: simulatedResources,
		}, simulationText), want
	}},
	{"iot:GetEffectivePolicies", (*trial).certs, func(x *trial, id string) (got, want string) {
		want = notThere
		if c := x.world.certs[id]; c != nil {
			var all []string
			for _, name := range sorted(c.policies) {
				all = append(all, name+x.world.policies[name].inForce())
			}
			want = strings.Join(all, ", ")
		}
		return say(x, iotapi.GetEffectivePolicies, &iotapi.GetEffectivePoliciesRequest{Principal: new(certARN(id))}, func(out *iotapi.GetEffectivePoliciesResponse) string {
			var all []string
			for _, p := range out.EffectivePolicies {
				all = append(all, *p.PolicyName+*p.PolicyDocument)
			}
			return strings.Join(all, ", ")
		}), want
	}},
	{"iot:TestAuthorization", func(x *trial) []string { return pairs(x.certs(), append(slices.Clone(policyNames), "")) }, (*trial).testAuthorization},
}

// testAuthorization asks what a certificate might do, which a policy may be
// added to.
func (x *trial) testAuthorization(which string) (got, want string) {
	id, add, _ := strings.Cut(which, " ")
	skip := one(x, policyNames...)
	in := &iotapi.TestAuthorizationRequest{
		Principal: new(certARN(id)), PolicyNamesToSkip: []string{skip},
		AuthInfos: []iotapi.AuthInfo{
			{ActionType: new("CONNECT"), Resources: []string{"arn:aws:iot:us-east-1:000000000000:client/pump-7"}},
			{ActionType: new("PUBLISH"), Resources: []string{"arn:aws:iot:us-east-1:000000000000:topic/pump-7"}},
		},
	}
	if add != "" {
		in.PolicyNamesToAdd = []string{add}
	}
	want = notThere
	if c := x.world.certs[id]; c != nil && (add == "" || x.world.policies[add] != nil) {
		want = x.world.rehearsed(c, skip, add)
	}
	return say(x, iotapi.TestAuthorization, in, func(out *iotapi.TestAuthorizationResponse) string {
		var all []string
		for _, r := range out.AuthResults {
			all = append(all, fmt.Sprint(*r.AuthInfo.ActionType, " ", *r.AuthDecision, " ", policyNamesOf(r.Allowed.Policies), "; ", policyNamesOf(r.Denied.ExplicitDeny.Policies)))
		}
		return strings.Join(all, ", ")
	}), want
}

// rehearse asks with a policy that is about to come or go, or has just done so,
// since nothing else asks for policies by their names to decide.
func (x *trial) rehearse(policy string) {
	which := x.aptCert() + " " + policy
	x.run("iot:TestAuthorization", func(x *trial) (string, string, string) {
		got, want := x.testAuthorization(which)
		return which, got, want
	})
}

// rehearsed is what TestAuthorization answers about connecting and publishing.
func (w *model) rehearsed(c *cert, skip, add string) string {
	var connect, deny []string
	for _, name := range sorted(w.policies) {
		if (!c.policies[name] || name == skip) && name != add {
			continue
		}
		switch w.policies[name].inForce() {
		case mayOther:
			connect = append(connect, name)
		case mayNothing:
			deny = append(deny, name)
		}
	}
	said := func(allow []string) string {
		switch {
		case len(deny) > 0:
			return "EXPLICIT_DENY"
		case len(allow) > 0:
			return "ALLOWED"
		}
		return "IMPLICIT_DENY"
	}
	denials := strings.Join(deny, ", ")
	return fmt.Sprintf("CONNECT %s %s; %s, PUBLISH %s ; %s", said(connect), strings.Join(connect, ", "), denials, said(nil), denials)
}
