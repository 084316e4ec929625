package s3front_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	tagging     = `<Tagging><TagSet><Tag><Key>colour</Key><Value>red</Value></Tag></TagSet></Tagging>`
	versioning  = `<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Status>Enabled</Status></VersioningConfiguration>`
	deleteOne   = `<Delete><Object><Key>cat</Key></Object></Delete>`
	completeOne = `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>ETAG</ETag></Part></CompleteMultipartUpload>`
)

// stage is what the table's operations work on: a versioned bucket "shared"
// with objects, an older version of cat, and an upload of part.
type stage struct {
	*world
	version, upload, etag, plain, cat string
}

var idIn = regexp.MustCompile(`<UploadId>([^<]+)</UploadId>`)

// newUpload begins an upload in parts and returns its id.
func (w *world) newUpload(path string) string {
	w.t.Helper()
	return idIn.FindStringSubmatch(w.ok("POST", path+"?uploads").body)[1]
}

func newStage(t *testing.T) *stage {
	s := &stage{world: newWorld(t)}
	s.ok("PUT", "/shared")
	s.ok("PUT", "/empty")
	s.ok("PUT", "/shared/nulled", "before versions")
	s.ok("PUT", "/shared?versioning", versioning)
	s.reset()
	return s
}

// reset puts the objects in place again.
func (s *stage) reset() {
	s.version = s.ok("PUT", "/shared/cat", "old").header.Get("X-Amz-Version-Id")
	s.cat = s.ok("PUT", "/shared/cat", "new").header.Get("Etag")
	s.ok("PUT", "/shared/cat?tagging", tagging)
	s.plain = s.ok("PUT", "/shared/plain", "plain").header.Get("Etag")
	s.upload = s.newUpload("/shared/part")
	s.etag = s.ok("PUT", "/shared/part?partNumber=1&uploadId="+s.upload, "part").header.Get("Etag")
}

func (s *stage) fill(c call) call {
	fill := strings.NewReplacer("VERSION", s.version, "UPLOAD", s.upload, "ETAG", s.etag, "PLAIN", s.plain, "CAT", s.cat).Replace
	c.path, c.body = fill(c.path), fill(c.body)
	for i := range c.header {
		c.header = slices.Clone(c.header)
		c.header[i] = fill(c.header[i])
	}
	return c
}

// permission is an action and what it is needed on, such as "s3:GetObject shared/cat".
type permission string

func (p permission) statement() statement {
	action, resource, _ := strings.Cut(string(p), " ")
	return allow(action, resource)
}

func statements(all []permission) (s []statement) {
	for _, p := range all {
		s = append(s, p.statement())
	}
	return s
}

var authorisations = []struct {
	name  string
	call  call
	needs []permission
}{
	{"ListBuckets", call{method: "GET", path: "/"}, []permission{"s3:ListAllMyBuckets *"}},
	{"CreateBucket", call{method: "PUT", path: "/made"}, []permission{"s3:CreateBucket made"}},
	{"CreateBucket with an ACL that changes nothing", call{method: "PUT", path: "/made-2", header: []string{"X-Amz-Acl: private"}}, []permission{"s3:CreateBucket made-2", "s3:PutBucketAcl made-2"}},
	{"HeadBucket", call{method: "HEAD", path: "/shared"}, []permission{"s3:ListBucket shared"}},
	{"GetBucketLocation", call{method: "GET", path: "/shared?location"}, []permission{"s3:GetBucketLocation shared"}},
	{"ListObjects", call{method: "GET", path: "/shared"}, []permission{"s3:ListBucket shared"}},
	{"ListObjectsV2", call{method: "GET", path: "/shared?list-type=2"}, []permission{"s3:ListBucket shared"}},
	{"ListObjectVersions", call{method: "GET", path: "/shared?versions"}, []permission{"s3:ListBucketVersions shared"}},
	{"ListMultipartUploads", call{method: "GET", path: "/shared?uploads"}, []permission{"s3:ListBucketMultipartUploads shared"}},
	{"GetBucketVersioning", call{method: "GET", path: "/shared?versioning"}, []permission{"s3:GetBucketVersioning shared"}},
	{"PutBucketVersioning", call{method: "PUT", path: "/shared?versioning", body: versioning}, []permission{"s3:PutBucketVersioning shared"}},
	{"GetObject", call{method: "GET", path: "/shared/cat"}, []permission{"s3:GetObject shared/cat"}},
	{"GetObject of a version", call{method: "GET", path: "/shared/cat?versionId=VERSION"}, []permission{"s3:GetObjectVersion shared/cat"}},
	{"HeadObject", call{method: "HEAD", path: "/shared/cat"}, []permission{"s3:GetObject shared/cat"}},
	{"GetObjectAttributes", call{method: "GET", path: "/shared/cat?attributes", header: []string{"X-Amz-Object-Attributes: ObjectSize"}}, []permission{"s3:GetObject shared/cat", "s3:GetObjectAttributes shared/cat"}},
	{"PutObject", call{method: "PUT", path: "/shared/dog", body: "dog"}, []permission{"s3:PutObject shared/dog"}},
	{"PutObject with tags", call{method: "PUT", path: "/shared/dog", body: "dog", header: []string{"X-Amz-Tagging: a=b"}}, []permission{"s3:PutObject shared/dog", "s3:PutObjectTagging shared/dog"}},
	{"PutObject with an ACL that changes nothing", call{method: "PUT", path: "/shared/dog", body: "dog", header: []string{"X-Amz-Acl: bucket-owner-full-control"}}, []permission{"s3:PutObject shared/dog", "s3:PutObjectAcl shared/dog"}},
	{"PutObject over what it is", call{method: "PUT", path: "/shared/plain", body: "plain", header: []string{"If-Match: PLAIN"}}, []permission{"s3:PutObject shared/plain", "s3:GetObject shared/plain"}},
	{"DeleteObject of what it is", call{method: "DELETE", path: "/shared/plain", header: []string{"If-Match: PLAIN"}}, []permission{"s3:DeleteObject shared/plain", "s3:GetObject shared/plain"}},
	{"CopyObject", call{method: "PUT", path: "/shared/dog", header: []string{"X-Amz-Copy-Source: shared/plain"}}, []permission{"s3:PutObject shared/dog", "s3:GetObject shared/plain"}},
	{"CopyObject of a version", call{method: "PUT", path: "/shared/dog", header: []string{"X-Amz-Copy-Source: /shared/cat?versionId=VERSION"}}, []permission{"s3:PutObject shared/dog", "s3:GetObjectVersion shared/cat"}},
	{"CopyObject with its tags", call{method: "PUT", path: "/shared/dog", header: []string{"X-Amz-Copy-Source: shared/cat"}}, []permission{"s3:PutObject shared/dog", "s3:GetObject shared/cat", "s3:GetObjectTagging shared/cat", "s3:PutObjectTagging shared/dog"}},
	{"CopyObject with other tags", call{method: "PUT", path: "/shared/dog", header: []string{"X-Amz-Copy-Source: shared/cat", "X-Amz-Tagging-Directive: REPLACE", "X-Amz-Tagging: a=b"}}, []permission{"s3:PutObject shared/dog", "s3:GetObject shared/cat", "s3:PutObjectTagging shared/dog"}},
	{"GetObjectTagging", call{method: "GET", path: "/shared/cat?tagging"}, []permission{"s3:GetObjectTagging shared/cat"}},
	{"PutObjectTagging", call{method: "PUT", path: "/shared/cat?tagging", body: tagging}, []permission{"s3:PutObjectTagging shared/cat"}},
	{"DeleteObjectTagging", call{method: "DELETE", path: "/shared/cat?tagging"}, []permission{"s3:DeleteObjectTagging shared/cat"}},
	{"GetObjectTagging of a version", call{method: "GET", path: "/shared/cat?tagging&versionId=VERSION"}, []permission{"s3:GetObjectVersionTagging shared/cat"}},
	{"CreateMultipartUpload", call{method: "POST", path: "/shared/part?uploads"}, []permission{"s3:PutObject shared/part"}},
	{"UploadPart", call{method: "PUT", path: "/shared/part?partNumber=1&uploadId=UPLOAD", body: "part"}, []permission{"s3:PutObject shared/part"}},
	{"UploadPartCopy", call{method: "PUT", path: "/shared/part?partNumber=1&uploadId=UPLOAD", header: []string{"X-Amz-Copy-Source: shared/cat"}}, []permission{"s3:PutObject shared/part", "s3:GetObject shared/cat"}},
	{"ListParts", call{method: "GET", path: "/shared/part?uploadId=UPLOAD"}, []permission{"s3:ListMultipartUploadParts shared/part"}},
	{"CompleteMultipartUpload", call{method: "POST", path: "/shared/part?uploadId=UPLOAD", body: completeOne}, []permission{"s3:PutObject shared/part"}},
	{"AbortMultipartUpload", call{method: "DELETE", path: "/shared/part?uploadId=UPLOAD"}, []permission{"s3:AbortMultipartUpload shared/part"}},
	{"DeleteObjects", call{method: "POST", path: "/shared?delete", body: deleteOne, header: []string{sum(deleteOne)}}, []permission{"s3:DeleteObject shared/cat"}},
	{"DeleteObject of a version", call{method: "DELETE", path: "/shared/cat?versionId=VERSION"}, []permission{"s3:DeleteObjectVersion shared/cat"}},
	{"DeleteObject", call{method: "DELETE", path: "/shared/cat"}, []permission{"s3:DeleteObject shared/cat"}},
	{"DeleteBucket", call{method: "DELETE", path: "/empty"}, []permission{"s3:DeleteBucket empty"}},
}

// Each operation is refused when any one of its permissions is missing, and
// then nothing has happened; with them all, and no other, it is done.
func TestAuthorisation(t *testing.T) {
	alone(t)
	s := newStage(t)
	everythingElse := allow("s3:*", "elsewhere/*")
	for _, tc := range authorisations {
		t.Run(tc.name, func(t *testing.T) {
			s.reset()
			c := s.fill(tc.call)
			before := s.kept()
			for i, missing := range tc.needs {
				s.may(append(statements(slices.Delete(slices.Clone(tc.needs), i, i+1)), everythingElse)...)
				got := s.send(s.request(s.device, c))
				if refused := got.status == 403 || (c.path == "/shared?delete" && strings.Contains(got.body, "<Code>AccessDenied</Code>") && !strings.Contains(got.body, "<Deleted>")); !refused {
					t.Errorf("without %s: got %v, want AccessDenied", missing, got)
				}
				denied := append(statements(tc.needs), missing.statement())
				denied[len(denied)-1].Effect = "Deny"
				s.may(denied...)
				if got := s.send(s.request(s.device, c)); got.status < 300 && !strings.Contains(got.body, "<Code>AccessDenied</Code>") {
					t.Errorf("with %s denied: got %v", missing, got)
				}
			}
			if diff := cmp.Diff(before, s.kept()); diff != "" {
				t.Errorf("the store has changed (-before +after):\n%s", diff)
			}
			s.may(statements(tc.needs)...)
			if got := s.send(s.request(s.device, c)); got.status >= 300 || strings.Contains(got.body, "<Error>") {
				t.Errorf("with all of %v: got %v", tc.needs, got)
			}
		})
	}
}

func TestListingIsConditioned(t *testing.T) {
	s := newStage(t)
	byPrefix := allow("s3:ListBucket", "shared")
	byPrefix.Condition = map[string]map[string]string{"StringLike": {"s3:prefix": "pub/*"}}
	s.may(byPrefix)
	for path, want := range map[string]int{
		"/shared?list-type=2&prefix=pub/":       200,
		"/shared?prefix=pub/a&delimiter=/":      200,
		"/shared?list-type=2":                   403,
		"/shared?list-type=2&prefix=":           403,
		"/shared?list-type=2&prefix=secret/":    403,
		"/shared?prefix=pub/../secret/":         200, // which is only another prefix
		"/shared?prefix=pub/%ff":                400,
		"/shared?prefix=pub/&prefix=secret/":    400,
		"/shared?prefix=pub/&list-type=1":       400,
		"/shared?versions&prefix=pub/":          403,
		"/shared?prefix=pub%2Fx&max-keys=1":     200,
		"/shared?list-type=2&prefix=pub/&acl=1": 501,
	} {
		if got := s.do(s.device, "GET", path); got.status != want {
			t.Errorf("GET %s: got %v, want %d", path, got, want)
		}
	}
	few := allow("s3:ListBucket", "shared")
	few.Condition = map[string]map[string]string{"NumericLessThanEquals": {"s3:max-keys": "10"}, "StringEquals": {"s3:delimiter": "/"}}
	s.may(few)
	for path, want := range map[string]int{
		"/shared?max-keys=10&delimiter=/": 200, "/shared?max-keys=11&delimiter=/": 403, "/shared?delimiter=/": 403, "/shared?max-keys=1": 403,
	} {
		if got := s.do(s.device, "GET", path); got.status != want {
			t.Errorf("GET %s: got %v, want %d", path, got, want)
		}
	}
}

// Who may not list a bucket is not told what is in it.
func TestMissingObjects(t *testing.T) {
	s := newStage(t)
	calls := []call{{method: "GET", path: "/shared/none"}, {method: "HEAD", path: "/shared/none"}, {method: "PUT", path: "/shared/dog", header: []string{"X-Amz-Copy-Source: shared/none"}}}
	for _, tc := range []struct {
		may  []permission
		want int
	}{
		{[]permission{"s3:*Object shared/*"}, 403},
		{[]permission{"s3:*Object shared/*", "s3:ListBucket shared"}, 404},
	} {
		s.may(statements(tc.may)...)
		for _, c := range calls {
			if got := s.send(s.request(s.device, c)); got.status != tc.want {
				t.Errorf("%v with %v: got %v, want %d", c, tc.may, got, tc.want)
			}
		}
	}
}

func TestDeleteObjects(t *testing.T) {
	s := newStage(t)
	for _, key := range []string{"mine/a", "mine/b", "theirs/a"} {
		s.ok("PUT", "/shared/"+key, key)
	}
	s.may(allow("s3:DeleteObject", "shared/mine/*"))
	body := `<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Object><Key>mine/a</Key></Object><Object><Key>theirs/a</Key></Object><Object><Key>mine/../theirs/a</Key></Object><Object><Key>mine/b</Key><VersionId>null</VersionId></Object><Object><Key>mine/` + strings.Repeat("k", 1020) + `</Key></Object></Delete>`
	got := s.do(s.device, "POST", "/shared?delete", body, sum(body))
	if got.status != 200 || strings.Count(got.body, "<Deleted>") != 2 || strings.Count(got.body, "<Code>AccessDenied</Code>") != 2 || strings.Count(got.body, "<Code>KeyTooLongError</Code>") != 1 {
		t.Errorf("got %v, want two deleted, two denied, one that can't be", got)
	}
	for key, want := range map[string]int{"mine/a": 404, "mine/b": 200, "theirs/a": 200} {
		if got := s.do(s.root, "HEAD", "/shared/"+key); got.status != want {
			t.Errorf("%s: got %v, want %d", key, got, want)
		}
	}
	for _, tc := range []struct {
		name, body, header string
		status             int
		code               string
	}{
		{"no checksum", deleteOne, "X: y", 400, "InvalidRequest"},
		{"a wrong checksum", deleteOne, sum("other"), 400, "BadDigest"},
		{"a wrong MD5", deleteOne, "Content-Md5: 1B2M2Y8AsgTpgAmY7PhCfg==", 400, "BadDigest"},
		{"no keys", "<Delete></Delete>", sum("<Delete></Delete>"), 400, "MalformedXML"},
		{"no XML", "keys", sum("keys"), 400, "MalformedXML"},
	} {
		if got := s.do(s.root, "POST", "/shared?delete", tc.body, tc.header); got.status != tc.status || got.code != tc.code {
			t.Errorf("%s: got %v, want %d %s", tc.name, got, tc.status, tc.code)
		}
	}
	conditional := `<Delete><Object><Key>cat</Key><Size>3</Size></Object></Delete>`
	if got := s.do(s.root, "POST", "/shared?delete", conditional, sum(conditional)); got.status != 501 {
		t.Errorf("on condition of a size: got %v, want 501", got)
	}
	many := "<Delete>" + strings.Repeat("<Object><Key>x</Key></Object>", 1001) + "</Delete>"
	if got := s.do(s.root, "POST", "/shared?delete", many, sum(many)); got.code != "MalformedXML" {
		t.Errorf("of 1001 keys: got %v, want MalformedXML", got)
	}
	huge := "<Delete>" + strings.Repeat(" ", 8<<20) + "</Delete>"
	if got := s.do(s.root, "POST", "/shared?delete", huge, sum(huge)); got.code != "MaxMessageLengthExceeded" {
		t.Errorf("of more than 8 MiB: got %v, want MaxMessageLengthExceeded", got)
	}
	quiet := `<Delete><Quiet>true</Quiet><Object><Key>mine/b</Key></Object></Delete>`
	if got := s.do(s.root, "POST", "/shared?delete", quiet, sum(quiet)); got.status != 200 || strings.Contains(got.body, "<Deleted>") {
		t.Errorf("quiet: got %v", got)
	}
}

// The object dir/ is not dir, and neither has to do with dir/child.
func TestDirectoryObjects(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/keys")
	all := map[string]string{"dir": "a", "dir/": "b", "dir//": "c", "dir/child": "d", "/dir": "e"}
	for key, body := range all {
		w.ok("PUT", "/keys/"+key, body, "X-Amz-Tagging: of="+body, "Content-Type: application/x-directory; charset=UTF-8")
	}
	for key, body := range all {
		got := w.ok("GET", "/keys/"+key)
		if got.body != body || got.header.Get("Content-Type") != "application/x-directory; charset=UTF-8" {
			t.Errorf("%s: got %v %v", key, got, got.header)
		}
		if got := w.ok("GET", "/keys/"+key+"?tagging"); !strings.Contains(got.body, "<Value>"+body+"<") {
			t.Errorf("tags of %s: got %v", key, got)
		}
		w.ok("PUT", "/keys/copy-of-"+key, "", "X-Amz-Copy-Source: keys/"+key)
		if got := w.ok("GET", "/keys/copy-of-"+key); got.body != body {
			t.Errorf("the copy of %s: got %v", key, got)
		}
		id := w.newUpload("/keys/" + key + "")
		etag := w.ok("PUT", fmt.Sprintf("/keys/%s?partNumber=1&uploadId=%s", key, id), "part of "+body).header.Get("Etag")
		w.ok("POST", fmt.Sprintf("/keys/%s?uploadId=%s", key, id), strings.ReplaceAll(completeOne, "ETAG", etag))
		all[key] = "part of " + body
	}
	for key := range all {
		w.ok("DELETE", "/keys/"+key)
		delete(all, key)
		if got := w.do(w.root, "GET", "/keys/"+key); got.status != 404 {
			t.Errorf("%s after it is deleted: got %v", key, got)
		}
		for other, body := range all {
			if got := w.ok("GET", "/keys/"+other); got.body != body {
				t.Errorf("%s after %s is deleted: got %v", other, key, got)
			}
		}
	}
}
