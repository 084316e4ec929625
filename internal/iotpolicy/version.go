package iotpolicy

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"muster/internal/arn"
	"muster/internal/fault"
)

// MaxVersions is how many versions a policy has at most.
const MaxVersions = 5

// Version is one version of a policy.
type Version struct {
	PolicyID string // of the policy it is a version of
	Number   int    // from 1, never used again
	Document string
	Default  bool // it is the one that counts
	Created  time.Time
}

// CreateVersion gives a policy another version and answers it. It decides from
// then on if asDefault is set; else nothing changes for anybody. It fails with
// fault.NotFound, fault.Malformed, or fault.LimitExceeded when the policy has
// MaxVersions already: AWS never drops the oldest by itself.
func (p *Policies) CreateVersion(ctx context.Context, scope arn.Scope, name, document string, asDefault bool) (Version, error) {
	if err := judge(document); err != nil {
		return Version{}, err
	}
	made, err := p.store.InsertVersion(ctx, scope, name, document, asDefault, p.now(), func(versions int) error {
		if versions >= MaxVersions {
			return fault.LimitExceeded.Errorf("The policy %s already has the maximum number of versions (%d)", name, MaxVersions)
		}
		return nil
	})
	if errors.Is(err, fault.NotFound) {
		return Version{}, notFound(name)
	}
	return made, err
}

// Version answers a version by its number as AWS writes it. It fails with
// fault.NotFound.
func (p *Policies) Version(ctx context.Context, scope arn.Scope, name, id string) (Version, error) {
	kept, err := p.store.Version(ctx, scope, name, number(id))
	return kept, p.explain(ctx, scope, err, name, id)
}

// Versions answers those of a policy, the newest first. It fails with
// fault.NotFound.
func (p *Policies) Versions(ctx context.Context, scope arn.Scope, name string) ([]Version, error) {
	all, err := p.store.Versions(ctx, scope, name)
	if errors.Is(err, fault.NotFound) {
		return nil, notFound(name)
	}
	return all, err
}

// SetDefaultVersion makes a version the one that counts, from the next
// decision on. It fails with fault.NotFound.
func (p *Policies) SetDefaultVersion(ctx context.Context, scope arn.Scope, name, id string) error {
	return p.explain(ctx, scope, p.store.SetDefault(ctx, scope, name, number(id), p.now()), name, id)
}

// DeleteVersion removes a version that is not the default one, or fails with
// fault.InUse: the API declares a conflict for it. It fails with
// fault.NotFound.
func (p *Policies) DeleteVersion(ctx context.Context, scope arn.Scope, name, id string) error {
	err := p.store.DeleteVersion(ctx, scope, name, number(id), p.now(), func(v Version) error {
		if v.Default {
			return fault.InUse.Errorf("Cannot delete the default version of a policy (name=%s)", name)
		}
		return nil
	})
	return p.explain(ctx, scope, err, name, id)
}

// number reads the id of a version; 0, which none has, stands for what can't
// be one.
func number(id string) int {
	n, err := strconv.Atoi(id)
	if err != nil || strconv.Itoa(n) != id {
		return 0
	}
	return n
}

// explain says of a version that isn't found whether its policy is.
func (p *Policies) explain(ctx context.Context, scope arn.Scope, err error, name, id string) error {
	if !errors.Is(err, fault.NotFound) {
		return err
	}
	switch _, missing := p.store.Policy(ctx, scope, name); {
	case errors.Is(missing, fault.NotFound):
		return notFound(name)
	case missing != nil:
		return fmt.Errorf("find policy %s: %w", name, missing)
	}
	return fault.NotFound.Errorf("Policy version not found: version %s of policy %s", id, name)
}
