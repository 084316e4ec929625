package content_test

import (
	"bytes"
	"testing"

	"muster/internal/objects"
)

// FuzzOpen puts any bytes in the place of a content. They give an error, or
// what was sealed.
func FuzzOpen(f *testing.F) {
	s, dir := open(f)
	id := objects.ContentID{0xab, 0xcd, 1}
	for _, size := range []int{0, 5, plain64, plain64 + 100} {
		good, err := s.Seal(id, key, bytesOf(size))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(good, uint32(size), uint32(0), uint32(size))
		f.Add(good[:len(good)/2], uint32(size), uint32(size/2), uint32(1))
		f.Add(good, uint32(size+1), uint32(0), uint32(1))
	}
	f.Fuzz(func(t *testing.T, sealed []byte, size, first, length uint32) {
		size %= 4 * plain64
		if got, err := s.Unseal(id, key, int64(size), sealed); err == nil && !bytes.Equal(got, bytesOf(int(size))) {
			t.Error("Unseal gives what was never sealed")
		}
		writeFile(t, pathOf(dir, id), sealed)
		got, err := read(t, s, id, key, int64(size), int64(first), int64(length))
		if uint64(first)+uint64(length) > uint64(size) {
			if err == nil {
				t.Error("Read gives a range beyond the end")
			}
			return
		}
		want := bytesOf(int(size))[first:][:length]
		if !bytes.HasPrefix(want, got) || err == nil && len(got) != len(want) {
			t.Error("Read gives what was never sealed")
		}
	})
}
