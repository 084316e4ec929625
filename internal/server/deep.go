package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"strings"
	"time"

	"muster/internal/ca"
	"muster/internal/content"
	"muster/internal/objects"
	"muster/internal/seal"
	"muster/internal/store"
)

// Damage is something in a database that isn't what was written, or can't be used.
type Damage struct {
	File  string // "muster.db"
	Table string // "" where it is not known
	Row   string // its primary key; "" for the table or the file as a whole
	What  string
}

// Depth is what ExamineDeep looked at and found.
type Depth struct {
	Rows    int64
	Damages []Damage
}

// mostDamages is how many damages of a file are told of.
const mostDamages = 1000

// ExamineDeep reads both databases whole, whether a server holds them or not:
// SQLite's own checks, each value's type, each document, certificate and sealed
// value. It tells say now and then what it is at. It fails where it can't look;
// with NotExamined where an older version made the tables.
func ExamineDeep(ctx context.Context, data, masterKeyFile string, say func(doing string, rows int64)) (Depth, error) {
	master := masterToOpen(masterKeyFile)
	var all Depth
	for _, f := range []struct {
		name string
		open func(context.Context, string) (*store.Snapshot, error)
	}{{"muster.db", store.OpenSnapshot}, {filepath.Base(objectsFile(data)), store.OpenObjectsSnapshot}} {
		err := readable(filepath.Join(data, f.name))
		if errors.Is(err, fs.ErrNotExist) {
			continue // none yet, or objects are in an external S3
		}
		var db *store.Snapshot
		var log store.LogDamage
		if !Running(data) && errors.As(store.CheckLog(filepath.Join(data, f.name)), &log) && !Running(data) {
			all.Damages = append(all.Damages, Damage{File: f.name, What: log.Error()})
		}
		if err == nil {
			db, err = f.open(ctx, filepath.Join(data, f.name))
		}
		if err = notExamined(err); errors.Is(err, NotExamined) {
			return all, err
		}
		if err != nil {
			all.Damages = append(all.Damages, Damage{File: f.name, What: err.Error()})
			continue
		}
		l := &look{db: db, file: f.name, master: master, say: say, depth: &all}
		if err := errors.Join(l.all(ctx), db.Close()); err != nil {
			return all, err
		}
		if f.name != "muster.db" && master != nil {
			if err := l.inlines(ctx, data); err != nil {
				return all, err
			}
		}
	}
	return all, nil
}

// look is one through a file.
type look struct {
	db     *store.Snapshot
	file   string
	master *seal.Master // nil: nothing sealed is opened
	say    func(doing string, rows int64)
	depth  *Depth
	found  int

	authorities []ca.Kept
	defaults    map[string]bool // the default versions of policies that weren't seen yet
}

func (l *look) damage(table, row, format string, args ...any) {
	if l.found++; l.found <= mostDamages {
		l.depth.Damages = append(l.depth.Damages, Damage{l.file, table, row, fmt.Sprintf(format, args...)})
	}
}

// all does everything. It fails only when ctx ends.
func (l *look) all(ctx context.Context) error {
	for _, check := range []func(context.Context) ([]store.Damage, error){l.db.Integrity, l.db.Strays} {
		done := l.waiting("SQLite checks " + l.file)
		found, err := check(ctx)
		done()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			l.damage("", "", "%v", err)
		}
		for _, d := range found {
			l.damage(d.Table, d.Row, "%s", d.What)
		}
	}
	tables, err := l.db.Tables(ctx)
	if err != nil {
		l.damage("", "", "%v", err)
	}
	l.defaults = map[string]bool{}
	for _, table := range tables {
		if err := l.table(ctx, table); err != nil {
			return err
		}
	}
	return nil
}

// waiting tells every second that something goes on which can't tell so itself,
// until done is called.
func (l *look) waiting(doing string) (done func()) {
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				l.say(doing, l.depth.Rows)
			case <-stop:
				return
			}
		}
	}()
	return func() {
		close(stop)
		<-stopped
	}
}

func (l *look) table(ctx context.Context, table string) error {
	last := ""
	err := l.db.Walk(ctx, table, func(r store.Row) {
		last = r.Key
		if l.depth.Rows++; l.depth.Rows%1000 == 0 {
			l.say("read "+l.file+", table "+table, l.depth.Rows)
		}
		for _, column := range r.Wrong {
			l.damage(table, r.Key, "the column %s holds what its type doesn't", column)
		}
		for _, problem := range l.row(table, r) {
			l.damage(table, r.Key, "%s", problem)
		}
	})
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil && last != "":
		l.damage(table, "", "it can't be read beyond the row %s: %v", last, err)
	case err != nil:
		l.damage(table, "", "it can't be read: %v", err)
	}
	l.ended(ctx, table, last != "")
	return nil
}

// ended is called when all rows of a table were seen, if there are any.
func (l *look) ended(ctx context.Context, table string, seen bool) {
	if l.file != "muster.db" {
		return
	}
	switch table {
	case "authority":
		if l.master == nil || len(l.authorities) == 0 {
			return
		}
		damaged := ca.Check(l.authorities, l.master)
		for name, err := range damaged {
			l.damage(table, "name="+name, "%v", err)
		}
		if len(damaged) == 0 {
			if err := ca.CheckAll(l.authorities, l.master); err != nil {
				l.damage(table, "", "%v", err)
			}
		}
	case "certificate":
		if seen && len(l.authorities) == 0 {
			l.damage("authority", "", "it is empty, and there are certificates that its rows signed")
		}
	case "iot_policy_version", "managed_policy_version":
		for policy := range l.withoutDefault(ctx, table) {
			l.damage(table, policy, "the default version of the policy is not there")
		}
		clear(l.defaults)
	}
}

// withoutDefault returns the default versions that aren't there, by their keys
// in the table of versions. Beside a running server a policy may have changed
// between the reading of its two tables: those that were missing are looked for
// once more.
func (l *look) withoutDefault(ctx context.Context, versions string) map[string]bool {
	missing := maps.Clone(l.defaults)
	if len(missing) == 0 {
		return nil
	}
	clear(l.defaults)
	policies := strings.TrimSuffix(versions, "_version")
	for _, table := range []string{policies, versions} {
		if err := l.db.Walk(ctx, table, func(r store.Row) { l.row(table, r) }); err != nil {
			return nil // said when it was read first
		}
	}
	maps.DeleteFunc(missing, func(key string, _ bool) bool { return !l.defaults[key] })
	return missing
}

// inlines opens the contents that are sealed in rows. Those in files are read by
// the scrub and by `muster objects verify`.
func (l *look) inlines(ctx context.Context, data string) error {
	db, err := store.OpenStoppedObjects(ctx, objectsFile(data))
	if err != nil {
		l.damage("", "", "%v", err)
		return nil
	}
	files, err := content.Stopped(contentDir(data))
	if err != nil {
		return errors.Join(err, db.Close())
	}
	kept, err := objects.New(ctx, db.Rows(), files, l.master)
	if err != nil {
		return db.Close() // said of the sealing keys
	}
	read := int64(0)
	err = kept.VerifyInline(ctx, func(c objects.Content, err error) {
		if read++; read%1000 == 0 {
			l.say("open the small contents in "+l.file, read)
		}
		if err != nil {
			l.damage("inline", fmt.Sprintf("content=%d", c.ID), "the sealed value: %v", err)
		}
	})
	if err != nil && ctx.Err() == nil {
		l.damage("inline", "", "it can't be read: %v", err)
		err = nil
	}
	return errors.Join(err, db.Close())
}

func millis(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
