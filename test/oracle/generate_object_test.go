package oracle

import (
	"encoding/xml"
	"fmt"
	"strings"
)

var contents = []string{"", "x", "hello", "0123456789", strings.Repeat("abcdefgh", 40), strings.Repeat("0123456789abcdef", 2500)}

func (g *generator) put() {
	key := g.key()
	r := g.add("PutObject", "PUT", key)
	r.body = pick(g, contents)
	r.payload = payload(g.rand.IntN(2))
	g.describe(r)
	fault := g.rand.IntN(18)
	switch fault { // one fault at a time: which of two is named is nobody's promise
	case 0, 1, 2, 3, 4, 5:
		g.checksum(r)
	case 6:
		r.with("Content-MD5", pick(g, []string{contentMD5(r.body), contentMD5(r.body), contentMD5("other"), "bm90IG1kNQ==", "!"}))
	case 7, 8, 9:
		g.writeCondition(r)
	case 10:
		g.badHeader(r)
	}
	g.made(r)
	g.sure[key] = g.sure[key] || fault > 10
}

// describe gives a new object some of the headers that it keeps.
func (g *generator) describe(r *request) {
	for _, h := range []struct {
		name   string
		values []string
	}{
		{"Content-Type", []string{"text/plain", "application/x-directory; charset=UTF-8", "image/png"}},
		{"Cache-Control", []string{"no-cache", "max-age=60, public"}},
		{"Content-Disposition", []string{`attachment; filename="a b.txt"`}},
		{"Content-Encoding", []string{"gzip", "deflate, gzip"}},
		{"Content-Language", []string{"de", "en, fr"}},
		{"Expires", []string{"Wed, 21 Oct 2026 07:28:00 GMT", "0"}},
		{"x-amz-meta-colour", []string{"green", "", "two  spaces", "a=b;c"}},
		{"X-Amz-Meta-Two", []string{"2"}},
		{"x-amz-tagging", []string{"k=v", "a=1&b=2", "z=1&a=2&m=3", "space=a+b%20c", "empty="}},
		{"x-amz-storage-class", []string{"STANDARD"}},
		{"x-amz-server-side-encryption", []string{"AES256"}},
	} {
		if g.chance(8) {
			r.with(h.name, pick(g, h.values))
		}
	}
}

// badHeader gives a new object something that it can't have, or a storage
// class that is none of VersityGW's.
func (g *generator) badHeader(r *request) {
	if g.chance(2) {
		r.with("x-amz-tagging", pick(g, []string{"a=1&a=2", "aws:x=1", strings.Repeat("k", 129) + "=v", "k=" + strings.Repeat("v", 257), "a%3Cb=c", "a=%zz"}))
		return
	}
	r.with("x-amz-storage-class", pick(g, []string{"STANDARD_IA", "REDUCED_REDUNDANCY", "GOLD"}))
}

var algorithms = []string{"CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"}

// checksum gives r a checksum: mostly the right one.
func (g *generator) checksum(r *request) {
	algorithm := pick(g, algorithms)
	name := "x-amz-checksum-" + strings.ToLower(algorithm)
	switch g.rand.IntN(9) {
	case 0:
		r.with(name, checksumOf(algorithm, "something else"))
	case 1:
		r.with(name, pick(g, []string{"AAAA", "!", "AAAAAA=="}))
	case 2:
		r.with("x-amz-sdk-checksum-algorithm", algorithm)
		r.with(name, checksumOf(algorithm, r.body))
	case 3, 4:
		r.payload = trailed
		r.with("x-amz-sdk-checksum-algorithm", algorithm)
		r.with(trailing+name, checksumOf(algorithm, r.body))
	case 5:
		r.payload = trailed
		r.with(trailing+name, checksumOf(algorithm, "something else"))
	default:
		r.with(name, checksumOf(algorithm, r.body))
	}
}

func (g *generator) writeCondition(r *request) {
	if g.chance(2) {
		r.with("If-None-Match", "*")
		return
	}
	r.with("If-Match", pick(g, []string{g.etag(r.key), strings.Trim(g.etag(r.key), `"`)}))
	if g.chance(12) {
		r.with("If-Match", "*")
	}
}

// source is a copy's source, as the header holds it. Both servers have the
// bucket by the same name.
func (g *generator) source(key string) string {
	s := "BUCKET/" + escapePath(key)
	if g.chance(8) {
		s = "/" + s
	}
	if g.chance(4) {
		s += "?versionId=" + g.versionOf(key)
	}
	return s
}

func (g *generator) copy() {
	from, to := g.key(), g.key()
	if g.chance(3) {
		to = from
	}
	if g.chance(12) {
		g.badCopy(from, to)
		return
	}
	r := g.add("CopyObject", "PUT", to).with("x-amz-copy-source", g.source(from))
	switch g.rand.IntN(4) {
	case 0:
		r.with("x-amz-metadata-directive", "REPLACE")
		g.describe(r)
	case 1:
		r.with("x-amz-metadata-directive", pick(g, []string{"COPY", "REPLACE"}))
	}
	switch g.rand.IntN(6) {
	case 0:
		r.with("x-amz-tagging-directive", "REPLACE")
		if g.chance(2) {
			r.with("x-amz-tagging", "copied=1&as=new")
		}
	case 1:
		r.with("x-amz-tagging-directive", pick(g, []string{"COPY", "REPLACE"}))
	}
	if from != to && g.chance(8) {
		r.with("x-amz-checksum-algorithm", pick(g, algorithms))
	}
	if g.chance(8) {
		r.with("x-amz-storage-class", "STANDARD")
	}
	if from != to && g.chance(4) {
		g.copyCondition(r, from)
	}
	g.made(r)
}

// badCopy makes a copy with one fault, of an object that is there.
func (g *generator) badCopy(from, to string) {
	g.putPlainly(from, "to be copied")
	r := g.add("CopyObject", "PUT", to).with("x-amz-copy-source", "BUCKET/"+escapePath(from))
	switch g.rand.IntN(3) {
	case 0:
		r.with("x-amz-copy-source", pick(g, []string{"BUCKET", "no-such-bucket-here/a", "BUCKET/no-such-key", "%zz"}))
	case 1:
		r.with("x-amz-metadata-directive", "MERGE")
	default:
		r.with("x-amz-tagging-directive", "MERGE")
	}
}

func (g *generator) copyCondition(r *request, from string) {
	switch g.rand.IntN(4) {
	case 0:
		r.with("x-amz-copy-source-if-match", g.etag(from))
	case 1:
		r.with("x-amz-copy-source-if-none-match", g.etag(from))
	case 2:
		r.with("x-amz-copy-source-if-modified-since", g.date(from))
	case 3:
		r.with("x-amz-copy-source-if-unmodified-since", g.date(from))
	}
}

func (g *generator) delete() {
	key := g.keyThere()
	r := g.add("DeleteObject", "DELETE", key)
	delete(g.sure, key)
	if g.chance(2) {
		r.ask("versionId", g.ownVersion(key))
	}
	if g.chance(12) {
		r.with("If-Match", pick(g, []string{g.etag(key), `"other"`, "*"}))
	}
	g.made(r)
}

func (g *generator) deleteMany() {
	var b strings.Builder
	b.WriteString(`<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/">`)
	named, deleted := map[string]bool{}, []string(nil)
	for range 1 + g.rand.IntN(4) {
		key := g.keyThere()
		// What becomes of a key that is named twice is nobody's promise, and
		// VersityGW may delete the bucket for one that names no file.
		if named[key] || notAFile(key) {
			continue
		}
		named[key] = true
		deleted = append(deleted, key)
		b.WriteString("<Object><Key>" + escapeXML(key) + "</Key>")
		if g.chance(3) {
			b.WriteString("<VersionId>" + g.ownVersion(key) + "</VersionId>")
		}
		b.WriteString("</Object>")
	}
	if len(named) == 0 {
		b.WriteString("<Object><Key>no-such-key</Key></Object>")
	}
	b.WriteString(pick(g, []string{"", "", "", "", "<Quiet>true</Quiet>", "<Quiet>false</Quiet>"}) + "</Delete>")
	r := g.add("DeleteObjects", "POST", "").ask("delete", "")
	r.body = b.String()
	if g.chance(12) {
		r.body = pick(g, []string{"", "<Delete/>", "<Delete><Object>", "{}"})
	}
	if !reference.MatchString(r.body) {
		r.with("Content-MD5", contentMD5(r.body))
	} else {
		r.with("x-amz-sdk-checksum-algorithm", "SHA256").with("x-amz-checksum-sha256", bodyChecksum)
	}
	g.versions = append(g.versions, r.id)
	for _, key := range deleted {
		delete(g.sure, key)
	}
}

// bodyChecksum stands for the SHA-256 of a body whose references are known
// only when it is sent.
const bodyChecksum = "{checksum}"

func escapeXML(s string) string {
	var b strings.Builder
	if err := xml.EscapeText(&b, []byte(s)); err != nil {
		panic(err) // a strings.Builder doesn't fail
	}
	return b.String()
}

func (g *generator) tags() {
	key := g.key()
	var r *request
	switch g.rand.IntN(4) {
	case 0, 1:
		if g.chance(6) {
			g.badTags(key)
			return
		}
		r = g.add("PutObjectTagging", "PUT", key)
		r.body = taggingXML(g.tagSet())
	case 2:
		r = g.add("GetObjectTagging", "GET", key)
	default:
		r = g.add("DeleteObjectTagging", "DELETE", key)
	}
	r.ask("tagging", "")
	if g.chance(4) {
		r.ask("versionId", g.versionOf(key))
	}
}

// tagSet are tags that an object or a bucket may have.
func (g *generator) tagSet() []pair {
	return pick(g, [][]pair{{{"k", "v"}}, {{"z", "1"}, {"a", "2"}, {"m", ""}}, {{"a b", "c+d"}}, {}, {{"name", "ü"}}})
}

// badTags sets tags that no object may have. The object is put first: which of
// two faults is named is nobody's promise.
func (g *generator) badTags(key string) {
	g.putPlainly(key, "tagged")
	r := g.add("PutObjectTagging", "PUT", key).ask("tagging", "")
	r.body = pick(g, []string{
		"", "<Tagging/>", "<Tagging><TagSet/></Tagging>", "<Tagging><TagSet><Tag><Key>a</Key></Tag></TagSet></Tagging>", "<Tagging>",
		taggingXML([]pair{{"a", "1"}, {"a", "2"}}), taggingXML([]pair{{"", "v"}}), taggingXML([]pair{{"aws:x", "1"}}), taggingXML([]pair{{"k<", "v"}}),
		taggingXML([]pair{{strings.Repeat("k", 129), "v"}}), taggingXML([]pair{{"k", strings.Repeat("v", 257)}}), taggingXML(many(11)),
	})
}

func many(n int) []pair {
	var all []pair
	for i := range n {
		all = append(all, pair{fmt.Sprint("k", i), "v"})
	}
	return all
}

func taggingXML(tags []pair) string {
	var b strings.Builder
	b.WriteString(`<Tagging xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><TagSet>`)
	for _, t := range tags {
		b.WriteString("<Tag><Key>" + escapeXML(t.name) + "</Key><Value>" + escapeXML(t.value) + "</Value></Tag>")
	}
	b.WriteString("</TagSet></Tagging>")
	return b.String()
}
