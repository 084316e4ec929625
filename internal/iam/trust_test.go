package iam_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"muster/internal/arn"
	"muster/internal/fault"
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

// Whoever is trusted is there when the policy is given: a name that somebody
// gets later must not be trusted already.
func TestATrustPolicyNamesWhoIsThere(t *testing.T) {
	d := newDirectory(t)
	createRole(t, d, "there")
	if _, err := d.CreateUser(t.Context(), iam.User{Account: account, Name: "ana"}); err != nil {
		t.Fatal(err)
	}
	createRole(t, d, "r")
	for _, tc := range []struct {
		name, element string
		a             arn.ARN
		refused       bool
	}{
		{"a role", "Principal", arn.Role(account, "/", "there"), false},
		{"a user", "Principal", arn.User(account, "/", "ana"), false},
		{"a session of a role", "Principal", arn.AssumedRole(account, "there", "me"), false},
		{"the account", "Principal", arn.Root(account), false},
		{"nobody's role", "Principal", arn.Role(account, "/", "ghost"), true},
		{"nobody's user", "Principal", arn.User(account, "/", "ghost"), true},
		{"a session of nobody's role", "Principal", arn.AssumedRole(account, "ghost", "me"), true},
		{"a user under another path", "Principal", arn.User(account, "/team/", "ana"), true},
		{"nobody's role, spared", "NotPrincipal", arn.Role(account, "/", "ghost"), true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			document := trustingARN("Allow", tc.element, tc.a)
			if tc.element == "NotPrincipal" {
				document = trustingARN("Deny", tc.element, tc.a)
			}
			before, err := d.Role(t.Context(), account, "r")
			if err != nil {
				t.Fatal(err)
			}
			_, createErr := d.CreateRole(t.Context(), iam.Role{Account: account, Name: "new", TrustDocument: document})
			updateErr := d.UpdateTrust(t.Context(), account, "r", document)
			if !tc.refused {
				if createErr != nil || updateErr != nil {
					t.Fatalf("got %v and %v", createErr, updateErr)
				}
				if err := d.Delete(t.Context(), iam.RoleNamed(account, "new")); err != nil {
					t.Fatal(err)
				}
				return
			}
			want := fmt.Sprintf(`Invalid principal in policy: "AWS":"%s"`, tc.a)
			for name, err := range map[string]error{"CreateRole": createErr, "UpdateTrust": updateErr} {
				if !errors.Is(err, fault.Malformed) || err.Error() != want {
					t.Errorf("%s: got %v, want %s", name, err, want)
				}
			}
			if _, err := d.Role(t.Context(), account, "new"); !errors.Is(err, fault.NotFound) {
				t.Errorf("the role that was refused: got %v", err)
			}
			if after, err := d.Role(t.Context(), account, "r"); err != nil || after.TrustDocument != before.TrustDocument {
				t.Errorf("the policy that was there: got %s, %v", after.TrustDocument, err)
			}
		})
	}
}

// A session is trusted as one of the role that was there.
func TestASessionOfARoleMadeAnewIsNotTrusted(t *testing.T) {
	d := newDirectory(t)
	createRole(t, d, "caller")
	caller := session(t, d, "caller")
	if _, err := d.CreateRole(t.Context(), iam.Role{Account: account, Name: "r", TrustDocument: trustingARN("Allow", "Principal", caller.ARN)}); err != nil {
		t.Fatal(err)
	}
	said := func() policy.Verdict {
		role, err := d.Role(t.Context(), account, "r")
		if err != nil {
			t.Fatal(err)
		}
		return role.Trusts(session(t, d, "caller").Principal(), "sts:AssumeRole", nil).Verdict
	}
	if got := said(); got != policy.Allow {
		t.Errorf("of the role that was there: got %v", got)
	}
	if err := d.Delete(t.Context(), iam.RoleNamed(account, "caller")); err != nil {
		t.Fatal(err)
	}
	createRole(t, d, "caller")
	if got := said(); got != policy.Silent {
		t.Errorf("of another under its name: got %v", got)
	}
}

// Whoever is gone is shown by the unique id, also where another has the name,
// and in no other place than a principal's.
func TestWhoIsGoneIsShownByID(t *testing.T) {
	d := newDirectory(t)
	createRole(t, d, "caller")
	role, err := d.Role(t.Context(), account, "caller")
	if err != nil {
		t.Fatal(err)
	}
	name := string(role.ARN())
	const form = `{"Version": "2012-10-17", "Statement": [
		{"Sid": "Principal", "Effect": "Allow", "Principal": {"AWS": ["%[2]s", "000000000000", "%[3]s"], "Service": "iot.amazonaws.com"},
		 "Action": "sts:AssumeRole", "Condition": {"ArnEquals": {"aws:PrincipalArn": "%[1]s"}}},
		{"Effect": "Deny", "NotPrincipal": {"AWS": "%[4]s"}, "Action": "sts:TagSession"},
		{"Effect": "Allow", "Principal": "*", "Action": "sts:TagSession"}]}`
	escaped := strings.ReplaceAll(name, "/", `\/`)
	session := string(arn.AssumedRole(account, "caller", "me"))
	made, err := d.CreateRole(t.Context(), iam.Role{Account: account, Name: "r", TrustDocument: fmt.Sprintf(form, name, name, session, escaped)})
	if err != nil {
		t.Fatal(err)
	}
	shown := func() string {
		t.Helper()
		text, err := d.ShownTrust(t.Context(), made)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	if got := shown(); got != made.TrustDocument {
		t.Errorf("while it is there: got %s", got)
	}
	if err := d.Delete(t.Context(), iam.RoleNamed(account, "caller")); err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf(form, name, role.ID, role.ID+":me", role.ID)
	if got := shown(); got != want {
		t.Errorf("when it is gone: got %s, want %s", got, want)
	}
	createRole(t, d, "caller")
	if got := shown(); got != want {
		t.Errorf("when there is another: got %s, want %s", got, want)
	}
}
