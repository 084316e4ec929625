package storetest

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
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
	t.Run("roles", func(t *testing.T) { iamRoles(t, open) })
	t.Run("changes of roles", func(t *testing.T) { iamRoleChanges(t, open) })
	t.Run("policies", func(t *testing.T) { iamPolicies(t, open) })
	t.Run("versions of policies", func(t *testing.T) { iamVersions(t, open) })
	t.Run("users", func(t *testing.T) { iamUsers(t, open) })
	t.Run("access keys", func(t *testing.T) { iamAccessKeys(t, open) })
	t.Run("every change of a user is published", func(t *testing.T) { iamUsersPublished(t, open) })
	t.Run("every change is published", func(t *testing.T) { iamPublished(t, open) })
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

	t.Run("a name is one role's in any case", func(t *testing.T) {
		s, _ := open(t)
		mustIAM(t, s.InsertRole(t.Context(), aRole("Fleet", "AROA1"), 10))
		failsIAM(t, "FLEET", s.InsertRole(t.Context(), aRole("FLEET", "AROA2"), 10), fault.AlreadyExists)
		other := aRole("FLEET", "AROA3")
		other.Account = otherHome
		mustIAM(t, s.InsertRole(t.Context(), other, 10))
	})

	t.Run("a taken name is refused before a full account", func(t *testing.T) {
		s, _ := open(t)
		mustIAM(t, s.InsertRole(t.Context(), aRole("a", "AROA1"), 1))
		failsIAM(t, "taken", s.InsertRole(t.Context(), aRole("A", "AROA2"), 1), fault.AlreadyExists)
		failsIAM(t, "full", s.InsertRole(t.Context(), aRole("b", "AROA2"), 1), fault.LimitExceeded)
	})

	t.Run("of two who make a role one does", func(t *testing.T) {
		s, _ := open(t)
		var made atomic.Int32
		var wg sync.WaitGroup
		for _, id := range []string{"AROA1", "AROA2"} {
			wg.Go(func() {
				switch err := s.InsertRole(t.Context(), aRole("Fleet", id), 10); {
				case err == nil:
					made.Add(1)
				case !errors.Is(err, fault.AlreadyExists):
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if made.Load() != 1 {
			t.Errorf("%d were made", made.Load())
		}
	})

	t.Run("a role is deleted when the rule agrees", func(t *testing.T) {
		s, _ := open(t)
		mustIAM(t, s.InsertRole(t.Context(), aRole("Fleet", "AROA1"), 10))
		mustIAM(t, s.PutInline(t.Context(), home, "Fleet", iam.Inline{Name: "p", Document: "{}"}, agree))
		mustIAM(t, s.Attach(t.Context(), home, "Fleet", "arn:aws:iam::aws:policy/x", agreeAlways))
		no := errors.New("no")
		err := s.DeleteRole(t.Context(), home, "Fleet", func(u iam.Uses) error {
			if u != (iam.Uses{Inline: 1, Attached: 1}) {
				t.Errorf("the rule was shown %+v", u)
			}
			return no
		})
		if err != no {
			t.Errorf("DeleteRole: got %v, want the rule's own error", err)
		}
		mustIAM(t, s.DeleteInline(t.Context(), home, "Fleet", "p"))
		mustIAM(t, s.Detach(t.Context(), home, "Fleet", "arn:aws:iam::aws:policy/x"))
		mustIAM(t, s.DeleteRole(t.Context(), home, "Fleet", agree))
		failsIAM(t, "again", s.DeleteRole(t.Context(), home, "Fleet", agree), fault.NotFound)
	})
}

func iamPolicies(t *testing.T, open func(t *testing.T) (iam.Store, *index.Index)) {
	const theirs = arn.ARN("arn:aws:iam::aws:policy/x")
	ours := arn.ManagedPolicy(home, "/", "upload")
	prepare := func(t *testing.T) iam.Store {
		s, _ := open(t)
		mustIAM(t, s.InsertRole(t.Context(), aRole("Fleet", "AROA1"), 10))
		p, v := aPolicy("upload", "ANPA1")
		mustIAM(t, s.InsertPolicy(t.Context(), p, v, 10))
		return s
	}

	t.Run("a role comes with all its policies in order", func(t *testing.T) {
		s := prepare(t)
		for _, p := range []iam.Inline{{Name: "b", Document: "{}"}, {Name: "a", Document: "[]"}, {Name: "b", Document: "{1}"}} {
			mustIAM(t, s.PutInline(t.Context(), home, "Fleet", p, agree))
		}
		for _, a := range []arn.ARN{theirs, ours, ours} {
			mustIAM(t, s.Attach(t.Context(), home, "Fleet", a, agreeAlways))
		}
		got, err := s.RoleRecord(t.Context(), home, "Fleet")
		want := iam.Record{
			Role:     aRole("Fleet", "AROA1"),
			Inline:   []iam.Inline{{Name: "a", Document: "[]"}, {Name: "b", Document: "{1}"}},
			Attached: []iam.Attached{{ARN: ours, Document: `{"document":"upload"}`}, {ARN: theirs}},
		}
		if err != nil || !cmp.Equal(got, want) {
			t.Errorf("RoleRecord: %v\n%s", err, cmp.Diff(want, got))
		}
	})

	t.Run("the rule of an inline policy is shown the others", func(t *testing.T) {
		s := prepare(t)
		mustIAM(t, s.PutInline(t.Context(), home, "Fleet", iam.Inline{Name: "a", Document: "1"}, agree))
		mustIAM(t, s.PutInline(t.Context(), home, "Fleet", iam.Inline{Name: "b", Document: "2"}, agree))
		no := errors.New("no")
		err := s.PutInline(t.Context(), home, "Fleet", iam.Inline{Name: "b", Document: "3"}, func(others []iam.Inline) error {
			if !cmp.Equal(others, []iam.Inline{{Name: "a", Document: "1"}}) {
				t.Errorf("the rule was shown %v", others)
			}
			return no
		})
		if err != no {
			t.Errorf("PutInline: got %v, want the rule's own error", err)
		}
		failsIAM(t, "no role", s.PutInline(t.Context(), home, "x", iam.Inline{Name: "a"}, agree), fault.NotFound)
		failsIAM(t, "no policy", s.DeleteInline(t.Context(), home, "Fleet", "x"), fault.NotFound)
	})

	t.Run("the rule of an attachment is shown what is there", func(t *testing.T) {
		s := prepare(t)
		mustIAM(t, s.Attach(t.Context(), home, "Fleet", theirs, func(others int, exists bool) error {
			if others != 0 || exists {
				t.Errorf("the rule was shown %d, %v", others, exists)
			}
			return nil
		}))
		mustIAM(t, s.Attach(t.Context(), home, "Fleet", ours, func(others int, exists bool) error {
			if others != 1 || !exists {
				t.Errorf("the rule was shown %d, %v", others, exists)
			}
			return nil
		}))
		mustIAM(t, s.Attach(t.Context(), home, "Fleet", ours, func(int, bool) error { return errors.New("asked again") }))
		failsIAM(t, "no role", s.Attach(t.Context(), home, "x", ours, agreeAlways), fault.NotFound)
		if n, err := s.AttachmentCount(t.Context(), home, ours); err != nil || n != 1 {
			t.Errorf("AttachmentCount: got %d, %v, want 1", n, err)
		}
		mustIAM(t, s.Detach(t.Context(), home, "Fleet", ours))
		failsIAM(t, "detached twice", s.Detach(t.Context(), home, "Fleet", ours), fault.NotFound)
	})

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

		mustIAM(t, s.Attach(t.Context(), home, "Fleet", ours, agreeAlways))
		no := errors.New("no")
		if err := s.DeletePolicy(t.Context(), home, ours, func(u iam.PolicyUses) error {
			if u != (iam.PolicyUses{Attached: 1, Versions: 1}) {
				t.Errorf("the rule was shown %+v", u)
			}
			return no
		}); err != no {
			t.Errorf("DeletePolicy: got %v, want the rule's own error", err)
		}
		mustIAM(t, s.Detach(t.Context(), home, "Fleet", ours))
		mustIAM(t, s.DeletePolicy(t.Context(), home, ours, agree))
		failsIAM(t, "deleted twice", s.DeletePolicy(t.Context(), home, ours, agree), fault.NotFound)
		_, err := s.Policy(t.Context(), home, "upload")
		failsIAM(t, "Policy", err, fault.NotFound)
		_, err = s.PolicyVersion(t.Context(), home, "upload", 1)
		failsIAM(t, "PolicyVersion", err, fault.NotFound)
	})
}

// iamPublished goes through all changes of a role and sees that what the index
// held of it is gone after each.
func iamPublished(t *testing.T, open func(t *testing.T) (iam.Store, *index.Index)) {
	s, x := open(t)
	ctx := t.Context()
	const theirs = arn.ARN("arn:aws:iam::aws:policy/x")
	for _, step := range []struct {
		name   string
		change func() error
		keys   []index.Key
	}{
		{"insert", func() error { return s.InsertRole(ctx, aRole("Fleet", "AROA1"), 10) },
			[]index.Key{iam.RoleKey(home, "Fleet"), iam.RoleIDKey(home, "AROA1")}},
		{"change", func() error { _, err := s.ChangeRole(ctx, home, "Fleet", agree[*iam.Role]); return err },
			[]index.Key{iam.RoleKey(home, "Fleet")}},
		{"put inline", func() error { return s.PutInline(ctx, home, "Fleet", iam.Inline{Name: "p"}, agree) },
			[]index.Key{iam.RoleKey(home, "Fleet")}},
		{"attach", func() error { return s.Attach(ctx, home, "Fleet", theirs, agreeAlways) },
			[]index.Key{iam.RoleKey(home, "Fleet")}},
		{"detach", func() error { return s.Detach(ctx, home, "Fleet", theirs) },
			[]index.Key{iam.RoleKey(home, "Fleet")}},
		{"delete inline", func() error { return s.DeleteInline(ctx, home, "Fleet", "p") },
			[]index.Key{iam.RoleKey(home, "Fleet")}},
		{"delete", func() error { return s.DeleteRole(ctx, home, "Fleet", agree) },
			[]index.Key{iam.RoleKey(home, "Fleet"), iam.RoleIDKey(home, "AROA1")}},
	} {
		for _, k := range step.keys {
			index.Get(ctx, x, k, func(context.Context) (string, error) { return "before", nil })
		}
		mustIAM(t, step.change())
		for _, k := range step.keys {
			if got, _ := index.Get(ctx, x, k, func(context.Context) (string, error) { return "after", nil }); got != "after" {
				t.Errorf("%s: the index still holds what %v was before", step.name, k)
			}
			x.Publish(k)
		}
	}
}
