// Package iamapi is the door of the IAM API: what each operation touches, and
// its words for what the room iam answers. Documents leave it URL-encoded as
// RFC 3986 says, lists in pages of MaxItems.
package iamapi

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"

	"muster/internal/arn"
	"muster/internal/awsapi"
	"muster/internal/awswire"
	"muster/internal/fault"
	"muster/internal/iam"
	"muster/internal/page"
	"muster/internal/policy"
)

// Door serves the operations of IAM.
type Door struct {
	Roles *iam.Directory
}

// Operations are those that Muster implements.
func (d *Door) Operations() []awsapi.Operation {
	all := slices.Concat(
		d.roles(), d.roleChanges(), d.roleTags(), d.rolePolicies(), d.attachments(), d.policies(), d.policyVersions(), d.simulations(),
		d.users(), d.userPolicies(), d.accessKeys(),
	)
	for i, o := range all {
		if Service.Raises(o.Name(), unusable) {
			all[i] = o.With(awsapi.Faults{fault.Invalid: unusable})
		}
	}
	return all
}

// unusable is IAM's name for a value that breaks no constraint and still can't
// be used, such as an ARN of nothing or a tag key given twice, where the model
// names it for the operation.
const unusable = "InvalidInput"

// Faults are IAM's names for the kinds of refusal.
var Faults = awsapi.Faults{
	fault.Invalid:       "ValidationError",
	fault.NotFound:      "NoSuchEntity",
	fault.AlreadyExists: "EntityAlreadyExists",
	fault.InUse:         "DeleteConflict",
	fault.Malformed:     "MalformedPolicyDocument",
	fault.LimitExceeded: "LimitExceeded",
}

// onRole makes an operation on a role that is there or not. Its resource is
// the role's ARN with the path, which only the room knows, and policies may ask
// for the role's tags, so that permission is asked here; a role that isn't
// there has the path "/". A refusal names the role as it was asked for.
func onRole[In, Out any](
	d *Door, op awswire.Op[In, Out],
	role func(*In) string, keys func(*In) policy.Context,
	run func(ctx context.Context, scope arn.Scope, in *In) (*Out, error),
) awsapi.Operation {
	return awsapi.HandleOpen(op, func(ctx context.Context, scope arn.Scope, in *In) (*Out, error) {
		resource := arn.Role(scope.Account, "/", role(in))
		extra := policy.Context{}
		if keys != nil {
			extra = keys(in)
		}
		switch r, err := d.Roles.Role(ctx, scope.Account, role(in)); {
		case err == nil:
			resource = r.ARN()
			iam.ResourceTags(extra, r.Tags)
		case !errors.Is(err, fault.NotFound):
			return nil, err
		}
		if err := d.Roles.AuthorizeOn(ctx, iam.CallerFrom(ctx), "iam:"+op.Name, resource, "role "+role(in), extra); err != nil {
			return nil, err
		}
		return run(ctx, scope, in)
	})
}

// encoded is a document as IAM answers it.
func encoded(document string) *string {
	// QueryEscape leaves alone what RFC 3986 calls unreserved, and writes a
	// blank as a plus.
	return new(strings.ReplaceAll(url.QueryEscape(document), "+", "%20"))
}

// pageOf is the page asked for; IAM's default is 100 items.
func pageOf(marker *string, items *int32) page.Request {
	r := page.Request{Limit: 100, Token: value(marker)}
	if items != nil {
		r.Limit = int(*items)
	}
	return r
}

// marker is how a page says that another follows.
func marker(next string) (truncated *bool, mark *string) {
	if next == "" {
		return new(false), nil
	}
	return new(true), &next
}

// value is what p points to, or nothing.
func value(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}

// text is s, or absent when there is none.
func text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// unbuilt refuses a parameter rather than ignore it.
func unbuilt(given bool, name string) error {
	if !given {
		return nil
	}
	return fault.NotImplemented.Errorf("The parameter %s is not implemented by Muster.", name)
}
