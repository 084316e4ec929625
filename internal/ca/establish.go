package ca

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"sync"
	"time"

	"muster/internal/fault"
	"muster/internal/seal"
)

// endOfDevices is NotAfter of every certificate AWS IoT issues.
var endOfDevices = time.Date(2049, 12, 31, 23, 59, 59, 0, time.UTC)

// endOfAuthorities is NotAfter of the authorities of ECDSA. Those of RSA end with
// the devices: 2048 bits are not for longer, and a later year has another form
// (RFC 5280, 4.1.2.5), which old programs may not read.
var endOfAuthorities = time.Date(2099, 12, 31, 23, 59, 59, 0, time.UTC)

// rsaBits is the size of the authorities' RSA keys and of the servers': that of
// AmazonRootCA1, and the largest that small TLS libraries take as they come.
const rsaBits = 2048

// signer is an authority, or a server, with its key.
type signer struct {
	cert *x509.Certificate
	key  crypto.Signer
}

// establish makes the authorities, all of them or those of RSA, and keeps them.
// Where another was quicker, theirs count.
func establish(ctx context.Context, store Store, master *seal.Master, all bool) error {
	now := time.Now()
	keys, err := makeKeys(rsaBits, 2)
	if err != nil {
		return err
	}
	made := []Kept{}
	add := func(name string, key crypto.Signer, template *x509.Certificate, parent signer) (signer, error) {
		s, err := newSigner(template, key, parent)
		if err != nil {
			return s, err
		}
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			return s, err
		}
		made = append(made, Kept{Name: name, Certificate: s.cert.Raw, Key: master.Seal(purpose(name), der), Created: now})
		return s, nil
	}
	addECDSA := func(name string, template *x509.Certificate, parent signer) (signer, error) {
		key, err := newECDSAKey()
		if err != nil {
			return signer{}, err
		}
		return add(name, key, template, parent)
	}
	if all {
		root, err := addECDSA(rootName, authorityTemplate("Muster Root CA", 1, now, endOfAuthorities), signer{})
		if err != nil {
			return err
		}
		if _, err := addECDSA(serverName, serverTemplate("Muster Server CA", now, endOfAuthorities), root); err != nil {
			return err
		}
		issuing := authorityTemplate("Muster Device CA", 0, now, endOfAuthorities)
		// Whoever trusts the root for servers must not take a device for one.
		issuing.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
		if _, err := addECDSA(issuingName, issuing, root); err != nil {
			return err
		}
	}
	root, err := add(rootRSAName, keys[0], authorityTemplate("Muster Root CA RSA", 1, now, endOfDevices), signer{})
	if err != nil {
		return err
	}
	if _, err := add(serverRSAName, keys[1], serverTemplate("Muster Server CA RSA", now, endOfDevices), root); err != nil {
		return err
	}
	if err := store.InsertAuthorities(ctx, made); !errors.Is(err, fault.AlreadyExists) {
		return err
	}
	return nil
}

// makeKeys makes n RSA keys at once: each takes a tenth of a second.
func makeKeys(bits, n int) ([]*rsa.PrivateKey, error) {
	keys, errs := make([]*rsa.PrivateKey, n), make([]error, n)
	var all sync.WaitGroup
	for i := range keys {
		all.Go(func() { keys[i], errs[i] = rsa.GenerateKey(rand.Reader, bits) })
	}
	all.Wait()
	return keys, errors.Join(errs...)
}

func newECDSAKey() (crypto.Signer, error) {
	return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
}

func authorityTemplate(name string, pathLen int, now, end time.Time) *x509.Certificate {
	return &x509.Certificate{
		Subject:               pkix.Name{Organization: []string{"Muster"}, CommonName: name},
		NotBefore:             now.Add(-backdate),
		NotAfter:              end,
		BasicConstraintsValid: true,
		IsCA:                  true,
		MaxPathLen:            pathLen,
		MaxPathLenZero:        pathLen == 0,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
}

func serverTemplate(name string, now, end time.Time) *x509.Certificate {
	t := authorityTemplate(name, 0, now, end)
	t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	return t
}

// newSigner has the certificate of key signed by parent, or by itself when parent
// has no key.
func newSigner(template *x509.Certificate, key crypto.Signer, parent signer) (signer, error) {
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

// newSerial returns 20 random bytes as a positive number whose DER has no more
// than the 20 octets RFC 5280 allows.
func newSerial() *big.Int {
	var b [20]byte
	rand.Read(b[:])
	b[0] = b[0]&0x7f | 0x40
	return new(big.Int).SetBytes(b[:])
}
