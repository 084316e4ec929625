package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"muster/internal/arn"
	"muster/internal/fleet"
	"muster/internal/page"
)

// fleetThere fails with fleet.NoFleet when the fleet isn't there.
func fleetThere(t *tx, scope arn.Scope, name string) error {
	var there bool
	err := t.row(`SELECT EXISTS (SELECT 1 FROM device_fleet WHERE account = $1 AND region = $2 AND name = $3)`,
		scope.Account, scope.Region, name).Scan(&there)
	if err == nil && !there {
		return fleet.NoFleet(name)
	}
	return err
}

func (s fleetStore) InsertDevices(ctx context.Context, scope arn.Scope, fleetName string, devices []fleet.Device) error {
	tags := make([]string, len(devices))
	for i, d := range devices {
		var err error
		if tags[i], err = toJSON(d.Tags); err != nil {
			return err
		}
	}
	return s.db.write(ctx, func(t *tx) error {
		if err := fleetThere(t, scope, fleetName); err != nil {
			return err
		}
		for i, d := range devices {
			_, err := t.exec(`INSERT INTO device (account, region, `+deviceColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
				scope.Account, scope.Region, fleetName, d.Name, d.Description, d.Thing, tags[i], ms(d.Registered))
			if uniqueViolation(err) {
				return fleet.AlreadyRegistered(fleetName, d.Name)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func (s fleetStore) DeleteDevices(ctx context.Context, scope arn.Scope, fleetName string, names []string) error {
	return s.db.write(ctx, func(t *tx) error {
		if err := fleetThere(t, scope, fleetName); err != nil {
			return err
		}
		for _, name := range names {
			if err := t.changeOne(fleet.NotRegistered(name), `DELETE FROM device WHERE account = $1 AND region = $2 AND fleet = $3 AND name = $4`,
				scope.Account, scope.Region, fleetName, name); err != nil {
				return err
			}
		}
		return nil
	})
}

const deviceColumns = `fleet, name, description, thing, tags, registered`

func scanDevice(row scanner) (d fleet.Device, err error) {
	var tags string
	var registered int64
	if err := row.Scan(&d.Fleet, &d.Name, &d.Description, &d.Thing, &tags, &registered); err != nil {
		return d, err
	}
	d.Registered = fromMS(registered)
	return d, fromJSON(tags, &d.Tags)
}

func (s fleetStore) Device(ctx context.Context, scope arn.Scope, fleetName, name string) (fleet.Device, error) {
	d, err := scanDevice(s.db.reads().QueryRowContext(ctx,
		`SELECT `+deviceColumns+` FROM device WHERE account = $1 AND region = $2 AND fleet = $3 AND name = $4`,
		scope.Account, scope.Region, fleetName, name))
	if !errors.Is(err, sql.ErrNoRows) {
		return d, err
	}
	var there bool
	if err := s.db.reads().QueryRowContext(ctx,
		`SELECT EXISTS (SELECT 1 FROM device_fleet WHERE account = $1 AND region = $2 AND name = $3)`,
		scope.Account, scope.Region, fleetName).Scan(&there); err != nil {
		return d, err
	}
	if !there {
		return d, fleet.NoFleet(fleetName)
	}
	return d, fleet.NoDevice(fleetName, name)
}

func (s fleetStore) DeviceTags(ctx context.Context, scope arn.Scope, fleetName string, names []string) (map[string]map[string]string, error) {
	w := scoped(scope)
	w.and(`fleet = ?`, fleetName)
	among := make([]any, len(names))
	for i, name := range names {
		among[i] = name
	}
	w.and(`name IN (`+strings.TrimSuffix(strings.Repeat(`?, `, len(names)), `, `)+`)`, among...)
	rows, err := s.db.reads().QueryContext(ctx, `SELECT `+deviceColumns+` FROM device WHERE `+w.String(), w.args...)
	devices, err := collect(rows, err, scanDevice)
	tags := make(map[string]map[string]string, len(devices))
	for _, d := range devices {
		tags[d.Name] = d.Tags
	}
	return tags, err
}

func (s fleetStore) Devices(ctx context.Context, scope arn.Scope, fleetName string, p page.Request) (page.Page[fleet.Device], error) {
	w := scoped(scope)
	if fleetName != "" {
		w.and(`fleet = ?`, fleetName)
	}
	if err := w.after(p, "fleet", "name"); err != nil {
		return page.Page[fleet.Device]{}, err
	}
	rows, err := s.db.reads().QueryContext(ctx, w.page(`SELECT `+deviceColumns+` FROM device`, p, "fleet", "name"), w.args...)
	all, err := collect(rows, err, scanDevice)
	return page.Cut(all, p.Limit, func(d fleet.Device) []string { return []string{d.Fleet, d.Name} }), err
}
