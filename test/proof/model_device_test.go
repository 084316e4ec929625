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

// ask asks for credentials with one of the certificates, on a connection of
// its own, and says whether there were some.
func (a *askingDevice) ask(x *trial, id, alias, thing string) string {
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
		return no("credentials")
	}
	// They are good for something at once.
	if _, err := awsclient.Do(x.t.Context(), x.m.as(*cred), stsapi.GetCallerIdentity, &stsapi.GetCallerIdentityRequest{}); err != nil {
		return "credentials that are refused: " + err.Error()
	}
	return "credentials"
}
