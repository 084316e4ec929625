package objectstest

import (
	"strings"

	"muster/internal/objects"
)

var completePromises = []Promise{
	{"parts may come in any order and are joined by their numbers", anyOrder},
	{"only the parts that are named become the object", someParts},
	{"parts that are named out of order are refused", partsOutOfOrder},
	{"a part that is not there or is another one is refused", wrongPart},
	{"a part other than the last that is too small is refused", smallPart},
	{"an object of another size than was said is refused", otherObjectSize},
	{"an upload completed again returns the same object", completedAgain},
	{"an upload completed again when its object is gone is refused", completedAgainGone},
	{"a completed upload takes no parts", completedUpload},
	{"an object of parts replaces and is replaced like any other", partsReplace},
	{"hundreds of parts become an object", manyParts},
}

// tryComplete completes with a size that is not said.
func (c *check) tryComplete(u objects.Upload, parts ...objects.Part) error {
	return second(c.Complete(c.ctx, objects.Completion{Upload: u, Parts: parts, Size: -1}))
}

func anyOrder(c *check) {
	b := c.bucket(objects.NeverVersioned)
	parts := c.partsOf(3)
	u := c.begin(b, "k")
	numbers := []int{5, 100, 10_000}
	all := make([]objects.Part, 3)
	for _, i := range []int{2, 0, 1} {
		all[i] = c.part(u, numbers[i], parts[i])
		all[i].ETag = `"` + all[i].ETag + `"` // as clients send it
	}
	o := c.complete(u, all...)
	c.equal("ETag", o.ETag, etagOfParts(parts))
	c.holds(newest(b, "k"), strings.Join(parts, ""))
}

func someParts(c *check) {
	b := c.bucket(objects.NeverVersioned)
	parts := c.partsOf(4)
	u := c.begin(b, "k")
	var all []objects.Part
	for i, p := range parts {
		all = append(all, c.part(u, i+1, p))
	}
	o := c.complete(u, all[1], all[3])
	c.equal("size and parts", []any{o.Size, o.Parts}, []any{int64(len(parts[1] + parts[3])), 2})
	c.holds(newest(b, "k"), parts[1]+parts[3])
}

func partsOutOfOrder(c *check) {
	b := c.bucket(objects.NeverVersioned)
	c.put(b, "k", "there")
	parts := c.partsOf(3)
	u := c.begin(b, "k")
	one, two, three := c.part(u, 1, parts[0]), c.part(u, 2, parts[1]), c.part(u, 3, parts[2])
	for _, wrong := range [][]objects.Part{{two, one}, {one, three, two}, {one, one}, {one, two, two, three}} {
		c.refused(c.tryComplete(u, wrong...), objects.PartOrder)
	}
	c.holds(newest(b, "k"), "there")
	c.equal("parts kept", len(c.parts(u)), 3)
	c.complete(u, one, two, three)
	c.holds(newest(b, "k"), strings.Join(parts, ""))
}

func wrongPart(c *check) {
	b := c.bucket(objects.NeverVersioned)
	c.put(b, "k", "there")
	u := c.begin(b, "k")
	one := c.part(u, 1, "one")
	for _, wrong := range []objects.Part{{Number: 2, ETag: one.ETag}, {Number: 1, ETag: etagOf("other")}, {Number: 1, ETag: ""}, {Number: 1, ETag: one.ETag + "-1"}} {
		c.refused(c.tryComplete(u, wrong), objects.BadPart)
	}
	c.holds(newest(b, "k"), "there")
	c.complete(u, one)
	c.holds(newest(b, "k"), "one")
}

func smallPart(c *check) {
	b := c.bucket(objects.NeverVersioned)
	c.put(b, "k", "there")
	u := c.begin(b, "k")
	small := c.part(u, 1, text(1, c.options.minPart()-1))
	last := c.part(u, 2, "last")
	c.refused(c.tryComplete(u, small, last), objects.PartTooSmall)
	c.holds(newest(b, "k"), "there")
	just := text(2, c.options.minPart())
	large := c.part(u, 1, just)
	c.complete(u, large, last)
	c.holds(newest(b, "k"), just+"last")
}

func otherObjectSize(c *check) {
	b := c.bucket(objects.NeverVersioned)
	c.put(b, "k", "there")
	u := c.begin(b, "k")
	one := c.part(u, 1, "one")
	for _, size := range []int64{0, 2, 4} {
		_, err := c.Complete(c.ctx, objects.Completion{Upload: u, Parts: []objects.Part{one}, Size: size})
		c.refused(err, objects.BadSize)
	}
	c.holds(newest(b, "k"), "there")
	_, err := c.Complete(c.ctx, objects.Completion{Upload: u, Parts: []objects.Part{one}, Size: 3})
	c.ok(err)
	c.holds(newest(b, "k"), "one")
}

func completedAgain(c *check) {
	c.everyVersioning(func(b string) {
		parts := c.partsOf(2)
		u := c.beginAs(objects.NewUpload{Bucket: b, Key: "k", Checksum: objects.Checksum{Algorithm: "SHA256"}})
		all := []objects.Part{c.partAs(u, 1, parts[0], "SHA256"), c.partAs(u, 2, parts[1], "SHA256")}
		first := c.complete(u, all...)
		for range 2 {
			again := c.complete(u, all...)
			c.equal("the object", []any{again.Version, again.ETag, again.Size, again.Checksum}, []any{first.Version, first.ETag, first.Size, first.Checksum})
		}
		c.newestFirst(b, first.Version)
		c.ok(second(c.SetTags(c.ctx, newest(b, "k"), class("x"), nil)))
		c.equal("version after a change of tags", c.complete(u, all...).Version, first.Version)
		if v, _ := c.Versioning(c.ctx, b); v == objects.Enabled {
			c.put(b, "k", "newer")
			c.equal("version below a newer one", c.complete(u, all...).Version, first.Version)
			c.holds(newest(b, "k"), "newer")
		}
	})
}

func completedAgainGone(c *check) {
	c.everyVersioning(func(b string) {
		for _, end := range []func(version string){
			func(version string) { c.remove(b, "k", version) },
			func(version string) {
				c.put(b, "k", "another")
				c.remove(b, "k", version) // that which is there now, where there are no versions
			},
		} {
			u := c.begin(b, "k")
			p := c.part(u, 1, "content")
			o := c.complete(u, p)
			end(o.Version)
			before := c.versions(b)
			c.refused(c.tryComplete(u, p), objects.NoUpload)
			c.equal("versions", c.versions(b), before)
		}
	})
	b := c.bucket(objects.NeverVersioned)
	u := c.begin(b, "k")
	p := c.part(u, 1, "content")
	c.complete(u, p)
	c.put(b, "k", "another")
	c.refused(c.tryComplete(u, p), objects.NoUpload)
	c.holds(newest(b, "k"), "another")
}

func completedUpload(c *check) {
	b := c.bucket(objects.Enabled)
	u := c.begin(b, "k")
	o := c.complete(u, c.part(u, 1, "content"))
	for name, err := range map[string]error{
		"PutPart":            second(c.PutPart(c.ctx, objects.PutPart{Upload: u, Number: 1, Body: body("late")})),
		"CopyPart":           second(c.CopyPart(c.ctx, objects.CopyPart{Upload: u, Number: 1, From: newest(b, "k")})),
		"ListParts":          second(c.ListParts(c.ctx, u, 0, 10)),
		"Abort":              c.Abort(c.ctx, u),
		"Complete otherwise": c.tryComplete(u, objects.Part{Number: 1, ETag: etagOf("other")}),
	} {
		if err == nil {
			c.fatalf("%s: a completed upload took it", name)
		}
		c.refused(err, objects.NoUpload, objects.BadPart)
	}
	c.newestFirst(b, o.Version)
	c.holds(newest(b, "k"), "content")
}

func partsReplace(c *check) {
	b := c.bucket(objects.NeverVersioned)
	parts := c.partsOf(2)
	for range 3 {
		c.put(b, "k", "whole")
		c.assemble(b, "k", objects.Checksum{}, parts)
		c.holds(newest(b, "k"), parts[0]+parts[1])
		c.assemble(b, "k", objects.Checksum{}, []string{"other"})
		c.holds(newest(b, "k"), "other")
	}
	c.remove(b, "k", "")
	c.absent(b, "k")
	c.ok(c.RemoveBucket(c.ctx, b))
}

// manyParts makes do with fewer where parts must be large.
func manyParts(c *check) {
	n := 400
	if c.options.minPart() > 64<<10 {
		n = 20
	}
	b := c.bucket(objects.NeverVersioned)
	u := c.begin(b, "k")
	content := text(1, c.options.minPart()+int64(n))
	all := make([]objects.Part, n)
	contents := make([]string, n)
	c.allWell(8, func(worker int) error {
		for i := worker; i < n; i += 8 {
			contents[i] = content[i : int64(i)+c.options.minPart()]
			p, err := c.PutPart(c.ctx, objects.PutPart{Upload: u, Number: i + 1, Body: body(contents[i])})
			if err != nil {
				return err
			}
			all[i] = p
		}
		return nil
	})
	o := c.complete(u, all...)
	c.equal("ETag and parts", []any{o.ETag, o.Parts}, []any{etagOfParts(contents), n})
	c.holds(newest(b, "k"), strings.Join(contents, ""))
	f, got := c.get(objects.Read{Ref: newest(b, "k"), Part: n / 2})
	c.equal("a part in the middle", []any{got == contents[n/2-1], f.Parts}, []any{true, n})
}
