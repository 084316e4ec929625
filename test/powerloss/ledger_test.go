package powerloss_test

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
)

// content is what an object holds: random bytes of some seeds, one after another.
type content []piece

type piece struct {
	seed uint64
	size int
}

func (p piece) bytes() []byte {
	var seed [32]byte
	copy(seed[:], fmt.Sprint(p.seed))
	out := make([]byte, p.size)
	_, _ = rand.NewChaCha8(seed).Read(out) // never fails
	return out
}

func (p piece) etag() string {
	sum := md5.Sum(p.bytes())
	return hex.EncodeToString(sum[:])
}

func (c content) bytes() []byte {
	var out []byte
	for _, p := range c {
		out = append(out, p.bytes()...)
	}
	return out
}

// state is what a client knows of a write that it sent.
type state int

const (
	unknown state = iota // no answer came: it may have happened, or may happen yet
	done                 // it was acknowledged
	refused              // it was answered that it did not happen
)

// write is one write of a value to a register.
type write struct {
	value      string
	start, end int64 // ticks of the ledger; end is that of the answer
	state      state
}

// register is anything that has one value at a time: an object of a bucket
// without versions has the name of what was put, a certificate its status. ""
// is nothing.
type register struct{ writes []*write }

// allowed returns the values that it may have: those of all writes that happened
// or may have, but for those that an acknowledged write came after.
func (r *register) allowed() []string {
	var values []string
	for _, w := range r.writes {
		if w.state == refused || w.state == done && slices.ContainsFunc(r.writes, func(later *write) bool {
			return later.state == done && later.start > w.end
		}) {
			continue
		}
		values = append(values, w.value)
	}
	return values
}

// value is the one that was last acknowledged.
func (r *register) value() string {
	v := ""
	for _, w := range r.writes {
		if w.state == done {
			v = w.value
		}
	}
	return v
}

// settle notes what the register was found to hold.
func (r *register) settle(value string) { r.writes = []*write{{value: value, state: done}} }

func (r *register) touched() bool { return len(r.writes) > 1 }

// version is a version of an object, or a delete marker.
type version struct {
	id, put string // put is the name of what was put, "" of a marker
}

// history is an object of a bucket with versions, which one client changes.
type history struct {
	versions []version // the newest first
	// What the client sent last and got no answer to: a version put on top, or
	// one removed.
	pending bool
	adds    *version
	removes string
	changed bool
}

// upload is an upload in parts.
type upload struct {
	id, bucket, key, put string
	parts                map[int]piece // acknowledged
	pending              map[int]piece // sent, and not answered
	completing, aborting bool          // sent, and not answered
	created              bool          // its id is known
}

// ledger is what the clients of a disk were told.
type ledger struct {
	mu       sync.Mutex
	tick     int64
	names    uint64
	puts     map[string]content
	objects  map[string]*register // by key, in the bucket without versions
	history  map[string]*history  // by key, in the bucket with versions
	buckets  map[string]*register // those that come and go
	things   map[string]*register
	certs    map[string]*register
	settings map[string]*register // tags, quotas and lifecycle rules
	uploads  []*upload
	certIDs  []string

	chains     []chain // one for each client
	identities map[string]*register
	made       map[int][]string     // the certificates that a client made, by its number
	keys       map[string]secretKey // the keys that clients were given: of users by id, and of sessions
	unanswered map[string]int       // how often something was asked for whose name never came
}

func newLedger(chains []chain) *ledger {
	l := &ledger{puts: map[string]content{}, objects: map[string]*register{}, history: map[string]*history{}, buckets: map[string]*register{}, things: map[string]*register{}, certs: map[string]*register{}, settings: map[string]*register{}, chains: chains, identities: map[string]*register{}, made: map[int][]string{}, keys: map[string]secretKey{}, unanswered: map[string]int{}}
	for n, c := range chains {
		l.certIDs = append(l.certIDs, c.id)
		l.certs[c.id] = &register{}
		l.certs[c.id].settle("ACTIVE")
		for _, link := range links(n) {
			registerOf(l.identities, link).settle(there)
		}
		registerOf(l.identities, "alias "+deviceOf(n)).settle("900")
		registerOf(l.identities, "policy "+deviceOf(n)).settle("first")
	}
	return l
}

func registerOf(of map[string]*register, key string) *register {
	r := of[key]
	if r == nil {
		r = &register{}
		r.settle("")
		of[key] = r
	}
	return r
}

// name returns a name for what is about to be put.
func (l *ledger) name(c content) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.names++
	name := fmt.Sprintf("p%d", l.names)
	l.puts[name] = c
	return name
}

// contentOf returns what was put under a name.
func (l *ledger) contentOf(name string) content {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.puts[name]
}

// begin notes that a value is being written.
func (l *ledger) begin(of map[string]*register, key, value string) *write {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tick++
	w := &write{value: value, start: l.tick}
	r := registerOf(of, key)
	r.writes = append(r.writes, w)
	return w
}

// end notes what became of a write.
func (l *ledger) end(w *write, s state) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tick++
	if w.state == unknown {
		w.state, w.end = s, l.tick
	}
}

// seen notes that a value was read: it counts as acknowledged.
func (l *ledger) seen(of map[string]*register, key, value string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tick++
	for _, w := range registerOf(of, key).writes {
		if w.value == value && w.state == unknown {
			w.state, w.end = done, l.tick
		}
	}
}

// value returns what a register held last.
func (l *ledger) value(of map[string]*register, key string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return registerOf(of, key).value()
}

// historyOf returns the history of a key, which only its client changes.
func (l *ledger) historyOf(key string) *history {
	l.mu.Lock()
	defer l.mu.Unlock()
	h := l.history[key]
	if h == nil {
		h = &history{}
		l.history[key] = h
	}
	return h
}
