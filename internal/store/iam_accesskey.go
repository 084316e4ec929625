package store

import (
	"context"

	"muster/internal/fault"
	"muster/internal/iam"
)

const keyColumns = `id, account, user_id, active, created`

// readKey reads keyColumns, and what follows them into rest.
func readKey(row scanner, rest ...any) (iam.AccessKey, error) {
	var k iam.AccessKey
	var created int64
	err := row.Scan(append([]any{&k.ID, &k.Account, &k.UserID, &k.Active, &created}, rest...)...)
	k.Created = fromMS(created)
	return k, err
}

func (s iamStore) InsertAccessKey(ctx context.Context, k iam.SealedAccessKey, decide func(others int) error) error {
	return s.db.write(ctx, func(t *tx) error {
		var others int
		err := t.row(`SELECT (SELECT count(*) FROM access_key WHERE account = $1 AND user_id = $2)
			FROM iam_user WHERE account = $1 AND id = $2`, k.Account, k.UserID).Scan(&others)
		if err != nil {
			return notFound(err, "The user with id %s cannot be found.", k.UserID)
		}
		if err := decide(others); err != nil {
			return err
		}
		t.publish(iam.AccessKeyKey(k.ID))
		_, err = t.exec(`INSERT INTO access_key (`+keyColumns+`, sealed) VALUES ($1, $2, $3, $4, $5, $6)`,
			k.ID, k.Account, k.UserID, k.Active, ms(k.Created), k.Sealed)
		return err
	})
}

func (s iamStore) AccessKeys(ctx context.Context, account, userID string) ([]iam.AccessKey, error) {
	rows, err := s.db.reads().QueryContext(ctx, `SELECT `+keyColumns+` FROM access_key WHERE account = $1 AND user_id = $2 ORDER BY id`, account, userID)
	return collect(rows, err, func(row scanner) (iam.AccessKey, error) { return readKey(row) })
}

func (s iamStore) AccessKey(ctx context.Context, id string) (k iam.SealedAccessKey, err error) {
	row := s.db.reads().QueryRowContext(ctx, `SELECT `+keyColumns+`, sealed FROM access_key WHERE id = $1`, id)
	k.AccessKey, err = readKey(row, &k.Sealed)
	return k, notFound(err, "%s", noAccessKey(id))
}

func noAccessKey(id string) error {
	return fault.NotFound.Errorf("The Access Key with id %s cannot be found.", id)
}

func (s iamStore) SetAccessKey(ctx context.Context, account, user, id string, active bool) error {
	return s.hold(ctx, iam.UserNamed(account, user), func(t *tx, _ holding, owner string) error {
		t.publish(iam.AccessKeyKey(id))
		return t.changeOne(noAccessKey(id),
			`UPDATE access_key SET active = $4 WHERE account = $1 AND user_id = $2 AND id = $3`, account, owner, id, active)
	})
}

func (s iamStore) DeleteAccessKey(ctx context.Context, account, user, id string) error {
	return s.hold(ctx, iam.UserNamed(account, user), func(t *tx, _ holding, owner string) error {
		t.publish(iam.AccessKeyKey(id))
		return t.changeOne(noAccessKey(id),
			`DELETE FROM access_key WHERE account = $1 AND user_id = $2 AND id = $3`, account, owner, id)
	})
}
