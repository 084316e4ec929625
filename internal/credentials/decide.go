package credentials

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"muster/internal/arn"
	"muster/internal/certificate"
	"muster/internal/fault"
	"muster/internal/iam"
	"muster/internal/policy"
	"muster/internal/registry"
	"muster/internal/rolealias"
)

const (
	assumeWithCertificate = "iot:AssumeRoleWithCertificate"
	assumeRole            = "sts:AssumeRole"
)

// decision is what a device's request comes to.
type decision struct {
	thing *registry.Thing // nil when the device named none
	alias *rolealias.Alias
	role  *iam.RoleEntry
}

func (d *decision) thingID() string {
	if d.thing == nil {
		return ""
	}
	return d.thing.ID
}

func (d *decision) thingType() string {
	if d.thing == nil {
		return ""
	}
	return string(d.thing.Type)
}

// decide makes the whole decision from what is true now, in AWS's order.
func (p *Provider) decide(ctx context.Context, cert *certificate.Registration, r Request) (*decision, error) {
	now := p.now()
	if err := cert.Usable(now); err != nil {
		return nil, inactive(refuse(denied, "%v", err))
	}
	thing, err := p.namedThing(ctx, cert, r.Thing)
	if err != nil {
		return nil, err
	}
	// By name, before the alias is looked up: who may not use it must not
	// learn whether it exists.
	if err := p.mayUse(ctx, cert, thing, r, now); err != nil {
		return nil, err
	}
	alias, err := p.findAlias(ctx, cert.Scope, r.Alias)
	if errors.Is(err, fault.NotFound) {
		return nil, refuse(noAlias, "there is no role alias %q", r.Alias)
	}
	if err != nil {
		return nil, err
	}
	role, err := p.trustedRole(ctx, cert, alias, now)
	if err != nil {
		return nil, err
	}
	if alias.Life > role.MaxSession {
		return nil, refuse(tooLong, "role alias %q wants %v, its role allows %v", alias.Name, alias.Life, role.MaxSession)
	}
	return &decision{thing: thing, alias: alias, role: role}, nil
}

// namedThing answers the thing the device says it is; nil when it says
// nothing. The certificate has to be attached to it.
func (p *Provider) namedThing(ctx context.Context, cert *certificate.Registration, name string) (*registry.Thing, error) {
	if name == "" {
		return nil, nil
	}
	thing, ok, err := p.Things.Attached(ctx, cert.Scope, name, cert.ID)
	if err != nil {
		return nil, fmt.Errorf("find thing %q: %w", name, err)
	}
	if !ok {
		return nil, refuse(badThing, "thing %q doesn't exist, or the certificate isn't attached to it", name)
	}
	return &thing, nil
}

// mayUse asks the IoT policies attached to the certificate about the name.
func (p *Provider) mayUse(ctx context.Context, cert *certificate.Registration, thing *registry.Thing, r Request, now time.Time) error {
	policies, err := p.Policies.Effective(ctx, cert.Scope, cert.ID)
	if err != nil {
		return fmt.Errorf("find the policies of certificate %s: %w", cert.ID, err)
	}
	if len(policies) == 0 {
		return refuse(denied, "no policy is attached to the certificate")
	}
	resource := cert.Scope.RoleAlias(r.Alias)
	asked := policy.Request{Action: assumeWithCertificate, Resource: string(resource)}
	if slices.ContainsFunc(policies, func(n policy.Named) bool { return n.Document.NeedsContext() }) {
		asked.Context = deviceContext(cert, thing, r.SourceIP, now)
	}
	said := policy.Decide(policies, &asked)
	if said.Costly {
		p.TooLong.Add(1)
		return refuse(denied, "the policies of the certificate would take too long to evaluate")
	}
	switch said.Verdict {
	case policy.Allow:
		return nil
	case policy.Deny:
		return refuse(denied, "statement %d of policy %q denies %s on %s", said.Statement, said.Policy, assumeWithCertificate, resource)
	default:
		return refuse(denied, "no policy of the certificate allows %s on %s", assumeWithCertificate, resource)
	}
}

// canBeAlias reports whether name is of the form of role aliases,
// [\w=,@-]{1,128}; nothing else can exist.
func canBeAlias(name string) bool {
	for i := range len(name) {
		switch c := name[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case c == '_', c == '=', c == ',', c == '@', c == '-':
		default:
			return false
		}
	}
	return name != "" && len(name) <= 128
}

func (p *Provider) findAlias(ctx context.Context, scope arn.Scope, name string) (*rolealias.Alias, error) {
	if !canBeAlias(name) {
		return nil, fault.NotFound.Errorf("%q can't be a role alias", name)
	}
	return p.Aliases.Find(ctx, scope, name)
}

// trustedRole answers the alias's role if it lets the provider assume it for
// this alias. AWS tells a device neither that the role is missing nor that it
// doesn't trust.
func (p *Provider) trustedRole(ctx context.Context, cert *certificate.Registration, alias *rolealias.Alias, now time.Time) (*iam.RoleEntry, error) {
	role, err := p.Roles.RoleByARN(ctx, alias.Role)
	if errors.Is(err, fault.NotFound) {
		return nil, refuse(noRole, "there is no role %s", alias.Role)
	}
	if err != nil {
		return nil, fmt.Errorf("find role %s: %w", alias.Role, err)
	}
	if role.Account != cert.Scope.Account {
		return nil, refuse(noRole, "role %s is another account's", alias.Role)
	}
	var c policy.Context
	if role.Trust.NeedsContext() {
		c = trustContext(cert, alias, now)
	}
	said := role.Trusts(policy.Principal{Service: rolealias.Provider}, assumeRole, c)
	if said.Verdict != policy.Allow {
		return nil, refuse(noRole, "the trust policy of role %s doesn't let %s assume it for role alias %q", alias.Role, rolealias.Provider, alias.Name)
	}
	return role, nil
}
