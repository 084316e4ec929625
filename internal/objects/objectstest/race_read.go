package objectstest

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"muster/internal/objects"
)

var readRacePromises = []Promise{
	{"a read beside overwrites is one object, whole", raceReads},
	{"a list beside writes has every key that was there all the time", raceLists},
	{"copies beside removals are whole or refused", raceCopies},
}

// uniform returns a content that is one letter, of a size of its own.
func uniform(i int) string {
	return strings.Repeat(string(rune('a'+i%26)), []int{10, 16_384, 16_385, 70_000, 200_001}[i%5]+i%26)
}

// isUniform fails unless content is one that uniform returned.
func isUniform(f *objects.Found, content string) error {
	if content == "" || content != strings.Repeat(content[:1], len(content)) || f.ETag != etagOf(content) || f.Size != int64(len(content)) {
		return fmt.Errorf("read %s with ETag %s and size %d", short(content), f.ETag, f.Size)
	}
	return nil
}

func raceReads(c *check) {
	for _, v := range []objects.Versioning{objects.NeverVersioned, objects.Enabled} {
		b := c.bucket(v)
		c.put(b, "k", uniform(0))
		c.rounds(func(round int) {
			c.allWell(6, func(i int) error {
				for n := range 5 {
					if i%3 == 0 {
						if _, err := c.Put(c.ctx, newPut(b, "k", uniform(n+i))); err != nil {
							return err
						}
						if i == 3 && round%2 == 1 {
							if _, err := c.Delete(c.ctx, b, []objects.Deletion{{Key: "k"}}); err != nil {
								return err
							}
						}
						continue
					}
					f, content, err := c.tryGet(objects.Read{Ref: newest(b, "k")})
					if errors.Is(err, objects.NoObject) && round%2 == 1 {
						continue
					}
					if err != nil {
						return err
					}
					if err := isUniform(f, content); err != nil {
						return err
					}
				}
				return nil
			})
			c.put(b, "k", uniform(round))
			c.removeAll(b, slices.DeleteFunc(c.versions(b), func(o objects.Object) bool { return o.Newest }))
		})
	}
}

func raceLists(c *check) {
	b := c.bucket(objects.Enabled)
	var stay []string
	for i := range 10 {
		stay = append(stay, fmt.Sprintf("%d/stay", i))
		c.put(b, stay[i], "x")
	}
	c.rounds(func(int) {
		c.allWell(4, func(i int) error {
			if i%2 == 0 {
				for n := range 10 {
					key := fmt.Sprintf("%d/comes and goes %d", n, i)
					if _, err := c.Put(c.ctx, newPut(b, key, "x")); err != nil {
						return err
					}
					if _, err := c.Delete(c.ctx, b, []objects.Deletion{{Key: key}}); err != nil {
						return err
					}
				}
				return nil
			}
			for _, l := range []objects.List{{Bucket: b, Max: 3}, {Bucket: b, Max: 3, Delimiter: "/"}} {
				var got []string
				for more := true; more; {
					p, err := c.List(c.ctx, l)
					if err != nil {
						return err
					}
					got = append(append(got, keys(p.Objects)...), p.Prefixes...)
					l.After, l.AfterID, more = p.Next, p.NextID, p.More
				}
				if !slices.IsSorted(got) || len(slices.Compact(slices.Clone(got))) != len(got) {
					return fmt.Errorf("the list repeats or is out of order: %q", got)
				}
				for _, key := range stay {
					if want := key[:2]; l.Delimiter != "" && !slices.Contains(got, want) || l.Delimiter == "" && !slices.Contains(got, key) {
						return fmt.Errorf("%q with delimiter %q is not in the list %q", key, l.Delimiter, got)
					}
				}
			}
			return nil
		})
	})
}

func raceCopies(c *check) {
	b := c.bucket(objects.NeverVersioned)
	c.rounds(func(round int) {
		c.put(b, "a", uniform(round))
		c.put(b, "b", uniform(round+1))
		c.allWell(6, func(i int) error {
			from, to := "a", "b"
			if i%2 == 1 {
				from, to = to, from
			}
			for n := range 4 {
				var err error
				switch i % 3 {
				case 0:
					_, err = c.Copy(c.ctx, newCopy(newest(b, from), b, to))
				case 1:
					_, err = c.Delete(c.ctx, b, []objects.Deletion{{Key: from}})
				case 2:
					_, err = c.Put(c.ctx, newPut(b, from, uniform(n)))
				}
				if err != nil && !errors.Is(err, objects.NoObject) {
					return err
				}
			}
			return nil
		})
		for _, key := range []string{"a", "b"} {
			f, content, err := c.tryGet(objects.Read{Ref: newest(b, key)})
			if err == nil {
				err = isUniform(f, content)
			}
			if !errors.Is(err, objects.NoObject) {
				c.ok(err)
			}
		}
	})
}
