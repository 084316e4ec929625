package store

import (
	"context"
	"database/sql"
	"errors"

	"muster/internal/iam"
	"muster/internal/space"
)

// usedTable names where the uses of what each kind of holder signs with lie.
var usedTable = map[iam.Kind]string{iam.AUser: "access_key", iam.ARole: "role"}

func (s iamStore) KeepUses(ctx context.Context, uses map[iam.Signer]iam.Use) error {
	return s.db.write(space.With(ctx, space.Adds), func(t *tx) error {
		for signer, u := range uses {
			_, err := t.exec(`UPDATE `+usedTable[signer.Kind]+` SET used = $3, used_service = $4, used_region = $5
				WHERE account = $1 AND id = $2 AND used <= $3`, signer.Account, signer.ID, ms(u.At), u.Service, u.Region)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func (s iamStore) LastUse(ctx context.Context, signer iam.Signer) (u iam.Use, err error) {
	var used int64
	err = s.db.reads().QueryRowContext(ctx, `SELECT used, used_service, used_region FROM `+usedTable[signer.Kind]+`
		WHERE account = $1 AND id = $2`, signer.Account, signer.ID).Scan(&used, &u.Service, &u.Region)
	if errors.Is(err, sql.ErrNoRows) {
		return iam.Use{}, nil
	}
	u.At = fromMS(used)
	return u, err
}
