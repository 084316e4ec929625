package objectstest

import (
	"errors"
	"slices"
	"sync"

	"muster/internal/objects"
)

var judgePromises = []Promise{
	{"a judge sees the tags and its refusal is returned as it is", judgeSees},
	{"a judge of what is not there is asked before that is told", judgeOfNothing},
	{"a judge of the object that is there is asked where If-Match names ETags", judgeOfTarget},
	{"what changed while it was judged is judged again before it is read", judgedAgainRead},
	{"what changed while it was judged is judged again before it is changed", judgedAgainWrite},
	{"an object that changes whenever it is judged ends in an answer", judgedForever},
}

var errDenied = errors.New("denied by the judge")

// deny allows all but objects of class secret, and counts.
type deny struct {
	mu     sync.Mutex
	seen   [][]objects.Tag
	during func(times int) // called before each judgement with how many were before
}

func (d *deny) judge(tags []objects.Tag) error {
	d.mu.Lock()
	times := len(d.seen)
	d.seen = append(d.seen, tags)
	d.mu.Unlock()
	if d.during != nil {
		d.during(times)
	}
	if slices.Contains(tags, objects.Tag{Key: "class", Value: "secret"}) {
		return errDenied
	}
	return nil
}

// reading are the operations that read an object under a judge.
func (c *check) reading(of objects.Ref, judge objects.Judge) map[string]func() error {
	u := c.begin(of.Bucket, "copied part")
	return map[string]func() error{
		"Get": func() error {
			_, _, err := c.tryGet(objects.Read{Ref: of, Judge: judge})
			return err
		},
		"Head":       func() error { return second(c.Head(c.ctx, objects.Read{Ref: of, Judge: judge})) },
		"Attributes": func() error { return second(c.Attributes(c.ctx, objects.Read{Ref: of, Judge: judge}, 0, 10)) },
		"Tags":       func() error { return second(c.Tags(c.ctx, of, judge)) },
		"SetTags":    func() error { return second(c.SetTags(c.ctx, of, class("set"), judge)) },
		"Copy": func() error {
			cp := newCopy(of, of.Bucket, "copied")
			cp.Judge = judge
			return second(c.Copy(c.ctx, cp))
		},
		"CopyPart": func() error {
			return second(c.CopyPart(c.ctx, objects.CopyPart{Upload: u, Number: 1, From: of, Judge: judge}))
		},
	}
}

func judgeSees(c *check) {
	c.everyVersioning(func(b string) {
		c.putTagged(b, "secret", "content", "secret")
		for _, id := range []string{"", c.versions(b)[0].Version} {
			d := &deny{}
			for name, read := range c.reading(versionOf(b, "secret", id), d.judge) {
				d.seen = nil
				if err := read(); err != errDenied {
					c.fatalf("%s: got %v, want the judge's own error", name, err)
				}
				if len(d.seen) == 0 || !slices.Equal(d.seen[0], class("secret")) {
					c.fatalf("%s: the judge saw %v", name, d.seen)
				}
			}
		}
		c.absent(b, "copied")
		c.equal("tags", c.tags(newest(b, "secret")), class("secret"))
		c.putTagged(b, "open", "content", "open")
		d := &deny{}
		for name, read := range c.reading(newest(b, "open"), d.judge) {
			if err := read(); err != nil {
				c.fatalf("%s: %v", name, err)
			}
		}
	})
}

func judgeOfNothing(c *check) {
	b := c.bucket(objects.Enabled)
	c.put(b, "marked", "content")
	c.remove(b, "marked", "")
	for _, key := range []string{"none", "marked"} {
		asked := 0
		for name, read := range c.reading(newest(b, key), func(tags []objects.Tag) error {
			asked++
			if len(tags) != 0 {
				c.fatalf("the judge saw tags %v of nothing", tags)
			}
			return errDenied
		}) {
			before := asked
			if err := read(); err != errDenied {
				c.fatalf("%s of %q: got %v, want the judge's refusal", name, key, err)
			}
			if asked == before {
				c.fatalf("%s of %q: the judge was not asked", name, key)
			}
		}
	}
}

// overwriting are the operations that look at the object that is there.
func (c *check) overwriting(b, key string, cond objects.Conditions, judge objects.Judge) map[string]func() error {
	c.put(b, "source", "new")
	return map[string]func() error{
		"Put": func() error {
			p := newPut(b, key, "new")
			p.Conditions, p.Judge = cond, judge
			return second(c.Put(c.ctx, p))
		},
		"Copy": func() error {
			cp := newCopy(newest(b, "source"), b, key)
			cp.Conditions, cp.JudgeTarget = cond, judge
			return second(c.Copy(c.ctx, cp))
		},
		"Complete": func() error {
			u := c.begin(b, key)
			done := objects.Completion{Upload: u, Parts: []objects.Part{c.part(u, 1, "new")}, Size: -1, Conditions: cond, Judge: judge}
			_, err := c.Complete(c.ctx, done)
			if err != nil {
				c.ok(c.Abort(c.ctx, u))
			}
			return err
		},
		"Delete": func() error {
			return c.tryRemove(b, objects.Deletion{Key: key, Conditions: objects.Conditions{IfMatch: cond.IfMatch}, Judge: judge}).Err
		},
	}
}

func judgeOfTarget(c *check) {
	c.everyVersioning(func(b string) {
		there := `"` + etagOf("there") + `"`
		d := &deny{}
		c.putTagged(b, "k", "there", "secret")
		of := objects.List{Bucket: b, Prefix: "k", Max: 1000}
		before := c.all(c.ListVersions, of).Objects
		for name, write := range c.overwriting(b, "k", objects.Conditions{IfMatch: there}, d.judge) {
			d.seen = nil
			if err := write(); err != errDenied {
				c.fatalf("%s: got %v, want the judge's own error", name, err)
			}
			if len(d.seen) == 0 || !slices.Equal(d.seen[0], class("secret")) {
				c.fatalf("%s: the judge saw %v", name, d.seen)
			}
			c.holds(newest(b, "k"), "there")
		}
		for name, write := range c.overwriting(b, "k", objects.Conditions{IfMatch: `"` + etagOf("other") + `"`}, d.judge) {
			if err := write(); err != errDenied {
				c.fatalf("%s on a condition that does not hold: got %v, want the judge's own error", name, err)
			}
		}
		large := newPut(b, "k", text(1, 100_000))
		large.Conditions, large.Judge = objects.Conditions{IfMatch: `"` + etagOf("other") + `"`}, d.judge
		if _, err := c.Put(c.ctx, large); err != errDenied {
			c.fatalf("a large Put on a condition that does not hold: got %v, want the judge's own error", err)
		}
		c.equal("versions", c.all(c.ListVersions, of).Objects, before)
		for name, write := range c.overwriting(b, "k", objects.Conditions{}, d.judge) {
			d.seen = nil
			if err := write(); err != nil || len(d.seen) > 0 {
				c.fatalf("%s without conditions: got %v, the judge saw %v", name, err, d.seen)
			}
		}
		for name, write := range c.overwriting(b, "k", objects.Conditions{IfMatch: there}, d.judge) {
			c.putTagged(b, "k", "there", "open")
			if err := write(); err != nil {
				c.fatalf("%s: %v", name, err)
			}
		}
	})
}

// judgedAgainRead exchanges the object for a secret one while it is judged: what
// is then given must be the one that was judged, or be denied.
func judgedAgainRead(c *check) {
	for _, change := range []string{"tags", "object"} {
		b := c.bucket(objects.NeverVersioned)
		for _, name := range []string{"Get", "Head", "Attributes", "Tags", "Copy", "CopyPart"} {
			c.putTagged(b, "k", "open content", "open")
			c.put(b, "copied", "before")
			d := &deny{during: func(times int) {
				switch {
				case times > 0:
				case change == "tags":
					c.ok(second(c.SetTags(c.ctx, newest(b, "k"), class("secret"), nil)))
				default:
					c.putTagged(b, "k", "secret content", "secret")
				}
			}}
			var seen []objects.Tag
			var content string
			var err error
			switch of := newest(b, "k"); name {
			case "Get":
				var f *objects.Found
				if f, content, err = c.tryGet(objects.Read{Ref: of, Judge: d.judge}); err == nil {
					seen = f.Tags
				}
			case "Head":
				var f *objects.Found
				if f, err = c.Head(c.ctx, objects.Read{Ref: of, Judge: d.judge}); err == nil {
					seen = f.Tags
				}
			case "Attributes":
				var a *objects.Attributes
				if a, err = c.Attributes(c.ctx, objects.Read{Ref: of, Judge: d.judge}, 0, 10); err == nil && a.ETag == etagOf("secret content") {
					c.fatalf("Attributes tells of an object that was not judged")
				}
			case "Tags":
				var o objects.Object
				o, err = c.Tags(c.ctx, of, d.judge)
				seen = o.Tags
			default:
				if err = c.reading(of, d.judge)[name](); err == nil && name == "Copy" {
					var f *objects.Found
					f, content = c.get(objects.Read{Ref: newest(b, "copied")})
					seen = f.Tags
				}
			}
			if err != nil && err != errDenied {
				c.fatalf("%s: %v", name, err)
			}
			if err == nil && (slices.Equal(seen, class("secret")) || content == "secret content") {
				c.fatalf("%s gives %q with tags %v, which were not judged; change of %s", name, content, seen, change)
			}
			if name == "CopyPart" && err == nil && change == "object" {
				for _, u := range c.uploads(objects.List{Bucket: b, Max: 100}) {
					for _, p := range c.parts(u) {
						if p.ETag == etagOf("secret content") {
							c.fatalf("CopyPart copied an object that was not judged")
						}
					}
				}
			}
		}
	}
}

func judgedAgainWrite(c *check) {
	c.everyVersioning(func(b string) {
		there := objects.Conditions{IfMatch: `"` + etagOf("there") + `"`}
		for _, change := range []string{"tags", "object"} {
			d := &deny{}
			during := func(times int) {
				switch {
				case times > 0:
				case change == "tags":
					c.ok(second(c.SetTags(c.ctx, newest(b, "k"), class("secret"), nil)))
				default:
					c.putTagged(b, "k", "there", "secret")
				}
			}
			writes := c.overwriting(b, "k", there, d.judge)
			writes["SetTags"] = func() error { return second(c.SetTags(c.ctx, newest(b, "k"), class("set"), d.judge)) }
			for name, write := range writes {
				c.putTagged(b, "k", "there", "open")
				d.seen, d.during = nil, during
				if err := write(); err != errDenied {
					c.fatalf("%s: got %v, want it judged again and denied; change of %s", name, err, change)
				}
				c.holds(newest(b, "k"), "there")
				c.equal("tags", c.tags(newest(b, "k")), class("secret"))
			}
			d.during = func(times int) {
				if times == 0 {
					c.ok(second(c.SetTags(c.ctx, newest(b, "k"), class("also open"), nil)))
				}
			}
			for name, write := range writes {
				c.putTagged(b, "k", "there", "open")
				d.seen = nil
				if err := write(); err != nil {
					c.fatalf("%s: got %v, want it judged again and done", name, err)
				}
				if last := d.seen[len(d.seen)-1]; !slices.Equal(last, class("also open")) {
					c.fatalf("%s: done after judging %v", name, last)
				}
			}
		}
	})
}

func judgedForever(c *check) {
	b := c.bucket(objects.NeverVersioned)
	there := objects.Conditions{IfMatch: `"` + etagOf("there") + `"`}
	for _, name := range []string{"Put", "Copy", "Complete", "Delete"} {
		c.putTagged(b, "k", "there", "open")
		d := &deny{during: func(times int) {
			if times < 200 {
				c.ok(second(c.SetTags(c.ctx, newest(b, "k"), []objects.Tag{{Key: "times", Value: string(rune('a' + times))}}, nil)))
			}
		}}
		if err := c.overwriting(b, "k", there, d.judge)[name](); err != nil {
			c.refused(err, objects.Conflict, objects.Busy)
			c.holds(newest(b, "k"), "there")
		}
	}
}
