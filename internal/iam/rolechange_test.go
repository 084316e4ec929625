package iam_test

import (
	"errors"
	"strings"
	"testing"
	"time"

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
