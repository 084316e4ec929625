package store

import (
	"context"
	"slices"

	"muster/internal/space"
	"muster/internal/sts"
)

// STS keeps the sealing keys of the room sts.
func (db *DB) STS() sts.Store { return stsStore{db} }

type stsStore struct{ db *DB }

const sealingKeys = `SELECT id, sealed, created FROM sealing_key ORDER BY created, id`

func readSealedKey(row scanner) (sts.SealedKey, error) {
	var k sts.SealedKey
	var created int64
	err := row.Scan(&k.ID, &k.Sealed, &created)
	k.Created = fromMS(created)
	return k, err
}

func (s stsStore) SealingKeys(ctx context.Context) ([]sts.SealedKey, error) {
	rows, err := s.db.reads().QueryContext(ctx, sealingKeys)
	return collect(rows, err, readSealedKey)
}

func (s stsStore) ChangeSealingKeys(ctx context.Context, change func([]sts.SealedKey) []sts.SealedKey) (kept []sts.SealedKey, err error) {
	// Vending needs a key whatever asked for it, and how full the disk may be.
	err = s.db.write(space.With(ctx, space.TakesAway), func(t *tx) error {
		rows, err := t.query(sealingKeys)
		old, err := collect(rows, err, readSealedKey)
		if err != nil {
			return err
		}
		kept = change(slices.Clone(old))
		for _, k := range old {
			if !slices.ContainsFunc(kept, sameKey(k)) {
				if _, err := t.exec(`DELETE FROM sealing_key WHERE id = $1`, k.ID); err != nil {
					return err
				}
			}
		}
		for _, k := range kept {
			if !slices.ContainsFunc(old, sameKey(k)) {
				if _, err := t.exec(`INSERT INTO sealing_key (id, sealed, created) VALUES ($1, $2, $3)`, k.ID, k.Sealed, ms(k.Created)); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return kept, nil
}

func sameKey(a sts.SealedKey) func(sts.SealedKey) bool {
	return func(b sts.SealedKey) bool { return a.ID == b.ID }
}
