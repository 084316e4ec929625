package objectstest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/google/go-cmp/cmp"

	"muster/internal/objects"
)

// check is one promise being checked.
type check struct {
	objects.Keeper
	ctx     context.Context
	options Options
}

var buckets atomic.Int64

// bucket makes a bucket of its own for a promise.
func (c *check) bucket(v objects.Versioning) string {
	name := fmt.Sprintf("suite-%08x-%d", rand.Uint32(), buckets.Add(1))
	c.ok(c.MakeBucket(c.ctx, name))
	if v == objects.NeverVersioned {
		return name
	}
	c.ok(c.SetVersioning(c.ctx, name, objects.Enabled))
	if v == objects.Suspended {
		c.ok(c.SetVersioning(c.ctx, name, v))
	}
	return name
}

// everyVersioning runs fn on a bucket of each kind.
func (c *check) everyVersioning(fn func(bucket string)) {
	for _, v := range []objects.Versioning{objects.NeverVersioned, objects.Enabled, objects.Suspended} {
		fn(c.bucket(v))
	}
}

func (c *check) ok(err error) {
	if err != nil {
		c.fatalf("got %v, want it done", err)
	}
}

// refused fails unless err is one of the refusals.
func (c *check) refused(err error, want ...error) {
	for _, w := range want {
		if errors.Is(err, w) {
			return
		}
	}
	c.fatalf("got error %v, want %v", err, want)
}

// refusedBecause fails unless err is a refused precondition that names the header.
func (c *check) refusedBecause(err error, condition string) {
	c.refused(err, objects.Precondition)
	var r *objects.Refused
	if !errors.As(err, &r) || r.Condition != condition {
		c.fatalf("got refusal %#v, want one that names %s", err, condition)
	}
}

// equal fails unless got is want.
func (c *check) equal(what string, got, want any) {
	if diff := cmp.Diff(want, got); diff != "" {
		if len(diff) > 2000 {
			diff = diff[:2000] + "…"
		}
		c.fatalf("%s: got other than wanted (-want +got):\n%s", what, diff)
	}
}

func body(content string) objects.Body {
	return objects.Body{Reader: strings.NewReader(content), Size: int64(len(content))}
}

func newPut(bucket, key, content string) objects.Put {
	return objects.Put{Bucket: bucket, Key: key, Body: body(content)}
}

func (c *check) put(bucket, key, content string) objects.Object {
	return c.putAs(newPut(bucket, key, content))
}

func (c *check) putAs(p objects.Put) objects.Object {
	o, err := c.Put(c.ctx, p)
	c.ok(err)
	return o
}

// putTagged keeps an object with one tag, class=value.
func (c *check) putTagged(bucket, key, content, value string) objects.Object {
	p := newPut(bucket, key, content)
	p.Tags = class(value)
	return c.putAs(p)
}

func class(value string) []objects.Tag { return []objects.Tag{{Key: "class", Value: value}} }

func newest(bucket, key string) objects.Ref { return objects.Ref{Bucket: bucket, Key: key} }

func versionOf(bucket, key, id string) objects.Ref {
	return objects.Ref{Bucket: bucket, Key: key, Version: id}
}

// get returns an object and what its Body gives.
func (c *check) get(r objects.Read) (*objects.Found, string) {
	f, content, err := c.tryGet(r)
	c.ok(err)
	return f, content
}

func (c *check) tryGet(r objects.Read) (*objects.Found, string, error) {
	return read(c.ctx, c.Keeper, r)
}

func read(ctx context.Context, k objects.Keeper, r objects.Read) (*objects.Found, string, error) {
	f, err := k.Get(ctx, r)
	if err != nil {
		return nil, "", err
	}
	if f.Body == nil {
		return nil, "", errors.New("Get returned no body")
	}
	var b bytes.Buffer
	_, err = io.Copy(&b, f.Body)
	if err := errors.Join(err, f.Body.Close()); err != nil {
		return nil, "", fmt.Errorf("read the body: %w", err)
	}
	if int64(b.Len()) != f.Length {
		return nil, "", fmt.Errorf("the body has %d bytes, Length says %d", b.Len(), f.Length)
	}
	return f, b.String(), nil
}

// holds fails unless the object has that content, by Get and by Head.
func (c *check) holds(o objects.Ref, want string) {
	f, got := c.get(objects.Read{Ref: o})
	if got != want {
		c.fatalf("%q has content %s, want %s", o.Key, short(got), short(want))
	}
	h, err := c.Head(c.ctx, objects.Read{Ref: o})
	c.ok(err)
	if h.Size != int64(len(want)) || h.Length != h.Size || h.ETag != f.ETag || h.Body != nil {
		c.fatalf("Head of %q: got %+v, want size %d and ETag %s as Get says", o.Key, h, len(want), f.ETag)
	}
}

// absent fails unless the key has no object.
func (c *check) absent(bucket, key string) {
	_, err := c.Head(c.ctx, objects.Read{Ref: newest(bucket, key)})
	c.refused(err, objects.NoObject)
}

func short(s string) string {
	if len(s) > 60 {
		return fmt.Sprintf("%q… (%d bytes)", s[:60], len(s))
	}
	return fmt.Sprintf("%q", s)
}

// all lists a bucket in pages of max and fails when it doesn't end.
func (c *check) all(list func(context.Context, objects.List) (objects.Listed, error), l objects.List) objects.Listed {
	var all objects.Listed
	for range 2000 {
		got, err := list(c.ctx, l)
		c.ok(err)
		if n := len(got.Objects) + len(got.Prefixes); n > l.Max || got.More && n != l.Max {
			c.fatalf("a page of at most %d has %d, more to come: %v", l.Max, n, got.More)
		}
		all.Objects = append(all.Objects, got.Objects...)
		all.Prefixes = append(all.Prefixes, got.Prefixes...)
		if !got.More {
			if got.Next != "" || got.NextID != "" {
				c.fatalf("the last page names a next one: %q, %q", got.Next, got.NextID)
			}
			return all
		}
		l.After, l.AfterID = got.Next, got.NextID
	}
	c.fatalf("a list in pages of %d does not end", l.Max)
	return all
}

func (c *check) versions(bucket string) []objects.Object {
	return c.all(c.ListVersions, objects.List{Bucket: bucket, Max: 1000}).Objects
}

// newestFirst fails unless the bucket's versions are these ids.
func (c *check) newestFirst(bucket string, want ...string) {
	c.equal("the bucket's versions", ids(c.versions(bucket)), want)
}

func ids(all []objects.Object) []string {
	var s []string
	for _, o := range all {
		s = append(s, o.Version)
	}
	return s
}

func keys(all []objects.Object) []string {
	var s []string
	for _, o := range all {
		s = append(s, o.Key)
	}
	return s
}

// remove deletes one object or version.
func (c *check) remove(bucket, key, version string) objects.Deleted {
	d := c.tryRemove(bucket, objects.Deletion{Key: key, Version: version})
	c.ok(d.Err)
	return d
}

func (c *check) tryRemove(bucket string, d objects.Deletion) objects.Deleted {
	all, err := c.Delete(c.ctx, bucket, []objects.Deletion{d})
	c.ok(err)
	if len(all) != 1 || all[0].Key != d.Key || all[0].Version != d.Version {
		c.fatalf("Delete of %q %q returned %+v", d.Key, d.Version, all)
	}
	return all[0]
}

// together runs fn n times at once and returns the errors in the order of their numbers.
func together(n int, fn func(i int) error) []error {
	errs := make([]error, n)
	var start, done sync.WaitGroup
	start.Add(1)
	for i := range n {
		done.Go(func() {
			start.Wait()
			errs[i] = fn(i)
		})
	}
	start.Done()
	done.Wait()
	return errs
}

// allWell runs fn n times at once and fails if one failed.
func (c *check) allWell(n int, fn func(i int) error) {
	c.ok(errors.Join(together(n, fn)...))
}

// text returns size bytes that differ from place to place and from seed to seed.
func text(seed uint64, size int64) string {
	b := make([]byte, size)
	source := rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8), byte(seed >> 16), byte(seed >> 24)})
	source.Read(b)
	return string(b)
}
