package sigv4

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// Body is an S3 request's body on its way to a store: it is verified while it
// streams, and what arrives is what was signed or Read fails with an *Error
// before the last of Length bytes is released.
type Body struct {
	io.Reader
	Length      int64  // bytes that Reader gives
	PayloadHash string // x-amz-content-sha256 to sign upstream with
	Decoded     int64  // bytes of the object; less than Length when Framed
	Framed      bool   // one unsigned aws-chunk and its trailer
}

// Body answers the verified body of r, an S3 request for which Verify was
// content. It holds one chunk at most.
//
// A body with a trailer is framed anew as one unsigned aws-chunk: its exact
// length is known beforehand (the decoded length is a header, a checksum's
// length follows from its name), so that a store always gets a Content-Length.
func (s *Signature) Body(r *http.Request) (*Body, error) {
	if !strings.HasPrefix(s.PayloadHash, streaming) {
		return s.plainBody(r)
	}
	c, err := s.chunks(r)
	if err != nil {
		return nil, err
	}
	if c.trailer == "" {
		return &Body{Reader: c, Length: c.left, PayloadHash: UnsignedPayload, Decoded: c.left}, nil
	}
	head := ""
	if c.left > 0 {
		head = fmt.Sprintf("%x\r\n", c.left)
		c.tail = "\r\n"
	}
	b := &Body{PayloadHash: streaming + "UNSIGNED-PAYLOAD-TRAILER", Decoded: c.left, Framed: true}
	b.Length = int64(len(head)+len(c.tail)) + c.left + int64(len("0\r\n")+len(c.trailer)+1+checksumLength[c.trailer]+len("\r\n\r\n"))
	c.framed = true
	b.Reader = io.MultiReader(strings.NewReader(head), c)
	return b, nil
}

func (s *Signature) plainBody(r *http.Request) (*Body, error) {
	if r.ContentLength < 0 {
		return nil, fail(MissingContentLength, "You must provide the Content-Length HTTP header.")
	}
	b := &Body{Reader: r.Body, Length: r.ContentLength, PayloadHash: s.PayloadHash, Decoded: r.ContentLength}
	if r.Body == nil || r.ContentLength == 0 {
		b.Reader = http.NoBody
	}
	if s.PayloadHash == UnsignedPayload {
		return b, nil
	}
	if b.Length == 0 && s.PayloadHash != EmptyHash {
		return nil, fail(PayloadMismatch, hashMismatch)
	}
	b.Reader = &hashed{r: b.Reader, hash: sha256.New(), want: s.PayloadHash, left: b.Length}
	return b, nil
}

// ReadAll answers the whole body of r without framing, when it is at most
// limit bytes; for operations whose body is read rather than passed on.
func (s *Signature) ReadAll(r *http.Request, limit int64) ([]byte, error) {
	var body io.Reader
	var length int64
	var trailed *chunks
	if strings.HasPrefix(s.PayloadHash, streaming) {
		c, err := s.chunks(r)
		if err != nil {
			return nil, err
		}
		body, length, trailed = c, c.left, c
	} else {
		b, err := s.plainBody(r)
		if err != nil {
			return nil, err
		}
		body, length = b, b.Length
	}
	if length > limit {
		return nil, fail(BodyTooLarge, "The body is larger than %d bytes", limit)
	}
	data, err := io.ReadAll(body)
	if err != nil {
		return nil, err
	}
	if int64(len(data)) != length {
		return nil, fail(IncompleteBody, short)
	}
	if trailed != nil && trailed.trailer != "" {
		if sum, _ := Checksum(trailed.trailer, data); sum != trailed.value {
			return nil, fail(PayloadMismatch, "The checksum in the trailer does not match the body")
		}
	}
	return data, nil
}

const (
	hashMismatch = "The provided 'x-amz-content-sha256' header does not match what was computed."
	short        = "You did not provide the number of bytes specified by the Content-Length HTTP header"
)

// hashed withholds the last bytes until the whole body has matched its hash,
// so that a store that doesn't check it never completes a forged upload.
type hashed struct {
	r    io.Reader
	hash hash.Hash
	want string
	left int64
	err  error
}

func (h *hashed) Read(p []byte) (int, error) {
	if h.err != nil {
		return 0, h.err
	}
	n, err := h.r.Read(p)
	h.hash.Write(p[:n])
	h.left -= int64(n)
	switch {
	case h.left < 0, h.left == 0 && hex.EncodeToString(h.hash.Sum(nil)) != h.want:
		n, err = 0, fail(PayloadMismatch, hashMismatch)
	case h.left > 0 && errors.Is(err, io.EOF):
		n, err = 0, fail(IncompleteBody, short)
	}
	h.err = err
	return n, err
}

// chunks reads aws-chunked framing, checking each signed chunk before any
// byte of it is released. It gives the bytes alone, or when framed the bytes
// with the trailer after them.
type chunks struct {
	sig      *Signature
	r        *bufio.Reader
	previous string // signature of the chunk before
	left     int64  // bytes of the object not read yet
	unsigned bool
	trailer  string // name of the announced trailer; "" without one
	value    string // the trailer's, once read
	framed   bool
	tail     string // what closes the one chunk when framed
	out      bytes.Buffer
	pass     int64 // bytes of an unsigned chunk to let through
	done     bool
	err      error
}

const (
	streaming = "STREAMING-"
	maxLine   = 4 << 10
	maxChunk  = 16 << 20 // of a signed chunk, which is held whole; SDKs send 64 KiB to 1 MiB
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
	c := &chunks{sig: s, r: bufio.NewReaderSize(body, 64<<10), previous: s.signature, left: length}
	switch strings.TrimPrefix(s.PayloadHash, streaming) {
	case Algorithm + "-PAYLOAD":
		return c, nil
	case Algorithm + "-PAYLOAD-TRAILER":
	case "UNSIGNED-PAYLOAD-TRAILER":
		c.unsigned = true
	default:
		return nil, fail(NotImplemented, "%s is not implemented", s.PayloadHash)
	}
	c.trailer = strings.ToLower(r.Header.Get("X-Amz-Trailer"))
	if checksumLength[c.trailer] == 0 {
		return nil, fail(MalformedTrailer, "The value specified in the x-amz-trailer header is not supported")
	}
	return c, nil
}

func (c *chunks) Read(p []byte) (int, error) {
	for c.out.Len() == 0 && c.pass == 0 {
		if c.err != nil {
			return 0, c.err
		}
		if c.done {
			return 0, io.EOF
		}
		c.err = c.next()
	}
	if c.out.Len() > 0 {
		return c.out.Read(p)
	}
	n, err := c.r.Read(p[:min(int64(len(p)), c.pass)])
	if c.pass -= int64(n); err != nil {
		c.pass, c.err = 0, fail(IncompleteBody, short)
	} else if c.pass == 0 {
		c.err = c.lineEnd()
	}
	return n, nil
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
			return strings.TrimRight(string(b), "\r\n"), fail(IncompleteBody, short)
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
	if _, err := io.CopyN(&c.out, c.r, int64(n)); err != nil {
		c.out.Reset()
		return fail(IncompleteBody, short)
	}
	if err := c.check(extension); err != nil {
		c.out.Reset()
		return err
	}
	if n > 0 {
		if err := c.lineEnd(); err != nil {
			c.out.Reset()
			return err
		}
		return nil
	}
	return c.end()
}
