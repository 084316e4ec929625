package index

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"maps"
	"sync"
	"sync/atomic"
)

// Key names one answer. Kind keeps the rooms' keys apart; there are few.
type Key struct {
	Kind, Account, Region, Name string
}

// keyRoom has room for the longest key of most kinds.
type keyRoom [192]byte

// kinds numbers the kinds, since the same words a million times are much.
type kinds struct {
	mu  sync.Mutex
	all atomic.Pointer[map[string]byte]
}

func (k *kinds) number(kind string) byte {
	if all := k.all.Load(); all != nil {
		if n, ok := (*all)[kind]; ok {
			return n
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	all := map[string]byte{}
	if old := k.all.Load(); old != nil {
		maps.Copy(all, *old)
	}
	n, ok := all[kind]
	if !ok {
		if len(all) >= hexName {
			panic(fmt.Sprintf("index: more than %d kinds of keys", hexName))
		}
		n = byte(len(all))
		all[kind] = n
		k.all.Store(&all)
	}
	return n
}

// hexName is set in the number of a kind where the name is bytes in hex.
const hexName = 0x80

// append writes a key short: the number of its kind, account and region with
// their lengths, the name. Names of 64 hex digits, such as certificates have,
// are written as bytes. No two keys are written alike.
func (k *kinds) append(to []byte, key Key) []byte {
	kind := k.number(key.Kind)
	at := len(to)
	to = binary.AppendUvarint(append(to, kind), uint64(len(key.Account)))
	to = append(to, key.Account...)
	to = binary.AppendUvarint(to, uint64(len(key.Region)))
	to = append(to, key.Region...)
	if named := len(to); len(key.Name) == 64 && lowerHex(key.Name) {
		to = append(to, make([]byte, 32)...)
		if _, err := hex.Decode(to[named:], []byte(key.Name)); err == nil {
			to[at] |= hexName
			return to
		}
		to = to[:named]
	}
	return append(to, key.Name...)
}

// lowerHex reports whether text is what the hex of some bytes is written like.
func lowerHex(text string) bool {
	for i := range len(text) {
		if c := text[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
