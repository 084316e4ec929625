package iam

import (
	"context"
	"errors"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/page"
)

// TagPolicy puts tags on a customer managed policy, in place of those of the
// same keys. It fails like Policy, and with fault.LimitExceeded, or
// fault.Denied for one of AWS's own.
func (d *Directory) TagPolicy(ctx context.Context, account string, a arn.ARN, tags []Tag) error {
	if err := checkTags(tags); err != nil {
		return err
	}
	return d.retagPolicy(ctx, account, a, func(has []Tag) ([]Tag, error) { return withTags(has, tags) })
}

// UntagPolicy takes the tags of the keys from a customer managed policy; keys
// it doesn't have are fine. It fails like Policy, and with fault.Denied for one
// of AWS's own.
func (d *Directory) UntagPolicy(ctx context.Context, account string, a arn.ARN, keys []string) error {
	return d.retagPolicy(ctx, account, a, func(has []Tag) ([]Tag, error) { return withoutTags(has, keys), nil })
}

func (d *Directory) retagPolicy(ctx context.Context, account string, a arn.ARN, change func([]Tag) ([]Tag, error)) error {
	if _, err := d.ours(ctx, account, a); err != nil {
		return err
	}
	err := d.store.ChangePolicyTags(ctx, account, a, change)
	if errors.Is(err, fault.NotFound) {
		return noPolicy(a)
	}
	return err
}

// PolicyTags answers a page of a policy's tags, by key; AWS's own have none.
// It fails like Policy.
func (d *Directory) PolicyTags(ctx context.Context, account string, a arn.ARN, r page.Request) (page.Page[Tag], error) {
	p, err := d.Policy(ctx, account, a)
	if err != nil {
		return page.Page[Tag]{}, err
	}
	return pageOfTags(p.Tags, r)
}
