package iam_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"muster/internal/arn"
	"muster/internal/iam"
	"muster/internal/policy"
)

func TestTrail(t *testing.T) {
	var trail iam.Trail
	if got := trail.String(); got != "" {
		t.Errorf("nothing was asked: got %q", got)
	}
	ctx := iam.WithTrail(t.Context(), &trail)
	d := new(iam.Directory)
	root := &iam.Caller{Account: "000000000000", Root: true, Context: policy.Context{}}
	ask := func(ctx context.Context, resource arn.ARN) {
		t.Helper()
		if err := d.Authorize(ctx, root, "iot:CreateThing", resource, nil); err != nil {
			t.Fatal(err)
		}
	}
	ask(t.Context(), "arn:elsewhere")
	ask(ctx, "arn:a")
	ask(ctx, "arn:b")
	ask(ctx, "arn:a")
	if got := trail.String(); got != "arn:a,arn:b" {
		t.Errorf("got %q, want each once", got)
	}
	for n := range 1000 {
		ask(ctx, arn.ARN(fmt.Sprint("arn:", n, strings.Repeat("é", 1000))))
	}
	if got := trail.String(); len(got) > 2000 || !strings.HasSuffix(got, " and 997 more") {
		t.Errorf("got %d bytes that end with %q", len(got), got[len(got)-20:])
	}
}
