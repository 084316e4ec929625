package objects

import "context"

// Usage is what is kept: the bytes of all versions and parts, and how many
// versions, delete markers and uploads there are.
type Usage struct{ Bytes, Objects int64 }

// WriterUsage is what is kept of one writer's.
type WriterUsage struct {
	Writer string
	Usage
}

// Quota is how much may be kept in a bucket, in all and of one writer. What is
// 0 has no limit.
type Quota struct{ Bytes, Objects, WriterBytes, WriterObjects int64 }

// QuotaOf returns the quota of a bucket in which one writer may have a tenth of
// it, so that one stolen device can't spend what all devices have. 0 is no limit.
func QuotaOf(bytes, versions int64) Quota {
	return Quota{Bytes: bytes, Objects: versions, WriterBytes: tenth(bytes), WriterObjects: tenth(versions)}
}

func tenth(limit int64) int64 {
	if limit == 0 {
		return 0
	}
	return max(1, limit/10)
}

// Check fails with OverQuota where what is kept after a write goes beyond the
// quota and the write makes it more. bucket and writer are what is kept after
// it, the others what it adds.
func (q Quota) Check(bucket, bucketAdds, writer, writerAdds Usage) error {
	over := func(limit, have, adds int64) bool { return limit > 0 && adds > 0 && have > limit }
	switch {
	case over(q.Bytes, bucket.Bytes, bucketAdds.Bytes), over(q.Objects, bucket.Objects, bucketAdds.Objects):
		return &Refused{Refusal: OverQuota, Message: "the quota of the bucket would be exceeded"}
	case over(q.WriterBytes, writer.Bytes, writerAdds.Bytes), over(q.WriterObjects, writer.Objects, writerAdds.Objects):
		return &Refused{Refusal: OverQuota, Message: "the writer's quota in the bucket would be exceeded"}
	}
	return nil
}

// Quota returns a bucket's quota, and whether it is its own rather than the default.
func (o *Objects) Quota(ctx context.Context, bucket string) (q Quota, own bool, err error) {
	b, err := o.rows.Bucket(ctx, bucket)
	return o.quota(b), b.Quota != nil, err
}

func (o *Objects) quota(b Bucket) Quota {
	if b.Quota != nil {
		return *b.Quota
	}
	return o.DefaultQuota
}

// SetQuota gives a bucket a quota of its own; nil gives it the default.
func (o *Objects) SetQuota(ctx context.Context, bucket string, q *Quota) error {
	return o.rows.ChangeBucket(ctx, bucket, func(b *Bucket) error {
		b.Quota = q
		return nil
	})
}

// Usage returns what is kept in a bucket.
func (o *Objects) Usage(ctx context.Context, bucket string) (Usage, error) {
	b, err := o.rows.Bucket(ctx, bucket)
	return b.Usage, err
}

// WriterUsage returns what is kept of a writer's in a bucket.
func (o *Objects) WriterUsage(ctx context.Context, bucket, writer string) (Usage, error) {
	return o.rows.Usage(ctx, bucket, writer)
}

// Writers returns a page of those who have something in a bucket, in their
// order, and what that is. after is the last of the page before.
func (o *Objects) Writers(ctx context.Context, bucket, after string, limit int) ([]WriterUsage, error) {
	return o.rows.Writers(ctx, bucket, after, limit)
}
