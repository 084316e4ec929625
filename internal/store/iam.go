package store

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/iam"
)

// IAM keeps the rows of the room iam.
func (db *DB) IAM() iam.Store { return iamStore{db} }

type iamStore struct{ db *DB }

const roleColumns = `r.account, r.path, r.name, r.id, r.trust, r.trusted, r.tags, r.description, r.max_session, r.created`

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

// One statement, so that all of it is as of one moment.
const roleRecord = `SELECT ` + roleColumns + `, p.kind, p.name, p.document
	FROM role r LEFT JOIN (
		SELECT 1 AS kind, name, document FROM role_policy WHERE account = $1 AND role = $2
		UNION ALL
		SELECT 2 AS kind, a.policy AS name, coalesce(v.document, '') AS document
		FROM role_attachment a
		LEFT JOIN managed_policy m ON m.account = a.account AND m.arn = a.policy
		LEFT JOIN managed_policy_version v ON v.account = m.account AND v.policy = m.name AND v.version = m.in_force
		WHERE a.account = $1 AND a.role = $2
	) p ON 1 = 1
	WHERE r.account = $1 AND r.name = $2 ORDER BY p.kind, p.name`

func (s iamStore) RoleRecord(ctx context.Context, account, name string) (iam.Record, error) {
	rows, err := s.db.reads().QueryContext(ctx, roleRecord, account, name)
	var record iam.Record
	all, err := collect(rows, err, func(row scanner) (iam.Role, error) {
		var kind sql.NullInt64
		var policy, document sql.NullString
		role, err := readRole(row, &kind, &policy, &document)
		switch kind.Int64 {
		case 1:
			record.Inline = append(record.Inline, iam.Inline{Name: policy.String, Document: document.String})
		case 2:
			record.Attached = append(record.Attached, iam.Attached{ARN: arn.ARN(policy.String), Document: document.String})
		}
		return role, err
	})
	if err != nil {
		return iam.Record{}, err
	}
	if len(all) == 0 {
		return iam.Record{}, noRole(name)
	}
	record.Role = all[0]
	return record, nil
}

func noRole(name string) error {
	return fault.NotFound.Errorf("The role with name %s cannot be found.", name)
}

// roleIsThere fails with fault.NotFound if it isn't.
func (t *tx) roleIsThere(account, name string) error {
	var one int
	err := t.row(`SELECT 1 FROM role WHERE account = $1 AND name = $2`, account, name).Scan(&one)
	return notFound(err, "The role with name %s cannot be found.", name)
}

func (s iamStore) DeleteRole(ctx context.Context, account, name string, decide func(iam.Uses) error) error {
	return s.db.write(ctx, func(t *tx) error {
		var id string
		var uses iam.Uses
		err := t.row(`SELECT id,
			(SELECT count(*) FROM role_policy WHERE account = $1 AND role = $2),
			(SELECT count(*) FROM role_attachment WHERE account = $1 AND role = $2)
			FROM role WHERE account = $1 AND name = $2`, account, name).Scan(&id, &uses.Inline, &uses.Attached)
		if err != nil {
			return notFound(err, "The role with name %s cannot be found.", name)
		}
		if err := decide(uses); err != nil {
			return err
		}
		t.publish(iam.RoleKey(account, name), iam.RoleIDKey(account, id))
		_, err = t.exec(`DELETE FROM role WHERE account = $1 AND name = $2`, account, name)
		return err
	})
}

func (s iamStore) PutInline(ctx context.Context, account, role string, p iam.Inline, decide func([]iam.Inline) error) error {
	return s.db.write(ctx, func(t *tx) error {
		if err := t.roleIsThere(account, role); err != nil {
			return err
		}
		rows, err := t.query(`SELECT name, document FROM role_policy WHERE account = $1 AND role = $2 AND name <> $3 ORDER BY name`, account, role, p.Name)
		others, err := collect(rows, err, func(row scanner) (o iam.Inline, err error) {
			err = row.Scan(&o.Name, &o.Document)
			return o, err
		})
		if err != nil {
			return err
		}
		if err := decide(others); err != nil {
			return err
		}
		t.publish(iam.RoleKey(account, role))
		_, err = t.exec(`INSERT INTO role_policy (account, role, name, document) VALUES ($1, $2, $3, $4)
			ON CONFLICT (account, role, name) DO UPDATE SET document = excluded.document`, account, role, p.Name, p.Document)
		return err
	})
}

func (s iamStore) DeleteInline(ctx context.Context, account, role, name string) error {
	return s.db.write(ctx, func(t *tx) error {
		t.publish(iam.RoleKey(account, role))
		return t.deleteOne("policy "+name+" of role "+role,
			`DELETE FROM role_policy WHERE account = $1 AND role = $2 AND name = $3`, account, role, name)
	})
}

// deleteOne runs a statement that deletes the row of what, or fails with
// fault.NotFound if there is none.
func (t *tx) deleteOne(what, query string, args ...any) error {
	result, err := t.exec(query, args...)
	if err != nil {
		return err
	}
	n, err := result.RowsAffected()
	if err == nil && n == 0 {
		return fault.NotFound.Errorf("%s is not there", what)
	}
	return err
}
