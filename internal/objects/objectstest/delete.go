package objectstest

import (
	"fmt"

	"muster/internal/objects"
)

var deletePromises = []Promise{
	{"removing what is not there is no error", removeAbsent},
	{"removing a key that never was makes a delete marker where there are versions", markerOverNothing},
	{"many are removed at once, each with an answer of its own, in order", removeMany},
	{"one that can't be removed hinders none of the others", removeSome},
	{"a thousand versions are removed at once", removeThousand},
	{"a removal of what must be as it was read is refused once it changed", removeOnly},
	{"an object may be named twice in one removal", removeTwice},
}

func removeAbsent(c *check) {
	b := c.bucket(objects.NeverVersioned)
	c.equal("what a removal tells", c.remove(b, "none", ""), objects.Deleted{Key: "none"})
	c.equal("what a removal tells", c.remove(b, "none", objects.NullVersion), objects.Deleted{Key: "none", Version: objects.NullVersion})
	c.put(b, "k", "content")
	c.remove(b, "k", objects.NullVersion)
	c.absent(b, "k")
	e := c.bucket(objects.Enabled)
	id := c.put(e, "k", "content").Version
	c.remove(e, "k", id)
	c.equal("what a removal tells", c.remove(e, "k", id), objects.Deleted{Key: "k", Version: id, Versioned: true})
	c.newestFirst(e)
}

func markerOverNothing(c *check) {
	b := c.bucket(objects.Enabled)
	one, two := c.remove(b, "none", ""), c.remove(b, "none", "")
	if !one.Marker || !two.Marker || one.MarkerVersion == two.MarkerVersion {
		c.fatalf("Delete twice returned %+v and %+v, want two markers", one, two)
	}
	c.newestFirst(b, two.MarkerVersion, one.MarkerVersion)
	c.absent(b, "none")
	s := c.bucket(objects.Suspended)
	for range 2 {
		d := c.remove(s, "none", "")
		c.equal("marker", []any{d.Marker, d.MarkerVersion}, []any{true, objects.NullVersion})
		c.newestFirst(s, objects.NullVersion)
	}
}

func removeMany(c *check) {
	c.everyVersioning(func(b string) {
		var all []objects.Deletion
		for i := range 50 {
			key := fmt.Sprintf("k%02d", (i*7)%50)
			if i%3 != 0 {
				c.put(b, key, "content")
			}
			all = append(all, objects.Deletion{Key: key})
		}
		stay := c.put(b, "stay", "content")
		done, err := c.Delete(c.ctx, b, all)
		c.ok(err)
		c.equal("answers", len(done), len(all))
		for i, d := range done {
			if d.Key != all[i].Key || d.Version != "" || d.Err != nil || d.Marker != (d.MarkerVersion != "") {
				c.fatalf("answer %d to the removal of %q: %+v", i, all[i].Key, d)
			}
		}
		c.equal("keys left", keys(c.all(c.List, objects.List{Bucket: b, Max: 100}).Objects), []string{"stay"})
		c.holds(versionOf(b, "stay", stay.Version), "content")
	})
}

func removeSome(c *check) {
	b := c.bucket(objects.Enabled)
	for _, key := range []string{"a", "b", "c", "d"} {
		c.put(b, key, "content")
	}
	denied := fmt.Errorf("denied")
	done, err := c.Delete(c.ctx, b, []objects.Deletion{
		{Key: "a"},
		{Key: "b", Conditions: objects.Conditions{IfMatch: `"other"`}},
		{Key: "c", Conditions: objects.Conditions{IfMatch: `"` + etagOf("content") + `"`}, Judge: func([]objects.Tag) error { return denied }},
		{Key: "none", Conditions: objects.Conditions{IfMatch: `"` + etagOf("content") + `"`}},
		{Key: "d"},
	})
	c.ok(err)
	c.equal("answers", len(done), 5)
	c.ok(done[0].Err)
	c.refusedBecause(done[1].Err, "If-Match")
	c.refused(done[2].Err, denied)
	c.refused(done[3].Err, objects.NoObject)
	c.ok(done[4].Err)
	c.equal("keys left", keys(c.all(c.List, objects.List{Bucket: b, Max: 100}).Objects), []string{"b", "c"})
	c.equal("versions left", len(c.versions(b)), 6)
}

func removeThousand(c *check) {
	b := c.bucket(objects.Enabled)
	c.allWell(20, func(i int) error {
		for range 50 {
			if _, err := c.Put(c.ctx, newPut(b, fmt.Sprint("k", i), "content")); err != nil {
				return err
			}
		}
		return nil
	})
	var all []objects.Deletion
	for _, o := range c.versions(b) {
		all = append(all, objects.Deletion{Key: o.Key, Version: o.Version})
	}
	c.equal("versions", len(all), 1000)
	done, err := c.Delete(c.ctx, b, all)
	c.ok(err)
	for _, d := range done {
		c.ok(d.Err)
	}
	c.newestFirst(b)
	c.ok(c.RemoveBucket(c.ctx, b))
}

func removeTwice(c *check) {
	b := c.bucket(objects.Enabled)
	o := c.put(b, "k", "content")
	done, err := c.Delete(c.ctx, b, []objects.Deletion{{Key: "k", Version: o.Version}, {Key: "k", Version: o.Version}, {Key: "k"}, {Key: "k"}})
	c.ok(err)
	for _, d := range done {
		c.ok(d.Err)
	}
	c.equal("versions left", len(c.versions(b)), 2) // two markers
}

func removeOnly(c *check) {
	b := c.bucket(objects.Enabled)
	only := func(o objects.Object, version string) error {
		return c.tryRemove(b, objects.Deletion{Key: o.Key, Version: version, Only: &o}).Err
	}
	c.put(b, "k", "old")
	old := c.versions(b)[0]
	c.put(b, "k", "top")
	c.refused(only(old, ""), objects.Conflict)          // another one is the newest
	c.refused(only(old, old.Version), objects.Conflict) // it was the newest, and is not now
	read := c.versions(b)
	c.equal("versions", len(read), 2)
	c.ok(only(read[1], read[1].Version))
	c.newestFirst(b, read[0].Version)
	c.refused(only(read[1], read[1].Version), objects.Conflict) // it is gone
	c.ok(only(read[0], ""))
	all := c.versions(b)
	if len(all) != 2 || !all[0].Marker {
		c.fatalf("the bucket has %+v, want a marker over one version", all)
	}
	c.put(b, "k", "newer")
	c.refused(only(all[0], all[0].Version), objects.Conflict) // the marker is not the newest
	c.equal("versions", len(c.versions(b)), 3)

	plain := c.bucket(objects.NeverVersioned)
	c.put(plain, "k", "read")
	was := c.versions(plain)[0]
	c.put(plain, "k", "other")
	c.refused(c.tryRemove(plain, objects.Deletion{Key: "k", Only: &was}).Err, objects.Conflict)
	c.holds(newest(plain, "k"), "other")
	was = c.versions(plain)[0]
	c.ok(c.tryRemove(plain, objects.Deletion{Key: "k", Only: &was}).Err)
	c.absent(plain, "k")
}
