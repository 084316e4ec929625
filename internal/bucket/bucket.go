// Package bucket knows S3 buckets: whose they are, in which region, and since
// when. A bucket's name is global: no two accounts have one of the same name.
//
// A bucket is a row first and a place in the object store second. The row is
// pending while the two may differ, so that what a crash leaves half done is
// found and put right at the next start. Objects, and who may touch them, are
// not known here. What is configured of a bucket is: its tags, which pages of
// other origins may use it, and when its objects are removed.
//
// Behaviour is that of the S3 API Reference and of "Bucket naming rules",
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html.
package bucket

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/index"
	"muster/internal/page"
)

// Bucket is a bucket as its row says.
type Bucket struct {
	Name    string
	Account string // who owns it
	Region  string
	Created time.Time
	Pending bool // being made or removed: the object store may not agree
}

// Weight returns about how many bytes the bucket takes in the decision index.
func (b Bucket) Weight() int { return 192 + len(b.Name) }

// Store keeps the rows. Each method happens wholly or not at all.
type Store interface {
	// InsertBucket keeps b unless the name is taken, and answers the row that
	// is there afterwards; inserted tells whether it is b.
	InsertBucket(ctx context.Context, b Bucket) (kept Bucket, inserted bool, err error)
	// SetPending marks a bucket. It fails with fault.NotFound without one.
	SetPending(ctx context.Context, name string, pending bool) error
	// DeleteBucket removes a row and its documents; that there is none is fine.
	DeleteBucket(ctx context.Context, name string) error
	// Bucket fails with fault.NotFound when there is none of that name.
	Bucket(ctx context.Context, name string) (Bucket, error)
	// Buckets lists what matches f by name.
	Buckets(ctx context.Context, f Filter, p page.Request) (page.Page[Bucket], error)
	// Pending answers every pending bucket.
	Pending(ctx context.Context) ([]Bucket, error)

	// SetDocument keeps a document in place of the one that the bucket has of
	// that kind. It fails with fault.NotFound without the bucket.
	SetDocument(ctx context.Context, name string, k Kind, document string) error
	// DeleteDocument removes it. It is not an error if there is none.
	DeleteDocument(ctx context.Context, name string, k Kind) error
	// Document fails with fault.NotFound when the bucket has none of that kind.
	Document(ctx context.Context, name string, k Kind) (string, error)
	// Configured returns the names of the buckets that have one, in the order of their bytes.
	Configured(ctx context.Context, k Kind) ([]string, error)
}

// Filter says which buckets to list.
type Filter struct {
	Account string
	Region  string // "" for every region
	Prefix  string // of the name
}

// Key is the index key of a bucket.
func Key(name string) index.Key { return index.Key{Kind: "bucket", Name: name} }

// Place is where objects are kept.
type Place interface {
	// MakeBucket makes room for a bucket; that there is room already is fine.
	MakeBucket(ctx context.Context, name string) error
	// RemoveBucket fails with fault.InUse while the bucket holds anything;
	// that there is no such bucket is fine.
	RemoveBucket(ctx context.Context, name string) error
}

// Buckets holds the buckets of every account.
type Buckets struct {
	store Store
	place Place
	index *index.Index

	// Now tells the time; time.Now when nil.
	Now func() time.Time
	// Vacant fails with fault.AlreadyExists where the place has a bucket of that
	// name that Muster didn't make. It is asked before the name gets a row, so
	// that a pending row proves that the bucket is Muster's. Nil where nobody
	// else makes buckets.
	Vacant func(ctx context.Context, name string) error
}

// New makes the buckets over store and place. The store publishes to x.
func New(store Store, place Place, x *index.Index) *Buckets {
	return &Buckets{store: store, place: place, index: x}
}

// Find answers a bucket, of whichever account; fault.NotFound without one.
func (b *Buckets) Find(ctx context.Context, name string) (Bucket, error) {
	return index.Get(ctx, b.index, Key(name), func(ctx context.Context) (Bucket, error) {
		return b.store.Bucket(ctx, name)
	})
}

// List answers a page of an account's buckets by name.
func (b *Buckets) List(ctx context.Context, f Filter, p page.Request) (page.Page[Bucket], error) {
	return b.store.Buckets(ctx, f, p)
}

// Create makes a bucket in the scope's account and region.
//
// It fails with fault.Invalid for a name that breaks the rules or that is
// Reserved, and with fault.AlreadyExists when the name is taken, whose field "owner" is the
// account that has it. As on AWS, who makes a bucket of its own again in
// us-east-1 is answered as if it were new.
func (b *Buckets) Create(ctx context.Context, scope arn.Scope, name string) (Bucket, error) {
	if err := CheckName(name); err != nil {
		return Bucket{}, err
	}
	if Reserved(name) {
		return Bucket{}, fault.Invalid.Errorf("The specified bucket is not valid: Muster's own pages have the path /%s.", name)
	}
	if err := b.vacant(ctx, name); err != nil {
		return Bucket{}, err
	}
	// A caller that goes away must not leave the row pending, and ends only its
	// wait for it: the row may be there all the same.
	ctx = context.WithoutCancel(ctx)
	kept, inserted, err := b.store.InsertBucket(ctx, Bucket{Name: name, Account: scope.Account, Region: scope.Region, Created: b.now(), Pending: true})
	if err != nil {
		return Bucket{}, fmt.Errorf("create bucket %q: %w", name, err)
	}
	switch {
	case kept.Account != scope.Account:
		return Bucket{}, fault.AlreadyExists.Errorf("The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.").With("owner", kept.Account)
	case !inserted && !kept.Pending && (kept.Region != defaultRegion || scope.Region != defaultRegion):
		return Bucket{}, fault.AlreadyExists.Errorf("Your previous request to create the named bucket succeeded and you already own it.").With("owner", kept.Account)
	case !inserted && !kept.Pending:
		return kept, nil
	}
	return b.finish(ctx, kept)
}

// vacant asks Vacant about a name without a row.
func (b *Buckets) vacant(ctx context.Context, name string) error {
	if b.Vacant == nil {
		return nil
	}
	if _, err := b.store.Bucket(ctx, name); !errors.Is(err, fault.NotFound) {
		return err
	}
	return b.Vacant(ctx, name)
}

const defaultRegion = "us-east-1"

// finish makes the place of a pending bucket.
func (b *Buckets) finish(ctx context.Context, half Bucket) (Bucket, error) {
	if err := b.place.MakeBucket(ctx, half.Name); err != nil {
		err = fmt.Errorf("make room for bucket %q: %w", half.Name, err)
		if b.Vacant != nil && fault.Of(err) == nil {
			// It may have been made, and would not be vacant then: who asks again, or
			// the next start, finishes it.
			return Bucket{}, err
		}
		// The name is free again; should that fail too, the next start tries once more.
		return Bucket{}, errors.Join(err, b.store.DeleteBucket(ctx, half.Name))
	}
	if err := b.store.SetPending(ctx, half.Name, false); err != nil {
		return Bucket{}, fmt.Errorf("create bucket %q: %w", half.Name, err)
	}
	half.Pending = false
	return half, nil
}

// Delete removes an empty bucket. It fails with fault.InUse while the bucket
// holds anything.
func (b *Buckets) Delete(ctx context.Context, name string) error {
	ctx = context.WithoutCancel(ctx)
	if err := b.store.SetPending(ctx, name, true); err != nil {
		return err
	}
	if err := b.place.RemoveBucket(ctx, name); err != nil {
		return errors.Join(err, b.store.SetPending(ctx, name, false))
	}
	if err := b.store.DeleteBucket(ctx, name); err != nil {
		return fmt.Errorf("delete bucket %q: %w", name, err)
	}
	return nil
}

// Repair finishes what a crash left half done: a pending bucket gets its
// place. A deletion that nobody was told of is thereby undone. A bucket that
// can't be repaired stays pending until the next start, and is left out of
// nothing else: the error is for the log.
func (b *Buckets) Repair(ctx context.Context) error {
	pending, err := b.store.Pending(ctx)
	if err != nil {
		return fmt.Errorf("look for half-made buckets: %w", err)
	}
	var all []error
	for _, half := range pending {
		if err := b.repair(ctx, half.Name); err != nil {
			all = append(all, fmt.Errorf("repair bucket %q: %w", half.Name, err))
			continue
		}
		slog.InfoContext(ctx, "half-made bucket repaired", "bucket", half.Name)
	}
	return errors.Join(all...)
}

func (b *Buckets) repair(ctx context.Context, name string) error {
	if err := b.place.MakeBucket(ctx, name); err != nil {
		return err
	}
	return b.store.SetPending(ctx, name, false)
}

func (b *Buckets) now() time.Time {
	if b.Now != nil {
		return b.Now().UTC()
	}
	return time.Now().UTC()
}

var nameForm = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

// CheckName fails with fault.Invalid when a bucket can't have that name.
func CheckName(name string) error {
	ok := nameForm.MatchString(name) && !strings.Contains(name, "..")
	if _, err := netip.ParseAddr(name); err == nil {
		ok = false
	}
	for _, prefix := range []string{"xn--", "sthree-"} {
		ok = ok && !strings.HasPrefix(name, prefix)
	}
	for _, suffix := range []string{"-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"} {
		ok = ok && !strings.HasSuffix(name, suffix)
	}
	if !ok {
		return badName()
	}
	return nil
}

func badName() error { return fault.Invalid.Errorf("The specified bucket is not valid.") }

// ownPaths begin the paths that Muster serves beside the APIs of AWS.
var ownPaths = []string{"console", "crl", "ocsp", "metrics", "healthz", "readyz", "repository"}

// Reserved reports whether a bucket of that name would have the path of a page
// of Muster's own, so that requests without a signature don't reach it. No such
// bucket is made; one that was made before it was reserved stays.
func Reserved(name string) bool { return slices.Contains(ownPaths, name) }

// ReservedNames returns all names that are Reserved.
func ReservedNames() []string { return slices.Clone(ownPaths) }
