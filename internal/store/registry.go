package store

import (
	"context"
	"database/sql"
	"errors"

	"muster/internal/arn"
	"muster/internal/page"
	"muster/internal/registry"
)

type registryStore struct{ db *DB }

// Registry keeps things, their types and their principals.
func (db *DB) Registry() registry.Store { return registryStore{db} }

const typeColumns = `name, id, description, searchable, propagating, tags, created, deprecated`

func scanType(row scanner) (t registry.Type, err error) {
	var searchable, propagating, tags string
	var created, deprecated int64
	if err := row.Scan(&t.Name, &t.ID, &t.Description, &searchable, &propagating, &tags, &created, &deprecated); err != nil {
		return t, err
	}
	t.Created, t.Deprecated = fromMS(created), fromMS(deprecated)
	return t, errors.Join(fromJSON(searchable, &t.Searchable), fromJSON(propagating, &t.Propagating), fromJSON(tags, &t.Tags))
}

// typeJSON writes the columns of t that are JSON.
func typeJSON(t registry.Type) (searchable, propagating, tags string, err error) {
	var failed [3]error
	searchable, failed[0] = toJSON(t.Searchable)
	propagating, failed[1] = toJSON(t.Propagating)
	tags, failed[2] = toJSON(t.Tags)
	return searchable, propagating, tags, errors.Join(failed[:]...)
}

const selectType = `SELECT ` + typeColumns + ` FROM thing_type WHERE account = $1 AND region = $2 AND name = $3`

func findType(row *sql.Row, name registry.TypeName) (registry.Type, error) {
	t, err := scanType(row)
	if errors.Is(err, sql.ErrNoRows) {
		return t, registry.NoType(name)
	}
	return t, err
}

func (s registryStore) Type(ctx context.Context, scope arn.Scope, name registry.TypeName) (registry.Type, error) {
	return findType(s.db.reads().QueryRowContext(ctx, selectType, scope.Account, scope.Region, name), name)
}

func (s registryStore) InsertType(ctx context.Context, scope arn.Scope, t registry.Type) (kept registry.Type, err error) {
	searchable, propagating, tags, err := typeJSON(t)
	if err != nil {
		return kept, err
	}
	err = s.db.write(ctx, func(tx *tx) error {
		_, err := tx.exec(`INSERT INTO thing_type (account, region, `+typeColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
			ON CONFLICT (account, region, name) DO NOTHING`,
			scope.Account, scope.Region, t.Name, t.ID, t.Description, searchable, propagating, tags, ms(t.Created), ms(t.Deprecated))
		if err != nil {
			return err
		}
		kept, err = findType(tx.row(selectType, scope.Account, scope.Region, t.Name), t.Name)
		return err
	})
	return kept, err
}

func (s registryStore) Types(ctx context.Context, scope arn.Scope, prefix string, p page.Request) (page.Page[registry.Type], error) {
	w := scoped(scope)
	if err := w.after(p, "name"); err != nil {
		return page.Page[registry.Type]{}, err
	}
	w.prefix("name", prefix)
	query := w.page(`SELECT `+typeColumns+` FROM thing_type`, p, "name")
	rows, err := s.db.reads().QueryContext(ctx, query, w.args...)
	all, err := collect(rows, err, scanType)
	return page.Cut(all, p.Limit, func(t registry.Type) []string { return []string{string(t.Name)} }), err
}

func (s registryStore) ChangeType(ctx context.Context, scope arn.Scope, name registry.TypeName, change func(*registry.Type) error) error {
	return s.db.write(ctx, func(tx *tx) error {
		t, err := findType(tx.row(selectType, scope.Account, scope.Region, name), name)
		if err != nil {
			return err
		}
		if err := change(&t); err != nil {
			return err
		}
		searchable, propagating, tags, err := typeJSON(t)
		if err != nil {
			return err
		}
		_, err = tx.exec(`UPDATE thing_type SET description = $4, searchable = $5, propagating = $6, tags = $7, deprecated = $8
			WHERE account = $1 AND region = $2 AND name = $3`,
			scope.Account, scope.Region, name, t.Description, searchable, propagating, tags, ms(t.Deprecated))
		return err
	})
}

func (s registryStore) DeleteType(ctx context.Context, scope arn.Scope, name registry.TypeName, rule func(registry.Type, bool) error) error {
	return s.db.write(ctx, func(tx *tx) error {
		t, err := findType(tx.row(selectType, scope.Account, scope.Region, name), name)
		if err != nil {
			return err
		}
		var used bool
		if err := tx.row(`SELECT EXISTS (SELECT 1 FROM thing WHERE account = $1 AND region = $2 AND type_name = $3)`,
			scope.Account, scope.Region, name).Scan(&used); err != nil {
			return err
		}
		if err := rule(t, used); err != nil {
			return err
		}
		_, err = tx.exec(`DELETE FROM thing_type WHERE account = $1 AND region = $2 AND name = $3`, scope.Account, scope.Region, name)
		return err
	})
}

// thingColumns are those of a thing called t.
const thingColumns = `t.name, t.id, t.type_name, t.attributes, t.version, t.created`

const selectThing = `SELECT ` + thingColumns + ` FROM thing t WHERE t.account = $1 AND t.region = $2 AND t.name = $3`

func scanThing(row scanner) (registry.Thing, error) { return scanThingAnd(row) }

// scanThingAnd reads thingColumns and what follows them.
func scanThingAnd(row scanner, more ...any) (t registry.Thing, err error) {
	var typeName sql.NullString
	var attributes string
	var created int64
	into := append([]any{&t.Name, &t.ID, &typeName, &attributes, &t.Version, &created}, more...)
	if err := row.Scan(into...); err != nil {
		return t, err
	}
	t.Type, t.Created = registry.TypeName(typeName.String), fromMS(created)
	return t, fromJSON(attributes, &t.Attributes)
}

func findThing(row *sql.Row, name registry.Name) (registry.Thing, error) {
	t, err := scanThing(row)
	if errors.Is(err, sql.ErrNoRows) {
		return t, registry.NoThing(name)
	}
	return t, err
}

func (s registryStore) Thing(ctx context.Context, scope arn.Scope, name registry.Name) (registry.Thing, error) {
	return findThing(s.db.reads().QueryRowContext(ctx, selectThing, scope.Account, scope.Region, name), name)
}

func (s registryStore) InsertThing(ctx context.Context, scope arn.Scope, t registry.Thing, rule func(registry.Type) error) (kept registry.Thing, err error) {
	attributes, err := toJSON(t.Attributes)
	if err != nil {
		return kept, err
	}
	err = s.db.write(ctx, func(tx *tx) error {
		kept, err = scanThing(tx.row(selectThing, scope.Account, scope.Region, t.Name))
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if t.Type != "" {
			ty, err := findType(tx.row(selectType, scope.Account, scope.Region, t.Type), t.Type)
			if err != nil {
				return err
			}
			if err := rule(ty); err != nil {
				return err
			}
		}
		if err := insertThing(tx, scope, t, attributes); err != nil {
			return err
		}
		// As it is read, so that the first answer equals the later ones.
		kept, err = findThing(tx.row(selectThing, scope.Account, scope.Region, t.Name), t.Name)
		tx.publish(registry.Key(scope, t.Name))
		return err
	})
	return kept, err
}

func insertThing(tx *tx, scope arn.Scope, t registry.Thing, attributes string) error {
	_, err := tx.exec(`INSERT INTO thing (account, region, name, id, type_name, attributes, version, created) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		scope.Account, scope.Region, t.Name, t.ID, typeOf(t), attributes, t.Version, ms(t.Created))
	if err != nil {
		return err
	}
	return insertAttributes(tx, scope, t)
}

func typeOf(t registry.Thing) sql.NullString {
	return sql.NullString{String: string(t.Type), Valid: t.Type != ""}
}

func insertAttributes(tx *tx, scope arn.Scope, t registry.Thing) error {
	for name, value := range t.Attributes {
		if _, err := tx.exec(`INSERT INTO thing_attribute (account, region, thing, name, value) VALUES ($1, $2, $3, $4, $5)`,
			scope.Account, scope.Region, t.Name, name, value); err != nil {
			return err
		}
	}
	return nil
}

func (s registryStore) ChangeThing(ctx context.Context, scope arn.Scope, name registry.Name, to registry.TypeName, change func(*registry.Thing, *registry.Type) error) error {
	return s.db.write(ctx, func(tx *tx) error {
		t, err := findThing(tx.row(selectThing, scope.Account, scope.Region, name), name)
		if err != nil {
			return err
		}
		var ty *registry.Type
		if to != "" {
			switch found, err := scanType(tx.row(selectType, scope.Account, scope.Region, to)); {
			case err == nil:
				ty = &found
			case !errors.Is(err, sql.ErrNoRows):
				return err
			}
		}
		if err := change(&t, ty); err != nil {
			return err
		}
		return updateThing(tx, scope, t)
	})
}

func updateThing(tx *tx, scope arn.Scope, t registry.Thing) error {
	attributes, err := toJSON(t.Attributes)
	if err != nil {
		return err
	}
	tx.publish(registry.Key(scope, t.Name))
	_, err = tx.exec(`UPDATE thing SET type_name = $4, attributes = $5, version = $6 WHERE account = $1 AND region = $2 AND name = $3`,
		scope.Account, scope.Region, t.Name, typeOf(t), attributes, t.Version)
	if err != nil {
		return err
	}
	if _, err := tx.exec(`DELETE FROM thing_attribute WHERE account = $1 AND region = $2 AND thing = $3`,
		scope.Account, scope.Region, t.Name); err != nil {
		return err
	}
	return insertAttributes(tx, scope, t)
}

func (s registryStore) Things(ctx context.Context, scope arn.Scope, f registry.Filter, p page.Request) (page.Page[registry.Thing], error) {
	w := scoped(scope)
	if err := w.after(p, "name"); err != nil {
		return page.Page[registry.Thing]{}, err
	}
	if f.Type != "" {
		w.and("type_name = ?", f.Type)
	}
	if f.Attribute != "" || f.Value != "" {
		w.attribute(scope, f)
	}
	query := w.page(`SELECT `+thingColumns+` FROM thing t`, p, "name")
	rows, err := s.db.reads().QueryContext(ctx, query, w.args...)
	all, err := collect(rows, err, scanThing)
	return page.Cut(all, p.Limit, func(t registry.Thing) []string { return []string{string(t.Name)} }), err
}

// attribute asks that the thing is among those with the attribute.
func (w *where) attribute(scope arn.Scope, f registry.Filter) {
	has := where{args: w.args}
	has.and("account = ?", scope.Account)
	has.and("region = ?", scope.Region)
	if f.Attribute != "" {
		has.and("name = ?", f.Attribute)
	}
	switch {
	case f.Prefix:
		has.prefix("value", f.Value)
	case f.Value != "":
		has.and("value = ?", f.Value)
	}
	w.args = has.args
	w.and("name IN (SELECT thing FROM thing_attribute WHERE " + has.String() + ")")
}

func (s registryStore) DeleteThing(ctx context.Context, scope arn.Scope, name registry.Name, rule func(registry.Thing, int) error) error {
	return s.db.write(ctx, func(tx *tx) error {
		t, err := findThing(tx.row(selectThing, scope.Account, scope.Region, name), name)
		if err != nil {
			return err
		}
		var held int
		if err := tx.row(`SELECT count(*) FROM thing_principal WHERE account = $1 AND region = $2 AND thing = $3`,
			scope.Account, scope.Region, name).Scan(&held); err != nil {
			return err
		}
		if err := rule(t, held); err != nil {
			return err
		}
		_, err = tx.exec(`DELETE FROM thing WHERE account = $1 AND region = $2 AND name = $3`, scope.Account, scope.Region, name)
		tx.publish(registry.Key(scope, name))
		return err
	})
}
