package sigv4

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"strings"

	"github.com/cespare/xxhash/v2"
	"github.com/zeebo/xxh3"
)

const checksumPrefix = "x-amz-checksum-"

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
	nvme       = crc64.MakeTable(0x9a6c9329ac4bc9b5)
)

// checksums are what S3 computes. Each puts the sum's highest byte first, as
// S3 has it in base64.
var checksums = []struct {
	algorithm string
	size      int // of the sum, in bytes
	start     func() hash.Hash
}{
	{"CRC32", crc32.Size, func() hash.Hash { return crc32.NewIEEE() }},
	{"CRC32C", crc32.Size, func() hash.Hash { return crc32.New(castagnoli) }},
	{"CRC64NVME", crc64.Size, func() hash.Hash { return crc64.New(nvme) }},
	{"SHA1", sha1.Size, sha1.New},
	{"SHA256", sha256.Size, sha256.New},
	{"SHA512", sha512.Size, sha512.New},
	{"MD5", md5.Size, md5.New},
	{"XXHASH64", 8, func() hash.Hash { return xxhash.New() }},
	{"XXHASH3", 8, func() hash.Hash { return xxh3.New() }},
	{"XXHASH128", 16, func() hash.Hash { return xxh3.New128() }},
}

// ChecksumAlgorithms returns the algorithms of S3's additional checksums, as
// x-amz-checksum-algorithm has them.
func ChecksumAlgorithms() []string {
	var all []string
	for _, c := range checksums {
		all = append(all, c.algorithm)
	}
	return all
}

// checksum returns the index in checksums of an x-amz-checksum-* header, named
// in lower case; -1 for a name that S3 doesn't know.
func checksum(name string) int {
	algorithm, ok := strings.CutPrefix(name, checksumPrefix)
	if !ok || algorithm != strings.ToLower(algorithm) {
		return -1
	}
	algorithm = strings.ToUpper(algorithm)
	for i, c := range checksums {
		if c.algorithm == algorithm {
			return i
		}
	}
	return -1
}

// NewChecksum returns what computes an x-amz-checksum-* header, named in lower
// case; nil for a name that S3 doesn't know. The header holds the sum in base64.
func NewChecksum(name string) hash.Hash {
	if i := checksum(name); i >= 0 {
		return checksums[i].start()
	}
	return nil
}

// ChecksumLength returns how long the value of an x-amz-checksum-* header is,
// named in lower case; 0 for a name that S3 doesn't know.
func ChecksumLength(name string) int {
	if i := checksum(name); i >= 0 {
		return base64.StdEncoding.EncodedLen(checksums[i].size)
	}
	return 0
}

// Checksum returns the value of an x-amz-checksum-* header, named in lower
// case, for data; ok is false for a name that S3 doesn't know.
func Checksum(name string, data []byte) (value string, ok bool) {
	h := NewChecksum(name)
	if h == nil {
		return "", false
	}
	h.Write(data)
	return base64.StdEncoding.EncodeToString(h.Sum(nil)), true
}
