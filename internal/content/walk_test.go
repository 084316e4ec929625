package content_test

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"muster/internal/content"
	"muster/internal/objects"
)

func walk(t *testing.T, s *content.Store) (kept map[objects.ContentID]objects.File, temporary []objects.File) {
	t.Helper()
	kept = map[objects.ContentID]objects.File{}
	err := s.Walk(t.Context(), func(f objects.File) error {
		if f.Temporary {
			temporary = append(temporary, f)
		} else if _, twice := kept[f.ID]; twice {
			t.Errorf("%x comes twice", f.ID)
		} else {
			kept[f.ID] = f
		}
		return nil
	})
	if err != nil {
		t.Fatalf("Walk: %v", err)
	}
	return kept, temporary
}

func TestWalk(t *testing.T) {
	s, dir := open(t)
	if kept, temporary := walk(t, s); len(kept)+len(temporary) > 0 {
		t.Errorf("an empty store: got %v and %v", kept, temporary)
	}
	sizes := map[objects.ContentID]int{}
	for i := range 50 {
		id := newID()
		sizes[id] = i * 2000
		write(t, s, id, bytesOf(i*2000))
	}
	kept, temporary := walk(t, s)
	if len(kept) != len(sizes) || len(temporary) != 0 {
		t.Fatalf("got %d files and %d temporary ones, want %d and none", len(kept), len(temporary), len(sizes))
	}
	for id := range sizes {
		f, ok := kept[id]
		if !ok {
			t.Fatalf("%x is missing", id)
		}
		if want := int64(len(readFile(t, pathOf(dir, id)))); f.Size != want {
			t.Errorf("got size %d, want %d", f.Size, want)
		}
		if age := time.Since(f.Changed); age < -time.Minute || age > time.Hour {
			t.Errorf("got changed %v ago", age)
		}
		if f.Path != "" || f.Temporary {
			t.Errorf("got %+v, want no temporary file", f)
		}
	}
}

func TestWalkSkipsWhatIsForeign(t *testing.T) {
	s, dir := open(t)
	id := newID()
	write(t, s, id, bytesOf(10))
	name := hex.EncodeToString(id[:])
	other := "ab" + strings.Repeat("0", 30)
	for _, path := range []string{
		"README", "ab/file", "ab/cd/file", "ab/cd/" + other, "ab/" + other, other, "cd/00/" + other,
		name[:2] + "/" + name[2:4] + "/" + strings.ToUpper(name[:31]) + "G", "ab/cd/" + strings.Repeat("ab", 15),
		"ab/00/" + strings.ToUpper(other), "tmp/notes", "tmp/" + other + "/inside", "lost+found/x/" + other,
		"ab/00/ab00ff" + strings.Repeat("0", 26) + "/inside",
	} {
		writeFile(t, filepath.Join(dir, path), []byte("foreign"))
	}
	link := filepath.Join(dir, "ab", "00", "ab00ee"+strings.Repeat("0", 26))
	if err := os.Symlink("/etc/passwd", link); err != nil {
		t.Fatal(err)
	}
	kept, temporary := walk(t, s)
	if len(kept) != 1 || kept[id].ID != id || len(temporary) != 0 {
		t.Errorf("got %v and %v, want only %x", kept, temporary, id)
	}
}

func TestWalkWhileFilesVanish(t *testing.T) {
	s, dir := open(t)
	for i := range 40 {
		write(t, s, objects.ContentID{0xab, byte(i / 10), byte(i)}, nil)
	}
	seen := 0
	err := s.Walk(t.Context(), func(f objects.File) error {
		seen++
		for i := range 40 {
			if id := (objects.ContentID{0xab, byte(i / 10), byte(i)}); id != f.ID {
				if err := s.Remove(id); err != nil {
					return err
				}
			}
		}
		return os.RemoveAll(filepath.Join(dir, "ab", "03"))
	})
	if err != nil || seen != 1 {
		t.Errorf("got %d files and %v, want one", seen, err)
	}
}

func TestWalkEnds(t *testing.T) {
	s, _ := open(t)
	for range 10 {
		write(t, s, newID(), nil)
	}
	enough := errors.New("enough")
	seen := 0
	err := s.Walk(t.Context(), func(objects.File) error {
		seen++
		return enough
	})
	if err != enough || seen != 1 {
		t.Errorf("a failing fn: got %v after %d, want %v after 1", err, seen, enough)
	}
	ctx, cancel := context.WithCancel(t.Context())
	seen = 0
	err = s.Walk(ctx, func(objects.File) error {
		seen++
		cancel()
		return nil
	})
	if !errors.Is(err, context.Canceled) || seen >= 10 {
		t.Errorf("given up: got %v after %d", err, seen)
	}
}

func TestTemporaries(t *testing.T) {
	s, dir := open(t)
	leftover := strings.Repeat("ab", 16)
	writeFile(t, filepath.Join(dir, "tmp", leftover), []byte("half"))

	// One that is being written is nobody's to remove.
	in, out := io.Pipe()
	id, plain := newID(), bytesOf(100_000)
	done := make(chan error)
	go func() { done <- s.Write(t.Context(), id, key, 100_000, in) }()
	out.Write(plain[:90_000])
	busy := objects.File{Temporary: true, Path: filepath.Join("tmp", hex.EncodeToString(id[:]))}

	kept, temporary := walk(t, s)
	if len(kept) != 0 || len(temporary) != 1 {
		t.Fatalf("got %v and %v, want one temporary file", kept, temporary)
	}
	found := temporary[0]
	if found.Path != filepath.Join("tmp", leftover) || found.Size != 4 || found.ID != (objects.ContentID{}) {
		t.Errorf("got %+v", found)
	}
	if err := s.Discard(busy); err == nil {
		t.Error("Discard of one that is being written: got no error")
	}
	for range 2 {
		if err := s.Discard(found); err != nil {
			t.Errorf("Discard: %v", err)
		}
	}
	out.Write(plain[90_000:])
	out.Close()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	mustRead(t, s, id, plain)
	if _, temporary := walk(t, s); len(temporary) > 0 {
		t.Errorf("got %v, want no temporary file", temporary)
	}
}

func TestDiscardOfOthers(t *testing.T) {
	s, dir := open(t)
	id := newID()
	write(t, s, id, bytesOf(10))
	kept := strings.TrimPrefix(pathOf(dir, id), dir+"/")
	name := hex.EncodeToString(id[:])
	writeFile(t, filepath.Join(dir, "tmp", "notes"), nil)
	writeFile(t, filepath.Join(dir, "tmp", name), nil)
	writeFile(t, filepath.Join(filepath.Dir(dir), name), nil)
	before := len(files(t, filepath.Dir(dir)))
	for _, f := range []objects.File{
		{},
		{ID: id},
		{Path: "tmp/" + name},
		{Temporary: true},
		{Temporary: true, Path: kept},
		{Temporary: true, Path: "tmp"},
		{Temporary: true, Path: "tmp/notes"},
		{Temporary: true, Path: "tmp/../" + kept},
		{Temporary: true, Path: "../" + name},
		{Temporary: true, Path: "tmp/../../" + name},
		{Temporary: true, Path: name},
		{Temporary: true, Path: filepath.Join(dir, "tmp", name)},
	} {
		if err := s.Discard(f); err == nil {
			t.Errorf("Discard(%+v): got no error", f)
		}
	}
	if after := len(files(t, filepath.Dir(dir))); after != before {
		t.Errorf("got %d files, want the %d of before", after, before)
	}
}
