// Package ca is Muster's certificate authority: it makes keys and signs.
//
//	root ──── server CA ──── certificates of Muster's own ports
//	       └─ issuing CA ─── device certificates
//	RSA root ─ RSA server CA ─ the same for clients that know only RSA
//
// The authorities are made at the first start, ECDSA P-256 and RSA-2048, and
// outlive every device certificate. Their private keys lie sealed in the store
// and are held open in memory. Which certificates are registered, and whether
// they may be used, is the business of the room certificate; which server names
// may have a certificate, that of whoever calls.
//
// Device certificates look like AWS's (aws x509-client-certs, and one dumped
// from a real device) except for the issuer, which says Muster.
package ca

import (
	"bytes"
	"context"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"time"

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

	rootRSAName   = "root-rsa"
	serverRSAName = "server-rsa"
)

// ofECDSA are the authorities that all data have; older data have no others.
var ofECDSA = []string{rootName, serverName, issuingName}

// backdate is how long before its making a certificate begins to be valid:
// devices without a battery-backed clock run a little late.
const backdate = 5 * time.Minute

// Authority signs. Its methods may be called from any goroutine; the fields
// are set before the first call.
type Authority struct {
	Now  func() time.Time // time.Now when nil
	Life time.Duration    // of device certificates; 0: until 2049-12-31T23:59:59Z, as AWS

	issuing    signer
	ecdsa, rsa *chain // of server certificates
	keys       *keyPool
}

// Open returns the authorities kept in the store, and makes those that are
// missing: all at the first start, and those of RSA on data of before there were
// any.
func Open(ctx context.Context, store Store, master *seal.Master) (*Authority, error) {
	// What is there is opened before anything is added: under another master key
	// nothing may be.
	kept, err := open(ctx, store, master)
	if err == nil && (len(kept) == 0 || kept.has(ofECDSA...) && !kept.has(rootRSAName)) {
		if err = establish(ctx, store, master, len(kept) == 0); err == nil {
			kept, err = open(ctx, store, master)
		}
	}
	if err == nil {
		err = kept.complete()
	}
	if err != nil {
		return nil, fmt.Errorf("open the certificate authority: %w", err)
	}
	a := &Authority{issuing: kept[issuingName], keys: newKeyPool()}
	a.ecdsa = &chain{root: kept[rootName].cert, server: kept[serverName], newKey: newECDSAKey}
	a.rsa = &chain{root: kept[rootRSAName].cert, server: kept[serverRSAName], newKey: (&sharedKey{now: a.now}).take}
	return a, nil
}

// Check returns what is wrong with authorities as they are kept, by their names;
// nothing where Open would take them.
func Check(kept []Kept, master *seal.Master) map[string]error {
	_, damaged := openAll(kept, master)
	return damaged
}

// CheckAll fails as Open does with these authorities.
func CheckAll(kept []Kept, master *seal.Master) error {
	all, err := allOf(kept, master)
	if err == nil && (all.has(rootRSAName) || all.has(serverRSAName) || !all.has(ofECDSA...)) { // else Open makes those of RSA
		err = all.complete()
	}
	if err != nil {
		return fmt.Errorf("open the certificate authority: %w", err)
	}
	return nil
}

// signers are authorities by name.
type signers map[string]signer

func (s signers) has(names ...string) bool {
	for _, name := range names {
		if s[name].cert == nil {
			return false
		}
	}
	return true
}

func (s signers) complete() error {
	for _, name := range slices.Concat(ofECDSA, []string{rootRSAName, serverRSAName}) {
		if !s.has(name) {
			return fmt.Errorf("%s is missing in the store", name)
		}
	}
	return nil
}

func open(ctx context.Context, store Store, master *seal.Master) (signers, error) {
	kept, err := store.Authorities(ctx)
	if err != nil {
		return nil, err
	}
	return allOf(kept, master)
}

// allOf opens the authorities and fails for the first that is damaged.
func allOf(kept []Kept, master *seal.Master) (signers, error) {
	all, damaged := openAll(kept, master)
	for _, k := range kept {
		if err := damaged[k.Name]; err != nil {
			return nil, fmt.Errorf("%q: %w", k.Name, err)
		}
	}
	return all, nil
}

// openAll opens the authorities and returns those that it opened, and why it
// didn't open the others. An error wraps seal.ErrWrongKey only where the master
// key opens none: where it opens others, the one was changed.
func openAll(kept []Kept, master *seal.Master) (signers, map[string]error) {
	all, damaged := signers{}, map[string]error{}
	roots := map[string]*x509.Certificate{} // by their names
	for _, k := range kept {
		if cert, err := x509.ParseCertificate(k.Certificate); err == nil && k.Name == rootOf(k.Name) {
			roots[k.Name] = cert
		}
	}
	for _, k := range kept {
		s, err := k.open(master, roots[rootOf(k.Name)])
		if err != nil {
			damaged[k.Name] = err
			continue
		}
		all[k.Name] = s
	}
	for name, err := range damaged {
		if len(all) > 0 && errors.Is(err, seal.ErrWrongKey) {
			damaged[name] = errors.New("its sealed private key was changed: the master key opens those of other authorities")
		}
	}
	return all, damaged
}

// rootOf names the root that signs the authority, itself in the case of a root.
func rootOf(name string) string {
	if name == rootRSAName || name == serverRSAName {
		return rootRSAName
	}
	return rootName
}

func purpose(name string) string { return "authority " + name }

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
	key, ok := parsed.(crypto.Signer)
	if !ok {
		return signer{}, errors.New("its private key can't sign")
	}
	if public, ok := key.Public().(interface{ Equal(crypto.PublicKey) bool }); !ok || !public.Equal(cert.PublicKey) {
		return signer{}, errors.New("its private key is not that of its certificate")
	}
	return signer{cert, key}, nil
}

// RootPEM returns the root certificates, that of ECDSA first: what clients must
// trust. Programs that read only the first have always had that one.
func (a *Authority) RootPEM() []byte { return append(a.RootECDSAPEM(), a.RootRSAPEM()...) }

// RootECDSAPEM returns the root of ECDSA alone, for clients that can't read two.
func (a *Authority) RootECDSAPEM() []byte { return encodePEM("CERTIFICATE", a.ecdsa.root.Raw) }

// RootRSAPEM returns the root of RSA alone, for clients that can read only it.
func (a *Authority) RootRSAPEM() []byte { return encodePEM("CERTIFICATE", a.rsa.root.Raw) }

// RootSum returns the SHA-256 of RootPEM in lower-case hex, as sha256sum writes
// it, for whoever fetches the roots before anything trusts them. It is of the
// whole text: the fingerprint of the first certificate wouldn't tell of a second
// that was put in its place on the way.
func (a *Authority) RootSum() string {
	sum := sha256.Sum256(a.RootPEM())
	return hex.EncodeToString(sum[:])
}

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
