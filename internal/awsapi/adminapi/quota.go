package adminapi

import (
	"context"

	"muster/internal/arn"
	"muster/internal/awsapi"
	"muster/internal/objects"
	"muster/internal/page"
)

func (d *Door) quotas() []awsapi.Operation {
	return []awsapi.Operation{
		awsapi.Handle(GetBucketQuota, func(_ arn.Scope, in *GetBucketQuotaRequest) arn.ARN { return arn.Bucket(in.Bucket) }, d.getQuota),
		awsapi.Handle(PutBucketQuota, func(_ arn.Scope, in *PutBucketQuotaRequest) arn.ARN { return arn.Bucket(in.Bucket) }, d.putQuota),
		awsapi.Handle(DeleteBucketQuota, func(_ arn.Scope, in *DeleteBucketQuotaRequest) arn.ARN { return arn.Bucket(in.Bucket) }, d.deleteQuota),
		awsapi.Handle(ListBucketWriters, func(_ arn.Scope, in *ListBucketWritersRequest) arn.ARN { return arn.Bucket(in.Bucket) }, d.listWriters),
	}
}

// bucket returns the store of a bucket that the caller's account has.
func (d *Door) bucket(ctx context.Context, scope arn.Scope, name string) (*objects.Objects, error) {
	own, err := d.own()
	if err != nil {
		return nil, err
	}
	return own, d.check(ctx, scope, name)
}

func (d *Door) getQuota(ctx context.Context, scope arn.Scope, in *GetBucketQuotaRequest) (*GetBucketQuotaResponse, error) {
	own, err := d.bucket(ctx, scope, in.Bucket)
	if err != nil {
		return nil, err
	}
	q, itsOwn, err := own.Quota(ctx, in.Bucket)
	if err != nil {
		return nil, err
	}
	u, err := own.Usage(ctx, in.Bucket)
	if err != nil {
		return nil, err
	}
	limit := func(n int64) *int64 {
		if n == 0 {
			return nil
		}
		return &n
	}
	return &GetBucketQuotaResponse{Bucket: &in.Bucket, Own: &itsOwn, Usage: usage(u), Quota: &Quota{
		MaxBytes: limit(q.Bytes), MaxObjects: limit(q.Objects), WriterMaxBytes: limit(q.WriterBytes), WriterMaxObjects: limit(q.WriterObjects)}}, nil
}

func usage(u objects.Usage) *Usage { return &Usage{Bytes: &u.Bytes, Objects: &u.Objects} }

// putQuota gives a bucket a quota. What a writer may have is a tenth of the
// bucket's unless it is given; 0 is no limit.
func (d *Door) putQuota(ctx context.Context, scope arn.Scope, in *PutBucketQuotaRequest) (*PutBucketQuotaResponse, error) {
	own, err := d.bucket(ctx, scope, in.Bucket)
	if err != nil {
		return nil, err
	}
	value := func(n *int64, otherwise int64) int64 {
		if n == nil {
			return otherwise
		}
		return *n
	}
	q := objects.QuotaOf(value(in.Quota.MaxBytes, 0), value(in.Quota.MaxObjects, 0))
	q.WriterBytes, q.WriterObjects = value(in.Quota.WriterMaxBytes, q.WriterBytes), value(in.Quota.WriterMaxObjects, q.WriterObjects)
	return &PutBucketQuotaResponse{}, own.SetQuota(ctx, in.Bucket, &q)
}

func (d *Door) deleteQuota(ctx context.Context, scope arn.Scope, in *DeleteBucketQuotaRequest) (*DeleteBucketQuotaResponse, error) {
	own, err := d.bucket(ctx, scope, in.Bucket)
	if err != nil {
		return nil, err
	}
	return &DeleteBucketQuotaResponse{}, own.SetQuota(ctx, in.Bucket, nil)
}

const defaultPage = 100

func (d *Door) listWriters(ctx context.Context, scope arn.Scope, in *ListBucketWritersRequest) (*ListBucketWritersResponse, error) {
	own, err := d.bucket(ctx, scope, in.Bucket)
	if err != nil {
		return nil, err
	}
	limit, after := defaultPage, ""
	if in.MaxResults != nil {
		limit = int(*in.MaxResults)
	}
	if in.NextToken != nil {
		key, err := page.Key(*in.NextToken, 1)
		if err != nil {
			return nil, err
		}
		after = key[0]
	}
	all, err := own.Writers(ctx, in.Bucket, after, limit+1)
	if err != nil {
		return nil, err
	}
	found := page.Cut(all, limit, func(u objects.WriterUsage) []string { return []string{u.Writer} })
	out := &ListBucketWritersResponse{Writers: []Writer{}}
	for _, u := range found.Items {
		out.Writers = append(out.Writers, Writer{Writer: &u.Writer, Usage: usage(u.Usage)})
	}
	if found.Next != "" {
		out.NextToken = &found.Next
	}
	return out, nil
}
