package oracle

import (
	"net/http"
	"reflect"
	"strings"
	"testing"
)

// made is an answer to a request, as a server would have given it.
func made(op string, status int, header http.Header, content string) *answer {
	return newAnswer(&request{id: 7, op: op}, &http.Response{StatusCode: status, Header: header}, []byte(content))
}

func TestCompare(t *testing.T) {
	list := func(keys ...string) string {
		return "<ListBucketResult><Contents><Key>" + strings.Join(keys, "</Key></Contents><Contents><Key>") + "</Key></Contents></ListBucketResult>"
	}
	for _, tc := range []struct {
		name         string
		op           string
		mine, theirs *answer
		want         []difference
	}{
		{
			"the same", "GetObject",
			made("GetObject", 200, http.Header{"Etag": {`"a"`}, "Date": {"now"}}, "x"),
			made("GetObject", 200, http.Header{"Etag": {`"a"`}, "Date": {"then"}}, "x"),
			nil,
		},
		{
			"another body", "GetObject",
			made("GetObject", 200, nil, "x"), made("GetObject", 200, nil, "y"),
			[]difference{{"body", `"x"`, `"y"`}},
		},
		{
			"a header too many", "GetObject",
			made("GetObject", 200, http.Header{"X-Amz-Meta-A": {"1"}}, "x"), made("GetObject", 200, nil, "x"),
			[]difference{{"X-Amz-Meta-A", "1", absent}},
		},
		{
			"another code of an error", "GetObject",
			made("GetObject", 404, nil, "<Error><Code>NoSuchKey</Code></Error>"), made("GetObject", 404, nil, "<Error><Code>NoSuchVersion</Code></Error>"),
			[]difference{{"outcome", "404 NoSuchKey", "404 NoSuchVersion"}},
		},
		{
			"a key that is left out", "ListObjects",
			made("ListObjects", 200, nil, list("a", "b")), made("ListObjects", 200, nil, list("a")),
			[]difference{{"ListBucketResult/Contents/Key", `"a" "b"`, `"a"`}},
		},
		{
			"ids of one's own", "PutObject",
			made("PutObject", 200, http.Header{"X-Amz-Version-Id": {"m1"}}, ""), made("PutObject", 200, http.Header{"X-Amz-Version-Id": {"g1"}}, ""),
			nil,
		},
		{
			"null for an id", "PutObject",
			made("PutObject", 200, http.Header{"X-Amz-Version-Id": {"m1"}}, ""), made("PutObject", 200, http.Header{"X-Amz-Version-Id": {"null"}}, ""),
			[]difference{{"X-Amz-Version-Id", "7.0", "null"}},
		},
		{
			"a document that isn't one", "ListObjects",
			made("ListObjects", 200, nil, list("a")), made("ListObjects", 200, nil, "<ListBucketResult><Contents><Key>a</Key></Contents>"),
			[]difference{{"document", absent, "XML syntax error on line 1: unexpected EOF"}},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			x := &exchange{request: &request{id: 7, op: tc.op}, muster: tc.mine, gateway: tc.theirs}
			compare(x, names{}, names{})
			if !reflect.DeepEqual(x.differences, tc.want) {
				t.Errorf("got %v, want %v", x.differences, tc.want)
			}
		})
	}
}

func TestFaults(t *testing.T) {
	for _, tc := range []struct {
		name string
		a    *answer
		want int
	}{
		{"none", made("PutObject", 200, nil, ""), 0},
		{"500", made("PutObject", 500, nil, "<Error><Code>InternalError</Code></Error>"), 1},
		{"501", made("PutObject", 501, nil, "<Error><Code>NotImplemented</Code></Error>"), 0},
		{"503", made("PutObject", 503, nil, "<Error><Code>SlowDown</Code></Error>"), 1},
		{"an open element", made("ListObjects", 200, nil, "<A>"), 1},
		{"a date that is none of today's", made("ListObjects", 200, nil, "<R><LastModified>2999-01-01T00:00:00Z</LastModified></R>"), 1},
		{"a header's date in another form", made("HeadObject", 200, http.Header{"Last-Modified": {"2026-01-01"}}, ""), 1},
	} {
		if got := tc.a.faults(names{}); len(got) != tc.want {
			t.Errorf("%s: got %v, want %d", tc.name, got, tc.want)
		}
	}
}

// A version that was named in the answers to one request is known by the same
// name in those to the next.
func TestCompareKnowsIDsAgain(t *testing.T) {
	mine, theirs := names{}, names{}
	version := func(id string) *answer {
		return made("PutObject", 200, http.Header{"X-Amz-Version-Id": {id}}, "")
	}
	for i, tc := range []struct {
		mine, theirs string
		want         int
	}{{"m1", "g1", 0}, {"m2", "g2", 0}, {"m1", "g1", 0}, {"m1", "g2", 1}, {"m2", "g1", 1}} {
		x := &exchange{request: &request{id: i, op: "PutObject"}, muster: version(tc.mine), gateway: version(tc.theirs)}
		if compare(x, mine, theirs); len(x.differences) != tc.want {
			t.Errorf("%s and %s: got %v, want %d differences", tc.mine, tc.theirs, x.differences, tc.want)
		}
	}
}

func TestReferences(t *testing.T) {
	all := said{
		3: made("PutObject", 200, http.Header{"X-Amz-Version-Id": {"v3"}, "Etag": {`"e3"`}}, ""),
		4: made("PutObject", 200, nil, ""),
		5: made("HeadObject", 200, http.Header{"Last-Modified": {"Wed, 21 Oct 2026 07:28:00 GMT"}}, ""),
		6: made("PutObject", 412, nil, ""),
	}
	for _, tc := range []struct {
		text, want string
		ok         bool
	}{
		{"{version 3} and {etag 3}", "v3 and e3", true},
		{"{version 4}", "null", true},
		{"{date 5 +1}", "Wed, 21 Oct 2026 07:28:01 GMT", true},
		{"{version 6}", "", false},
		{"{version 99}", "", false},
		{"none", "none", true},
	} {
		if got, ok := all.resolve(tc.text); got != tc.want || ok != tc.ok {
			t.Errorf("resolve(%q): got %q, %v, want %q, %v", tc.text, got, ok, tc.want, tc.ok)
		}
	}
}

func TestAnEpisodeDependsOnItsSeedAlone(t *testing.T) {
	if a, b := story(generate(5).requests), story(generate(5).requests); a != b {
		t.Errorf("two episodes of one seed:\n%s\n%s", a, b)
	}
	if a, b := story(generate(5).requests), story(generate(6).requests); a == b {
		t.Error("two seeds have the same episode")
	}
}

// No operation that both know is left out of the episodes of a short run.
func TestEpisodesHaveAllOperations(t *testing.T) {
	met := map[string]bool{}
	for seed := uint64(1); seed <= episodes; seed++ {
		for _, r := range generate(seed).requests {
			met[r.op] = true
		}
	}
	for _, op := range []string{
		"AbortMultipartUpload", "CompleteMultipartUpload", "CopyObject", "CreateBucket", "CreateMultipartUpload", "DeleteBucketTagging",
		"DeleteObject", "DeleteObjectTagging", "DeleteObjects", "GetBucketLocation", "GetBucketTagging", "GetBucketVersioning", "GetObject",
		"GetObjectAttributes", "GetObjectTagging", "HeadBucket", "HeadObject", "ListMultipartUploads", "ListObjectVersions", "ListObjects",
		"ListObjectsV2", "ListParts", "PutBucketTagging", "PutBucketVersioning", "PutObject", "PutObjectTagging", "UploadPart", "UploadPartCopy",
	} {
		if !met[op] {
			t.Errorf("%s isn't in any of the first %d episodes", op, episodes)
		}
	}
}

func TestKnownDifferencesHaveASource(t *testing.T) {
	met := map[string]bool{}
	for _, k := range knownDifferences {
		if len(k.source) < 10 || k.name == "" || met[k.name] {
			t.Errorf("%q: its name must be its own, and its source named: %q", k.name, k.source)
		}
		if k.where == nil || k.muster == nil && k.gateway == nil && k.when == nil {
			t.Errorf("%q would explain too much: where it is, and what is said there, must be narrowed", k.name)
		}
		met[k.name] = true
	}
}
