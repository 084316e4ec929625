package credentials

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"

	"muster/internal/arn"
	"muster/internal/certificate"
	"muster/internal/fault"
	"muster/internal/iotpolicy"
	"muster/internal/policy"
	"muster/internal/registry"
)

// Rehearsal is what a device might do on an MQTT connection, asked before it
// does: AWS IoT's TestAuthorization.
type Rehearsal struct {
	Principal string // the ARN of its certificate
	ClientID  string // of the connection; "" leaves it and its thing unknown
	Add, Skip []string
	Acts      []Act
}

// Act is one action, such as iot:Publish, on all of the resources.
type Act struct {
	Action    string
	Resources []string // ARNs
}

// Outcome is what the policies say to an act. Of several resources one that is
// denied denies the act, and one that nothing allows leaves it silent.
type Outcome struct {
	Verdict policy.Verdict
	Allow   []string // names of the policies that allow a resource
	Deny    []string // that deny one
	Silent  []string // when the verdict is silent: that say nothing to a resource that nothing allows
	Missing []string // keys and variables the policies ask for and that have no value
}

// Rehearse answers what the policies of the principal say to each act, by the
// engine that decides about credentials. Policies to skip are as if they were
// not attached, those to add as if they were, even if they are skipped.
//
// The thing is the one that the client id names, if the certificate is
// attached to it. Where the device would come from is not known, so
// aws:SourceIp is missing. Whether the certificate is active is not asked:
// policies alone are tested.
//
// It fails with fault.Invalid or fault.NotFound when the principal is none or
// not there, with fault.NotFound for a policy to add that isn't there, with
// fault.LimitExceeded when it would take more than maxSteps, and when ctx ends.
func (p *Provider) Rehearse(ctx context.Context, scope arn.Scope, r Rehearsal) ([]Outcome, error) {
	policies, err := p.rehearsed(ctx, scope, r)
	if err != nil {
		return nil, err
	}
	c, err := p.connectionContext(ctx, scope, r)
	if err != nil {
		return nil, err
	}
	outcomes := make([]Outcome, 0, len(r.Acts))
	for steps := 0; len(outcomes) < len(r.Acts); {
		o, err := outcome(ctx, policies, r.Acts[len(outcomes)], c, &steps)
		if err != nil {
			return nil, err
		}
		outcomes = append(outcomes, o)
	}
	return outcomes, nil
}

// What one rehearsal may ask for.
const (
	maxSteps = 400 * policy.MaxSteps // the tenth of a second or so
	maxAdded = iotpolicy.MaxAttached // policies, as many as a certificate may have
)

// rehearsed answers the policies that count.
func (p *Provider) rehearsed(ctx context.Context, scope arn.Scope, r Rehearsal) ([]policy.Named, error) {
	attached, err := p.Policies.EffectiveOf(ctx, scope, r.Principal)
	if err != nil {
		return nil, err
	}
	var all []policy.Named
	has := map[string]bool{}
	for _, c := range attached {
		if !slices.Contains(r.Skip, c.Name) {
			has[c.Name] = true
			all = append(all, c.Named)
		}
	}
	if len(r.Add) > maxAdded {
		return nil, fault.LimitExceeded.Errorf("%d policies are to be added, of which %d are possible.", len(r.Add), maxAdded)
	}
	for _, name := range r.Add {
		c, err := p.Policies.Compiled(ctx, scope, name)
		if err != nil {
			return nil, err
		}
		if !has[name] {
			has[name] = true
			all = append(all, c.Named)
		}
	}
	return all, nil
}

// connectionContext holds what policies may ask of the connection.
func (p *Provider) connectionContext(ctx context.Context, scope arn.Scope, r Rehearsal) (policy.Context, error) {
	id, _ := registry.Principal(r.Principal).Certificate(scope) // EffectiveOf found it
	registered, err := p.Certificates.Registered(ctx, id)
	if err != nil && !errors.Is(err, fault.NotFound) {
		return nil, fmt.Errorf("find certificate %s: %w", id, err)
	}
	cert := in(scope, registered)
	if cert == nil {
		cert = &certificate.Registration{ID: id, Scope: scope} // deleted meanwhile
	}
	if r.ClientID == "" {
		return deviceContext(cert, nil, netip.Addr{}, p.now()), nil
	}
	var named *registry.Thing
	thing, attached, err := p.Things.Attached(ctx, scope, r.ClientID, id)
	if err != nil {
		return nil, fmt.Errorf("find thing %q: %w", r.ClientID, err)
	}
	if attached {
		named = &thing
	}
	c := deviceContext(cert, named, netip.Addr{}, p.now())
	c["iot:clientid"] = one(r.ClientID)
	if !attached {
		c["iot:connection.thing.isattached"] = one("false")
	}
	return c, nil
}

// outcome asks each policy by itself, to tell which of them decide, and adds the
// steps it takes to steps.
func outcome(ctx context.Context, policies []policy.Named, act Act, c policy.Context, steps *int) (o Outcome, err error) {
	allow, deny, silent, missing := map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}
	unanswered := len(act.Resources) == 0
	for _, resource := range act.Resources {
		if err := ctx.Err(); err != nil {
			return o, err
		}
		e := policy.Explain(policies, &policy.Request{Action: act.Action, Resource: resource, Context: c})
		if *steps += e.Steps; e.Costly || *steps > maxSteps {
			return o, fault.LimitExceeded.Errorf("The policies take too long to test for so many resources.")
		}
		for i, named := range policies {
			switch policy.Says(e.Matched[i]) {
			case policy.Deny:
				deny[named.Name] = true
			case policy.Allow:
				allow[named.Name] = true
			}
		}
		if e.Verdict == policy.Silent {
			unanswered = true
			for _, named := range policies {
				silent[named.Name] = true
			}
		}
		for _, key := range e.Missing {
			missing[key] = true
		}
	}
	switch {
	case len(deny) > 0:
		o.Verdict = policy.Deny
	case unanswered:
		o.Verdict = policy.Silent
		o.Silent = sorted(silent)
	default:
		o.Verdict = policy.Allow
	}
	o.Allow, o.Deny, o.Missing = sorted(allow), sorted(deny), sorted(missing)
	return o, nil
}

func sorted(set map[string]bool) []string { return slices.Sorted(maps.Keys(set)) }
