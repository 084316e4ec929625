// Package seal keeps Muster's own secrets unreadable at rest: private keys of
// the authorities and the keys of session tokens are sealed under one master
// key before they reach the database.
//
// The master key itself is a file of the operator's; whoever holds it and the
// database holds every authority, whoever holds only one of them holds nothing.
// Each purpose has a key of its own, derived from the master key, and is
// authenticated with what it seals, so that nothing sealed for one purpose can
// be passed off as another's.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
)

const (
	keyBytes = 32
	version  = 1 // first byte of everything sealed
)

// Master is the master key. Its methods may be called from any goroutine.
type Master struct{ key [keyBytes]byte }

// String keeps the key out of whatever is printed.
func (*Master) String() string { return "REDACTED" }

// GoString keeps the key out of %#v as well.
func (*Master) GoString() string { return "REDACTED" }

// Seal encrypts plain for purpose with AES-256-GCM and a random nonce. Sealing
// the same text twice gives different bytes. A purpose is a short constant text
// such as "authority root"; it may hold the name of what is sealed.
func (m *Master) Seal(purpose string, plain []byte) []byte {
	return append([]byte{version}, m.aead(purpose).Seal(nil, nil, plain, []byte(purpose))...)
}

// Open answers what Seal sealed for the same purpose. It fails when sealed was
// changed, was sealed for another purpose, or under another master key.
func (m *Master) Open(purpose string, sealed []byte) ([]byte, error) {
	if len(sealed) == 0 || sealed[0] != version {
		return nil, fmt.Errorf("open what was sealed for %q: it isn't in a form this version knows", purpose)
	}
	plain, err := m.aead(purpose).Open(nil, nil, sealed[1:], []byte(purpose))
	if err != nil {
		return nil, fmt.Errorf("open what was sealed for %q: %w", purpose, ErrWrongKey)
	}
	return plain, nil
}

// ErrWrongKey is the answer of Open to what another master key sealed.
var ErrWrongKey = errors.New("it was sealed under another master key, or was changed since")

// aead makes the cipher of a purpose. Its parts fail only on wrong key sizes,
// which are constants here.
func (m *Master) aead(purpose string) cipher.AEAD {
	key, err := hkdf.Key(sha256.New, m.key[:], nil, "muster seal v1 "+purpose, keyBytes)
	if err != nil {
		panic(err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err)
	}
	gcm, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err)
	}
	return gcm
}
