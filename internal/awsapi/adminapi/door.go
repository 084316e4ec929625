// Package adminapi is the door of Muster's own API, for what AWS has no word
// of: requests are signed for the service "muster" and authorised by IAM like
// any other. The commands of operators call it; see `muster bucket --help`.
//
// Its model is ours, in the format of AWS's.
package adminapi

import (
	"context"
	"errors"
	"slices"
	"time"

	"muster/internal/arn"
	"muster/internal/awsapi"
	"muster/internal/awswire"
	"muster/internal/bucket"
	"muster/internal/fault"
	"muster/internal/objects"
	"muster/internal/space"
)

// Door turns requests into calls of its rooms.
type Door struct {
	Buckets *bucket.Buckets
	Objects *objects.Objects // nil where objects are kept in an external S3
}

// Effects are what the operations do to the disk.
var Effects = space.Effects{
	space.Reads: {"GetBucketQuota", "GetObjectStore", "ListBucketWriters"},
	space.TakesAway: {
		"DeleteBucketQuota", "RemoveOrphans",
		"PutBucketQuota", // the way to stop a writer
	},
}

// Faults are the names for the kinds of refusal.
var Faults = awsapi.Faults{
	fault.Invalid:        "ValidationException",
	fault.NotFound:       "ResourceNotFoundException",
	fault.Denied:         "AccessDeniedException",
	fault.NotImplemented: "NotImplemented",
}

// Operations are all that the door serves.
func (d *Door) Operations() []awsapi.Operation { return slices.Concat(d.quotas(), d.store()) }

// own returns Muster's own store of objects.
func (d *Door) own() (*objects.Objects, error) {
	if d.Objects == nil {
		return nil, fault.NotImplemented.Errorf("Objects are kept in an external S3, which has quotas and checks of its own")
	}
	return d.Objects, nil
}

// check fails with fault.NotFound unless the bucket is the caller's account's.
func (d *Door) check(ctx context.Context, scope arn.Scope, name string) error {
	b, err := d.Buckets.Find(ctx, name)
	if err == nil && b.Account != scope.Account || errors.Is(err, fault.NotFound) {
		return fault.NotFound.Errorf("The bucket %s does not exist", name)
	}
	return err
}

// present is a member that is left out when it is zero.
func present(at time.Time) *awswire.Time {
	if at.IsZero() {
		return nil
	}
	return &awswire.Time{Time: at}
}
