package iotpolicy

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/page"
)

// MaxAttached is how many policies may be attached to one certificate.
const MaxAttached = 10

// Attach attaches a policy to target, a certificate's ARN in scope; to do so
// again changes nothing. It fails with fault.Invalid if a policy can't be
// attached to such a thing at all, fault.NotFound if there is no such policy
// or target, and fault.LimitExceeded.
func (p *Policies) Attach(ctx context.Context, scope arn.Scope, name, target string) error {
	certificateID, err := certificate(scope, target)
	if err != nil {
		return err
	}
	return p.store.Attach(ctx, scope, name, certificateID, p.now(), func(a Attachment) error {
		switch {
		case !a.Policy:
			return notFound(name)
		case !a.Certificate:
			return noTarget(target)
		case !a.Already && a.Count >= MaxAttached:
			return fault.LimitExceeded.Errorf("The principal already has the maximum number of policies attached (%d)", MaxAttached)
		}
		return nil
	})
}

// Detach detaches a policy from target. It succeeds when the policy is not
// attached: AWS declares no "not found" for it. It fails with fault.Invalid if
// target is nothing that policies are attached to.
func (p *Policies) Detach(ctx context.Context, scope arn.Scope, name, target string) error {
	certificateID, err := certificate(scope, target)
	switch kind := fault.Of(err); {
	case kind != nil && kind.Kind == fault.NotFound:
		return nil
	case err != nil:
		return err
	}
	return p.store.Detach(ctx, scope, name, certificateID, func(Attachment) error { return nil })
}

// AttachPrincipal is Attach by the older call, which knows no thing groups.
func (p *Policies) AttachPrincipal(ctx context.Context, scope arn.Scope, name, principal string) error {
	if err := checkPrincipal(principal); err != nil {
		return err
	}
	return p.Attach(ctx, scope, name, principal)
}

// DetachPrincipal is Detach by the older call, which knows no thing groups
// either, and declares fault.NotFound: for a policy or certificate that isn't
// there, and for one that isn't attached.
func (p *Policies) DetachPrincipal(ctx context.Context, scope arn.Scope, name, principal string) error {
	if err := checkPrincipal(principal); err != nil {
		return err
	}
	certificateID, err := certificate(scope, principal)
	if err != nil {
		return err
	}
	return p.store.Detach(ctx, scope, name, certificateID, func(a Attachment) error {
		switch {
		case !a.Policy:
			return notFound(name)
		case !a.Certificate:
			return noTarget(principal)
		case !a.Already:
			return fault.NotFound.Errorf("The policy %s is not attached to the principal", name)
		}
		return nil
	})
}

// checkPrincipal refuses ARNs of what is no certificate, in AWS's words
// (github.com/aws/aws-cdk, issue 26166).
func checkPrincipal(principal string) error {
	parts, err := arn.Parse(principal)
	if err == nil && (parts.Service != "iot" || !strings.HasPrefix(parts.Resource, "cert/")) {
		return fault.Invalid.Errorf("The given ARN does not represent a cert")
	}
	return nil // what is no ARN at all is refused as by Attach
}

// Attached answers the names of the policies attached to target, in the order
// in which they were attached. It fails as Attach does.
func (p *Policies) Attached(ctx context.Context, scope arn.Scope, target string, r page.Request) (page.Page[string], error) {
	certificateID, err := certificate(scope, target)
	if err != nil {
		return page.Page[string]{}, err
	}
	names, err := p.store.Attached(ctx, scope, certificateID, r)
	if kind := fault.Of(err); kind != nil && kind.Kind == fault.NotFound {
		return page.Page[string]{}, noTarget(target)
	}
	if err != nil {
		return page.Page[string]{}, fmt.Errorf("list the policies attached to certificate %s: %w", certificateID, err)
	}
	return names, nil
}

// AttachedToPrincipal is Attached by the older call, which knows no thing
// groups.
func (p *Policies) AttachedToPrincipal(ctx context.Context, scope arn.Scope, principal string, r page.Request) (page.Page[string], error) {
	if err := checkPrincipal(principal); err != nil {
		return page.Page[string]{}, err
	}
	return p.Attached(ctx, scope, principal, r)
}

// Targets answers the ARNs of what a policy is attached to, in the order in
// which it was. It fails with fault.NotFound.
func (p *Policies) Targets(ctx context.Context, scope arn.Scope, name string, r page.Request) (page.Page[string], error) {
	targets, err := p.store.Targets(ctx, scope, name, r)
	if errors.Is(err, fault.NotFound) {
		return page.Page[string]{}, notFound(name)
	}
	return targets, err
}

var (
	certificateID = regexp.MustCompile(`^[0-9a-f]{64}$`)
	identityID    = regexp.MustCompile(`^[a-z0-9-]{1,32}:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
)

// certificate answers the id in target. There are no thing groups, so none is
// found; a certificate of another scope is none of this one's.
func certificate(scope arn.Scope, target string) (id string, err error) {
	if identityID.MatchString(target) {
		return "", fault.NotImplemented.Errorf("Policies of Amazon Cognito identities are not implemented.")
	}
	parts, err := arn.Parse(target)
	kind, _, _ := strings.Cut(parts.Resource, "/")
	if err != nil || parts.Service != "iot" || kind != "cert" && kind != "thinggroup" {
		return "", fault.Invalid.Errorf("A policy can't be attached to %q: it must be the ARN of a certificate or thing group, or an Amazon Cognito identity id.", target)
	}
	id, ok := scope.In(arn.ARN(target), "iot", "cert")
	if !ok || !certificateID.MatchString(id) {
		return "", noTarget(target)
	}
	return id, nil
}

func noTarget(target string) error {
	return fault.NotFound.Errorf("The target does not exist: %s", target)
}
