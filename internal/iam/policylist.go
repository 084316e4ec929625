package iam

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"muster/internal/arn"
	"muster/internal/page"
)

// PolicyFilter says which managed policies are asked for.
type PolicyFilter struct {
	Own, AWS bool   // the customer's, AWS's own
	Prefix   string // of their paths
	Attached bool   // only those attached to a role or user
}

// Policies answers a page of the managed policies that f asks for, by ARN: the
// customer's before AWS's own, whose account sorts after every number.
func (d *Directory) Policies(ctx context.Context, account string, f PolicyFilter, r page.Request) (page.Page[CountedPolicy], error) {
	after, err := page.Key(r.Token, 1)
	if err != nil {
		return page.Page[CountedPolicy]{}, err
	}
	var all page.Page[CountedPolicy]
	if f.Own {
		all, err = d.store.Policies(ctx, account, f.Prefix, f.Attached, r)
	}
	if err != nil || all.Next != "" || !f.AWS {
		return all, err
	}
	for _, p := range awsManaged() {
		if after != nil && string(p.ARN()) <= after[0] || !strings.HasPrefix(p.Path, f.Prefix) {
			continue
		}
		attached, err := d.store.AttachmentCount(ctx, account, p.ARN())
		if err != nil {
			return page.Page[CountedPolicy]{}, err
		}
		if attached > 0 || !f.Attached {
			all.Items = append(all.Items, CountedPolicy{p.ManagedPolicy, attached})
		}
	}
	slices.SortFunc(all.Items, func(a, b CountedPolicy) int { return cmp.Compare(a.ARN(), b.ARN()) })
	return page.Cut(all.Items, r.Limit, func(p CountedPolicy) []string { return []string{string(p.ARN())} }), nil
}

// Entities answers a page of the roles and users that a managed policy is
// attached to, by kind and name: those of kind, unless it is "", whose path
// begins with prefix. It fails like Policy.
func (d *Directory) Entities(ctx context.Context, account string, a arn.ARN, kind Kind, prefix string, r page.Request) (page.Page[Entity], error) {
	if _, err := d.Policy(ctx, account, a); err != nil {
		return page.Page[Entity]{}, err
	}
	return d.store.Entities(ctx, account, a, kind, prefix, r)
}
