package oracle

import (
	"fmt"
	"slices"
	"strings"
)

func (g *generator) reading(key string) *request {
	if g.chance(3) {
		return g.add("HeadObject", "HEAD", key)
	}
	return g.add("GetObject", "GET", key)
}

func (g *generator) read() {
	key := g.key()
	if g.chance(20) { // what the last bytes of an empty object are isn't documented
		g.putPlainly(key, "0123456789")
		g.reading(key).with("Range", pick(g, []string{"bytes=-3", "bytes=-100000"}))
		return
	}
	r := g.reading(key)
	if g.chance(4) {
		r.ask("versionId", g.versionOf(key))
	}
	switch {
	case g.chance(4):
		r.with("Range", g.byteRange())
	case g.chance(12):
		r.ask("partNumber", pick(g, []string{"1", "1", "2", "3", "0", "10001", "x"})).with("x-amz-checksum-mode", "ENABLED")
	}
	if g.chance(3) {
		r.with("x-amz-checksum-mode", "ENABLED")
	}
	for _, name := range []string{"response-content-type", "response-cache-control", "response-content-disposition", "response-content-encoding", "response-content-language", "response-expires"} {
		if g.chance(25) {
			r.ask(name, "said so")
		}
	}
	if g.chance(6) {
		g.readCondition(r, key)
	}
}

func (g *generator) byteRange() string {
	return pick(g, []string{
		"bytes=0-0", "bytes=0-4", "bytes=2-", "bytes=5-3", "bytes=100-200", "bytes=40000-", "bytes=0-99999999",
		"bytes=-0", "bytes=0-1,3-4", "bytes=x-y", "items=0-1", "bytes=", "bytes=39999-40001", "bytes=0-18446744073709551616",
	})
}

func (g *generator) readCondition(r *request, key string) {
	for range 1 + g.rand.IntN(2) {
		switch g.rand.IntN(4) {
		case 0:
			r.with("If-Match", g.tagList(key))
		case 1:
			r.with("If-None-Match", g.tagList(key))
		case 2:
			r.with("If-Modified-Since", g.date(key))
		case 3:
			r.with("If-Unmodified-Since", g.date(key))
		}
	}
}

func (g *generator) tagList(key string) string {
	tag := g.etag(key)
	return pick(g, []string{tag, tag, tag, strings.Trim(tag, `"`), "W/" + tag, `"other", ` + tag, "*", `"other"`, ""})
}

// date is one near to when key was last modified, as an earlier read said, or far off.
func (g *generator) date(key string) string {
	for _, r := range slices.Backward(g.requests) {
		if (r.op == "HeadObject" || r.op == "GetObject") && r.key == key && len(r.headers) == 0 && r.next == 0 {
			return fmt.Sprintf("{date %d%s}", r.id, pick(g, []string{"", "", " +1", " -1"}))
		}
	}
	return pick(g, []string{"Sat, 01 Jan 2000 00:00:00 GMT", "Fri, 01 Jan 2100 00:00:00 GMT", "yesterday", "Saturday, 01-Jan-00 00:00:00 GMT"})
}

// conditional makes requests whose conditions are near to what is so.
func (g *generator) conditional() {
	key := g.key()
	switch g.rand.IntN(8) {
	case 0:
		g.add("HeadObject", "HEAD", key)
	case 1:
		r := g.add("PutObject", "PUT", key)
		r.body = pick(g, contents)
		g.writeCondition(r)
		g.made(r)
	case 2:
		r := g.reading(key).with("Range", g.byteRange())
		if g.chance(2) {
			r.with("If-Range", pick(g, []string{g.etag(key), g.date(key), "W/" + g.etag(key), "nothing"}))
		}
		g.readCondition(r, key)
	case 3:
		key = g.keyThere()
		delete(g.sure, key)
		r := g.add("DeleteObject", "DELETE", key).with("If-Match", pick(g, []string{g.etag(key), `"other"`, "*"}))
		g.made(r)
	default:
		g.readCondition(g.reading(key), key)
	}
}

func (g *generator) attributes() {
	key := g.key()
	r := g.add("GetObjectAttributes", "GET", key).ask("attributes", "")
	r.with("x-amz-object-attributes", pick(g, []string{"ETag,Checksum,ObjectParts,StorageClass,ObjectSize", "ETag,Checksum,ObjectParts,StorageClass,ObjectSize", "ETag", "ObjectParts", "Checksum,ObjectSize"}))
	if g.chance(4) {
		r.with("x-amz-max-parts", pick(g, []string{"1", "2", "0"}))
	}
	if g.chance(4) {
		r.with("x-amz-part-number-marker", pick(g, []string{"0", "1", "5"}))
	}
	if g.chance(2) {
		r.ask("versionId", g.versionOf(key))
	}
}
