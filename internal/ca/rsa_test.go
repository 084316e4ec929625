package ca_test

import (
	"bytes"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"muster/internal/ca"
)

// Data of before there was an RSA root get one beside theirs, which stays as it was.
func TestAnRSARootIsAddedToDataWithoutOne(t *testing.T) {
	kept, key := keeper(t), master(t)
	if _, err := ca.Open(t.Context(), kept, key); err != nil {
		t.Fatal(err)
	}
	all, err := kept.Authorities(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	isRSA := func(k ca.Kept) bool { return strings.HasSuffix(k.Name, "-rsa") }
	before := slices.DeleteFunc(slices.Clone(all), isRSA)
	old := keeper(t)
	if err := old.InsertAuthorities(t.Context(), before); err != nil {
		t.Fatal(err)
	}

	if _, err := ca.Open(t.Context(), old, master(t)); err == nil {
		t.Error("opened under another master key")
	}
	if now, err := old.Authorities(t.Context()); err != nil || len(now) != len(before) {
		t.Errorf("under another master key it became %d authorities, %v; want %d", len(now), err, len(before))
	}

	var opened [2]*ca.Authority // at once, as several processes would
	var wg sync.WaitGroup
	for i := range opened {
		wg.Go(func() { opened[i], _ = ca.Open(t.Context(), old, key) })
	}
	wg.Wait()
	for i, a := range opened {
		if a == nil || !bytes.Equal(a.RootPEM(), opened[0].RootPEM()) {
			t.Fatalf("opening %d: %v, with other roots than the first", i, a)
		}
	}
	now, err := old.Authorities(t.Context())
	if err != nil || len(now) != 5 {
		t.Fatalf("kept: %d, %v; want 5", len(now), err)
	}
	for _, k := range now {
		if isRSA(k) {
			continue
		}
		if !slices.ContainsFunc(before, func(b ca.Kept) bool {
			return b.Name == k.Name && bytes.Equal(b.Certificate, k.Certificate) && bytes.Equal(b.Key, k.Key)
		}) {
			t.Errorf("%s was changed", k.Name)
		}
	}
}

func TestTheRoots(t *testing.T) {
	a := newAuthority(t)
	first, rest := pem.Decode(a.RootPEM())
	second, rest := pem.Decode(rest)
	if first == nil || second == nil || len(rest) != 0 {
		t.Fatalf("not two certificates: %s", a.RootPEM())
	}
	if !bytes.Equal(pem.EncodeToMemory(first), a.RootECDSAPEM()) || !bytes.Equal(pem.EncodeToMemory(second), a.RootRSAPEM()) {
		t.Error("the roots are not ECDSA's first, and then RSA's")
	}
	if sum := sha256.Sum256(a.RootPEM()); a.RootSum() != hex.EncodeToString(sum[:]) {
		t.Errorf("RootSum: got %s", a.RootSum())
	}
	for text, want := range map[string]struct {
		algorithm x509.SignatureAlgorithm
		end       int
	}{string(a.RootECDSAPEM()): {x509.ECDSAWithSHA256, 2099}, string(a.RootRSAPEM()): {x509.SHA256WithRSA, 2049}} {
		root := parse(t, text)
		if root.SignatureAlgorithm != want.algorithm || root.NotAfter.Year() != want.end || !root.IsCA || root.CheckSignatureFrom(root) != nil {
			t.Errorf("%s: %v until %v, CA %v, %v", root.Subject, root.SignatureAlgorithm, root.NotAfter, root.IsCA, root.CheckSignatureFrom(root))
		}
		if key, ok := root.PublicKey.(*rsa.PublicKey); ok && key.Size() != 256 {
			t.Errorf("the RSA root has %d bits, want 2048", key.Size()*8)
		}
	}
}

// All RSA certificates share a key: a stranger may ask for many names.
func TestRSAServerCertificatesShareAKey(t *testing.T) {
	a := newAuthority(t)
	now := time.Now()
	a.Now = func() time.Time { return now }
	get := func(name string) *x509.Certificate {
		t.Helper()
		c, err := a.ServerCertificateRSA(name)
		if err != nil {
			t.Fatal(err)
		}
		roots, between := x509.NewCertPool(), x509.NewCertPool()
		roots.AppendCertsFromPEM(a.RootRSAPEM())
		for _, der := range c.Certificate[1:] {
			sent, err := x509.ParseCertificate(der)
			if err != nil {
				t.Fatal(err)
			}
			between.AddCert(sent)
		}
		chains, err := c.Leaf.Verify(x509.VerifyOptions{DNSName: name, Roots: roots, Intermediates: between, CurrentTime: now})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, link := range chains[0] {
			if link.SignatureAlgorithm != x509.SHA256WithRSA {
				t.Errorf("%s is signed with %v", link.Subject, link.SignatureAlgorithm)
			}
		}
		return c.Leaf
	}
	key := func(c *x509.Certificate) string { return fmt.Sprint(c.PublicKey) }
	first := get("a.example")
	if again := get("A.example"); !again.Equal(first) {
		t.Error("asked again: another certificate")
	}
	if other := get("b.example"); other.Equal(first) || key(other) != key(first) {
		t.Errorf("another name: equal %v; want another certificate on the same key", other.Equal(first))
	}
	now = now.Add(61 * 24 * time.Hour)
	if later := get("a.example"); later.Equal(first) || key(later) == key(first) {
		t.Error("two thirds of its life later the certificate or its key is the same")
	}
}

// hello makes a handshake over a pipe and returns the server's certificate, the
// suite, and the client's failure.
func hello(t *testing.T, get func(*tls.ClientHelloInfo) (*tls.Certificate, error), client *tls.Config) (tls.ConnectionState, error) {
	t.Helper()
	here, there := net.Pipe()
	defer here.Close()
	defer there.Close()
	go tls.Server(there, &tls.Config{GetCertificate: get, MinVersion: tls.VersionTLS12}).Handshake()
	c := tls.Client(here, client)
	err := c.HandshakeContext(t.Context())
	return c.ConnectionState(), err
}

func TestWhoIsShownWhichCertificate(t *testing.T) {
	a := newAuthority(t)
	get := a.ForNames([]string{"localhost"}, func(name string) bool { return name == "known.example" })
	both, justECDSA, justRSA := x509.NewCertPool(), x509.NewCertPool(), x509.NewCertPool()
	both.AppendCertsFromPEM(a.RootPEM())
	justECDSA.AppendCertsFromPEM(a.RootECDSAPEM())
	justRSA.AppendCertsFromPEM(a.RootRSAPEM())
	only := func(suites ...uint16) *tls.Config {
		return &tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: suites}
	}
	for _, tc := range []struct {
		name   string
		client *tls.Config
		roots  *x509.CertPool
		want   x509.PublicKeyAlgorithm // Unknown: no handshake
	}{
		{"whoever knows all, TLS 1.3", &tls.Config{}, justECDSA, x509.ECDSA},
		{"whoever knows all, TLS 1.2", only(), justECDSA, x509.ECDSA},
		{"RSA named first", only(tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256), justECDSA, x509.ECDSA},
		{"only RSA with AES-GCM", only(tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256), justRSA, x509.RSA},
		{"only RSA with AES-CBC", only(tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA), justRSA, x509.RSA},
		{"only RSA, holding both roots", only(tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384), both, x509.RSA},
		{"RSA and no curve of the certificate", &tls.Config{MaxVersion: tls.VersionTLS12, CurvePreferences: []tls.CurveID{tls.CurveP384}}, justRSA, x509.RSA},
		{"only RSA's own key exchange", only(tls.TLS_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_RSA_WITH_AES_128_CBC_SHA), both, x509.UnknownPublicKeyAlgorithm},
	} {
		for _, name := range []string{"known.example", "localhost"} {
			t.Run(tc.name+"/"+name, func(t *testing.T) {
				client := tc.client.Clone()
				client.RootCAs, client.ServerName = tc.roots, name
				state, err := hello(t, get, client)
				if tc.want == x509.UnknownPublicKeyAlgorithm {
					if err == nil {
						t.Errorf("shook hands with %s", tls.CipherSuiteName(state.CipherSuite))
					}
					return
				}
				if err != nil || state.PeerCertificates[0].PublicKeyAlgorithm != tc.want {
					t.Errorf("got %v, with %v; want %v", err, state.PeerCertificates, tc.want)
				}
			})
		}
	}
	stranger, err := hello(t, get, &tls.Config{ServerName: "stranger.example", InsecureSkipVerify: true, MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256}})
	if err != nil || fmt.Sprint(stranger.PeerCertificates[0].DNSNames) != "[localhost]" {
		t.Errorf("a stranger's name: got %v, %v; want the host's certificate", stranger.PeerCertificates, err)
	}
}
