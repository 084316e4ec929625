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
	HolderStore
	UserStore
	UseStore

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
	// ChangePolicyTags loads the tags of the policy of that ARN, applies change
	// and keeps what it answers. It fails with fault.NotFound.
	ChangePolicyTags(ctx context.Context, account string, a arn.ARN, change func([]Tag) ([]Tag, error)) error
	// DeletePolicy removes the policy of that ARN with its versions. It fails
	// with fault.NotFound.
	DeletePolicy(ctx context.Context, account string, a arn.ARN, decide func(PolicyUses) error) error
	// Entities answers a page of who a managed policy is attached to, with a
	// path that begins with prefix, by kind and name; only those of kind,
	// unless it is "".
	Entities(ctx context.Context, account string, a arn.ARN, kind Kind, prefix string, p page.Request) (page.Page[Entity], error)

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

// UseStore keeps when access keys and roles were used last. It publishes
// nothing: no decision is made from it.
type UseStore interface {
	// KeepUses keeps the uses of those that are still there, where no later
	// one is kept.
	KeepUses(ctx context.Context, uses map[Signer]Use) error
	// LastUse answers the use that is kept of s; the zero Use when there is
	// none, or no such key or role.
	LastUse(ctx context.Context, s Signer) (Use, error)
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
type Entity struct {
	Kind     Kind
	Name, ID string
}

// Record is a role with everything that says what it may do.
type Record struct {
	Role
	Held
}
