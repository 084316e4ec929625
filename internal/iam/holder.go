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

// Kind is a kind of holder, in AWS's word.
type Kind string

// The kinds of holders.
const (
	ARole Kind = "Role"
	AUser Kind = "User"
)

// word is the kind as sentences say it.
func (k Kind) word() string { return strings.ToLower(string(k)) }

// limits are the quotas of what a holder of each kind may hold.
var limits = map[Kind]struct{ inlineSize, attached int }{
	ARole: {MaxInlineSize, MaxAttachments},
	AUser: {MaxUserInlineSize, MaxUserPolicies},
}

// Holder names who holds policies, inline ones of its own and managed ones
// that are attached to it: a role or a user, which may be there or not.
type Holder struct {
	Kind          Kind
	Account, Name string
}

// RoleNamed is a role as a holder.
func RoleNamed(account, name string) Holder { return Holder{ARole, account, name} }

// UserNamed is a user as a holder.
func UserNamed(account, name string) Holder { return Holder{AUser, account, name} }

// String is the holder as sentences name it.
func (h Holder) String() string { return h.Kind.word() + " " + h.Name }

// unknown is the refusal of a holder that isn't there.
func (h Holder) unknown() error {
	return fault.NotFound.Errorf("The %s with name %s cannot be found.", h.Kind.word(), h.Name)
}

func noRole(name string) error { return Holder{Kind: ARole, Name: name}.unknown() }

func noUser(name string) error { return Holder{Kind: AUser, Name: name}.unknown() }

// Held is what a holder holds.
type Held struct {
	Inline   []Inline   // by name
	Attached []Attached // by ARN
}

// Attached is a managed policy attached to a holder.
type Attached struct {
	ARN      arn.ARN
	Document string // of the version in force; "" for AWS's own, which the store doesn't keep
}

// policies reads everything that says what h, which holds it, may do.
func (held Held) policies(h Holder) ([]policy.Named, error) {
	var all []policy.Named
	for _, p := range held.Inline {
		doc, err := policy.Parse(p.Document, policy.Identity)
		if err != nil {
			return nil, broken(err, "policy %s of %s", p.Name, h)
		}
		all = append(all, policy.Named{Name: p.Name, Document: doc})
	}
	for _, a := range held.Attached {
		doc, err := a.compiled()
		if err != nil {
			return nil, broken(err, "policy %s attached to %s", a.ARN, h)
		}
		all = append(all, policy.Named{Name: string(a.ARN), Document: doc})
	}
	return all, nil
}

// held answers what h holds. It fails with fault.NotFound.
func (d *Directory) held(ctx context.Context, h Holder) (Held, error) {
	if h.Kind == AUser {
		record, err := d.userRecord(ctx, h.Account, h.Name)
		return record.Held, err
	}
	record, err := d.record(ctx, h.Account, h.Name)
	return record.Held, err
}

// missing says what of h wasn't found: h itself, or else what.
func (d *Directory) missing(ctx context.Context, h Holder, what, err error) error {
	if !errors.Is(err, fault.NotFound) {
		return err
	}
	if _, err := d.held(ctx, h); err != nil {
		return err
	}
	return what
}

// list answers a page of what names says of what h holds, which it answers in
// order.
func (d *Directory) list(ctx context.Context, h Holder, r page.Request, names func(Held) []string) (page.Page[string], error) {
	after, err := page.Key(r.Token, 1)
	if err != nil {
		return page.Page[string]{}, err
	}
	held, err := d.held(ctx, h)
	if err != nil {
		return page.Page[string]{}, err
	}
	return page.Rest(names(held), after, r.Limit, func(name string) string { return name }), nil
}

// Resource answers what permission to do something with h is asked on: its ARN,
// and its tags. One that isn't there has the path "/" and no tags.
func (d *Directory) Resource(ctx context.Context, h Holder) (arn.ARN, []Tag, error) {
	if h.Kind == AUser {
		u, err := d.User(ctx, h.Account, h.Name)
		if errors.Is(err, fault.NotFound) {
			return arn.User(h.Account, "/", h.Name), nil, nil
		}
		return u.ARN(), u.Tags, err
	}
	r, err := d.Role(ctx, h.Account, h.Name)
	if errors.Is(err, fault.NotFound) {
		return arn.Role(h.Account, "/", h.Name), nil, nil
	}
	if err != nil {
		return "", nil, err
	}
	return r.ARN(), r.Tags, nil
}

// Delete removes a role that has no policies left, or a user that has no
// access keys left either. It fails with fault.NotFound, or with fault.InUse
// while it has some.
func (d *Directory) Delete(ctx context.Context, h Holder) error {
	err := d.store.Delete(ctx, h, func(u Uses) error {
		// In AWS's order.
		switch {
		case u.Attached > 0:
			return fault.InUse.Errorf("Cannot delete entity, must detach all policies first.")
		case u.Inline > 0:
			return fault.InUse.Errorf("Cannot delete entity, must delete policies first.")
		case u.Keys > 0:
			return fault.InUse.Errorf("Cannot delete entity, must delete access keys first.")
		}
		return nil
	})
	if errors.Is(err, fault.NotFound) {
		return h.unknown()
	}
	return err
}
