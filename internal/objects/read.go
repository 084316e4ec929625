package objects

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
)

// Head returns what is known of an object.
func (o *Objects) Head(ctx context.Context, r Read) (*Found, error) {
	found, _, err := o.find(ctx, r, false)
	return found, err
}

// Get returns an object's content, or a part of it.
//
// A content's file may go between the look at its row and the opening: then
// the row is looked at again.
func (o *Objects) Get(ctx context.Context, r Read) (*Found, error) {
	var missing ContentID
	for range tries {
		found, c, err := o.find(ctx, r, true)
		if err != nil {
			return nil, err
		}
		found.Body, err = o.open(ctx, c, found.First, found.Length)
		if err == nil {
			return found, nil
		}
		if !errors.Is(err, ErrNoFile) {
			return nil, fmt.Errorf("read the content of an object: %w", err)
		}
		if c.Name == missing { // the row still names it
			o.damaged.Add(1)
			slog.ErrorContext(ctx, "the content of an object is missing", "bucket", r.Bucket, "key", r.Key, "content", c.Name.String())
			return nil, fmt.Errorf("read the content of an object: %w", err)
		}
		missing = c.Name
	}
	return nil, Conflict
}

// find returns an object that may be read, and its content.
func (o *Objects) find(ctx context.Context, r Read, data bool) (*Found, Content, error) {
	row, c, err := o.look(ctx, r.Ref, r.Judge, data)
	if err != nil {
		return nil, Content{}, err
	}
	if err := r.Conditions.forRead(&row.Object); err != nil {
		return nil, Content{}, err
	}
	found := &Found{Object: row.Object, Length: row.Size}
	if r.Part != 0 {
		return found, c, o.part(ctx, found, c, r.Part)
	}
	if r.Range != nil && (r.IfRange == "" || ifRangeHolds(r.IfRange, &row.Object)) {
		first, length, ok := r.Range.span(row.Size)
		if !ok {
			return nil, Content{}, &Refused{Refusal: OutOfRange, Object: &row.Object}
		}
		found.First, found.Length, found.Partial = first, length, true
	}
	return found, c, nil
}

// look returns a version that isn't a delete marker, once judge allows it.
func (o *Objects) look(ctx context.Context, ref Ref, judge Judge, data bool) (*Row, Content, error) {
	id, err := parseVersion(ref.Version)
	if err != nil {
		return nil, Content{}, err
	}
	b, row, c, err := o.rows.Find(ctx, ref.Bucket, Target{Key: ref.Key, ID: id}, data)
	if err != nil {
		return nil, Content{}, err
	}
	if err := judged(judge, row); err != nil {
		return nil, Content{}, err
	}
	if row == nil && id.Given() {
		return nil, Content{}, NoVersion
	}
	if row == nil {
		return nil, Content{}, NoObject
	}
	row.complete(b)
	if row.Marker && id.Given() {
		return nil, Content{}, &Refused{Refusal: IsMarker, Object: &row.Object}
	}
	if row.Marker {
		return nil, Content{}, &Refused{Refusal: NoObject, Object: &row.Object}
	}
	return row, c, nil
}

// judged asks judge for the tags of what is there.
func judged(judge Judge, row *Row) error {
	if judge == nil {
		return nil
	}
	return judge(row.tags())
}

// tags returns what a Judge sees of a row: nothing where there is no object.
func (r *Row) tags() []Tag {
	if r == nil || r.Marker {
		return nil
	}
	return r.Tags
}

// complete fills in what isn't kept in each row.
func (r *Row) complete(b Bucket) {
	r.Bucket, r.Versioned = b.Name, b.Versioning != NeverVersioned
	if !r.Marker {
		r.Encrypted = Encrypted
	}
}

// part narrows found to one of its parts. A whole object is its own first part.
func (o *Objects) part(ctx context.Context, found *Found, c Content, number int) error {
	refused := &Refused{Refusal: NoPart, Object: &found.Object}
	if found.Parts == 0 {
		if number != 1 {
			return refused
		}
		found.Partial, found.PartChecksum = true, found.Checksum
		return nil
	}
	segments, err := o.rows.Numbered(ctx, c.ID, number-1, 1)
	if err != nil {
		return err
	}
	if len(segments) == 0 || segments[0].Number != number {
		return refused
	}
	s := segments[0]
	found.First, found.Length, found.Partial, found.PartChecksum = s.Start, s.Size, true, s.Checksum
	return nil
}

// Attributes returns an object and a page of its parts.
func (o *Objects) Attributes(ctx context.Context, r Read, after, limit int) (*Attributes, error) {
	found, c, err := o.find(ctx, r, false)
	if err != nil {
		return nil, err
	}
	a := &Attributes{Object: found.Object}
	if found.Object.Parts == 0 {
		return a, nil
	}
	segments, err := o.rows.Numbered(ctx, c.ID, after, limit+1)
	if err != nil {
		return nil, err
	}
	var parts []Part
	for _, s := range segments {
		parts = append(parts, s.Part)
	}
	a.Parts = pageOfParts(parts, limit)
	a.Parts.Total = found.Object.Parts
	return a, nil
}

// pageOfParts cuts parts, one more than limit if there are more, to a page.
func pageOfParts(parts []Part, limit int) Parts {
	if len(parts) <= limit {
		return Parts{Parts: parts}
	}
	return Parts{Parts: parts[:limit], More: true, NextPart: parts[limit-1].Number}
}
