package iam

import (
	"context"

	"muster/internal/arn"
	"muster/internal/page"
)

// Store keeps roles and policies. Each method happens wholly or not at all,
// and every change publishes the index keys it touches: RoleKey of the roles
// whose decisions it may change, RoleIDKey of a role that comes or goes.
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
	// DeletePolicy removes the policy of that ARN with its versions. decide
	// sees how many roles and users it is attached to. It fails with fault.NotFound.
	DeletePolicy(ctx context.Context, account string, a arn.ARN, decide func(attached int) error) error
}

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
