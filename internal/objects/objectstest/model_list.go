package objectstest

import (
	"context"
	"slices"
	"strings"

	"muster/internal/objects"
)

// entry is one thing of a list, in the list's order.
type entry[T any] struct {
	key, id string
	rank    int // the place among those of the key: ascending
	item    T
}

// paged is a page of a list of anything.
type paged[T any] struct {
	items        []T
	prefixes     []string
	more         bool
	next, nextID string
}

// pageOf returns the page that l asks for. rankOf returns the rank of an id
// that was given once, though it may be gone.
func pageOf[T any](l objects.List, all []entry[T], rankOf func(id string) (int, bool)) paged[T] {
	var p paged[T]
	for _, e := range all {
		if !strings.HasPrefix(e.key, l.Prefix) || before(l, e.key, e.rank, rankOf) {
			continue
		}
		group := groupOf(l, e.key)
		if group != "" && len(p.prefixes) > 0 && p.prefixes[len(p.prefixes)-1] == group {
			continue
		}
		if len(p.items)+len(p.prefixes) == l.Max {
			p.more = true
			return p
		}
		if group != "" {
			p.prefixes = append(p.prefixes, group)
			p.next, p.nextID = group, ""
			continue
		}
		p.items = append(p.items, e.item)
		p.next, p.nextID = e.key, e.id
	}
	p.next, p.nextID = "", ""
	return p
}

// before reports whether an entry lies before the page.
func before(l objects.List, key string, rank int, rankOf func(string) (int, bool)) bool {
	switch {
	case l.After == "":
		return false
	case l.AfterID != "" && key == l.After:
		border, known := rankOf(l.AfterID)
		return known && rank <= border
	case strings.HasPrefix(l.After, l.Prefix) && groupOf(l, l.After) == l.After && strings.HasPrefix(key, l.After):
		return true
	}
	return key <= l.After
}

// groupOf returns the prefix that stands for key, up to the delimiter; "" when
// the key stands for itself.
func groupOf(l objects.List, key string) string {
	if l.Delimiter == "" {
		return ""
	}
	rest := strings.TrimPrefix(key, l.Prefix)
	head, _, cut := strings.Cut(rest, l.Delimiter)
	if !cut {
		return ""
	}
	return l.Prefix + head + l.Delimiter
}

// List implements objects.Keeper.
func (m *Model) List(_ context.Context, l objects.List) (objects.Listed, error) {
	l.AfterID = ""
	listed, err := m.list(l, func(b *place, key string) []*kept {
		if newest := b.object(key); newest != nil {
			return []*kept{newest}
		}
		return nil
	})
	listed.NextID = ""
	return listed, err
}

// ListVersions implements objects.Keeper.
func (m *Model) ListVersions(_ context.Context, l objects.List) (objects.Listed, error) {
	return m.list(l, func(b *place, key string) []*kept { return b.versions[key] })
}

// list lists what of returns for each key, of one key from the last to the first.
func (m *Model) list(l objects.List, of func(b *place, key string) []*kept) (objects.Listed, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b, err := m.bucket(l.Bucket)
	if err != nil {
		return objects.Listed{}, err
	}
	var all []entry[objects.Object]
	for _, key := range sorted(b.versions) {
		for _, k := range slices.Backward(of(b, key)) {
			all = append(all, entry[objects.Object]{key: key, id: k.Version, rank: -k.serial, item: b.listed(k)})
		}
	}
	p := pageOf(l, all, func(id string) (int, bool) {
		if id != objects.NullVersion {
			serial, known := m.serials[id]
			return -serial, known
		}
		k := b.find(l.After, id)
		if k == nil {
			return 0, false
		}
		return -k.serial, true
	})
	return objects.Listed{Objects: p.items, Prefixes: p.prefixes, More: p.more, Next: p.next, NextID: p.nextID}, nil
}

// ListUploads implements objects.Keeper.
func (m *Model) ListUploads(_ context.Context, l objects.List) (objects.Uploads, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b, err := m.bucket(l.Bucket)
	if err != nil {
		return objects.Uploads{}, err
	}
	var all []entry[objects.UploadInfo]
	for _, u := range b.uploads {
		all = append(all, entry[objects.UploadInfo]{key: u.Key, id: u.ID, rank: m.serials[u.ID], item: u.info()})
	}
	slices.SortFunc(all, func(x, y entry[objects.UploadInfo]) int {
		if c := strings.Compare(x.key, y.key); c != 0 {
			return c
		}
		return x.rank - y.rank
	})
	p := pageOf(l, all, func(id string) (int, bool) {
		serial, known := m.serials[id]
		return serial, known
	})
	return objects.Uploads{Uploads: p.items, Prefixes: p.prefixes, More: p.more, Next: p.next, NextID: p.nextID}, nil
}

func sorted(versions map[string][]*kept) []string {
	var keys []string
	for key := range versions {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
