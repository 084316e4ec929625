// Package iamapi is the door of the IAM API: what each operation touches, and
// its words for what the room iam answers. Documents leave it URL-encoded as
// RFC 3986 says, lists in pages of MaxItems.
package iamapi

import (
	"net/url"
	"slices"
	"strings"

	"muster/internal/awsapi"
	"muster/internal/fault"
	"muster/internal/iam"
	"muster/internal/page"
	"muster/internal/space"
)

// Door serves the operations of IAM.
type Door struct {
	Roles *iam.Directory
}

// Operations are those that Muster implements.
func (d *Door) Operations() []awsapi.Operation {
	all := slices.Concat(
		d.roles(), d.roleChanges(), d.users(), d.accessKeys(), d.tags(), d.memberships(),
		d.inlinePolicies(), d.attachments(), d.policies(), d.policyVersions(), d.policyTags(), d.simulations(),
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

// Effects are what the operations do to the disk. Policies that can hold a Deny
// and are bounded for each role, user or policy that is there take away.
var Effects = space.Effects{
	space.Reads: {
		"GetAccessKeyLastUsed", "GetPolicy", "GetPolicyVersion", "GetRole", "GetRolePolicy", "GetUser", "GetUserPolicy",
		"ListAccessKeys", "ListAttachedRolePolicies", "ListAttachedUserPolicies", "ListEntitiesForPolicy", "ListGroupsForUser",
		"ListInstanceProfilesForRole", "ListPolicies", "ListPolicyTags", "ListPolicyVersions", "ListRolePolicies", "ListRoleTags", "ListRoles",
		"ListUserPolicies", "ListUserTags", "ListUsers", "SimulateCustomPolicy", "SimulatePrincipalPolicy",
	},
	space.Adds: {
		"AttachRolePolicy", "AttachUserPolicy", "CreateAccessKey", "CreatePolicy", "CreateRole", "CreateUser", "TagPolicy", "TagRole", "TagUser",
	},
	space.TakesAway: {
		"CreatePolicyVersion", "PutRolePolicy", "PutUserPolicy", "SetDefaultPolicyVersion", "UpdateAssumeRolePolicy",
		"DeleteAccessKey", "DeletePolicy", "DeletePolicyVersion", "DeleteRole", "DeleteRolePolicy", "DeleteUser", "DeleteUserPolicy",
		"DetachRolePolicy", "DetachUserPolicy", "UntagPolicy", "UntagRole", "UntagUser",
		"UpdateAccessKey", "UpdateRole", "UpdateRoleDescription", "UpdateUser",
	},
}

// Faults are IAM's names for the kinds of refusal.
var Faults = awsapi.Faults{
	fault.Invalid:       "ValidationError",
	fault.NotFound:      "NoSuchEntity",
	fault.AlreadyExists: "EntityAlreadyExists",
	fault.InUse:         "DeleteConflict",
	fault.Malformed:     "MalformedPolicyDocument",
	fault.LimitExceeded: "LimitExceeded",
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
