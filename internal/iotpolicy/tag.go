package iotpolicy

import (
	"context"
	"errors"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/tag"
)

// Tags answers the tags of a policy. It fails with fault.NotFound.
func (p *Policies) Tags(ctx context.Context, scope arn.Scope, name string) (map[string]string, error) {
	kept, err := p.Get(ctx, scope, name)
	return kept.Tags, err
}

// Tag gives a policy tags, in place of those of the same keys. It fails with
// fault.NotFound, fault.Invalid or fault.LimitExceeded.
func (p *Policies) Tag(ctx context.Context, scope arn.Scope, name string, tags map[string]string) error {
	return p.changeTags(ctx, scope, name, func(has map[string]string) (map[string]string, error) {
		return tag.Put(has, tags)
	})
}

// Untag takes the tags of the keys from a policy; that one isn't there is no
// failure. It fails with fault.NotFound.
func (p *Policies) Untag(ctx context.Context, scope arn.Scope, name string, keys []string) error {
	return p.changeTags(ctx, scope, name, func(has map[string]string) (map[string]string, error) {
		return tag.Drop(has, keys), nil
	})
}

func (p *Policies) changeTags(ctx context.Context, scope arn.Scope, name string, change func(map[string]string) (map[string]string, error)) error {
	err := p.store.ChangeTags(ctx, scope, name, change)
	if errors.Is(err, fault.NotFound) {
		return notFound(name)
	}
	return err
}
