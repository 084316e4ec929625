package store

import (
	"context"

	"muster/internal/account"
	"muster/internal/fault"
)

// Accounts keeps the rows of the room account.
func (db *DB) Accounts() account.Store { return accountStore{db} }

type accountStore struct{ db *DB }

const accountColumns = `id, data, credentials, jobs, device_advisor, created`

func readAccount(row scanner) (account.Account, error) {
	var a account.Account
	var created int64
	err := row.Scan(&a.ID, &a.Prefixes.Data, &a.Prefixes.Credentials, &a.Prefixes.Jobs, &a.Prefixes.DeviceAdvisor, &created)
	a.Created = fromMS(created)
	return a, err
}

func (s accountStore) EnsureAccount(ctx context.Context, a account.Account) (kept account.Account, err error) {
	err = s.db.write(ctx, func(t *tx) error {
		_, err := t.exec(`INSERT INTO account (`+accountColumns+`) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING`,
			a.ID, a.Prefixes.Data, a.Prefixes.Credentials, a.Prefixes.Jobs, a.Prefixes.DeviceAdvisor, ms(a.Created))
		if uniqueViolation(err) {
			return fault.AlreadyExists.Errorf("an endpoint prefix of account %s is another account's", a.ID)
		}
		if err != nil {
			return err
		}
		kept, err = readAccount(t.row(`SELECT `+accountColumns+` FROM account WHERE id = $1`, a.ID))
		return err
	})
	return kept, err
}

func (s accountStore) Accounts(ctx context.Context) ([]account.Account, error) {
	rows, err := s.db.reads().QueryContext(ctx, `SELECT `+accountColumns+` FROM account ORDER BY id`)
	return collect(rows, err, readAccount)
}
