package lifecycle

import (
	"context"
	"errors"
	"slices"
	"time"

	"muster/internal/bucket"
	"muster/internal/objects"
)

// look is one look through a bucket.
type look struct {
	*Lifecycle
	bucket   string
	rules    bucket.LifecycleConfiguration
	now      time.Time
	progress bucket.Progress
	removed  Removed

	key     string         // whose versions are being looked at
	above   objects.Object // the version that is next newer than the one looked at
	newer   int            // how many versions of the key are newer, but for the newest
	pending *objects.Object
	batch   []objects.Deletion
}

// through looks at all versions and all uploads.
func (l *look) through(ctx context.Context) error {
	after, id := l.progress.After, ""
	for more := true; more; {
		began := time.Now()
		page, err := l.objects.ListVersions(ctx, objects.List{Bucket: l.bucket, After: after, AfterID: id, Max: pageSize})
		if errors.Is(err, objects.NoBucket) {
			return nil // deleted meanwhile
		}
		if err != nil {
			return err
		}
		for _, o := range page.Objects {
			if err := l.see(ctx, o); err != nil {
				return err
			}
		}
		after, id, more = page.Next, page.NextID, page.More
		if !more {
			l.closeKey()
		}
		if err := l.flush(ctx); err != nil {
			return err
		}
		if err := l.note(ctx, !more); err != nil {
			return err
		}
		if err := l.rest(ctx, time.Since(began)); err != nil {
			return err
		}
	}
	return l.uploads(ctx)
}

// note keeps how far the look has come: to the last key that was seen whole.
func (l *look) note(ctx context.Context, done bool) error {
	if done {
		l.progress.Done, l.progress.After = true, ""
	}
	return l.buckets.SetLifecycleProgress(ctx, l.bucket, l.progress)
}

// see looks at a version; those of a key come from the newest to the oldest.
func (l *look) see(ctx context.Context, o objects.Object) error {
	if o.Newest {
		l.closeKey()
		l.key, l.newer = o.Key, 0
		switch {
		case o.Marker:
			l.pending = &o // until it is known whether it hides anything
		case l.rules.Expiry(o.Key, o.Modified).Over(l.now):
			l.removed.Objects++
			l.remove(o, "")
		}
		l.above = o
		return l.flushFull(ctx)
	}
	if o.Key != l.key { // a key that was seen in part before a restart
		return nil
	}
	l.pending = nil
	if l.any(o.Key, func(r bucket.LifecycleRule) bool { return r.ExpiresNoncurrent(l.above.Modified, l.newer, l.now) }) {
		l.removed.Versions++
		l.remove(o, o.Version)
	}
	l.above, l.newer = o, l.newer+1
	return l.flushFull(ctx)
}

// closeKey is called when all versions of a key were seen.
func (l *look) closeKey() {
	if l.key != "" {
		l.progress.After = l.key
	}
	if m := l.pending; m != nil && l.any(m.Key, func(r bucket.LifecycleRule) bool { return r.ExpiresMarker(m.Modified, l.now) }) {
		l.removed.Markers++
		l.remove(*m, m.Version)
	}
	l.pending = nil
}

// any reports whether a rule that covers key says so.
func (l *look) any(key string, says func(bucket.LifecycleRule) bool) bool {
	return slices.ContainsFunc(l.rules.Rules, func(r bucket.LifecycleRule) bool { return r.Covers(key) && says(r) })
}

// remove has a version removed, or a delete marker put over it where version is "".
func (l *look) remove(o objects.Object, version string) {
	l.batch = append(l.batch, objects.Deletion{Key: o.Key, Version: version, Only: &o})
}

func (l *look) flushFull(ctx context.Context) error {
	if len(l.batch) < batchSize {
		return nil
	}
	return l.flush(ctx)
}

// flush removes what was found. What has changed since is left for another time.
func (l *look) flush(ctx context.Context) error {
	if len(l.batch) == 0 {
		return nil
	}
	done, err := l.objects.Delete(ctx, l.bucket, l.batch)
	l.batch = l.batch[:0]
	if err != nil {
		return err
	}
	var all []error
	for _, d := range done {
		if d.Err != nil && !errors.Is(d.Err, objects.Conflict) {
			all = append(all, d.Err)
		}
	}
	return errors.Join(all...)
}

// uploads gives up those that are under way for too long.
func (l *look) uploads(ctx context.Context) error {
	after, id := "", ""
	for more := true; more; {
		began := time.Now()
		page, err := l.objects.ListUploads(ctx, objects.List{Bucket: l.bucket, After: after, AfterID: id, Max: pageSize})
		if err != nil {
			return err
		}
		for _, u := range page.Uploads {
			if !l.rules.Abort(u.Key, u.Created).Over(l.now) {
				continue
			}
			if err := l.objects.Abort(ctx, u.Upload); err != nil && !errors.Is(err, objects.NoUpload) {
				return err
			}
			l.removed.Uploads++
		}
		after, id, more = page.Next, page.NextID, page.More
		if err := l.rest(ctx, time.Since(began)); err != nil {
			return err
		}
	}
	return nil
}
