package objects

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// CreateUpload begins an upload in parts.
func (o *Objects) CreateUpload(ctx context.Context, u NewUpload) (string, error) {
	var err error
	if u.Checksum, err = uploadChecksum(u.Checksum); err != nil {
		return "", err
	}
	b, err := o.rows.Bucket(ctx, u.Bucket)
	if err != nil {
		return "", err
	}
	kept, err := o.rows.InsertUpload(ctx, u.Bucket, UploadRow{UploadID: UploadID{Salt: newSalt()}, NewUpload: u, Created: o.now()}, o.quota(b))
	return kept.Name, err
}

func (o *Objects) upload(ctx context.Context, u Upload) (UploadRow, error) {
	id, err := parseUpload(u.ID)
	if err != nil {
		if _, none := o.rows.Bucket(ctx, u.Bucket); none != nil {
			err = none
		}
		return UploadRow{}, err
	}
	return o.rows.Upload(ctx, u.Bucket, u.Key, id)
}

func (u UploadRow) info(bucket string) UploadInfo {
	return UploadInfo{Upload: Upload{Bucket: bucket, Key: u.NewUpload.Key, ID: u.Name}, Created: u.Created,
		StorageClass: u.Headers.StorageClass, Checksum: u.Checksum}
}

// PutPart keeps a part of an upload.
func (o *Objects) PutPart(ctx context.Context, p PutPart) (Part, error) {
	u, err := o.upload(ctx, p.Upload)
	if err != nil {
		return Part{}, err
	}
	if err := u.takes(p.Body.Checksum.Algorithm); err != nil {
		return Part{}, err
	}
	return o.putPart(ctx, u, p.Number, p.Body)
}

// takes refuses a part that comes with another checksum than the upload was
// begun for. As on S3, a composite one is made of checksums that the client
// knows, so that a part without is refused, too.
func (u UploadRow) takes(algorithm string) error {
	want := u.Checksum.Algorithm
	if want == "" || algorithm == want || algorithm == "" && u.Checksum.Type == FullObject {
		return nil
	}
	if algorithm == "" {
		algorithm = "null"
	}
	return &Refused{Refusal: BadChecksum, Message: fmt.Sprintf("Checksum Type mismatch occurred, expected checksum Type: %s, actual checksum Type: %s",
		strings.ToLower(want), strings.ToLower(algorithm))}
}

func (o *Objects) putPart(ctx context.Context, u UploadRow, number int, body Body) (Part, error) {
	if number < 1 || number > maxPart {
		return Part{}, &Refused{Refusal: BadPart, Message: fmt.Sprintf("a part's number is 1 to %d", maxPart)}
	}
	if body.Size > maxPut {
		return Part{}, TooLarge
	}
	b, err := o.rows.Bucket(ctx, u.NewUpload.Bucket)
	if err != nil {
		return Part{}, err
	}
	in, err := o.newIntake(body, u.combines().Algorithm)
	if err != nil {
		return Part{}, err
	}
	content, done, err := o.keep(ctx, in)
	if err != nil {
		return Part{}, err
	}
	part := Part{Number: number, Size: content.Size, ETag: hexMD5(in.digest), Modified: o.now(), Checksum: in.checksum}
	part.Checksum.Type = ""
	gone, err := o.rows.InsertPart(context.WithoutCancel(ctx), u, PartRow{Part: part}, content, o.quota(b))
	done(err == nil || !certain(err))
	if err != nil {
		return Part{}, err
	}
	o.remove(ctx, gone)
	if in.verified.Value != "" {
		part.Checksum = in.verified
		part.Checksum.Type = ""
	}
	return part, nil
}

// combines returns the checksum that the object is to have: S3's own where
// nobody asked for one.
func (u UploadRow) combines() Checksum {
	if u.Checksum.Algorithm == "" {
		return Checksum{Algorithm: defaultChecksum, Type: FullObject}
	}
	return u.Checksum
}

// CopyPart makes a part of another object's content, which is written anew.
func (o *Objects) CopyPart(ctx context.Context, c CopyPart) (Part, error) {
	u, err := o.upload(ctx, c.Upload)
	if err != nil {
		return Part{}, err
	}
	for range tries {
		source, content, err := o.source(ctx, c.From, c.FromConditions, c.Judge)
		if err != nil {
			return Part{}, err
		}
		first, length := int64(0), source.Size
		if c.Range != nil {
			var ok bool
			if first, length, ok = c.Range.span(source.Size); !ok || c.Range.Last >= source.Size {
				return Part{}, &Refused{Refusal: OutOfRange, Object: &source.Object, Source: true}
			}
		}
		body, err := o.reopen(ctx, c.From, content, first, length)
		if errors.Is(err, ErrNoFile) {
			continue
		}
		if err != nil {
			return Part{}, err
		}
		part, err := o.putPart(ctx, u, c.Number, Body{Reader: body, Size: length})
		part.SourceVersion = source.shownVersion()
		return part, errors.Join(err, body.Close())
	}
	return Part{}, Conflict
}

// Abort gives up an upload.
func (o *Objects) Abort(ctx context.Context, u Upload) error {
	found, err := o.upload(ctx, u)
	if err != nil {
		return err
	}
	gone, err := o.rows.DeleteUpload(context.WithoutCancel(ctx), found)
	if err != nil {
		return err
	}
	o.remove(ctx, gone)
	return nil
}

// ListParts lists the parts of an upload.
func (o *Objects) ListParts(ctx context.Context, u Upload, after, limit int) (Parts, error) {
	found, err := o.upload(ctx, u)
	if err != nil {
		return Parts{}, err
	}
	rows, err := o.rows.UploadedParts(ctx, found.Place, after, limit+1)
	if err != nil {
		return Parts{}, err
	}
	var parts []Part
	for _, r := range rows {
		parts = append(parts, r.Part)
	}
	page := pageOfParts(parts, limit)
	page.Upload = found.info(u.Bucket)
	return page, nil
}
