package certificate_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"log/slog"
	"math/big"
	"strings"
	"testing"
	"time"

	"muster/internal/arn"
	"muster/internal/certificate"
	"muster/internal/fault"
	"muster/internal/page"
)

func onCurve(t testing.TB, curve elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// foreign is a certificate in PEM that no authority of ours has signed: of
// public by signer, changed by change.
func foreign(t testing.TB, public any, signer crypto.Signer, change func(*x509.Certificate)) string {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "pump-7"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	if change != nil {
		change(template)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, signer)
	if err != nil {
		t.Fatal(err)
	}
	return encode("CERTIFICATE", der)
}

func encode(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// own is a self-signed one on P-256.
func own(t testing.TB) string {
	t.Helper()
	key := onCurve(t, elliptic.P256())
	return foreign(t, key.Public(), key, nil)
}

func der(t testing.TB, text string) []byte {
	t.Helper()
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		t.Fatal("no PEM")
	}
	return block.Bytes
}

func fingerprint(t testing.TB, text string) string {
	t.Helper()
	sum := sha256.Sum256(der(t, text))
	return hex.EncodeToString(sum[:])
}

// sha1Signed is of a key on P-256, and Go signs none like it any more.
const sha1Signed = `-----BEGIN CERTIFICATE-----
MIIBdjCCAR6gAwIBAgIUftsjlGl450DopVsieDBsw//7MRwwCQYHKoZIzj0EATAR
MQ8wDQYDVQQDDAZwdW1wLTcwIBcNMjYxMTI4MTAyNjQ5WhgPMjEyNjExMDQxMDI2
NDlaMBExDzANBgNVBAMMBnB1bXAtNzBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IA
BITbbyMBTFIavLFFPm9teUFLW4jm68Gj1qMcXnJBdsftSACFNm703OpSbI7iL7n2
CzmKLWnE4QOYDH0z8JTl1+mjUzBRMB0GA1UdDgQWBBQJQv9vROOXcMQHJg4RdBrh
rZ2kUzAfBgNVHSMEGDAWgBQJQv9vROOXcMQHJg4RdBrhrZ2kUzAPBgNVHRMBAf8E
BTADAQH/MAkGByqGSM49BAEDRwAwRAIgdv5bcqv5j3YgeM9QvDDigL9d8egH37w9
GMtTSpUxnI0CIHKLFpjZbDU0BFw4ovS5ybsJUl8tEs9ejuMG87JTlFze
-----END CERTIFICATE-----
`

func rsaOf(bits uint) *rsa.PublicKey {
	n := new(big.Int).Lsh(big.NewInt(1), bits-1)
	return &rsa.PublicKey{N: n.Add(n, big.NewInt(1)), E: 65537}
}

func TestRegisterWithoutCAReads(t *testing.T) {
	signer := onCurve(t, elliptic.P256())
	rsaSigner, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	algorithm := func(a x509.SignatureAlgorithm) func(*x509.Certificate) {
		return func(c *x509.Certificate) { c.SignatureAlgorithm = a }
	}
	curve := func(c elliptic.Curve) string {
		key := onCurve(t, c)
		return foreign(t, key.Public(), key, nil)
	}
	good := own(t)
	key, err := x509.MarshalPKCS8PrivateKey(signer)
	if err != nil {
		t.Fatal(err)
	}
	_, edwards, _ := ed25519.GenerateKey(rand.Reader)
	changed := bytes.Clone(der(t, good))
	changed[5] ^= 0xff
	weak := foreign(t, rsaOf(2048), signer, nil)
	weakKey := bytes.Replace(der(t, weak), []byte{2, 3, 1, 0, 1}, []byte{2, 3, 1, 0, 0}, 1)
	for _, tc := range []struct {
		name, text string
		want       error
	}{
		{"RSA of 2048 bits, signed by itself", foreign(t, rsaSigner.Public(), rsaSigner, nil), nil},
		{"RSA of 4096 bits, signed by another", foreign(t, rsaOf(4096), signer, nil), nil},
		{"P-256", good, nil},
		{"P-384", curve(elliptic.P384()), nil},
		{"P-521", curve(elliptic.P521()), nil},
		{"of an authority", foreign(t, signer.Public(), signer, func(c *x509.Certificate) { c.IsCA, c.BasicConstraintsValid = true, true }), nil},
		{"expired", foreign(t, signer.Public(), signer, func(c *x509.Certificate) { c.NotAfter = c.NotBefore }), nil},
		{"from the epoch to the end of time", foreign(t, signer.Public(), signer, func(c *x509.Certificate) {
			c.NotBefore, c.NotAfter = time.Unix(0, 0), time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
		}), nil},
		{"SHA-384 with RSA", foreign(t, signer.Public(), rsaSigner, algorithm(x509.SHA384WithRSA)), nil},
		{"SHA-512 with RSA-PSS", foreign(t, signer.Public(), rsaSigner, algorithm(x509.SHA512WithRSAPSS)), nil},
		{"explanations around the block", "Certificate:\n    Data: pump\n" + good + "\nthat was it\n", nil},
		{"lines that end in CR LF", strings.ReplaceAll(good, "\n", "\r\n"), nil},

		{"RSA of 1024 bits", foreign(t, rsaOf(1024), signer, nil), fault.Malformed},
		{"RSA with an even exponent", encode("CERTIFICATE", weakKey), fault.Malformed},
		{"P-224", curve(elliptic.P224()), fault.Malformed},
		{"Ed25519", foreign(t, edwards.Public(), edwards, nil), fault.Malformed},
		{"signed by Ed25519", foreign(t, signer.Public(), edwards, nil), fault.Malformed},
		{"SHA-1 with ECDSA", sha1Signed, fault.Malformed},
		{"two certificates", good + good, fault.Malformed},
		{"a private key behind it", good + encode("PRIVATE KEY", key), fault.Malformed},
		{"a private key before it", encode("EC PRIVATE KEY", key) + good, fault.Malformed},
		{"a key only", encode("PRIVATE KEY", key), fault.Malformed},
		{"a trusted certificate", encode("TRUSTED CERTIFICATE", der(t, good)), fault.Malformed},
		{"headers in the block", strings.Replace(good, "\n", "\nProc-Type: 4,ENCRYPTED\n\n", 1), fault.Malformed},
		{"something behind the DER", encode("CERTIFICATE", append(der(t, good), 0)), fault.Malformed},
		{"half of the DER", encode("CERTIFICATE", der(t, good)[:100]), fault.Malformed},
		{"a changed byte", encode("CERTIFICATE", changed), fault.Malformed},
		{"a request", csr(t), fault.Malformed},
		{"DER", string(der(t, good)), fault.Malformed},
		{"no end", strings.Split(good, "-----END")[0], fault.Malformed},
		{"not PEM", "hello", fault.Malformed},
		{"nothing", "", fault.Malformed},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := open(t)
			cert, err := r.RegisterWithoutCA(t.Context(), east, tc.text, certificate.Active)
			if !errors.Is(err, tc.want) || tc.want == nil && err != nil {
				t.Fatalf("got %v, want %v", err, tc.want)
			}
			if all, err := r.List(t.Context(), east, page.Request{Limit: 10}); err != nil || (len(all.Items) == 1) != (tc.want == nil) {
				t.Fatalf("registered are %v, %v", all.Items, err)
			}
			if tc.want != nil {
				return
			}
			kept, err := r.Describe(t.Context(), east, fingerprint(t, tc.text))
			if err != nil || kept.PEM != tc.text || kept.Mode != certificate.SNIOnly || kept.Status != certificate.Active || kept.Version != 1 || len(kept.Generation) != 64 || kept.ID != cert.ID {
				t.Errorf("Describe: got %+v, %v", kept, err)
			}
			read, err := x509.ParseCertificate(der(t, tc.text))
			if err != nil || !kept.NotBefore.Equal(read.NotBefore) || !kept.NotAfter.Equal(read.NotAfter) {
				t.Errorf("dates: got %v to %v", kept.NotBefore, kept.NotAfter)
			}
			if _, err := r.Registered(t.Context(), cert.ID); err != nil {
				t.Errorf("Registered: %v", err)
			}
		})
	}
}

func TestRegisterWithoutCAStatuses(t *testing.T) {
	r := open(t)
	for asked, want := range map[certificate.Status]certificate.Status{
		"": certificate.Inactive, certificate.Inactive: certificate.Inactive, certificate.Active: certificate.Active, certificate.Revoked: certificate.Revoked,
		certificate.PendingTransfer: "", certificate.PendingActivation: "", "REGISTER_INACTIVE": "", "active": "",
	} {
		cert, err := r.RegisterWithoutCA(t.Context(), east, own(t), asked)
		if want == "" && !errors.Is(err, fault.Invalid) || want != "" && (err != nil || cert.Status != want || r.status(t, cert.ID) != want) {
			t.Errorf("%q: got %q, %v, want %q", asked, cert.Status, err, want)
		}
	}
}

func TestRegisterWithoutCATwice(t *testing.T) {
	r := open(t)
	text := own(t)
	first, err := r.RegisterWithoutCA(t.Context(), east, text, certificate.Active)
	if err != nil {
		t.Fatal(err)
	}
	_, err = r.RegisterWithoutCA(t.Context(), east, "the same\n"+text, "")
	said := fault.Of(err)
	if !errors.Is(err, fault.AlreadyExists) || said.Fields["resourceId"] != first.ID || said.Fields["resourceArn"] != string(east.Certificate(first.ID)) {
		t.Errorf("again: got %v, want %v of the first", err, fault.AlreadyExists)
	}
	if r.status(t, first.ID) != certificate.Active {
		t.Error("the refused registration changed the first")
	}
	// Elsewhere it is another registration.
	for _, scope := range []arn.Scope{west, {Account: "222222222222", Region: east.Region}} {
		other, err := r.RegisterWithoutCA(t.Context(), scope, text, "")
		if err != nil || other.ID != first.ID || other.Generation == first.Generation || other.Status != certificate.Inactive {
			t.Errorf("in %v: got %+v, %v", scope, other, err)
		}
	}
	if all, err := r.Registered(t.Context(), first.ID); err != nil || len(all) != 3 {
		t.Errorf("Registered: got %d, %v, want 3", len(all), err)
	}
}

// What was deleted may come back, also where the authority issued it, and has
// nothing of what it had.
func TestRegisterWithoutCAAgain(t *testing.T) {
	r := open(t)
	issued := r.create(t, true)
	foreign, err := r.RegisterWithoutCA(t.Context(), east, own(t), certificate.Active)
	if err != nil {
		t.Fatal(err)
	}
	for _, was := range []certificate.Certificate{issued, foreign} {
		if _, err := r.RegisterWithoutCA(t.Context(), east, was.PEM, ""); !errors.Is(err, fault.AlreadyExists) {
			t.Errorf("while it is registered: got %v, want %v", err, fault.AlreadyExists)
		}
		if _, err := r.policies.Create(t.Context(), east, "p"+was.ID[:8], `{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`); err != nil {
			t.Fatal(err)
		}
		if err := r.policies.Attach(t.Context(), east, "p"+was.ID[:8], string(was.ARN())); err != nil {
			t.Fatal(err)
		}
		r.put(t, was.ID, certificate.Revoked)
		if err := r.Delete(t.Context(), east, was.ID, true); err != nil {
			t.Fatal(err)
		}
		again, err := r.RegisterWithoutCA(t.Context(), east, was.PEM, certificate.Active)
		if err != nil || again.ID != was.ID || again.Generation == was.Generation || again.Mode != certificate.SNIOnly || again.Version != 1 {
			t.Errorf("after its deletion: got %+v, %v", again, err)
		}
		if left, err := r.policies.Effective(t.Context(), east, was.ID); err != nil || len(left) > 0 {
			t.Errorf("it has the policies %v, %v, want none", left, err)
		}
	}
}

func TestRegisterWithoutCALeavesARecord(t *testing.T) {
	r := open(t)
	var log bytes.Buffer
	r.Log = slog.New(slog.NewJSONHandler(&log, nil))
	if _, err := r.RegisterWithoutCA(t.Context(), east, own(t), certificate.Active); err != nil {
		t.Fatal(err)
	}
	var events []string
	for line := range strings.Lines(log.String()) {
		var record struct{ Audit struct{ Event string } }
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			t.Fatal(err)
		}
		events = append(events, record.Audit.Event)
	}
	if got := strings.Join(events, ", "); got != "certificate registered, certificate activated" {
		t.Errorf("the records are %q", got)
	}
}

// Whatever is sent, it is refused, or what is registered is the certificate of
// its one block.
func FuzzRegisterWithoutCA(f *testing.F) {
	good := own(f)
	f.Add(good, []byte(nil))
	f.Add("a\n"+good+"b", []byte(nil))
	f.Add("", der(f, good))
	r := open(f)
	f.Fuzz(func(t *testing.T, text string, raw []byte) {
		if len(raw) > 0 {
			text = encode("CERTIFICATE", raw)
		}
		cert, err := r.RegisterWithoutCA(t.Context(), east, text, "")
		if errors.Is(err, fault.Malformed) || errors.Is(err, fault.AlreadyExists) {
			return
		}
		if err != nil || cert.ID != fingerprint(t, text) || strings.Contains(text, "PRIVATE KEY-----") {
			t.Fatalf("got %+v, %v", cert, err)
		}
		if _, err := r.Registered(t.Context(), cert.ID); err != nil {
			t.Fatalf("Registered: %v", err)
		}
	})
}
