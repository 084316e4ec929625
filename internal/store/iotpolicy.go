package store

import (
	"context"
	"strconv"
	"time"

	"muster/internal/arn"
	"muster/internal/certificate"
	"muster/internal/fault"
	"muster/internal/iotpolicy"
	"muster/internal/page"
)

// IoTPolicies keeps the rows of the room iotpolicy.
func (db *DB) IoTPolicies() iotpolicy.Store { return iotPolicyStore{db} }

type iotPolicyStore struct{ db *DB }

func (s iotPolicyStore) InsertPolicy(ctx context.Context, scope arn.Scope, p iotpolicy.Policy) error {
	tags, err := toJSON(p.Tags)
	if err != nil {
		return err
	}
	return s.db.write(ctx, func(t *tx) error {
		_, err := t.exec(`INSERT INTO iot_policy (account, region, name, id, default_version, last_version, tags, created, modified)
			VALUES ($1, $2, $3, $4, $5, $5, $6, $7, $8)`,
			scope.Account, scope.Region, p.Name, p.ID, p.Version, tags, ms(p.Created), ms(p.Modified))
		if uniqueViolation(err) {
			return fault.AlreadyExists.Errorf("policy %s exists", p.Name)
		}
		if err != nil {
			return err
		}
		t.publish(iotpolicy.Key(scope, p.Name))
		_, err = t.exec(`INSERT INTO iot_policy_version (account, region, policy, version, document, created)
			VALUES ($1, $2, $3, $4, $5, $6)`,
			scope.Account, scope.Region, p.Name, p.Version, p.Document, ms(p.Created))
		return err
	})
}

func (s iotPolicyStore) Policy(ctx context.Context, scope arn.Scope, name string) (iotpolicy.Policy, error) {
	row := s.db.reads().QueryRowContext(ctx, `SELECT p.id, p.name, v.version, v.document, p.tags, p.created, p.modified
		FROM iot_policy p JOIN iot_policy_version v
			ON v.account = p.account AND v.region = p.region AND v.policy = p.name AND v.version = p.default_version
		WHERE p.account = $1 AND p.region = $2 AND p.name = $3`, scope.Account, scope.Region, name)
	var p iotpolicy.Policy
	var tags string
	var created, modified int64
	if err := row.Scan(&p.ID, &p.Name, &p.Version, &p.Document, &tags, &created, &modified); err != nil {
		return iotpolicy.Policy{}, notFound(err, "policy %s does not exist", name)
	}
	p.Created, p.Modified = fromMS(created), fromMS(modified)
	return p, fromJSON(tags, &p.Tags)
}

func (s iotPolicyStore) ChangeTags(ctx context.Context, scope arn.Scope, name string, change func(map[string]string) (map[string]string, error)) error {
	return s.db.write(ctx, func(t *tx) error {
		var text string
		var tags map[string]string
		if err := t.row(`SELECT tags FROM iot_policy WHERE account = $1 AND region = $2 AND name = $3`,
			scope.Account, scope.Region, name).Scan(&text); err != nil {
			return notFound(err, "policy %s does not exist", name)
		}
		if err := fromJSON(text, &tags); err != nil {
			return err
		}
		tags, err := change(tags)
		if err != nil {
			return err
		}
		if text, err = toJSON(tags); err != nil {
			return err
		}
		t.publish(iotpolicy.Key(scope, name))
		_, err = t.exec(`UPDATE iot_policy SET tags = $4 WHERE account = $1 AND region = $2 AND name = $3`, scope.Account, scope.Region, name, text)
		return err
	})
}

func (s iotPolicyStore) Policies(ctx context.Context, scope arn.Scope, p page.Request) (page.Page[string], error) {
	return s.inOrder(ctx, scoped(scope), "iot_policy", "name", p)
}

// inOrder returns one column of a table in the order of creation.
func (s iotPolicyStore) inOrder(ctx context.Context, w *where, table, column string, p page.Request) (page.Page[string], error) {
	type made struct {
		value   string
		created int64
	}
	var none page.Page[string]
	if err := w.afterMade(p, column); err != nil {
		return none, err
	}
	rows, err := s.db.reads().QueryContext(ctx, w.page(`SELECT `+column+`, created FROM `+table, p, "created", column), w.args...)
	all, err := collect(rows, err, func(row scanner) (m made, err error) { return m, row.Scan(&m.value, &m.created) })
	if err != nil {
		return none, err
	}
	cut := page.Cut(all, p.Limit, func(m made) []string { return []string{strconv.FormatInt(m.created, 10), m.value} })
	values := page.Page[string]{Next: cut.Next}
	for _, m := range cut.Items {
		values.Items = append(values.Items, m.value)
	}
	return values, nil
}

func (s iotPolicyStore) DeletePolicy(ctx context.Context, scope arn.Scope, name string, rule func(iotpolicy.Uses) error) error {
	return s.db.write(ctx, func(t *tx) error {
		var uses iotpolicy.Uses
		err := t.row(`SELECT
			EXISTS (SELECT 1 FROM iot_policy_target WHERE account = $1 AND region = $2 AND policy = $3),
			(SELECT count(*) FROM iot_policy_version WHERE account = $1 AND region = $2 AND policy = $3)
			FROM iot_policy WHERE account = $1 AND region = $2 AND name = $3`,
			scope.Account, scope.Region, name).Scan(&uses.Attached, &uses.Versions)
		if err != nil {
			return notFound(err, "policy %s does not exist", name)
		}
		if err := rule(uses); err != nil {
			return err
		}
		t.publish(iotpolicy.Key(scope, name))
		_, err = t.exec(`DELETE FROM iot_policy WHERE account = $1 AND region = $2 AND name = $3`, scope.Account, scope.Region, name)
		return err
	})
}

func (s iotPolicyStore) Attach(ctx context.Context, scope arn.Scope, name, certificateID string, now time.Time, rule func(iotpolicy.Attachment) error) error {
	return s.db.write(ctx, func(t *tx) error {
		a, err := attachment(t, scope, name, certificateID)
		if err != nil {
			return err
		}
		if err := rule(a); err != nil || a.Already {
			return err
		}
		publishAttached(t, scope, certificateID)
		_, err = t.exec(`INSERT INTO iot_policy_target (account, region, policy, target, created) VALUES ($1, $2, $3, $4, $5)`,
			scope.Account, scope.Region, name, scope.Certificate(certificateID), ms(now))
		return err
	})
}

func (s iotPolicyStore) Detach(ctx context.Context, scope arn.Scope, name, certificateID string, rule func(iotpolicy.Attachment) error) error {
	return s.db.write(ctx, func(t *tx) error {
		a, err := attachment(t, scope, name, certificateID)
		if err != nil {
			return err
		}
		if err := rule(a); err != nil {
			return err
		}
		publishAttached(t, scope, certificateID)
		_, err = t.exec(`DELETE FROM iot_policy_target WHERE account = $1 AND region = $2 AND policy = $3 AND target = $4`,
			scope.Account, scope.Region, name, scope.Certificate(certificateID))
		return err
	})
}

// attachment reads what stands at both ends of one that is to be made or
// removed.
func attachment(t *tx, scope arn.Scope, name, certificateID string) (a iotpolicy.Attachment, err error) {
	err = t.row(`SELECT
		EXISTS (SELECT 1 FROM iot_policy WHERE account = $1 AND region = $2 AND name = $3),
		EXISTS (SELECT 1 FROM certificate WHERE account = $1 AND region = $2 AND id = $4),
		EXISTS (SELECT 1 FROM iot_policy_target WHERE account = $1 AND region = $2 AND target = $5 AND policy = $3),
		(SELECT count(*) FROM iot_policy_target WHERE account = $1 AND region = $2 AND target = $5)`,
		scope.Account, scope.Region, name, certificateID, scope.Certificate(certificateID)).Scan(&a.Policy, &a.Certificate, &a.Already, &a.Count)
	return a, err
}

func publishAttached(t *tx, scope arn.Scope, certificateID string) {
	t.publish(iotpolicy.AttachedKey(scope, certificateID), certificate.Key(certificateID))
}

func (s iotPolicyStore) Attached(ctx context.Context, scope arn.Scope, certificateID string, p page.Request) (page.Page[string], error) {
	var none page.Page[string]
	var found int
	err := s.db.reads().QueryRowContext(ctx, `SELECT 1 FROM certificate WHERE account = $1 AND region = $2 AND id = $3`,
		scope.Account, scope.Region, certificateID).Scan(&found)
	if err != nil {
		return none, notFound(err, "certificate %s does not exist", certificateID)
	}
	w := scoped(scope)
	w.and(`target = ?`, scope.Certificate(certificateID))
	return s.inOrder(ctx, w, "iot_policy_target", "policy", p)
}

func (s iotPolicyStore) Targets(ctx context.Context, scope arn.Scope, name string, p page.Request) (page.Page[string], error) {
	var none page.Page[string]
	if _, err := s.Policy(ctx, scope, name); err != nil {
		return none, err
	}
	w := scoped(scope)
	w.and(`policy = ?`, name)
	return s.inOrder(ctx, w, "iot_policy_target", "target", p)
}

func (s iotPolicyStore) Attachments(ctx context.Context, scope arn.Scope, certificateID string) ([]iotpolicy.Ref, error) {
	rows, err := s.db.reads().QueryContext(ctx, `SELECT p.id, p.name
		FROM iot_policy_target t JOIN iot_policy p ON p.account = t.account AND p.region = t.region AND p.name = t.policy
		WHERE t.account = $1 AND t.region = $2 AND t.target = $3 ORDER BY p.name`,
		scope.Account, scope.Region, scope.Certificate(certificateID))
	return collect(rows, err, func(row scanner) (iotpolicy.Ref, error) {
		var r iotpolicy.Ref
		err := row.Scan(&r.ID, &r.Name)
		return r, err
	})
}
