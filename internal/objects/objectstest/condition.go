package objectstest

import (
	"fmt"
	"time"

	"muster/internal/objects"
)

var conditionPromises = []Promise{
	{"a read obeys its conditions", readConditions},
	{"dates of conditions are whole seconds", dateConditions},
	{"one condition is looked at where two are given, as RFC 9110 says", conditionPairs},
	{"what has not changed is named where a read is refused", notModifiedNames},
	{"a write obeys its conditions", writeConditions},
	{"a condition of a write looks at the newest version, and sees no object in a delete marker", conditionsOnMarker},
	{"a refused write leaves no version", refusedWriteLeavesNothing},
	{"a removal obeys its condition", deleteConditions},
	{"a copy obeys the conditions of its source and of its target", copyConditions},
	{"completing an upload obeys its conditions, and can be tried again", completeConditions},
}

// ofTag are headers of ETags, and whether they name the ETag strongly and weakly.
func ofTag(etag string) map[string][2]bool {
	other := etagOf("other")
	return map[string][2]bool{
		`"` + etag + `"`:                       {true, true},
		etag:                                   {true, true},
		`"` + etag:                             {true, true},
		`*`:                                    {true, true},
		`"` + other + `"`:                      {false, false},
		fmt.Sprintf(`"%s", "%s"`, other, etag): {true, true},
		fmt.Sprintf(`"%s","%s"`, etag, other):  {true, true},
		fmt.Sprintf(`"%s", "x"`, other):        {false, false},
		`W/"` + etag + `"`:                     {false, true},
		fmt.Sprintf(`"x", W/"%s"`, etag):       {false, true},
		`"` + etag[:31] + `"`:                  {false, false},
		`"` + etag + `-1"`:                     {false, false},
	}
}

// reads runs fn with Get and with Head.
func (c *check) reads(r objects.Read, fn func(name string, err error)) {
	f, err := c.Get(c.ctx, r)
	if err == nil {
		f.Body.Close()
	}
	fn("Get", err)
	_, err = c.Head(c.ctx, r)
	fn("Head", err)
}

func readConditions(c *check) {
	b := c.bucket(objects.Enabled)
	o := c.put(b, "k", "content")
	c.put(b, "k", "newer")
	for header, names := range ofTag(o.ETag) {
		of := versionOf(b, "k", o.Version)
		c.reads(objects.Read{Ref: of, Conditions: objects.Conditions{IfMatch: header}}, func(name string, err error) {
			if names[0] {
				if err != nil {
					c.fatalf("%s, If-Match: %s: %v", name, header, err)
				}
				return
			}
			c.refusedBecause(err, "If-Match")
		})
		c.reads(objects.Read{Ref: of, Conditions: objects.Conditions{IfNoneMatch: header}}, func(name string, err error) {
			if !names[1] {
				if err != nil {
					c.fatalf("%s, If-None-Match: %s: %v", name, header, err)
				}
				return
			}
			c.refused(err, objects.NotModified)
		})
	}
	c.reads(objects.Read{Ref: newest(b, "none"), Conditions: objects.Conditions{IfMatch: "*"}}, func(_ string, err error) {
		c.refused(err, objects.NoObject)
	})
	c.reads(objects.Read{Ref: newest(b, "none"), Conditions: objects.Conditions{IfNoneMatch: "*"}}, func(_ string, err error) {
		c.refused(err, objects.NoObject)
	})
}

func (c *check) modified(o objects.Ref) time.Time {
	f, err := c.Head(c.ctx, objects.Read{Ref: o})
	c.ok(err)
	return f.Modified.UTC().Truncate(time.Second)
}

func dateConditions(c *check) {
	b := c.bucket(objects.NeverVersioned)
	c.put(b, "k", "content")
	at := c.modified(newest(b, "k"))
	c.reads(objects.Read{Ref: newest(b, "k"), Conditions: objects.Conditions{IfModifiedSince: at}}, func(_ string, err error) {
		c.refused(err, objects.NotModified)
	})
	c.reads(objects.Read{Ref: newest(b, "k"), Conditions: objects.Conditions{IfUnmodifiedSince: at}}, func(_ string, err error) {
		c.ok(err)
	})
	c.reads(objects.Read{Ref: newest(b, "k"), Conditions: objects.Conditions{IfModifiedSince: at.Add(-time.Second)}}, func(_ string, err error) {
		c.ok(err)
	})
	c.reads(objects.Read{Ref: newest(b, "k"), Conditions: objects.Conditions{IfUnmodifiedSince: at.Add(-time.Second)}}, func(_ string, err error) {
		c.refusedBecause(err, "If-Unmodified-Since")
	})
}

func conditionPairs(c *check) {
	b := c.bucket(objects.NeverVersioned)
	o := c.put(b, "k", "content")
	at := c.modified(newest(b, "k"))
	right, wrong := `"`+o.ETag+`"`, `"`+etagOf("other")+`"`
	past := at.Add(-time.Hour)
	for _, tc := range []struct {
		name string
		c    objects.Conditions
		want error
	}{
		{"the ETag matches, the date does not hold", objects.Conditions{IfMatch: right, IfUnmodifiedSince: past}, nil},
		{"the ETag does not match, the date holds", objects.Conditions{IfMatch: wrong, IfUnmodifiedSince: at}, objects.Precondition},
		{"the ETag is the same, the date is newer", objects.Conditions{IfNoneMatch: right, IfModifiedSince: past}, objects.NotModified},
		{"the ETag is another, the date is the same", objects.Conditions{IfNoneMatch: wrong, IfModifiedSince: at}, nil},
		{"it matches and is the same", objects.Conditions{IfMatch: right, IfNoneMatch: right}, objects.NotModified},
		{"it neither matches nor is the same", objects.Conditions{IfMatch: wrong, IfNoneMatch: wrong}, objects.Precondition},
		{"all hold", objects.Conditions{IfMatch: right, IfNoneMatch: wrong, IfModifiedSince: past, IfUnmodifiedSince: at}, nil},
	} {
		c.reads(objects.Read{Ref: newest(b, "k"), Conditions: tc.c}, func(name string, err error) {
			switch {
			case tc.want != nil:
				c.refused(err, tc.want)
			case err != nil:
				c.fatalf("%s: %s: %v", tc.name, name, err)
			}
		})
	}
}

func notModifiedNames(c *check) {
	b := c.bucket(objects.Enabled)
	o := c.put(b, "k", "content")
	c.reads(objects.Read{Ref: newest(b, "k"), Conditions: objects.Conditions{IfNoneMatch: "*"}}, func(_ string, err error) {
		c.refused(err, objects.NotModified)
		f := found(c, err)
		c.equal("what was found", []string{f.ETag, f.Version}, []string{o.ETag, o.Version})
		if f.Modified.IsZero() {
			c.fatalf("what was found has no date")
		}
	})
}

// writes are the ways to make an object of b under condition. Each makes one
// with the content "new" or "", and all can be refused.
func (c *check) writes(b, key string) map[string]func(objects.Conditions) error {
	c.put(b, "source", "new")
	return map[string]func(objects.Conditions) error{
		"Put": func(cond objects.Conditions) error {
			p := newPut(b, key, "new")
			p.Conditions = cond
			return second(c.Put(c.ctx, p))
		},
		"Copy": func(cond objects.Conditions) error {
			p := newCopy(newest(b, "source"), b, key)
			p.Conditions = cond
			return second(c.Copy(c.ctx, p))
		},
		"Complete": func(cond objects.Conditions) error {
			u := c.begin(b, key)
			done := objects.Completion{Upload: u, Parts: []objects.Part{c.part(u, 1, "new")}, Size: -1, Conditions: cond}
			_, err := c.Complete(c.ctx, done)
			if err != nil {
				c.ok(c.Abort(c.ctx, u))
			}
			return err
		},
	}
}

func writeConditions(c *check) {
	c.everyVersioning(func(b string) {
		o := c.put(b, "k", "there")
		for name, write := range c.writes(b, "k") {
			for header, names := range ofTag(o.ETag) {
				c.put(b, "k", "there")
				err := write(objects.Conditions{IfMatch: header})
				if !names[0] {
					c.refusedBecause(err, "If-Match")
					c.holds(newest(b, "k"), "there")
					continue
				}
				if err != nil {
					c.fatalf("%s, If-Match: %s: %v", name, header, err)
				}
				c.holds(newest(b, "k"), "new")
			}
			c.put(b, "k", "there")
			c.refusedBecause(write(objects.Conditions{IfNoneMatch: "*"}), "If-None-Match")
			c.holds(newest(b, "k"), "there")
		}
		for _, write := range c.writes(b, "none") {
			c.refused(write(objects.Conditions{IfMatch: `"` + o.ETag + `"`}), objects.NoObject)
			c.absent(b, "none")
			c.ok(write(objects.Conditions{IfNoneMatch: "*"}))
			c.holds(newest(b, "none"), "new")
			c.remove(b, "none", "")
		}
	})
}

func conditionsOnMarker(c *check) {
	for _, v := range []objects.Versioning{objects.Enabled, objects.Suspended} {
		b := c.bucket(v)
		old := c.put(b, "k", "old")
		c.put(b, "k", "there")
		for name, write := range c.writes(b, "k") {
			if v == objects.Enabled && old.ETag != etagOf("there") {
				c.put(b, "k", "there")
				c.refusedBecause(write(objects.Conditions{IfMatch: `"` + old.ETag + `"`}), "If-Match")
			}
			c.remove(b, "k", "")
			c.refused(write(objects.Conditions{IfMatch: `"` + etagOf("there") + `"`}), objects.NoObject)
			c.absent(b, "k")
			if err := write(objects.Conditions{IfNoneMatch: "*"}); err != nil {
				c.fatalf("%s over a delete marker, If-None-Match: *: %v", name, err)
			}
			c.holds(newest(b, "k"), "new")
		}
	}
}

func refusedWriteLeavesNothing(c *check) {
	b := c.bucket(objects.Enabled)
	c.put(b, "k", "there")
	writes := c.writes(b, "k")
	before := c.versions(b)
	for _, write := range writes {
		c.refused(write(objects.Conditions{IfNoneMatch: "*"}), objects.Precondition)
		c.refused(write(objects.Conditions{IfMatch: `"no"`}), objects.Precondition)
	}
	c.equal("versions", c.versions(b), before)
}

func deleteConditions(c *check) {
	c.everyVersioning(func(b string) {
		o := c.put(b, "k", "there")
		for header, names := range ofTag(o.ETag) {
			c.put(b, "k", "there")
			d := c.tryRemove(b, objects.Deletion{Key: "k", Conditions: objects.Conditions{IfMatch: header}})
			if !names[0] {
				c.refusedBecause(d.Err, "If-Match")
				c.holds(newest(b, "k"), "there")
				continue
			}
			if d.Err != nil {
				c.fatalf("If-Match: %s: %v", header, d.Err)
			}
			c.absent(b, "k")
		}
		c.remove(b, "k", "")
		before := c.versions(b)
		for _, key := range []string{"k", "none"} {
			for _, header := range []string{`"` + o.ETag + `"`, "*"} {
				d := c.tryRemove(b, objects.Deletion{Key: key, Conditions: objects.Conditions{IfMatch: header}})
				c.refused(d.Err, objects.NoObject)
			}
		}
		c.equal("versions", c.versions(b), before)
	})
}

func copyConditions(c *check) {
	b := c.bucket(objects.Enabled)
	o := c.put(b, "from", "content")
	at := c.modified(newest(b, "from"))
	right, wrong := `"`+o.ETag+`"`, `"`+etagOf("other")+`"`
	past := at.Add(-time.Hour)
	for _, tc := range []struct {
		c    objects.Conditions
		want string // the condition that does not hold
	}{
		{objects.Conditions{IfMatch: right}, ""},
		{objects.Conditions{IfMatch: wrong}, "x-amz-copy-source-If-Match"},
		{objects.Conditions{IfNoneMatch: wrong}, ""},
		{objects.Conditions{IfNoneMatch: right}, "x-amz-copy-source-If-None-Match"},
		{objects.Conditions{IfModifiedSince: past}, ""},
		{objects.Conditions{IfModifiedSince: at}, "x-amz-copy-source-If-Modified-Since"},
		{objects.Conditions{IfUnmodifiedSince: at}, ""},
		{objects.Conditions{IfUnmodifiedSince: past}, "x-amz-copy-source-If-Unmodified-Since"},
		{objects.Conditions{IfMatch: right, IfUnmodifiedSince: past}, ""},
		{objects.Conditions{IfNoneMatch: right, IfModifiedSince: past}, "x-amz-copy-source-If-None-Match"},
	} {
		u := c.begin(b, "part")
		for name, write := range map[string]func() error{
			"Copy": func() error {
				cp := newCopy(newest(b, "from"), b, "to")
				cp.FromConditions = tc.c
				return second(c.Copy(c.ctx, cp))
			},
			"CopyPart": func() error {
				return second(c.CopyPart(c.ctx, objects.CopyPart{Upload: u, Number: 1, From: newest(b, "from"), FromConditions: tc.c}))
			},
		} {
			err := write()
			if tc.want == "" {
				if err != nil {
					c.fatalf("%s on condition %+v: %v", name, tc.c, err)
				}
				continue
			}
			c.refusedBecause(err, tc.want)
			c.fromSource(err)
		}
	}
}

func completeConditions(c *check) {
	c.everyVersioning(func(b string) {
		c.put(b, "k", "there")
		u := c.begin(b, "k")
		done := objects.Completion{Upload: u, Parts: []objects.Part{c.part(u, 1, "new")}, Size: -1, Conditions: objects.Conditions{IfNoneMatch: "*"}}
		_, err := c.Complete(c.ctx, done)
		c.refusedBecause(err, "If-None-Match")
		c.holds(newest(b, "k"), "there")
		c.equal("parts kept", len(c.parts(u)), 1)
		done.Conditions = objects.Conditions{IfMatch: `"` + etagOf("there") + `"`}
		_, err = c.Complete(c.ctx, done)
		c.ok(err)
		c.holds(newest(b, "k"), "new")
	})
}
