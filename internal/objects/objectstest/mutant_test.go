package objectstest_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"muster/internal/objects"
	"muster/internal/objects/objectstest"
)

// mutant is a Keeper that breaks a promise: what is set is done instead of what
// the model does.
type mutant struct {
	*objectstest.Model
	put       func(objects.Put) (objects.Object, error)
	read      func(r objects.Read, next func(context.Context, objects.Read) (*objects.Found, error)) (*objects.Found, error)
	copy      func(objects.Copy) (objects.Object, error)
	remove    func(bucket string, all []objects.Deletion) ([]objects.Deleted, error)
	list      func(objects.List) (objects.Listed, error)
	versions  func(objects.List) (objects.Listed, error)
	uploads   func(objects.List) (objects.Uploads, error)
	setTags   func(objects.Ref, []objects.Tag, objects.Judge) (objects.Object, error)
	complete  func(objects.Completion) (objects.Object, error)
	abort     func(objects.Upload) error
	putPart   func(objects.PutPart) (objects.Part, error)
	bucket    func(string) error
	newUpload func(objects.NewUpload) (string, error)
}

func (m *mutant) Put(ctx context.Context, p objects.Put) (objects.Object, error) {
	if m.put != nil {
		return m.put(p)
	}
	return m.Model.Put(ctx, p)
}

func (m *mutant) Get(ctx context.Context, r objects.Read) (*objects.Found, error) {
	if m.read != nil {
		return m.read(r, m.Model.Get)
	}
	return m.Model.Get(ctx, r)
}

func (m *mutant) Head(ctx context.Context, r objects.Read) (*objects.Found, error) {
	if m.read != nil {
		return m.read(r, m.Model.Head)
	}
	return m.Model.Head(ctx, r)
}

func (m *mutant) Copy(ctx context.Context, c objects.Copy) (objects.Object, error) {
	if m.copy != nil {
		return m.copy(c)
	}
	return m.Model.Copy(ctx, c)
}

func (m *mutant) Delete(ctx context.Context, bucket string, all []objects.Deletion) ([]objects.Deleted, error) {
	if m.remove != nil {
		return m.remove(bucket, all)
	}
	return m.Model.Delete(ctx, bucket, all)
}

func (m *mutant) List(ctx context.Context, l objects.List) (objects.Listed, error) {
	if m.list != nil {
		return m.list(l)
	}
	return m.Model.List(ctx, l)
}

func (m *mutant) ListVersions(ctx context.Context, l objects.List) (objects.Listed, error) {
	if m.versions != nil {
		return m.versions(l)
	}
	return m.Model.ListVersions(ctx, l)
}

func (m *mutant) ListUploads(ctx context.Context, l objects.List) (objects.Uploads, error) {
	if m.uploads != nil {
		return m.uploads(l)
	}
	return m.Model.ListUploads(ctx, l)
}

func (m *mutant) SetTags(ctx context.Context, r objects.Ref, tags []objects.Tag, judge objects.Judge) (objects.Object, error) {
	if m.setTags != nil {
		return m.setTags(r, tags, judge)
	}
	return m.Model.SetTags(ctx, r, tags, judge)
}

func (m *mutant) Complete(ctx context.Context, c objects.Completion) (objects.Object, error) {
	if m.complete != nil {
		return m.complete(c)
	}
	return m.Model.Complete(ctx, c)
}

func (m *mutant) Abort(ctx context.Context, u objects.Upload) error {
	if m.abort != nil {
		return m.abort(u)
	}
	return m.Model.Abort(ctx, u)
}

func (m *mutant) PutPart(ctx context.Context, p objects.PutPart) (objects.Part, error) {
	if m.putPart != nil {
		return m.putPart(p)
	}
	return m.Model.PutPart(ctx, p)
}

func (m *mutant) RemoveBucket(ctx context.Context, bucket string) error {
	if m.bucket != nil {
		return m.bucket(bucket)
	}
	return m.Model.RemoveBucket(ctx, bucket)
}

func (m *mutant) CreateUpload(ctx context.Context, u objects.NewUpload) (string, error) {
	if m.newUpload != nil {
		return m.newUpload(u)
	}
	return m.Model.CreateUpload(ctx, u)
}

var ctx = context.Background()

// once asks a judge the first time only.
func once(judge objects.Judge) objects.Judge {
	if judge == nil {
		return nil
	}
	asked := false
	return func(tags []objects.Tag) error {
		if asked {
			return nil
		}
		asked = true
		return judge(tags)
	}
}

func TestSuiteSeesEveryMutant(t *testing.T) {
	if testing.Short() {
		t.Skip("what is broken here is broken for one client alone: the race detector has nothing to see")
	}
	for _, tc := range mutants {
		t.Run(tc.name, func(t *testing.T) {
			at := slices.IndexFunc(objectstest.Promises(), func(p objectstest.Promise) bool { return p.Name == tc.promise })
			if at < 0 {
				t.Fatalf("there is no promise %q", tc.promise)
			}
			m := &mutant{Model: newModel()}
			tc.change(m)
			o := objectstest.Options{MinPart: minPart, Race: 2 * time.Second}
			err := objectstest.Promises()[at].Check(t.Context(), m, o)
			if err == nil {
				t.Fatalf("the promise %q was found kept", tc.promise)
			}
			t.Log(err)
		})
	}
}

func TestWalkSeesEveryMutantThatOneCanSee(t *testing.T) {
	if testing.Short() {
		t.Skip("what is broken here is broken for one client alone: the race detector has nothing to see")
	}
	for _, tc := range mutants {
		if tc.race {
			continue
		}
		t.Run(tc.name, func(t *testing.T) {
			for seed := range uint64(5) {
				m := &mutant{Model: newModel()}
				tc.change(m)
				if _, err := (objectstest.Walk{Seed: seed, Steps: 1500, MinPart: minPart}).Run(t.Context(), m); err != nil {
					return
				}
			}
			t.Error("the walk saw no difference")
		})
	}
}
