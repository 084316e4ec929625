package objects

import (
	"context"
	"errors"
	"slices"
)

// Tags returns the object with its tags.
func (o *Objects) Tags(ctx context.Context, ref Ref, judge Judge) (Object, error) {
	row, _, err := o.look(ctx, ref, judge, false)
	if err != nil {
		return Object{}, err
	}
	return row.Object, nil
}

// SetTags replaces the tags of one version of an object.
func (o *Objects) SetTags(ctx context.Context, ref Ref, tags []Tag, judge Judge) (Object, error) {
	id, err := parseVersion(ref.Version)
	if err != nil {
		return Object{}, err
	}
	target := Target{Key: ref.Key, ID: id}
	for range tries {
		row, _, err := o.look(ctx, ref, judge, false)
		if err != nil {
			return Object{}, err
		}
		var kept Row
		_, err = o.rows.Change(context.WithoutCancel(ctx), ref.Bucket, []Target{target}, func(_ int, s State) (Plan, error) {
			there := s.meant(target)
			if there == nil || there.Marker || judge != nil && !slices.Equal(there.Tags, row.Tags) {
				return Plan{}, errAgain
			}
			kept = *there
			kept.complete(s.Bucket)
			return Plan{Tag: there, Tags: tags}, nil
		})
		if err == nil {
			kept.Tags = slices.Clone(tags)
			return kept.Object, nil
		}
		if !errors.Is(err, errAgain) {
			return Object{}, err
		}
	}
	return Object{}, Conflict
}
