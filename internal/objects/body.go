package objects

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"io"
)

// String writes the id as files are named by it.
func (id ContentID) String() string { return hex.EncodeToString(id[:]) }

// open returns bytes of a content. It fails with ErrNoFile where the content
// is gone.
func (o *Objects) open(ctx context.Context, c Content, first, length int64) (io.ReadCloser, error) {
	if c.Kind == OfParts {
		return o.openParts(ctx, c, first, length)
	}
	key, err := o.key(c.Key)
	if err != nil {
		return nil, err
	}
	if c.Kind == InFile {
		return o.files.Read(ctx, c.Name, key, c.Size, first, length)
	}
	plain, err := o.files.Unseal(c.Name, key, c.Size, c.Inline)
	if err != nil {
		o.damaged.Add(1)
		return nil, err
	}
	if int64(len(plain)) != c.Size || first < 0 || length < 0 || first+length > c.Size {
		return nil, fmt.Errorf("%w: it has %d bytes instead of %d", ErrDamaged, len(plain), c.Size)
	}
	return io.NopCloser(bytes.NewReader(plain[first : first+length])), nil
}

// openParts opens the first of the parts that are wanted, and holds the files
// of all until the body is closed.
func (o *Objects) openParts(ctx context.Context, c Content, first, length int64) (io.ReadCloser, error) {
	if length == 0 {
		return io.NopCloser(bytes.NewReader(nil)), nil
	}
	if !o.holds.read(c.Name) {
		return nil, ErrNoFile
	}
	b := &partsBody{ctx: ctx, objects: o, name: c.Name, first: first, left: length}
	var err error
	if b.segments, err = o.rows.Segments(ctx, c.ID, first, first+length); err == nil {
		err = b.next()
	}
	if err != nil {
		b.Close()
		return nil, err
	}
	return b, nil
}

// partsBody reads segments one after another.
type partsBody struct {
	ctx      context.Context
	objects  *Objects
	name     ContentID
	segments []Segment // not opened yet
	first    int64     // the byte to be read next
	left     int64
	current  io.ReadCloser
	err      error
	closed   bool
}

func (b *partsBody) Read(p []byte) (int, error) {
	for b.err == nil {
		if b.left == 0 {
			return 0, io.EOF
		}
		n, err := b.current.Read(p[:min(int64(len(p)), b.left)])
		b.first += int64(n)
		b.left -= int64(n)
		if err == io.EOF && b.left > 0 {
			err = b.next()
		}
		b.err = err
		if n > 0 {
			return n, nil
		}
	}
	return 0, b.err
}

// next opens the segment that holds the next byte.
func (b *partsBody) next() error {
	if b.current != nil {
		b.current.Close()
		b.current = nil
	}
	for len(b.segments) > 0 && b.segments[0].Size == 0 {
		b.segments = b.segments[1:]
	}
	if len(b.segments) == 0 {
		return ErrNoFile
	}
	s := b.segments[0]
	from := b.first - s.Start
	if from < 0 || from >= s.Size {
		return fmt.Errorf("%w: its parts don't fit together", ErrDamaged)
	}
	var err error
	b.current, err = b.objects.open(b.ctx, s.Content, from, min(b.left, s.Size-from))
	b.segments = b.segments[1:]
	return err
}

// Close lets the files go.
func (b *partsBody) Close() error {
	if b.closed {
		return nil
	}
	b.closed, b.err = true, io.ErrClosedPipe
	var err error
	if b.current != nil {
		err = b.current.Close()
	}
	if gone, remove := b.objects.holds.release(b.name); remove {
		b.objects.remove(context.WithoutCancel(b.ctx), []Gone{gone})
	}
	return err
}
