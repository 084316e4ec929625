package iam

import (
	"context"
	"errors"
	"time"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/policy"
)

// ManagedPolicy is a policy that can be attached to many roles and users:
// the customer's, or one of AWS's own, whose account is "aws".
type ManagedPolicy struct {
	Account     string
	Path        string // begins and ends with a slash
	Name        string
	ID          string // ANPA and 16 characters of base32; never used again
	Description string
	Tags        []Tag // by key
	Default     int   // number of the version in force
	Created     time.Time
	Updated     time.Time // when its newest version was made
}

// ARN names the policy.
func (p ManagedPolicy) ARN() arn.ARN { return arn.ManagedPolicy(p.Account, p.Path, p.Name) }

// CreatePolicy keeps a new customer managed policy, of which Account and Name
// are needed; document becomes its version 1, which is in force. It answers the
// policy as kept.
//
// It fails with fault.Invalid, fault.Malformed, fault.LimitExceeded, or
// fault.AlreadyExists when the name is taken in any case of its letters.
func (d *Directory) CreatePolicy(ctx context.Context, p ManagedPolicy, document string) (ManagedPolicy, error) {
	if p.Path == "" {
		p.Path = "/"
	}
	if err := p.valid(); err != nil {
		return ManagedPolicy{}, err
	}
	if err := checkManaged(document); err != nil {
		return ManagedPolicy{}, err
	}
	tags, err := withTags(nil, p.Tags)
	if err != nil {
		return ManagedPolicy{}, err
	}
	p.Tags = tags
	p.ID = newID("ANPA")
	p.Default = 1
	p.Created = d.now().Truncate(time.Second)
	p.Updated = p.Created
	err = d.store.InsertPolicy(ctx, p, Version{Number: 1, Document: document, Created: p.Created}, MaxPolicies)
	switch {
	case errors.Is(err, fault.AlreadyExists):
		return ManagedPolicy{}, fault.AlreadyExists.Errorf("A policy called %s already exists. Duplicate names are not allowed.", p.Name)
	case errors.Is(err, fault.LimitExceeded):
		return ManagedPolicy{}, overQuota("PoliciesPerAccount", MaxPolicies)
	case err != nil:
		return ManagedPolicy{}, err
	}
	return p, nil
}

// checkManaged refuses what can't be a version of a managed policy: a
// fault.LimitExceeded or fault.Malformed.
func checkManaged(document string) error {
	if sizeOf(document) > MaxManagedSize {
		return overQuota("PolicySize", MaxManagedSize)
	}
	doc, err := policy.Parse(document, policy.Identity)
	if err != nil {
		return err
	}
	if doc.Version() != policy.Version2012 {
		return fault.Malformed.Errorf("The policy must be in version 2012-10-17.")
	}
	return nil
}

func (p ManagedPolicy) valid() error {
	switch {
	case !arn.IsAccount(p.Account):
		return fault.Invalid.Errorf("%q is not an account", p.Account)
	case !nameForm.MatchString(p.Name):
		return badPolicyName()
	case !pathForm.MatchString(p.Path):
		return badPath()
	case len([]rune(p.Description)) > 1000:
		return fault.Invalid.Errorf("The specified value for description is invalid.")
	}
	return nil
}

func badPolicyName() error {
	return fault.Invalid.Errorf("The specified value for policyName is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-")
}

// Policy answers the managed policy a, the account's own or one of AWS's. It
// fails with fault.Invalid when a is no policy's ARN, else fault.NotFound.
func (d *Directory) Policy(ctx context.Context, account string, a arn.ARN) (ManagedPolicy, error) {
	owner, path, name, ok := arn.SplitManagedPolicy(a)
	if !ok {
		return ManagedPolicy{}, badARN(a)
	}
	if p, ok := awsManaged()[a]; ok {
		return p.ManagedPolicy, nil
	}
	if owner != account {
		return ManagedPolicy{}, noPolicy(a)
	}
	p, err := d.store.Policy(ctx, account, name)
	if errors.Is(err, fault.NotFound) || err == nil && p.Path != path {
		return ManagedPolicy{}, noPolicy(a)
	}
	return p, err
}

func badARN(a arn.ARN) error { return fault.Invalid.Errorf("ARN %s is not valid.", a) }

func noPolicy(a arn.ARN) error {
	return fault.NotFound.Errorf("Policy %s was not found.", a)
}

// DeletePolicy removes a customer managed policy. It fails with fault.NotFound,
// with fault.InUse while it is attached or has versions beside the default,
// and with fault.Denied for one of AWS's own.
func (d *Directory) DeletePolicy(ctx context.Context, account string, a arn.ARN) error {
	if _, err := d.ours(ctx, account, a); err != nil {
		return err
	}
	err := d.store.DeletePolicy(ctx, account, a, func(u PolicyUses) error {
		switch {
		case u.Attached > 0:
			return fault.InUse.Errorf("Cannot delete a policy attached to entities.")
		case u.Versions > 1:
			return fault.InUse.Errorf("This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.")
		}
		return nil
	})
	if errors.Is(err, fault.NotFound) {
		return noPolicy(a)
	}
	return err
}
