package iam

import (
	"context"

	"muster/internal/arn"
)

// HolderStore keeps what roles and users hold, under the same promises as
// Store. All but AttachmentCount fail with fault.NotFound if there is no such
// holder.
type HolderStore interface {
	// Delete removes a holder. decide sees what it still has.
	Delete(ctx context.Context, h Holder, decide func(Uses) error) error

	// PutInline makes or replaces an inline policy. decide sees the other
	// inline policies of the holder.
	PutInline(ctx context.Context, h Holder, p Inline, decide func(others []Inline) error) error
	// DeleteInline fails with fault.NotFound, too, if there is no such policy.
	DeleteInline(ctx context.Context, h Holder, name string) error

	// Attach attaches a managed policy; to attach one again changes nothing
	// and asks nothing. decide sees how many others are attached and whether a
	// customer managed policy of that ARN is there.
	Attach(ctx context.Context, h Holder, a arn.ARN, decide func(others int, exists bool) error) error
	// Detach fails with fault.NotFound, too, if it is not attached.
	Detach(ctx context.Context, h Holder, a arn.ARN) error
	// AttachmentCount answers how many roles and users of the account a
	// managed policy is attached to.
	AttachmentCount(ctx context.Context, account string, a arn.ARN) (int, error)
}

// Uses counts what belongs to a holder.
type Uses struct {
	Inline, Attached int
	Keys             int // of a user
}
