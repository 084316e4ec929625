package store

import (
	"context"
	"time"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/iotpolicy"
)

// selectVersions reads versions v of a policy p.
const selectVersions = `SELECT p.id, v.version, v.document, v.version = p.default_version, v.created
	FROM iot_policy p JOIN iot_policy_version v ON v.account = p.account AND v.region = p.region AND v.policy = p.name
	WHERE p.account = $1 AND p.region = $2 AND p.name = $3`

const selectVersion = selectVersions + ` AND v.version = $4`

func scanVersion(row scanner) (v iotpolicy.Version, err error) {
	var created int64
	err = row.Scan(&v.PolicyID, &v.Number, &v.Document, &v.Default, &created)
	v.Created = fromMS(created)
	return v, err
}

func (s iotPolicyStore) Versions(ctx context.Context, scope arn.Scope, name string) ([]iotpolicy.Version, error) {
	rows, err := s.db.reads().QueryContext(ctx, selectVersions+` ORDER BY v.version DESC`, scope.Account, scope.Region, name)
	all, err := collect(rows, err, scanVersion)
	if err == nil && len(all) == 0 { // there is always a default one
		err = fault.NotFound.Errorf("policy %s does not exist", name)
	}
	return all, err
}

func (s iotPolicyStore) Version(ctx context.Context, scope arn.Scope, name string, number int) (iotpolicy.Version, error) {
	v, err := scanVersion(s.db.reads().QueryRowContext(ctx, selectVersion, scope.Account, scope.Region, name, number))
	return v, notFound(err, "policy %s has no version %d", name, number)
}

func (s iotPolicyStore) InsertVersion(ctx context.Context, scope arn.Scope, name, document string, asDefault bool, now time.Time, rule func(int) error) (made iotpolicy.Version, err error) {
	err = s.db.write(ctx, func(t *tx) error {
		made = iotpolicy.Version{Document: document, Default: asDefault, Created: now}
		var last, versions, counts int
		err := t.row(`SELECT id, last_version, default_version,
			(SELECT count(*) FROM iot_policy_version WHERE account = $1 AND region = $2 AND policy = $3)
			FROM iot_policy WHERE account = $1 AND region = $2 AND name = $3`,
			scope.Account, scope.Region, name).Scan(&made.PolicyID, &last, &counts, &versions)
		if err != nil {
			return notFound(err, "policy %s does not exist", name)
		}
		if err := rule(versions); err != nil {
			return err
		}
		made.Number = last + 1
		if asDefault {
			counts = made.Number
		}
		t.publish(iotpolicy.Key(scope, name))
		if _, err := t.exec(`INSERT INTO iot_policy_version (account, region, policy, version, document, created) VALUES ($1, $2, $3, $4, $5, $6)`,
			scope.Account, scope.Region, name, made.Number, document, ms(now)); err != nil {
			return err
		}
		_, err = t.exec(`UPDATE iot_policy SET last_version = $4, default_version = $5, modified = $6 WHERE account = $1 AND region = $2 AND name = $3`,
			scope.Account, scope.Region, name, made.Number, counts, ms(now))
		return err
	})
	return made, err
}

func (s iotPolicyStore) SetDefault(ctx context.Context, scope arn.Scope, name string, number int, now time.Time) error {
	return s.db.write(ctx, func(t *tx) error {
		if _, err := scanVersion(t.row(selectVersion, scope.Account, scope.Region, name, number)); err != nil {
			return notFound(err, "policy %s has no version %d", name, number)
		}
		t.publish(iotpolicy.Key(scope, name))
		_, err := t.exec(`UPDATE iot_policy SET default_version = $4, modified = $5 WHERE account = $1 AND region = $2 AND name = $3`,
			scope.Account, scope.Region, name, number, ms(now))
		return err
	})
}

func (s iotPolicyStore) DeleteVersion(ctx context.Context, scope arn.Scope, name string, number int, now time.Time, rule func(iotpolicy.Version) error) error {
	return s.db.write(ctx, func(t *tx) error {
		v, err := scanVersion(t.row(selectVersion, scope.Account, scope.Region, name, number))
		if err != nil {
			return notFound(err, "policy %s has no version %d", name, number)
		}
		if err := rule(v); err != nil {
			return err
		}
		t.publish(iotpolicy.Key(scope, name))
		if _, err := t.exec(`DELETE FROM iot_policy_version WHERE account = $1 AND region = $2 AND policy = $3 AND version = $4`,
			scope.Account, scope.Region, name, number); err != nil {
			return err
		}
		_, err = t.exec(`UPDATE iot_policy SET modified = $4 WHERE account = $1 AND region = $2 AND name = $3`,
			scope.Account, scope.Region, name, ms(now))
		return err
	})
}
