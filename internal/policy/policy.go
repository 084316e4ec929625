// Package policy knows the language of policies: what a document says, and
// what it decides about a request. One engine reads three grammars: IAM
// identity policies, trust policies of roles, and AWS IoT policies.
//
// A document is read once, refused when any part of it isn't understood, and
// compiled: patterns are cut up, addresses, numbers and dates parsed. Deciding
// then looks only at the document and the request; it reads no clock and no
// store. Which policies apply, and what the context holds, is others' to know.
//
// Where the engine can't tell whether a statement is meant (an unparsable
// context value, an exception it can't resolve), an Allow doesn't match and a
// Deny does. What AWS documents comes first: a Resource or a positive
// condition whose variable has no value matches neither.
//
// Behaviour is that of the IAM User Guide, "IAM JSON policy reference" and
// "Policy evaluation logic", and of the AWS IoT Developer Guide, "AWS IoT Core
// policies".
package policy

import (
	"time"

	"muster/internal/arn"
)

// Grammar is a dialect of the language.
type Grammar int

// The grammars.
const (
	Identity Grammar = iota // IAM managed and inline policies: what a role may do
	Trust                   // a role's trust policy: who may become it
	IoT                     // AWS IoT policies: what a device may do
)

// Verdict is what a policy says about a request.
type Verdict int

// The verdicts. Silent is a denial that any Allow elsewhere overrules.
const (
	Silent Verdict = iota
	Allow
	Deny
)

func (v Verdict) String() string {
	switch v {
	case Allow:
		return "allow"
	case Deny:
		return "deny"
	default:
		return "silent"
	}
}

// Decision is a verdict and the statement it came from.
type Decision struct {
	Verdict   Verdict
	Policy    string // the deciding policy's name, where policies have names
	Statement int    // its place in the document, from 0; -1 when silent
	Sid       string // its Sid, if it has one

	// Costly is set on a Deny that no statement made: all that the policies say
	// would take more than MaxSteps to find out.
	Costly bool

	// Delegated is set on an Allow of a trust policy that names only the
	// caller's account: the account decides, so the caller also needs an
	// identity policy that allows it. An Allow naming the caller is preferred.
	Delegated bool
}

// Principal is who asks, for trust policies: an AWS service, or a caller with
// an account. A role's session goes by two names, the role's and its own.
type Principal struct {
	Service string    // such as credentials.iot.amazonaws.com; then the rest is empty
	ARNs    []arn.ARN // every name of the caller; for the root user arn:aws:iam::<account>:root
	Account string    // twelve digits
	ID      string    // unique id of the role or user that the caller is or acts as; "" for root
}

// Request is what is to be decided.
type Request struct {
	Action    string // such as iot:CreateThing; compared without regard to case
	Resource  string // an ARN, or "*" where the action has none; unused by trust policies
	Principal Principal
	Context   Context
}

// Document is a compiled policy. It never changes and may be shared.
type Document struct {
	grammar    Grammar
	version    string
	size       int // characters of its text
	statements []statement
	keys       []string // the condition keys that statements look at, folded
}

// Version answers the document's Version element, "" when it has none.
func (d *Document) Version() string { return d.version }

// statement is one compiled statement.
type statement struct {
	sid          string
	effect       Verdict // Allow or Deny
	actions      []pattern
	notActions   bool
	principals   *principals       // nil but in trust policies
	resources    []resource        // empty in trust policies
	notResources bool              // resources are exceptions
	conditions   []conditionOnAKey // all must hold
	start, end   Position
}

// Named is a policy with the name it is told apart by.
type Named struct {
	Name     string
	Document *Document
}

// Decide answers what d says about r. A matching Deny wins over any Allow.
func (d *Document) Decide(r *Request) Decision {
	q := ask(r, Named{Document: d})
	return d.decide(&q)
}

// Decide answers what docs say about r together: a matching Deny anywhere
// wins, else the first Allow, else nothing is said.
func Decide(docs []Named, r *Request) Decision {
	q := ask(r, docs...)
	return decide(docs, &q)
}

func decide(docs []Named, q *question) Decision {
	said := silent
	for _, named := range docs {
		d := named.Document.decide(q)
		d.Policy = named.Name
		if d.Verdict == Deny {
			return d
		}
		said = better(said, d)
	}
	return said
}

var silent = Decision{Statement: -1}

// better answers the Allow that says more.
func better(said, now Decision) Decision {
	if now.Verdict == Allow && (said.Verdict == Silent || said.Delegated && !now.Delegated) {
		return now
	}
	return said
}

// question is a request with what is worked out once for all statements.
type question struct {
	*Request
	grammar Grammar // of the document being asked
	action  string  // in lower case
	target  target
	steps   int // taken so far
	limit   int // of steps
	dated   struct {
		text string
		time time.Time
		err  error
	}
}

func ask(r *Request, docs ...Named) question {
	return question{Request: r, action: lower(r.Action), target: splitTarget(r.Resource), limit: limit(docs)}
}

func (d *Document) decide(q *question) Decision {
	q.grammar = d.grammar
	said := silent
	for i := range d.statements {
		s := &d.statements[i]
		if said.Verdict == Allow && !said.Delegated && s.effect == Allow {
			continue // only a Deny can change it
		}
		applies, delegated := s.applies(q)
		if q.over() {
			return Decision{Verdict: Deny, Statement: i, Sid: s.sid, Costly: true}
		}
		if !applies {
			continue
		}
		now := Decision{Verdict: s.effect, Statement: i, Sid: s.sid, Delegated: delegated}
		if now.Verdict == Deny {
			now.Delegated = false
			return now
		}
		said = better(said, now)
	}
	return said
}

// applies reports whether the statement is meant for the question.
func (s *statement) applies(q *question) (applies, delegated bool) {
	if s.matchesAction(q) == s.notActions {
		return false, false
	}
	holds := yes
	if s.principals != nil {
		var named truth
		named, delegated = s.principals.name(&q.Principal)
		holds = holds.and(named)
	}
	if holds != no && len(s.resources) > 0 {
		holds = holds.and(s.concerns(q))
	}
	for i := 0; holds != no && i < len(s.conditions); i++ {
		holds = holds.and(s.conditions[i].holds(q))
	}
	return holds.decides(s.effect), delegated
}

func (s *statement) matchesAction(q *question) bool {
	for i := range s.actions {
		if s.actions[i].matches(q, q.action, nil) {
			return true
		}
	}
	return false
}

// concerns reports whether the statement is about the resource asked for.
func (s *statement) concerns(q *question) truth {
	named := no
	for i := range s.resources {
		switch m := s.resources[i].match(q, &q.target); {
		case m == yes:
			if s.notResources {
				return no
			}
			return yes
		case m == maybe:
			named = maybe
		}
	}
	if s.notResources {
		// An exception that can't be resolved may or may not cover the resource.
		return named.not()
	}
	// AWS: a Resource whose variable has no value matches nothing, in a Deny too.
	return no
}
