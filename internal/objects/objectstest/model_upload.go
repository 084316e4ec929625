package objectstest

import (
	"context"
	"slices"
	"strings"
	"time"

	"muster/internal/objects"
)

// upload is an upload under way.
type upload struct {
	objects.NewUpload
	ID      string
	created time.Time
	parts   []uploaded // by number
}

type uploaded struct {
	objects.Part
	body string
}

// made is an upload that became an object.
type made struct {
	numbers []int
	etags   []string
	object  *kept
}

func (u *upload) info() objects.UploadInfo {
	return objects.UploadInfo{
		Upload: objects.Upload{Bucket: u.Bucket, Key: u.Key, ID: u.ID}, Created: u.created,
		StorageClass: u.Headers.StorageClass, Checksum: u.Checksum,
	}
}

// CreateUpload implements objects.Keeper.
func (m *Model) CreateUpload(_ context.Context, n objects.NewUpload) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b, err := m.bucket(n.Bucket)
	if err != nil {
		return "", err
	}
	if n.Checksum.Type == "" {
		n.Checksum.Type = defaultType(n.Checksum.Algorithm)
	}
	if n.Checksum.Algorithm != "" && !mayHave(n.Checksum.Algorithm, n.Checksum.Type) {
		return "", objects.BadChecksum
	}
	n.Headers, n.Tags = cloned(n.Headers), slices.Clone(n.Tags)
	id, _ := m.id("u")
	b.uploads[id] = &upload{NewUpload: n, ID: id, created: m.now()}
	return id, nil
}

// upload finds an upload under way.
func (m *Model) upload(u objects.Upload) (*place, *upload, error) {
	b, err := m.bucket(u.Bucket)
	if err != nil {
		return nil, nil, err
	}
	found := b.uploads[u.ID]
	if found == nil || found.Key != u.Key {
		return b, nil, objects.NoUpload
	}
	return b, found, nil
}

// PutPart implements objects.Keeper.
func (m *Model) PutPart(_ context.Context, p objects.PutPart) (objects.Part, error) {
	content, sum, err := accept(p.Body)
	if err != nil {
		return objects.Part{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	_, u, err := m.upload(p.Upload)
	if err != nil {
		return objects.Part{}, err
	}
	if a := u.Checksum.Algorithm; a != "" && a != sum.Algorithm && (sum.Algorithm != "" || u.Checksum.Type == objects.Composite) {
		return objects.Part{}, objects.BadChecksum
	}
	return m.keep(u, p.Number, content), nil
}

// keep keeps a part in place of one of that number.
func (m *Model) keep(u *upload, number int, content string) objects.Part {
	p := uploaded{body: content, Part: objects.Part{Number: number, Size: int64(len(content)), ETag: etagOf(content), Modified: m.now()}}
	if a := u.Checksum.Algorithm; a != "" {
		p.Checksum = objects.Checksum{Algorithm: a, Value: checksumOf(a, content)}
	}
	u.parts = slices.DeleteFunc(u.parts, func(old uploaded) bool { return old.Number == number })
	u.parts = append(u.parts, p)
	slices.SortFunc(u.parts, func(x, y uploaded) int { return x.Number - y.Number })
	return p.Part
}

// CopyPart implements objects.Keeper.
func (m *Model) CopyPart(_ context.Context, c objects.CopyPart) (p objects.Part, err error) {
	look := func(*place) ([]*kept, error) {
		if _, _, err := m.upload(c.Upload); err != nil {
			return nil, err
		}
		from, err := m.bucket(c.From.Bucket)
		if err != nil {
			return nil, source(err)
		}
		return []*kept{from.find(c.From.Key, c.From.Version)}, nil
	}
	err = m.judged(c.Bucket, look, []objects.Judge{c.Judge}, func(b *place, found []*kept) error {
		from, err := b.readable(found[0], c.From.Version)
		if err != nil {
			return source(err)
		}
		if err := holdsForCopy(c.FromConditions, from); err != nil {
			return err
		}
		content := from.body
		if c.Range != nil {
			if c.Range.First > c.Range.Last || c.Range.Last >= from.Size {
				return source(objects.OutOfRange)
			}
			content = content[c.Range.First : c.Range.Last+1]
		}
		p = m.keep(b.uploads[c.ID], c.Number, content)
		p.SourceVersion = m.sourceVersion(from)
		return nil
	})
	return p, err
}

// Complete implements objects.Keeper.
func (m *Model) Complete(_ context.Context, c objects.Completion) (o objects.Object, err error) {
	there := func(b *place) ([]*kept, error) { return []*kept{b.object(c.Key)}, nil }
	err = m.judged(c.Bucket, there, []objects.Judge{judgeOfWrite(c.Conditions, c.Judge)}, func(b *place, found []*kept) error {
		if again := b.again(c); again != nil {
			o = b.shown(again)
			return nil
		}
		_, u, err := m.upload(c.Upload)
		if err != nil {
			return err
		}
		k, err := m.join(u, c)
		if err != nil {
			return err
		}
		if err := holdsForWrite(c.Conditions, found[0]); err != nil {
			return err
		}
		done := &made{object: m.add(b, c.Bucket, k)}
		for _, p := range c.Parts {
			done.numbers, done.etags = append(done.numbers, p.Number), append(done.etags, strings.Trim(p.ETag, `"`))
		}
		delete(b.uploads, c.ID)
		b.done[c.ID] = done
		o = b.shown(done.object)
		return nil
	})
	return o, err
}

// again returns the object that the upload has become, if it was completed with
// the same parts and is still there.
func (b *place) again(c objects.Completion) *kept {
	done := b.done[c.ID]
	if done == nil || done.object.Key != c.Key || !slices.Contains(b.versions[c.Key], done.object) || len(c.Parts) != len(done.numbers) {
		return nil
	}
	for i, p := range c.Parts {
		if p.Number != done.numbers[i] || strings.Trim(p.ETag, `"`) != done.etags[i] {
			return nil
		}
	}
	return done.object
}

// join makes one of the parts, in the order of S3's refusals.
func (m *Model) join(u *upload, c objects.Completion) (kept, error) {
	if !slices.IsSortedFunc(c.Parts, func(x, y objects.Part) int { return x.Number - y.Number }) || repeats(c.Parts) {
		return kept{}, objects.PartOrder
	}
	var contents []string
	k := kept{Object: objects.Object{Ref: newest(u.Bucket, u.Key), Headers: u.Headers, Tags: u.Tags, Parts: len(c.Parts)}}
	for _, want := range c.Parts {
		at := slices.IndexFunc(u.parts, func(p uploaded) bool { return p.Number == want.Number })
		if at < 0 || u.parts[at].ETag != strings.Trim(want.ETag, `"`) {
			return kept{}, objects.BadPart
		}
		p := u.parts[at]
		switch {
		case want.Checksum.Value == "" && u.Checksum.Type == objects.Composite:
			return kept{}, objects.BadChecksum
		case want.Checksum.Value != "" && want.Checksum.Value != p.Checksum.Value:
			return kept{}, objects.BadPart
		}
		contents = append(contents, p.body)
		k.parts = append(k.parts, p.Part)
	}
	for _, part := range contents[:max(0, len(contents)-1)] {
		if int64(len(part)) < m.minPart() {
			return kept{}, objects.PartTooSmall
		}
	}
	k.body = strings.Join(contents, "")
	k.Size, k.ETag = int64(len(k.body)), etagOfParts(contents)
	if c.Size >= 0 && c.Size != k.Size {
		return kept{}, objects.BadSize
	}
	k.Checksum = joinedChecksum(u.Checksum, k.body, contents)
	if c.Checksum.Value != "" && c.Checksum.Value != k.Checksum.Value {
		return kept{}, objects.BadDigest
	}
	return k, nil
}

func repeats(parts []objects.Part) bool {
	for i := 1; i < len(parts); i++ {
		if parts[i].Number == parts[i-1].Number {
			return true
		}
	}
	return false
}

func (m *Model) minPart() int64 {
	if m.MinPart == 0 {
		return defaultMinPart
	}
	return m.MinPart
}

func joinedChecksum(kind objects.Checksum, whole string, parts []string) objects.Checksum {
	switch {
	case kind.Algorithm == "":
		return objects.Checksum{}
	case kind.Type == objects.Composite:
		kind.Value = compositeOf(kind.Algorithm, parts)
	default:
		kind.Value = checksumOf(kind.Algorithm, whole)
	}
	return kind
}

// Abort implements objects.Keeper.
func (m *Model) Abort(_ context.Context, u objects.Upload) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	b, _, err := m.upload(u)
	if err != nil {
		return err
	}
	delete(b.uploads, u.ID)
	return nil
}

// ListParts implements objects.Keeper.
func (m *Model) ListParts(_ context.Context, u objects.Upload, after, limit int) (objects.Parts, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, found, err := m.upload(u)
	if err != nil {
		return objects.Parts{}, err
	}
	var all []objects.Part
	for _, p := range found.parts {
		all = append(all, p.Part)
	}
	page := partsAfter(all, after, limit)
	page.Upload = found.info()
	return page, nil
}
