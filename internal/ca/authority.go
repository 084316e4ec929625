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
	// and keeps none, if one of the names is taken.
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
	if err == nil && (len(kept) == 0 || kept.has(rootName, serverName, issuingName) && !kept.has(rootRSAName)) {
		if err = establish(ctx, store, master, len(kept) == 0); err == nil {
			kept, err = open(ctx, store, master)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("open the certificate authority: %w", err)
	}
	if !kept.has(rootName, serverName, issuingName, rootRSAName, serverRSAName) {
		return nil, errors.New("open the certificate authority: one of root, server and issuing, or of the two for RSA, is missing in the store")
	}
	a := &Authority{issuing: kept[issuingName], keys: newKeyPool()}
	a.ecdsa = &chain{root: kept[rootName].cert, server: kept[serverName], newKey: newECDSAKey}
	a.rsa = &chain{root: kept[rootRSAName].cert, server: kept[serverRSAName], newKey: (&sharedKey{now: a.now}).take}
	return a, nil
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

func open(ctx context.Context, store Store, master *seal.Master) (signers, error) {
	kept, err := store.Authorities(ctx)
	if err != nil {
		return nil, err
	}
	all := signers{}
	for _, k := range kept {
		if all[k.Name], err = k.open(master); err != nil {
			return nil, fmt.Errorf("%q: %w", k.Name, err)
		}
	}
	return all, nil
}

func purpose(name string) string { return "authority " + name }

func (k Kept) open(master *seal.Master) (signer, error) {
	cert, err := x509.ParseCertificate(k.Certificate)
	if err != nil {
		return signer{}, err
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
