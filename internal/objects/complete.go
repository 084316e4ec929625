package objects

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// Complete makes an object of parts. What it is to be is worked out before the
// write, which goes through only if no part was put meanwhile.
func (o *Objects) Complete(ctx context.Context, c Completion) (Object, error) {
	w := write{objects: o, bucket: c.Bucket, key: c.Key, conditions: c.Conditions, judge: c.Judge}
	salt, name := newSalt(), newContentID()
	for range tries {
		u, err := o.upload(ctx, c.Upload)
		if errors.Is(err, NoUpload) {
			return o.completed(ctx, c)
		}
		if err != nil {
			return Object{}, err
		}
		row, numbers, err := o.assemble(ctx, u, c)
		if errors.Is(err, BadPart) {
			// The parts are not there either where the upload is over by now.
			if _, over := o.upload(ctx, c.Upload); errors.Is(over, NoUpload) {
				continue
			}
		}
		if err != nil {
			return Object{}, err
		}
		check, err := w.check(ctx)
		if err != nil {
			return Object{}, err
		}
		var made Row
		gone, err := o.rows.Complete(context.WithoutCancel(ctx), u, name, numbers, func(s State) (Plan, error) {
			if err := check(s); err != nil {
				return Plan{}, err
			}
			made = s.newest(row, salt)
			return s.over(&made, Plan{}, o.quota(s.Bucket)), nil
		})
		if errors.Is(err, errAgain) || errors.Is(err, Conflict) || errors.Is(err, NoUpload) {
			continue
		}
		if err != nil {
			return Object{}, err
		}
		o.remove(ctx, gone)
		return made.Object, nil
	}
	return Object{}, Conflict
}

// completed returns the object that an upload, which is over, was made into by
// the same call.
func (o *Objects) completed(ctx context.Context, c Completion) (Object, error) {
	b, row, err := o.rows.Completed(ctx, c.Bucket, c.Key, c.ID)
	if err != nil {
		return Object{}, err
	}
	if row == nil || row.Parts != len(c.Parts) {
		return Object{}, NoUpload
	}
	etag, err := etagOfParts(c.Parts)
	if err != nil || etag != row.ETag {
		return Object{}, NoUpload
	}
	segments, err := o.rows.Numbered(ctx, row.Content, 0, maxPart)
	if err != nil || len(segments) != len(c.Parts) {
		return Object{}, errors.Join(err, NoUpload)
	}
	for i, s := range segments {
		if s.Number != c.Parts[i].Number {
			return Object{}, NoUpload
		}
	}
	row.complete(b)
	return row.Object, nil
}

// assemble returns the object that c asks for, and the numbers of its parts.
func (o *Objects) assemble(ctx context.Context, u UploadRow, c Completion) (Row, []int, error) {
	kept, err := o.rows.UploadedParts(ctx, u.Place, 0, maxPart)
	if err != nil {
		return Row{}, nil, err
	}
	parts, err := u.choose(c.Parts, kept)
	if err != nil {
		return Row{}, nil, err
	}
	size := int64(0)
	numbers := make([]int, len(parts))
	for i, p := range parts {
		if i < len(parts)-1 && p.Size < o.minPart() {
			return Row{}, nil, &Refused{Refusal: PartTooSmall, Message: fmt.Sprintf("part %d has %d bytes, and must have %d", p.Number, p.Size, o.minPart())}
		}
		size += p.Size
		numbers[i] = p.Number
	}
	if size > maxObject {
		return Row{}, nil, TooLarge
	}
	if c.Size >= 0 && c.Size != size {
		return Row{}, nil, &Refused{Refusal: BadSize, Message: fmt.Sprintf("the object would have %d bytes", size)}
	}
	checksum := sumParts(u.combines(), parts)
	if err := c.agrees(u.combines(), checksum); err != nil {
		return Row{}, nil, err
	}
	etag, err := etagOfParts(parts)
	if err != nil {
		return Row{}, nil, err
	}
	writer := c.Writer
	if writer == "" {
		writer = u.Writer
	}
	return Row{Object: Object{Ref: Ref{Key: c.Key}, Size: size, ETag: etag, Modified: o.now(), Headers: u.Headers, Tags: u.Tags,
		Checksum: checksum, Parts: len(parts)}, Upload: u.Name, Writer: writer}, numbers, nil
}

// choose returns the kept parts that are wanted.
func (u UploadRow) choose(wanted []Part, kept []PartRow) ([]Part, error) {
	if len(wanted) == 0 {
		return nil, &Refused{Refusal: BadPart, Message: "an object is made of one part at least"}
	}
	byNumber := map[int]Part{}
	for _, p := range kept {
		byNumber[p.Number] = p.Part
	}
	parts := make([]Part, len(wanted))
	for i, want := range wanted {
		if i > 0 && want.Number <= wanted[i-1].Number {
			return nil, PartOrder
		}
		have, ok := byNumber[want.Number]
		if !ok || !strings.EqualFold(unquote(want.ETag), have.ETag) {
			return nil, badPart(want.Number)
		}
		if err := u.agrees(want, have); err != nil {
			return nil, err
		}
		parts[i] = have
	}
	return parts, nil
}

// agrees compares the checksum that is named for a part with the one it has. As
// on S3, it must be named where the object's is made of them.
func (u UploadRow) agrees(want, have Part) error {
	sent, composite := want.Checksum, u.Checksum.Type == Composite
	other := sent.Algorithm != "" && sent.Algorithm != have.Checksum.Algorithm
	switch {
	case composite && sent.Value == "":
		return &Refused{Refusal: BadChecksum, Message: fmt.Sprintf("The upload was created using a %s checksum. The complete request must include the checksum for each part. It was missing for part %d in the request.",
			strings.ToLower(u.Checksum.Algorithm), want.Number)}
	case composite && other:
		return &Refused{Refusal: BadDigest, Message: fmt.Sprintf("The %s you specified for part %d did not match what we received.", strings.ToLower(sent.Algorithm), want.Number)}
	case sent.Value != "" && (other || sent.Value != have.Checksum.Value):
		return badPart(want.Number)
	}
	return nil
}

func badPart(number int) error {
	return &Refused{Refusal: BadPart, Message: fmt.Sprintf("part %d is not there, or is another one", number)}
}

// agrees compares the checksum that the object must have, as far as c says,
// with the one that it has.
func (c Completion) agrees(asked, has Checksum) error {
	want := c.Checksum
	if want.Type != "" && want.Type != asked.Type || want.Value != "" && want.Algorithm != asked.Algorithm {
		return &Refused{Refusal: BadChecksum, Message: fmt.Sprintf("the upload has a checksum of the type %s by %s", asked.Type, asked.Algorithm)}
	}
	if want.Value == "" || want.Value == has.Value || asked.Type == Composite && want.Value+fmt.Sprintf("-%d", len(c.Parts)) == has.Value {
		return nil
	}
	return BadDigest
}

// etagOfParts returns the ETag of an object made of parts: the MD5 of their
// MD5s, and how many there are.
func etagOfParts(parts []Part) (string, error) {
	h := md5.New()
	for _, p := range parts {
		digest, err := hex.DecodeString(unquote(p.ETag))
		if err != nil || len(digest) != md5.Size {
			return "", badPart(p.Number)
		}
		h.Write(digest)
	}
	return fmt.Sprintf("%s-%d", hex.EncodeToString(h.Sum(nil)), len(parts)), nil
}
