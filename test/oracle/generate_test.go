package oracle

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"
)

// episode is a sequence of requests to a bucket of its own. It depends on its
// seed alone, so that it can be repeated, and repeated without some of its
// requests.
type episode struct {
	seed     uint64
	requests []*request
}

// generator makes an episode. What it remembers are only the requests that it
// made: whether they were granted it doesn't know.
type generator struct {
	rand     *rand.Rand
	keys     []string
	requests []*request
	versions []int               // requests that may have made a version
	sure     map[string]bool     // the keys that surely are objects
	written  map[string]*request // the last of these of each key
	uploads  []*upload
	lists    []int
	weights  map[string]int
}

// upload is an upload in parts that may be under way.
type upload struct {
	id        int // of the request that began it
	key       string
	parts     map[int]int // part number → the request that sent it
	over      bool        // it was given up
	algorithm string
}

var plainKeys = []string{"a", "b", "c.txt", "dir/x", "dir/y", "dir/sub/z", "dir-/q", "sp ace+%&=?#", "ü/ñ漢", "zz"}

var oddKeys = []string{
	"a", "dir", "dir/", "dir/x", "dir/x/y", "a//b", "/x", "x/", ".", "..", "a/./b", "a/../b", "tab\tline\nfeed", "\x7f",
	"long/" + strings.Repeat("k", 1019), strings.Repeat("s", 300), "quote'\"<&>", "\u2028", "😀",
}

// focuses are what episodes dwell on: how often each kind of request is made.
var focuses = []map[string]int{
	{"put": 20, "read": 30, "attributes": 4, "copy": 10, "delete": 10, "deleteMany": 4, "tags": 8, "list": 10, "versioning": 1, "bucket": 6},
	{"put": 25, "read": 25, "delete": 15, "deleteMany": 6, "copy": 8, "listVersions": 14, "tags": 6, "versioning": 4, "attributes": 2},
	{"begin": 6, "part": 22, "partCopy": 5, "complete": 10, "abort": 4, "listParts": 6, "listUploads": 6, "read": 14, "put": 6, "attributes": 6, "copy": 4},
	{"put": 30, "list": 40, "listVersions": 15, "delete": 8, "deleteMany": 2},
	{"put": 20, "conditional": 50, "delete": 10, "copy": 12},
	{"put": 30, "read": 20, "copy": 15, "attributes": 8, "tags": 5},
}

// size is how many requests an episode has, before the last look.
const size = 60

func generate(seed uint64) *episode {
	g := &generator{rand: rand.New(rand.NewPCG(seed, 8)), written: map[string]*request{}, sure: map[string]bool{}}
	g.keys = sample(g, plainKeys, 5)
	if g.chance(8) {
		g.keys = sample(g, oddKeys, 5)
		if g.chance(2) { // of which VersityGW can hold one
			g.keys[0], g.keys[1] = "dir", "dir/x"
		}
	}
	g.weights = pick(g, focuses)
	g.versioning()
	for len(g.requests) < size {
		g.step()
	}
	g.look()
	return &episode{seed, g.requests}
}

func sample(g *generator, from []string, n int) []string {
	var out []string
	for _, i := range g.rand.Perm(len(from))[:n] {
		out = append(out, from[i])
	}
	return out
}

func pick[T any](g *generator, from []T) T { return from[g.rand.IntN(len(from))] }

// chance is true once in n times.
func (g *generator) chance(n int) bool { return g.rand.IntN(n) == 0 }

func (g *generator) key() string { return pick(g, g.keys) }

// add gives r its place in the episode.
func (g *generator) add(op, method, key string) *request {
	r := &request{id: len(g.requests) + 1, op: op, method: method, key: key}
	g.requests = append(g.requests, r)
	return r
}

// versioning decides whether the bucket has versions from the start.
func (g *generator) versioning() {
	switch g.rand.IntN(5) {
	case 0, 1:
	case 2:
		g.add("PutBucketVersioning", "PUT", "").ask("versioning", "").body = versioningXML("Enabled")
		g.add("PutBucketVersioning", "PUT", "").ask("versioning", "").body = versioningXML("Suspended")
	default:
		g.add("PutBucketVersioning", "PUT", "").ask("versioning", "").body = versioningXML("Enabled")
	}
}

func versioningXML(status string) string {
	return `<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Status>` + status + `</Status></VersioningConfiguration>`
}

// step makes a request, or a few that belong together.
func (g *generator) step() {
	total := 0
	for _, kind := range kinds {
		total += g.weights[kind.name]
	}
	n := g.rand.IntN(total)
	for _, kind := range kinds {
		if n -= g.weights[kind.name]; n < 0 {
			kind.make(g)
			return
		}
	}
}

var kinds = []struct {
	name string
	make func(*generator)
}{
	{"put", (*generator).put},
	{"read", (*generator).read},
	{"conditional", (*generator).conditional},
	{"attributes", (*generator).attributes},
	{"copy", (*generator).copy},
	{"delete", (*generator).delete},
	{"deleteMany", (*generator).deleteMany},
	{"tags", (*generator).tags},
	{"list", (*generator).list},
	{"listVersions", (*generator).listVersions},
	{"versioning", (*generator).changeVersioning},
	{"bucket", (*generator).bucket},
	{"begin", (*generator).begin},
	{"part", (*generator).part},
	{"partCopy", (*generator).partCopy},
	{"complete", (*generator).complete},
	{"abort", (*generator).abort},
	{"listParts", (*generator).listParts},
	{"listUploads", (*generator).listUploads},
}

func (g *generator) changeVersioning() {
	if g.chance(2) {
		g.add("GetBucketVersioning", "GET", "").ask("versioning", "")
		return
	}
	body := versioningXML(pick(g, []string{"Enabled", "Suspended"}))
	if g.chance(6) {
		body = pick(g, []string{versioningXML("On"), "<VersioningConfiguration/>", "<Versioning", versioningXML("")})
	}
	g.add("PutBucketVersioning", "PUT", "").ask("versioning", "").body = body
}

func (g *generator) bucket() {
	switch g.rand.IntN(6) {
	case 0:
		g.add("HeadBucket", "HEAD", "")
	case 1:
		g.add("GetBucketLocation", "GET", "").ask("location", "")
	case 2:
		g.add("CreateBucket", "PUT", "")
	case 3:
		r := g.add("PutBucketTagging", "PUT", "").ask("tagging", "")
		r.body = taggingXML(g.tagSet())
		r.with("Content-MD5", contentMD5(r.body))
	case 4:
		g.add("GetBucketTagging", "GET", "").ask("tagging", "")
	case 5:
		g.add("DeleteBucketTagging", "DELETE", "").ask("tagging", "")
	}
}

// look asks for all that the episode may have left.
func (g *generator) look() {
	from := len(g.requests)
	g.add("GetBucketVersioning", "GET", "").ask("versioning", "")
	g.add("ListObjectsV2", "GET", "").ask("list-type", "2")
	g.add("ListObjectVersions", "GET", "").ask("versions", "")
	g.add("ListMultipartUploads", "GET", "").ask("uploads", "")
	for _, key := range g.keys {
		g.add("GetObject", "GET", key).with("x-amz-checksum-mode", "ENABLED")
		g.add("GetObjectTagging", "GET", key).ask("tagging", "")
	}
	for _, u := range g.uploads {
		g.add("ListParts", "GET", u.key).ask("uploadId", ref("upload", u.id))
	}
	for _, r := range g.requests[from:] {
		r.audit = true
	}
}

func ref(what string, id int) string { return fmt.Sprintf("{%s %d}", what, id) }

// version names a version: mostly one that was made.
func (g *generator) version() string {
	switch {
	case g.chance(8):
		return "null"
	case g.chance(20):
		return pick(g, []string{"no-such-version", "01BX5ZZKBKACTAV9WEVGEMMVRZ"})
	case len(g.versions) > 0:
		return ref("version", pick(g, g.versions))
	}
	return "null"
}

// versionOf names a version of key if there may be one.
func (g *generator) versionOf(key string) string {
	var of []int
	for _, id := range g.versions {
		if g.requests[id-1].key == key {
			of = append(of, id)
		}
	}
	if len(of) == 0 || g.chance(10) {
		return g.version()
	}
	return ref("version", pick(g, of))
}

// ownVersion names a version of key that was made, or the one without an id.
func (g *generator) ownVersion(key string) string {
	if version := g.versionOf(key); strings.HasPrefix(version, "{") {
		var id int
		if _, err := fmt.Sscanf(version, "{version %d}", &id); err == nil && g.requests[id-1].key == key {
			return version
		}
	}
	return "null"
}

// keyThere is a key that surely is an object now, mostly: VersityGW makes no
// delete marker where nothing is, and the episode ends. If there is none it
// puts one.
func (g *generator) keyThere() string {
	if g.chance(60) {
		return g.key()
	}
	for range 10 {
		if key := g.key(); g.sure[key] {
			return key
		}
	}
	return g.putPlainly(g.key(), pick(g, contents))
}

// putPlainly puts an object in a way that nothing can refuse.
func (g *generator) putPlainly(key, body string) string {
	r := g.add("PutObject", "PUT", key)
	r.body = body
	g.made(r)
	g.sure[key] = true
	return key
}

// made remembers that r may have made a version of its key.
func (g *generator) made(r *request) {
	g.versions = append(g.versions, r.id)
	g.written[r.key] = r
}

func md5Of(s string) string {
	sum := md5.Sum([]byte(s))
	return hex.EncodeToString(sum[:])
}

func contentMD5(s string) string {
	sum := md5.Sum([]byte(s))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// etag returns an ETag that key may have, as a header holds it.
func (g *generator) etag(key string) string {
	r := g.written[key]
	switch {
	case r == nil || g.chance(4):
		return `"` + md5Of(pick(g, contents)) + `"`
	case r.op == "PutObject":
		return `"` + md5Of(r.body) + `"`
	}
	return `"` + ref("etag", r.id) + `"`
}
