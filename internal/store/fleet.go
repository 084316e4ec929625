package store

import (
	"context"
	"strconv"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/fleet"
	"muster/internal/page"
)

// Fleets keeps the rows of the room fleet.
func (db *DB) Fleets() fleet.Store { return fleetStore{db} }

type fleetStore struct{ db *DB }

func (s fleetStore) InsertFleet(ctx context.Context, scope arn.Scope, f fleet.Fleet, link *fleet.Link) error {
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
		if err != nil {
			return err
		}
		return follow(t, scope, link)
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
	w := scoped(scope)
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
	columns, err := afterFleet(w, filter.Order, p)
	if err != nil {
		return page.Page[fleet.Fleet]{}, err
	}
	rows, err := s.db.reads().QueryContext(ctx, w.page(`SELECT `+fleetColumns+` FROM device_fleet`, p, columns...), w.args...)
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
// returns the columns of the order. A token of another order is refused.
func afterFleet(w *where, order fleet.Order, p page.Request) ([]string, error) {
	columns := []string{"name"}
	switch order {
	case fleet.ByCreated:
		columns = []string{"created", "name"}
	case fleet.ByModified:
		columns = []string{"modified", "name"}
	}
	place, err := page.Key(p.Token, 3)
	if err != nil || place == nil {
		return columns, err
	}
	at, err := strconv.ParseInt(place[1], 10, 64)
	if err != nil || place[0] != string(order) {
		return nil, fault.Invalid.Errorf("the pagination token is not of a list by %s", order)
	}
	last := []any{at, place[2]}
	w.past(p, columns, last[len(last)-len(columns):]...)
	return columns, nil
}

func (s fleetStore) DeleteFleet(ctx context.Context, scope arn.Scope, name string) error {
	return s.db.write(ctx, func(t *tx) error {
		if _, err := t.exec(`DELETE FROM device WHERE account = $1 AND region = $2 AND fleet = $3`, scope.Account, scope.Region, name); err != nil {
			return err
		}
		return t.changeOne(fault.NotFound.Errorf("device fleet %s does not exist", name),
			`DELETE FROM device_fleet WHERE account = $1 AND region = $2 AND name = $3`, scope.Account, scope.Region, name)
	})
}
