package objectstest

import (
	"context"
	"errors"
	"strings"

	"muster/internal/fault"
	"muster/internal/objects"
)

var bucketPromises = []Promise{
	{"a bucket is made once and made again", bucketMadeAgain},
	{"what is asked of a bucket that is not there is refused", bucketMissing},
	{"a bucket that holds anything is not removed", bucketInUse},
	{"a bucket that was removed and made again is new", bucketAnew},
	{"uploads under way go with their bucket", bucketGoesWithUploads},
	{"versioning is never, enabled or suspended, and never again never", versioningStates},
	{"buckets don't share objects", bucketsApart},
}

func bucketMadeAgain(c *check) {
	b := c.bucket(objects.Enabled)
	c.put(b, "kept", "content")
	c.ok(c.MakeBucket(c.ctx, b))
	c.holds(newest(b, "kept"), "content")
	v, err := c.Versioning(c.ctx, b)
	c.ok(err)
	c.equal("versioning", v, objects.Enabled)
}

func bucketMissing(c *check) {
	const none = "suite-no-such-bucket"
	there := c.bucket(objects.NeverVersioned)
	c.put(there, "k", "content")
	upload := objects.Upload{Bucket: none, Key: "k", ID: "none"}
	for name, call := range map[string]func(ctx context.Context) error{
		"Versioning":    func(ctx context.Context) error { _, err := c.Versioning(ctx, none); return err },
		"SetVersioning": func(ctx context.Context) error { return c.SetVersioning(ctx, none, objects.Enabled) },
		"Head": func(ctx context.Context) error {
			_, err := c.Head(ctx, objects.Read{Ref: newest(none, "k")})
			return err
		},
		"Get": func(ctx context.Context) error {
			_, err := c.Get(ctx, objects.Read{Ref: newest(none, "k")})
			return err
		},
		"Attributes": func(ctx context.Context) error {
			_, err := c.Attributes(ctx, objects.Read{Ref: newest(none, "k")}, 0, 10)
			return err
		},
		"Put": func(ctx context.Context) error { _, err := c.Put(ctx, newPut(none, "k", "content")); return err },
		"Copy": func(ctx context.Context) error {
			_, err := c.Copy(ctx, newCopy(newest(there, "k"), none, "k"))
			return err
		},
		"Copy from it": func(ctx context.Context) error {
			_, err := c.Copy(ctx, newCopy(newest(none, "k"), there, "k"))
			return err
		},
		"Delete": func(ctx context.Context) error {
			_, err := c.Delete(ctx, none, []objects.Deletion{{Key: "k"}})
			return err
		},
		"List": func(ctx context.Context) error {
			_, err := c.List(ctx, objects.List{Bucket: none, Max: 10})
			return err
		},
		"ListVersions": func(ctx context.Context) error {
			_, err := c.ListVersions(ctx, objects.List{Bucket: none, Max: 10})
			return err
		},
		"ListUploads": func(ctx context.Context) error {
			_, err := c.ListUploads(ctx, objects.List{Bucket: none, Max: 10})
			return err
		},
		"Tags":    func(ctx context.Context) error { _, err := c.Tags(ctx, newest(none, "k"), nil); return err },
		"SetTags": func(ctx context.Context) error { _, err := c.SetTags(ctx, newest(none, "k"), nil, nil); return err },
		"CreateUpload": func(ctx context.Context) error {
			_, err := c.CreateUpload(ctx, objects.NewUpload{Bucket: none, Key: "k"})
			return err
		},
		"PutPart": func(ctx context.Context) error {
			_, err := c.PutPart(ctx, objects.PutPart{Upload: upload, Number: 1, Body: body("part")})
			return err
		},
		"Complete": func(ctx context.Context) error {
			_, err := c.Complete(ctx, objects.Completion{Upload: upload, Size: -1, Parts: []objects.Part{{Number: 1, ETag: etagOf("part")}}})
			return err
		},
		"Abort":     func(ctx context.Context) error { return c.Abort(ctx, upload) },
		"ListParts": func(ctx context.Context) error { _, err := c.ListParts(ctx, upload, 0, 10); return err },
	} {
		if err := call(c.ctx); !errors.Is(err, objects.NoBucket) {
			c.fatalf("%s: got %v, want %v", name, err, objects.NoBucket)
		}
	}
	c.ok(c.RemoveBucket(c.ctx, none))
}

func bucketInUse(c *check) {
	b := c.bucket(objects.NeverVersioned)
	stays := func() {
		c.refused(c.RemoveBucket(c.ctx, b), fault.InUse)
	}
	c.put(b, "k", "content")
	stays()
	c.remove(b, "k", "")
	c.ok(c.SetVersioning(c.ctx, b, objects.Enabled))
	o := c.put(b, "k", "content")
	marker := c.remove(b, "k", "").MarkerVersion
	stays()
	c.remove(b, "k", o.Version)
	stays() // a delete marker is left
	c.remove(b, "k", marker)
	c.ok(c.RemoveBucket(c.ctx, b))
	_, err := c.List(c.ctx, objects.List{Bucket: b, Max: 10})
	c.refused(err, objects.NoBucket)
	_, err = c.Put(c.ctx, newPut(b, "k", "content"))
	c.refused(err, objects.NoBucket)
	c.ok(c.RemoveBucket(c.ctx, b))
}

// S3 gives up what is under way: so ceph/ceph#15630 and scality/cloudserver#1592
// found it.
func bucketGoesWithUploads(c *check) {
	b := c.bucket(objects.Enabled)
	u, other := c.begin(b, "k"), c.begin(b, "other")
	large := c.part(u, 1, strings.Repeat("large", 10_000))
	c.part(u, 2, "small")
	c.part(other, 1, "small")
	o := c.put(b, "k", "content")
	c.refused(c.RemoveBucket(c.ctx, b), fault.InUse)
	c.remove(b, "k", o.Version)
	parts, err := c.ListParts(c.ctx, u, 0, 10)
	if c.ok(err); len(parts.Parts) != 2 {
		c.fatalf("after a removal that was refused the upload has %d parts, want 2", len(parts.Parts))
	}
	c.ok(c.RemoveBucket(c.ctx, b))
	c.ok(c.MakeBucket(c.ctx, b))
	c.uploadGone(u, large)
	found, err := c.ListUploads(c.ctx, objects.List{Bucket: b, Max: 10})
	if c.ok(err); len(found.Uploads) != 0 {
		c.fatalf("the bucket made anew has the uploads %v", found.Uploads)
	}
	c.ok(c.RemoveBucket(c.ctx, b))
}

func bucketAnew(c *check) {
	b := c.bucket(objects.Suspended)
	c.ok(c.RemoveBucket(c.ctx, b))
	c.ok(c.MakeBucket(c.ctx, b))
	v, err := c.Versioning(c.ctx, b)
	c.ok(err)
	c.equal("versioning", v, objects.NeverVersioned)
	o := c.put(b, "k", "content")
	c.equal("version", o.Version, objects.NullVersion)
	c.equal("versioned", o.Versioned, false)
}

func versioningStates(c *check) {
	b := c.bucket(objects.NeverVersioned)
	for _, v := range []objects.Versioning{objects.NeverVersioned, objects.Enabled, objects.Enabled, objects.Suspended, objects.Suspended, objects.Enabled} {
		if v != objects.NeverVersioned {
			c.ok(c.SetVersioning(c.ctx, b, v))
		}
		got, err := c.Versioning(c.ctx, b)
		c.ok(err)
		c.equal("versioning", got, v)
		if v == objects.NeverVersioned {
			continue
		}
		for _, never := range []objects.Versioning{objects.NeverVersioned, "enabled"} {
			if err := c.SetVersioning(c.ctx, b, never); err == nil {
				c.fatalf("versioning went from %q to %q", v, never)
			}
		}
		got, err = c.Versioning(c.ctx, b)
		c.ok(err)
		c.equal("versioning after what was refused", got, v)
	}
}

func bucketsApart(c *check) {
	one, other := c.bucket(objects.Enabled), c.bucket(objects.NeverVersioned)
	o := c.put(one, "k", "in one")
	c.absent(other, "k")
	c.put(other, "k", "in the other")
	c.holds(newest(one, "k"), "in one")
	_, err := c.Head(c.ctx, objects.Read{Ref: versionOf(other, "k", o.Version)})
	c.refused(err, objects.NoVersion, objects.BadVersion)
	c.remove(other, "k", "")
	c.holds(newest(one, "k"), "in one")
	u := c.begin(one, "k")
	u.Bucket = other
	_, err = c.ListParts(c.ctx, u, 0, 10)
	c.refused(err, objects.NoUpload)
}
