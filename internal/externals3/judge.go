package externals3

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"muster/internal/objects"
)

// What a Judge decides by tags is decided in three steps: look reads an object
// and its tags together, the Judge is asked, and then the store. A store can't
// be told to do something on condition of tags, so it is promised that:
//
//   - Tags that are read belong to the content that has that ETag. A store may
//     link an object first and tag it then, so who makes an object with tags
//     holds its key from the last bytes on until the store has answered.
//   - What is read or copied is the content that was judged: ETag, version and
//     date are compared before a byte is given, and a copy is made on condition
//     of the ETag, with the tags that were judged.
//   - What is written over a judged object is written while its key is held,
//     after a second look has shown it as it was judged; and on condition of
//     its ETag, which other processes can't evade either.
//
// About tags it holds among the requests of this process: an object that is
// replaced by one without tags while a change of tags is under way may get that
// change.

// tries is how often something is judged again that changes meanwhile.
const tries = 4

// seen is an object as it was when it was looked at.
type seen struct {
	objects.Object       // with its tags
	missing        error // what the store says when there is none
}

// tagsSeen is what a Judge is asked about.
func (s *seen) tagsSeen() []objects.Tag {
	if s.missing != nil {
		return nil
	}
	return s.Tags
}

// same reports whether nothing has changed between two looks.
func (s *seen) same(other *seen) bool {
	if s.missing != nil || other.missing != nil {
		return s.missing != nil && other.missing != nil
	}
	return s.is(&other.Object) && slices.Equal(s.Tags, other.Tags)
}

// is reports whether o is the object that was seen, whatever its tags.
func (s *seen) is(o *objects.Object) bool {
	return s.missing == nil && s.ETag == o.ETag && s.Version == o.Version && s.Modified.Equal(o.Modified)
}

// isMissing reports whether err says that there is no such object.
func isMissing(err error) bool {
	for _, why := range []objects.Refusal{objects.NoObject, objects.NoVersion, objects.BadVersion, objects.IsMarker} {
		if errors.Is(err, why) {
			return true
		}
	}
	return false
}

// look reads an object and its tags.
func (s *Store) look(ctx context.Context, ref objects.Ref) (*seen, error) {
	unlock, err := s.keys.lock(ctx, ref)
	if err != nil {
		return nil, err
	}
	defer unlock()
	return s.lookHeld(ctx, ref)
}

// lookHeld is look for who holds the key.
func (s *Store) lookHeld(ctx context.Context, ref objects.Ref) (*seen, error) {
	found, err := s.fetch(ctx, http.MethodHead, objects.Read{Ref: ref})
	if isMissing(err) {
		return &seen{missing: err}, nil
	}
	if err != nil {
		return nil, err
	}
	of := ref
	if found.Versioned {
		of.Version = found.Version
	}
	tags, err := s.readTags(ctx, of)
	if isMissing(err) { // it has gone meanwhile
		return &seen{missing: err}, nil
	}
	if err != nil {
		return nil, err
	}
	found.Tags = tags.Tags
	return &seen{Object: found.Object}, nil
}

// judged looks at an object and asks the judge about it.
func (s *Store) judged(ctx context.Context, ref objects.Ref, judge objects.Judge) (*seen, error) {
	now, err := s.look(ctx, ref)
	if err != nil {
		return nil, err
	}
	return now, judge(now.tagsSeen())
}

// hold takes hold of a key once the object there is the one that was judged
// last. The judge is asked again while it is another.
func (s *Store) hold(ctx context.Context, ref objects.Ref, judge objects.Judge, last *seen) (now *seen, unlock func(), err error) {
	for range tries {
		if unlock, err = s.keys.lock(ctx, ref); err != nil {
			return nil, nil, err
		}
		now, err = s.lookHeld(ctx, ref)
		if err == nil && now.same(last) {
			return now, unlock, nil
		}
		unlock()
		if err == nil {
			err = judge(now.tagsSeen())
		}
		if err != nil {
			return nil, nil, err
		}
		last = now
	}
	return nil, nil, objects.Conflict
}

// overwrite is a write to a key, from the judging of what is there on.
type overwrite struct {
	store *Store
	ref   objects.Ref
	judge objects.Judge // nil where it isn't asked
	last  *seen
	holds bool // the key is to be held even where nothing is judged

	pinned bool // If-Match was *

	mu     sync.Mutex
	unlock func()
	over   bool
}

// overwriting asks the judge, where the conditions name ETags, and sets in h
// the conditions for the store. Call take before the last bytes of the write,
// and release after it in any case.
func (s *Store) overwriting(ctx context.Context, ref objects.Ref, c objects.Conditions, judge objects.Judge, h http.Header) (*overwrite, error) {
	w := &overwrite{store: s, ref: ref}
	if !namesETags(c.IfMatch) {
		judge = nil
	}
	var err error
	if w.pinned, err = s.pinAny(ctx, ref, &c); err != nil {
		return nil, err
	}
	conditions(h, "", c)
	if judge == nil {
		return w, nil
	}
	if w.last, err = s.judged(ctx, ref, judge); err != nil {
		return nil, err
	}
	w.judge = judge
	switch {
	case w.last.missing != nil:
		return nil, &objects.Refused{Refusal: objects.NoObject, Condition: "If-Match"}
	case !matches(c.IfMatch, w.last.ETag, false):
		return nil, &objects.Refused{Refusal: objects.Precondition, Condition: "If-Match"}
	}
	h.Set("If-Match", `"`+w.last.ETag+`"`)
	return w, nil
}

// pinAny puts the ETag of the object that is there in place of an If-Match of *,
// which S3 takes for a removal only. It reports whether it did.
func (s *Store) pinAny(ctx context.Context, ref objects.Ref, c *objects.Conditions) (pinned bool, err error) {
	if !slices.ContainsFunc(strings.Split(c.IfMatch, ","), func(item string) bool { return strings.TrimSpace(item) == "*" }) {
		return false, nil
	}
	found, err := s.fetch(ctx, http.MethodHead, objects.Read{Ref: ref})
	if err != nil {
		return false, err
	}
	c.IfMatch = `"` + found.ETag + `"`
	return true, nil
}

// settle returns what a refused write means to who asked for it: another object
// than was looked at is no reason that a condition of * names.
func (w *overwrite) settle(err error) error {
	var r *objects.Refused
	if w.pinned && errors.As(err, &r) && r.Refusal == objects.Precondition && r.Condition == "If-Match" {
		return objects.Conflict
	}
	return err
}

// take takes hold of the key. It fails when the object is no more the one that
// was judged, or may not be overwritten any more.
func (w *overwrite) take(ctx context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.over:
		return errOver
	case w.unlock != nil:
		return nil
	case w.judge != nil:
		now, unlock, err := w.store.hold(ctx, w.ref, w.judge, w.last)
		if err != nil {
			return err
		}
		w.unlock = unlock
		if now.missing != nil || now.ETag != w.last.ETag { // the store was told of the other one
			return objects.Conflict
		}
	case w.holds:
		unlock, err := w.store.keys.lock(ctx, w.ref)
		if err != nil {
			return err
		}
		w.unlock = unlock
	}
	return nil
}

func (w *overwrite) release() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.over = true; w.unlock != nil {
		w.unlock()
		w.unlock = nil
	}
}

// namesETags reports whether a header of ETags names any.
func namesETags(header string) bool {
	for item := range strings.SplitSeq(header, ",") {
		if item = strings.TrimSpace(item); item != "" && item != "*" {
			return true
		}
	}
	return false
}

// matches reports whether a header of ETags names one. A weak one counts only
// where weak ones are compared.
func matches(header, etag string, weakly bool) bool {
	for item := range strings.SplitSeq(header, ",") {
		item = strings.TrimSpace(item)
		strong, isWeak := strings.CutPrefix(item, "W/")
		switch {
		case item == "*":
			return true
		case item == "", isWeak && !weakly:
		case strings.EqualFold(strings.Trim(strong, `"`), etag):
			return true
		}
	}
	return false
}

// checkSource checks the conditions on a copy's source that was looked at (RFC
// 9110, section 13.2.2): the store gets another one, of what was judged.
func checkSource(c objects.Conditions, o *objects.Object) error {
	modified := o.Modified.Truncate(time.Second)
	var failed string
	switch {
	case c.IfMatch != "" && !matches(c.IfMatch, o.ETag, false):
		failed = "If-Match"
	case c.IfMatch == "" && !c.IfUnmodifiedSince.IsZero() && modified.After(c.IfUnmodifiedSince):
		failed = "If-Unmodified-Since"
	case c.IfNoneMatch != "" && matches(c.IfNoneMatch, o.ETag, true):
		failed = "If-None-Match"
	case c.IfNoneMatch == "" && !c.IfModifiedSince.IsZero() && !modified.After(c.IfModifiedSince):
		failed = "If-Modified-Since"
	default:
		return nil
	}
	return &objects.Refused{Refusal: objects.Precondition, Condition: ofTheSource(failed), Source: true}
}

// keyed is a lock for each key in use. The zero value is ready.
type keyed struct {
	mu   sync.Mutex
	held map[objects.Ref]*held
}

type held struct {
	by    chan struct{} // of room for one
	users int
}

// lock waits until nobody else holds the key, and returns what gives it back.
func (k *keyed) lock(ctx context.Context, ref objects.Ref) (unlock func(), err error) {
	ref.Version = ""
	k.mu.Lock()
	if k.held == nil {
		k.held = map[objects.Ref]*held{}
	}
	h := k.held[ref]
	if h == nil {
		h = &held{by: make(chan struct{}, 1)}
		k.held[ref] = h
	}
	h.users++
	k.mu.Unlock()
	leave := func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		if h.users--; h.users == 0 {
			delete(k.held, ref)
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
