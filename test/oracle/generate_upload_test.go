package oracle

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// smallest is the least size of a part that isn't the last.
const smallest = 5 << 20

var large = strings.Repeat("0123456789abcdef", smallest/16)

func (g *generator) begin() {
	key := g.key()
	r := g.add("CreateMultipartUpload", "POST", key).ask("uploads", "")
	u := &upload{id: r.id, key: key, parts: map[int]int{}}
	g.describe(r)
	if g.chance(2) {
		u.algorithm = pick(g, algorithms)
		r.with("x-amz-checksum-algorithm", u.algorithm)
		if g.chance(2) {
			r.with("x-amz-checksum-type", pick(g, []string{"COMPOSITE", "FULL_OBJECT"}))
		}
	}
	g.uploads = append(g.uploads, u)
}

// upload is one of the last that were begun; nil if none was.
func (g *generator) upload() *upload {
	if len(g.uploads) == 0 {
		g.begin()
		return nil
	}
	return g.uploads[len(g.uploads)-1-g.rand.IntN(min(3, len(g.uploads)))]
}

func (g *generator) part() {
	u := g.upload()
	if u == nil {
		return
	}
	number := 1 + g.rand.IntN(3)
	r := g.add("UploadPart", "PUT", u.key).ask("partNumber", fmt.Sprint(number)).ask("uploadId", ref("upload", u.id))
	r.payload = unsigned
	r.body = pick(g, contents)
	if g.chance(4) {
		r.body = large
	}
	if u.algorithm != "" && !g.chance(6) {
		r.with("x-amz-checksum-"+strings.ToLower(u.algorithm), checksumOf(u.algorithm, r.body))
	} else if g.chance(6) {
		g.checksum(r)
	}
	if g.chance(30) {
		r.query[0].value = pick(g, []string{"0", "10001", "x", "-1", ""})
		return
	}
	u.parts[number] = r.id
}

func (g *generator) partCopy() {
	u := g.upload()
	if u == nil || u.over {
		return
	}
	from, number := g.key(), 1+g.rand.IntN(3)
	g.putPlainly(from, pick(g, contents)) // so that a range is the only fault
	r := g.add("UploadPartCopy", "PUT", u.key).ask("partNumber", fmt.Sprint(number)).ask("uploadId", ref("upload", u.id))
	r.with("x-amz-copy-source", "BUCKET/"+escapePath(from))
	if g.chance(3) {
		r.with("x-amz-copy-source-range", pick(g, []string{"bytes=0-0", "bytes=0-4", "bytes=2-3", "bytes=0-99999999", "bytes=5-3", "bytes=2-", "bytes=-2", "x"}))
	} else if g.chance(4) {
		g.copyCondition(r, from)
	}
	u.parts[number] = r.id
}

func (g *generator) complete() {
	if g.chance(6) {
		g.badComplete()
		return
	}
	u := g.upload()
	if u == nil {
		return
	}
	numbers := slices.Sorted(maps.Keys(u.parts))
	for i, n := range numbers { // how parts are read where numbers are left out isn't documented
		if n != i+1 {
			numbers = numbers[:i]
			break
		}
	}
	if g.chance(3) && len(numbers) > 1 { // so that a part that is too small is often the last
		numbers = numbers[:1]
	}
	var b strings.Builder
	b.WriteString(`<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">`)
	for _, n := range numbers {
		fmt.Fprintf(&b, "<Part><PartNumber>%d</PartNumber><ETag>%s</ETag>%s</Part>", n, g.partTag(u, n), g.partChecksum(u, n, len(numbers) == 1))
	}
	b.WriteString("</CompleteMultipartUpload>")
	r := g.add("CompleteMultipartUpload", "POST", u.key).ask("uploadId", ref("upload", u.id))
	r.body = b.String()
	if len(numbers) == 1 && g.chance(8) { // more may have a part that is too small
		g.writeCondition(r)
	}
	if !u.over { // completed again it makes no version
		g.made(r)
	}
	u.over = true
	if g.chance(4) {
		again := *r
		again.id = len(g.requests) + 1
		g.requests = append(g.requests, &again)
	}
}

// badComplete completes an upload of its own with one fault.
func (g *generator) badComplete() {
	key := g.key()
	begin := g.add("CreateMultipartUpload", "POST", key).ask("uploads", "")
	u := &upload{id: begin.id, key: key, parts: map[int]int{}}
	g.uploads = append(g.uploads, u)
	list := ""
	fault, contents := g.rand.IntN(5), []string{large, "the end"}
	if fault == 3 { // the order is to be the only fault
		slices.Reverse(contents)
	}
	for number, body := range contents {
		part := g.add("UploadPart", "PUT", key).ask("partNumber", fmt.Sprint(number+1)).ask("uploadId", ref("upload", u.id))
		part.body, part.payload = body, unsigned
		u.parts[number+1] = part.id
		list += fmt.Sprintf("<Part><PartNumber>%d</PartNumber><ETag>%s</ETag></Part>", number+1, ref("etag", part.id))
	}
	r := g.add("CompleteMultipartUpload", "POST", key).ask("uploadId", ref("upload", u.id))
	r.body = "<CompleteMultipartUpload>" + list + "</CompleteMultipartUpload>"
	switch fault {
	case 0:
		r.body = pick(g, []string{"<CompleteMultipartUpload/>", "<Complete", "{}"})
	case 1:
		r.with("x-amz-mp-object-size", pick(g, []string{"1", "5242881", "5242887", "x"}))
	case 2:
		r.body = strings.Replace(r.body, "<PartNumber>2<", "<PartNumber>9<", 1) // which was never sent
	case 4:
		r.body = strings.Replace(r.body, ref("etag", u.parts[1]), md5Of("another part"), 1)
	case 3:
		first, second, _ := strings.Cut(list, "<Part><PartNumber>2")
		r.body = "<CompleteMultipartUpload><Part><PartNumber>2" + second + first + "</CompleteMultipartUpload>"
	}
	g.made(r)
	u.over = true // or not, if that was refused
}

// partTag is the ETag of a part, mostly the right one.
func (g *generator) partTag(u *upload, number int) string {
	id, sent := u.parts[number]
	tag := md5Of("no such part")
	if sent {
		tag = ref("etag", id)
	}
	return pick(g, []string{`"` + tag + `"`, tag, "&quot;" + tag + "&quot;"})
}

// partChecksum is an element for the checksum of a part, which the only part
// may be without: of several, one may be too small as well.
func (g *generator) partChecksum(u *upload, number int, only bool) string {
	id, sent := u.parts[number]
	if u.algorithm == "" || !sent || g.requests[id-1].op != "UploadPart" || only && g.chance(6) {
		return ""
	}
	return fmt.Sprintf("<Checksum%[1]s>%[2]s</Checksum%[1]s>", u.algorithm, checksumOf(u.algorithm, g.requests[id-1].body))
}

func (g *generator) abort() {
	u := g.upload()
	if u == nil {
		return
	}
	u.over = true
	r := g.add("AbortMultipartUpload", "DELETE", u.key).ask("uploadId", ref("upload", u.id))
	if g.chance(4) {
		r.query[0].value = "no-such-upload"
	}
}
