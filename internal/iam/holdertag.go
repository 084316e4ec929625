package iam

import (
	"context"
	"errors"

	"muster/internal/fault"
	"muster/internal/page"
)

// Tag puts tags on a role or user, in place of those of the same keys; they
// count from the next request on. It fails with fault.NotFound, fault.Invalid
// or fault.LimitExceeded.
func (d *Directory) Tag(ctx context.Context, h Holder, tags []Tag) error {
	if err := checkTags(tags); err != nil {
		return err
	}
	return d.retag(ctx, h, func(has []Tag) ([]Tag, error) { return withTags(has, tags) })
}

// Untag takes the tags of the keys from a role or user; keys it doesn't have
// are fine. It fails with fault.NotFound.
func (d *Directory) Untag(ctx context.Context, h Holder, keys []string) error {
	return d.retag(ctx, h, func(has []Tag) ([]Tag, error) { return withoutTags(has, keys), nil })
}

func (d *Directory) retag(ctx context.Context, h Holder, change func([]Tag) ([]Tag, error)) (err error) {
	if h.Kind == AUser {
		_, err = d.store.ChangeUser(ctx, h.Account, h.Name, func(u *User) (err error) {
			u.Tags, err = change(u.Tags)
			return err
		})
	} else {
		_, err = d.store.ChangeRole(ctx, h.Account, h.Name, func(r *Role) (err error) {
			r.Tags, err = change(r.Tags)
			return err
		})
	}
	if errors.Is(err, fault.NotFound) {
		return h.unknown()
	}
	return err
}

// Tags answers a page of the tags of a role or user, by key. It fails with
// fault.NotFound, or fault.Invalid for a token of nobody's.
func (d *Directory) Tags(ctx context.Context, h Holder, r page.Request) (page.Page[Tag], error) {
	if h.Kind == AUser {
		u, err := d.User(ctx, h.Account, h.Name)
		if err != nil {
			return page.Page[Tag]{}, err
		}
		return pageOfTags(u.Tags, r)
	}
	record, err := d.record(ctx, h.Account, h.Name)
	if err != nil {
		return page.Page[Tag]{}, err
	}
	return pageOfTags(record.Tags, r)
}
