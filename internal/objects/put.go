package objects

import (
	"context"
	"errors"
	"slices"
)

// A write is something that is to become the newest version of a key.
type write struct {
	objects     *Objects
	bucket, key string
	conditions  Conditions
	judge       Judge
}

// check returns what decides inside of the write whether it may be: that the
// conditions hold, of an object with the tags that were judged now.
func (w write) check(ctx context.Context) (func(State) error, error) {
	if w.judge == nil || !w.conditions.asksETag() {
		return func(s State) error { return w.conditions.forWrite(s.Newest) }, nil
	}
	there, err := w.objects.rows.State(ctx, w.bucket, Target{Key: w.key})
	if err != nil {
		return nil, err
	}
	if err := judged(w.judge, there.Newest); err != nil {
		return nil, err
	}
	return func(s State) error {
		if !slices.Equal(s.Newest.tags(), there.Newest.tags()) {
			return errAgain
		}
		return w.conditions.forWrite(s.Newest)
	}, nil
}

// early refuses what the write would refuse as things are now, before a long
// body is read.
func (w write) early(ctx context.Context, size int64) error {
	check, err := w.check(ctx)
	if err != nil {
		return err
	}
	s, err := w.objects.rows.State(ctx, w.bucket, Target{Key: w.key})
	if err != nil {
		return err
	}
	if err := check(s); err != nil && !errors.Is(err, errAgain) {
		return err
	}
	after := Usage{Bytes: s.Bucket.Usage.Bytes + size}
	if replaced := s.replaced(); replaced != nil {
		after.Bytes -= replaced.Size
	}
	adds := Usage{Bytes: size}
	q := w.objects.quota(s.Bucket)
	q.WriterBytes = 0 // what the writer has is known to the write
	return q.Check(after, adds, Usage{}, adds)
}

// insert makes row the newest version. The plan's Content and Shared are as
// given. Where it fails, undone says that nothing was kept for certain.
func (w write) insert(ctx context.Context, row Row, plan Plan) (o Object, undone bool, err error) {
	salt := newSalt()
	for range tries {
		check, err := w.check(ctx)
		if err != nil {
			return Object{}, true, err
		}
		var made Row
		gone, err := w.objects.rows.Change(context.WithoutCancel(ctx), w.bucket, []Target{{Key: w.key}}, func(_ int, s State) (Plan, error) {
			if err := check(s); err != nil {
				return Plan{}, err
			}
			made = s.newest(row, salt)
			return s.over(&made, plan, w.objects.quota(s.Bucket)), nil
		})
		if errors.Is(err, errAgain) {
			continue
		}
		if err != nil {
			return Object{}, certain(err), err
		}
		w.objects.remove(ctx, gone)
		return made.Object, false, nil
	}
	return Object{}, true, Conflict
}

// newest returns row as the next version of its key.
func (s State) newest(row Row, salt salt) Row {
	row.Back = 0
	if s.Newest != nil {
		row.Back = s.Newest.Back - 1
	}
	row.Version, row.Newest = NullVersion, true
	if s.Bucket.Versioning == Enabled {
		row.Version = encodeID(row.Back, salt)
	}
	row.complete(s.Bucket)
	return row
}

// over completes a plan that inserts row: in place of the version without an
// id where row has none either.
func (s State) over(row *Row, plan Plan, quota Quota) Plan {
	plan.Insert, plan.Quota = row, quota
	if replaced := s.replaced(); replaced != nil {
		plan.Remove = []*Row{replaced}
	}
	return plan
}

// replaced returns the version that a new one takes the place of; nil for none.
func (s State) replaced() *Row {
	if s.Bucket.Versioning == Enabled {
		return nil
	}
	return s.Null
}

// Put keeps a new object.
func (o *Objects) Put(ctx context.Context, p Put) (Object, error) {
	if p.Body.Size > maxPut {
		return Object{}, TooLarge
	}
	w := write{objects: o, bucket: p.Bucket, key: p.Key, conditions: p.Conditions, judge: p.Judge}
	if p.Body.Size > o.inlineLimit() {
		if err := w.early(ctx, p.Body.Size); err != nil {
			return Object{}, err
		}
	}
	in, err := o.newIntake(p.Body, "")
	if err != nil {
		return Object{}, err
	}
	content, done, err := o.keep(ctx, in)
	if err != nil {
		return Object{}, err
	}
	row := Row{Object: Object{Ref: Ref{Key: p.Key}, Size: content.Size, ETag: hexMD5(in.digest), Modified: o.now(),
		Headers: p.Headers, Tags: p.Tags, Checksum: in.checksum}, Writer: p.Writer}
	made, undone, err := w.insert(ctx, row, Plan{Content: &content})
	done(!undone)
	return made, err
}
