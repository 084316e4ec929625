package objects_test

import (
	"encoding/base64"
	"errors"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"math/rand/v2"
	"testing"

	"muster/internal/objects"
)

// crcs are the checksums that can be combined, by the standard library.
var crcs = map[string]func() hash.Hash{
	"CRC32":     func() hash.Hash { return crc32.NewIEEE() },
	"CRC32C":    func() hash.Hash { return crc32.New(crc32.MakeTable(crc32.Castagnoli)) },
	"CRC64NVME": func() hash.Hash { return crc64.New(crc64.MakeTable(0x9a6c9329ac4bc9b5)) },
}

func sumOf(h hash.Hash, content []byte) string {
	h.Write(content)
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

// partsOf cuts content into parts of these sizes and what is left.
func partsOf(algorithm string, content []byte, sizes ...int) []objects.Part {
	var parts []objects.Part
	for _, size := range append(sizes, len(content)) {
		size = min(size, len(content))
		parts = append(parts, objects.Part{Size: int64(size), Checksum: objects.Checksum{Algorithm: algorithm, Value: sumOf(crcs[algorithm](), content[:size])}})
		content = content[size:]
	}
	return parts
}

func TestChecksumsOfPartsCombine(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	content := make([]byte, 100_000)
	for i := range content {
		content[i] = byte(random.Uint32())
	}
	for algorithm, newHash := range crcs {
		for _, tc := range []struct {
			name    string
			content []byte
			sizes   []int
		}{
			{"the check value", []byte("123456789"), []int{4}},
			{"nothing", nil, nil},
			{"empty parts", []byte("abc"), []int{0, 1, 0, 2, 0}},
			{"single bytes", content[:5], []int{1, 1, 1, 1}},
			{"one part", content, nil},
			{"equal sizes", content, []int{10_000, 10_000, 10_000, 10_000}},
			{"sizes of all kinds", content, []int{1, 2, 3, 63, 64, 65, 1023, 4096, 50_000}},
			{"one size after another and again", content, []int{7, 9, 7, 9, 7}},
			{"zeros", make([]byte, 10_000), []int{3333, 3333}},
		} {
			got := objects.SumParts(objects.Checksum{Algorithm: algorithm, Type: objects.FullObject}, partsOf(algorithm, tc.content, tc.sizes...))
			if want := sumOf(newHash(), tc.content); got.Value != want || got.Algorithm != algorithm || got.Type != objects.FullObject {
				t.Errorf("%s of %s: got %+v, want %s", algorithm, tc.name, got, want)
			}
		}
	}
}

// A part of 5 GiB is combined like any other: its length is a number, and no
// byte of it is read.
func TestChecksumsOfLargePartsCombine(t *testing.T) {
	const size = 5 << 30
	for algorithm, newHash := range crcs {
		part := func(size int64, value string) objects.Part {
			return objects.Part{Size: size, Checksum: objects.Checksum{Algorithm: algorithm, Value: value}}
		}
		first, second := sumOf(newHash(), []byte("first")), sumOf(newHash(), []byte("second"))
		full := objects.Checksum{Algorithm: algorithm, Type: objects.FullObject}
		halves := objects.SumParts(full, []objects.Part{part(5, first), part(size/2, second), part(size/2, first)})
		joined := objects.SumParts(full, []objects.Part{part(size/2, second), part(size/2, first)})
		if got := objects.SumParts(full, []objects.Part{part(5, first), part(size, joined.Value)}); got != halves || got.Value == "" {
			t.Errorf("%s: got %v when the large parts are joined first, want %v", algorithm, got, halves)
		}
	}
}

func TestCompositeChecksum(t *testing.T) {
	parts := partsOf("CRC32", []byte("hello, world"), 5)
	h := crc32.NewIEEE()
	for _, p := range parts {
		raw, err := base64.StdEncoding.DecodeString(p.Checksum.Value)
		if err != nil {
			t.Fatal(err)
		}
		h.Write(raw)
	}
	want := base64.StdEncoding.EncodeToString(h.Sum(nil)) + "-2"
	if got := objects.SumParts(objects.Checksum{Algorithm: "CRC32", Type: objects.Composite}, parts); got.Value != want {
		t.Errorf("got %v, want %s", got, want)
	}
	for name, change := range map[string]func(*objects.Checksum){
		"a part without":         func(c *objects.Checksum) { *c = objects.Checksum{} },
		"a part with another":    func(c *objects.Checksum) { c.Algorithm = "CRC32C" },
		"a part with half a sum": func(c *objects.Checksum) { c.Value = c.Value[:4] },
		"a part with no base64":  func(c *objects.Checksum) { c.Value = "*" },
	} {
		broken := partsOf("CRC32", []byte("hello, world"), 5)
		change(&broken[1].Checksum)
		for _, typ := range []string{objects.FullObject, objects.Composite} {
			if got := objects.SumParts(objects.Checksum{Algorithm: "CRC32", Type: typ}, broken); got != (objects.Checksum{}) {
				t.Errorf("%s, %s: got %v, want none", name, typ, got)
			}
		}
	}
}

// What goes together is in "Checking object integrity" of the S3 User Guide.
func TestUploadChecksum(t *testing.T) {
	for _, tc := range []struct {
		algorithm, typ string
		want           string // "" where it is refused
	}{
		{"CRC32", "", objects.Composite}, {"CRC32", objects.FullObject, objects.FullObject}, {"CRC32", objects.Composite, objects.Composite},
		{"CRC32C", "", objects.Composite}, {"CRC32C", objects.FullObject, objects.FullObject},
		{"CRC64NVME", "", objects.FullObject}, {"CRC64NVME", objects.FullObject, objects.FullObject}, {"CRC64NVME", objects.Composite, ""},
		{"SHA1", "", objects.Composite}, {"SHA1", objects.FullObject, ""}, {"SHA256", objects.Composite, objects.Composite}, {"SHA256", objects.FullObject, ""},
		{"SHA512", "", objects.Composite}, {"SHA512", objects.FullObject, ""}, {"MD5", "", objects.Composite}, {"MD5", objects.FullObject, ""},
		{"XXHASH64", "", objects.Composite}, {"XXHASH64", objects.FullObject, ""}, {"XXHASH3", "", objects.Composite}, {"XXHASH3", objects.FullObject, ""},
		{"XXHASH128", objects.Composite, objects.Composite}, {"XXHASH128", objects.FullObject, ""},
		{"MD4", "", ""}, {"XXHASH32", "", ""}, {"CRC32", "PARTIAL", ""}, {"", objects.Composite, ""},
	} {
		got, err := objects.UploadChecksum(objects.Checksum{Algorithm: tc.algorithm, Type: tc.typ})
		switch {
		case tc.want == "" && !errors.Is(err, objects.BadChecksum):
			t.Errorf("%q %q: got %v, %v, want %v", tc.algorithm, tc.typ, got, err, objects.BadChecksum)
		case tc.want != "" && (err != nil || got != objects.Checksum{Algorithm: tc.algorithm, Type: tc.want}):
			t.Errorf("%q %q: got %v, %v, want the type %s", tc.algorithm, tc.typ, got, err, tc.want)
		}
	}
	for _, typ := range []string{"", objects.FullObject} { // S3's own, which nobody asked for
		if got, err := objects.UploadChecksum(objects.Checksum{Type: typ}); err != nil || got != (objects.Checksum{}) {
			t.Errorf("no algorithm, %q: got %v, %v", typ, got, err)
		}
	}
}
