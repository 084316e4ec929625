package objects

import (
	"context"
	"errors"
	"fmt"
)

// Buckets returns the names of all buckets that have room here, in their order.
func (o *Objects) Buckets(ctx context.Context) ([]string, error) { return o.rows.Buckets(ctx) }

// pageOfAll is how many objects All asks for at once.
const pageOfAll = 1000

// All calls fn for each object of a bucket by key, or with versions for each
// version and delete marker, of one key from the newest to the oldest. They
// are as in lists. It ends with what fn fails with.
func (o *Objects) All(ctx context.Context, bucket string, versions bool, fn func(Object) error) error {
	list := o.List
	if versions {
		list = o.ListVersions
	}
	l := List{Bucket: bucket, Max: pageOfAll}
	for more := true; more; {
		page, err := list(ctx, l)
		if err != nil {
			return err
		}
		for _, one := range page.Objects {
			if err := fn(one); err != nil {
				return err
			}
		}
		more, l.After, l.AfterID = page.More, page.Next, page.NextID
	}
	return nil
}

// Verified is what reading all contents found.
type Verified struct {
	Contents int64 // that were read
	Bytes    int64
	Damaged  int64 // contents that are missing or not what was written
	Files    int64 // contents in files, as the disk has them
	Orphans  int64 // of them: those that no row names
	Loose    int64 // temporary files
}

// Affected is an object, a version or a part of an upload under way whose
// content is damaged.
type Affected struct {
	Ref
	Upload string // id of the upload under way; Version is "" then
	Part   int    // of Upload
	Err    error
}

// Verify reads all contents, and changes nothing. It calls progress after each
// content, and affected for each object that has a damaged one. It fails where
// it couldn't look.
func (o *Objects) Verify(ctx context.Context, progress func(Verified), affected func(Affected)) (Verified, error) {
	v := verifying{objects: o, damaged: map[int64]error{}}
	for after := int64(0); ; {
		all, err := o.rows.Contents(ctx, after, scrubChunk)
		if err != nil {
			return v.Verified, err
		}
		if len(all) == 0 {
			break
		}
		for _, c := range all {
			if err := v.content(ctx, c); err != nil {
				return v.Verified, err
			}
			progress(v.Verified)
		}
		after = all[len(all)-1].ID
	}
	if err := v.files(ctx); err != nil {
		return v.Verified, err
	}
	if len(v.damaged) == 0 {
		return v.Verified, nil
	}
	return v.Verified, v.name(ctx, affected)
}

// VerifyInline opens each content that is kept in a row, and tells visit what
// came of it.
func (o *Objects) VerifyInline(ctx context.Context, visit func(Content, error)) error {
	for after := int64(0); ; {
		all, err := o.rows.Contents(ctx, after, scrubChunk)
		if err != nil || len(all) == 0 {
			return err
		}
		for _, c := range all {
			if c.Kind == InRow {
				visit(c, o.readThrough(ctx, c, 0))
			}
		}
		after = all[len(all)-1].ID
	}
}

// verifying is a Verify under way.
type verifying struct {
	Verified
	objects *Objects
	damaged map[int64]error // by the id of the content
}

// content reads one content. It fails only when it must stop.
func (v *verifying) content(ctx context.Context, c Content) error {
	err := v.read(ctx, c)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		v.damaged[c.ID] = err
		v.Damaged++
	}
	v.Contents++
	if c.Kind != OfParts {
		v.Bytes += c.Size
	}
	return nil
}

func (v *verifying) read(ctx context.Context, c Content) error {
	if c.Kind == OfParts {
		return v.parts(ctx, c)
	}
	return v.objects.readThrough(ctx, c, 0)
}

// parts fails unless the parts of a content make up all of it. What is in them
// is read as contents of their own.
func (v *verifying) parts(ctx context.Context, c Content) error {
	end := int64(0)
	for after := 0; ; {
		page, err := v.objects.rows.Numbered(ctx, c.ID, after, pageOfAll)
		if err != nil {
			return err
		}
		for _, s := range page {
			if s.Start != end {
				return fmt.Errorf("%w: its parts don't fit together", ErrDamaged)
			}
			end += s.Size
			after = s.Number
		}
		if len(page) < pageOfAll {
			break
		}
	}
	if end != c.Size {
		return fmt.Errorf("%w: its parts have %d bytes instead of %d", ErrDamaged, end, c.Size)
	}
	return nil
}

// files counts the files, and those that no row names.
func (v *verifying) files(ctx context.Context) error {
	var batch []ContentID
	ask := func() error {
		unknown, err := v.objects.rows.Unknown(ctx, batch)
		v.Orphans += int64(len(unknown))
		batch = batch[:0]
		return err
	}
	err := v.objects.files.Walk(ctx, func(f File) error {
		if f.Temporary {
			v.Loose++
			return nil
		}
		v.Files++
		if batch = append(batch, f.ID); len(batch) < askAtOnce {
			return nil
		}
		return ask()
	})
	if err := errors.Join(err, ask()); err != nil {
		return fmt.Errorf("look for files without rows: %w", err)
	}
	return nil
}

// name calls affected for all that has a damaged content.
func (v *verifying) name(ctx context.Context, affected func(Affected)) error {
	names, err := v.objects.rows.Buckets(ctx)
	if err != nil {
		return err
	}
	for _, name := range names {
		b, err := v.objects.rows.Bucket(ctx, name)
		if err != nil {
			return err
		}
		if err := v.nameVersions(ctx, b, affected); err != nil {
			return err
		}
		if err := v.nameUploads(ctx, b, affected); err != nil {
			return err
		}
	}
	return nil
}

func (v *verifying) nameVersions(ctx context.Context, b Bucket, affected func(Affected)) error {
	var failed error
	err := v.objects.rows.Versions(ctx, b.ID, Position{"", first}, "", func(r Row) bool {
		if r.Marker {
			return true
		}
		because, err := v.why(ctx, r)
		if err != nil {
			failed = err
			return false
		}
		if because != nil {
			affected(Affected{Ref: Ref{Bucket: b.Name, Key: r.Key, Version: r.Version}, Err: because})
		}
		return true
	})
	return errors.Join(failed, err)
}

// why returns what is wrong with the content of a version; nil if nothing is.
func (v *verifying) why(ctx context.Context, r Row) (because, err error) {
	if because := v.damaged[r.Content]; because != nil || r.Parts == 0 {
		return because, nil
	}
	segments, err := v.objects.rows.Segments(ctx, r.Content, 0, r.Size)
	if err != nil {
		return nil, err
	}
	for _, s := range segments {
		if because := v.damaged[s.Content.ID]; because != nil {
			return fmt.Errorf("part %d: %w", s.Number, because), nil
		}
	}
	return nil, nil
}

func (v *verifying) nameUploads(ctx context.Context, b Bucket, affected func(Affected)) error {
	var uploads []UploadRow
	err := v.objects.rows.Uploads(ctx, b.ID, Position{"", first}, "", func(u UploadRow) bool {
		uploads = append(uploads, u)
		return true
	})
	if err != nil {
		return err
	}
	for _, u := range uploads {
		parts, err := v.objects.rows.UploadedParts(ctx, u.Place, 0, maxPart)
		if err != nil {
			return err
		}
		for _, p := range parts {
			if because := v.damaged[p.Content]; because != nil {
				affected(Affected{Ref: Ref{Bucket: b.Name, Key: u.NewUpload.Key}, Upload: u.Name, Part: p.Number, Err: because})
			}
		}
	}
	return nil
}
