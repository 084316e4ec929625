package proof

import (
	"crypto/ecdsa"
	"net/http"

	"muster/internal/awsapi/stsapi"
	"muster/internal/awsclient"
)

// askingDevice is one key with all certificates that were made for it.
type askingDevice struct {
	key  *ecdsa.PrivateKey
	csr  string
	pems map[string]string // by id
}

func newAskingDevice() *askingDevice {
	key, csr := signingRequest()
	return &askingDevice{key, csr, map[string]string{}}
}

// ask asks for credentials with one of the certificates, on a connection of
// its own, and says whether there were some.
func (a *askingDevice) ask(x *trial, id, alias, thing string) string {
	pem, ok := a.pems[id]
	if !ok {
		return no("credentials")
	}
	c := connection(x.t, x.m, pem, a.key)
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
