package objectstest

import (
	"context"
	"slices"

	"muster/internal/objects"
)

var listPromises = []Promise{
	{"every list is what the model lists", listsAsModel},
	{"every list of versions is what the model lists, at every page size", versionListsAsModel},
	{"every list of uploads is what the model lists, at every page size", uploadListsAsModel},
	{"a folder counts once however much is in it", folderCountsOnce},
	{"a prefix that no object has lists nothing", emptyLists},
	{"delete markers are in no list of objects", markersNotListed},
	{"versions removed while they are listed hide none of the others", removedWhileListed},
	{"uploads aborted while they are listed hide none of the others", abortedWhileListed},
	{"a list says of each object what it is", listSays},
}

var listKeys = []string{"a", "a/", "a/1", "a/2", "a/b/1", "a/b/2", "a//x", "a0", "b", "b/", "b/1", "b/é/1", "c||1", "c||2", "c|3", "d", "\x00", "/", "/x", "//y", "z/\U0010ffff", "z/\U0010ffff/1", "é/1", "é/2"}

// asks returns lists with every combination of prefix, delimiter and beginning.
func asks(bucket string) []objects.List {
	var all []objects.List
	for _, prefix := range []string{"", "a", "a/", "a/b", "a//", "b/", "c|", "/", "z/", "é", "\x00", "\U0010ffff", "none"} {
		for _, delimiter := range []string{"", "/", "||", "1", "é", "a"} {
			for _, after := range []string{"", "a", "a/", "a/1", "a/b/", "a/b/2", "a/zz", "b/é/", "c||", "é/", "z/\U0010ffff/", "zz", "\x00", "\U0010ffff"} {
				all = append(all, objects.List{Bucket: bucket, Prefix: prefix, Delimiter: delimiter, After: after})
			}
		}
	}
	return all
}

// model returns a Model with a bucket of that name.
func (c *check) model(bucket string, v objects.Versioning) *Model {
	m := NewModel()
	m.MinPart = c.options.MinPart
	m.MakeBucket(c.ctx, bucket)
	if v != objects.NeverVersioned {
		c.ok(m.SetVersioning(c.ctx, bucket, objects.Enabled))
		c.ok(m.SetVersioning(c.ctx, bucket, v))
	}
	return m
}

func listsAsModel(c *check) {
	b := c.bucket(objects.NeverVersioned)
	m := c.model(b, objects.NeverVersioned)
	for _, key := range listKeys {
		c.put(b, key, "x")
		m.Put(c.ctx, newPut(b, key, "x"))
	}
	for i, l := range asks(b) {
		for _, l.Max = range [][]int{{1, 1000}, {2, 5}, {3, 1000}}[i%3] {
			c.samePages(l, c.List, m.List, func(o objects.Object) string { return o.Key })
		}
	}
}

// samePages fails unless both lists have the same pages.
func (c *check) samePages(l objects.List, got, want func(context.Context, objects.List) (objects.Listed, error), of func(objects.Object) string) {
	g, w := l, l
	for range 200 {
		gp, err := got(c.ctx, g)
		c.ok(err)
		wp, err := want(c.ctx, w)
		c.ok(err)
		if !slices.EqualFunc(gp.Objects, wp.Objects, func(x, y objects.Object) bool { return of(x) == of(y) }) || !slices.Equal(gp.Prefixes, wp.Prefixes) || gp.More != wp.More {
			c.fatalf("prefix %q, delimiter %q, after %q, at most %d: page after %q %q has keys %q, prefixes %q, more %v; want keys %q, prefixes %q, more %v",
				l.Prefix, l.Delimiter, l.After, l.Max, g.After, g.AfterID, keys(gp.Objects), gp.Prefixes, gp.More, keys(wp.Objects), wp.Prefixes, wp.More)
		}
		if !gp.More {
			return
		}
		g.After, g.AfterID = gp.Next, gp.NextID
		w.After, w.AfterID = wp.Next, wp.NextID
	}
	c.fatalf("prefix %q, delimiter %q, after %q, at most %d: the list does not end", l.Prefix, l.Delimiter, l.After, l.Max)
}

func versionListsAsModel(c *check) {
	b := c.bucket(objects.Enabled)
	m := c.model(b, objects.Enabled)
	for i, key := range listKeys {
		for n := range 1 + i%3 {
			c.put(b, key, text(uint64(n), int64(n)))
			m.Put(c.ctx, newPut(b, key, text(uint64(n), int64(n))))
		}
		if i%4 == 1 {
			c.remove(b, key, "")
			m.Delete(c.ctx, b, []objects.Deletion{{Key: key}})
		}
		if i%4 == 2 {
			for _, k := range []objects.Keeper{c.Keeper, m} {
				c.ok(k.SetVersioning(c.ctx, b, objects.Suspended))
				c.ok(second(k.Put(c.ctx, newPut(b, key, "of no version"))))
				c.ok(k.SetVersioning(c.ctx, b, objects.Enabled))
			}
		}
	}
	of := func(o objects.Object) string {
		s := o.Key + "|" + o.ETag
		if o.Marker {
			s += "|marker"
		}
		if o.Newest {
			s += "|newest"
		}
		if o.Version == objects.NullVersion {
			s += "|null"
		}
		return s
	}
	for size := 1; size <= 70; size++ {
		c.samePages(objects.List{Bucket: b, Max: size}, c.ListVersions, m.ListVersions, of)
		c.samePages(objects.List{Bucket: b, Delimiter: "/", Max: size}, c.ListVersions, m.ListVersions, of)
	}
	for i, l := range asks(b) {
		if i%3 != 0 {
			continue // one third has each prefix, delimiter and beginning in many pairs
		}
		l.Max = []int{1, 2, 3, 1000}[i%4]
		c.samePages(l, c.ListVersions, m.ListVersions, of)
		c.samePages(l, c.List, m.List, func(o objects.Object) string { return o.Key + "|" + o.ETag })
	}
}

func uploadListsAsModel(c *check) {
	b := c.bucket(objects.NeverVersioned)
	m := c.model(b, objects.NeverVersioned)
	for i, key := range listKeys {
		for n := range 1 + i%3 {
			class := []string{"", "STANDARD_IA", "GLACIER_IR"}[n] // tells the uploads of a key apart
			u := objects.NewUpload{Bucket: b, Key: key, Headers: objects.Headers{StorageClass: class}}
			c.beginAs(u)
			m.CreateUpload(c.ctx, u)
		}
	}
	list := func(k objects.Keeper) func(context.Context, objects.List) (objects.Listed, error) {
		return func(ctx context.Context, l objects.List) (objects.Listed, error) {
			u, err := k.ListUploads(ctx, l)
			p := objects.Listed{Prefixes: u.Prefixes, More: u.More, Next: u.Next, NextID: u.NextID}
			for _, one := range u.Uploads {
				p.Objects = append(p.Objects, objects.Object{Ref: newest(b, one.Key), Headers: objects.Headers{StorageClass: one.StorageClass}})
			}
			return p, err
		}
	}
	of := func(o objects.Object) string { return o.Key + "|" + o.Headers.StorageClass }
	for size := 1; size <= 60; size++ {
		c.samePages(objects.List{Bucket: b, Max: size}, list(c.Keeper), list(m), of)
	}
	for i, l := range asks(b) {
		if i%5 != 0 {
			continue
		}
		l.Max = []int{1, 2, 3, 1000}[i%4]
		c.samePages(l, list(c.Keeper), list(m), of)
	}
}

func folderCountsOnce(c *check) {
	b := c.bucket(objects.NeverVersioned)
	for i := range 30 {
		c.put(b, "folder/"+string(rune('a'+i)), "x")
	}
	c.put(b, "after", "x")
	c.put(b, "last", "x")
	l := objects.List{Bucket: b, Delimiter: "/", Max: 2}
	p, err := c.List(c.ctx, l)
	c.ok(err)
	c.equal("first page", []any{keys(p.Objects), p.Prefixes, p.More}, []any{[]string{"after"}, []string{"folder/"}, true})
	l.After, l.AfterID = p.Next, p.NextID
	p, err = c.List(c.ctx, l)
	c.ok(err)
	c.equal("second page", []any{keys(p.Objects), len(p.Prefixes), p.More}, []any{[]string{"last"}, 0, false})
}

func emptyLists(c *check) {
	b := c.bucket(objects.Enabled)
	c.put(b, "k", "x")
	c.begin(b, "k")
	for _, prefix := range []string{"/", "a//b", "b/../", "\n", "\x00", "k\x00", "kk", "😀"} {
		l := objects.List{Bucket: b, Prefix: prefix, Max: 10}
		p, err := c.List(c.ctx, l)
		c.ok(err)
		v, err := c.ListVersions(c.ctx, l)
		c.ok(err)
		u, err := c.ListUploads(c.ctx, l)
		c.ok(err)
		c.equal("how many of each", []int{len(p.Objects), len(v.Objects), len(u.Uploads)}, []int{0, 0, 0})
		c.equal("more", []bool{p.More, v.More, u.More}, []bool{false, false, false})
	}
}

func markersNotListed(c *check) {
	b := c.bucket(objects.Enabled)
	for _, key := range []string{"a/1", "a/2", "b/1", "c"} {
		c.put(b, key, "x")
	}
	for _, key := range []string{"a/1", "b/1", "d/none"} {
		c.remove(b, key, "")
	}
	for _, max := range []int{1, 2, 1000} {
		p := c.all(c.List, objects.List{Bucket: b, Max: max})
		c.equal("keys", keys(p.Objects), []string{"a/2", "c"})
		p = c.all(c.List, objects.List{Bucket: b, Delimiter: "/", Max: max})
		c.equal("keys and prefixes", []any{keys(p.Objects), p.Prefixes}, []any{[]string{"c"}, []string{"a/"}})
		p = c.all(c.ListVersions, objects.List{Bucket: b, Delimiter: "/", Max: max})
		c.equal("prefixes of versions", p.Prefixes, []string{"a/", "b/", "d/"})
	}
}

// removedWhileListed empties a bucket as scripts do: a page is listed, all of it
// removed, and the next page asked for from where that one ended.
func removedWhileListed(c *check) {
	for _, max := range []int{1, 2, 3, 5} {
		b := c.bucket(objects.NeverVersioned)
		for _, key := range []string{"a", "b", "c"} {
			c.put(b, key, "of no version")
		}
		c.ok(c.SetVersioning(c.ctx, b, objects.Enabled))
		for range 4 {
			for _, key := range []string{"a", "b", "c"} {
				c.put(b, key, "x")
			}
		}
		c.ok(c.SetVersioning(c.ctx, b, objects.Suspended))
		c.put(b, "b", "of no version") // the newest of b, so that a page ends at it
		c.ok(c.SetVersioning(c.ctx, b, objects.Enabled))
		c.put(b, "b", "x")

		l := objects.List{Bucket: b, Max: max}
		for {
			p, err := c.ListVersions(c.ctx, l)
			c.ok(err)
			for _, o := range p.Objects {
				c.remove(b, o.Key, o.Version)
			}
			if !p.More {
				break
			}
			l.After, l.AfterID = p.Next, p.NextID
		}
		c.newestFirst(b)
	}
}

func abortedWhileListed(c *check) {
	for _, max := range []int{1, 2, 3, 5} {
		b := c.bucket(objects.NeverVersioned)
		for range 5 {
			c.begin(b, "a")
			c.begin(b, "b")
		}
		l := objects.List{Bucket: b, Max: max}
		for {
			p, err := c.ListUploads(c.ctx, l)
			c.ok(err)
			for _, u := range p.Uploads {
				c.ok(c.Abort(c.ctx, u.Upload))
			}
			if !p.More {
				break
			}
			l.After, l.AfterID = p.Next, p.NextID
		}
		c.equal("uploads left", len(c.uploads(objects.List{Bucket: b, Max: 100})), 0)
		c.ok(c.RemoveBucket(c.ctx, b))
	}
}

func listSays(c *check) {
	b := c.bucket(objects.Enabled)
	p := newPut(b, "k", "content")
	p.Headers.StorageClass, p.Tags = "STANDARD_IA", class("x")
	o := c.putAs(p)
	f, err := c.Head(c.ctx, objects.Read{Ref: newest(b, "k")})
	c.ok(err)
	for _, list := range []func(context.Context, objects.List) (objects.Listed, error){c.List, c.ListVersions} {
		l, err := list(c.ctx, objects.List{Bucket: b, Max: 10})
		c.ok(err)
		got := l.Objects[0]
		c.equal("object", []any{got.Key, got.Size, got.ETag, got.Headers.StorageClass, got.Marker}, []any{"k", o.Size, o.ETag, "STANDARD_IA", false})
		if !got.Modified.Truncate(1e9).Equal(f.Modified.Truncate(1e9)) {
			c.fatalf("listed as modified at %v, read as %v", got.Modified, f.Modified)
		}
	}
	v := c.versions(b)[0]
	c.equal("version", []any{v.Version, v.Newest, v.Marker}, []any{o.Version, true, false})
}
