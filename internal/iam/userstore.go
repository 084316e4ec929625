package iam

import (
	"context"

	"muster/internal/page"
)

// UserStore keeps users and their access keys, under the same
// promises as Store. It publishes UserKey of the users whose decisions a change
// may touch, AccessKeyKey of a key that comes, changes or goes.
type UserStore interface {
	// InsertUser fails with fault.AlreadyExists if the account has a user of
	// that name in any case of its letters, then with fault.LimitExceeded if
	// it has most users already.
	InsertUser(ctx context.Context, u User, most int) error
	// UserRecord answers a user by name with its policies, all as of one
	// moment, or fails with fault.NotFound.
	UserRecord(ctx context.Context, account, name string) (UserRecord, error)
	// UserRecordByID is UserRecord by the user's unique id.
	UserRecordByID(ctx context.Context, account, id string) (UserRecord, error)
	// Users answers a page of the users whose path begins with prefix, by name.
	Users(ctx context.Context, account, prefix string, r page.Request) (page.Page[User], error)
	// ChangeUser loads the user, applies change and keeps the name, the path
	// and the tags it has then. It fails with fault.NotFound, or with
	// fault.AlreadyExists if the new name is another user's in any case.
	ChangeUser(ctx context.Context, account, name string, change func(*User) error) (User, error)

	// InsertAccessKey keeps a key of the user with its UserID. decide sees how
	// many keys the user has. It fails with fault.NotFound if there is no such
	// user.
	InsertAccessKey(ctx context.Context, k SealedAccessKey, decide func(others int) error) error
	// AccessKeys answers the keys of the user with that unique id, by their ids.
	AccessKeys(ctx context.Context, account, userID string) ([]AccessKey, error)
	// AccessKey answers a key, or fails with fault.NotFound.
	AccessKey(ctx context.Context, id string) (SealedAccessKey, error)
	// SetAccessKey fails with fault.NotFound if the user of that name has no
	// such key.
	SetAccessKey(ctx context.Context, account, user, id string, active bool) error
	// DeleteAccessKey fails like SetAccessKey.
	DeleteAccessKey(ctx context.Context, account, user, id string) error
}

// UserRecord is a user with everything that says what it may do.
type UserRecord struct {
	User
	Held
}
