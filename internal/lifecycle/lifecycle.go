// Package lifecycle removes what the lifecycle rules of buckets say: objects
// after days or on a date, versions that others were put over, delete markers
// that hide nothing any more, and uploads that nobody completes. What a rule
// means is known to package bucket; how something is removed, to objects.
//
// It looks through a bucket page by page, slower the busier the store is, and
// notes how far it has come, so that restarts don't keep it from the end.
// Before something is removed the write that does it looks again whether it is
// still what was found.
//
// Behaviour is that of "Managing the lifecycle of objects" in the S3 User
// Guide, https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lifecycle-mgmt.html.
package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"muster/internal/bucket"
	"muster/internal/fault"
	"muster/internal/objects"
)

// Lifecycle obeys the rules of all buckets.
type Lifecycle struct {
	buckets *bucket.Buckets
	objects objects.Keeper

	// Now tells the time; time.Now when nil.
	Now func() time.Time
	// Every is how often a bucket is looked through; an hour when 0.
	Every time.Duration
	// Rest waits after a page whose work took that long; four times as long when nil.
	Rest func(ctx context.Context, worked time.Duration) error
}

// New makes the lifecycle of buckets and their objects.
func New(buckets *bucket.Buckets, keeper objects.Keeper) *Lifecycle {
	return &Lifecycle{buckets: buckets, objects: keeper}
}

const (
	pageSize  = 1000 // versions or uploads that are looked at together
	batchSize = 50   // that are removed in one write, while others wait
	restFor   = 4    // times as long as it worked
)

// Removed counts what a look through a bucket removed.
type Removed struct{ Objects, Versions, Markers, Uploads int }

// Run looks through all buckets that have rules, again and again, until ctx ends.
func (l *Lifecycle) Run(ctx context.Context) {
	for ctx.Err() == nil {
		if err := l.All(ctx); err != nil && ctx.Err() == nil {
			slog.ErrorContext(ctx, "lifecycle rules can't be obeyed", "err", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(min(l.every(), time.Minute)):
		}
	}
}

// All looks through each bucket that has rules and whose turn it is.
func (l *Lifecycle) All(ctx context.Context) error {
	names, err := l.buckets.Configured(ctx, bucket.Lifecycle)
	if err != nil {
		return fmt.Errorf("look for buckets with a lifecycle: %w", err)
	}
	var all []error
	for _, name := range names {
		if err := l.inTurn(ctx, name); err != nil {
			all = append(all, fmt.Errorf("lifecycle of bucket %q: %w", name, err))
		}
	}
	return errors.Join(all...)
}

// inTurn looks through a bucket unless that was done a moment ago.
func (l *Lifecycle) inTurn(ctx context.Context, name string) error {
	p, err := l.buckets.LifecycleProgress(ctx, name)
	if err != nil {
		return err
	}
	now := l.now()
	if p.Done && now.Sub(p.Began) < l.every() {
		return nil
	}
	if p.Done || p.Began.IsZero() {
		p = bucket.Progress{Began: now}
	}
	rules, err := l.buckets.Lifecycle(ctx, name)
	if errors.Is(err, fault.NotFound) {
		return nil // removed meanwhile
	}
	if err != nil {
		return err
	}
	look := &look{Lifecycle: l, bucket: name, rules: rules, now: now, progress: p}
	if err := look.through(ctx); err != nil {
		return err
	}
	if look.removed != (Removed{}) {
		slog.InfoContext(ctx, "lifecycle rules obeyed", "bucket", name, "objects", look.removed.Objects, "versions", look.removed.Versions,
			"markers", look.removed.Markers, "uploads", look.removed.Uploads)
	}
	return nil
}

func (l *Lifecycle) now() time.Time {
	if l.Now != nil {
		return l.Now().UTC()
	}
	return time.Now().UTC()
}

func (l *Lifecycle) every() time.Duration {
	if l.Every == 0 {
		return time.Hour
	}
	return l.Every
}

// rest lets others work.
func (l *Lifecycle) rest(ctx context.Context, worked time.Duration) error {
	if l.Rest != nil {
		return l.Rest(ctx, worked)
	}
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(restFor * worked):
		return nil
	}
}
