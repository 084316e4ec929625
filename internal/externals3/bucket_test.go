package externals3_test

import (
	"net/http"
	"testing"

	"muster/internal/externals3"
	"muster/internal/fault"
	"muster/internal/objects"
)

// No bucket is taken over that Muster did not make, unless it is told to.
func TestVacant(t *testing.T) {
	for _, tc := range []struct {
		name   string
		answer http.HandlerFunc
		want   error
	}{
		{"there is none", says(404, ""), nil},
		{"there is one", says(200, ""), fault.AlreadyExists},
		{"there is one that may not be looked at", says(403, ""), fault.AlreadyExists},
		{"there is one in another region", says(301, ""), fault.AlreadyExists},
		{"the store is busy", says(503, ""), objects.Busy},
	} {
		f := newFake(t, tc.answer)
		if err := f.Vacant(t.Context(), "bucket"); tc.want == nil {
			must(t, err)
		} else {
			refusedWith(t, err, tc.want)
		}
		equal(t, "requests", lines(f.requests()), []string{"HEAD /bucket"})
		f.Adopt = true
		must(t, f.Vacant(t.Context(), "bucket"))
		equal(t, "requests", len(f.requests()), 0)
	}
}

func TestMakeBucket(t *testing.T) {
	f := newFake(t, says(200, ""))
	must(t, f.MakeBucket(t.Context(), "bucket"))
	equal(t, "body in us-east-1", f.requests()[0].body, "")
	f.answer = fails(409, "BucketAlreadyOwnedByYou") // as after a crash
	must(t, f.MakeBucket(t.Context(), "bucket"))
	f.answer = fails(409, "BucketAlreadyExists")
	refusedWith(t, f.MakeBucket(t.Context(), "bucket"), fault.AlreadyExists)
	f.answer = fails(403, "AccessDenied")
	refusedWith(t, f.MakeBucket(t.Context(), "bucket"), fault.Denied)

	f.answer = says(200, "")
	f.requests()
	elsewhere := externals3.New(mustURL(t, f.url), "eu-west-1", credential)
	must(t, elsewhere.MakeBucket(t.Context(), "bucket"))
	equal(t, "body", f.requests()[0].body, `<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>`)
}

func TestRemoveBucket(t *testing.T) {
	for _, tc := range []struct {
		name   string
		answer http.HandlerFunc
		want   error
	}{
		{"empty", says(204, ""), nil},
		{"not there", fails(404, "NoSuchBucket"), nil},
		{"it holds something", fails(409, "BucketNotEmpty"), fault.InUse},
		{"busy", fails(503, "SlowDown"), objects.Busy},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newFake(t, tc.answer)
			if err := f.RemoveBucket(t.Context(), "bucket"); tc.want == nil {
				must(t, err)
			} else {
				refusedWith(t, err, tc.want)
			}
			equal(t, "requests", lines(f.requests()), []string{"DELETE /bucket"})
		})
	}
}
