package proof

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"muster/internal/awsapi/iotapi"
	"muster/internal/awsclient"
	"muster/internal/secret"
	"muster/internal/sigv4"
)

// A device has leave to use its alias by one of these.
type leave int

const (
	byGroup leave = iota // the group's policy
	byOwn                // a policy of its own
	byThing              // one for all, of aliases that an attribute of the thing names
	leaves
)

const (
	bySite          = "by-site"
	mayBecomeOfSite = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iot:AssumeRoleWithCertificate","Resource":"arn:aws:iot:us-east-1:000000000000:rolealias/${iot:Connection.Thing.Attributes[site]}"}}`
)

type device struct {
	thing  string
	group  *group
	own    []*gate
	gates  gates // all conditions of its being given credentials
	lasts  gates // and of their being good afterwards, which begin with those
	vended atomic.Pointer[vended]

	url    string
	key    *ecdsa.PrivateKey
	csr    string
	self   bool   // it signs its certificates itself
	policy string // attached to its certificate
	shows  atomic.Pointer[shown]
}

// shown is a certificate that a device shows on its connections, each of which
// it keeps.
type shown struct {
	id, arn, pem string
	kept, second *http.Client
}

// vended are credentials, and what was known of the gates when they were made.
type vended struct {
	client *awsclient.Client
	made   view
}

func (f *field) newDevice(thing string, g *group, by leave, self bool) *device {
	m, d := f.m, &device{thing: thing, group: g, policy: g.policyNamed, self: self}
	d.url = "https://" + m.state.Endpoint + "/role-aliases/" + g.alias + "/credentials"
	d.key, d.csr = signingRequest()
	site := func(name string) func() error {
		return done(m, iotapi.UpdateThing, &iotapi.UpdateThingRequest{ThingName: thing, AttributePayload: &iotapi.AttributePayload{Attributes: map[string]string{"site": name}}})
	}
	createThing := done(m, iotapi.CreateThing, &iotapi.CreateThingRequest{ThingName: thing, AttributePayload: &iotapi.AttributePayload{Attributes: map[string]string{"site": g.alias}}})
	f.must(createThing())

	attachment := &gate{name: "the policy's attachment", ways: []*way{{name: "policy detached", shut: d.detachPolicy(m), reopen: d.attachPolicy(m)}}}
	things := &gate{name: "the thing's attachment", ways: []*way{
		{name: "thing detached", shut: d.detachThing(m), reopen: d.attachThing(m)},
		{name: "thing deleted", buries: true, shut: inTurn(d.detachThing(m), done(m, iotapi.DeleteThing, &iotapi.DeleteThingRequest{ThingName: thing})), reopen: inTurn(createThing, d.attachThing(m))},
	}}
	d.own = []*gate{f.certificate(d), attachment, things}
	d.gates = slices.Clone(g.granted)
	switch by {
	case byGroup:
		d.gates = append(d.gates, g.policy)
	case byOwn:
		d.policy = thing
		create := done(m, iotapi.CreatePolicy, &iotapi.CreatePolicyRequest{PolicyName: thing, PolicyDocument: mayBecome})
		f.must(create())
		attachment.ways = append(attachment.ways, &way{
			name:   "policy deleted and made again",
			shut:   inTurn(d.detachPolicy(m), done(m, iotapi.DeletePolicy, &iotapi.DeletePolicyRequest{PolicyName: thing}), create),
			reopen: d.attachPolicy(m),
		})
	case byThing:
		d.policy = bySite
		things.ways = append(things.ways, &way{name: "thing's attribute changed", shut: site("elsewhere"), reopen: site(g.alias)})
	}
	d.gates = append(d.gates, d.own...)
	d.lasts = append(slices.Clone(d.gates), g.stands)
	f.must(f.certify(d))
	return d
}

func (d *device) attachThing(m *muster) func() error {
	return func() error {
		return done(m, iotapi.AttachThingPrincipal, &iotapi.AttachThingPrincipalRequest{ThingName: d.thing, Principal: d.shows.Load().arn})()
	}
}

func (d *device) detachThing(m *muster) func() error {
	return func() error {
		return done(m, iotapi.DetachThingPrincipal, &iotapi.DetachThingPrincipalRequest{ThingName: d.thing, Principal: d.shows.Load().arn})()
	}
}

func (d *device) attachPolicy(m *muster) func() error {
	return func() error {
		return done(m, iotapi.AttachPolicy, &iotapi.AttachPolicyRequest{PolicyName: d.policy, Target: d.shows.Load().arn})()
	}
}

func (d *device) detachPolicy(m *muster) func() error {
	return func() error {
		return done(m, iotapi.DetachPolicy, &iotapi.DetachPolicyRequest{PolicyName: d.policy, Target: d.shows.Load().arn})()
	}
}

// certify gives a device a certificate in the place of the one it has, if it
// has one, which it goes on to try once more.
func (f *field) certify(d *device) error {
	pem, arn, id, err := f.issue(d)
	if err != nil {
		return err
	}
	connect := func() *http.Client {
		f.connections.Add(1)
		c := connection(f.t, f.m, pem, d.key)
		dial := c.Transport.(*http.Transport).DialContext
		c.Transport.(*http.Transport).DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			f.dialed.Add(1)
			return dial(ctx, network, address)
		}
		return c
	}
	before := d.shows.Swap(&shown{id, arn, pem, connect(), connect()})
	if err := inTurn(d.attachThing(f.m), d.attachPolicy(f.m))(); err != nil || before == nil {
		return err
	}
	return f.past(d, before)
}

// issue makes an active certificate for a device: one that is issued, or one of
// its own that is registered.
func (f *field) issue(d *device) (pem, arn, id string, err error) {
	if d.self {
		pem = ownCertificate(d.key)
		made, err := f.register(pem)
		if err != nil {
			return "", "", "", err
		}
		return pem, *made.CertificateArn, *made.CertificateId, nil
	}
	made, err := awsclient.Do(context.Background(), f.m.root, iotapi.CreateCertificateFromCsr, &iotapi.CreateCertificateFromCsrRequest{CertificateSigningRequest: d.csr, SetAsActive: new(true)})
	if err != nil {
		return "", "", "", err
	}
	return *made.CertificatePem, *made.CertificateArn, *made.CertificateId, nil
}

func (f *field) register(pem string) (*iotapi.RegisterCertificateWithoutCAResponse, error) {
	return awsclient.Do(context.Background(), f.m.root, iotapi.RegisterCertificateWithoutCA, &iotapi.RegisterCertificateWithoutCARequest{CertificatePem: pem, Status: new("ACTIVE")})
}

// past asks with a certificate that was revoked or deleted, on the connection
// that was kept: whatever was given since, it is refused for ever.
func (f *field) past(d *device, s *shown) error {
	status, _, err := d.vend(s.second)
	s.second.CloseIdleConnections()
	s.kept.CloseIdleConnections()
	if err == nil && status < http.StatusBadRequest {
		err = errors.New("a certificate of the past is allowed")
	}
	return err
}

// certificate is the gate of a device's certificate, which comes back as the
// same one or as another.
func (f *field) certificate(d *device) *gate {
	status := func(s string) func() error {
		return func() error {
			return done(f.m, iotapi.UpdateCertificate, &iotapi.UpdateCertificateRequest{CertificateId: d.shows.Load().id, NewStatus: s})()
		}
	}
	remove := func(id string) error {
		return done(f.m, iotapi.DeleteCertificate, &iotapi.DeleteCertificateRequest{CertificateId: id, ForceDelete: new(true)})()
	}
	another := func() error { return f.certify(d) }
	instead := func() error {
		revoked := d.shows.Load()
		detach := done(f.m, iotapi.DetachThingPrincipal, &iotapi.DetachThingPrincipalRequest{ThingName: d.thing, Principal: revoked.arn})
		return inTurn(another, detach, func() error { return remove(revoked.id) })()
	}
	again := func() error {
		_, err := f.register(d.shows.Load().pem)
		return err
	}
	gone := inTurn(status("INACTIVE"), d.detachThing(f.m), func() error { return remove(d.shows.Load().id) })
	return &gate{name: "the certificate", ways: []*way{
		{name: "certificate made inactive", shut: status("INACTIVE"), reopen: status("ACTIVE")},
		{name: "certificate revoked", buries: true, shut: status("REVOKED"), reopen: instead},
		{name: "certificate deleted", buries: true, shut: gone, reopen: another},
		// The same one, on the same connections: whatever it gave before is dead.
		{name: "certificate deleted and registered again", buries: true, shut: gone, reopen: inTurn(again, d.attachThing(f.m), d.attachPolicy(f.m))},
	}}
}

// connection is a client of the device port with one connection, which it keeps.
func connection(t *testing.T, m *muster, certificate string, key crypto.PrivateKey) *http.Client {
	block, _ := pem.Decode([]byte(certificate))
	roots := x509.NewCertPool()
	root, err := os.ReadFile(m.state.RootCA)
	if err != nil || !roots.AppendCertsFromPEM(root) {
		t.Errorf("the root certificate: %v", err)
	}
	transport := &http.Transport{
		MaxConnsPerHost: 1, // a clerk may ask for a device that asks
		TLSClientConfig: &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{{Certificate: [][]byte{block.Bytes}, PrivateKey: key}}},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, m.state.Devices)
		},
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: 30 * time.Second}
}

// vend asks for credentials; there are none when the answer is a refusal.
func (d *device) vend(c *http.Client) (status int, _ *sigv4.Credential, err error) {
	r, err := http.NewRequest(http.MethodGet, d.url, nil)
	if err != nil {
		return 0, nil, err
	}
	if d.thing != "" {
		r.Header.Set("x-amzn-iot-thingname", d.thing)
	}
	answer, err := c.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		return answer.StatusCode, nil, err
	}
	var got struct {
		Credentials struct{ AccessKeyID, SecretAccessKey, SessionToken string }
	}
	if err := json.Unmarshal(body, &got); err != nil {
		return 0, nil, err
	}
	if got.Credentials.SessionToken == "" {
		return 0, nil, errors.New("an answer of 200 without a session token")
	}
	return answer.StatusCode, &sigv4.Credential{AccessKey: got.Credentials.AccessKeyID, Secret: secret.New(got.Credentials.SecretAccessKey), Token: secret.New(got.Credentials.SessionToken)}, nil
}
