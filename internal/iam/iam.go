// Package iam knows users and roles, the policies that say what they may do,
// who may become a role, and users' access keys; it decides whether a
// caller may do something, and notes what was used last.
//
// Names of users, roles and managed policies are unique in their account without
// regard to case, but looked up with it: a name in a policy and a name in the
// store never mean two things. Decisions are made from the index, so that none
// is older than the last acknowledged change.
//
// What a policy document means is the business of package policy; who a caller
// is, of package sts.
//
// Behaviour is that of the IAM API Reference and the IAM User Guide,
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html.
package iam

import (
	"sync/atomic"
	"time"

	"muster/internal/fault"
	"muster/internal/index"
	"muster/internal/policy"
	"muster/internal/seal"
)

// The quotas of AWS's defaults, see "IAM and AWS STS quotas".
const (
	MaxRoles          = 1000  // per account
	MaxPolicies       = 1500  // customer managed, per account
	MaxAttachments    = 10    // managed policies per role
	MaxTrustSize      = 2048  // characters of a trust policy, white space aside
	MaxInlineSize     = 10240 // characters of a role's inline policies together, white space aside
	MaxManagedSize    = 6144  // characters of a managed policy, white space aside
	MinSessionSeconds = 3600  // the least a role's MaxSessionDuration can be
	MaxSessionSeconds = 43200 // and the most
)

// overQuota is the refusal of more than there may be of what AWS's quota of
// that name counts.
func overQuota(name string, most int) error {
	return fault.LimitExceeded.Errorf("Cannot exceed quota for %s: %d", name, most)
}

// Directory holds the users, roles and policies of every account.
type Directory struct {
	store Store
	index *index.Index
	uses  uses

	// Master seals the secrets of users' access keys; without it there are none.
	Master *seal.Master
	// DeviceControlPlane lets sessions of devices change what their roles'
	// policies allow, as on AWS; see withheld.
	DeviceControlPlane bool
	// SessionPolicies holds those that are compiled; New makes a small one.
	SessionPolicies *index.Memo[*policy.Document]
	// Now tells the time; time.Now when nil.
	Now func() time.Time
	// TooLong counts what was denied since deciding it would have taken too long.
	TooLong atomic.Int64
}

// New makes a directory over store. The store publishes to x.
func New(store Store, x *index.Index) *Directory {
	return &Directory{store: store, index: x, SessionPolicies: NewSessionPolicies(sessionPolicyBytes)}
}

func (d *Directory) now() time.Time {
	if d.Now != nil {
		return d.Now().UTC()
	}
	return time.Now().UTC()
}

// RoleKey is the index key of a role by name: of the role, its trust policy
// and everything that says what it may do. A change of a managed policy
// publishes it for each role the policy is attached to.
func RoleKey(account, name string) index.Key {
	return index.Key{Kind: "role", Account: account, Name: name}
}

// UserKey is the index key of a user by its unique id: of the user, its tags
// and everything that says what it may do. A change of a managed policy
// publishes it for each user the policy is attached to.
func UserKey(account, id string) index.Key {
	return index.Key{Kind: "user", Account: account, Name: id}
}

// AccessKeyKey is the index key of a user's access key.
func AccessKeyKey(id string) index.Key {
	return index.Key{Kind: "access key", Name: id}
}

// RoleIDKey is the index key of the name that a role's unique id stands for.
func RoleIDKey(account, id string) index.Key {
	return index.Key{Kind: "role id", Account: account, Name: id}
}
