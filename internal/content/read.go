package content

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"

	"github.com/minio/sio"

	"muster/internal/objects"
)

// Read returns length bytes of a content from first on. It opens the first
// package that it gives a byte of, so that most damage shows before anything is
// served; each other package is opened when it is reached.
func (s *Store) Read(ctx context.Context, id objects.ContentID, key objects.SealingKey, size, first, length int64) (io.ReadCloser, error) {
	sealed, err := sealedSize(size)
	if err != nil {
		return nil, err
	}
	if first < 0 || length < 0 || first > size || length > size-first {
		return nil, fmt.Errorf("content %s has %d bytes, not %d from %d on", id, size, length, first)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f, err := os.Open(s.path(id))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("content %s: %w", id, objects.ErrNoFile)
	}
	if err != nil {
		return nil, fmt.Errorf("read content %s: %w", id, err)
	}
	r, err := open(f, id, key, size, sealed, first, length)
	if err != nil {
		f.Close()
		return nil, err
	}
	return r, nil
}

// open returns a reader of a part of the file, which then belongs to it.
func open(f *os.File, id objects.ContentID, key objects.SealingKey, size, sealed, first, length int64) (*reader, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("read content %s: %w", id, err)
	}
	if info.Size() != sealed || !info.Mode().IsRegular() {
		return nil, damaged(id, fmt.Sprintf("its file has %d bytes instead of %d", info.Size(), sealed))
	}
	secrets, err := derive(id, key, size)
	if err != nil {
		return nil, err
	}
	var header [headerBytes]byte
	if _, err := f.ReadAt(header[:], 0); err != nil {
		return nil, fmt.Errorf("read content %s: %w", id, err)
	}
	if err := secrets.checkHeader(id, header[:]); err != nil {
		return nil, err
	}
	number := first / plainPackage
	r := &reader{id: id, f: f, size: size, next: number * plainPackage, first: first, end: first + length}
	if length == 0 {
		r.err = io.EOF
		return r, nil
	}
	begin := headerBytes + number*sealedPackage
	r.source.r = io.NewSectionReader(f, begin, sealed-begin)
	r.packages, err = sio.DecryptReader(&r.source, secrets.dare(number))
	if err != nil {
		return nil, fmt.Errorf("read content %s: %w", id, err)
	}
	r.buf = buffers.Get().(*[headerBytes + sealedPackage]byte)
	if r.fill(); r.err != nil {
		r.release()
		return nil, r.err
	}
	return r, nil
}

// reader gives a part of a content. It may be closed while it is being read:
// what it reads into goes back to the pools only when nobody uses it any more.
type reader struct {
	mu           sync.Mutex // of the next two
	busy, closed bool

	id       objects.ContentID
	f        *os.File
	source   source
	packages io.Reader // of the library: gives what is opened, from next on
	size     int64     // of the whole content
	next     int64     // where the package begins that is opened next
	first    int64     // the first byte to be given
	end      int64     // behind the last byte to be given
	buf      *[headerBytes + sealedPackage]byte
	ahead    []byte // of buf: opened, and not given yet
	err      error  // of what was read last, or io.EOF
}

// source is the file as the library reads it, until err is set.
type source struct {
	r   io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	return s.r.Read(p)
}

// Read gives what is left of the opened package, or of the next one.
func (r *reader) Read(p []byte) (int, error) {
	if err := r.begin(); err != nil {
		return 0, err
	}
	defer r.done()
	if len(p) == 0 {
		return 0, nil
	}
	if !r.fill() {
		return 0, r.err
	}
	n := copy(p, r.ahead)
	r.ahead = r.ahead[n:]
	return n, nil
}

// WriteTo gives w whole packages, as far as they are wanted. io.Copy calls it.
func (r *reader) WriteTo(w io.Writer) (written int64, err error) {
	if err := r.begin(); err != nil {
		return 0, err
	}
	defer r.done()
	for r.fill() {
		n, err := w.Write(r.ahead)
		written += int64(n)
		r.ahead = r.ahead[n:]
		if err != nil {
			return written, err
		}
		if r.isClosed() {
			return written, os.ErrClosed
		}
	}
	if r.err == io.EOF {
		return written, nil
	}
	return written, r.err
}

// fill opens the next package unless something of the last is left, and reports
// whether there is something to give. If not, err says why.
func (r *reader) fill() bool {
	if len(r.ahead) > 0 {
		return true
	}
	if r.err == nil && r.next >= r.end {
		r.err = io.EOF
	}
	if r.err != nil {
		return false
	}
	// The library is asked for exactly one package, so that it keeps nothing
	// back and opens it once.
	n := min(plainPackage, r.size-r.next)
	if _, err := io.ReadFull(r.packages, r.buf[:n]); err != nil {
		r.err = opening(r.id, err)
		return false
	}
	r.ahead = r.buf[max(r.first-r.next, 0):min(n, r.end-r.next)]
	r.next += n
	return true
}

// Close ends reading. What is being read just now may still be given.
func (r *reader) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil
	}
	r.closed = true
	if !r.busy {
		r.release()
	}
	return nil
}

// begin claims the reader's buffers, done lets go of them.
func (r *reader) begin() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return os.ErrClosed
	}
	if r.busy {
		return errors.New("a content is read by two at once through one reader")
	}
	r.busy = true
	return nil
}

func (r *reader) done() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.busy = false
	if r.closed {
		r.release()
	}
}

func (r *reader) isClosed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.closed
}

// release closes the file and returns the buffers to their pools.
func (r *reader) release() {
	r.f.Close()
	if r.packages != nil {
		giveBack(r.packages, &r.source.err)
	}
	if r.buf != nil {
		buffers.Put(r.buf)
		r.buf, r.ahead = nil, nil
	}
}
