package store

import (
	"muster/internal/objects"
)

// change is a write to the versions of one bucket.
type change struct {
	*tx
	bucket objects.Bucket
	quotas map[string]objects.Quota // of those who added something
	added  map[string]objects.Usage // by writer; removals count against it
	kept   map[string]objects.Usage // what they have then
	loose  []int64                  // contents that lost a reference
}

func newChange(t *tx, b objects.Bucket) *change {
	return &change{tx: t, bucket: b, quotas: map[string]objects.Quota{}, added: map[string]objects.Usage{}, kept: map[string]objects.Usage{}}
}

// count adds to what a writer has.
func (c *change) count(writer string, bytes, versions int64) {
	u := c.added[writer]
	u.Bytes, u.Objects = u.Bytes+bytes, u.Objects+versions
	c.added[writer] = u
}

// apply does what a plan says to the key whose state it was made for.
func (c *change) apply(st objects.State, p objects.Plan) error {
	removed := false // the newest one
	for _, row := range p.Remove {
		if row == nil {
			continue
		}
		if err := c.remove(row); err != nil {
			return err
		}
		removed = removed || row.Newest
	}
	switch {
	case p.Insert != nil:
		if st.Newest != nil && !removed {
			if err := c.setNewest(st.Newest.Key, st.Newest.Back, false); err != nil {
				return err
			}
		}
		if err := c.insert(p); err != nil {
			return err
		}
	case removed:
		next, err := findVersion(c, c.bucket, st.Newest.Key, `v.back >= $3 ORDER BY v.back`, st.Newest.Back)
		if err != nil {
			return err
		}
		if next != nil {
			if err := c.setNewest(next.Key, next.Back, true); err != nil {
				return err
			}
		}
	}
	if p.Tag == nil {
		return nil
	}
	tags, err := keptTags(p.Tags)
	if err != nil {
		return err
	}
	return c.changeOne(objects.NoVersion, `UPDATE version SET tags = $4 WHERE bucket = $1 AND key = $2 AND back = $3`, c.bucket.ID, []byte(p.Tag.Key), p.Tag.Back, tags)
}

func (c *change) setNewest(key string, back int64, newest bool) error {
	return c.changeOne(objects.NoVersion, `UPDATE version SET newest = $4 WHERE bucket = $1 AND key = $2 AND back = $3`, c.bucket.ID, []byte(key), back, newest)
}

func (c *change) remove(row *objects.Row) error {
	if err := c.changeOne(objects.NoVersion, `DELETE FROM version WHERE bucket = $1 AND key = $2 AND back = $3`, c.bucket.ID, []byte(row.Key), row.Back); err != nil {
		return err
	}
	c.count(row.Writer, -row.Size, -1)
	if row.Content != 0 {
		c.loose = append(c.loose, row.Content)
	}
	return nil
}

func (c *change) insert(p objects.Plan) error {
	row := *p.Insert
	switch {
	case p.Content != nil:
		id, err := insertContent(c.tx, *p.Content)
		if err != nil {
			return err
		}
		row.Content = id
	case row.Content != 0:
		var one int
		if err := c.row(`SELECT 1 FROM content WHERE id = $1`, row.Content).Scan(&one); err != nil {
			return orNone(err, objects.ErrContentGone)
		}
	}
	headers, err := keptHeaders(row.Headers)
	if err != nil {
		return err
	}
	tags, err := keptTags(row.Tags)
	if err != nil {
		return err
	}
	var content any
	if row.Content != 0 {
		content = row.Content
	}
	_, err = c.exec(`INSERT INTO version (bucket, key, back, id, newest, marker, content, size, etag, modified, class, algorithm, checksum_type, checksum, parts, headers, tags, upload, writer)
		VALUES ($1, $2, $3, $4, TRUE, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`,
		c.bucket.ID, []byte(row.Key), row.Back, row.Version, row.Marker, content, row.Size, row.ETag, ms(row.Modified), row.Headers.StorageClass,
		row.Checksum.Algorithm, row.Checksum.Type, row.Checksum.Value, row.Parts, headers, tags, row.Upload, row.Writer)
	c.count(row.Writer, row.Size, 1)
	c.quotas[row.Writer] = p.Quota
	return err
}

// finish keeps what was counted, refuses what a quota doesn't allow, and
// removes contents that nothing refers to any more.
func (c *change) finish() ([]objects.Gone, error) {
	var all objects.Usage
	for writer, u := range c.added {
		if u == (objects.Usage{}) {
			continue
		}
		all.Bytes, all.Objects = all.Bytes+u.Bytes, all.Objects+u.Objects
		if err := c.keepUsage(writer, u); err != nil {
			return nil, err
		}
	}
	if all != (objects.Usage{}) {
		if err := c.changeOne(objects.NoBucket, `UPDATE bucket SET bytes = bytes + $2, objects = objects + $3 WHERE id = $1`, c.bucket.ID, all.Bytes, all.Objects); err != nil {
			return nil, err
		}
	}
	c.bucket.Usage = objects.Usage{Bytes: c.bucket.Usage.Bytes + all.Bytes, Objects: c.bucket.Usage.Objects + all.Objects}
	for writer, q := range c.quotas {
		if err := q.Check(c.bucket.Usage, all, c.kept[writer], c.added[writer]); err != nil {
			return nil, err
		}
	}
	return removeLoose(c.tx, c.loose)
}

func (c *change) keepUsage(writer string, added objects.Usage) error {
	var now objects.Usage
	err := c.row(`INSERT INTO usage (bucket, writer, bytes, objects) VALUES ($1, $2, $3, $4)
		ON CONFLICT (bucket, writer) DO UPDATE SET bytes = usage.bytes + excluded.bytes, objects = usage.objects + excluded.objects RETURNING bytes, objects`,
		c.bucket.ID, writer, added.Bytes, added.Objects).Scan(&now.Bytes, &now.Objects)
	if err != nil {
		return err
	}
	if c.kept[writer] = now; now == (objects.Usage{}) {
		_, err = c.exec(`DELETE FROM usage WHERE bucket = $1 AND writer = $2`, c.bucket.ID, writer)
	}
	return err
}
