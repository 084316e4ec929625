package iam_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/iam"
	"muster/internal/page"
	"muster/internal/policy"
)

// slow is a statement that takes long for resources like slowARN, and then
// doesn't match: about so many thousand steps.
func slow(thousands int) string {
	var all []string
	for range thousands {
		all = append(all, `"arn:aws:s3:::*a?b*"`)
	}
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":[` + strings.Join(all, ",") + `]}]}`
}

var slowARN = "arn:aws:s3:::" + strings.Repeat("a", 200)

// resources are as many different ones that are slow.
func slowResources(n int) (all []string) {
	for i := range n {
		all = append(all, fmt.Sprint(slowARN, i))
	}
	return all
}

func TestASimulationEndsWithItsCaller(t *testing.T) {
	d := newDirectory(t)
	role := createRole(t, d, "Fleet")
	ask := iam.Simulation{Actions: []string{"s3:A"}, Resources: slowResources(10), Policies: []string{slow(5)}}
	gone, leave := context.WithCancel(t.Context())
	leave()
	if _, err := d.SimulateCustom(gone, ask, page.Request{Limit: 100}); !errors.Is(err, context.Canceled) {
		t.Errorf("SimulateCustom: got %v, want %v", err, context.Canceled)
	}
	if _, err := d.RoleByARN(t.Context(), role.ARN()); err != nil {
		t.Fatal(err)
	}
	if _, err := d.SimulatePrincipal(gone, account, role.ARN(), ask, page.Request{Limit: 100}); !errors.Is(err, context.Canceled) {
		t.Errorf("SimulatePrincipal: got %v, want %v", err, context.Canceled)
	}
	late, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	caller := session(t, d, "Fleet")
	if err := d.Authorize(late, caller, "s3:GetObject", "arn:aws:s3:::b/k", nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Authorize: got %v, want %v", err, context.DeadlineExceeded)
	}
}

// A page that takes much work ends early, and the pages together are what one
// would have been.
func TestAPageOfOutcomesIsBoundedInWork(t *testing.T) {
	d := newDirectory(t)
	ask := iam.Simulation{Actions: []string{"s3:A"}, Resources: slowResources(700), Policies: []string{slow(10), allow("s3:*", "arn:aws:s3:::*9")}}
	pages, allowed, seen := 0, 0, 0
	for next := ""; pages == 0 || next != ""; pages++ {
		p, err := d.SimulateCustom(t.Context(), ask, page.Request{Limit: 1000, Token: next})
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range p.Items {
			if o.Resource != ask.Resources[seen] {
				t.Fatalf("outcome %d is of %s", seen, o.Resource)
			}
			if seen++; o.Verdict == policy.Allow {
				allowed++
			}
		}
		next = p.Next
	}
	if pages < 2 || pages > 20 || seen != 700 || allowed != 70 {
		t.Errorf("%d outcomes on %d pages, %d allowed", seen, pages, allowed)
	}
}

// What would take too long to find out is no outcome, and no permission.
func TestWhatTakesTooLongIsRefused(t *testing.T) {
	d := newDirectory(t)
	all := allow("s3:*", "*")
	ask := iam.Simulation{Actions: []string{"s3:A"}, Resources: []string{slowARN}, Policies: []string{slow(200), all}}
	if _, err := d.SimulateCustom(t.Context(), ask, page.Request{Limit: 10}); !errors.Is(err, fault.Malformed) || !strings.Contains(err.Error(), "too long") {
		t.Errorf("SimulateCustom: got %v", err)
	}
	createRole(t, d, "Fleet")
	put(t, d, "Fleet", "slow", slow(200))
	put(t, d, "Fleet", "zealous", all)
	caller := session(t, d, "Fleet")
	if err := d.Authorize(t.Context(), caller, "s3:GetObject", "arn:aws:s3:::b/k", nil); err != nil {
		t.Errorf("a short resource: got %v", err)
	}
	err := d.Authorize(t.Context(), caller, "s3:GetObject", arn.ARN(slowARN+"a"), nil)
	if !errors.Is(err, fault.Denied) || !strings.Contains(err.Error(), "because the identity-based policy would take too long to evaluate") {
		t.Errorf("a long resource: got %v", err)
	}
	root := &iam.Caller{Account: account, Root: true, Limits: []policy.Named{{Name: "slow", Document: mustParse(t, slow(200))}, {Name: "all", Document: mustParse(t, all)}}}
	err = d.Authorize(t.Context(), root, "s3:GetObject", arn.ARN(slowARN), nil)
	if !errors.Is(err, fault.Denied) || !strings.Contains(err.Error(), "because the session policy would take too long") {
		t.Errorf("a session policy: got %v", err)
	}
	if got := d.TooLong.Load(); got != 2 {
		t.Errorf("got %d decisions counted that took too long, want 2", got)
	}
}

func mustParse(t *testing.T, document string) *policy.Document {
	t.Helper()
	doc, err := policy.Parse(document, policy.Identity)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// Session policies are held in the room that is theirs, however many there are.
func TestSessionPoliciesAreBounded(t *testing.T) {
	d := newDirectory(t)
	d.SessionPolicies = iam.NewSessionPolicies(1 << 20)
	for i := range 3000 {
		document := allow(fmt.Sprint("s3:Get", i), "arn:aws:s3:::"+strings.Repeat("?", 1800))
		doc, err := d.Compiled("AROA1", document)
		if err != nil {
			t.Fatal(err)
		}
		if again, _ := d.Compiled("AROA1", document); again != doc {
			t.Fatal("it was compiled twice")
		}
	}
	use := d.SessionPolicies.Use()
	if use.Bytes > 1<<20/16 || use.Evictions == 0 {
		t.Errorf("one role's sessions fill %d bytes, %d were pushed out", use.Bytes, use.Evictions)
	}
	if _, err := d.Compiled("AROA1", "{}"); !errors.Is(err, fault.Malformed) {
		t.Errorf("no policy: got %v", err)
	}
}

// No policy of AWS's own comes near the limit, not even with ten of the largest
// and a long resource.
func TestPoliciesOfAWSTakeNotTooLong(t *testing.T) {
	d := newDirectory(t)
	p, err := d.Policies(t.Context(), account, iam.PolicyFilter{AWS: true}, page.Request{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	var all []policy.Named
	for _, item := range p.Items {
		doc, err := d.InForce(t.Context(), account, "AROA1", item.ARN())
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, policy.Named{Name: string(item.ARN()), Document: doc})
	}
	slices.SortFunc(all, func(a, b policy.Named) int { return b.Document.Weight() - a.Document.Weight() })
	r := &policy.Request{Action: "s3:NoSuchThing", Resource: "arn:aws:s3:::" + strings.Repeat("sage-iot-aws-", 80)}
	for _, docs := range [][]policy.Named{all[:min(10, len(all))], all[:1], all} {
		if e := policy.Explain(docs, r); e.Costly || e.Steps > 3*policy.MaxSteps {
			t.Errorf("%d policies: %d steps for decision and reasons", len(docs), e.Steps)
		} else {
			t.Logf("%d policies: %d steps for decision and reasons", len(docs), e.Steps)
		}
	}
}
