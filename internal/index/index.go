// Package index is the decision index: what decisions are made from, held in
// memory, bounded, and never older than the last acknowledged write.
//
// The order of truth: a writer commits, then publishes the keys it changed, in
// commit order, and only then acknowledges. A reader that misses notes the
// generation of the key, reads the store, and keeps what it read only if the
// generation is unchanged; publishing bumps it for absent keys too. So a
// reader that began before a commit can't leave behind what was true before it.
//
// Answers are immutable. That something does not exist is an answer too.
package index

import (
	"context"
	"errors"
	"hash/maphash"
	"sync"

	"muster/internal/fault"
)

// Key names one answer. Kind keeps the rooms' keys apart.
type Key struct {
	Kind, Account, Region, Name string
}

const shards = 256

// Index holds answers by key. The zero value is not usable; see New.
type Index struct {
	seed   maphash.Seed
	limit  int // answers per shard
	shards [shards]shard
}

type shard struct {
	mu         sync.RWMutex
	generation uint64 // of every key in the shard: one too many refills costs a read, nothing else
	answers    map[Key]answer
}

type answer struct {
	value any
	err   error // a fault.NotFound, or nil
}

// New makes an index of about limit answers.
func New(limit int) *Index {
	x := &Index{seed: maphash.MakeSeed(), limit: max(1, limit/shards)}
	for i := range x.shards {
		x.shards[i].answers = map[Key]answer{}
	}
	return x
}

func (x *Index) shard(k Key) *shard {
	return &x.shards[maphash.Comparable(x.seed, k)%shards]
}

// Publish forgets the answers of keys. The store calls it after a commit and
// before it acknowledges the write.
func (x *Index) Publish(keys ...Key) {
	for _, k := range keys {
		s := x.shard(k)
		s.mu.Lock()
		s.generation++
		delete(s.answers, k)
		s.mu.Unlock()
	}
}

// Get answers key from memory, or by read, whose answer it keeps: a value that
// nobody changes afterwards, or a fault.NotFound. Other errors are not kept.
func Get[V any](ctx context.Context, x *Index, key Key, read func(context.Context) (V, error)) (V, error) {
	s := x.shard(key)
	s.mu.RLock()
	a, ok := s.answers[key]
	generation := s.generation
	s.mu.RUnlock()
	if !ok {
		v, err := read(ctx)
		if err != nil && !errors.Is(err, fault.NotFound) {
			return v, err
		}
		a = answer{v, err}
		s.keep(key, a, generation, x.limit)
	}
	return a.value.(V), a.err
}

func (s *shard) keep(key Key, a answer, generation uint64, limit int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.generation != generation {
		return // something was published meanwhile: what was read may be from before it
	}
	for old := range s.answers {
		if len(s.answers) < limit {
			break
		}
		delete(s.answers, old) // any will do: the map's order is random
	}
	s.answers[key] = a
}
