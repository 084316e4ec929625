package powerloss_test

import (
	"bytes"
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// verify compares what the server has with what the clients were told, and
// settles the ledger on what it has. Afterwards nothing is unknown.
func (w *world) verify() error {
	ctx := context.Background()
	for _, check := range w.checks {
		if err := check(ctx); err != nil {
			return err
		}
	}
	return nil
}

// now and then verify reads again what was not changed.
func (w *world) again() bool { return w.whole || w.random.IntN(10) == 0 }

// read returns the name of what is kept under a key, having compared all bytes;
// ok is false when it could not be read, which it has reported.
func (w *world) read(ctx context.Context, bucket, key, versionID string) (name string, ok bool, err error) {
	query := url.Values{}
	if versionID != "" {
		query.Set("versionId", versionID)
	}
	r, err := w.s3(ctx, "GET", bucket, key, query, nil, nil)
	switch {
	case r.status == http.StatusOK && err != nil:
		w.report(unreadable, "%s of %s breaks off: %v", key, bucket, err)
		return "", false, nil
	case err != nil:
		return "", false, err
	case r.status != http.StatusOK:
		w.report(unreadable, "%s %s of %s is listed, and reading it is %v", key, versionID, bucket, r)
		return "", false, nil
	}
	name = r.header.Get("x-amz-meta-put")
	w.ledger.mu.Lock()
	c, known := w.puts[name]
	w.ledger.mu.Unlock()
	if !known {
		w.report(orphan, "%s %s of %s holds %q, which nobody put", key, versionID, bucket, name)
		return "", false, nil
	}
	if want := c.bytes(); !bytes.Equal(r.body, want) {
		w.report(torn, "%s %s of %s, put as %s, has %d bytes that are not the %d put", key, versionID, bucket, name, len(r.body), len(want))
		return "", false, nil
	}
	return name, true, nil
}

func (w *world) verifyObjects(ctx context.Context) error {
	there := map[string]bool{}
	for _, bucket := range []string{plain, suspended} {
		all, err := w.list(ctx, bucket, false)
		if err != nil {
			return err
		}
		for _, o := range all {
			at := spot{bucket, o.Key}.String()
			there[at] = true
			if w.objects[at] == nil {
				w.report(orphan, "%s is listed and nobody made it", at)
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(w.objects)) {
		r := w.objects[key]
		name := ""
		if there[key] {
			if !r.touched() && !w.again() {
				continue
			}
			bucket, rest, _ := strings.Cut(key, "/")
			var ok bool
			var err error
			if name, ok, err = w.read(ctx, bucket, rest, ""); err != nil {
				return err
			} else if !ok {
				// It stays unknown: removed, so that the next rounds find other things.
				if _, err := w.s3(ctx, "DELETE", bucket, rest, nil, nil, nil); err != nil {
					return err
				}
				r.settle("")
				continue
			}
		}
		w.judge("object "+key, r, name)
	}
	return nil
}

// judge reports a register that holds what it may not, and settles it.
func (w *world) judge(what string, r *register, got string) {
	if allowed := r.allowed(); !slices.Contains(allowed, got) {
		w.report(lost, "%s holds %q, want one of %q", what, got, allowed)
	}
	r.settle(got)
}

func (w *world) verifyVersions(ctx context.Context) error {
	all, err := w.list(ctx, versioned, true)
	if err != nil {
		return err
	}
	found := map[string][]listed{}
	for _, v := range all {
		found[v.Key] = append(found[v.Key], v)
		if w.history[v.Key] == nil {
			w.report(orphan, "version %s of %s is listed and nobody made it", v.VersionId, v.Key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(w.history)) {
		h := w.history[key]
		var got []version
		latest := ""
		for _, v := range found[key] {
			known := slices.IndexFunc(h.versions, func(k version) bool { return k.id == v.VersionId })
			have := version{id: v.VersionId}
			switch {
			case known >= 0 && !h.changed && !w.again():
				have.put = h.versions[known].put
			case !v.marker():
				if have.put, _, err = w.read(ctx, versioned, key, v.VersionId); err != nil {
					return err
				}
			}
			got = append(got, have)
			if v.IsLatest {
				latest = v.VersionId
			}
		}
		held, ok := h.matching(got, latest)
		if !ok {
			w.report(lost, "%s has the versions %v, want %v; unanswered: %v adds %v removes %q", key, got, h.versions, h.pending, h.adds, h.removes)
		}
		w.history[key] = &history{versions: held}
	}
	return nil
}

// matching returns which of the versions that a key may have were found, from
// the newest to the oldest; or those that were found, when it may not have them.
func (h *history) matching(got []version, latest string) (held []version, ok bool) {
	may := [][]version{h.versions}
	switch {
	case h.pending && h.adds != nil && len(got) > len(h.versions):
		// Its id never came. It is the one that isn't known.
		for _, v := range got {
			if v.put == h.adds.put && !slices.ContainsFunc(h.versions, func(k version) bool { return k.id == v.id }) {
				may = append(may, slices.Insert(slices.Clone(h.versions), 0, v))
			}
		}
	case h.pending && h.adds == nil:
		may = append(may, slices.DeleteFunc(slices.Clone(h.versions), func(v version) bool { return v.id == h.removes }))
	}
	for _, m := range may {
		if slices.Equal(byKind(got), byKind(m)) && (len(m) == 0 || m[0].id == latest) {
			return m, true
		}
	}
	return got, false
}

// byKind puts delete markers before versions: a list may give them apart.
func byKind(all []version) []version {
	var markers, rest []version
	for _, v := range all {
		if v.put == "" {
			markers = append(markers, v)
		} else {
			rest = append(rest, v)
		}
	}
	return append(markers, rest...)
}

// verifyUploads is called when the objects are settled: an upload is under way,
// or its object is there, and never both.
func (w *world) verifyUploads(ctx context.Context) error {
	there, err := w.server.uploads(ctx, plain)
	if err != nil {
		return err
	}
	var kept []*upload
	for _, u := range w.ledger.uploads {
		if !u.created { // its id never came: it is one of the unknown ones below
			continue
		}
		_, listed := there[u.id]
		delete(there, u.id)
		made := w.value(w.objects, spot{u.bucket, u.key}.String()) == u.put
		switch {
		case listed && made:
			w.report(torn, "the upload of %s is under way and its object is there", u.key)
		case !listed && !made && !u.aborting:
			w.report(lost, "the upload %s of %s is gone (it was being completed: %v), and the object there is %q", u.put, u.key, u.completing, w.value(w.objects, spot{u.bucket, u.key}.String()))
		}
		if !listed {
			continue
		}
		if err := w.verifyParts(ctx, u); err != nil {
			return err
		}
		u.completing, u.aborting = false, false
		kept = append(kept, u)
	}
	for id, key := range there {
		made := slices.ContainsFunc(w.ledger.uploads, func(u *upload) bool { return !u.created && u.key == key })
		if !made {
			w.report(orphan, "an upload of %s is listed that ended or that nobody began", key)
		}
		if _, err := w.s3(ctx, "DELETE", plain, key, url.Values{"uploadId": {id}}, nil, nil); err != nil {
			return err
		}
	}
	w.ledger.uploads = kept
	return nil
}

func (w *world) verifyParts(ctx context.Context, u *upload) error {
	got, err := w.parts(ctx, u.bucket, u.key, u.id)
	if err != nil {
		return err
	}
	for number, sent := range u.pending {
		if got[number] == sent.etag() {
			u.parts[number] = sent
		}
	}
	u.pending = map[int]piece{}
	for number, p := range u.parts {
		if got[number] != p.etag() {
			w.report(lost, "part %d of the upload of %s has the ETag %q, want %s", number, u.key, got[number], p.etag())
			delete(u.parts, number)
		}
		delete(got, number)
	}
	for number := range got {
		w.report(orphan, "part %d of the upload of %s is listed and nobody sent it", number, u.key)
	}
	return nil
}
