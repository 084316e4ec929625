package fleet

import (
	"context"
	"errors"
	"maps"
	"strings"

	"muster/internal/arn"
	"muster/internal/fault"
)

// MaxTags is how many tags a fleet or a device has at most.
const MaxTags = 50

// Tags answers the tags of a fleet or, unless device is "", of one of its
// devices. It fails with fault.NotFound.
func (f *Fleets) Tags(ctx context.Context, scope arn.Scope, fleet, device string) (map[string]string, error) {
	if device != "" {
		d, err := f.Device(ctx, scope, fleet, device)
		return d.Tags, err
	}
	d, err := f.Describe(ctx, scope, fleet)
	return d.Tags, err
}

// DeviceTags answers the tags of devices of a fleet by their names, of at most
// MaxBatch; those that aren't there are left out.
func (f *Fleets) DeviceTags(ctx context.Context, scope arn.Scope, fleet string, names []string) (map[string]map[string]string, error) {
	return f.store.DeviceTags(ctx, scope, fleet, names)
}

// Tag gives a fleet or, unless device is "", one of its devices tags beside
// those it has, in the place of those with the same keys, and answers all. It
// fails with fault.NotFound, fault.LimitExceeded, or fault.Invalid when a key
// differs from one that is there in the case of its letters only: a policy
// can't tell them apart.
func (f *Fleets) Tag(ctx context.Context, scope arn.Scope, fleet, device string, tags map[string]string) (all map[string]string, err error) {
	err = f.changeTags(ctx, scope, fleet, device, func(have map[string]string) error {
		folded := make(map[string]string, len(have))
		for key := range have {
			folded[strings.ToLower(key)] = key
		}
		for key := range tags {
			if other, ok := folded[strings.ToLower(key)]; ok && other != key {
				return fault.Invalid.Errorf("Duplicate tag keys found: %s", key)
			}
		}
		maps.Copy(have, tags)
		if len(have) > MaxTags {
			return fault.LimitExceeded.Errorf("The number of tags exceeds the limit of %d tags of a resource", MaxTags)
		}
		all = maps.Clone(have)
		return nil
	})
	return all, err
}

// Untag takes tags away; those that aren't there are no matter. It fails with
// fault.NotFound.
func (f *Fleets) Untag(ctx context.Context, scope arn.Scope, fleet, device string, keys []string) error {
	return f.changeTags(ctx, scope, fleet, device, func(have map[string]string) error {
		for _, key := range keys {
			delete(have, key)
		}
		return nil
	})
}

func (f *Fleets) changeTags(ctx context.Context, scope arn.Scope, fleet, device string, change func(map[string]string) error) error {
	err := f.store.ChangeTags(ctx, scope, fleet, device, change)
	if device == "" && errors.Is(err, fault.NotFound) {
		return noSuchFleet(fleet)
	}
	return err
}
