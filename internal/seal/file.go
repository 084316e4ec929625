package seal

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"muster/internal/durable"
)

// maxFile bounds what is read of a file that claims to be a master key.
const maxFile = 4096

// Load reads the master key from the file at path: one line of standard base64
// that holds 32 bytes. When there is no such file it makes one with a random
// key, mode 0600, and created is true; the file is complete and on disk before
// anybody can see it under its name, and an existing one is never overwritten.
//
// Load refuses a file that group or others may read, and one that isn't a
// master key.
func Load(path string) (m *Master, created bool, err error) {
	m, err = read(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return m, false, err
	}
	if err := create(path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, false, fmt.Errorf("create master key file: %w", err)
	} else if err == nil {
		created = true
	}
	m, err = read(path)
	return m, created, err
}

func read(path string) (*Master, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read master key file: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("read master key file: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("master key file %s is not a regular file", path)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, fmt.Errorf("master key file %s may be read by others (mode %04o): it must be 0600 or 0400; "+
			"if nobody else can have read it, chmod 600 it", path, mode)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxFile))
	if err != nil {
		return nil, fmt.Errorf("read master key file: %w", err)
	}
	key, err := base64.StdEncoding.Strict().DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) != keyBytes {
		return nil, fmt.Errorf("master key file %s is not a master key: it must hold %d bytes in base64, on one line", path, keyBytes)
	}
	return &Master{key: [keyBytes]byte(key)}, nil
}

// create makes a file with a new key; it fails with fs.ErrExist when another has
// made the file meanwhile.
func create(path string) error {
	var key [keyBytes]byte
	rand.Read(key[:]) // never fails
	return durable.CreateFile(path, []byte(base64.StdEncoding.EncodeToString(key[:])+"\n"), 0o600)
}
