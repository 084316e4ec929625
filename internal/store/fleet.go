package store

import (
	"context"
	"fmt"
	"strconv"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/fleet"
	"muster/internal/page"
	"muster/internal/rolealias"
)

// Fleets keeps the rows of the room fleet.
func (db *DB) Fleets() fleet.Store { return fleetStore{db} }

type fleetStore struct{ db *DB }

func (s fleetStore) InsertFleet(ctx context.Context, scope arn.Scope, f fleet.Fleet, alias *rolealias.Alias) error {
	output, err := toJSON(f.Output)
	if err != nil {
		return err
	}
	tags, err := toJSON(f.Tags)
	if err != nil {
		return err
	}
	return s.db.write(ctx, func(t *tx) error {
		_, err := t.exec(`INSERT INTO device_fleet (account, region, `+fleetColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
			scope.Account, scope.Region, f.Name, string(f.Role), f.Description, output, f.Alias, tags, ms(f.Created), ms(f.Modified))
		if uniqueViolation(err) {
			return fault.AlreadyExists.Errorf("device fleet %s exists", f.Name)
		}
		if err != nil || alias == nil {
			return err
		}
		return adoptAlias(t, scope, *alias)
	})
}

const fleetColumns = `name, role, description, output, alias, tags, created, modified`

func scanFleet(row scanner) (f fleet.Fleet, err error) {
	var output, tags string
	var created, modified int64
	if err := row.Scan(&f.Name, &f.Role, &f.Description, &output, &f.Alias, &tags, &created, &modified); err != nil {
		return f, err
	}
	f.Created, f.Modified = fromMS(created), fromMS(modified)
	if err := fromJSON(output, &f.Output); err != nil {
		return f, err
	}
	return f, fromJSON(tags, &f.Tags)
}

func (s fleetStore) Fleet(ctx context.Context, scope arn.Scope, name string) (fleet.Fleet, error) {
	f, err := scanFleet(s.db.reads().QueryRowContext(ctx,
		`SELECT `+fleetColumns+` FROM device_fleet WHERE account = $1 AND region = $2 AND name = $3`, scope.Account, scope.Region, name))
	return f, notFound(err, "device fleet %s does not exist", name)
}

func (s fleetStore) Fleets(ctx context.Context, scope arn.Scope, filter fleet.Filter, p page.Request) (page.Page[fleet.Fleet], error) {
	w := new(where)
	w.and(`account = ?`, scope.Account)
	w.and(`region = ?`, scope.Region)
	if filter.NameContains != "" {
		w.and(`replace(name, ?, '') <> name`, filter.NameContains) // contains it: strpos and instr are not in both databases
	}
	for _, bound := range []struct {
		condition string
		at        int64
		given     bool
	}{
		{`created > ?`, ms(filter.CreatedAfter), !filter.CreatedAfter.IsZero()},
		{`created < ?`, ms(filter.CreatedBefore), !filter.CreatedBefore.IsZero()},
		{`modified > ?`, ms(filter.ModifiedAfter), !filter.ModifiedAfter.IsZero()},
		{`modified < ?`, ms(filter.ModifiedBefore), !filter.ModifiedBefore.IsZero()},
	} {
		if bound.given {
			w.and(bound.condition, bound.at)
		}
	}
	order, err := afterFleet(w, filter.Order, p)
	if err != nil {
		return page.Page[fleet.Fleet]{}, err
	}
	w.args = append(w.args, p.Limit+1)
	rows, err := s.db.reads().QueryContext(ctx,
		fmt.Sprintf(`SELECT %s FROM device_fleet WHERE %s ORDER BY %s LIMIT $%d`, fleetColumns, w, order, len(w.args)), w.args...)
	all, err := collect(rows, err, scanFleet)
	return page.Cut(all, p.Limit, func(f fleet.Fleet) []string { return fleetPlace(f, filter.Order) }), err
}

// fleetPlace is the place of f in a list: what the list is ordered by, the
// time, and the name.
func fleetPlace(f fleet.Fleet, order fleet.Order) []string {
	at := int64(0)
	switch order {
	case fleet.ByCreated:
		at = ms(f.Created)
	case fleet.ByModified:
		at = ms(f.Modified)
	}
	return []string{string(order), strconv.FormatInt(at, 10), f.Name}
}

// afterFleet asks for what follows the last fleet of the page before, and
// answers the order. A token of another order is refused.
func afterFleet(w *where, order fleet.Order, p page.Request) (string, error) {
	column := map[fleet.Order]string{fleet.ByName: "", fleet.ByCreated: "created", fleet.ByModified: "modified"}[order]
	place, err := page.Key(p.Token, 3)
	if err != nil {
		return "", err
	}
	beyond, direction := ">", ""
	if p.Descending {
		beyond, direction = "<", " DESC"
	}
	if place != nil {
		at, err := strconv.ParseInt(place[1], 10, 64)
		if err != nil || place[0] != string(order) {
			return "", fault.Invalid.Errorf("the pagination token is not of a list by %s", order)
		}
		if column == "" {
			w.and(`name `+beyond+` ?`, place[2])
		} else {
			w.and(`(`+column+`, name) `+beyond+` (?, ?)`, at, place[2])
		}
	}
	if column == "" {
		return `name` + direction, nil
	}
	return column + direction + `, name` + direction, nil
}

func (s fleetStore) DeleteFleet(ctx context.Context, scope arn.Scope, name string) error {
	return s.db.write(ctx, func(t *tx) error {
		if _, err := t.exec(`DELETE FROM device WHERE account = $1 AND region = $2 AND fleet = $3`, scope.Account, scope.Region, name); err != nil {
			return err
		}
		deleted, err := t.exec(`DELETE FROM device_fleet WHERE account = $1 AND region = $2 AND name = $3`, scope.Account, scope.Region, name)
		if err != nil {
			return err
		}
		if n, err := deleted.RowsAffected(); err != nil || n == 1 {
			return err
		}
		return fault.NotFound.Errorf("device fleet %s does not exist", name)
	})
}
