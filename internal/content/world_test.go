package content_test

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"muster/internal/content"
	"muster/internal/objects"
)

const (
	header  = 25       // bytes before the first package
	plain64 = 64 << 10 // bytes in a whole package
	sealed  = plain64 + 32
)

var key = objects.SealingKey{ID: 7, Secret: [32]byte{1, 2, 3}}

func open(t testing.TB) (*content.Store, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "contents")
	s, err := content.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return s, dir
}

func newID() (id objects.ContentID) {
	rand.Read(id[:])
	return id
}

// bytesOf returns size bytes of which no two packages are the same.
func bytesOf(size int) []byte {
	plain := make([]byte, size)
	x := uint32(size)*2654435761 + 1
	for i := range plain {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		plain[i] = byte(x)
	}
	return plain
}

func pathOf(dir string, id objects.ContentID) string {
	name := hex.EncodeToString(id[:])
	return filepath.Join(dir, name[:2], name[2:4], name)
}

func write(t testing.TB, s *content.Store, id objects.ContentID, plain []byte) {
	t.Helper()
	if err := s.Write(t.Context(), id, key, int64(len(plain)), bytes.NewReader(plain)); err != nil {
		t.Fatalf("Write: %v", err)
	}
}

// read returns what the range gives until it ends or fails.
func read(t testing.TB, s *content.Store, id objects.ContentID, k objects.SealingKey, size, first, length int64) ([]byte, error) {
	t.Helper()
	r, err := s.Read(t.Context(), id, k, size, first, length)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// mustRead fails unless the whole content is plain.
func mustRead(t testing.TB, s *content.Store, id objects.ContentID, plain []byte) {
	t.Helper()
	size := int64(len(plain))
	got, err := read(t, s, id, key, size, 0, size)
	if err != nil {
		t.Fatalf("Read: %v", err)
	}
	if !bytes.Equal(got, plain) {
		t.Fatalf("Read: the %d bytes aren't those that were written", size)
	}
}

// files returns the files below dir, by their paths within it.
func files(t testing.TB, dir string) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			inside, _ := filepath.Rel(dir, path)
			all = append(all, inside)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func writeFile(t testing.TB, path string, b []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// wantDamaged fails unless err is objects.ErrDamaged and what was given before
// is how plain begins.
func wantDamaged(t testing.TB, situation string, got []byte, err error, plain []byte) {
	t.Helper()
	if !errors.Is(err, objects.ErrDamaged) {
		t.Errorf("%s: got %v, want %v", situation, err, objects.ErrDamaged)
	}
	if !bytes.HasPrefix(plain, got) {
		t.Errorf("%s: a wrong byte was given", situation)
	}
}

// alone leaves a test out of short ones: it takes long, and what one client does
// alone shows the race detector little.
func alone(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("one client alone")
	}
}
