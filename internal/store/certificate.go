package store

import (
	"context"
	"strconv"
	"time"

	"muster/internal/arn"
	"muster/internal/certificate"
	"muster/internal/fault"
	"muster/internal/page"
)

// Certificates keeps the rows of the room certificate.
func (db *DB) Certificates() certificate.Store { return certificateStore{db} }

type certificateStore struct{ db *DB }

const certificateColumns = `account, region, id, pem, status, mode, generation, version, not_before, not_after, created, modified`

func readCertificate(row scanner) (certificate.Certificate, error) {
	var c certificate.Certificate
	var notBefore, notAfter, created, modified int64
	err := row.Scan(&c.Scope.Account, &c.Scope.Region, &c.ID, &c.PEM, &c.Status, &c.Mode, &c.Generation, &c.Version,
		&notBefore, &notAfter, &created, &modified)
	// The dates of a certificate may be any, the epoch among them.
	c.NotBefore, c.NotAfter = time.UnixMilli(notBefore).UTC(), time.UnixMilli(notAfter).UTC()
	c.Created, c.Modified = fromMS(created), fromMS(modified)
	return c, notFound(err, "there is no such certificate")
}

func (s certificateStore) InsertCertificate(ctx context.Context, c certificate.Certificate) error {
	return s.db.write(ctx, func(t *tx) error {
		_, err := t.exec(`INSERT INTO certificate (`+certificateColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
			c.Scope.Account, c.Scope.Region, c.ID, c.PEM, c.Status, c.Mode, c.Generation, c.Version,
			c.NotBefore.UnixMilli(), c.NotAfter.UnixMilli(), ms(c.Created), ms(c.Modified))
		if uniqueViolation(err) {
			return fault.AlreadyExists.Errorf("The certificate is already provisioned or registered").
				With("resourceId", c.ID).With("resourceArn", string(c.ARN()))
		}
		t.publish(certificate.Key(c.ID))
		return err
	})
}

const oneCertificate = `SELECT ` + certificateColumns + ` FROM certificate WHERE account = $1 AND region = $2 AND id = $3`

func (s certificateStore) Certificate(ctx context.Context, scope arn.Scope, id string) (certificate.Certificate, error) {
	return readCertificate(s.db.reads().QueryRowContext(ctx, oneCertificate, scope.Account, scope.Region, id))
}

func (s certificateStore) Certificates(ctx context.Context, scope arn.Scope, p page.Request) (page.Page[certificate.Certificate], error) {
	var none page.Page[certificate.Certificate]
	w := scoped(scope)
	if err := w.afterMade(p, "id"); err != nil {
		return none, err
	}
	rows, err := s.db.reads().QueryContext(ctx, w.page(`SELECT `+certificateColumns+` FROM certificate`, p, "created", "id"), w.args...)
	all, err := collect(rows, err, readCertificate)
	if err != nil {
		return none, err
	}
	return page.Cut(all, p.Limit, func(c certificate.Certificate) []string {
		return []string{strconv.FormatInt(ms(c.Created), 10), c.ID}
	}), nil
}

func (s certificateStore) Registrations(ctx context.Context, id string) ([]certificate.Certificate, error) {
	rows, err := s.db.reads().QueryContext(ctx,
		`SELECT `+certificateColumns+` FROM certificate WHERE id = $1 ORDER BY account, region`, id)
	return collect(rows, err, readCertificate)
}

func (s certificateStore) ChangeCertificate(ctx context.Context, scope arn.Scope, id string, change func(*certificate.Certificate) error) (c certificate.Certificate, err error) {
	err = s.db.write(ctx, func(t *tx) error {
		if c, err = readCertificate(t.row(oneCertificate, scope.Account, scope.Region, id)); err != nil {
			return err
		}
		if err := change(&c); err != nil {
			return err
		}
		t.publish(certificate.Key(id))
		_, err = t.exec(`UPDATE certificate SET status = $4, mode = $5, version = $6, modified = $7
			WHERE account = $1 AND region = $2 AND id = $3`,
			scope.Account, scope.Region, id, c.Status, c.Mode, c.Version, ms(c.Modified))
		return err
	})
	return c, err
}

func (s certificateStore) DeleteCertificate(ctx context.Context, scope arn.Scope, id string, rule func(certificate.Certificate, certificate.Uses) error) (c certificate.Certificate, err error) {
	err = s.db.write(ctx, func(t *tx) error {
		if c, err = readCertificate(t.row(oneCertificate, scope.Account, scope.Region, id)); err != nil {
			return err
		}
		var uses certificate.Uses
		err := t.row(`SELECT
			EXISTS (SELECT 1 FROM thing_principal WHERE account = $1 AND region = $2 AND principal = $3),
			EXISTS (SELECT 1 FROM iot_policy_target WHERE account = $1 AND region = $2 AND target = $3)`,
			scope.Account, scope.Region, c.ARN()).Scan(&uses.Things, &uses.Policies)
		if err != nil {
			return err
		}
		if err := rule(c, uses); err != nil {
			return err
		}
		publishAttached(t, scope, id) // the certificate's own key among them
		if _, err := t.exec(`DELETE FROM iot_policy_target WHERE account = $1 AND region = $2 AND target = $3`,
			scope.Account, scope.Region, c.ARN()); err != nil {
			return err
		}
		_, err = t.exec(`DELETE FROM certificate WHERE account = $1 AND region = $2 AND id = $3`, scope.Account, scope.Region, id)
		return err
	})
	return c, err
}
