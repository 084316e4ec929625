package store

import (
	"context"
	"database/sql"
	"errors"
	"strconv"

	"muster/internal/objects"
)

// listedColumns are those of rows in lists; versionColumns those of all others.
const (
	listedColumns  = `v.key, v.back, v.id, v.newest, v.marker, v.content, v.size, v.etag, v.modified, v.class, v.algorithm, v.checksum_type, v.checksum, v.parts, v.upload, v.writer`
	versionColumns = listedColumns + `, v.headers, v.tags`
)

// keptVersion is a version as it is scanned. Its columns may all be NULL.
type keptVersion struct {
	key                                           []byte
	back                                          sql.NullInt64
	content, size, modified, parts                sql.NullInt64
	newest, marker                                sql.NullBool
	id, etag, class, algorithm, kind, sum, upload sql.NullString
	writer, headers, tags                         sql.NullString
}

func (k *keptVersion) listed() []any {
	return []any{&k.key, &k.back, &k.id, &k.newest, &k.marker, &k.content, &k.size, &k.etag, &k.modified, &k.class,
		&k.algorithm, &k.kind, &k.sum, &k.parts, &k.upload, &k.writer}
}

func (k *keptVersion) all() []any { return append(k.listed(), &k.headers, &k.tags) }

// version returns the row that was scanned, of a bucket.
func (k *keptVersion) version(b objects.Bucket) (*objects.Row, error) {
	r := &objects.Row{Back: k.back.Int64, Content: k.content.Int64, Upload: k.upload.String, Writer: k.writer.String}
	r.Bucket, r.Key, r.Version = b.Name, string(k.key), k.id.String
	r.Versioned = b.Versioning != objects.NeverVersioned
	r.Newest, r.Marker, r.Size, r.ETag, r.Modified = k.newest.Bool, k.marker.Bool, k.size.Int64, k.etag.String, fromMS(k.modified.Int64)
	r.Checksum = objects.Checksum{Algorithm: k.algorithm.String, Type: k.kind.String, Value: k.sum.String}
	r.Parts = int(k.parts.Int64)
	if k.headers.String != "" {
		if err := fromJSON(k.headers.String, &r.Headers); err != nil {
			return nil, err
		}
	}
	r.Headers.StorageClass = k.class.String
	if k.tags.String != "" {
		if err := fromJSON(k.tags.String, &r.Tags); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// keptHeaders writes headers but for the storage class, which has a column.
func keptHeaders(h objects.Headers) (string, error) {
	h.StorageClass = ""
	if h.CacheControl == "" && h.ContentDisposition == "" && h.ContentEncoding == "" && h.ContentLanguage == "" && h.ContentType == "" && h.Expires == "" && len(h.Metadata) == 0 {
		return "", nil
	}
	return toJSON(h)
}

func keptTags(tags []objects.Tag) (string, error) {
	if len(tags) == 0 {
		return "", nil
	}
	return toJSON(tags)
}

// Find joins what it returns, so that all of it is of one state of the file.
// The version without an id may be the newest or another: both are looked at
// in one state too.
func (s objectStore) Find(ctx context.Context, bucket string, at objects.Target, data bool) (b objects.Bucket, row *objects.Row, c objects.Content, err error) {
	if !at.ID.Null() {
		return find(s.current(ctx), bucket, at, data, !at.ID.Given())
	}
	err = s.snapshot(ctx, func(from source) error {
		b, row, c, err = find(from, bucket, at, data, true)
		if err == nil && row != nil && row.Version != objects.NullVersion {
			b, row, c, err = find(from, bucket, at, data, false)
		}
		return err
	})
	return b, row, c, err
}

// find finds a version of a key: the newest, or the one that at names. The one
// without an id is found only where it isn't the newest.
func find(from source, bucket string, at objects.Target, data, newest bool) (b objects.Bucket, row *objects.Row, c objects.Content, err error) {
	which, args := `v.newest`, []any{bucket, []byte(at.Key), data}
	switch {
	case newest:
	case at.ID.Null():
		which = `v.id = 'null' AND NOT v.newest`
	default:
		which, args = `v.back = $4 AND v.id = $5`, append(args, at.ID.Back, at.ID.Text)
	}
	var k keptVersion
	var quota string
	content := keptContent{}
	into := append([]any{&b.ID, &b.Name, &b.Versioning, &quota, &b.Usage.Bytes, &b.Usage.Objects}, k.all()...)
	err = from.row(`SELECT b.id, b.name, b.versioning, b.quota, b.bytes, b.objects, `+versionColumns+`, `+contentColumns+`, i.data
		FROM bucket b LEFT JOIN version v ON v.bucket = b.id AND v.key = $2 AND `+which+`
		LEFT JOIN content c ON c.id = v.content LEFT JOIN inline i ON i.content = c.id AND $3
		WHERE b.name = $1 LIMIT 1`, args...).Scan(append(into, append(content.columns(), &content.data)...)...)
	if err != nil {
		return b, nil, c, orNone(err, objects.NoBucket)
	}
	if quota != "" {
		b.Quota = new(objects.Quota)
		if err := fromJSON(quota, b.Quota); err != nil {
			return b, nil, c, err
		}
	}
	if !k.back.Valid {
		return b, nil, c, nil
	}
	row, err = k.version(b)
	return b, row, content.content(), err
}

// findVersion returns the version that a condition on v finds first; nil if none.
func findVersion(from source, b objects.Bucket, key, condition string, args ...any) (*objects.Row, error) {
	var k keptVersion
	err := from.row(`SELECT `+versionColumns+` FROM version v WHERE v.bucket = $1 AND v.key = $2 AND `+condition+` LIMIT 1`,
		append([]any{b.ID, []byte(key)}, args...)...).Scan(k.all()...)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return k.version(b)
}

// findState reads what is there of a key.
func findState(from source, b objects.Bucket, at objects.Target) (st objects.State, err error) {
	st.Bucket = b
	if st.Newest, err = findVersion(from, b, at.Key, `v.newest`); err != nil {
		return st, err
	}
	switch {
	case st.Newest == nil:
		return st, nil
	case st.Newest.Version == objects.NullVersion:
		st.Null = st.Newest
	case b.Versioning != objects.NeverVersioned:
		if st.Null, err = findVersion(from, b, at.Key, `v.id = 'null' AND NOT v.newest`); err != nil {
			return st, err
		}
	}
	switch {
	case !at.ID.Given():
	case at.ID.Null():
		st.Named = st.Null
	case st.Newest.Version == at.ID.Text:
		st.Named = st.Newest
	default:
		st.Named, err = findVersion(from, b, at.Key, `v.back = $3 AND v.id = $4`, at.ID.Back, at.ID.Text)
	}
	return st, err
}

func (s objectStore) State(ctx context.Context, bucket string, at objects.Target) (st objects.State, err error) {
	err = s.snapshot(ctx, func(from source) error {
		b, err := findObjectBucket(from, bucket)
		if err != nil {
			return err
		}
		st, err = findState(from, b, at)
		return err
	})
	return st, err
}

// Newest runs along the rows themselves where each is the newest of its key,
// and along the index of those that are elsewhere.
func (s objectStore) Newest(ctx context.Context, bucket int64, from objects.Position, end string, fn func(objects.Row) bool) error {
	return s.list(ctx, bucket, fn, func(b objects.Bucket) (string, []any) {
		key := `listed`
		if b.Versioning == objects.NeverVersioned {
			key = `key`
		}
		condition, args := before(key, end, key+` >= $2`, bucket, []byte(from.Key))
		return condition + ` ORDER BY ` + key, args
	})
}

func (s objectStore) Versions(ctx context.Context, bucket int64, from objects.Position, end string, fn func(objects.Row) bool) error {
	return s.list(ctx, bucket, fn, func(objects.Bucket) (string, []any) {
		condition, args := before(`key`, end, `(key, back) >= ($2, $3)`, bucket, []byte(from.Key), from.N)
		return condition + ` ORDER BY key, back`, args
	})
}

// before adds to a condition that a key comes before end; "" is no end.
func before(key, end, condition string, args ...any) (string, []any) {
	if end == "" {
		return condition, args
	}
	args = append(args, []byte(end))
	return condition + ` AND ` + key + ` < $` + strconv.Itoa(len(args)), args
}

func (s objectStore) list(ctx context.Context, bucket int64, fn func(objects.Row) bool, which func(objects.Bucket) (string, []any)) error {
	return s.snapshot(ctx, func(from source) error {
		var b objects.Bucket
		if err := from.row(`SELECT name, versioning FROM bucket WHERE id = $1`, bucket).Scan(&b.Name, &b.Versioning); err != nil {
			return orNone(err, objects.NoBucket)
		}
		condition, args := which(b)
		rows, err := from.query(`SELECT `+listedColumns+` FROM version v WHERE bucket = $1 AND `+condition, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var k keptVersion
			if err := rows.Scan(k.listed()...); err != nil {
				return err
			}
			row, err := k.version(b)
			if err != nil {
				return err
			}
			if !fn(*row) {
				return nil
			}
		}
		return rows.Err()
	})
}

func (s objectStore) Change(ctx context.Context, bucket string, all []objects.Target, plan func(int, objects.State) (objects.Plan, error)) (gone []objects.Gone, err error) {
	err = s.db.write(ctx, func(t *tx) error {
		gone = nil
		b, err := findObjectBucket(t, bucket)
		if err != nil {
			return err
		}
		c := newChange(t, b)
		for i, at := range all {
			st, err := findState(t, b, at)
			if err != nil {
				return err
			}
			p, err := plan(i, st)
			if err != nil {
				return err
			}
			if err := c.apply(st, p); err != nil {
				return err
			}
		}
		gone, err = c.finish()
		return err
	})
	return gone, err
}

func (s objectStore) Completed(ctx context.Context, bucket, key, name string) (b objects.Bucket, row *objects.Row, err error) {
	err = s.snapshot(ctx, func(from source) error {
		if b, err = findObjectBucket(from, bucket); err != nil {
			return err
		}
		row, err = findVersion(from, b, key, `v.upload <> '' AND v.upload = $3`, name)
		return err
	})
	return b, row, err
}
