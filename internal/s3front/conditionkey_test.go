package s3front_test

import (
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// when is what a statement is on: an operator, a key and a value.
type when struct{ operator, key, value string }

func (s statement) when(w when) statement {
	s.Condition = map[string]map[string]string{w.operator: {w.key: w.value}}
	return s
}

// deny is of whatever allow allows.
func deny(action, resource string) statement {
	s := allow(action, resource)
	s.Effect = "Deny"
	return s
}

func bucketIn(region string) string {
	return "<CreateBucketConfiguration><LocationConstraint>" + region + "</LocationConstraint></CreateBucketConfiguration>"
}

// A Deny on each condition key bites what it names and nothing else, and an
// Allow on it allows that alone.
func TestConditionKeys(t *testing.T) {
	alone(t)
	s := newStage(t)
	presigned := func(ago time.Duration) func(call) reply {
		return func(c call) reply { return s.send(s.presign(s.device, c.method, c.path, ago, c.header...)) }
	}
	version2 := func(c call) reply { return s.send(s.presign2(s.device, c.method, c.path, 0, c.header...)) }
	put := func(header ...string) call {
		return call{method: "PUT", path: "/shared/dog", body: "dog", header: header}
	}
	get := call{method: "GET", path: "/shared/cat"}
	list := func(query string) call { return call{method: "GET", path: "/shared?" + query} }
	copied := func(header ...string) call {
		return call{method: "PUT", path: "/shared/dog", header: header}
	}
	tags := func(key, value string) call {
		return call{method: "PUT", path: "/shared/plain?tagging", body: strings.NewReplacer("colour", key, "red", value).Replace(tagging) + "\n"}
	}
	deletes := call{method: "POST", path: "/shared?delete", body: deleteOne, header: []string{sum(deleteOne)}}
	for _, tc := range []struct {
		name     string
		action   string
		when     when
		meant    call
		by       func(call) reply // how it is sent; nil: signed in its header
		other    call             // sent likewise, unless otherBy says how
		otherBy  func(call) reply
		anything bool // the condition holds for every call, so that no other is tried
	}{
		{name: "prefix", action: "ListBucket", when: when{"StringLike", "s3:prefix", "secret/*"}, meant: list("prefix=secret/"), other: list("prefix=pub/")},
		{name: "prefix of versions", action: "ListBucketVersions", when: when{"StringLike", "s3:prefix", "secret/*"}, meant: list("versions&prefix=secret/a"), other: list("versions")},
		{name: "delimiter", action: "ListBucket", when: when{"StringEquals", "s3:delimiter", "/"}, meant: list("delimiter=/"), other: list("prefix=x")},
		{name: "max-keys", action: "ListBucket", when: when{"NumericGreaterThan", "s3:max-keys", "10"}, meant: list("max-keys=11"), other: list("max-keys=10")},
		{name: "VersionId", action: "GetObjectVersion", when: when{"StringEquals", "s3:VersionId", "null"}, meant: call{method: "GET", path: "/shared/nulled?versionId=null"}, other: call{method: "GET", path: "/shared/cat?versionId=VERSION"}},
		{name: "VersionId of a copy's source", action: "GetObjectVersion", when: when{"StringNotEquals", "s3:VersionId", "null"}, meant: copied("X-Amz-Copy-Source: shared/cat?versionId=VERSION"), anything: true},
		{name: "SecureTransport", action: "GetObject", when: when{"Bool", "aws:SecureTransport", "false"}, meant: get, anything: true},
		{name: "account of a bucket", action: "GetObject", when: when{"StringEquals", "aws:ResourceAccount", account}, meant: get, anything: true},
		{name: "account of a bucket, S3's key", action: "ListBucket", when: when{"StringEquals", "s3:ResourceAccount", account}, meant: list(""), anything: true},
		{name: "account of a bucket to be", action: "CreateBucket", when: when{"StringEquals", "aws:ResourceAccount", account}, meant: call{method: "PUT", path: "/made"}, anything: true},
		{name: "account of a list", action: "ListAllMyBuckets", when: when{"StringEquals", "s3:ResourceAccount", account}, meant: call{method: "GET", path: "/"}, anything: true},
		{name: "authType", action: "GetObject", when: when{"StringEquals", "s3:authType", "REST-QUERY-STRING"}, meant: get, by: presigned(0), other: get, otherBy: s.signed},
		{name: "authType of several deletes", action: "DeleteObject", when: when{"StringEquals", "s3:authType", "REST-HEADER"}, meant: deletes, anything: true},
		{name: "authType of a copy's source", action: "GetObject", when: when{"StringEquals", "s3:authType", "REST-HEADER"}, meant: copied("X-Amz-Copy-Source: shared/plain"), anything: true},
		{name: "signatureversion", action: "GetObject", when: when{"StringEquals", "s3:signatureversion", "AWS"}, meant: get, by: version2, other: get, otherBy: presigned(0)},
		{name: "signatureAge", action: "GetObject", when: when{"NumericGreaterThan", "s3:signatureAge", "20000"}, meant: get, by: presigned(30 * time.Second), other: get, otherBy: presigned(0)},
		{name: "signatureAge of version 2", action: "GetObject", when: when{"NumericEquals", "s3:signatureAge", "0"}, meant: get, by: version2, other: get, otherBy: s.signed},
		{name: "unsigned content", action: "PutObject", when: when{"StringEquals", "s3:x-amz-content-sha256", "UNSIGNED-PAYLOAD"}, meant: put("X-Amz-Content-Sha256: UNSIGNED-PAYLOAD"), other: put()},
		{name: "content that is hashed", action: "PutObject", when: when{"StringNotEquals", "s3:x-amz-content-sha256", "UNSIGNED-PAYLOAD"}, meant: put(), other: put("X-Amz-Content-Sha256: UNSIGNED-PAYLOAD")},
		{name: "copy source", action: "PutObject", when: when{"StringLike", "s3:x-amz-copy-source", "shared/cat*"}, meant: copied("X-Amz-Copy-Source: shared/cat"), other: copied("X-Amz-Copy-Source: shared/plain")},
		{name: "copy source with a slash before it", action: "PutObject", when: when{"StringLike", "s3:x-amz-copy-source", "shared/cat*"}, meant: copied("X-Amz-Copy-Source: /shared/cat"), other: copied("X-Amz-Copy-Source: /shared/plain")},
		{name: "copy source escaped", action: "PutObject", when: when{"StringEquals", "s3:x-amz-copy-source", "shared/cat"}, meant: copied("X-Amz-Copy-Source: %73hared/c%61t?versionId=VERSION"), other: copied("X-Amz-Copy-Source: /shared/plain")},
		{name: "metadata directive", action: "PutObject", when: when{"StringEquals", "s3:x-amz-metadata-directive", "REPLACE"}, meant: copied("X-Amz-Copy-Source: shared/plain", "X-Amz-Metadata-Directive: REPLACE"), other: copied("X-Amz-Copy-Source: shared/plain")},
		{name: "storage class", action: "PutObject", when: when{"StringEquals", "s3:x-amz-storage-class", "STANDARD"}, meant: put("X-Amz-Storage-Class: STANDARD"), other: put()},
		{name: "ACL", action: "PutObject", when: when{"StringEquals", "s3:x-amz-acl", "private"}, meant: put("X-Amz-Acl: private"), other: put("X-Amz-Acl: bucket-owner-full-control")},
		{name: "no condition of a write", action: "PutObject", when: when{"Null", "s3:if-none-match", "true"}, meant: put(), other: call{method: "PUT", path: "/shared/new", header: []string{"If-None-Match: *"}}},
		{name: "that an object is made", action: "PutObject", when: when{"Bool", "s3:ObjectCreationOperation", "true"}, meant: put(), other: call{method: "POST", path: "/shared/part?uploads"}},
		{name: "that an upload is completed", action: "PutObject", when: when{"Bool", "s3:ObjectCreationOperation", "true"}, meant: call{method: "POST", path: "/shared/part?uploadId=UPLOAD", body: completeOne}, other: call{method: "PUT", path: "/shared/part?partNumber=1&uploadId=UPLOAD", body: "part"}},
		{name: "ownership", action: "CreateBucket", when: when{"StringEquals", "s3:x-amz-object-ownership", "BucketOwnerEnforced"}, meant: call{method: "PUT", path: "/owned", header: []string{"X-Amz-Object-Ownership: BucketOwnerEnforced"}}, other: call{method: "PUT", path: "/owned-2"}},
		{name: "location", action: "CreateBucket", when: when{"StringEquals", "s3:LocationConstraint", "eu-west-1"}, meant: call{method: "PUT", path: "/there", body: bucketIn("eu-west-1")}, other: call{method: "PUT", path: "/there-2", body: bucketIn("us-west-2")}},
		{name: "location by its old name", action: "CreateBucket", when: when{"StringEquals", "s3:LocationConstraint", "eu-west-1"}, meant: call{method: "PUT", path: "/there-3", body: bucketIn("EU")}, other: call{method: "PUT", path: "/there-4"}},
		{name: "location unsaid", action: "CreateBucket", when: when{"StringNotEquals", "s3:LocationConstraint", "eu-west-1"}, meant: call{method: "PUT", path: "/there-5"}, other: call{method: "PUT", path: "/there-6", body: bucketIn("eu-west-1")}},
		{name: "tags of a write", action: "PutObject", when: when{"StringEquals", "s3:RequestObjectTag/team", "field"}, meant: put("X-Amz-Tagging: a=b&te%61m=fi%65ld"), other: put("X-Amz-Tagging: team=office")},
		{name: "tags of an upload", action: "PutObject", when: when{"StringEquals", "s3:RequestObjectTag/team", "field"}, meant: call{method: "POST", path: "/shared/part?uploads", header: []string{"X-Amz-Tagging: team=field"}}, other: call{method: "POST", path: "/shared/part?uploads", header: []string{"X-Amz-Tagging: team=office"}}},
		{name: "tags", action: "PutObjectTagging", when: when{"StringEquals", "s3:RequestObjectTag/team", "field"}, meant: tags("team", "field"), other: tags("team", "office")},
		{name: "keys of tags", action: "PutObjectTagging", when: when{"ForAnyValue:StringEquals", "s3:RequestObjectTagKeys", "team"}, meant: tags("team", "field"), other: tags("colour", "blue")},
		{name: "keys of tags of a write", action: "PutObjectTagging", when: when{"ForAnyValue:StringEquals", "s3:RequestObjectTagKeys", "team"}, meant: put("X-Amz-Tagging: a=b&team=x"), other: put("X-Amz-Tagging: a=b")},
		{name: "tags of a copy", action: "PutObjectTagging", when: when{"StringEquals", "s3:RequestObjectTag/colour", "red"}, meant: copied("X-Amz-Copy-Source: shared/cat"), other: copied("X-Amz-Copy-Source: shared/cat", "X-Amz-Tagging-Directive: REPLACE", "X-Amz-Tagging: colour=blue")},
		{name: "an object's tags, read", action: "GetObject", when: when{"StringEquals", "s3:ExistingObjectTag/colour", "red"}, meant: get, other: call{method: "GET", path: "/shared/plain"}},
		{name: "an object's tags, its head", action: "GetObject", when: when{"StringEquals", "s3:ExistingObjectTag/colour", "red"}, meant: call{method: "HEAD", path: "/shared/cat"}, other: call{method: "HEAD", path: "/shared/plain"}},
		{name: "an object's tags, another version", action: "GetObjectVersion", when: when{"StringEquals", "s3:ExistingObjectTag/colour", "green"}, meant: call{method: "GET", path: "/shared/cat?versionId=VERSION"}, other: call{method: "GET", path: "/shared/nulled?versionId=null"}},
		{name: "an object's tags, its attributes", action: "GetObjectAttributes", when: when{"StringEquals", "s3:ExistingObjectTag/colour", "red"}, meant: call{method: "GET", path: "/shared/cat?attributes", header: []string{"X-Amz-Object-Attributes: ObjectSize"}}, other: call{method: "GET", path: "/shared/plain?attributes", header: []string{"X-Amz-Object-Attributes: ObjectSize"}}},
		{name: "an object's tags, themselves", action: "GetObjectTagging", when: when{"StringEquals", "s3:ExistingObjectTag/colour", "red"}, meant: call{method: "GET", path: "/shared/cat?tagging"}, other: call{method: "GET", path: "/shared/plain?tagging"}},
		{name: "an object's tags, changed", action: "PutObjectTagging", when: when{"StringEquals", "s3:ExistingObjectTag/colour", "red"}, meant: call{method: "PUT", path: "/shared/cat?tagging", body: tagging}, other: tags("team", "office")},
		{name: "an object's tags, taken", action: "DeleteObjectTagging", when: when{"StringEquals", "s3:ExistingObjectTag/colour", "red"}, meant: call{method: "DELETE", path: "/shared/cat?tagging"}, other: call{method: "DELETE", path: "/shared/plain?tagging"}},
		{name: "an object's tags, copied", action: "GetObject", when: when{"StringEquals", "s3:ExistingObjectTag/colour", "red"}, meant: copied("X-Amz-Copy-Source: shared/cat", "X-Amz-Tagging-Directive: REPLACE"), other: copied("X-Amz-Copy-Source: shared/plain")},
		{name: "an object's tags, as a part", action: "GetObject", when: when{"StringEquals", "s3:ExistingObjectTag/colour", "red"}, meant: call{method: "PUT", path: "/shared/part?partNumber=1&uploadId=UPLOAD", header: []string{"X-Amz-Copy-Source: shared/cat"}}, other: call{method: "PUT", path: "/shared/part?partNumber=1&uploadId=UPLOAD", header: []string{"X-Amz-Copy-Source: shared/plain"}}},
		{name: "an object's tags, guessed at", action: "GetObject", when: when{"StringEquals", "s3:ExistingObjectTag/colour", "red"}, meant: call{method: "PUT", path: "/shared/cat", body: "x", header: []string{"If-Match: CAT"}}, other: call{method: "PUT", path: "/shared/plain", body: "x", header: []string{"If-Match: PLAIN"}}},
		{name: "an object without a tag", action: "GetObject", when: when{"Null", "s3:ExistingObjectTag/colour", "true"}, meant: call{method: "GET", path: "/shared/plain"}, other: get},
		{name: "an object's tags in a variable", action: "GetObject", when: when{"StringEquals", "aws:RequestedRegion", "${s3:ExistingObjectTag/colour, 'us-east-1'}"}, meant: call{method: "GET", path: "/shared/plain"}, other: get},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s.reset()
			s.ok("PUT", "/shared/cat?tagging&versionId="+s.version, strings.ReplaceAll(tagging, "red", "green"))
			meant, other := s.fill(tc.meant), s.fill(tc.other)
			by, otherBy := tc.by, tc.otherBy
			if by == nil {
				by = s.signed
			}
			if otherBy == nil {
				otherBy = by
			}
			before := s.kept()
			all := allow("s3:*", "*")
			s.may(all, deny("s3:"+tc.action, "*").when(tc.when))
			if got := by(meant); got.status != 403 && !strings.Contains(got.body, "<Code>AccessDenied</Code>") {
				t.Errorf("denied: got %v, want AccessDenied", got)
			}
			if diff := cmp.Diff(before, s.kept()); diff != "" {
				t.Errorf("the store has changed (-before +after):\n%s", diff)
			}
			if !tc.anything {
				if got := otherBy(other); got.status >= 300 {
					t.Errorf("another than what is denied: got %v", got)
				}
				s.reset()
				s.ok("PUT", "/shared/cat?tagging&versionId="+s.version, strings.ReplaceAll(tagging, "red", "green"))
				meant, other = s.fill(tc.meant), s.fill(tc.other)
			}
			except := statement{Effect: "Allow", NotAction: "s3:" + tc.action, Resource: "*"}
			s.may(except, allow("s3:"+tc.action, "*").when(tc.when))
			if got := by(meant); got.status >= 300 || strings.Contains(got.body, "<Error>") {
				t.Errorf("allowed: got %v", got)
			}
			if !tc.anything {
				if got := otherBy(other); got.status != 403 {
					t.Errorf("another than what is allowed: got %v, want 403", got)
				}
			}
		})
	}
}

// tags are those of an object as they are written, in order.
func (w *world) tags(path string) []string {
	w.t.Helper()
	var all []string
	for _, m := range regexp.MustCompile("<Tag>(.*?)</Tag>").FindAllStringSubmatch(w.ok("GET", path+"?tagging").body, -1) {
		all = append(all, m[1])
	}
	slices.Sort(all)
	return all
}

func (w *world) signed(c call) reply { return w.send(w.request(w.device, c)) }

// Over TLS the keys say so.
func TestConditionKeysOfTLS(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/photos")
	w.ok("PUT", "/photos/cat", "hello")
	plain := w.server
	w.server = httptest.NewTLSServer(w.front)
	t.Cleanup(w.server.Close)
	client := w.server.Client().Transport
	for _, tc := range []struct {
		name string
		when when
		want int
	}{
		{"secure", when{"Bool", "aws:SecureTransport", "true"}, 200},
		{"not secure", when{"Bool", "aws:SecureTransport", "false"}, 403},
		{"version 1.3", when{"NumericGreaterThanEquals", "s3:TlsVersion", "1.3"}, 200},
		{"before 1.3", when{"NumericLessThan", "s3:TlsVersion", "1.3"}, 403},
	} {
		w.may(allow("s3:GetObject", "photos/*").when(tc.when))
		resp, err := client.RoundTrip(w.request(w.device, call{method: "GET", path: "/photos/cat"}))
		must(t, err)
		resp.Body.Close()
		if resp.StatusCode != tc.want {
			t.Errorf("%s: got %s, want %d", tc.name, resp.Status, tc.want)
		}
	}
	w.server = plain
	w.may(allow("s3:*", "*"), deny("s3:*", "*").when(when{"Null", "s3:TlsVersion", "true"}))
	if got := w.signed(call{method: "GET", path: "/photos/cat"}); got.status != 403 {
		t.Errorf("without TLS: got %v, want 403", got)
	}
}

// Tags that can't be read are no way round a Deny on tags.
func TestUnreadableTags(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/photos")
	w.ok("PUT", "/photos/cat", "hello")
	w.may(allow("s3:*", "*"), deny("s3:*", "*").when(when{"StringEquals", "s3:RequestObjectTag/team", "field"}))
	before := w.kept()
	team := "<Tag><Key>team</Key><Value>field</Value></Tag>"
	for _, c := range []call{
		{method: "PUT", path: "/photos/cat", body: "x", header: []string{"X-Amz-Tagging: a=%zz&team=field"}},
		{method: "PUT", path: "/photos/cat", body: "x", header: []string{"X-Amz-Tagging: a=b;team=field"}},
		{method: "PUT", path: "/photos/cat", body: "x", header: []string{"X-Amz-Tagging: team=other&team=field"}},
		{method: "PUT", path: "/photos/cat", body: "x", header: []string{"X-Amz-Tagging: a=b", "X-Amz-Tagging: team=field"}},
		{method: "PUT", path: "/photos/cat?tagging", body: "<Tagging><TagSet>" + team},
		{method: "PUT", path: "/photos/cat?tagging", body: "<Tagging/><Tagging><TagSet>" + team + "</TagSet></Tagging>"},
		{method: "PUT", path: "/photos/cat?tagging", body: "<Other><TagSet>" + team + "</TagSet></Other>"},
		{method: "PUT", path: "/photos/cat?tagging", body: "<Tagging><TagSet></TagSet><TagSet>" + team + "</TagSet></Tagging>"},
		{method: "PUT", path: "/photos/cat?tagging", body: `<x:Tagging xmlns:x="y"><x:TagSet>` + strings.NewReplacer("<", "<x:", "<x:/", "</x:").Replace(team) + "</x:TagSet></x:Tagging>"},
		{method: "PUT", path: "/photos/cat?tagging", body: tagging, header: []string{sum("other")}},
		{method: "PUT", path: "/photos/cat?tagging", body: tagging, header: []string{"Content-Md5: 1B2M2Y8AsgTpgAmY7PhCfg=="}},
	} {
		if got := w.signed(c); got.status != 400 && got.status != 403 {
			t.Errorf("%v %v %s: got %v, want a refusal", c, c.header, c.body, got)
		}
	}
	if diff := cmp.Diff(before, w.kept()); diff != "" {
		t.Errorf("the store has changed (-before +after):\n%s", diff)
	}
	for _, c := range []call{
		{method: "PUT", path: "/photos/cat?tagging", body: tagging, header: []string{sum(tagging)}},
		{method: "PUT", path: "/photos/cat", body: "x", header: []string{"X-Amz-Tagging: a+b=c%2Bd&&e"}},
	} {
		if got := w.signed(c); got.status != 200 {
			t.Errorf("%v: got %v", c, got)
		}
	}
	if got := w.ok("GET", "/photos/cat?tagging"); !strings.Contains(got.body, "<Key>a b</Key><Value>c+d</Value>") {
		t.Errorf("got %v", got)
	}
}

// Condition keys have no case: whose policies look at tags can't give two that
// differ in case alone, neither past a Deny on one of them nor by an Allow for
// the other. Who is under no such policy can.
func TestTagsThatDifferInCase(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/photos")
	w.ok("PUT", "/photos/cat", "hello")
	w.ok("PUT", "/photos/both", "hello", "X-Amz-Tagging: team=blue&Team=red")
	both := "<Tagging><TagSet><Tag><Key>Team</Key><Value>blue</Value></Tag><Tag><Key>team</Key><Value>red</Value></Tag></TagSet></Tagging>"
	calls := []call{
		{method: "PUT", path: "/photos/new", body: "x", header: []string{"X-Amz-Tagging: Team=blue&team=red"}},
		{method: "POST", path: "/photos/new?uploads", header: []string{"X-Amz-Tagging: Team=blue&team=red"}},
		{method: "PUT", path: "/photos/cat?tagging", body: both, header: []string{sum(both)}},
		{method: "PUT", path: "/photos/copy", header: []string{"X-Amz-Copy-Source: photos/both"}},
		{method: "PUT", path: "/photos/copy", header: []string{"X-Amz-Copy-Source: photos/cat", "X-Amz-Tagging-Directive: REPLACE", "X-Amz-Tagging: Team=blue&team=red"}},
	}
	blue := when{"StringEquals", "s3:RequestObjectTag/team", "blue"}
	for name, policies := range map[string][]statement{
		"allowed one": {allow("s3:Get*", "*"), allow("s3:PutObject", "*"), allow("s3:PutObjectTagging", "*").when(blue)},
		"denied one":  {allow("s3:*", "*"), deny("s3:PutObjectTagging", "*").when(blue)},
	} {
		w.may(policies...)
		before := w.kept()
		for _, c := range calls {
			if got := w.signed(c); got.status != 400 || got.code != "InvalidTag" {
				t.Errorf("%s: %v: got %v, want 400 InvalidTag", name, c, got)
			}
		}
		if diff := cmp.Diff(before, w.kept()); diff != "" {
			t.Errorf("%s: the store has changed (-before +after):\n%s", name, diff)
		}
	}
	w.may(allow("s3:*", "*"))
	for _, c := range calls {
		if got := w.signed(c); got.status != 200 {
			t.Errorf("under no such policy: %v: got %v", c, got)
		}
	}
}

// A copy made under a policy on tags is of what was judged, with its tags, and
// keeps the conditions of its client.
func TestCopyUnderAPolicyOnTags(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/photos")
	etag := w.ok("PUT", "/photos/cat", "hello", "X-Amz-Tagging: colour=red&a+b=c%2Bd").header.Get("Etag")
	w.ok("PUT", "/photos/bare", "bare")
	other := `"d41d8cd98f00b204e9800998ecf8427e"`
	past := time.Now().Add(-time.Hour).UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT")
	future := time.Now().Add(time.Hour).UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT")
	w.may(allow("s3:*", "*"), deny("s3:GetObject", "*").when(when{"StringEquals", "s3:ExistingObjectTag/colour", "green"}),
		deny("s3:PutObjectTagging", "*").when(when{"StringEquals", "s3:RequestObjectTag/colour", "green"}))
	for _, tc := range []struct {
		name, source string
		header       []string
		status       int
		code         string
	}{
		{"with its tags", "cat", nil, 200, ""},
		{"without any", "bare", nil, 200, ""},
		{"of nothing", "none", nil, 404, "NoSuchKey"},
		{"of what it is", "cat", []string{"X-Amz-Copy-Source-If-Match: " + etag}, 200, ""},
		{"of what it is, without quotes", "cat", []string{"X-Amz-Copy-Source-If-Match: " + strings.Trim(etag, `"`)}, 200, ""},
		{"of whatever it is", "cat", []string{"X-Amz-Copy-Source-If-Match: *"}, 200, ""},
		{"of what it is not", "cat", []string{"X-Amz-Copy-Source-If-Match: " + other}, 412, "PreconditionFailed"},
		{"unless it is the same", "cat", []string{"X-Amz-Copy-Source-If-None-Match: " + etag}, 412, "PreconditionFailed"},
		{"of what is newer", "cat", []string{"X-Amz-Copy-Source-If-Unmodified-Since: " + past}, 412, "PreconditionFailed"},
		{"of what is older", "cat", []string{"X-Amz-Copy-Source-If-Unmodified-Since: " + future}, 200, ""},
		{"the right tag outweighs the time", "cat", []string{"X-Amz-Copy-Source-If-Match: " + etag, "X-Amz-Copy-Source-If-Unmodified-Since: " + past}, 200, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w.do(w.root, "DELETE", "/photos/copy")
			got := w.signed(call{method: "PUT", path: "/photos/copy", header: append([]string{"X-Amz-Copy-Source: photos/" + tc.source}, tc.header...)})
			if got.status != tc.status || got.code != tc.code {
				t.Fatalf("got %v, want %d %s", got, tc.status, tc.code)
			}
			if tc.status != 200 {
				return
			}
			var want []string
			if tc.source == "cat" {
				want = []string{"<Key>a b</Key><Value>c+d</Value>", "<Key>colour</Key><Value>red</Value>"}
			}
			if diff := cmp.Diff(want, w.tags("/photos/copy")); diff != "" {
				t.Errorf("tags (-want +got):\n%s", diff)
			}
		})
	}
	w.ok("PUT", "/photos/cat?tagging", strings.ReplaceAll(tagging, "red", "green"))
	w.do(w.root, "DELETE", "/photos/copy")
	if got := w.signed(call{method: "PUT", path: "/photos/copy", header: []string{"X-Amz-Copy-Source: photos/cat"}}); got.status != 403 {
		t.Errorf("of what is green by now: got %v, want 403", got)
	}
}

// A Deny on what is never there (a VPC, encryption by AWS's keys) bites where
// its absence is meant, and an Allow on it allows nothing.
func TestConditionKeysThatAreNeverSet(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/photos")
	for _, key := range []string{"aws:SourceVpce", "s3:x-amz-server-side-encryption", "s3:DataAccessPointAccount", "s3:unheard-of"} {
		for _, tc := range []struct {
			name       string
			statements []statement
			want       int
		}{
			{"Allow of a value", []statement{allow("s3:*", "*").when(when{"StringEquals", key, "x"})}, 403},
			{"Deny of all others", []statement{allow("s3:*", "*"), deny("s3:*", "*").when(when{"StringNotEquals", key, "x"})}, 403},
			{"Deny of its absence", []statement{allow("s3:*", "*"), deny("s3:*", "*").when(when{"Null", key, "true"})}, 403},
			{"Deny of a value", []statement{allow("s3:*", "*"), deny("s3:*", "*").when(when{"StringEquals", key, "x"})}, 200},
		} {
			w.may(tc.statements...)
			if got := w.signed(call{method: "PUT", path: "/photos/cat", body: "x"}); got.status != tc.want {
				t.Errorf("%s of %s: got %v, want %d", tc.name, key, got, tc.want)
			}
		}
	}
}
