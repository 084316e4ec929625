package externals3_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"muster/internal/objects"
)

// XML can't hold every key: one that it would change is never named in it,
// since another object would be removed.
func TestDelete(t *testing.T) {
	f := newFake(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodDelete {
			says(204, "", "X-Amz-Delete-Marker: true", "X-Amz-Version-Id: m")(w, r)
			return
		}
		says(200, `<DeleteResult><Error><Key>b</Key><Code>AccessDenied</Code></Error><Deleted><Key>a</Key><VersionId>v</VersionId></Deleted>`+
			`<Deleted><Key>c</Key><DeleteMarker>true</DeleteMarker><DeleteMarkerVersionId>n</DeleteMarkerVersionId></Deleted><Error><Key>gone</Key><Code>NoSuchKey</Code></Error></DeleteResult>`)(w, r)
	})
	ask := []objects.Deletion{{Key: "a", Version: "v"}, {Key: "x\x00y"}, {Key: "b"}, {Key: "l\nm"}, {Key: " s "}, {Key: "\uffff"}, {Key: "c"}, {Key: "forgotten"}, {Key: "gone"},
		{Key: "if", Conditions: objects.Conditions{IfMatch: "*"}}}
	done, err := f.Delete(t.Context(), "bucket", ask)
	must(t, err)
	for i, d := range done {
		if d.Key != ask[i].Key || d.Version != ask[i].Version {
			t.Errorf("answer %d is about %q %q", i, d.Key, d.Version)
		}
		if failed := d.Key == "b" || d.Key == "forgotten"; failed != (d.Err != nil) {
			t.Errorf("%q: %v", d.Key, d.Err)
		}
	}
	equal(t, "markers", []string{done[1].MarkerVersion, done[6].MarkerVersion, done[0].MarkerVersion}, []string{"m", "n", ""})
	all := f.requests()
	equal(t, "requests", lines(all), []string{"DELETE /bucket/x%00y", "DELETE /bucket/l%0Am", "DELETE /bucket/%20s%20", "DELETE /bucket/%EF%BF%BF", "DELETE /bucket/if", "POST /bucket?delete="})
	equal(t, "If-Match", all[4].header.Get("If-Match"), "*")
	last := all[5]
	equal(t, "body", last.body, `<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Object><Key>a</Key><VersionId>v</VersionId></Object><Object><Key>b</Key></Object>`+
		`<Object><Key>c</Key></Object><Object><Key>forgotten</Key></Object><Object><Key>gone</Key></Object></Delete>`)
	if last.header.Get("Content-Md5") == "" || strings.Contains(last.header.Get("X-Amz-Content-Sha256"), "UNSIGNED") {
		t.Error("the document has no MD5 or is not signed")
	}
}

func TestDeleteOfWhatIsGone(t *testing.T) {
	f := newFake(t, fails(404, "NoSuchKey"))
	one := func(d objects.Deletion) error {
		all, err := f.Delete(t.Context(), "bucket", []objects.Deletion{d})
		must(t, err)
		return all[0].Err
	}
	must(t, one(objects.Deletion{Key: "key"}))
	must(t, one(objects.Deletion{Key: "key", Version: "v"}))
	refusedWith(t, one(objects.Deletion{Key: "key", Conditions: objects.Conditions{IfMatch: `"e"`}}), objects.NoObject)
	f.requests()
	refusedWith(t, one(objects.Deletion{Key: "key", Version: "v", Only: &objects.Object{}}), objects.NotBuilt)
	equal(t, "requests for what can't be asked for", len(f.requests()), 0)
	f.answer = fails(404, "NoSuchBucket")
	for _, all := range [][]objects.Deletion{{{Key: "a"}}, {{Key: "a"}, {Key: "b"}}} {
		refusedWith(t, second(f.Delete(t.Context(), "bucket", all)), objects.NoBucket)
	}
}

// An id that is empty is none: the request would be one about the object itself.
func TestIDsThatAreNone(t *testing.T) {
	f := newFake(t, says(204, ""))
	for _, id := range []string{"", "a\nb"} {
		u := objects.Upload{Bucket: "bucket", Key: "key", ID: id}
		for name, err := range map[string]error{
			"Abort":     f.Abort(t.Context(), u),
			"PutPart":   second(f.PutPart(t.Context(), objects.PutPart{Upload: u, Number: 1, Body: body("content")})),
			"Complete":  second(f.Complete(t.Context(), objects.Completion{Upload: u, Size: -1})),
			"ListParts": second(f.ListParts(t.Context(), u, 0, 1)),
		} {
			if !errors.Is(err, objects.NoUpload) {
				t.Errorf("%s of %q: got %v, want %v", name, id, err, objects.NoUpload)
			}
		}
	}
	refusedWith(t, second(f.Head(t.Context(), objects.Read{Ref: objects.Ref{Bucket: "bucket", Key: "key", Version: "\x00"}})), objects.BadVersion)
	refusedWith(t, second(f.Copy(t.Context(), objects.Copy{From: objects.Ref{Bucket: "bucket", Key: "key", Version: "\x00"}, Bucket: "bucket", Key: "other"})), objects.BadVersion)
	equal(t, "requests", len(f.requests()), 0)
}
