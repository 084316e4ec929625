package externals3_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"muster/internal/externals3"
	"muster/internal/fault"
	"muster/internal/objects"
)

func TestRefusals(t *testing.T) {
	version, upload := objects.Ref{Bucket: "bucket", Key: "key", Version: "v"}, objects.Upload{Bucket: "bucket", Key: "key", ID: "id"}
	get := func(r objects.Read) func(f *fake) error {
		return func(f *fake) error { return second(f.Get(t.Context(), r)) }
	}
	head := func(r objects.Read) func(f *fake) error {
		return func(f *fake) error { return second(f.Head(t.Context(), r)) }
	}
	write := func(f *fake) error { return second(f.Put(t.Context(), put("content"))) }
	complete := func(f *fake) error {
		return second(f.Complete(t.Context(), objects.Completion{Upload: upload, Parts: []objects.Part{{Number: 1, ETag: "e"}}, Size: 7}))
	}
	copied := func(f *fake) error {
		return second(f.Copy(t.Context(), objects.Copy{From: objects.Ref{Bucket: "from", Key: "source"}, Bucket: "bucket", Key: "key"}))
	}
	self := func(f *fake) error {
		return second(f.Copy(t.Context(), objects.Copy{From: ref, Bucket: "bucket", Key: "key"}))
	}
	for _, tc := range []struct {
		name   string
		answer http.HandlerFunc
		ask    func(f *fake) error
		want   error
	}{
		{"no key", fails(404, "NoSuchKey"), get(objects.Read{Ref: ref}), objects.NoObject},
		{"no version", fails(404, "NoSuchVersion"), get(objects.Read{Ref: version}), objects.NoVersion},
		{"no key of that version", fails(404, "NoSuchKey"), get(objects.Read{Ref: version}), objects.NoVersion},
		{"no bucket", fails(404, "NoSuchBucket"), get(objects.Read{Ref: ref}), objects.NoBucket},
		{"a version id that is none", fails(400, "InvalidArgument"), get(objects.Read{Ref: version}), objects.BadVersion},
		{"a version id that is none, by HEAD", says(400, ""), head(objects.Read{Ref: version}), objects.BadVersion},
		{"no bucket, by HEAD", says(404, ""), head(objects.Read{Ref: ref}), objects.NoBucket},
		{"not modified", says(304, "", made), get(objects.Read{Ref: ref}), objects.NotModified},
		{"a condition", fails(412, "PreconditionFailed"), write, objects.Precondition},
		{"a condition, by HEAD", says(412, ""), head(objects.Read{Ref: ref}), objects.Precondition},
		{"a range", fails(416, "InvalidRange"), get(objects.Read{Ref: ref, Range: &objects.Range{First: 9, Last: -1}}), objects.OutOfRange},
		{"a range, by HEAD", says(416, ""), head(objects.Read{Ref: ref, Range: &objects.Range{First: 9, Last: -1}}), objects.OutOfRange},
		{"a part of the object", fails(416, "InvalidPartNumber"), get(objects.Read{Ref: ref, Part: 9}), objects.NoPart},
		{"a part of the object, by HEAD", says(416, ""), head(objects.Read{Ref: ref, Part: 9}), objects.NoPart},
		{"a marker by its id", fails(405, "MethodNotAllowed", ""), get(objects.Read{Ref: version}), objects.IsMarker},
		{"no upload", fails(404, "NoSuchUpload"), complete, objects.NoUpload},
		{"a part", fails(400, "InvalidPart"), complete, objects.BadPart},
		{"a list of parts that it can't read", fails(400, "MalformedXML"), complete, objects.BadPart},
		{"the order of parts", fails(400, "InvalidPartOrder"), complete, objects.PartOrder},
		{"a small part", fails(400, "EntityTooSmall"), complete, objects.PartTooSmall},
		{"another size", says(400, "<Error><Code>InvalidRequest</Code><Message>x-amz-mp-object-size is another</Message></Error>"), complete, objects.BadSize},
		{"a refusal after the answer has begun", says(200, "   <Error><Code>InvalidPart</Code></Error>"), complete, objects.BadPart},
		{"trouble after the answer has begun", says(200, "<Error><Code>InternalError</Code></Error>"), complete, nil},
		{"trouble after a copy has begun to be answered", says(200, "<Error><Code>SlowDown</Code></Error>"), copied, objects.Busy},
		{"a large object", fails(400, "EntityTooLarge"), write, objects.TooLarge},
		{"a digest", fails(400, "BadDigest"), write, objects.BadDigest},
		{"a checksum", fails(400, "XAmzContentChecksumMismatch"), write, objects.BadDigest},
		{"a copy onto itself", fails(400, "InvalidRequest"), self, objects.SelfCopy},
		{"any other bad copy", fails(400, "InvalidRequest"), copied, objects.NotBuilt},
		{"a conflict", fails(409, "ConditionalRequestConflict"), write, objects.Conflict},
		{"busy", fails(503, "SlowDown"), write, objects.Busy},
		{"busy without a word", says(503, "<html>"), write, objects.Busy},
		{"not built", fails(501, "NotImplemented"), write, objects.NotBuilt},
		{"not built, asked for a version", fails(501, "NotImplemented"), get(objects.Read{Ref: version}), objects.NotBuilt},
		{"no space", fails(507, "XMinioStorageFull"), write, objects.NoSpace},
		{"a quota", fails(403, "QuotaExceeded"), write, objects.OverQuota},
		{"a key that it can't keep", fails(400, "KeyTooLongError"), write, objects.NotBuilt},
		{"denied", fails(403, "AccessDenied"), write, fault.Denied},
		{"denied, by HEAD", says(403, ""), head(objects.Read{Ref: ref}), fault.Denied},
		{"another signature", fails(403, "SignatureDoesNotMatch"), write, nil},
		{"another key", fails(403, "InvalidAccessKeyId"), write, nil},
		{"broken", fails(500, "InternalError"), write, nil},
		{"moved", says(301, "", "Location: http://127.0.0.1:1/"), write, nil},
		{"moved, with a word that is not known", fails(302, "Found"), write, nil},
		{"moved for now", says(307, "<Error><Code>TemporaryRedirect</Code></Error>", "Location: http://127.0.0.1:1/"), get(objects.Read{Ref: ref}), nil},
		{"no S3 at all", says(404, "<html>not here</html>"), get(objects.Read{Ref: ref}), objects.NoObject},
		{"an error without end", says(500, strings.Repeat("<Error>", 100_000)), write, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newFake(t, tc.answer)
			if tc.want == nil {
				internal(t, tc.ask(f))
			} else {
				refusedWith(t, tc.ask(f), tc.want)
			}
		})
	}
}

func TestWhatARefusalSays(t *testing.T) {
	f := newFake(t, fails(405, "MethodNotAllowed"))
	f.answer = fails(404, "NoSuchKey")
	f.answer = says(405, "", "X-Amz-Delete-Marker: true", "X-Amz-Version-Id: v", "Last-Modified: Sat, 28 Nov 2026 01:02:03 GMT")
	r := refusedWith(t, second(f.Head(t.Context(), objects.Read{Ref: objects.Ref{Bucket: "bucket", Key: "key", Version: "v"}})), objects.IsMarker)
	if o := r.Object; o == nil || !o.Marker || o.Version != "v" || o.Modified.IsZero() {
		t.Errorf("the marker is %+v", o)
	}
	f.answer = func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/bucket" {
			says(200, "")(w, r)
			return
		}
		says(404, "", "X-Amz-Delete-Marker: true", "X-Amz-Version-Id: v")(w, r)
	}
	r = refusedWith(t, second(f.Head(t.Context(), objects.Read{Ref: ref})), objects.NoObject)
	if o := r.Object; o == nil || !o.Marker || o.Version != "v" {
		t.Errorf("the newest version is %+v", o)
	}
	f.answer = says(304, "", `Etag: "e"`, "Last-Modified: Sat, 28 Nov 2026 01:02:03 GMT", "X-Amz-Version-Id: v")
	r = refusedWith(t, second(f.Get(t.Context(), objects.Read{Ref: ref, Conditions: objects.Conditions{IfNoneMatch: "*"}})), objects.NotModified)
	if o := r.Object; o == nil || o.ETag != "e" || o.Version != "v" || o.Modified.IsZero() {
		t.Errorf("what has not changed is %+v", o)
	}
	f.answer = says(416, "", "Content-Range: bytes */123")
	r = refusedWith(t, second(f.Get(t.Context(), objects.Read{Ref: ref, Range: &objects.Range{First: 200, Last: -1}})), objects.OutOfRange)
	if r.Object == nil || r.Object.Size != 123 {
		t.Errorf("what has no such range is %+v", r.Object)
	}
	f.answer = fails(412, "PreconditionFailed", "<Condition>x-amz-copy-source-If-Match</Condition>")
	cp := objects.Copy{From: objects.Ref{Bucket: "from", Key: "source"}, Bucket: "bucket", Key: "key", FromConditions: objects.Conditions{IfMatch: `"x"`}}
	if r = refusedWith(t, second(f.Copy(t.Context(), cp)), objects.Precondition); r.Condition != "x-amz-copy-source-If-Match" || !r.Source {
		t.Errorf("the condition is %q, of the source: %v", r.Condition, r.Source)
	}
	f.answer = fails(412, "PreconditionFailed") // it doesn't say which
	p := put("content")
	p.Conditions.IfNoneMatch = "*"
	if r = refusedWith(t, second(f.Put(t.Context(), p)), objects.Precondition); r.Condition != "If-None-Match" {
		t.Errorf("the condition is %q", r.Condition)
	}
	for bucket, ofSource := range map[string]bool{"from": true, "bucket": false} {
		f.answer = fails(404, "NoSuchBucket", "<BucketName>"+bucket+"</BucketName>")
		if r = refusedWith(t, second(f.Copy(t.Context(), cp)), objects.NoBucket); r.Source != ofSource {
			t.Errorf("bucket %s is not there: of the source: %v", bucket, r.Source)
		}
	}
	f.answer = says(400, "<Error><Code>InvalidTag\x01</Code></Error>") // no XML: the status tells
	internal(t, second(f.Put(t.Context(), put("content"))))
	f.answer = fails(403, "SignatureDoesNotMatch")
	p.Key, p.Body = "a/../b", body("content")
	if r = refusedWith(t, second(f.Put(t.Context(), p)), objects.NotBuilt); !strings.Contains(r.Message, "..") {
		t.Errorf("of a key that the store reads as another the message is %q", r.Message)
	}
	f.answer = fails(400, "KeyTooLongError")
	p.Body = body("content")
	if r = refusedWith(t, second(f.Put(t.Context(), p)), objects.NotBuilt); !strings.Contains(r.Message, "KeyTooLongError: of the store") {
		t.Errorf("the message is %q", r.Message)
	}
}

func TestStoreThatIsNotThere(t *testing.T) {
	var log bytes.Buffer
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	t.Cleanup(func() { slog.SetDefault(slog.New(slog.DiscardHandler)) })
	server := httptest.NewServer(nil)
	server.Close()
	s := externals3.New(mustURL(t, server.URL), region, credential)
	refusedWith(t, second(s.Get(t.Context(), objects.Read{Ref: ref})), objects.Busy)
	equal(t, "records", strings.Count(log.String(), "object store unreachable"), 1)
	refusedWith(t, s.Ready(t.Context()), objects.Busy)

	log.Reset()
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Get(gone, objects.Read{Ref: ref}); !errors.Is(err, context.Canceled) {
		t.Errorf("a client that has gone: got %v", err)
	}
	equal(t, "what is logged of a client that has gone", log.String(), "")
}

func TestReady(t *testing.T) {
	for _, tc := range []struct {
		name   string
		answer http.HandlerFunc
		ready  bool
	}{
		{"it lists its buckets", says(200, "<ListAllMyBucketsResult/>"), true},
		{"the key may not list them", fails(403, "AccessDenied"), true},
		{"another key", fails(403, "InvalidAccessKeyId"), false},
		{"broken", fails(500, "InternalError"), false},
		{"busy", fails(503, "SlowDown"), false},
	} {
		if err := newFake(t, tc.answer).Ready(t.Context()); (err == nil) != tc.ready {
			t.Errorf("%s: got %v", tc.name, err)
		}
	}
}
