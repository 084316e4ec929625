package bucket

import (
	"context"
	"errors"
	"time"

	"muster/internal/fault"
)

// progress is the document of how far the lifecycle of a bucket is obeyed.
const progress Kind = "lifecycle-progress"

// Progress is how far a bucket was looked through for what its lifecycle removes.
type Progress struct {
	Began time.Time // the look that is under way, or the last one
	After string    // the key up to which it has come
	Done  bool
}

// LifecycleProgress returns what SetLifecycleProgress kept; the zero value if nothing.
func (b *Buckets) LifecycleProgress(ctx context.Context, name string) (Progress, error) {
	p, err := get[Progress](ctx, b, name, progress)
	if errors.Is(err, fault.NotFound) {
		return Progress{}, nil
	}
	return p, err
}

// SetLifecycleProgress keeps how far a bucket was looked through, so that a
// restart goes on from there.
func (b *Buckets) SetLifecycleProgress(ctx context.Context, name string, p Progress) error {
	return b.set(ctx, name, progress, p)
}
