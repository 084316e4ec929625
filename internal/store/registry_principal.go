package store

import (
	"context"
	"database/sql"
	"errors"

	"muster/internal/arn"
	"muster/internal/page"
	"muster/internal/registry"
)

func (s registryStore) Attach(ctx context.Context, scope arn.Scope, a registry.Attachment, rule func(registry.Ends) error) error {
	return s.db.write(ctx, func(tx *tx) error {
		e, err := ends(tx, scope, a.Thing, a.Principal)
		if err != nil {
			return err
		}
		if err := rule(e); err != nil || e.Here != nil {
			return err
		}
		_, err = tx.exec(`INSERT INTO thing_principal (account, region, thing, principal, exclusive, created) VALUES ($1, $2, $3, $4, $5, $6)`,
			scope.Account, scope.Region, a.Thing, a.Principal, a.Exclusive, ms(a.Created))
		tx.publish(registry.Key(scope, a.Thing))
		return err
	})
}

func (s registryStore) Detach(ctx context.Context, scope arn.Scope, thing registry.Name, p registry.Principal, rule func(registry.Ends) error) error {
	return s.db.write(ctx, func(tx *tx) error {
		e, err := ends(tx, scope, thing, p)
		if err != nil {
			return err
		}
		if err := rule(e); err != nil {
			return err
		}
		_, err = tx.exec(`DELETE FROM thing_principal WHERE account = $1 AND region = $2 AND thing = $3 AND principal = $4`,
			scope.Account, scope.Region, thing, p)
		tx.publish(registry.Key(scope, thing))
		return err
	})
}

// ends reads what stands at both ends of an attachment.
func ends(tx *tx, scope arn.Scope, thing registry.Name, p registry.Principal) (e registry.Ends, err error) {
	// Another scope's certificate is none here: its id is empty.
	id, _ := p.Certificate(scope)
	err = tx.row(`SELECT
		EXISTS (SELECT 1 FROM thing WHERE account = $1 AND region = $2 AND name = $3),
		EXISTS (SELECT 1 FROM certificate WHERE account = $1 AND region = $2 AND id = $4),
		(SELECT count(*) FROM thing_principal WHERE account = $1 AND region = $2 AND thing = $3),
		EXISTS (SELECT 1 FROM thing_principal WHERE account = $1 AND region = $2 AND principal = $5 AND thing <> $3),
		EXISTS (SELECT 1 FROM thing_principal WHERE account = $1 AND region = $2 AND principal = $5 AND thing <> $3 AND exclusive)`,
		scope.Account, scope.Region, thing, id, p).Scan(&e.Thing, &e.Certificate, &e.Held, &e.Elsewhere, &e.Bound)
	if err != nil {
		return e, err
	}
	here, err := scanAttachment(tx.row(`SELECT `+attachmentColumns+` FROM thing_principal WHERE account = $1 AND region = $2 AND thing = $3 AND principal = $4`,
		scope.Account, scope.Region, thing, p))
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return e, nil
	case err != nil:
		return e, err
	}
	e.Here = &here
	return e, nil
}

const attachmentColumns = `thing, principal, exclusive, created`

func scanAttachment(row scanner) (a registry.Attachment, err error) {
	var created int64
	err = row.Scan(&a.Thing, &a.Principal, &a.Exclusive, &created)
	a.Created = fromMS(created)
	return a, err
}

func (s registryStore) Attachments(ctx context.Context, scope arn.Scope, thing registry.Name, of registry.PrincipalType, p page.Request) (none page.Page[registry.Attachment], err error) {
	if _, err := s.Thing(ctx, scope, thing); err != nil {
		return none, err
	}
	w := scoped(scope)
	w.and("thing = ?", thing)
	w.principalType(of)
	if err := w.after(p, "principal"); err != nil {
		return none, err
	}
	query := w.page(`SELECT `+attachmentColumns+` FROM thing_principal`, p, "principal")
	rows, err := s.db.reads().QueryContext(ctx, query, w.args...)
	all, err := collect(rows, err, scanAttachment)
	return page.Cut(all, p.Limit, func(a registry.Attachment) []string { return []string{string(a.Principal)} }), err
}

func (s registryStore) ThingsOf(ctx context.Context, scope arn.Scope, p registry.Principal, of registry.PrincipalType, r page.Request) (none page.Page[registry.Attachment], err error) {
	if !p.Identity() {
		id, _ := p.Certificate(scope) // another scope's is none here: its id is empty
		var found int
		err := s.db.reads().QueryRowContext(ctx, `SELECT 1 FROM certificate WHERE account = $1 AND region = $2 AND id = $3`,
			scope.Account, scope.Region, id).Scan(&found)
		if errors.Is(err, sql.ErrNoRows) {
			return none, registry.NoPrincipal()
		}
		if err != nil {
			return none, err
		}
	}
	w := scoped(scope)
	w.and("principal = ?", p)
	w.principalType(of)
	if err := w.after(r, "thing"); err != nil {
		return none, err
	}
	query := w.page(`SELECT `+attachmentColumns+` FROM thing_principal`, r, "thing")
	rows, err := s.db.reads().QueryContext(ctx, query, w.args...)
	all, err := collect(rows, err, scanAttachment)
	return page.Cut(all, r.Limit, func(a registry.Attachment) []string { return []string{string(a.Thing)} }), err
}

// principalType asks for attachments of a type.
func (w *where) principalType(of registry.PrincipalType) {
	if of != registry.AnyType {
		w.and("exclusive = ?", of == registry.ExclusiveThing)
	}
}

func (s registryStore) Holder(ctx context.Context, scope arn.Scope, name registry.Name) (t registry.Thing, all []registry.Attachment, err error) {
	// One statement, because two could see two moments.
	rows, err := s.db.reads().QueryContext(ctx, `SELECT `+thingColumns+`, p.principal, p.exclusive, p.created
		FROM thing t LEFT JOIN thing_principal p ON p.account = t.account AND p.region = t.region AND p.thing = t.name
		WHERE t.account = $1 AND t.region = $2 AND t.name = $3 ORDER BY p.principal`, scope.Account, scope.Region, name)
	if err != nil {
		return t, nil, err
	}
	defer rows.Close()
	found := false
	for rows.Next() {
		var principal sql.NullString
		var exclusive sql.NullBool
		var created sql.NullInt64
		if t, err = scanThingAnd(rows, &principal, &exclusive, &created); err != nil {
			return t, nil, err
		}
		found = true
		if principal.Valid {
			all = append(all, registry.Attachment{Thing: name, Principal: registry.Principal(principal.String), Exclusive: exclusive.Bool, Created: fromMS(created.Int64)})
		}
	}
	if err := rows.Err(); err != nil {
		return t, nil, err
	}
	if !found {
		return t, nil, registry.NoThing(name)
	}
	return t, all, nil
}
