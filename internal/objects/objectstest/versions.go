package objectstest

import (
	"strings"
	"time"

	"muster/internal/objects"
)

var versionPromises = []Promise{
	{"without versions an object replaces the one before", replaces},
	{"every put in a versioned bucket is a version of its own", everyPutIsAVersion},
	{"a read of a version says whether it is the newest", saysNewest},
	{"a delete marker hides the versions below and its removal uncovers them", markerHides},
	{"a delete marker by its id is no object, and says what it is", markerByID},
	{"a removed version uncovers the one below, and its id is never given again", removedVersion},
	{"the null version is replaced while versioning is suspended, the others stay", nullReplaced},
	{"objects from before versioning are the null version", nullFromBefore},
	{"a version id that was never given is no version", versionNeverGiven},
	{"a version id is that of one key", versionOfAnotherKey},
	{"what was kept of an object is given back as it came", givenBack},
	{"headers keep the spaces at their ends", keepsSpaces},
	{"dates are those of the write, and no version is older than the one below", datesOfWrites},
}

func replaces(c *check) {
	b := c.bucket(objects.NeverVersioned)
	for _, content := range []string{"first", "", text(1, 40_000), "last"} {
		o := c.put(b, "k", content)
		c.equal("version", o.Version, objects.NullVersion)
		c.equal("ETag", o.ETag, etagOf(content))
		c.equal("size", o.Size, int64(len(content)))
		c.holds(newest(b, "k"), content)
		c.holds(versionOf(b, "k", objects.NullVersion), content)
		c.newestFirst(b, objects.NullVersion)
	}
	d := c.remove(b, "k", "")
	c.equal("what a removal tells", d, objects.Deleted{Key: "k"})
	c.absent(b, "k")
	c.newestFirst(b)
}

func everyPutIsAVersion(c *check) {
	b := c.bucket(objects.Enabled)
	var want, contents []string
	for i := range 12 {
		content := strings.Repeat("x", i*3000)
		o := c.put(b, "k", content)
		if o.Version == "" || o.Version == objects.NullVersion || !o.Versioned {
			c.fatalf("version %q, versioned %v, want an id", o.Version, o.Versioned)
		}
		want, contents = append([]string{o.Version}, want...), append([]string{content}, contents...)
	}
	c.newestFirst(b, want...)
	for i, id := range want {
		c.holds(versionOf(b, "k", id), contents[i])
		f, err := c.Head(c.ctx, objects.Read{Ref: versionOf(b, "k", id)})
		c.ok(err)
		c.equal("version", f.Version, id)
	}
	c.holds(newest(b, "k"), contents[0])
}

func saysNewest(c *check) {
	b := c.bucket(objects.Enabled)
	old, top := c.put(b, "k", "old").Version, c.put(b, "k", "top").Version
	for id, want := range map[string]bool{"": true, top: true, old: false} {
		f, err := c.Head(c.ctx, objects.Read{Ref: versionOf(b, "k", id)})
		c.ok(err)
		c.equal("newest", f.Newest, want)
	}
	c.remove(b, "k", top)
	f, err := c.Head(c.ctx, objects.Read{Ref: versionOf(b, "k", old)})
	c.ok(err)
	c.equal("newest once the one above is removed", f.Newest, true)
}

func keepsSpaces(c *check) {
	b := c.bucket(objects.NeverVersioned)
	p := newPut(b, "k", "content")
	p.Headers = objects.Headers{CacheControl: " no-cache ", Metadata: map[string]string{"spaced": "  a  "}}
	c.putAs(p)
	f, _ := c.get(objects.Read{Ref: newest(b, "k")})
	c.equal("headers", f.Headers, p.Headers)
}

func markerHides(c *check) {
	b := c.bucket(objects.Enabled)
	o := c.put(b, "k", "content")
	d := c.remove(b, "k", "")
	if !d.Marker || !d.Versioned || d.MarkerVersion == "" || d.MarkerVersion == o.Version {
		c.fatalf("Delete returned %+v, want a marker with an id of its own", d)
	}
	c.absent(b, "k")
	c.holds(versionOf(b, "k", o.Version), "content")
	listed, err := c.List(c.ctx, objects.List{Bucket: b, Max: 10})
	c.ok(err)
	c.equal("objects in the list", len(listed.Objects), 0)

	all := c.versions(b)
	c.equal("versions", ids(all), []string{d.MarkerVersion, o.Version})
	c.equal("which is the marker", []bool{all[0].Marker, all[1].Marker}, []bool{true, false})
	c.equal("which is the newest", []bool{all[0].Newest, all[1].Newest}, []bool{true, false})

	gone := c.remove(b, "k", d.MarkerVersion)
	if !gone.Marker || gone.MarkerVersion != d.MarkerVersion {
		c.fatalf("removal of a marker returned %+v, want the marker named", gone)
	}
	c.holds(newest(b, "k"), "content")
	c.newestFirst(b, o.Version)
}

func markerByID(c *check) {
	b := c.bucket(objects.Enabled)
	c.put(b, "k", "content")
	id := c.remove(b, "k", "").MarkerVersion
	for _, r := range []objects.Read{{Ref: newest(b, "k")}, {Ref: versionOf(b, "k", id)}} {
		want := objects.NoObject
		if r.Version != "" {
			want = objects.IsMarker
		}
		_, err := c.Head(c.ctx, r)
		c.refused(err, want)
		if o := found(c, err); !o.Marker || o.Version != id {
			c.fatalf("refused with %+v, want the marker %s", o, id)
		}
		_, err = c.Get(c.ctx, r)
		c.refused(err, want)
		_, err = c.Tags(c.ctx, r.Ref, nil)
		c.refused(err, want)
		_, err = c.SetTags(c.ctx, r.Ref, class("x"), nil)
		c.refused(err, want)
		_, err = c.Attributes(c.ctx, r, 0, 10)
		c.refused(err, want)
		_, err = c.Copy(c.ctx, newCopy(r.Ref, b, "copied"))
		c.refused(err, want)
	}
	c.absent(b, "copied")
}

func removedVersion(c *check) {
	b := c.bucket(objects.Enabled)
	first, second := c.put(b, "k", "first"), c.put(b, "k", "second")
	d := c.remove(b, "k", second.Version)
	c.equal("what a removal tells", d, objects.Deleted{Key: "k", Version: second.Version, Versioned: true})
	c.holds(newest(b, "k"), "first")
	_, err := c.Head(c.ctx, objects.Read{Ref: versionOf(b, "k", second.Version)})
	c.refused(err, objects.NoVersion)
	third := c.put(b, "k", "third")
	if third.Version == second.Version || third.Version == first.Version {
		c.fatalf("version id %s was given twice", third.Version)
	}
	_, err = c.Head(c.ctx, objects.Read{Ref: versionOf(b, "k", second.Version)})
	c.refused(err, objects.NoVersion)
	c.remove(b, "k", second.Version) // again: it is done
	c.remove(b, "k", first.Version)
	c.holds(newest(b, "k"), "third")
	c.remove(b, "k", third.Version)
	c.absent(b, "k")
	c.newestFirst(b)
	again := c.put(b, "k", "again")
	for _, o := range []objects.Object{first, second, third} {
		if o.Version == again.Version {
			c.fatalf("version id %s was given again after the key was empty", again.Version)
		}
		_, err = c.Head(c.ctx, objects.Read{Ref: versionOf(b, "k", o.Version)})
		c.refused(err, objects.NoVersion)
	}
}

func nullReplaced(c *check) {
	b := c.bucket(objects.Enabled)
	old := c.put(b, "k", "old")
	c.ok(c.SetVersioning(c.ctx, b, objects.Suspended))
	o := c.put(b, "k", "null one")
	c.equal("version", o.Version, objects.NullVersion)
	c.equal("versioned", o.Versioned, true)
	c.put(b, "k", "null two")
	c.newestFirst(b, objects.NullVersion, old.Version)
	c.holds(versionOf(b, "k", objects.NullVersion), "null two")

	d := c.remove(b, "k", "") // its marker is the null version now
	c.equal("what a removal tells", d, objects.Deleted{Key: "k", Marker: true, MarkerVersion: objects.NullVersion, Versioned: true})
	c.newestFirst(b, objects.NullVersion, old.Version)
	_, err := c.Head(c.ctx, objects.Read{Ref: versionOf(b, "k", objects.NullVersion)})
	c.refused(err, objects.IsMarker)
	c.holds(versionOf(b, "k", old.Version), "old")

	c.ok(c.SetVersioning(c.ctx, b, objects.Enabled))
	top := c.put(b, "k", "top")
	c.newestFirst(b, top.Version, objects.NullVersion, old.Version)
	c.ok(c.SetVersioning(c.ctx, b, objects.Suspended))
	c.put(b, "k", "null three") // it takes the null marker from below the top
	c.newestFirst(b, objects.NullVersion, top.Version, old.Version)
	c.remove(b, "k", objects.NullVersion)
	c.newestFirst(b, top.Version, old.Version)
	c.holds(newest(b, "k"), "top")
}

func nullFromBefore(c *check) {
	b := c.bucket(objects.NeverVersioned)
	c.put(b, "k", "before")
	c.ok(c.SetVersioning(c.ctx, b, objects.Enabled))
	f, err := c.Head(c.ctx, objects.Read{Ref: newest(b, "k")})
	c.ok(err)
	c.equal("version and whether it is shown", []any{f.Version, f.Versioned}, []any{objects.NullVersion, true})
	o := c.put(b, "k", "after")
	c.newestFirst(b, o.Version, objects.NullVersion)
	c.holds(versionOf(b, "k", objects.NullVersion), "before")
	m := c.remove(b, "k", "").MarkerVersion
	c.newestFirst(b, m, o.Version, objects.NullVersion)
	c.remove(b, "k", objects.NullVersion)
	c.newestFirst(b, m, o.Version)
	_, err = c.Head(c.ctx, objects.Read{Ref: versionOf(b, "k", objects.NullVersion)})
	c.refused(err, objects.NoVersion)
}

func versionNeverGiven(c *check) {
	c.everyVersioning(func(b string) {
		o := c.put(b, "k", "content")
		for _, id := range []string{"never", "NULL", "0", "-1", "v1", "../x", strings.Repeat("a", 32), strings.Repeat("z", 1500), "\x00", o.Version + "x", o.Version + "/", "ü"} {
			for _, call := range []func() error{
				func() error { _, err := c.Head(c.ctx, objects.Read{Ref: versionOf(b, "k", id)}); return err },
				func() error { _, err := c.Get(c.ctx, objects.Read{Ref: versionOf(b, "k", id)}); return err },
				func() error { _, err := c.Tags(c.ctx, versionOf(b, "k", id), nil); return err },
				func() error { _, err := c.SetTags(c.ctx, versionOf(b, "k", id), class("x"), nil); return err },
				func() error { _, err := c.Copy(c.ctx, newCopy(versionOf(b, "k", id), b, "copied")); return err },
			} {
				c.refused(call(), objects.NoVersion, objects.BadVersion)
			}
			if d := c.tryRemove(b, objects.Deletion{Key: "k", Version: id}); d.Err != nil {
				c.refused(d.Err, objects.NoVersion, objects.BadVersion)
			}
		}
		c.holds(newest(b, "k"), "content")
	})
}

func versionOfAnotherKey(c *check) {
	b := c.bucket(objects.Enabled)
	one := c.put(b, "one", "content of one")
	c.put(b, "two", "content of two")
	_, err := c.Head(c.ctx, objects.Read{Ref: versionOf(b, "two", one.Version)})
	c.refused(err, objects.NoVersion, objects.BadVersion)
	c.tryRemove(b, objects.Deletion{Key: "two", Version: one.Version})
	c.holds(newest(b, "one"), "content of one")
	c.holds(newest(b, "two"), "content of two")
}

// everyHeader is an object of which everything is said that can be.
func everyHeader() objects.Headers {
	return objects.Headers{
		CacheControl: "no-cache", ContentDisposition: `attachment; filename="ü.txt"`, ContentEncoding: "deflate, gzip", ContentLanguage: "de, en",
		ContentType: "text/plain; charset=utf-8", Expires: "never, or 0", StorageClass: "STANDARD_IA",
		Metadata: map[string]string{"serial": "7", "with-dash": "a  b", "empty": "", "wide": "=?UTF-8?Q?=C3=BC?="},
	}
}

func givenBack(c *check) {
	c.everyVersioning(func(b string) {
		p := newPut(b, "k", "content")
		p.Headers, p.Tags = everyHeader(), []objects.Tag{{Key: "z", Value: "1"}, {Key: "a", Value: ""}, {Key: "m", Value: "ü"}}
		o := c.putAs(p)
		f, _ := c.get(objects.Read{Ref: newest(b, "k")})
		c.equal("headers", f.Headers, everyHeader())
		c.equal("tags", f.Tags, p.Tags)
		c.equal("version", f.Version, o.Version)
		h, err := c.Head(c.ctx, objects.Read{Ref: newest(b, "k")})
		c.ok(err)
		f.Body = nil
		c.equal("Head beside Get", h, f)
		listed, err := c.List(c.ctx, objects.List{Bucket: b, Max: 10})
		c.ok(err)
		c.equal("storage class in the list", listed.Objects[0].Headers.StorageClass, "STANDARD_IA")

		c.put(b, "k", "bare") // nothing of the one before is left
		f, _ = c.get(objects.Read{Ref: newest(b, "k")})
		c.equal("tags and metadata of a bare object", []int{len(f.Tags), len(f.Headers.Metadata)}, []int{0, 0})
		f.Headers.Metadata, f.Headers.ContentType = nil, "" // a store may make up a content type
		c.equal("headers of a bare object", f.Headers, objects.Headers{})
	})
}

func datesOfWrites(c *check) {
	b := c.bucket(objects.Enabled)
	before := time.Now().Add(-2 * time.Second) // the store's clock may show whole seconds, and be another
	for range 5 {
		c.put(b, "k", "content")
	}
	c.remove(b, "k", "")
	all := c.versions(b)
	for i, o := range all {
		if o.Modified.Before(before) || o.Modified.After(time.Now().Add(2*time.Second)) {
			c.fatalf("a version of now was modified at %v", o.Modified)
		}
		if i > 0 && o.Modified.After(all[i-1].Modified) {
			c.fatalf("version %d is from %v, the one on top of it from %v", i, o.Modified, all[i-1].Modified)
		}
	}
}
