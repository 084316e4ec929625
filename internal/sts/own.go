package sts

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"muster/internal/fault"
	"muster/internal/iam"
	"muster/internal/policy"
	"muster/internal/secret"
)

// How long a session of GetSessionToken lasts.
const (
	MaxOwnLife     = 36 * time.Hour
	defaultOwnLife = 12 * time.Hour
	rootOwnLife    = time.Hour // by default and at most
)

// GetSessionToken makes caller, root or a user, a temporary credential of its
// own. life is 15 minutes to 36 hours, 0 for the default of 12; root's last an
// hour at most, however long was asked for. What it can't be used for says
// iam.Caller.Temporary.
//
// It fails with fault.Invalid, or with fault.Denied when caller is in a
// session already.
func (s *Service) GetSessionToken(ctx context.Context, caller *iam.Caller, region string, life time.Duration) (Credential, error) {
	if caller.Session != nil {
		return Credential{}, fault.Denied.Errorf("Cannot call GetSessionToken with session credentials")
	}
	if life != 0 && (life < leastLife || life > MaxOwnLife || life%time.Second != 0) {
		return Credential{}, fault.Invalid.Errorf("The DurationSeconds must be between %d and %d.", leastLife/time.Second, MaxOwnLife/time.Second)
	}
	if life == 0 {
		life = defaultOwnLife
	}
	if caller.Root {
		life = min(life, rootOwnLife)
	}
	return s.Mint(ctx, Grant{Life: life, Session: Session{Account: caller.Account, Region: region, AccessKey: caller.AccessKey}})
}

// KeyAccount answers the account of an access key of root or a user, active or
// not. It fails with fault.Invalid when there is no such key, as for every
// temporary one: of those nothing is kept.
func (s *Service) KeyAccount(ctx context.Context, accessKeyID string) (string, error) {
	if account, _, ok := s.RootKey(accessKeyID); ok {
		return account, nil
	}
	k, err := s.roles.AccessKey(ctx, accessKeyID)
	if errors.Is(err, fault.NotFound) {
		return "", fault.Invalid.Errorf("The access key %s is not known.", accessKeyID)
	}
	if err != nil {
		return "", err
	}
	return k.Account, nil
}

// keySecret answers account and secret of an access key of root or a user that
// is active now. It fails with ErrUnknownKey.
func (s *Service) keySecret(ctx context.Context, accessKeyID string) (account string, key secret.String, err error) {
	if account, key, ok := s.RootKey(accessKeyID); ok {
		return account, key, nil
	}
	k, err := s.userKey(ctx, accessKeyID)
	if err != nil {
		return "", secret.String{}, err
	}
	return k.Account, k.Secret, nil
}

func (s *Service) userKey(ctx context.Context, accessKeyID string) (*iam.KeyEntry, error) {
	k, err := s.roles.AccessKey(ctx, accessKeyID)
	switch {
	case errors.Is(err, fault.NotFound):
		return nil, ErrUnknownKey
	case err != nil:
		return nil, err
	case !k.Active:
		return nil, fmt.Errorf("%w: it is inactive", ErrUnknownKey)
	}
	return k, nil
}

// rootMark tells the secrets of the root key apart, which may change under one
// id; "" for any other key. It is kept in sealed tokens alone.
func (s *Service) rootMark(accessKeyID string) string {
	_, key, ok := s.RootKey(accessKeyID)
	if !ok {
		return ""
	}
	sum := sha256.Sum256([]byte("root key of sessions\x00" + key.Reveal()))
	return string(sum[:8])
}

// origin answers who has the access key that a session was made with, if it is
// the key still: another secret under the id of the root key ends the sessions
// of the one before. It fails with ErrWithdrawn.
func (s *Service) origin(ctx context.Context, session *Session) (*iam.Caller, error) {
	c, err := s.keyOwner(ctx, session.AccessKey)
	if err == nil && s.rootMark(session.AccessKey) != session.RootMark {
		err = fmt.Errorf("%w: it has another secret", ErrUnknownKey)
	}
	if errors.Is(err, ErrUnknownKey) {
		return nil, fmt.Errorf("%w: its access key: %v", ErrWithdrawn, err)
	}
	return c, err
}

// keyOwner answers who has an access key of root or a user, as of now. It
// fails with ErrUnknownKey.
func (s *Service) keyOwner(ctx context.Context, accessKeyID string) (*iam.Caller, error) {
	if account, _, ok := s.RootKey(accessKeyID); ok {
		return rootCaller(account), nil
	}
	k, err := s.userKey(ctx, accessKeyID)
	if err != nil {
		return nil, err
	}
	u, err := s.roles.UserByID(ctx, k.Account, k.UserID)
	if errors.Is(err, fault.NotFound) {
		return nil, fmt.Errorf("%w: its user is gone", ErrUnknownKey)
	}
	if err != nil {
		return nil, err
	}
	return userCaller(u), nil
}

func userCaller(u *iam.UserEntry) *iam.Caller {
	c := &iam.Caller{Account: u.Account, ARN: u.ARN(), UserID: u.ID, User: u, Context: make(policy.Context, 16)}
	c.Context.Set("aws:PrincipalArn", string(c.ARN))
	c.Context.Set("aws:PrincipalAccount", u.Account)
	c.Context.Set("aws:PrincipalType", "User")
	c.Context.Set("aws:userid", u.ID)
	c.Context.Set("aws:username", u.Name)
	for _, t := range u.Tags {
		c.Context.Set("aws:PrincipalTag/"+t.Key, t.Value)
	}
	return c
}

// ownCaller answers who acts in a session of GetSessionToken: whoever has the
// key it was made with, with the restrictions of such sessions.
func (s *Service) ownCaller(ctx context.Context, session *Session) (*iam.Caller, error) {
	c, err := s.origin(ctx, session)
	if err != nil {
		return nil, err
	}
	c.Temporary = true
	c.Session = session
	c.Context.Set("aws:TokenIssueTime", session.Issued.Format(time.RFC3339))
	c.Context.Set("aws:MultiFactorAuthPresent", "false")
	return c, nil
}
