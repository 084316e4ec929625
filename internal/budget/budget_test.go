package budget_test

import (
	"fmt"
	"sync"
	"testing"

	"muster/internal/budget"
)

func TestShares(t *testing.T) {
	b := budget.New(100, 40)
	take := func(holder string, n int64, want bool) *budget.Share {
		t.Helper()
		s, ok := b.Take(holder, n)
		if ok != want {
			t.Errorf("%d more for %s, of which %d are held: got %v, want %v", n, holder, b.Held(), ok, want)
		}
		return s
	}
	first := take("a", 30, true)
	take("a", 11, false) // more than one may have
	take("a", 10, true)
	take("b", 40, true) // of the 60 that were left
	take("c", 20, true)
	take("c", 1, false) // there are none left
	if got := b.Refused(); got != 2 {
		t.Errorf("refused: got %d, want 2", got)
	}
	first.Release()
	first.Release()
	if got := b.Held(); got != 70 {
		t.Errorf("after it was given back, twice: got %d held, want 70", got)
	}
	if first.Grow(5); b.Held() != 75 {
		t.Errorf("a share that grows anew: got %d held, want 75", b.Held())
	}
	take("c", 5, true) // c has 25, as much as was left
	take("c", 1, false)
}

// However many come, and however much each takes, whoever comes next gets some.
func TestNewcomersFindSome(t *testing.T) {
	b := budget.New(1<<28, 1<<26)
	for n := range 20 {
		holder := fmt.Sprint(n)
		got := int64(0)
		for _, ok := b.Take(holder, 1<<10); ok; _, ok = b.Take(holder, 1<<10) {
			got += 1 << 10
		}
		if got == 0 {
			t.Errorf("after %d who took all they could the next got nothing", n)
		}
	}
}

func TestUnbounded(t *testing.T) {
	var b *budget.Budget
	s, ok := b.Take("a", 1<<60)
	if !ok || !s.Grow(1<<60) || b.Held() != 0 || b.Refused() != 0 || b.Total() != 0 {
		t.Error("nil bounds something")
	}
	s.Release()
	var none *budget.Share
	if !none.Grow(1 << 60) {
		t.Error("a nil share bounds something")
	}
	none.Release()
}

func TestManyAtOnce(t *testing.T) {
	b := budget.New(1000, 100)
	var all sync.WaitGroup
	for n := range 50 {
		all.Go(func() {
			for range 200 {
				if s, ok := b.Take(fmt.Sprint(n%7), 3); ok {
					s.Grow(2)
					s.Release()
				}
			}
		})
	}
	all.Wait()
	if got := b.Held(); got != 0 {
		t.Errorf("when all is given back: got %d held", got)
	}
}
