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
	for _, p := range awsManagedAfter(after) {
		if !strings.HasPrefix(p.Path, f.Prefix) {
			continue
		}
		if len(all.Items) > r.Limit { // enough to see that there is another page
			break
		}
		attached, err := d.store.AttachmentCount(ctx, account, p.ARN())
		if err != nil {
			return page.Page[CountedPolicy]{}, err
		}
		if attached > 0 || !f.Attached {
			all.Items = append(all.Items, CountedPolicy{p.ManagedPolicy, attached})
		}
	}
	return page.Cut(all.Items, r.Limit, func(p CountedPolicy) []string { return []string{string(p.ARN())} }), nil
}

// awsManagedAfter returns AWS's own policies by ARN, those after the one that a
// page ended with.
func awsManagedAfter(after []string) []awsPolicy {
	var all []awsPolicy
	for a, p := range awsManaged() {
		if after == nil || string(a) > after[0] {
			all = append(all, p)
		}
	}
	slices.SortFunc(all, func(a, b awsPolicy) int { return cmp.Compare(a.ARN(), b.ARN()) })
	return all
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
