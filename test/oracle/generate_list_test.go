package oracle

import "fmt"

var (
	prefixes   = []string{"", "", "d", "dir", "dir/", "dir/s", "a", "z", "ü", "nothing", "dir-"}
	delimiters = []string{"/", "/", "/", "-", "dir", "i"}
	starts     = []string{"a", "b", "dir", "dir/", "dir/x", "dir/sub/", "zzz", "", "A", "~"}
	pageSizes  = []string{"1", "1", "2", "2", "3", "1000"}
)

// narrow gives a list its prefix, delimiter and page size.
func (g *generator) narrow(r *request, size string) {
	if g.chance(2) {
		r.ask("prefix", pick(g, prefixes))
	}
	if g.chance(2) {
		r.ask("delimiter", pick(g, delimiters))
	}
	if g.chance(2) {
		r.ask(size, pick(g, pageSizes))
	}
	if g.chance(20) {
		r.ask(size, pick(g, []string{"0", "-1", "x", "1001", "2147483648", ""}))
	}
	if g.chance(4) {
		r.ask("encoding-type", "url")
	}
	if g.chance(40) {
		r.ask(pick(g, []string{"encoding-type", "delimiter", "prefix"}), "")
	}
	if g.chance(60) {
		r.ask("encoding-type", "base64")
	}
}

// further asks for some of the pages that follow.
func (g *generator) further(r *request, pages int) {
	for range pages {
		next := g.add(r.op, r.method, "")
		next.next = r.id
		r = next
	}
}

func (g *generator) list() {
	var r *request
	if g.chance(3) {
		r = g.add("ListObjects", "GET", "")
		if g.chance(4) {
			r.ask("marker", pick(g, starts))
		}
	} else {
		r = g.add("ListObjectsV2", "GET", "").ask("list-type", "2")
		if g.chance(4) {
			r.ask("start-after", pick(g, starts))
		}
		if g.chance(4) {
			r.ask("fetch-owner", pick(g, []string{"true", "false"}))
		}
	}
	g.narrow(r, "max-keys")
	g.further(r, g.rand.IntN(4))
}

func (g *generator) listVersions() {
	r := g.add("ListObjectVersions", "GET", "").ask("versions", "")
	if g.chance(5) {
		r.ask("key-marker", pick(g, starts))
	}
	g.narrow(r, "max-keys")
	g.further(r, g.rand.IntN(5))
}

func (g *generator) listUploads() {
	r := g.add("ListMultipartUploads", "GET", "").ask("uploads", "")
	if g.chance(3) { // folders of uploads are on one page: how they are paged isn't documented
		r.ask("delimiter", pick(g, delimiters))
		return
	}
	if g.chance(5) {
		r.ask("key-marker", pick(g, starts))
	}
	if g.chance(2) {
		r.ask("max-uploads", pick(g, pageSizes))
	}
	if g.chance(2) {
		r.ask("prefix", pick(g, prefixes))
	}
	g.further(r, g.rand.IntN(4))
}

func (g *generator) listParts() {
	u := g.upload()
	if u == nil {
		return
	}
	r := g.add("ListParts", "GET", u.key).ask("uploadId", ref("upload", u.id))
	if g.chance(2) {
		r.ask("max-parts", pick(g, pageSizes))
	}
	if g.chance(4) {
		r.ask("part-number-marker", fmt.Sprint(g.rand.IntN(4)))
	}
	for range g.rand.IntN(3) {
		next := g.add("ListParts", "GET", u.key)
		next.next = r.id
		r = next
	}
}
