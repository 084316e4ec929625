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
	"muster/internal/index"
	"muster/internal/page"
	"muster/internal/rolealias"
)

// RoleAlias is what every keeper of role aliases must pass. open answers an
// empty one that lasts as long as t, and the index it publishes to.
func RoleAlias(t *testing.T, open func(t *testing.T) (rolealias.Store, *index.Index)) {
	scope := arn.Scope{Account: "000000000000", Region: "us-east-1"}
	west := arn.Scope{Account: "000000000000", Region: "us-west-2"}
	stranger := arn.Scope{Account: "111111111111", Region: "us-east-1"}
	alias := func(id, name string) rolealias.Alias {
		return rolealias.Alias{
			ID: id, Name: name, Role: "arn:aws:iam::000000000000:role/SageMakerFleet", Life: time.Hour,
			Tags: map[string]string{"team": "field"}, Created: time.UnixMilli(1_700_000_000_123).UTC(), Modified: time.UnixMilli(1_700_000_000_456).UTC(),
		}
	}
	insert := func(t *testing.T, s rolealias.Store, scope arn.Scope, a rolealias.Alias) {
		t.Helper()
		if err := s.InsertAlias(t.Context(), scope, a); err != nil {
			t.Fatal(err)
		}
	}

	t.Run("what is inserted can be read", func(t *testing.T) {
		s, _ := open(t)
		want := alias("1", "pumps")
		insert(t, s, scope, want)
		if got, err := s.Alias(t.Context(), scope, "pumps"); err != nil || !cmp.Equal(got, want) {
			t.Errorf("Alias: got %+v, %v, want %+v", got, err, want)
		}
		plain := alias("2", "plain")
		plain.Tags = nil
		insert(t, s, scope, plain)
		if got, err := s.Alias(t.Context(), scope, "plain"); err != nil || !cmp.Equal(got, plain) {
			t.Errorf("Alias without tags: got %+v, %v, want %+v", got, err, plain)
		}
	})

	t.Run("a name is one alias's", func(t *testing.T) {
		s, _ := open(t)
		insert(t, s, scope, alias("1", "pumps"))
		if err := s.InsertAlias(t.Context(), scope, alias("2", "pumps")); !errors.Is(err, fault.AlreadyExists) {
			t.Errorf("InsertAlias again: got %v, want %v", err, fault.AlreadyExists)
		}
		if got, err := s.Alias(t.Context(), scope, "pumps"); err != nil || got.ID != "1" {
			t.Errorf("Alias: got id %s, %v, want that of the first", got.ID, err)
		}
		insert(t, s, scope, alias("3", "Pumps"))
		insert(t, s, west, alias("4", "pumps"))
		insert(t, s, stranger, alias("5", "pumps"))
	})

	t.Run("accounts and regions keep apart", func(t *testing.T) {
		s, _ := open(t)
		insert(t, s, scope, alias("1", "pumps"))
		for _, other := range []arn.Scope{west, stranger} {
			if _, err := s.Alias(t.Context(), other, "pumps"); !errors.Is(err, fault.NotFound) {
				t.Errorf("Alias in %v: got %v, want %v", other, err, fault.NotFound)
			}
			if err := s.DeleteAlias(t.Context(), other, "pumps"); !errors.Is(err, fault.NotFound) {
				t.Errorf("DeleteAlias in %v: got %v, want %v", other, err, fault.NotFound)
			}
			if got, err := s.Aliases(t.Context(), other, page.Request{Limit: 10}); err != nil || len(got.Items) != 0 {
				t.Errorf("Aliases in %v: got %v, %v, want none", other, got.Items, err)
			}
		}
		if _, err := s.Alias(t.Context(), scope, "pumps"); err != nil {
			t.Error(err)
		}
	})

	t.Run("pages by name, both ways", func(t *testing.T) {
		s, _ := open(t)
		names := []string{"B", "a", "b", "b=c", "z@9"}
		for _, name := range []string{"b", "z@9", "a", "b=c", "B"} {
			insert(t, s, scope, alias("id of "+name, name))
		}
		list := func(p page.Request) (page.Page[string], error) { return s.Aliases(t.Context(), scope, p) }
		expectPagesBothWays(t, names, itself, list)
		expectTokensRefused(t, list, "garbage")
	})

	t.Run("a change is kept, a refused one is not", func(t *testing.T) {
		s, _ := open(t)
		want := alias("1", "pumps")
		insert(t, s, scope, want)
		insert(t, s, west, alias("2", "pumps"))
		want.Role, want.Life, want.Tags = "arn:aws:iam::000000000000:role/Other", 2*time.Hour, map[string]string{"site": "north"}
		want.Modified = want.Modified.Add(time.Minute)
		got, err := s.ChangeAlias(t.Context(), scope, "pumps", func(a *rolealias.Alias) error {
			if !cmp.Equal(*a, alias("1", "pumps")) {
				t.Errorf("the change got %+v", a)
			}
			*a = want
			return nil
		})
		if err != nil || !cmp.Equal(got, want) {
			t.Errorf("ChangeAlias: got %+v, %v, want %+v", got, err, want)
		}
		if _, err := s.ChangeAlias(t.Context(), scope, "pumps", func(a *rolealias.Alias) error { a.Life = 0; return errRule }); err != errRule {
			t.Errorf("ChangeAlias: got %v, want %v", err, errRule)
		}
		if got, err := s.Alias(t.Context(), scope, "pumps"); err != nil || !cmp.Equal(got, want) {
			t.Errorf("Alias: got %+v, %v, want %+v", got, err, want)
		}
		if got, err := s.Alias(t.Context(), west, "pumps"); err != nil || got.Life != time.Hour {
			t.Errorf("Alias in another region: got %+v, %v, want it as it was", got, err)
		}
		if _, err := s.ChangeAlias(t.Context(), stranger, "pumps", func(*rolealias.Alias) error { return nil }); !errors.Is(err, fault.NotFound) {
			t.Errorf("ChangeAlias in %v: got %v, want %v", stranger, err, fault.NotFound)
		}
	})

	t.Run("every change is published", func(t *testing.T) {
		s, x := open(t)
		read := func() (string, error) {
			return index.Get(t.Context(), x, rolealias.Key(scope, "pumps"), func(ctx context.Context) (string, error) {
				a, err := s.Alias(ctx, scope, "pumps")
				return a.ID, err
			})
		}
		if _, err := read(); !errors.Is(err, fault.NotFound) {
			t.Fatalf("before: got %v, want %v", err, fault.NotFound)
		}
		insert(t, s, scope, alias("1", "pumps"))
		if id, err := read(); id != "1" || err != nil {
			t.Errorf("after InsertAlias: got %q, %v, want the alias", id, err)
		}
		if _, err := s.ChangeAlias(t.Context(), scope, "pumps", func(a *rolealias.Alias) error { a.Role = "arn:aws:iam::000000000000:role/Other"; return nil }); err != nil {
			t.Fatal(err)
		}
		reread := false
		index.Get(t.Context(), x, rolealias.Key(scope, "pumps"), func(context.Context) (string, error) { reread = true; return "1", nil })
		if !reread {
			t.Error("ChangeAlias was not published")
		}
		if err := s.DeleteAlias(t.Context(), scope, "pumps"); err != nil {
			t.Fatal(err)
		}
		if id, err := read(); !errors.Is(err, fault.NotFound) {
			t.Errorf("after DeleteAlias: got %q, %v, want %v", id, err, fault.NotFound)
		}
	})

	t.Run("two writers race for one name", func(t *testing.T) {
		s, _ := open(t)
		var won atomic.Int64
		var wg sync.WaitGroup
		for _, id := range []string{"1", "2", "3", "4", "5", "6", "7", "8"} {
			wg.Go(func() {
				switch err := s.InsertAlias(t.Context(), scope, alias(id, "pumps")); {
				case err == nil:
					won.Add(1)
				case !errors.Is(err, fault.AlreadyExists):
					t.Errorf("InsertAlias: got %v, want %v", err, fault.AlreadyExists)
				}
			})
		}
		wg.Wait()
		if won.Load() != 1 {
			t.Errorf("%d writers won, want 1", won.Load())
		}
	})
}
