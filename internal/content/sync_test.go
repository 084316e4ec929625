package content_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"muster/internal/content"
	"muster/internal/objects"
)

// watch returns a function that returns what was synced since it was called
// last: "file" for a temporary, else the folder. It fails the test unless a
// file is synced before it has its name, and its folder after.
func watch(t *testing.T, s *content.Store, dir string) func(objects.ContentID) []string {
	t.Helper()
	var paths []string
	var named []bool // whether the file had its name
	current := ""
	s.BeforeSync(func(path string) error {
		_, err := os.Stat(current)
		paths, named = append(paths, path), append(named, err == nil)
		return nil
	})
	return func(id objects.ContentID) []string {
		t.Helper()
		paths, named, current = nil, nil, pathOf(dir, id)
		write(t, s, id, bytesOf(100))
		var got []string
		for i, path := range paths {
			inside, _ := filepath.Rel(dir, path)
			switch {
			case filepath.Dir(inside) == "tmp":
				inside = "file"
				if named[i] {
					t.Error("the file had its name before it was synced")
				}
			case path == filepath.Dir(current) && !named[i]:
				t.Error("the folder was synced before the file had its name")
			}
			got = append(got, filepath.ToSlash(inside))
		}
		return got
	}
}

func TestWhatIsSynced(t *testing.T) {
	s, dir := open(t)
	written := watch(t, s, dir)
	check := func(name string, id objects.ContentID, want ...string) {
		t.Helper()
		if got := written(id); !slices.Equal(got, want) {
			t.Errorf("%s: synced %v, want %v", name, got, want)
		}
	}
	check("the first file of all", objects.ContentID{0xab, 1, 1}, "file", "ab", "ab/01", "ab")
	check("the next in its folder", objects.ContentID{0xab, 1, 2}, "file", "ab/01")
	check("one in another folder", objects.ContentID{0xab, 2, 1}, "file", "ab/02", "ab")
	check("the next in that", objects.ContentID{0xab, 2, 2}, "file", "ab/02")

	s, err := content.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	written = watch(t, s, dir)
	// Whoever made the folder may not have lived to sync its parent.
	check("the first after a start", objects.ContentID{0xab, 1, 3}, "file", "ab", "ab/01")
	check("the next after a start", objects.ContentID{0xab, 2, 3}, "file", "ab/02")
	check("a new folder after a start", objects.ContentID{0xab, 3, 1}, "file", "ab/03", "ab")
}

func TestASyncFails(t *testing.T) {
	broken := errors.New("the disk broke")
	for failing := 1; failing <= 4; failing++ {
		s, dir := open(t)
		count := 0
		s.BeforeSync(func(string) error {
			if count++; count == failing {
				return broken
			}
			return nil
		})
		id, plain := objects.ContentID{0xab, 1, 1}, bytesOf(100)
		err := s.Write(t.Context(), id, key, 100, bytes.NewReader(plain))
		if !errors.Is(err, broken) {
			t.Errorf("sync %d: got %v, want %v", failing, err, broken)
		}
		if left := files(t, dir); len(left) > 0 {
			t.Errorf("sync %d: %v is left", failing, left)
		}
		// The folder is there by now, and still not known to be durable.
		want := []string{"file", "ab/01", "ab"}
		if failing <= 2 {
			want = []string{"file", "ab", "ab/01", "ab"}
		}
		if got := watch(t, s, dir)(id); !slices.Equal(got, want) {
			t.Errorf("after sync %d had failed: synced %v, want %v", failing, got, want)
		}
		mustRead(t, s, id, plain)
	}
}
