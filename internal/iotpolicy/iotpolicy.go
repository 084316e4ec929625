// Package iotpolicy knows AWS IoT policies: the named documents that say what
// a device may do, and the certificates they are attached to.
//
// Documents are read by package policy and kept as they were sent, to the
// byte. A policy is a name with numbered versions, of which the default one
// counts. Names can be used again after a deletion; a policy's ID can't, and
// what is attached is attached to the ID's policy.
//
// Changes hold from the next decision on, where AWS takes up to minutes.
//
// Behaviour is that of the AWS IoT API Reference and the Developer Guide,
// https://docs.aws.amazon.com/iot/latest/developerguide/iot-policies.html.
package iotpolicy

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"regexp"
	"time"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/index"
	"muster/internal/page"
	"muster/internal/policy"
	"muster/internal/tag"
)

// Policy is a policy with the document of its default version.
type Policy struct {
	ID       string // random, of this policy and no other of its name; AWS's generation id
	Name     string
	Document string
	Version  int // of the document; from 1, never used again
	Tags     map[string]string
	Created  time.Time
	Modified time.Time
}

// Store keeps policies and what they are attached to. Each method happens
// wholly or not at all. Whatever changes a policy publishes its Key; whatever
// changes what a certificate has attached publishes its AttachedKey.
type Store interface {
	// InsertPolicy keeps p and its document as its only version. It fails with
	// fault.AlreadyExists if the name is taken.
	InsertPolicy(ctx context.Context, scope arn.Scope, p Policy) error
	// Policy fails with fault.NotFound.
	Policy(ctx context.Context, scope arn.Scope, name string) (Policy, error)
	// Policies answers the names, in the order of creation.
	Policies(ctx context.Context, scope arn.Scope, p page.Request) (page.Page[string], error)
	// ChangeTags loads the tags of a policy and keeps those that change
	// answers for them. An error from change keeps nothing and is returned
	// unwrapped. It fails with fault.NotFound.
	ChangeTags(ctx context.Context, scope arn.Scope, name string, change func(map[string]string) (map[string]string, error)) error
	// DeletePolicy removes a policy with all its versions if rule agrees. An
	// error from rule keeps everything and is returned unwrapped. It fails
	// with fault.NotFound.
	DeletePolicy(ctx context.Context, scope arn.Scope, name string, rule func(Uses) error) error

	// Versions answers those of a policy, the newest first. It fails with
	// fault.NotFound if there is no such policy.
	Versions(ctx context.Context, scope arn.Scope, name string) ([]Version, error)
	// Version answers one of them. It fails with fault.NotFound if there is no
	// such policy or version.
	Version(ctx context.Context, scope arn.Scope, name string, number int) (Version, error)
	// InsertVersion keeps document under the next number, as the default one
	// if asked, and answers it, if rule agrees to one more than there are.
	InsertVersion(ctx context.Context, scope arn.Scope, name, document string, asDefault bool, now time.Time, rule func(versions int) error) (Version, error)
	// SetDefault makes a version the default one. It fails with
	// fault.NotFound if there is no such policy or version.
	SetDefault(ctx context.Context, scope arn.Scope, name string, number int, now time.Time) error
	// DeleteVersion removes a version if rule agrees. It fails with
	// fault.NotFound if there is no such policy or version.
	DeleteVersion(ctx context.Context, scope arn.Scope, name string, number int, now time.Time, rule func(Version) error) error

	// Attach attaches a policy to a certificate if rule agrees, and does
	// nothing when it is attached already. An error from rule keeps everything
	// as it was and is returned unwrapped.
	Attach(ctx context.Context, scope arn.Scope, name, certificateID string, now time.Time, rule func(Attachment) error) error
	// Detach detaches a policy from a certificate if rule agrees, and does
	// nothing when there is nothing to detach. An error from rule keeps
	// everything as it was and is returned unwrapped.
	Detach(ctx context.Context, scope arn.Scope, name, certificateID string, rule func(Attachment) error) error
	// Attached answers the names of what is attached to a certificate, in the
	// order of attachment. It fails with fault.NotFound if there is no such
	// certificate.
	Attached(ctx context.Context, scope arn.Scope, certificateID string, p page.Request) (page.Page[string], error)
	// Targets answers the ARNs of what a policy is attached to, in the order
	// of attachment. It fails with fault.NotFound if there is no such policy.
	Targets(ctx context.Context, scope arn.Scope, name string, p page.Request) (page.Page[string], error)
	// Attachments answers all of what is attached, for deciding: nothing, when
	// there is no such certificate.
	Attachments(ctx context.Context, scope arn.Scope, certificateID string) ([]Ref, error)
}

// Uses is what may stand against the deletion of a policy.
type Uses struct {
	Attached bool // to anything
	Versions int
}

// Attachment is what an attachment depends on, as it is inside the write.
type Attachment struct {
	Policy      bool // it exists
	Certificate bool // it exists
	Already     bool // the one is attached to the other
	Count       int  // of what is attached to the certificate
}

// Ref names one policy, and not a later one of the same name.
type Ref struct{ ID, Name string }

// Key is the index key of a policy.
func Key(scope arn.Scope, name string) index.Key {
	return index.Key{Kind: "iotpolicy", Account: scope.Account, Region: scope.Region, Name: name}
}

// AttachedKey is the index key of what is attached to a certificate.
func AttachedKey(scope arn.Scope, certificateID string) index.Key {
	return index.Key{Kind: "iotpolicy attached", Account: scope.Account, Region: scope.Region, Name: certificateID}
}

// Policies is the room.
type Policies struct {
	store Store
	index *index.Index
	lists *index.Memo[*list]

	Now func() time.Time // nil: time.Now
}

// New answers for the policies in store, which publishes to x.
func New(store Store, x *index.Index) *Policies {
	return &Policies{store: store, index: x, lists: index.NewMemo[*list](listBytes, 1)}
}

var nameForm = regexp.MustCompile(`^[A-Za-z0-9_+=,.@-]{1,128}$`)

// Create makes a policy of one version, without tags, and answers it as kept.
// It fails as CreateTagged does.
func (p *Policies) Create(ctx context.Context, scope arn.Scope, name, document string) (Policy, error) {
	return p.CreateTagged(ctx, scope, name, document, nil)
}

// CreateTagged makes a policy of one version and answers it as kept. It fails
// with fault.Invalid, fault.Malformed, fault.LimitExceeded for too many tags,
// or fault.AlreadyExists, also when the policy there is the same.
func (p *Policies) CreateTagged(ctx context.Context, scope arn.Scope, name, document string, tags map[string]string) (Policy, error) {
	if !nameForm.MatchString(name) {
		return Policy{}, fault.Invalid.Errorf("%q is not the name of a policy.", name)
	}
	if err := judge(document); err != nil {
		return Policy{}, err
	}
	tags, err := tag.Put(nil, tags)
	if err != nil {
		return Policy{}, err
	}
	now := p.now()
	made := Policy{ID: rand.Text(), Name: name, Document: document, Version: 1, Tags: tags, Created: now, Modified: now}
	err = p.store.InsertPolicy(ctx, scope, made)
	if errors.Is(err, fault.AlreadyExists) {
		return Policy{}, fault.AlreadyExists.Errorf("Policy cannot be created - name already exists (name=%s)", name).
			With("resourceId", name).With("resourceArn", string(scope.IoTPolicy(name)))
	}
	if err != nil {
		return Policy{}, fmt.Errorf("create policy %s: %w", name, err)
	}
	return made, nil
}

func judge(document string) error {
	if n := policy.Length(document); n > policy.MaxIoT {
		return fault.Malformed.Errorf("The policy document has %d characters that are not white space; at most %d are allowed.", n, policy.MaxIoT)
	}
	_, err := policy.Parse(document, policy.IoT)
	return err
}

// Get answers a policy. It fails with fault.NotFound.
func (p *Policies) Get(ctx context.Context, scope arn.Scope, name string) (Policy, error) {
	kept, err := p.store.Policy(ctx, scope, name)
	if errors.Is(err, fault.NotFound) {
		return Policy{}, notFound(name)
	}
	return kept, err
}

// List answers the names of policies in the order of their creation.
func (p *Policies) List(ctx context.Context, scope arn.Scope, r page.Request) (page.Page[string], error) {
	return p.store.Policies(ctx, scope, r)
}

// Delete removes a policy. It fails with fault.NotFound, or fault.InUse while
// it is attached to anything or has versions besides its default one.
func (p *Policies) Delete(ctx context.Context, scope arn.Scope, name string) error {
	err := p.store.DeletePolicy(ctx, scope, name, func(u Uses) error {
		switch {
		case u.Attached:
			return fault.InUse.Errorf("The policy cannot be deleted as the policy is attached to one or more principals (name=%s)", name)
		case u.Versions > 1:
			return fault.InUse.Errorf("Cannot delete the policy because it has one or more policy versions attached to it (name=%s)", name)
		}
		return nil
	})
	if errors.Is(err, fault.NotFound) {
		return notFound(name)
	}
	return err
}

func notFound(name string) error {
	return fault.NotFound.Errorf("Policy not found: %s", name)
}

func (p *Policies) now() time.Time {
	now := time.Now
	if p.Now != nil {
		now = p.Now
	}
	return now().UTC().Truncate(time.Millisecond)
}
