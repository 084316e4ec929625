package store

import (
	"context"
	"errors"

	"muster/internal/ca"
	"muster/internal/fault"
)

// Authorities keeps the rows of the room ca.
func (db *DB) Authorities() ca.Store { return authorityStore{db} }

type authorityStore struct{ db *DB }

func (s authorityStore) Authorities(ctx context.Context) ([]ca.Kept, error) {
	rows, err := s.db.reads().QueryContext(ctx, `SELECT name, certificate, private_key, created FROM authority`)
	return collect(rows, err, func(row scanner) (ca.Kept, error) {
		var k ca.Kept
		var created int64
		err := row.Scan(&k.Name, &k.Certificate, &k.Key, &created)
		k.Created = fromMS(created)
		return k, err
	})
}

func (s authorityStore) InsertAuthorities(ctx context.Context, all []ca.Kept) error {
	return s.db.write(ctx, func(t *tx) error {
		// Others would be trusted by no device that is out there.
		var lost bool
		err := t.row(`SELECT NOT EXISTS (SELECT 1 FROM authority) AND EXISTS (SELECT 1 FROM certificate)`).Scan(&lost)
		if err == nil && lost {
			err = errors.New("the authorities are gone, and there are certificates that they signed: restore the database from your copy")
		}
		if err != nil {
			return err
		}
		for _, k := range all {
			_, err := t.exec(`INSERT INTO authority (name, certificate, private_key, created) VALUES ($1, $2, $3, $4)`,
				k.Name, k.Certificate, k.Key, ms(k.Created))
			if uniqueViolation(err) {
				return fault.AlreadyExists.Errorf("there is an authority %q already", k.Name)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}
