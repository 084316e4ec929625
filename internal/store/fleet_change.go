package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/fleet"
	"muster/internal/rolealias"
)

func (s fleetStore) ChangeFleet(ctx context.Context, scope arn.Scope, name string, change func(*fleet.Fleet) (*fleet.Link, error)) error {
	return s.db.write(ctx, func(t *tx) error {
		f, err := scanFleet(t.row(`SELECT `+fleetColumns+` FROM device_fleet WHERE account = $1 AND region = $2 AND name = $3`,
			scope.Account, scope.Region, name))
		if err != nil {
			return notFound(err, "device fleet %s does not exist", name)
		}
		link, err := change(&f)
		if err != nil {
			return err
		}
		output, err := toJSON(f.Output)
		if err != nil {
			return err
		}
		if _, err := t.exec(`UPDATE device_fleet SET role = $1, description = $2, output = $3, alias = $4, modified = $5
			WHERE account = $6 AND region = $7 AND name = $8`,
			string(f.Role), f.Description, output, f.Alias, ms(f.Modified), scope.Account, scope.Region, name); err != nil {
			return err
		}
		return follow(t, scope, link)
	})
}

// follow does to a role alias what link says; nil leaves it alone. One that has
// the role already stays as it is.
func follow(t *tx, scope arn.Scope, link *fleet.Link) error {
	if link == nil {
		return nil
	}
	a := link.Alias
	there, err := readAlias(t.row(selectAlias, scope.Account, scope.Region, a.Name), a.Name)
	switch {
	case errors.Is(err, fault.NotFound) && !link.Make:
		return nil
	case errors.Is(err, fault.NotFound):
		if err := link.May(nil); err != nil {
			return err
		}
		return insertAlias(t, scope, a)
	case err != nil:
		return err
	case there.Role == a.Role:
		return nil
	}
	if err := link.May(&there); err != nil {
		return err
	}
	t.publish(rolealias.Key(scope, a.Name))
	_, err = t.exec(`UPDATE role_alias SET role = $1, modified = $2 WHERE account = $3 AND region = $4 AND name = $5`,
		string(a.Role), ms(a.Modified), scope.Account, scope.Region, a.Name)
	return err
}

func (s fleetStore) ChangeDevices(ctx context.Context, scope arn.Scope, fleetName string, names []string, change func(*fleet.Device)) error {
	return s.db.write(ctx, func(t *tx) error {
		if err := fleetThere(t, scope, fleetName); err != nil {
			return err
		}
		for _, name := range names {
			d, err := scanDevice(t.row(`SELECT `+deviceColumns+` FROM device WHERE account = $1 AND region = $2 AND fleet = $3 AND name = $4`,
				scope.Account, scope.Region, fleetName, name))
			if errors.Is(err, sql.ErrNoRows) {
				return fleet.NoDevice(fleetName, name)
			}
			if err != nil {
				return err
			}
			change(&d)
			if _, err := t.exec(`UPDATE device SET description = $1, thing = $2 WHERE account = $3 AND region = $4 AND fleet = $5 AND name = $6`,
				d.Description, d.Thing, scope.Account, scope.Region, fleetName, name); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s fleetStore) ChangeTags(ctx context.Context, scope arn.Scope, fleetName, device string, change func(map[string]string) error) error {
	w, table, gone := scoped(scope), "device_fleet", fault.NotFound.Errorf("device fleet %s does not exist", fleetName)
	if device == "" {
		w.and(`name = ?`, fleetName)
	} else {
		table, gone = "device", fault.Of(fleet.NoDevice(fleetName, device))
		w.and(`fleet = ?`, fleetName)
		w.and(`name = ?`, device)
	}
	return s.db.write(ctx, func(t *tx) error {
		if device != "" {
			if err := fleetThere(t, scope, fleetName); err != nil {
				return err
			}
		}
		var kept string
		err := t.row(`SELECT tags FROM `+table+` WHERE `+w.String(), w.args...).Scan(&kept)
		if errors.Is(err, sql.ErrNoRows) {
			return gone
		}
		if err != nil {
			return err
		}
		tags := map[string]string{}
		if err := fromJSON(kept, &tags); err != nil {
			return err
		}
		if tags == nil { // kept as null
			tags = map[string]string{}
		}
		if err := change(tags); err != nil {
			return err
		}
		if kept, err = toJSON(tags); err != nil {
			return err
		}
		_, err = t.exec(fmt.Sprintf(`UPDATE %s SET tags = $%d WHERE %s`, table, len(w.args)+1, w), append(slices.Clone(w.args), kept)...)
		return err
	})
}
