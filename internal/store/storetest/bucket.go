package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/bucket"
	"muster/internal/fault"
	"muster/internal/page"
)

// Bucket is what every keeper of buckets must pass. open answers an empty one
// that lasts as long as t.
func Bucket(t *testing.T, open func(t *testing.T) bucket.Store) {
	row := func(account, region, name string) bucket.Bucket {
		return bucket.Bucket{Name: name, Account: account, Region: region, Created: time.UnixMilli(1_700_000_000_123).UTC(), Pending: true}
	}
	const mine, theirs = "111111111111", "222222222222"
	insert := func(t *testing.T, s bucket.Store, rows ...bucket.Bucket) {
		t.Helper()
		for _, b := range rows {
			kept, inserted, err := s.InsertBucket(t.Context(), b)
			if err != nil || !inserted || !cmp.Equal(kept, b) {
				t.Fatalf("InsertBucket: got %+v, %v, %v", kept, inserted, err)
			}
		}
	}

	t.Run("a name is global", func(t *testing.T) {
		s := open(t)
		first := row(mine, "us-east-1", "photos")
		insert(t, s, first)
		kept, inserted, err := s.InsertBucket(t.Context(), row(theirs, "eu-west-1", "photos"))
		if err != nil || inserted || !cmp.Equal(kept, first) {
			t.Errorf("InsertBucket of a taken name: got %+v, %v, %v, want the first", kept, inserted, err)
		}
	})

	t.Run("pending until it is not", func(t *testing.T) {
		s := open(t)
		a, b := row(mine, "us-east-1", "a-bucket"), row(theirs, "us-east-1", "b-bucket")
		insert(t, s, b, a)
		pending, err := s.Pending(t.Context())
		if want := []bucket.Bucket{a, b}; err != nil || !cmp.Equal(pending, want) {
			t.Errorf("Pending: got %+v, %v, want %+v", pending, err, want)
		}
		if err := s.SetPending(t.Context(), "a-bucket", false); err != nil {
			t.Fatal(err)
		}
		a.Pending = false
		if got, err := s.Bucket(t.Context(), "a-bucket"); err != nil || !cmp.Equal(got, a) {
			t.Errorf("Bucket: got %+v, %v, want %+v", got, err, a)
		}
		if pending, err := s.Pending(t.Context()); err != nil || len(pending) != 1 {
			t.Errorf("Pending: got %+v, %v, want one", pending, err)
		}
	})

	t.Run("what is not there", func(t *testing.T) {
		s := open(t)
		if _, err := s.Bucket(t.Context(), "photos"); !errors.Is(err, fault.NotFound) {
			t.Errorf("Bucket: got %v, want %v", err, fault.NotFound)
		}
		if err := s.SetPending(t.Context(), "photos", true); !errors.Is(err, fault.NotFound) {
			t.Errorf("SetPending: got %v, want %v", err, fault.NotFound)
		}
		if err := s.DeleteBucket(t.Context(), "photos"); err != nil {
			t.Errorf("DeleteBucket: got %v", err)
		}
	})

	t.Run("a deleted name is free", func(t *testing.T) {
		s := open(t)
		insert(t, s, row(mine, "us-east-1", "photos"))
		if err := s.DeleteBucket(t.Context(), "photos"); err != nil {
			t.Fatal(err)
		}
		insert(t, s, row(theirs, "us-east-1", "photos"))
	})

	t.Run("lists one account, by name, in pages", func(t *testing.T) {
		s := open(t)
		insert(t, s, row(mine, "us-east-1", "log-b"), row(mine, "eu-west-1", "log-c"), row(theirs, "us-east-1", "log-x"), row(mine, "us-east-1", "log-a"), row(mine, "us-east-1", "other"))
		for _, tc := range []struct {
			name string
			f    bucket.Filter
			want [][]string
		}{
			{"all", bucket.Filter{Account: mine}, [][]string{{"log-a", "log-b"}, {"log-c", "other"}}},
			{"by prefix", bucket.Filter{Account: mine, Prefix: "log-"}, [][]string{{"log-a", "log-b"}, {"log-c"}}},
			{"of a region", bucket.Filter{Account: mine, Region: "eu-west-1"}, [][]string{{"log-c"}}},
			{"none", bucket.Filter{Account: "333333333333"}, [][]string{nil}},
		} {
			var got [][]string
			for token := ""; ; {
				p, err := s.Buckets(t.Context(), tc.f, page.Request{Limit: 2, Token: token})
				if err != nil {
					t.Fatal(err)
				}
				var names []string
				for _, b := range p.Items {
					names = append(names, b.Name)
				}
				if got = append(got, names); p.Next == "" {
					break
				}
				token = p.Next
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.name, diff)
			}
		}
	})

	bucketDocuments(t, open)
}
