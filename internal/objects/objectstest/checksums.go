package objectstest

import (
	"muster/internal/objects"
)

var checksumPromises = []Promise{
	{"every algorithm is computed, checked and given back", everyAlgorithm},
	{"a body that is not what its checksum says replaces nothing", wrongChecksum},
	{"a checksum that comes after the body is checked as one before", trailers},
	{"a checksum that nobody knows is refused", unknownChecksum},
	{"an object of parts has a checksum of its parts or of the whole", checksumsOfParts},
	{"an object of parts is refused where its checksum is another", wrongChecksumOfParts},
	{"a composite checksum needs that of each part", checksumOfEachPart},
}

func everyAlgorithm(c *check) {
	// Published check values for "123456789".
	c.equal("the suite's own CRC64NVME", checksumOf("CRC64NVME", "123456789"), "rosUhgp5mIg=")
	c.equal("the suite's own CRC32C", checksumOf("CRC32C", "123456789"), "4waSgw==")
	b := c.bucket(objects.Enabled)
	for _, algorithm := range algorithms {
		for _, content := range []string{"", "123456789", text(1, 100_000)} {
			for _, value := range []string{"", checksumOf(algorithm, content)} {
				p := newPut(b, "k", content)
				p.Body.Checksum = objects.Checksum{Algorithm: algorithm, Value: value}
				o := c.putAs(p)
				want := fullObject(algorithm, content)
				c.equal("checksum that Put returns", o.Checksum, want)
				f, _ := c.get(objects.Read{Ref: newest(b, "k")})
				c.equal("checksum that Get returns", f.Checksum, want)
			}
		}
	}
	for _, o := range c.versions(b) {
		c.equal("type in lists", o.Checksum.Type, objects.FullObject)
	}
}

func wrongChecksum(c *check) {
	unchanged(c, func(put func(objects.Body) error) {
		for _, algorithm := range algorithms {
			for _, content := range []string{"", "some content", text(1, 200_000)} {
				bad := body(content)
				bad.Checksum = objects.Checksum{Algorithm: algorithm, Value: checksumOf(algorithm, "other")}
				c.refused(put(bad), objects.BadDigest)
			}
		}
	})
}

func trailers(c *check) {
	for _, algorithm := range algorithms {
		b := c.bucket(objects.NeverVersioned)
		for _, content := range []string{"", "123456789", text(1, 100_000)} {
			p := newPut(b, "k", content)
			p.Body.Checksum = objects.Checksum{Algorithm: algorithm}
			p.Body.Trailer = func() string { return checksumOf(algorithm, content) }
			c.equal("checksum", c.putAs(p).Checksum, fullObject(algorithm, content))
			c.holds(newest(b, "k"), content)
		}
	}
	unchanged(c, func(put func(objects.Body) error) {
		for _, algorithm := range algorithms {
			for _, wrong := range []string{checksumOf(algorithm, "other"), "", "no base64"} {
				bad := body("some content")
				bad.Checksum = objects.Checksum{Algorithm: algorithm}
				bad.Trailer = func() string { return wrong }
				c.refused(put(bad), objects.BadDigest)
			}
		}
	})
}

func unknownChecksum(c *check) {
	unchanged(c, func(put func(objects.Body) error) {
		bad := body("some content")
		bad.Checksum = objects.Checksum{Algorithm: "MD4", Value: "AAAA"}
		c.refused(put(bad), objects.BadChecksum)
	})
	b := c.bucket(objects.NeverVersioned)
	for _, kind := range []objects.Checksum{
		{Algorithm: "MD4"},
		{Algorithm: "SHA1", Type: objects.FullObject},
		{Algorithm: "SHA256", Type: objects.FullObject},
		{Algorithm: "SHA512", Type: objects.FullObject},
		{Algorithm: "MD5", Type: objects.FullObject},
		{Algorithm: "XXHASH64", Type: objects.FullObject},
		{Algorithm: "XXHASH3", Type: objects.FullObject},
		{Algorithm: "XXHASH128", Type: objects.FullObject},
		{Algorithm: "CRC64NVME", Type: objects.Composite},
	} {
		_, err := c.CreateUpload(c.ctx, objects.NewUpload{Bucket: b, Key: "k", Checksum: kind})
		c.refused(err, objects.BadChecksum)
	}
	u := c.beginAs(objects.NewUpload{Bucket: b, Key: "k", Checksum: objects.Checksum{Algorithm: "SHA256"}})
	bad := body("some content")
	bad.Checksum = objects.Checksum{Algorithm: "CRC32"}
	_, err := c.PutPart(c.ctx, objects.PutPart{Upload: u, Number: 1, Body: bad})
	c.refused(err, objects.BadChecksum)
	c.equal("parts", len(c.parts(u)), 0)
}

// kinds are the checksums that an object of parts can have.
func kinds() []objects.Checksum {
	var all []objects.Checksum
	for _, algorithm := range algorithms {
		for _, typ := range []string{"", objects.FullObject, objects.Composite} {
			if typ == "" || mayHave(algorithm, typ) {
				all = append(all, objects.Checksum{Algorithm: algorithm, Type: typ})
			}
		}
	}
	return all
}

func checksumsOfParts(c *check) {
	b := c.bucket(objects.Enabled)
	parts := c.partsOf(3)
	for _, kind := range kinds() {
		o := c.assemble(b, "k", kind, parts)
		if kind.Type == "" {
			kind.Type = defaultType(kind.Algorithm)
		}
		want := joinedChecksum(kind, parts[0]+parts[1]+parts[2], parts)
		c.equal("checksum that Complete returns", o.Checksum, want)
		f, err := c.Head(c.ctx, objects.Read{Ref: newest(b, "k")})
		c.ok(err)
		c.equal("checksum that Head returns", f.Checksum, want)
	}
}

func wrongChecksumOfParts(c *check) {
	b := c.bucket(objects.NeverVersioned)
	c.put(b, "k", "the good one")
	parts := c.partsOf(2)
	for _, kind := range kinds() {
		u := c.beginAs(objects.NewUpload{Bucket: b, Key: "k", Checksum: kind})
		all := []objects.Part{c.partAs(u, 1, parts[0], kind.Algorithm), c.partAs(u, 2, parts[1], kind.Algorithm)}
		if kind.Type == "" {
			kind.Type = defaultType(kind.Algorithm)
		}
		kind.Value = joinedChecksum(kind, "other", []string{"ot", "her"}).Value
		_, err := c.Complete(c.ctx, objects.Completion{Upload: u, Parts: all, Checksum: kind, Size: -1})
		c.refused(err, objects.BadDigest)

		wrong := []objects.Part{all[0], all[1]}
		wrong[0].Checksum.Value = checksumOf(kind.Algorithm, "other")
		_, err = c.Complete(c.ctx, objects.Completion{Upload: u, Parts: wrong, Size: -1})
		c.refused(err, objects.BadPart, objects.BadDigest)
		c.holds(newest(b, "k"), "the good one")

		kind.Value = joinedChecksum(kind, parts[0]+parts[1], parts).Value
		o, err := c.Complete(c.ctx, objects.Completion{Upload: u, Parts: all, Checksum: kind, Size: -1})
		c.ok(err)
		c.equal("checksum", o.Checksum, kind)
		c.remove(b, "k", "")
		c.put(b, "k", "the good one")
	}
}

func checksumOfEachPart(c *check) {
	b := c.bucket(objects.NeverVersioned)
	c.put(b, "k", "the good one")
	c.put(b, "source", "the copied one")
	parts := c.partsOf(2)
	for _, kind := range kinds() {
		if kind.Type == "" {
			continue
		}
		u := c.beginAs(objects.NewUpload{Bucket: b, Key: "k", Checksum: kind})
		all := []objects.Part{c.partAs(u, 1, parts[0], kind.Algorithm), c.partAs(u, 2, parts[1], kind.Algorithm)}
		without := []objects.Part{all[0], all[1]}
		without[1].Checksum = objects.Checksum{}
		_, put := c.PutPart(c.ctx, objects.PutPart{Upload: u, Number: 3, Body: body("without")})
		if kind.Type == objects.FullObject { // it is computed
			c.ok(put)
			c.complete(u, without...)
		} else {
			c.refused(put, objects.BadChecksum)
			c.equal("parts", len(c.parts(u)), 2)
			c.refused(c.tryComplete(u, without...), objects.BadChecksum)
			c.holds(newest(b, "k"), "the good one")
			copied, err := c.CopyPart(c.ctx, objects.CopyPart{Upload: u, Number: 2, From: newest(b, "source")}) // no client knows it before
			c.ok(err)
			c.equal("checksum of a copied part", copied.Checksum.Value, checksumOf(kind.Algorithm, "the copied one"))
			c.complete(u, all[0], copied)
			parts[1] = "the copied one"
		}
		c.holds(newest(b, "k"), parts[0]+parts[1])
		parts = c.partsOf(2)
		c.put(b, "k", "the good one")
	}
}
