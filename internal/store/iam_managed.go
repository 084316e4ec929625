package store

import (
	"context"

	"muster/internal/arn"
	"muster/internal/iam"
)

func (s iamStore) Attach(ctx context.Context, account, role string, a arn.ARN, decide func(others int, exists bool) error) error {
	return s.db.write(ctx, func(t *tx) error {
		if err := t.roleIsThere(account, role); err != nil {
			return err
		}
		var already, others, rows int
		err := t.row(`SELECT
			(SELECT count(*) FROM role_attachment WHERE account = $1 AND role = $2 AND policy = $3),
			(SELECT count(*) FROM role_attachment WHERE account = $1 AND role = $2 AND policy <> $3),
			(SELECT count(*) FROM managed_policy WHERE account = $1 AND arn = $3)`,
			account, role, string(a)).Scan(&already, &others, &rows)
		if err != nil || already > 0 {
			return err
		}
		if err := decide(others, rows > 0); err != nil {
			return err
		}
		t.publish(iam.RoleKey(account, role))
		_, err = t.exec(`INSERT INTO role_attachment (account, role, policy) VALUES ($1, $2, $3)`, account, role, string(a))
		return err
	})
}

func (s iamStore) Detach(ctx context.Context, account, role string, a arn.ARN) error {
	return s.db.write(ctx, func(t *tx) error {
		t.publish(iam.RoleKey(account, role))
		return t.deleteOne("policy "+string(a)+" of role "+role,
			`DELETE FROM role_attachment WHERE account = $1 AND role = $2 AND policy = $3`, account, role, string(a))
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
