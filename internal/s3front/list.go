package s3front

import (
	"encoding/base64"
	"encoding/xml"
	"strings"

	"muster/internal/objects"
	"muster/internal/sigv4"
)

const maxPage = 1000 // of a list

// listing is what the lists of a bucket's objects have in common.
type listing struct {
	ask  objects.List
	max  int  // as asked; of 0 there is nothing to ask
	urls bool // names are escaped
}

// listing reads it; limit names the parameter of how many there may be.
func (r *request) listing(limit string) (listing, error) {
	l := listing{urls: r.params["encoding-type"] != "", ask: objects.List{Bucket: r.target.bucket, Prefix: r.params["prefix"], Delimiter: r.params["delimiter"]}}
	var err error
	l.max, err = number(limit, r.params[limit], maxPage)
	l.ask.Max = max(1, l.max)
	return l, err
}

// name writes a key, or a part of one, as the list was asked to.
func (l listing) name(s string) string {
	if l.urls {
		return sigv4.Escape(s, true)
	}
	return s
}

func (l listing) encoding() string {
	if l.urls {
		return "url"
	}
	return ""
}

func (l listing) prefixes(all []string) []commonPrefix {
	var out []commonPrefix
	for _, p := range all {
		out = append(out, commonPrefix{l.name(p)})
	}
	return out
}

type commonPrefix struct{ Prefix string }

// entry is an object, a version or a delete marker in a list.
type entry struct {
	Key               string
	VersionID         string `xml:"VersionId,omitempty"`
	IsLatest          *bool  `xml:",omitempty"`
	LastModified      string
	ETag              string `xml:",omitempty"`
	ChecksumAlgorithm string `xml:",omitempty"`
	ChecksumType      string `xml:",omitempty"`
	Size              *int64 `xml:",omitempty"`
	StorageClass      string `xml:",omitempty"`
	Owner             *owner `xml:",omitempty"`
}

// entry writes an object into a list.
func (l listing) entry(o *objects.Object, by *owner) entry {
	e := entry{Key: l.name(o.Key), LastModified: xmlTime(o.Modified), Owner: by}
	if o.Marker {
		return e
	}
	e.ETag, e.Size, e.StorageClass = quoted(o.ETag), &o.Size, orElse(o.Headers.StorageClass, "STANDARD")
	e.ChecksumAlgorithm, e.ChecksumType = o.Checksum.Algorithm, o.Checksum.Type
	return e
}

// listResult is a list of objects, in both versions of the operation.
type listResult struct {
	XMLName xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ ListBucketResult"`
	Name    string
	Prefix  string
	// Of the first version.
	Marker     *string
	NextMarker string `xml:",omitempty"`
	// Of the second.
	StartAfter            string `xml:",omitempty"`
	ContinuationToken     string `xml:",omitempty"`
	NextContinuationToken string `xml:",omitempty"`
	KeyCount              *int

	MaxKeys        int
	Delimiter      string `xml:",omitempty"`
	EncodingType   string `xml:",omitempty"`
	IsTruncated    bool
	Contents       []entry
	CommonPrefixes []commonPrefix
}

// list asks the store for a page, unless nothing is wanted, and writes what both
// versions say of it. Objects have the owner by.
func (f *Front) list(r *request, l listing, by *owner) (found objects.Listed, out listResult, err error) {
	if l.max > 0 {
		if found, err = f.Objects.List(r.Context(), l.ask); err != nil {
			return found, out, err
		}
	}
	out = listResult{
		Name: r.target.bucket, Prefix: l.name(l.ask.Prefix), MaxKeys: l.max, Delimiter: l.name(l.ask.Delimiter),
		EncodingType: l.encoding(), IsTruncated: found.More, CommonPrefixes: l.prefixes(found.Prefixes),
	}
	for i := range found.Objects {
		out.Contents = append(out.Contents, l.entry(&found.Objects[i], by))
	}
	return found, out, nil
}

func (f *Front) listObjects(w *answer, r *request) error {
	l, err := r.listing("max-keys")
	if err != nil {
		return err
	}
	l.ask.After = r.params["marker"]
	by := ownerOf(r.row.Account)
	found, out, err := f.list(r, l, &by)
	if err != nil {
		return err
	}
	marker := l.name(l.ask.After)
	out.Marker = &marker
	if found.More && l.ask.Delimiter != "" { // else the last key is where to go on
		out.NextMarker = l.name(found.Next)
	}
	return answerXML(w, out)
}

func (f *Front) listObjectsV2(w *answer, r *request) error {
	l, err := r.listing("max-keys")
	if err != nil {
		return err
	}
	l.ask.After = r.params["start-after"]
	token, goesOn := r.params["continuation-token"]
	if goesOn {
		if l.ask.After, err = readToken(token); err != nil {
			return err
		}
	}
	var by *owner
	if r.params["fetch-owner"] == "true" {
		o := ownerOf(r.row.Account)
		by = &o
	}
	found, out, err := f.list(r, l, by)
	if err != nil {
		return err
	}
	count := len(found.Objects) + len(found.Prefixes)
	out.StartAfter, out.ContinuationToken, out.KeyCount = l.name(r.params["start-after"]), token, &count
	if found.More {
		out.NextContinuationToken = newToken(found.Next)
	}
	return answerXML(w, out)
}

// A continuation token is the place in the list, in a form that nobody takes
// for a key. It allows nothing: what is listed is decided at each page.
const tokenForm = "1"

func newToken(after string) string {
	return tokenForm + base64.RawURLEncoding.EncodeToString([]byte(after))
}

func readToken(token string) (after string, err error) {
	text, ok := strings.CutPrefix(token, tokenForm)
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if !ok || err != nil || len(raw) == 0 || len(raw) > maxKey || !validText(string(raw)) {
		return "", badArgument("continuation-token", token, "The continuation token provided is incorrect")
	}
	return string(raw), nil
}

type versionsResult struct {
	XMLName             xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ ListVersionsResult"`
	Name                string
	Prefix              string
	KeyMarker           string
	VersionIDMarker     string `xml:"VersionIdMarker"`
	NextKeyMarker       string `xml:",omitempty"`
	NextVersionIDMarker string `xml:"NextVersionIdMarker,omitempty"`
	MaxKeys             int
	Delimiter           string `xml:",omitempty"`
	EncodingType        string `xml:",omitempty"`
	IsTruncated         bool
	Entries             []any // versions and delete markers, in the list's order
	CommonPrefixes      []commonPrefix
}

type version struct {
	XMLName struct{} `xml:"Version"`
	entry
}

type marker struct {
	XMLName struct{} `xml:"DeleteMarker"`
	entry
}

func (f *Front) listVersions(w *answer, r *request) error {
	l, err := r.listing("max-keys")
	if err != nil {
		return err
	}
	l.ask.After, l.ask.AfterID = r.params["key-marker"], r.params["version-id-marker"]
	if l.ask.AfterID != "" && l.ask.After == "" {
		return badArgument("version-id-marker", l.ask.AfterID, "A version-id marker cannot be specified without a key marker.")
	}
	var found objects.Listed
	if l.max > 0 {
		if found, err = f.Objects.ListVersions(r.Context(), l.ask); err != nil {
			return err
		}
	}
	out := versionsResult{
		Name: r.target.bucket, Prefix: l.name(l.ask.Prefix), KeyMarker: l.name(l.ask.After), VersionIDMarker: l.ask.AfterID, MaxKeys: l.max,
		Delimiter: l.name(l.ask.Delimiter), EncodingType: l.encoding(), IsTruncated: found.More, CommonPrefixes: l.prefixes(found.Prefixes),
	}
	if found.More {
		out.NextKeyMarker, out.NextVersionIDMarker = l.name(found.Next), found.NextID
	}
	by := ownerOf(r.row.Account)
	for i := range found.Objects {
		o := &found.Objects[i]
		e := l.entry(o, &by)
		e.VersionID, e.IsLatest = o.Version, &o.Newest
		if o.Marker {
			out.Entries = append(out.Entries, marker{entry: e})
		} else {
			out.Entries = append(out.Entries, version{entry: e})
		}
	}
	return answerXML(w, out)
}

// owner is an account as S3 shows it: a canonical user id, 64 hex digits.
type owner struct {
	ID string
}

func ownerOf(account string) owner {
	return owner{ID: sigv4.Hash([]byte("canonical user of account " + account))}
}
