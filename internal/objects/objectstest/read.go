package objectstest

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"time"

	"muster/internal/objects"
)

var readPromises = []Promise{
	{"a range gives exactly its bytes", ranges},
	{"a range outside of the object is refused with its size", rangeOutside},
	{"If-Range lets a range count only where the object is the same", ifRange},
	{"a part of an object made whole is all of it, and there is only one", partOfWhole},
	{"a part of an object made of parts gives its bytes", partOfParts},
	{"a large object is read right at any place", readAnywhere},
	{"a read goes on or fails when its object is removed", readOfRemoved},
	{"a read may be given up halfway", readGivenUp},
	{"an empty object is an object", emptyObject},
	{"attributes list the parts of an object in pages", attributes},
}

func found(c *check, err error) objects.Object {
	var r *objects.Refused
	if !errors.As(err, &r) || r.Object == nil {
		c.fatalf("got refusal %#v, want one with the object that was found", err)
	}
	return *r.Object
}

func ranges(c *check) {
	b := c.bucket(objects.NeverVersioned)
	for _, content := range []string{"0123456789", text(1, 70_000)} {
		c.put(b, "k", content)
		size := int64(len(content))
		for _, tc := range []struct {
			r           objects.Range
			first, last int64
		}{
			{objects.Range{First: 0, Last: 0}, 0, 0},
			{objects.Range{First: 3, Last: 5}, 3, 5},
			{objects.Range{First: 0, Last: -1}, 0, size - 1},
			{objects.Range{First: 4, Last: -1}, 4, size - 1},
			{objects.Range{First: size - 1, Last: -1}, size - 1, size - 1},
			{objects.Range{First: 0, Last: size - 1}, 0, size - 1},
			{objects.Range{First: 2, Last: size}, 2, size - 1},
			{objects.Range{First: 2, Last: 1 << 60}, 2, size - 1},
			{objects.Range{Suffix: 1}, size - 1, size - 1},
			{objects.Range{Suffix: 4}, size - 4, size - 1},
			{objects.Range{Suffix: size}, 0, size - 1},
			{objects.Range{Suffix: size + 100}, 0, size - 1},
		} {
			r := objects.Read{Ref: newest(b, "k"), Range: &tc.r}
			f, got := c.get(r)
			if got != content[tc.first:tc.last+1] {
				c.fatalf("range %+v of %d: got %s, want %s", tc.r, size, short(got), short(content[tc.first:tc.last+1]))
			}
			if f.First != tc.first || f.Length != tc.last-tc.first+1 || !f.Partial || f.Size != size {
				c.fatalf("range %+v of %d: got first %d, length %d, partial %v, size %d", tc.r, size, f.First, f.Length, f.Partial, f.Size)
			}
			h, err := c.Head(c.ctx, r)
			c.ok(err)
			c.equal("what Head says of a range", []any{h.First, h.Length, h.Partial, h.Size}, []any{f.First, f.Length, true, size})
		}
		f, _ := c.get(objects.Read{Ref: newest(b, "k")})
		c.equal("a read of all", []any{f.First, f.Length, f.Partial}, []any{int64(0), size, false})
	}
}

func rangeOutside(c *check) {
	b := c.bucket(objects.NeverVersioned)
	c.put(b, "k", "0123456789")
	c.put(b, "empty", "")
	for _, tc := range []struct {
		key string
		r   objects.Range
	}{
		{"k", objects.Range{First: 10, Last: -1}}, {"k", objects.Range{First: 10, Last: 20}}, {"k", objects.Range{First: 1 << 60, Last: -1}},
		{"empty", objects.Range{First: 0, Last: -1}}, {"empty", objects.Range{First: 0, Last: 5}},
	} {
		r := objects.Read{Ref: newest(b, tc.key), Range: &tc.r}
		_, err := c.Get(c.ctx, r)
		c.refused(err, objects.OutOfRange)
		if tc.key == "k" {
			c.equal("size", found(c, err).Size, int64(10))
		}
		_, err = c.Head(c.ctx, r)
		c.refused(err, objects.OutOfRange)
	}
}

func ifRange(c *check) {
	b := c.bucket(objects.NeverVersioned)
	old := c.put(b, "k", "old-old-old")
	o := c.put(b, "k", "NEW-NEW-NEW")
	f, err := c.Head(c.ctx, objects.Read{Ref: newest(b, "k")})
	c.ok(err)
	date := f.Modified.UTC().Truncate(time.Second)
	for _, tc := range []struct {
		name, header string
		holds        bool
	}{
		{"its ETag", `"` + o.ETag + `"`, true},
		{"another ETag", `"` + old.ETag + `"`, false},
		{"its ETag, weak", `W/"` + o.ETag + `"`, false},
		{"its date", date.Format(httpDate), true},
		{"a date before", date.Add(-time.Second).Format(httpDate), false},
		{"a date after: not exactly the object's", date.Add(time.Second).Format(httpDate), false},
		{"neither", "soon", false},
	} {
		r := objects.Read{Ref: newest(b, "k"), Range: &objects.Range{First: 5, Last: -1}, IfRange: tc.header}
		f, got := c.get(r)
		want := "NEW-NEW-NEW"
		if tc.holds {
			want = want[5:]
		}
		if got != want || f.Partial != tc.holds {
			c.fatalf("If-Range is %s: got %q, partial %v, want %q", tc.name, got, f.Partial, want)
		}
		h, err := c.Head(c.ctx, r)
		c.ok(err)
		c.equal("Head, partial", h.Partial, tc.holds)
		r.Range = &objects.Range{First: 1000, Last: -1}
		if _, err := c.Get(c.ctx, r); tc.holds != errors.Is(err, objects.OutOfRange) {
			c.fatalf("If-Range is %s and the range outside: got %v", tc.name, err)
		}
	}
}

func partOfWhole(c *check) {
	b := c.bucket(objects.NeverVersioned)
	c.put(b, "k", "content")
	f, got := c.get(objects.Read{Ref: newest(b, "k"), Part: 1})
	c.equal("part 1", got, "content")
	c.equal("partial and parts", []any{f.Partial, f.Parts}, []any{true, 0})
	_, err := c.Get(c.ctx, objects.Read{Ref: newest(b, "k"), Part: 2})
	c.refused(err, objects.NoPart)
	_, err = c.Head(c.ctx, objects.Read{Ref: newest(b, "k"), Part: 2})
	c.refused(err, objects.NoPart)
}

func partOfParts(c *check) {
	b := c.bucket(objects.NeverVersioned)
	parts := c.partsOf(3)
	o := c.assemble(b, "k", objects.Checksum{Algorithm: "SHA256"}, parts)
	var first int64
	for i, want := range parts {
		r := objects.Read{Ref: newest(b, "k"), Part: i + 1}
		f, got := c.get(r)
		if got != want || f.First != first || f.Length != int64(len(want)) || !f.Partial || f.Size != o.Size || f.Parts != 3 {
			c.fatalf("part %d: got %s, first %d, length %d, partial %v, of %d in %d parts", i+1, short(got), f.First, f.Length, f.Partial, f.Size, f.Parts)
		}
		c.equal("the part's checksum", f.PartChecksum.Value, checksumOf("SHA256", want))
		h, err := c.Head(c.ctx, r)
		c.ok(err)
		c.equal("what Head says of a part", []any{h.First, h.Length, h.Partial}, []any{f.First, f.Length, true})
		first += int64(len(want))
	}
	_, err := c.Get(c.ctx, objects.Read{Ref: newest(b, "k"), Part: 4})
	c.refused(err, objects.NoPart)
}

func readAnywhere(c *check) {
	b := c.bucket(objects.NeverVersioned)
	parts := []string{text(1, max(c.options.minPart(), 2<<20)), text(2, max(c.options.minPart(), 1<<20+7)), text(3, 65_536+1), text(4, 3)}
	for len(parts[2]) < int(c.options.minPart()) {
		parts[2] += parts[2]
	}
	whole := strings.Join(parts, "")
	c.assemble(b, "parts", objects.Checksum{}, parts)
	c.put(b, "whole", whole)
	c.holds(newest(b, "parts"), whole)
	c.holds(newest(b, "whole"), whole)
	random := rand.New(rand.NewPCG(1, 2))
	borders := []int64{0, 65_536, 131_072, int64(len(parts[0])), int64(len(parts[0]) + len(parts[1])), int64(len(whole) - 3), int64(len(whole))}
	for i := range 60 {
		first := borders[random.IntN(len(borders))] + random.Int64N(9) - 4
		length := 1 + random.Int64N([]int64{2, 10, 70_000, int64(len(whole))}[i%4])
		first = min(max(first, 0), int64(len(whole))-1)
		last := min(first+length, int64(len(whole))) - 1
		for _, key := range []string{"parts", "whole"} {
			_, got := c.get(objects.Read{Ref: newest(b, key), Range: &objects.Range{First: first, Last: last}})
			if got != whole[first:last+1] {
				c.fatalf("bytes %d to %d of %s: got %s, want %s", first, last, key, short(got), short(whole[first:last+1]))
			}
		}
	}
}

func readOfRemoved(c *check) {
	b := c.bucket(objects.NeverVersioned)
	for _, content := range []string{text(1, 1000), text(2, 300_000)} {
		for _, undo := range []func(){
			func() { c.remove(b, "k", "") },
			func() { c.put(b, "k", text(3, int64(len(content)))) },
		} {
			c.put(b, "k", content)
			f, err := c.Get(c.ctx, objects.Read{Ref: newest(b, "k")})
			c.ok(err)
			begun := make([]byte, 10)
			_, err = io.ReadFull(f.Body, begun)
			c.ok(err)
			undo()
			rest, err := io.ReadAll(f.Body)
			f.Body.Close()
			got := string(begun) + string(rest)
			if !strings.HasPrefix(content, got) || err == nil && got != content {
				c.fatalf("a read of what was removed meanwhile gave %d bytes of %d, same beginning: %v, error %v", len(got), len(content), strings.HasPrefix(content, got), err)
			}
		}
	}
}

func readGivenUp(c *check) {
	b := c.bucket(objects.NeverVersioned)
	content := text(1, 300_000)
	c.put(b, "k", content)
	for _, n := range []int{0, 1, 100, 100_000} {
		f, err := c.Get(c.ctx, objects.Read{Ref: newest(b, "k")})
		c.ok(err)
		got := make([]byte, n)
		_, err = io.ReadFull(f.Body, got)
		c.ok(err)
		c.ok(f.Body.Close())
		if !bytes.Equal(got, []byte(content[:n])) {
			c.fatalf("the first %d bytes are others", n)
		}
	}
	c.remove(b, "k", "")
	c.absent(b, "k")
}

func emptyObject(c *check) {
	c.everyVersioning(func(b string) {
		o := c.put(b, "k", "")
		c.equal("ETag", o.ETag, "d41d8cd98f00b204e9800998ecf8427e")
		c.holds(newest(b, "k"), "")
		listed, err := c.List(c.ctx, objects.List{Bucket: b, Max: 10})
		c.ok(err)
		c.equal("keys", keys(listed.Objects), []string{"k"})
		c.ok(second(c.Copy(c.ctx, newCopy(newest(b, "k"), b, "copied"))))
		c.holds(newest(b, "copied"), "")
		c.equal("made of one empty part", c.assemble(b, "parts", objects.Checksum{}, []string{""}).Size, int64(0))
		c.holds(newest(b, "parts"), "")
	})
}

func second[T any](_ T, err error) error { return err }

func attributes(c *check) {
	b := c.bucket(objects.Enabled)
	parts := c.partsOf(5)
	o := c.assemble(b, "k", objects.Checksum{Algorithm: "CRC32C"}, parts)
	for limit := 1; limit <= 6; limit++ {
		var sizes []int64
		var sums []string
		after := 0
		for {
			a, err := c.Attributes(c.ctx, objects.Read{Ref: newest(b, "k")}, after, limit)
			c.ok(err)
			c.equal("object", []any{a.ETag, a.Size, a.Version, a.Checksum}, []any{o.ETag, o.Size, o.Version, o.Checksum})
			c.equal("how many parts", []int{a.Parts.Total, a.Object.Parts}, []int{5, 5})
			for _, p := range a.Parts.Parts {
				sizes, sums = append(sizes, p.Size), append(sums, p.Checksum.Value)
				c.equal("number", p.Number, len(sizes))
			}
			if !a.Parts.More {
				break
			}
			if after = a.Parts.NextPart; after != len(sizes) || len(a.Parts.Parts) != limit {
				c.fatalf("a page of %d ends after part %d and says that the next begins after %d", limit, len(sizes), after)
			}
		}
		for i, p := range parts {
			c.equal("size", sizes[i], int64(len(p)))
			c.equal("checksum", sums[i], checksumOf("CRC32C", p))
		}
		c.equal("parts in all", len(sizes), 5)
	}
	c.put(b, "whole", "content")
	a, err := c.Attributes(c.ctx, objects.Read{Ref: newest(b, "whole")}, 0, 10)
	c.ok(err)
	c.equal("parts of what was made whole", []int{a.Parts.Total, len(a.Parts.Parts), a.Object.Parts}, []int{0, 0, 0})
}
