package externals3

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"muster/internal/objects"
)

// List lists objects by the first version of the operation: its marker is a
// key, and passes over a whole prefix, as the contract asks for.
func (s *Store) List(ctx context.Context, l objects.List) (objects.Listed, error) {
	query := params{}
	query.set("marker", l.After)
	page, err := s.list(ctx, l, query, listing{root: "ListBucketResult", limit: "max-keys", next: "NextMarker"})
	if err != nil {
		return objects.Listed{}, err
	}
	out := page.listed(l)
	if out.More && out.Next == "" { // without a delimiter S3 doesn't say it
		out.Next = page.last()
	}
	out.NextID = ""
	return out, page.goesOn(l, out.Next, "")
}

// ListVersions lists all versions by key, of one key from the newest to the oldest.
func (s *Store) ListVersions(ctx context.Context, l objects.List) (objects.Listed, error) {
	query := params{"versions": ""}
	query.set("key-marker", l.After)
	query.set("version-id-marker", l.AfterID)
	page, err := s.list(ctx, l, query, listing{root: "ListVersionsResult", limit: "max-keys", next: "NextKeyMarker", nextID: "NextVersionIdMarker"})
	if err != nil {
		return objects.Listed{}, err
	}
	out := page.listed(l)
	return out, page.goesOn(l, out.Next, out.NextID)
}

// ListUploads lists the uploads under way by key, of one key from the oldest to the newest.
func (s *Store) ListUploads(ctx context.Context, l objects.List) (objects.Uploads, error) {
	query := params{"uploads": ""}
	query.set("key-marker", l.After)
	query.set("upload-id-marker", l.AfterID)
	page, err := s.list(ctx, l, query, listing{root: "ListMultipartUploadsResult", limit: "max-uploads", next: "NextKeyMarker", nextID: "NextUploadIdMarker"})
	if err != nil {
		return objects.Uploads{}, err
	}
	out := objects.Uploads{Prefixes: page.prefixes, More: page.more}
	if page.more {
		out.Next, out.NextID = page.next, page.nextID
	}
	for _, e := range page.entries {
		out.Uploads = append(out.Uploads, objects.UploadInfo{
			Upload:  objects.Upload{Bucket: l.Bucket, Key: e.Key, ID: e.UploadID},
			Created: timeOf(e.Initiated), StorageClass: standard(e.StorageClass),
			Checksum: objects.Checksum{Algorithm: e.ChecksumAlgorithm, Type: e.ChecksumType},
		})
	}
	return out, page.goesOn(l, out.Next, out.NextID)
}

// standard leaves out the class that an object has anyway.
func standard(class string) string {
	if class == "STANDARD" {
		return ""
	}
	return class
}

// listing names what differs between the lists.
type listing struct{ root, limit, next, nextID string }

// entry is an object, a version, a delete marker or an upload in a list.
type entry struct {
	marker                          bool
	Key                             string
	VersionID                       string `xml:"VersionId"`
	UploadID                        string `xml:"UploadId"`
	IsLatest                        bool
	LastModified, Initiated         string
	ETag, StorageClass              string
	ChecksumAlgorithm, ChecksumType string
	Size                            int64
}

// listPage is a page as the store gives it, its names unescaped.
type listPage struct {
	entries      []entry
	prefixes     []string
	more         bool
	next, nextID string
}

// list asks for a page. Names are asked for escaped, since XML can't hold them all.
func (s *Store) list(ctx context.Context, l objects.List, query params, of listing) (listPage, error) {
	limit := min(max(l.Max, 1), maxPage)
	query.set("prefix", l.Prefix)
	query.set("delimiter", l.Delimiter)
	query[of.limit] = strconv.Itoa(limit)
	query["encoding-type"] = "url"
	c := call{method: http.MethodGet, ref: objects.Ref{Bucket: l.Bucket}, query: query}
	resp, err := s.do(ctx, c)
	if err != nil {
		return listPage{}, err
	}
	var page listPage
	escaped := false
	err = eachChild(resp, c, maxList, of.root, func(e *element) error {
		var err error
		switch e.name() {
		case "EncodingType":
			var how string
			how, err = e.text()
			escaped = how == "url"
		case "IsTruncated":
			err = e.read(&page.more)
		case of.next:
			page.next, err = e.text()
		case of.nextID:
			page.nextID, err = e.text()
		case "CommonPrefixes":
			var p struct{ Prefix string }
			err = e.read(&p)
			page.prefixes = append(page.prefixes, p.Prefix)
		case "Contents", "Version", "DeleteMarker", "Upload":
			one := entry{marker: e.name() == "DeleteMarker"}
			err = e.read(&one)
			page.entries = append(page.entries, one)
		}
		if len(page.entries)+len(page.prefixes) > limit {
			return errors.New("it has more entries than were asked for")
		}
		return err
	})
	if err == nil && escaped {
		err = page.unescape()
	}
	return page, err
}

func (p *listPage) unescape() error {
	names := []*string{&p.next}
	for i := range p.entries {
		names = append(names, &p.entries[i].Key)
	}
	for i := range p.prefixes {
		names = append(names, &p.prefixes[i])
	}
	for _, name := range names {
		plain, err := url.QueryUnescape(*name) // S3 writes + for a space
		if err != nil {
			return errors.New("the object store lists a name that is wrongly escaped")
		}
		*name = plain
	}
	return nil
}

// listed puts objects and versions into the words of package objects. Whether
// the bucket has versions isn't said, but any of them shows it.
func (p *listPage) listed(l objects.List) objects.Listed {
	out := objects.Listed{Prefixes: p.prefixes, More: p.more}
	if p.more {
		out.Next, out.NextID = p.next, p.nextID
	}
	versioned := slices.ContainsFunc(p.entries, func(e entry) bool {
		return e.VersionID != "" && (e.VersionID != objects.NullVersion || e.marker || !e.IsLatest)
	})
	for _, e := range p.entries {
		out.Objects = append(out.Objects, objects.Object{
			Ref: objects.Ref{Bucket: l.Bucket, Key: e.Key, Version: e.VersionID}, Versioned: versioned, Marker: e.marker,
			Newest: e.IsLatest || e.VersionID == "", // a list of objects has only the newest, and doesn't say their ids
			Size:   e.Size, ETag: unquote(e.ETag), Modified: timeOf(e.LastModified),
			Headers:  objects.Headers{StorageClass: standard(e.StorageClass)},
			Checksum: objects.Checksum{Algorithm: e.ChecksumAlgorithm, Type: e.ChecksumType},
		})
	}
	return out
}

// last is the last name of the page: keys and prefixes each come in order.
func (p *listPage) last() (name string) {
	if n := len(p.entries); n > 0 {
		name = p.entries[n-1].Key
	}
	if n := len(p.prefixes); n > 0 {
		name = max(name, p.prefixes[n-1])
	}
	return name
}

// goesOn fails where the next page would begin where this one did: who asks for
// all of them would never come to an end.
func (p *listPage) goesOn(l objects.List, next, nextID string) error {
	if p.more && (next == "" || next == l.After && nextID == l.AfterID) {
		return errors.New("the object store's list does not go on")
	}
	return nil
}
