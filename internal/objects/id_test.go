package objects_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"muster/internal/objects"
)

// An id says its place, and no two are the same; nothing else is one.
func TestIDs(t *testing.T) {
	seen := map[string]bool{}
	for _, place := range []int64{0, 1, -1, 12345, math.MaxInt64, math.MinInt64} {
		for range 2 {
			id := objects.NewID(place)
			if seen[id] {
				t.Errorf("the id %s was given twice", id)
			}
			seen[id] = true
			if v, err := objects.ParseVersion(id); err != nil || v.Back != place || v.Text != id || !v.Given() || v.Null() {
				t.Errorf("version %s: got %+v, %v, want the place %d", id, v, err, place)
			}
			if u, err := objects.ParseUpload(id); err != nil || u.Place != place || u.Name != id || u.Named(place).Name != id {
				t.Errorf("upload %s: got %+v, %v, want the place %d", id, u, err, place)
			}
		}
	}
	good := objects.NewID(7)
	for _, id := range []string{good[1:], good + "A", good + "=", good + "\n", "\n" + good, "!" + good[1:], strings.Repeat("-", 10), "NULL", " ", "a/b", "\x00"} {
		if v, err := objects.ParseVersion(id); !errors.Is(err, objects.BadVersion) {
			t.Errorf("version %q: got %+v, %v, want %v", id, v, err, objects.BadVersion)
		}
		if u, err := objects.ParseUpload(id); !errors.Is(err, objects.NoUpload) {
			t.Errorf("upload %q: got %+v, %v, want %v", id, u, err, objects.NoUpload)
		}
	}
	if v, err := objects.ParseVersion(objects.NullVersion); err != nil || !v.Null() || !v.Given() {
		t.Errorf("null: got %+v, %v", v, err)
	}
	if v, err := objects.ParseVersion(""); err != nil || v.Given() {
		t.Errorf("no version: got %+v, %v", v, err)
	}
	for _, id := range []string{"", objects.NullVersion} {
		if _, err := objects.ParseUpload(id); !errors.Is(err, objects.NoUpload) {
			t.Errorf("upload %q: got %v, want %v", id, err, objects.NoUpload)
		}
	}
}
