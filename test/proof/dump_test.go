package proof

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
	_ "modernc.org/sqlite" // the test reads what the server keeps, behind its back
)

// dump is everything a server keeps, last uses aside: a digest of every table of its database,
// and of every file and directory of its object store with its attributes.
type dump map[string]string

// keeper reads what is kept in a data directory.
type keeper struct {
	db      *sql.DB
	objects string
}

func openKeeper(t *testing.T, data string) *keeper {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(data, "muster.db")+"?mode=ro&_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return &keeper{db, filepath.Join(data, "s3")}
}

func (k *keeper) dump(t *testing.T) dump {
	t.Helper()
	d := dump{}
	for _, table := range k.tables(t) {
		d["table "+table] = k.table(t, table)
	}
	err := filepath.WalkDir(k.objects, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := strings.TrimPrefix(path, k.objects)
		kept, err := attributes(path)
		if err != nil {
			return err
		}
		if e.IsDir() {
			d["directory "+name] = kept
			return nil
		}
		content, err := fileDigest(path)
		d["file "+name] = content + kept
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func (k *keeper) tables(t *testing.T) []string {
	t.Helper()
	rows, err := k.db.Query(`SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name`)
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

func (k *keeper) table(t *testing.T, name string) string {
	t.Helper()
	rows, err := k.db.Query(`SELECT * FROM "` + name + `"`)
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

// attributes are the extended ones, where the object store keeps what it knows
// of objects and buckets.
func attributes(path string) (string, error) {
	size, err := unix.Listxattr(path, nil)
	if errors.Is(err, unix.ENOTSUP) || size == 0 {
		return "", nil // the store keeps files instead
	}
	if err != nil {
		return "", err
	}
	list := make([]byte, size)
	if _, err := unix.Listxattr(path, list); err != nil {
		return "", err
	}
	all := strings.Split(strings.TrimRight(string(list), "\x00"), "\x00")
	for i, name := range all {
		value := make([]byte, 64<<10)
		n, err := unix.Getxattr(path, name, value)
		if err != nil {
			return "", err
		}
		all[i] += fmt.Sprintf("=%q", value[:n])
	}
	slices.Sort(all)
	return digest(strings.NewReader(strings.Join(all, " "))), nil
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
