package policy

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"muster/internal/arn"
)

// principals are those a trust statement names.
type principals struct {
	not      bool      // those it doesn't name
	everyone bool      // every caller with an account; never a service
	services []string  // exact names
	arns     []arn.ARN // roles, users and their sessions, exact
	accounts []string  // whole accounts, by id or root ARN
}

var (
	callerForm = regexp.MustCompile(`^arn:aws:iam::[0-9]{12}:(user|role)/([!-~]+/)?[\w+=,.@-]+$` +
		`|^arn:aws:sts::[0-9]{12}:(assumed-role/[\w+=,.@-]+|federated-user)/[\w+=,.@-]+$`)
	rootForm      = regexp.MustCompile(`^arn:aws:iam::([0-9]{12}):root$`)
	serviceForm   = regexp.MustCompile(`^[a-z0-9-]+(\.[a-z0-9-]+)*\.(amazonaws\.com(\.cn)?|amazon\.com)$`)
	federatedForm = regexp.MustCompile(`^[!-)+-~]+$`) // no star: it could only be meant as "anyone"
)

func compilePrincipals(n *node, place string) (*principals, error) {
	if n.shape == aString && n.text == "*" {
		return &principals{everyone: true}, nil
	}
	if n.shape != anObject || len(n.members) == 0 {
		return nil, malformed(place, `Invalid principal in policy: it must be "*" or an object with AWS, Service or Federated.`)
	}
	p := &principals{}
	for i := range n.members {
		m := &n.members[i]
		err := eachText(&m.value, place+"."+m.name, func(text, at string) error {
			if !p.add(m.name, text) {
				return malformed(at, "Invalid principal in policy: %s", fmt.Sprintf("%q:%q", strings.ReplaceAll(m.name, "Service", "SERVICE"), text))
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return p, nil
}

// add takes in one principal; false when it is none.
func (p *principals) add(class, text string) bool {
	switch class {
	case "AWS":
		if root := rootForm.FindStringSubmatch(text); root != nil {
			text = root[1]
		}
		switch {
		case text == "*":
			p.everyone = true
		case arn.IsAccount(text):
			p.accounts = append(p.accounts, text)
		case callerForm.MatchString(text):
			p.arns = append(p.arns, arn.ARN(text))
		default:
			return false
		}
		return true
	case "Service":
		p.services = append(p.services, text)
		return serviceForm.MatchString(text)
	case "Federated":
		return federatedForm.MatchString(text) // nobody signs in that way here: it names no one
	default:
		return false
	}
}

// Principals answers the ARNs of roles, users and sessions that a trust policy
// names, whether it trusts them or not.
func (d *Document) Principals() []arn.ARN {
	var all []arn.ARN
	for i := range d.statements {
		if p := d.statements[i].principals; p != nil {
			all = append(all, p.arns...)
		}
	}
	return all
}

// name reports whether the statement means the caller, and whether only by
// naming its account.
func (p *principals) name(caller *Principal) (named truth, delegated bool) {
	if p.not {
		return truthOf(!p.spares(caller)), false
	}
	switch {
	case caller.Service != "":
		return truthOf(slices.Contains(p.services, caller.Service)), false
	case caller.Account == "":
		return no, false
	case p.everyone || slices.ContainsFunc(caller.ARNs, p.lists):
		return yes, false
	case slices.Contains(p.accounts, caller.Account):
		return yes, !caller.root()
	}
	return no, false
}

// spares reports whether a NotPrincipal leaves the caller out. AWS wants all
// of its names there: the account, the role and the session.
func (p *principals) spares(caller *Principal) bool {
	switch {
	case caller.Service != "":
		return slices.Contains(p.services, caller.Service)
	case p.everyone:
		return true
	case !slices.Contains(p.accounts, caller.Account):
		return false
	}
	return caller.root() || len(caller.ARNs) > 0 && !slices.ContainsFunc(caller.ARNs, func(a arn.ARN) bool { return !p.lists(a) })
}

func (p *principals) lists(a arn.ARN) bool { return slices.Contains(p.arns, a) }

func (p *Principal) root() bool { return slices.Contains(p.ARNs, arn.Root(p.Account)) }
