package credsapi_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"testing"
	"time"

	"muster/internal/certificate"
)

// A certificate that the device has signed itself is judged as any other: its
// status, its dates, and that it is registered where it is shown.
func TestCertificatesOfTheDevicesOwn(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name          string
		curve         elliptic.Curve
		status        certificate.Status // "" when it isn't registered
		begins, lasts time.Duration      // from now
		want          refusal            // none: there are credentials
	}{
		{"P-256", elliptic.P256(), certificate.Active, -time.Hour, time.Hour, refusal{}},
		{"P-384", elliptic.P384(), certificate.Active, -time.Hour, time.Hour, refusal{}},
		{"P-521", elliptic.P521(), certificate.Active, -time.Hour, time.Hour, refusal{}},
		{"from the epoch on", elliptic.P256(), certificate.Active, -time.Since(time.Unix(0, 0)), time.Hour, refusal{}},
		{"expired", elliptic.P256(), certificate.Active, -2 * time.Hour, -time.Hour, denied},
		{"not valid yet", elliptic.P256(), certificate.Active, time.Hour, 2 * time.Hour, denied},
		{"inactive", elliptic.P256(), certificate.Inactive, -time.Hour, time.Hour, denied},
		{"revoked", elliptic.P256(), certificate.Revoked, -time.Hour, time.Hour, denied},
		{"registered nowhere", elliptic.P256(), "", -time.Hour, time.Hour, badEndpoint},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, usual)
			key, err := ecdsa.GenerateKey(tc.curve, rand.Reader)
			w.must(err)
			template := &x509.Certificate{SerialNumber: big.NewInt(7), NotBefore: time.Now().Add(tc.begins), NotAfter: time.Now().Add(tc.lasts)}
			der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
			w.must(err)
			w.device = tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
			if tc.status != "" {
				cert, err := w.certs.RegisterWithoutCA(t.Context(), east, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), tc.status)
				w.must(err)
				w.must(w.policies.Attach(t.Context(), east, "may", string(cert.ARN())))
			}
			got := w.client(nil).ask("")
			if tc.want != (refusal{}) {
				tc.want.check(t, tc.name, got)
				return
			}
			checkForm(t, tc.name, got)
			if got.status != 200 {
				t.Errorf("got %d %s, want credentials", got.status, got.body)
			}
		})
	}
}
