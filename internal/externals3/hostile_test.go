package externals3_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"muster/internal/objects"
)

// A store is not believed what would make Muster hold more than it asked for,
// give other bytes than were asked for, or list without end.
func TestAnswersThatAreNotBelieved(t *testing.T) {
	list := func(f *fake) error {
		return second(f.List(t.Context(), objects.List{Bucket: "bucket", Max: 2, After: "k"}))
	}
	versions := func(f *fake) error {
		return second(f.ListVersions(t.Context(), objects.List{Bucket: "bucket", Max: 2, After: "k", AfterID: "v"}))
	}
	parts := func(f *fake) error {
		return second(f.ListParts(t.Context(), objects.Upload{Bucket: "bucket", Key: "key", ID: "id"}, 5, 2))
	}
	tags := func(f *fake) error { return second(f.Tags(t.Context(), ref, nil)) }
	get := func(f *fake) error { return second(f.Get(t.Context(), objects.Read{Ref: ref})) }
	span := func(f *fake) error {
		return second(f.Get(t.Context(), objects.Read{Ref: ref, Range: &objects.Range{First: 2, Last: 8}}))
	}
	partial := func(contentRange string) http.HandlerFunc {
		return says(206, "content", "Content-Length: 7", `Etag: "e"`, "Content-Range: "+contentRange)
	}
	remove := func(f *fake) error {
		return second(f.Delete(t.Context(), "bucket", []objects.Deletion{{Key: "a"}, {Key: "b"}}))
	}
	bigHeader := "X-Amz-Meta-A: " + strings.Repeat("x", 512<<10)
	for _, tc := range []struct {
		name   string
		answer http.HandlerFunc
		ask    func(f *fake) error
	}{
		{"more entries than were asked for", says(200, "<ListBucketResult>"+strings.Repeat("<Contents/>", 3)+"</ListBucketResult>"), list},
		{"more prefixes than were asked for", says(200, "<ListBucketResult>"+strings.Repeat("<CommonPrefixes/>", 3)+"</ListBucketResult>"), list},
		{"a list that begins again", says(200, "<ListBucketResult><IsTruncated>true</IsTruncated><NextMarker>k</NextMarker></ListBucketResult>"), list},
		{"a list that goes on nowhere", says(200, "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>"), list},
		{"a list of versions that begins again", says(200, "<ListVersionsResult><IsTruncated>true</IsTruncated><NextKeyMarker>k</NextKeyMarker><NextVersionIdMarker>v</NextVersionIdMarker></ListVersionsResult>"), versions},
		{"a list of something else", says(200, "<ListVersionsResult/>"), list},
		{"a list that breaks off", says(200, "<ListBucketResult><Contents><Key>a</Key></Contents>"), list},
		{"a list that is no XML", says(200, "{}"), list},
		{"no list at all", says(200, ""), list},
		{"names that are wrongly escaped", says(200, "<ListBucketResult><EncodingType>url</EncodingType><Contents><Key>%zz</Key></Contents></ListBucketResult>"), list},
		{"a size that is no number", says(200, "<ListBucketResult><Contents><Size>many</Size></Contents></ListBucketResult>"), list},
		{"a list without end", endless("<ListBucketResult>", "<Owner>x</Owner>"), list},
		{"a key without end", endless("<ListBucketResult><Contents><Key>", "xxxxxxxxxx"), list},
		{"elements in each other without end", endless("<ListBucketResult>", "<a>"), list},
		{"tags without end", endless("<Tagging><TagSet>", "<Tag><Key>a</Key></Tag>"), tags},
		{"more tags than an object has", says(200, "<Tagging><TagSet>"+strings.Repeat("<Tag/>", 101)+"</TagSet></Tagging>"), tags},
		{"more parts than were asked for", says(200, "<ListPartsResult>"+strings.Repeat("<Part/>", 3)+"</ListPartsResult>"), parts},
		{"parts that begin again", says(200, "<ListPartsResult><IsTruncated>true</IsTruncated><NextPartNumberMarker>5</NextPartNumberMarker></ListPartsResult>"), parts},
		{"another range", partial("bytes 3-9/20"), span},
		{"a range that is shorter", says(206, "cont", "Content-Length: 4", `Etag: "e"`, "Content-Range: bytes 2-5/20"), span},
		{"a range of another length than it says", partial("bytes 2-5/20"), span},
		{"a range that is none", partial("bytes */20"), span},
		{"a range behind the end", partial("bytes 2-8/8"), span},
		{"a range that nobody asked for", partial("bytes 2-8/20"), get},
		{"an object without a length", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Etag", `"e"`)
			w.(http.Flusher).Flush()
			io.WriteString(w, "content")
		}, get},
		{"an object without an ETag", says(200, "content", "Content-Length: 7"), get},
		{"a copy without an ETag", says(200, "<CopyObjectResult/>"), func(f *fake) error {
			return second(f.Copy(t.Context(), objects.Copy{From: ref, Bucket: "bucket", Key: "other"}))
		}},
		{"an upload without an id", says(200, "<InitiateMultipartUploadResult/>"), func(f *fake) error {
			return second(f.CreateUpload(t.Context(), objects.NewUpload{Bucket: "bucket", Key: "key"}))
		}},
		{"a versioning that is none", says(200, "<VersioningConfiguration><Status>Maybe</Status></VersioningConfiguration>"), func(f *fake) error {
			return second(f.Versioning(t.Context(), "bucket"))
		}},
		{"more removals than were asked for", says(200, "<DeleteResult>"+strings.Repeat("<Deleted><Key>a</Key></Deleted>", 5)+"</DeleteResult>"), remove},
	} {
		t.Run(tc.name, func(t *testing.T) { internal(t, tc.ask(newFake(t, tc.answer))) })
	}
	refusedWith(t, get(newFake(t, object(bigHeader))), objects.Busy)
}

// endless answers with the beginning and then with more of the same for as long
// as it is read, up to what no answer needs.
func endless(begin, more string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, begin)
		piece := strings.Repeat(more, 10_000)
		for sent := 0; sent < 32<<20; sent += len(piece) {
			if _, err := io.WriteString(w, piece); err != nil {
				return
			}
		}
	}
}

func TestBodyThatEndsEarly(t *testing.T) {
	f := newFake(t, func(w http.ResponseWriter, r *http.Request) {
		object("Content-Length: 100")(w, r)
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	})
	found, err := f.Get(t.Context(), objects.Read{Ref: ref})
	must(t, err)
	defer found.Body.Close()
	got, err := io.ReadAll(found.Body)
	if err == nil {
		t.Errorf("a body that ended early was read as %q", got)
	}
}

// Some stores take no notice of If-Range and give the range of another object.
func TestIfRangeThatTheStoreIgnores(t *testing.T) {
	f := newFake(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Range") != "" {
			says(206, "nte", "Content-Length: 3", `Etag: "e"`, "Content-Range: bytes 2-4/7", "Last-Modified: Sat, 28 Nov 2026 01:02:03 GMT")(w, r)
			return
		}
		object()(w, r)
	})
	for header, partial := range map[string]bool{`"e"`: true, `"other"`: false, `W/"e"`: false, "Sat, 28 Nov 2026 01:02:03 GMT": true, "Sat, 28 Nov 2026 01:02:02 GMT": false} {
		found, err := f.Get(t.Context(), objects.Read{Ref: ref, Range: &objects.Range{First: 2, Last: 4}, IfRange: header})
		must(t, err)
		got, err := io.ReadAll(found.Body)
		must(t, err)
		found.Body.Close()
		if want := map[bool]string{true: "nte", false: "content"}[partial]; string(got) != want || found.Partial != partial {
			t.Errorf("If-Range: %s: got %q, partial %v", header, got, found.Partial)
		}
	}
}

func TestNamesOfLists(t *testing.T) {
	const page = "<ListBucketResult>%s<IsTruncated>true</IsTruncated><Contents><Key>%s</Key></Contents><CommonPrefixes><Prefix>z%%2B/</Prefix></CommonPrefixes></ListBucketResult>"
	f := newFake(t, says(200, fmt.Sprintf(page, "<EncodingType>url</EncodingType>", "a+b%0A%2B%00/")))
	l := objects.List{Bucket: "bucket", Prefix: "a", Delimiter: "/", After: "a\n", Max: 5000}
	got, err := f.List(t.Context(), l)
	must(t, err)
	equal(t, "names", []string{got.Objects[0].Key, got.Prefixes[0], got.Next}, []string{"a b\n+\x00/", "z+/", "z+/"})
	equal(t, "request", lines(f.requests()), []string{"GET /bucket?delimiter=%2F&encoding-type=url&marker=a%0A&max-keys=1000&prefix=a"})
	f.answer = says(200, fmt.Sprintf(page, "", "a+b%0A")) // by a store that knows no encoding
	got, err = f.List(t.Context(), l)
	must(t, err)
	equal(t, "names", []string{got.Objects[0].Key, got.Prefixes[0]}, []string{"a+b%0A", "z%2B/"})
}
