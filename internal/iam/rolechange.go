package iam

import (
	"context"
	"errors"
	"strings"
	"time"

	"muster/internal/fault"
	"muster/internal/page"
)

// RoleUpdate is what UpdateRole changes. A description that is left out stays;
// MaxSession becomes one hour when it is left out, as the IAM API Reference
// says of UpdateRole.
type RoleUpdate struct {
	Description *string
	MaxSession  time.Duration
}

// UpdateRole changes a role's description and longest session. It fails with
// fault.NotFound or fault.Invalid.
func (d *Directory) UpdateRole(ctx context.Context, account, name string, u RoleUpdate) error {
	if u.MaxSession == 0 {
		u.MaxSession = MinSessionSeconds * time.Second
	}
	_, err := d.changeRole(ctx, account, name, func(r *Role) error {
		r.MaxSession = u.MaxSession
		if u.Description != nil {
			r.Description = *u.Description
		}
		return r.valid()
	})
	return err
}

// DescribeRole changes a role's description alone. It fails like UpdateRole.
func (d *Directory) DescribeRole(ctx context.Context, account, name, description string) (Role, error) {
	return d.changeRole(ctx, account, name, func(r *Role) error {
		r.Description = description
		return r.valid()
	})
}

// UpdateTrust gives a role another trust policy, which counts from the next
// request on: sessions that it wouldn't give are withdrawn. It fails with
// fault.NotFound, fault.Malformed or fault.LimitExceeded.
func (d *Directory) UpdateTrust(ctx context.Context, account, name, document string) error {
	if _, err := d.record(ctx, account, name); err != nil {
		return err
	}
	trusted, err := d.trusted(ctx, document)
	if err != nil {
		return err
	}
	_, err = d.changeRole(ctx, account, name, func(r *Role) error {
		r.TrustDocument, r.Trusted = document, trusted
		return nil
	})
	return err
}

// Roles answers a page of the roles whose path begins with prefix, by name. It
// fails with fault.Invalid.
func (d *Directory) Roles(ctx context.Context, account, prefix string, r page.Request) (page.Page[Role], error) {
	if !strings.HasPrefix(prefix, "/") {
		return page.Page[Role]{}, fault.Invalid.Errorf("The specified value for pathPrefix is invalid. It must begin with /.")
	}
	return d.store.Roles(ctx, account, prefix, r)
}

func (d *Directory) changeRole(ctx context.Context, account, name string, change func(*Role) error) (Role, error) {
	role, err := d.store.ChangeRole(ctx, account, name, change)
	if errors.Is(err, fault.NotFound) {
		return Role{}, noRole(name)
	}
	return role, err
}
