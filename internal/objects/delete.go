package objects

import (
	"context"
	"errors"
	"slices"
	"time"
)

// Delete removes objects and versions, or puts delete markers over them, all
// in one write.
func (o *Objects) Delete(ctx context.Context, bucket string, all []Deletion) ([]Deleted, error) {
	b := &deleting{objects: o, bucket: bucket, all: all, deleted: make([]Deleted, len(all)), judged: map[int][]Tag{}}
	left := make([]int, 0, len(all))
	for i, d := range all {
		b.deleted[i] = Deleted{Key: d.Key, Version: d.Version}
		left = append(left, i)
	}
	for range tries {
		left = slices.DeleteFunc(left, func(i int) bool { return !b.ask(ctx, i) })
		again, err := b.try(ctx, left)
		if err != nil {
			return nil, err
		}
		if len(again) == 0 {
			return b.deleted, nil
		}
		left = again
	}
	for _, i := range left {
		b.deleted[i].Err = Conflict
	}
	return b.deleted, nil
}

// deleting is a Delete under way.
type deleting struct {
	objects *Objects
	bucket  string
	all     []Deletion
	deleted []Deleted
	judged  map[int][]Tag // tags for which the Judge allowed it, where it was asked
}

func (b *deleting) target(i int) (Target, error) {
	id, err := parseVersion(b.all[i].Version)
	return Target{Key: b.all[i].Key, ID: id}, err
}

// ask reports whether a deletion may go on; if not, it holds the error.
func (b *deleting) ask(ctx context.Context, i int) bool {
	d := b.all[i]
	t, err := b.target(i)
	if err == nil && d.Judge != nil && d.Conditions.asksETag() {
		var s State
		if s, err = b.objects.rows.State(ctx, b.bucket, t); err == nil {
			there := s.meant(t)
			err = judged(d.Judge, there)
			b.judged[i] = there.tags()
		}
		if errors.Is(err, NoBucket) {
			err = nil // for the write to say of all
		}
	}
	b.deleted[i].Err = err
	return err == nil
}

// meant returns the version that t names.
func (s State) meant(t Target) *Row {
	if t.ID.Given() {
		return s.Named
	}
	return s.Newest
}

// try removes what is left in one write. It returns those whose object isn't
// the one that was judged any more.
func (b *deleting) try(ctx context.Context, left []int) (again []int, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	targets := make([]Target, len(left))
	for n, i := range left {
		targets[n], _ = b.target(i)
	}
	now, salts := b.objects.now(), make([]salt, len(left))
	for n := range salts {
		salts[n] = newSalt()
	}
	gone, err := b.objects.rows.Change(context.WithoutCancel(ctx), b.bucket, targets, func(n int, s State) (Plan, error) {
		if n == 0 {
			again = nil // the plan may be run anew
		}
		i := left[n]
		if tags, asked := b.judged[i]; asked && !slices.Equal(tags, s.meant(targets[n]).tags()) {
			again = append(again, i)
			return Plan{}, nil
		}
		var plan Plan
		plan, b.deleted[i] = s.delete(b.all[i], targets[n], now, salts[n])
		if plan.Insert != nil && len(plan.Remove) == 0 { // a marker is one row more
			if err := b.objects.Disk.AllowRow(); err != nil {
				plan, b.deleted[i] = Plan{}, Deleted{Key: b.all[i].Key, Version: b.all[i].Version, Err: refusal(err)}
			}
		}
		return plan, nil
	})
	if err != nil {
		return nil, err
	}
	b.objects.remove(ctx, gone)
	return again, nil
}

// delete returns how d is carried out, and what it comes to.
func (s State) delete(d Deletion, t Target, now time.Time, salt salt) (Plan, Deleted) {
	there := s.meant(t)
	done := Deleted{Key: d.Key, Version: d.Version, Versioned: s.Bucket.Versioning != NeverVersioned}
	if err := d.Conditions.forWrite(there); err != nil {
		done.Err = err
		return Plan{}, done
	}
	if d.Only != nil && !there.still(*d.Only) {
		done.Err = Conflict
		return Plan{}, done
	}
	if t.ID.Given() || s.Bucket.Versioning == NeverVersioned {
		if there == nil {
			return Plan{}, done
		}
		if there.Marker {
			done.Marker, done.MarkerVersion = true, there.Version
		}
		return Plan{Remove: []*Row{there}}, done
	}
	marker := s.newest(Row{Object: Object{Ref: Ref{Key: d.Key}, Marker: true, Modified: now}}, salt)
	done.Marker, done.MarkerVersion = true, marker.Version
	return s.over(&marker, Plan{}, Quota{}), done
}

// still reports whether a row is the version that was read as o.
func (r *Row) still(o Object) bool {
	return r != nil && r.Version == o.Version && r.Newest == o.Newest && r.Marker == o.Marker && r.ETag == o.ETag && r.Modified.Equal(o.Modified)
}
