package store

import (
	"context"
	"strings"

	"muster/internal/arn"
	"muster/internal/iam"
	"muster/internal/page"
)

func (s iamStore) InsertPolicy(ctx context.Context, p iam.ManagedPolicy, v iam.Version, most int) error {
	tags, err := toJSON(p.Tags)
	if err != nil {
		return err
	}
	return s.db.write(ctx, func(t *tx) error {
		if err := t.room(`managed_policy`, p.Account, p.Name, most); err != nil {
			return err
		}
		_, err := t.exec(`INSERT INTO managed_policy (account, name, folded, path, arn, id, description, tags, in_force, created, updated)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
			p.Account, p.Name, strings.ToLower(p.Name), p.Path, string(p.ARN()), p.ID, p.Description, tags, p.Default, ms(p.Created), ms(p.Updated))
		if err != nil {
			return err
		}
		_, err = t.exec(`INSERT INTO managed_policy_version (account, policy, version, document, created) VALUES ($1, $2, $3, $4, $5)`,
			p.Account, p.Name, v.Number, v.Document, ms(v.Created))
		return err
	})
}

func (s iamStore) Policy(ctx context.Context, account, name string) (iam.ManagedPolicy, error) {
	p, err := readPolicy(s.db.reads().QueryRowContext(ctx, `SELECT `+policyColumns+`
		FROM managed_policy m WHERE m.account = $1 AND m.name = $2`, account, name))
	return p, notFound(err, "policy %s is not there", name)
}

const policyColumns = `m.account, m.path, m.name, m.id, m.description, m.tags, m.in_force, m.created, m.updated`

// readPolicy reads policyColumns, and what follows them into rest.
func readPolicy(row scanner, rest ...any) (iam.ManagedPolicy, error) {
	var p iam.ManagedPolicy
	var tags string
	var created, updated int64
	err := row.Scan(append([]any{&p.Account, &p.Path, &p.Name, &p.ID, &p.Description, &tags, &p.Default, &created, &updated}, rest...)...)
	if err != nil {
		return p, err
	}
	p.Created, p.Updated = fromMS(created), fromMS(updated)
	return p, fromJSON(tags, &p.Tags)
}

// attachedTo counts the roles and the users that m is attached to.
const attachedTo = `((SELECT count(*) FROM role_attachment a WHERE a.account = m.account AND a.policy = m.arn) +
	(SELECT count(*) FROM user_attachment a WHERE a.account = m.account AND a.policy = m.arn))`

func (s iamStore) Policies(ctx context.Context, account, prefix string, attached bool, p page.Request) (page.Page[iam.CountedPolicy], error) {
	var none page.Page[iam.CountedPolicy]
	var w where
	w.and("m.account = ?", account)
	w.prefix("m.path", prefix)
	if attached {
		w.and(attachedTo + " > 0")
	}
	if err := w.after(p, "m.arn"); err != nil {
		return none, err
	}
	rows, err := s.db.reads().QueryContext(ctx, w.page(`SELECT `+policyColumns+`, `+attachedTo+` FROM managed_policy m`, p, "m.arn"), w.args...)
	all, err := collect(rows, err, func(row scanner) (iam.CountedPolicy, error) {
		var n int
		p, err := readPolicy(row, &n)
		return iam.CountedPolicy{ManagedPolicy: p, Attached: n}, err
	})
	if err != nil {
		return none, err
	}
	return page.Cut(all, p.Limit, func(p iam.CountedPolicy) []string { return []string{string(p.ARN())} }), nil
}

func (s iamStore) ChangePolicyTags(ctx context.Context, account string, a arn.ARN, change func([]iam.Tag) ([]iam.Tag, error)) error {
	return s.db.write(ctx, func(t *tx) error {
		var text string
		var tags []iam.Tag
		err := t.row(`SELECT tags FROM managed_policy WHERE account = $1 AND arn = $2`, account, string(a)).Scan(&text)
		if err != nil {
			return notFound(err, "policy %s is not there", a)
		}
		if err := fromJSON(text, &tags); err != nil {
			return err
		}
		if tags, err = change(tags); err != nil {
			return err
		}
		if text, err = toJSON(tags); err != nil {
			return err
		}
		_, err = t.exec(`UPDATE managed_policy SET tags = $3 WHERE account = $1 AND arn = $2`, account, string(a), text)
		return err
	})
}

func (s iamStore) DeletePolicy(ctx context.Context, account string, a arn.ARN, decide func(iam.PolicyUses) error) error {
	return s.db.write(ctx, func(t *tx) error {
		var name string
		var uses iam.PolicyUses
		err := t.row(`SELECT m.name, (`+attachmentCount+`),
			(SELECT count(*) FROM managed_policy_version v WHERE v.account = m.account AND v.policy = m.name)
			FROM managed_policy m WHERE m.account = $1 AND m.arn = $2`, account, string(a)).Scan(&name, &uses.Attached, &uses.Versions)
		if err != nil {
			return notFound(err, "policy %s is not there", a)
		}
		if err := decide(uses); err != nil {
			return err
		}
		if _, err := t.exec(`DELETE FROM managed_policy_version WHERE account = $1 AND policy = $2`, account, name); err != nil {
			return err
		}
		_, err = t.exec(`DELETE FROM managed_policy WHERE account = $1 AND arn = $2`, account, string(a))
		return err
	})
}
