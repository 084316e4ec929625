package iam

import (
	"context"
	"errors"
	"time"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/index"
	"muster/internal/page"
	"muster/internal/policy"
)

// The quotas of users, see "IAM and AWS STS quotas".
const (
	MaxUsers          = 5000 // per account
	MaxUserPolicies   = 10   // managed policies per user
	MaxUserInlineSize = 2048 // characters of a user's inline policies together, white space aside
	MaxAccessKeys     = 2    // per user, active or not
)

// User is somebody of an account with access keys of their own.
type User struct {
	Account string
	Path    string // begins and ends with a slash
	Name    string
	ID      string // AIDA and 16 characters of base32; never used again
	Tags    []Tag  // by key
	Created time.Time
}

// ARN names the user.
func (u User) ARN() arn.ARN { return arn.User(u.Account, u.Path, u.Name) }

// UserEntry is a user with its policies compiled, as decisions use it. It
// never changes: a change of the user makes another entry.
type UserEntry struct {
	User
	Policies []policy.Named // inline policies by name, attached ones by ARN
}

// CreateUser keeps a new user, of which Account and Name are needed; Path is
// "/" when it is left out. It answers the user as kept.
//
// It fails with fault.Invalid, fault.LimitExceeded, or fault.AlreadyExists
// when the name is taken in any case of its letters.
func (d *Directory) CreateUser(ctx context.Context, u User) (User, error) {
	if u.Path == "" {
		u.Path = "/"
	}
	if err := u.valid(); err != nil {
		return User{}, err
	}
	var err error
	if u.Tags, err = withTags(nil, u.Tags); err != nil {
		return User{}, err
	}
	u.ID = newID("AIDA")
	u.Created = d.now().Truncate(time.Second)
	err = d.store.InsertUser(ctx, u, MaxUsers)
	switch {
	case errors.Is(err, fault.AlreadyExists):
		return User{}, userExists(u.Name)
	case errors.Is(err, fault.LimitExceeded):
		return User{}, overQuota("UsersPerAccount", MaxUsers)
	case err != nil:
		return User{}, err
	}
	return u, nil
}

func (u User) valid() error {
	switch {
	case !arn.IsAccount(u.Account):
		return fault.Invalid.Errorf("%q is not an account", u.Account)
	case !roleForm.MatchString(u.Name): // users' names have the form of roles'
		return fault.Invalid.Errorf("The specified value for userName is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-")
	case !pathForm.MatchString(u.Path):
		return badPath()
	}
	return nil
}

func userExists(name string) error {
	return fault.AlreadyExists.Errorf("User with name %s already exists.", name)
}

// User answers a user by name, or fails with fault.NotFound.
func (d *Directory) User(ctx context.Context, account, name string) (User, error) {
	record, err := d.userRecord(ctx, account, name)
	return record.User, err
}

// userRecord answers a user with its policies as kept. Their number is bounded
// by their sizes, so a user is small enough to read whole.
func (d *Directory) userRecord(ctx context.Context, account, name string) (UserRecord, error) {
	record, err := d.store.UserRecord(ctx, account, name)
	if errors.Is(err, fault.NotFound) {
		return UserRecord{}, noUser(name)
	}
	return record, err
}

// Users answers a page of the users of an account whose path begins with
// prefix, by name.
func (d *Directory) Users(ctx context.Context, account, prefix string, r page.Request) (page.Page[User], error) {
	return d.store.Users(ctx, account, prefix, r)
}

// UpdateUser gives a user another name or path; "" leaves what it is. What the
// user may do and its access keys stay. A policy that names the user by its
// old ARN doesn't follow it, as it would on AWS.
//
// It fails with fault.NotFound, fault.Invalid or fault.AlreadyExists.
func (d *Directory) UpdateUser(ctx context.Context, account, name, newName, newPath string) (User, error) {
	u, err := d.store.ChangeUser(ctx, account, name, func(u *User) error {
		if newName != "" {
			u.Name = newName
		}
		if newPath != "" {
			u.Path = newPath
		}
		return u.valid()
	})
	switch {
	case errors.Is(err, fault.NotFound):
		return User{}, noUser(name)
	case errors.Is(err, fault.AlreadyExists):
		return User{}, userExists(newName)
	}
	return u, err
}

// UserByID answers a user by its unique id, from the index. It fails with
// fault.NotFound: a user made anew under the old name has another id.
func (d *Directory) UserByID(ctx context.Context, account, id string) (*UserEntry, error) {
	return index.Get(ctx, d.index, UserKey(account, id), func(ctx context.Context) (*UserEntry, error) {
		record, err := d.store.UserRecordByID(ctx, account, id)
		if err != nil {
			return nil, err
		}
		return record.compile()
	})
}

// compile reads everything that says what the user may do.
func (r UserRecord) compile() (*UserEntry, error) {
	policies, err := r.policies(UserNamed(r.Account, r.Name))
	if err != nil {
		return nil, err
	}
	return &UserEntry{User: r.User, Policies: policies}, nil
}
