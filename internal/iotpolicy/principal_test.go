package iotpolicy_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/page"
)

// The older calls know certificates only, and miss what isn't attached.
func TestPrincipals(t *testing.T) {
	const only = "The given ARN does not represent a cert"
	cert := string(scope.Certificate(certOne))
	for _, tc := range []struct {
		name, policy, principal string
		attach, detach, list    error
		sentence                string // of all three
	}{
		{"a certificate", "p", cert, nil, nil, nil, ""},
		{"no policy", "q", cert, fault.NotFound, fault.NotFound, nil, ""},
		{"no certificate", "p", string(scope.Certificate(strings.Repeat("3", 64))), fault.NotFound, fault.NotFound, fault.NotFound, ""},
		{"a certificate of another region", "p", string(west.Certificate(certTwo)), fault.NotFound, fault.NotFound, fault.NotFound, ""},
		{"a thing group", "p", "arn:aws:iot:us-east-1:000000000000:thinggroup/g", fault.Invalid, fault.Invalid, fault.Invalid, only},
		{"a thing", "p", string(scope.Thing("pump-7")), fault.Invalid, fault.Invalid, fault.Invalid, only},
		{"a role", "p", string(arn.Role(scope.Account, "/", "cert/r")), fault.Invalid, fault.Invalid, fault.Invalid, only},
		{"a certificate id", "p", certOne, fault.Invalid, fault.Invalid, fault.Invalid, ""},
		{"nothing", "p", "", fault.Invalid, fault.Invalid, fault.Invalid, ""},
		{"an identity of Cognito", "p", "us-east-1:7f2b1f62-0000-4000-8000-000000000000", fault.NotImplemented, fault.NotImplemented, fault.NotImplemented, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := newPolicies(t)
			create(t, p, "p")
			says := func(call string, err, want error) {
				t.Helper()
				if !errors.Is(err, want) || want == nil && err != nil || tc.sentence != "" && err.Error() != tc.sentence {
					t.Errorf("%s: got %v, want %v %s", call, err, want, tc.sentence)
				}
			}
			for range 2 {
				says("AttachPrincipal", p.AttachPrincipal(t.Context(), scope, tc.policy, tc.principal), tc.attach)
			}
			got, err := p.AttachedToPrincipal(t.Context(), scope, tc.principal, page.Request{Limit: 9})
			says("AttachedToPrincipal", err, tc.list)
			if attached := tc.attach == nil; attached != (len(got.Items) == 1) {
				t.Errorf("attached are %v", got.Items)
			}
			says("DetachPrincipal", p.DetachPrincipal(t.Context(), scope, tc.policy, tc.principal), tc.detach)
			if tc.detach != nil {
				return
			}
			if got, err := p.AttachedToPrincipal(t.Context(), scope, tc.principal, page.Request{Limit: 9}); err != nil || len(got.Items) != 0 {
				t.Errorf("after that: got %v, %v", got.Items, err)
			}
			says("DetachPrincipal again", p.DetachPrincipal(t.Context(), scope, tc.policy, tc.principal), fault.NotFound)
		})
	}
}

// Both ways to attach are one: what either attached either lists and detaches,
// in the order of attachment.
func TestPrincipalsAreTargets(t *testing.T) {
	p := newPolicies(t)
	now := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	p.Now = func() time.Time { now = now.Add(time.Second); return now }
	create(t, p, "a", "b", "c")
	cert := string(scope.Certificate(certOne))
	attach(t, p, "c", certOne)
	for _, name := range []string{"a", "b"} {
		if err := p.AttachPrincipal(t.Context(), scope, name, cert); err != nil {
			t.Fatal(err)
		}
	}
	for _, tc := range []struct {
		descending bool
		want       string
	}{{false, "[c a b]"}, {true, "[b a c]"}} {
		for call, list := range map[string]func() (page.Page[string], error){
			"Attached": func() (page.Page[string], error) {
				return p.Attached(t.Context(), scope, cert, page.Request{Limit: 9, Descending: tc.descending})
			},
			"AttachedToPrincipal": func() (page.Page[string], error) {
				return p.AttachedToPrincipal(t.Context(), scope, cert, page.Request{Limit: 9, Descending: tc.descending})
			},
		} {
			if got, err := list(); err != nil || fmt.Sprint(got.Items) != tc.want {
				t.Errorf("%s: got %v, %v, want %s", call, got.Items, err, tc.want)
			}
		}
	}
	if err := p.DetachPrincipal(t.Context(), scope, "c", cert); err != nil {
		t.Errorf("DetachPrincipal of what Attach attached: %v", err)
	}
	if err := p.Detach(t.Context(), scope, "a", cert); err != nil {
		t.Errorf("Detach of what AttachPrincipal attached: %v", err)
	}
	if names, verdict := effective(t, p, certOne); names != "[b]" {
		t.Errorf("what counts is %s, %v, want [b]", names, verdict)
	}
}
