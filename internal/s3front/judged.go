package s3front

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"

	"muster/internal/policy"
	"muster/internal/sigv4"
)

// What an object's tags decide is decided in three steps: look reads ETag and
// tags together, the policies are asked, and then the store. What is promised:
//
//   - Tags that are read belong to the content that has that ETag. The store
//     links an object first and tags it then, so who makes an object with tags
//     holds its lock from the last bytes on until the store has answered.
//   - What is read or copied is the content that was judged: its ETag is compared
//     before the client gets a byte, and the copy made on condition of it.
//   - Tags are changed under the same lock, from the look on, so that a change
//     that existing tags forbid is never made after them.
//
// It holds among the requests of this process. An object that is replaced by
// one with other tags while a change of tags is under way may get that change.

// judged is an object as it was when its tags were read for a decision; the
// zero value when there was none.
type judged struct {
	etag, version, modified string
	tags                    []tag
}

// lookFor sets in c the condition keys of an object's tags, where a policy of
// the caller looks at them; else it answers nil.
func (f *Front) lookFor(r *request, t target, version params, c policy.Context) (*judged, error) {
	if !r.caller.LooksAt(existingTag) {
		return nil, nil
	}
	j, err := f.look(r, t, version)
	if err != nil {
		return nil, err
	}
	tagConditions(c, existingTag, j.tags)
	return j, nil
}

// look reads the tags of an object, as the store's owner.
func (f *Front) look(r *request, t target, version params) (*judged, error) {
	if !r.changesTags() { // which has the lock
		unlock, err := f.tagging.lock(r.Context(), t)
		if err != nil {
			return nil, err
		}
		defer unlock()
	}
	j, err := f.head(r.Context(), t, version)
	if err == nil && j.etag == "" && version["versionId"] == "null" {
		// The embedded store reads the version of before versions when it is the
		// newest, but has no head of it by that name.
		version = nil
		if j, err = f.head(r.Context(), t, nil); j != nil && j.version != "" {
			return &judged{}, nil
		}
	}
	if err != nil || j.etag == "" {
		return j, err
	}
	j.tags, err = f.readTags(r.Context(), t, version)
	return j, err
}

// head finds the very object: by its tags alone the store takes dir for dir/.
func (f *Front) head(ctx context.Context, t target, version params) (*judged, error) {
	resp, err := f.Store.do(ctx, http.MethodHead, t, version, nil, nil)
	if err != nil {
		return nil, err
	}
	resp.Body.Close()
	switch {
	case resp.StatusCode >= 400 && resp.StatusCode < 500:
		return &judged{}, nil
	case resp.StatusCode != http.StatusOK || resp.Header.Get("Etag") == "":
		return nil, fmt.Errorf("look at an object: the object store answers %s", resp.Status)
	}
	return &judged{etag: resp.Header.Get("Etag"), version: resp.Header.Get("X-Amz-Version-Id"), modified: resp.Header.Get("Last-Modified")}, nil
}

func (f *Front) readTags(ctx context.Context, t target, version params) ([]tag, error) {
	query := params{"tagging": ""}
	for name, v := range version {
		query[name] = v
	}
	resp, err := f.Store.do(ctx, http.MethodGet, t, query, nil, nil)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		code := readCode(resp.Body)
		if resp.StatusCode == http.StatusNotFound && (code == "NoSuchTagSet" || code == "NoSuchKey" || code == "NoSuchVersion") {
			return nil, nil // none, or the object has gone meanwhile
		}
		return nil, fmt.Errorf("read the tags of an object: the object store answers %d %s", resp.StatusCode, code)
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody))
	if err != nil {
		return nil, err
	}
	var found struct { // whatever the store's namespace
		Tags []tag `xml:"TagSet>Tag"`
	}
	if err := xml.Unmarshal(text, &found); err != nil {
		return nil, fmt.Errorf("the object store's answer to GetObjectTagging can't be read: %w", err)
	}
	slices.SortFunc(found.Tags, func(a, b tag) int { return strings.Compare(a.Key, b.Key) }) // the store has no order
	return found.Tags, nil
}

// checkUnchanged asks, after the store has answered and before the client gets
// any of it, whether the answer is of what was judged. SDKs ask again by
// themselves.
func (f *Front) checkUnchanged(r *request, etag string) error {
	if r.judged == nil || r.Method != http.MethodGet && r.Method != http.MethodHead {
		return nil
	}
	same := etag == r.judged.etag
	if etag == "" { // of tags, attributes, and of 304 of the embedded store
		now, err := f.look(r, r.target, r.params.only("versionId"))
		if err != nil {
			return err
		}
		same = now.etag == r.judged.etag && slices.Equal(now.tags, r.judged.tags)
	}
	if !same {
		return fmt.Errorf("%w (the object has changed since its tags were read)", errUnavailable)
	}
	return nil
}

// changesTags reports whether the request changes the tags of an object.
func (r *request) changesTags() bool {
	return r.op.target == onObject && slices.Contains(r.op.with, "tagging") && r.Method != http.MethodGet
}

// ask asks the store for what the request asks for.
func (f *Front) ask(r *request, header http.Header, body *sigv4.Body) (*http.Response, error) {
	lock := func() (func(), error) { return f.tagging.lock(r.Context(), r.target) }
	switch {
	case r.op.name == "PutObject" && len(r.tags) > 0 && body.Length > 0:
		last := &lastBytes{r: body.Reader, left: body.Length, lock: lock}
		body.Reader = last
		defer last.release()
	case r.op.name == "CopyObject", r.op.name == "PutObject" && len(r.tags) > 0:
		unlock, err := lock()
		if err != nil {
			return nil, err
		}
		defer unlock()
	}
	return f.Store.do(r.Context(), r.Method, r.target, r.params, header, body)
}

// lastBytes holds back the end of a body until it has a lock, so that a slow
// client doesn't keep others waiting.
type lastBytes struct {
	r    io.Reader
	left int64
	lock func() (unlock func(), err error)

	mu     sync.Mutex
	unlock func()
	over   bool // the store has answered
}

func (l *lastBytes) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	if l.left -= int64(n); l.left > 0 || n == 0 {
		return n, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return 0, errors.New("the object store has answered before the end of the body")
	}
	if l.unlock == nil {
		var failed error
		if l.unlock, failed = l.lock(); failed != nil {
			return 0, failed
		}
	}
	return n, err
}

func (l *lastBytes) release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over = true; l.unlock != nil {
		l.unlock()
	}
}

// keyed is a lock for each object in use. The zero value is ready.
type keyed struct {
	mu   sync.Mutex
	held map[target]*held
}

type held struct {
	by    chan struct{} // of room for one
	users int
}

// lock waits until nobody else holds t, and answers what gives it back.
func (k *keyed) lock(ctx context.Context, t target) (unlock func(), err error) {
	k.mu.Lock()
	if k.held == nil {
		k.held = map[target]*held{}
	}
	h := k.held[t]
	if h == nil {
		h = &held{by: make(chan struct{}, 1)}
		k.held[t] = h
	}
	h.users++
	k.mu.Unlock()
	leave := func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		if h.users--; h.users == 0 {
			delete(k.held, t)
		}
	}
	select {
	case h.by <- struct{}{}:
		return func() { <-h.by; leave() }, nil
	case <-ctx.Done():
		leave()
		return nil, ctx.Err()
	}
}
