package iotpolicy

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/index"
	"muster/internal/page"
	"muster/internal/policy"
)

// Compiled is the default version of a policy as the index holds it, once for
// all certificates. Nobody may change it.
type Compiled struct {
	policy.Named
	Text string // of the document, as it was sent
	id   string
}

// Weight returns about how many bytes the policy takes in the decision index.
func (c *Compiled) Weight() int {
	return 128 + len(c.Name) + len(c.Text) + len(c.id) + c.Document.Weight()
}

// Effective answers what is attached to a certificate, compiled, from the
// index: the default version of each policy, named for it, in alphabetical
// order. While nothing changes, the documents are the same pointers.
func (p *Policies) Effective(ctx context.Context, scope arn.Scope, certificateID string) ([]policy.Named, error) {
	all, err := p.effective(ctx, scope, certificateID)
	if err != nil {
		return nil, err
	}
	docs := make([]policy.Named, len(all))
	for i, c := range all {
		docs[i] = c.Named
	}
	return docs, nil
}

// EffectiveOf answers the same, with the documents' texts, of a principal as
// Attach names it: a certificate's ARN in scope. It fails as Attached does.
func (p *Policies) EffectiveOf(ctx context.Context, scope arn.Scope, principal string) ([]*Compiled, error) {
	if _, err := p.Attached(ctx, scope, principal, page.Request{Limit: 1}); err != nil {
		return nil, err
	}
	certificateID, err := certificate(scope, principal)
	if err != nil {
		return nil, err
	}
	return p.effective(ctx, scope, certificateID)
}

// Compiled answers a policy, whether it is attached to anything or not, from
// the index. It fails with fault.NotFound.
func (p *Policies) Compiled(ctx context.Context, scope arn.Scope, name string) (*Compiled, error) {
	c, err := p.compiled(ctx, scope, name)
	if errors.Is(err, fault.NotFound) {
		return nil, notFound(name)
	}
	return c, err
}

func (p *Policies) effective(ctx context.Context, scope arn.Scope, certificateID string) ([]*Compiled, error) {
	attached, err := index.Get(ctx, p.index, AttachedKey(scope, certificateID), func(ctx context.Context) (refs, error) {
		return p.attachments(ctx, scope, certificateID)
	})
	if err != nil {
		return nil, fmt.Errorf("find the policies of certificate %s: %w", certificateID, err)
	}
	docs := make([]*Compiled, 0, len(*attached.list))
	for _, ref := range *attached.list {
		doc, err := p.compiled(ctx, scope, ref.Name)
		if errors.Is(err, fault.NotFound) {
			continue // deleted, and so detached before that, since the attachments were read
		}
		if err != nil {
			return nil, err
		}
		if doc.id == ref.ID { // else deleted and made anew meanwhile: that one is not attached
			docs = append(docs, doc)
		}
	}
	return docs, nil
}

// refs are what is attached to a certificate. The certificates of a fleet have
// the same attached, and share one list.
type refs struct {
	list *list
	own  bool // it was made for this certificate
}

// Weight returns about how many bytes they take in the decision index.
func (r refs) Weight() int {
	w := 16
	if r.own {
		w += r.list.Weight()
	}
	return w
}

// listBytes bounds what is remembered of lists that certificates have in common.
const listBytes = 4 << 20

type list []Ref

// Weight returns about how many bytes it takes.
func (l *list) Weight() int {
	w := 32
	for _, r := range *l {
		w += 64 + len(r.ID) + len(r.Name)
	}
	return w
}

func (p *Policies) attachments(ctx context.Context, scope arn.Scope, certificateID string) (refs, error) {
	all, err := p.store.Attachments(ctx, scope, certificateID)
	if err != nil {
		return refs{}, err
	}
	var text strings.Builder
	for _, r := range all {
		fmt.Fprintf(&text, "%q%q", r.ID, r.Name)
	}
	var shared refs
	shared.list, err = p.lists.Get("", text.String(), func() (*list, error) {
		shared.own = true
		return (*list)(&all), nil
	})
	return shared, err
}

func (p *Policies) compiled(ctx context.Context, scope arn.Scope, name string) (*Compiled, error) {
	return index.Get(ctx, p.index, Key(scope, name), func(ctx context.Context) (*Compiled, error) {
		kept, err := p.store.Policy(ctx, scope, name)
		if err != nil {
			return nil, err
		}
		doc, err := policy.Parse(kept.Document, policy.IoT)
		if err != nil {
			// One that can't be read may deny: nothing can be decided without it.
			return nil, fmt.Errorf("read policy %s as it is kept: %v", name, err)
		}
		return &Compiled{Named: policy.Named{Name: name, Document: doc}, Text: kept.Document, id: kept.ID}, nil
	})
}
