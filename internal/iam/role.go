package iam

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"time"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/index"
	"muster/internal/policy"
)

// Role is an identity that sessions act as.
type Role struct {
	Account       string
	Path          string // begins and ends with a slash
	Name          string
	ID            string             // AROA and 16 characters of base32; never used again
	TrustDocument string             // JSON, as it was given
	Trusted       map[arn.ARN]string // unique ids of the roles and users TrustDocument names, as they were when it was given
	Tags          []Tag              // by key
	Description   string
	MaxSession    time.Duration // of one session, 1 h to 12 h in whole seconds
	Created       time.Time
}

// ARN names the role.
func (r Role) ARN() arn.ARN { return arn.Role(r.Account, r.Path, r.Name) }

// RoleEntry is a role with its policies compiled, as decisions use it. It
// never changes: a change of the role makes another entry.
type RoleEntry struct {
	Role
	Trust    *policy.Document
	Policies []policy.Named // inline policies by name, attached ones by ARN
}

// Trusts answers what the role's trust policy says to p wanting to perform
// action, such as sts:AssumeRole. Only policy.Allow is a yes.
//
// A role or user that the policy names is the one that had the name when the
// policy was given: another one made under the name since is somebody else.
// The role's tags are known to the policy beside c.
func (r *RoleEntry) Trusts(p policy.Principal, action string, c policy.Context) policy.Decision {
	p.ARNs = r.known(p)
	if len(r.Tags) > 0 {
		all := policy.Context{}
		maps.Copy(all, c)
		ResourceTags(all, r.Tags)
		c = all
	}
	return r.Trust.Decide(&policy.Request{Action: action, Resource: string(r.ARN()), Principal: p, Context: c})
}

var (
	roleForm        = regexp.MustCompile(`^[\w+=,.@-]{1,64}$`)
	nameForm        = regexp.MustCompile(`^[\w+=,.@-]{1,128}$`)
	pathForm        = regexp.MustCompile(`^/$|^/[\x21-\x7e]{1,510}/$`)
	descriptionForm = regexp.MustCompile(`^[\t\n\r\x{20}-\x{7e}\x{a1}-\x{ff}]*$`)
)

// CreateRole keeps a new role, of which Account, Name and TrustDocument are
// needed; Path is "/" and MaxSession one hour when they are left out. It
// answers the role as kept.
//
// It fails with fault.Invalid, fault.Malformed, fault.LimitExceeded, or
// fault.AlreadyExists when the name is taken in any case of its letters.
func (d *Directory) CreateRole(ctx context.Context, role Role) (Role, error) {
	if role.Path == "" {
		role.Path = "/"
	}
	if role.MaxSession == 0 {
		role.MaxSession = MinSessionSeconds * time.Second
	}
	if err := role.valid(); err != nil {
		return Role{}, err
	}
	var err error
	if role.Tags, err = withTags(nil, role.Tags); err != nil {
		return Role{}, err
	}
	if role.Trusted, err = d.trusted(ctx, role.TrustDocument); err != nil {
		return Role{}, err
	}
	role.ID = newID("AROA")
	role.Created = d.now().Truncate(time.Second)
	err = d.store.InsertRole(ctx, role, MaxRoles)
	switch {
	case errors.Is(err, fault.AlreadyExists):
		return Role{}, fault.AlreadyExists.Errorf("Role with name %s already exists.", role.Name)
	case errors.Is(err, fault.LimitExceeded):
		return Role{}, overQuota("RolesPerAccount", MaxRoles)
	case err != nil:
		return Role{}, err
	}
	return role, nil
}

func (r Role) valid() error {
	switch seconds := int64(r.MaxSession / time.Second); {
	case !arn.IsAccount(r.Account):
		return fault.Invalid.Errorf("%q is not an account", r.Account)
	case !roleForm.MatchString(r.Name):
		return fault.Invalid.Errorf("The specified value for roleName is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-")
	case !pathForm.MatchString(r.Path):
		return badPath()
	case len([]rune(r.Description)) > 1000 || !descriptionForm.MatchString(r.Description):
		return fault.Invalid.Errorf("The specified value for description is invalid.")
	case r.MaxSession%time.Second != 0 || seconds < MinSessionSeconds || seconds > MaxSessionSeconds:
		return fault.Invalid.Errorf("The MaxSessionDuration must be between %d and %d seconds.", MinSessionSeconds, MaxSessionSeconds)
	}
	return nil
}

func badPath() error {
	return fault.Invalid.Errorf("The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.")
}

// Role answers a role by name, from the index. It fails with fault.NotFound.
func (d *Directory) Role(ctx context.Context, account, name string) (*RoleEntry, error) {
	return index.Get(ctx, d.index, RoleKey(account, name), func(ctx context.Context) (*RoleEntry, error) {
		return d.compile(ctx, account, name)
	})
}

// RoleByARN answers the role of that ARN, its path included. It fails with
// fault.NotFound, also when a is no role's ARN.
func (d *Directory) RoleByARN(ctx context.Context, a arn.ARN) (*RoleEntry, error) {
	account, path, name, ok := arn.SplitRole(a)
	if !ok {
		return nil, noRole(string(a))
	}
	role, err := d.Role(ctx, account, name)
	if err != nil {
		return nil, err
	}
	if role.Path != path {
		return nil, noRole(name)
	}
	return role, nil
}

// RoleByID answers a role by its unique id, from the index. It fails with
// fault.NotFound: a role made anew under the old name has another id.
func (d *Directory) RoleByID(ctx context.Context, account, id string) (*RoleEntry, error) {
	name, err := index.Get(ctx, d.index, RoleIDKey(account, id), func(ctx context.Context) (string, error) {
		return d.store.RoleName(ctx, account, id)
	})
	if err != nil {
		return nil, err
	}
	role, err := d.Role(ctx, account, name)
	if err != nil {
		return nil, err
	}
	if role.ID != id {
		return nil, fault.NotFound.Errorf("The role with id %s cannot be found.", id)
	}
	return role, nil
}

// record answers a role with its policies as kept. Their number is bounded by
// their sizes, so a role is small enough to read whole.
func (d *Directory) record(ctx context.Context, account, role string) (Record, error) {
	record, err := d.store.RoleRecord(ctx, account, role)
	if errors.Is(err, fault.NotFound) {
		return Record{}, noRole(role)
	}
	return record, err
}

// compile reads a role and everything that says what it may do.
func (d *Directory) compile(ctx context.Context, account, name string) (*RoleEntry, error) {
	record, err := d.record(ctx, account, name)
	if err != nil {
		return nil, err
	}
	entry := &RoleEntry{Role: record.Role}
	if entry.Trust, err = policy.Parse(record.TrustDocument, policy.Trust); err != nil {
		return nil, broken(err, "the trust policy of role %s", name)
	}
	if entry.Policies, err = record.policies(RoleNamed(account, name)); err != nil {
		return nil, err
	}
	return entry, nil
}

// broken is the error of a document that was accepted once and can't be read
// now. It has no kind: nothing may be decided, and the caller did no wrong.
func broken(err error, format string, args ...any) error {
	return fmt.Errorf("read "+format+": %v", append(args, err)...)
}
