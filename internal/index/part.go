package index

import (
	"hash/maphash"
	"sync/atomic"
)

// part holds answers up to a limit of bytes. They lie in slots, found by a
// table of slot numbers: a map with its own keys would double what the entry
// of a device takes.
//
// What is over the limit is pushed out by a clock: its hand goes round the
// slots, spares what was used since it last came by, and takes what wasn't. It
// takes as many steps as there were uses, so a writer never searches a shard.
type part struct {
	seed  maphash.Seed // of the hashes given with the keys
	limit int64        // bytes

	slots []slot
	free  []uint32 // numbers of empty slots
	table []uint32 // numbers of slots, from 1, by hash; 0 is none; a power of two, half empty at least
	hand  int
	count int
	bytes int64

	evictions uint64
}

type slot struct {
	key    string
	value  any
	weight uint32        // 0 in an empty slot
	used   atomic.Uint32 // 1 when it was read since the hand came by
}

// slotBytes is what an answer takes beside its key and its value: the slot,
// its place in a table half full, and the room that both have grown ahead.
const slotBytes = 64

func entryWeight(key string, value int) int64 {
	return min(int64(slotBytes+(len(key)+15)/16*16+value), 1<<31)
}

// find returns the place in the table of key, or of the gap where it isn't.
func (p *part) find(key []byte, hash uint64) (at uint32, found bool) {
	mask := uint32(len(p.table) - 1)
	for at = uint32(hash) & mask; ; at = (at + 1) & mask {
		switch n := p.table[at]; {
		case n == 0:
			return at, false
		case p.slots[n-1].key == string(key):
			return at, true
		}
	}
}

// get is safe for readers that share the shard's lock.
func (p *part) get(key []byte, hash uint64) (any, bool) {
	if p.count == 0 {
		return nil, false
	}
	at, found := p.find(key, hash)
	if !found {
		return nil, false
	}
	s := &p.slots[p.table[at]-1]
	if s.used.Load() == 0 {
		s.used.Store(1)
	}
	return s.value, true
}

// put keeps an answer, and pushes out others while they are over the limit.
func (p *part) put(key string, hash uint64, value any, weight int) {
	p.remove([]byte(key), hash)
	w := entryWeight(key, weight)
	for p.count > 0 && p.bytes+w > p.limit {
		p.evict()
	}
	switch {
	case p.count < len(p.slots)/4 && len(p.slots) >= 64:
		p.rebuild() // most slots are empty: they take memory, and the clock's hand goes over them
	case 2*(p.count+1) > len(p.table):
		p.fill(max(8, 2*len(p.table)))
	}
	n := uint32(len(p.slots))
	if last := len(p.free) - 1; last >= 0 {
		n, p.free = p.free[last], p.free[:last]
	} else {
		p.slots = append(p.slots, slot{})
	}
	s := &p.slots[n]
	s.key, s.value, s.weight = key, value, uint32(w)
	s.used.Store(0)
	at, _ := p.find([]byte(key), hash)
	p.table[at] = n + 1
	p.count++
	p.bytes += w
}

// evict removes the next answer that was not used since the hand came by.
func (p *part) evict() {
	for {
		p.hand = (p.hand + 1) % len(p.slots)
		s := &p.slots[p.hand]
		switch {
		case s.weight == 0:
		case s.used.Load() != 0:
			s.used.Store(0)
		default:
			p.remove([]byte(s.key), maphash.String(p.seed, s.key))
			p.evictions++
			return
		}
	}
}

func (p *part) remove(key []byte, hash uint64) {
	if p.count == 0 {
		return
	}
	at, found := p.find(key, hash)
	if !found {
		return
	}
	n := p.table[at] - 1
	s := &p.slots[n]
	p.bytes -= int64(s.weight)
	p.count--
	s.key, s.value, s.weight = "", nil, 0
	p.free = append(p.free, n)
	p.close(at)
}

// close fills the gap in the table, so that what lies behind it is found.
func (p *part) close(gap uint32) {
	mask := uint32(len(p.table) - 1)
	for at := (gap + 1) & mask; p.table[at] != 0; at = (at + 1) & mask {
		home := uint32(maphash.String(p.seed, p.slots[p.table[at]-1].key)) & mask
		if (at-home)&mask >= (at-gap)&mask { // its own place is not behind the gap
			p.table[gap], gap = p.table[at], at
		}
	}
	p.table[gap] = 0
}

// fill makes the table anew, of that size, for what is in the slots.
func (p *part) fill(size int) {
	p.table = make([]uint32, size)
	for i := range p.slots {
		if s := &p.slots[i]; s.weight != 0 {
			at, _ := p.find([]byte(s.key), maphash.String(p.seed, s.key))
			p.table[at] = uint32(i + 1)
		}
	}
}

// rebuild puts what there is into as many slots as it needs.
func (p *part) rebuild() {
	old := p.slots
	p.slots, p.free, p.hand = make([]slot, 0, p.count+1), nil, 0
	for i := range old {
		if s := &old[i]; s.weight != 0 {
			p.slots = append(p.slots, slot{key: s.key, value: s.value, weight: s.weight})
		}
	}
	size := 8
	for size < 2*(p.count+1) {
		size *= 2
	}
	p.fill(size)
}
