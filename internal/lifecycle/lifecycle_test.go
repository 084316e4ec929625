package lifecycle_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/internal/arn"
	"muster/internal/bucket"
	"muster/internal/content"
	"muster/internal/index"
	"muster/internal/lifecycle"
	"muster/internal/objects"
	"muster/internal/seal"
	"muster/internal/store"
)

const name = "sagemaker-inbox"

// world is a bucket over the real store, with a clock of its own.
type world struct {
	t       *testing.T
	now     time.Time
	buckets *bucket.Buckets
	objects *objects.Objects
	life    *lifecycle.Lifecycle
	close   func()
}

var monday = time.Date(2026, 11, 2, 15, 0, 0, 0, time.UTC)

func newWorld(t *testing.T) *world {
	w := openWorld(t, t.TempDir(), monday)
	_, err := w.buckets.Create(t.Context(), arn.Scope{Account: "000000000000", Region: "us-east-1"}, name)
	must(t, err)
	return w
}

func openWorld(t *testing.T, dir string, now time.Time) *world {
	t.Helper()
	x := index.New(1000)
	db, err := store.Open(t.Context(), filepath.Join(dir, "muster.db"), x)
	must(t, err)
	rows, err := store.OpenObjects(t.Context(), filepath.Join(dir, "objects.db"))
	must(t, err)
	files, err := content.Open(filepath.Join(dir, "content"))
	must(t, err)
	master, _, err := seal.Load(filepath.Join(dir, "master.key"))
	must(t, err)
	w := &world{t: t, now: now}
	w.objects, err = objects.New(t.Context(), rows.Rows(), files, master)
	must(t, err)
	clock := func() time.Time { return w.now }
	w.objects.Now = clock
	w.buckets = bucket.New(db.Buckets(), w.objects, x)
	w.life = lifecycle.New(w.buckets, w.objects)
	w.life.Now, w.life.Rest = clock, func(context.Context, time.Duration) error { return nil }
	w.close = func() { must(t, rows.Close()); must(t, db.Close()) }
	t.Cleanup(w.close)
	return w
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) rules(rules ...bucket.LifecycleRule) {
	w.t.Helper()
	for i := range rules {
		rules[i].Enabled = rules[i].ID != "off"
		rules[i].Form = bucket.FilterPrefix
	}
	_, err := w.buckets.SetLifecycle(w.t.Context(), name, bucket.LifecycleConfiguration{Rules: rules})
	must(w.t, err)
}

func (w *world) put(keys ...string) {
	w.t.Helper()
	for _, key := range keys {
		_, err := w.objects.Put(w.t.Context(), objects.Put{Bucket: name, Key: key, Body: objects.Body{Reader: strings.NewReader("x"), Size: 1}})
		must(w.t, err)
	}
}

func (w *world) delete(key string) {
	w.t.Helper()
	_, err := w.objects.Delete(w.t.Context(), name, []objects.Deletion{{Key: key}})
	must(w.t, err)
}

func (w *world) after(days int) { w.now = w.now.AddDate(0, 0, days) }

// is obeys the rules and compares what is left: keys, a marker as key!, from the newest on.
func (w *world) is(want ...string) {
	w.t.Helper()
	must(w.t, w.life.All(w.t.Context()))
	page, err := w.objects.ListVersions(w.t.Context(), objects.List{Bucket: name, Max: 10000})
	must(w.t, err)
	var got []string
	for _, o := range page.Objects {
		s := o.Key
		if o.Marker {
			s += "!"
		}
		got = append(got, s)
	}
	if !slices.Equal(got, want) {
		w.t.Errorf("on %s: got %v, want %v", w.now.Format(time.DateTime), got, want)
	}
}

func TestExpiresAtTheMidnightAfterTheDays(t *testing.T) {
	w := newWorld(t)
	w.rules(bucket.LifecycleRule{ID: "in", Prefix: "in/", ExpireDays: 2}, bucket.LifecycleRule{ID: "off", Prefix: "kept/", ExpireDays: 1})
	w.put("in/a", "in/b", "kept/c", "other")
	w.is("in/a", "in/b", "kept/c", "other")
	w.after(2)
	w.is("in/a", "in/b", "kept/c", "other") // S3 rounds up to midnight
	w.put("in/b")
	w.now = time.Date(2026, 11, 5, 0, 0, 0, 0, time.UTC)
	w.is("in/b", "kept/c", "other")
}

func TestExpiresOnADate(t *testing.T) {
	w := newWorld(t)
	w.rules(bucket.LifecycleRule{ID: "end", ExpireOn: time.Date(2026, 11, 4, 0, 0, 0, 0, time.UTC)})
	w.put("a", "b")
	w.after(1)
	w.is("a", "b")
	w.after(1)
	w.is()
}

func TestVersionsAndMarkers(t *testing.T) {
	w := newWorld(t)
	must(t, w.objects.SetVersioning(t.Context(), name, objects.Enabled))
	w.rules(bucket.LifecycleRule{ID: "all", ExpireDays: 10, NoncurrentDays: 3, NewerNoncurrent: 1})
	w.put("a", "a", "a", "b")
	w.is("a", "a", "a", "b")
	w.after(4) // of a's two old versions one is kept beside the newest
	w.is("a", "a", "b")
	w.after(7) // both newest get a marker
	w.is("a!", "a", "a", "b!", "b")
	w.after(4) // a's second old one is three days old now; the newest of the old ones is kept
	w.is("a!", "a", "b!", "b")
	w.rules(bucket.LifecycleRule{ID: "all", NoncurrentDays: 3}, bucket.LifecycleRule{ID: "markers", ExpireMarkers: new(bool)})
	w.after(1)
	w.is("a!", "b!") // ExpiredObjectDeleteMarker is false
	on := true
	w.rules(bucket.LifecycleRule{ID: "markers", ExpireMarkers: &on})
	w.after(1)
	w.is()
}

func TestAMarkerThatHidesSomethingStays(t *testing.T) {
	w := newWorld(t)
	must(t, w.objects.SetVersioning(t.Context(), name, objects.Enabled))
	on := true
	w.rules(bucket.LifecycleRule{ID: "markers", ExpireMarkers: &on})
	w.put("a", "b")
	w.delete("a")
	w.delete("never")
	w.is("a!", "a", "b")
}

func TestUploadsAreGivenUp(t *testing.T) {
	w := newWorld(t)
	w.rules(bucket.LifecycleRule{ID: "uploads", Prefix: "in/", AbortDays: 1})
	begin := func(key string) objects.Upload {
		id, err := w.objects.CreateUpload(t.Context(), objects.NewUpload{Bucket: name, Key: key})
		must(t, err)
		u := objects.Upload{Bucket: name, Key: key, ID: id}
		_, err = w.objects.PutPart(t.Context(), objects.PutPart{Upload: u, Number: 1, Body: objects.Body{Reader: strings.NewReader("part"), Size: 4}})
		must(t, err)
		return u
	}
	begin("in/a")
	kept := begin("out/a")
	w.after(2)
	begin("in/b")
	w.is()
	left, err := w.objects.ListUploads(t.Context(), objects.List{Bucket: name, Max: 100})
	must(t, err)
	if len(left.Uploads) != 2 || left.Uploads[0].Key != "in/b" || left.Uploads[1].ID != kept.ID {
		t.Errorf("left: %+v", left.Uploads)
	}
	if u, err := w.objects.Usage(t.Context(), name); err != nil || u.Bytes != 8 {
		t.Errorf("usage: %+v, %v; want 8 bytes of two parts", u, err)
	}
}

// A look that is broken off goes on where it was, with what is older than its beginning.
func TestARestartGoesOn(t *testing.T) {
	dir := t.TempDir()
	w := openWorld(t, dir, monday)
	_, err := w.buckets.Create(t.Context(), arn.Scope{Account: "000000000000", Region: "us-east-1"}, name)
	must(t, err)
	w.rules(bucket.LifecycleRule{ID: "all", ExpireDays: 1})
	for i := range 2500 {
		w.put(fmt.Sprintf("k%04d", i))
	}
	w.after(3)
	pages := 0
	w.life.Rest = func(context.Context, time.Duration) error {
		if pages++; pages == 2 {
			return context.Canceled // as of a stop
		}
		return nil
	}
	if err := w.life.All(t.Context()); err == nil {
		t.Fatal("the look was not broken off")
	}
	p, err := w.buckets.LifecycleProgress(t.Context(), name)
	must(t, err)
	if p.Done || p.After < "k1900" {
		t.Errorf("progress: got %+v, want about 2000 keys", p)
	}
	w.close()
	again := openWorld(t, dir, w.now)
	again.put("k0000", "z")
	again.is("k0000", "z")
	if p, err := again.buckets.LifecycleProgress(t.Context(), name); err != nil || !p.Done {
		t.Errorf("progress: got %+v, %v; want done", p, err)
	}
}

// What is written while the look goes on isn't removed in place of what was found.
func TestWhatIsWrittenMeanwhileStays(t *testing.T) {
	w := newWorld(t)
	w.rules(bucket.LifecycleRule{ID: "all", ExpireDays: 1})
	w.put("a")
	w.after(3)
	racing := lifecycle.New(w.buckets, &late{Keeper: w.objects, before: func() { w.put("a") }})
	racing.Now, racing.Rest = w.life.Now, w.life.Rest
	must(t, racing.All(t.Context()))
	if _, err := w.objects.Head(t.Context(), objects.Read{Ref: objects.Ref{Bucket: name, Key: "a"}}); err != nil {
		t.Errorf("the new object: %v", err)
	}
}

// late does something before each Delete.
type late struct {
	objects.Keeper
	before func()
}

func (l *late) Delete(ctx context.Context, bucket string, all []objects.Deletion) ([]objects.Deleted, error) {
	l.before()
	return l.Keeper.Delete(ctx, bucket, all)
}
