package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"time"

	"muster/internal/fault"
	"muster/internal/index"
	"muster/internal/objects"
)

// Objects is the open store of objects. It is a file and a group writer of its
// own: an upload storm must not delay a revocation.
type Objects struct {
	db    *DB
	stmts sync.Map // *sql.Stmt of the readers, by their text
}

// objectCheckpoint lets the log grow to 8 MiB before it is written back: puts
// change pages all over the file, and many of them change a page again. Four
// times as much is no quicker, and makes everybody who syncs on a busy disk
// wait for a tenth of a second now and then.
const objectCheckpoint = "wal_autocheckpoint(2000)"

// OpenObjects opens the file of objects at path, made with mode 0600 when it is
// absent, and brings its tables up to date. The caller sees to it that no other
// process has the file open.
func OpenObjects(ctx context.Context, path string) (*Objects, error) {
	files, err := fs.Sub(objectMigrations, "migrations/objects")
	if err != nil {
		return nil, err
	}
	db, err := open(ctx, path, files, index.New(1), objectCheckpoint) // nothing decides from the index
	if err != nil {
		return nil, err
	}
	return &Objects{db: db}, nil
}

// Rows keeps the rows of the room objects.
func (o *Objects) Rows() objects.Rows { return objectStore{o.db, &o.stmts} }

// Close closes the file, as DB.Close does.
func (o *Objects) Close() error {
	o.stmts.Range(func(_, stmt any) bool {
		stmt.(*sql.Stmt).Close()
		return true
	})
	return o.db.Close()
}

// Check looks for damage in the file, as DB.Check does.
func (o *Objects) Check(ctx context.Context) error { return o.db.Check(ctx) }

type objectStore struct {
	db    *DB
	stmts *sync.Map
}

func (s objectStore) Ready(ctx context.Context) error { return s.db.Ready(ctx) }

// source is where a query is run: in a write, or on a snapshot.
type source interface {
	row(query string, args ...any) *sql.Row
	query(query string, args ...any) (*sql.Rows, error)
}

// prepared returns the statement of text for reading, prepared once: to
// prepare one costs more than to run it.
func (s objectStore) prepared(ctx context.Context, text string) (*sql.Stmt, error) {
	if stmt, ok := s.stmts.Load(text); ok {
		return stmt.(*sql.Stmt), nil
	}
	stmt, err := s.db.reads().PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	kept, there := s.stmts.LoadOrStore(text, stmt)
	if there {
		stmt.Close()
	}
	return kept.(*sql.Stmt), nil
}

// current returns a source whose every query reads the newest state of the file.
func (s objectStore) current(ctx context.Context) reading { return reading{ctx: ctx, store: s} }

// reading is a source that can't write. Within a tx it sees one state of the file.
type reading struct {
	ctx    context.Context
	store  objectStore
	tx     *sql.Tx         // nil for none
	missed map[string]bool // texts that weren't prepared yet, of a tx
}

func (r reading) row(query string, args ...any) *sql.Row {
	stmt, err := r.stmt(query)
	switch {
	case err != nil:
		return r.store.db.reads().QueryRowContext(r.ctx, "SELECT $1", refused{err})
	case stmt == nil:
		return r.tx.QueryRowContext(r.ctx, query, args...)
	}
	return stmt.QueryRowContext(r.ctx, args...)
}

func (r reading) query(query string, args ...any) (*sql.Rows, error) {
	stmt, err := r.stmt(query)
	switch {
	case err != nil:
		return nil, err
	case stmt == nil:
		return r.tx.QueryContext(r.ctx, query, args...)
	}
	return stmt.QueryContext(r.ctx, args...)
}

// stmt returns the prepared statement; nil within a tx that must do without.
// There it isn't prepared: that takes a second connection, and those who hold
// all of them would wait for each other.
func (r reading) stmt(query string) (*sql.Stmt, error) {
	if r.tx == nil {
		return r.store.prepared(r.ctx, query)
	}
	if stmt, ok := r.store.stmts.Load(query); ok {
		return r.tx.StmtContext(r.ctx, stmt.(*sql.Stmt)), nil
	}
	r.missed[query] = true
	return nil, nil
}

// snapshot runs fn on one state of the file.
func (s objectStore) snapshot(ctx context.Context, fn func(source) error) error {
	missed := map[string]bool{}
	err := s.within(ctx, func(t *sql.Tx) error { return fn(reading{ctx, s, t, missed}) })
	for text := range missed {
		if _, prepareErr := s.prepared(ctx, text); err == nil && prepareErr != nil {
			err = prepareErr
		}
	}
	return err
}

func (s objectStore) within(ctx context.Context, fn func(*sql.Tx) error) error {
	t, err := s.db.reads().BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return fmt.Errorf("read objects: %w", err)
	}
	defer t.Rollback()
	return fn(t)
}

// orNone turns the absence of a row into none.
func orNone(err, none error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return none
	}
	return err
}

const selectObjectBucket = `SELECT id, name, versioning, quota, bytes, objects FROM bucket WHERE name = $1`

func findObjectBucket(from source, name string) (b objects.Bucket, err error) {
	var quota string
	err = from.row(selectObjectBucket, name).Scan(&b.ID, &b.Name, &b.Versioning, &quota, &b.Usage.Bytes, &b.Usage.Objects)
	if err == nil && quota != "" {
		b.Quota = new(objects.Quota)
		err = fromJSON(quota, b.Quota)
	}
	return b, orNone(err, objects.NoBucket)
}

func (s objectStore) InsertBucket(ctx context.Context, name string) error {
	return s.db.write(ctx, func(t *tx) error {
		_, err := t.exec(`INSERT INTO bucket (name, versioning, quota, bytes, objects) VALUES ($1, '', '', 0, 0) ON CONFLICT (name) DO NOTHING`, name)
		return err
	})
}

// removable is how many uploads and parts of theirs go with a bucket at most:
// everybody's writes wait meanwhile.
const removable = 10_000

func (s objectStore) DeleteBucket(ctx context.Context, name string) (gone []objects.Gone, err error) {
	err = s.db.write(ctx, func(t *tx) error {
		gone = nil
		b, err := findObjectBucket(t, name)
		if errors.Is(err, objects.NoBucket) {
			return nil
		}
		if err != nil {
			return err
		}
		var versions, under int
		if err := t.row(`SELECT count(*) FROM (SELECT 1 FROM version WHERE bucket = $1 LIMIT 1) AS v`, b.ID).Scan(&versions); err != nil {
			return err
		}
		if versions > 0 {
			return fault.InUse.Errorf("The bucket you tried to delete is not empty")
		}
		err = t.row(`SELECT count(*) FROM (SELECT 1 FROM upload u LEFT JOIN part p ON p.upload = u.place WHERE u.bucket = $1 LIMIT $2) AS u`, b.ID, removable+1).Scan(&under)
		if err != nil {
			return err
		}
		if under > removable {
			return fault.InUse.Errorf("The bucket has more than %d uploads and parts that are not completed; abort them first", removable)
		}
		files, err := removeAll(t, `SELECT p.content FROM part p JOIN upload u ON u.place = p.upload WHERE u.bucket = $1`, b.ID)
		if err != nil {
			return err
		}
		for _, file := range files {
			gone = append(gone, objects.Gone{Name: file, Files: []objects.ContentID{file}})
		}
		for _, text := range []string{`DELETE FROM upload WHERE bucket = $1`, `DELETE FROM usage WHERE bucket = $1`, `DELETE FROM bucket WHERE id = $1`} {
			if _, err := t.exec(text, b.ID); err != nil {
				return err
			}
		}
		return nil
	})
	return gone, err
}

func (s objectStore) Bucket(ctx context.Context, name string) (objects.Bucket, error) {
	return findObjectBucket(s.current(ctx), name)
}

func (s objectStore) ChangeBucket(ctx context.Context, name string, change func(*objects.Bucket) error) error {
	return s.db.write(ctx, func(t *tx) error {
		b, err := findObjectBucket(t, name)
		if err != nil {
			return err
		}
		if err := change(&b); err != nil {
			return err
		}
		quota := ""
		if b.Quota != nil {
			if quota, err = toJSON(b.Quota); err != nil {
				return err
			}
		}
		_, err = t.exec(`UPDATE bucket SET versioning = $2, quota = $3 WHERE id = $1`, b.ID, string(b.Versioning), quota)
		return err
	})
}

func (s objectStore) Usage(ctx context.Context, bucket, writer string) (u objects.Usage, err error) {
	err = s.snapshot(ctx, func(from source) error {
		b, err := findObjectBucket(from, bucket)
		if err != nil {
			return err
		}
		u, err = usageOf(from, b.ID, writer)
		return err
	})
	return u, err
}

func usageOf(from source, bucket int64, writer string) (u objects.Usage, err error) {
	err = from.row(`SELECT bytes, objects FROM usage WHERE bucket = $1 AND writer = $2`, bucket, writer).Scan(&u.Bytes, &u.Objects)
	return u, orNone(err, nil)
}

func (s objectStore) Writers(ctx context.Context, bucket, after string, limit int) (all []objects.WriterUsage, err error) {
	err = s.snapshot(ctx, func(from source) error {
		b, err := findObjectBucket(from, bucket)
		if err != nil {
			return err
		}
		rows, err := from.query(`SELECT writer, bytes, objects FROM usage WHERE bucket = $1 AND writer > $2 ORDER BY writer LIMIT $3`, b.ID, after, limit)
		all, err = collect(rows, err, func(row scanner) (u objects.WriterUsage, err error) {
			err = row.Scan(&u.Writer, &u.Bytes, &u.Objects)
			return u, err
		})
		return err
	})
	return all, err
}

func (s objectStore) SealingKeys(ctx context.Context) ([]objects.SealedKey, error) {
	rows, err := s.current(ctx).query(`SELECT id, sealed, created FROM sealing_key ORDER BY id`)
	return collect(rows, err, scanSealedKey)
}

func scanSealedKey(row scanner) (k objects.SealedKey, err error) {
	var created int64
	err = row.Scan(&k.ID, &k.Sealed, &created)
	k.Created = fromMS(created)
	return k, err
}

func (s objectStore) InsertSealingKey(ctx context.Context, k objects.SealedKey, unless time.Time) (kept objects.SealedKey, err error) {
	const newest = `SELECT id, sealed, created FROM sealing_key ORDER BY id DESC LIMIT 1`
	err = s.db.write(ctx, func(t *tx) error {
		kept, err = scanSealedKey(t.row(newest))
		if err == nil && kept.Created.After(unless) {
			return nil
		}
		if err := orNone(err, nil); err != nil {
			return err
		}
		if _, err := t.exec(`INSERT INTO sealing_key (sealed, created) VALUES ($1, $2)`, k.Sealed, ms(k.Created)); err != nil {
			return err
		}
		kept, err = scanSealedKey(t.row(newest))
		return err
	})
	return kept, err
}

func (s objectStore) Note(ctx context.Context, name string) (value string, err error) {
	err = s.current(ctx).row(`SELECT value FROM note WHERE name = $1`, name).Scan(&value)
	return value, orNone(err, nil)
}

func (s objectStore) SetNote(ctx context.Context, name, value string) error {
	return s.db.write(ctx, func(t *tx) error {
		_, err := t.exec(`DELETE FROM note WHERE name = $1`, name)
		if err == nil && value != "" {
			_, err = t.exec(`INSERT INTO note (name, value) VALUES ($1, $2)`, name, value)
		}
		return err
	})
}
