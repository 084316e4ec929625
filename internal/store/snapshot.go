package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"muster/internal/ca"
)

// Snapshot is a file of the store that is only read, as it lies on the disk: to
// look for damage. A server may have it open at the same time.
type Snapshot struct{ pool *sql.DB }

// OpenSnapshot opens the file of identities at path for reading only. It makes
// and changes no file but SQLite's scratch file beside it (-shm), which holds
// nothing of the rows. It fails with fs.ErrNotExist where there is none and with
// ErrOlder where an older version made its tables.
func OpenSnapshot(ctx context.Context, path string) (*Snapshot, error) {
	return snapshot(ctx, path, migrations, "migrations/sqlite")
}

// OpenObjectsSnapshot does the same with the file of objects.
func OpenObjectsSnapshot(ctx context.Context, path string) (*Snapshot, error) {
	return snapshot(ctx, path, objectMigrations, "migrations/objects")
}

func snapshot(ctx context.Context, path string, made fs.FS, dir string) (*Snapshot, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, err
	}
	pool, err := openToRead(path)
	if err != nil {
		return nil, fmt.Errorf("open the database %s: %w", path, err)
	}
	if err := asThisVersion(ctx, pool, made, dir); err != nil {
		return nil, errors.Join(fmt.Errorf("read the database %s: %w", path, err), pool.Close())
	}
	return &Snapshot{pool}, nil
}

// CheckLog fails with LogDamage where the log beside the database at path is
// damaged before its end, so that SQLite would take it for shorter than it is.
// Nobody may have the database open.
func CheckLog(path string) error { return checkLog(path) }

// Close closes the file.
func (s *Snapshot) Close() error { return s.pool.Close() }

// Check looks for damage in the file, as DB.Check does.
func (s *Snapshot) Check(ctx context.Context) error { return (&DB{readers: s.pool}).Check(ctx) }

// Authorities returns the certificate authorities.
func (s *Snapshot) Authorities(ctx context.Context) ([]ca.Kept, error) {
	return authorityStore{&DB{readers: s.pool, readOnly: true}}.Authorities(ctx)
}

// mostDamages is how many damages one look for them returns.
const mostDamages = 100

// Damage is what is wrong with a row, or with a table where Row is "".
type Damage struct{ Table, Row, What string }

// tree is how SQLite names the table or index in which it found damage.
var tree = regexp.MustCompile(`Tree (\d+)`)

// missing is how it names the index that lacks a row.
var missing = regexp.MustCompile(`(?:from|in) index (\S+)|value in (\w+)\.`)

// Integrity reads the whole file and returns what SQLite finds damaged in it.
func (s *Snapshot) Integrity(ctx context.Context) ([]Damage, error) {
	names := map[string]string{} // of the tables, by root page and by name of table and index
	rows, err := s.pool.QueryContext(ctx, `SELECT rootpage, name, tbl_name FROM sqlite_schema`)
	pages, err := collect(rows, err, func(row scanner) (r [3]string, err error) {
		err = row.Scan(&r[0], &r[1], &r[2])
		return r, err
	})
	if err != nil {
		return nil, fmt.Errorf("read which tables there are: %w", err)
	}
	for _, p := range pages {
		names["page "+p[0]], names[p[1]] = p[2], p[2]
	}
	rows, err = s.pool.QueryContext(ctx, fmt.Sprintf(`PRAGMA integrity_check(%d)`, mostDamages))
	found, err := collect(rows, err, func(row scanner) (text string, err error) {
		err = row.Scan(&text)
		return text, err
	})
	if err != nil {
		return nil, fmt.Errorf("check the database: %w", err)
	}
	var all []Damage
	for _, text := range found {
		if text == "ok" {
			continue
		}
		d := Damage{What: text}
		if m := tree.FindStringSubmatch(text); m != nil {
			d.Table = names["page "+m[1]]
		} else if m := missing.FindStringSubmatch(text); m != nil {
			d.Table = names[m[1]+m[2]]
		}
		all = append(all, d)
	}
	return all, nil
}

// Strays returns the rows that refer to one that isn't there.
func (s *Snapshot) Strays(ctx context.Context) ([]Damage, error) {
	type reference struct {
		table, parent string
		id            int64
	}
	rows, err := s.pool.QueryContext(ctx, `SELECT DISTINCT "table", "parent", "fkid" FROM pragma_foreign_key_check`)
	found, err := collect(rows, err, func(row scanner) (r reference, err error) {
		err = row.Scan(&r.table, &r.parent, &r.id)
		return r, err
	})
	if err != nil {
		return nil, fmt.Errorf("check what rows refer to: %w", err)
	}
	var all []Damage
	for _, r := range found {
		where, err := s.stray(ctx, r.table, r.parent, r.id)
		if err != nil {
			return nil, err
		}
		d := Damage{Table: r.table, What: "refers to a row of " + r.parent + " that isn't there"}
		if err := s.walk(ctx, r.table, where, func(r Row) {
			d.Row = r.Key
			all = append(all, d)
		}); err != nil {
			return nil, fmt.Errorf("find what refers to no row of %s: %w", r.parent, err)
		}
	}
	return all, nil
}

// stray returns the condition of a row that by a foreign key refers to nothing.
func (s *Snapshot) stray(ctx context.Context, table, parent string, id int64) (string, error) {
	rows, err := s.pool.QueryContext(ctx, `SELECT "from", "to" FROM pragma_foreign_key_list($1) WHERE id = $2 ORDER BY seq`, table, id)
	columns, err := collect(rows, err, func(row scanner) (c [2]string, err error) {
		err = row.Scan(&c[0], &c[1])
		return c, err
	})
	if err != nil || len(columns) == 0 {
		return "", fmt.Errorf("read what %s refers to: %w", table, err)
	}
	var given, same []string
	for _, c := range columns {
		given = append(given, quoted(table, c[0])+` IS NOT NULL`)
		same = append(same, quoted("parent", c[1])+` = `+quoted(table, c[0]))
	}
	return ` WHERE ` + strings.Join(given, ` AND `) + ` AND NOT EXISTS (SELECT 1 FROM ` + quoted(parent) + ` AS parent WHERE ` + strings.Join(same, ` AND `) + `) LIMIT ` + strconv.Itoa(mostDamages), nil
}

// quoted writes a name as SQL has it, or a table's and its column's.
func quoted(names ...string) string {
	for i, name := range names {
		names[i] = `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
	}
	return strings.Join(names, ".")
}

// Tables returns the names of all tables.
func (s *Snapshot) Tables(ctx context.Context) ([]string, error) {
	rows, err := s.pool.QueryContext(ctx, `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY name`)
	return collect(rows, err, func(row scanner) (name string, err error) {
		err = row.Scan(&name)
		return name, err
	})
}

// Row is a row as it lies in its table.
type Row struct {
	Key    string // the columns of its primary key, such as "account=000000000000, name=pump"
	Values map[string]any
	Wrong  []string // columns that hold what their type doesn't
}

// Text returns a column that holds a text; "" where it holds something else.
func (r Row) Text(column string) string {
	text, _ := r.Values[column].(string)
	return text
}

// Bytes returns a column that holds bytes.
func (r Row) Bytes(column string) []byte {
	raw, _ := r.Values[column].([]byte)
	return raw
}

// Int returns a column that holds a number.
func (r Row) Int(column string) int64 {
	n, _ := r.Values[column].(int64)
	return n
}

// Walk calls visit with every row of a table. It fails where a row can't be
// read; the row before it was the last that visit saw.
func (s *Snapshot) Walk(ctx context.Context, table string, visit func(Row)) error {
	return s.walk(ctx, table, "", visit)
}

// column is a column of a table.
type column struct {
	name, kind string
	key        int // its place in the primary key; 0 for none
	notNull    bool
}

// walk reads the rows that where chooses. Names and where are ours, or those of
// the file's own tables.
func (s *Snapshot) walk(ctx context.Context, table, where string, visit func(Row)) error {
	rows, err := s.pool.QueryContext(ctx, `SELECT name, type, pk, "notnull" FROM pragma_table_info($1)`, table)
	columns, err := collect(rows, err, func(row scanner) (c column, err error) {
		err = row.Scan(&c.name, &c.kind, &c.key, &c.notNull)
		return c, err
	})
	if err != nil || len(columns) == 0 {
		return fmt.Errorf("read the columns of %s: %w", table, err)
	}
	list := make([]string, len(columns))
	for i, c := range columns {
		// As it lies there: the driver makes times of some types.
		list[i] = `+` + quoted(c.name)
	}
	all, err := s.pool.QueryContext(ctx, `SELECT `+strings.Join(list, ", ")+` FROM `+quoted(table)+where)
	if err != nil {
		return err
	}
	defer all.Close()
	for all.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := all.Scan(into...); err != nil {
			return err
		}
		visit(rowOf(columns, values))
	}
	return all.Err()
}

func rowOf(columns []column, values []any) Row {
	r := Row{Values: map[string]any{}}
	var key []column
	for i, c := range columns {
		r.Values[c.name] = values[i]
		if c.key > 0 {
			key = append(key, c)
		}
		if !c.holds(values[i]) {
			r.Wrong = append(r.Wrong, c.name)
		}
	}
	slices.SortFunc(key, func(a, b column) int { return a.key - b.key })
	var parts []string
	for _, c := range key {
		v := r.Values[c.name]
		if raw, ok := v.([]byte); ok {
			v = fmt.Sprintf("%x", raw)
		}
		parts = append(parts, fmt.Sprintf("%s=%v", c.name, v))
	}
	r.Key = strings.Join(parts, ", ")
	return r
}

// holds reports whether a value is of the column's type. SQLite itself takes
// any value in any column.
func (c column) holds(v any) bool {
	if v == nil {
		return !c.notNull
	}
	switch c.kind {
	case "BIGINT", "INTEGER":
		_, ok := v.(int64)
		return ok
	case "BOOLEAN":
		return v == int64(0) || v == int64(1)
	case "TEXT":
		text, ok := v.(string)
		return ok && utf8.ValidString(text)
	case "BLOB", "BYTEA":
		_, ok := v.([]byte)
		return ok
	}
	return true // not a type of ours
}
