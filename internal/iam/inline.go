package iam

import (
	"context"
	"errors"
	"strings"

	"muster/internal/fault"
	"muster/internal/page"
	"muster/internal/policy"
)

// Inline is a policy that belongs to one role.
type Inline struct {
	Name     string
	Document string // JSON, as it was given
}

// PutRolePolicy makes or replaces an inline policy of a role. It fails with
// fault.NotFound (no such role), fault.Invalid, fault.Malformed or
// fault.LimitExceeded.
func (d *Directory) PutRolePolicy(ctx context.Context, account, role string, p Inline) error {
	if !nameForm.MatchString(p.Name) {
		return badPolicyName()
	}
	if _, err := policy.Parse(p.Document, policy.Identity); err != nil {
		return err
	}
	size := sizeOf(p.Document)
	err := d.store.PutInline(ctx, account, role, p, func(others []Inline) error {
		all := size
		for _, o := range others {
			all += sizeOf(o.Document)
		}
		if all > MaxInlineSize {
			return fault.LimitExceeded.Errorf("Maximum policy size of %d bytes exceeded for role %s", MaxInlineSize, role)
		}
		return nil
	})
	if errors.Is(err, fault.NotFound) {
		return noRole(role)
	}
	return err
}

// RolePolicy answers an inline policy of a role, or fails with fault.NotFound.
func (d *Directory) RolePolicy(ctx context.Context, account, role, name string) (Inline, error) {
	record, err := d.record(ctx, account, role)
	if err != nil {
		return Inline{}, err
	}
	for _, p := range record.Inline {
		if p.Name == name {
			return p, nil
		}
	}
	return Inline{}, noInline(name)
}

// DeleteRolePolicy removes an inline policy. It fails with fault.NotFound.
func (d *Directory) DeleteRolePolicy(ctx context.Context, account, role, name string) error {
	err := d.store.DeleteInline(ctx, account, role, name)
	if !errors.Is(err, fault.NotFound) {
		return err
	}
	if _, err := d.record(ctx, account, role); err != nil {
		return err
	}
	return noInline(name)
}

func noInline(name string) error {
	return fault.NotFound.Errorf("The role policy with name %s cannot be found.", name)
}

// RolePolicies answers a page of the names of a role's inline policies.
func (d *Directory) RolePolicies(ctx context.Context, account, role string, r page.Request) (page.Page[string], error) {
	after, err := page.Key(r.Token, 1)
	if err != nil {
		return page.Page[string]{}, err
	}
	record, err := d.record(ctx, account, role)
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

// cut makes a page of the first of what is left of a short list.
func cut(names []string, limit int) page.Page[string] {
	return page.Cut(names[:min(len(names), limit+1)], limit, func(s string) []string { return []string{s} })
}

// record answers a role with its policies as kept. Their number is bounded by
// their sizes, so a role is small enough to read whole.
func (d *Directory) record(ctx context.Context, account, role string) (Record, error) {
	record, err := d.store.RoleRecord(ctx, account, role)
	if errors.Is(err, fault.NotFound) {
		return Record{}, noRole(role)
	}
	return record, err
}

// sizeOf is what AWS counts of a document: its characters, white space aside.
func sizeOf(document string) int {
	n := 0
	for _, r := range document {
		if !strings.ContainsRune(" \t\r\n", r) {
			n++
		}
	}
	return n
}

// first is the only part of a page's key, "" on the first page.
func first(key []string) string {
	if len(key) == 0 {
		return ""
	}
	return key[0]
}
