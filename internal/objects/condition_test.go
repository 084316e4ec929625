package objects_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"muster/internal/objects"
)

var (
	at     = time.Date(2026, 11, 2, 15, 0, 0, 700_000_000, time.UTC)
	second = at.Truncate(time.Second)
	cat    = objects.Object{Ref: objects.Ref{Bucket: "photos", Key: "cat"}, ETag: "0123", Modified: at}
)

// The order is that of RFC 9110, section 13.2.2; dates are compared by the second.
func TestConditionsOfReads(t *testing.T) {
	type c = objects.Conditions
	for _, tc := range []struct {
		name   string
		c      c
		want   error
		header string
	}{
		{"none", c{}, nil, ""},
		{"its ETag", c{IfMatch: `"0123"`}, nil, ""},
		{"its ETag in a list", c{IfMatch: `"9", "0123"`}, nil, ""},
		{"its ETag without quotes", c{IfMatch: `0123`}, nil, ""},
		{"its ETag with one", c{IfMatch: `"0123`}, nil, ""},
		{"any", c{IfMatch: `*`}, nil, ""},
		{"another", c{IfMatch: `"9"`}, objects.Precondition, "If-Match"},
		{"its ETag, weak", c{IfMatch: `W/"0123"`}, objects.Precondition, "If-Match"},
		{"none of a list", c{IfMatch: ` , `}, objects.Precondition, "If-Match"},
		{"not modified since its second", c{IfUnmodifiedSince: second}, nil, ""},
		{"not modified since a second before", c{IfUnmodifiedSince: second.Add(-time.Second)}, objects.Precondition, "If-Unmodified-Since"},
		{"the ETag goes before that date", c{IfMatch: `"0123"`, IfUnmodifiedSince: second.Add(-time.Second)}, nil, ""},
		{"not its ETag", c{IfNoneMatch: `"0123"`}, objects.NotModified, "If-None-Match"},
		{"not its ETag, weak", c{IfNoneMatch: `W/"0123"`}, objects.NotModified, "If-None-Match"},
		{"not any", c{IfNoneMatch: `*`}, objects.NotModified, "If-None-Match"},
		{"not another", c{IfNoneMatch: `"9"`}, nil, ""},
		{"modified since its second", c{IfModifiedSince: second}, objects.NotModified, "If-Modified-Since"},
		{"modified since a second before", c{IfModifiedSince: second.Add(-time.Second)}, nil, ""},
		{"the ETag goes before this date, too", c{IfNoneMatch: `"9"`, IfModifiedSince: second}, nil, ""},
		{"a refusal goes before a 304", c{IfMatch: `"9"`, IfNoneMatch: `"0123"`}, objects.Precondition, "If-Match"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			check := func(what string, err, want error, header string, source bool) {
				t.Helper()
				var refused *objects.Refused
				if !errors.Is(err, want) || want != nil && (!errors.As(err, &refused) || refused.Condition != header || refused.Source != source) {
					t.Errorf("%s: got %v (%+v), want %v because of %s", what, err, refused, want, header)
				}
			}
			check("a read", tc.c.ForRead(&cat), tc.want, tc.header, false)
			if tc.want != nil { // a copy has no 304
				check("a copy", tc.c.ForSource(&cat), objects.Precondition, "x-amz-copy-source-"+tc.header, true)
			} else {
				check("a copy", tc.c.ForSource(&cat), nil, "", false)
			}
		})
	}
}

func TestConditionsOfWrites(t *testing.T) {
	there := &objects.Row{Object: cat}
	marker := &objects.Row{Object: objects.Object{Marker: true}}
	for _, tc := range []struct {
		name  string
		there *objects.Row
		c     objects.Conditions
		want  error
	}{
		{"none, over nothing", nil, objects.Conditions{}, nil},
		{"nothing must be there, and is", nil, objects.Conditions{IfNoneMatch: "*"}, nil},
		{"nothing must be there, a marker is", marker, objects.Conditions{IfNoneMatch: "*"}, nil},
		{"nothing must be there, an object is", there, objects.Conditions{IfNoneMatch: "*"}, objects.Precondition},
		{"not that one, which is", there, objects.Conditions{IfNoneMatch: `"0123"`}, objects.Precondition},
		{"not another", there, objects.Conditions{IfNoneMatch: `"9"`}, nil},
		{"that one", there, objects.Conditions{IfMatch: `"0123"`}, nil},
		{"another", there, objects.Conditions{IfMatch: `"9"`}, objects.Precondition},
		{"any", there, objects.Conditions{IfMatch: "*"}, nil},
		{"any, over nothing", nil, objects.Conditions{IfMatch: "*"}, objects.NoObject},
		{"any, over a marker", marker, objects.Conditions{IfMatch: "*"}, objects.NoObject},
		{"one, over nothing", nil, objects.Conditions{IfMatch: `"0123"`}, objects.NoObject},
	} {
		if err := tc.c.ForWrite(tc.there); !errors.Is(err, tc.want) {
			t.Errorf("%s: got %v, want %v", tc.name, err, tc.want)
		}
	}
}

func TestIfRange(t *testing.T) {
	for header, want := range map[string]bool{
		`"0123"`: true, `0123`: true, `"9"`: false, `W/"0123"`: false, `"0123", "9"`: false, `*`: false, ``: false,
		second.Format(http.TimeFormat):                             true,
		second.Format("Monday, 02-Jan-06 15:04:05 GMT"):            true,
		second.Format(time.ANSIC):                                  true,
		second.Add(time.Second).Format(http.TimeFormat):            false, // exactly, not since
		second.Add(-time.Second).Format(http.TimeFormat):           false,
		"Mon, 02 Nov 2026 15:00:00 CET":                            false,
		second.Add(24*time.Hour).Format(http.TimeFormat) + ", now": false,
	} {
		if got := objects.IfRangeHolds(header, &cat); got != want {
			t.Errorf("%q: got %v, want %v", header, got, want)
		}
	}
}

func TestRange(t *testing.T) {
	for _, tc := range []struct {
		r             objects.Range
		size          int64
		first, length int64
		ok            bool
	}{
		{objects.Range{First: 0, Last: -1}, 10, 0, 10, true},
		{objects.Range{First: 9, Last: -1}, 10, 9, 1, true},
		{objects.Range{First: 10, Last: -1}, 10, 0, 0, false},
		{objects.Range{First: 2, Last: 4}, 10, 2, 3, true},
		{objects.Range{First: 2, Last: 100}, 10, 2, 8, true},
		{objects.Range{First: 4, Last: 2}, 10, 4, -1, false},
		{objects.Range{First: -1, Last: 2}, 10, 0, 0, false},
		{objects.Range{First: 0, Last: 0}, 0, 0, 0, false},
		{objects.Range{Suffix: 3}, 10, 7, 3, true},
		{objects.Range{Suffix: 100}, 10, 0, 10, true},
		{objects.Range{Suffix: 1}, 0, 0, 0, false},
	} {
		first, length, ok := tc.r.Span(tc.size)
		if ok != tc.ok || ok && (first != tc.first || length != tc.length) {
			t.Errorf("%+v of %d bytes: got %d, %d, %v, want %d, %d, %v", tc.r, tc.size, first, length, ok, tc.first, tc.length, tc.ok)
		}
	}
}
