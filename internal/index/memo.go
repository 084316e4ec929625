package index

import (
	"hash/maphash"
	"sync"
)

// Memo keeps what is made of a text and of nothing else, such as a compiled
// policy: nothing that is published can make it untrue. It is for texts that
// callers choose: its memory is dealt out in shares, and one owner's texts push
// out only what lies in the same share.
type Memo[V any] struct {
	seed   maphash.Seed
	shares []share
}

type share struct {
	mu   sync.RWMutex
	kept part
}

// NewMemo makes a memo that holds about budget bytes together, in that many
// shares.
func NewMemo[V any](budget int64, shares int) *Memo[V] {
	m := &Memo[V]{seed: maphash.MakeSeed(), shares: make([]share, shares)}
	for i := range m.shares {
		m.shares[i].kept = part{seed: m.seed, limit: budget / int64(shares)}
	}
	return m
}

// Get returns what is made of text, which owner gave, and keeps it unless
// making it fails.
func (m *Memo[V]) Get(owner, text string, make func() (V, error)) (V, error) {
	s := &m.shares[maphash.String(m.seed, owner)%uint64(len(m.shares))]
	hash := maphash.String(m.seed, text)
	s.mu.RLock()
	kept, ok := s.kept.get([]byte(text), hash)
	s.mu.RUnlock()
	if ok {
		return kept.(V), nil
	}
	v, err := make()
	if err != nil {
		return v, err
	}
	weight := weigh(v)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept.put(text, hash, v, weight)
	return v, nil
}

// Use returns what is held now, and what was pushed out since the start.
func (m *Memo[V]) Use() (u Use) {
	for i := range m.shares {
		s := &m.shares[i]
		s.mu.RLock()
		u.Answers += s.kept.count
		u.Bytes += s.kept.bytes
		u.Limit += s.kept.limit
		u.Evictions += s.kept.evictions
		s.mu.RUnlock()
	}
	return u
}
