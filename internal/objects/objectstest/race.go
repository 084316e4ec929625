package objectstest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"muster/internal/fault"
	"muster/internal/objects"
)

var racePromises = []Promise{
	{"puts and removals of one key lose no acknowledged version", raceVersions},
	{"uploads beside removals under one prefix are never refused", raceBesideDeletes},
	{"clients that remove the same versions all succeed", raceSameVersions},
	{"of those that put where nothing is, exactly one wins", raceIfNoneMatch},
	{"of those that exchange what they read, none overwrites another", raceIfMatch},
	{"a bucket is removed or holds what was put into it", raceBucket},
	{"tags set beside overwrites are of an object that was judged", raceTags},
}

// rounds runs fn until the time of a race is over, at least twice.
func (c *check) rounds(fn func(round int)) {
	end := time.Now().Add(c.options.race())
	for round := 0; round < 2 || time.Now().Before(end) && c.ctx.Err() == nil; round++ {
		fn(round)
	}
}

// log notes things from many goroutines.
type log struct {
	mu  sync.Mutex
	all []string
}

func (l *log) add(s string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, s)
}

func (l *log) sorted() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Sorted(slices.Values(l.all))
}

// sized returns a content of small or of large size.
func sized(i int) string {
	if i%3 == 0 {
		return strings.Repeat(fmt.Sprintf("%08d", i), 5000)
	}
	return strings.Repeat(fmt.Sprintf("%08d", i), 1+i%7)
}

func raceVersions(c *check) {
	b := c.bucket(objects.Enabled)
	c.rounds(func(round int) {
		key := fmt.Sprintf("k%06d", round)
		var acknowledged log
		var contents sync.Map
		c.allWell(12, func(i int) error {
			for n := range 5 {
				if i%3 == 2 {
					d, err := c.Delete(c.ctx, b, []objects.Deletion{{Key: key}})
					if err = errors.Join(err, d[0].Err); err != nil {
						return err
					}
					acknowledged.add(d[0].MarkerVersion)
					continue
				}
				content := sized(100*i + n)
				o, err := c.Put(c.ctx, newPut(b, key, content))
				if err != nil {
					return err
				}
				acknowledged.add(o.Version)
				contents.Store(o.Version, content)
			}
			return nil
		})
		listed := c.all(c.ListVersions, objects.List{Bucket: b, Prefix: key, Max: 1000}).Objects
		c.equal("versions listed beside those acknowledged", slices.Sorted(slices.Values(ids(listed))), acknowledged.sorted())
		for i, o := range listed {
			if o.Newest != (i == 0) {
				c.fatalf("version %d of %d: newest %v", i, len(listed), o.Newest)
			}
			content, put := contents.Load(o.Version)
			if put == o.Marker {
				c.fatalf("version %s: marker %v, put %v", o.Version, o.Marker, put)
			}
			if put {
				c.holds(versionOf(b, key, o.Version), content.(string))
			}
		}
		c.removeAll(b, listed)
	})
}

// removeAll removes versions in one step.
func (c *check) removeAll(b string, all []objects.Object) {
	var gone []objects.Deletion
	for _, o := range all {
		gone = append(gone, objects.Deletion{Key: o.Key, Version: o.Version})
	}
	done, err := c.Delete(c.ctx, b, gone)
	c.ok(err)
	for _, d := range done {
		c.ok(d.Err)
	}
}

func raceBesideDeletes(c *check) {
	for _, v := range []objects.Versioning{objects.NeverVersioned, objects.Enabled} {
		b := c.bucket(v)
		c.put(b, "source", "copied")
		c.rounds(func(round int) {
			c.allWell(8, func(i int) error {
				for n := range 6 {
					key := fmt.Sprintf("fleet/%d/in/%d-%d-%d", n%2, i, round, n)
					var err error
					switch n % 3 {
					case 0:
						_, err = c.Put(c.ctx, newPut(b, key, sized(i)))
					case 1:
						_, err = c.Copy(c.ctx, newCopy(newest(b, "source"), b, key))
					case 2:
						err = c.uploadWhole(b, key, sized(i))
					}
					if err != nil {
						return fmt.Errorf("make %q: %w", key, err)
					}
					if _, err := c.Head(c.ctx, objects.Read{Ref: newest(b, key)}); err != nil {
						return fmt.Errorf("look at %q: %w", key, err)
					}
					d, err := c.Delete(c.ctx, b, []objects.Deletion{{Key: key}})
					if err = errors.Join(err, d[0].Err); err != nil {
						return fmt.Errorf("remove %q: %w", key, err)
					}
				}
				return nil
			})
		})
		c.equal("keys left", keys(c.all(c.List, objects.List{Bucket: b, Max: 1000}).Objects), []string{"source"})
	}
}

// uploadWhole makes an object of one part, and returns errors: races must not
// fail from goroutines.
func (c *check) uploadWhole(b, key, content string) error {
	id, err := c.CreateUpload(c.ctx, objects.NewUpload{Bucket: b, Key: key})
	if err != nil {
		return err
	}
	u := objects.Upload{Bucket: b, Key: key, ID: id}
	p, err := c.PutPart(c.ctx, objects.PutPart{Upload: u, Number: 1, Body: body(content)})
	if err != nil {
		return err
	}
	return c.tryComplete(u, p)
}

func raceSameVersions(c *check) {
	b := c.bucket(objects.Enabled)
	c.rounds(func(int) {
		for i := range 20 {
			c.put(b, fmt.Sprint("k", i%4), sized(i))
		}
		c.remove(b, "k0", "")
		var all []objects.Deletion
		for _, o := range c.versions(b) {
			all = append(all, objects.Deletion{Key: o.Key, Version: o.Version})
		}
		c.allWell(6, func(i int) error {
			mine := slices.Clone(all)
			if i%2 == 1 {
				slices.Reverse(mine)
			}
			done, err := c.Delete(c.ctx, b, mine)
			for _, d := range done {
				err = errors.Join(err, d.Err)
			}
			return err
		})
		c.newestFirst(b)
	})
}

func raceIfNoneMatch(c *check) {
	for _, v := range []objects.Versioning{objects.NeverVersioned, objects.Enabled} {
		b := c.bucket(v)
		c.rounds(func(round int) {
			key := fmt.Sprint("k", round)
			if round%2 == 1 && v == objects.Enabled {
				c.remove(b, key, "") // over a delete marker
			}
			errs := together(8, func(i int) error {
				p := newPut(b, key, sized(i))
				p.Conditions.IfNoneMatch = "*"
				return second(c.Put(c.ctx, p))
			})
			c.holds(newest(b, key), sized(c.oneWins(errs)))
		})
	}
}

// oneWins returns who won; the others must be refused.
func (c *check) oneWins(errs []error) int {
	winner := -1
	for i, err := range errs {
		switch {
		case err == nil && winner >= 0:
			c.fatalf("two of %d won", len(errs))
		case err == nil:
			winner = i
		default:
			c.refused(err, objects.Precondition, objects.Conflict)
		}
	}
	if winner < 0 {
		c.fatalf("none of %d won", len(errs))
	}
	return winner
}

func raceIfMatch(c *check) {
	b := c.bucket(objects.NeverVersioned)
	c.put(b, "counter", "0")
	done := 0
	c.rounds(func(int) {
		errs := together(6, func(int) error {
			f, content, err := c.tryGet(objects.Read{Ref: newest(b, "counter")})
			if err != nil {
				return err
			}
			var n int
			fmt.Sscan(content, &n)
			p := newPut(b, "counter", fmt.Sprint(n+1))
			p.Conditions.IfMatch = `"` + f.ETag + `"`
			return second(c.Put(c.ctx, p))
		})
		for _, err := range errs {
			if err == nil {
				done++
				continue
			}
			c.refused(err, objects.Precondition, objects.Conflict)
		}
		c.holds(newest(b, "counter"), fmt.Sprint(done))
	})
}

func raceBucket(c *check) {
	c.rounds(func(int) {
		b := c.bucket(objects.NeverVersioned)
		errs := together(2, func(i int) error {
			if i == 0 {
				return c.RemoveBucket(c.ctx, b)
			}
			return second(c.Put(c.ctx, newPut(b, "k", "content")))
		})
		switch {
		case errs[0] == nil:
			c.refused(errs[1], objects.NoBucket)
			c.ok(c.MakeBucket(c.ctx, b))
			c.absent(b, "k")
		default:
			c.refused(errs[0], fault.InUse)
			c.ok(errs[1])
			c.holds(newest(b, "k"), "content")
		}
	})
}

// raceTags sets tags of objects that only an open one may have, beside somebody
// who exchanges the object for a secret one and back.
func raceTags(c *check) {
	b := c.bucket(objects.NeverVersioned)
	c.rounds(func(int) {
		c.allWell(4, func(i int) error {
			for n := range 5 {
				if i%2 == 0 {
					p := newPut(b, "k", "secret content")
					p.Tags = class("secret")
					if n%2 == 0 {
						p.Body, p.Tags = body("open content"), class("open")
					}
					if _, err := c.Put(c.ctx, p); err != nil {
						return err
					}
					continue
				}
				d := &deny{}
				if _, err := c.SetTags(c.ctx, newest(b, "k"), class("set"), d.judge); err != nil {
					if err == errDenied || errors.Is(err, objects.NoObject) || errors.Is(err, objects.Conflict) {
						continue
					}
					return err
				}
			}
			return nil
		})
		f, content := c.get(objects.Read{Ref: newest(b, "k")})
		if content == "secret content" && !slices.Equal(f.Tags, class("secret")) {
			c.fatalf("a secret object has the tags %v", f.Tags)
		}
	})
}
