package objectstest

import (
	"muster/internal/objects"
)

var tagPromises = []Promise{
	{"tags are replaced, removed and kept in their order", tagsReplaced},
	{"tags belong to one version", tagsOfVersion},
	{"setting tags changes nothing else", tagsChangeNothingElse},
	{"tags of what is not there are refused", tagsOfNothing},
	{"an object of parts has the tags that its upload was begun with", tagsOfUpload},
}

func (c *check) tags(o objects.Ref) []objects.Tag {
	got, err := c.Tags(c.ctx, o, nil)
	c.ok(err)
	if len(got.Tags) == 0 {
		return nil
	}
	return got.Tags
}

func tagsReplaced(c *check) {
	c.everyVersioning(func(b string) {
		c.put(b, "k", "content")
		for _, tags := range [][]objects.Tag{
			{{Key: "z", Value: "1"}, {Key: "a", Value: "2"}, {Key: "m", Value: ""}},
			{{Key: "a", Value: "2"}, {Key: "z", Value: "1"}},
			nil,
			{{Key: "ü ", Value: " +-=._:/@"}},
		} {
			_, err := c.SetTags(c.ctx, newest(b, "k"), tags, nil)
			c.ok(err)
			c.equal("tags", c.tags(newest(b, "k")), tags)
			f, _ := c.get(objects.Read{Ref: newest(b, "k")})
			c.equal("how many tags Get sees", len(f.Tags), len(tags))
		}
	})
}

func tagsOfVersion(c *check) {
	b := c.bucket(objects.Enabled)
	one, two := c.putTagged(b, "k", "one", "one"), c.putTagged(b, "k", "two", "two")
	o, err := c.SetTags(c.ctx, versionOf(b, "k", one.Version), class("changed"), nil)
	c.ok(err)
	c.equal("version", o.Version, one.Version)
	c.equal("tags of the newest", c.tags(newest(b, "k")), class("two"))
	c.equal("tags of the old one", c.tags(versionOf(b, "k", one.Version)), class("changed"))
	o, err = c.SetTags(c.ctx, newest(b, "k"), nil, nil)
	c.ok(err)
	c.equal("version", o.Version, two.Version)
	c.equal("tags of the old one", c.tags(versionOf(b, "k", one.Version)), class("changed"))
	c.newestFirst(b, two.Version, one.Version)
}

func tagsChangeNothingElse(c *check) {
	b := c.bucket(objects.Enabled)
	p := newPut(b, "k", text(1, 100_000))
	p.Headers = everyHeader()
	p.Body.Checksum.Algorithm = "SHA256"
	c.putAs(p)
	before, err := c.Head(c.ctx, objects.Read{Ref: newest(b, "k")})
	c.ok(err)
	c.ok(second(c.SetTags(c.ctx, newest(b, "k"), class("x"), nil)))
	after, err := c.Head(c.ctx, objects.Read{Ref: newest(b, "k")})
	c.ok(err)
	before.Tags = class("x")
	c.equal("object", after, before)
	c.holds(newest(b, "k"), text(1, 100_000))
	c.equal("versions", len(c.versions(b)), 1)
}

func tagsOfNothing(c *check) {
	b := c.bucket(objects.Enabled)
	gone := c.put(b, "gone", "content").Version
	c.remove(b, "gone", gone)
	for _, tc := range []struct {
		of   objects.Ref
		want error
	}{{newest(b, "none"), objects.NoObject}, {versionOf(b, "gone", gone), objects.NoVersion}} {
		_, err := c.Tags(c.ctx, tc.of, nil)
		c.refused(err, tc.want)
		_, err = c.SetTags(c.ctx, tc.of, class("x"), nil)
		c.refused(err, tc.want)
	}
	c.newestFirst(b)
}

func tagsOfUpload(c *check) {
	b := c.bucket(objects.NeverVersioned)
	u := c.beginAs(objects.NewUpload{Bucket: b, Key: "k", Tags: class("x"), Headers: everyHeader()})
	c.complete(u, c.part(u, 1, "content"))
	f, got := c.get(objects.Read{Ref: newest(b, "k")})
	c.equal("content", got, "content")
	c.equal("tags", f.Tags, class("x"))
	c.equal("headers", f.Headers, everyHeader())
}
