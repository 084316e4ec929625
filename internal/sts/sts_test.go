package sts_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"muster/internal/arn"
	"muster/internal/iam"
	"muster/internal/index"
	"muster/internal/seal"
	"muster/internal/secret"
	"muster/internal/store"
	"muster/internal/store/storetest"
	"muster/internal/sts"
)

const (
	account   = "000000000000"
	rootKeyID = "AKIAROOT"
	certID    = "599efcf0c2f4a1d1f9b1f4b3c1d2e3f405162738495a6b7c8d9eafb0c1d218ba"
)

// world is a service with all it stands on.
type world struct {
	*sts.Service
	roles   *iam.Directory
	db      *store.DB
	master  *seal.Master
	now     time.Time
	rootKey string // "" when the root key is gone
	secret  string // of the root key
	granted error
}

func newWorld(t testing.TB) *world {
	t.Helper()
	x := index.New(1024)
	dir := t.TempDir()
	db := storetest.Open(t, dir, x)
	master, _, err := seal.Load(filepath.Join(dir, "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{db: db, master: master, roles: iam.New(db.IAM(), x), now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), rootKey: rootKeyID, secret: "root secret"}
	w.roles.Master = master
	w.roles.Now = func() time.Time { return w.now }
	w.Service = w.another()
	return w
}

// another is a service of another process over the same store.
func (w *world) another() *sts.Service {
	s := sts.New(w.db.STS(), w.master, w.roles)
	s.Now = func() time.Time { return w.now }
	s.Log = slog.New(slog.DiscardHandler)
	s.RootKey = func(id string) (string, secret.String, bool) {
		return account, secret.New(w.secret), id == w.rootKey
	}
	s.Granted = func(context.Context, *sts.Session) error { return w.granted }
	return s
}

func (w *world) role(t testing.TB, name, trust string) *iam.RoleEntry {
	t.Helper()
	if _, err := w.roles.CreateRole(t.Context(), iam.Role{Account: account, Name: name, TrustDocument: trust, MaxSession: 2 * time.Hour}); err != nil {
		t.Fatal(err)
	}
	role, err := w.roles.Role(t.Context(), account, name)
	if err != nil {
		t.Fatal(err)
	}
	return role
}

func device(role string) sts.Session {
	return sts.Session{
		Account: account, Region: "us-east-1", RoleID: role, SessionName: certID, CertificateID: certID, Generation: strings.Repeat("0f", 32),
		Alias: "SageMakerEdge-pumps", AliasID: "alias-1", Thing: "pump-7", ThingID: "6ba7b810-9dad-41d1-80b4-00c04fd430c8", ThingType: "pump",
		SourceIP: netip.MustParseAddr("10.1.2.3"),
	}
}

func mint(t testing.TB, s *sts.Service, session sts.Session, life time.Duration) sts.Credential {
	t.Helper()
	cred, err := s.Mint(t.Context(), sts.Grant{Session: session, Life: life})
	if err != nil {
		t.Fatal(err)
	}
	return cred
}

var sameSession = cmpopts.EquateComparable(netip.Addr{})

func TestASessionComesBackAsItWasSealed(t *testing.T) {
	whole := device("AROAABCDEFGHIJKLMNOP")
	bare := sts.Session{Account: "999999999999", Region: "eu-west-1", RoleID: "AROAABCDEFGHIJKLMNOP", SessionName: "me", AccessKey: "AKIAUSER"}
	for _, tc := range []struct {
		name    string
		session sts.Session
	}{
		{"a device", whole},
		{"a device without a thing", func() sts.Session { s := whole; s.Thing, s.ThingID, s.ThingType = "", "", ""; return s }()},
		{"a thing's id that is no UUID", func() sts.Session { s := whole; s.ThingID = "pump"; return s }()},
		{"a thing's id in capitals", func() sts.Session { s := whole; s.ThingID = strings.ToUpper(s.ThingID); return s }()},
		{"a device by another name", func() sts.Session { s := whole; s.SessionName = "pump-7"; return s }()},
		{"a certificate id that is no hex", func() sts.Session { s := whole; s.CertificateID = "x"; return s }()},
		{"a certificate id in capitals", func() sts.Session { s := whole; s.CertificateID = strings.ToUpper(certID); return s }()},
		{"a generation that is no hex", func() sts.Session { s := whole; s.Generation = "first"; return s }()},
		{"no generation", func() sts.Session { s := whole; s.Generation = ""; return s }()},
		{"from IPv6", func() sts.Session { s := whole; s.SourceIP = netip.MustParseAddr("2001:db8::7"); return s }()},
		{"an access key", bare},
		{"over TLS, with an external id", func() sts.Session { s := bare; s.Secure, s.ExternalID = true, "12:34"; return s }()},
		{"an unusual role id", func() sts.Session { s := bare; s.RoleID = "AROA-x"; return s }()},
		{"limited by policies, with tags", func() sts.Session {
			s := bare
			s.Policy = `{"Version":"2012-10-17","Statement":[]}`
			s.PolicyARNs = []arn.ARN{"arn:aws:iam::aws:policy/service-role/x", "arn:aws:iam::999999999999:policy/y"}
			s.Tags = []iam.Tag{{Key: "team", Value: "pumps"}, {Key: "empty"}}
			s.Transitive = []string{"team"}
			return s
		}()},
		{"of GetSessionToken", sts.Session{Account: account, Region: "us-east-1", AccessKey: "AKIAUSER", RootMark: "\x00\xff\x01"}},
		{"a session of a session of a device", func() sts.Session {
			first := whole
			first.Issued, first.Expires = time.Unix(1_700_000_000, 0).UTC(), time.Unix(1_700_003_600, 0).UTC()
			second := bare
			second.AccessKey, second.Parent = "", &first
			second.Issued, second.Expires = first.Issued, first.Expires
			third := bare
			third.AccessKey, third.Parent = "", &second
			return third
		}()},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t)
			cred := mint(t, w.Service, tc.session, time.Hour)
			login, err := w.Authenticate(t.Context(), cred.AccessKeyID, cred.SessionToken.Reveal())
			if err != nil {
				t.Fatal(err)
			}
			want := tc.session
			want.Issued, want.Expires = w.now, w.now.Add(time.Hour)
			if diff := cmp.Diff(&want, login.Session, sameSession); diff != "" {
				t.Error(diff)
			}
			if !login.Secret.Equal(cred.Secret) || login.Account != tc.session.Account {
				t.Errorf("got another secret, or account %q", login.Account)
			}
			if !cred.Expires.Equal(want.Expires) {
				t.Errorf("expires %v, want %v", cred.Expires, want.Expires)
			}
		})
	}
}

func TestFormsOfACredential(t *testing.T) {
	w := newWorld(t)
	longest := sts.Session{
		Account: account, Region: strings.Repeat("r", 32), RoleID: "AROAABCDEFGHIJKLMNOP", SessionName: certID, CertificateID: certID, Generation: strings.Repeat("0f", 32),
		Alias: strings.Repeat("a", 128), AliasID: strings.Repeat("i", 36), Thing: strings.Repeat("t", 128), ThingID: "6ba7b810-9dad-41d1-80b4-00c04fd430c8", ThingType: strings.Repeat("y", 128),
		SourceIP: netip.MustParseAddr("2001:db8::7"),
	}
	cred := mint(t, w.Service, longest, 12*time.Hour)
	if n := len(cred.SessionToken.Reveal()); n > 1000 {
		t.Errorf("the longest token of a device has %d characters", n)
	}
	if !regexp.MustCompile(`^ASIA[A-Z2-7]{16}$`).MatchString(cred.AccessKeyID) {
		t.Errorf("access key id %q", cred.AccessKeyID)
	}
	if !regexp.MustCompile(`^[A-Za-z0-9+/]{40}$`).MatchString(cred.Secret.Reveal()) {
		t.Error("the secret is not 40 characters of base64")
	}
	other := mint(t, w.Service, longest, time.Hour)
	if other.AccessKeyID == cred.AccessKeyID || other.Secret.Equal(cred.Secret) {
		t.Error("two credentials share a key")
	}
}

func TestMintRefuses(t *testing.T) {
	w := newWorld(t)
	good := device("AROAABCDEFGHIJKLMNOP")
	for _, tc := range []struct {
		name string
		make func(*sts.Grant)
	}{
		{"no origin", func(g *sts.Grant) { g.CertificateID = "" }},
		{"two origins", func(g *sts.Grant) { g.AccessKey = rootKeyID }},
		{"no life", func(g *sts.Grant) { g.Life = 0 }},
		{"too long a life", func(g *sts.Grant) { g.Life = 12*time.Hour + time.Second }},
		{"no role, and a certificate", func(g *sts.Grant) { g.RoleID, g.SessionName = "", "" }},
		{"no role, and too long a life", func(g *sts.Grant) {
			g.Session, g.Life = sts.Session{Account: account, AccessKey: rootKeyID}, 36*time.Hour+time.Second
		}},
		{"no account", func(g *sts.Grant) { g.Account = "" }},
		{"a strange account", func(g *sts.Grant) { g.Account = "12345678901x" }},
		{"no role", func(g *sts.Grant) { g.RoleID = "" }},
		{"no name", func(g *sts.Grant) { g.SessionName = "" }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			g := sts.Grant{Session: good, Life: time.Hour}
			tc.make(&g)
			if cred, err := w.Mint(t.Context(), g); err == nil {
				t.Errorf("got %v", cred)
			}
		})
	}
}

func TestAuthenticateRefuses(t *testing.T) {
	w := newWorld(t)
	cred := mint(t, w.Service, device("AROAABCDEFGHIJKLMNOP"), time.Hour)
	other := mint(t, w.Service, device("AROAABCDEFGHIJKLMNOP"), time.Hour)
	stranger := newWorld(t)
	foreign := mint(t, stranger.Service, device("AROAABCDEFGHIJKLMNOP"), time.Hour)
	token := cred.SessionToken.Reveal()
	for _, tc := range []struct {
		name, key, token string
		want             error
	}{
		{"an unknown key without a token", "AKIAOTHER", "", sts.ErrUnknownKey},
		{"a temporary key without its token", cred.AccessKeyID, "", sts.ErrUnknownKey},
		{"no key", "", "", sts.ErrUnknownKey},
		{"the root key with a token", rootKeyID, token, sts.ErrInvalidToken},
		{"another's token", cred.AccessKeyID, other.SessionToken.Reveal(), sts.ErrInvalidToken},
		{"a key in lower case", strings.ToLower(cred.AccessKeyID), token, sts.ErrInvalidToken},
		{"a longer key", cred.AccessKeyID + "A", token, sts.ErrInvalidToken},
		{"a token of another installation", foreign.AccessKeyID, foreign.SessionToken.Reveal(), sts.ErrInvalidToken},
		{"not base64", cred.AccessKeyID, "%%%", sts.ErrInvalidToken},
		{"padded", cred.AccessKeyID, token + "=", sts.ErrInvalidToken},
		{"cut short", cred.AccessKeyID, token[:len(token)-1], sts.ErrInvalidToken},
		{"cut to its head", cred.AccessKeyID, token[:12], sts.ErrInvalidToken},
		{"one character", cred.AccessKeyID, "A", sts.ErrInvalidToken},
		{"longer", cred.AccessKeyID, token + "AAAA", sts.ErrInvalidToken},
		{"a line break inside", cred.AccessKeyID, token[:8] + "\n" + token[8:], sts.ErrInvalidToken},
		{"a megabyte", cred.AccessKeyID, strings.Repeat("A", 1<<20), sts.ErrInvalidToken},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if login, err := w.Authenticate(t.Context(), tc.key, tc.token); !errors.Is(err, tc.want) {
				t.Errorf("got %v, %v, want %v", login, err, tc.want)
			}
		})
	}
	if login, err := w.Authenticate(t.Context(), rootKeyID, ""); err != nil || login.Session != nil || login.Secret.Reveal() != "root secret" {
		t.Errorf("the root key: got %v, %v", login, err)
	}
}

func TestNoByteOfATokenCanBeChanged(t *testing.T) {
	w := newWorld(t)
	cred := mint(t, w.Service, device("AROAABCDEFGHIJKLMNOP"), time.Hour)
	raw, err := base64.RawURLEncoding.DecodeString(cred.SessionToken.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	for i := range raw {
		for _, flip := range []byte{0x01, 0x80, 0xff} {
			raw[i] ^= flip
			if _, err := w.Authenticate(t.Context(), cred.AccessKeyID, base64.RawURLEncoding.EncodeToString(raw)); !errors.Is(err, sts.ErrInvalidToken) {
				t.Errorf("byte %d changed by %#x: got %v, want %v", i, flip, err, sts.ErrInvalidToken)
			}
			raw[i] ^= flip
		}
	}
	text := []byte(cred.SessionToken.Reveal())
	for i := range text {
		was := text[i]
		text[i] = 'A'
		if was == 'A' {
			text[i] = 'B'
		}
		if _, err := w.Authenticate(t.Context(), cred.AccessKeyID, string(text)); !errors.Is(err, sts.ErrInvalidToken) {
			t.Errorf("character %d changed: got %v, want %v", i, err, sts.ErrInvalidToken)
		}
		text[i] = was
	}
}

func TestExpiry(t *testing.T) {
	w := newWorld(t)
	role := w.role(t, "r", trusting(`"AWS":"*"`))
	cred := mint(t, w.Service, device(role.ID), time.Hour)
	login, err := w.Authenticate(t.Context(), cred.AccessKeyID, cred.SessionToken.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(time.Hour - time.Millisecond)
	if _, err := login.Caller(t.Context(), iam.Place{}); err != nil {
		t.Errorf("at the last moment: %v", err)
	}
	w.now = w.now.Add(time.Millisecond)
	if _, err := login.Caller(t.Context(), iam.Place{}); !errors.Is(err, sts.ErrExpired) {
		t.Errorf("recognised before, used after: got %v, want %v", err, sts.ErrExpired)
	}
	if _, err := w.Authenticate(t.Context(), cred.AccessKeyID, cred.SessionToken.Reveal()); !errors.Is(err, sts.ErrExpired) {
		t.Errorf("got %v, want %v", err, sts.ErrExpired)
	}
}

// Whatever stands in a token, opening it is a refusal or the session sealed.
func FuzzAuthenticate(f *testing.F) {
	w := newWorld(f)
	cred := mint(f, w.Service, device("AROAABCDEFGHIJKLMNOP"), time.Hour)
	f.Add(cred.AccessKeyID, cred.SessionToken.Reveal())
	f.Add(cred.AccessKeyID, "AQ")
	f.Add("", "AAAA")
	f.Fuzz(func(t *testing.T, key, token string) {
		login, err := w.Authenticate(t.Context(), key, token)
		sealed := key == cred.AccessKeyID && token == cred.SessionToken.Reveal()
		if (err == nil) != (sealed || key == rootKeyID && token == "") {
			t.Errorf("Authenticate(%q, %q): got %v, %v", key, token, login, err)
		}
	})
}

// Whatever names a session has, it comes back.
func FuzzSession(f *testing.F) {
	w := newWorld(f)
	f.Add("AROAABCDEFGHIJKLMNOP", certID, certID, "alias", "thing", "external", []byte{10, 1, 2, 3})
	f.Fuzz(func(t *testing.T, role, name, cert, alias, thing, external string, ip []byte) {
		s := sts.Session{Account: account, RoleID: role, SessionName: name, CertificateID: cert, Alias: alias, Thing: thing, ExternalID: external}
		if cert == "" {
			s = sts.Session{Account: account, RoleID: role, SessionName: name, AccessKey: rootKeyID, ExternalID: external}
		}
		if a, ok := netip.AddrFromSlice(ip); ok {
			s.SourceIP = a.Unmap()
		}
		cred, err := w.Mint(t.Context(), sts.Grant{Session: s, Life: time.Hour})
		if err != nil {
			return // no role, no name, or too long
		}
		login, err := w.Authenticate(t.Context(), cred.AccessKeyID, cred.SessionToken.Reveal())
		if err != nil {
			t.Fatal(err)
		}
		s.Issued, s.Expires = w.now, w.now.Add(time.Hour)
		if diff := cmp.Diff(&s, login.Session, sameSession); diff != "" {
			t.Error(diff)
		}
	})
}

func BenchmarkMint(b *testing.B) {
	w := newWorld(b)
	grant := sts.Grant{Session: device("AROAABCDEFGHIJKLMNOP"), Life: time.Hour}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := w.Mint(b.Context(), grant); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAuthenticate(b *testing.B) {
	w := newWorld(b)
	cred := mint(b, w.Service, device("AROAABCDEFGHIJKLMNOP"), time.Hour)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := w.Authenticate(b.Context(), cred.AccessKeyID, cred.SessionToken.Reveal()); err != nil {
			b.Fatal(err)
		}
	}
}

func trusting(principal string) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{%s},"Action":"sts:AssumeRole"}]}`, principal)
}
