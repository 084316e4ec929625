package store

import (
	"context"

	"muster/internal/bucket"
	"muster/internal/fault"
	"muster/internal/page"
)

// Buckets keeps the rows of the room bucket.
func (db *DB) Buckets() bucket.Store { return bucketStore{db} }

type bucketStore struct{ db *DB }

const bucketColumns = `name, account, region, created, pending`

const selectBucket = `SELECT ` + bucketColumns + ` FROM bucket WHERE name = $1`

func scanBucket(row scanner) (b bucket.Bucket, err error) {
	var created int64
	err = row.Scan(&b.Name, &b.Account, &b.Region, &created, &b.Pending)
	b.Created = fromMS(created)
	return b, err
}

func (s bucketStore) InsertBucket(ctx context.Context, b bucket.Bucket) (kept bucket.Bucket, inserted bool, err error) {
	err = s.db.write(ctx, func(t *tx) error {
		done, err := t.exec(`INSERT INTO bucket (`+bucketColumns+`) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (name) DO NOTHING`,
			b.Name, b.Account, b.Region, ms(b.Created), b.Pending)
		if err != nil {
			return err
		}
		n, err := done.RowsAffected()
		if err != nil {
			return err
		}
		inserted = n > 0
		t.publish(bucket.Key(b.Name))
		kept, err = scanBucket(t.row(selectBucket, b.Name))
		return err
	})
	return kept, inserted, err
}

func (s bucketStore) SetPending(ctx context.Context, name string, pending bool) error {
	return s.db.write(ctx, func(t *tx) error {
		t.publish(bucket.Key(name))
		return t.changeOne(noBucket(name), `UPDATE bucket SET pending = $2 WHERE name = $1`, name, pending)
	})
}

func (s bucketStore) DeleteBucket(ctx context.Context, name string) error {
	return s.db.write(ctx, func(t *tx) error {
		if _, err := t.exec(`DELETE FROM bucket_document WHERE bucket = $1`, name); err != nil {
			return err
		}
		_, err := t.exec(`DELETE FROM bucket WHERE name = $1`, name)
		t.publish(bucket.Key(name))
		for _, k := range bucket.Kinds {
			t.publish(bucket.DocumentKey(name, k), bucket.ConfiguredKey(k))
		}
		return err
	})
}

func (s bucketStore) Bucket(ctx context.Context, name string) (bucket.Bucket, error) {
	b, err := scanBucket(s.db.reads().QueryRowContext(ctx, selectBucket, name))
	return b, notFound(err, "%s", noBucket(name))
}

func noBucket(name string) error {
	return fault.NotFound.Errorf("The specified bucket does not exist").With("BucketName", name)
}

func (s bucketStore) Buckets(ctx context.Context, f bucket.Filter, p page.Request) (page.Page[bucket.Bucket], error) {
	w := new(where)
	w.and("account = ?", f.Account)
	if f.Region != "" {
		w.and("region = ?", f.Region)
	}
	w.prefix("name", f.Prefix)
	if err := w.after(p, "name"); err != nil {
		return page.Page[bucket.Bucket]{}, err
	}
	rows, err := s.db.reads().QueryContext(ctx, w.page(`SELECT `+bucketColumns+` FROM bucket`, p, "name"), w.args...)
	all, err := collect(rows, err, scanBucket)
	return page.Cut(all, p.Limit, func(b bucket.Bucket) []string { return []string{b.Name} }), err
}

func (s bucketStore) Pending(ctx context.Context) ([]bucket.Bucket, error) {
	rows, err := s.db.reads().QueryContext(ctx, `SELECT `+bucketColumns+` FROM bucket WHERE pending ORDER BY name`)
	return collect(rows, err, scanBucket)
}
