package proof

import (
	"context"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"muster/internal/awsapi/iamapi"
	"muster/internal/awsapi/iotapi"
	"muster/internal/awsclient"
	"muster/internal/awswire"
	"muster/internal/secret"
	"muster/internal/sigv4"
)

// field is a world of devices in groups, every condition of whose credentials
// is a gate.
type field struct {
	t           *testing.T
	m           *muster
	groups      []*group
	devices     []*device
	withdrawn   atomic.Int64
	asked, used counts
}

// group is a role with its alias, a policy that allows the alias, and devices.
type group struct {
	name    string
	alias   *gate
	ofRole  []*gate // one owner moves them, since they need the role to be there
	grant   *gate   // what the role's own policy allows
	policy  *gate   // its default version
	devices []*device
}

type device struct {
	thing  string
	group  *group
	own    []*gate
	gates  gates // all conditions of its credentials
	vended atomic.Pointer[vended]

	url          string
	kept, second *http.Client // each keeps its connection
}

// vended are credentials, and the states of the gates when they were made.
type vended struct {
	client *awsclient.Client
	made   view
}

const nobodyTrusted = `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole"}}`

// done makes a call of which only the outcome matters.
func done[In, Out any](m *muster, op awswire.Op[In, Out], in *In) func() error {
	return func() error {
		_, err := awsclient.Do(context.Background(), m.root, op, in)
		return err
	}
}

// inTurn makes calls one after the other until one fails.
func inTurn(calls ...func() error) func() error {
	return func() error {
		for _, c := range calls {
			if err := c(); err != nil {
				return err
			}
		}
		return nil
	}
}

func newField(t *testing.T, m *muster, n size) *field {
	t.Helper()
	f := &field{t: t, m: m}
	for i := range n.groups {
		f.groups = append(f.groups, f.newGroup(fmt.Sprintf("group-%d", i)))
	}
	f.devices = make([]*device, n.devices)
	var working sync.WaitGroup
	for i := range f.devices {
		g := f.groups[i%len(f.groups)]
		working.Go(func() { f.devices[i] = f.newDevice(fmt.Sprintf("device-%d", i), g) })
	}
	working.Wait()
	if t.Failed() {
		t.FailNow()
	}
	for _, d := range f.devices {
		d.group.devices = append(d.group.devices, d)
	}
	return f
}

func (f *field) newGroup(name string) *group {
	f.t.Helper()
	m, g := f.m, &group{name: name}
	createRole := done(m, iamapi.CreateRole, &iamapi.CreateRoleRequest{RoleName: name, AssumeRolePolicyDocument: iotTrusted})
	put := done(m, iamapi.PutRolePolicy, &iamapi.PutRolePolicyRequest{RoleName: name, PolicyName: "may", PolicyDocument: `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iot:DescribeEndpoint","Resource":"*"}}`})
	remove := done(m, iamapi.DeleteRolePolicy, &iamapi.DeleteRolePolicyRequest{RoleName: name, PolicyName: "may"})
	createAlias := done(m, iotapi.CreateRoleAlias, &iotapi.CreateRoleAliasRequest{RoleAlias: name, RoleArn: "arn:aws:iam::000000000000:role/" + name})
	createPolicy := done(m, iotapi.CreatePolicy, &iotapi.CreatePolicyRequest{PolicyName: name, PolicyDocument: mayBecome})
	deny := done(m, iotapi.CreatePolicyVersion, &iotapi.CreatePolicyVersionRequest{PolicyName: name, PolicyDocument: mayNothing})
	f.must(inTurn(createRole, put, createAlias, createPolicy, deny)())

	g.alias = &gate{name: "the alias", reopen: createAlias, shut: done(m, iotapi.DeleteRoleAlias, &iotapi.DeleteRoleAliasRequest{RoleAlias: name})}
	g.grant = &gate{name: "the role's policy", revives: true, shut: remove, reopen: put}
	version := func(id string) func() error {
		return done(m, iotapi.SetDefaultPolicyVersion, &iotapi.SetDefaultPolicyVersionRequest{PolicyName: name, PolicyVersionId: id})
	}
	g.policy = &gate{name: "the policy's default version", revives: true, shut: version("2"), reopen: version("1")}
	trust := func(document string) func() error {
		return done(m, iamapi.UpdateAssumeRolePolicy, &iamapi.UpdateAssumeRolePolicyRequest{RoleName: name, PolicyDocument: document})
	}
	g.ofRole = []*gate{
		{name: "the role", shut: inTurn(remove, done(m, iamapi.DeleteRole, &iamapi.DeleteRoleRequest{RoleName: name})), reopen: inTurn(createRole, put)},
		{name: "the role's trust", revives: true, shut: trust(nobodyTrusted), reopen: trust(iotTrusted)},
		g.grant, g.policy,
	}
	return g
}

func (f *field) newDevice(thing string, g *group) *device {
	m, d := f.m, &device{thing: thing, group: g}
	key, csr := signingRequest()
	made, err := awsclient.Do(f.t.Context(), m.root, iotapi.CreateCertificateFromCsr, &iotapi.CreateCertificateFromCsrRequest{CertificateSigningRequest: csr, SetAsActive: new(true)})
	if err != nil {
		f.t.Error(err)
		return d
	}
	attachThing := done(m, iotapi.AttachThingPrincipal, &iotapi.AttachThingPrincipalRequest{ThingName: thing, Principal: *made.CertificateArn})
	attachPolicy := done(m, iotapi.AttachPolicy, &iotapi.AttachPolicyRequest{PolicyName: g.name, Target: *made.CertificateArn})
	f.must(inTurn(done(m, iotapi.CreateThing, &iotapi.CreateThingRequest{ThingName: thing}), attachThing, attachPolicy)())
	status := func(s string) func() error {
		return done(m, iotapi.UpdateCertificate, &iotapi.UpdateCertificateRequest{CertificateId: *made.CertificateId, NewStatus: s})
	}
	d.own = []*gate{
		{name: "the certificate", revives: true, shut: status("INACTIVE"), reopen: status("ACTIVE")},
		{name: "the policy's attachment", revives: true, reopen: attachPolicy, shut: done(m, iotapi.DetachPolicy, &iotapi.DetachPolicyRequest{PolicyName: g.name, Target: *made.CertificateArn})},
		{name: "the thing's attachment", revives: true, reopen: attachThing, shut: done(m, iotapi.DetachThingPrincipal, &iotapi.DetachThingPrincipalRequest{ThingName: thing, Principal: *made.CertificateArn})},
	}
	d.gates = append(gates{g.alias, g.policy, g.ofRole[0], g.ofRole[1]}, d.own...)
	d.url = "https://" + m.state.Endpoint + "/role-aliases/" + g.name + "/credentials"
	d.kept, d.second = connection(f.t, m, *made.CertificatePem, key), connection(f.t, m, *made.CertificatePem, key)
	return d
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

func (f *field) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Error(err)
	}
}
