package store

import (
	"context"
	"strings"
	"time"

	"muster/internal/fault"
	"muster/internal/iam"
)

// IAM keeps the rows of the room iam.
func (db *DB) IAM() iam.Store { return iamStore{db} }

type iamStore struct{ db *DB }

// roleColumns are those of a role called h.
const roleColumns = `h.account, h.path, h.name, h.id, h.trust, h.trusted, h.tags, h.description, h.max_session, h.created`

// readRole reads roleColumns, and what follows them into rest.
func readRole(row scanner, rest ...any) (iam.Role, error) {
	var r iam.Role
	var trusted, tags string
	var seconds, created int64
	err := row.Scan(append([]any{&r.Account, &r.Path, &r.Name, &r.ID, &r.TrustDocument, &trusted, &tags, &r.Description, &seconds, &created}, rest...)...)
	if err != nil {
		return r, err
	}
	r.MaxSession = time.Duration(seconds) * time.Second
	r.Created = fromMS(created)
	return r, jsonIntoRole(trusted, tags, &r)
}

func (s iamStore) InsertRole(ctx context.Context, r iam.Role, most int) error {
	return s.db.write(ctx, func(t *tx) error {
		if err := t.room(`role`, r.Account, r.Name, most); err != nil {
			return err
		}
		trusted, tags, err := jsonOfRole(r)
		if err != nil {
			return err
		}
		t.publish(iam.RoleKey(r.Account, r.Name), iam.RoleIDKey(r.Account, r.ID))
		_, err = t.exec(`INSERT INTO role (account, name, folded, path, id, trust, trusted, tags, description, max_session, created)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
			r.Account, r.Name, strings.ToLower(r.Name), r.Path, r.ID, r.TrustDocument, trusted, tags, r.Description,
			int64(r.MaxSession/time.Second), ms(r.Created))
		return err
	})
}

// room asks whether the table can take another row of that name.
func (t *tx) room(table, account, name string, most int) error {
	var n, taken int
	if err := t.row(`SELECT count(*) FROM `+table+` WHERE account = $1 AND folded = $2`, account, strings.ToLower(name)).Scan(&taken); err != nil {
		return err
	}
	if taken > 0 {
		return fault.AlreadyExists.Errorf("the name %s is taken", name)
	}
	if err := t.row(`SELECT count(*) FROM `+table+` WHERE account = $1`, account).Scan(&n); err != nil {
		return err
	}
	if n >= most {
		return fault.LimitExceeded.Errorf("there are %d already", n)
	}
	return nil
}

func (s iamStore) RoleName(ctx context.Context, account, id string) (name string, err error) {
	err = s.db.reads().QueryRowContext(ctx, `SELECT name FROM role WHERE account = $1 AND id = $2`, account, id).Scan(&name)
	return name, notFound(err, "The role with id %s cannot be found.", id)
}

var roleRecord = holdings[iam.ARole].record(roleColumns, "name")

func (s iamStore) RoleRecord(ctx context.Context, account, name string) (record iam.Record, err error) {
	rows, err := s.db.reads().QueryContext(ctx, roleRecord, account, name)
	record.Role, record.Held, err = readRecord(rows, err, readRole)
	return record, unknown(err, iam.ARole, name)
}
