package objects

import (
	"encoding/base64"
	"encoding/binary"
	"hash"
	"strconv"
	"strings"

	"muster/internal/sigv4"
)

// defaultChecksum is what S3 computes where nobody asks for another.
const defaultChecksum = "CRC64NVME"

// newHash returns the hash of an algorithm; nil for one that S3 doesn't know.
func newHash(algorithm string) hash.Hash {
	return sigv4.NewChecksum("x-amz-checksum-" + strings.ToLower(algorithm))
}

// linear are the algorithms whose sum over a whole follows from those over its
// parts, by their polynomial with its bits reversed.
var linear = map[string]uint64{"CRC32": 0xedb88320, "CRC32C": 0x82f63b78, defaultChecksum: 0x9a6c9329ac4bc9b5}

// uploadChecksum completes what an upload asks for. It fails with BadChecksum
// for what S3 doesn't offer: sums that can't be combined for a full object, and
// a composite CRC64NVME.
func uploadChecksum(c Checksum) (Checksum, error) {
	if c.Algorithm == "" {
		if c.Type != "" && c.Type != FullObject {
			return Checksum{}, &Refused{Refusal: BadChecksum, Message: "a composite checksum needs an algorithm"}
		}
		return Checksum{}, nil
	}
	if newHash(c.Algorithm) == nil {
		return Checksum{}, BadChecksum
	}
	_, combines := linear[c.Algorithm]
	switch {
	case c.Type == "" && c.Algorithm == defaultChecksum:
		c.Type = FullObject
	case c.Type == "":
		c.Type = Composite
	}
	if c.Type == FullObject && !combines || c.Type == Composite && c.Algorithm == defaultChecksum || c.Type != FullObject && c.Type != Composite {
		return Checksum{}, &Refused{Refusal: BadChecksum, Message: "the " + c.Type + " checksum type can't be had with the algorithm " + c.Algorithm}
	}
	return Checksum{Algorithm: c.Algorithm, Type: c.Type}, nil
}

// sumParts returns the checksum of an object made of parts that have sums of
// the algorithm; none where a part has another.
func sumParts(want Checksum, parts []Part) Checksum {
	h := newHash(want.Algorithm)
	if h == nil {
		return Checksum{}
	}
	var whole combined
	whole.poly, whole.bits = linear[want.Algorithm], 8*h.Size()
	for _, p := range parts {
		sum, err := base64.StdEncoding.DecodeString(p.Checksum.Value)
		if err != nil || p.Checksum.Algorithm != want.Algorithm || len(sum) != h.Size() {
			return Checksum{}
		}
		if want.Type == Composite {
			h.Write(sum)
		} else {
			whole.add(sum, p.Size)
		}
	}
	if want.Type == Composite {
		want.Value = base64.StdEncoding.EncodeToString(h.Sum(nil)) + "-" + strconv.Itoa(len(parts))
	} else {
		want.Value = base64.StdEncoding.EncodeToString(whole.bytes())
	}
	return want
}

// combined is a CRC put together of those of consecutive parts. Appending n
// bytes multiplies the polynomial of what was before by x^8n; the rest is
// addition. Bits are reversed, as CRCs of this kind have them: x^0 is the
// highest.
type combined struct {
	poly  uint64
	bits  int
	sum   uint64
	size  int64  // that shift is for
	shift uint64 // x^(8 size)
}

func (c *combined) add(sum []byte, size int64) {
	var b [8]byte
	copy(b[8-len(sum):], sum)
	if c.shift == 0 || size != c.size {
		c.size, c.shift = size, c.power(size)
	}
	c.sum = c.multiply(c.shift, c.sum) ^ binary.BigEndian.Uint64(b[:])
}

func (c *combined) bytes() []byte {
	return binary.BigEndian.AppendUint64(nil, c.sum)[8-c.bits/8:]
}

// power returns x^(8n).
func (c *combined) power(n int64) uint64 {
	one := uint64(1) << (c.bits - 1)
	result, square := one, one>>8
	for ; n > 0; n >>= 1 {
		if n&1 != 0 {
			result = c.multiply(result, square)
		}
		square = c.multiply(square, square)
	}
	return result
}

// multiply returns a times b modulo the polynomial.
func (c *combined) multiply(a, b uint64) (product uint64) {
	for bit := uint64(1) << (c.bits - 1); bit != 0; bit >>= 1 {
		if a&bit != 0 {
			product ^= b
		}
		if b&1 != 0 {
			b = b>>1 ^ c.poly
		} else {
			b >>= 1
		}
	}
	return product
}
