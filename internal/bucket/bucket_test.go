package bucket_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"muster/internal/arn"
	"muster/internal/bucket"
	"muster/internal/fault"
	"muster/internal/index"
	"muster/internal/page"
	"muster/internal/store/storetest"
)

// folder is a place made of directories.
type folder struct {
	dir  string
	fail error
}

func (f *folder) MakeBucket(_ context.Context, name string) error {
	if f.fail != nil {
		return f.fail
	}
	return os.MkdirAll(filepath.Join(f.dir, name), 0o700)
}

func (f *folder) RemoveBucket(_ context.Context, name string) error {
	if f.fail != nil {
		return f.fail
	}
	if err := os.Remove(filepath.Join(f.dir, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fault.InUse.Errorf("not empty")
	}
	return nil
}

func (f *folder) has(name string) bool {
	_, err := os.Stat(filepath.Join(f.dir, name))
	return err == nil
}

func newBuckets(t *testing.T) (*bucket.Buckets, *folder, bucket.Store) {
	t.Helper()
	x := index.New(1000)
	db := storetest.Open(t, t.TempDir(), x)
	place := &folder{dir: t.TempDir()}
	return bucket.New(db.Buckets(), place, x), place, db.Buckets()
}

var (
	east   = arn.Scope{Account: "111111111111", Region: "us-east-1"}
	west   = arn.Scope{Account: "111111111111", Region: "us-west-2"}
	theirs = arn.Scope{Account: "222222222222", Region: "us-east-1"}
)

func TestCreate(t *testing.T) {
	for _, tc := range []struct {
		name          string
		first, second arn.Scope
		want          error
		owner         string
	}{
		{"again in us-east-1", east, east, nil, ""},
		{"again in another region", west, west, fault.AlreadyExists, east.Account},
		{"in us-east-1, but it is elsewhere", west, east, fault.AlreadyExists, east.Account},
		{"elsewhere, but it is in us-east-1", east, west, fault.AlreadyExists, east.Account},
		{"another account's", theirs, east, fault.AlreadyExists, theirs.Account},
	} {
		t.Run(tc.name, func(t *testing.T) {
			buckets, place, _ := newBuckets(t)
			first, err := buckets.Create(t.Context(), tc.first, "photos")
			if err != nil || !place.has("photos") {
				t.Fatalf("Create: %v, made %v", err, place.has("photos"))
			}
			_, err = buckets.Create(t.Context(), tc.second, "photos")
			if !errors.Is(err, tc.want) {
				t.Fatalf("Create again: got %v, want %v", err, tc.want)
			}
			if err != nil && fault.Of(err).Fields["owner"] != tc.owner {
				t.Errorf("owner: got %v, want %v", fault.Of(err).Fields, tc.owner)
			}
			found, err := buckets.Find(t.Context(), "photos")
			if err != nil || found.Account != first.Account || found.Region != first.Region || found.Pending {
				t.Errorf("Find: got %+v, %v, want the first", found, err)
			}
		})
	}
}

func TestCreateThatFailsFreesTheName(t *testing.T) {
	buckets, place, _ := newBuckets(t)
	place.fail = errors.New("disk full")
	if _, err := buckets.Create(t.Context(), east, "photos"); !errors.Is(err, place.fail) {
		t.Errorf("Create: got %v, want %v", err, place.fail)
	}
	if _, err := buckets.Find(t.Context(), "photos"); !errors.Is(err, fault.NotFound) {
		t.Errorf("Find: got %v, want %v", err, fault.NotFound)
	}
	place.fail = nil
	if _, err := buckets.Create(t.Context(), theirs, "photos"); err != nil {
		t.Errorf("Create by another: %v", err)
	}
}

// Where others make buckets too, one that isn't Muster's is never taken over,
// and one whose making was not heard of is finished by who asks again.
// leaving is a store whose caller goes away while its bucket is inserted: it
// is, and the caller learns only that its own time is over.
type leaving struct {
	bucket.Store
	leave func()
}

func (s leaving) InsertBucket(ctx context.Context, b bucket.Bucket) (bucket.Bucket, bool, error) {
	kept, inserted, err := s.Store.InsertBucket(ctx, b)
	s.leave()
	return kept, inserted, errors.Join(err, ctx.Err())
}

func TestCreateIsFinishedForACallerThatLeaves(t *testing.T) {
	_, place, store := newBuckets(t)
	ctx, leave := context.WithCancel(t.Context())
	buckets := bucket.New(leaving{store, leave}, place, index.New(1000))
	_, _ = buckets.Create(ctx, east, "pumps") // whatever it is told
	if b, err := store.Bucket(t.Context(), "pumps"); err != nil || b.Pending || !place.has("pumps") {
		t.Errorf("got %+v with a place %v, %v, want the whole bucket", b, place.has("pumps"), err)
	}
}

func TestCreateTakesNothingOver(t *testing.T) {
	buckets, place, _ := newBuckets(t)
	buckets.Vacant = func(_ context.Context, name string) error {
		if place.has(name) {
			return fault.AlreadyExists.Errorf("taken")
		}
		return nil
	}
	if err := os.Mkdir(filepath.Join(place.dir, "theirs"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := buckets.Create(t.Context(), east, "theirs"); !errors.Is(err, fault.AlreadyExists) {
		t.Errorf("one of somebody else's: got %v, want %v", err, fault.AlreadyExists)
	}
	if _, err := buckets.Find(t.Context(), "theirs"); !errors.Is(err, fault.NotFound) {
		t.Errorf("Find: got %v, want %v", err, fault.NotFound)
	}
	place.fail = errors.New("the answer was lost")
	if _, err := buckets.Create(t.Context(), east, "photos"); !errors.Is(err, place.fail) {
		t.Errorf("Create: got %v, want %v", err, place.fail)
	}
	place.fail = nil
	if err := os.Mkdir(filepath.Join(place.dir, "photos"), 0o700); err != nil { // it was made all the same
		t.Fatal(err)
	}
	if b, err := buckets.Create(t.Context(), east, "photos"); err != nil || b.Pending {
		t.Errorf("Create again: got %+v, %v", b, err)
	}
	place.fail = fault.AlreadyExists.Errorf("of another account of the store's")
	if _, err := buckets.Create(t.Context(), east, "meadows"); !errors.Is(err, fault.AlreadyExists) {
		t.Errorf("refused by the place: got %v", err)
	}
	if _, err := buckets.Find(t.Context(), "meadows"); !errors.Is(err, fault.NotFound) {
		t.Errorf("Find: got %v, want %v", err, fault.NotFound)
	}
}

func TestDelete(t *testing.T) {
	buckets, place, _ := newBuckets(t)
	if _, err := buckets.Create(t.Context(), east, "photos"); err != nil {
		t.Fatal(err)
	}
	inside := filepath.Join(place.dir, "photos", "cat.jpg")
	if err := os.WriteFile(inside, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := buckets.Delete(t.Context(), "photos"); !errors.Is(err, fault.InUse) {
		t.Errorf("Delete of a full bucket: got %v, want %v", err, fault.InUse)
	}
	if b, err := buckets.Find(t.Context(), "photos"); err != nil || b.Pending {
		t.Errorf("Find: got %+v, %v", b, err)
	}
	if err := os.Remove(inside); err != nil {
		t.Fatal(err)
	}
	if err := buckets.Delete(t.Context(), "photos"); err != nil || place.has("photos") {
		t.Errorf("Delete: got %v, still made %v", err, place.has("photos"))
	}
	if err := buckets.Delete(t.Context(), "photos"); !errors.Is(err, fault.NotFound) {
		t.Errorf("Delete again: got %v, want %v", err, fault.NotFound)
	}
}

func TestRepair(t *testing.T) {
	buckets, place, rows := newBuckets(t)
	// As a crash leaves it: the row is there, the place is not.
	if _, _, err := rows.InsertBucket(t.Context(), bucket.Bucket{Name: "photos", Account: east.Account, Region: east.Region, Pending: true}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := buckets.Repair(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	b, err := buckets.Find(t.Context(), "photos")
	if err != nil || b.Pending || !place.has("photos") {
		t.Errorf("after Repair: got %+v, %v, made %v", b, err, place.has("photos"))
	}
	all, err := buckets.List(t.Context(), bucket.Filter{Account: east.Account}, page.Request{Limit: 10})
	if err != nil || len(all.Items) != 1 {
		t.Errorf("List: got %+v, %v, want one", all, err)
	}
}

func TestRepairGoesOnPastABucketThatCannotBeMade(t *testing.T) {
	buckets, place, rows := newBuckets(t)
	for _, name := range []string{"cursed", "photos"} {
		if _, _, err := rows.InsertBucket(t.Context(), bucket.Bucket{Name: name, Account: east.Account, Region: east.Region, Pending: true}); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(place.dir, "cursed"), nil, 0o600); err != nil { // a file is in the way
		t.Fatal(err)
	}
	if err := buckets.Repair(t.Context()); err == nil || !strings.Contains(err.Error(), "cursed") {
		t.Errorf("got %v, want an error that names the bucket", err)
	}
	if b, err := buckets.Find(t.Context(), "photos"); err != nil || b.Pending {
		t.Errorf("the other bucket: got %+v, %v", b, err)
	}
	if b, err := buckets.Find(t.Context(), "cursed"); err != nil || !b.Pending {
		t.Errorf("the bucket that can't be made: got %+v, %v, want it pending", b, err)
	}
}

func TestCheckName(t *testing.T) {
	for name, want := range map[string]bool{
		"photos": true, "my-bucket.2": true, "sagemaker-us-east-1-000000000000": true, "123": true, strings.Repeat("a", 63): true,
		"": false, "ab": false, strings.Repeat("a", 64): false, "Photos": false, "a_b": false, "-abc": false, "abc-": false, ".abc": false,
		"a..b": false, "10.0.0.1": false, "xn--abc": false, "sthree-abc": false, "abc-s3alias": false, "abc--ol-s3": false, "abc.mrap": false, "a/b": false, "a%2fb": false,
	} {
		if got := bucket.CheckName(name) == nil; got != want {
			t.Errorf("CheckName(%q): got %v, want %v", name, got, want)
		}
	}
}
