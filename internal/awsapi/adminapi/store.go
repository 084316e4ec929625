package adminapi

import (
	"context"

	"muster/internal/arn"
	"muster/internal/awsapi"
	"muster/internal/objects"
)

func (d *Door) store() []awsapi.Operation {
	return []awsapi.Operation{
		awsapi.Handle(GetObjectStore, func(arn.Scope, *GetObjectStoreRequest) arn.ARN { return "*" }, d.getStore),
		awsapi.Handle(RemoveOrphans, func(arn.Scope, *RemoveOrphansRequest) arn.ARN { return "*" }, d.removeOrphans),
	}
}

// getStore returns what the last sweep and the last reading of all contents found.
func (d *Door) getStore(ctx context.Context, _ arn.Scope, _ *GetObjectStoreRequest) (*GetObjectStoreResponse, error) {
	own, err := d.own()
	if err != nil {
		return nil, err
	}
	damaged := own.Damaged()
	out := &GetObjectStoreResponse{Damaged: &damaged}
	if s := own.Swept(); !s.At.IsZero() {
		out.Sweep = sweep(s)
	}
	s, err := own.Scrubbed(ctx)
	if err == nil && !s.Began.IsZero() {
		out.Scrub = &Scrub{Began: present(s.Began), Ended: present(s.Ended), Contents: &s.Contents, Bytes: &s.Bytes, Damaged: &s.Damaged}
	}
	return out, err
}

// removeOrphans removes the files that no object needs, whatever a sweep by
// itself would have doubted.
func (d *Door) removeOrphans(ctx context.Context, _ arn.Scope, _ *RemoveOrphansRequest) (*RemoveOrphansResponse, error) {
	own, err := d.own()
	if err != nil {
		return nil, err
	}
	// It takes as long as it takes, however many files there are.
	s, err := own.Sweep(context.WithoutCancel(ctx), true)
	if err != nil {
		return nil, err
	}
	return &RemoveOrphansResponse{Sweep: sweep(s)}, nil
}

func sweep(s objects.Swept) *Sweep {
	number := func(n int) *int64 { return new(int64(n)) }
	out := &Sweep{At: present(s.At), Files: number(s.Files), Orphans: number(s.Orphans), Bytes: &s.Bytes, Removed: number(s.Removed)}
	if s.Held != "" {
		out.Held = &s.Held
	}
	return out
}
