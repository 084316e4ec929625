package ca_test

import (
	"crypto"
	"crypto/dsa"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"math/big"
	"testing"

	"muster/internal/ca"
)

// modulus is an odd number of so many bits; nobody asks for its factors.
func modulus(bits uint) *big.Int {
	n := new(big.Int).Lsh(big.NewInt(1), bits-1)
	return n.Add(n, big.NewInt(1))
}

func TestAcceptableKeys(t *testing.T) {
	curve := func(c elliptic.Curve) any { return newKey(t, c).(crypto.Signer).Public() }
	for _, tc := range []struct {
		name string
		key  any
		want bool
	}{
		{"RSA of 2048 bits", &rsa.PublicKey{N: modulus(2048), E: 65537}, true},
		{"RSA of 3000 bits", &rsa.PublicKey{N: modulus(3000), E: 65537}, true},
		{"RSA of 8192 bits", &rsa.PublicKey{N: modulus(8192), E: 65537}, true},
		{"a larger exponent", &rsa.PublicKey{N: modulus(2048), E: 1<<31 - 1}, true},
		{"P-256", curve(elliptic.P256()), true},
		{"P-384", curve(elliptic.P384()), true},
		{"P-521", curve(elliptic.P521()), true},
		{"RSA of 2047 bits", &rsa.PublicKey{N: modulus(2047), E: 65537}, false},
		{"RSA of 1024 bits", &rsa.PublicKey{N: modulus(1024), E: 65537}, false},
		{"RSA of 8193 bits", &rsa.PublicKey{N: modulus(8193), E: 65537}, false},
		{"an even modulus", &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), 2047), E: 65537}, false},
		{"an exponent of 1", &rsa.PublicKey{N: modulus(2048), E: 1}, false},
		{"an exponent of 3", &rsa.PublicKey{N: modulus(2048), E: 3}, false},
		{"an even exponent", &rsa.PublicKey{N: modulus(2048), E: 65538}, false},
		{"P-224", curve(elliptic.P224()), false},
		{"P-256 by value", ecdsa.PublicKey{Curve: elliptic.P256()}, false},
		{"Ed25519", make(ed25519.PublicKey, ed25519.PublicKeySize), false},
		{"DSA", &dsa.PublicKey{}, false},
		{"none", nil, false},
	} {
		if got := ca.Acceptable(tc.key); got != tc.want {
			t.Errorf("%s: got %v, want %v", tc.name, got, tc.want)
		}
	}
}
