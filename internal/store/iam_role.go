package store

import (
	"context"
	"time"

	"muster/internal/iam"
	"muster/internal/page"
)

func (s iamStore) ChangeRole(ctx context.Context, account, name string, change func(*iam.Role) error) (iam.Role, error) {
	var kept iam.Role
	err := s.db.write(ctx, func(t *tx) error {
		r, err := readRole(t.row(`SELECT `+roleColumns+` FROM role h WHERE h.account = $1 AND h.name = $2`, account, name))
		if err != nil {
			return unknown(err, iam.ARole, name)
		}
		if err := change(&r); err != nil {
			return err
		}
		trusted, tags, err := jsonOfRole(r)
		if err != nil {
			return err
		}
		t.publish(iam.RoleKey(account, name))
		kept = r
		_, err = t.exec(`UPDATE role SET description = $3, max_session = $4, trust = $5, trusted = $6, tags = $7
			WHERE account = $1 AND name = $2`,
			account, name, r.Description, int64(r.MaxSession/time.Second), r.TrustDocument, trusted, tags)
		return err
	})
	return kept, err
}

// jsonOfRole writes what of a role is kept as JSON.
func jsonOfRole(r iam.Role) (trusted, tags string, err error) {
	trusted, tags = "{}", "[]"
	if len(r.Trusted) > 0 {
		if trusted, err = toJSON(r.Trusted); err != nil {
			return "", "", err
		}
	}
	if len(r.Tags) > 0 {
		tags, err = toJSON(r.Tags)
	}
	return trusted, tags, err
}

// jsonIntoRole reads what jsonOfRole wrote.
func jsonIntoRole(trusted, tags string, r *iam.Role) error {
	if trusted != "{}" {
		if err := fromJSON(trusted, &r.Trusted); err != nil {
			return err
		}
	}
	if tags != "[]" {
		return fromJSON(tags, &r.Tags)
	}
	return nil
}

func (s iamStore) Roles(ctx context.Context, account, prefix string, p page.Request) (page.Page[iam.Role], error) {
	var w where
	w.and("h.account = ?", account)
	w.prefix("h.path", prefix)
	if err := w.after(p, "h.name"); err != nil {
		return page.Page[iam.Role]{}, err
	}
	rows, err := s.db.reads().QueryContext(ctx, w.page(`SELECT `+roleColumns+` FROM role h`, p, "h.name"), w.args...)
	roles, err := collect(rows, err, func(row scanner) (iam.Role, error) { return readRole(row) })
	if err != nil {
		return page.Page[iam.Role]{}, err
	}
	return page.Cut(roles, p.Limit, func(r iam.Role) []string { return []string{r.Name} }), nil
}
