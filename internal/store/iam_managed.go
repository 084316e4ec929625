package store

import (
	"context"
	"strings"

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

func (s iamStore) InsertPolicy(ctx context.Context, p iam.ManagedPolicy, v iam.Version, most int) error {
	return s.db.write(ctx, func(t *tx) error {
		if err := t.room(`managed_policy`, p.Account, p.Name, most); err != nil {
			return err
		}
		_, err := t.exec(`INSERT INTO managed_policy (account, name, folded, path, arn, id, description, in_force, created, updated)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
			p.Account, p.Name, strings.ToLower(p.Name), p.Path, string(p.ARN()), p.ID, p.Description, p.Default, ms(p.Created), ms(p.Updated))
		if err != nil {
			return err
		}
		_, err = t.exec(`INSERT INTO managed_policy_version (account, policy, version, document, created) VALUES ($1, $2, $3, $4, $5)`,
			p.Account, p.Name, v.Number, v.Document, ms(v.Created))
		return err
	})
}

func (s iamStore) Policy(ctx context.Context, account, name string) (iam.ManagedPolicy, error) {
	var p iam.ManagedPolicy
	var created, updated int64
	err := s.db.reads().QueryRowContext(ctx, `SELECT account, path, name, id, description, in_force, created, updated
		FROM managed_policy WHERE account = $1 AND name = $2`, account, name).
		Scan(&p.Account, &p.Path, &p.Name, &p.ID, &p.Description, &p.Default, &created, &updated)
	p.Created, p.Updated = fromMS(created), fromMS(updated)
	return p, notFound(err, "policy %s is not there", name)
}

func (s iamStore) PolicyVersion(ctx context.Context, account, name string, number int) (iam.Version, error) {
	var v iam.Version
	var created int64
	err := s.db.reads().QueryRowContext(ctx, `SELECT version, document, created FROM managed_policy_version
		WHERE account = $1 AND policy = $2 AND version = $3`, account, name, number).Scan(&v.Number, &v.Document, &created)
	v.Created = fromMS(created)
	return v, notFound(err, "version %d of policy %s is not there", number, name)
}

func (s iamStore) DeletePolicy(ctx context.Context, account string, a arn.ARN, decide func(attached int) error) error {
	return s.db.write(ctx, func(t *tx) error {
		var name string
		var attached int
		err := t.row(`SELECT name, (`+attachmentCount+`) FROM managed_policy WHERE account = $1 AND arn = $2`, account, string(a)).Scan(&name, &attached)
		if err != nil {
			return notFound(err, "policy %s is not there", a)
		}
		if err := decide(attached); err != nil {
			return err
		}
		if _, err := t.exec(`DELETE FROM managed_policy_version WHERE account = $1 AND policy = $2`, account, name); err != nil {
			return err
		}
		_, err = t.exec(`DELETE FROM managed_policy WHERE account = $1 AND arn = $2`, account, string(a))
		return err
	})
}
