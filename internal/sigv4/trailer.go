package sigv4

import (
	"crypto/subtle"
	"encoding/hex"
	"strings"
)

// check judges a chunk by its signature, which stands on the one before.
func (c *chunks) check(extension string, data []byte) error {
	got, _ := strings.CutPrefix(extension, "chunk-signature=")
	want := c.sig.chain("-PAYLOAD", c.previous, EmptyHash+"\n"+Hash(data))
	if subtle.ConstantTimeCompare([]byte(want), []byte(got)) != 1 {
		return fail(SignatureDoesNotMatch, mismatch)
	}
	c.previous = want
	return nil
}

// chain signs the next part of a body: previous is the signature before it.
func (s *Signature) chain(kind, previous, hashes string) string {
	text := Algorithm + kind + "\n" + s.Time.Format(timeFormat) + "\n" + s.Scope.String() + "\n" + previous + "\n" + hashes
	return hex.EncodeToString(mac(s.key, text))
}

// end reads what follows the last chunk: the trailer, when one was announced.
func (c *chunks) end() error {
	c.done = true
	if c.trailer == "" && !c.unsigned {
		if _, err := c.line(); err != nil && !c.ended {
			return err
		}
		return nil
	}
	signature, err := c.readTrailer()
	if err != nil {
		return err
	}
	switch {
	case len(c.value) == ChecksumLength(c.trailer):
	case c.value == "" || c.ended: // it is not there, or it breaks off
		return fail(MalformedTrailer, malformedTrailer)
	default:
		return fail(InvalidTrailer, "Value for %s trailing header is invalid.", c.trailer)
	}
	if !c.unsigned {
		want := c.sig.chain("-TRAILER", c.previous, Hash([]byte(c.trailer+":"+c.value+"\n")))
		if subtle.ConstantTimeCompare([]byte(want), []byte(signature)) != 1 {
			return fail(SignatureDoesNotMatch, mismatch)
		}
	}
	return nil
}

const maxTrailerLines = 8

const malformedTrailer = "The request contained trailing data that was not well-formed or did not conform to our published schema."

// readTrailer takes the lines up to the empty one, or to the end of the body,
// which some clients leave bare. Only what was announced may be there.
func (c *chunks) readTrailer() (signature string, err error) {
	seen := map[string]bool{}
	for range maxTrailerLines {
		l, err := c.line()
		if err != nil && !c.ended { // a body that breaks off here is no whole one either
			return "", err
		}
		if l == "" && (err != nil || c.unsigned || signature != "") {
			return signature, nil
		}
		name, value, ok := strings.Cut(l, ":")
		name, value = strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(value)
		switch {
		case l == "": // AWS's own examples have one between the trailer and its signature
			continue
		case !ok || seen[name] || name == "":
			return "", fail(MalformedTrailer, malformedTrailer)
		case name == c.trailer:
			c.value = value
		case name == "x-amz-trailer-signature" && !c.unsigned:
			signature = value
		default:
			return "", fail(MalformedTrailer, malformedTrailer)
		}
		if seen[name] = true; err != nil {
			return signature, nil
		}
	}
	return "", fail(MalformedTrailer, malformedTrailer)
}
