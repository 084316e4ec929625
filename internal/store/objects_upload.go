package store

import (
	"context"
	"database/sql"
	"errors"

	"muster/internal/objects"
)

const uploadColumns = `u.place, u.salt, u.key, u.generation, u.created, u.class, u.algorithm, u.checksum_type, u.headers, u.tags, u.writer`

func scanUpload(bucket string, id int64) func(scanner) (objects.UploadRow, error) {
	return func(row scanner) (u objects.UploadRow, err error) {
		var key, salt []byte
		var created int64
		var headers, tags, class string
		err = row.Scan(&u.Place, &salt, &key, &u.Generation, &created, &class, &u.Checksum.Algorithm, &u.Checksum.Type, &headers, &tags, &u.Writer)
		if err != nil {
			return u, err
		}
		u.BucketID, u.Bucket, u.Key, u.Created = id, bucket, string(key), fromMS(created)
		copy(u.Salt[:], salt)
		u.UploadID = u.UploadID.Named(u.Place)
		if headers != "" {
			if err := fromJSON(headers, &u.Headers); err != nil {
				return u, err
			}
		}
		u.Headers.StorageClass = class
		if tags != "" {
			err = fromJSON(tags, &u.Tags)
		}
		return u, err
	}
}

func (s objectStore) InsertUpload(ctx context.Context, bucket string, u objects.UploadRow, quota objects.Quota) (kept objects.UploadRow, err error) {
	headers, err := keptHeaders(u.Headers)
	if err != nil {
		return kept, err
	}
	tags, err := keptTags(u.Tags)
	if err != nil {
		return kept, err
	}
	err = s.db.write(ctx, func(t *tx) error {
		b, err := findObjectBucket(t, bucket)
		if err != nil {
			return err
		}
		done, err := t.exec(`INSERT INTO upload (salt, bucket, key, generation, created, class, algorithm, checksum_type, headers, tags, writer)
			VALUES ($1, $2, $3, 0, $4, $5, $6, $7, $8, $9, $10)`,
			u.Salt[:], b.ID, []byte(u.Key), ms(u.Created), u.Headers.StorageClass, u.Checksum.Algorithm, u.Checksum.Type, headers, tags, u.Writer)
		if err != nil {
			return err
		}
		place, err := done.LastInsertId()
		kept = u
		if err != nil {
			return err
		}
		kept.UploadID, kept.BucketID = u.UploadID.Named(place), b.ID
		c := newChange(t, b)
		c.count(u.Writer, 0, 1)
		c.quotas[u.Writer] = quota
		_, err = c.finish()
		return err
	})
	return kept, err
}

// findUpload fails with NoUpload unless the upload is of that bucket and key.
func findUpload(from source, b objects.Bucket, key string, id objects.UploadID) (objects.UploadRow, error) {
	u, err := scanUpload(b.Name, b.ID)(from.row(`SELECT `+uploadColumns+` FROM upload u WHERE u.place = $1 AND u.bucket = $2 AND u.key = $3 AND u.salt = $4`,
		id.Place, b.ID, []byte(key), id.Salt[:]))
	return u, orNone(err, objects.NoUpload)
}

func (s objectStore) Upload(ctx context.Context, bucket, key string, id objects.UploadID) (u objects.UploadRow, err error) {
	err = s.snapshot(ctx, func(from source) error {
		b, err := findObjectBucket(from, bucket)
		if err != nil {
			return err
		}
		u, err = findUpload(from, b, key, id)
		return err
	})
	return u, err
}

const partColumns = `p.number, p.content, p.size, p.etag, p.modified, p.algorithm, p.checksum`

func scanPart(row scanner) (p objects.PartRow, err error) {
	var modified int64
	err = row.Scan(&p.Number, &p.Content, &p.Size, &p.ETag, &modified, &p.Checksum.Algorithm, &p.Checksum.Value)
	p.Modified = fromMS(modified)
	return p, err
}

func (s objectStore) InsertPart(ctx context.Context, u objects.UploadRow, p objects.PartRow, content objects.NewContent, quota objects.Quota) (gone []objects.Gone, err error) {
	err = s.db.write(ctx, func(t *tx) error {
		gone = nil
		b, err := findObjectBucket(t, u.Bucket)
		if err != nil {
			return err
		}
		if _, err := findUpload(t, b, u.Key, u.UploadID); err != nil {
			return err
		}
		c := newChange(t, b)
		old, err := scanPart(t.row(`SELECT `+partColumns+` FROM part p WHERE p.upload = $1 AND p.number = $2`, u.Place, p.Number))
		switch {
		case err == nil:
			if err := c.removePart(u, old); err != nil {
				return err
			}
		case !errors.Is(err, sql.ErrNoRows):
			return err
		}
		id, err := insertContent(t, content)
		if err != nil {
			return err
		}
		_, err = t.exec(`INSERT INTO part (upload, number, content, size, etag, modified, algorithm, checksum) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			u.Place, p.Number, id, p.Size, p.ETag, ms(p.Modified), p.Checksum.Algorithm, p.Checksum.Value)
		if err != nil {
			return err
		}
		if _, err := t.exec(`UPDATE upload SET generation = generation + 1 WHERE place = $1`, u.Place); err != nil {
			return err
		}
		c.count(u.Writer, p.Size, 0)
		c.quotas[u.Writer] = quota
		gone, err = c.finish()
		return err
	})
	return gone, err
}

// removePart removes a part; its content goes when the change is finished.
func (c *change) removePart(u objects.UploadRow, p objects.PartRow) error {
	if _, err := c.exec(`DELETE FROM part WHERE upload = $1 AND number = $2`, u.Place, p.Number); err != nil {
		return err
	}
	c.count(u.Writer, -p.Size, 0)
	c.loose = append(c.loose, p.Content)
	return nil
}

func (s objectStore) UploadedParts(ctx context.Context, upload int64, after, limit int) ([]objects.PartRow, error) {
	rows, err := s.current(ctx).query(`SELECT `+partColumns+` FROM part p WHERE p.upload = $1 AND p.number > $2 ORDER BY p.number LIMIT $3`, upload, after, limit)
	return collect(rows, err, scanPart)
}

func (s objectStore) Uploads(ctx context.Context, bucket int64, from objects.Position, end string, fn func(objects.UploadRow) bool) error {
	condition, args := before(`u.key`, end, `u.bucket = $1 AND (u.key, u.place) >= ($2, $3)`, bucket, []byte(from.Key), from.N)
	return s.snapshot(ctx, func(src source) error {
		var name string
		if err := src.row(`SELECT name FROM bucket WHERE id = $1`, bucket).Scan(&name); err != nil {
			return orNone(err, objects.NoBucket)
		}
		rows, err := src.query(`SELECT `+uploadColumns+` FROM upload u WHERE `+condition+` ORDER BY u.key, u.place`, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		scan := scanUpload(name, bucket)
		for rows.Next() {
			u, err := scan(rows)
			if err != nil {
				return err
			}
			if !fn(u) {
				return nil
			}
		}
		return rows.Err()
	})
}

func (s objectStore) Complete(ctx context.Context, u objects.UploadRow, name objects.ContentID, numbers []int, plan func(objects.State) (objects.Plan, error)) (gone []objects.Gone, err error) {
	wanted := make(map[int]bool, len(numbers))
	for _, n := range numbers {
		wanted[n] = true
	}
	err = s.db.write(ctx, func(t *tx) error {
		gone = nil
		b, err := findObjectBucket(t, u.Bucket)
		if err != nil {
			return err
		}
		now, err := findUpload(t, b, u.Key, u.UploadID)
		switch {
		case err != nil:
			return err
		case now.Generation != u.Generation:
			return objects.Conflict
		}
		c := newChange(t, b)
		st, err := findState(t, b, objects.Target{Key: u.Key})
		if err != nil {
			return err
		}
		p, err := plan(st)
		if err != nil {
			return err
		}
		whole, err := c.join(now, name, wanted, p.Insert)
		if err != nil {
			return err
		}
		made := *p.Insert
		made.Content, p.Insert, p.Content = whole, &made, nil
		if err := c.apply(st, p); err != nil {
			return err
		}
		gone, err = c.finish()
		return err
	})
	return gone, err
}

// join makes a content of the wanted parts of an upload, and removes the
// upload and its other parts.
func (c *change) join(u objects.UploadRow, name objects.ContentID, wanted map[int]bool, made *objects.Row) (whole int64, err error) {
	rows, err := c.query(`SELECT `+partColumns+` FROM part p WHERE p.upload = $1`, u.Place)
	parts, err := collect(rows, err, scanPart)
	if err != nil {
		return 0, err
	}
	for _, p := range parts {
		if wanted[p.Number] {
			c.count(u.Writer, -p.Size, 0) // the version counts them from here on
			continue
		}
		if err := c.removePart(u, p); err != nil {
			return 0, err
		}
	}
	whole, err = insertContent(c.tx, objects.NewContent{Content: objects.Content{Name: name, Kind: objects.OfParts, Size: made.Size}, Created: made.Modified})
	if err != nil {
		return 0, err
	}
	_, err = c.exec(`INSERT INTO segment (whole, number, start, part, size, etag, modified, algorithm, checksum)
		SELECT $2, number, sum(size) OVER (ORDER BY number) - size, content, size, etag, modified, algorithm, checksum FROM part WHERE upload = $1`, u.Place, whole)
	if err != nil {
		return 0, err
	}
	return whole, c.removeUpload(u)
}

// removeUpload removes an upload and what is left of its parts' rows.
func (c *change) removeUpload(u objects.UploadRow) error {
	if _, err := c.exec(`DELETE FROM part WHERE upload = $1`, u.Place); err != nil {
		return err
	}
	c.count(u.Writer, 0, -1)
	return c.changeOne(objects.NoUpload, `DELETE FROM upload WHERE place = $1`, u.Place)
}

func (s objectStore) DeleteUpload(ctx context.Context, u objects.UploadRow) (gone []objects.Gone, err error) {
	err = s.db.write(ctx, func(t *tx) error {
		gone = nil
		b, err := findObjectBucket(t, u.Bucket)
		if errors.Is(err, objects.NoBucket) {
			return objects.NoUpload
		}
		if err != nil {
			return err
		}
		if _, err := findUpload(t, b, u.Key, u.UploadID); err != nil {
			return err
		}
		c := newChange(t, b)
		var bytes int64
		if err := t.row(`SELECT coalesce(sum(size), 0) FROM part WHERE upload = $1`, u.Place).Scan(&bytes); err != nil {
			return err
		}
		c.count(u.Writer, -bytes, 0)
		// Nothing but its part refers to a part's content; the part goes with it.
		one, err := removeAll(t, `SELECT content FROM part WHERE upload = $1`, u.Place)
		if err != nil {
			return err
		}
		if err := c.removeUpload(u); err != nil {
			return err
		}
		gone, err = c.finish()
		if len(one) > 0 {
			gone = append(gone, objects.Gone{Name: one[0], Files: one})
		}
		return err
	})
	return gone, err
}
