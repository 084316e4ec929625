package iam

import (
	"context"
	"errors"
	"strings"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/index"
	"muster/internal/policy"
)

// source is where a verdict comes from, in AWS's words.
type source struct{ article, name string }

var (
	byIdentity = source{"an", "identity-based policy"}
	bySession  = source{"a", "session policy"}
	byOrigin   = source{"the", "rule for credentials of GetSessionToken without multi-factor authentication"}
	byDevice   = source{"the", "rule for sessions of device certificates, which pass no role and change no control plane (muster serve --device-control-plane)"}
)

// decide is Decide with the source of the verdict. What a session is limited
// to is asked after what its policies allow: it can only take away.
func (d *Directory) decide(c *Caller, action string, resource arn.ARN, extra policy.Context) (policy.Decision, source) {
	if c.barred(action) {
		return policy.Decision{Verdict: policy.Deny, Policy: "GetSessionToken", Statement: -1}, byOrigin
	}
	if d.withheld(c, action) {
		return policy.Decision{Verdict: policy.Deny, Policy: "device certificate", Statement: -1}, byDevice
	}
	r := d.request(c, action, resource, extra)
	said := policy.Decision{Verdict: policy.Allow, Policy: "root", Statement: -1}
	if !c.Root {
		said = policy.Decide(c.Policies(), r)
	}
	if c.Limits == nil || said.Verdict != policy.Allow {
		return said, byIdentity
	}
	if limit := policy.Decide(c.Limits, r); limit.Verdict != policy.Allow {
		return limit, bySession
	}
	return said, byIdentity
}

// Within asks whether the caller's session policies, if it has any, allow
// action on resource.
func (d *Directory) Within(c *Caller, action string, resource arn.ARN, extra policy.Context) bool {
	return c.Limits == nil || policy.Decide(c.Limits, d.request(c, action, resource, extra)).Verdict == policy.Allow
}

// barred reports what credentials of GetSessionToken can't be used for: IAM,
// without multi-factor authentication, which Muster doesn't have, and most of
// STS. Passing a role is a permission and no call of IAM's. AWS names the
// refusal InvalidClientTokenId, as if the key were unknown; here it is
// AccessDenied with the reason.
func (c *Caller) barred(action string) bool {
	if !c.Temporary {
		return false
	}
	service, operation, _ := strings.Cut(strings.ToLower(action), ":")
	switch service {
	case "iam":
		return operation != "passrole"
	case "sts":
		return operation != "assumerole" && operation != "tagsession" && operation != "getcalleridentity"
	}
	return false
}

// What is held of compiled session policies, unless Directory.SessionPolicies
// says otherwise.
const (
	sessionPolicyBytes  = 8 << 20
	sessionPolicyShares = 16
)

// NewSessionPolicies makes room for compiled session policies of about so many
// bytes. Callers choose their texts, so that they have a room of their own, and
// one role's sessions fill a sixteenth of it.
func NewSessionPolicies(bytes int64) *index.Memo[*policy.Document] {
	return index.NewMemo[*policy.Document](bytes, sessionPolicyShares)
}

// Compiled returns a session policy of a session of the role with that id, read
// once for as long as it is in use. It fails with fault.Malformed.
func (d *Directory) Compiled(roleID, document string) (*policy.Document, error) {
	return d.SessionPolicies.Get(roleID, document, func() (*policy.Document, error) {
		return policy.Parse(document, policy.Identity)
	})
}

// InForce returns what the managed policy a says now, the account's own or one
// of AWS's, to a session of the role with that id. It fails like Policy.
func (d *Directory) InForce(ctx context.Context, account, roleID string, a arn.ARN) (*policy.Document, error) {
	if p, ok := awsManaged()[a]; ok {
		return p.compiled()
	}
	p, err := d.Policy(ctx, account, a)
	if err != nil {
		return nil, err
	}
	v, err := d.store.PolicyVersion(ctx, account, p.Name, p.Default)
	if errors.Is(err, fault.NotFound) {
		return nil, noPolicy(a)
	}
	if err != nil {
		return nil, err
	}
	return d.Compiled(roleID, v.Document)
}
