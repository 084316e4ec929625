package s3front

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"strconv"
)

const namespace = "http://s3.amazonaws.com/doc/2006-03-01/"

// answerXML answers 200 with a document.
func answerXML(w *answer, v any) error { return sendXML(w, http.StatusOK, v, false) }

// sendXML answers with a document, or with the headers of one. What XML 1.0
// can't hold, such as the control characters of a key, is replaced by U+FFFD:
// who lists such keys asks for encoding-type=url.
func sendXML(w *answer, status int, v any, headOnly bool) error {
	var b bytes.Buffer
	b.WriteString(xml.Header)
	if err := xml.NewEncoder(&b).Encode(v); err != nil {
		return err
	}
	// The client may take it as slowly as it may. Refusals are small.
	if b.Len() > piece && w.hold != nil {
		if err := w.hold(2 * int64(b.Len())); err != nil {
			return err
		}
	}
	w.Header().Set("Content-Type", "application/xml")
	if !headOnly {
		w.Header().Set("Content-Length", strconv.Itoa(b.Len()))
	}
	w.WriteHeader(status)
	if headOnly {
		return nil
	}
	out := w.leaving()
	if _, err := out.Write(b.Bytes()); err != nil {
		w.broken = true
		return err
	}
	return out.finish()
}

// shape bounds what a document may be, while it is read.
type shape struct {
	bytes    int64
	elements int
	depth    int
}

// memory is how many bytes are held of a document of size bytes: its texts, and
// what each of its elements takes.
func (s shape) memory(size int64) int64 {
	const each, shortest = 256, 4 // bytes held of an element, and of the text of <a/>
	return size + each*min(int64(s.elements), size/shortest)
}

// The documents that clients send.
var (
	deleteShape   = shape{bytes: 8 << 20, elements: 3*maxDeletes + 10, depth: 3} // a thousand keys of 1024 characters that are all escaped
	completeShape = shape{bytes: 4 << 20, elements: 8*maxParts + 10, depth: 3}
	tagShape      = shape{bytes: 64 << 10, elements: 500, depth: 4}
	smallShape    = shape{bytes: 64 << 10, elements: 100, depth: 4}
)

var errNoBody = refusal(http.StatusBadRequest, "MissingRequestBodyError", "Request Body is empty")

// longestRun is how far a mark-up character may be from the next one: more
// than any key, escaped. The decoder holds what lies between in memory.
const longestRun = 32 << 10

// readXML reads the request's body, which must be a document of that shape and
// nothing after it, while it verifies it: by its signature, and by every
// checksum beside it. It reports whether there was a checksum.
func (f *Front) readXML(r *request, s shape, v any) (checked bool, err error) {
	body, err := f.body(r, wholeBody)
	if err != nil {
		return false, err
	}
	if body.Size > s.bytes {
		return false, refusal(http.StatusBadRequest, "MaxMessageLengthExceeded", "Your request was too big.")
	}
	if err := r.hold(s.memory(body.Size)); err != nil {
		return false, err
	}
	sums, err := r.sums(body)
	if err != nil {
		return false, err
	}
	all := io.TeeReader(body, sums)
	malformed := decodeXML(all, s, v)
	// Whatever the document is, it is first said whether it is what was signed.
	if _, err := io.Copy(io.Discard, all); err != nil {
		return false, err
	}
	if err := sums.check(body); err != nil {
		return false, err
	}
	if body.Size == 0 {
		malformed = errNoBody
	}
	return sums.any(), malformed
}

// decodeXML reads a document, after which only white space and comments may come.
func decodeXML(from io.Reader, s shape, v any) error {
	in := &marked{r: from}
	tokens := &bounded{d: xml.NewDecoder(in), shape: s}
	d := xml.NewTokenDecoder(tokens)
	if err := d.Decode(v); err != nil {
		return in.why()
	}
	for {
		switch t, err := tokens.d.RawToken(); t := t.(type) {
		case nil:
			if errors.Is(err, io.EOF) {
				return nil
			}
			return in.why()
		case xml.CharData:
			if len(bytes.TrimSpace(t)) > 0 {
				return errMalformed
			}
		case xml.Comment, xml.ProcInst:
		default:
			return errMalformed
		}
	}
}

// bounded refuses a document that outgrows its shape.
type bounded struct {
	d *xml.Decoder
	shape
}

var errShape = errors.New("the document is larger or deeper than any of its kind")

// Token implements xml.TokenReader.
func (b *bounded) Token() (xml.Token, error) {
	t, err := b.d.RawToken()
	switch t.(type) {
	case xml.StartElement:
		b.elements--
		b.depth--
	case xml.EndElement:
		b.depth++
	}
	if b.elements < 0 || b.depth < 0 {
		return nil, errShape
	}
	return t, err
}

// marked is a document that must have a mark-up character now and then.
type marked struct {
	r    io.Reader
	run  int
	fail error // of r
}

func (m *marked) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	if at := bytes.LastIndexByte(p[:n], '<'); at >= 0 {
		m.run = n - at
	} else {
		m.run += n
	}
	if m.run > longestRun {
		return 0, errShape
	}
	if err != nil && !errors.Is(err, io.EOF) {
		m.fail = err
	}
	return n, err
}

// why returns what kept a document from being read: the body it is in, or itself.
func (m *marked) why() error {
	if m.fail != nil {
		return m.fail
	}
	return errMalformed
}
