// Package account knows which accounts there are, the host names under which
// AWS IoT's endpoints of an account are reached, and the root access key.
//
// As on AWS each account has endpoint prefixes of its own, stable for good: a
// server name tells the credentials provider whose device is calling. The
// names of real AWS endpoints are those of DescribeEndpoint,
// https://docs.aws.amazon.com/iot/latest/apireference/API_DescribeEndpoint.html.
package account

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/secret"
)

// Account is one tenant: everything else is kept under its id.
type Account struct {
	ID       string // twelve digits
	Prefixes Prefixes
	Created  time.Time
}

// Prefixes begin the host names of an account's endpoints: 14 of [a-z0-9],
// the data prefix beginning with a and the credentials prefix with c.
type Prefixes struct {
	Data          string
	Credentials   string
	Jobs          string
	DeviceAdvisor string
}

// Store keeps accounts. Each method happens wholly or not at all.
type Store interface {
	// EnsureAccount keeps a unless its id is kept already, and answers what is
	// kept. It fails with fault.AlreadyExists if one of its prefixes is another
	// account's.
	EnsureAccount(ctx context.Context, a Account) (Account, error)
	// Accounts answers all accounts by id. They are few.
	Accounts(ctx context.Context) ([]Account, error)
}

// Accounts answers for the accounts. All of them are held in memory, so that
// an unknown server name in a handshake costs no read.
type Accounts struct {
	store Store
	place Place
	hosts []string // of place, as server names are compared
	root  RootKey

	Now func() time.Time // nil: time.Now

	known atomic.Pointer[directory] // replaced whole by load
}

// endpoint is one of an account's.
type endpoint struct {
	account string
	kind    Kind
}

// directory is what is in memory; never changed.
type directory struct {
	byID     map[string]Account
	byPrefix map[label]endpoint // what a label stands for
}

// New answers for the accounts in store, reached at place; root is the one
// access key of a root user. Ensure must be called before anything is asked.
func New(store Store, place Place, root RootKey) *Accounts {
	a := &Accounts{store: store, place: place, hosts: place.hosts(), root: root}
	a.known.Store(&directory{})
	return a
}

// Ensure makes the account of id if it isn't there, and reads all accounts
// into memory. It fails with fault.Invalid when id is not twelve digits.
func (a *Accounts) Ensure(ctx context.Context, id string) (Account, error) {
	if !arn.IsAccount(id) {
		return Account{}, fault.Invalid.Errorf("the account id %q is not twelve digits", id)
	}
	made, err := a.ensure(ctx, id)
	if err != nil {
		return Account{}, fmt.Errorf("make account %s: %w", id, err)
	}
	if err := a.load(ctx); err != nil {
		return Account{}, fmt.Errorf("read the accounts: %w", err)
	}
	return made, nil
}

// ensure rolls again when another account has one of the prefixes already.
func (a *Accounts) ensure(ctx context.Context, id string) (made Account, err error) {
	for range 3 {
		made, err = a.store.EnsureAccount(ctx, Account{ID: id, Prefixes: newPrefixes(), Created: a.now()})
		if !errors.Is(err, fault.AlreadyExists) {
			break
		}
	}
	return made, err
}

func (a *Accounts) load(ctx context.Context) error {
	all, err := a.store.Accounts(ctx)
	if err != nil {
		return err
	}
	known := &directory{byID: map[string]Account{}, byPrefix: map[label]endpoint{}}
	for _, account := range all {
		known.byID[account.ID] = account
		for kind, l := range labels(account.Prefixes) {
			known.byPrefix[l] = endpoint{account.ID, kind}
		}
	}
	a.known.Store(known)
	return nil
}

// RootKey answers the account whose root user has the access key, and its
// secret.
func (a *Accounts) RootKey(accessKeyID string) (account string, key secret.String, ok bool) {
	if accessKeyID == "" || accessKeyID != a.root.AccessKeyID {
		return "", secret.String{}, false
	}
	return a.root.Account, a.root.Secret, true
}

func (a *Accounts) now() time.Time {
	now := time.Now
	if a.Now != nil {
		now = a.Now
	}
	return now().UTC().Truncate(time.Millisecond)
}

func newPrefixes() Prefixes {
	return Prefixes{
		Data:          "a" + randomText(prefixAlphabet, 13),
		Credentials:   "c" + randomText(prefixAlphabet, 13),
		Jobs:          randomText(prefixAlphabet, 14),
		DeviceAdvisor: randomText(prefixAlphabet, 14),
	}
}

const prefixAlphabet = "abcdefghijklmnopqrstuvwxyz0123456789"

// randomText answers n letters of alphabet, each as likely as any other.
func randomText(alphabet string, n int) string {
	fair := 256 - 256%len(alphabet) // bytes from here on would favour the first letters
	text := make([]byte, 0, n)
	for b := make([]byte, 1); len(text) < n; {
		rand.Read(b) // never fails
		if int(b[0]) < fair {
			text = append(text, alphabet[int(b[0])%len(alphabet)])
		}
	}
	return string(text)
}
