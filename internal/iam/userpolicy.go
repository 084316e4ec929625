package iam

import (
	"context"
	"errors"
	"strings"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/page"
	"muster/internal/policy"
)

// PutUserPolicy makes or replaces an inline policy of a user. It fails with
// fault.NotFound (no such user), fault.Invalid, fault.Malformed or
// fault.LimitExceeded.
func (d *Directory) PutUserPolicy(ctx context.Context, account, user string, p Inline) error {
	if !nameForm.MatchString(p.Name) {
		return badPolicyName()
	}
	if _, err := policy.Parse(p.Document, policy.Identity); err != nil {
		return err
	}
	size := sizeOf(p.Document)
	err := d.store.PutUserInline(ctx, account, user, p, func(others []Inline) error {
		all := size
		for _, o := range others {
			all += sizeOf(o.Document)
		}
		if all > MaxUserInlineSize {
			return fault.LimitExceeded.Errorf("Maximum policy size of %d bytes exceeded for user %s", MaxUserInlineSize, user)
		}
		return nil
	})
	if errors.Is(err, fault.NotFound) {
		return noUser(user)
	}
	return err
}

// UserPolicy answers an inline policy of a user, or fails with fault.NotFound.
func (d *Directory) UserPolicy(ctx context.Context, account, user, name string) (Inline, error) {
	record, err := d.userRecord(ctx, account, user)
	if err != nil {
		return Inline{}, err
	}
	for _, p := range record.Inline {
		if p.Name == name {
			return p, nil
		}
	}
	return Inline{}, noUserInline(name)
}

// DeleteUserPolicy removes an inline policy. It fails with fault.NotFound.
func (d *Directory) DeleteUserPolicy(ctx context.Context, account, user, name string) error {
	return d.missing(ctx, account, user, noUserInline(name), d.store.DeleteUserInline(ctx, account, user, name))
}

func noUserInline(name string) error {
	return fault.NotFound.Errorf("The user policy with name %s cannot be found.", name)
}

// missing says what of a user wasn't found: the user itself, or else what.
func (d *Directory) missing(ctx context.Context, account, user string, what, err error) error {
	if !errors.Is(err, fault.NotFound) {
		return err
	}
	if _, err := d.userRecord(ctx, account, user); err != nil {
		return err
	}
	return what
}

// UserPolicies answers a page of the names of a user's inline policies.
func (d *Directory) UserPolicies(ctx context.Context, account, user string, r page.Request) (page.Page[string], error) {
	after, err := page.Key(r.Token, 1)
	if err != nil {
		return page.Page[string]{}, err
	}
	record, err := d.userRecord(ctx, account, user)
	if err != nil {
		return page.Page[string]{}, err
	}
	var names []string
	for _, p := range record.Inline {
		if p.Name > first(after) {
			names = append(names, p.Name)
		}
	}
	return cut(names, r.Limit), nil
}

// AttachUserPolicy attaches a managed policy to a user; attaching it again is
// fine. It fails with fault.Invalid (no policy's ARN), fault.NotFound or
// fault.LimitExceeded.
func (d *Directory) AttachUserPolicy(ctx context.Context, account, user string, a arn.ARN) error {
	owner, _, _, ok := arn.SplitManagedPolicy(a)
	if !ok {
		return fault.Invalid.Errorf("ARN %s is not valid.", a)
	}
	if _, err := d.userRecord(ctx, account, user); err != nil {
		return err
	}
	_, ours := awsManaged()[a]
	return d.store.AttachUser(ctx, account, user, a, func(others int, exists bool) error {
		if !ours && (owner != account || !exists) {
			return fault.NotFound.Errorf("Policy %s does not exist or is not attachable.", a)
		}
		if others >= MaxUserPolicies {
			return fault.LimitExceeded.Errorf("Cannot exceed quota for PoliciesPerUser: %d", MaxUserPolicies)
		}
		return nil
	})
}

// DetachUserPolicy takes a managed policy away from a user. It fails with
// fault.NotFound when it isn't attached.
func (d *Directory) DetachUserPolicy(ctx context.Context, account, user string, a arn.ARN) error {
	if _, _, _, ok := arn.SplitManagedPolicy(a); !ok {
		return fault.Invalid.Errorf("ARN %s is not valid.", a)
	}
	return d.missing(ctx, account, user, noPolicy(a), d.store.DetachUser(ctx, account, user, a))
}

// AttachedUserPolicies answers a page of the managed policies attached to a
// user, those whose path begins with prefix.
func (d *Directory) AttachedUserPolicies(ctx context.Context, account, user, prefix string, r page.Request) (page.Page[string], error) {
	after, err := page.Key(r.Token, 1)
	if err != nil {
		return page.Page[string]{}, err
	}
	record, err := d.userRecord(ctx, account, user)
	if err != nil {
		return page.Page[string]{}, err
	}
	var arns []string
	for _, a := range record.Attached {
		if _, path, _, _ := arn.SplitManagedPolicy(a.ARN); string(a.ARN) > first(after) && strings.HasPrefix(path, prefix) {
			arns = append(arns, string(a.ARN))
		}
	}
	return cut(arns, r.Limit), nil
}
