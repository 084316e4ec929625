package store_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"muster/internal/objects"
	"muster/internal/store"
)

// rules are queries that find nothing in a sound file of objects.
var rules = map[string]string{
	"a content that nothing refers to": `SELECT id FROM content c WHERE NOT EXISTS (SELECT 1 FROM version WHERE content = c.id)
		AND NOT EXISTS (SELECT 1 FROM part WHERE content = c.id) AND NOT EXISTS (SELECT 1 FROM segment WHERE part = c.id)`,
	"a content in a row without data":     `SELECT id FROM content WHERE (kind = 1) <> EXISTS (SELECT 1 FROM inline WHERE content = id)`,
	"parts that don't make the whole":     `SELECT c.id FROM content c WHERE kind = 2 AND size <> (SELECT coalesce(sum(size), -1) FROM segment WHERE whole = c.id)`,
	"a part that is shared":               `SELECT part FROM segment s WHERE EXISTS (SELECT 1 FROM version WHERE content = s.part) OR EXISTS (SELECT 1 FROM part WHERE content = s.part)`,
	"not the first version is the newest": `SELECT rowno FROM (SELECT newest, row_number() OVER (PARTITION BY bucket, key ORDER BY back) AS rowno FROM version) t WHERE newest <> (rowno = 1)`,
	"a bucket's usage isn't what it has": `SELECT id FROM bucket b WHERE bytes <> (SELECT coalesce(sum(size), 0) FROM version WHERE bucket = b.id)
		+ (SELECT coalesce(sum(p.size), 0) FROM part p JOIN upload u ON u.place = p.upload WHERE u.bucket = b.id)
		OR objects <> (SELECT count(*) FROM version WHERE bucket = b.id) + (SELECT count(*) FROM upload WHERE bucket = b.id)`,
	"writers' usage isn't the bucket's": `SELECT id FROM bucket b WHERE bytes <> (SELECT coalesce(sum(bytes), 0) FROM usage WHERE bucket = b.id)
		OR objects <> (SELECT coalesce(sum(objects), 0) FROM usage WHERE bucket = b.id)`,
	"a writer's usage isn't what it has": `SELECT writer FROM usage g WHERE bytes <> (SELECT coalesce(sum(size), 0) FROM version WHERE bucket = g.bucket AND writer = g.writer)
		+ (SELECT coalesce(sum(p.size), 0) FROM part p JOIN upload u ON u.place = p.upload WHERE u.bucket = g.bucket AND u.writer = g.writer)`,
}

// sound checks the rows against each other, and the files against the rows.
func (s *ownStore) sound(ctx context.Context, rows *store.Objects) error {
	all := []error{s.filesAreThoseOfRows(ctx, rows)}
	for what, query := range rules {
		var found any
		switch err := rows.Reads().QueryRowContext(ctx, query).Scan(&found); {
		case err == nil:
			all = append(all, fmt.Errorf("%s: %v", what, found))
		case !errors.Is(err, sql.ErrNoRows):
			all = append(all, fmt.Errorf("%s: %w", what, err))
		}
	}
	return errors.Join(all...)
}

// expectSound fails the test unless rows and files agree.
func (s *ownStore) expectSound() {
	s.t.Helper()
	if err := s.sound(s.t.Context(), s.rows); err != nil {
		s.t.Error(err)
	}
}

func put(t testing.TB, o *objects.Objects, key string, data []byte) objects.Object {
	t.Helper()
	made, err := o.Put(t.Context(), objects.Put{Bucket: "b", Key: key, Body: body(data), Writer: "w"})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func remove(t testing.TB, o *objects.Objects, keys ...string) {
	t.Helper()
	var all []objects.Deletion
	for _, k := range keys {
		all = append(all, objects.Deletion{Key: k})
	}
	deleted, err := o.Delete(t.Context(), "b", all)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range deleted {
		if d.Err != nil {
			t.Fatal(d.Err)
		}
	}
}

func get(t testing.TB, o *objects.Objects, key string) ([]byte, error) {
	t.Helper()
	found, err := o.Get(t.Context(), objects.Read{Ref: objects.Ref{Bucket: "b", Key: key}})
	if err != nil {
		return nil, err
	}
	defer found.Body.Close()
	return io.ReadAll(found.Body)
}

// upload makes an object of parts of these sizes and returns its content.
func upload(t testing.TB, o *objects.Objects, key string, sizes ...int) []byte {
	t.Helper()
	id, err := o.CreateUpload(t.Context(), objects.NewUpload{Bucket: "b", Key: key, Writer: "w"})
	if err != nil {
		t.Fatal(err)
	}
	u := objects.Upload{Bucket: "b", Key: key, ID: id}
	var whole []byte
	done := objects.Completion{Upload: u, Size: -1}
	for i, size := range sizes {
		data := bytes.Repeat([]byte{byte('a' + i)}, size)
		whole = append(whole, data...)
		part, err := o.PutPart(t.Context(), objects.PutPart{Upload: u, Number: i + 1, Body: body(data)})
		if err != nil {
			t.Fatal(err)
		}
		done.Parts = append(done.Parts, part)
	}
	if _, err := o.Complete(t.Context(), done); err != nil {
		t.Fatal(err)
	}
	return whole
}

func files(t testing.TB, s *ownStore) (n int) {
	t.Helper()
	if err := s.files.Walk(t.Context(), func(objects.File) error { n++; return nil }); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestAReaderKeepsWhatIsRemoved(t *testing.T) {
	o, s := own(t)
	whole := upload(t, o, "k", 3*minPart, 2*minPart, 100)
	found, err := o.Get(t.Context(), objects.Read{Ref: objects.Ref{Bucket: "b", Key: "k"}})
	if err != nil {
		t.Fatal(err)
	}
	head := make([]byte, 10)
	if _, err := io.ReadFull(found.Body, head); err != nil {
		t.Fatal(err)
	}
	remove(t, o, "k")
	if _, err := get(t, o, "k"); !errors.Is(err, objects.NoObject) {
		t.Errorf("after the removal: got %v, want %v", err, objects.NoObject)
	}
	rest, err := io.ReadAll(found.Body)
	if err != nil || !bytes.Equal(append(head, rest...), whole) {
		t.Errorf("the reader got %d bytes, %v; want all %d", 10+len(rest), err, len(whole))
	}
	if n := files(t, s); n != 2 {
		t.Errorf("while it is read: %d files, want 2", n)
	}
	if err := found.Body.Close(); err != nil {
		t.Error(err)
	}
	if n := files(t, s); n != 0 {
		t.Errorf("once it is read: %d files, want none", n)
	}
	s.expectSound()
}

func TestHeldFilesStayUntilTheyAreLetGo(t *testing.T) {
	o, s := own(t)
	put(t, o, "k", make([]byte, 50_000))
	resume := o.HoldFiles()
	remove(t, o, "k")
	if n := files(t, s); n != 1 {
		t.Errorf("while held: %d files, want 1", n)
	}
	resume()
	s.expectSound()
}

func TestARefusedWriteLeavesNoFile(t *testing.T) {
	large := make([]byte, 50_000)
	for name, refuse := range map[string]func(o *objects.Objects) error{
		"a condition that fails only at the end": func(o *objects.Objects) error {
			late := &onEnd{Reader: bytes.NewReader(large), do: func() { put(t, o, "k", []byte("first")) }}
			_, err := o.Put(t.Context(), objects.Put{Bucket: "b", Key: "k", Conditions: objects.Conditions{IfNoneMatch: "*"}, Body: objects.Body{Reader: late, Size: int64(len(large))}})
			return err
		},
		"a bucket that goes away meanwhile": func(o *objects.Objects) error {
			late := &onEnd{Reader: bytes.NewReader(large), do: func() {
				if err := o.RemoveBucket(t.Context(), "b"); err != nil {
					t.Error(err)
				}
			}}
			_, err := o.Put(t.Context(), objects.Put{Bucket: "b", Key: "k", Body: objects.Body{Reader: late, Size: int64(len(large))}})
			return err
		},
		"a body that isn't what it should be": func(o *objects.Objects) error {
			_, err := o.Put(t.Context(), objects.Put{Bucket: "b", Key: "k", Body: objects.Body{Reader: bytes.NewReader(large), Size: int64(len(large)), MD5: make([]byte, 16)}})
			return err
		},
		"a body that breaks off": func(o *objects.Objects) error {
			_, err := o.Put(t.Context(), objects.Put{Bucket: "b", Key: "k", Body: objects.Body{Reader: bytes.NewReader(large[1:]), Size: int64(len(large))}})
			return err
		},
		"an upload that is given up meanwhile": func(o *objects.Objects) error {
			id, err := o.CreateUpload(t.Context(), objects.NewUpload{Bucket: "b", Key: "k"})
			if err != nil {
				t.Fatal(err)
			}
			u := objects.Upload{Bucket: "b", Key: "k", ID: id}
			late := &onEnd{Reader: bytes.NewReader(large), do: func() {
				if err := o.Abort(t.Context(), u); err != nil {
					t.Error(err)
				}
			}}
			_, err = o.PutPart(t.Context(), objects.PutPart{Upload: u, Number: 1, Body: objects.Body{Reader: late, Size: int64(len(large))}})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			o, s := own(t)
			if err := refuse(o); err == nil {
				t.Error("it was not refused")
			}
			if n := files(t, s); n != 0 {
				t.Errorf("%d files are left", n)
			}
			s.expectSound()
		})
	}
}

// onEnd calls do before it tells that it is at its end.
type onEnd struct {
	io.Reader
	do func()
}

func (r *onEnd) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if err == io.EOF && r.do != nil {
		r.do()
		r.do = nil
	}
	return n, err
}

func TestAMissingFileIsAnErrorAndNothingElse(t *testing.T) {
	o, s := own(t)
	put(t, o, "lost", make([]byte, 50_000))
	if err := s.files.Walk(t.Context(), func(f objects.File) error { return s.files.Remove(f.ID) }); err != nil {
		t.Fatal(err)
	}
	put(t, o, "kept", make([]byte, 50_000))
	put(t, o, "small", []byte("x"))
	var refusal objects.Refusal
	if _, err := get(t, o, "lost"); err == nil || errors.As(err, &refusal) {
		t.Errorf("the object without its file: got %v, want an internal error", err)
	}
	for _, key := range []string{"kept", "small"} {
		if _, err := get(t, o, key); err != nil {
			t.Errorf("%s: %v", key, err)
		}
	}
	got, err := o.Scrub(t.Context())
	if err != nil || got.Damaged != 1 || got.Contents != 3 {
		t.Errorf("the scrub found %d of %d damaged, %v; want 1 of 3", got.Damaged, got.Contents, err)
	}
	if o.Damaged() != 2 {
		t.Errorf("counted %d, want 2: one by the read and one by the scrub", o.Damaged())
	}
	remove(t, o, "lost", "kept", "small")
	s.expectSound()
}

func TestSweep(t *testing.T) {
	orphan := func(s *ownStore, age time.Duration) {
		var id objects.ContentID
		for i := range id {
			id[i] = byte(rand.Int())
		}
		if err := s.files.Write(s.t.Context(), id, objects.SealingKey{ID: 1}, 3, bytes.NewReader([]byte("xyz"))); err != nil {
			s.t.Fatal(err)
		}
		when := time.Now().Add(-age)
		name := id.String()
		found, err := filepath.Glob(filepath.Join(s.dir, "content", "*", "*", name))
		if err != nil || len(found) != 1 {
			s.t.Fatalf("looked for the file %s: %v, %v", name, found, err)
		}
		if err := os.Chtimes(found[0], when, when); err != nil {
			s.t.Fatal(err)
		}
	}
	for _, tc := range []struct {
		name    string
		agreed  bool
		prepare func(o *objects.Objects, s *ownStore)
		removed int
		held    bool
	}{
		{"a file of a day ago", false, func(o *objects.Objects, s *ownStore) { orphan(s, 25*time.Hour) }, 1, false},
		{"a file of today", false, func(o *objects.Objects, s *ownStore) { orphan(s, time.Hour) }, 0, false},
		{"more than crashes leave", false, func(o *objects.Objects, s *ownStore) {
			for range 11 {
				orphan(s, 25*time.Hour)
			}
		}, 0, true},
		{"more than crashes leave, and agreed", true, func(o *objects.Objects, s *ownStore) {
			for range 11 {
				orphan(s, 25*time.Hour)
			}
		}, 11, false},
		{"rows that were restored", false, func(o *objects.Objects, s *ownStore) {
			orphan(s, 25*time.Hour)
			if err := o.MarkRestored(s.t.Context()); err != nil {
				s.t.Fatal(err)
			}
		}, 0, true},
		{"a file from after the last row, of before the start", false, func(o *objects.Objects, s *ownStore) { orphan(s, 5*time.Hour) }, 0, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newOwnStore(t)
			first, err := s.open()
			if err != nil {
				t.Fatal(err)
			}
			first.(*objects.Objects).Now = func() time.Time { return time.Now().Add(-10 * time.Hour) }
			if err := first.MakeBucket(t.Context(), "b"); err != nil {
				t.Fatal(err)
			}
			put(t, first.(*objects.Objects), "kept", make([]byte, 50_000))
			again, err := s.open()
			if err != nil {
				t.Fatal(err)
			}
			o := again.(*objects.Objects)
			tc.prepare(o, s)
			if tc.name == "a file from after the last row, of before the start" {
				o.Now = func() time.Time { return time.Now().Add(20 * time.Hour) }
			}
			got, err := o.Sweep(t.Context(), tc.agreed)
			if err != nil {
				t.Fatal(err)
			}
			if got.Removed != tc.removed || (got.Held != "") != tc.held {
				t.Errorf("got %d removed, held %q; want %d, %v", got.Removed, got.Held, tc.removed, tc.held)
			}
			if data, err := get(t, o, "kept"); err != nil || len(data) != 50_000 {
				t.Errorf("what has a row: %d bytes, %v", len(data), err)
			}
			o.Now = func() time.Time { return time.Now().Add(48 * time.Hour) }
			if _, err := o.Sweep(t.Context(), true); err != nil { // so that the store is sound when it is closed
				t.Error(err)
			}
		})
	}
}

func TestQuota(t *testing.T) {
	o, s := own(t)
	if err := o.SetQuota(t.Context(), "b", &objects.Quota{Bytes: 100_000, Objects: 5, WriterBytes: 60_000, WriterObjects: 4}); err != nil {
		t.Fatal(err)
	}
	try := func(writer, key string, size int) error {
		_, err := o.Put(t.Context(), objects.Put{Bucket: "b", Key: key, Writer: writer, Body: body(make([]byte, size))})
		return err
	}
	for _, tc := range []struct {
		name, writer, key string
		size              int
		want              error
	}{
		{"within", "w", "a", 50_000, nil},
		{"the writer's bytes", "w", "b", 10_001, objects.OverQuota},
		{"the writer's bytes exactly", "w", "b", 10_000, nil},
		{"smaller in place of one's own", "w", "b", 5_000, nil},
		{"the bucket's bytes, small", "x", "c", 45_001, objects.OverQuota},
		{"another writer", "x", "c", 45_000, nil},
		{"nothing but a name", "w", "d", 0, nil},
		{"the bucket's objects at their limit", "x", "e", 0, nil},
		{"the bucket's objects", "x", "f", 0, objects.OverQuota},
		{"in place of another", "x", "e", 0, nil},
	} {
		if err := try(tc.writer, tc.key, tc.size); !errors.Is(err, tc.want) {
			t.Errorf("%s: got %v, want %v", tc.name, err, tc.want)
		}
	}
	if _, err := o.CreateUpload(t.Context(), objects.NewUpload{Bucket: "b", Key: "u", Writer: "x"}); !errors.Is(err, objects.OverQuota) {
		t.Errorf("an upload: got %v, want %v", err, objects.OverQuota)
	}
	remove(t, o, "a", "d")
	if u, err := o.Usage(t.Context(), "b"); err != nil || u != (objects.Usage{Bytes: 50_000, Objects: 3}) {
		t.Errorf("usage: got %v, %v", u, err)
	}
	id, err := o.CreateUpload(t.Context(), objects.NewUpload{Bucket: "b", Key: "u", Writer: "w"})
	if err != nil {
		t.Fatal(err)
	}
	part := objects.PutPart{Upload: objects.Upload{Bucket: "b", Key: "u", ID: id}, Number: 1, Body: body(make([]byte, 55_001))}
	if _, err := o.PutPart(t.Context(), part); !errors.Is(err, objects.OverQuota) {
		t.Errorf("a part: got %v, want %v", err, objects.OverQuota)
	}
	s.expectSound()
}

// TestManyParts completes and removes an object of as many parts as there may
// be. The writer is nobody else's meanwhile, so neither may take long.
func TestManyParts(t *testing.T) {
	if testing.Short() {
		t.Skip("it writes 10,000 parts")
	}
	o, s := own(t)
	o.MinPart = 1
	id, err := o.CreateUpload(t.Context(), objects.NewUpload{Bucket: "b", Key: "k", Writer: "w"})
	if err != nil {
		t.Fatal(err)
	}
	u := objects.Upload{Bucket: "b", Key: "k", ID: id}
	done := objects.Completion{Upload: u, Size: -1, Parts: make([]objects.Part, 10_000)}
	var wg sync.WaitGroup
	for w := range 32 {
		wg.Go(func() {
			for n := w; n < len(done.Parts); n += 32 {
				part, err := o.PutPart(t.Context(), objects.PutPart{Upload: u, Number: n + 1, Body: body([]byte{byte(n)})})
				if err != nil {
					t.Error(err)
					return
				}
				done.Parts[n] = part
			}
		})
	}
	wg.Wait()
	began := time.Now()
	made, err := o.Complete(t.Context(), done)
	if err != nil || made.Parts != 10_000 {
		t.Fatalf("got %d parts, %v", made.Parts, err)
	}
	t.Logf("completed in %v", time.Since(began))
	data, err := get(t, o, "k")
	if err != nil || len(data) != 10_000 || data[777] != 777%256 {
		t.Errorf("read %d bytes, %v", len(data), err)
	}
	began = time.Now()
	remove(t, o, "k")
	t.Logf("removed in %v", time.Since(began))
	s.expectSound()
}
