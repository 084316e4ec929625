package externals3

import (
	"bytes"
	"crypto/md5"
	"encoding/base64"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"strings"
	"sync"

	"muster/internal/objects"
	"muster/internal/sigv4"
)

// body is what a request carries.
type body struct {
	io.Reader
	length  int64
	hash    string      // x-amz-content-sha256
	header  http.Header // what the store must know of it
	content *arriving   // nil where it isn't a client's
	checked bool        // with one of S3's additional checksums
}

// document is a body of Muster's own.
func document(data []byte) *body {
	sum := md5.Sum(data)
	return &body{Reader: bytes.NewReader(data), length: int64(len(data)), hash: sigv4.Hash(data), header: http.Header{
		"Content-Type": {"application/xml"},
		"Content-Md5":  {base64.StdEncoding.EncodeToString(sum[:])},
	}}
}

// checksumSize is the length of a checksum in base64, by its algorithm.
var checksumSize = checksumSizes()

func checksumSizes() map[string]int {
	sizes := map[string]int{}
	for _, a := range sigv4.ChecksumAlgorithms() {
		sizes[a] = sigv4.ChecksumLength(strings.ToLower(checksumPrefix + a))
	}
	return sizes
}

const (
	checksumPrefix  = "x-amz-checksum-"
	trailerFraming  = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
	awsChunked      = "aws-chunked"
	contentEncoding = "Content-Encoding"
)

// upload returns the body of a client's content. encoding is the object's own
// Content-Encoding. atEnd is called when all of the content has arrived, before
// the last of it is sent: an error from it stores nothing.
//
// A checksum that is known only at the end goes into a trailer: the content is
// one chunk of aws-chunked, whose length is known beforehand, so that a store
// always gets a Content-Length.
func upload(b objects.Body, encoding string, atEnd func() error) (*body, error) {
	content := &arriving{r: b.Reader, left: b.Size, atEnd: atEnd}
	out := &body{Reader: content, length: b.Size, hash: sigv4.UnsignedPayload, header: http.Header{}, content: content, checked: b.Checksum.Algorithm != ""}
	if encoding != "" {
		out.header.Set(contentEncoding, encoding)
	}
	if b.MD5 != nil {
		out.header.Set("Content-Md5", base64.StdEncoding.EncodeToString(b.MD5))
	}
	sum := b.Checksum
	if sum.Algorithm != "" && checksumSize[sum.Algorithm] == 0 {
		return nil, refused(objects.BadChecksum, "The checksum algorithm %q is not known.", sum.Algorithm)
	}
	value := b.Trailer
	if value == nil && sum.Algorithm != "" && sum.Value == "" {
		content.sum = sigv4.NewChecksum(strings.ToLower(checksumPrefix + sum.Algorithm))
		value = func() string { return base64.StdEncoding.EncodeToString(content.sum.Sum(nil)) }
	}
	if b.Size == 0 { // there is nothing to wait for
		if err := content.close(); err != nil {
			return nil, err
		}
		if value != nil {
			if sum.Value, value = value(), nil; len(sum.Value) != checksumSize[sum.Algorithm] {
				return nil, badTrailer(sum.Algorithm)
			}
		}
	}
	switch {
	case sum.Algorithm == "":
	case value == nil:
		out.header.Set(checksumPrefix+sum.Algorithm, sum.Value)
		out.header.Set("X-Amz-Sdk-Checksum-Algorithm", sum.Algorithm)
	default:
		out.frame(sum.Algorithm, value)
	}
	return out, nil
}

// frame puts the body into one chunk with the checksum after it.
func (b *body) frame(algorithm string, value func() string) {
	name := strings.ToLower(checksumPrefix + algorithm)
	head := fmt.Sprintf("%x\r\n", b.length)
	tail := &lazy{text: func() (string, error) {
		v := value()
		if len(v) != checksumSize[algorithm] {
			return "", b.content.fail(badTrailer(algorithm))
		}
		return "\r\n0\r\n" + name + ":" + v + "\r\n\r\n", nil
	}}
	b.header.Set("X-Amz-Decoded-Content-Length", fmt.Sprint(b.length))
	b.header.Set("X-Amz-Trailer", name)
	b.header.Set("X-Amz-Sdk-Checksum-Algorithm", algorithm)
	b.header.Set(contentEncoding, strings.TrimSuffix(awsChunked+","+b.header.Get(contentEncoding), ","))
	b.Reader = io.MultiReader(strings.NewReader(head), b.Reader, tail)
	b.length += int64(len(head) + len("\r\n0\r\n"+name+":") + checksumSize[algorithm] + len("\r\n\r\n"))
	b.hash = trailerFraming
}

func badTrailer(algorithm string) error {
	return refused(objects.BadDigest, "The checksum after the content can't be one of %s.", algorithm)
}

// lazy is a text that is known only when it is read.
type lazy struct {
	text func() (string, error)
	r    io.Reader
}

func (l *lazy) Read(p []byte) (int, error) {
	if l.r == nil {
		text, err := l.text()
		if err != nil {
			return 0, err
		}
		l.r = strings.NewReader(text)
	}
	return l.r.Read(p)
}

// arriving gives the content that a client sends, and withholds the last of it
// until its reader has ended well. It remembers what went wrong with it, which
// net/http hides behind errors of its own.
type arriving struct {
	r     io.Reader
	left  int64
	sum   hash.Hash // of what was given; nil for none
	atEnd func() error

	mu     sync.Mutex
	failed error
	ended  bool // all of it was given
	over   bool // the store has answered: nobody may read any more
}

var errOver = errors.New("the object store has answered before the end of the body")

func (a *arriving) Read(p []byte) (int, error) {
	a.mu.Lock()
	failed, over := a.failed, a.over
	a.mu.Unlock()
	switch {
	case failed != nil:
		return 0, failed
	case over:
		return 0, errOver
	case a.left == 0:
		return 0, io.EOF
	case len(p) == 0:
		return 0, nil
	}
	n, err := a.r.Read(p[:min(int64(len(p)), a.left)])
	if a.left -= int64(n); a.sum != nil {
		a.sum.Write(p[:n])
	}
	if errors.Is(err, io.EOF) && a.left > 0 {
		err = io.ErrUnexpectedEOF
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, a.fail(err)
	}
	if a.left == 0 {
		if err := a.close(); err != nil {
			return 0, err
		}
	}
	return n, nil
}

// close makes sure that the content has ended and may be kept.
func (a *arriving) close() error {
	var more [1]byte
	switch _, err := io.ReadFull(a.r, more[:]); {
	case err == nil:
		return a.fail(errors.New("the content is longer than it was said to be"))
	case !errors.Is(err, io.EOF):
		return a.fail(err)
	}
	if a.atEnd != nil {
		if err := a.atEnd(); err != nil {
			return a.fail(err)
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.over {
		return errOver
	}
	a.ended = true
	return nil
}

func (a *arriving) fail(err error) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.over {
		a.failed = err
	}
	return err
}

// finish ends the reading and returns what went wrong with the content.
func (a *arriving) finish() error {
	if a == nil {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.over = true
	return a.failed
}

// whole reports whether all of the content was given.
func (a *arriving) whole() bool {
	if a == nil {
		return true
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.ended
}
