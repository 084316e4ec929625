package iam_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/iam"
	"muster/internal/page"
)

func TestPolicyVersions(t *testing.T) {
	d := newDirectory(t)
	createRole(t, d, "r")
	document := allow("s3:GetObject", "*")
	a := createPolicy(t, d, "upload", document)
	version := func(document string, inForce bool) (string, error) {
		v, err := d.CreatePolicyVersion(t.Context(), account, a, document, inForce)
		return v.ID(), err
	}
	for _, want := range []string{"v2", "v3", "v4", "v5"} {
		if got, err := version(document, false); err != nil || got != want {
			t.Fatalf("CreatePolicyVersion: got %s, %v, want %s", got, err, want)
		}
	}
	if _, err := version(document, true); !errors.Is(err, fault.LimitExceeded) || !strings.Contains(err.Error(), "up to 5 versions") {
		t.Errorf("the sixth: got %v, want %v", err, fault.LimitExceeded)
	}
	first, err := d.PolicyVersions(t.Context(), account, a, page.Request{Limit: 3})
	if err != nil || !cmp.Equal(ids(first.Items), []string{"v5", "v4", "v3"}) || first.Items[0].Document != "" {
		t.Errorf("the first page: got %v, %v", first, err)
	}
	last, err := d.PolicyVersions(t.Context(), account, a, page.Request{Limit: 3, Token: first.Next})
	if err != nil || !cmp.Equal(ids(last.Items), []string{"v2", "v1"}) || last.Next != "" {
		t.Errorf("the last page: got %v, %v", last, err)
	}
	for _, tc := range []struct {
		name string
		err  error
		kind fault.Kind
		text string
	}{
		{"the one in force deleted", d.DeletePolicyVersion(t.Context(), account, a, "v1"), fault.InUse, "Cannot delete the default version of a policy."},
		{"the policy deleted", d.DeletePolicy(t.Context(), account, a), fault.InUse, "This policy has more than one version."},
		{"a version there isn't put in force", d.SetDefaultPolicyVersion(t.Context(), account, a, "v6"), fault.NotFound, "version v6 does not exist"},
		{"no version put in force", d.SetDefaultPolicyVersion(t.Context(), account, a, "v01"), fault.NotFound, "version v01 does not exist"},
		{"a version there isn't deleted", d.DeletePolicyVersion(t.Context(), account, a, "v6"), fault.NotFound, "version v6 does not exist"},
		{"of no policy deleted", d.DeletePolicyVersion(t.Context(), account, a+"s", "v1"), fault.NotFound, "was not found"},
		{"of no policy put in force", d.SetDefaultPolicyVersion(t.Context(), account, a+"s", "v1"), fault.NotFound, "was not found"},
		{"of AWS's own put in force", d.SetDefaultPolicyVersion(t.Context(), account, fleetARN, "v1"), fault.Denied, "managed by AWS"},
		{"of AWS's own deleted", d.DeletePolicyVersion(t.Context(), account, fleetARN, "v1"), fault.Denied, "managed by AWS"},
	} {
		if !errors.Is(tc.err, tc.kind) || !strings.Contains(tc.err.Error(), tc.text) {
			t.Errorf("%s: got %v, want %v with %q", tc.name, tc.err, tc.kind, tc.text)
		}
	}
	for _, tc := range []struct {
		name, document string
		policy         arn.ARN
		want           error
	}{
		{"no policy's document", trusting, a, fault.Malformed},
		{"an old version of the language", strings.Replace(document, "2012-10-17", "2008-10-17", 1), a, fault.Malformed},
		{"too long", allow("s3:GetObject", "arn:aws:s3:::"+strings.Repeat("x", 6144)), a, fault.LimitExceeded},
		{"of no policy", document, a + "s", fault.NotFound},
		{"of AWS's own", document, fleetARN, fault.Denied},
		{"of no policy's ARN", document, "arn:aws:iam::000000000000:role/r", fault.Invalid},
	} {
		if _, err := d.CreatePolicyVersion(t.Context(), account, tc.policy, tc.document, true); !errors.Is(err, tc.want) {
			t.Errorf("%s: got %v, want %v", tc.name, err, tc.want)
		}
	}
	for _, id := range []string{"v2", "v3", "v4", "v5"} {
		if err := d.DeletePolicyVersion(t.Context(), account, a, id); err != nil {
			t.Error(err)
		}
	}
	if got, err := version(document, true); err != nil || got != "v6" {
		t.Errorf("after all others are deleted: got %s, %v, want v6", got, err)
	}
	if own, err := d.PolicyVersions(t.Context(), account, fleetARN, page.Request{Limit: 9}); err != nil || !cmp.Equal(ids(own.Items), []string{"v1"}) {
		t.Errorf("of AWS's own: got %v, %v", own, err)
	}
}

func ids(versions []iam.Version) (all []string) {
	for _, v := range versions {
		all = append(all, v.ID())
	}
	return all
}

// Each way to change what is in force is felt by the next decision.
func TestTheVersionInForceDecides(t *testing.T) {
	d := newDirectory(t)
	createRole(t, d, "r")
	a := createPolicy(t, d, "things", allow("iot:CreateThing", "*"))
	attach(t, d, "r", a)
	user, err := d.CreateUser(t.Context(), iam.User{Account: account, Name: "ana"})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Attach(t.Context(), iam.UserNamed(account, "ana"), a); err != nil {
		t.Fatal(err)
	}
	create := func(document string, inForce bool) func() error {
		return func() error {
			_, err := d.CreatePolicyVersion(t.Context(), account, a, document, inForce)
			return err
		}
	}
	put := func(id string) func() error {
		return func() error { return d.SetDefaultPolicyVersion(t.Context(), account, a, id) }
	}
	for _, step := range []struct {
		name   string
		change func() error
		want   bool
	}{
		{"the first", func() error { return nil }, true},
		{"a denial not in force", create(statement("Deny", "iot:*", "*"), false), true},
		{"put in force", put("v2"), false},
		{"the first again", put("v1"), true},
		{"another in force as it is made", create(allow("s3:*", "*"), true), false},
		{"and an allowance", create(allow("iot:*", "*"), true), true},
		{"versions not in force deleted", func() error { return d.DeletePolicyVersion(t.Context(), account, a, "v1") }, true},
	} {
		if err := step.change(); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		if got := d.Authorize(t.Context(), session(t, d, "r"), "iot:CreateThing", thing, nil) == nil; got != step.want {
			t.Errorf("%s: got %v, want %v", step.name, got, step.want)
		}
		ana, err := d.UserByID(t.Context(), account, user.ID)
		if err != nil {
			t.Fatal(err)
		}
		caller := &iam.Caller{Account: account, ARN: user.ARN(), User: ana}
		if got := d.Authorize(t.Context(), caller, "iot:CreateThing", thing, nil) == nil; got != step.want {
			t.Errorf("%s, of a user: got %v, want %v", step.name, got, step.want)
		}
	}
}

func TestListsOfPolicies(t *testing.T) {
	d := newDirectory(t)
	createRole(t, d, "r")
	a, b := createPolicy(t, d, "a", allow("s3:*", "*")), createPolicy(t, d, "b", allow("s3:*", "*"))
	attach(t, d, "r", b)
	attach(t, d, "r", fleetARN)
	list := func(f iam.PolicyFilter, r page.Request) (all []arn.ARN, next string) {
		t.Helper()
		got, err := d.Policies(t.Context(), account, f, r)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range got.Items {
			all = append(all, p.ARN())
		}
		return all, got.Next
	}
	var jobs []arn.ARN
	for _, name := range []string{"Billing", "DataScientist", "DatabaseAdministrator", "NetworkAdministrator", "SupportUser", "SystemAdministrator", "ViewOnlyAccess"} {
		jobs = append(jobs, arn.ARN("arn:aws:iam::aws:policy/job-function/"+name))
	}
	for _, tc := range []struct {
		name   string
		filter iam.PolicyFilter
		want   []arn.ARN
	}{
		{"own", iam.PolicyFilter{Own: true, Prefix: "/"}, []arn.ARN{a, b}},
		{"own attached", iam.PolicyFilter{Own: true, Prefix: "/", Attached: true}, []arn.ARN{b}},
		{"attached", iam.PolicyFilter{Own: true, AWS: true, Prefix: "/", Attached: true}, []arn.ARN{b, fleetARN}},
		{"AWS's of a path", iam.PolicyFilter{AWS: true, Prefix: "/job-function/"}, jobs},
		{"own of a path there isn't", iam.PolicyFilter{Own: true, Prefix: "/x/"}, nil},
	} {
		if got, _ := list(tc.filter, page.Request{Limit: 100}); !cmp.Equal(got, tc.want) {
			t.Errorf("%s: got %v, want %v", tc.name, got, tc.want)
		}
	}
	everything := iam.PolicyFilter{Own: true, AWS: true, Prefix: "/"}
	whole, _ := list(everything, page.Request{Limit: 1000})
	for _, limit := range []int{1, 2, 3, 7, 100, len(whole) - 1} {
		var all []arn.ARN
		for next := ""; len(all) == 0 || next != ""; {
			var some []arn.ARN
			some, next = list(everything, page.Request{Limit: limit, Token: next})
			all = append(all, some...)
		}
		if !cmp.Equal(all, whole) {
			t.Errorf("in pages of %d: got %v, want %v", limit, all, whole)
		}
	}
	got, err := d.Entities(t.Context(), account, fleetARN, "", "/", page.Request{Limit: 9})
	if err != nil || len(got.Items) != 1 || got.Items[0].Name != "r" || got.Items[0].Kind != iam.ARole {
		t.Errorf("Entities: got %v, %v", got, err)
	}
	if _, err := d.Entities(t.Context(), account, a+"s", "", "/", page.Request{Limit: 9}); !errors.Is(err, fault.NotFound) {
		t.Errorf("Entities of no policy: got %v, want %v", err, fault.NotFound)
	}
}
