package iam

import (
	"context"
	"net/netip"

	"muster/internal/arn"
	"muster/internal/policy"
)

// Caller is who asks: the root user of an account, or a session of a role. It
// is made for one request and belongs to it.
type Caller struct {
	Account string  // twelve digits
	ARN     arn.ARN // arn:aws:iam::<account>:root, or the session's arn:aws:sts::<account>:assumed-role/<role>/<session>
	UserID  string  // the account's number for root, <role id>:<session name> for a session

	// Root may do anything in its account; a rule of its own, see Authorize.
	Root bool

	RoleARN arn.ARN    // with its path; "" for root
	Role    *RoleEntry // the role as it is now; nil for root

	// AccessKey is the id of the key the request was signed with.
	AccessKey string
	// Session is what package sts knows of the session, a *sts.Session; nil
	// for an access key of the root user. Only sts looks at it.
	Session any

	// Context holds the caller's condition keys: aws:PrincipalArn,
	// aws:PrincipalAccount, aws:PrincipalType, aws:userid, for sessions
	// aws:TokenIssueTime, for devices' sessions credentials-iot:*. The door
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

// principals answers every name of the caller, as trust policies may use them.
func (c *Caller) principals() []arn.ARN {
	if c.RoleARN == "" {
		return []arn.ARN{c.ARN}
	}
	return []arn.ARN{c.RoleARN, c.ARN}
}

// Principal answers the caller as trust policies know it.
func (c *Caller) Principal() policy.Principal {
	return policy.Principal{ARNs: c.principals(), Account: c.Account}
}
