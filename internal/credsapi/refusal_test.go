package credsapi_test

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"muster/internal/certificate"
	"muster/internal/fault"
	"muster/internal/iam"
	"muster/internal/registry"
	"muster/internal/rolealias"
	"muster/internal/sts"
)

// refusal is an answer of AWS's table.
type refusal struct {
	status  int
	kind    string
	message string
}

var (
	badEndpoint = refusal{403, "AccessDeniedException", "Certificate is invalid on this endpoint"}
	badThing    = refusal{403, "AccessDeniedException", "Invalid thing name passed"}
	denied      = refusal{403, "AccessDeniedException", "Access Denied"}
	noAlias     = refusal{404, "ResourceNotFoundException", "Role alias does not exist"}
	noRole      = refusal{400, "InvalidRequestException", "Unable to assume the role, or the role to assume does not exist"}
	tooLong     = refusal{400, "InvalidRequestException", "The requested CredentialDurationSeconds exceeds the MaxSessionDuration set for the role"}
)

func (want refusal) check(t *testing.T, how string, got reply) {
	t.Helper()
	body := `{"message":"` + want.message + `"}`
	if got.status != want.status || got.body != body || got.header.Get("x-amzn-ErrorType") != want.kind {
		t.Errorf("%s: got %d %s %s, want %d %s %s", how, got.status, got.header.Get("x-amzn-ErrorType"), got.body, want.status, want.kind, body)
	}
	checkForm(t, how, got)
}

// checkForm asks what holds for every answer.
func checkForm(t *testing.T, how string, got reply) {
	t.Helper()
	if got.header.Get("Content-Type") != "application/json" || got.header.Get("Content-Length") != strconv.Itoa(len(got.body)) || len(got.header.Get("x-amzn-RequestId")) != 36 {
		t.Errorf("%s: headers %v", how, got.header)
	}
	if !json.Valid([]byte(got.body)) || len(got.body) > 2048 {
		t.Errorf("%s: a body of %d bytes: %s", how, len(got.body), got.body)
	}
}

// noName is a host that clients name to nobody: it is an address.
const noName = "127.0.0.1"

// withdrawals are what a device's credentials hang on, each taken away alone.
var withdrawals = []struct {
	name string
	do   func(w *world)
	want refusal
}{
	{"certificate inactive", func(w *world) { w.must(w.certs.SetStatus(w.t.Context(), east, w.id, certificate.Inactive)) }, denied},
	{"certificate revoked", func(w *world) { w.must(w.certs.SetStatus(w.t.Context(), east, w.id, certificate.Revoked)) }, denied},
	{"certificate deleted", func(w *world) {
		w.must(w.certs.SetStatus(w.t.Context(), east, w.id, certificate.Inactive))
		w.must(w.things.Detach(w.t.Context(), east, registry.Name(w.thing), w.principal()))
		w.must(w.certs.Delete(w.t.Context(), east, w.id, true))
	}, badEndpoint},
	{"certificate expired", func(w *world) { w.now.Store(new(time.Now().Add(25 * time.Hour))) }, denied},
	{"certificate not valid yet", func(w *world) { w.now.Store(new(time.Now().Add(-time.Hour))) }, denied},
	{"thing detached", func(w *world) {
		w.must(w.things.Detach(w.t.Context(), east, registry.Name(w.thing), w.principal()))
	}, badThing},
	{"thing deleted", func(w *world) {
		w.must(w.things.Detach(w.t.Context(), east, registry.Name(w.thing), w.principal()))
		w.must(w.things.DeleteThing(w.t.Context(), east, registry.Name(w.thing), nil))
	}, badThing},
	{"policy detached", func(w *world) { w.must(w.policies.Detach(w.t.Context(), east, "may", string(w.principal()))) }, denied},
	{"a second policy denies", func(w *world) {
		w.policy("may-not", strings.Replace(allowing, "Allow", "Deny", 1), w.alias)
	}, denied},
	{"policy for another alias", func(w *world) {
		w.must(w.policies.Detach(w.t.Context(), east, "may", string(w.principal())))
		w.policy("may-other", allowing, w.alias+"x")
	}, denied},
	{"policy for another action", func(w *world) {
		w.must(w.policies.Detach(w.t.Context(), east, "may", string(w.principal())))
		w.policy("may-connect", strings.Replace(allowing, "AssumeRoleWithCertificate", "Connect", 1), w.alias)
	}, denied},
	{"policy for another address", func(w *world) {
		w.must(w.policies.Detach(w.t.Context(), east, "may", string(w.principal())))
		w.policy("may-there", strings.TrimSuffix(allowing, "}}")+`,"Condition":{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}}}`, w.alias)
	}, denied},
	{"alias deleted", func(w *world) { w.must(w.aliases.Delete(w.t.Context(), east, w.alias)) }, noAlias},
	{"alias too long for the role", func(w *world) {
		w.must(w.aliases.Delete(w.t.Context(), east, w.alias))
		_, err := w.aliases.Create(w.root(), east, rolealias.Alias{Name: w.alias, Role: w.roleARN(), Life: 2 * time.Hour})
		w.must(err)
	}, tooLong},
	{"role deleted", func(w *world) { w.must(w.roles.Delete(w.t.Context(), iam.RoleNamed(accountID, w.role))) }, noRole},
	{"role trusts another service", func(w *world) {
		w.retrust(strings.Replace(trusting, "credentials.iot", "iot", 1))
	}, noRole},
	{"role trusts accounts only", func(w *world) {
		w.retrust(strings.Replace(trusting, `{"Service":"credentials.iot.amazonaws.com"}`, `"*"`, 1))
	}, noRole},
	{"role trusts for another alias", func(w *world) {
		w.retrust(strings.TrimSuffix(trusting, "}}") + `,"Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:iot:us-east-1:111111111111:rolealias/other"}}}}`)
	}, noRole},
	{"role trusts for another account", func(w *world) {
		w.retrust(strings.TrimSuffix(trusting, "}}") + `,"Condition":{"StringEquals":{"aws:SourceAccount":"222222222222"}}}}`)
	}, noRole},
	{"role elsewhere in the tree", func(w *world) {
		w.must(w.roles.Delete(w.t.Context(), iam.RoleNamed(accountID, w.role)))
		w.path = "/other/"
		w.must(w.roleOf(trusting))
	}, noRole},
}

// retrust makes the role anew with another trust policy.
func (w *world) retrust(trust string) {
	w.t.Helper()
	w.must(w.roles.Delete(w.t.Context(), iam.RoleNamed(accountID, w.role)))
	w.must(w.roleOf(trust))
}

// vend answers the session of credentials just given.
func (w *world) vend(c *client, thing string) (*sts.Login, *sts.Session) {
	w.t.Helper()
	got := c.ask(thing)
	if got.status != http.StatusOK {
		w.t.Fatalf("before: got %d %s", got.status, got.body)
	}
	cred := read(w.t, got.body)
	login, err := w.sessions.Authenticate(w.t.Context(), cred.AccessKeyID, cred.SessionToken)
	w.must(err)
	if _, err := login.Caller(w.t.Context(), iam.Place{}); err != nil {
		w.t.Fatalf("before: the credentials are not good: %v", err)
	}
	return login, login.Session
}

// Each condition taken away alone ends what rests on it: on the very next
// request of a connection kept open, of a session resumed, of a new one; and
// of the credentials given before.
func TestEachWithdrawalRefusesAtOnce(t *testing.T) {
	for _, tc := range withdrawals {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, usual)
			kept, resuming := w.client(nil), w.client(nil)
			login, session := w.vend(kept, w.thing)
			w.vend(resuming, w.thing)
			resuming.CloseIdleConnections()

			tc.do(w)
			tc.want.check(t, "on a kept connection", kept.ask(w.thing))
			got := resuming.ask(w.thing)
			if !got.resumed {
				t.Error("the session was not resumed")
			}
			tc.want.check(t, "on a resumed session", got)
			tc.want.check(t, "on a new connection", w.client(nil).ask(w.thing))

			if err := w.provider.Granted(t.Context(), session); fault.Of(err) == nil {
				t.Errorf("Granted: got %v, want a refusal", err)
			}
			if _, err := login.Caller(t.Context(), iam.Place{}); !errors.Is(err, sts.ErrWithdrawn) {
				t.Errorf("the credentials given before: got %v, want %v", err, sts.ErrWithdrawn)
			}
			if log := w.log.String(); !strings.Contains(log, "why=") {
				t.Errorf("the log doesn't say why: %s", log)
			}
		})
	}
}

// What is made anew under an old name gives new credentials and revives none.
func TestNothingIsRevivedByItsName(t *testing.T) {
	for _, tc := range []struct {
		name string
		do   func(w *world)
	}{
		{"alias", func(w *world) {
			w.must(w.aliases.Delete(w.t.Context(), east, w.alias))
			_, err := w.aliases.Create(w.root(), east, rolealias.Alias{Name: w.alias, Role: w.roleARN()})
			w.must(err)
		}},
		{"role", func(w *world) { w.retrust(trusting) }},
		{"thing, without its type", func(w *world) {
			w.must(w.things.Detach(w.t.Context(), east, registry.Name(w.thing), w.principal()))
			w.must(w.things.DeleteThing(w.t.Context(), east, registry.Name(w.thing), nil))
			_, err := w.things.CreateThing(w.t.Context(), east, registry.Thing{Name: registry.Name(w.thing)})
			w.must(err)
			w.must(w.things.Attach(w.t.Context(), east, registry.Name(w.thing), w.principal(), false))
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t, usual)
			c := w.client(nil)
			login, session := w.vend(c, w.thing)
			tc.do(w)
			if err := w.provider.Granted(t.Context(), session); fault.Of(err) == nil {
				t.Errorf("Granted: got %v, want a refusal", err)
			}
			if _, err := login.Caller(t.Context(), iam.Place{}); !errors.Is(err, sts.ErrWithdrawn) {
				t.Errorf("the old credentials: got %v, want %v", err, sts.ErrWithdrawn)
			}
			w.vend(c, w.thing)
		})
	}
}

// The order in which AWS refuses: who may not use an alias doesn't learn
// whether it exists.
func TestOrderOfRefusals(t *testing.T) {
	w := newWorld(t, usual)
	c := w.client(nil)
	ctx := t.Context()
	badThing.check(t, "no such thing", c.ask("never-made"))
	w.must(w.roles.Delete(ctx, iam.RoleNamed(accountID, w.role)))
	noRole.check(t, "no role", c.ask(""))
	w.must(w.aliases.Delete(ctx, east, w.alias))
	noAlias.check(t, "no alias, no role", c.ask(""))
	w.must(w.policies.Detach(ctx, east, "may", string(w.principal())))
	denied.check(t, "no policy, alias, role", c.ask(""))
	badThing.check(t, "no thing, policy, alias, role", c.ask("never-made"))
	w.must(w.certs.SetStatus(ctx, east, w.id, certificate.Inactive))
	denied.check(t, "an inactive certificate and nothing else", c.ask("never-made"))
	elsewhere := w.client(func(c *tls.Config) { c.ServerName, c.InsecureSkipVerify = noName, true })
	badEndpoint.check(t, "no endpoint and nothing else", elsewhere.ask("never-made"))
}

func TestEndpoints(t *testing.T) {
	w := newWorld(t, usual)
	_, strangers := w.register() // registered, then deleted: known to nobody
	stranger, err := w.certs.Registered(t.Context(), mustID(strangers))
	w.must(err)
	w.must(w.certs.SetStatus(t.Context(), east, stranger[0].ID, certificate.Inactive))
	w.must(w.certs.Delete(t.Context(), east, stranger[0].ID, false))
	prefix := strings.SplitN(w.endpoint, ".", 2)[0]
	for _, tc := range []struct {
		name string
		sni  string
		cert []tls.Certificate
		want refusal // zero: credentials
	}{
		{"the account's endpoint", w.endpoint, nil, refusal{}},
		{"the account's endpoint in capitals", strings.ToUpper(w.endpoint), nil, refusal{}},
		{"the shared host name", hostname, nil, refusal{}},
		{"no server name", noName, nil, badEndpoint},
		{"a stranger's name", "elsewhere.example", nil, badEndpoint},
		{"an unknown prefix", "c0000000000000.credentials.iot.us-east-1." + hostname, nil, badEndpoint},
		{"another region", prefix + ".credentials.iot.us-west-2." + hostname, nil, badEndpoint},
		{"a region that is none", prefix + ".credentials.iot.us_east_1." + hostname, nil, badEndpoint},
		{"a certificate nobody registered", w.endpoint, []tls.Certificate{strangers}, badEndpoint},
		{"a certificate nobody registered, shared", hostname, []tls.Certificate{strangers}, badEndpoint},
		{"no certificate", w.endpoint, []tls.Certificate{}, refusal{403, "AccessDeniedException", "Missing Authentication Token"}},
		{"no certificate at no endpoint", noName, []tls.Certificate{}, badEndpoint},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := w.client(func(c *tls.Config) {
				c.ServerName = tc.sni
				c.InsecureSkipVerify = tc.want != refusal{} // the host's own certificate is shown
				if tc.cert != nil {
					c.Certificates = tc.cert
				}
			}).ask("")
			if tc.want == (refusal{}) {
				if got.status != http.StatusOK {
					t.Errorf("got %d %s", got.status, got.body)
				}
				return
			}
			tc.want.check(t, "answer", got)
		})
	}
}

func TestPathsAndMethods(t *testing.T) {
	w := newWorld(t, usual)
	c := w.client(nil)
	w.policy("any", allowing, "*")
	notFound := refusal{404, "ResourceNotFoundException", "Not Found"}
	notAllowed := refusal{405, "MethodNotAllowedException", "Method Not Allowed"}
	for _, tc := range []struct {
		method, path string
		want         refusal
	}{
		{"GET", "/", notFound},
		{"GET", "/role-aliases/field", notFound},
		{"GET", "/role-aliases//credentials", notFound},
		{"GET", "//role-aliases/field/credentials", notFound},
		{"GET", "/role-aliases/field/credentials/", notFound},
		{"GET", "/role-aliases/a/b/credentials", notFound},
		{"GET", "/Role-Aliases/field/credentials", notFound},
		{"GET", "/role-aliases/FIELD/credentials", noAlias},
		{"GET", "/role-aliases/a%2Fb/credentials", noAlias},
		{"GET", "/role-aliases/%00/credentials", noAlias},
		{"GET", "/role-aliases/%2A/credentials", noAlias},
		{"GET", "/role-aliases/" + strings.Repeat("a", 129) + "/credentials", noAlias},
		{"POST", "/role-aliases/field/credentials", notAllowed},
		{"DELETE", "/role-aliases/field/credentials", notAllowed},
		{"POST", "/things", notFound},
	} {
		tc.want.check(t, tc.method+" "+tc.path, c.send(c.request(tc.method, tc.path)))
	}
	if got := c.send(c.request("PUT", "/role-aliases/field/credentials")); got.header.Get("Allow") != "GET" {
		t.Errorf("PUT: Allow is %q", got.header.Get("Allow"))
	}
	twice := c.request("GET", "/role-aliases/field/credentials")
	twice.Header["X-Amzn-Iot-Thingname"] = []string{w.thing, "other"}
	badThing.check(t, "two things named", c.send(twice))
	for _, path := range []string{"/role-aliases/%66ield/credentials", "/role-aliases/field/credentials?x=y"} {
		if got := c.send(c.request("GET", path)); got.status != http.StatusOK {
			t.Errorf("GET %s: got %d %s", path, got.status, got.body)
		}
	}
}
