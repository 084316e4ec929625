package content_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"testing"

	"muster/internal/content"
	"muster/internal/objects"
)

// tryDamaged puts bad in the place of a content, as a file and inline, and
// fails unless neither gives a byte that isn't plain's.
func tryDamaged(t *testing.T, s *content.Store, dir, situation string, id objects.ContentID, plain, bad []byte) {
	t.Helper()
	size := int64(len(plain))
	writeFile(t, pathOf(dir, id), bad)
	got, err := read(t, s, id, key, size, 0, size)
	wantDamaged(t, situation, got, err, plain)
	got, err = s.Unseal(id, key, size, bad)
	wantDamaged(t, situation+", inline", got, err, nil)
}

func TestFlippedBits(t *testing.T) {
	alone(t)
	s, dir := open(t)
	for _, size := range []int{0, 1, 300, 3*plain64 + 100} {
		id, plain := newID(), bytesOf(size)
		good, err := s.Seal(id, key, plain)
		if err != nil {
			t.Fatal(err)
		}
		var places []int
		for i := range good {
			// Of the large one: the headers, the ends of packages, and some between.
			inPackage := (i - header) % sealed
			if size <= 300 || i < header || inPackage < 20 || inPackage >= sealed-20 || i >= len(good)-20 || i%9973 == 0 {
				places = append(places, i)
			}
		}
		for _, i := range places {
			for _, bit := range []byte{1, 0x80} {
				bad := slices.Clone(good)
				bad[i] ^= bit
				tryDamaged(t, s, dir, fmt.Sprintf("bit %x of byte %d of %d", bit, i, len(good)), id, plain, bad)
			}
		}
	}
}

func TestCutAndExtended(t *testing.T) {
	alone(t)
	s, dir := open(t)
	for _, size := range []int{0, 300, 2 * plain64, 2*plain64 + 100} {
		id, plain := newID(), bytesOf(size)
		good, err := s.Seal(id, key, plain)
		if err != nil {
			t.Fatal(err)
		}
		for n := range good {
			inPackage := (n - header) % sealed
			if size <= 300 || n <= header || inPackage < 3 || inPackage > sealed-3 || len(good)-n < 3 {
				tryDamaged(t, s, dir, fmt.Sprintf("cut to %d of %d", n, len(good)), id, plain, good[:n])
			}
		}
		for _, more := range [][]byte{{0}, good[:header], good[header:], make([]byte, sealed)} {
			if len(more) > 0 {
				tryDamaged(t, s, dir, fmt.Sprintf("%d with %d more", len(good), len(more)), id, plain, append(slices.Clone(good), more...))
			}
		}
	}
}

func TestPackagesInAnotherOrder(t *testing.T) {
	s, dir := open(t)
	id, plain := newID(), bytesOf(4*plain64)
	good, err := s.Seal(id, key, plain)
	if err != nil {
		t.Fatal(err)
	}
	another, err := s.Seal(id, key, bytesOf(4*plain64 + 1)[:4*plain64])
	if err != nil {
		t.Fatal(err)
	}
	of := func(file []byte, n int) []byte { return file[header+n*sealed:][:sealed] }
	for _, order := range [][4]int{{1, 0, 2, 3}, {0, 2, 1, 3}, {0, 1, 3, 2}, {0, 1, 1, 3}, {0, 1, 2, 2}, {3, 1, 2, 3}, {0, 3, 2, 3}} {
		bad := slices.Clone(good[:header])
		for _, n := range order {
			bad = append(bad, of(good, n)...)
		}
		tryDamaged(t, s, dir, fmt.Sprint("packages ", order), id, plain, bad)
	}
	// Both were sealed under that id, so the first package alone may be either's.
	for n := 1; n < 4; n++ {
		bad := slices.Clone(good)
		copy(of(bad, n), of(another, n))
		tryDamaged(t, s, dir, fmt.Sprintf("package %d of another content of that id", n), id, plain, bad)
	}
}

func TestExchanged(t *testing.T) {
	s, dir := open(t)
	for _, size := range []int{0, 300, plain64, plain64 + 300} {
		id, plain := newID(), bytesOf(size)
		write(t, s, id, plain)
		good := readFile(t, pathOf(dir, id))
		wanted := int64(size)

		other := newID()
		writeFile(t, pathOf(dir, other), good)
		got, err := read(t, s, other, key, wanted, 0, wanted)
		wantDamaged(t, "another id", got, err, nil)
		_, err = s.Unseal(other, key, wanted, good)
		wantDamaged(t, "another id, inline", nil, err, nil)

		secret, number, both := key, key, key
		secret.Secret[31] ^= 1
		number.ID++
		both.ID, both.Secret = secret.ID+1, secret.Secret
		for name, k := range map[string]objects.SealingKey{"another secret": secret, "another key's id": number, "another key": both} {
			got, err := read(t, s, id, k, wanted, 0, wanted)
			wantDamaged(t, name, got, err, nil)
			_, err = s.Unseal(id, k, wanted, good)
			wantDamaged(t, name+", inline", nil, err, nil)
			// What was sealed under it doesn't pass for what wasn't, even where
			// the header says the right id of the key.
			forged, err := s.Seal(id, k, plain)
			if err != nil {
				t.Fatal(err)
			}
			copy(forged, good[:header])
			if size > 0 {
				tryDamaged(t, s, dir, name+" below a good header", id, plain, forged)
			}
			writeFile(t, pathOf(dir, id), good)
		}
		for _, wrong := range []int64{0, wanted - 1, wanted + 1, wanted + plain64} {
			if wrong < 0 || wrong == wanted {
				continue
			}
			got, err := read(t, s, id, key, wrong, 0, wrong)
			wantDamaged(t, fmt.Sprintf("%d bytes as %d", wanted, wrong), got, err, nil)
			_, err = s.Unseal(id, key, wrong, good)
			wantDamaged(t, fmt.Sprintf("%d bytes as %d, inline", wanted, wrong), nil, err, nil)
		}
		mustRead(t, s, id, plain)
	}
}

func TestUnsealOfNoSize(t *testing.T) {
	s, _ := open(t)
	if got, err := s.Unseal(newID(), key, -1, nil); err == nil {
		t.Errorf("got %d bytes and no error", len(got))
	}
}

func TestFormat(t *testing.T) {
	s, _ := open(t)
	k := key
	k.ID = 0x0102030405060708
	got, err := s.Seal(newID(), k, []byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	if want := []byte{1, 1, 2, 3, 4, 5, 6, 7, 8}; !bytes.Equal(got[:9], want) {
		t.Errorf("the header begins with %x, want %x", got[:9], want)
	}
	if len(got) != header+1+32 {
		t.Errorf("got %d bytes, want %d", len(got), header+1+32)
	}
}

// TestEarlier opens what this format's first version sealed: it must stay so.
func TestEarlier(t *testing.T) {
	s, _ := open(t)
	id := objects.ContentID{0xab, 0xcd, 15: 0xef}
	earlier, err := hex.DecodeString("01000000000000000764c9e03474f0f90c4653976e58ee6ef220000c00b0d5fc6b" +
		"13a49d49885a40a1557f6074ec13a8bee4b9d470208a042ee10307af392c3cd24c5fe6f509")
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.Unseal(id, key, int64(len("kept for good")), earlier)
	if err != nil || string(got) != "kept for good" {
		t.Errorf("got %q and %v", got, err)
	}
}

func TestMissing(t *testing.T) {
	s, dir := open(t)
	if _, err := read(t, s, newID(), key, 1, 0, 1); !errors.Is(err, objects.ErrNoFile) {
		t.Errorf("a file that never was: got %v, want %v", err, objects.ErrNoFile)
	}
	id := newID()
	writeFile(t, pathOf(dir, id)+"/inside", nil)
	if _, err := read(t, s, id, key, 1, 0, 1); err == nil || errors.Is(err, objects.ErrNoFile) {
		t.Errorf("a folder in its place: got %v, want another error than %v", err, objects.ErrNoFile)
	}
}
