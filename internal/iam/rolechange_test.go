package iam_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/fault"
	"muster/internal/iam"
	"muster/internal/page"
	"muster/internal/policy"
)

func TestUpdateRole(t *testing.T) {
	const long = "0123456789"
	for _, tc := range []struct {
		name     string
		role     string
		update   iam.RoleUpdate
		want     error
		describe string
		session  time.Duration
	}{
		{"both", "r", iam.RoleUpdate{Description: new("new"), MaxSession: 2 * time.Hour}, nil, "new", 2 * time.Hour},
		{"no description", "r", iam.RoleUpdate{MaxSession: 2 * time.Hour}, nil, "old", 2 * time.Hour},
		{"an empty description", "r", iam.RoleUpdate{Description: new(""), MaxSession: 2 * time.Hour}, nil, "", 2 * time.Hour},
		{"no length of sessions", "r", iam.RoleUpdate{Description: new("new")}, nil, "new", time.Hour},
		{"sessions too short", "r", iam.RoleUpdate{Description: new("new"), MaxSession: time.Minute}, fault.Invalid, "old", 12 * time.Hour},
		{"sessions too long", "r", iam.RoleUpdate{MaxSession: 13 * time.Hour}, fault.Invalid, "old", 12 * time.Hour},
		{"a long description", "r", iam.RoleUpdate{Description: new(strings.Repeat(long, 101))}, fault.Invalid, "old", 12 * time.Hour},
		{"no such role", "x", iam.RoleUpdate{}, fault.NotFound, "old", 12 * time.Hour},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := newDirectory(t)
			_, err := d.CreateRole(t.Context(), iam.Role{Account: account, Name: "r", TrustDocument: trusting, Description: "old", MaxSession: 12 * time.Hour})
			if err != nil {
				t.Fatal(err)
			}
			if err := d.UpdateRole(t.Context(), account, tc.role, tc.update); !errors.Is(err, tc.want) {
				t.Errorf("UpdateRole: got %v, want %v", err, tc.want)
			}
			if r, err := d.Role(t.Context(), account, "r"); err != nil || r.Description != tc.describe || r.MaxSession != tc.session {
				t.Errorf("got %q, %v, %v, want %q, %v", r.Description, r.MaxSession, err, tc.describe, tc.session)
			}
		})
	}
}

func TestAnotherTrustPolicyCountsAtOnce(t *testing.T) {
	d := newDirectory(t)
	createRole(t, d, "r")
	trusts := func(service string) bool {
		t.Helper()
		role, err := d.Role(t.Context(), account, "r")
		if err != nil {
			t.Fatal(err)
		}
		return role.Trusts(policy.Principal{Service: service}, "sts:AssumeRole", nil).Verdict == policy.Allow
	}
	if !trusts("sagemaker.amazonaws.com") || trusts("credentials.iot.amazonaws.com") {
		t.Fatal("the first trust policy doesn't count")
	}
	if err := d.UpdateTrust(t.Context(), account, "r", strings.Replace(trusting, "sagemaker", "credentials.iot", 1)); err != nil {
		t.Fatal(err)
	}
	if trusts("sagemaker.amazonaws.com") || !trusts("credentials.iot.amazonaws.com") {
		t.Error("the new trust policy doesn't count")
	}
	for name, tc := range map[string]struct {
		role, document string
		want           error
	}{
		"no such role":                     {"x", trusting, fault.NotFound},
		"no such role and no trust policy": {"x", "{}", fault.NotFound},
		"no trust policy":                  {"r", allow("s3:GetObject", "*"), fault.Malformed},
		"a long one":                       {"r", strings.Replace(trusting, "sagemaker", strings.Repeat("s", 2048), 1), fault.LimitExceeded},
	} {
		if err := d.UpdateTrust(t.Context(), account, tc.role, tc.document); !errors.Is(err, tc.want) {
			t.Errorf("%s: got %v, want %v", name, err, tc.want)
		}
	}
	if !trusts("credentials.iot.amazonaws.com") {
		t.Error("a refused trust policy took the place of the one there was")
	}
}

func TestTagsOfARole(t *testing.T) {
	tags := func(pairs ...string) (all []iam.Tag) {
		for _, p := range pairs {
			key, value, _ := strings.Cut(p, "=")
			all = append(all, iam.Tag{Key: key, Value: value})
		}
		return all
	}
	var fifty []iam.Tag
	for i := range iam.MaxTags {
		fifty = append(fifty, iam.Tag{Key: fmt.Sprint(i)})
	}
	for _, tc := range []struct {
		name  string
		had   []iam.Tag
		given []iam.Tag
		want  error
		has   []iam.Tag
	}{
		{"the first", nil, tags("b=2", "a=1"), nil, tags("a=1", "b=2")},
		{"one more", tags("b=2"), tags("c="), nil, tags("b=2", "c=")},
		{"in place of another", tags("Team=a", "b=2"), tags("team=b"), nil, tags("b=2", "team=b")},
		{"the same key twice", nil, tags("Team=a", "team=b"), fault.Invalid, nil},
		{"a key of AWS's", nil, tags("aws:team=a"), fault.Invalid, nil},
		{"a key of AWS's in capitals", nil, tags("AWS:team=a"), fault.Invalid, nil},
		{"no key", nil, tags("=a"), fault.Invalid, nil},
		{"one too many", fifty, tags("x=1"), fault.LimitExceeded, nil},
		{"in place of one of fifty", fifty, tags("7=x"), nil, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := newDirectory(t)
			if _, err := d.CreateRole(t.Context(), iam.Role{Account: account, Name: "r", TrustDocument: trusting, Tags: tc.had}); err != nil {
				t.Fatal(err)
			}
			if err := d.Tag(t.Context(), iam.RoleNamed(account, "r"), tc.given); !errors.Is(err, tc.want) {
				t.Errorf("TagRole: got %v, want %v", err, tc.want)
			}
			got, err := d.Tags(t.Context(), iam.RoleNamed(account, "r"), page.Request{Limit: 100})
			if err != nil || tc.has != nil && !cmp.Equal(got.Items, tc.has) || tc.want != nil && len(got.Items) != len(tc.had) {
				t.Errorf("RoleTags: got %v, %v, want %v", got.Items, err, tc.has)
			}
			if _, err := d.CreateRole(t.Context(), iam.Role{Account: account, Name: "s", TrustDocument: trusting, Tags: tc.given}); tc.had == nil && !errors.Is(err, tc.want) {
				t.Errorf("CreateRole with them: got %v, want %v", err, tc.want)
			}
		})
	}

	d := newDirectory(t)
	createRole(t, d, "r")
	if err := d.Tag(t.Context(), iam.RoleNamed(account, "r"), tags("a=1", "b=2", "c=3")); err != nil {
		t.Fatal(err)
	}
	if err := d.Untag(t.Context(), iam.RoleNamed(account, "r"), []string{"B", "z"}); err != nil {
		t.Fatal(err)
	}
	first, err := d.Tags(t.Context(), iam.RoleNamed(account, "r"), page.Request{Limit: 1})
	if err != nil || !cmp.Equal(first.Items, tags("a=1")) {
		t.Errorf("the first page: got %v, %v", first, err)
	}
	last, err := d.Tags(t.Context(), iam.RoleNamed(account, "r"), page.Request{Limit: 1, Token: first.Next})
	if err != nil || !cmp.Equal(last.Items, tags("c=3")) || last.Next != "" {
		t.Errorf("the last page: got %v, %v", last, err)
	}
	for name, err := range map[string]error{
		"TagRole":   d.Tag(t.Context(), iam.RoleNamed(account, "x"), tags("a=1")),
		"UntagRole": d.Untag(t.Context(), iam.RoleNamed(account, "x"), []string{"a"}),
	} {
		if !errors.Is(err, fault.NotFound) {
			t.Errorf("%s of no role: got %v, want %v", name, err, fault.NotFound)
		}
	}
}

// What a role is tagged with is known of its sessions, from the next request
// on; nothing of a request can pass for it.
func TestPoliciesAskForTheTagsOfTheCaller(t *testing.T) {
	d := newDirectory(t)
	createRole(t, d, "r")
	put(t, d, "r", "p", when(`{"StringEquals":{"aws:PrincipalTag/Team":"edge"}}`))
	extra := policy.Context{"aws:principaltag/team": {"edge"}}
	may := func(c *iam.Caller) bool { return d.Authorize(t.Context(), c, "iot:CreateThing", thing, extra) == nil }
	tag := func(value string) {
		t.Helper()
		if err := d.Tag(t.Context(), iam.RoleNamed(account, "r"), []iam.Tag{{Key: "team", Value: value}}); err != nil {
			t.Fatal(err)
		}
	}
	tag("pumps")
	if may(session(t, d, "r")) {
		t.Error("allowed with another value")
	}
	tag("edge")
	if !may(session(t, d, "r")) {
		t.Error("refused with the value asked for")
	}
	tagged := session(t, d, "r")
	tagged.Context.Set("aws:PrincipalTag/team", "pumps")
	if may(tagged) {
		t.Error("allowed though the session's own tag says otherwise")
	}
	if err := d.Untag(t.Context(), iam.RoleNamed(account, "r"), []string{"team"}); err != nil {
		t.Fatal(err)
	}
	if c := session(t, d, "r"); d.Authorize(t.Context(), c, "iot:CreateThing", thing, nil) == nil {
		t.Error("allowed without the tag")
	}
}

func TestRoles(t *testing.T) {
	d := newDirectory(t)
	createRole(t, d, "r")
	if got, err := d.Roles(t.Context(), account, "/", page.Request{Limit: 10}); err != nil || len(got.Items) != 1 || got.Items[0].Name != "r" {
		t.Errorf("Roles: got %v, %v", got, err)
	}
	if _, err := d.Roles(t.Context(), account, "edge/", page.Request{Limit: 10}); !errors.Is(err, fault.Invalid) {
		t.Errorf("a prefix that is none: got %v, want %v", err, fault.Invalid)
	}
}
