package iam

import (
	"context"
	"net/netip"
	"slices"

	"muster/internal/arn"
	"muster/internal/policy"
)

// Caller is who asks: the root user of an account, a user, or a session of a
// role. It is made for one request and belongs to it.
type Caller struct {
	Account string  // twelve digits
	ARN     arn.ARN // arn:aws:iam::<account>:root, the user's, or the session's arn:aws:sts::<account>:assumed-role/<role>/<session>
	UserID  string  // the account's number for root, the user's unique id, or <role id>:<session name>

	// Root may do anything in its account; a rule of its own, see Authorize.
	Root bool

	RoleARN arn.ARN    // with its path; "" for root and users
	Role    *RoleEntry // the role as it is now; nil for root and users
	User    *UserEntry // the user as it is now; nil for root and roles

	// Limits are the session policies: the caller may do only what they allow
	// together as well, and none of them denies. Nil when there are none.
	Limits []policy.Named
	// Temporary is set for a session of GetSessionToken, of root or a user,
	// which may not use IAM and most of STS.
	Temporary bool
	// Device is set for a session that was made with a device's certificate, or
	// asked for with such a session; see Directory.DeviceControlPlane.
	Device bool

	// AccessKey is the id of the key the request was signed with.
	AccessKey string
	// Session is what package sts knows of the session, a *sts.Session; nil
	// for an access key of the root user or a user. Only sts looks at it.
	Session any

	// Context holds the caller's condition keys: aws:PrincipalArn,
	// aws:PrincipalAccount, aws:PrincipalType, aws:userid, for users
	// aws:username, for sessions aws:TokenIssueTime, for devices' sessions credentials-iot:*. The door
	// that authenticated the request adds the request's own:
	// aws:SecureTransport, aws:RequestedRegion, aws:UserAgent.
	// aws:SourceIp and the time are filled in when something is decided.
	Context policy.Context

	// SourceIP is where the request came from; the zero Addr when unknown.
	SourceIP netip.Addr
}

type callerKey struct{}

// WithCaller answers a context that carries c.
func WithCaller(ctx context.Context, c *Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// CallerFrom answers the caller of the request ctx belongs to; nil when it
// has none.
func CallerFrom(ctx context.Context) *Caller {
	c, _ := ctx.Value(callerKey{}).(*Caller)
	return c
}

// Policies answers what is attached to the caller and decides what it may do;
// nothing is attached to root.
func (c *Caller) Policies() []policy.Named {
	switch {
	case c.Role != nil:
		return c.Role.Policies
	case c.User != nil:
		return c.User.Policies
	}
	return nil
}

// LooksAt reports whether what the caller may do can depend on a condition key
// that begins with prefix; see policy.Document.
func (c *Caller) LooksAt(prefix string) bool {
	looks := func(n policy.Named) bool { return n.Document.LooksAt(prefix) }
	return slices.ContainsFunc(c.Policies(), looks) || slices.ContainsFunc(c.Limits, looks)
}

// principals answers every name of the caller, as trust policies may use them.
func (c *Caller) principals() []arn.ARN {
	if c.RoleARN == "" {
		return []arn.ARN{c.ARN}
	}
	return []arn.ARN{c.RoleARN, c.ARN}
}

// Principal answers the caller as trust policies know it.
func (c *Caller) Principal() policy.Principal {
	p := policy.Principal{ARNs: c.principals(), Account: c.Account}
	switch {
	case c.Role != nil:
		p.ID = c.Role.ID
	case c.User != nil:
		p.ID = c.User.ID
	}
	return p
}
