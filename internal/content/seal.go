package content

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/minio/sio"

	"muster/internal/objects"
)

// buffers are what readers and writers share: each holds a header and a sealed
// package, or an opened one.
var buffers = sync.Pool{New: func() any { return new([headerBytes + sealedPackage]byte) }}

// Seal returns a content as Write would keep it.
func (s *Store) Seal(id objects.ContentID, key objects.SealingKey, plain []byte) ([]byte, error) {
	size := int64(len(plain))
	sealed, err := sealedSize(size)
	if err != nil {
		return nil, err
	}
	out := bytes.NewBuffer(make([]byte, 0, sealed))
	if err := seal(context.Background(), out, id, key, size, bytes.NewReader(plain)); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// Unseal returns what Seal sealed.
func (s *Store) Unseal(id objects.ContentID, key objects.SealingKey, size int64, sealed []byte) ([]byte, error) {
	want, err := sealedSize(size)
	if err != nil {
		return nil, err
	}
	if int64(len(sealed)) != want {
		return nil, damaged(id, fmt.Sprintf("it has %d bytes instead of %d", len(sealed), want))
	}
	secrets, err := derive(id, key, size)
	if err != nil {
		return nil, err
	}
	if err := secrets.checkHeader(id, sealed[:headerBytes]); err != nil {
		return nil, err
	}
	if size == 0 {
		return []byte{}, nil
	}
	plain, err := sio.DecryptBuffer(make([]byte, 0, size), sealed[headerBytes:], secrets.dare(0))
	if err != nil {
		return nil, opening(id, err)
	}
	if int64(len(plain)) != size {
		return nil, damaged(id, fmt.Sprintf("it opens to %d bytes instead of %d", len(plain), size))
	}
	return plain, nil
}

// seal writes to w the size bytes of r, sealed. It fails unless r ends there.
func seal(ctx context.Context, w io.Writer, id objects.ContentID, key objects.SealingKey, size int64, r io.Reader) error {
	secrets, err := derive(id, key, size)
	if err != nil {
		return err
	}
	whole := &exactly{ctx: ctx, r: r, left: size}
	packages, err := sio.EncryptReader(whole, secrets.dare(0))
	if err != nil {
		return fmt.Errorf("seal content %s: %w", id, err)
	}
	buf := buffers.Get().(*[headerBytes + sealedPackage]byte)
	defer buffers.Put(buf)
	defer giveBack(packages, &whole.err)

	// The header is written together with the first package. A read into room
	// for one package gives one package.
	filled := copy(buf[:], secrets.header[:])
	for {
		n, err := packages.Read(buf[filled:][:sealedPackage])
		if whole.err != nil {
			return whole.err
		}
		if err != nil && err != io.EOF {
			return fmt.Errorf("seal content %s: %w", id, err)
		}
		if _, err := w.Write(buf[:filled+n]); err != nil {
			return keeping(id, err)
		}
		if err == io.EOF {
			return nil
		}
		filled = 0
	}
}

// errDone ends what the library reads from.
var errDone = errors.New("nothing more is read")

// giveBack makes r, a reader of the library that has given whole packages only,
// return its buffer to the library's pool: it does so once its source, which
// fails with *failure, has failed or ended.
func giveBack(r io.Reader, failure *error) {
	if *failure == nil {
		*failure = errDone
	}
	r.Read(make([]byte, 1)) // fails, which is the purpose
}

// exactly gives what r gives, and fails unless that is left bytes. What it
// failed with is kept in err, since the library takes some errors for the end.
type exactly struct {
	ctx  context.Context
	r    io.Reader
	left int64
	err  error
}

func (e *exactly) Read(p []byte) (int, error) {
	if e.err == nil {
		e.err = e.ctx.Err()
	}
	if e.err != nil {
		return 0, errDone
	}
	// After its last byte r must still be asked: what checks a body knows only
	// at the end whether it is right.
	n, err := e.r.Read(p[:max(min(int64(len(p)), e.left), 1)])
	e.left -= int64(n)
	switch {
	case e.left < 0:
		e.err = errors.New("a content is longer than was said")
	case err == io.EOF && e.left > 0:
		e.err = fmt.Errorf("a content ended %d bytes too early: %w", e.left, io.ErrUnexpectedEOF)
	case err != nil && err != io.EOF:
		e.err = err
	}
	if e.err != nil {
		return 0, errDone
	}
	return n, err
}
