package credsapi_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"muster/internal/account"
	"muster/internal/arn"
	"muster/internal/ca"
	"muster/internal/certificate"
	"muster/internal/credentials"
	"muster/internal/credsapi"
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
	accountID = "111111111111"
	hostname  = "muster.example"
	trusting  = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"credentials.iot.amazonaws.com"},"Action":"sts:AssumeRole"}}`
	allowing  = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iot:AssumeRoleWithCertificate","Resource":"arn:aws:iot:us-east-1:111111111111:rolealias/%s"}}`
)

var east = arn.Scope{Account: accountID, Region: "us-east-1"}

// names are those of everything a world holds.
type names struct{ thing, kind, alias, path, role string }

var usual = names{thing: "pump-7", kind: "pump", alias: "field", path: "/service/", role: "Field"}

// world is a device port on the loopback with one device that may have
// credentials: certificate, thing, policy, alias and role are all in order.
type world struct {
	names
	t         testing.TB
	now       atomic.Pointer[time.Time] // of the provider; nil is now
	authority *ca.Authority
	certs     *certificate.Registry
	kept      certificate.Store
	things    *registry.Registry
	policies  *iotpolicy.Policies
	roles     *iam.Directory
	aliases   *rolealias.Aliases
	sessions  *sts.Service
	provider  *credentials.Provider
	endpoint  string // server name of the credentials provider
	address   string // where it listens
	door      *credsapi.Door
	log       *logBuffer

	id     string          // of the certificate
	device tls.Certificate // with its key
}

// logBuffer is a log that can be read while it is written.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func newWorld(t testing.TB, n names) *world {
	t.Helper()
	w := &world{names: n, t: t, log: &logBuffer{}}
	w.open()
	w.must(w.roleOf(trusting))
	_, err := w.aliases.Create(w.root(), east, rolealias.Alias{Name: n.alias, Role: w.roleARN()})
	w.must(err)
	_, err = w.things.CreateType(t.Context(), east, registry.Type{Name: registry.TypeName(n.kind)})
	w.must(err)
	_, err = w.things.CreateThing(t.Context(), east, registry.Thing{Name: registry.Name(n.thing), Type: registry.TypeName(n.kind)})
	w.must(err)
	w.id, w.device = w.register()
	w.must(w.things.Attach(t.Context(), east, registry.Name(n.thing), w.principal(), false))
	w.policy("may", allowing, n.alias)
	w.listen()
	return w
}

func (w *world) open() {
	t, ctx := w.t, w.t.Context()
	dir, x := t.TempDir(), index.New(4096)
	db := storetest.Open(t, dir, x)
	master, _, err := seal.Load(filepath.Join(dir, "master.key"))
	w.must(err)
	w.authority, err = ca.Open(ctx, db.Authorities(), master)
	w.must(err)
	w.authority.Life = 24 * time.Hour
	root := account.RootKey{Account: accountID, AccessKeyID: "AKIAROOT", Secret: secret.New("a root secret")}
	accounts := account.New(db.Accounts(), account.Place{Hostname: hostname, Port: 443}, root)
	_, err = accounts.Ensure(ctx, accountID)
	w.must(err)
	w.endpoint, err = accounts.Endpoint(east, "iot:CredentialProvider")
	w.must(err)
	w.kept = db.Certificates()
	w.certs = certificate.New(w.kept, x, w.authority)
	w.certs.Log = slog.New(slog.NewTextHandler(w.log, nil))
	w.things = registry.New(db.Registry(), x)
	w.policies = iotpolicy.New(db.IoTPolicies(), x)
	w.roles = iam.New(db.IAM(), x)
	w.aliases = rolealias.New(db.RoleAliases(), x, w.roles)
	w.sessions = sts.New(db.STS(), master, w.roles)
	w.sessions.Log = slog.New(slog.NewTextHandler(w.log, nil))
	w.sessions.RootKey = accounts.RootKey
	w.provider = &credentials.Provider{
		Accounts: accounts, Certificates: w.certs, Things: w.things, Policies: w.policies,
		Aliases: w.aliases, Roles: w.roles, Sessions: w.sessions,
		Now: func() time.Time {
			if now := w.now.Load(); now != nil {
				return *now
			}
			return time.Now()
		},
	}
	w.sessions.Granted = w.provider.Granted
}

func (w *world) listen() {
	w.door = &credsapi.Door{Provider: w.provider, Log: slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	accept := func(name string) bool { _, ok := w.provider.Accounts.AcceptsServerName(name); return ok }
	server := w.door.Server(w.authority.ForNames([]string{hostname}, accept))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	w.must(err)
	w.address = l.Addr().String()
	done := make(chan error, 1)
	go func() { done <- server.ServeTLS(l, "", "") }()
	w.t.Cleanup(func() {
		server.Close()
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			w.t.Error(err)
		}
	})
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// root is the context of a request of the root user.
func (w *world) root() context.Context {
	return iam.WithCaller(w.t.Context(), &iam.Caller{Account: accountID, ARN: arn.Root(accountID), Root: true})
}

func (w *world) roleARN() arn.ARN { return arn.Role(accountID, w.path, w.role) }

func (w *world) principal() registry.Principal {
	return registry.Principal(east.Certificate(w.id))
}

// roleOf makes the role with a trust policy.
func (w *world) roleOf(trust string) error {
	_, err := w.roles.CreateRole(w.t.Context(), iam.Role{Account: accountID, Path: w.path, Name: w.role, TrustDocument: trust})
	return err
}

// policy makes a policy and attaches it to the certificate.
func (w *world) policy(name, document, alias string) {
	w.t.Helper()
	_, err := w.policies.Create(w.t.Context(), east, name, format(document, alias))
	w.must(err)
	w.must(w.policies.Attach(w.t.Context(), east, name, string(w.principal())))
}

func format(document, alias string) string {
	return string(bytes.ReplaceAll([]byte(document), []byte("%s"), []byte(alias)))
}

// register makes an active certificate for a new key on P-256.
func (w *world) register() (string, tls.Certificate) {
	w.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	w.must(err)
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	w.must(err)
	csr := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der})
	cert, err := w.certs.CreateFromCSR(w.t.Context(), east, string(csr), true)
	w.must(err)
	block, _ := pem.Decode([]byte(cert.PEM))
	return cert.ID, tls.Certificate{Certificate: [][]byte{block.Bytes}, PrivateKey: key}
}

// client shows the device's certificate, keeps its connection, and resumes
// sessions once it is closed.
type client struct {
	*http.Transport
	w *world
}

func (w *world) client(change func(*tls.Config)) *client {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(w.authority.RootPEM())
	config := &tls.Config{
		RootCAs: roots, ServerName: w.endpoint, Certificates: []tls.Certificate{w.device},
		ClientSessionCache: tls.NewLRUClientSessionCache(4),
	}
	if change != nil {
		change(config)
	}
	transport := &http.Transport{
		TLSClientConfig: config,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, w.address)
		},
	}
	w.t.Cleanup(transport.CloseIdleConnections)
	return &client{transport, w}
}

// reply is an answer, read.
type reply struct {
	status  int
	header  http.Header
	body    string
	resumed bool
}

// ask sends a request for the usual alias; thing is sent unless it is "".
func (c *client) ask(thing string) reply {
	c.w.t.Helper()
	r := c.request(http.MethodGet, "/role-aliases/"+c.w.alias+"/credentials")
	if thing != "" {
		r.Header.Set("x-amzn-iot-thingname", thing)
	}
	return c.send(r)
}

func (c *client) request(method, path string) *http.Request {
	c.w.t.Helper()
	r, err := http.NewRequestWithContext(c.w.t.Context(), method, "https://"+c.w.endpoint+path, nil)
	c.w.must(err)
	return r
}

func (c *client) send(r *http.Request) reply {
	c.w.t.Helper()
	answer, err := c.RoundTrip(r)
	c.w.must(err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	c.w.must(err)
	return reply{answer.StatusCode, answer.Header, string(body), answer.TLS.DidResume}
}

// leaf is what a TLS connection says of the device.
func (w *world) leaf() []*x509.Certificate {
	cert, err := x509.ParseCertificate(w.device.Certificate[0])
	w.must(err)
	return []*x509.Certificate{cert}
}

// quietDoor is the door with a log that goes nowhere.
func (w *world) quietDoor() *credsapi.Door {
	return &credsapi.Door{Provider: w.provider, Log: slog.New(slog.DiscardHandler)}
}
