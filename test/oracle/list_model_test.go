package oracle

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// item is what a list has a place for: a key, or a version of one.
type item struct{ key, version string }

// page is a page of a list.
type page struct {
	items    []item
	prefixes []string
	more     bool
}

// pageOf is the page that S3 answers of all items, which are in the order of a
// list: those behind after, up to limit items and prefixes.
//
// Where after lies within a folder, the folder may be listed, or not: S3's
// documentation doesn't say.
func pageOf(all []item, prefix, delimiter string, after item, limit int, listed bool) page {
	var p page
	if limit == 0 {
		return p
	}
	if after.version != "" {
		all = all[slices.Index(all, after)+1:]
	} else {
		all = slices.DeleteFunc(slices.Clone(all), func(i item) bool { return i.key <= after.key })
	}
	last := ""
	for _, i := range all {
		if !strings.HasPrefix(i.key, prefix) {
			continue
		}
		common, folder := commonPrefix(i.key, prefix, delimiter)
		if folder && (common == last || common == after.key || !listed && strings.HasPrefix(after.key, common)) { // it was listed, here or on a page before
			continue
		}
		if len(p.items)+len(p.prefixes) == limit {
			p.more = true
			break
		}
		if folder {
			p.prefixes, last = append(p.prefixes, common), common
		} else {
			p.items = append(p.items, i)
		}
	}
	return p
}

// commonPrefix is what key begins with, up to the delimiter behind prefix.
func commonPrefix(key, prefix, delimiter string) (string, bool) {
	if delimiter == "" {
		return "", false
	}
	before, _, found := strings.Cut(key[len(prefix):], delimiter)
	return prefix + before + delimiter, found
}

// page is what a list says.
func (a *answer) page() page {
	var p page
	encoded, _ := a.request.param("encoding-type")
	for _, l := range a.leaves {
		text := l.text
		if encoded == "url" {
			text = unescaped(text)
		}
		_, path, _ := strings.Cut(l.path, "/")
		switch path {
		case "Contents/Key", "Version/Key", "DeleteMarker/Key":
			p.items = append(p.items, item{key: text})
		case "Version/VersionId", "DeleteMarker/VersionId":
			p.items[len(p.items)-1].version = l.text
		case "CommonPrefixes/Prefix":
			p.prefixes = append(p.prefixes, text)
		case "IsTruncated":
			p.more = text == "true"
		}
	}
	return p
}

// last is where the next page begins.
func (p page) last() item {
	var last item
	if len(p.items) > 0 {
		last = p.items[len(p.items)-1]
	}
	if len(p.prefixes) > 0 && p.prefixes[len(p.prefixes)-1] > last.key {
		last = item{key: p.prefixes[len(p.prefixes)-1]}
	}
	return last
}

func (p page) equal(q page) bool {
	return slices.Equal(p.items, q.items) && slices.Equal(p.prefixes, q.prefixes) && p.more == q.more
}

// listsRight reports whether muster's list is the one that S3 would give of
// the keys or versions that both servers hold.
func listsRight(x *exchange, _ difference) bool {
	prefix, _ := x.param("prefix")
	delimiter, _ := x.param("delimiter")
	limit := 1000
	if text, ok := x.param("max-keys"); ok && text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return false
		}
		limit = min(n, limit)
	}
	var after item
	for _, name := range []string{"marker", "start-after", "key-marker"} {
		if from, ok := x.param(name); ok {
			after.key = from
		}
	}
	if x.before != nil {
		after = x.before.page().last()
	}
	all, ok := x.held(x.op == "ListObjectVersions")
	got := x.muster.page()
	return ok && (got.equal(pageOf(all, prefix, delimiter, after, limit, true)) || got.equal(pageOf(all, prefix, delimiter, after, limit, false)))
}

// held are the keys of a bucket, or all versions, as muster lists them without
// anything that narrows the list; ok is false where VersityGW holds others.
func (p *pairOfServers) held(t *testing.T, bucket string, versions bool) (all []item, ok bool) {
	t.Helper()
	r := &request{op: "ListObjectsV2", method: http.MethodGet, query: []pair{{"list-type", "2"}}}
	if versions {
		r = &request{op: "ListObjectVersions", method: http.MethodGet, query: []pair{{"versions", ""}}}
	}
	var lists [2][]item
	for i, s := range []*server{p.muster, p.gateway} {
		a, err := s.send(t.Context(), bucket, r)
		if err != nil {
			t.Fatal(err)
		}
		lists[i] = a.page().items
	}
	return lists[0], slices.Equal(alike(lists[0]), alike(lists[1]))
}

// alike is what lists of the same items have in common: VersityGW names all
// delete markers of a page behind all versions, and ids are each server's own.
func alike(items []item) []string {
	var all []string
	for _, i := range items {
		all = append(all, i.key+map[bool]string{true: " without an id"}[i.version == "null"])
	}
	slices.Sort(all)
	return all
}

func TestPageOf(t *testing.T) {
	all := []item{{key: "a"}, {key: "d/1"}, {key: "d/2"}, {key: "e"}}
	twice := []item{{"a", "2"}, {"a", "1"}, {"b", "3"}}
	keys := func(names ...string) (items []item) {
		for _, name := range names {
			items = append(items, item{key: name})
		}
		return items
	}
	for _, tc := range []struct {
		name              string
		all               []item
		prefix, delimiter string
		after             item
		limit             int
		want              page
	}{
		{"all", all, "", "", item{}, 10, page{items: all}},
		{"exactly all", all, "", "", item{}, 4, page{items: all}},
		{"one less", all, "", "", item{}, 3, page{items: all[:3], more: true}},
		{"a folder", all, "", "/", item{}, 10, page{items: keys("a", "e"), prefixes: []string{"d/"}}},
		{"a folder at the end", all, "", "/", item{}, 2, page{items: keys("a"), prefixes: []string{"d/"}, more: true}},
		{"behind a folder", all, "", "/", item{key: "d/"}, 10, page{items: keys("e")}},
		{"within a folder", all, "d/", "/", item{}, 10, page{items: keys("d/1", "d/2")}},
		{"none at all", all, "", "", item{}, 0, page{}},
		{"behind a version", twice, "", "", item{"a", "2"}, 10, page{items: twice[1:]}},
		{"behind all versions of a key", twice, "", "", item{key: "a"}, 10, page{items: twice[2:]}},
	} {
		if got := pageOf(tc.all, tc.prefix, tc.delimiter, tc.after, tc.limit, false); !got.equal(tc.want) {
			t.Errorf("%s: got %v, want %v", tc.name, got, tc.want)
		}
	}
}
