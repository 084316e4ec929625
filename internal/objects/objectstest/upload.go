package objectstest

import (
	"errors"
	"strings"

	"muster/internal/objects"
)

var uploadPromises = []Promise{
	{"an upload is no object until it is completed", uploadIsNoObject},
	{"a part is replaced by one of its number", partReplaced},
	{"parts are listed by number, in pages", partsListed},
	{"uploads of one key are apart, and listed from the oldest to the newest", uploadsOfOneKey},
	{"an aborted upload is gone", abortedUpload},
	{"an upload that never was is refused everywhere", noUpload},
	{"an upload holds no object of its key back", uploadBesideObject},
}

// begin begins an upload and returns its name.
func (c *check) begin(bucket, key string) objects.Upload {
	return c.beginAs(objects.NewUpload{Bucket: bucket, Key: key})
}

func (c *check) beginAs(n objects.NewUpload) objects.Upload {
	id, err := c.CreateUpload(c.ctx, n)
	c.ok(err)
	if id == "" {
		c.fatalf("CreateUpload returned no id")
	}
	return objects.Upload{Bucket: n.Bucket, Key: n.Key, ID: id}
}

func (c *check) part(u objects.Upload, number int, content string) objects.Part {
	return c.partAs(u, number, content, "")
}

// partAs keeps a part with a checksum and returns how Complete names it.
func (c *check) partAs(u objects.Upload, number int, content, algorithm string) objects.Part {
	p := objects.PutPart{Upload: u, Number: number, Body: body(content)}
	if algorithm != "" {
		p.Body.Checksum = objects.Checksum{Algorithm: algorithm, Value: checksumOf(algorithm, content)}
	}
	got, err := c.PutPart(c.ctx, p)
	c.ok(err)
	c.equal("number, size and ETag of a part", []any{got.Number, got.Size, got.ETag}, []any{number, int64(len(content)), etagOf(content)})
	return objects.Part{Number: number, ETag: got.ETag, Checksum: p.Body.Checksum}
}

func (c *check) complete(u objects.Upload, parts ...objects.Part) objects.Object {
	o, err := c.Complete(c.ctx, objects.Completion{Upload: u, Parts: parts, Size: -1})
	c.ok(err)
	return o
}

// partsOf returns n contents, all but the last as large as a part must be.
func (c *check) partsOf(n int) []string {
	var all []string
	for i := range n - 1 {
		all = append(all, text(uint64(i+1), c.options.minPart()+int64(i)))
	}
	return append(all, "the last")
}

// assemble makes an object of parts.
func (c *check) assemble(bucket, key string, kind objects.Checksum, contents []string) objects.Object {
	u := c.beginAs(objects.NewUpload{Bucket: bucket, Key: key, Checksum: kind})
	var all []objects.Part
	for i, content := range contents {
		all = append(all, c.partAs(u, i+1, content, kind.Algorithm))
	}
	o := c.complete(u, all...)
	c.equal("ETag, size and parts", []any{o.ETag, o.Size, o.Parts}, []any{etagOfParts(contents), int64(len(strings.Join(contents, ""))), len(contents)})
	return o
}

func (c *check) parts(u objects.Upload) []objects.Part {
	p, err := c.ListParts(c.ctx, u, 0, 10_000)
	c.ok(err)
	return p.Parts
}

// uploads lists uploads in pages and fails when the list doesn't end.
func (c *check) uploads(l objects.List) []objects.Upload {
	var all []objects.Upload
	for range 2000 {
		p, err := c.ListUploads(c.ctx, l)
		c.ok(err)
		for _, u := range p.Uploads {
			all = append(all, u.Upload)
		}
		if !p.More {
			return all
		}
		l.After, l.AfterID = p.Next, p.NextID
	}
	c.fatalf("a list of uploads in pages of %d does not end", l.Max)
	return nil
}

func uploadIsNoObject(c *check) {
	c.everyVersioning(func(b string) {
		parts := c.partsOf(2)
		u := c.begin(b, "k")
		all := []objects.Part{c.part(u, 1, parts[0]), c.part(u, 2, parts[1])}
		c.absent(b, "k")
		c.newestFirst(b)
		c.equal("uploads", c.uploads(objects.List{Bucket: b, Max: 10}), []objects.Upload{u})
		o := c.complete(u, all...)
		c.holds(newest(b, "k"), parts[0]+parts[1])
		c.newestFirst(b, o.Version)
		c.equal("uploads", len(c.uploads(objects.List{Bucket: b, Max: 10})), 0)
	})
}

func partReplaced(c *check) {
	b := c.bucket(objects.NeverVersioned)
	u := c.begin(b, "k")
	large := text(1, max(c.options.minPart(), 100_000))
	old := c.part(u, 1, "old")
	for _, content := range []string{large, "", "again", large} {
		c.part(u, 1, content)
	}
	last := c.part(u, 7, "last")
	all := c.parts(u)
	c.equal("parts", []any{len(all), all[0].ETag, all[0].Size}, []any{2, etagOf(large), int64(len(large))})
	_, err := c.Complete(c.ctx, objects.Completion{Upload: u, Parts: []objects.Part{old, last}, Size: -1})
	c.refused(err, objects.BadPart)
	c.complete(u, all[0], last)
	c.holds(newest(b, "k"), large+"last")
}

func partsListed(c *check) {
	b := c.bucket(objects.NeverVersioned)
	u := c.beginAs(objects.NewUpload{Bucket: b, Key: "k", Headers: objects.Headers{StorageClass: "STANDARD_IA"}, Checksum: objects.Checksum{Algorithm: "CRC32"}})
	numbers := []int{1, 2, 3, 10, 11, 9_999, 10_000}
	for i := range numbers {
		n := numbers[(i*3)%len(numbers)]
		c.partAs(u, n, strings.Repeat("x", n), "CRC32")
	}
	for limit := 1; limit <= 8; limit++ {
		var got []int
		after := 0
		for {
			p, err := c.ListParts(c.ctx, u, after, limit)
			c.ok(err)
			c.equal("upload", []any{p.Upload.Upload, p.Upload.StorageClass, p.Upload.Checksum.Algorithm, p.Upload.Checksum.Type}, []any{u, "STANDARD_IA", "CRC32", objects.Composite})
			if len(p.Parts) > limit || p.More && (len(p.Parts) != limit || p.NextPart != p.Parts[limit-1].Number) {
				c.fatalf("a page of at most %d has %d, more %v, and the next begins after %d", limit, len(p.Parts), p.More, p.NextPart)
			}
			for _, one := range p.Parts {
				content := strings.Repeat("x", one.Number)
				c.equal("part", []any{one.Size, one.ETag, one.Checksum.Value}, []any{int64(len(content)), etagOf(content), checksumOf("CRC32", content)})
				if one.Modified.IsZero() {
					c.fatalf("part %d has no date", one.Number)
				}
				got = append(got, one.Number)
			}
			if !p.More {
				break
			}
			after = p.NextPart
		}
		c.equal("numbers", got, numbers)
	}
	p, err := c.ListParts(c.ctx, u, 10_000, 10)
	c.ok(err)
	c.equal("parts after the last", []any{len(p.Parts), p.More}, []any{0, false})
}

func uploadsOfOneKey(c *check) {
	b := c.bucket(objects.Enabled)
	var begun []objects.Upload
	for range 5 {
		begun = append(begun, c.begin(b, "k"))
	}
	begun = append(begun, c.begin(b, "k/1"))
	for _, max := range []int{1, 2, 3, 10} {
		c.equal("uploads", c.uploads(objects.List{Bucket: b, Max: max}), begun)
	}
	one, two := c.part(begun[1], 1, "of one"), c.part(begun[2], 1, "of two")
	_, err := c.Complete(c.ctx, objects.Completion{Upload: begun[1], Parts: []objects.Part{two}, Size: -1})
	c.refused(err, objects.BadPart)
	c.complete(begun[1], one)
	c.holds(newest(b, "k"), "of one")
	c.complete(begun[2], two)
	c.holds(newest(b, "k"), "of two")
	c.equal("uploads left", c.uploads(objects.List{Bucket: b, Max: 2}), []objects.Upload{begun[0], begun[3], begun[4], begun[5]})
}

func abortedUpload(c *check) {
	b := c.bucket(objects.NeverVersioned)
	c.put(b, "k", "there")
	u := c.begin(b, "k")
	p := c.part(u, 1, "part")
	c.ok(c.Abort(c.ctx, u))
	c.uploadGone(u, p)
	c.holds(newest(b, "k"), "there")
	c.remove(b, "k", "")
	c.ok(c.RemoveBucket(c.ctx, b))
}

// uploadGone fails unless the upload is refused everywhere.
func (c *check) uploadGone(u objects.Upload, p objects.Part) {
	c.put(u.Bucket, "source", "content")
	for name, err := range map[string]error{
		"PutPart":   second(c.PutPart(c.ctx, objects.PutPart{Upload: u, Number: 1, Body: body("late")})),
		"CopyPart":  second(c.CopyPart(c.ctx, objects.CopyPart{Upload: u, Number: 1, From: newest(u.Bucket, "source")})),
		"ListParts": second(c.ListParts(c.ctx, u, 0, 10)),
		"Complete":  second(c.Complete(c.ctx, objects.Completion{Upload: u, Parts: []objects.Part{p}, Size: -1})),
		"Abort":     c.Abort(c.ctx, u),
	} {
		if !errors.Is(err, objects.NoUpload) {
			c.fatalf("%s: got %v, want %v", name, err, objects.NoUpload)
		}
	}
	c.remove(u.Bucket, "source", "")
}

func noUpload(c *check) {
	b := c.bucket(objects.NeverVersioned)
	real := c.begin(b, "k")
	p := c.part(real, 1, "part")
	for _, id := range []string{"none", "0", "", strings.Repeat("f", 64), real.ID + "x", "../" + real.ID, "\x00"} {
		c.uploadGone(objects.Upload{Bucket: b, Key: "k", ID: id}, p)
	}
	c.uploadGone(objects.Upload{Bucket: b, Key: "other", ID: real.ID}, p)
	c.complete(real, p)
	c.holds(newest(b, "k"), "part")
}

func uploadBesideObject(c *check) {
	c.everyVersioning(func(b string) {
		u := c.begin(b, "k")
		p := c.part(u, 1, "of the upload")
		c.put(b, "k", "of a put")
		c.holds(newest(b, "k"), "of a put")
		c.remove(b, "k", "")
		c.absent(b, "k")
		c.complete(u, p)
		c.holds(newest(b, "k"), "of the upload")
	})
}
