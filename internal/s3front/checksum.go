package s3front

import (
	"bytes"
	"crypto/md5"
	"encoding/base64"
	"hash"
	"net/http"
	"slices"
	"strings"

	"muster/internal/objects"
	"muster/internal/sigv4"
)

// algorithms are those of S3's additional checksums, as
// x-amz-checksum-algorithm has them.
var algorithms = sigv4.ChecksumAlgorithms()

const checksumPrefix = "X-Amz-Checksum-"

// checksumHeader is the header of an algorithm's checksums, in lower case.
func checksumHeader(algorithm string) string {
	return "x-amz-checksum-" + strings.ToLower(algorithm)
}

// algorithmOf is the algorithm of a header; "" when it is none of a checksum.
func algorithmOf(header string) string {
	header = strings.ToLower(header)
	for _, a := range algorithms {
		if checksumHeader(a) == header {
			return a
		}
	}
	return ""
}

var errTwoChecksums = badRequest("Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")

// readMD5 reads the Content-MD5; nil without one.
func readMD5(h http.Header) ([]byte, error) {
	if h["Content-Md5"] == nil {
		return nil, nil
	}
	sum, err := base64.StdEncoding.DecodeString(h.Get("Content-Md5"))
	if err != nil || len(sum) != md5.Size {
		return nil, refusal(http.StatusBadRequest, "InvalidDigest", "The Content-MD5 you specified was invalid.").with("Content-MD5", h.Get("Content-Md5"))
	}
	return sum, nil
}

// readChecksum reads the checksum among the headers, of which there is one at
// most; its Algorithm is "" when there is none.
func readChecksum(h http.Header) (objects.Checksum, error) {
	var found objects.Checksum
	for _, a := range algorithms {
		name := http.CanonicalHeaderKey(checksumHeader(a))
		if h[name] == nil {
			continue
		}
		if found.Algorithm != "" {
			return found, errTwoChecksums
		}
		found = objects.Checksum{Algorithm: a, Type: objects.FullObject, Value: h.Get(name)}
		if !isChecksum(a, found.Value) {
			return found, badRequest("Value for " + checksumHeader(a) + " header is invalid.")
		}
	}
	return found, checkAlgorithm(h, found.Algorithm)
}

// checkAlgorithm refuses an x-amz-sdk-checksum-algorithm that announces another
// checksum than there is.
func checkAlgorithm(h http.Header, found string) error {
	named := strings.ToUpper(h.Get("X-Amz-Sdk-Checksum-Algorithm"))
	if found == "" {
		found = algorithmOf(h.Get("X-Amz-Trailer"))
	}
	switch {
	case named == "" || named == found:
		return nil
	case !slices.Contains(algorithms, named) || found != "":
		return badRequest("Value for x-amz-sdk-checksum-algorithm header is invalid.")
	case h["Content-Md5"] != nil:
		return nil
	}
	return badRequest("x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.")
}

// isChecksum reports whether value can be a checksum of that algorithm. One of
// parts ends with - and their number.
func isChecksum(algorithm, value string) bool {
	sum, err := base64.StdEncoding.DecodeString(value)
	h := sigv4.NewChecksum(checksumHeader(algorithm))
	return err == nil && h != nil && len(sum) == h.Size()
}

// badDigest says which of the digests that were sent doesn't hold, where that
// can be told.
func badDigest(r *request) *Error {
	e := refusals[objects.BadDigest]
	sum, _ := readChecksum(r.Header)
	if sum.Algorithm == "" {
		sum.Algorithm = algorithmOf(r.Header.Get("X-Amz-Trailer"))
	}
	switch md5 := r.Header["Content-Md5"] != nil; {
	case md5 && sum.Algorithm == "":
		return refusal(e.Status, e.Code, "The Content-MD5 you specified did not match what we received.")
	case !md5 && sum.Algorithm != "":
		return refusal(e.Status, e.Code, "The "+sum.Algorithm+" you specified did not match the calculated checksum.")
	}
	return e
}

// sums are the digests of a body that the door reads itself.
type sums struct {
	md5  hash.Hash // nil when it was not sent
	want []byte
	more []sum
}

type sum struct {
	hash.Hash
	header, want string
}

// sums reads which digests there are beside the request's body.
func (r *request) sums(body *sigv4.Body) (*sums, error) {
	s := &sums{}
	var err error
	if s.want, err = readMD5(r.Header); err != nil {
		return nil, err
	}
	if s.want != nil {
		s.md5 = md5.New()
	}
	if body.Trailer != "" {
		s.more = append(s.more, sum{sigv4.NewChecksum(body.Trailer), body.Trailer, ""})
	}
	if r.op.sumsOfObject {
		return s, nil
	}
	found, err := readChecksum(r.Header)
	if err != nil {
		return nil, err
	}
	if found.Algorithm != "" {
		header := checksumHeader(found.Algorithm)
		s.more = append(s.more, sum{sigv4.NewChecksum(header), header, found.Value})
	}
	return s, nil
}

func (s *sums) any() bool { return s.md5 != nil || len(s.more) > 0 }

func (s *sums) Write(p []byte) (int, error) {
	if s.md5 != nil {
		s.md5.Write(p)
	}
	for _, one := range s.more {
		one.Write(p)
	}
	return len(p), nil
}

// check compares the digests once the body has ended.
func (s *sums) check(body *sigv4.Body) error {
	bad := refusals[objects.BadDigest]
	if s.md5 != nil && !bytes.Equal(s.md5.Sum(nil), s.want) {
		return refusal(bad.Status, bad.Code, "The Content-MD5 you specified did not match what we received.")
	}
	for _, one := range s.more {
		want := one.want
		if one.header == body.Trailer {
			want = body.TrailerValue()
		}
		if base64.StdEncoding.EncodeToString(one.Sum(nil)) != want {
			return refusal(bad.Status, bad.Code, "The "+algorithmOf(one.header)+" you specified did not match the calculated checksum.")
		}
	}
	return nil
}

// checksumElements are a checksum in a document.
func checksumElements(c objects.Checksum) []element {
	if c.Value == "" {
		return nil
	}
	all := []element{{"Checksum" + c.Algorithm, c.Value}}
	if c.Type != "" {
		all = append(all, element{"ChecksumType", c.Type})
	}
	return all
}

// checksumHeaders sets a checksum in the answer's headers.
func checksumHeaders(h http.Header, c objects.Checksum) {
	if c.Value == "" {
		return
	}
	h.Set(checksumHeader(c.Algorithm), c.Value)
	if c.Type != "" {
		h.Set("X-Amz-Checksum-Type", c.Type)
	}
}
