package bucket

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"muster/internal/fault"
	"muster/internal/index"
)

// Kind is what a part of a bucket's configuration is about. A bucket has one
// document of each kind or none, and loses all of them when it is deleted.
type Kind string

// The kinds.
const (
	Tagging           Kind = "tagging"
	CORS              Kind = "cors"
	Lifecycle         Kind = "lifecycle"
	DefaultEncryption Kind = "encryption"
	PublicAccessBlock Kind = "public-access-block"
	OwnershipControls Kind = "ownership-controls"
)

// Kinds are all of them.
var Kinds = []Kind{Tagging, CORS, Lifecycle, DefaultEncryption, PublicAccessBlock, OwnershipControls}

// DocumentKey is the index key of a bucket's document.
func DocumentKey(name string, k Kind) index.Key {
	return index.Key{Kind: "bucket-" + string(k), Name: name}
}

// ConfiguredKey is the index key of the list of buckets that have a document.
func ConfiguredKey(k Kind) index.Key { return index.Key{Kind: "buckets-with-" + string(k)} }

// set keeps v as the bucket's document. It fails with fault.NotFound when the
// bucket is gone.
func (b *Buckets) set(ctx context.Context, name string, k Kind, v any) error {
	document, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write the %s of bucket %q: %w", k, name, err)
	}
	return b.store.SetDocument(ctx, name, k, string(document))
}

// get reads the bucket's document. It fails with fault.NotFound when there is none.
func get[T any](ctx context.Context, b *Buckets, name string, k Kind) (v T, err error) {
	text, err := b.store.Document(ctx, name, k)
	if err != nil {
		return v, err
	}
	var d document[T]
	err = d.read(name, k, text)
	return d.value, err
}

// known is get out of the index: what it returns nobody may change.
//
// It is asked about names that anybody may invent, by a preflight that nobody
// has signed, so it looks first whether the bucket is among those that have such
// a document: no other costs a read of the database.
func known[T any](ctx context.Context, b *Buckets, name string, k Kind) (v T, err error) {
	all, err := index.Get(ctx, b.index, ConfiguredKey(k), func(ctx context.Context) ([]string, error) {
		return b.store.Configured(ctx, k)
	})
	if err != nil {
		return v, err
	}
	if _, ok := slices.BinarySearch(all, name); !ok {
		return v, fault.NotFound.Errorf("bucket %s has no %s", name, k)
	}
	d, err := index.Get(ctx, b.index, DocumentKey(name, k), func(ctx context.Context) (*document[T], error) {
		text, err := b.store.Document(ctx, name, k)
		if err != nil {
			return nil, err
		}
		d := &document[T]{weight: 128 + 2*len(text)}
		return d, d.read(name, k, text)
	})
	if err != nil {
		return v, err
	}
	return d.value, nil
}

// document is a document as the index holds it.
type document[T any] struct {
	value  T
	weight int
}

// Weight returns about how many bytes it takes.
func (d *document[T]) Weight() int { return d.weight }

func (d *document[T]) read(name string, k Kind, text string) error {
	if err := json.Unmarshal([]byte(text), &d.value); err != nil {
		return fmt.Errorf("read the %s of bucket %q: %w", k, name, err)
	}
	return nil
}

// Unset removes a part of a bucket's configuration. It is not an error if
// there is none.
func (b *Buckets) Unset(ctx context.Context, name string, k Kind) error {
	return b.store.DeleteDocument(ctx, name, k)
}

// Configured returns the names of the buckets that have a document of a kind, in order.
func (b *Buckets) Configured(ctx context.Context, k Kind) ([]string, error) {
	return b.store.Configured(ctx, k)
}

// Shows reports whether a bucket shows its public access block or its ownership
// controls. Every bucket has them from the start, and they can only say what is
// so: nothing is public, and ACLs are off. Who deletes them changes what is read
// afterwards and nothing else; see Show.
func (b *Buckets) Shows(ctx context.Context, name string, k Kind) (bool, error) {
	shown, err := get[bool](ctx, b, name, k)
	if errors.Is(err, fault.NotFound) {
		return true, nil
	}
	return shown, err
}

// Show sets what Shows reports.
func (b *Buckets) Show(ctx context.Context, name string, k Kind, shown bool) error {
	return b.set(ctx, name, k, shown)
}

// Encryption is what a bucket says of the encryption of its objects, beyond
// that all are encrypted with the store's own keys.
type Encryption struct {
	// BucketKey is BucketKeyEnabled: kept and read back. Without KMS it means nothing.
	BucketKey bool
	// BlocksSSEC says that objects can't be encrypted with keys of their clients,
	// which is so whether a bucket says it or not.
	BlocksSSEC bool
}

// Encryption returns what was set, or the zero value.
func (b *Buckets) Encryption(ctx context.Context, name string) (Encryption, error) {
	e, err := get[Encryption](ctx, b, name, DefaultEncryption)
	if errors.Is(err, fault.NotFound) {
		return Encryption{}, nil
	}
	return e, err
}

// SetEncryption keeps it.
func (b *Buckets) SetEncryption(ctx context.Context, name string, e Encryption) error {
	return b.set(ctx, name, DefaultEncryption, e)
}
