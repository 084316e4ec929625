package objectstest

import (
	"errors"
	"strings"

	"muster/internal/objects"
)

var copyPromises = []Promise{
	{"a copy has content, headers and tags of its source", copyTakes},
	{"a copy may have other headers and tags", copyReplaces},
	{"a copy lives on when its source is removed or replaced", copyLivesOn},
	{"a copy of what is not there is refused as of the source", copyOfNothing},
	{"a copy onto itself needs a change, or a version that is named", copyOntoItself},
	{"an old version can be copied onto its key", copyOldVersion},
	{"a copy of an object of parts has its content", copyOfParts},
	{"a copy has the checksum that is asked for, else its source's", copyChecksum},
	{"a part can be a copy of a range", copiedParts},
}

func newCopy(from objects.Ref, bucket, key string) objects.Copy {
	return objects.Copy{From: from, Bucket: bucket, Key: key}
}

// fromSource fails unless the refusal is of a copy's source.
func (c *check) fromSource(err error) {
	var r *objects.Refused
	if !errors.As(err, &r) || !r.Source {
		c.fatalf("got refusal %#v, want one of the source", err)
	}
}

func copyTakes(c *check) {
	from := c.bucket(objects.NeverVersioned)
	c.everyVersioning(func(to string) {
		for _, content := range []string{"", "small", text(1, 100_000)} {
			p := newPut(from, "k", content)
			p.Headers, p.Tags = everyHeader(), class("x")
			o := c.putAs(p)
			copied, err := c.Copy(c.ctx, newCopy(newest(from, "k"), to, "copied"))
			c.ok(err)
			c.equal("ETag, size and source", []any{copied.ETag, copied.Size, copied.SourceVersion}, []any{o.ETag, o.Size, ""})
			f, got := c.get(objects.Read{Ref: newest(to, "copied")})
			c.equal("content", got, content)
			want := everyHeader()
			want.StorageClass = "" // a copy's is its own
			c.equal("headers", f.Headers, want)
			c.equal("tags", f.Tags, p.Tags)
			c.equal("version", f.Version, copied.Version)
		}
	})
}

func copyReplaces(c *check) {
	b := c.bucket(objects.Enabled)
	p := newPut(b, "k", "content")
	p.Headers, p.Tags = everyHeader(), class("x")
	c.putAs(p)
	cp := newCopy(newest(b, "k"), b, "copied")
	cp.Headers = &objects.Headers{ContentType: "text/html", StorageClass: "GLACIER_IR", Metadata: map[string]string{"other": "1"}}
	cp.Tags, cp.ReplaceTags = class("y"), true
	c.ok(second(c.Copy(c.ctx, cp)))
	f, got := c.get(objects.Read{Ref: newest(b, "copied")})
	c.equal("content", got, "content")
	c.equal("headers", f.Headers, *cp.Headers)
	c.equal("tags", f.Tags, class("y"))
	cp.Tags = nil
	cp.Headers, cp.StorageClass = nil, "STANDARD_IA"
	c.ok(second(c.Copy(c.ctx, cp)))
	f, _ = c.get(objects.Read{Ref: newest(b, "copied")})
	c.equal("tags", len(f.Tags), 0)
	c.equal("storage class", f.Headers.StorageClass, "STANDARD_IA")
	cp.Tags, cp.ReplaceTags = class("ignored"), false
	c.ok(second(c.Copy(c.ctx, cp)))
	f, _ = c.get(objects.Read{Ref: newest(b, "copied")})
	c.equal("tags", f.Tags, class("x"))
}

func copyLivesOn(c *check) {
	b := c.bucket(objects.NeverVersioned)
	for _, content := range []string{"small", text(1, 100_000)} {
		for _, end := range []func(key string){
			func(key string) { c.remove(b, key, "") },
			func(key string) { c.put(b, key, "another") },
		} {
			c.put(b, "a", content)
			c.ok(second(c.Copy(c.ctx, newCopy(newest(b, "a"), b, "b"))))
			c.ok(second(c.Copy(c.ctx, newCopy(newest(b, "b"), b, "c"))))
			end("a")
			c.holds(newest(b, "b"), content)
			end("c")
			c.holds(newest(b, "b"), content)
			end("b")
		}
	}
}

func copyOfNothing(c *check) {
	b := c.bucket(objects.Enabled)
	c.put(b, "target", "stays")
	removed := c.put(b, "gone", "content").Version
	c.remove(b, "gone", removed)
	u := c.begin(b, "target")
	for _, from := range []objects.Ref{newest(b, "none"), newest(b, "gone"), versionOf(b, "gone", removed), newest("suite-no-such-bucket", "k")} {
		want := []error{objects.NoObject}
		if from.Version != "" {
			want = []error{objects.NoVersion}
		}
		if from.Bucket != b {
			want = []error{objects.NoBucket}
		}
		_, err := c.Copy(c.ctx, newCopy(from, b, "target"))
		c.refused(err, want...)
		c.fromSource(err)
		_, err = c.CopyPart(c.ctx, objects.CopyPart{Upload: u, Number: 1, From: from})
		c.refused(err, want...)
		c.fromSource(err)
	}
	c.holds(newest(b, "target"), "stays")
	c.equal("versions", len(c.versions(b)), 1)
	c.equal("parts", len(c.parts(u)), 0)
}

func copyOntoItself(c *check) {
	c.everyVersioning(func(b string) {
		p := newPut(b, "k", "content")
		p.Headers.Metadata = map[string]string{"a": "1"}
		o := c.putAs(p)
		self := newCopy(newest(b, "k"), b, "k")
		_, err := c.Copy(c.ctx, self)
		c.refused(err, objects.SelfCopy)
		tagged := self
		tagged.Tags, tagged.ReplaceTags = class("other"), true
		_, err = c.Copy(c.ctx, tagged)
		c.refused(err, objects.SelfCopy)
		c.equal("versions", len(c.versions(b)), 1)
		encrypted := self
		encrypted.Encryption = "AES256"
		c.ok(second(c.Copy(c.ctx, encrypted)))

		self.Headers = &objects.Headers{Metadata: map[string]string{"b": "2"}}
		c.ok(second(c.Copy(c.ctx, self)))
		f, got := c.get(objects.Read{Ref: newest(b, "k")})
		c.equal("content", got, "content")
		c.equal("metadata", f.Headers.Metadata, map[string]string{"b": "2"})
		if f.Modified.Before(o.Modified.Truncate(1e9)) {
			c.fatalf("the copy is from %v, what it was made of from %v", f.Modified, o.Modified)
		}
		self.Headers, self.StorageClass = nil, "STANDARD_IA"
		c.ok(second(c.Copy(c.ctx, self)))
		c.holds(newest(b, "k"), "content")
	})
	b := c.bucket(objects.Enabled)
	o := c.put(b, "k", "content")
	copied, err := c.Copy(c.ctx, newCopy(versionOf(b, "k", o.Version), b, "k"))
	c.ok(err)
	c.newestFirst(b, copied.Version, o.Version)
	c.holds(newest(b, "k"), "content")
}

func copyOldVersion(c *check) {
	b := c.bucket(objects.Enabled)
	old, top := c.put(b, "k", "old"), c.put(b, "k", "top")
	back, err := c.Copy(c.ctx, newCopy(versionOf(b, "k", old.Version), b, "k"))
	c.ok(err)
	c.equal("version of the source", back.SourceVersion, old.Version)
	c.newestFirst(b, back.Version, top.Version, old.Version)
	c.holds(newest(b, "k"), "old")
	c.remove(b, "k", old.Version)
	c.holds(newest(b, "k"), "old")
}

func copyOfParts(c *check) {
	b := c.bucket(objects.NeverVersioned)
	parts := c.partsOf(3)
	whole := strings.Join(parts, "")
	c.assemble(b, "k", objects.Checksum{}, parts)
	copied, err := c.Copy(c.ctx, newCopy(newest(b, "k"), b, "copied"))
	c.ok(err)
	if copied.ETag != etagOf(whole) && copied.ETag != etagOfParts(parts) {
		c.fatalf("the copy has ETag %s, that of no content of its own", copied.ETag)
	}
	c.holds(newest(b, "copied"), whole)
	c.remove(b, "k", "")
	c.holds(newest(b, "copied"), whole)
	at := int64(len(parts[0]))
	_, got := c.get(objects.Read{Ref: newest(b, "copied"), Range: &objects.Range{First: at - 3, Last: at + 2}})
	c.equal("bytes over the border of two parts", got, whole[at-3:at+3])
}

func copyChecksum(c *check) {
	b := c.bucket(objects.NeverVersioned)
	p := newPut(b, "k", "content")
	p.Body.Checksum.Algorithm = "SHA1"
	c.putAs(p)
	for _, algorithm := range append([]string{""}, algorithms...) {
		cp := newCopy(newest(b, "k"), b, "copied")
		cp.Checksum = algorithm
		o, err := c.Copy(c.ctx, cp)
		c.ok(err)
		if algorithm == "" {
			algorithm = "SHA1"
		}
		c.equal("checksum", o.Checksum, fullObject(algorithm, "content"))
	}
	parts := c.partsOf(3)
	c.assemble(b, "parts", objects.Checksum{Algorithm: "SHA256"}, parts)
	for _, algorithm := range algorithms {
		cp := newCopy(newest(b, "parts"), b, "copied")
		cp.Checksum = algorithm
		o, err := c.Copy(c.ctx, cp)
		c.ok(err)
		composite := objects.Checksum{Algorithm: algorithm, Type: objects.Composite, Value: compositeOf(algorithm, parts)}
		if o.Checksum != composite {
			c.equal("checksum", o.Checksum, fullObject(algorithm, strings.Join(parts, "")))
		}
		c.holds(newest(b, "copied"), strings.Join(parts, ""))
	}
}

func copiedParts(c *check) {
	from, b := c.bucket(objects.Enabled), c.bucket(objects.NeverVersioned)
	size := c.options.minPart()
	content := text(1, 2*size+10)
	old := c.put(from, "k", content)
	c.assemble(from, "parts", objects.Checksum{}, []string{content[:size+5], content[size+5:]})
	c.put(from, "k", "newer")

	u := c.beginAs(objects.NewUpload{Bucket: b, Key: "k", Checksum: objects.Checksum{Algorithm: "SHA1"}})
	take := func(number int, from objects.Ref, r *objects.Range, want string) objects.Part {
		p, err := c.CopyPart(c.ctx, objects.CopyPart{Upload: u, Number: number, From: from, Range: r})
		c.ok(err)
		if p.SourceVersion == "" || from.Version != "" && p.SourceVersion != from.Version {
			c.fatalf("the source's version is %q, want it shown: %q", p.SourceVersion, from.Version)
		}
		c.equal("part", []any{p.ETag, p.Size, p.Checksum.Value}, []any{etagOf(want), int64(len(want)), checksumOf("SHA1", want)})
		return p
	}
	all := []objects.Part{
		take(1, versionOf(from, "k", old.Version), nil, content),
		take(2, versionOf(from, "k", old.Version), &objects.Range{First: 3, Last: size + 2}, content[3:size+3]),
		take(3, newest(from, "parts"), &objects.Range{First: 1, Last: 2*size - 1}, content[1:2*size]),
		take(4, newest(from, "k"), &objects.Range{First: 4, Last: 4}, "r"),
	}
	for _, r := range []objects.Range{{First: 0, Last: 5}, {First: 5, Last: 5}, {First: 100, Last: 200}} {
		_, err := c.CopyPart(c.ctx, objects.CopyPart{Upload: u, Number: 4, From: newest(from, "k"), Range: &r})
		c.refused(err, objects.OutOfRange)
	}
	for _, o := range c.versions(from) {
		c.remove(from, o.Key, o.Version)
	}
	c.complete(u, all...)
	c.holds(newest(b, "k"), content+content[3:size+3]+content[1:2*size]+"r")
}
