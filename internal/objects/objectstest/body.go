package objectstest

import (
	"context"
	"crypto/md5"
	"errors"
	"io"
	"strings"
	"testing/iotest"

	"muster/internal/objects"
)

var bodyPromises = []Promise{
	{"a body that breaks off at any byte replaces nothing", brokenBody},
	{"a body that fails after its last byte replaces nothing", failsAtTheEnd},
	{"a body shorter or longer than it was said to be replaces nothing", otherSize},
	{"a body that is not what its MD5 says replaces nothing", wrongMD5},
	{"a body that comes in small pieces is kept whole", smallPieces},
	{"a body whose caller goes away replaces nothing", callerGone},
}

var errBroken = errors.New("the connection broke")

// breaking gives the first bytes of content and then fails.
func breaking(content string, at int) io.Reader {
	return io.MultiReader(strings.NewReader(content[:at]), iotest.ErrReader(errBroken))
}

// unchanged puts an object, lets fn do what must fail to the same key and to a
// part of an upload of it, and fails if anything changed.
func unchanged(c *check, fn func(put func(objects.Body) error)) {
	c.everyVersioning(func(b string) {
		c.putTagged(b, "k", "the good one", "good")
		u := c.begin(b, "k")
		good := c.part(u, 1, "the good part")
		before, uploads := c.versions(b), c.parts(u)
		fn(func(bad objects.Body) error {
			p := newPut(b, "k", "")
			p.Body = bad
			return second(c.Put(c.ctx, p))
		})
		fn(func(bad objects.Body) error {
			return second(c.PutPart(c.ctx, objects.PutPart{Upload: u, Number: 1, Body: bad}))
		})
		c.equal("versions", c.versions(b), before)
		c.equal("parts", c.parts(u), uploads)
		c.holds(newest(b, "k"), "the good one")
		c.complete(u, good)
		c.holds(newest(b, "k"), "the good part")
	})
}

func brokenBody(c *check) {
	unchanged(c, func(put func(objects.Body) error) {
		small, large := "twenty bytes of it..", text(1, 200_000)
		for at := range len(small) {
			c.refused(put(objects.Body{Reader: breaking(small, at), Size: int64(len(small))}), errBroken)
		}
		for _, at := range []int{0, 1, 16_383, 16_384, 16_385, 65_536, 131_072, 199_999} {
			c.refused(put(objects.Body{Reader: breaking(large, at), Size: int64(len(large))}), errBroken)
		}
	})
}

func failsAtTheEnd(c *check) {
	unchanged(c, func(put func(objects.Body) error) {
		for _, content := range []string{"", "short", text(1, 16_384), text(1, 200_000)} {
			size := int64(len(content))
			c.refused(put(objects.Body{Reader: breaking(content, len(content)), Size: size}), errBroken)
			// The error comes with the last bytes.
			c.refused(put(objects.Body{Reader: iotest.DataErrReader(breaking(content, len(content))), Size: size}), errBroken)
		}
	})
}

func otherSize(c *check) {
	unchanged(c, func(put func(objects.Body) error) {
		for _, content := range []string{"some content", text(1, 16_384), text(1, 200_000)} {
			for _, other := range []int64{-1, 1, 1000, -10} {
				if err := put(objects.Body{Reader: strings.NewReader(content), Size: int64(len(content)) + other}); err == nil {
					c.fatalf("a body of %d bytes was taken for one of %d", len(content), int64(len(content))+other)
				}
			}
		}
	})
}

func wrongMD5(c *check) {
	other := md5.Sum([]byte("other"))
	unchanged(c, func(put func(objects.Body) error) {
		for _, content := range []string{"", "some content", text(1, 200_000)} {
			bad := body(content)
			bad.MD5 = other[:]
			c.refused(put(bad), objects.BadDigest)
		}
	})
	b := c.bucket(objects.NeverVersioned)
	p := newPut(b, "k", "other")
	p.Body.MD5 = other[:]
	c.putAs(p)
	c.holds(newest(b, "k"), "other")
}

func smallPieces(c *check) {
	b := c.bucket(objects.NeverVersioned)
	content := text(1, 70_000)
	for _, pieces := range []func(io.Reader) io.Reader{iotest.OneByteReader, iotest.HalfReader, iotest.DataErrReader} {
		for _, n := range []int{0, 1, 100, 16_384, 16_385, 70_000} {
			p := newPut(b, "k", "")
			p.Body = objects.Body{Reader: pieces(strings.NewReader(content[:n])), Size: int64(n)}
			c.putAs(p)
			c.holds(newest(b, "k"), content[:n])
		}
	}
}

func callerGone(c *check) {
	b := c.bucket(objects.Enabled)
	o := c.put(b, "k", "the good one")
	for _, content := range []string{"short", text(1, 200_000)} {
		ctx, cancel := context.WithCancel(c.ctx)
		gone := readerFunc(func([]byte) (int, error) {
			cancel()
			return 0, ctx.Err()
		})
		p := newPut(b, "k", "")
		p.Body = objects.Body{Reader: io.MultiReader(strings.NewReader(content[:len(content)/2]), gone), Size: int64(len(content))}
		_, err := c.Put(ctx, p)
		c.refused(err, context.Canceled)
	}
	c.newestFirst(b, o.Version)
	c.holds(newest(b, "k"), "the good one")
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
