package objects

import (
	"context"
	"errors"
	"math"
	"strings"
)

// List lists the newest versions that are no delete markers.
func (o *Objects) List(ctx context.Context, l List) (Listed, error) {
	return o.list(ctx, l, o.rows.Newest, func(r Row) string { return "" })
}

// ListVersions lists all versions.
func (o *Objects) ListVersions(ctx context.Context, l List) (Listed, error) {
	return o.list(ctx, l, o.rows.Versions, func(r Row) string { return r.Version })
}

type scanRows func(ctx context.Context, bucket int64, from Position, end string, fn func(Row) bool) error

func (o *Objects) list(ctx context.Context, l List, scan scanRows, id func(Row) string) (Listed, error) {
	b, err := o.rows.Bucket(ctx, l.Bucket)
	if err != nil {
		return Listed{}, err
	}
	from, err := l.begin(func() (int64, error) { return o.backOf(ctx, l) })
	if err != nil {
		return Listed{}, err
	}
	p := paging[Row]{List: l, place: func(r Row) (string, string) { return r.Key, id(r) }}
	err = p.fill(from, func(from Position, end string, fn func(Row) bool) error { return scan(ctx, b.ID, from, end, fn) })
	if err != nil {
		return Listed{}, err
	}
	listed := Listed{Prefixes: p.prefixes, More: p.more}
	listed.Next, listed.NextID = p.next()
	for _, r := range p.items {
		r.complete(b)
		listed.Objects = append(listed.Objects, r.Object)
	}
	return listed, nil
}

// backOf returns the place of the version l.AfterID. The page after a version
// without an id that is gone begins with the key again: better something twice
// than something not at all.
func (o *Objects) backOf(ctx context.Context, l List) (int64, error) {
	id, err := parseVersion(l.AfterID)
	if err != nil || !id.Null() {
		return id.Back, err
	}
	_, row, _, err := o.rows.Find(ctx, l.Bucket, Target{Key: l.After, ID: id}, false)
	if err != nil || row == nil {
		return math.MinInt64, err
	}
	return row.Back, nil
}

// ListUploads lists the uploads under way.
func (o *Objects) ListUploads(ctx context.Context, l List) (Uploads, error) {
	b, err := o.rows.Bucket(ctx, l.Bucket)
	if err != nil {
		return Uploads{}, err
	}
	from, err := l.begin(func() (int64, error) {
		id, err := parseUpload(l.AfterID)
		if errors.Is(err, NoUpload) {
			err = &Refused{Refusal: BadVersion, Message: "Invalid uploadId marker"}
		}
		return id.Place, err
	})
	if err != nil {
		return Uploads{}, err
	}
	p := paging[UploadRow]{List: l, place: func(u UploadRow) (string, string) { return u.NewUpload.Key, u.Name }}
	err = p.fill(from, func(from Position, end string, fn func(UploadRow) bool) error {
		return o.rows.Uploads(ctx, b.ID, from, end, fn)
	})
	if err != nil {
		return Uploads{}, err
	}
	listed := Uploads{Prefixes: p.prefixes, More: p.more}
	listed.Next, listed.NextID = p.next()
	for _, u := range p.items {
		listed.Uploads = append(listed.Uploads, u.info(b.Name))
	}
	return listed, nil
}

// first is the place before all of a key.
const first = math.MinInt64

// begin returns where the page begins; after finds the place of l.AfterID.
func (l List) begin(after func() (int64, error)) (Position, error) {
	switch {
	case l.AfterID != "" && l.After >= l.Prefix:
		n, err := after()
		return Position{l.After, n + 1}, err
	case l.After < l.Prefix || l.After == "":
		return Position{l.Prefix, first}, nil
	case l.folder(l.After) == l.After:
		return Position{beyond(l.After), first}, nil
	}
	return Position{l.After + "\x00", first}, nil
}

// folder returns the beginning of a key up to the delimiter after the prefix,
// which stands in the list for all keys that share it; "" if there is none.
func (l List) folder(key string) string {
	rest, ok := strings.CutPrefix(key, l.Prefix)
	if !ok || l.Delimiter == "" {
		return ""
	}
	before, _, found := strings.Cut(rest, l.Delimiter)
	if !found {
		return ""
	}
	return l.Prefix + before + l.Delimiter
}

// beyond returns the smallest text greater than all that begin with prefix;
// "" if there is none.
func beyond(prefix string) string {
	b := []byte(prefix)
	for i := len(b) - 1; i >= 0; i-- {
		if b[i] < 0xff {
			b[i]++
			return string(b[:i+1])
		}
	}
	return ""
}

// paging fills a page of a list.
type paging[T any] struct {
	List
	place    func(T) (key, id string)
	items    []T
	prefixes []string
	more     bool
	folder   string // that was met last
	last     string // key or prefix that was listed last
	lastID   string
}

// stepsInFolder is how many keys of a folder are passed over one by one before
// the rest is skipped by its name.
const stepsInFolder = 8

// fill reads the list from a position on until the page is full and it is
// known whether there is more. A folder costs the same however full it is.
func (p *paging[T]) fill(from Position, scan func(from Position, end string, fn func(T) bool) error) error {
	end := beyond(p.Prefix)
	for again := true; again; {
		again = false
		steps := 0
		err := scan(from, end, func(item T) bool {
			key, id := p.place(item)
			folder := p.List.folder(key)
			if folder != "" && folder == p.folder {
				if steps++; steps < stepsInFolder {
					return true
				}
				if next := beyond(folder); next != "" {
					from, again = Position{next, first}, true
				}
				return false
			}
			if len(p.items)+len(p.prefixes) == p.Max {
				p.more = true
				return false
			}
			if folder != "" {
				p.folder = folder
				p.prefixes = append(p.prefixes, folder)
				p.last, p.lastID = folder, ""
				return true
			}
			p.items = append(p.items, item)
			p.last, p.lastID = key, id
			return true
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// next returns where the next page begins.
func (p *paging[T]) next() (after, id string) {
	if !p.more {
		return "", ""
	}
	return p.last, p.lastID
}
