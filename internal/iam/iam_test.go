package iam_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/iam"
	"muster/internal/index"
	"muster/internal/store/storetest"
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
	db := storetest.Open(t, t.TempDir(), x)
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
	putOn(t, d, iam.RoleNamed(account, role), name, document)
}

func putOn(t *testing.T, d *iam.Directory, h iam.Holder, name, document string) {
	t.Helper()
	if err := d.PutInline(t.Context(), h, iam.Inline{Name: name, Document: document}); err != nil {
		t.Fatal(err)
	}
}

func attach(t *testing.T, d *iam.Directory, role string, a arn.ARN) {
	t.Helper()
	attachTo(t, d, iam.RoleNamed(account, role), a)
}

func attachTo(t *testing.T, d *iam.Directory, h iam.Holder, a arn.ARN) {
	t.Helper()
	if err := d.Attach(t.Context(), h, a); err != nil {
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

func TestAnotherRoleOfTheSameNameIsAnotherRole(t *testing.T) {
	d := newDirectory(t)
	old := createRole(t, d, "r")
	if _, err := d.RoleByID(t.Context(), account, old.ID); err != nil {
		t.Fatal(err)
	}
	if err := d.Delete(t.Context(), iam.RoleNamed(account, "r")); err != nil {
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
	if err := d.Detach(t.Context(), iam.RoleNamed(account, "r"), p.ARN()); err != nil {
		t.Error(err)
	}
	if err := d.Detach(t.Context(), iam.RoleNamed(account, "r"), p.ARN()); !errors.Is(err, fault.NotFound) {
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
