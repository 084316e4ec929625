package iotpolicy

import (
	"context"
	"errors"
	"fmt"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/index"
	"muster/internal/policy"
)

// compiled is one policy as the index holds it, once for all certificates.
type compiled struct {
	id    string
	named policy.Named
}

// Effective answers what is attached to a certificate, compiled, from the
// index: the default version of each policy, named for it, in alphabetical
// order. While nothing changes, the documents are the same pointers.
func (p *Policies) Effective(ctx context.Context, scope arn.Scope, certificateID string) ([]policy.Named, error) {
	refs, err := index.Get(ctx, p.index, AttachedKey(scope, certificateID), func(ctx context.Context) ([]Ref, error) {
		return p.store.Attachments(ctx, scope, certificateID)
	})
	if err != nil {
		return nil, fmt.Errorf("find the policies of certificate %s: %w", certificateID, err)
	}
	docs := make([]policy.Named, 0, len(refs))
	for _, ref := range refs {
		doc, err := p.compiled(ctx, scope, ref.Name)
		if errors.Is(err, fault.NotFound) {
			continue // deleted, and so detached before that, since the attachments were read
		}
		if err != nil {
			return nil, err
		}
		if doc.id == ref.ID { // else deleted and made anew meanwhile: that one is not attached
			docs = append(docs, doc.named)
		}
	}
	return docs, nil
}

func (p *Policies) compiled(ctx context.Context, scope arn.Scope, name string) (*compiled, error) {
	return index.Get(ctx, p.index, Key(scope, name), func(ctx context.Context) (*compiled, error) {
		kept, err := p.store.Policy(ctx, scope, name)
		if err != nil {
			return nil, err
		}
		doc, err := policy.Parse(kept.Document, policy.IoT)
		if err != nil {
			// One that can't be read may deny: nothing can be decided without it.
			return nil, fmt.Errorf("read policy %s as it is kept: %v", name, err)
		}
		return &compiled{id: kept.ID, named: policy.Named{Name: name, Document: doc}}, nil
	})
}
