package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/iam"
	"muster/internal/index"
)

const (
	home      = "000000000000"
	otherHome = "111111111111"
)

func aRole(name, id string) iam.Role {
	return iam.Role{
		Account: home, Path: "/edge/", Name: name, ID: id, TrustDocument: `{"trust":1}`, Description: "for pumps",
		MaxSession: 2 * time.Hour, Created: time.UnixMilli(1_700_000_000_123).UTC(),
	}
}

func aPolicy(name, id string) (iam.ManagedPolicy, iam.Version) {
	made := time.UnixMilli(1_700_000_000_456).UTC()
	return iam.ManagedPolicy{Account: home, Path: "/", Name: name, ID: id, Description: "d", Default: 1, Created: made, Updated: made},
		iam.Version{Number: 1, Document: `{"document":"` + name + `"}`, Created: made}
}

// IAM is what every keeper of roles and policies must pass. open answers an
// empty one that lasts as long as t, and the index it publishes to.
func IAM(t *testing.T, open func(t *testing.T) (iam.Store, *index.Index)) {
	t.Run("holders", func(t *testing.T) { iamHolders(t, open) })
	t.Run("roles", func(t *testing.T) { iamRoles(t, open) })
	t.Run("changes of roles", func(t *testing.T) { iamRoleChanges(t, open) })
	t.Run("policies", func(t *testing.T) { iamPolicies(t, open) })
	t.Run("versions of policies", func(t *testing.T) { iamVersions(t, open) })
	t.Run("tags of policies", func(t *testing.T) { iamPolicyTags(t, open) })
	t.Run("users", func(t *testing.T) { iamUsers(t, open) })
	t.Run("access keys", func(t *testing.T) { iamAccessKeys(t, open) })
	t.Run("uses", func(t *testing.T) { iamUses(t, open) })
}

func mustIAM(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func failsIAM(t *testing.T, what string, err error, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: got %v, want %v", what, err, want)
	}
}

func agree[T any](T) error { return nil }

func agreeAlways(int, bool) error { return nil }

func iamRoles(t *testing.T, open func(t *testing.T) (iam.Store, *index.Index)) {
	t.Run("what is kept can be read", func(t *testing.T) {
		s, _ := open(t)
		want := iam.Record{Role: aRole("Fleet", "AROA1")}
		mustIAM(t, s.InsertRole(t.Context(), want.Role, 10))
		if got, err := s.RoleRecord(t.Context(), home, "Fleet"); err != nil || !cmp.Equal(got, want) {
			t.Errorf("RoleRecord: got %+v, %v, want %+v", got, err, want)
		}
		if got, err := s.RoleName(t.Context(), home, "AROA1"); err != nil || got != "Fleet" {
			t.Errorf("RoleName: got %q, %v", got, err)
		}
		for name, read := range map[string]func() error{
			"another name":    func() error { _, err := s.RoleRecord(t.Context(), home, "Fleets"); return err },
			"another case":    func() error { _, err := s.RoleRecord(t.Context(), home, "fleet"); return err },
			"another account": func() error { _, err := s.RoleRecord(t.Context(), otherHome, "Fleet"); return err },
			"another id":      func() error { _, err := s.RoleName(t.Context(), home, "AROA2"); return err },
			"id elsewhere":    func() error { _, err := s.RoleName(t.Context(), otherHome, "AROA1"); return err },
		} {
			failsIAM(t, name, read(), fault.NotFound)
		}
	})
}

func iamPolicies(t *testing.T, open func(t *testing.T) (iam.Store, *index.Index)) {
	ours := arn.ManagedPolicy(home, "/", "upload")
	prepare := func(t *testing.T) iam.Store {
		s, _ := open(t)
		mustIAM(t, s.InsertRole(t.Context(), aRole("Fleet", "AROA1"), 10))
		p, v := aPolicy("upload", "ANPA1")
		mustIAM(t, s.InsertPolicy(t.Context(), p, v, 10))
		return s
	}

	t.Run("a managed policy comes and goes", func(t *testing.T) {
		s := prepare(t)
		want, version := aPolicy("upload", "ANPA1")
		if got, err := s.Policy(t.Context(), home, "upload"); err != nil || !cmp.Equal(got, want) {
			t.Errorf("Policy: got %+v, %v, want %+v", got, err, want)
		}
		if got, err := s.PolicyVersion(t.Context(), home, "upload", 1); err != nil || !cmp.Equal(got, version) {
			t.Errorf("PolicyVersion: got %+v, %v, want %+v", got, err, version)
		}
		p, v := aPolicy("UPLOAD", "ANPA2")
		failsIAM(t, "name in another case", s.InsertPolicy(t.Context(), p, v, 10), fault.AlreadyExists)
		p, v = aPolicy("other", "ANPA2")
		failsIAM(t, "one too many", s.InsertPolicy(t.Context(), p, v, 1), fault.LimitExceeded)

		mustIAM(t, s.Attach(t.Context(), iam.RoleNamed(home, "Fleet"), ours, agreeAlways))
		no := errors.New("no")
		if err := s.DeletePolicy(t.Context(), home, ours, func(u iam.PolicyUses) error {
			if u != (iam.PolicyUses{Attached: 1, Versions: 1}) {
				t.Errorf("the rule was shown %+v", u)
			}
			return no
		}); err != no {
			t.Errorf("DeletePolicy: got %v, want the rule's own error", err)
		}
		mustIAM(t, s.Detach(t.Context(), iam.RoleNamed(home, "Fleet"), ours))
		mustIAM(t, s.DeletePolicy(t.Context(), home, ours, agree))
		failsIAM(t, "deleted twice", s.DeletePolicy(t.Context(), home, ours, agree), fault.NotFound)
		_, err := s.Policy(t.Context(), home, "upload")
		failsIAM(t, "Policy", err, fault.NotFound)
		_, err = s.PolicyVersion(t.Context(), home, "upload", 1)
		failsIAM(t, "PolicyVersion", err, fault.NotFound)
	})
}
