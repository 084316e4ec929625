package sts

import (
	"context"
	"errors"
	"fmt"
	"time"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/iam"
	"muster/internal/policy"
)

// Caller answers who signed with the login's key, as of now, for one request
// made to at; to be called when the signature is verified, since it counts as
// a use of the key or role. The door adds what it knows of the request:
// SourceIP and the keys of iam.Caller.Context.
//
// It fails with ErrUnknownKey when a key without a session is none any more,
// with ErrExpired, or with ErrWithdrawn when the role is gone or what
// the session was made from would not make it now.
func (l *Login) Caller(ctx context.Context, at iam.Place) (*iam.Caller, error) {
	c, err := l.caller(ctx)
	if err != nil {
		return nil, err
	}
	c.AccessKey = l.AccessKeyID
	l.service.roles.Used(c, at)
	return c, nil
}

func (l *Login) caller(ctx context.Context) (*iam.Caller, error) {
	if l.Session == nil {
		return l.service.keyOwner(ctx, l.AccessKeyID)
	}
	if !l.service.now().Before(l.Session.Expires) {
		return nil, ErrExpired
	}
	return l.service.caller(ctx, l.Session)
}

// caller answers who acts in the session, if it still holds. The expiry of the
// sessions above it is not asked for: as with AWS, a session may outlive the
// one it was asked for with.
func (s *Service) caller(ctx context.Context, session *Session) (*iam.Caller, error) {
	if session.RoleID == "" {
		return s.ownCaller(ctx, session)
	}
	role, err := s.roles.RoleByID(ctx, session.Account, session.RoleID)
	if err != nil {
		return nil, withdrawn(err)
	}
	if session.CertificateID != "" {
		err = s.Granted(ctx, session)
	} else {
		err = s.stillAllowed(ctx, session, role)
	}
	if err != nil {
		return nil, withdrawn(err)
	}
	c := sessionCaller(session, role)
	if c.Limits, err = s.limits(ctx, session); err != nil {
		return nil, withdrawn(err)
	}
	return c, nil
}

// stillAllowed asks whether whoever asked for the session with AssumeRole
// would get it now, from where it was asked then.
func (s *Service) stillAllowed(ctx context.Context, session *Session, role *iam.RoleEntry) error {
	var asker *iam.Caller
	var err error
	if session.Parent != nil {
		asker, err = s.caller(ctx, session.Parent)
	} else {
		asker, err = s.origin(ctx, session)
	}
	if err != nil {
		return err
	}
	asker.SourceIP = session.SourceIP
	asker.Context.Set("aws:SecureTransport", boolText(session.Secure))
	asker.Context.Set("aws:RequestedRegion", session.Region)
	return s.mayAssume(asker, role, session)
}

// withdrawn tells a no from a failure to find out.
func withdrawn(err error) error {
	if fault.Of(err) == nil || errors.Is(err, ErrWithdrawn) {
		return err
	}
	return fmt.Errorf("%w: %v", ErrWithdrawn, err)
}

func rootCaller(account string) *iam.Caller {
	c := &iam.Caller{Account: account, ARN: arn.Root(account), UserID: account, Root: true, Context: policy.Context{}}
	c.Context.Set("aws:PrincipalArn", string(c.ARN))
	c.Context.Set("aws:PrincipalAccount", account)
	c.Context.Set("aws:PrincipalType", "Account")
	c.Context.Set("aws:userid", account)
	return c
}

func sessionCaller(session *Session, role *iam.RoleEntry) *iam.Caller {
	c := &iam.Caller{
		Account: session.Account,
		ARN:     arn.AssumedRole(session.Account, role.Name, session.SessionName),
		UserID:  role.ID + ":" + session.SessionName,
		RoleARN: role.ARN(),
		Role:    role,
		Session: session,
		Device:  session.ofDevice(),
		Context: make(policy.Context, 16),
	}
	c.Context.Set("aws:PrincipalArn", string(c.RoleARN))
	c.Context.Set("aws:PrincipalAccount", c.Account)
	c.Context.Set("aws:PrincipalType", "AssumedRole")
	c.Context.Set("aws:userid", c.UserID)
	c.Context.Set("aws:TokenIssueTime", session.Issued.Format(time.RFC3339))
	c.Context.Set("aws:MultiFactorAuthPresent", "false")
	for _, t := range session.tags() {
		c.Context.Set("aws:PrincipalTag/"+t.Key, t.Value)
	}
	for key, value := range map[string]string{
		"credentials-iot:AwsCertificateId": session.CertificateID,
		"credentials-iot:ThingName":        session.Thing,
		"credentials-iot:ThingTypeName":    session.ThingType,
	} {
		if value != "" {
			c.Context.Set(key, value)
		}
	}
	return c
}

// ofDevice reports whether the session, or one of those it was asked for with,
// was made with a device's certificate.
func (s *Session) ofDevice() bool {
	for ; s != nil; s = s.Parent {
		if s.CertificateID != "" {
			return true
		}
	}
	return false
}

func boolText(b bool) string {
	if b {
		return "true"
	}
	return "false"
}
