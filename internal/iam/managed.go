package iam

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/page"
	"muster/internal/policy"
)

// ManagedPolicy is a policy that can be attached to many roles: the
// customer's, or one of AWS's own, whose account is "aws".
type ManagedPolicy struct {
	Account     string
	Path        string // begins and ends with a slash
	Name        string
	ID          string // ANPA and 16 characters of base32; never used again
	Description string
	Default     int // number of the version in force
	Created     time.Time
	Updated     time.Time // when the version in force was made
}

// ARN names the policy.
func (p ManagedPolicy) ARN() arn.ARN { return arn.ManagedPolicy(p.Account, p.Path, p.Name) }

// Version is one wording of a managed policy.
type Version struct {
	Number   int    // AWS writes version 1 as v1
	Document string // JSON, as it was given
	Created  time.Time
}

// ID is how AWS writes the version.
func (v Version) ID() string { return VersionID(v.Number) }

// VersionID is how AWS writes the version with that number.
func VersionID(number int) string { return "v" + strconv.Itoa(number) }

// CreatePolicy keeps a new customer managed policy, of which Account and Name
// are needed; document becomes its version 1, which is in force.
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
	if sizeOf(document) > MaxManagedSize {
		return ManagedPolicy{}, fault.LimitExceeded.Errorf("Cannot exceed quota for PolicySize: %d", MaxManagedSize)
	}
	doc, err := policy.Parse(document, policy.Identity)
	if err != nil {
		return ManagedPolicy{}, err
	}
	if doc.Version() != "2012-10-17" {
		return ManagedPolicy{}, fault.Malformed.Errorf("The policy must be in version 2012-10-17.")
	}
	p.ID = newID("ANPA")
	p.Default = 1
	p.Created = d.now().Truncate(time.Second)
	p.Updated = p.Created
	err = d.store.InsertPolicy(ctx, p, Version{Number: 1, Document: document, Created: p.Created}, MaxPolicies)
	switch {
	case errors.Is(err, fault.AlreadyExists):
		return ManagedPolicy{}, fault.AlreadyExists.Errorf("A policy called %s already exists. Duplicate names are not allowed.", p.Name)
	case errors.Is(err, fault.LimitExceeded):
		return ManagedPolicy{}, fault.LimitExceeded.Errorf("Cannot exceed quota for PoliciesPerAccount: %d", MaxPolicies)
	case err != nil:
		return ManagedPolicy{}, err
	}
	return p, nil
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
		return ManagedPolicy{}, fault.Invalid.Errorf("ARN %s is not valid.", a)
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

func noPolicy(a arn.ARN) error {
	return fault.NotFound.Errorf("Policy %s was not found.", a)
}

// PolicyVersion answers one version of a policy; id is its AWS spelling, such
// as v1. It fails like Policy.
func (d *Directory) PolicyVersion(ctx context.Context, account string, a arn.ARN, id string) (Version, error) {
	p, err := d.Policy(ctx, account, a)
	if err != nil {
		return Version{}, err
	}
	missing := fault.NotFound.Errorf("Policy %s version %s does not exist or is not attachable.", a, id)
	digits, ok := strings.CutPrefix(id, "v")
	number, err := strconv.Atoi(digits)
	if !ok || err != nil || VersionID(number) != id {
		return Version{}, missing
	}
	if own, ok := awsManaged()[a]; ok {
		if own.version.Number != number {
			return Version{}, missing
		}
		return own.version, nil
	}
	v, err := d.store.PolicyVersion(ctx, account, p.Name, number)
	if errors.Is(err, fault.NotFound) {
		return Version{}, missing
	}
	return v, err
}

// DeletePolicy removes a customer managed policy. It fails with fault.NotFound,
// with fault.InUse while it is attached, and with fault.Denied for one of
// AWS's own.
func (d *Directory) DeletePolicy(ctx context.Context, account string, a arn.ARN) error {
	p, err := d.Policy(ctx, account, a)
	if err != nil {
		return err
	}
	if p.Account != account {
		return fault.Denied.Errorf("The policy %s is managed by AWS and can't be deleted.", a)
	}
	err = d.store.DeletePolicy(ctx, account, a, func(attached int) error {
		if attached > 0 {
			return fault.InUse.Errorf("Cannot delete a policy attached to entities.")
		}
		return nil
	})
	if errors.Is(err, fault.NotFound) {
		return noPolicy(a)
	}
	return err
}

// Attachments answers how many roles and users of the account the policy is
// attached to.
func (d *Directory) Attachments(ctx context.Context, account string, a arn.ARN) (int, error) {
	return d.store.AttachmentCount(ctx, account, a)
}

// AttachRolePolicy attaches a managed policy to a role; attaching it again is
// fine. It fails with fault.Invalid (no policy's ARN), fault.NotFound or
// fault.LimitExceeded.
func (d *Directory) AttachRolePolicy(ctx context.Context, account, role string, a arn.ARN) error {
	owner, _, _, ok := arn.SplitManagedPolicy(a)
	if !ok {
		return fault.Invalid.Errorf("ARN %s is not valid.", a)
	}
	if _, err := d.record(ctx, account, role); err != nil {
		return err
	}
	_, ours := awsManaged()[a]
	return d.store.Attach(ctx, account, role, a, func(others int, exists bool) error {
		if !ours && (owner != account || !exists) {
			return fault.NotFound.Errorf("Policy %s does not exist or is not attachable.", a)
		}
		if others >= MaxAttachments {
			return fault.LimitExceeded.Errorf("Cannot exceed quota for PoliciesPerRole: %d", MaxAttachments)
		}
		return nil
	})
}

// DetachRolePolicy takes a managed policy away from a role. It fails with
// fault.NotFound when it isn't attached.
func (d *Directory) DetachRolePolicy(ctx context.Context, account, role string, a arn.ARN) error {
	if _, _, _, ok := arn.SplitManagedPolicy(a); !ok {
		return fault.Invalid.Errorf("ARN %s is not valid.", a)
	}
	err := d.store.Detach(ctx, account, role, a)
	if !errors.Is(err, fault.NotFound) {
		return err
	}
	if _, err := d.record(ctx, account, role); err != nil {
		return err
	}
	return noPolicy(a)
}

// AttachedRolePolicies answers a page of the managed policies attached to a
// role, those whose path begins with prefix.
func (d *Directory) AttachedRolePolicies(ctx context.Context, account, role, prefix string, r page.Request) (page.Page[string], error) {
	after, err := page.Key(r.Token, 1)
	if err != nil {
		return page.Page[string]{}, err
	}
	record, err := d.record(ctx, account, role)
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
