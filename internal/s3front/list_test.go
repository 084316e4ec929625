package s3front_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// between returns the texts of all elements of that name.
func between(body, element string) (all []string) {
	for _, m := range regexp.MustCompile("<"+element+">([^<]*)</"+element+">").FindAllStringSubmatch(body, -1) {
		all = append(all, m[1])
	}
	return all
}

func one(body, element string) string {
	if all := between(body, element); len(all) == 1 {
		return all[0]
	}
	return fmt.Sprint("not one: ", between(body, element))
}

// Every kind of list goes on where it ended, at every size of a page, and gives
// each thing once.
func TestPagesOfLists(t *testing.T) {
	alone(t)
	w := newWorld(t)
	w.ok("PUT", "/photos")
	w.ok("PUT", "/photos?versioning", versioning)
	keys := []string{"a", "a/1", "a/2", "b//c", "b/d", "c&d", "e f", "ü/1", "ü/2"}
	for _, key := range keys {
		for range 2 {
			w.ok("PUT", "/photos/"+url.PathEscape(key), key)
			w.ok("POST", "/photos/"+url.PathEscape(key)+"?uploads")
		}
	}
	w.ok("DELETE", "/photos/a")
	w.ok("DELETE", "/photos/e%20f")
	for _, list := range []struct {
		name, query, limit string
		next               func(body string) string // the query of the next page
		things             int
	}{
		{"ListObjects", "", "max-keys", func(body string) string {
			all := between(body, "Key")
			return "&marker=" + all[len(all)-1]
		}, 7},
		{"ListObjects by folders", "&delimiter=%2F", "max-keys", func(body string) string { return "&marker=" + one(body, "NextMarker") }, 4},
		{"ListObjectsV2", "&list-type=2", "max-keys", func(body string) string {
			return "&continuation-token=" + url.QueryEscape(one(body, "NextContinuationToken"))
		}, 7},
		{"ListObjectsV2 by folders", "&list-type=2&delimiter=%2F", "max-keys", func(body string) string {
			return "&continuation-token=" + url.QueryEscape(one(body, "NextContinuationToken"))
		}, 4},
		{"ListObjectVersions", "&versions", "max-keys", func(body string) string {
			return "&key-marker=" + one(body, "NextKeyMarker") + "&version-id-marker=" + one(body, "NextVersionIdMarker")
		}, 20},
		{"ListMultipartUploads", "&uploads", "max-uploads", func(body string) string {
			return "&key-marker=" + one(body, "NextKeyMarker") + "&upload-id-marker=" + one(body, "NextUploadIdMarker")
		}, 18},
	} {
		var whole []string
		for size := range 21 {
			if size == 0 {
				size = 1000
			}
			var found []string
			for more, pages := "", 0; pages < 30; pages++ {
				body := w.ok("GET", fmt.Sprintf("/photos?encoding-type=url%s&%s=%d%s", list.query, list.limit, size, more)).body
				for _, m := range regexp.MustCompile("<Key>([^<]*)</Key>(<(VersionId|UploadId)>([^<]*)<)?|<CommonPrefixes><Prefix>([^<]*)<").FindAllStringSubmatch(body, -1) {
					found = append(found, m[1]+" "+m[4]+m[5])
				}
				if one(body, "IsTruncated") == "false" {
					if strings.Contains(body, "<Next") && !strings.Contains(list.name, "V2") {
						t.Errorf("%s, the last page: got %s, want nothing next", list.name, body)
					}
					break
				}
				more = list.next(body)
			}
			slices.Sort(found) // folders and objects stand apart
			if whole == nil {
				whole = found
			}
			if len(found) != list.things || !slices.Equal(found, whole) {
				t.Errorf("%s by pages of %d: got %q, want the %d of %q", list.name, size, found, list.things, whole)
			}
		}
	}
	if got := w.ok("GET", "/photos?max-keys=0").body; one(got, "IsTruncated") != "false" || strings.Contains(got, "<Key>") || one(got, "MaxKeys") != "0" {
		t.Errorf("a page of none: got %s", got)
	}
	if got := w.ok("GET", "/photos?max-keys=5000").body; one(got, "MaxKeys") != "1000" {
		t.Errorf("a page of 5000: got %s", got)
	}
}

// What a list says of itself is what was asked, and no more.
func TestWhatListsSay(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/photos")
	w.ok("PUT", "/photos/a&b/c", "hello", "X-Amz-Checksum-Crc32: NhCmhg==", "X-Amz-Storage-Class: STANDARD_IA")
	for _, tc := range []struct {
		query         string
		there, absent []string
	}{
		{"", []string{"<Prefix></Prefix>", "<Marker></Marker>", "<MaxKeys>1000</MaxKeys>", "<Key>a&amp;b/c</Key>", "<StorageClass>STANDARD_IA</StorageClass>", "<Size>5</Size>", "<ETag>&#34;5d41402abc4b2a76b9719d911017c592&#34;</ETag>", "<ChecksumAlgorithm>CRC32</ChecksumAlgorithm>", "<ChecksumType>FULL_OBJECT</ChecksumType>", "<Owner><ID>"}, []string{"EncodingType", "Delimiter", "NextMarker"}},
		{"encoding-type=url&prefix=a%26b&delimiter=%2F&marker=a", []string{"<Prefix>a%26b</Prefix>", "<Marker>a</Marker>", "<Delimiter>/</Delimiter>", "<EncodingType>url</EncodingType>", "<CommonPrefixes><Prefix>a%26b/</Prefix></CommonPrefixes>"}, []string{"<Contents>"}},
		{"list-type=2", []string{"<KeyCount>1</KeyCount>", "<Prefix></Prefix>"}, []string{"EncodingType", "Owner", "ContinuationToken", "StartAfter", "Marker"}},
		{"list-type=2&fetch-owner=true&start-after=a", []string{"<Owner><ID>", "<StartAfter>a</StartAfter>"}, nil},
		{"versions", []string{"<KeyMarker></KeyMarker>", "<VersionIdMarker></VersionIdMarker>", "<Version><Key>a&amp;b/c</Key><VersionId>null</VersionId><IsLatest>true</IsLatest>"}, []string{"NextKeyMarker", "EncodingType"}},
		{"uploads", []string{"<Bucket>photos</Bucket>", "<KeyMarker></KeyMarker>", "<MaxUploads>1000</MaxUploads>"}, []string{"NextKeyMarker", "<Upload>"}},
	} {
		got := w.ok("GET", "/photos?"+tc.query).body
		for _, want := range tc.there {
			if !strings.Contains(got, want) {
				t.Errorf("%q: got %s, want %s", tc.query, got, want)
			}
		}
		for _, not := range append(tc.absent, `xmlns=""`) {
			if strings.Contains(got, not) {
				t.Errorf("%q: got %s, want no %s", tc.query, got, not)
			}
		}
	}
	for _, query := range []string{
		"max-keys=-1", "max-keys=many", "max-keys=99999999999", "list-type=2&continuation-token=", "list-type=2&continuation-token=x", "list-type=2&continuation-token=1%3D", "list-type=2&continuation-token=1",
		"list-type=3", "versions&version-id-marker=x", "versions&key-marker=a&version-id-marker=x", "encoding-type=utf-8", "prefix=%ff", "uploads&max-uploads=x",
	} {
		if got := w.do(w.root, "GET", "/photos?"+query); got.status != 400 || got.code != "InvalidArgument" {
			t.Errorf("%s: got %v, want 400 InvalidArgument", query, got)
		}
	}
}

// A document gives the date that the header gives: whole seconds. Clients keep
// the one and send it back as the other.
func TestDatesOfDocumentsAreThoseOfHeaders(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/photos")
	w.ok("PUT", "/photos/a", "x")
	head, err := http.ParseTime(w.ok("HEAD", "/photos/a").header.Get("Last-Modified"))
	if err != nil {
		t.Fatal(err)
	}
	want := head.Format("2006-01-02T15:04:05.000Z")
	for name, body := range map[string]string{
		"ListObjects":        w.ok("GET", "/photos").body,
		"ListObjectsV2":      w.ok("GET", "/photos?list-type=2").body,
		"ListObjectVersions": w.ok("GET", "/photos?versions").body,
	} {
		if got := one(body, "LastModified"); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}
