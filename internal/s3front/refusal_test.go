package s3front_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"muster/internal/objects"
)

// failing is a store that fails with err, whatever is asked.
type failing struct {
	objects.Keeper
	err error
}

func (f *failing) Get(context.Context, objects.Read) (*objects.Found, error) { return nil, f.err }
func (f *failing) Put(context.Context, objects.Put) (objects.Object, error) {
	return objects.Object{}, f.err
}
func (f *failing) Copy(context.Context, objects.Copy) (objects.Object, error) {
	return objects.Object{}, f.err
}
func (f *failing) Complete(context.Context, objects.Completion) (objects.Object, error) {
	return objects.Object{}, f.err
}

// Each refusal of a store has its words in S3, and none is an internal error;
// what is none is one, and nothing is told of it.
func TestRefusalsOfTheStore(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/photos")
	w.ok("PUT", "/source")
	store := &failing{Keeper: w.objects}
	w.front.Objects = store
	object := &objects.Object{Ref: objects.Ref{Bucket: "photos", Key: "cat", Version: "v1"}, Versioned: true, Size: 5, ETag: "abc", Modified: time.Unix(784111777, 0)}
	get, put := call{method: "GET", path: "/photos/cat", header: []string{"Range: bytes=9-"}}, call{method: "PUT", path: "/photos/cat", body: "hello"}
	version := call{method: "GET", path: "/photos/cat?versionId=x"}
	copied := call{method: "PUT", path: "/photos/cat", header: []string{"X-Amz-Copy-Source: source/dog?versionId=y"}}
	complete := call{method: "POST", path: "/photos/cat?uploadId=u", body: completeOne}
	for _, tc := range []struct {
		err    error
		call   call
		status int
		words  string // in the answer: elements with a space between them
	}{
		{objects.NoBucket, get, 404, "<Code>NoSuchBucket</Code> <BucketName>photos</BucketName>"},
		{&objects.Refused{Refusal: objects.NoBucket, Source: true}, copied, 404, "<Code>NoSuchBucket</Code> <BucketName>source</BucketName>"},
		{objects.NoObject, get, 404, "<Code>NoSuchKey</Code> <Key>cat</Key>"},
		{&objects.Refused{Refusal: objects.NoObject, Source: true}, copied, 404, "<Code>NoSuchKey</Code> <Key>dog</Key>"},
		{objects.NoVersion, version, 404, "<Code>NoSuchVersion</Code> <Key>cat</Key> <VersionId>x</VersionId>"},
		{&objects.Refused{Refusal: objects.NoVersion, Source: true}, copied, 404, "<Code>NoSuchVersion</Code> <Key>dog</Key> <VersionId>y</VersionId>"},
		{objects.BadVersion, version, 400, "<Code>InvalidArgument</Code> <ArgumentName>versionId</ArgumentName> <ArgumentValue>x</ArgumentValue>"},
		{objects.IsMarker, version, 405, "<Code>MethodNotAllowed</Code> <Method>GET</Method> <ResourceType>DeleteMarker</ResourceType>"},
		{&objects.Refused{Refusal: objects.IsMarker, Source: true}, copied, 400, "<Code>InvalidRequest</Code>"},
		{objects.NoUpload, complete, 404, "<Code>NoSuchUpload</Code> <UploadId>u</UploadId>"},
		{&objects.Refused{Refusal: objects.Precondition, Condition: "If-Match"}, put, 412, "<Code>PreconditionFailed</Code> <Condition>If-Match</Condition>"},
		{&objects.Refused{Refusal: objects.NotModified, Object: object}, get, 304, ""},
		{&objects.Refused{Refusal: objects.OutOfRange, Object: object}, get, 416, "<Code>InvalidRange</Code> <RangeRequested>bytes=9-</RangeRequested> <ActualObjectSize>5</ActualObjectSize>"},
		{&objects.Refused{Refusal: objects.OutOfRange, Object: object, Source: true}, copied, 400, "size: 5"},
		{objects.NoPart, get, 416, "<Code>InvalidPartNumber</Code>"},
		{objects.BadPart, complete, 400, "<Code>InvalidPart</Code>"},
		{objects.PartOrder, complete, 400, "<Code>InvalidPartOrder</Code>"},
		{objects.PartTooSmall, complete, 400, "<Code>EntityTooSmall</Code>"},
		{objects.BadDigest, put, 400, "<Code>BadDigest</Code>"},
		{objects.BadChecksum, complete, 400, "<Code>InvalidRequest</Code>"},
		{objects.BadSize, complete, 400, "x-amz-mp-object-size"},
		{objects.TooLarge, put, 400, "<Code>EntityTooLarge</Code>"},
		{objects.SelfCopy, copied, 400, "to itself"},
		{objects.Conflict, put, 409, "<Code>ConditionalRequestConflict</Code>"},
		{objects.Busy, put, 503, "<Code>SlowDown</Code>"},
		{objects.NoSpace, put, 507, "<Code>InsufficientStorage</Code>"},
		{objects.OverQuota, put, 403, "<Code>QuotaExceeded</Code>"},
		{&objects.Refused{Refusal: objects.OverQuota, Message: "of your own"}, put, 403, "<Code>QuotaExceeded</Code> <Message>of your own</Message>"},
		{objects.NotBuilt, put, 501, "<Code>NotImplemented</Code>"},
		{errors.New("disk /var/secret on fire"), put, 500, "<Code>InternalError</Code>"},
		{context.DeadlineExceeded, put, 503, "<Code>SlowDown</Code>"},
	} {
		for _, err := range []error{tc.err, fmt.Errorf("while it is done: %w", tc.err)} {
			store.err = err
			got := w.send(w.request(w.root, tc.call))
			if got.status != tc.status {
				t.Errorf("%v of %v: got %v, want %d", err, tc.call, got, tc.status)
			}
			for _, words := range strings.Split(strings.ReplaceAll(tc.words, "> <", ">\x00<"), "\x00") {
				if !strings.Contains(got.body, words) {
					t.Errorf("%v of %v: got %v, want %s in it", err, tc.call, got, words)
				}
			}
			if later := got.header.Get("Retry-After") != ""; later != (tc.status == 503 || tc.status == 507) {
				t.Errorf("%v of %v: got Retry-After %q", err, tc.call, got.header.Get("Retry-After"))
			}
			if strings.Contains(got.body, "secret") {
				t.Errorf("%v: got %v, which tells of the store", err, got)
			}
		}
	}
	store.err = &objects.Refused{Refusal: objects.NotModified, Object: object}
	got := w.do(w.root, "GET", "/photos/cat")
	if got.header.Get("Etag") != `"abc"` || got.header.Get("Last-Modified") != "Sun, 06 Nov 1994 08:49:37 GMT" || got.header.Get("X-Amz-Version-Id") != "v1" || got.header.Get("Content-Length") != "" {
		t.Errorf("304: got %v", got.header)
	}
	store.err = &objects.Refused{Refusal: objects.OutOfRange, Object: object}
	if got := w.do(w.root, "GET", "/photos/cat", "", "Range: bytes=9-"); got.header.Get("Content-Range") != "bytes */5" {
		t.Errorf("416: got %v", got.header)
	}
}
