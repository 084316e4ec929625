package ca_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/internal/ca"
	"muster/internal/fault"
	"muster/internal/index"
	"muster/internal/seal"
	"muster/internal/store/storetest"
)

func master(t testing.TB) *seal.Master {
	t.Helper()
	m, _, err := seal.Load(filepath.Join(t.TempDir(), "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func keeper(t testing.TB) ca.Store {
	t.Helper()
	db := storetest.Open(t, t.TempDir(), index.New(16))
	return db.Authorities()
}

func newAuthority(t testing.TB) *ca.Authority {
	t.Helper()
	a, err := ca.Open(t.Context(), keeper(t), master(t))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func parse(t testing.TB, text string) *x509.Certificate {
	t.Helper()
	block, rest := pem.Decode([]byte(text))
	if block == nil || block.Type != "CERTIFICATE" || len(rest) != 0 {
		t.Fatalf("not one certificate: %q", text)
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func TestTheAuthoritySurvivesARestart(t *testing.T) {
	kept, key := keeper(t), master(t)
	first, err := ca.Open(t.Context(), kept, key)
	if err != nil {
		t.Fatal(err)
	}
	second, err := ca.Open(t.Context(), kept, key)
	if err != nil {
		t.Fatal(err)
	}
	if string(first.RootPEM()) != string(second.RootPEM()) {
		t.Error("a second start made another root")
	}
	if _, err := ca.Open(t.Context(), kept, master(t)); err == nil {
		t.Error("opened with another master key")
	}
	all, err := kept.Authorities(t.Context())
	if err != nil || len(all) != 5 {
		t.Fatalf("kept: %d, %v; want 5", len(all), err)
	}
	for _, k := range all {
		if _, err := x509.ParsePKCS8PrivateKey(k.Key); err == nil {
			t.Errorf("the key of %s is kept in clear", k.Name)
		}
	}
	if err := kept.InsertAuthorities(t.Context(), all[:1]); !errors.Is(err, fault.AlreadyExists) {
		t.Errorf("InsertAuthorities again: got %v, want %v", err, fault.AlreadyExists)
	}
}

func TestTheAuthorityRefusesAMissingOrForeignKey(t *testing.T) {
	kept, key := keeper(t), master(t)
	if _, err := ca.Open(t.Context(), kept, key); err != nil {
		t.Fatal(err)
	}
	all, _ := kept.Authorities(t.Context())
	slices.SortFunc(all, func(a, b ca.Kept) int { return strings.Compare(a.Name, b.Name) })
	swapped := slices.Clone(all)
	swapped[0].Key, swapped[1].Key = all[1].Key, all[0].Key
	for name, broken := range map[string][]ca.Kept{"one is missing": all[1:], "two keys swapped": swapped} {
		s := keeper(t)
		if err := s.InsertAuthorities(t.Context(), broken); err != nil {
			t.Fatal(err)
		}
		if _, err := ca.Open(t.Context(), s, key); err == nil {
			t.Errorf("%s: opened", name)
		}
	}
}

// Clients that know nothing but the root must accept Muster's ports, and no
// device as a server.
func TestWhoTrustsTheRootTrustsServersOnly(t *testing.T) {
	a := newAuthority(t)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(a.RootPEM())
	now := time.Now()

	made, err := a.ServerCertificate("muster.example", "192.0.2.7")
	if err != nil {
		t.Fatal(err)
	}
	sent := x509.NewCertPool()
	for _, der := range made.Certificate[1:] {
		c, _ := x509.ParseCertificate(der)
		sent.AddCert(c)
	}
	for _, name := range []string{"muster.example", "192.0.2.7"} {
		if _, err := made.Leaf.Verify(x509.VerifyOptions{DNSName: name, Roots: roots, Intermediates: sent, CurrentTime: now}); err != nil {
			t.Errorf("verify %s: %v", name, err)
		}
	}
	if _, err := made.Leaf.Verify(x509.VerifyOptions{DNSName: "other.example", Roots: roots, Intermediates: sent}); err == nil {
		t.Error("the certificate is good for another name")
	}

	issued, _, err := a.IssueWithKeys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	issuer := x509.NewCertPool()
	issuer.AppendCertsFromPEM(a.IssuerPEM())
	device := parse(t, issued.PEM)
	asClient := []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	if _, err := device.Verify(x509.VerifyOptions{Roots: roots, Intermediates: issuer, KeyUsages: asClient,
		CurrentTime: time.Date(2049, 12, 31, 0, 0, 0, 0, time.UTC)}); err != nil {
		t.Errorf("a device, on its last day: %v", err)
	}
	if _, err := device.Verify(x509.VerifyOptions{Roots: roots, Intermediates: issuer}); err == nil {
		t.Error("a device may serve")
	}
}

func TestDeviceCertificate(t *testing.T) {
	a := newAuthority(t)
	before := time.Now()
	issued, keys, err := a.IssueWithKeys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	cert := parse(t, issued.PEM)
	if got := cert.Subject.String(); got != "CN=AWS IoT Certificate" {
		t.Errorf("subject: got %s", got)
	}
	if got := cert.Issuer.String(); !strings.Contains(got, "Muster") || strings.Contains(got, "Amazon") {
		t.Errorf("issuer: got %s", got)
	}
	if got := (cert.SerialNumber.BitLen() + 7) / 8; got != 20 {
		t.Errorf("serial: got %d bytes, want 20", got)
	}
	if age := before.Sub(cert.NotBefore); age < time.Minute || age > 10*time.Minute {
		t.Errorf("NotBefore: %v before the issue, want a few minutes", age)
	}
	if got := cert.NotAfter.Format(time.RFC3339); got != "2049-12-31T23:59:59Z" {
		t.Errorf("NotAfter: got %s", got)
	}
	var extensions []string
	for _, e := range cert.Extensions {
		extensions = append(extensions, fmt.Sprint(e.Id, " ", e.Critical))
	}
	slices.Sort(extensions)
	want := "[2.5.29.14 false 2.5.29.15 true 2.5.29.19 true 2.5.29.35 false]" // SKI, key usage, basic constraints, AKI
	if got := fmt.Sprint(extensions); got != want {
		t.Errorf("extensions: got %s, want %s", got, want)
	}
	if cert.IsCA || cert.KeyUsage != x509.KeyUsageDigitalSignature {
		t.Errorf("CA %v, key usage %v", cert.IsCA, cert.KeyUsage)
	}
	if got := ca.ID(cert.Raw); got != issued.ID || len(got) != 64 || strings.ToLower(got) != got {
		t.Errorf("id: got %s, want %s", issued.ID, got)
	}
	private := keys.Private.Reveal()
	if !strings.HasPrefix(private, "-----BEGIN RSA PRIVATE KEY-----\n") || !strings.HasSuffix(private, "-----END RSA PRIVATE KEY-----\n") {
		t.Error("the private key is not PKCS #1 in PEM")
	}
	if _, err := tls.X509KeyPair([]byte(issued.PEM), []byte(private)); err != nil {
		t.Errorf("certificate and key: %v", err)
	}
	block, _ := pem.Decode([]byte(keys.Public))
	public, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil || block.Type != "PUBLIC KEY" || !cert.PublicKey.(*rsa.PublicKey).Equal(public) || public.(*rsa.PublicKey).Size() != 256 {
		t.Errorf("public key: %s, %v", block.Type, err)
	}
}

func TestLifeOfDeviceCertificates(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 500, time.UTC)
	for _, tc := range []struct {
		name string
		life time.Duration
		want time.Time
	}{
		{"as AWS", 0, time.Date(2049, 12, 31, 23, 59, 59, 0, time.UTC)},
		{"ten days", 240 * time.Hour, time.Date(2026, 3, 11, 12, 0, 0, 0, time.UTC)},
		{"longer than its issuer", 100 * 365 * 24 * time.Hour, time.Date(2099, 12, 31, 23, 59, 59, 0, time.UTC)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := newAuthority(t)
			a.Now, a.Life = func() time.Time { return now }, tc.life
			issued, err := a.SignCSR(csr(t, newKey(t, elliptic.P256())))
			if err != nil || !issued.NotAfter.Equal(tc.want) || !parse(t, issued.PEM).NotAfter.Equal(tc.want) {
				t.Errorf("NotAfter: got %v, %v, want %v", issued.NotAfter, err, tc.want)
			}
		})
	}
}

func newKey(t testing.TB, curve elliptic.Curve) any {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func csr(t testing.TB, key any) string {
	t.Helper()
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{
		Subject: pkix.Name{CommonName: "root of all"}, DNSNames: []string{"bank.example"},
		ExtraExtensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 19}, Critical: true, Value: []byte{0x30, 3, 1, 1, 0xff}}},
	}, key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}))
}

func TestSignCSR(t *testing.T) {
	a := newAuthority(t)
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Skip("this Go makes no small key:", err)
	}
	good := csr(t, newKey(t, elliptic.P256()))
	block, _ := pem.Decode([]byte(good))
	block.Bytes[len(block.Bytes)-1] ^= 1
	for _, tc := range []struct {
		name, csr string
		want      error
	}{
		{"P-256", good, nil},
		{"P-384", csr(t, newKey(t, elliptic.P384())), nil},
		{"P-521", csr(t, newKey(t, elliptic.P521())), nil},
		{"P-224", csr(t, newKey(t, elliptic.P224())), fault.Invalid},
		{"RSA of 1024 bits", csr(t, small), fault.Invalid},
		{"a changed signature", string(pem.EncodeToMemory(block)), fault.Invalid},
		{"a certificate", string(a.RootPEM()), fault.Invalid},
		{"two requests", good + good, fault.Invalid},
		{"not PEM", "hello", fault.Invalid},
		{"nothing", "", fault.Invalid},
		{"not DER", "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n", fault.Invalid},
		{"too long", good + strings.Repeat(" ", 4096), fault.Invalid},
	} {
		t.Run(tc.name, func(t *testing.T) {
			issued, err := a.SignCSR(tc.csr)
			if !errors.Is(err, tc.want) {
				t.Fatalf("SignCSR: got %v, want %v", err, tc.want)
			}
			if tc.want != nil {
				return
			}
			cert := parse(t, issued.PEM)
			if cert.Subject.String() != "CN=AWS IoT Certificate" || len(cert.DNSNames) != 0 || cert.IsCA {
				t.Errorf("the request's wishes were granted: %s, names %v, CA %v", cert.Subject, cert.DNSNames, cert.IsCA)
			}
			again, err := a.SignCSR(tc.csr)
			if err != nil || again.ID == issued.ID {
				t.Errorf("the same request again: %v, the same certificate", err)
			}
		})
	}
}

// Whatever a request holds, it is refused, or the certificate is of its key
// and grants none of its wishes. der is what stands in the PEM; without it text
// is all of the request.
func FuzzSignCSR(f *testing.F) {
	good := csr(f, newKey(f, elliptic.P256()))
	block, _ := pem.Decode([]byte(good))
	f.Add("", block.Bytes)
	f.Add(good, []byte(nil))
	f.Add(strings.Replace(good, "CERTIFICATE", "NEW CERTIFICATE", 2), []byte(nil))
	f.Add(strings.Replace(good, "\n", "\nProc-Type: 4,ENCRYPTED\n\n", 1), []byte(nil))
	f.Add("", []byte(nil))
	a := newAuthority(f)
	f.Fuzz(func(t *testing.T, text string, der []byte) {
		if len(der) > 0 {
			text = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}))
		}
		issued, err := a.SignCSR(text)
		if errors.Is(err, fault.Invalid) {
			return
		}
		if err != nil {
			t.Fatalf("SignCSR: got %v, want a refusal", err)
		}
		block, _ := pem.Decode([]byte(text))
		asked, err := x509.ParseCertificateRequest(block.Bytes)
		if err != nil {
			t.Fatalf("what was signed can't be read: %v", err)
		}
		cert := parse(t, issued.PEM)
		if cert.Subject.String() != "CN=AWS IoT Certificate" || len(cert.DNSNames) != 0 || cert.IsCA {
			t.Errorf("the request's wishes were granted: %s, names %v, CA %v", cert.Subject, cert.DNSNames, cert.IsCA)
		}
		if !bytes.Equal(cert.RawSubjectPublicKeyInfo, asked.RawSubjectPublicKeyInfo) {
			t.Error("the certificate is of another key")
		}
	})
}

func BenchmarkSignCSR(b *testing.B) {
	a := newAuthority(b)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	if err != nil {
		b.Fatal(err)
	}
	request := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := a.SignCSR(request); err != nil {
			b.Fatal(err)
		}
	}
}

func TestServerCertificatesAreHeldAndRenewed(t *testing.T) {
	a := newAuthority(t)
	now := time.Now()
	a.Now = func() time.Time { return now }
	serial := func(names ...string) string {
		t.Helper()
		c, err := a.ServerCertificate(names...)
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := c.PrivateKey.(*ecdsa.PrivateKey); !ok {
			t.Errorf("key: %T, want ECDSA", c.PrivateKey)
		}
		if now.After(c.Leaf.NotAfter) {
			t.Error("expired")
		}
		return c.Leaf.SerialNumber.String()
	}
	first := serial("a.example")
	if serial("A.example") != first {
		t.Error("asked again: another certificate")
	}
	if serial("b.example") == first {
		t.Error("another name: the same certificate")
	}
	now = now.Add(59 * 24 * time.Hour)
	if serial("a.example") != first {
		t.Error("renewed before two thirds of its life")
	}
	now = now.Add(2 * 24 * time.Hour)
	if serial("a.example") == first {
		t.Error("not renewed after two thirds of its life")
	}
	for _, none := range [][]string{nil, {""}} {
		if _, err := a.ServerCertificate(none...); err == nil {
			t.Errorf("a certificate for %q", none)
		}
	}
}

func TestForNamesMakesNoneForStrangers(t *testing.T) {
	a := newAuthority(t)
	get := a.ForNames([]string{"localhost", "127.0.0.1"}, func(name string) bool { return name == "known.example" })
	for _, tc := range []struct{ asked, want string }{
		{"localhost", "[localhost]"},
		{"", "[localhost]"},
		{"known.example", "[known.example]"},
		{"KNOWN.example", "[known.example]"},
		{"stranger.example", "[localhost]"},
	} {
		c, err := get(&tls.ClientHelloInfo{ServerName: tc.asked})
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(c.Leaf.DNSNames); got != tc.want {
			t.Errorf("asked for %q: got %s, want %s", tc.asked, got, tc.want)
		}
	}
}

func TestAWaitForAKeyEndsWithItsCaller(t *testing.T) {
	a := newAuthority(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := a.IssueWithKeys(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("IssueWithKeys: got %v, want %v", err, context.Canceled)
	}
}

func TestKeysMadeAhead(t *testing.T) {
	a := newAuthority(t)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- a.MakeKeysAhead(ctx) }()
	first, _, err1 := a.IssueWithKeys(t.Context())
	second, _, err2 := a.IssueWithKeys(t.Context())
	if err1 != nil || err2 != nil || first.ID == second.ID {
		t.Errorf("got %s and %s, %v, %v", first.ID, second.ID, err1, err2)
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("MakeKeysAhead: %v", err)
	}
}
