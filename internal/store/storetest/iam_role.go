package storetest

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/iam"
	"muster/internal/index"
	"muster/internal/page"
)

func iamRoleChanges(t *testing.T, open func(t *testing.T) (iam.Store, *index.Index)) {
	t.Run("what a change leaves is kept, and nothing else", func(t *testing.T) {
		s, _ := open(t)
		mustIAM(t, s.InsertRole(t.Context(), aRole("Fleet", "AROA1"), 10))
		want := aRole("Fleet", "AROA1")
		want.Description, want.MaxSession, want.TrustDocument = "", 12*time.Hour, `{"trust":2}`
		want.Trusted = map[arn.ARN]string{arn.Role(home, "/", "other"): "AROA2"}
		want.Tags = []iam.Tag{{Key: "stage", Value: "öl & gas"}, {Key: "team"}}
		got, err := s.ChangeRole(t.Context(), home, "Fleet", func(r *iam.Role) error {
			if !cmp.Equal(*r, aRole("Fleet", "AROA1")) {
				t.Errorf("the change was shown %+v", *r)
			}
			*r = want
			r.ID, r.Path, r.Name = "AROA9", "/x/", "x"
			return nil
		})
		if err != nil || got.Description != want.Description {
			t.Errorf("ChangeRole: got %+v, %v", got, err)
		}
		if got, err := s.RoleRecord(t.Context(), home, "Fleet"); err != nil || !cmp.Equal(got.Role, want) {
			t.Errorf("RoleRecord: %v\n%s", err, cmp.Diff(want, got.Role))
		}
	})

	t.Run("a refused change keeps nothing", func(t *testing.T) {
		s, _ := open(t)
		mustIAM(t, s.InsertRole(t.Context(), aRole("Fleet", "AROA1"), 10))
		no := errors.New("no")
		_, err := s.ChangeRole(t.Context(), home, "Fleet", func(r *iam.Role) error { r.Description = "changed"; return no })
		if err != no {
			t.Errorf("ChangeRole: got %v, want the rule's own error", err)
		}
		if got, err := s.RoleRecord(t.Context(), home, "Fleet"); err != nil || !cmp.Equal(got.Role, aRole("Fleet", "AROA1")) {
			t.Errorf("RoleRecord: got %+v, %v", got, err)
		}
		_, err = s.ChangeRole(t.Context(), home, "fleet", agree[*iam.Role])
		failsIAM(t, "another case", err, fault.NotFound)
		_, err = s.ChangeRole(t.Context(), otherHome, "Fleet", agree[*iam.Role])
		failsIAM(t, "another account", err, fault.NotFound)
	})

	t.Run("two changes at once both count", func(t *testing.T) {
		s, _ := open(t)
		mustIAM(t, s.InsertRole(t.Context(), aRole("Fleet", "AROA1"), 10))
		var wg sync.WaitGroup
		for _, key := range []string{"a", "b"} {
			wg.Go(func() {
				_, err := s.ChangeRole(t.Context(), home, "Fleet", func(r *iam.Role) error {
					r.Tags = append(r.Tags, iam.Tag{Key: key})
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if got, err := s.RoleRecord(t.Context(), home, "Fleet"); err != nil || len(got.Tags) != 2 {
			t.Errorf("got %+v, %v, want two tags", got.Tags, err)
		}
	})

	t.Run("a change is published", func(t *testing.T) {
		s, x := open(t)
		mustIAM(t, s.InsertRole(t.Context(), aRole("Fleet", "AROA1"), 10))
		publishes(t, x, "change", func() error {
			_, err := s.ChangeRole(t.Context(), home, "Fleet", agree[*iam.Role])
			return err
		}, iam.RoleKey(home, "Fleet"))
	})

	t.Run("pages by name, of a path", func(t *testing.T) {
		s, _ := open(t)
		for i, name := range []string{"c", "a", "b", "d"} {
			r := aRole(name, "AROA"+name)
			if r.Path = "/edge/"; i == 3 {
				r.Path = "/edgeless/"
			}
			mustIAM(t, s.InsertRole(t.Context(), r, 10))
		}
		names := func(prefix string, p page.Request) (names []string, next string) {
			t.Helper()
			got, err := s.Roles(t.Context(), home, prefix, p)
			mustIAM(t, err)
			for _, r := range got.Items {
				names = append(names, r.Name)
			}
			return names, got.Next
		}
		first, next := names("/edge/", page.Request{Limit: 2})
		rest, end := names("/edge/", page.Request{Limit: 2, Token: next})
		if !cmp.Equal(first, []string{"a", "b"}) || !cmp.Equal(rest, []string{"c"}) || end != "" {
			t.Errorf("under a path: got %v, %v, %q", first, rest, end)
		}
		if all, _ := names("/", page.Request{Limit: 10}); !cmp.Equal(all, []string{"a", "b", "c", "d"}) {
			t.Errorf("all: got %v", all)
		}
		if got, err := s.Roles(t.Context(), otherHome, "/", page.Request{Limit: 10}); err != nil || len(got.Items) != 0 {
			t.Errorf("of another account: got %v, %v", got, err)
		}
		_, err := s.Roles(t.Context(), home, "/", page.Request{Limit: 10, Token: "x"})
		failsIAM(t, "a bad token", err, fault.Invalid)
	})
}
