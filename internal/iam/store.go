package iam

import (
	"context"

	"muster/internal/arn"
	"muster/internal/page"
)

// Store keeps roles and policies. Each method happens wholly or not at all,
// and every change publishes the index keys it touches: RoleKey of the roles
// and UserKey of the users whose decisions it may change, such as those that a
// managed policy is attached to, RoleIDKey of a role that comes or goes.
//
// A decide function is called inside the write with what is there at that
// moment; its error keeps nothing and is returned unwrapped. It looks only at
// its argument. Where a method says it fails with a kind, the sentence is the
// room's to write.
type Store interface {
	UserStore

	// InsertRole fails with fault.AlreadyExists if the account has a role of
	// that name in any case of its letters, then with fault.LimitExceeded if
	// it has most roles already.
	InsertRole(ctx context.Context, role Role, most int) error
	// ChangeRole loads the role, applies change and keeps its description,
	// longest session, trust and tags. It fails with fault.NotFound.
	ChangeRole(ctx context.Context, account, name string, change func(*Role) error) (Role, error)
	// Roles answers a page of the roles whose path begins with prefix, by name.
	Roles(ctx context.Context, account, prefix string, p page.Request) (page.Page[Role], error)
	// RoleName answers the name of the role with that unique id, or fails
	// with fault.NotFound.
	RoleName(ctx context.Context, account, id string) (string, error)
	// RoleRecord answers a role with its policies, all as of one moment, or
	// fails with fault.NotFound.
	RoleRecord(ctx context.Context, account, name string) (Record, error)
	// DeleteRole fails with fault.NotFound.
	DeleteRole(ctx context.Context, account, name string, decide func(Uses) error) error

	// PutInline makes or replaces an inline policy. decide sees the other
	// inline policies of the role. It fails with fault.NotFound if there is
	// no such role.
	PutInline(ctx context.Context, account, role string, p Inline, decide func(others []Inline) error) error
	// DeleteInline fails with fault.NotFound.
	DeleteInline(ctx context.Context, account, role, name string) error

	// Attach attaches a managed policy to a role; to attach one again changes
	// nothing and asks nothing. decide sees how many others are attached and
	// whether a customer managed policy of that account and name is there. It
	// fails with fault.NotFound if there is no such role.
	Attach(ctx context.Context, account, role string, a arn.ARN, decide func(others int, exists bool) error) error
	// Detach fails with fault.NotFound if it is not attached.
	Detach(ctx context.Context, account, role string, a arn.ARN) error
	// AttachmentCount answers how many roles and users of the account a
	// managed policy is attached to.
	AttachmentCount(ctx context.Context, account string, a arn.ARN) (int, error)

	// InsertPolicy keeps a policy and its first version. It fails like
	// InsertRole.
	InsertPolicy(ctx context.Context, p ManagedPolicy, v Version, most int) error
	// Policy fails with fault.NotFound.
	Policy(ctx context.Context, account, name string) (ManagedPolicy, error)
	// PolicyVersion fails with fault.NotFound.
	PolicyVersion(ctx context.Context, account, name string, number int) (Version, error)
	// Policies answers a page of the customer managed policies whose path
	// begins with prefix, by ARN; only those that are attached, if asked for.
	Policies(ctx context.Context, account, prefix string, attached bool, p page.Request) (page.Page[CountedPolicy], error)
	// DeletePolicy removes the policy of that ARN with its versions. It fails
	// with fault.NotFound.
	DeletePolicy(ctx context.Context, account string, a arn.ARN, decide func(PolicyUses) error) error
	// Entities answers a page of who a managed policy is attached to, with a
	// path that begins with prefix, by kind and name; only those of kind,
	// unless it is "".
	Entities(ctx context.Context, account string, a arn.ARN, kind, prefix string, p page.Request) (page.Page[Entity], error)

	// InsertVersion keeps another version of the policy of that ARN, under the
	// number after the highest there ever was, and puts it in force if asked
	// to. decide sees how many versions there are. It answers the version as
	// kept, or fails with fault.NotFound.
	InsertVersion(ctx context.Context, account string, a arn.ARN, v Version, inForce bool, decide func(versions int) error) (Version, error)
	// Versions answers all versions of a policy, the newest first, without
	// their documents.
	Versions(ctx context.Context, account, name string) ([]Version, error)
	// PutInForce makes a version of the policy of that ARN the default. It
	// fails with fault.NotFound.
	PutInForce(ctx context.Context, account string, a arn.ARN, number int) error
	// DeleteVersion fails with fault.NotFound. decide sees whether the version
	// is in force.
	DeleteVersion(ctx context.Context, account string, a arn.ARN, number int, decide func(inForce bool) error) error
}

// PolicyUses counts who a managed policy is attached to, and its versions.
type PolicyUses struct{ Attached, Versions int }

// CountedPolicy is a managed policy with the number of roles and users it is
// attached to.
type CountedPolicy struct {
	ManagedPolicy
	Attached int
}

// Entity is a role or user that a managed policy is attached to.
type Entity struct{ Kind, Name, ID string }

// The kinds of entities.
const (
	ARole = "Role"
	AUser = "User"
)

// Record is a role with everything that says what it may do.
type Record struct {
	Role
	Inline   []Inline   // by name
	Attached []Attached // by ARN
}

// Attached is a managed policy attached to a role.
type Attached struct {
	ARN      arn.ARN
	Document string // of the version in force; "" for AWS's own, which the store doesn't keep
}

// Uses counts the policies of a role.
type Uses struct{ Inline, Attached int }
