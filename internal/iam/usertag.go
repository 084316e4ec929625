package iam

import (
	"context"
	"errors"

	"muster/internal/fault"
	"muster/internal/page"
)

// TagUser puts tags on a user, in place of those of the same keys; they count
// from the next request on. It fails with fault.NotFound, fault.Invalid or
// fault.LimitExceeded.
func (d *Directory) TagUser(ctx context.Context, account, name string, tags []Tag) error {
	if err := checkTags(tags); err != nil {
		return err
	}
	return d.retagUser(ctx, account, name, func(has []Tag) ([]Tag, error) { return withTags(has, tags) })
}

// UntagUser takes the tags of the keys from a user; keys it doesn't have are
// fine. It fails with fault.NotFound.
func (d *Directory) UntagUser(ctx context.Context, account, name string, keys []string) error {
	return d.retagUser(ctx, account, name, func(has []Tag) ([]Tag, error) { return withoutTags(has, keys), nil })
}

func (d *Directory) retagUser(ctx context.Context, account, name string, change func([]Tag) ([]Tag, error)) error {
	_, err := d.store.ChangeUser(ctx, account, name, func(u *User) (err error) {
		u.Tags, err = change(u.Tags)
		return err
	})
	if errors.Is(err, fault.NotFound) {
		return noUser(name)
	}
	return err
}

// UserTags answers a page of a user's tags, by key. It fails with
// fault.NotFound.
func (d *Directory) UserTags(ctx context.Context, account, name string, r page.Request) (page.Page[Tag], error) {
	u, err := d.User(ctx, account, name)
	if err != nil {
		return page.Page[Tag]{}, err
	}
	return pageOfTags(u.Tags, r)
}
