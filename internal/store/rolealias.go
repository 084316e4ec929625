package store

import (
	"context"
	"database/sql"
	"time"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/page"
	"muster/internal/rolealias"
)

// RoleAliases keeps the rows of the room rolealias.
func (db *DB) RoleAliases() rolealias.Store { return roleAliasStore{db} }

type roleAliasStore struct{ db *DB }

func (s roleAliasStore) InsertAlias(ctx context.Context, scope arn.Scope, a rolealias.Alias) error {
	return s.db.write(ctx, func(t *tx) error {
		err := insertAlias(t, scope, a)
		if uniqueViolation(err) {
			return fault.AlreadyExists.Errorf("role alias %s exists", a.Name)
		}
		return err
	})
}

func insertAlias(t *tx, scope arn.Scope, a rolealias.Alias) error {
	tags, err := toJSON(a.Tags)
	if err != nil {
		return err
	}
	t.publish(rolealias.Key(scope, a.Name))
	_, err = t.exec(`INSERT INTO role_alias (account, region, name, id, role, seconds, tags, of_fleet, created, modified)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		scope.Account, scope.Region, a.Name, a.ID, string(a.Role), int64(a.Life/time.Second), tags, a.OfFleet, ms(a.Created), ms(a.Modified))
	return err
}

const selectAlias = `SELECT id, name, role, seconds, tags, of_fleet, created, modified
	FROM role_alias WHERE account = $1 AND region = $2 AND name = $3`

func (s roleAliasStore) Alias(ctx context.Context, scope arn.Scope, name string) (rolealias.Alias, error) {
	return readAlias(s.db.reads().QueryRowContext(ctx, selectAlias, scope.Account, scope.Region, name), name)
}

func (s roleAliasStore) ChangeAlias(ctx context.Context, scope arn.Scope, name string, change func(*rolealias.Alias) error) (a rolealias.Alias, err error) {
	err = s.db.write(ctx, func(t *tx) error {
		if a, err = readAlias(t.row(selectAlias, scope.Account, scope.Region, name), name); err != nil {
			return err
		}
		if err := change(&a); err != nil {
			return err
		}
		tags, err := toJSON(a.Tags)
		if err != nil {
			return err
		}
		t.publish(rolealias.Key(scope, name))
		_, err = t.exec(`UPDATE role_alias SET role = $4, seconds = $5, tags = $6, modified = $7 WHERE account = $1 AND region = $2 AND name = $3`,
			scope.Account, scope.Region, name, string(a.Role), int64(a.Life/time.Second), tags, ms(a.Modified))
		return err
	})
	return a, err
}

func readAlias(row *sql.Row, name string) (rolealias.Alias, error) {
	var a rolealias.Alias
	var seconds, created, modified int64
	var tags string
	if err := row.Scan(&a.ID, &a.Name, &a.Role, &seconds, &tags, &a.OfFleet, &created, &modified); err != nil {
		return rolealias.Alias{}, notFound(err, "role alias %s does not exist", name)
	}
	a.Life, a.Created, a.Modified = time.Duration(seconds)*time.Second, fromMS(created), fromMS(modified)
	return a, fromJSON(tags, &a.Tags)
}

func (s roleAliasStore) Aliases(ctx context.Context, scope arn.Scope, p page.Request) (page.Page[string], error) {
	w := scoped(scope)
	if err := w.after(p, "name"); err != nil {
		return page.Page[string]{}, err
	}
	rows, err := s.db.reads().QueryContext(ctx, w.page(`SELECT name FROM role_alias`, p, "name"), w.args...)
	names, err := collect(rows, err, func(row scanner) (name string, err error) { return name, row.Scan(&name) })
	return page.Cut(names, p.Limit, func(name string) []string { return []string{name} }), err
}

func (s roleAliasStore) DeleteAlias(ctx context.Context, scope arn.Scope, name string) error {
	return s.db.write(ctx, func(t *tx) error {
		t.publish(rolealias.Key(scope, name))
		return t.changeOne(fault.NotFound.Errorf("role alias %s does not exist", name),
			`DELETE FROM role_alias WHERE account = $1 AND region = $2 AND name = $3`, scope.Account, scope.Region, name)
	})
}
