package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"muster/internal/objects"
)

const contentColumns = `c.id, c.name, c.kind, c.size, c.sealing`

// keptContent is a content as it is scanned. Its columns may all be NULL.
type keptContent struct {
	id, kind, size, sealing sql.NullInt64
	name, data              []byte
}

func (k *keptContent) columns() []any { return []any{&k.id, &k.name, &k.kind, &k.size, &k.sealing} }

func (k *keptContent) content() objects.Content {
	c := objects.Content{ID: k.id.Int64, Kind: objects.Kind(k.kind.Int64), Size: k.size.Int64, Key: k.sealing.Int64, Inline: k.data}
	copy(c.Name[:], k.name)
	return c
}

// insertContent keeps a content and returns its id.
func insertContent(t *tx, c objects.NewContent) (id int64, err error) {
	var sealing any
	if c.Kind != objects.OfParts {
		sealing = c.Key
	}
	done, err := t.exec(`INSERT INTO content (name, kind, size, sealing, created) VALUES ($1, $2, $3, $4, $5)`, c.Name[:], int(c.Kind), c.Size, sealing, ms(c.Created))
	if err != nil {
		return 0, err
	}
	if id, err = done.LastInsertId(); err != nil || c.Kind != objects.InRow {
		return id, err
	}
	_, err = t.exec(`INSERT INTO inline (content, data) VALUES ($1, $2)`, id, c.Inline)
	return id, err
}

// removeLoose removes those contents that nothing refers to any more.
func removeLoose(t *tx, all []int64) (gone []objects.Gone, err error) {
	for _, id := range all {
		one, err := removeContent(t, id)
		if err != nil {
			return nil, err
		}
		if len(one.Files) > 0 {
			gone = append(gone, one)
		}
	}
	return gone, nil
}

const referred = `EXISTS (SELECT 1 FROM version WHERE content = c.id) OR EXISTS (SELECT 1 FROM part WHERE content = c.id) OR EXISTS (SELECT 1 FROM segment WHERE part = c.id)`

// removeContent removes a content unless something refers to it. One that was
// removed already, since two references went at once, is left alone.
func removeContent(t *tx, id int64) (gone objects.Gone, err error) {
	var k keptContent
	var used bool
	err = t.row(`SELECT `+contentColumns+`, `+referred+` FROM content c WHERE c.id = $1`, id).Scan(append(k.columns(), &used)...)
	if err != nil || used {
		return gone, orNone(err, nil)
	}
	c := k.content()
	gone.Name = c.Name
	switch c.Kind {
	case objects.InFile:
		gone.Files = []objects.ContentID{c.Name}
	case objects.OfParts:
		// Nothing but its segment refers to a part; the segment goes with it.
		if gone.Files, err = removeAll(t, `SELECT part FROM segment WHERE whole = $1`, id); err != nil {
			return gone, err
		}
	}
	_, err = t.exec(`DELETE FROM content WHERE id = $1`, id) // and what it has inline
	return gone, err
}

// removeAll removes the contents with the ids that a query finds, and returns
// those that were kept in files.
func removeAll(t *tx, ids string, args ...any) ([]objects.ContentID, error) {
	rows, err := t.query(`DELETE FROM content WHERE id IN (`+ids+`) RETURNING name, kind`, args...)
	type removed struct {
		name objects.ContentID
		kind objects.Kind
	}
	all, err := collect(rows, err, func(row scanner) (r removed, err error) {
		var name []byte
		err = row.Scan(&name, &r.kind)
		copy(r.name[:], name)
		return r, err
	})
	var files []objects.ContentID
	for _, r := range all {
		if r.kind == objects.InFile {
			files = append(files, r.name)
		}
	}
	return files, err
}

const segmentColumns = `s.number, s.start, s.size, s.etag, s.modified, s.algorithm, s.checksum`

func segmentInto(s *objects.Segment, modified *int64) []any {
	return []any{&s.Number, &s.Start, &s.Size, &s.ETag, modified, &s.Checksum.Algorithm, &s.Checksum.Value}
}

func (s objectStore) Segments(ctx context.Context, content, first, end int64) ([]objects.Segment, error) {
	rows, err := s.current(ctx).query(`SELECT `+segmentColumns+`, `+contentColumns+`, i.data
		FROM segment s JOIN content c ON c.id = s.part LEFT JOIN inline i ON i.content = c.id
		WHERE s.whole = $1 AND s.start >= coalesce((SELECT max(start) FROM segment WHERE whole = $1 AND start <= $2), 0) AND s.start < $3
		AND s.start + s.size > $2 ORDER BY s.start, s.number`, content, first, end)
	return collect(rows, err, func(row scanner) (g objects.Segment, err error) {
		var modified int64
		var k keptContent
		err = row.Scan(append(append(segmentInto(&g, &modified), k.columns()...), &k.data)...)
		g.Modified, g.Content = fromMS(modified), k.content()
		return g, err
	})
}

func (s objectStore) Numbered(ctx context.Context, content int64, after, limit int) ([]objects.Segment, error) {
	rows, err := s.current(ctx).query(`SELECT `+segmentColumns+` FROM segment s WHERE s.whole = $1 AND s.number > $2 ORDER BY s.number LIMIT $3`, content, after, limit)
	return collect(rows, err, func(row scanner) (g objects.Segment, err error) {
		var modified int64
		err = row.Scan(segmentInto(&g, &modified)...)
		g.Modified = fromMS(modified)
		return g, err
	})
}

func (s objectStore) Contents(ctx context.Context, after int64, limit int) ([]objects.Content, error) {
	rows, err := s.current(ctx).query(`SELECT `+contentColumns+`, i.data FROM content c LEFT JOIN inline i ON i.content = c.id WHERE c.id > $1 ORDER BY c.id LIMIT $2`, after, limit)
	return collect(rows, err, func(row scanner) (objects.Content, error) {
		var k keptContent
		err := row.Scan(append(k.columns(), &k.data)...)
		return k.content(), err
	})
}

func (s objectStore) HasContent(ctx context.Context, id int64) (bool, error) {
	var one int
	err := s.current(ctx).row(`SELECT 1 FROM content WHERE id = $1`, id).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

func (s objectStore) Unknown(ctx context.Context, names []objects.ContentID) (unknown []objects.ContentID, err error) {
	err = s.snapshot(ctx, func(from source) error {
		for _, name := range names {
			var one int
			err := from.row(`SELECT 1 FROM content WHERE kind = 0 AND name = $1`, name[:]).Scan(&one)
			if errors.Is(err, sql.ErrNoRows) {
				unknown = append(unknown, name)
			} else if err != nil {
				return err
			}
		}
		return nil
	})
	return unknown, err
}

func (s objectStore) NewestContent(ctx context.Context) (time.Time, error) {
	var created int64
	err := s.current(ctx).row(`SELECT created FROM content ORDER BY id DESC LIMIT 1`).Scan(&created)
	return fromMS(created), orNone(err, nil)
}
