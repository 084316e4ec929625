package objectstest

import (
	"errors"
	"fmt"
	"strings"

	"muster/internal/objects"
)

var uploadRacePromises = []Promise{
	{"of completing and aborting an upload exactly one wins", raceCompleteAbort},
	{"an upload completed by several becomes one object", raceCompleteComplete},
	{"a part replaced while its upload is completed leaves a whole object", racePartComplete},
	{"a part kept while its upload is aborted leaves nothing", racePartAbort},
	{"of uploads completed where nothing is, exactly one wins", raceCompleteIfNoneMatch},
	{"parts of one upload come at once", raceParts},
	{"a read of an object of parts beside others that replace it is one object, whole", raceReadParts},
}

func raceCompleteAbort(c *check) {
	b := c.bucket(objects.Enabled)
	completed := 0
	c.rounds(func(round int) {
		key := fmt.Sprint("k", round)
		u := c.begin(b, key)
		p := c.part(u, 1, sized(round))
		errs := together(2, func(i int) error {
			if i == round%2 {
				return c.Abort(c.ctx, u)
			}
			return c.tryComplete(u, p)
		})
		aborted, complete := errs[round%2], errs[1-round%2]
		switch {
		case complete == nil && aborted == nil:
			c.fatalf("an upload was completed and aborted")
		case complete == nil:
			completed++
			c.refused(aborted, objects.NoUpload)
			c.holds(newest(b, key), sized(round))
		default:
			c.ok(aborted)
			c.refused(complete, objects.NoUpload)
			c.absent(b, key)
		}
	})
	c.equal("versions", len(c.versions(b)), completed)
	c.equal("uploads", len(c.uploads(objects.List{Bucket: b, Max: 10})), 0)
}

func raceCompleteComplete(c *check) {
	b := c.bucket(objects.Enabled)
	c.rounds(func(round int) {
		key := fmt.Sprint("k", round)
		u := c.begin(b, key)
		p := c.part(u, 1, sized(round))
		var got log
		c.allWell(4, func(int) error {
			o, err := c.Complete(c.ctx, objects.Completion{Upload: u, Parts: []objects.Part{p}, Size: -1})
			got.add(o.Version)
			return err
		})
		all := got.sorted()
		if all[0] == "" || all[0] != all[len(all)-1] {
			c.fatalf("one upload became the versions %q", all)
		}
		listed := c.versions(b)
		c.equal("versions", ids(listed), all[:1])
		c.removeAll(b, listed)
	})
}

func racePartComplete(c *check) {
	b := c.bucket(objects.NeverVersioned)
	c.rounds(func(round int) {
		u := c.begin(b, "k")
		p := c.part(u, 1, uniform(round))
		errs := together(3, func(i int) error {
			if i == 0 {
				return c.tryComplete(u, p)
			}
			return second(c.PutPart(c.ctx, objects.PutPart{Upload: u, Number: 1, Body: body(uniform(round + i))}))
		})
		for _, err := range errs[1:] {
			if err != nil {
				c.refused(err, objects.NoUpload)
			}
		}
		if errs[0] != nil { // the part was another one by then
			c.refused(errs[0], objects.BadPart)
			p = c.parts(u)[0]
			c.complete(u, p)
		}
		f, content := c.get(objects.Read{Ref: newest(b, "k")})
		if f.ETag != etagOfParts([]string{content}) || content[:1] != content[len(content)-1:] || etagOf(content) != p.ETag {
			c.fatalf("the object of part %s is %s with ETag %s", p.ETag, short(content), f.ETag)
		}
	})
}

func racePartAbort(c *check) {
	b := c.bucket(objects.NeverVersioned)
	c.rounds(func(round int) {
		u := c.begin(b, "k")
		errs := together(4, func(i int) error {
			if i == 0 {
				return c.Abort(c.ctx, u)
			}
			return second(c.PutPart(c.ctx, objects.PutPart{Upload: u, Number: i, Body: body(sized(round + i))}))
		})
		c.ok(errs[0])
		for _, err := range errs[1:] {
			if err != nil {
				c.refused(err, objects.NoUpload)
			}
		}
		c.refused(second(c.ListParts(c.ctx, u, 0, 10)), objects.NoUpload)
	})
	c.ok(c.RemoveBucket(c.ctx, b))
}

func raceCompleteIfNoneMatch(c *check) {
	b := c.bucket(objects.NeverVersioned)
	c.rounds(func(round int) {
		key := fmt.Sprint("k", round)
		var all []objects.Completion
		for i := range 4 {
			u := c.begin(b, key)
			all = append(all, objects.Completion{Upload: u, Parts: []objects.Part{c.part(u, 1, uniform(i))}, Size: -1, Conditions: objects.Conditions{IfNoneMatch: "*"}})
		}
		errs := together(5, func(i int) error {
			if i == 4 {
				p := newPut(b, key, uniform(i))
				p.Conditions.IfNoneMatch = "*"
				return second(c.Put(c.ctx, p))
			}
			return second(c.Complete(c.ctx, all[i]))
		})
		c.holds(newest(b, key), uniform(c.oneWins(errs)))
		for _, done := range all {
			if err := c.Abort(c.ctx, done.Upload); err != nil && !errors.Is(err, objects.NoUpload) {
				c.ok(err)
			}
		}
	})
}

func raceParts(c *check) {
	b := c.bucket(objects.NeverVersioned)
	contents := c.partsOf(6)
	c.rounds(func(int) {
		u := c.begin(b, "k")
		all := make([]objects.Part, len(contents))
		c.allWell(len(contents), func(i int) error {
			p, err := c.PutPart(c.ctx, objects.PutPart{Upload: u, Number: i + 1, Body: body(contents[i])})
			all[i] = p
			return err
		})
		o := c.complete(u, all...)
		c.equal("ETag", o.ETag, etagOfParts(contents))
	})
	f, content := c.get(objects.Read{Ref: newest(b, "k")})
	c.equal("size", f.Size, int64(len(content)))
	c.equal("ETag of the content", etagOf(content), etagOf(joined(contents)))
}

func raceReadParts(c *check) {
	b := c.bucket(objects.NeverVersioned)
	c.ok(c.uploadWhole(b, "k", uniform(0)))
	c.rounds(func(round int) {
		c.allWell(6, func(i int) error {
			for n := range 4 {
				if i%3 == 0 {
					if err := c.uploadWhole(b, "k", uniform(round+n+i)); err != nil {
						return err
					}
					continue
				}
				f, content, err := c.tryGet(objects.Read{Ref: newest(b, "k")})
				if err != nil {
					return err
				}
				if content == "" || content != strings.Repeat(content[:1], len(content)) || f.ETag != etagOfParts([]string{content}) {
					return fmt.Errorf("read %s with ETag %s and size %d", short(content), f.ETag, f.Size)
				}
			}
			return nil
		})
	})
}

func joined(all []string) string {
	var s string
	for _, one := range all {
		s += one
	}
	return s
}
