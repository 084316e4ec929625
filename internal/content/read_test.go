package content_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"sync"
	"testing"
	"testing/iotest"

	"muster/internal/objects"
)

func TestRanges(t *testing.T) {
	alone(t)
	s, _ := open(t)
	random := rand.New(rand.NewPCG(1, 2))
	for _, size := range borders {
		id, plain := newID(), bytesOf(size)
		write(t, s, id, plain)
		ranges := [][2]int{{0, size}, {size, 0}, {0, 0}, {size / 2, 0}}
		for range 60 {
			first := random.IntN(size + 1)
			ranges = append(ranges, [2]int{first, random.IntN(size - first + 1)})
		}
		for _, border := range []int{plain64, 2 * plain64} {
			for first := border - 1; first <= border+1; first++ {
				for _, length := range []int{1, 2, plain64 - 1, plain64, plain64 + 1} {
					if first+length <= size {
						ranges = append(ranges, [2]int{first, length})
					}
				}
			}
		}
		for _, r := range ranges {
			first, length := r[0], r[1]
			want := plain[first : first+length]
			for name, get := range map[string]func(io.Reader) ([]byte, error){
				"as io.Copy does": func(r io.Reader) ([]byte, error) {
					var b bytes.Buffer
					_, err := r.(io.WriterTo).WriteTo(&b)
					return b.Bytes(), err
				},
				"in steps of 32 KiB": func(r io.Reader) ([]byte, error) {
					var b bytes.Buffer
					_, err := io.CopyBuffer(&b, struct{ io.Reader }{r}, make([]byte, 32<<10))
					return b.Bytes(), err
				},
				"first a little, then the rest": func(r io.Reader) ([]byte, error) {
					var b bytes.Buffer
					if _, err := io.CopyN(&b, struct{ io.Reader }{r}, int64(length/3)); err != nil {
						return nil, err
					}
					_, err := io.Copy(&b, r)
					return b.Bytes(), err
				},
			} {
				body, err := s.Read(t.Context(), id, key, int64(size), int64(first), int64(length))
				if err != nil {
					t.Fatalf("%d bytes from %d of %d: %v", length, first, size, err)
				}
				got, err := get(body)
				if err != nil || !bytes.Equal(got, want) {
					t.Fatalf("%d bytes from %d of %d, %s: got %d bytes and %v, want those of the model", length, first, size, name, len(got), err)
				}
				if n, err := body.Read(make([]byte, 1)); n != 0 || err != io.EOF {
					t.Fatalf("%d bytes from %d of %d, %s: behind the end: got %d bytes and %v", length, first, size, name, n, err)
				}
				if err := body.Close(); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// TestReaderIsOne holds a range to what readers must do in general.
func TestReaderIsOne(t *testing.T) {
	s, _ := open(t)
	id, plain := newID(), bytesOf(plain64+1000)
	write(t, s, id, plain)
	r, err := s.Read(t.Context(), id, key, int64(len(plain)), 500, plain64+100)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := iotest.TestReader(struct{ io.Reader }{r}, plain[500:][:plain64+100]); err != nil {
		t.Error(err)
	}
}

func TestRangesThatAreNone(t *testing.T) {
	s, _ := open(t)
	id := newID()
	write(t, s, id, bytesOf(100))
	for _, tc := range []struct{ size, first, length int64 }{
		{100, -1, 1}, {100, 0, -1}, {100, 101, 0}, {100, 0, 101}, {100, 100, 1}, {100, 1, 100},
		{100, math.MaxInt64, 1}, {100, 1, math.MaxInt64}, {-1, 0, 0}, {math.MaxInt64, 0, 1},
	} {
		if got, err := read(t, s, id, key, tc.size, tc.first, tc.length); err == nil {
			t.Errorf("%d bytes from %d of %d: got %d bytes and no error", tc.length, tc.first, tc.size, len(got))
		}
	}
}

func TestOnlyWhatIsWantedIsOpened(t *testing.T) {
	s, dir := open(t)
	id, plain := newID(), bytesOf(5*plain64)
	write(t, s, id, plain)
	path := pathOf(dir, id)
	bad := readFile(t, path)
	for _, n := range []int{0, 2, 4} {
		bad[header+n*sealed+100] ^= 1
	}
	writeFile(t, path, bad)
	size := int64(len(plain))
	for _, tc := range []struct {
		first, length int64
		good          bool
	}{
		{plain64, plain64, true},
		{plain64 + 5, plain64 - 5, true},
		{3 * plain64, plain64, true},
		{3*plain64 + 5, 1, true},
		{plain64 - 1, 1, false},
		{plain64, plain64 + 1, false},
		{3 * plain64, plain64 + 1, false},
		{0, 1, false},
		{size - 1, 1, false},
	} {
		got, err := read(t, s, id, key, size, tc.first, tc.length)
		if tc.good {
			if err != nil || !bytes.Equal(got, plain[tc.first:][:tc.length]) {
				t.Errorf("%d bytes from %d: got %d bytes and %v, want all", tc.length, tc.first, len(got), err)
			}
			continue
		}
		wantDamaged(t, fmt.Sprintf("%d bytes from %d", tc.length, tc.first), got, err, plain[tc.first:])
	}
}

func TestAPackageIsReadOnce(t *testing.T) {
	s, dir := open(t)
	id, plain := newID(), bytesOf(2*plain64)
	write(t, s, id, plain)
	r, err := s.Read(t.Context(), id, key, 2*plain64, 0, 2*plain64)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	// The first package is gone from the disk once it was opened.
	f, err := os.OpenFile(pathOf(dir, id), os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt(make([]byte, sealed), header); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(iotest.OneByteReader(r))
	if err != nil || !bytes.Equal(got, plain) {
		t.Errorf("got %d bytes and %v, want all", len(got), err)
	}
}

func TestDamageStays(t *testing.T) {
	s, dir := open(t)
	id, plain := newID(), bytesOf(4*plain64)
	write(t, s, id, plain)
	bad := readFile(t, pathOf(dir, id))
	bad[header+sealed+50] ^= 1
	writeFile(t, pathOf(dir, id), bad)
	r, err := s.Read(t.Context(), id, key, 4*plain64, 0, 4*plain64)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	got, err := io.ReadAll(r)
	wantDamaged(t, "the first time", got, err, plain)
	if len(got) != plain64 {
		t.Errorf("got %d bytes, want the first package", len(got))
	}
	for range 3 {
		n, err := r.Read(make([]byte, 100))
		wantDamaged(t, "asked again", plain[:n], err, nil)
	}
	if n, err := r.(io.WriterTo).WriteTo(io.Discard); n != 0 || !errors.Is(err, objects.ErrDamaged) {
		t.Errorf("WriteTo: got %d bytes and %v", n, err)
	}
}

func TestClose(t *testing.T) {
	s, _ := open(t)
	id := newID()
	write(t, s, id, bytesOf(3*plain64))
	r, err := s.Read(t.Context(), id, key, 3*plain64, 0, 3*plain64)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(r, make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := r.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	if n, err := r.Read(make([]byte, 10)); n != 0 || !errors.Is(err, os.ErrClosed) {
		t.Errorf("Read: got %d bytes and %v, want %v", n, err, os.ErrClosed)
	}
	if n, err := r.(io.WriterTo).WriteTo(io.Discard); n != 0 || !errors.Is(err, os.ErrClosed) {
		t.Errorf("WriteTo: got %d bytes and %v, want %v", n, err, os.ErrClosed)
	}
}

// TestCloseWhileItIsRead closes readers in the middle, as a door does that cuts
// a download, while others read: no buffer may reach two of them.
func TestCloseWhileItIsRead(t *testing.T) {
	s, _ := open(t)
	id, plain := newID(), bytesOf(8*plain64)
	size := int64(len(plain))
	write(t, s, id, plain)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for i := range 40 {
				r, err := s.Read(t.Context(), id, key, size, 0, size)
				if err != nil {
					t.Errorf("Read: %v", err)
					return
				}
				var closing sync.WaitGroup
				after := i % 8
				cut := writerFunc(func(p []byte) (int, error) {
					if after--; after == 0 {
						closing.Go(func() { r.Close() })
						runtime.Gosched()
					}
					return len(p), nil
				})
				var got bytes.Buffer
				_, err = io.Copy(io.MultiWriter(cut, &got), r)
				closing.Wait()
				r.Close()
				if err != nil && !errors.Is(err, os.ErrClosed) || err == nil && int64(got.Len()) != size {
					t.Errorf("got %d bytes and %v", got.Len(), err)
				}
				if !bytes.HasPrefix(plain, got.Bytes()) {
					t.Error("a wrong byte was given")
				}
			}
		})
	}
	group.Wait()
}

// TestMemory looks at what a stream holds while it waits for its client.
func TestMemory(t *testing.T) {
	const streams, most = 64, 200 << 10
	s, _ := open(t)
	id, plain := newID(), bytesOf(8*plain64)
	size := int64(len(plain))
	write(t, s, id, plain)

	inUse := func() int64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc + m.StackInuse)
	}
	before := inUse()
	var readers []io.ReadCloser
	for range streams {
		r, err := s.Read(t.Context(), id, key, size, 0, size)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if _, err := io.ReadFull(r, make([]byte, plain64+1)); err != nil {
			t.Fatal(err)
		}
		readers = append(readers, r)
	}
	if got := (inUse() - before) / streams; got > most {
		t.Errorf("a reader holds %d bytes, want at most %d", got, most)
	}
	for _, r := range readers {
		r.Close()
	}

	before = inUse()
	var group sync.WaitGroup
	var writers []*io.PipeWriter
	for range streams {
		in, out := io.Pipe()
		writers = append(writers, out)
		group.Go(func() {
			if err := s.Write(t.Context(), newID(), key, size, in); err == nil {
				t.Error("Write: got no error for half a content")
			}
		})
		out.Write(plain[:size/2])
	}
	if got := (inUse() - before) / streams; got > most {
		t.Errorf("a writer holds %d bytes, want at most %d", got, most)
	}
	for _, w := range writers {
		w.Close()
	}
	group.Wait()
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
