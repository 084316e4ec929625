package objectstest

import (
	"bytes"
	"context"
	"crypto/md5"
	"fmt"
	"io"
	"maps"
	"slices"

	"muster/internal/objects"
)

// accept reads a body whole and checks all that was said of it.
func accept(b objects.Body) (string, objects.Checksum, error) {
	if b.Checksum.Algorithm != "" && !slices.Contains(algorithms, b.Checksum.Algorithm) {
		return "", objects.Checksum{}, objects.BadChecksum
	}
	raw, err := io.ReadAll(b.Reader)
	if err != nil {
		return "", objects.Checksum{}, err
	}
	if int64(len(raw)) != b.Size {
		return "", objects.Checksum{}, fmt.Errorf("the body has %d bytes instead of %d", len(raw), b.Size)
	}
	if sum := md5.Sum(raw); b.MD5 != nil && !bytes.Equal(sum[:], b.MD5) {
		return "", objects.Checksum{}, objects.BadDigest
	}
	content := string(raw)
	if b.Checksum.Algorithm == "" {
		return content, objects.Checksum{}, nil
	}
	sum := fullObject(b.Checksum.Algorithm, content)
	want := b.Checksum.Value
	if want == "" && b.Trailer != nil {
		want = b.Trailer()
		if want == "" {
			return "", objects.Checksum{}, objects.BadDigest
		}
	}
	if want != "" && want != sum.Value {
		return "", objects.Checksum{}, objects.BadDigest
	}
	return content, sum, nil
}

// Put implements objects.Keeper.
func (m *Model) Put(_ context.Context, p objects.Put) (o objects.Object, err error) {
	content, sum, err := accept(p.Body)
	if err != nil {
		return o, err
	}
	made := kept{body: content, Object: objects.Object{
		Ref: newest(p.Bucket, p.Key), Size: int64(len(content)), ETag: etagOf(content),
		Headers: cloned(p.Headers), Tags: slices.Clone(p.Tags), Checksum: sum,
	}}
	there := func(b *place) ([]*kept, error) { return []*kept{b.object(p.Key)}, nil }
	err = m.judged(p.Bucket, there, []objects.Judge{judgeOfWrite(p.Conditions, p.Judge)}, func(b *place, found []*kept) error {
		if err := holdsForWrite(p.Conditions, found[0]); err != nil {
			return err
		}
		o = b.shown(m.add(b, p.Bucket, made))
		return nil
	})
	return o, err
}

func cloned(h objects.Headers) objects.Headers {
	h.Metadata = maps.Clone(h.Metadata)
	return h
}

// Copy implements objects.Keeper.
func (m *Model) Copy(_ context.Context, c objects.Copy) (o objects.Object, err error) {
	look := func(b *place) ([]*kept, error) {
		from, err := m.bucket(c.From.Bucket)
		if err != nil {
			return nil, source(err)
		}
		return []*kept{from.find(c.From.Key, c.From.Version), b.object(c.Key)}, nil
	}
	judges := []objects.Judge{c.Judge, judgeOfWrite(c.Conditions, c.JudgeTarget)}
	err = m.judged(c.Bucket, look, judges, func(b *place, found []*kept) error {
		from, err := b.readable(found[0], c.From.Version)
		if err != nil {
			return source(err)
		}
		if err := holdsForCopy(c.FromConditions, from); err != nil {
			return err
		}
		onto := c.From.Bucket == c.Bucket && c.From.Key == c.Key && c.From.Version == ""
		if onto && c.Headers == nil && c.StorageClass == "" && c.Encryption == "" {
			return objects.SelfCopy
		}
		if err := holdsForWrite(c.Conditions, found[1]); err != nil {
			return err
		}
		made, err := m.copyOf(from, c)
		if err != nil {
			return err
		}
		o = b.shown(m.add(b, c.Bucket, made))
		o.SourceVersion = m.sourceVersion(from)
		return nil
	})
	return o, err
}

// sourceVersion returns the id of what was copied, where it is for showing.
func (m *Model) sourceVersion(from *kept) string {
	if m.buckets[from.Bucket].versioning == objects.NeverVersioned {
		return ""
	}
	return from.Version
}

// source marks a refusal as one of a copy's source.
func source(err error) error {
	if r, ok := err.(*objects.Refused); ok {
		r.Source = true
		return r
	}
	return &objects.Refused{Refusal: err.(objects.Refusal), Source: true}
}

// copyOf returns what a copy keeps. As on AWS it is whole, with an ETag of the
// whole, even where its source was made of parts; unless CopiesKeepParts.
func (m *Model) copyOf(from *kept, c objects.Copy) (kept, error) {
	made := kept{body: from.body, Object: objects.Object{
		Ref: newest(c.Bucket, c.Key), Size: from.Size, ETag: etagOf(from.body), Headers: cloned(from.Headers), Tags: from.Tags,
	}}
	made.Headers.StorageClass = c.StorageClass
	if c.Headers != nil {
		made.Headers = cloned(*c.Headers)
	}
	if c.ReplaceTags {
		made.Tags = slices.Clone(c.Tags)
	}
	made.Checksum = from.Checksum
	if from.Parts > 0 && m.CopiesKeepParts {
		made.ETag, made.Parts, made.parts = from.ETag, from.Parts, from.parts
	} else if from.Checksum.Algorithm != "" {
		made.Checksum = fullObject(from.Checksum.Algorithm, from.body)
	}
	switch asked := c.Checksum; {
	case asked == "" || asked == made.Checksum.Algorithm && made.Checksum.Type == objects.FullObject:
	case !slices.Contains(algorithms, asked):
		return kept{}, objects.BadChecksum
	default:
		made.Checksum = fullObject(asked, from.body)
	}
	return made, nil
}

// Delete implements objects.Keeper.
func (m *Model) Delete(_ context.Context, bucket string, all []objects.Deletion) ([]objects.Deleted, error) {
	var done []objects.Deleted
	m.mu.Lock()
	_, err := m.bucket(bucket)
	m.mu.Unlock()
	if err != nil {
		return nil, err
	}
	for _, d := range all {
		done = append(done, m.delete(bucket, d))
	}
	return done, nil
}

func (m *Model) delete(bucket string, d objects.Deletion) objects.Deleted {
	done := objects.Deleted{Key: d.Key, Version: d.Version}
	find := finding(objects.Ref{Bucket: bucket, Key: d.Key, Version: d.Version})
	done.Err = m.judged(bucket, find, []objects.Judge{judgeOfWrite(d.Conditions, d.Judge)}, func(b *place, found []*kept) error {
		done.Versioned = b.versioning != objects.NeverVersioned
		there := found[0]
		if there != nil && there.Marker {
			there = nil
		}
		if err := holdsForWrite(d.Conditions, there); err != nil {
			return err
		}
		if d.Only != nil && !b.still(found[0], *d.Only) {
			return objects.Conflict
		}
		switch {
		case d.Version != "":
			if k := found[0]; k != nil && k.Marker {
				done.Marker, done.MarkerVersion = true, k.Version
			}
			b.drop(d.Key, d.Version)
		case b.versioning == objects.NeverVersioned:
			b.drop(d.Key, objects.NullVersion)
		default:
			marker := m.add(b, bucket, kept{Object: objects.Object{Ref: newest(bucket, d.Key), Marker: true}})
			done.Marker, done.MarkerVersion = true, marker.Version
		}
		return nil
	})
	return done
}

// still reports whether k is what was read as o.
func (b *place) still(k *kept, o objects.Object) bool {
	if k == nil {
		return false
	}
	now := b.shown(k)
	return now.Version == o.Version && now.Newest == o.Newest && now.Marker == o.Marker && now.ETag == o.ETag && now.Modified.Equal(o.Modified)
}

// Tags implements objects.Keeper.
func (m *Model) Tags(_ context.Context, r objects.Ref, judge objects.Judge) (o objects.Object, err error) {
	err = m.judged(r.Bucket, finding(r), []objects.Judge{judge}, func(b *place, found []*kept) error {
		k, err := b.readable(found[0], r.Version)
		if err == nil {
			o = b.shown(k)
		}
		return err
	})
	return o, err
}

// SetTags implements objects.Keeper.
func (m *Model) SetTags(_ context.Context, r objects.Ref, tags []objects.Tag, judge objects.Judge) (o objects.Object, err error) {
	err = m.judged(r.Bucket, finding(r), []objects.Judge{judge}, func(b *place, found []*kept) error {
		k, err := b.readable(found[0], r.Version)
		if err != nil {
			return err
		}
		changed := *k
		changed.Tags = slices.Clone(tags)
		at := slices.Index(b.versions[r.Key], k)
		b.versions[r.Key][at] = &changed
		for _, done := range b.done {
			if done.object == k {
				done.object = &changed
			}
		}
		o = b.shown(&changed)
		return nil
	})
	return o, err
}
