package iam

import (
	"context"
	"errors"
	"slices"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/policy"
)

// trusted reads a trust policy: the unique ids of the roles and users it
// names. One that isn't there, which AWS refuses, is bound to nothing and
// trusted by its name; so are sessions. The document stays as it was given,
// where AWS shows the id of whoever is gone. It fails with fault.Malformed or
// fault.LimitExceeded.
func (d *Directory) trusted(ctx context.Context, document string) (map[arn.ARN]string, error) {
	if sizeOf(document) > MaxTrustSize {
		return nil, overQuota("ACLSizePerRole", MaxTrustSize)
	}
	doc, err := policy.Parse(document, policy.Trust)
	if err != nil {
		return nil, err
	}
	var ids map[arn.ARN]string
	for _, a := range doc.Principals() {
		id, err := d.idOf(ctx, a)
		if errors.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if ids == nil {
			ids = map[arn.ARN]string{}
		}
		ids[a] = id
	}
	return ids, nil
}

// idOf answers the unique id of the role or user of that ARN, or fails with
// fault.NotFound.
func (d *Directory) idOf(ctx context.Context, a arn.ARN) (string, error) {
	if account, _, name, ok := arn.SplitUser(a); ok {
		user, err := d.User(ctx, account, name)
		if err == nil && user.ARN() != a {
			err = noUser(name)
		}
		return user.ID, err
	}
	role, err := d.RoleByARN(ctx, a)
	if err != nil {
		return "", err
	}
	return role.ID, nil
}

// known is p's names as the trust policy may use them. A name that stood for
// somebody else when the policy was given becomes their id, which is nobody's
// name: so nothing that says who is named, nor who is not, means the caller.
func (r *RoleEntry) known(p policy.Principal) []arn.ARN {
	stranger := func(a arn.ARN) bool { id, bound := r.Trusted[a]; return bound && id != p.ID }
	if !slices.ContainsFunc(p.ARNs, stranger) {
		return p.ARNs
	}
	names := slices.Clone(p.ARNs)
	for i, a := range names {
		if stranger(a) {
			names[i] = arn.ARN(p.ID)
		}
	}
	return names
}
