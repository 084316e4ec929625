package index_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"muster/internal/fault"
	"muster/internal/index"
)

var key = index.Key{Kind: "certificate", Name: "a"}

func TestGetKeepsTheAnswer(t *testing.T) {
	x := index.New(1024)
	reads := 0
	read := func(context.Context) (int, error) { reads++; return 7, nil }
	for range 3 {
		if v, err := index.Get(t.Context(), x, key, read); v != 7 || err != nil {
			t.Fatalf("got %v, %v", v, err)
		}
	}
	if reads != 1 {
		t.Errorf("read %d times, want once", reads)
	}
	x.Publish(key)
	index.Get(t.Context(), x, key, read)
	if reads != 2 {
		t.Errorf("read %d times after a publication, want twice", reads)
	}
}

func TestAbsenceIsKeptAndFailureIsNot(t *testing.T) {
	for _, tc := range []struct {
		name string
		err  error
		want int
	}{
		{"absent", fault.NotFound.Errorf("no"), 1},
		{"the store failed", errors.New("disk"), 3},
	} {
		t.Run(tc.name, func(t *testing.T) {
			x, reads := index.New(1024), 0
			for range 3 {
				_, err := index.Get(t.Context(), x, key, func(context.Context) (int, error) { reads++; return 0, tc.err })
				if !errors.Is(err, tc.err) {
					t.Fatalf("got %v, want %v", err, tc.err)
				}
			}
			if reads != tc.want {
				t.Errorf("read %d times, want %d", reads, tc.want)
			}
		})
	}
}

func TestAnAnswerReadBeforeAPublicationIsNotKept(t *testing.T) {
	x := index.New(1024)
	v, _ := index.Get(t.Context(), x, key, func(context.Context) (string, error) {
		x.Publish(key) // the commit of another lands between the read and the keeping
		return "before", nil
	})
	if v != "before" {
		t.Fatalf("got %q", v)
	}
	v, _ = index.Get(t.Context(), x, key, func(context.Context) (string, error) { return "after", nil })
	if v != "after" {
		t.Errorf("got %q: what was true before the commit stayed", v)
	}
}

func TestIsBounded(t *testing.T) {
	x := index.New(512)
	reads := 0
	for range 2 {
		for i := range 4096 {
			index.Get(t.Context(), x, index.Key{Name: fmt.Sprint(i)}, func(context.Context) (int, error) { reads++; return i, nil })
		}
	}
	if reads < 2*4096-512 {
		t.Errorf("%d reads of 8192 lookups: more than 512 answers were kept", reads)
	}
}

// Readers race a writer that revokes; once a revocation is acknowledged no
// reader may be told the opposite.
func TestNoReaderSeesWhatWasTrueBeforeTheAcknowledgement(t *testing.T) {
	x := index.New(1024)
	var row, acknowledged atomic.Int64 // the row as committed, and as promised
	var wg sync.WaitGroup
	done := make(chan struct{})
	for range 4 {
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				promised := acknowledged.Load()
				got, _ := index.Get(t.Context(), x, key, func(context.Context) (int64, error) { return row.Load(), nil })
				if got < promised {
					t.Errorf("read %d after %d was acknowledged", got, promised)
					return
				}
			}
		})
	}
	for i := range int64(20_000) {
		row.Store(i)
		x.Publish(key)
		acknowledged.Store(i)
	}
	close(done)
	wg.Wait()
}
