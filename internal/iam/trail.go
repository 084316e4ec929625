package iam

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"

	"muster/internal/arn"
)

// Bounds of what a Trail says.
const (
	trailed     = 5   // resources
	trailedSize = 300 // bytes of each
)

// Trail notes which resources permission was asked for in a request, for its
// record. The zero value is ready.
type Trail struct {
	mu   sync.Mutex
	some []arn.ARN
	more int // that were asked for beside some
}

type trailKey struct{}

// WithTrail returns a copy of ctx in which Authorize notes in t what it is asked.
func WithTrail(ctx context.Context, t *Trail) context.Context {
	return context.WithValue(ctx, trailKey{}, t)
}

// Add notes a resource, once.
func (t *Trail) Add(resource arn.ARN) {
	if t == nil || resource == "" {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case slices.Contains(t.some, resource):
	case len(t.some) < trailed:
		t.some = append(t.some, resource)
	default:
		t.more++
	}
}

// String lists the resources, with commas between them, and says how many are
// left out; "" when there are none.
func (t *Trail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var b strings.Builder
	for i, resource := range t.some {
		if i > 0 {
			b.WriteByte(',')
		}
		if text := string(resource); len(text) > trailedSize {
			b.WriteString(strings.ToValidUTF8(text[:trailedSize], "") + "...")
		} else {
			b.WriteString(text)
		}
	}
	if t.more > 0 {
		b.WriteString(" and " + strconv.Itoa(t.more) + " more")
	}
	return b.String()
}
