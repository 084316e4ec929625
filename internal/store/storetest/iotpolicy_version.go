package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/fault"
	"muster/internal/index"
	"muster/internal/iotpolicy"
	"muster/internal/page"
)

func anyVersions(int) error              { return nil }
func anyVersion(iotpolicy.Version) error { return nil }

func iotVersions(t *testing.T, open func(t *testing.T) IoTPolicies) {
	east, west := certEast, certWest
	at := func(minute int) time.Time { return time.Date(2026, 7, 2, 12, minute, 0, 456_000_000, time.UTC) }

	t.Run("versions are numbered, kept byte for byte, and one is the default", func(t *testing.T) {
		s := open(t)
		s.insert(t, east, 1, "p")
		s.insert(t, west, 1, "p")
		first := anIoTPolicy(east, "p", 1)
		want := []iotpolicy.Version{{PolicyID: first.ID, Number: 1, Document: first.Document, Default: true, Created: first.Created}}
		for number := 2; number <= 4; number++ {
			v := iotpolicy.Version{PolicyID: first.ID, Number: number, Document: fmt.Sprintf("\t{é %d}\r\n", number), Default: number == 3, Created: at(number)}
			got, err := s.InsertVersion(t.Context(), east, "p", v.Document, v.Default, v.Created, func(versions int) error {
				if versions != number-1 {
					t.Errorf("the rule got %d, want %d", versions, number-1)
				}
				return nil
			})
			if err != nil || !cmp.Equal(got, v) {
				t.Errorf("InsertVersion: got %+v, %v, want %+v", got, err, v)
			}
			if v.Default {
				for i := range want {
					want[i].Default = false
				}
			}
			want = append([]iotpolicy.Version{v}, want...)
		}
		got, err := s.Versions(t.Context(), east, "p")
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("Versions: %v %s", err, diff)
		}
		for _, v := range want {
			if got, err := s.Version(t.Context(), east, "p", v.Number); err != nil || !cmp.Equal(got, v) {
				t.Errorf("Version: got %+v, %v, want %+v", got, err, v)
			}
		}
		policy := first
		policy.Document, policy.Version, policy.Modified = "\t{é 3}\r\n", 3, at(4)
		if got, err := s.Policy(t.Context(), east, "p"); err != nil || !cmp.Equal(got, policy) {
			t.Errorf("Policy: got %+v, %v, want %+v", got, err, policy)
		}
		if got, err := s.Versions(t.Context(), west, "p"); err != nil || len(got) != 1 {
			t.Errorf("Versions in another region: got %v, %v, want one", got, err)
		}
	})

	t.Run("a refused version is not kept, and its number is not used", func(t *testing.T) {
		s := open(t)
		s.insert(t, east, 1, "p")
		if _, err := s.InsertVersion(t.Context(), east, "p", "{}", true, at(1), func(int) error { return errRule }); err != errRule {
			t.Errorf("got %v, want %v", err, errRule)
		}
		if got, err := s.InsertVersion(t.Context(), east, "p", "{}", false, at(1), anyVersions); err != nil || got.Number != 2 {
			t.Errorf("got %+v, %v, want version 2", got, err)
		}
		if err := s.DeleteVersion(t.Context(), east, "p", 2, at(2), anyVersion); err != nil {
			t.Fatal(err)
		}
		if got, err := s.InsertVersion(t.Context(), east, "p", "{}", false, at(1), anyVersions); err != nil || got.Number != 3 {
			t.Errorf("after a deletion: got %+v, %v, want version 3", got, err)
		}
	})

	t.Run("the default moves, and its rule keeps it from being deleted", func(t *testing.T) {
		s := open(t)
		s.insert(t, east, 1, "p")
		s.InsertVersion(t.Context(), east, "p", "{}", false, at(1), anyVersions)
		if err := s.SetDefault(t.Context(), east, "p", 2, at(3)); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Policy(t.Context(), east, "p"); err != nil || got.Version != 2 || got.Document != "{}" || !got.Modified.Equal(at(3)) {
			t.Errorf("Policy: got %+v, %v", got, err)
		}
		for number, isDefault := range map[int]bool{1: false, 2: true} {
			err := s.DeleteVersion(t.Context(), east, "p", number, at(4), func(v iotpolicy.Version) error {
				if v.Number != number || v.Default != isDefault {
					t.Errorf("the rule got %+v", v)
				}
				return errRule
			})
			if err != errRule {
				t.Errorf("DeleteVersion: got %v, want %v", err, errRule)
			}
		}
		if all, err := s.Versions(t.Context(), east, "p"); err != nil || len(all) != 2 {
			t.Errorf("Versions: got %v, %v, want both", all, err)
		}
	})

	t.Run("what isn't there", func(t *testing.T) {
		s := open(t)
		s.insert(t, east, 1, "p")
		missing := func(what string, err error) {
			t.Helper()
			if !errors.Is(err, fault.NotFound) {
				t.Errorf("%s: got %v, want %v", what, err, fault.NotFound)
			}
		}
		_, err := s.Versions(t.Context(), west, "p")
		missing("Versions", err)
		_, err = s.InsertVersion(t.Context(), west, "p", "{}", true, at(1), anyVersions)
		missing("InsertVersion", err)
		_, err = s.Targets(t.Context(), west, "p", page.Request{Limit: 1})
		missing("Targets", err)
		for _, number := range []int{0, 2} {
			_, err = s.Version(t.Context(), east, "p", number)
			missing("Version", err)
			missing("SetDefault", s.SetDefault(t.Context(), east, "p", number, at(1)))
			missing("DeleteVersion", s.DeleteVersion(t.Context(), east, "p", number, at(1), anyVersion))
		}
		if got, err := s.Policy(t.Context(), east, "p"); err != nil || !cmp.Equal(got, anIoTPolicy(east, "p", 1)) {
			t.Errorf("Policy: got %+v, %v", got, err)
		}
	})

	t.Run("every change is published", func(t *testing.T) {
		s := open(t)
		s.insert(t, east, 1, "p")
		see := func(what string, want int) {
			t.Helper()
			got, err := index.Get(t.Context(), s.Index, iotpolicy.Key(east, "p"), func(ctx context.Context) (int, error) {
				p, err := s.Policy(ctx, east, "p")
				return p.Version, err
			})
			if err != nil || got != want {
				t.Errorf("after %s: got version %d, %v, want %d", what, got, err, want)
			}
		}
		see("an insertion", 1)
		s.InsertVersion(t.Context(), east, "p", "{}", true, at(1), anyVersions)
		see("a version that is the default", 2)
		s.InsertVersion(t.Context(), east, "p", "{}", false, at(1), anyVersions)
		see("a version that is not", 2)
		s.SetDefault(t.Context(), east, "p", 3, at(1))
		see("another default", 3)
	})

	t.Run("the targets of a policy come in pages", func(t *testing.T) {
		s := open(t)
		s.insert(t, east, 1, "p", "q")
		want := []string{}
		for _, id := range []string{"aa", "bb", "cc", "dd"} {
			s.certificate(t, east, id)
			s.attach(t, east, "q", id)
		}
		for i, id := range []string{"bb", "dd", "aa"} {
			s.attachAt(t, east, "p", id, i/2) // two at once
			want = append(want, string(east.Certificate(id)))
		}
		expectPagesBothWays(t, want, itself, func(p page.Request) (page.Page[string], error) {
			return s.Targets(t.Context(), east, "p", p)
		})
	})
}
