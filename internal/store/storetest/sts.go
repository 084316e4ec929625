package storetest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/sts"
)

// STS is what every keeper of sealing keys must pass. open answers an empty
// one that lasts as long as t.
func STS(t *testing.T, open func(t *testing.T) sts.Store) {
	key := func(id string, created int64) sts.SealedKey {
		return sts.SealedKey{ID: id, Sealed: []byte{0, 1, 0xff}, Created: time.UnixMilli(created).UTC()}
	}
	change := func(t *testing.T, s sts.Store, to ...sts.SealedKey) (before []sts.SealedKey) {
		t.Helper()
		got, err := s.ChangeSealingKeys(t.Context(), func(kept []sts.SealedKey) []sts.SealedKey {
			before = kept
			return to
		})
		if err != nil || !cmp.Equal(got, to) {
			t.Fatalf("ChangeSealingKeys: got %v, %v, want %v", got, err, to)
		}
		return before
	}

	t.Run("keys come, stay and go", func(t *testing.T) {
		s := open(t)
		a, b, c := key("a", 2), key("b", 1), key("c", 3)
		if before := change(t, s, a, b); len(before) != 0 {
			t.Errorf("a new store has %v", before)
		}
		if got, err := s.SealingKeys(t.Context()); err != nil || !cmp.Equal(got, []sts.SealedKey{b, a}) {
			t.Errorf("SealingKeys: got %v, %v, want the oldest first", got, err)
		}
		if before := change(t, s, a, c); !cmp.Equal(before, []sts.SealedKey{b, a}) {
			t.Errorf("change got %v, want the oldest first", before)
		}
		if got, err := s.SealingKeys(t.Context()); err != nil || !cmp.Equal(got, []sts.SealedKey{a, c}) {
			t.Errorf("SealingKeys: got %v, %v, want a and c", got, err)
		}
	})

	t.Run("of many who would make the first only one does", func(t *testing.T) {
		s := open(t)
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				_, err := s.ChangeSealingKeys(t.Context(), func(kept []sts.SealedKey) []sts.SealedKey {
					if len(kept) > 0 {
						return kept
					}
					return []sts.SealedKey{key(fmt.Sprint(i), 1)}
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if got, err := s.SealingKeys(t.Context()); err != nil || len(got) != 1 {
			t.Errorf("SealingKeys: got %v, %v, want one", got, err)
		}
	})
}
