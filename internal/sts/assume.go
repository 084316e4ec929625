package sts

import (
	"context"
	"errors"
	"maps"
	"regexp"
	"slices"
	"time"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/iam"
	"muster/internal/policy"
)

const (
	action       = "sts:AssumeRole"
	tagAction    = "sts:TagSession"
	defaultLife  = time.Hour
	leastLife    = 15 * time.Minute
	chainedLife  = time.Hour // the most, for a session asked for with a session
	longestChain = 5         // sessions made one from another; Muster's own limit, to bound a token
)

var (
	sessionNameForm = regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)
	externalIDForm  = regexp.MustCompile(`^[\w+=,.@:/-]+$`)
)

// Ask is a request to become a role.
type Ask struct {
	Role        arn.ARN
	SessionName string        // 2 to 64 characters of [\w+=,.@-]
	Life        time.Duration // 15 min up to the role's MaxSession; 0 is an hour
	ExternalID  string        // for sts:ExternalId; "" when none was given
	Region      string        // of the request

	// Session policies: the session may do only what they allow as well.
	Policy     string    // JSON; "" when none was given
	PolicyARNs []arn.ARN // of managed policies, AWS's or the role's account's

	Tags       []iam.Tag // for aws:PrincipalTag/… of the session
	Transitive []string  // keys of those that sessions made from it inherit
}

// Assumed is a session of a role with the credential for it.
type Assumed struct {
	Credential
	ARN arn.ARN // arn:aws:sts::<account>:assumed-role/<role>/<session>
	ID  string  // <role id>:<session name>

	// Packed is how much of a token is taken, in percent; 0 when neither
	// policies nor tags were given.
	Packed int
}

// AssumeRole lets caller become a role whose trust policy allows it: by naming
// the caller, or by naming the caller's account, whose own policies then have
// to allow sts:AssumeRole on the role too. Across accounts both have to allow
// it in any case, and a Deny on either side wins. A session with tags, given
// or inherited, needs sts:TagSession in the same way.
//
// The root user may assume roles under the same rules, which AWS doesn't let
// it: where there are no users yet, it plays their part.
//
// It fails with fault.Invalid, fault.Malformed (the session policy),
// fault.LimitExceeded (more than a token can hold), or with fault.Denied, also
// when there is no such role, in the same words.
func (s *Service) AssumeRole(ctx context.Context, caller *iam.Caller, ask Ask) (Assumed, error) {
	if err := ask.valid(); err != nil {
		return Assumed{}, err
	}
	ask.Policy = compacted(ask.Policy)
	denied := iam.Denied(caller, action, string(ask.Role), "")
	role, err := s.roles.RoleByARN(ctx, ask.Role)
	if errors.Is(err, fault.NotFound) {
		return Assumed{}, denied
	}
	if err != nil {
		return Assumed{}, err
	}
	grant := ask.grant(caller, role)
	grant.RootMark = s.rootMark(grant.AccessKey) // looked at below, before it is minted
	if err := s.mayAssume(caller, role, &grant.Session); err != nil {
		return Assumed{}, err
	}
	if err := s.checkLimits(ctx, &grant.Session); err != nil {
		return Assumed{}, err
	}
	// What allows the session must be able to allow it at every use, when less
	// is known of the request than now.
	switch _, err := s.caller(ctx, &grant.Session); {
	case errors.Is(err, ErrWithdrawn):
		return Assumed{}, denied
	case err != nil:
		return Assumed{}, err
	}
	if err := grant.fits(role); err != nil {
		return Assumed{}, err
	}
	cred, err := s.Mint(ctx, grant)
	if err != nil {
		return Assumed{}, err
	}
	packed := 0
	if grant.Policy != "" || len(grant.PolicyARNs) > 0 || len(grant.Tags) > 0 {
		packed = (len(cred.SessionToken.Reveal())*100 + maxToken - 1) / maxToken
	}
	return Assumed{
		Packed:     packed,
		Credential: cred,
		ARN:        arn.AssumedRole(role.Account, role.Name, ask.SessionName),
		ID:         role.ID + ":" + ask.SessionName,
	}, nil
}

func (a Ask) valid() error {
	switch {
	case !sessionNameForm.MatchString(a.SessionName):
		return fault.Invalid.Errorf("The role session name must be 2 to 64 characters of letters, digits and +=,.@_-")
	case a.ExternalID != "" && (len(a.ExternalID) < 2 || len(a.ExternalID) > 1224 || !externalIDForm.MatchString(a.ExternalID)):
		return fault.Invalid.Errorf("The external id must be 2 to 1224 characters of letters, digits and +=,.@:/_-")
	case a.Life != 0 && (a.Life < leastLife || a.Life > MaxLife || a.Life%time.Second != 0):
		return fault.Invalid.Errorf("The DurationSeconds must be between %d and %d.", leastLife/time.Second, MaxLife/time.Second)
	}
	return a.validLimits()
}

// grant answers what the session is to say.
func (a Ask) grant(caller *iam.Caller, role *iam.RoleEntry) Grant {
	g := Grant{Life: a.Life, Session: Session{
		Account: role.Account, Region: a.Region, RoleID: role.ID, SessionName: a.SessionName,
		ExternalID: a.ExternalID,
		SourceIP:   caller.SourceIP,
		Secure:     slices.Contains(caller.Context["aws:securetransport"], "true"),
		Policy:     a.Policy,
		PolicyARNs: a.PolicyARNs,
		Tags:       a.Tags,
		Transitive: a.Transitive,
	}}
	if g.Life == 0 {
		g.Life = defaultLife
	}
	if parent, ok := caller.Session.(*Session); ok && parent != nil {
		g.Parent = parent
	} else {
		g.AccessKey = caller.AccessKey
	}
	return g
}

// fits asks whether the session may last as long, and descend from as many.
func (g *Grant) fits(role *iam.RoleEntry) error {
	chain := 0
	for s := &g.Session; s != nil; s = s.Parent {
		chain++
	}
	switch {
	case g.Life > role.MaxSession:
		return fault.Invalid.Errorf("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	case g.Parent != nil && g.Parent.RoleID != "" && g.Life > chainedLife:
		return fault.Invalid.Errorf("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.")
	case chain > longestChain:
		return fault.Invalid.Errorf("The session would be the last of a chain of %d, of which %d are possible.", chain, longestChain)
	}
	return nil
}

// mayAssume asks whether caller may become role with what the session says: a
// fault.Denied if not.
func (s *Service) mayAssume(caller *iam.Caller, role *iam.RoleEntry, session *Session) error {
	keys := session.keys()
	keys.Set("aws:ResourceAccount", role.Account)
	if err := s.may(caller, action, role, keys); err != nil {
		return err
	}
	if len(session.tags()) == 0 {
		return nil
	}
	return s.may(caller, tagAction, role, keys)
}

// may asks the role's trust policy, and the caller's own policies where it
// leaves the decision to them, all under the role's tags. Session policies of
// the caller's are asked in any case.
func (s *Service) may(caller *iam.Caller, action string, role *iam.RoleEntry, keys policy.Context) error {
	denied := iam.Denied(caller, action, string(role.ARN()), "")
	trusted := role.Trusts(caller.Principal(), action, s.roles.Conditions(caller, keys))
	if trusted.Verdict != policy.Allow {
		return denied
	}
	keys = maps.Clone(keys)
	iam.ResourceTags(keys, role.Tags) // the trust policy knows them
	own := s.roles.Decide(caller, action, role.ARN(), keys)
	needed := trusted.Delegated || caller.Account != role.Account
	if own.Verdict == policy.Deny || needed && own.Verdict != policy.Allow || !s.roles.Within(caller, action, role.ARN(), keys) {
		return denied
	}
	return nil
}

// checkLimits asks whether the session policies are there and can be read, and
// whether the tags leave alone those that are inherited. It fails with
// fault.Invalid or fault.Malformed.
func (s *Service) checkLimits(ctx context.Context, session *Session) error {
	_, err := s.limits(ctx, session)
	if errors.Is(err, fault.NotFound) {
		return fault.Invalid.Errorf("%v", err)
	}
	if err != nil {
		return err
	}
	for _, t := range session.inherited() {
		if slices.ContainsFunc(session.Tags, sameKey(t.Key)) {
			return fault.Invalid.Errorf("One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.")
		}
	}
	if n := len(session.tags()); n > iam.MaxTags {
		return fault.Invalid.Errorf("The session would have %d tags, of which %d are possible.", n, iam.MaxTags)
	}
	return nil
}
