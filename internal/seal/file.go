package seal

import (
	"bufio"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"muster/internal/durable"
	"muster/internal/private"
)

// maxFile bounds what is read of a file that claims to be a master key.
const maxFile = 4096

// Load reads the master key from the file at path: one line of standard base64
// that holds 32 bytes. When there is no such file it makes one with a random
// key, mode 0600, and created is true; the file is complete and on disk before
// anybody can see it under its name, and an existing one is never overwritten.
//
// Load refuses a file that others may read or write (package private), and one
// that isn't a master key.
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

// NewKey returns a new master key as its file holds it, without the line's end.
func NewKey() string {
	var key [keyBytes]byte
	rand.Read(key[:]) // never fails
	return base64.StdEncoding.EncodeToString(key[:])
}

// Read reads a master key from the first line of r: a pipe may stay open after it.
func Read(r io.Reader) (*Master, error) {
	text, err := bufio.NewReader(io.LimitReader(r, maxFile)).ReadString('\n')
	if err != nil && err != io.EOF {
		return nil, fmt.Errorf("read the master key: %w", err)
	}
	if text == "" {
		return nil, errors.New("read the master key: nothing is there; `muster master-key` makes one")
	}
	m, err := parse(text)
	if err != nil {
		return nil, fmt.Errorf("what was read is not a master key: %w", err)
	}
	return m, nil
}

func read(path string) (*Master, error) {
	f, err := private.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read master key file: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxFile))
	if err != nil {
		return nil, fmt.Errorf("read master key file: %w", err)
	}
	m, err := parse(string(text))
	if err != nil {
		return nil, fmt.Errorf("master key file %s is not a master key: %w", path, err)
	}
	return m, nil
}

// parse never says what it was given.
func parse(text string) (*Master, error) {
	key, err := base64.StdEncoding.Strict().DecodeString(strings.TrimSpace(text))
	if err != nil || len(key) != keyBytes {
		return nil, fmt.Errorf("it must hold %d bytes in base64, on one line", keyBytes)
	}
	return &Master{key: [keyBytes]byte(key)}, nil
}

// create makes a file with a new key; it fails with fs.ErrExist when another has
// made the file meanwhile.
func create(path string) error {
	return durable.CreateFile(path, []byte(NewKey()+"\n"), 0o600)
}
