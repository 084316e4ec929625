package iam_test

import (
	"fmt"
	"testing"

	"muster/internal/arn"
	"muster/internal/iam"
	"muster/internal/policy"
)

func trustingARN(effect, element string, a ...arn.ARN) string {
	list := ""
	for i, each := range a {
		if i > 0 {
			list += ","
		}
		list += fmt.Sprintf("%q", each)
	}
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"sts:TagSession"},
		{"Effect":"` + effect + `","` + element + `":{"AWS":[` + list + `]},"Action":"sts:AssumeRole"}]}`
}

// A trust policy means the role that had the name when the policy was given.
func TestARoleMadeAnewIsNotTrusted(t *testing.T) {
	caller := arn.Role(account, "/", "caller")
	anew := func(t *testing.T, d *iam.Directory) {
		t.Helper()
		if err := d.Delete(t.Context(), iam.RoleNamed(account, "caller")); err != nil {
			t.Fatal(err)
		}
		createRole(t, d, "caller")
	}
	said := func(t *testing.T, d *iam.Directory) policy.Verdict {
		t.Helper()
		role, err := d.Role(t.Context(), account, "r")
		if err != nil {
			t.Fatal(err)
		}
		return role.Trusts(session(t, d, "caller").Principal(), "sts:AssumeRole", nil).Verdict
	}
	for _, tc := range []struct {
		name, trust  string
		before, then policy.Verdict
	}{
		{"named", trustingARN("Allow", "Principal", caller), policy.Allow, policy.Silent},
		{"denied by name", trustingARN("Deny", "Principal", caller), policy.Deny, policy.Silent},
		{"spared from a denial", trustingARN("Deny", "NotPrincipal", arn.Root(account), caller, arn.AssumedRole(account, "caller", "me")), policy.Silent, policy.Deny},
		{"trusted with its account", trustingARN("Allow", "Principal", arn.Root(account)), policy.Allow, policy.Allow},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := newDirectory(t)
			createRole(t, d, "caller")
			if _, err := d.CreateRole(t.Context(), iam.Role{Account: account, Name: "r", TrustDocument: tc.trust}); err != nil {
				t.Fatal(err)
			}
			if got := said(t, d); got != tc.before {
				t.Errorf("of the role it meant: got %v, want %v", got, tc.before)
			}
			anew(t, d)
			if got := said(t, d); got != tc.then {
				t.Errorf("of another under its name: got %v, want %v", got, tc.then)
			}
			if err := d.UpdateTrust(t.Context(), account, "r", tc.trust); err != nil {
				t.Fatal(err)
			}
			if got := said(t, d); got != tc.before {
				t.Errorf("of the other, when it is given again: got %v, want %v", got, tc.before)
			}
		})
	}
}

func TestAUserMadeAnewIsNotTrusted(t *testing.T) {
	d := newDirectory(t)
	said := func(u iam.User) policy.Verdict {
		t.Helper()
		role, err := d.Role(t.Context(), account, "r")
		if err != nil {
			t.Fatal(err)
		}
		c := iam.Caller{Account: account, ARN: u.ARN(), User: &iam.UserEntry{User: u}}
		return role.Trusts(c.Principal(), "sts:AssumeRole", nil).Verdict
	}
	make := func() iam.User {
		t.Helper()
		u, err := d.CreateUser(t.Context(), iam.User{Account: account, Name: "ana"})
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	ana := make()
	if _, err := d.CreateRole(t.Context(), iam.Role{Account: account, Name: "r", TrustDocument: trustingARN("Allow", "Principal", ana.ARN())}); err != nil {
		t.Fatal(err)
	}
	if got := said(ana); got != policy.Allow {
		t.Errorf("of the user it meant: got %v, want %v", got, policy.Allow)
	}
	if err := d.Delete(t.Context(), iam.UserNamed(account, "ana")); err != nil {
		t.Fatal(err)
	}
	if got := said(make()); got != policy.Silent {
		t.Errorf("of another under that name: got %v, want %v", got, policy.Silent)
	}
}
