// Package ca is Muster's certificate authority: it makes keys and signs.
//
//	root ── server CA ── certificates of Muster's own ports
//	     └─ issuing CA ── device certificates
//
// The authorities are made at the first start, ECDSA P-256, and outlive every
// device certificate. Their private keys lie sealed in the store and are held
// open in memory. Which certificates are registered, and whether they may be
// used, is the business of the room certificate; which server names may have a
// certificate, that of whoever calls.
//
// Device certificates look like AWS's (aws x509-client-certs, and one dumped
// from a real device) except for the issuer, which says Muster.
package ca

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"

	"muster/internal/fault"
	"muster/internal/seal"
)

// Kept is an authority as it lies in the store.
type Kept struct {
	Name        string
	Certificate []byte // DER
	Key         []byte // PKCS #8, sealed for the purpose "authority <name>"
	Created     time.Time
}

// Store keeps the authorities. Each method happens wholly or not at all.
type Store interface {
	// Authorities answers all that are kept, in no order.
	Authorities(ctx context.Context) ([]Kept, error)
	// InsertAuthorities keeps all of them; it fails with fault.AlreadyExists,
	// and keeps none, if one of the names is taken; and where there are none, but
	// certificates that they signed.
	InsertAuthorities(ctx context.Context, all []Kept) error
}

// Names of the authorities in the store.
const (
	rootName    = "root"
	serverName  = "server"
	issuingName = "issuing"
)

// backdate is how long before its making a certificate begins to be valid:
// devices without a battery-backed clock run a little late.
const backdate = 5 * time.Minute

// endOfDevices is NotAfter of every certificate AWS IoT issues.
var endOfDevices = time.Date(2049, 12, 31, 23, 59, 59, 0, time.UTC)

// endOfAuthorities is NotAfter of the authorities.
var endOfAuthorities = time.Date(2099, 12, 31, 23, 59, 59, 0, time.UTC)

// Authority signs. Its methods may be called from any goroutine; the fields
// are set before the first call.
type Authority struct {
	Now  func() time.Time // time.Now when nil
	Life time.Duration    // of device certificates; 0: until 2049-12-31T23:59:59Z, as AWS

	root            *x509.Certificate
	server, issuing signer
	keys            *keyPool
	servers         serverCache
}

// signer is an authority with its key.
type signer struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// Open answers the authorities kept in the store, made if there are none.
func Open(ctx context.Context, store Store, master *seal.Master) (*Authority, error) {
	kept, err := store.Authorities(ctx)
	if err == nil && len(kept) == 0 {
		kept, err = establish(ctx, store, master)
	}
	if err != nil {
		return nil, fmt.Errorf("open the certificate authority: %w", err)
	}
	signers, damaged := openAll(kept, master)
	if err := firstOf(kept, damaged); err != nil {
		return nil, err
	}
	a := &Authority{root: signers[rootName].cert, server: signers[serverName], issuing: signers[issuingName], keys: newKeyPool()}
	if err := complete(signers); err != nil {
		return nil, err
	}
	return a, nil
}

// CheckAll fails as Open does with these authorities.
func CheckAll(kept []Kept, master *seal.Master) error {
	signers, damaged := openAll(kept, master)
	if err := firstOf(kept, damaged); err != nil {
		return err
	}
	return complete(signers)
}

func firstOf(kept []Kept, damaged map[string]error) error {
	for _, k := range kept {
		if err := damaged[k.Name]; err != nil {
			return fmt.Errorf("open the certificate authority %q: %w", k.Name, err)
		}
	}
	return nil
}

func complete(signers map[string]signer) error {
	for _, name := range []string{rootName, serverName, issuingName} {
		if signers[name].cert == nil {
			return fmt.Errorf("open the certificate authority: %s is missing in the store", name)
		}
	}
	return nil
}

// establish makes the three authorities and keeps them.
func establish(ctx context.Context, store Store, master *seal.Master) ([]Kept, error) {
	now := time.Now()
	root, err := newSigner(authorityTemplate("Muster Root CA", 1, now), signer{})
	if err != nil {
		return nil, err
	}
	server := authorityTemplate("Muster Server CA", 0, now)
	server.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	issuing := authorityTemplate("Muster Device CA", 0, now)
	// Whoever trusts the root for servers must not take a device for one.
	issuing.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}

	all := []Kept{}
	keep := func(name string, s signer) error {
		key, err := x509.MarshalPKCS8PrivateKey(s.key)
		if err != nil {
			return err
		}
		all = append(all, Kept{Name: name, Certificate: s.cert.Raw, Key: master.Seal(purpose(name), key), Created: now})
		return nil
	}
	if err := keep(rootName, root); err != nil {
		return nil, err
	}
	for name, template := range map[string]*x509.Certificate{serverName: server, issuingName: issuing} {
		s, err := newSigner(template, root)
		if err != nil {
			return nil, err
		}
		if err := keep(name, s); err != nil {
			return nil, err
		}
	}
	if err := store.InsertAuthorities(ctx, all); errors.Is(err, fault.AlreadyExists) {
		return store.Authorities(ctx) // another was quicker: theirs count
	} else if err != nil {
		return nil, err
	}
	return all, nil
}

func authorityTemplate(name string, pathLen int, now time.Time) *x509.Certificate {
	return &x509.Certificate{
		Subject:               pkix.Name{Organization: []string{"Muster"}, CommonName: name},
		NotBefore:             now.Add(-backdate),
		NotAfter:              endOfAuthorities,
		BasicConstraintsValid: true,
		IsCA:                  true,
		MaxPathLen:            pathLen,
		MaxPathLenZero:        pathLen == 0,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
}

// newSigner makes a key and has its certificate signed by parent, or by itself
// when parent has no key.
func newSigner(template *x509.Certificate, parent signer) (signer, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return signer{}, err
	}
	if parent.key == nil {
		parent = signer{template, key}
	}
	cert, err := parent.sign(template, key.Public())
	return signer{cert, key}, err
}

// sign completes template with a random serial number and signs it for public.
func (s signer) sign(template *x509.Certificate, public any) (*x509.Certificate, error) {
	template.SerialNumber = newSerial()
	der, err := x509.CreateCertificate(rand.Reader, template, s.cert, public, s.key)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

// newSerial answers 20 random bytes as a positive number whose DER has no more
// than the 20 octets RFC 5280 allows.
func newSerial() *big.Int {
	var b [20]byte
	rand.Read(b[:])
	b[0] = b[0]&0x7f | 0x40
	return new(big.Int).SetBytes(b[:])
}

func purpose(name string) string { return "authority " + name }

// Check returns what is wrong with authorities as they are kept, by their names;
// nothing where Open would take them.
func Check(kept []Kept, master *seal.Master) map[string]error {
	_, damaged := openAll(kept, master)
	return damaged
}

// openAll opens the authorities and returns those that it opened, and why it
// didn't open the others. An error wraps seal.ErrWrongKey only where the master
// key opens none: where it opens others, the one was changed.
func openAll(kept []Kept, master *seal.Master) (map[string]signer, map[string]error) {
	signers, damaged := map[string]signer{}, map[string]error{}
	var root *x509.Certificate
	for _, k := range kept {
		if cert, err := x509.ParseCertificate(k.Certificate); err == nil && k.Name == rootName {
			root = cert
		}
	}
	for _, k := range kept {
		s, err := k.open(master, root)
		if err != nil {
			damaged[k.Name] = err
			continue
		}
		signers[k.Name] = s
	}
	for name, err := range damaged {
		if len(signers) > 0 && errors.Is(err, seal.ErrWrongKey) {
			damaged[name] = errors.New("its sealed private key was changed: the master key opens those of other authorities")
		}
	}
	return signers, damaged
}

func (k Kept) open(master *seal.Master, root *x509.Certificate) (signer, error) {
	cert, err := x509.ParseCertificate(k.Certificate)
	if err != nil {
		return signer{}, fmt.Errorf("its certificate can't be read: %w", err)
	}
	if root == nil {
		return signer{}, errors.New("there is no root certificate that can be read")
	}
	if err := cert.CheckSignatureFrom(root); err != nil {
		return signer{}, fmt.Errorf("its certificate is not what the root signed: %w", err)
	}
	der, err := master.Open(purpose(k.Name), k.Key)
	if err != nil {
		return signer{}, err
	}
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return signer{}, errors.New("its private key can't be read") // the cause might quote it
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok || !key.PublicKey.Equal(cert.PublicKey) {
		return signer{}, errors.New("its private key is not that of its certificate")
	}
	return signer{cert, key}, nil
}

// RootFingerprint returns the SHA-256 of the root certificate as openssl x509
// -fingerprint -sha256 writes it, for whoever fetches it before anything trusts it.
func (a *Authority) RootFingerprint() string {
	sum := sha256.Sum256(a.root.Raw)
	return strings.ReplaceAll(fmt.Sprintf("% X", sum[:]), " ", ":")
}

// RootPEM answers the root certificate: what clients must trust.
func (a *Authority) RootPEM() []byte { return encodePEM("CERTIFICATE", a.root.Raw) }

// Root answers the root certificate; nobody may change it.
func (a *Authority) Root() *x509.Certificate { return a.root }

// IssuerPEM answers the certificate of the authority that signs devices.
func (a *Authority) IssuerPEM() []byte { return encodePEM("CERTIFICATE", a.issuing.cert.Raw) }

func (a *Authority) now() time.Time {
	if a.Now == nil {
		return time.Now()
	}
	return a.Now()
}

func encodePEM(kind string, der []byte) []byte {
	var b bytes.Buffer
	pem.Encode(&b, &pem.Block{Type: kind, Bytes: der}) // a buffer doesn't fail
	return b.Bytes()
}
