package iam

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"time"

	"muster/internal/fault"
	"muster/internal/index"
	"muster/internal/seal"
	"muster/internal/secret"
)

// AccessKey is a user's key, without its secret.
type AccessKey struct {
	ID      string // AKIA and 16 characters of base32; never used again
	Account string
	UserID  string
	Active  bool
	Created time.Time
}

// SealedAccessKey is an access key as it is kept: its secret sealed under the
// master key, since signatures are verified with the secret itself.
type SealedAccessKey struct {
	AccessKey
	Sealed []byte
}

// KeyEntry is an access key with its secret, to verify signatures with.
type KeyEntry struct {
	AccessKey
	Secret secret.String
}

var userKeyForm = regexp.MustCompile(`^AKIA[A-Z2-7]{16}$`)

// sealedFor is the purpose an access key's secret is sealed for: a row's
// secret can't be passed off as another key's.
func sealedFor(id string) string { return "access key " + id }

// CreateAccessKey makes an access key of a user. Its secret is answered here
// and never again. It fails with fault.NotFound or fault.LimitExceeded.
func (d *Directory) CreateAccessKey(ctx context.Context, account, user string) (KeyEntry, error) {
	if d.Master == nil {
		return KeyEntry{}, fmt.Errorf("make an access key of user %s: there is no master key to seal it under", user)
	}
	u, err := d.User(ctx, account, user)
	if err != nil {
		return KeyEntry{}, err
	}
	b := make([]byte, 30) // 40 letters of base64
	rand.Read(b)
	k := KeyEntry{
		AccessKey: AccessKey{ID: newID("AKIA"), Account: account, UserID: u.ID, Active: true, Created: d.now().Truncate(time.Second)},
		Secret:    secret.New(base64.StdEncoding.EncodeToString(b)),
	}
	sealed := SealedAccessKey{AccessKey: k.AccessKey, Sealed: d.Master.Seal(sealedFor(k.ID), []byte(k.Secret.Reveal()))}
	err = d.store.InsertAccessKey(ctx, sealed, func(others int) error {
		if others >= MaxAccessKeys {
			return overQuota("AccessKeysPerUser", MaxAccessKeys)
		}
		return nil
	})
	if errors.Is(err, fault.NotFound) {
		return KeyEntry{}, noUser(user)
	}
	if err != nil {
		return KeyEntry{}, err
	}
	return k, nil
}

// AccessKeys answers the access keys of a user by their ids; there are at most
// MaxAccessKeys. It fails with fault.NotFound.
func (d *Directory) AccessKeys(ctx context.Context, account, user string) ([]AccessKey, error) {
	u, err := d.User(ctx, account, user)
	if err != nil {
		return nil, err
	}
	return d.store.AccessKeys(ctx, account, u.ID)
}

// SetAccessKey makes a user's access key active or inactive. It fails with
// fault.NotFound.
func (d *Directory) SetAccessKey(ctx context.Context, account, user, id string, active bool) error {
	return d.missing(ctx, UserNamed(account, user), noAccessKey(id), d.store.SetAccessKey(ctx, account, user, id, active))
}

// DeleteAccessKey removes an access key of a user. It fails with
// fault.NotFound.
func (d *Directory) DeleteAccessKey(ctx context.Context, account, user, id string) error {
	return d.missing(ctx, UserNamed(account, user), noAccessKey(id), d.store.DeleteAccessKey(ctx, account, user, id))
}

func noAccessKey(id string) error {
	return fault.NotFound.Errorf("The Access Key with id %s cannot be found.", id)
}

// AccessKey answers a user's access key by its id, active or not, from the
// index. It fails with fault.NotFound.
func (d *Directory) AccessKey(ctx context.Context, id string) (*KeyEntry, error) {
	if !userKeyForm.MatchString(id) {
		return nil, noAccessKey(id)
	}
	return index.Get(ctx, d.index, AccessKeyKey(id), func(ctx context.Context) (*KeyEntry, error) {
		sealed, err := d.store.AccessKey(ctx, id)
		if errors.Is(err, fault.NotFound) {
			return nil, noAccessKey(id)
		}
		if err != nil {
			return nil, err
		}
		return d.open(sealed)
	})
}

// KeyOf answers an access key of an account with its user, as decisions know
// them. It fails with fault.NotFound.
func (d *Directory) KeyOf(ctx context.Context, account, id string) (*KeyEntry, *UserEntry, error) {
	k, err := d.AccessKey(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	if k.Account != account {
		return nil, nil, noAccessKey(id)
	}
	u, err := d.UserByID(ctx, account, k.UserID)
	return k, u, err
}

// CheckSealed fails where the secret of an access key can't be opened as it is kept.
func CheckSealed(master *seal.Master, sealed SealedAccessKey) error {
	_, err := (&Directory{Master: master}).open(sealed)
	return err
}

func (d *Directory) open(sealed SealedAccessKey) (*KeyEntry, error) {
	if d.Master == nil {
		return nil, fmt.Errorf("open access key %s: there is no master key", sealed.ID)
	}
	plain, err := d.Master.Open(sealedFor(sealed.ID), sealed.Sealed)
	if err != nil {
		return nil, err
	}
	return &KeyEntry{AccessKey: sealed.AccessKey, Secret: secret.New(string(plain))}, nil
}
