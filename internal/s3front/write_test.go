package s3front_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/sigv4"
)

// What an object is written with is checked before anything is kept.
func TestWritesThatAreRefused(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/photos")
	w.ok("PUT", "/photos/cat", "the old one")
	before := w.kept()
	for _, tc := range []struct {
		name   string
		header []string
		code   string
	}{
		{"an MD5 that is none", []string{"Content-Md5: hello"}, "InvalidDigest"},
		{"an empty MD5", []string{"Content-Md5: "}, "InvalidDigest"},
		{"another MD5", []string{"Content-Md5: 1B2M2Y8AsgTpgAmY7PhCfg=="}, "BadDigest"},
		{"another CRC32", []string{"X-Amz-Checksum-Crc32: AAAAAA=="}, "BadDigest"},
		{"another CRC64NVME", []string{"X-Amz-Checksum-Crc64nvme: AAAAAAAAAAA="}, "BadDigest"},
		{"another SHA512", []string{"X-Amz-Checksum-Sha512: " + sumOf("x-amz-checksum-sha512", "other")}, "BadDigest"},
		{"another MD5 as a checksum", []string{"X-Amz-Checksum-Md5: 1B2M2Y8AsgTpgAmY7PhCfg=="}, "BadDigest"},
		{"another XXHASH64", []string{"X-Amz-Checksum-Xxhash64: 70bbN1HY6Zk="}, "BadDigest"},
		{"another XXHASH3", []string{"X-Amz-Checksum-Xxhash3: LQaABTjTlMI="}, "BadDigest"},
		{"another XXHASH128", []string{"X-Amz-Checksum-Xxhash128: maoG0wFHmNhgAcMkRo1Jfw=="}, "BadDigest"},
		{"a checksum that is none", []string{"X-Amz-Checksum-Crc32: hello"}, "InvalidRequest"},
		{"a checksum of half the length", []string{"X-Amz-Checksum-Xxhash128: LQaABTjTlMI="}, "InvalidRequest"},
		{"two checksums, one of them an MD5", []string{"X-Amz-Checksum-Crc32: NhCmhg==", "X-Amz-Checksum-Md5: XUFAKrxLKna5cZ2REBfFkg=="}, "InvalidRequest"},
		{"a checksum of another length", []string{"X-Amz-Checksum-Crc32: AAAAAAAAAAA="}, "InvalidRequest"},
		{"two checksums", []string{"X-Amz-Checksum-Crc32: NhCmhg==", "X-Amz-Checksum-Crc32c: mnG7TA=="}, "InvalidRequest"},
		{"another algorithm than is named", []string{"X-Amz-Checksum-Crc32: NhCmhg==", "X-Amz-Sdk-Checksum-Algorithm: SHA1"}, "InvalidRequest"},
		{"an algorithm without its checksum", []string{"X-Amz-Sdk-Checksum-Algorithm: SHA1"}, "InvalidRequest"},
		{"an algorithm that is none", []string{"X-Amz-Sdk-Checksum-Algorithm: CRC1", "X-Amz-Checksum-Crc32: NhCmhg=="}, "InvalidRequest"},
		{"too much metadata", []string{"X-Amz-Meta-A: " + strings.Repeat("a", 1500), "X-Amz-Meta-B: " + strings.Repeat("b", 600)}, "MetadataTooLarge"},
		{"too long headers", []string{"Content-Disposition: " + strings.Repeat("a", 5000), "Cache-Control: " + strings.Repeat("b", 5000)}, "RequestHeaderSectionTooLarge"},
		{"a storage class that is none", []string{"X-Amz-Storage-Class: COLD"}, "InvalidStorageClass"},
		{"a storage class of another kind of bucket", []string{"X-Amz-Storage-Class: EXPRESS_ONEZONE"}, "InvalidStorageClass"},
		{"eleven tags", []string{"X-Amz-Tagging: a&b&c&d&e&f&g&h&i&j&k"}, "BadRequest"},
		{"a tag without a key", []string{"X-Amz-Tagging: =a"}, "InvalidTag"},
		{"a long key of a tag", []string{"X-Amz-Tagging: " + strings.Repeat("k", 129) + "=a"}, "InvalidTag"},
		{"a long value of a tag", []string{"X-Amz-Tagging: a=" + strings.Repeat("v", 257)}, "InvalidTag"},
		{"a tag of AWS's", []string{"X-Amz-Tagging: aws:a=b"}, "InvalidTag"},
		{"a tag of AWS's in capitals", []string{"X-Amz-Tagging: AWS%3Aa=b"}, "InvalidTag"},
		{"a tag twice", []string{"X-Amz-Tagging: a=b&a=c"}, "InvalidArgument"},
		{"a tag with a letter it can't have", []string{"X-Amz-Tagging: a=b%3Cc"}, "InvalidTag"},
		{"a header twice", []string{"X-Amz-Storage-Class: STANDARD", "X-Amz-Storage-Class: GLACIER"}, "InvalidArgument"},
		{"on condition of its ETag not being", []string{`If-None-Match: "x"`}, "NotImplemented"},
	} {
		for _, method := range []string{"put", "post"} {
			c := call{method: "PUT", path: "/photos/cat", body: "hello", header: tc.header}
			if method == "post" {
				c = call{method: "POST", path: "/photos/cat?uploads", header: tc.header}
				if tc.code == "BadDigest" || tc.code == "InvalidDigest" || strings.Contains(tc.name, "checksum") || strings.Contains(tc.name, "algorithm") || tc.code == "NotImplemented" {
					continue // of a body
				}
			}
			if got := w.send(w.request(w.root, c)); got.status >= 500 && got.status != 501 || got.status < 400 || got.code != tc.code {
				t.Errorf("%s, %s: got %v, want %s", tc.name, method, got, tc.code)
			}
		}
	}
	for name, head := range map[string]string{
		"of an unknown length":  "Transfer-Encoding: chunked\r\n",
		"larger than any":       "Content-Length: 5368709121\r\n",
		"much larger than any":  "Content-Length: 99999999999999\r\n",
		"no length and no body": "",
	} {
		want := map[string]string{"of an unknown length": "HTTP/1.1 411 ", "no length and no body": "HTTP/1.1 400 "}[name]
		if want == "" {
			want = "HTTP/1.1 400 "
		}
		got := w.raw(w.wire(call{method: "PUT", path: "/photos/cat", body: "hello"}, head, ""), true)
		if !strings.HasPrefix(got, want) || strings.Contains(name, "larger") && !strings.Contains(got, "<Code>EntityTooLarge</Code>") {
			t.Errorf("a body %s: got %s, want %s", name, got, want)
		}
	}
	if diff := cmp.Diff(before, w.kept()); diff != "" {
		t.Errorf("the store has changed (-before +after):\n%s", diff)
	}
}

// What may be said of an object is kept and given back as it came.
func TestWhatIsKept(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/photos")
	put := w.ok("PUT", "/photos/cat", "hello", "Content-Type: text/x", "Cache-Control: no-store", "Content-Disposition: attachment", "Content-Encoding: deflate, gzip", "Content-Language: eo", "Expires: soon",
		"X-Amz-Meta-Colour: grey", "X-Amz-Storage-Class: STANDARD_IA", "X-Amz-Tagging: b=1&a=2", "X-Amz-Checksum-Sha1: qvTGHdzF6KLavt4PO0gs2a6pQ00=")
	if put.header.Get("X-Amz-Checksum-Sha1") != "qvTGHdzF6KLavt4PO0gs2a6pQ00=" || put.header.Get("X-Amz-Checksum-Type") != "FULL_OBJECT" || put.header.Get("X-Amz-Server-Side-Encryption") != "AES256" || put.header.Get("X-Amz-Version-Id") != "" {
		t.Errorf("PUT: got %v", put.header)
	}
	for _, method := range []string{"GET", "HEAD"} {
		got := w.ok(method, "/photos/cat")
		for name, want := range map[string]string{
			"Content-Type": "text/x", "Cache-Control": "no-store", "Content-Disposition": "attachment", "Content-Encoding": "deflate, gzip", "Content-Language": "eo", "Expires": "soon",
			"X-Amz-Meta-Colour": "grey", "X-Amz-Storage-Class": "STANDARD_IA", "X-Amz-Tagging-Count": "2", "X-Amz-Server-Side-Encryption": "AES256", "Etag": `"5d41402abc4b2a76b9719d911017c592"`,
			"Accept-Ranges": "bytes", "Content-Length": "5", "X-Amz-Checksum-Sha1": "", "X-Amz-Version-Id": "", "X-Amz-Mp-Parts-Count": "",
		} {
			if got.header.Get(name) != want {
				t.Errorf("%s: %s is %q, want %q", method, name, got.header.Get(name), want)
			}
		}
		if got := w.ok(method, "/photos/cat", "", "X-Amz-Checksum-Mode: ENABLED").header; got.Get("X-Amz-Checksum-Sha1") != "qvTGHdzF6KLavt4PO0gs2a6pQ00=" || got.Get("X-Amz-Checksum-Type") != "FULL_OBJECT" {
			t.Errorf("%s that asks for the checksum: got %v", method, got)
		}
		if got := w.ok(method, "/photos/cat", "", "X-Amz-Checksum-Mode: ENABLED", "Range: bytes=0-1").header; got.Get("X-Amz-Checksum-Sha1") != "" {
			t.Errorf("%s of a range: got the checksum of the whole", method)
		}
	}
	if got := w.ok("GET", "/photos/cat?tagging").body; !strings.Contains(got, "<Key>b</Key><Value>1</Value></Tag><Tag><Key>a</Key>") {
		t.Errorf("tags: got %s, want them in their order", got)
	}
	w.ok("PUT", "/photos/bare", "", "X-Amz-Storage-Class: STANDARD")
	if got := w.ok("GET", "/photos/bare").header; got.Get("Content-Type") != "binary/octet-stream" || got.Get("X-Amz-Storage-Class") != "" || got.Get("X-Amz-Tagging-Count") != "" {
		t.Errorf("a bare one: got %v", got)
	}
	// A copy has all of it, or what is given anew; the copy onto itself is new.
	at := w.ok("HEAD", "/photos/cat").header.Get("Last-Modified")
	time.Sleep(1100 * time.Millisecond)
	w.ok("PUT", "/photos/cat", "", "X-Amz-Copy-Source: photos/cat", "X-Amz-Storage-Class: GLACIER")
	got := w.ok("HEAD", "/photos/cat").header
	if got.Get("X-Amz-Storage-Class") != "GLACIER" || got.Get("X-Amz-Meta-Colour") != "grey" || got.Get("Expires") != "soon" || got.Get("X-Amz-Tagging-Count") != "2" || got.Get("Last-Modified") == at {
		t.Errorf("a copy onto itself: got %v", got)
	}
	w.ok("PUT", "/photos/other", "", "X-Amz-Copy-Source: photos/cat", "X-Amz-Metadata-Directive: REPLACE", "X-Amz-Tagging-Directive: REPLACE", "X-Amz-Tagging: c=3", "Content-Type: text/y", "X-Amz-Checksum-Algorithm: CRC32")
	got = w.ok("HEAD", "/photos/other", "", "X-Amz-Checksum-Mode: ENABLED").header
	if got.Get("Content-Type") != "text/y" || got.Get("X-Amz-Meta-Colour") != "" || got.Get("Expires") != "" || got.Get("X-Amz-Tagging-Count") != "1" || got.Get("X-Amz-Checksum-Crc32") != "NhCmhg==" {
		t.Errorf("a copy with other headers: got %v", got)
	}
	for name, header := range map[string]string{"x-amz-metadata-directive": "X-Amz-Metadata-Directive: KEEP", "x-amz-tagging-directive": "X-Amz-Tagging-Directive: KEEP"} {
		if got := w.do(w.root, "PUT", "/photos/other", "", "X-Amz-Copy-Source: photos/cat", header); got.code != "InvalidArgument" || !strings.Contains(got.body, name) {
			t.Errorf("%s: got %v, want InvalidArgument", header, got)
		}
	}
	if got := w.do(w.root, "PUT", "/photos/cat", "", "X-Amz-Copy-Source: photos/cat"); got.code != "InvalidRequest" {
		t.Errorf("a copy onto itself that changes nothing: got %v, want InvalidRequest", got)
	}
}

// Ranges, parts and conditions of one object made of parts.
func TestPartsOfAnObject(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/photos")
	first, last := strings.Repeat("a", 5<<20), "the end"
	begun := w.ok("POST", "/photos/film?uploads", "", "X-Amz-Checksum-Algorithm: CRC32", "X-Amz-Storage-Class: STANDARD_IA", "X-Amz-Tagging: a=b", "X-Amz-Meta-Colour: grey")
	if h := begun.header; h.Get("X-Amz-Checksum-Algorithm") != "CRC32" || h.Get("X-Amz-Checksum-Type") != "COMPOSITE" || h.Get("X-Amz-Server-Side-Encryption") != "AES256" {
		t.Errorf("begun: got %v", h)
	}
	id := idIn.FindStringSubmatch(begun.body)[1]
	upload := "/photos/film?uploadId=" + id
	var list strings.Builder
	for i, content := range []string{first, last} {
		crc, _ := sigv4.Checksum("x-amz-checksum-crc32", []byte(content))
		got := w.ok("PUT", fmt.Sprintf("%s&partNumber=%d", upload, i+1), content, "X-Amz-Checksum-Crc32: "+crc).header
		if got.Get("X-Amz-Checksum-Crc32") != crc || got.Get("X-Amz-Checksum-Type") != "" || got.Get("X-Amz-Server-Side-Encryption") != "AES256" {
			t.Errorf("part: got %v", got)
		}
		fmt.Fprintf(&list, "<Part><PartNumber>%d</PartNumber><ETag>%s</ETag><ChecksumCRC32>%s</ChecksumCRC32></Part>", i+1, got.Get("Etag"), crc)
	}
	if got := w.do(w.root, "PUT", upload+"&partNumber=2", "x", "X-Amz-Checksum-Sha1: "+sumOf("x-amz-checksum-sha1", "x")); got.status != 400 || got.code != "InvalidRequest" {
		t.Errorf("a part with another algorithm: got %v, want InvalidRequest", got)
	}
	parts := w.ok("GET", upload+"&max-parts=1").body
	for _, want := range []string{"<MaxParts>1</MaxParts>", "<IsTruncated>true</IsTruncated>", "<NextPartNumberMarker>1</NextPartNumberMarker>", "<ChecksumAlgorithm>CRC32</ChecksumAlgorithm>", "<ChecksumType>COMPOSITE</ChecksumType>", "<StorageClass>STANDARD_IA</StorageClass>", "<PartNumber>1</PartNumber>"} {
		if !strings.Contains(parts, want) {
			t.Errorf("ListParts: got %s, want %s", parts, want)
		}
	}
	if got := w.ok("GET", upload+"&part-number-marker=1").body; strings.Contains(got, "<PartNumber>1<") || !strings.Contains(got, "<PartNumber>2<") {
		t.Errorf("ListParts after the first: got %s", got)
	}
	complete := "<CompleteMultipartUpload>" + list.String() + "</CompleteMultipartUpload>"
	for _, tc := range []struct{ name, body, header, code string }{
		{"of another size", complete, "X-Amz-Mp-Object-Size: 5", "InvalidRequest"},
		{"of no size", complete, "X-Amz-Mp-Object-Size: five", "InvalidRequest"},
		{"with another checksum", complete, "X-Amz-Checksum-Crc32: AAAAAA==-2", "BadDigest"},
		{"with a checksum that is none", complete, "X-Amz-Checksum-Crc32: hello", "InvalidRequest"},
		{"with another checksum of a part", strings.Replace(complete, "<ChecksumCRC32>", "<ChecksumCRC32>AAAAAA==</ChecksumCRC32><Other>", 1), "X: y", "MalformedXML"},
		{"with the checksum of another", strings.Replace(complete, "</ChecksumCRC32>", "</ChecksumCRC32><ChecksumSHA1>x</ChecksumSHA1>", 1), "X: y", "InvalidRequest"},
		{"of no parts", "<CompleteMultipartUpload/>", "X: y", "MalformedXML"},
		{"of part 0", "<CompleteMultipartUpload><Part><PartNumber>0</PartNumber><ETag>x</ETag></Part></CompleteMultipartUpload>", "X: y", "InvalidArgument"},
	} {
		if got := w.do(w.root, "POST", upload, tc.body, tc.header); got.status != 400 || got.code != tc.code {
			t.Errorf("complete %s: got %v, want %s", tc.name, got, tc.code)
		}
	}
	done := w.ok("POST", upload, complete, fmt.Sprintf("X-Amz-Mp-Object-Size: %d", len(first)+len(last)))
	again := w.ok("POST", upload, complete)
	if done.header.Get("X-Amz-Server-Side-Encryption") != "AES256" || !strings.Contains(done.body, "<ChecksumType>COMPOSITE</ChecksumType>") || done.body != again.body {
		t.Errorf("completed: got %v, and again %v", done, again)
	}

	part := w.ok("GET", "/photos/film?partNumber=2", "", "X-Amz-Checksum-Mode: ENABLED")
	crc, _ := sigv4.Checksum("x-amz-checksum-crc32", []byte(last))
	if h := part.header; part.status != http.StatusPartialContent || part.body != last || h.Get("X-Amz-Mp-Parts-Count") != "2" || h.Get("X-Amz-Checksum-Crc32") != crc || h.Get("X-Amz-Checksum-Type") != "COMPOSITE" {
		t.Errorf("the part: got %v %v", part, h)
	}
	if got := w.do(w.root, "GET", "/photos/film?partNumber=1", "", "Range: bytes=0-1"); got.status != 400 || got.code != "InvalidRequest" {
		t.Errorf("a part and a range: got %v, want InvalidRequest", got)
	}
	for number, code := range map[string]string{"9": "InvalidPartNumber", "0": "InvalidArgument", "10001": "InvalidArgument", "x": "InvalidArgument", "": "InvalidArgument"} {
		want := 400
		if code == "InvalidPartNumber" {
			want = 416
		}
		if got := w.do(w.root, "GET", "/photos/film?partNumber="+number); got.status != want || got.code != code {
			t.Errorf("part %q: got %v, want %s", number, got, code)
		}
	}
	got := w.ok("GET", "/photos/film?attributes", "", "X-Amz-Object-Attributes: ETag,Checksum", "X-Amz-Object-Attributes: ObjectParts, StorageClass,ObjectSize", "X-Amz-Max-Parts: 1").body
	for _, want := range []string{"<StorageClass>STANDARD_IA</StorageClass>", fmt.Sprintf("<ObjectSize>%d</ObjectSize>", len(first)+len(last)), "<PartsCount>2</PartsCount><PartNumberMarker>0</PartNumberMarker>", "<IsTruncated>true</IsTruncated>", "<ChecksumType>COMPOSITE</ChecksumType>", "-2</ETag>", "<PartNumber>1</PartNumber>"} {
		if !strings.Contains(got, want) {
			t.Errorf("attributes: got %s, want %s", got, want)
		}
	}
	for header, code := range map[string]string{"X-Amz-Object-Attributes: Colour": "InvalidArgument", "X-Amz-Object-Attributes: ": "InvalidRequest", "X: y": "InvalidRequest"} {
		if got := w.do(w.root, "GET", "/photos/film?attributes", "", header); got.code != code {
			t.Errorf("attributes with %s: got %v, want %s", header, got, code)
		}
	}
	for header, fine := range map[string]bool{
		"X-Amz-Checksum-Algorithm: CRC64NVME": true, "X-Amz-Checksum-Algorithm: MD4": false, "X-Amz-Checksum-Type: COMPOSITE": false,
		"X-Amz-Checksum-Algorithm: SHA256\nX-Amz-Checksum-Type: FULL_OBJECT": false, "X-Amz-Checksum-Algorithm: CRC64NVME\nX-Amz-Checksum-Type: COMPOSITE": false, "X-Amz-Checksum-Algorithm: CRC32C\nX-Amz-Checksum-Type: FULL_OBJECT": true,
		"X-Amz-Checksum-Algorithm: CRC32\nX-Amz-Checksum-Type: HALF": false,
	} {
		got := w.do(w.root, "POST", "/photos/x?uploads", append([]string{""}, strings.Split(header, "\n")...)...)
		if fine != (got.status == 200) || !fine && got.code != "InvalidRequest" {
			t.Errorf("an upload with %q: got %v, want it to be fine: %v", header, got, fine)
		}
	}
}

// Each algorithm goes through the door the same way: before and after a body,
// for a part and in the document that completes an upload.
func TestEveryChecksumAlgorithm(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/photos")
	for _, algorithm := range sigv4.ChecksumAlgorithms() {
		name := "x-amz-checksum-" + strings.ToLower(algorithm)
		sum := sumOf(name, "hello")
		w.ok("PUT", "/photos/cat", "hello", name+": "+sum, "X-Amz-Sdk-Checksum-Algorithm: "+algorithm)
		if h := w.ok("GET", "/photos/cat", "", "X-Amz-Checksum-Mode: ENABLED").header; h.Get(name) != sum || h.Get("X-Amz-Checksum-Type") != "FULL_OBJECT" {
			t.Errorf("%s: got %v", algorithm, h)
		}

		began := w.ok("POST", "/photos/film?uploads", "", "X-Amz-Checksum-Algorithm: "+algorithm)
		_, id, _ := strings.Cut(began.body, "<UploadId>")
		id, _, _ = strings.Cut(id, "<")
		upload := "/photos/film?uploadId=" + id
		if got := w.do(w.root, "PUT", upload+"&partNumber=1", "hello", name+": "+sumOf(name, "other")); got.code != "BadDigest" {
			t.Errorf("a part with another %s: got %v, want BadDigest", algorithm, got)
		}
		part := w.ok("PUT", upload+"&partNumber=1", "hello", name+": "+sum)
		if part.header.Get(name) != sum {
			t.Errorf("a part with %s: got %v", algorithm, part.header)
		}
		if got := w.ok("GET", upload).body; !strings.Contains(got, "<Checksum"+algorithm+">"+sum+"<") {
			t.Errorf("parts with %s: got %s", algorithm, got)
		}
		complete := func(sum string) string {
			return "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>" + part.header.Get("Etag") + "</ETag><Checksum" + algorithm + ">" + sum + "</Checksum" + algorithm + "></Part></CompleteMultipartUpload>"
		}
		if got := w.do(w.root, "POST", upload, complete(sumOf(name, "other"))); got.status != 400 {
			t.Errorf("completed with another %s of a part: got %v, want 400", algorithm, got)
		}
		raw, err := base64.StdEncoding.DecodeString(sum)
		must(t, err)
		whole := sumOf(name, string(raw)) + "-1"
		if algorithm == "CRC64NVME" {
			whole = sum
		}
		if got := w.ok("POST", upload, complete(sum)).body; !strings.Contains(got, "<Checksum"+algorithm+">"+whole+"<") {
			t.Errorf("completed with %s: got %s, want %s", algorithm, got, whole)
		}
		wholes := algorithm == "CRC32" || algorithm == "CRC32C" || algorithm == "CRC64NVME"
		if got := w.do(w.root, "POST", "/photos/film?uploads", "", "X-Amz-Checksum-Algorithm: "+algorithm, "X-Amz-Checksum-Type: FULL_OBJECT"); (got.status == 200) != wholes || !wholes && got.code != "InvalidRequest" {
			t.Errorf("%s of the full object: got %v, want it to be fine: %v", algorithm, got, wholes)
		}
	}
}

func sumOf(name, content string) string {
	v, _ := sigv4.Checksum(name, []byte(content))
	return v
}

// A resumed read gets the rest of what it read, or the whole of what there is.
func TestIfRange(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/photos")
	w.ok("PUT", "/photos/fw", "old-old-old")
	old := w.ok("HEAD", "/photos/fw").header
	time.Sleep(1100 * time.Millisecond)
	w.ok("PUT", "/photos/fw", "NEW-NEW-NEW")
	now := w.ok("HEAD", "/photos/fw").header
	for name, tc := range map[string]struct {
		validator, body string
		status          int
	}{
		"the ETag it has": {now.Get("Etag"), "EW-NEW", 206},
		"the ETag it had": {old.Get("Etag"), "NEW-NEW-NEW", 200},
		"a weak ETag":     {"W/" + now.Get("Etag"), "NEW-NEW-NEW", 200},
		"the date it has": {now.Get("Last-Modified"), "EW-NEW", 206},
		"the date it had": {old.Get("Last-Modified"), "NEW-NEW-NEW", 200},
		"what is neither": {"soon", "NEW-NEW-NEW", 200},
	} {
		got := w.ok("GET", "/photos/fw", "", "Range: bytes=5-", "If-Range: "+tc.validator)
		if got.status != tc.status || got.body != tc.body {
			t.Errorf("%s: got %v, want %d %s", name, got, tc.status, tc.body)
		}
		if got := w.ok("HEAD", "/photos/fw", "", "Range: bytes=5-", "If-Range: "+tc.validator); got.status != tc.status {
			t.Errorf("%s, HEAD: got %v, want %d", name, got, tc.status)
		}
	}
	for _, header := range []string{"If-None-Match: " + now.Get("Etag"), "If-Modified-Since: " + now.Get("Last-Modified")} {
		if got := w.do(w.root, "GET", "/photos/fw", "", header); got.status != 304 || got.header.Get("Etag") != now.Get("Etag") {
			t.Errorf("%s: got %v %v, want 304 with the ETag", header, got, got.header)
		}
	}
	if got := w.ok("GET", "/photos/fw", "", "If-Unmodified-Since: "+now.Get("Last-Modified")); got.status != 200 {
		t.Errorf("unless newer than it is: got %v", got)
	}
}
