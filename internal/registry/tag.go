package registry

import (
	"context"

	"muster/internal/arn"
	"muster/internal/tag"
)

// Of the registry only types have tags; AWS tags no things.

// TypeTags answers the tags of a type.
func (r *Registry) TypeTags(ctx context.Context, scope arn.Scope, name TypeName) (map[string]string, error) {
	t, err := r.store.Type(ctx, scope, name)
	return t.Tags, err
}

// TagType gives a type tags, in place of those of the same keys. It fails with
// fault.NotFound, fault.Invalid or fault.LimitExceeded.
func (r *Registry) TagType(ctx context.Context, scope arn.Scope, name TypeName, tags map[string]string) error {
	return r.store.ChangeType(ctx, scope, name, func(t *Type) (err error) {
		t.Tags, err = tag.Put(t.Tags, tags)
		return err
	})
}

// UntagType takes the tags of the keys from a type; that one isn't there is no
// failure.
func (r *Registry) UntagType(ctx context.Context, scope arn.Scope, name TypeName, keys []string) error {
	return r.store.ChangeType(ctx, scope, name, func(t *Type) error {
		t.Tags = tag.Drop(t.Tags, keys)
		return nil
	})
}
