package proof

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net/http"

	"muster/internal/awsapi/stsapi"
	"muster/internal/awsclient"
	"muster/internal/ca"
	"muster/internal/sigv4"
)

// askingDevice has a key of its own and all certificates that were made for it
// or given to it with theirs.
type askingDevice struct {
	key  *ecdsa.PrivateKey
	csr  string
	held map[string]held // by the certificate's id
}

// held is a certificate and its key.
type held struct {
	pem string
	key crypto.PrivateKey
}

func newAskingDevice() *askingDevice {
	key, csr := signingRequest()
	return &askingDevice{key, csr, map[string]held{}}
}

// keep holds a certificate with the key that came with it.
func (a *askingDevice) keep(id, certificate, key string) error {
	block, _ := pem.Decode([]byte(key))
	if block == nil {
		return errors.New("the key is no PEM")
	}
	private, err := x509.ParsePKCS1PrivateKey(block.Bytes)
	a.held[id] = held{certificate, private}
	return err
}

// hold holds a certificate that the device has signed, and returns its id.
func (a *askingDevice) hold(certificate string) string {
	block, _ := pem.Decode([]byte(certificate))
	id := ca.ID(block.Bytes)
	a.held[id] = held{certificate, a.key}
	return id
}

// ask asks for credentials with one of the certificates, on a connection of
// its own, and says whether there were some.
func (a *askingDevice) ask(x *trial, id, alias, thing string) (string, *sigv4.Credential) {
	has, ok := a.held[id]
	if !ok {
		x.t.Fatalf("nobody has the key of certificate %s", id)
	}
	c := connection(x.t, x.m, has.pem, has.key)
	defer c.CloseIdleConnections()
	d := &device{thing: thing, url: "https://" + x.m.state.Endpoint + "/role-aliases/" + alias + "/credentials"}
	status, cred, err := d.vend(c)
	switch {
	case err != nil:
		x.t.Fatal(err)
	case status >= http.StatusInternalServerError:
		x.t.Fatalf("the credentials provider answers %d", status)
	case cred == nil:
		return no("credentials"), nil
	}
	// They are good for something at once.
	if _, err := awsclient.Do(x.t.Context(), x.m.as(*cred), stsapi.GetCallerIdentity, &stsapi.GetCallerIdentityRequest{}); err != nil {
		return "credentials that are refused: " + err.Error(), nil
	}
	return "credentials", cred
}

// given are credentials of a device, with what they were made from: when one of
// these is gone, another of its name revives nothing.
type given struct {
	id, alias, thing, kind string
	cert                   *cert
	of                     *alias
	is                     *thing // nil when the device named none
	role                   *role
	cred                   sigv4.Credential
}

func (x *trial) givenFor(id, alias, thing string, cred sigv4.Credential) *given {
	w := x.world
	g := &given{id: id, alias: alias, thing: thing, cert: w.certs[id], of: w.aliases[alias], is: w.things[thing], cred: cred}
	if g.of != nil {
		g.role = w.roleOf(g.of.role)
	}
	if g.is != nil {
		g.kind = g.is.kind
	}
	return g
}

// stillGiven reports whether the device would be given the same now.
func (x *trial) stillGiven(g *given) bool {
	now := x.givenFor(g.id, g.alias, g.thing, g.cred)
	return x.world.mayHave(g.id, g.alias, g.thing) && *now == *g
}
