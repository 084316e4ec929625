// Package sts knows temporary credentials: how they are made, how they are
// recognised, and whether they still hold.
//
// Nothing is written when a credential is made. Its session token is the
// session itself, sealed under a key that only Muster has and bound to the
// access key id, from which the secret is derived; every process over the same
// store can open it. A token says ids and never what they allow: at every use
// the role, its policies and what the session was made from are looked at as
// they are now. That is the one place where Muster deliberately differs from
// AWS, whose credentials live until they expire.
//
// Who has a lasting access key, and who may become a role, is asked of package
// iam; whether a certificate
// still gives what it gave is asked through Service.Granted.
//
// Behaviour is that of the AWS STS API Reference.
package sts

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"muster/internal/arn"
	"muster/internal/iam"
	"muster/internal/seal"
	"muster/internal/secret"
)

// MaxLife is the longest that a session of a role lasts. MaxOwnLife is longer;
// keys that seal tokens are kept for longer still.
const MaxLife = 12 * time.Hour

// Session is what a session token says. It was made from exactly one of a
// certificate (CertificateID), an access key of root or a user (AccessKey) or
// another session (Parent). One without a role is of GetSessionToken and acts
// as whoever has AccessKey.
type Session struct {
	Account     string // of the role, or of the key
	Region      string // where it was asked for; for devices that of the role alias
	RoleID      string // unique id of the role, so that a role made anew revives nothing; "" for GetSessionToken
	SessionName string // of devices the certificate id

	CertificateID string // lower-case hex SHA-256 of the certificate's DER
	Generation    string // of its registration, hex: one deleted and registered again revives nothing
	Alias         string // name of the role alias
	AliasID       string // unique id of the role alias
	Thing         string // "" when the device named none
	ThingID       string // unique id of the thing; "" when the device named none
	ThingType     string // "" when the thing has none

	AccessKey string   // id of the key of root or a user
	RootMark  string   // says which secret the root key had; "" for users' keys, whose secrets don't change
	Parent    *Session // the session it was asked for with

	ExternalID string     // as given to AssumeRole
	SourceIP   netip.Addr // where it was asked from; the zero Addr when unknown
	Secure     bool       // whether it was asked for over TLS

	Policy     string    // session policy, JSON; "" when there is none
	PolicyARNs []arn.ARN // managed policies that are session policies
	Tags       []iam.Tag // given to AssumeRole; those of the parents that are transitive come on top
	Transitive []string  // keys of the tags that sessions made from it inherit

	Issued  time.Time // whole seconds
	Expires time.Time
}

// Grant asks for a credential: what its session is to say, Issued and Expires
// aside, and how long it lasts. Whoever fills it in has decided that it may be
// had.
type Grant struct {
	Session
	Life time.Duration // whole seconds, up to MaxLife, or MaxOwnLife without a role
}

// Credential is what a client signs with.
type Credential struct {
	AccessKeyID  string // ASIA and 16 characters of base32
	Secret       secret.String
	SessionToken secret.String
	Expires      time.Time // whole seconds, UTC
}

// Refusal is a reason not to accept an access key or token. Doors turn each
// into the words of their service; errors.Is finds it through what is wrapped
// around it for the log.
type Refusal string

// The refusals, with the names that most of AWS's services give them.
const (
	ErrUnknownKey   Refusal = "the access key is not known"                        // InvalidClientTokenId, UnrecognizedClientException, S3's InvalidAccessKeyId
	ErrInvalidToken Refusal = "the session token is not valid"                     // InvalidClientTokenId, UnrecognizedClientException, S3's InvalidToken
	ErrExpired      Refusal = "the session token has expired"                      // ExpiredToken, ExpiredTokenException
	ErrWithdrawn    Refusal = "what the session was made from no longer allows it" // AWS has no such thing; as ErrInvalidToken
)

func (r Refusal) Error() string { return string(r) }

// Service makes credentials and recognises them.
type Service struct {
	roles  *iam.Directory
	store  Store
	master *seal.Master

	// RootKey answers the account and secret of a root user's access key; ok
	// is false when there is no such key.
	RootKey func(accessKeyID string) (account string, key secret.String, ok bool)
	// Granted asks whether the certificate of a session would be given the
	// same session now: same role, same alias, by their ids. An error with a
	// kind of package fault is a no.
	Granted func(ctx context.Context, s *Session) error
	// Now tells the time; time.Now when nil.
	Now func() time.Time
	// Log takes a record of every credential made; slog.Default() when nil.
	Log *slog.Logger

	keys   atomic.Pointer[keyring]
	mu     sync.Mutex // held by whoever loads the keys
	missed time.Time  // when they were last loaded for an unknown one; guarded by mu
}

// New makes a service whose sealing keys lie in store under master. RootKey
// and Granted are to be set before it is used.
func New(store Store, master *seal.Master, roles *iam.Directory) *Service {
	return &Service{store: store, master: master, roles: roles}
}

func (s *Service) now() time.Time {
	if s.Now != nil {
		return s.Now().UTC()
	}
	return time.Now().UTC()
}

func (s *Service) log() *slog.Logger {
	if s.Log != nil {
		return s.Log
	}
	return slog.Default()
}

// Mint makes a credential. It decides nothing: see Grant.
func (s *Service) Mint(ctx context.Context, g Grant) (Credential, error) {
	if err := g.valid(); err != nil {
		return Credential{}, err
	}
	keys, err := s.ring(ctx)
	if err != nil {
		return Credential{}, err
	}
	if mark := s.rootMark(g.AccessKey); mark != "" {
		g.RootMark = mark
	}
	g.Issued = s.now().Truncate(time.Second)
	g.Expires = g.Issued.Add(g.Life)
	id := newAccessKeyID()
	token, err := keys.current.seal(id, &g.Session)
	if err != nil {
		return Credential{}, err
	}
	s.log().LogAttrs(ctx, slog.LevelInfo, "credential issued", slog.Attr{Key: "audit", Value: slog.GroupValue(
		slog.String("access_key", id), slog.String("account", g.Account), slog.String("region", g.Region),
		slog.String("role_id", g.RoleID), slog.String("session", g.SessionName), slog.String("alias", g.Alias),
		slog.String("thing", g.Thing), slog.String("source", source(g.SourceIP)), slog.Time("expires", g.Expires),
	)})
	return Credential{
		AccessKeyID:  id,
		Secret:       keys.current.secretOf(id),
		SessionToken: secret.New(token),
		Expires:      g.Expires,
	}, nil
}

// source is an address as the audit record has it; "" when unknown.
func source(ip netip.Addr) string {
	if !ip.IsValid() {
		return ""
	}
	return ip.String()
}

func (g *Grant) valid() error {
	origins, most := 0, MaxLife
	if g.RoleID == "" {
		most = MaxOwnLife
	}
	for _, has := range []bool{g.CertificateID != "", g.AccessKey != "", g.Parent != nil} {
		if has {
			origins++
		}
	}
	switch {
	case origins != 1:
		return fmt.Errorf("mint a session of role %s: it has %d origins, not one", g.RoleID, origins)
	case g.Life <= 0 || g.Life > most || g.Life%time.Second != 0:
		return fmt.Errorf("mint a session of role %s: it can't last %v", g.RoleID, g.Life)
	case g.Account == "" || (g.RoleID == "" || g.SessionName == "") && !g.own():
		return fmt.Errorf("mint a session of role %q: account or name are missing", g.RoleID)
	}
	return nil
}

// own reports whether the session is one of GetSessionToken.
func (s *Session) own() bool { return s.RoleID == "" && s.SessionName == "" && s.AccessKey != "" }

// Login is an access key that was recognised, before the signature made with
// it is verified.
type Login struct {
	AccessKeyID string
	Secret      secret.String // to verify the signature with
	Account     string
	Session     *Session // nil for an access key of root or a user

	service *Service
}

// Authenticate recognises an access key by its id and, for temporary
// credentials, the session token beside it; token is "" when the request has
// none. It doesn't ask whether the session still holds: see Login.Caller.
//
// It fails with ErrUnknownKey, ErrInvalidToken or ErrExpired.
func (s *Service) Authenticate(ctx context.Context, accessKeyID, token string) (*Login, error) {
	if token == "" {
		account, key, err := s.keySecret(ctx, accessKeyID)
		if err != nil {
			return nil, err
		}
		return &Login{AccessKeyID: accessKeyID, Secret: key, Account: account, service: s}, nil
	}
	key, session, err := s.open(ctx, accessKeyID, token)
	if err != nil {
		return nil, err
	}
	if !s.now().Before(session.Expires) {
		return nil, ErrExpired
	}
	return &Login{
		AccessKeyID: accessKeyID, Secret: key.secretOf(accessKeyID),
		Account: session.Account, Session: session, service: s,
	}, nil
}
