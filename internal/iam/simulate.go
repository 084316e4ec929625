package iam

import (
	"context"
	"regexp"
	"strconv"
	"strings"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/page"
	"muster/internal/policy"
)

// Simulation asks what policies would say to each action on each resource.
type Simulation struct {
	Actions   []string       // such as s3:GetObject, without wildcards
	Resources []string       // ARNs, or "*"; none at all is "*"
	Policies  []string       // documents to ask beside those of the principal
	Caller    arn.ARN        // of a user, in whose name it is asked; may be ""
	Context   []ContextEntry // condition keys of the request
}

// ContextEntry is a condition key of a simulated request with its values. Type is
// one of policy.CheckValue's, for several values with "List" behind it.
type ContextEntry struct {
	Key, Type string
	Values    []string
}

// Outcome is what the policies say to one action on one resource.
type Outcome struct {
	Action, Resource string
	Verdict          policy.Verdict
	Matched          []MatchedStatement // those that make the verdict
	Missing          []string           // keys that the policies read and the request hasn't
}

// MatchedStatement is a statement that makes a verdict, with its policy.
type MatchedStatement struct {
	Policy string
	policy.Match
}

var simulatedActionForm = regexp.MustCompile(`^[A-Za-z0-9-]+:[A-Za-z0-9_-]+$`)

// maxPageSteps bounds the work of a page, to the tenth of a second or so: one
// that would take more ends before its limit, and the next goes on from there.
const maxPageSteps = 400 * policy.MaxSteps

// SimulateCustom answers a page of what the documents of s would say together.
// The engine is the one that decides; nothing is known of the request but what
// s says, so that the time, too, is missing unless it is given.
//
// It fails with fault.Malformed when something of s can't be read, or would take
// too long to find out (policy.Decision's Costly), and when ctx ends.
func (d *Directory) SimulateCustom(ctx context.Context, s Simulation, r page.Request) (page.Page[Outcome], error) {
	return s.run(ctx, nil, policy.Context{}, r)
}

// SimulatePrincipal is SimulateCustom with the policies of a role or user of
// the account, and asked in its name. It fails with fault.NotFound, too.
func (d *Directory) SimulatePrincipal(ctx context.Context, account string, source arn.ARN, s Simulation, r page.Request) (page.Page[Outcome], error) {
	var none page.Page[Outcome]
	if s.Caller == source {
		s.Caller = ""
	}
	if _, _, name, ok := arn.SplitUser(source); ok {
		record, err := d.userRecord(ctx, account, name)
		if err == nil && record.ARN() != source {
			err = noUser(name)
		}
		if err != nil {
			return none, err
		}
		user, err := record.compile()
		if err != nil {
			return none, err
		}
		c := policy.Context{}
		userConditions(c, source)
		c.Set("aws:userid", user.ID)
		TagConditions(c, "aws:PrincipalTag/", user.Tags)
		return s.run(ctx, user.Policies, c, r)
	}
	if _, _, name, ok := arn.SplitRole(source); ok {
		role, err := d.RoleByARN(ctx, source)
		if err == nil && role.Account != account {
			err = noRole(name)
		}
		if err != nil {
			return none, err
		}
		c := policy.Context{}
		c.Set("aws:PrincipalArn", string(source))
		c.Set("aws:PrincipalAccount", account)
		c.Set("aws:PrincipalType", "AssumedRole")
		TagConditions(c, "aws:PrincipalTag/", role.Tags)
		return s.run(ctx, role.Policies, c, r)
	}
	return none, fault.Malformed.Errorf("Invalid Entity Arn: %s does not clearly define entity type and name.", source)
}

// userConditions sets what a user's ARN says of it.
func userConditions(c policy.Context, user arn.ARN) {
	account, _, name, _ := arn.SplitUser(user)
	c.Set("aws:PrincipalArn", string(user))
	c.Set("aws:PrincipalAccount", account)
	c.Set("aws:PrincipalType", "User")
	c.Set("aws:username", name)
}

// run asks policies and those of s; c is what is known of the caller.
func (s *Simulation) run(ctx context.Context, policies []policy.Named, c policy.Context, r page.Request) (page.Page[Outcome], error) {
	var none page.Page[Outcome]
	policies, err := s.with(policies)
	if err != nil {
		return none, err
	}
	if err := s.conditions(c); err != nil {
		return none, err
	}
	if err := s.check(); err != nil {
		return none, err
	}
	resources := s.Resources
	if len(resources) == 0 {
		resources = []string{"*"}
	}
	next, err := begin(r.Token)
	if err != nil {
		return none, err
	}
	var all []Outcome
	outcomes, steps, limit := len(s.Actions)*len(resources), 0, r.Limit
	for ; next < outcomes && len(all) <= limit; next++ {
		if err := ctx.Err(); err != nil {
			return none, err
		}
		o := Outcome{Action: s.Actions[next/len(resources)], Resource: resources[next%len(resources)]}
		took, err := o.decide(policies, c)
		if err != nil {
			return none, err
		}
		all = append(all, o)
		if steps += took; steps > maxPageSteps {
			limit = min(limit, len(all)) // one more is asked about, to know that there is one
		}
	}
	// A page's last item is the one before the last that was asked about.
	return page.Cut(all, limit, func(Outcome) []string { return []string{strconv.Itoa(next - 1)} }), nil
}

// begin reads where a page begins: the number of the first outcome on it.
func begin(token string) (int, error) {
	key, err := page.Key(token, 1)
	if err != nil || key == nil {
		return 0, err
	}
	n, err := strconv.Atoi(key[0])
	if err != nil || n < 0 {
		return 0, fault.Invalid.Errorf("the pagination token is not valid")
	}
	return n, nil
}

// with is policies and those of s, compiled.
func (s *Simulation) with(policies []policy.Named) ([]policy.Named, error) {
	all := append([]policy.Named(nil), policies...)
	for i, document := range s.Policies {
		name := "PolicyInputList." + strconv.Itoa(i+1)
		doc, err := policy.Parse(document, policy.Identity)
		if err != nil {
			return nil, fault.Malformed.Errorf("%s: %v", name, err)
		}
		all = append(all, policy.Named{Name: name, Document: doc})
	}
	return all, nil
}

// conditions adds to c what s says of the request, which goes before what is
// known of the caller.
func (s *Simulation) conditions(c policy.Context) error {
	if s.Caller != "" {
		if _, _, _, ok := arn.SplitUser(s.Caller); !ok {
			return fault.Malformed.Errorf("The CallerArn %s is not the ARN of an IAM user.", s.Caller)
		}
		clear(c) // what is known of the principal is another's
		userConditions(c, s.Caller)
	}
	given := policy.Context{}
	for _, e := range s.Context {
		if given.Has(e.Key) {
			return fault.Malformed.Errorf("The context key %s is given twice.", e.Key)
		}
		kind, list := strings.CutSuffix(e.Type, "List")
		if e.Key == "" || len(e.Values) == 0 || len(e.Values) > 1 && !list {
			return fault.Malformed.Errorf("The context key %q of type %s can't have %d values.", e.Key, e.Type, len(e.Values))
		}
		for _, v := range e.Values {
			if err := policy.CheckValue(kind, v); err != nil {
				return fault.Malformed.Errorf("The context key %s: %v.", e.Key, err)
			}
		}
		given.Set(e.Key, e.Values...)
		c.Set(e.Key, e.Values...)
	}
	return nil
}

func (s *Simulation) check() error {
	for _, a := range s.Actions {
		if !simulatedActionForm.MatchString(a) {
			return fault.Malformed.Errorf("The action name %s is not valid: it must be a service and an operation, such as s3:GetObject, without wildcards.", a)
		}
	}
	for _, r := range s.Resources {
		if r != "*" && (!strings.HasPrefix(r, "arn:") || strings.Count(r, ":") < 5) {
			return fault.Malformed.Errorf("The resource %s is not an ARN.", r)
		}
	}
	return nil
}

// decide asks the engine what it says, what made it say so, and what it missed,
// and returns the steps it took.
func (o *Outcome) decide(policies []policy.Named, c policy.Context) (steps int, err error) {
	e := policy.Explain(policies, &policy.Request{Action: o.Action, Resource: o.Resource, Context: c})
	if e.Costly {
		return 0, fault.Malformed.Errorf("The policies take too long to evaluate for the action %s on the resource %s.", o.Action, o.Resource)
	}
	o.Verdict, o.Missing = e.Verdict, e.Missing
	for i, p := range policies {
		for _, m := range e.Matched[i] {
			if m.Effect == o.Verdict {
				o.Matched = append(o.Matched, MatchedStatement{nameOf(p), m})
			}
		}
	}
	return e.Steps, nil
}

// nameOf is the name of a policy without the rest of its ARN, if it has one.
func nameOf(p policy.Named) string {
	if _, _, name, ok := arn.SplitManagedPolicy(arn.ARN(p.Name)); ok {
		return name
	}
	return p.Name
}
