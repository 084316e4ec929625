package objectstest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"muster/internal/fault"
	"muster/internal/objects"
)

const defaultMinPart = 5 << 20

// Model is a Keeper in memory, as simple as it can be: versions are slices,
// contents are whole, and every method holds one lock. It is what other Keepers
// are compared with. Use NewModel.
type Model struct {
	// Now tells the time; time.Now when nil.
	Now func() time.Time
	// MinPart is the least size of a part but the last; 5 MiB when 0.
	MinPart int64
	// CopiesKeepParts says that a copy of an object of parts is one of parts too,
	// with its ETag. On AWS a copy is always whole.
	CopiesKeepParts bool

	mu      sync.Mutex
	buckets map[string]*place
	serials map[string]int // of every version and upload id ever given
}

// place is what a bucket holds.
type place struct {
	versioning objects.Versioning
	versions   map[string][]*kept // by key, the newest last
	uploads    map[string]*upload // those under way, by id
	done       map[string]*made   // those that became objects, by id
}

// kept is one version. It is never changed, only exchanged for another: who
// looks twice and sees the same kept saw no change between.
type kept struct {
	objects.Object
	serial int // larger is newer
	body   string
	parts  []objects.Part
}

var _ objects.Keeper = (*Model)(nil)

// NewModel returns a Model without buckets.
func NewModel() *Model {
	return &Model{buckets: map[string]*place{}, serials: map[string]int{}}
}

func (m *Model) now() time.Time {
	if m.Now != nil {
		return m.Now().UTC()
	}
	return time.Now().UTC()
}

// id returns an id that was never given before.
func (m *Model) id(kind string) (string, int) {
	serial := len(m.serials) + 1
	id := fmt.Sprintf("%s%06d", kind, serial)
	m.serials[id] = serial
	return id, serial
}

// bucket must be called with the lock held, as all that follows must.
func (m *Model) bucket(name string) (*place, error) {
	b, ok := m.buckets[name]
	if !ok {
		return nil, objects.NoBucket
	}
	return b, nil
}

// MakeBucket implements objects.Keeper.
func (m *Model) MakeBucket(_ context.Context, name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.buckets[name] == nil {
		m.buckets[name] = &place{versions: map[string][]*kept{}, uploads: map[string]*upload{}, done: map[string]*made{}}
	}
	return nil
}

// RemoveBucket implements objects.Keeper.
func (m *Model) RemoveBucket(_ context.Context, name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if b := m.buckets[name]; b != nil && len(b.versions) > 0 {
		return fault.InUse.Errorf("the bucket is not empty")
	}
	delete(m.buckets, name)
	return nil
}

// Versioning implements objects.Keeper.
func (m *Model) Versioning(_ context.Context, name string) (objects.Versioning, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b, err := m.bucket(name)
	if err != nil {
		return "", err
	}
	return b.versioning, nil
}

// SetVersioning implements objects.Keeper.
func (m *Model) SetVersioning(_ context.Context, name string, v objects.Versioning) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	b, err := m.bucket(name)
	switch {
	case err != nil:
		return err
	case v != objects.Enabled && v != objects.Suspended:
		return fault.Invalid.Errorf("a bucket can't become %q", v)
	}
	b.versioning = v
	return nil
}

// Ready implements objects.Keeper.
func (m *Model) Ready(context.Context) error { return nil }

// newest returns nil without one; it may be a delete marker.
func (b *place) newest(key string) *kept {
	all := b.versions[key]
	if len(all) == 0 {
		return nil
	}
	return all[len(all)-1]
}

// object returns the newest version unless it is a delete marker.
func (b *place) object(key string) *kept {
	if k := b.newest(key); k != nil && !k.Marker {
		return k
	}
	return nil
}

// find returns the version that is named, the newest for ""; nil without one.
func (b *place) find(key, id string) *kept {
	if id == "" {
		return b.newest(key)
	}
	for _, k := range b.versions[key] {
		if k.Version == id {
			return k
		}
	}
	return nil
}

// add puts a version on top: with an id of its own where the bucket gives ids,
// else in place of the one without.
func (m *Model) add(b *place, bucket string, k kept) *kept {
	k.Bucket, k.Modified = bucket, m.now()
	id, serial := m.id("v")
	k.Version, k.serial = id, serial
	if b.versioning != objects.Enabled {
		k.Version = objects.NullVersion
		b.drop(k.Key, objects.NullVersion)
	}
	b.versions[k.Key] = append(b.versions[k.Key], &k)
	return &k
}

func (b *place) drop(key, id string) {
	b.versions[key] = slices.DeleteFunc(b.versions[key], func(k *kept) bool { return k.Version == id })
	if len(b.versions[key]) == 0 {
		delete(b.versions, key)
	}
}

// shown returns a version as it is given to callers.
func (b *place) shown(k *kept) objects.Object {
	o := k.Object
	o.Versioned = b.versioning != objects.NeverVersioned
	o.Newest = b.newest(k.Key) == k
	o.Headers.Metadata = maps.Clone(o.Headers.Metadata)
	o.Tags = slices.Clone(o.Tags)
	return o
}

// listed returns a version as it stands in lists.
func (b *place) listed(k *kept) objects.Object {
	o := b.shown(k)
	o.Tags = nil
	o.Headers = objects.Headers{StorageClass: o.Headers.StorageClass}
	return o
}

// judged finds what an operation is about, asks the judges about the tags of
// each of that, and does the operation if they allow it and nothing of it
// changed meanwhile. Else it begins again.
func (m *Model) judged(bucket string, look func(b *place) ([]*kept, error), judges []objects.Judge, do func(b *place, found []*kept) error) error {
	for {
		_, before, err := m.look(bucket, look)
		m.mu.Unlock()
		if err != nil {
			return err
		}
		for i, judge := range judges {
			if judge == nil {
				continue
			}
			if err := judge(tagsOf(before[i])); err != nil {
				return err
			}
		}
		b, now, err := m.look(bucket, look)
		if err == nil && slices.Equal(before, now) {
			err = do(b, now)
			m.mu.Unlock()
			return err
		}
		m.mu.Unlock()
		if err != nil {
			return err
		}
	}
}

// look leaves the lock held.
func (m *Model) look(bucket string, look func(b *place) ([]*kept, error)) (*place, []*kept, error) {
	m.mu.Lock()
	b, err := m.bucket(bucket)
	if err != nil {
		return nil, nil, err
	}
	found, err := look(b)
	return b, found, err
}

func tagsOf(k *kept) []objects.Tag {
	if k == nil {
		return nil
	}
	return slices.Clone(k.Tags)
}
