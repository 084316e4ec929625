package content_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/iotest"

	"muster/internal/content"
	"muster/internal/objects"
)

var borders = []int{0, 1, 15, 4096, plain64 - 1, plain64, plain64 + 1, 2*plain64 - 1, 2 * plain64, 2*plain64 + 1, 5*plain64 + 77}

func TestRoundTrip(t *testing.T) {
	s, dir := open(t)
	for _, size := range borders {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			plain := bytesOf(size)
			for name, r := range map[string]io.Reader{
				"read whole":               bytes.NewReader(plain),
				"the end with the bytes":   iotest.DataErrReader(bytes.NewReader(plain)),
				"half of what is asked of": iotest.HalfReader(bytes.NewReader(plain)),
			} {
				id := newID()
				if err := s.Write(t.Context(), id, key, int64(size), r); err != nil {
					t.Fatalf("%s: Write: %v", name, err)
				}
				mustRead(t, s, id, plain)
				if size > 15 && bytes.Contains(readFile(t, pathOf(dir, id)), plain[:16]) {
					t.Errorf("%s: the file holds what it should hide", name)
				}
			}
			id := newID()
			inline, err := s.Seal(id, key, plain)
			if err != nil {
				t.Fatal(err)
			}
			got, err := s.Unseal(id, key, int64(size), inline)
			if err != nil || !bytes.Equal(got, plain) {
				t.Fatalf("Unseal: got %d bytes and %v, want those sealed", len(got), err)
			}
			// Both are one format, so that one can become the other.
			writeFile(t, pathOf(dir, id), inline)
			mustRead(t, s, id, plain)
		})
	}
}

func TestAnotherStoreReadsIt(t *testing.T) {
	s, dir := open(t)
	id, plain := newID(), bytesOf(100_000)
	write(t, s, id, plain)
	again, err := content.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	mustRead(t, again, id, plain)
}

func TestModes(t *testing.T) {
	s, dir := open(t)
	id := newID()
	write(t, s, id, bytesOf(10))
	for path, want := range map[string]fs.FileMode{
		dir:                           0o700,
		filepath.Join(dir, "tmp"):     0o700,
		filepath.Dir(pathOf(dir, id)): 0o700,
		filepath.Dir(filepath.Dir(pathOf(dir, id))): 0o700,
		pathOf(dir, id): 0o600,
	} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s: got mode %o, want %o", path, got, want)
		}
	}
}

func TestOpenFails(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	writeFile(t, file, nil)
	for _, path := range []string{filepath.Join(dir, "missing", "contents"), file, filepath.Join(file, "contents")} {
		if _, err := content.Open(path); err == nil {
			t.Errorf("Open(%q): got no error", path)
		}
	}
}

func TestWriteFails(t *testing.T) {
	alone(t)
	broken := errors.New("the connection broke")
	plain := bytesOf(2*plain64 + 500)
	whole := int64(len(plain))
	after := func(n int, err error) io.Reader {
		return io.MultiReader(bytes.NewReader(plain[:n]), iotest.ErrReader(err))
	}
	type failure struct {
		name string
		size int64
		r    io.Reader
		want error // any where it is nil
	}
	cases := []failure{
		{"a byte too much", whole - 1, bytes.NewReader(plain), nil},
		{"a byte too much of whole packages", 2 * plain64, bytes.NewReader(plain[:2*plain64+1]), nil},
		{"a byte where there should be none", 0, bytes.NewReader(plain[:1]), nil},
		{"a failure where there should be nothing", 0, iotest.ErrReader(broken), broken},
		{"a failure behind the last byte", whole, after(len(plain), broken), broken},
		{"an unexpected end behind the last byte", whole, after(len(plain), io.ErrUnexpectedEOF), io.ErrUnexpectedEOF},
		{"a negative size", -1, bytes.NewReader(nil), nil},
		{"a size that no file can have", math.MaxInt64, bytes.NewReader(nil), nil},
	}
	for _, n := range []int{0, 1, 499, plain64 - 1, plain64, plain64 + 1, 2 * plain64, 2*plain64 + 1, len(plain) - 1} {
		cases = append(cases,
			failure{fmt.Sprintf("a failure after %d bytes", n), whole, after(n, broken), broken},
			// The library would take this error for the end.
			failure{fmt.Sprintf("an unexpected end after %d bytes", n), whole, after(n, io.ErrUnexpectedEOF), io.ErrUnexpectedEOF},
			failure{fmt.Sprintf("an end after %d bytes", n), whole, bytes.NewReader(plain[:n]), io.ErrUnexpectedEOF},
		)
	}
	for n := range 300 {
		cases = append(cases, failure{fmt.Sprintf("a failure after %d of 300 bytes", n), 300, after(n, broken), broken})
	}
	s, dir := open(t)
	for _, tc := range cases {
		id := newID()
		err := s.Write(t.Context(), id, key, tc.size, tc.r)
		if err == nil || tc.want != nil && !errors.Is(err, tc.want) {
			t.Errorf("%s: got %v, want %v", tc.name, err, tc.want)
		}
		if left := files(t, dir); len(left) > 0 {
			t.Fatalf("%s: %v is left", tc.name, left)
		}
		if tc.size != whole {
			continue
		}
		write(t, s, id, plain) // the id is free again
		mustRead(t, s, id, plain)
		if err := s.Remove(id); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWriteIsGivenUp(t *testing.T) {
	s, dir := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	plain := bytesOf(3 * plain64)
	r := io.MultiReader(bytes.NewReader(plain[:plain64+9]), readerFunc(func([]byte) (int, error) {
		cancel()
		return 0, nil
	}), bytes.NewReader(plain[plain64+9:]))
	if err := s.Write(ctx, newID(), key, int64(len(plain)), r); !errors.Is(err, context.Canceled) {
		t.Errorf("Write: got %v, want %v", err, context.Canceled)
	}
	if left := files(t, dir); len(left) > 0 {
		t.Errorf("%v is left", left)
	}
}

func TestWritePanics(t *testing.T) {
	s, dir := open(t)
	id := newID()
	func() {
		defer func() { recover() }()
		s.Write(t.Context(), id, key, 10, readerFunc(func([]byte) (int, error) { panic("in the middle") }))
	}()
	if left := files(t, dir); len(left) > 0 {
		t.Errorf("%v is left", left)
	}
	write(t, s, id, bytesOf(10))
}

func TestATakenID(t *testing.T) {
	s, dir := open(t)
	id, plain := newID(), bytesOf(1000)
	in, out := io.Pipe()
	first := make(chan error)
	go func() { first <- s.Write(t.Context(), id, key, 1000, in) }()
	out.Write(plain[:500])
	if err := s.Write(t.Context(), id, key, 3, bytes.NewReader([]byte("new"))); !errors.Is(err, fs.ErrExist) {
		t.Errorf("Write while it is written: got %v, want %v", err, fs.ErrExist)
	}
	out.Write(plain[500:])
	out.Close()
	if err := <-first; err != nil {
		t.Fatal(err)
	}
	if err := s.Write(t.Context(), id, key, 3, bytes.NewReader([]byte("new"))); !errors.Is(err, fs.ErrExist) {
		t.Errorf("Write over another: got %v, want %v", err, fs.ErrExist)
	}
	mustRead(t, s, id, plain)
	if all := files(t, dir); len(all) != 1 {
		t.Errorf("got the files %v, want one", all)
	}
}

func TestWritesAtOnce(t *testing.T) {
	s, dir := open(t)
	var group sync.WaitGroup
	for i := range 64 {
		group.Go(func() {
			id, plain := newID(), bytesOf(i*3000)
			id[0], id[1] = 0xab, byte(i%4) // so that they meet in new folders
			if err := s.Write(t.Context(), id, key, int64(len(plain)), bytes.NewReader(plain)); err != nil {
				t.Errorf("Write: %v", err)
				return
			}
			if got, err := read(t, s, id, key, int64(len(plain)), 0, int64(len(plain))); err != nil || !bytes.Equal(got, plain) {
				t.Errorf("Read of %d bytes: got %d bytes and %v", len(plain), len(got), err)
			}
		})
	}
	group.Wait()
	if all := files(t, dir); len(all) != 64 {
		t.Errorf("got %d files, want 64", len(all))
	}
}

func TestRemove(t *testing.T) {
	s, dir := open(t)
	id := newID()
	write(t, s, id, bytesOf(10))
	r, err := s.Read(t.Context(), id, key, 10, 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for range 2 {
		if err := s.Remove(id); err != nil {
			t.Errorf("Remove: %v", err)
		}
	}
	if left := files(t, dir); len(left) > 0 {
		t.Errorf("%v is left", left)
	}
	if _, err := read(t, s, id, key, 10, 0, 10); !errors.Is(err, objects.ErrNoFile) {
		t.Errorf("Read: got %v, want %v", err, objects.ErrNoFile)
	}
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, bytesOf(10)) {
		t.Errorf("what was open before: got %q and %v", got, err)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
