package powerloss_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
)

// clients is how many write at once.
const clients = 6

// worker is a client. Each has keys, things and a certificate of its own, which
// it changes one after the other, so that it always knows what they hold.
type worker struct {
	*world
	ctx    context.Context
	n      int
	random *rand.Rand
	acked  func() // called in the moment of an acknowledgement
}

// work runs the clients until the power is cut or enough is closed.
func (w *world) work(enough <-chan struct{}, acked func()) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		<-w.ended
		cancel()
	}()
	var all sync.WaitGroup
	for n := range clients {
		one := &worker{w, ctx, n, rand.New(rand.NewPCG(w.random.Uint64(), uint64(n))), acked}
		all.Go(func() {
			for !w.disk.Off() && ctx.Err() == nil {
				select {
				case <-enough:
					return
				default:
					w.step(one)
				}
			}
		})
	}
	all.Wait()
}

// step does one thing.
func (w *worker) step() {
	switch n := w.random.IntN(100); {
	case n < 28:
		w.put(w.key(), nil)
	case n < 33:
		w.put(w.sharedKey(), nil)
	case n < 36:
		w.look(w.sharedKey())
	case n < 40:
		w.putIf()
	case n < 48:
		w.remove()
	case n < 51:
		w.removeMany()
	case n < 56:
		w.copy()
	case n < 60:
		w.setting()
	case n < 72:
		w.putVersion()
	case n < 78:
		w.removeVersion()
	case n < 90:
		w.multipart()
	case n < 93:
		w.bucket()
	case n < 97:
		w.thing()
	default:
		w.certificate()
	}
}

// key returns one of the client's own keys, which are as strange as S3 allows.
func (w *worker) key() spot {
	k := w.random.IntN(14)
	switch {
	case k < len(shapes):
		return spot{plain, fmt.Sprintf(shapes[k], w.n)}
	case k < 12:
		return spot{plain, fmt.Sprintf("c%d/key-%d", w.n, k)}
	}
	return spot{suspended, fmt.Sprintf("c%d/key-%d", w.n, k)}
}

var shapes = []string{"c%d/dir", "c%d/dir/child", "c%d/dir/", "c%d//twice", "/c%d", "c%d/../ü"}

// spot is where an object is. Its name in the ledger is its path.
type spot struct{ bucket, key string }

func (s spot) String() string { return s.bucket + "/" + s.key }

// sharedKey returns a key that all clients write to.
func (w *worker) sharedKey() spot { return spot{plain, fmt.Sprintf("shared-%d", w.random.IntN(3))} }

// content returns something to put: mostly small, on both sides of what a
// server may keep in a row, now and then large.
func (w *worker) content() content {
	sizes := []int{w.random.IntN(200), w.random.IntN(200), 4 << 10, 4 << 10, w.random.IntN(16 << 10), 16<<10 - 1 + w.random.IntN(3), w.random.IntN(100 << 10), 64 << 10, 300 << 10}
	size := sizes[w.random.IntN(len(sizes))]
	if w.random.IntN(40) == 0 {
		size = 1<<20 + w.random.IntN(3)
	}
	return content{{w.random.Uint64(), size}}
}

// outcome says what an answer means for what was sent.
func (w *worker) outcome(what string, r reply, err error, refusals ...int) state {
	switch {
	case err == nil && r.status/100 == 2:
		return done
	case w.disk.Off():
		return unknown
	case err != nil:
		w.report(wrong, "%s: %v", what, err)
		return unknown
	}
	for _, s := range refusals {
		if r.status == s {
			return refused
		}
	}
	if w.noRoom(r) {
		w.turnedAway.Add(1)
		return refused
	}
	w.report(wrong, "%s: %v", what, r)
	return unknown
}

// noRoom reports whether something was refused because the disk is full.
func (w *world) noRoom(r reply) bool {
	return w.full.Load() && (r.status == http.StatusInsufficientStorage || r.status == http.StatusServiceUnavailable)
}

// acknowledged counts an acknowledgement, in its moment.
func (w *worker) acknowledged(s state) {
	if s == done && w.acked != nil {
		w.acked()
	}
}

// put puts an object in the bucket without versions.
func (w *worker) put(key spot, header map[string]string) (reply, state) {
	c := w.content()
	name := w.name(c)
	h := map[string]string{"x-amz-meta-put": name}
	for k, v := range header {
		h[k] = v
	}
	wr := w.begin(w.objects, key.String(), name)
	r, err := w.s3(w.ctx, "PUT", key.bucket, key.key, nil, h, c.bytes())
	refusals := []int{http.StatusConflict}
	if header != nil {
		refusals = append(refusals, http.StatusPreconditionFailed, http.StatusNotFound)
	}
	s := w.outcome("put "+key.String(), r, err, refusals...)
	w.end(wr, s)
	w.acknowledged(s)
	if s == done && r.header.Get("etag") != `"`+c[0].etag()+`"` {
		w.report(wrong, "put %s: got ETag %s, want %s", key, r.header.Get("etag"), c[0].etag())
	}
	return r, s
}

// putIf puts an object under a condition, and checks that it was decided right.
func (w *worker) putIf() {
	key := w.key()
	now := w.value(w.objects, key.String())
	header := map[string]string{"if-none-match": "*"}
	want := now == ""
	if now != "" && w.random.IntN(2) == 0 {
		if c := w.contentOf(now); len(c) == 1 {
			header = map[string]string{"if-match": `"` + c[0].etag() + `"`}
			want = true
		}
	}
	if r, s := w.put(key, header); s != unknown && (s == done) != want && !w.noRoom(r) {
		w.report(wrong, "put %s with %v over %q: %v", key, header, now, r)
	}
}

// look reads a key that others write to. What was seen must not be lost.
func (w *worker) look(key spot) {
	r, err := w.s3(w.ctx, "GET", key.bucket, key.key, nil, nil, nil)
	if err != nil || r.status != http.StatusOK {
		return
	}
	name := r.header.Get("x-amz-meta-put")
	if string(r.body) != string(w.contentOf(name).bytes()) {
		w.report(torn, "a running server gave %d bytes for %s of %s, which are not what was put", len(r.body), name, key)
		return
	}
	w.seen(w.objects, key.String(), name)
}

func (w *worker) remove() {
	key := w.key()
	if w.random.IntN(4) == 0 {
		key = w.sharedKey()
	}
	wr := w.begin(w.objects, key.String(), "")
	r, err := w.s3(w.ctx, "DELETE", key.bucket, key.key, nil, nil, nil)
	s := w.outcome("delete "+key.String(), r, err)
	w.end(wr, s)
	w.acknowledged(s)
}

func (w *worker) removeMany() {
	var writes []*write
	body := `<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Quiet>true</Quiet>`
	for range 3 {
		key := w.key()
		key.bucket = plain
		writes = append(writes, w.begin(w.objects, key.String(), ""))
		body += "<Object><Key>" + key.key + "</Key></Object>"
	}
	body += "</Delete>"
	r, err := w.s3(w.ctx, "POST", plain, "", url.Values{"delete": {""}}, map[string]string{"content-md5": md5Of(body)}, []byte(body))
	s := w.outcome("delete of three", r, err)
	if s == done && strings.Contains(string(r.body), "<Error>") {
		s = unknown
		if !w.disk.Off() {
			w.report(wrong, "delete of three: %v", r)
		}
	}
	for _, wr := range writes {
		w.end(wr, s)
	}
	w.acknowledged(s)
}

// copy copies one of the client's objects over another.
func (w *worker) copy() {
	from, to := w.key(), w.key()
	source := w.value(w.objects, from.String())
	if source == "" || from == to {
		return
	}
	name := w.name(w.contentOf(source))
	wr := w.begin(w.objects, to.String(), name)
	r, err := w.s3(w.ctx, "PUT", to.bucket, to.key, nil, map[string]string{
		"x-amz-copy-source": escaped("/" + from.String()), "x-amz-metadata-directive": "REPLACE", "x-amz-meta-put": name,
	}, nil)
	s := w.outcome(fmt.Sprintf("copy %v to %v", from, to), r, err, http.StatusConflict)
	if s == done && strings.Contains(string(r.body), "<Error>") {
		s = unknown
	}
	w.end(wr, s)
	w.acknowledged(s)
}

// bucket makes a bucket, or removes it. It is a row beside the identities and
// one beside the objects, which must never part.
func (w *worker) bucket() {
	name := fmt.Sprintf("c%d-bucket-%d", w.n, w.random.IntN(3))
	method, value := "PUT", "there"
	if w.value(w.buckets, name) != "" {
		method, value = "DELETE", ""
	}
	wr := w.begin(w.buckets, name, value)
	r, err := w.s3(w.ctx, method, name, "", nil, nil, nil)
	s := w.outcome(method+" of bucket "+name, r, err)
	w.end(wr, s)
	w.acknowledged(s)
}

func (w *worker) thing() {
	name := fmt.Sprintf("c%d-thing-%d", w.n, w.random.IntN(20))
	method, value := "POST", "there"
	if w.value(w.things, name) != "" {
		method, value = "DELETE", ""
	}
	wr := w.begin(w.things, name, value)
	r, err := w.iot(w.ctx, method, "/things/"+name, nil, map[string]string{"POST": "{}"}[method])
	s := w.outcome(method+" of thing "+name, r, err)
	w.end(wr, s)
	w.acknowledged(s)
}

func (w *worker) certificate() {
	id := w.certIDs[w.n]
	status := "INACTIVE"
	if w.value(w.certs, id) == "INACTIVE" {
		status = "ACTIVE"
	}
	wr := w.begin(w.certs, id, status)
	r, err := w.iot(w.ctx, "PUT", "/certificates/"+id, url.Values{"newStatus": {status}}, "")
	s := w.outcome("certificate "+status, r, err)
	w.end(wr, s)
	w.acknowledged(s)
}
