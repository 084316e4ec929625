package bucket_test

import (
	"errors"
	"testing"

	"muster/internal/bucket"
	"muster/internal/fault"
)

func TestReservedNamesAreNotMade(t *testing.T) {
	buckets, place, rows := newBuckets(t)
	for _, name := range []string{"console", "crl", "ocsp", "metrics", "healthz", "readyz", "repository"} {
		if !bucket.Reserved(name) {
			t.Errorf("Reserved(%q): got false", name)
		}
		if _, err := buckets.Create(t.Context(), east, name); !errors.Is(err, fault.Invalid) {
			t.Errorf("Create of %q: got %v, want %v", name, err, fault.Invalid)
		}
		if place.has(name) {
			t.Errorf("Create of %q made room for it", name)
		}
		if _, err := rows.Bucket(t.Context(), name); !errors.Is(err, fault.NotFound) {
			t.Errorf("Create of %q left a row: %v", name, err)
		}
	}
	for _, name := range []string{"consoles", "my-console", "crl2", "photos"} {
		if bucket.Reserved(name) {
			t.Errorf("Reserved(%q): got true", name)
		}
		if _, err := buckets.Create(t.Context(), east, name); err != nil {
			t.Errorf("Create of %q: %v", name, err)
		}
	}
}

// One that was made before its name was reserved can still be emptied and deleted.
func TestAReservedBucketOfBeforeStays(t *testing.T) {
	buckets, place, rows := newBuckets(t)
	if _, _, err := rows.InsertBucket(t.Context(), bucket.Bucket{Name: "metrics", Account: east.Account, Region: east.Region}); err != nil {
		t.Fatal(err)
	}
	if err := place.MakeBucket(t.Context(), "metrics"); err != nil {
		t.Fatal(err)
	}
	if _, err := buckets.Find(t.Context(), "metrics"); err != nil {
		t.Errorf("Find: %v", err)
	}
	if err := buckets.Delete(t.Context(), "metrics"); err != nil || place.has("metrics") {
		t.Errorf("Delete: %v, still there: %v", err, place.has("metrics"))
	}
}

func TestShows(t *testing.T) {
	buckets, _, _ := newBuckets(t)
	if _, err := buckets.Create(t.Context(), east, "photos"); err != nil {
		t.Fatal(err)
	}
	shows := func(k bucket.Kind, want bool) {
		t.Helper()
		if got, err := buckets.Shows(t.Context(), "photos", k); err != nil || got != want {
			t.Errorf("Shows %s: got %v, %v, want %v", k, got, err, want)
		}
	}
	shows(bucket.PublicAccessBlock, true)
	if err := buckets.Show(t.Context(), "photos", bucket.PublicAccessBlock, false); err != nil {
		t.Fatal(err)
	}
	shows(bucket.PublicAccessBlock, false)
	shows(bucket.OwnershipControls, true)
	if err := buckets.Show(t.Context(), "photos", bucket.PublicAccessBlock, true); err != nil {
		t.Fatal(err)
	}
	shows(bucket.PublicAccessBlock, true)
	if err := buckets.Show(t.Context(), "nowhere", bucket.PublicAccessBlock, false); !errors.Is(err, fault.NotFound) {
		t.Errorf("Show of no bucket: got %v, want %v", err, fault.NotFound)
	}
}

func TestEncryption(t *testing.T) {
	buckets, _, _ := newBuckets(t)
	if _, err := buckets.Create(t.Context(), east, "photos"); err != nil {
		t.Fatal(err)
	}
	is := func(want bucket.Encryption) {
		t.Helper()
		if got, err := buckets.Encryption(t.Context(), "photos"); err != nil || got != want {
			t.Errorf("Encryption: got %+v, %v, want %+v", got, err, want)
		}
	}
	is(bucket.Encryption{})
	set := bucket.Encryption{BucketKey: true, BlocksSSEC: true}
	if err := buckets.SetEncryption(t.Context(), "photos", set); err != nil {
		t.Fatal(err)
	}
	is(set)
	if err := buckets.Unset(t.Context(), "photos", bucket.DefaultEncryption); err != nil {
		t.Fatal(err)
	}
	is(bucket.Encryption{})
}
