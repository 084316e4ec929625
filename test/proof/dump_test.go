package proof

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	_ "modernc.org/sqlite" // the test reads what the server keeps, behind its back
)

// dump is everything a server keeps, last uses aside: a digest of every table
// of its databases, and of every file of contents.
type dump map[string]string

// keeper reads what is kept in a data directory.
type keeper struct {
	databases map[string]*sql.DB
	contents  string
}

func openKeeper(t *testing.T, data string) *keeper {
	t.Helper()
	k := &keeper{databases: map[string]*sql.DB{}, contents: filepath.Join(data, "content")}
	for _, name := range []string{"muster.db", "objects.db"} {
		db, err := sql.Open("sqlite", "file:"+filepath.Join(data, name)+"?mode=ro&_pragma=busy_timeout(5000)")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		k.databases[name] = db
	}
	return k
}

func (k *keeper) dump(t *testing.T) dump {
	t.Helper()
	d := dump{}
	for name, db := range k.databases {
		for _, table := range tables(t, db) {
			d["table "+table+" of "+name] = tableDigest(t, db, table)
		}
	}
	err := filepath.WalkDir(k.contents, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		d["file "+strings.TrimPrefix(path, k.contents)], err = fileDigest(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func tables(t *testing.T, db *sql.DB) []string {
	t.Helper()
	rows, err := db.Query(`SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		all = append(all, name)
	}
	if err := rows.Err(); err != nil || len(all) == 0 {
		t.Fatalf("the tables of the database: %d, %v", len(all), err)
	}
	return all
}

// uses are the columns of when a key or a role was used last, which a refused
// request is a use of, too. They are written now and then.
var uses = []string{"used", "used_service", "used_region"}

func tableDigest(t *testing.T, db *sql.DB, name string) string {
	t.Helper()
	rows, err := db.Query(`SELECT * FROM "` + name + `"`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	values, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		for i, column := range columns {
			if slices.Contains(uses, column) {
				values[i] = nil
			}
		}
		all = append(all, fmt.Sprintf("%q", values))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(all)
	return digest(strings.NewReader(strings.Join(all, "\n")))
}

func fileDigest(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	return digest(f), nil
}

func digest(r io.Reader) string {
	h := sha256.New()
	if _, err := io.Copy(h, r); err != nil {
		return err.Error()
	}
	return hex.EncodeToString(h.Sum(nil))
}

// changed names what differs between d and later.
func (d dump) changed(later dump) []string {
	var all []string
	for name := range maps.Keys(later) {
		if was, ok := d[name]; !ok || was != later[name] {
			all = append(all, name)
		}
	}
	for name := range maps.Keys(d) {
		if _, ok := later[name]; !ok {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return all
}
