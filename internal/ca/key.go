package ca

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
)

// The bounds of RSA keys in bits: AWS takes none below, and Go's TLS verifies
// none above, so that such a key would never get in.
const (
	minRSA = 2048
	maxRSA = 8192
)

// Acceptable reports whether a device may have that public key: RSA of 2048 to
// 8192 bits, or on P-256, P-384 or P-521, as AWS has it. An RSA exponent must
// be odd and above 2^16 (FIPS 186-5, appendix A.1.1).
func Acceptable(public any) bool {
	switch key := public.(type) {
	case *rsa.PublicKey:
		bits := key.N.BitLen()
		return bits >= minRSA && bits <= maxRSA && key.N.Bit(0) == 1 && key.E > 1<<16 && key.E&1 == 1
	case *ecdsa.PublicKey:
		return key.Curve == elliptic.P256() || key.Curve == elliptic.P384() || key.Curve == elliptic.P521()
	}
	return false
}
