package iam_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/iam"
	"muster/internal/index"
	"muster/internal/page"
	"muster/internal/store"
)

const (
	account  = "000000000000"
	trusting = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"sagemaker.amazonaws.com"},"Action":"sts:AssumeRole"}}`
	fleetARN = arn.ARN("arn:aws:iam::aws:policy/service-role/AmazonSageMakerEdgeDeviceFleetPolicy")
)

var made = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// allow is a policy of one statement.
func allow(action, resource string) string { return statement("Allow", action, resource) }

func statement(effect, action, resource string) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":%q,"Action":%q,"Resource":%q}]}`, effect, action, resource)
}

func newDirectory(t *testing.T) *iam.Directory {
	t.Helper()
	x := index.New(1024)
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "muster.db"), x)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	d := iam.New(db.IAM(), x)
	d.Now = func() time.Time { return made }
	return d
}

func createRole(t *testing.T, d *iam.Directory, name string) iam.Role {
	t.Helper()
	role, err := d.CreateRole(t.Context(), iam.Role{Account: account, Name: name, TrustDocument: trusting})
	if err != nil {
		t.Fatal(err)
	}
	return role
}

func put(t *testing.T, d *iam.Directory, role, name, document string) {
	t.Helper()
	if err := d.PutRolePolicy(t.Context(), account, role, iam.Inline{Name: name, Document: document}); err != nil {
		t.Fatal(err)
	}
}

func attach(t *testing.T, d *iam.Directory, role string, a arn.ARN) {
	t.Helper()
	if err := d.AttachRolePolicy(t.Context(), account, role, a); err != nil {
		t.Fatal(err)
	}
}

func createPolicy(t *testing.T, d *iam.Directory, name, document string) arn.ARN {
	t.Helper()
	p, err := d.CreatePolicy(t.Context(), iam.ManagedPolicy{Account: account, Name: name}, document)
	if err != nil {
		t.Fatal(err)
	}
	return p.ARN()
}

func TestCreateRole(t *testing.T) {
	for _, tc := range []struct {
		name string
		role iam.Role
		want error
	}{
		{"the least", iam.Role{Name: "r", TrustDocument: trusting}, nil},
		{"everything", iam.Role{Name: "r", Path: "/a/b/", TrustDocument: trusting, Description: "für Pumpen", MaxSession: 12 * time.Hour}, nil},
		{"a name of 64", iam.Role{Name: strings.Repeat("r", 64), TrustDocument: trusting}, nil},
		{"a name of 65", iam.Role{Name: strings.Repeat("r", 65), TrustDocument: trusting}, fault.Invalid},
		{"no name", iam.Role{TrustDocument: trusting}, fault.Invalid},
		{"a slash in the name", iam.Role{Name: "a/b", TrustDocument: trusting}, fault.Invalid},
		{"a path of nothing", iam.Role{Name: "r", Path: "//", TrustDocument: trusting}, fault.Invalid},
		{"a path without an end", iam.Role{Name: "r", Path: "/a", TrustDocument: trusting}, fault.Invalid},
		{"sessions too short", iam.Role{Name: "r", TrustDocument: trusting, MaxSession: 3599 * time.Second}, fault.Invalid},
		{"sessions too long", iam.Role{Name: "r", TrustDocument: trusting, MaxSession: 43201 * time.Second}, fault.Invalid},
		{"a long description", iam.Role{Name: "r", TrustDocument: trusting, Description: strings.Repeat("d", 1001)}, fault.Invalid},
		{"no trust policy", iam.Role{Name: "r"}, fault.Malformed},
		{"a trust policy with a resource", iam.Role{Name: "r", TrustDocument: allow("sts:AssumeRole", "*")}, fault.Malformed},
		{"a long trust policy", iam.Role{Name: "r", TrustDocument: strings.Replace(trusting, "sagemaker", strings.Repeat("s", 2048), 1)}, fault.LimitExceeded},
		{"a name taken in another case", iam.Role{Name: "TAKEN", TrustDocument: trusting}, fault.AlreadyExists},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := newDirectory(t)
			createRole(t, d, "taken")
			tc.role.Account = account
			role, err := d.CreateRole(t.Context(), tc.role)
			if !errors.Is(err, tc.want) {
				t.Fatalf("CreateRole: got %v, want %v", err, tc.want)
			}
			if err != nil {
				return
			}
			entry, err := d.RoleByARN(t.Context(), role.ARN())
			if err != nil || !cmp.Equal(entry.Role, role) || entry.Trust == nil {
				t.Errorf("RoleByARN: got %+v, %v, want %+v", entry, err, role)
			}
			if len(role.ID) != 20 || !strings.HasPrefix(role.ID, "AROA") || role.Created != made {
				t.Errorf("got id %q, created %v", role.ID, role.Created)
			}
		})
	}
}

func TestARoleIsFoundByItsWholeARN(t *testing.T) {
	d := newDirectory(t)
	if _, err := d.CreateRole(t.Context(), iam.Role{Account: account, Name: "r", Path: "/edge/", TrustDocument: trusting}); err != nil {
		t.Fatal(err)
	}
	for name, a := range map[string]arn.ARN{
		"without its path": arn.Role(account, "/", "r"), "another path": arn.Role(account, "/x/", "r"),
		"another case": arn.Role(account, "/edge/", "R"), "another account": arn.Role("111111111111", "/edge/", "r"),
		"no role": "arn:aws:iam::000000000000:user/edge/r",
	} {
		if _, err := d.RoleByARN(t.Context(), a); !errors.Is(err, fault.NotFound) {
			t.Errorf("%s: got %v, want %v", name, err, fault.NotFound)
		}
	}
}

func TestDeleteRole(t *testing.T) {
	d := newDirectory(t)
	createRole(t, d, "r")
	put(t, d, "r", "p", allow("s3:GetObject", "*"))
	attach(t, d, "r", fleetARN)
	refused := func(kind fault.Kind, sentence string) {
		t.Helper()
		if err := d.DeleteRole(t.Context(), account, "r"); !errors.Is(err, kind) || err.Error() != sentence {
			t.Errorf("DeleteRole: got %v, want %q", err, sentence)
		}
	}
	refused(fault.InUse, "Cannot delete entity, must detach all policies first.")
	if err := d.DetachRolePolicy(t.Context(), account, "r", fleetARN); err != nil {
		t.Fatal(err)
	}
	refused(fault.InUse, "Cannot delete entity, must delete policies first.")
	if err := d.DeleteRolePolicy(t.Context(), account, "r", "p"); err != nil {
		t.Fatal(err)
	}
	if err := d.DeleteRole(t.Context(), account, "r"); err != nil {
		t.Fatal(err)
	}
	refused(fault.NotFound, "The role with name r cannot be found.")
}

func TestAnotherRoleOfTheSameNameIsAnotherRole(t *testing.T) {
	d := newDirectory(t)
	old := createRole(t, d, "r")
	if _, err := d.RoleByID(t.Context(), account, old.ID); err != nil {
		t.Fatal(err)
	}
	if err := d.DeleteRole(t.Context(), account, "r"); err != nil {
		t.Fatal(err)
	}
	if _, err := d.RoleByID(t.Context(), account, old.ID); !errors.Is(err, fault.NotFound) {
		t.Errorf("a deleted role: got %v, want %v", err, fault.NotFound)
	}
	if again := createRole(t, d, "r"); again.ID == old.ID {
		t.Fatal("the id was used again")
	}
	if _, err := d.RoleByID(t.Context(), account, old.ID); !errors.Is(err, fault.NotFound) {
		t.Errorf("the old id: got %v, want %v", err, fault.NotFound)
	}
}

func TestInlinePolicies(t *testing.T) {
	d := newDirectory(t)
	createRole(t, d, "r")
	for _, name := range []string{"c", "a", "b"} {
		put(t, d, "r", name, allow("s3:GetObject", "arn:aws:s3:::"+name))
	}
	got, err := d.RolePolicies(t.Context(), account, "r", page.Request{Limit: 2})
	if err != nil || !cmp.Equal(got.Items, []string{"a", "b"}) {
		t.Errorf("the first page: got %v, %v", got, err)
	}
	got, err = d.RolePolicies(t.Context(), account, "r", page.Request{Limit: 2, Token: got.Next})
	if err != nil || !cmp.Equal(got.Items, []string{"c"}) || got.Next != "" {
		t.Errorf("the last page: got %v, %v", got, err)
	}
	if p, err := d.RolePolicy(t.Context(), account, "r", "b"); err != nil || p.Document != allow("s3:GetObject", "arn:aws:s3:::b") {
		t.Errorf("RolePolicy: got %v, %v", p, err)
	}
	wide := allow("s3:GetObject", "arn:aws:s3:::"+strings.Repeat("x", 9900))
	for _, tc := range []struct {
		name, role, policy, document string
		want                         error
	}{
		{"no such role", "x", "p", allow("s3:GetObject", "*"), fault.NotFound},
		{"a bad name", "r", "a/b", allow("s3:GetObject", "*"), fault.Invalid},
		{"not a policy", "r", "p", `{}`, fault.Malformed},
		{"a trust policy", "r", "p", trusting, fault.Malformed},
		{"too much together", "r", "p", wide, fault.LimitExceeded},
		{"white space doesn't count", "r", "p", allow("s3:GetObject", "*") + strings.Repeat("\n", 10240), nil},
		{"one in the place of another", "r", "p", allow("s3:PutObject", "*"), nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if err := d.PutRolePolicy(t.Context(), account, tc.role, iam.Inline{Name: tc.policy, Document: tc.document}); !errors.Is(err, tc.want) {
				t.Errorf("got %v, want %v", err, tc.want)
			}
		})
	}
	for name, err := range map[string]error{
		"The role with name x cannot be found.":        d.DeleteRolePolicy(t.Context(), account, "x", "a"),
		"The role policy with name z cannot be found.": d.DeleteRolePolicy(t.Context(), account, "r", "z"),
	} {
		if !errors.Is(err, fault.NotFound) || err.Error() != name {
			t.Errorf("got %v, want %q", err, name)
		}
	}
}

func TestManagedPolicies(t *testing.T) {
	d := newDirectory(t)
	createRole(t, d, "r")
	document := allow("s3:GetObject", "*")
	p, err := d.CreatePolicy(t.Context(), iam.ManagedPolicy{Account: account, Path: "/edge/", Name: "upload"}, document)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := d.Policy(t.Context(), account, p.ARN()); err != nil || !cmp.Equal(got, p) || len(p.ID) != 20 {
		t.Errorf("Policy: got %+v, %v, want %+v", got, err, p)
	}
	if v, err := d.PolicyVersion(t.Context(), account, p.ARN(), "v1"); err != nil || v.Document != document || v.ID() != "v1" {
		t.Errorf("PolicyVersion: got %+v, %v", v, err)
	}
	for _, id := range []string{"v2", "v01", "1", "v", "v-1", "v99999999999999999999"} {
		if _, err := d.PolicyVersion(t.Context(), account, p.ARN(), id); !errors.Is(err, fault.NotFound) {
			t.Errorf("version %s: got %v, want %v", id, err, fault.NotFound)
		}
	}
	for _, tc := range []struct {
		name, policy, document string
		want                   error
	}{
		{"taken in another case", "UPLOAD", document, fault.AlreadyExists},
		{"a bad name", "a b", document, fault.Invalid},
		{"an old version", "p", strings.Replace(document, "2012-10-17", "2008-10-17", 1), fault.Malformed},
		{"no version", "p", strings.Replace(document, `"Version":"2012-10-17",`, "", 1), fault.Malformed},
		{"too long", "p", allow("s3:GetObject", "arn:aws:s3:::"+strings.Repeat("x", 6144)), fault.LimitExceeded},
	} {
		if _, err := d.CreatePolicy(t.Context(), iam.ManagedPolicy{Account: account, Name: tc.policy}, tc.document); !errors.Is(err, tc.want) {
			t.Errorf("%s: got %v, want %v", tc.name, err, tc.want)
		}
	}

	attach(t, d, "r", p.ARN())
	attach(t, d, "r", p.ARN())
	if n, err := d.Attachments(t.Context(), account, p.ARN()); err != nil || n != 1 {
		t.Errorf("Attachments: got %d, %v", n, err)
	}
	if err := d.DeletePolicy(t.Context(), account, p.ARN()); !errors.Is(err, fault.InUse) {
		t.Errorf("DeletePolicy while attached: got %v, want %v", err, fault.InUse)
	}
	if err := d.DetachRolePolicy(t.Context(), account, "r", p.ARN()); err != nil {
		t.Error(err)
	}
	if err := d.DetachRolePolicy(t.Context(), account, "r", p.ARN()); !errors.Is(err, fault.NotFound) {
		t.Errorf("detached twice: got %v, want %v", err, fault.NotFound)
	}
	if err := d.DeletePolicy(t.Context(), account, p.ARN()); err != nil {
		t.Error(err)
	}
	if err := d.DeletePolicy(t.Context(), account, p.ARN()); !errors.Is(err, fault.NotFound) {
		t.Errorf("deleted twice: got %v, want %v", err, fault.NotFound)
	}
	if err := d.DeletePolicy(t.Context(), account, fleetARN); !errors.Is(err, fault.Denied) {
		t.Errorf("AWS's own: got %v, want %v", err, fault.Denied)
	}
}

func TestAttachRefused(t *testing.T) {
	d := newDirectory(t)
	createRole(t, d, "r")
	for i := range iam.MaxAttachments - 1 {
		attach(t, d, "r", createPolicy(t, d, fmt.Sprint("p", i), allow("s3:GetObject", "*")))
	}
	attach(t, d, "r", fleetARN)
	eleventh := createPolicy(t, d, "one-more", allow("s3:GetObject", "*"))
	for _, tc := range []struct {
		name, role string
		policy     arn.ARN
		want       error
	}{
		{"no policy's ARN", "r", "arn:aws:iam::000000000000:role/r", fault.Invalid},
		{"no such policy", "r", "arn:aws:iam::000000000000:policy/x", fault.NotFound},
		{"another path", "r", "arn:aws:iam::000000000000:policy/x/p1", fault.NotFound},
		{"another account's", "r", "arn:aws:iam::111111111111:policy/p1", fault.NotFound},
		{"none of AWS's", "r", "arn:aws:iam::aws:policy/Nothing", fault.NotFound},
		{"no such role", "x", fleetARN, fault.NotFound},
		{"one too many", "r", eleventh, fault.LimitExceeded},
		{"again", "r", fleetARN, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if err := d.AttachRolePolicy(t.Context(), account, tc.role, tc.policy); !errors.Is(err, tc.want) {
				t.Errorf("got %v, want %v", err, tc.want)
			}
		})
	}
	got, err := d.AttachedRolePolicies(t.Context(), account, "r", "/service-role/", page.Request{Limit: 100})
	if err != nil || !cmp.Equal(got.Items, []string{string(fleetARN)}) {
		t.Errorf("attached under a path: got %v, %v", got.Items, err)
	}
	first, err := d.AttachedRolePolicies(t.Context(), account, "r", "/", page.Request{Limit: 6})
	if err != nil || len(first.Items) != 6 {
		t.Fatalf("the first page: got %v, %v", first, err)
	}
	rest, err := d.AttachedRolePolicies(t.Context(), account, "r", "/", page.Request{Limit: 6, Token: first.Next})
	if err != nil || len(rest.Items) != 4 || rest.Next != "" {
		t.Errorf("the last page: got %v, %v", rest, err)
	}
}
