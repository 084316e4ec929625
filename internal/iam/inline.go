package iam

import (
	"context"
	"errors"
	"strings"

	"muster/internal/fault"
	"muster/internal/page"
	"muster/internal/policy"
)

// Inline is a policy that belongs to one holder.
type Inline struct {
	Name     string
	Document string // JSON, as it was given
}

// PutInline makes or replaces an inline policy. It fails with fault.NotFound
// (no such holder), fault.Invalid, fault.Malformed or fault.LimitExceeded.
func (d *Directory) PutInline(ctx context.Context, h Holder, p Inline) error {
	if !nameForm.MatchString(p.Name) {
		return badPolicyName()
	}
	if _, err := policy.Parse(p.Document, policy.Identity); err != nil {
		return err
	}
	size, most := sizeOf(p.Document), limits[h.Kind].inlineSize
	err := d.store.PutInline(ctx, h, p, func(others []Inline) error {
		all := size
		for _, o := range others {
			all += sizeOf(o.Document)
		}
		if all > most {
			return fault.LimitExceeded.Errorf("Maximum policy size of %d bytes exceeded for %s", most, h)
		}
		return nil
	})
	if errors.Is(err, fault.NotFound) {
		return h.unknown()
	}
	return err
}

// Inline answers an inline policy of h, or fails with fault.NotFound.
func (d *Directory) Inline(ctx context.Context, h Holder, name string) (Inline, error) {
	held, err := d.held(ctx, h)
	if err != nil {
		return Inline{}, err
	}
	for _, p := range held.Inline {
		if p.Name == name {
			return p, nil
		}
	}
	return Inline{}, noInline(h, name)
}

// DeleteInline removes an inline policy. It fails with fault.NotFound.
func (d *Directory) DeleteInline(ctx context.Context, h Holder, name string) error {
	return d.missing(ctx, h, noInline(h, name), d.store.DeleteInline(ctx, h, name))
}

func noInline(h Holder, name string) error {
	return fault.NotFound.Errorf("The %s policy with name %s cannot be found.", h.Kind.word(), name)
}

// InlineNames answers a page of the names of h's inline policies.
func (d *Directory) InlineNames(ctx context.Context, h Holder, r page.Request) (page.Page[string], error) {
	return d.list(ctx, h, r, func(held Held) (names []string) {
		for _, p := range held.Inline {
			names = append(names, p.Name)
		}
		return names
	})
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
