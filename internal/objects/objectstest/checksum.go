package objectstest

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"slices"

	"github.com/cespare/xxhash/v2"
	"github.com/zeebo/xxh3"

	"muster/internal/objects"
)

// algorithms are all that S3 knows for additional checksums.
var algorithms = []string{"CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256", "SHA512", "MD5", "XXHASH64", "XXHASH3", "XXHASH128"}

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
	nvme       = crc64.MakeTable(0x9a6c9329ac4bc9b5)
)

func newHash(algorithm string) hash.Hash {
	switch algorithm {
	case "CRC32":
		return crc32.NewIEEE()
	case "CRC32C":
		return crc32.New(castagnoli)
	case "CRC64NVME":
		return crc64.New(nvme)
	case "SHA1":
		return sha1.New()
	case "SHA256":
		return sha256.New()
	case "SHA512":
		return sha512.New()
	case "MD5":
		return md5.New()
	case "XXHASH64":
		return xxhash.New()
	case "XXHASH3":
		return xxh3.New()
	case "XXHASH128":
		return xxh3.New128()
	}
	return nil
}

// checksumOf returns the checksum of content in base64.
func checksumOf(algorithm, content string) string {
	h := newHash(algorithm)
	h.Write([]byte(content))
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

// compositeOf returns the checksum of the parts' checksums.
func compositeOf(algorithm string, parts []string) string {
	h := newHash(algorithm)
	for _, p := range parts {
		raw, _ := base64.StdEncoding.DecodeString(checksumOf(algorithm, p))
		h.Write(raw)
	}
	return fmt.Sprintf("%s-%d", base64.StdEncoding.EncodeToString(h.Sum(nil)), len(parts))
}

func fullObject(algorithm, content string) objects.Checksum {
	return objects.Checksum{Algorithm: algorithm, Type: objects.FullObject, Value: checksumOf(algorithm, content)}
}

// defaultType is the type that an upload's checksums have when it names none.
func defaultType(algorithm string) string {
	switch algorithm {
	case "":
		return ""
	case "CRC64NVME":
		return objects.FullObject
	}
	return objects.Composite
}

// mayHave reports whether an upload's object can have a checksum of that type:
// only the linear ones are known of the whole from those of the parts.
func mayHave(algorithm, typ string) bool {
	switch {
	case !slices.Contains(algorithms, algorithm):
		return false
	case typ == objects.Composite:
		return algorithm != "CRC64NVME"
	}
	return slices.Contains([]string{"CRC32", "CRC32C", "CRC64NVME"}, algorithm)
}

func etagOf(content string) string {
	sum := md5.Sum([]byte(content))
	return hex.EncodeToString(sum[:])
}

// etagOfParts returns the ETag of an object made of parts.
func etagOfParts(parts []string) string {
	h := md5.New()
	for _, p := range parts {
		sum := md5.Sum([]byte(p))
		h.Write(sum[:])
	}
	return fmt.Sprintf("%x-%d", h.Sum(nil), len(parts))
}
