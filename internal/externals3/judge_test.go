package externals3_test

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"muster/internal/objects"
)

const noTags = "<Tagging><TagSet/></Tagging>"

// tagged answers the looks at an object with these tags and what else with then.
func tagged(tags string, then http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodHead:
			object("X-Amz-Version-Id: v")(w, r)
		case r.Method == http.MethodGet && strings.Contains(r.URL.RawQuery, "tagging"):
			says(200, tags)(w, r)
		default:
			then(w, r)
		}
	}
}

var errNo = errors.New("the judge says no")

// What a judge denies the store is never asked for, nor told of.
func TestDenied(t *testing.T) {
	f := newFake(t, tagged("<Tagging><TagSet><Tag><Key>class</Key><Value>secret</Value></Tag></TagSet></Tagging>", says(200, "", made)))
	want := []objects.Tag{{Key: "class", Value: "secret"}}
	no := func(tags []objects.Tag) error {
		if !slices.Equal(tags, want) {
			t.Errorf("the judge saw %v", tags)
		}
		return errNo
	}
	match := objects.Conditions{IfMatch: `"e"`}
	upload := objects.Upload{Bucket: "bucket", Key: "key", ID: "id"}
	p := put("content")
	p.Conditions, p.Judge = match, no
	deleted := func(d objects.Deletion) error {
		all, err := f.Delete(t.Context(), "bucket", []objects.Deletion{d})
		must(t, err)
		return all[0].Err
	}
	for name, err := range map[string]error{
		"Get":        second(f.Get(t.Context(), objects.Read{Ref: ref, Judge: no})),
		"Head":       second(f.Head(t.Context(), objects.Read{Ref: ref, Judge: no})),
		"Attributes": second(f.Attributes(t.Context(), objects.Read{Ref: ref, Judge: no}, 0, 10)),
		"Tags":       second(f.Tags(t.Context(), ref, no)),
		"SetTags":    second(f.SetTags(t.Context(), ref, nil, no)),
		"Put":        second(f.Put(t.Context(), p)),
		"Copy":       second(f.Copy(t.Context(), objects.Copy{From: ref, Bucket: "bucket", Key: "other", Judge: no})),
		"Copy onto":  second(f.Copy(t.Context(), objects.Copy{From: ref, Bucket: "bucket", Key: "other", Conditions: match, JudgeTarget: no})),
		"CopyPart":   second(f.CopyPart(t.Context(), objects.CopyPart{Upload: upload, Number: 1, From: ref, Judge: no})),
		"Complete":   second(f.Complete(t.Context(), objects.Completion{Upload: upload, Size: -1, Conditions: match, Judge: no})),
		"Delete":     deleted(objects.Deletion{Key: "key", Conditions: match, Judge: no}),
	} {
		if err != errNo {
			t.Errorf("%s: got %v, want what the judge says", name, err)
		}
	}
	for _, line := range lines(f.requests()) {
		if !strings.HasPrefix(line, "HEAD ") && line != "GET /bucket/key?tagging=&versionId=v" && line != "GET /bucket/other?tagging=&versionId=v" {
			t.Errorf("the store was asked %s", line)
		}
	}
}

// A read is of what was judged, or of nothing: another object is judged anew.
func TestReadOfAnotherObject(t *testing.T) {
	gets := 0
	f := newFake(t, tagged(noTags, func(w http.ResponseWriter, r *http.Request) {
		if gets++; gets == 1 {
			object(`Etag: "other"`, "X-Amz-Version-Id: v")(w, r)
			return
		}
		object("X-Amz-Version-Id: v")(w, r)
	}))
	judged := 0
	judge := func([]objects.Tag) error { judged++; return nil }
	found, err := f.Get(t.Context(), objects.Read{Ref: ref, Judge: judge})
	must(t, err)
	found.Body.Close()
	equal(t, "judged, and read", []int{judged, gets}, []int{2, 2})

	for name, answer := range map[string]http.HandlerFunc{
		"another ETag":                     object(`Etag: "other"`, "X-Amz-Version-Id: v"),
		"another version":                  object("X-Amz-Version-Id: w"),
		"another date":                     object("X-Amz-Version-Id: v", "Last-Modified: Sat, 28 Nov 2026 01:02:04 GMT"),
		"nothing":                          fails(404, "NoSuchKey"),
		"another one that has not changed": says(304, "", `Etag: "other"`),
	} {
		f.answer = tagged(noTags, answer)
		if err := second(f.Get(t.Context(), objects.Read{Ref: ref, Judge: judge})); !errors.Is(err, objects.Busy) {
			t.Errorf("%s: got %v, want %v", name, err, objects.Busy)
		}
	}
}

// A copy is made on condition of what was judged, with the tags that were judged.
func TestCopyOfWhatWasJudged(t *testing.T) {
	yes := func([]objects.Tag) error { return nil }
	f := newFake(t, tagged("<Tagging><TagSet><Tag><Key>a</Key><Value>b c</Value></Tag></TagSet></Tagging>", says(200, "<CopyObjectResult><ETag>\"n\"</ETag></CopyObjectResult>")))
	cp := objects.Copy{From: objects.Ref{Bucket: "bucket", Key: "k y"}, Bucket: "bucket", Key: "other", Judge: yes, FromConditions: objects.Conditions{IfMatch: `"x", "e"`, IfNoneMatch: `"x"`}}
	must(t, second(f.Copy(t.Context(), cp)))
	for _, a := range f.requests() {
		if !strings.HasPrefix(a.line, "PUT") {
			continue
		}
		h := a.header
		equal(t, "headers", []string{h.Get("X-Amz-Copy-Source"), h.Get("X-Amz-Copy-Source-If-Match"), h.Get("X-Amz-Copy-Source-If-None-Match"), h.Get("X-Amz-Tagging-Directive"), h.Get("X-Amz-Tagging"), h.Get("X-Amz-Metadata-Directive")},
			[]string{"/bucket/k%20y", `"e"`, "", "REPLACE", "a=b%20c", "COPY"})
	}
	for condition, c := range map[string]objects.Conditions{
		"x-amz-copy-source-If-Match":      {IfMatch: `"x"`},
		"x-amz-copy-source-If-None-Match": {IfNoneMatch: `W/"e"`},
	} {
		cp.FromConditions = c
		r := refusedWith(t, second(f.Copy(t.Context(), cp)), objects.Precondition)
		equal(t, "condition", r.Condition, condition)
	}
	f.answer = tagged(noTags, fails(412, "PreconditionFailed", "<Condition>x-amz-copy-source-If-Match</Condition>"))
	cp.FromConditions = objects.Conditions{}
	refusedWith(t, second(f.Copy(t.Context(), cp)), objects.Conflict)
}

// Who puts an object with tags holds its key from the last bytes on until the
// store has answered: a look between would see the new content with old tags.
func TestLookWaitsForTags(t *testing.T) {
	stored, mayAnswer := make(chan struct{}), make(chan struct{})
	answer := sync.OnceFunc(func() { close(mayAnswer) })
	t.Cleanup(answer)
	f := newFake(t, tagged(noTags, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut {
			close(stored)
			<-mayAnswer
		}
		says(200, "", made)(w, r)
	}))
	slow, client := io.Pipe()
	p := put("")
	p.Tags = []objects.Tag{{Key: "a", Value: "b"}}
	p.Body = objects.Body{Reader: slow, Size: 7}
	wrote := make(chan error)
	go func() { wrote <- second(f.Put(t.Context(), p)) }()
	look := func() chan error {
		done := make(chan error, 1)
		go func() {
			done <- second(f.Tags(t.Context(), ref, func([]objects.Tag) error { return nil }))
		}()
		return done
	}
	io.WriteString(client, "conten")
	must(t, <-look()) // a slow client keeps nobody waiting
	io.WriteString(client, "t")
	client.Close()
	<-stored
	looked := look()
	select {
	case <-looked:
		t.Fatal("the object was looked at while the store was still at it")
	case <-time.After(100 * time.Millisecond): // many times what a look takes
	}
	answer()
	must(t, <-wrote)
	must(t, <-looked)
}

// A write over what was judged waits until the object is again as it was judged.
func TestConditionOfTheStore(t *testing.T) {
	f := newFake(t, tagged(noTags, says(200, "", made)))
	p := put("content")
	p.Conditions.IfMatch, p.Judge = `"x", "e"`, func([]objects.Tag) error { return nil }
	must(t, second(f.Put(t.Context(), p)))
	all := f.requests()
	equal(t, "requests", lines(all), []string{"HEAD /bucket/key", "GET /bucket/key?tagging=&versionId=v", "HEAD /bucket/key", "GET /bucket/key?tagging=&versionId=v", "PUT /bucket/key"})
	equal(t, "If-Match", all[len(all)-1].header.Get("If-Match"), `"e"`)
	p.Body, p.Conditions.IfMatch = body("content"), "*" // S3 has no such condition of a write
	must(t, second(f.Put(t.Context(), p)))
	all = f.requests()
	equal(t, "requests", lines(all), []string{"HEAD /bucket/key", "PUT /bucket/key"})
	equal(t, "If-Match", all[1].header.Get("If-Match"), `"e"`)
	f.answer = tagged(noTags, fails(412, "PreconditionFailed"))
	p.Body = body("content")
	refusedWith(t, second(f.Put(t.Context(), p)), objects.Conflict)
	f.requests()
	p.Conditions.IfMatch = `"x"`
	r := refusedWith(t, second(f.Put(t.Context(), p)), objects.Precondition)
	equal(t, "condition", r.Condition, "If-Match")
	f.answer = fails(404, "NoSuchKey")
	f.answer = func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/bucket" {
			says(200, "")(w, r)
			return
		}
		says(404, "")(w, r)
	}
	refusedWith(t, second(f.Put(t.Context(), p)), objects.NoObject)
	for _, line := range lines(f.requests()) {
		if strings.HasPrefix(line, "PUT") {
			t.Errorf("the store was asked %s", line)
		}
	}
}

// Tags are set of the version that was judged, also when it is the newest no more.
func TestTagsOfTheVersionThatWasJudged(t *testing.T) {
	f := newFake(t, tagged(noTags, says(200, "")))
	yes := func([]objects.Tag) error { return nil }
	for _, tags := range [][]objects.Tag{{{Key: "a", Value: "b"}}, nil} {
		o, err := f.SetTags(t.Context(), ref, tags, yes)
		must(t, err)
		equal(t, "version", o.Version, "v")
		all := f.requests()
		want := map[bool]string{true: "DELETE", false: "PUT"}[tags == nil] + " /bucket/key?tagging=&versionId=v"
		equal(t, "request", all[len(all)-1].line, want)
	}
}
