package iotpolicy_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"muster/internal/fault"
	"muster/internal/iotpolicy"
	"muster/internal/page"
	"muster/internal/policy"
)

const denyAll = `{"Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}`

// versions are the numbers of a policy's versions, the default one in brackets.
func versions(t *testing.T, p *iotpolicy.Policies, name string) string {
	t.Helper()
	all, err := p.Versions(t.Context(), scope, name)
	if err != nil {
		t.Fatal(err)
	}
	var numbers []any
	for _, v := range all {
		if v.Default {
			numbers = append(numbers, []int{v.Number})
		} else {
			numbers = append(numbers, v.Number)
		}
	}
	return fmt.Sprint(numbers...)
}

func version(t *testing.T, p *iotpolicy.Policies, name, document string, asDefault bool) {
	t.Helper()
	if _, err := p.CreateVersion(t.Context(), scope, name, document, asDefault); err != nil {
		t.Fatal(err)
	}
}

// What a version changes holds for the very next decision about a device, and
// what it doesn't make the default changes nothing.
func TestADecisionFollowsTheDefaultVersion(t *testing.T) {
	p := newPolicies(t)
	create(t, p, "p")
	attach(t, p, "p", certOne)
	for _, step := range []struct {
		name     string
		do       func() error
		versions string
		verdict  policy.Verdict
	}{
		{"as made", func() error { return nil }, "[1]", policy.Allow},
		{"another version, not the default", func() error { version(t, p, "p", denyAll, false); return nil }, "2 [1]", policy.Allow},
		{"made the default", func() error { return p.SetDefaultVersion(t.Context(), scope, "p", "2") }, "[2] 1", policy.Deny},
		{"made the default again", func() error { return p.SetDefaultVersion(t.Context(), scope, "p", "2") }, "[2] 1", policy.Deny},
		{"and back", func() error { return p.SetDefaultVersion(t.Context(), scope, "p", "1") }, "2 [1]", policy.Allow},
		{"a version that is the default at once", func() error { version(t, p, "p", denyAll, true); return nil }, "[3] 2 1", policy.Deny},
		{"another of them deleted", func() error { return p.DeleteVersion(t.Context(), scope, "p", "1") }, "[3] 2", policy.Deny},
		{"and one more made", func() error { version(t, p, "p", document, true); return nil }, "[4] 3 2", policy.Allow},
	} {
		if err := step.do(); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		if _, verdict := effective(t, p, certOne); verdict != step.verdict || versions(t, p, "p") != step.versions {
			t.Errorf("%s: got %v of %s, want %v of %s", step.name, verdict, versions(t, p, "p"), step.verdict, step.versions)
		}
	}
}

func TestVersions(t *testing.T) {
	p := newPolicies(t)
	create(t, p, "p")
	first, err := p.Get(t.Context(), scope, "p")
	if err != nil {
		t.Fatal(err)
	}
	version(t, p, "p", denyAll, false)
	for id, want := range map[string]iotpolicy.Version{
		"1": {PolicyID: first.ID, Number: 1, Document: document, Default: true},
		"2": {PolicyID: first.ID, Number: 2, Document: denyAll},
	} {
		got, err := p.Version(t.Context(), scope, "p", id)
		if want.Created = got.Created; err != nil || got != want || got.Created.IsZero() {
			t.Errorf("version %s: got %+v, %v, want %+v", id, got, err, want)
		}
	}
	for _, tc := range []struct {
		name, policy, id, sentence string
	}{
		{"no policy", "q", "1", "Policy not found: q"},
		{"no such version", "p", "3", "Policy version not found: version 3 of policy p"},
		{"zero", "p", "0", "Policy version not found: version 0 of policy p"},
		{"the default one, written otherwise", "p", "01", "Policy version not found: version 01 of policy p"},
		{"a number past all counting", "p", "99999999999999999999", "Policy version not found: version 99999999999999999999 of policy p"},
	} {
		_, got := p.Version(t.Context(), scope, tc.policy, tc.id)
		for what, err := range map[string]error{
			"Version": got, "SetDefaultVersion": p.SetDefaultVersion(t.Context(), scope, tc.policy, tc.id), "DeleteVersion": p.DeleteVersion(t.Context(), scope, tc.policy, tc.id),
		} {
			if !errors.Is(err, fault.NotFound) || err.Error() != tc.sentence {
				t.Errorf("%s, %s: got %v, want %q", tc.name, what, err, tc.sentence)
			}
		}
	}
	if _, err := p.Versions(t.Context(), scope, "q"); !errors.Is(err, fault.NotFound) {
		t.Errorf("Versions of no policy: got %v, want %v", err, fault.NotFound)
	}
	if _, err := p.Versions(t.Context(), west, "p"); !errors.Is(err, fault.NotFound) {
		t.Errorf("Versions in another region: got %v, want %v", err, fault.NotFound)
	}
	if got := versions(t, p, "p"); got != "2 [1]" {
		t.Errorf("the refused left %s", got)
	}
}

func TestCreateVersionRefused(t *testing.T) {
	p := newPolicies(t)
	create(t, p, "p")
	for _, tc := range []struct {
		name, policy, document string
		want                   error
	}{
		{"no policy", "q", document, fault.NotFound},
		{"not JSON", "p", "{", fault.Malformed},
		{"a key twice", "p", `{"Statement":{"Effect":"Deny","Effect":"Allow","Action":"*","Resource":"*"}}`, fault.Malformed},
	} {
		if _, err := p.CreateVersion(t.Context(), scope, tc.policy, tc.document, true); !errors.Is(err, tc.want) {
			t.Errorf("%s: got %v, want %v", tc.name, err, tc.want)
		}
	}
	if got := versions(t, p, "p"); got != "[1]" {
		t.Errorf("the refused left %s", got)
	}
}

func TestVersionsAtTheLimit(t *testing.T) {
	p := newPolicies(t)
	create(t, p, "p")
	for range iotpolicy.MaxVersions - 2 {
		version(t, p, "p", document, false)
	}
	// Many race for the fifth place.
	var won atomic.Int32
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			_, err := p.CreateVersion(t.Context(), scope, "p", denyAll, true)
			switch {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, fault.LimitExceeded) || err.Error() != "The policy p already has the maximum number of versions (5)":
				t.Errorf("CreateVersion: got %v, want %v", err, fault.LimitExceeded)
			}
		})
	}
	wg.Wait()
	if got := versions(t, p, "p"); won.Load() != 1 || got != "[5] 4 3 2 1" {
		t.Errorf("%d won, versions %s", won.Load(), got)
	}
	if err := p.DeleteVersion(t.Context(), scope, "p", "5"); !errors.Is(err, fault.InUse) {
		t.Errorf("deleting the default version: got %v, want %v", err, fault.InUse)
	}
	if err := p.DeleteVersion(t.Context(), scope, "p", "3"); err != nil {
		t.Fatal(err)
	}
	version(t, p, "p", document, false)
	if got := versions(t, p, "p"); got != "6 [5] 4 2 1" {
		t.Errorf("got %s, want a number never used before", got)
	}
}

func TestAPolicyGoesWithItsLastVersionOnly(t *testing.T) {
	p := newPolicies(t)
	create(t, p, "p")
	version(t, p, "p", document, true)
	err := p.Delete(t.Context(), scope, "p")
	const want = "Cannot delete the policy because it has one or more policy versions attached to it (name=p)"
	if !errors.Is(err, fault.InUse) || err.Error() != want {
		t.Errorf("Delete with two versions: got %v, want %q", err, want)
	}
	if err := p.DeleteVersion(t.Context(), scope, "p", "1"); err != nil {
		t.Fatal(err)
	}
	if err := p.Delete(t.Context(), scope, "p"); err != nil {
		t.Errorf("Delete: %v", err)
	}
	create(t, p, "p")
	if got := versions(t, p, "p"); got != "[1]" {
		t.Errorf("one made anew has versions %s", got)
	}
}

func TestTargetsOfAPolicy(t *testing.T) {
	p := newPolicies(t)
	now := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	p.Now = func() time.Time { now = now.Add(time.Second); return now }
	create(t, p, "p", "q")
	attach(t, p, "p", certTwo)
	attach(t, p, "p", certOne)
	attach(t, p, "q", certOne)
	got, err := p.Targets(t.Context(), scope, "p", page.Request{Limit: 9})
	if want := fmt.Sprint([]any{scope.Certificate(certTwo), scope.Certificate(certOne)}); err != nil || fmt.Sprint(got.Items) != want {
		t.Errorf("Targets: got %v, %v, want %s", got.Items, err, want)
	}
	if _, err := p.Targets(t.Context(), scope, "r", page.Request{Limit: 9}); !errors.Is(err, fault.NotFound) {
		t.Errorf("Targets of no policy: got %v, want %v", err, fault.NotFound)
	}
}
