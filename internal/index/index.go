// Package index is the decision index: what decisions are made from, held in
// memory, bounded, and never older than the last acknowledged write.
//
// The order of truth: a writer commits, then publishes the keys it changed, in
// commit order, and only then acknowledges. A reader that misses notes the
// generation of the key, reads the store, and keeps what it read only if the
// generation is unchanged; publishing bumps it for absent keys too. So a
// reader that began before a commit can't leave behind what was true before it.
//
// Answers are immutable. That something does not exist is an answer too, but
// one that strangers choose by naming it: absences have a small part of the
// memory for themselves and push out nothing but each other.
//
// Answers are weighed, since one role may be as large as a thousand devices.
package index

import (
	"context"
	"errors"
	"hash/maphash"
	"sync"

	"muster/internal/fault"
)

const (
	shardBits = 6
	shards    = 1 << shardBits
	// least is the budget of an index for which less was asked.
	least = 1 << 20
	// absentShare of the budget is for absences.
	absentShare = 16
)

// Index holds answers by key. The zero value is not usable; see New.
type Index struct {
	seed   maphash.Seed
	kinds  kinds
	shards [shards]shard
}

type shard struct {
	mu         sync.RWMutex
	generation uint64 // of every key in the shard: one too many refills costs a read, nothing else
	present    part
	absent     part // of values that are errors
}

// New makes an index that holds answers of about budget bytes together, of
// which a sixteenth is for absences.
func New(budget int64) *Index {
	x := &Index{seed: maphash.MakeSeed()}
	share := max(budget, least) / shards
	for i := range x.shards {
		x.shards[i].absent = part{seed: x.seed, limit: share / absentShare}
		x.shards[i].present = part{seed: x.seed, limit: share - share/absentShare}
	}
	return x
}

func (x *Index) shard(key []byte) (*shard, uint64) {
	hash := maphash.Bytes(x.seed, key)
	return &x.shards[hash>>(64-shardBits)], hash // the table takes the low bits
}

// Publish forgets the answers of keys. The store calls it after a commit and
// before it acknowledges the write.
func (x *Index) Publish(keys ...Key) {
	var room keyRoom
	for _, k := range keys {
		key := x.kinds.append(room[:0], k)
		s, hash := x.shard(key)
		s.mu.Lock()
		s.generation++
		s.present.remove(key, hash)
		s.absent.remove(key, hash)
		s.mu.Unlock()
	}
}

// Get returns the answer of key from memory, or by read, whose answer it
// keeps: a value that nobody changes afterwards, or a fault.NotFound. Other
// errors are not kept. What a value weighs is said by its method of Weighed.
func Get[V any](ctx context.Context, x *Index, key Key, read func(context.Context) (V, error)) (V, error) {
	var room keyRoom
	k := x.kinds.append(room[:0], key)
	s, hash := x.shard(k)
	s.mu.RLock()
	value, there := s.present.get(k, hash)
	var missing any
	if !there {
		missing, _ = s.absent.get(k, hash)
	}
	generation := s.generation
	s.mu.RUnlock()
	switch {
	case there:
		return value.(V), nil
	case missing != nil:
		var none V
		return none, missing.(error)
	}
	v, err := read(ctx)
	if err != nil && !errors.Is(err, fault.NotFound) {
		return v, err
	}
	s.keep(string(k), hash, generation, v, err)
	return v, err
}

func (s *shard) keep(key string, hash, generation uint64, v any, err error) {
	weight := 0
	if err == nil {
		weight = weigh(v)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.generation != generation {
		return // something was published meanwhile: what was read may be from before it
	}
	if err != nil {
		s.absent.put(key, hash, err, absenceBytes)
		return
	}
	s.present.put(key, hash, v, weight)
}

// Use is what an index holds.
type Use struct {
	Answers, Absences           int
	Bytes, AbsenceBytes         int64 // as they are weighed
	Limit                       int64 // bytes of both
	Evictions, AbsenceEvictions uint64
}

// Use returns what is held now, and what was pushed out since the start.
func (x *Index) Use() (u Use) {
	for i := range x.shards {
		s := &x.shards[i]
		s.mu.RLock()
		u.Answers += s.present.count
		u.Absences += s.absent.count
		u.Bytes += s.present.bytes
		u.AbsenceBytes += s.absent.bytes
		u.Limit += s.present.limit + s.absent.limit
		u.Evictions += s.present.evictions
		u.AbsenceEvictions += s.absent.evictions
		s.mu.RUnlock()
	}
	return u
}
