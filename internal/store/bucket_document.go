package store

import (
	"context"

	"muster/internal/bucket"
)

func (s bucketStore) SetDocument(ctx context.Context, name string, k bucket.Kind, document string) error {
	return s.db.write(ctx, func(t *tx) error {
		t.publish(bucket.DocumentKey(name, k), bucket.ConfiguredKey(k))
		return t.changeOne(noBucket(name), `INSERT INTO bucket_document (bucket, kind, document)
			SELECT name, $2, $3 FROM bucket WHERE name = $1
			ON CONFLICT (bucket, kind) DO UPDATE SET document = excluded.document`, name, string(k), document)
	})
}

func (s bucketStore) DeleteDocument(ctx context.Context, name string, k bucket.Kind) error {
	return s.db.write(ctx, func(t *tx) error {
		t.publish(bucket.DocumentKey(name, k), bucket.ConfiguredKey(k))
		_, err := t.exec(`DELETE FROM bucket_document WHERE bucket = $1 AND kind = $2`, name, string(k))
		return err
	})
}

func (s bucketStore) Document(ctx context.Context, name string, k bucket.Kind) (document string, err error) {
	err = s.db.reads().QueryRowContext(ctx, `SELECT document FROM bucket_document WHERE bucket = $1 AND kind = $2`, name, string(k)).Scan(&document)
	return document, notFound(err, "bucket %s has no %s", name, k)
}

func (s bucketStore) Configured(ctx context.Context, k bucket.Kind) ([]string, error) {
	rows, err := s.db.reads().QueryContext(ctx, `SELECT bucket FROM bucket_document WHERE kind = $1 ORDER BY bucket`, string(k))
	return collect(rows, err, func(row scanner) (name string, err error) { err = row.Scan(&name); return name, err })
}
