package credentials_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"

	"muster/internal/account"
	"muster/internal/arn"
	"muster/internal/ca"
	"muster/internal/certificate"
	"muster/internal/credentials"
	"muster/internal/fault"
	"muster/internal/iam"
	"muster/internal/index"
	"muster/internal/iotpolicy"
	"muster/internal/registry"
	"muster/internal/rolealias"
	"muster/internal/seal"
	"muster/internal/secret"
	"muster/internal/store/storetest"
	"muster/internal/sts"
)

const (
	hostname = "muster.example"
	trusting = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"credentials.iot.amazonaws.com"},"Action":"sts:AssumeRole"}}`
)

var (
	east = arn.Scope{Account: "111111111111", Region: "us-east-1"}
	west = arn.Scope{Account: "111111111111", Region: "us-west-2"}
	home = netip.MustParseAddr("192.0.2.7")
)

// rooms are a provider over a real store, with two roles and nothing else.
type rooms struct {
	*credentials.Provider
	t     testing.TB
	kept  certificate.Store
	index *index.Index
}

func open(t testing.TB) *rooms {
	t.Helper()
	r := &rooms{t: t}
	dir, x := t.TempDir(), index.New(4096)
	db := storetest.Open(t, dir, x)
	master, _, err := seal.Load(filepath.Join(dir, "master.key"))
	r.must(err)
	authority, err := ca.Open(t.Context(), db.Authorities(), master)
	r.must(err)
	accounts := account.New(db.Accounts(), account.Place{Hostname: hostname, Port: 443},
		account.RootKey{Account: east.Account, AccessKeyID: "AKIAROOT", Secret: secret.New("a root secret")})
	_, err = accounts.Ensure(t.Context(), east.Account)
	r.must(err)
	r.kept, r.index = db.Certificates(), x
	roles := iam.New(db.IAM(), x)
	r.Provider = &credentials.Provider{
		Accounts: accounts, Certificates: certificate.New(r.kept, x, authority), Things: registry.New(db.Registry(), x),
		Policies: iotpolicy.New(db.IoTPolicies(), x), Aliases: rolealias.New(db.RoleAliases(), x, roles), Roles: roles,
		Sessions: sts.New(db.STS(), master, roles),
	}
	r.Sessions.RootKey, r.Sessions.Granted = accounts.RootKey, r.Granted
	r.role("Field", trusting)
	return r
}

func (r *rooms) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *rooms) role(name, trust string) {
	r.t.Helper()
	_, err := r.Roles.CreateRole(r.t.Context(), iam.Role{Account: east.Account, Name: name, TrustDocument: trust})
	r.must(err)
}

func (r *rooms) alias(scope arn.Scope, name, role string) {
	r.t.Helper()
	root := iam.WithCaller(r.t.Context(), &iam.Caller{Account: east.Account, ARN: arn.Root(east.Account), Root: true})
	_, err := r.Aliases.Create(root, scope, rolealias.Alias{Name: name, Role: arn.Role(east.Account, "/", role)})
	r.must(err)
}

// register makes an active certificate, registered in scopes.
func (r *rooms) register(scopes ...arn.Scope) string {
	r.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	r.must(err)
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	r.must(err)
	csr := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der})
	cert, err := r.Certificates.CreateFromCSR(r.t.Context(), scopes[0], string(csr), true)
	r.must(err)
	for _, cert.Scope = range scopes[1:] {
		r.must(r.kept.InsertCertificate(r.t.Context(), cert))
	}
	return cert.ID
}

// allow attaches a policy that allows everything on resource, under condition
// (JSON, or "").
func (r *rooms) allow(scope arn.Scope, id, resource, condition string) {
	r.t.Helper()
	if condition != "" {
		condition = `,"Condition":` + condition
	}
	document := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iot:AssumeRoleWithCertificate","Resource":"` + resource + `"` + condition + `}}`
	name := "p" + id[:8]
	_, err := r.Policies.Create(r.t.Context(), scope, name, document)
	r.must(err)
	r.must(r.Policies.Attach(r.t.Context(), scope, name, string(scope.Certificate(id))))
}

// vend answers the session of the credentials for a request.
func (r *rooms) vend(ctx context.Context, q credentials.Request) (*sts.Session, error) {
	cred, err := r.Issue(ctx, q)
	if err != nil {
		return nil, err
	}
	login, err := r.Sessions.Authenticate(ctx, cred.AccessKeyID, cred.SessionToken.Reveal())
	if err != nil {
		return nil, err
	}
	return login.Session, nil
}

func (r *rooms) endpoint(scope arn.Scope) string {
	r.t.Helper()
	name, err := r.Accounts.Endpoint(scope, "iot:CredentialProvider")
	r.must(err)
	return name
}

// Where a certificate is registered more than once, the endpoint's name tells
// which account and region is meant; a shared host name leaves it to the alias.
func TestWhichRegistrationCounts(t *testing.T) {
	const unknown = "Certificate is invalid on this endpoint"
	r := open(t)
	both, onlyWest := r.register(east, west), r.register(west)
	for _, scope := range []arn.Scope{east, west} {
		r.alias(scope, "everywhere", "Field")
		r.allow(scope, both, "*", "")
	}
	r.alias(east, "eastern", "Field")
	r.alias(west, "western", "Field")
	r.allow(west, onlyWest, "*", "")
	data, err := r.Accounts.Endpoint(east, "iot:Data-ATS")
	r.must(err)
	for _, tc := range []struct {
		name, server, certificate, alias string
		want                             string // region of the session, or the refusal
	}{
		{"the eastern endpoint", r.endpoint(east), both, "everywhere", east.Region},
		{"the western endpoint", r.endpoint(west), both, "everywhere", west.Region},
		{"an endpoint where it isn't registered", r.endpoint(east), onlyWest, "everywhere", unknown},
		{"an endpoint without the alias", r.endpoint(east), both, "western", "Role alias does not exist"},
		{"shared, registered once", hostname, onlyWest, "everywhere", west.Region},
		{"shared, registered twice, one has the alias", hostname, both, "eastern", east.Region},
		{"shared, registered twice, the other has it", hostname, both, "western", west.Region},
		{"shared, registered twice, both have it", hostname, both, "everywhere", unknown},
		{"shared, registered twice, none has it", hostname, both, "never-made", unknown},
		{"the endpoint of another service", data, both, "everywhere", "Not Found"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, err := r.vend(t.Context(), credentials.Request{ServerName: tc.server, CertificateID: tc.certificate, Alias: tc.alias, SourceIP: home})
			got := ""
			if err == nil {
				got = s.Region
			} else if refused, ok := errors.AsType[*credentials.Refusal](err); ok {
				got = refused.Told.Message
				if refused.Why == "" || strings.Contains(refused.Told.Message, refused.Why) {
					t.Errorf("why: got %q", refused.Why)
				}
			}
			if got != tc.want {
				t.Errorf("Issue: got %q, %v, want %q", got, err, tc.want)
			}
		})
	}
}

// The keys that an IoT policy may look at.
func TestWhatPoliciesSee(t *testing.T) {
	const anyAlias = "arn:aws:iot:us-east-1:111111111111:rolealias/"
	for _, tc := range []struct {
		name, resource, condition string
		bare, asThing             bool // allowed without and with the thing's name
	}{
		{"the thing's name", anyAlias + "${iot:Connection.Thing.ThingName}", "", false, true},
		{"the thing's type", "*", `{"StringEquals":{"iot:Connection.Thing.ThingTypeName":"pump"}}`, false, true},
		{"another type", "*", `{"StringEquals":{"iot:Connection.Thing.ThingTypeName":"valve"}}`, false, false},
		{"the thing's attribute", "*", `{"StringEquals":{"iot:Connection.Thing.Attributes[Site]":"east"}}`, false, true},
		{"the attribute in another case", "*", `{"StringEquals":{"iot:Connection.Thing.Attributes[site]":"east"}}`, false, false},
		{"that it is attached", "*", `{"Bool":{"iot:Connection.Thing.IsAttached":["true"]}}`, false, true},
		{"the certificate's id", "*", `{"StringLike":{"iot:CertificateId":"????????*"}}`, true, true},
		{"another id", "*", `{"StringEquals":{"iot:CertificateId":"0"}}`, false, false},
		{"the certificate's subject", "*", `{"StringEquals":{"iot:Certificate.Subject.CommonName":"AWS IoT Certificate"}}`, true, true},
		{"a field it hasn't", anyAlias + "${iot:Certificate.Subject.Country}", "", false, false},
		{"its issuer", "*", `{"StringLike":{"iot:Certificate.Issuer.CommonName":"Muster*"}}`, true, true},
		{"where it comes from", "*", `{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}`, true, true},
		{"another network", "*", `{"IpAddress":{"aws:SourceIp":"198.51.100.0/24"}}`, false, false},
		{"the time", "*", `{"DateLessThan":{"aws:CurrentTime":"2020-01-01T00:00:00Z"}}`, false, false},
		{"what only the session has", anyAlias + "${credentials-iot:ThingName}", "", false, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := open(t)
			id := r.register(east)
			r.alias(east, "pump-7", "Field")
			r.allow(east, id, tc.resource, tc.condition)
			_, err := r.Things.CreateType(t.Context(), east, registry.Type{Name: "pump"})
			r.must(err)
			_, err = r.Things.CreateThing(t.Context(), east, registry.Thing{Name: "pump-7", Type: "pump", Attributes: map[string]string{"Site": "east"}})
			r.must(err)
			r.must(r.Things.Attach(t.Context(), east, "pump-7", registry.Principal(east.Certificate(id)), false))
			for thing, want := range map[string]bool{"": tc.bare, "pump-7": tc.asThing} {
				_, err := r.vend(t.Context(), credentials.Request{ServerName: hostname, CertificateID: id, Alias: "pump-7", Thing: thing, SourceIP: home})
				if allowed := err == nil; allowed != want || !allowed && !errors.Is(err, fault.Denied) {
					t.Errorf("as %q: got %v, want allowed %v", thing, err, want)
				}
			}
		})
	}
}

// A session is judged by where it was asked from, not by where it is used.
func TestGrantedAsksAsTheDeviceDid(t *testing.T) {
	r := open(t)
	id := r.register(east)
	r.alias(east, "field", "Field")
	r.allow(east, id, "*", `{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}`)
	s, err := r.vend(t.Context(), credentials.Request{ServerName: hostname, CertificateID: id, Alias: "field", SourceIP: home})
	r.must(err)
	if err := r.Granted(t.Context(), s); err != nil {
		t.Errorf("Granted: got %v", err)
	}
	for name, change := range map[string]func(*sts.Session){
		"from elsewhere":         func(s *sts.Session) { s.SourceIP = netip.MustParseAddr("198.51.100.1") },
		"from nowhere":           func(s *sts.Session) { s.SourceIP = netip.Addr{} },
		"another alias's id":     func(s *sts.Session) { s.AliasID = "x" },
		"another role's id":      func(s *sts.Session) { s.RoleID = "x" },
		"another region":         func(s *sts.Session) { s.Region = west.Region },
		"another account":        func(s *sts.Session) { s.Account = "222222222222" },
		"another certificate":    func(s *sts.Session) { s.CertificateID = strings.Repeat("0", 64) },
		"a thing it isn't":       func(s *sts.Session) { s.Thing = "pump-7" },
		"a type without a thing": func(s *sts.Session) { s.ThingType = "pump" },
		"no certificate":         func(s *sts.Session) { s.CertificateID = "" },
	} {
		changed := *s
		change(&changed)
		if err := r.Granted(t.Context(), &changed); fault.Of(err) == nil {
			t.Errorf("%s: got %v, want a refusal", name, err)
		}
	}
}

// A failure to find out is no answer: neither credentials nor a refusal.
func TestAFailureIsNoRefusal(t *testing.T) {
	r := open(t)
	id := r.register(east)
	r.alias(east, "field", "Field")
	r.allow(east, id, "*", "")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := r.Issue(ctx, credentials.Request{ServerName: hostname, CertificateID: id, Alias: "field", SourceIP: home})
	if err == nil || fault.Of(err) != nil {
		t.Errorf("Issue: got %v, want an error without a kind", err)
	}
}

// An alias can only stand for a role of its own account.
func TestAnotherAccountsRole(t *testing.T) {
	r := open(t)
	id := r.register(east)
	r.allow(east, id, "*", "")
	if _, err := r.Roles.CreateRole(t.Context(), iam.Role{Account: "222222222222", Name: "Theirs", TrustDocument: trusting}); err != nil {
		t.Fatal(err)
	}
	root := iam.WithCaller(t.Context(), &iam.Caller{Account: "222222222222", ARN: arn.Root("222222222222"), Root: true})
	_, err := r.Aliases.Create(root, east, rolealias.Alias{Name: "theirs", Role: arn.Role("222222222222", "/", "Theirs")})
	r.must(err)
	_, err = r.Issue(t.Context(), credentials.Request{ServerName: hostname, CertificateID: id, Alias: "theirs", SourceIP: home})
	if !errors.Is(err, fault.Invalid) {
		t.Errorf("Issue: got %v, want %v", err, fault.Invalid)
	}
}
