package iam

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/page"
)

// MaxVersions is how many versions a managed policy may have.
const MaxVersions = 5

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

// versionNumber reads what VersionID writes.
func versionNumber(id string) (number int, ok bool) {
	digits, ok := strings.CutPrefix(id, "v")
	number, err := strconv.Atoi(digits)
	return number, ok && err == nil && VersionID(number) == id
}

func noVersion(a arn.ARN, id string) error {
	return fault.NotFound.Errorf("Policy %s version %s does not exist or is not attachable.", a, id)
}

// PolicyVersion answers one version of a policy; id is its AWS spelling, such
// as v1. It fails like Policy.
func (d *Directory) PolicyVersion(ctx context.Context, account string, a arn.ARN, id string) (Version, error) {
	p, err := d.Policy(ctx, account, a)
	if err != nil {
		return Version{}, err
	}
	missing := noVersion(a, id)
	number, ok := versionNumber(id)
	if !ok {
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

// ours answers a policy that can be changed. It fails like Policy, and with
// fault.Denied for one of AWS's own.
func (d *Directory) ours(ctx context.Context, account string, a arn.ARN) (ManagedPolicy, error) {
	p, err := d.Policy(ctx, account, a)
	if err == nil && p.Account != account {
		return ManagedPolicy{}, fault.Denied.Errorf("The policy %s is managed by AWS and can't be changed.", a)
	}
	return p, err
}

// CreatePolicyVersion keeps another version of a customer managed policy. Put
// in force, it counts from the next request on for everybody whom the policy
// is attached to.
//
// It fails like Policy, and with fault.Malformed, fault.LimitExceeded, or
// fault.Denied for one of AWS's own.
func (d *Directory) CreatePolicyVersion(ctx context.Context, account string, a arn.ARN, document string, inForce bool) (Version, error) {
	if _, err := d.ours(ctx, account, a); err != nil {
		return Version{}, err
	}
	if err := checkManaged(document); err != nil {
		return Version{}, err
	}
	made := Version{Document: document, Created: d.now().Truncate(time.Second)}
	v, err := d.store.InsertVersion(ctx, account, a, made, inForce, func(versions int) error {
		if versions >= MaxVersions {
			return fault.LimitExceeded.Errorf("A managed policy can have up to %d versions. Before you create a new version, you must delete an existing version.", MaxVersions)
		}
		return nil
	})
	if errors.Is(err, fault.NotFound) {
		return Version{}, noPolicy(a)
	}
	return v, err
}

// PolicyVersions answers a page of the versions of a policy, the newest first,
// without their documents. It fails like Policy.
func (d *Directory) PolicyVersions(ctx context.Context, account string, a arn.ARN, r page.Request) (page.Page[Version], error) {
	var none page.Page[Version]
	after, err := page.Key(r.Token, 1)
	if err != nil {
		return none, err
	}
	p, err := d.Policy(ctx, account, a)
	if err != nil {
		return none, err
	}
	own := awsManaged()[a].version
	own.Document = ""
	all := []Version{own}
	if p.Account == account {
		if all, err = d.store.Versions(ctx, account, p.Name); err != nil {
			return none, err
		}
	}
	if after != nil {
		last, ok := versionNumber(after[0])
		if !ok {
			return none, fault.Invalid.Errorf("the pagination token is not valid")
		}
		all = slices.DeleteFunc(all, func(v Version) bool { return v.Number >= last })
	}
	return page.Cut(all, r.Limit, func(v Version) []string { return []string{v.ID()} }), nil
}

// SetDefaultPolicyVersion puts a version of a customer managed policy in
// force, which counts from the next request on. It fails like PolicyVersion,
// and with fault.Denied for one of AWS's own.
func (d *Directory) SetDefaultPolicyVersion(ctx context.Context, account string, a arn.ARN, id string) error {
	return d.changeVersion(ctx, account, a, id, func(number int) error {
		return d.store.PutInForce(ctx, account, a, number)
	})
}

// DeletePolicyVersion removes a version that is not in force. It fails like
// SetDefaultPolicyVersion, and with fault.InUse for the one that is.
func (d *Directory) DeletePolicyVersion(ctx context.Context, account string, a arn.ARN, id string) error {
	return d.changeVersion(ctx, account, a, id, func(number int) error {
		return d.store.DeleteVersion(ctx, account, a, number, func(inForce bool) error {
			if inForce {
				return fault.InUse.Errorf("Cannot delete the default version of a policy.")
			}
			return nil
		})
	})
}

func (d *Directory) changeVersion(ctx context.Context, account string, a arn.ARN, id string, change func(number int) error) error {
	if _, err := d.ours(ctx, account, a); err != nil {
		return err
	}
	number, ok := versionNumber(id)
	if !ok {
		return noVersion(a, id)
	}
	err := change(number)
	if errors.Is(err, fault.NotFound) {
		return noVersion(a, id)
	}
	return err
}
