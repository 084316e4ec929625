package iam

import (
	"context"
	"strings"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/page"
)

// Attach attaches a managed policy to h; attaching it again is fine. It fails
// with fault.Invalid (no policy's ARN), fault.NotFound, fault.LimitExceeded, or
// with fault.WrongState for the policy of a service-linked role, as on AWS.
func (d *Directory) Attach(ctx context.Context, h Holder, a arn.ARN) error {
	owner, _, _, ok := arn.SplitManagedPolicy(a)
	if !ok {
		return badARN(a)
	}
	if _, err := d.held(ctx, h); err != nil {
		return err
	}
	aws, ours := awsManaged()[a]
	if ours && !aws.IsAttachable() {
		return fault.WrongState.Errorf("Cannot attach a Service Role Policy to a Customer Role.")
	}
	most := limits[h.Kind].attached
	return d.store.Attach(ctx, h, a, func(others int, exists bool) error {
		if !ours && (owner != h.Account || !exists) {
			return fault.NotFound.Errorf("Policy %s does not exist or is not attachable.", a)
		}
		if others >= most {
			return overQuota("PoliciesPer"+string(h.Kind), most)
		}
		return nil
	})
}

// Detach takes a managed policy away from h. It fails with fault.Invalid, or
// with fault.NotFound when it isn't attached.
func (d *Directory) Detach(ctx context.Context, h Holder, a arn.ARN) error {
	if _, _, _, ok := arn.SplitManagedPolicy(a); !ok {
		return badARN(a)
	}
	return d.missing(ctx, h, noPolicy(a), d.store.Detach(ctx, h, a))
}

// Attached answers a page of the managed policies attached to h, those whose
// path begins with prefix.
func (d *Directory) Attached(ctx context.Context, h Holder, prefix string, r page.Request) (page.Page[string], error) {
	return d.list(ctx, h, r, func(held Held) (arns []string) {
		for _, a := range held.Attached {
			if _, path, _, _ := arn.SplitManagedPolicy(a.ARN); strings.HasPrefix(path, prefix) {
				arns = append(arns, string(a.ARN))
			}
		}
		return arns
	})
}

// Attachments answers how many roles and users of the account the policy is
// attached to.
func (d *Directory) Attachments(ctx context.Context, account string, a arn.ARN) (int, error) {
	return d.store.AttachmentCount(ctx, account, a)
}
