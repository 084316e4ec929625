package content

import (
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/minio/sio"

	"muster/internal/objects"
)

// A sealed content is its header and then packages of DARE 2.0, each of 64 KiB
// but the last:
//
//	1 byte    the version of the format
//	8 bytes   the id of the sealing key, big-endian
//	16 bytes  the check: what only this id, length and sealing key lead to
//
// The key of the packages and the check are derived together from the sealing
// key and everything that the content must be, so none of it can be exchanged.
// The check tells a content of another id, length or key from a damaged one,
// and is all that authenticates a content without a byte.
const (
	version = 1

	keyIDBytes  = 8
	checkBytes  = 16
	headerBytes = 1 + keyIDBytes + checkBytes

	plainPackage    = 64 << 10
	packageOverhead = 32
	sealedPackage   = plainPackage + packageOverhead
)

// secrets are what a content is sealed with.
type secrets struct {
	key    []byte
	header [headerBytes]byte
}

// derive returns the secrets of a content.
func derive(id objects.ContentID, key objects.SealingKey, size int64) (secrets, error) {
	info := append(make([]byte, 0, 64), "muster content\x00"...)
	info = append(info, version)
	info = append(info, id[:]...)
	info = binary.BigEndian.AppendUint64(info, uint64(size))
	info = binary.BigEndian.AppendUint64(info, uint64(key.ID))
	derived, err := hkdf.Key(sha256.New, key.Secret[:], nil, string(info), 32+checkBytes)
	if err != nil {
		return secrets{}, fmt.Errorf("derive the key of content %s: %w", id, err)
	}
	s := secrets{key: derived[:32]}
	s.header[0] = version
	binary.BigEndian.PutUint64(s.header[1:], uint64(key.ID))
	copy(s.header[1+keyIDBytes:], derived[32:])
	return s, nil
}

// checkHeader fails with objects.ErrDamaged unless header is that of s.
func (s *secrets) checkHeader(id objects.ContentID, header []byte) error {
	if subtle.ConstantTimeCompare(header, s.header[:]) == 1 {
		return nil
	}
	stored, wanted := header[1:][:keyIDBytes], s.header[1:][:keyIDBytes]
	switch {
	case header[0] != version:
		return damaged(id, fmt.Sprintf("its format is %d, and only %d is known", header[0], version))
	case [keyIDBytes]byte(stored) != [keyIDBytes]byte(wanted):
		return damaged(id, fmt.Sprintf("it is sealed under key %d, not %d",
			int64(binary.BigEndian.Uint64(stored)), int64(binary.BigEndian.Uint64(wanted))))
	}
	return damaged(id, "it was written under another id, length or key")
}

// dare returns how the packages from number first on are sealed. The cipher is
// always the same, so that no byte of a file can choose it.
func (s *secrets) dare(first int64) sio.Config {
	return sio.Config{
		MinVersion:     sio.Version20,
		MaxVersion:     sio.Version20,
		CipherSuites:   []byte{sio.AES_256_GCM},
		Key:            s.key,
		SequenceNumber: uint32(first),
	}
}

// sealedSize returns how long a content of size bytes is when it is sealed. It
// fails when no content can have that size.
func sealedSize(size int64) (int64, error) {
	if size < 0 {
		return 0, fmt.Errorf("a content can't have %d bytes", size)
	}
	packages, err := sio.EncryptedSize(uint64(size))
	if err != nil {
		return 0, fmt.Errorf("a content can't have %d bytes: %w", size, err)
	}
	return headerBytes + int64(packages), nil
}

// damaged returns objects.ErrDamaged with the content and the reason.
func damaged(id objects.ContentID, reason string) error {
	return fmt.Errorf("content %s: %w: %s", id, objects.ErrDamaged, reason)
}

// opening returns err as damage when it is the library's refusal of bytes, and
// as a failure to read when the disk failed.
func opening(id objects.ContentID, err error) error {
	var refused sio.Error
	if errors.As(err, &refused) {
		return damaged(id, refused.Error())
	}
	return fmt.Errorf("read content %s: %w", id, err)
}
