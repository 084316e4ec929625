package ca

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"strings"
	"time"

	"muster/internal/fault"
	"muster/internal/secret"
)

// Issued is a device certificate just signed.
type Issued struct {
	ID                  string // lower-case hex SHA-256 of the DER
	PEM                 string
	NotBefore, NotAfter time.Time
}

// Keys is a device's new key pair. Muster keeps neither half.
type Keys struct {
	Public  string        // PEM, PUBLIC KEY
	Private secret.String // PEM, RSA PRIVATE KEY (PKCS #1)
}

// maxCSR is the length of a certificate signing request that AWS accepts.
const maxCSR = 4096

// IssueWithKeys makes an RSA-2048 key pair and signs a device certificate for
// it. It waits for its turn, so that many of these can't starve anything else;
// the end of ctx ends the wait.
func (a *Authority) IssueWithKeys(ctx context.Context) (Issued, Keys, error) {
	key, err := a.keys.take(ctx)
	if err != nil {
		return Issued{}, Keys{}, fmt.Errorf("make a device key: %w", err)
	}
	issued, err := a.issue(key.Public())
	if err != nil {
		return Issued{}, Keys{}, err
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return Issued{}, Keys{}, fmt.Errorf("write a device's public key: %w", err)
	}
	return issued, Keys{
		Public:  string(encodePEM("PUBLIC KEY", public)),
		Private: secret.New(string(encodePEM("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key)))),
	}, nil
}

// SignCSR signs a device certificate for the key of a PKCS #10 request in PEM
// of at most 4096 characters. Only the key is taken from it: AWS gives every
// certificate the same subject. It fails with fault.Invalid when the request
// can't be read, isn't signed by its own key, or its key is not Acceptable.
func (a *Authority) SignCSR(request string) (Issued, error) {
	if len(request) > maxCSR {
		return Issued{}, fault.Invalid.Errorf("The CSR is longer than %d characters", maxCSR)
	}
	block, rest := pem.Decode([]byte(strings.TrimSpace(request)))
	if block == nil || block.Type != "CERTIFICATE REQUEST" && block.Type != "NEW CERTIFICATE REQUEST" || len(rest) > 0 {
		return Issued{}, fault.Invalid.Errorf("The CSR is not one PEM block of type CERTIFICATE REQUEST")
	}
	csr, err := x509.ParseCertificateRequest(block.Bytes)
	if err != nil {
		return Issued{}, fault.Invalid.Errorf("The CSR can't be read")
	}
	if !Acceptable(csr.PublicKey) {
		return Issued{}, fault.Invalid.Errorf("The key of the CSR must be RSA of %d to %d bits with the usual exponent, or on P-256, P-384 or P-521", minRSA, maxRSA)
	}
	if csr.CheckSignature() != nil {
		return Issued{}, fault.Invalid.Errorf("The CSR is not signed by its own key")
	}
	return a.issue(csr.PublicKey)
}

// issue signs a device certificate with the fields AWS gives: subject and end
// fixed, a key usage of digital signature, no extended key usage, no SAN.
func (a *Authority) issue(public any) (Issued, error) {
	now := a.now()
	keyID, err := subjectKeyID(public)
	if err != nil {
		return Issued{}, fmt.Errorf("sign a device certificate: %w", err)
	}
	cert, err := a.issuing.sign(&x509.Certificate{
		Subject:               pkix.Name{CommonName: "AWS IoT Certificate"},
		NotBefore:             now.Add(-backdate).Truncate(time.Second),
		NotAfter:              a.end(now),
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageDigitalSignature,
		SubjectKeyId:          keyID,
	}, public)
	if err != nil {
		return Issued{}, fmt.Errorf("sign a device certificate: %w", err)
	}
	return Issued{ID: ID(cert.Raw), PEM: string(encodePEM("CERTIFICATE", cert.Raw)), NotBefore: cert.NotBefore, NotAfter: cert.NotAfter}, nil
}

// end answers NotAfter of a device certificate made now. None outlives its issuer.
func (a *Authority) end(now time.Time) time.Time {
	if a.Life == 0 {
		return endOfDevices
	}
	end := now.Add(a.Life).Truncate(time.Second)
	if end.After(endOfAuthorities) || end.Before(now) { // before: the sum overflowed
		return endOfAuthorities
	}
	return end
}

// ID answers the id of the certificate with that DER: its SHA-256 in lower-case hex.
func ID(der []byte) string {
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:])
}

// subjectKeyID is method 1 of RFC 7093: the first 160 bits of the SHA-256 of
// the key's bits.
func subjectKeyID(public any) ([]byte, error) {
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return nil, err
	}
	var info struct {
		Algorithm pkix.AlgorithmIdentifier
		Key       asn1.BitString
	}
	if _, err := asn1.Unmarshal(der, &info); err != nil {
		return nil, err
	}
	sum := sha256.Sum256(info.Key.Bytes)
	return sum[:20], nil
}
