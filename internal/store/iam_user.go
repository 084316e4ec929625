package store

import (
	"context"
	"database/sql"
	"strings"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/iam"
	"muster/internal/page"
)

// userColumns are those of a user called u.
const userColumns = `u.account, u.id, u.name, u.path, u.tags, u.created`

// readUser reads userColumns, and what follows them into rest.
func readUser(row scanner, rest ...any) (iam.User, error) {
	var u iam.User
	var tags string
	var created int64
	if err := row.Scan(append([]any{&u.Account, &u.ID, &u.Name, &u.Path, &tags, &created}, rest...)...); err != nil {
		return u, err
	}
	u.Created = fromMS(created)
	return u, fromJSON(tags, &u.Tags)
}

func noUser(name string) error {
	return fault.NotFound.Errorf("The user with name %s cannot be found.", name)
}

func (s iamStore) InsertUser(ctx context.Context, u iam.User, most int) error {
	tags, err := toJSON(u.Tags)
	if err != nil {
		return err
	}
	return s.db.write(ctx, func(t *tx) error {
		if err := t.room(`iam_user`, u.Account, u.Name, most); err != nil {
			return err
		}
		t.publish(iam.UserKey(u.Account, u.ID))
		_, err := t.exec(`INSERT INTO iam_user (account, id, name, folded, path, tags, created) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			u.Account, u.ID, u.Name, strings.ToLower(u.Name), u.Path, tags, ms(u.Created))
		return err
	})
}

// userRecord reads one user with all of its policies; one statement, so that
// all of it is as of one moment. column is the user's name or id.
func userRecord(column string) string {
	return `SELECT ` + userColumns + `, p.kind, p.name, p.document
	FROM iam_user u LEFT JOIN (
		SELECT 1 AS kind, account, user_id, name, document FROM user_policy
		UNION ALL
		SELECT 2 AS kind, a.account, a.user_id, a.policy AS name, coalesce(v.document, '') AS document
		FROM user_attachment a
		LEFT JOIN managed_policy m ON m.account = a.account AND m.arn = a.policy
		LEFT JOIN managed_policy_version v ON v.account = m.account AND v.policy = m.name AND v.version = m.in_force
	) p ON p.account = u.account AND p.user_id = u.id
	WHERE u.account = $1 AND u.` + column + ` = $2 ORDER BY p.kind, p.name`
}

var (
	userByName = userRecord("name")
	userByID   = userRecord("id")
)

func (s iamStore) UserRecord(ctx context.Context, account, name string) (iam.UserRecord, error) {
	return s.userRecord(ctx, userByName, account, name)
}

func (s iamStore) UserRecordByID(ctx context.Context, account, id string) (iam.UserRecord, error) {
	return s.userRecord(ctx, userByID, account, id)
}

func (s iamStore) userRecord(ctx context.Context, query, account, which string) (iam.UserRecord, error) {
	rows, err := s.db.reads().QueryContext(ctx, query, account, which)
	var record iam.UserRecord
	all, err := collect(rows, err, func(row scanner) (iam.User, error) {
		var kind sql.NullInt64
		var policy, document sql.NullString
		u, err := readUser(row, &kind, &policy, &document)
		switch kind.Int64 {
		case 1:
			record.Inline = append(record.Inline, iam.Inline{Name: policy.String, Document: document.String})
		case 2:
			record.Attached = append(record.Attached, iam.Attached{ARN: arn.ARN(policy.String), Document: document.String})
		}
		return u, err
	})
	if err != nil {
		return iam.UserRecord{}, err
	}
	if len(all) == 0 {
		return iam.UserRecord{}, noUser(which)
	}
	record.User = all[0]
	return record, nil
}

func (s iamStore) Users(ctx context.Context, account, prefix string, p page.Request) (page.Page[iam.User], error) {
	w := new(where)
	w.and("u.account = ?", account)
	w.prefix("u.path", prefix)
	if err := w.after("u.name", p); err != nil {
		return page.Page[iam.User]{}, err
	}
	rows, err := s.db.reads().QueryContext(ctx, w.page(`SELECT `+userColumns+` FROM iam_user u`, "u.name", p), w.args...)
	all, err := collect(rows, err, func(row scanner) (iam.User, error) { return readUser(row) })
	return page.Cut(all, p.Limit, func(u iam.User) []string { return []string{u.Name} }), err
}

func (s iamStore) ChangeUser(ctx context.Context, account, name string, change func(*iam.User) error) (kept iam.User, err error) {
	err = s.db.write(ctx, func(t *tx) error {
		u, err := readUser(t.row(`SELECT `+userColumns+` FROM iam_user u WHERE u.account = $1 AND u.name = $2`, account, name))
		if err != nil {
			return notFound(err, "The user with name %s cannot be found.", name)
		}
		if err := change(&u); err != nil {
			return err
		}
		var taken int
		err = t.row(`SELECT count(*) FROM iam_user WHERE account = $1 AND folded = $2 AND id <> $3`, account, strings.ToLower(u.Name), u.ID).Scan(&taken)
		if err != nil {
			return err
		}
		if taken > 0 {
			return fault.AlreadyExists.Errorf("the name %s is taken", u.Name)
		}
		t.publish(iam.UserKey(account, u.ID))
		kept = u
		_, err = t.exec(`UPDATE iam_user SET name = $3, folded = $4, path = $5 WHERE account = $1 AND id = $2`,
			account, u.ID, u.Name, strings.ToLower(u.Name), u.Path)
		return err
	})
	return kept, err
}

// userID answers the unique id of a user, or fails with fault.NotFound.
func (t *tx) userID(account, name string) (id string, err error) {
	err = t.row(`SELECT id FROM iam_user WHERE account = $1 AND name = $2`, account, name).Scan(&id)
	return id, notFound(err, "The user with name %s cannot be found.", name)
}

func (s iamStore) DeleteUser(ctx context.Context, account, name string, decide func(iam.UserUses) error) error {
	return s.db.write(ctx, func(t *tx) error {
		id, err := t.userID(account, name)
		if err != nil {
			return err
		}
		var uses iam.UserUses
		err = t.row(`SELECT
			(SELECT count(*) FROM user_policy WHERE account = $1 AND user_id = $2),
			(SELECT count(*) FROM user_attachment WHERE account = $1 AND user_id = $2),
			(SELECT count(*) FROM access_key WHERE account = $1 AND user_id = $2)`, account, id).Scan(&uses.Inline, &uses.Attached, &uses.Keys)
		if err != nil {
			return err
		}
		if err := decide(uses); err != nil {
			return err
		}
		t.publish(iam.UserKey(account, id))
		_, err = t.exec(`DELETE FROM iam_user WHERE account = $1 AND id = $2`, account, id)
		return err
	})
}

func (s iamStore) PutUserInline(ctx context.Context, account, user string, p iam.Inline, decide func([]iam.Inline) error) error {
	return s.db.write(ctx, func(t *tx) error {
		id, err := t.userID(account, user)
		if err != nil {
			return err
		}
		rows, err := t.query(`SELECT name, document FROM user_policy WHERE account = $1 AND user_id = $2 AND name <> $3 ORDER BY name`, account, id, p.Name)
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
		t.publish(iam.UserKey(account, id))
		_, err = t.exec(`INSERT INTO user_policy (account, user_id, name, document) VALUES ($1, $2, $3, $4)
			ON CONFLICT (account, user_id, name) DO UPDATE SET document = excluded.document`, account, id, p.Name, p.Document)
		return err
	})
}

func (s iamStore) DeleteUserInline(ctx context.Context, account, user, name string) error {
	return s.db.write(ctx, func(t *tx) error {
		id, err := t.userID(account, user)
		if err != nil {
			return err
		}
		t.publish(iam.UserKey(account, id))
		return t.deleteOne("policy "+name+" of user "+user,
			`DELETE FROM user_policy WHERE account = $1 AND user_id = $2 AND name = $3`, account, id, name)
	})
}

func (s iamStore) AttachUser(ctx context.Context, account, user string, a arn.ARN, decide func(others int, exists bool) error) error {
	return s.db.write(ctx, func(t *tx) error {
		id, err := t.userID(account, user)
		if err != nil {
			return err
		}
		var already, others, rows int
		err = t.row(`SELECT
			(SELECT count(*) FROM user_attachment WHERE account = $1 AND user_id = $2 AND policy = $3),
			(SELECT count(*) FROM user_attachment WHERE account = $1 AND user_id = $2 AND policy <> $3),
			(SELECT count(*) FROM managed_policy WHERE account = $1 AND arn = $3)`,
			account, id, string(a)).Scan(&already, &others, &rows)
		if err != nil || already > 0 {
			return err
		}
		if err := decide(others, rows > 0); err != nil {
			return err
		}
		t.publish(iam.UserKey(account, id))
		_, err = t.exec(`INSERT INTO user_attachment (account, user_id, policy) VALUES ($1, $2, $3)`, account, id, string(a))
		return err
	})
}

func (s iamStore) DetachUser(ctx context.Context, account, user string, a arn.ARN) error {
	return s.db.write(ctx, func(t *tx) error {
		id, err := t.userID(account, user)
		if err != nil {
			return err
		}
		t.publish(iam.UserKey(account, id))
		return t.deleteOne("policy "+string(a)+" of user "+user,
			`DELETE FROM user_attachment WHERE account = $1 AND user_id = $2 AND policy = $3`, account, id, string(a))
	})
}
