package store

import (
	"context"

	"muster/internal/arn"
	"muster/internal/iam"
	"muster/internal/page"
)

func (s iamStore) PolicyVersion(ctx context.Context, account, name string, number int) (iam.Version, error) {
	var v iam.Version
	var created int64
	err := s.db.reads().QueryRowContext(ctx, `SELECT version, document, created FROM managed_policy_version
		WHERE account = $1 AND policy = $2 AND version = $3`, account, name, number).Scan(&v.Number, &v.Document, &created)
	v.Created = fromMS(created)
	return v, notFound(err, "version %d of policy %s is not there", number, name)
}

func (s iamStore) Versions(ctx context.Context, account, name string) ([]iam.Version, error) {
	rows, err := s.db.reads().QueryContext(ctx, `SELECT version, created FROM managed_policy_version
		WHERE account = $1 AND policy = $2 ORDER BY version DESC`, account, name)
	return collect(rows, err, func(row scanner) (iam.Version, error) {
		var v iam.Version
		var created int64
		err := row.Scan(&v.Number, &created)
		v.Created = fromMS(created)
		return v, err
	})
}

func (s iamStore) InsertVersion(ctx context.Context, account string, a arn.ARN, v iam.Version, inForce bool, decide func(versions int) error) (iam.Version, error) {
	err := s.db.write(ctx, func(t *tx) error {
		var name string
		var last, versions int
		err := t.row(`SELECT m.name, m.last_version,
			(SELECT count(*) FROM managed_policy_version v WHERE v.account = m.account AND v.policy = m.name)
			FROM managed_policy m WHERE m.account = $1 AND m.arn = $2`, account, string(a)).Scan(&name, &last, &versions)
		if err != nil {
			return notFound(err, "policy %s is not there", a)
		}
		if err := decide(versions); err != nil {
			return err
		}
		v.Number = last + 1
		_, err = t.exec(`INSERT INTO managed_policy_version (account, policy, version, document, created) VALUES ($1, $2, $3, $4, $5)`,
			account, name, v.Number, v.Document, ms(v.Created))
		if err != nil {
			return err
		}
		_, err = t.exec(`UPDATE managed_policy SET last_version = $3, updated = $4 WHERE account = $1 AND arn = $2`,
			account, string(a), v.Number, ms(v.Created))
		if err != nil || !inForce {
			return err
		}
		return t.putInForce(account, a, v.Number)
	})
	return v, err
}

func (s iamStore) PutInForce(ctx context.Context, account string, a arn.ARN, number int) error {
	return s.db.write(ctx, func(t *tx) error {
		if _, err := t.isInForce(account, a, number); err != nil {
			return err
		}
		return t.putInForce(account, a, number)
	})
}

// isInForce fails with fault.NotFound if there is no such version.
func (t *tx) isInForce(account string, a arn.ARN, number int) (is bool, err error) {
	err = t.row(`SELECT m.in_force = v.version FROM managed_policy m
		JOIN managed_policy_version v ON v.account = m.account AND v.policy = m.name
		WHERE m.account = $1 AND m.arn = $2 AND v.version = $3`, account, string(a), number).Scan(&is)
	return is, notFound(err, "version %d of policy %s is not there", number, a)
}

// putInForce makes the version the default, which changes what everybody may
// do whom the policy is attached to.
func (t *tx) putInForce(account string, a arn.ARN, number int) error {
	if err := t.publishAttached(account, a); err != nil {
		return err
	}
	_, err := t.exec(`UPDATE managed_policy SET in_force = $3 WHERE account = $1 AND arn = $2`, account, string(a), number)
	return err
}

// publishAttached publishes the keys of everybody the policy is attached to.
func (t *tx) publishAttached(account string, a arn.ARN) error {
	rows, err := t.query(`SELECT role, '' FROM role_attachment WHERE account = $1 AND policy = $2
		UNION ALL SELECT '', user_id FROM user_attachment WHERE account = $1 AND policy = $2`, account, string(a))
	_, err = collect(rows, err, func(row scanner) (none struct{}, err error) {
		var role, user string
		if err = row.Scan(&role, &user); err != nil {
			return none, err
		}
		if user != "" {
			t.publish(iam.UserKey(account, user))
		} else {
			t.publish(iam.RoleKey(account, role))
		}
		return none, nil
	})
	return err
}

func (s iamStore) DeleteVersion(ctx context.Context, account string, a arn.ARN, number int, decide func(inForce bool) error) error {
	return s.db.write(ctx, func(t *tx) error {
		inForce, err := t.isInForce(account, a, number)
		if err != nil {
			return err
		}
		if err := decide(inForce); err != nil {
			return err
		}
		_, err = t.exec(`DELETE FROM managed_policy_version WHERE account = $1 AND version = $3
			AND policy = (SELECT name FROM managed_policy WHERE account = $1 AND arn = $2)`, account, string(a), number)
		return err
	})
}

// entities are the roles and users that a policy is attached to.
const entities = `SELECT kind, name, id FROM (
	SELECT a.account, a.policy, 'Role' AS kind, r.name, r.id, r.path
		FROM role_attachment a JOIN role r ON r.account = a.account AND r.name = a.role
	UNION ALL
	SELECT a.account, a.policy, 'User' AS kind, u.name, u.id, u.path
		FROM user_attachment a JOIN iam_user u ON u.account = a.account AND u.id = a.user_id
	) entity`

func (s iamStore) Entities(ctx context.Context, account string, a arn.ARN, kind iam.Kind, prefix string, p page.Request) (page.Page[iam.Entity], error) {
	var none page.Page[iam.Entity]
	var w where
	w.and("account = ?", account)
	w.and("policy = ?", string(a))
	w.prefix("path", prefix)
	if kind != "" {
		w.and("kind = ?", string(kind))
	}
	if err := w.after(p, "kind", "name"); err != nil {
		return none, err
	}
	rows, err := s.db.reads().QueryContext(ctx, w.page(entities, p, "kind", "name"), w.args...)
	all, err := collect(rows, err, func(row scanner) (e iam.Entity, err error) {
		err = row.Scan(&e.Kind, &e.Name, &e.ID)
		return e, err
	})
	if err != nil {
		return none, err
	}
	return page.Cut(all, p.Limit, func(e iam.Entity) []string { return []string{string(e.Kind), e.Name} }), nil
}
