package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
)

// What is wrong from the first request on is refused on every kind of connection.
func TestRefusedFromTheStart(t *testing.T) {
	s := Start(t)
	w := NewWorld(t, s)
	w.API.IoT(t, "POST", "/things/somebody-elses", struct{}{}).OK(t)
	w.createPolicy(t, "any-alias", statement("Allow", strings.Replace(w.AliasARN, w.Alias, "*", 1)))
	anyAlias := NewWorld(t, s)
	anyAlias.attachPolicy(t, "any-alias")
	nothing := NewWorld(t, s)
	nothing.detachPolicy(t, nothing.Policy)

	for _, tc := range []struct {
		name   string
		world  *World
		config func(*tls.Config)
		ask    Ask
		want   refusal
		kinds  []string // nil is every kind
	}{
		{name: "certificate nobody registered", config: own(stranger(t, time.Hour)), want: wrongEndpoint},
		{name: "expired certificate nobody registered", config: own(stranger(t, -time.Hour)), want: wrongEndpoint,
			kinds: []string{fresh, kept}}, // no session of an expired certificate is resumed
		{name: "no client certificate", config: own(), want: refusal{status: http.StatusForbidden}},
		{name: "no server name", config: named(""), want: wrongEndpoint},
		{name: "another server name", config: named("elsewhere.example"), want: wrongEndpoint},
		{name: "unknown thing", ask: Ask{Thing: "never-made"}, want: wrongThing},
		{name: "thing it isn't attached to", ask: Ask{Thing: "somebody-elses"}, want: wrongThing},
		{name: "thing name that is none", ask: Ask{Thing: "a b/c"}, want: wrongThing},
		{name: "wrong thing comes before wrong policy", world: nothing, ask: Ask{Thing: "never-made"}, want: wrongThing},
		{name: "no policy", world: nothing, want: accessDenied},
		{name: "unknown alias the policy doesn't allow", ask: Ask{Alias: "never-made"}, want: accessDenied},
		{name: "unknown alias the policy allows", world: anyAlias, ask: Ask{Alias: "never-made"}, want: noAlias},
		{name: "alias in other letter case", world: anyAlias, ask: Ask{Alias: "ALIAS-1"}, want: noAlias},
		{name: "another path", ask: Ask{Path: "/things/x"}, want: refusal{http.StatusNotFound, "", `{"message":"Not Found"}`}},
		{name: "doubled slash", ask: Ask{Path: "//role-aliases/" + w.Alias + "/credentials"}, want: refusal{http.StatusNotFound, "", `{"message":"Not Found"}`}},
		{name: "another method", ask: Ask{Method: http.MethodPost}, want: refusal{status: http.StatusMethodNotAllowed}},
	} {
		if tc.kinds == nil {
			tc.kinds = []string{fresh, kept, resumed}
		}
		for _, kind := range tc.kinds {
			t.Run(tc.name+"/"+kind, func(t *testing.T) {
				asking := tc.world
				if asking == nil {
					asking = w
				}
				device := asking.Devices(t)[kind]
				if tc.config != nil {
					tc.config(device.config)
				}
				tc.want.check(t, device.Ask(t, tc.ask))
				tc.want.check(t, device.Ask(t, tc.ask))
			})
		}
	}
}

// own replaces the client's certificate; with none, none is sent.
func own(certificates ...tls.Certificate) func(*tls.Config) {
	return func(c *tls.Config) { c.Certificates = certificates }
}

// named sends another server name, or none for "".
func named(name string) func(*tls.Config) {
	return func(c *tls.Config) {
		// A certificate is answered for no name but the server's own.
		c.InsecureSkipVerify = true
		c.ServerName = name
		if name == "" {
			c.ServerName = "127.0.0.1" // Go sends no address as a server name
		}
	}
}

// stranger makes a self-signed device certificate that is valid until life from now.
func stranger(t *testing.T, life time.Duration) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "AWS IoT Certificate"},
		NotBefore:    time.Now().Add(-24 * time.Hour),
		NotAfter:     time.Now().Add(life),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

var credentialsForm = regexp.MustCompile(`^\{"credentials":\{"accessKeyId":"ASIA[A-Z2-7]{16}","secretAccessKey":"[A-Za-z0-9+/]{40}","sessionToken":"[A-Za-z0-9+/=_-]+","expiration":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)"\}\}$`)

// The answer is the one of AWS to the byte, and never longer than its C
// library for devices accepts.
func TestCredentialsAnswer(t *testing.T) {
	s := Start(t)
	for _, tc := range []struct {
		name       string
		alias      string
		thing      string
		withHeader bool
	}{
		{"the tutorial's names and no header", "SageMakerEdge-demo-device-fleet1616397500", "sample-device", false},
		{"a thing's name in the header", "SageMakerEdge-demo-device-fleet1616397501", "sample-device-2", true},
		{"the longest names", strings.Repeat("a", 128), strings.Repeat("t", 128), true},
		{"an alias of every character", "a=b,c@d-e_f", "a:b_c-d", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := NewWorld(t, s)
			w.Alias, w.Thing = tc.alias, tc.thing
			w.createAlias(t, 900)
			w.replacePolicy(t, statement("Allow", w.AliasARN))
			w.API.IoT(t, "POST", "/things/"+w.Thing, struct{}{}).OK(t)
			w.attachThing(t)
			var ask Ask
			if tc.withHeader {
				ask.Thing = w.Thing
			}
			asked := time.Now()
			reply := w.Fresh(t).Ask(t, ask).OK(t)
			form := credentialsForm.FindStringSubmatch(reply.Body)
			if form == nil || len(reply.Body) > 2048 {
				t.Fatalf("got %d bytes %s, want at most 2048 of the form %v", len(reply.Body), reply.Body, credentialsForm)
			}
			expires, err := time.Parse(time.RFC3339, form[1])
			if err != nil {
				t.Fatal(err)
			}
			if life := expires.Sub(asked); life < 898*time.Second || life > 902*time.Second {
				t.Errorf("life: got %v, want 900 s", life)
			}
			if kind := reply.Header.Get("Content-Type"); kind != "application/json" {
				t.Errorf("Content-Type: got %q, want application/json", kind)
			}
		})
	}
}

// Certificates are the ones AWS issues, but for the issuer's name.
func TestIssuedCertificate(t *testing.T) {
	w := NewWorld(t, Start(t))
	block, rest := pem.Decode([]byte(w.PEM))
	if block == nil || len(rest) > 0 {
		t.Fatalf("not one PEM block: %q", w.PEM)
	}
	if got := hexSum(block.Bytes); got != w.CertificateID {
		t.Errorf("certificate id: got %s, want the SHA-256 of its DER, %s", w.CertificateID, got)
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := cert.Subject.String(), "CN=AWS IoT Certificate"; got != want {
		t.Errorf("subject: got %q, want %q", got, want)
	}
	if got, want := cert.NotAfter.UTC().Format(time.RFC3339), "2049-12-31T23:59:59Z"; got != want {
		t.Errorf("NotAfter: got %s, want %s", got, want)
	}
	if cert.IsCA || cert.KeyUsage != x509.KeyUsageDigitalSignature || cert.PublicKeyAlgorithm != x509.RSA {
		t.Errorf("got CA %v, key usage %v, key %v; want an RSA leaf for digital signatures", cert.IsCA, cert.KeyUsage, cert.PublicKeyAlgorithm)
	}
	if !strings.HasPrefix(w.KeyPEM, "-----BEGIN RSA PRIVATE KEY-----\n") {
		t.Errorf("private key: got %.40q…, want PKCS#1", w.KeyPEM)
	}
}
