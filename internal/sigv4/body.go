package sigv4

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// Body is the content of an S3 request. Its Reader gives Size bytes, verified
// while they are read: what arrives is what was signed, or Read fails with an
// *Error before the last byte is released. It never ends early.
type Body struct {
	io.Reader
	Size        int64
	PayloadHash string // hex SHA-256 of the content where it was signed so, else UnsignedPayload
	Trailer     string // name of the checksum that comes after the content, in lower case; "" without one
	Held        int64  // bytes of memory that the Reader holds from the beginning

	// Hold is asked before the Reader holds so many bytes more, as it does of
	// signed chunks; its error ends the Reader. Nil lets it.
	Hold func(more int64) error

	chunks *chunks
}

// TrailerValue returns the value of Trailer once Reader has ended; "" before.
func (b *Body) TrailerValue() string {
	if b.chunks == nil {
		return ""
	}
	return b.chunks.value
}

// Body returns the verified body of r, an S3 request for which Verify was
// content. It holds one chunk at most.
func (s *Signature) Body(r *http.Request) (*Body, error) {
	if !strings.HasPrefix(s.PayloadHash, streaming) {
		return s.plainBody(r)
	}
	c, err := s.chunks(r)
	if err != nil {
		return nil, err
	}
	b := &Body{Reader: c, Size: c.left, PayloadHash: UnsignedPayload, Trailer: c.trailer, Held: readAhead, chunks: c}
	c.hold = func(more int64) error {
		if b.Hold == nil {
			return nil
		}
		return b.Hold(more)
	}
	return b, nil
}

func (s *Signature) plainBody(r *http.Request) (*Body, error) {
	if r.ContentLength < 0 {
		return nil, fail(MissingContentLength, "You must provide the Content-Length HTTP header.")
	}
	p := &plain{r: r.Body, want: s.PayloadHash, left: r.ContentLength}
	switch {
	case r.ContentLength == 0 && s.PayloadHash != UnsignedPayload && s.PayloadHash != EmptyHash:
		return nil, fail(PayloadMismatch, hashMismatch)
	case r.ContentLength == 0 || r.Body == nil:
		p.r = http.NoBody
	}
	if s.PayloadHash != UnsignedPayload {
		p.hash = sha256.New()
	}
	return &Body{Reader: p, Size: r.ContentLength, PayloadHash: s.PayloadHash}, nil
}

// ReadAll returns the whole body of r without framing, when it is at most
// limit bytes; for operations whose body is read rather than passed on.
func (s *Signature) ReadAll(r *http.Request, limit int64) ([]byte, error) {
	b, err := s.Body(r)
	if err != nil {
		return nil, err
	}
	if b.Size > limit {
		return nil, fail(BodyTooLarge, "The body is larger than %d bytes", limit)
	}
	data, err := io.ReadAll(b)
	if err != nil {
		return nil, err
	}
	if b.Trailer != "" {
		if sum, _ := Checksum(b.Trailer, data); sum != b.TrailerValue() {
			return nil, fail(PayloadMismatch, "The checksum in the trailer does not match the body")
		}
	}
	return data, nil
}

const (
	hashMismatch = "The provided 'x-amz-content-sha256' header does not match what was computed."
	short        = "You did not provide the number of bytes specified by the Content-Length HTTP header"
)

// plain is a body without framing. It withholds the last bytes until the whole
// has matched its hash, so that a forged upload is never completed.
type plain struct {
	r    io.Reader
	hash hash.Hash // nil where the content isn't signed
	want string
	left int64
	err  error
}

func (p *plain) Read(b []byte) (int, error) {
	if p.err != nil {
		return 0, p.err
	}
	if p.left == 0 {
		return 0, io.EOF
	}
	n, err := p.r.Read(b[:min(int64(len(b)), p.left)])
	p.left -= int64(n)
	if p.hash != nil {
		p.hash.Write(b[:n])
	}
	switch {
	case p.left == 0 && p.hash != nil && hex.EncodeToString(p.hash.Sum(nil)) != p.want:
		n, err = 0, fail(PayloadMismatch, hashMismatch)
	case p.left == 0:
		err = nil
	case err != nil:
		n, err = 0, cut(err)
	}
	p.err = err
	return n, err
}

// chunks reads aws-chunked framing, checking each signed chunk before any
// byte of it is released.
type chunks struct {
	sig      *Signature
	r        *bufio.Reader
	previous string // signature of the chunk before
	left     int64  // bytes of the object not read yet
	unsigned bool
	trailer  string // name of the announced trailer; "" without one
	value    string // the trailer's, once read
	chunk    []byte // the memory of a signed chunk
	out      []byte // what is left of it to be read
	pass     int64  // bytes of an unsigned chunk to let through
	hold     func(more int64) error
	done     bool
	ended    bool // the body ended where its length said
	err      error
}

const (
	streaming = "STREAMING-"
	maxLine   = 4 << 10
	readAhead = 64 << 10
	maxChunk  = 1 << 20 // bytes of a signed chunk, which is held whole; SDKs send 64 KiB to 1 MiB
)

func (s *Signature) chunks(r *http.Request) (*chunks, error) {
	length, err := strconv.ParseInt(r.Header.Get("X-Amz-Decoded-Content-Length"), 10, 64)
	if err != nil || length < 0 {
		return nil, fail(MissingContentLength, "You must provide the x-amz-decoded-content-length HTTP header.")
	}
	body := io.Reader(http.NoBody)
	if r.Body != nil {
		body = r.Body
	}
	c := &chunks{sig: s, r: bufio.NewReaderSize(body, readAhead), previous: s.signature, left: length}
	switch strings.TrimPrefix(s.PayloadHash, streaming) {
	case Algorithm + "-PAYLOAD":
		return c, nil
	case Algorithm + "-PAYLOAD-TRAILER":
	case "UNSIGNED-PAYLOAD-TRAILER":
		c.unsigned = true
	default:
		return nil, fail(NotImplemented, "%s is not implemented", s.PayloadHash)
	}
	if c.unsigned && r.Header["X-Amz-Trailer"] == nil {
		return c, nil // as S3 does, for which it is a body without a checksum
	}
	c.trailer = strings.ToLower(r.Header.Get("X-Amz-Trailer"))
	if ChecksumLength(c.trailer) == 0 {
		return nil, fail(MalformedTrailer, "The value specified in the x-amz-trailer header is not supported")
	}
	return c, nil
}

func (c *chunks) Read(p []byte) (int, error) {
	for len(c.out) == 0 && c.pass == 0 {
		if c.err != nil {
			return 0, c.err
		}
		if c.done {
			return 0, io.EOF
		}
		c.err = c.next()
	}
	if len(c.out) > 0 {
		n := copy(p, c.out)
		c.out = c.out[n:]
		return n, nil
	}
	n, err := c.r.Read(p[:min(int64(len(p)), c.pass)])
	switch c.pass -= int64(n); {
	case err != nil:
		c.pass, c.err = 0, cut(err)
	case c.pass == 0:
		c.err = c.chunkEnd()
	}
	if c.err != nil {
		return 0, c.err
	}
	return n, nil
}

// chunkEnd reads what follows the content of a chunk: after the last one also
// the end of the body, so that no last byte is released before that is verified.
func (c *chunks) chunkEnd() error {
	if err := c.lineEnd(); err != nil || c.left > 0 {
		return err
	}
	return c.next()
}

// cut returns what to say of a body whose reading failed: a deadline, and what
// else is no end of the body, is left as it is.
func cut(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fail(IncompleteBody, short)
	}
	return err
}

// line reads a line of the framing without its end.
func (c *chunks) line() (string, error) {
	var b []byte
	for len(b) <= maxLine {
		part, err := c.r.ReadSlice('\n')
		b = append(b, part...)
		if err == nil {
			return strings.TrimRight(string(b), "\r\n"), nil
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			c.ended = errors.Is(err, io.EOF)
			return strings.TrimRight(string(b), "\r\n"), cut(err)
		}
	}
	return "", fail(IncompleteBody, "A chunk's header is longer than %d bytes", maxLine)
}

func (c *chunks) lineEnd() error {
	l, err := c.line()
	if err == nil && l != "" {
		err = fail(IncompleteBody, "A chunk is longer than its header says")
	}
	return err
}

// next reads one chunk, or the last one and the trailer.
func (c *chunks) next() error {
	head, err := c.line()
	if err != nil {
		return err
	}
	size, extension, _ := strings.Cut(head, ";")
	n, err := strconv.ParseUint(size, 16, 63)
	if err != nil || int64(n) > c.left || (!c.unsigned && n > maxChunk) {
		return fail(IncompleteBody, "A chunk's header can't be read, or the chunk is too large")
	}
	if n == 0 && c.left > 0 {
		return fail(IncompleteBody, short)
	}
	c.left -= int64(n)
	if c.unsigned {
		if c.pass = int64(n); n > 0 {
			return nil
		}
		return c.end()
	}
	return c.signed(int64(n), extension)
}

// signed reads a signed chunk of n bytes, and releases it once it is verified.
func (c *chunks) signed(n int64, extension string) error {
	if more := n - int64(cap(c.chunk)); more > 0 {
		if err := c.hold(more); err != nil {
			return err
		}
		c.chunk = make([]byte, n)
	}
	data := c.chunk[:n]
	if _, err := io.ReadFull(c.r, data); err != nil {
		return cut(err)
	}
	err := c.check(extension, data)
	switch {
	case err == nil && n > 0:
		err = c.chunkEnd()
	case err == nil:
		err = c.end()
	}
	if err == nil && n > 0 {
		c.out = data
	}
	return err
}
