package store

import (
	"context"
	"database/sql"
	"strings"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/iam"
	"muster/internal/index"
)

// holding says where a kind of holder is kept, with what it holds.
type holding struct {
	table, policies, attachments string
	// by is the column of policies and attachments that names the holder: the
	// key of its row, a role's name or a user's id.
	by, key string
	// keys are what decisions about the holder are made from.
	keys func(account, name, id string) []index.Key
}

var holdings = map[iam.Kind]holding{
	iam.ARole: {
		table: "role", policies: "role_policy", attachments: "role_attachment", by: "role", key: "name",
		keys: func(account, name, id string) []index.Key {
			return []index.Key{iam.RoleKey(account, name), iam.RoleIDKey(account, id)}
		},
	},
	iam.AUser: {
		table: "iam_user", policies: "user_policy", attachments: "user_attachment", by: "user_id", key: "id",
		keys: func(account, _, id string) []index.Key { return []index.Key{iam.UserKey(account, id)} },
	},
}

// record is the query of columns of one holder, which is called h, with all it
// holds; one statement, so that all of it is as of one moment. which is the
// column that it is asked for by.
func (k holding) record(columns, which string) string {
	asked := ` = (SELECT ` + k.key + ` FROM ` + k.table + ` WHERE account = $1 AND ` + which + ` = $2)`
	return `SELECT ` + columns + `, p.kind, p.name, p.document
	FROM ` + k.table + ` h LEFT JOIN (
		SELECT 1 AS kind, name, document FROM ` + k.policies + ` WHERE account = $1 AND ` + k.by + asked + `
		UNION ALL
		SELECT 2 AS kind, a.policy AS name, coalesce(v.document, '') AS document
		FROM ` + k.attachments + ` a
		LEFT JOIN managed_policy m ON m.account = a.account AND m.arn = a.policy
		LEFT JOIN managed_policy_version v ON v.account = m.account AND v.policy = m.name AND v.version = m.in_force
		WHERE a.account = $1 AND a.` + k.by + asked + `
	) p ON 1 = 1
	WHERE h.account = $1 AND h.` + which + ` = $2 ORDER BY p.kind, p.name`
}

// readRecord reads the rows of a query that record made; read reads its
// columns. The error is sql.ErrNoRows if there is no such holder.
func readRecord[T any](rows *sql.Rows, err error, read func(scanner, ...any) (T, error)) (holder T, held iam.Held, _ error) {
	all, err := collect(rows, err, func(row scanner) (T, error) {
		var kind sql.NullInt64
		var policy, document sql.NullString
		v, err := read(row, &kind, &policy, &document)
		switch kind.Int64 {
		case 1:
			held.Inline = append(held.Inline, iam.Inline{Name: policy.String, Document: document.String})
		case 2:
			held.Attached = append(held.Attached, iam.Attached{ARN: arn.ARN(policy.String), Document: document.String})
		}
		return v, err
	})
	switch {
	case err != nil:
		return holder, iam.Held{}, err
	case len(all) == 0:
		return holder, iam.Held{}, sql.ErrNoRows
	}
	return all[0], held, nil
}

// unknown turns the absence of a holder's row into a fault.NotFound.
func unknown(err error, kind iam.Kind, name string) error {
	return notFound(err, "The %s with name %s cannot be found.", strings.ToLower(string(kind)), name)
}

// hold runs a change of a holder or of what it holds, and publishes it. change
// gets the holder's key. It fails with fault.NotFound if there is no such
// holder.
func (s iamStore) hold(ctx context.Context, h iam.Holder, change func(t *tx, k holding, key string) error) error {
	k := holdings[h.Kind]
	return s.db.write(ctx, func(t *tx) error {
		var key, id string
		err := t.row(`SELECT `+k.key+`, id FROM `+k.table+` WHERE account = $1 AND name = $2`, h.Account, h.Name).Scan(&key, &id)
		if err != nil {
			return unknown(err, h.Kind, h.Name)
		}
		t.publish(k.keys(h.Account, h.Name, id)...)
		return change(t, k, key)
	})
}

func (s iamStore) Delete(ctx context.Context, h iam.Holder, decide func(iam.Uses) error) error {
	return s.hold(ctx, h, func(t *tx, k holding, key string) error {
		var uses iam.Uses
		err := t.row(`SELECT
			(SELECT count(*) FROM `+k.policies+` p WHERE p.account = h.account AND p.`+k.by+` = h.`+k.key+`),
			(SELECT count(*) FROM `+k.attachments+` a WHERE a.account = h.account AND a.`+k.by+` = h.`+k.key+`),
			(SELECT count(*) FROM access_key a WHERE a.account = h.account AND a.user_id = h.id)
			FROM `+k.table+` h WHERE h.account = $1 AND h.`+k.key+` = $2`, h.Account, key).Scan(&uses.Inline, &uses.Attached, &uses.Keys)
		if err != nil {
			return err
		}
		if err := decide(uses); err != nil {
			return err
		}
		_, err = t.exec(`DELETE FROM `+k.table+` WHERE account = $1 AND `+k.key+` = $2`, h.Account, key)
		return err
	})
}

func (s iamStore) PutInline(ctx context.Context, h iam.Holder, p iam.Inline, decide func([]iam.Inline) error) error {
	return s.hold(ctx, h, func(t *tx, k holding, key string) error {
		rows, err := t.query(`SELECT name, document FROM `+k.policies+` WHERE account = $1 AND `+k.by+` = $2 AND name <> $3 ORDER BY name`, h.Account, key, p.Name)
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
		_, err = t.exec(`INSERT INTO `+k.policies+` (account, `+k.by+`, name, document) VALUES ($1, $2, $3, $4)
			ON CONFLICT (account, `+k.by+`, name) DO UPDATE SET document = excluded.document`, h.Account, key, p.Name, p.Document)
		return err
	})
}

func (s iamStore) DeleteInline(ctx context.Context, h iam.Holder, name string) error {
	return s.hold(ctx, h, func(t *tx, k holding, key string) error {
		return t.changeOne(fault.NotFound.Errorf("policy %s of %s is not there", name, h),
			`DELETE FROM `+k.policies+` WHERE account = $1 AND `+k.by+` = $2 AND name = $3`, h.Account, key, name)
	})
}

func (s iamStore) Attach(ctx context.Context, h iam.Holder, a arn.ARN, decide func(others int, exists bool) error) error {
	return s.hold(ctx, h, func(t *tx, k holding, key string) error {
		var already, others, rows int
		err := t.row(`SELECT
			(SELECT count(*) FROM `+k.attachments+` WHERE account = $1 AND `+k.by+` = $2 AND policy = $3),
			(SELECT count(*) FROM `+k.attachments+` WHERE account = $1 AND `+k.by+` = $2 AND policy <> $3),
			(SELECT count(*) FROM managed_policy WHERE account = $1 AND arn = $3)`,
			h.Account, key, string(a)).Scan(&already, &others, &rows)
		if err != nil || already > 0 {
			return err
		}
		if err := decide(others, rows > 0); err != nil {
			return err
		}
		_, err = t.exec(`INSERT INTO `+k.attachments+` (account, `+k.by+`, policy) VALUES ($1, $2, $3)`, h.Account, key, string(a))
		return err
	})
}

func (s iamStore) Detach(ctx context.Context, h iam.Holder, a arn.ARN) error {
	return s.hold(ctx, h, func(t *tx, k holding, key string) error {
		return t.changeOne(fault.NotFound.Errorf("policy %s of %s is not there", a, h),
			`DELETE FROM `+k.attachments+` WHERE account = $1 AND `+k.by+` = $2 AND policy = $3`, h.Account, key, string(a))
	})
}

// attachmentCount counts the roles and the users that a policy is attached to.
const attachmentCount = `SELECT
	(SELECT count(*) FROM role_attachment WHERE account = $1 AND policy = $2) +
	(SELECT count(*) FROM user_attachment WHERE account = $1 AND policy = $2)`

func (s iamStore) AttachmentCount(ctx context.Context, account string, a arn.ARN) (n int, err error) {
	err = s.db.reads().QueryRowContext(ctx, attachmentCount, account, string(a)).Scan(&n)
	return n, err
}
