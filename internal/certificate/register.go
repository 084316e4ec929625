package certificate

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"slices"
	"strings"

	"muster/internal/arn"
	"muster/internal/ca"
	"muster/internal/fault"
)

// RegisterWithoutCA registers a certificate that somebody else has signed, or
// that is signed by its own key: text holds it as one PEM block, and is kept as
// it is. Who signed it is not asked, as on AWS: a device proves that it has the
// key, and the status kept here says whether that is enough. Status may be
// Active, Inactive, which "" stands for, or Revoked. The dates are judged when
// the certificate is used.
//
// It fails with fault.Invalid for another status; with fault.Malformed when the
// certificate can't be read, or its key or signature is of no kind that AWS
// takes; with fault.AlreadyExists, which names the registration there is, when
// it is registered in the scope. One that was deleted may be registered again,
// and so may one that this authority issued.
//
// See the AWS IoT Developer Guide, "Register a client certificate manually" and
// "Certificate signing algorithms supported by AWS IoT".
func (r *Registry) RegisterWithoutCA(ctx context.Context, scope arn.Scope, text string, status Status) (Certificate, error) {
	switch status {
	case "":
		status = Inactive
	case Active, Inactive, Revoked:
	default:
		return Certificate{}, fault.Invalid.Errorf("A certificate can't be registered with the status %s.", status)
	}
	parsed, err := readSubmitted(text)
	if err != nil {
		return Certificate{}, err
	}
	return r.register(ctx, Certificate{
		ID: ca.ID(parsed.Raw), Scope: scope, PEM: text, Status: status, Mode: SNIOnly,
		NotBefore: parsed.NotBefore, NotAfter: parsed.NotAfter,
	}, "registered")
}

// signatures are the algorithms that AWS takes; RSASSA-PSS is on some of its
// pages only.
var signatures = []x509.SignatureAlgorithm{
	x509.SHA256WithRSA, x509.SHA384WithRSA, x509.SHA512WithRSA,
	x509.SHA256WithRSAPSS, x509.SHA384WithRSAPSS, x509.SHA512WithRSAPSS,
	x509.ECDSAWithSHA256, x509.ECDSAWithSHA384, x509.ECDSAWithSHA512,
	x509.DSAWithSHA256,
}

// readSubmitted reads the certificate in text. Beside its one PEM block there may be
// explanations, as RFC 7468 has it, but no other block: no chain, and no
// private key, which would be kept.
func readSubmitted(text string) (*x509.Certificate, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil || block.Type != "CERTIFICATE" || len(block.Headers) > 0 || strings.Count(text, "-----BEGIN") != 1 {
		return nil, fault.Malformed.Errorf("The certificate is not one PEM block of type CERTIFICATE")
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	switch {
	case err != nil:
		return nil, fault.Malformed.Errorf("The certificate can't be read")
	case !ca.Acceptable(cert.PublicKey):
		return nil, fault.Malformed.Errorf("The key in the certificate is not valid") // AWS's words
	case !slices.Contains(signatures, cert.SignatureAlgorithm):
		return nil, fault.Malformed.Errorf("The signature algorithm of the certificate is not supported")
	}
	return cert, nil
}
