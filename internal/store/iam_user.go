package store

import (
	"context"
	"strings"

	"muster/internal/fault"
	"muster/internal/iam"
	"muster/internal/page"
)

// userColumns are those of a user called h.
const userColumns = `h.account, h.id, h.name, h.path, h.tags, h.created`

// readUser reads userColumns, and what follows them into rest.
func readUser(row scanner, rest ...any) (iam.User, error) {
	var u iam.User
	var tags string
	var created int64
	if err := row.Scan(append([]any{&u.Account, &u.ID, &u.Name, &u.Path, &tags, &created}, rest...)...); err != nil {
		return u, err
	}
	u.Created = fromMS(created)
	return u, fromJSON(tags, &u.Tags)
}

func (s iamStore) InsertUser(ctx context.Context, u iam.User, most int) error {
	tags, err := toJSON(u.Tags)
	if err != nil {
		return err
	}
	return s.db.write(ctx, func(t *tx) error {
		if err := t.room(`iam_user`, u.Account, u.Name, most); err != nil {
			return err
		}
		t.publish(iam.UserKey(u.Account, u.ID))
		_, err := t.exec(`INSERT INTO iam_user (account, id, name, folded, path, tags, created) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			u.Account, u.ID, u.Name, strings.ToLower(u.Name), u.Path, tags, ms(u.Created))
		return err
	})
}

var (
	userByName = holdings[iam.AUser].record(userColumns, "name")
	userByID   = holdings[iam.AUser].record(userColumns, "id")
)

func (s iamStore) UserRecord(ctx context.Context, account, name string) (iam.UserRecord, error) {
	return s.userRecord(ctx, userByName, account, name)
}

func (s iamStore) UserRecordByID(ctx context.Context, account, id string) (iam.UserRecord, error) {
	return s.userRecord(ctx, userByID, account, id)
}

func (s iamStore) userRecord(ctx context.Context, query, account, which string) (record iam.UserRecord, err error) {
	rows, err := s.db.reads().QueryContext(ctx, query, account, which)
	record.User, record.Held, err = readRecord(rows, err, readUser)
	return record, unknown(err, iam.AUser, which)
}

func (s iamStore) Users(ctx context.Context, account, prefix string, p page.Request) (page.Page[iam.User], error) {
	w := new(where)
	w.and("h.account = ?", account)
	w.prefix("h.path", prefix)
	if err := w.after(p, "h.name"); err != nil {
		return page.Page[iam.User]{}, err
	}
	rows, err := s.db.reads().QueryContext(ctx, w.page(`SELECT `+userColumns+` FROM iam_user h`, p, "h.name"), w.args...)
	all, err := collect(rows, err, func(row scanner) (iam.User, error) { return readUser(row) })
	return page.Cut(all, p.Limit, func(u iam.User) []string { return []string{u.Name} }), err
}

func (s iamStore) ChangeUser(ctx context.Context, account, name string, change func(*iam.User) error) (kept iam.User, err error) {
	err = s.db.write(ctx, func(t *tx) error {
		u, err := readUser(t.row(`SELECT `+userColumns+` FROM iam_user h WHERE h.account = $1 AND h.name = $2`, account, name))
		if err != nil {
			return unknown(err, iam.AUser, name)
		}
		if err := change(&u); err != nil {
			return err
		}
		var taken int
		err = t.row(`SELECT count(*) FROM iam_user WHERE account = $1 AND folded = $2 AND id <> $3`, account, strings.ToLower(u.Name), u.ID).Scan(&taken)
		if err != nil {
			return err
		}
		if taken > 0 {
			return fault.AlreadyExists.Errorf("the name %s is taken", u.Name)
		}
		tags, err := toJSON(u.Tags)
		if err != nil {
			return err
		}
		t.publish(iam.UserKey(account, u.ID))
		kept = u
		_, err = t.exec(`UPDATE iam_user SET name = $3, folded = $4, path = $5, tags = $6 WHERE account = $1 AND id = $2`,
			account, u.ID, u.Name, strings.ToLower(u.Name), u.Path, tags)
		return err
	})
	return kept, err
}
