package objects

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
)

func hexMD5(digest []byte) string { return hex.EncodeToString(digest) }

// Copy makes an object that shares another one's content.
//
// Unlike S3, which writes the content anew, it keeps the ETag and the parts of
// an object that was made of parts.
func (o *Objects) Copy(ctx context.Context, c Copy) (Object, error) {
	w := write{objects: o, bucket: c.Bucket, key: c.Key, conditions: c.Conditions, judge: c.JudgeTarget}
	var summed ContentID // the content that sum is of
	var sum Checksum
	for range tries {
		source, content, err := o.source(ctx, c.From, c.FromConditions, c.Judge)
		if err != nil {
			return Object{}, err
		}
		if c.changesNothing(source) {
			return Object{}, SelfCopy
		}
		row := c.of(source)
		if c.Checksum != "" && (c.Checksum != source.Checksum.Algorithm || source.Checksum.Type != FullObject) {
			if summed != content.Name {
				sum, err = o.sum(ctx, c.From, content, c.Checksum)
				if errors.Is(err, ErrNoFile) { // removed, or replaced
					continue
				}
				if err != nil {
					return Object{}, err
				}
				summed = content.Name
			}
			row.Checksum = sum
		}
		row.Modified = o.now()
		made, _, err := w.insert(ctx, row, Plan{Shared: content.Name})
		if err == nil {
			made.SourceVersion = source.shownVersion()
		}
		if !errors.Is(err, ErrContentGone) {
			return made, err
		}
	}
	return Object{}, Conflict
}

// changesNothing reports whether the copy is one of the newest version onto
// itself that leaves all as it is. As on S3, it is enough to name a storage
// class or an encryption, be it the same, and not enough to replace the tags.
// By its id a version may be copied onto the key again: that makes an older one
// the newest.
func (c Copy) changesNothing(source *Row) bool {
	return c.From.Bucket == c.Bucket && c.From.Key == c.Key && (c.From.Version == "" || !source.Versioned) &&
		c.Headers == nil && c.StorageClass == "" && c.Encryption == "" && c.Checksum == ""
}

// of returns the row of the copy, but for what is of its own.
func (c Copy) of(source *Row) Row {
	row := Row{Object: source.Object, Content: source.Content, Writer: c.Writer}
	row.Key = c.Key
	if c.Headers != nil {
		row.Headers = *c.Headers
	} else {
		row.Headers.StorageClass = c.StorageClass
	}
	if c.ReplaceTags {
		row.Tags = c.Tags
	}
	return row
}

// source returns the version that a copy is made of.
func (o *Objects) source(ctx context.Context, from Ref, conditions Conditions, judge Judge) (*Row, Content, error) {
	row, content, err := o.look(ctx, from, judge, false)
	if err != nil {
		return nil, Content{}, ofTheSource(err)
	}
	return row, content, conditions.forSource(&row.Object)
}

// shownVersion returns the id of a version where its bucket gives ids, or gave
// them once.
func (r *Row) shownVersion() string {
	if !r.Versioned {
		return ""
	}
	return r.Version
}

// ofTheSource says of a refusal that it is about a copy's source.
func ofTheSource(err error) error {
	var refused *Refused
	var refusal Refusal
	switch {
	case errors.As(err, &refused):
		said := *refused
		said.Source = true
		return &said
	case errors.As(err, &refusal):
		return &Refused{Refusal: refusal, Source: true}
	}
	return err
}

// sum computes the checksum of a content.
func (o *Objects) sum(ctx context.Context, from Ref, c Content, algorithm string) (Checksum, error) {
	h := o.newHash(algorithm)
	if h == nil {
		return Checksum{}, BadChecksum
	}
	body, err := o.reopen(ctx, from, c, 0, c.Size)
	if err != nil {
		return Checksum{}, err
	}
	defer body.Close()
	if n, err := io.Copy(h, body); err != nil || n != c.Size {
		return Checksum{}, errors.Join(err, io.ErrUnexpectedEOF)
	}
	return Checksum{Algorithm: algorithm, Type: FullObject, Value: sum(h)}, nil
}

// reopen opens the content of a source that was found without its data. It
// fails with ErrNoFile where the source has another content by now.
func (o *Objects) reopen(ctx context.Context, from Ref, c Content, first, length int64) (io.ReadCloser, error) {
	if c.Kind == InRow {
		_, again, err := o.look(ctx, from, nil, true)
		if err != nil || again.Name != c.Name {
			return nil, ErrNoFile
		}
		c = again
	}
	return o.open(ctx, c, first, length)
}
