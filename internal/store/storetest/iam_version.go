package storetest

import (
	"errors"
	"fmt"
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

func iamVersions(t *testing.T, open func(t *testing.T) (iam.Store, *index.Index)) {
	ours := arn.ManagedPolicy(home, "/", "upload")
	later := time.UnixMilli(1_700_000_009_000).UTC()
	prepare := func(t *testing.T) (iam.Store, *index.Index) {
		s, x := open(t)
		p, v := aPolicy("upload", "ANPA1")
		mustIAM(t, s.InsertPolicy(t.Context(), p, v, 10))
		mustIAM(t, s.InsertRole(t.Context(), aRole("Fleet", "AROA1"), 10))
		mustIAM(t, s.Attach(t.Context(), iam.RoleNamed(home, "Fleet"), ours, agreeAlways))
		return s, x
	}
	insert := func(t *testing.T, s iam.Store, document string, inForce bool) iam.Version {
		t.Helper()
		v, err := s.InsertVersion(t.Context(), home, ours, iam.Version{Document: document, Created: later}, inForce, agree)
		mustIAM(t, err)
		return v
	}
	inForce := func(t *testing.T, s iam.Store) string {
		t.Helper()
		record, err := s.RoleRecord(t.Context(), home, "Fleet")
		mustIAM(t, err)
		return record.Attached[0].Document
	}

	t.Run("a number is never used again", func(t *testing.T) {
		s, _ := prepare(t)
		if v := insert(t, s, "2", false); v.Number != 2 || v.Document != "2" {
			t.Errorf("InsertVersion: got %+v", v)
		}
		mustIAM(t, s.DeleteVersion(t.Context(), home, ours, 2, agree))
		if v := insert(t, s, "3", false); v.Number != 3 {
			t.Errorf("after the second was deleted: got %+v, want the third", v)
		}
		first, _ := aPolicy("upload", "ANPA1")
		want := []iam.Version{{Number: 3, Created: later}, {Number: 1, Created: first.Created}}
		if got, err := s.Versions(t.Context(), home, "upload"); err != nil || !cmp.Equal(got, want) {
			t.Errorf("Versions: got %v, %v, want %v", got, err, want)
		}
		if p, err := s.Policy(t.Context(), home, "upload"); err != nil || p.Default != 1 || p.Updated != later {
			t.Errorf("Policy: got %+v, %v", p, err)
		}
	})

	t.Run("of two made at once each has a number", func(t *testing.T) {
		s, _ := prepare(t)
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() { insert(t, s, "x", false) })
		}
		wg.Wait()
		if got, err := s.Versions(t.Context(), home, "upload"); err != nil || len(got) != 3 {
			t.Errorf("Versions: got %v, %v", got, err)
		}
	})

	t.Run("one is in force", func(t *testing.T) {
		s, _ := prepare(t)
		insert(t, s, "2", false)
		if got := inForce(t, s); got != `{"document":"upload"}` {
			t.Errorf("in force is %q, want the first", got)
		}
		insert(t, s, "3", true)
		if got := inForce(t, s); got != "3" {
			t.Errorf("in force is %q, want the third", got)
		}
		mustIAM(t, s.PutInForce(t.Context(), home, ours, 2))
		if got := inForce(t, s); got != "2" {
			t.Errorf("in force is %q, want the second", got)
		}
		failsIAM(t, "a version there isn't", s.PutInForce(t.Context(), home, ours, 4), fault.NotFound)
		failsIAM(t, "of another account", s.PutInForce(t.Context(), otherHome, ours, 2), fault.NotFound)
		if got := inForce(t, s); got != "2" {
			t.Errorf("in force is %q after refusals, want the second", got)
		}
	})

	t.Run("the rules are shown what is there", func(t *testing.T) {
		s, _ := prepare(t)
		insert(t, s, "2", false)
		no := errors.New("no")
		_, err := s.InsertVersion(t.Context(), home, ours, iam.Version{}, true, func(n int) error {
			if n != 2 {
				t.Errorf("InsertVersion showed %d versions, want 2", n)
			}
			return no
		})
		if err != no {
			t.Errorf("InsertVersion: got %v, want the rule's own error", err)
		}
		for number, want := range map[int]bool{1: true, 2: false} {
			err := s.DeleteVersion(t.Context(), home, ours, number, func(is bool) error {
				if is != want {
					t.Errorf("DeleteVersion of %d showed %v, want %v", number, is, want)
				}
				return no
			})
			if err != no {
				t.Errorf("DeleteVersion: got %v, want the rule's own error", err)
			}
		}
		if got, err := s.Versions(t.Context(), home, "upload"); err != nil || len(got) != 2 {
			t.Errorf("Versions: got %v, %v", got, err)
		}
		mustIAM(t, s.DeletePolicy(t.Context(), home, ours, func(u iam.PolicyUses) error {
			if u != (iam.PolicyUses{Attached: 1, Versions: 2}) {
				t.Errorf("DeletePolicy showed %+v", u)
			}
			return nil
		}))
		_, err = s.InsertVersion(t.Context(), home, ours, iam.Version{}, false, agree)
		failsIAM(t, "a version of no policy", err, fault.NotFound)
		failsIAM(t, "no version of no policy", s.DeleteVersion(t.Context(), home, ours, 1, agree), fault.NotFound)
	})

	t.Run("what comes into force is published for all", func(t *testing.T) {
		s, x := prepare(t)
		mustIAM(t, s.InsertRole(t.Context(), aRole("Other", "AROA2"), 10))
		mustIAM(t, s.Attach(t.Context(), iam.RoleNamed(home, "Other"), ours, agreeAlways))
		insert(t, s, "2", false)
		keys := []index.Key{iam.RoleKey(home, "Fleet"), iam.RoleKey(home, "Other")}
		for name, change := range map[string]func() error{
			"a new version": func() error { insert(t, s, "3", true); return nil },
			"another":       func() error { return s.PutInForce(t.Context(), home, ours, 1) },
		} {
			publishes(t, x, name, change, keys...)
		}
	})

	t.Run("lists of policies", func(t *testing.T) {
		s, _ := prepare(t)
		for i, path := range []string{"/edge/", "/edge/", "/"} {
			p, v := aPolicy(fmt.Sprint("p", i), fmt.Sprint("ANPA-", i))
			p.Path = path
			mustIAM(t, s.InsertPolicy(t.Context(), p, v, 10))
		}
		names := func(prefix string, attached bool, r page.Request) (all []string, next string) {
			t.Helper()
			got, err := s.Policies(t.Context(), home, prefix, attached, r)
			mustIAM(t, err)
			for _, p := range got.Items {
				all = append(all, fmt.Sprint(p.Path, p.Name, p.Attached))
			}
			return all, got.Next
		}
		first, next := names("/", false, page.Request{Limit: 3})
		rest, end := names("/", false, page.Request{Limit: 3, Token: next})
		if !cmp.Equal(first, []string{"/edge/p00", "/edge/p10", "/p20"}) || !cmp.Equal(rest, []string{"/upload1"}) || end != "" {
			t.Errorf("all: got %v, %v, %q", first, rest, end)
		}
		if got, _ := names("/edge/", false, page.Request{Limit: 9}); !cmp.Equal(got, []string{"/edge/p00", "/edge/p10"}) {
			t.Errorf("of a path: got %v", got)
		}
		if got, _ := names("/", true, page.Request{Limit: 9}); !cmp.Equal(got, []string{"/upload1"}) {
			t.Errorf("attached: got %v", got)
		}
	})

	t.Run("who a policy is attached to", func(t *testing.T) {
		s, _ := prepare(t)
		r := aRole("Other", "AROA2")
		r.Path = "/x/"
		mustIAM(t, s.InsertRole(t.Context(), r, 10))
		mustIAM(t, s.Attach(t.Context(), iam.RoleNamed(home, "Other"), ours, agreeAlways))
		fleet, other := iam.Entity{Kind: iam.ARole, Name: "Fleet", ID: "AROA1"}, iam.Entity{Kind: iam.ARole, Name: "Other", ID: "AROA2"}
		first, err := s.Entities(t.Context(), home, ours, "", "/", page.Request{Limit: 1})
		if err != nil || !cmp.Equal(first.Items, []iam.Entity{fleet}) {
			t.Errorf("the first page: got %v, %v", first, err)
		}
		last, err := s.Entities(t.Context(), home, ours, "", "/", page.Request{Limit: 1, Token: first.Next})
		if err != nil || !cmp.Equal(last.Items, []iam.Entity{other}) || last.Next != "" {
			t.Errorf("the last page: got %v, %v", last, err)
		}
		for _, tc := range []struct {
			name, account string
			kind          iam.Kind
			prefix        string
			want          []iam.Entity
		}{
			{"roles", home, iam.ARole, "/", []iam.Entity{fleet, other}},
			{"roles of a path", home, iam.ARole, "/x/", []iam.Entity{other}},
			{"users", home, iam.AUser, "/", nil},
			{"of another account", otherHome, "", "/", nil},
		} {
			got, err := s.Entities(t.Context(), tc.account, ours, tc.kind, tc.prefix, page.Request{Limit: 9})
			if err != nil || !cmp.Equal(got.Items, tc.want) {
				t.Errorf("%s: got %v, %v, want %v", tc.name, got.Items, err, tc.want)
			}
		}
	})
}
