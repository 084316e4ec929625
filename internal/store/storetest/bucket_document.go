package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/bucket"
	"muster/internal/fault"
)

// bucketDocuments are the cases of Bucket about what is configured.
func bucketDocuments(t *testing.T, open func(t *testing.T) bucket.Store) {
	with := func(t *testing.T, names ...string) bucket.Store {
		t.Helper()
		s := open(t)
		for _, name := range names {
			if _, _, err := s.InsertBucket(t.Context(), bucket.Bucket{Name: name, Account: "111111111111", Region: "us-east-1", Created: time.UnixMilli(1_700_000_000_123)}); err != nil {
				t.Fatal(err)
			}
		}
		return s
	}
	set := func(t *testing.T, s bucket.Store, name string, k bucket.Kind, document string) {
		t.Helper()
		if err := s.SetDocument(t.Context(), name, k, document); err != nil {
			t.Fatal(err)
		}
	}
	want := func(t *testing.T, s bucket.Store, name string, k bucket.Kind, document string) {
		t.Helper()
		if got, err := s.Document(t.Context(), name, k); err != nil || got != document {
			t.Errorf("Document of %s, %s: got %q, %v, want %q", name, k, got, err, document)
		}
	}
	wantNone := func(t *testing.T, s bucket.Store, name string, k bucket.Kind) {
		t.Helper()
		if got, err := s.Document(t.Context(), name, k); !errors.Is(err, fault.NotFound) {
			t.Errorf("Document of %s, %s: got %q, %v, want %v", name, k, got, err, fault.NotFound)
		}
	}

	t.Run("a document is replaced, those of other kinds and buckets stay", func(t *testing.T) {
		s := with(t, "photos", "logs")
		set(t, s, "photos", bucket.Tagging, `["old"]`)
		set(t, s, "photos", bucket.CORS, `["rules"]`)
		set(t, s, "logs", bucket.Tagging, `["theirs"]`)
		set(t, s, "photos", bucket.Tagging, `["new"]`)
		want(t, s, "photos", bucket.Tagging, `["new"]`)
		want(t, s, "photos", bucket.CORS, `["rules"]`)
		want(t, s, "logs", bucket.Tagging, `["theirs"]`)
		wantNone(t, s, "logs", bucket.CORS)
	})

	t.Run("a document is deleted, and may be again", func(t *testing.T) {
		s := with(t, "photos", "logs")
		set(t, s, "photos", bucket.Tagging, `["mine"]`)
		set(t, s, "photos", bucket.CORS, `["rules"]`)
		set(t, s, "logs", bucket.Tagging, `["theirs"]`)
		for range 2 {
			if err := s.DeleteDocument(t.Context(), "photos", bucket.Tagging); err != nil {
				t.Fatal(err)
			}
		}
		wantNone(t, s, "photos", bucket.Tagging)
		want(t, s, "photos", bucket.CORS, `["rules"]`)
		want(t, s, "logs", bucket.Tagging, `["theirs"]`)
	})

	t.Run("without its bucket no document is kept", func(t *testing.T) {
		s := open(t)
		if err := s.SetDocument(t.Context(), "photos", bucket.Tagging, `["lost"]`); !errors.Is(err, fault.NotFound) {
			t.Errorf("SetDocument: got %v, want %v", err, fault.NotFound)
		}
		wantNone(t, s, "photos", bucket.Tagging)
	})

	t.Run("a bucket's documents go with it and don't come back", func(t *testing.T) {
		s := with(t, "photos", "logs")
		for _, k := range bucket.Kinds {
			set(t, s, "photos", k, `[]`)
		}
		set(t, s, "logs", bucket.CORS, `["rules"]`)
		if err := s.DeleteBucket(t.Context(), "photos"); err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.InsertBucket(t.Context(), bucket.Bucket{Name: "photos", Account: "222222222222", Region: "us-east-1"}); err != nil {
			t.Fatal(err)
		}
		for _, k := range bucket.Kinds {
			wantNone(t, s, "photos", k)
		}
		want(t, s, "logs", bucket.CORS, `["rules"]`)
	})

	t.Run("lists who has a document of a kind, by name", func(t *testing.T) {
		s := with(t, "photos", "logs", "a-bucket")
		set(t, s, "photos", bucket.Lifecycle, `[]`)
		set(t, s, "a-bucket", bucket.Lifecycle, `[]`)
		set(t, s, "logs", bucket.CORS, `[]`)
		for k, want := range map[bucket.Kind][]string{bucket.Lifecycle: {"a-bucket", "photos"}, bucket.CORS: {"logs"}, bucket.Tagging: nil} {
			if got, err := s.Configured(t.Context(), k); err != nil || !cmp.Equal(got, want) {
				t.Errorf("Configured with %s: got %v, %v, want %v", k, got, err, want)
			}
		}
	})
}
