// Package budget shares out something that there is only so much of, such as
// memory or places, among those who ask for it: nobody gets so much that
// whoever comes new finds none.
package budget

import (
	"sync"
	"sync/atomic"
)

// Budget is what is shared out. Its methods may be called on nil, which is a
// budget without a bound.
type Budget struct {
	total, most int64
	refused     atomic.Int64

	mu   sync.Mutex
	held map[string]int64 // by holder
	all  int64
}

// New returns a budget of total, of which one holder may have most.
func New(total, most int64) *Budget {
	return &Budget{total: total, most: most, held: map[string]int64{}}
}

// Share is what somebody holds of a budget. It is for one goroutine at a time.
type Share struct {
	of     *Budget
	holder string
	n      int64
}

// Take takes n for holder, to be given back by Release. It fails where holder
// would have more than one may have, or more than was then left for others: so
// whoever comes new finds some, however many others have much.
func (b *Budget) Take(holder string, n int64) (*Share, bool) {
	s := &Share{of: b, holder: holder}
	return s, s.Grow(n)
}

// Grow takes n more. Where it fails the share is as it was. A nil share has no
// bound.
func (s *Share) Grow(n int64) bool {
	if s == nil || s.of == nil || n <= 0 {
		return true
	}
	if !s.of.take(s.holder, n) {
		s.of.refused.Add(1)
		return false
	}
	s.n += n
	return true
}

// Release gives the share back. It may be called again, and on nil.
func (s *Share) Release() {
	if s == nil || s.n == 0 {
		return
	}
	s.of.giveBack(s.holder, s.n)
	s.n = 0
}

func (b *Budget) take(holder string, n int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if own := b.held[holder] + n; own > b.most || own > b.total-b.all {
		return false
	}
	b.held[holder] += n
	b.all += n
	return true
}

func (b *Budget) giveBack(holder string, n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.all -= n
	if b.held[holder] -= n; b.held[holder] == 0 {
		delete(b.held, holder)
	}
}

// Total returns how much there is.
func (b *Budget) Total() int64 {
	if b == nil {
		return 0
	}
	return b.total
}

// Held returns how much of it is held now.
func (b *Budget) Held() int64 {
	if b == nil {
		return 0
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.all
}

// Refused returns how often somebody asked for more than there was for them.
func (b *Budget) Refused() int64 {
	if b == nil {
		return 0
	}
	return b.refused.Load()
}
