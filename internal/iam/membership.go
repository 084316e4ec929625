package iam

import (
	"context"

	"muster/internal/page"
)

// Memberships answers a page of the names of what h has been put into: a user
// into groups, a role into instance profiles. Muster has neither, so none is
// ever there to be in; that h is there is asked all the same. Who removes a
// user or a role asks for them first, as Terraform does.
//
// It fails with fault.NotFound, or fault.Invalid for a token of nobody's.
func (d *Directory) Memberships(ctx context.Context, h Holder, r page.Request) (page.Page[string], error) {
	return d.list(ctx, h, r, func(Held) []string { return nil })
}
