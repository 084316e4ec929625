package storetest

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/internal/fault"
	"muster/internal/page"
	"muster/internal/registry"
)

func thingRows(t *testing.T, open func(t *testing.T) Things) {
	t.Run("one is kept, and answered to whoever would make it again", func(t *testing.T) {
		s := open(t)
		s.InsertType(t.Context(), things, registry.Type{Name: "pump", ID: "1"})
		want := thing("pump-1")
		want.Type, want.Attributes = "pump", map[string]string{"site": "north", "empty": ""}
		second := thing("pump-1")
		second.ID, second.Type = "another", "missing"
		for i, th := range []registry.Thing{want, second} {
			got, err := s.InsertThing(t.Context(), things, th, anyType)
			if err != nil || !cmp.Equal(got, want) {
				t.Errorf("InsertThing %d: got %+v, %v, want %+v", i+1, got, err, want)
			}
		}
		if got, err := s.Thing(t.Context(), things, "pump-1"); err != nil || !cmp.Equal(got, want) {
			t.Errorf("Thing: got %+v, %v, want %+v", got, err, want)
		}
		for _, scope := range elsewhere {
			if _, err := s.Thing(t.Context(), scope, "pump-1"); !errors.Is(err, fault.NotFound) {
				t.Errorf("Thing in %v: got %v, want %v", scope, err, fault.NotFound)
			}
		}
	})
	t.Run("its type must be there and allow it", func(t *testing.T) {
		s := open(t)
		th := thing("pump-1")
		th.Type = "pump"
		if _, err := s.InsertThing(t.Context(), things, th, anyType); !errors.Is(err, fault.NotFound) {
			t.Errorf("no such type: got %v, want %v", err, fault.NotFound)
		}
		s.InsertType(t.Context(), things, registry.Type{Name: "pump", ID: "1"})
		if _, err := s.InsertThing(t.Context(), things, th, func(registry.Type) error { return errRule }); err != errRule {
			t.Errorf("the rule refuses: got %v, want %v", err, errRule)
		}
		if _, err := s.Thing(t.Context(), things, "pump-1"); !errors.Is(err, fault.NotFound) {
			t.Errorf("after a refusal: got %v, want %v", err, fault.NotFound)
		}
	})
	t.Run("of many who make it at once, one does", func(t *testing.T) {
		s := open(t)
		var wg sync.WaitGroup
		var ids sync.Map
		for i := range 16 {
			wg.Go(func() {
				th := thing("pump-1")
				th.ID = fmt.Sprint(i)
				got, err := s.InsertThing(t.Context(), things, th, anyType)
				if err != nil {
					t.Error(err)
				}
				ids.Store(got.ID, true)
			})
		}
		wg.Wait()
		n := 0
		ids.Range(func(any, any) bool { n++; return true })
		if n != 1 {
			t.Errorf("got %d ids, want one", n)
		}
	})
	t.Run("deleted with its attributes, if the rule agrees", func(t *testing.T) {
		s := open(t)
		th := thing("pump-1")
		th.Attributes = map[string]string{"site": "north"}
		insertThing(t, s, things, th)
		if err := s.DeleteThing(t.Context(), things, "pump-1", func(got registry.Thing, held int) error {
			if !cmp.Equal(got, th) || held != 0 {
				t.Errorf("the rule got %+v, %d principals", got, held)
			}
			return errRule
		}); err != errRule {
			t.Errorf("got %v, want %v", err, errRule)
		}
		if err := s.DeleteThing(t.Context(), things, "pump-1", anyThing); err != nil {
			t.Fatal(err)
		}
		if err := s.DeleteThing(t.Context(), things, "pump-1", anyThing); !errors.Is(err, fault.NotFound) {
			t.Errorf("again: got %v, want %v", err, fault.NotFound)
		}
		insertThing(t, s, things, thing("pump-1"))
		got, err := s.Things(t.Context(), things, registry.Filter{Attribute: "site"}, page.Request{Limit: 5})
		if err != nil || len(got.Items) != 0 {
			t.Errorf("found %v, %v by an attribute of a thing deleted", got.Items, err)
		}
	})
}

func thingChanges(t *testing.T, open func(t *testing.T) Things) {
	pump := registry.Type{Name: "pump", ID: "1", Created: today}
	raise := func(th *registry.Thing, _ *registry.Type) error { th.Version++; return nil }

	t.Run("a change sees thing and type, and what it makes of the thing is kept", func(t *testing.T) {
		s := open(t)
		s.InsertType(t.Context(), things, pump)
		th := thing("a")
		th.Attributes = map[string]string{"site": "north", "line": "1"}
		insertThing(t, s, things, th)
		err := s.ChangeThing(t.Context(), things, "a", "pump", func(got *registry.Thing, ty *registry.Type) error {
			if !cmp.Equal(*got, th) || ty == nil || !cmp.Equal(*ty, pump) {
				t.Errorf("the change got %+v of %+v", got, ty)
			}
			got.Type, got.Attributes, got.Version = "pump", map[string]string{"site": "south"}, 2
			return nil
		})
		want := th
		want.Type, want.Attributes, want.Version = "pump", map[string]string{"site": "south"}, 2
		if got, again := s.Thing(t.Context(), things, "a"); err != nil || again != nil || !cmp.Equal(got, want) {
			t.Errorf("got %+v, %v, %v, want %+v", got, err, again, want)
		}
		for value, found := range map[string]int{"north": 0, "1": 0, "south": 1} {
			got, err := s.Things(t.Context(), things, registry.Filter{Value: value}, page.Request{Limit: 5})
			if err != nil || len(got.Items) != found {
				t.Errorf("found %v, %v by %s, want %d", got.Items, err, value, found)
			}
		}
		if err := s.ChangeThing(t.Context(), things, "a", "", func(got *registry.Thing, ty *registry.Type) error {
			if ty != nil {
				t.Errorf("no type was asked for, and %+v came", ty)
			}
			got.Type = ""
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if err := s.DeleteType(t.Context(), things, "pump", func(_ registry.Type, used bool) error {
			if used {
				t.Error("the type is still used")
			}
			return nil
		}); err != nil {
			t.Error(err)
		}
	})
	t.Run("refused, or of nothing", func(t *testing.T) {
		s := open(t)
		insertThing(t, s, things, thing("a"))
		if err := s.ChangeThing(t.Context(), things, "a", "pump", func(th *registry.Thing, ty *registry.Type) error {
			if ty != nil {
				t.Errorf("got the type %+v that isn't there", ty)
			}
			th.Version, th.Attributes["site"] = 7, "north"
			return errRule
		}); err != errRule {
			t.Errorf("got %v, want %v", err, errRule)
		}
		if got, err := s.Thing(t.Context(), things, "a"); err != nil || !cmp.Equal(got, thing("a")) {
			t.Errorf("after a refusal: got %+v, %v", got, err)
		}
		for _, scope := range elsewhere {
			if err := s.ChangeThing(t.Context(), scope, "a", "", raise); !errors.Is(err, fault.NotFound) {
				t.Errorf("in %v: got %v, want %v", scope, err, fault.NotFound)
			}
		}
	})
	t.Run("of many at once none is lost", func(t *testing.T) {
		s := open(t)
		insertThing(t, s, things, thing("a"))
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				if err := s.ChangeThing(t.Context(), things, "a", "", raise); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if got, err := s.Thing(t.Context(), things, "a"); err != nil || got.Version != 17 {
			t.Errorf("got version %d, %v, want 17", got.Version, err)
		}
	})
}

func thingLists(t *testing.T, open func(t *testing.T) Things) {
	s := open(t)
	s.InsertType(t.Context(), things, registry.Type{Name: "pump", ID: "1"})
	for name, attributes := range map[string]map[string]string{
		"a": {"site": "north"}, "b": {"site": "north-west", "line": "1"}, "c": {"line": "north"}, "d": {}, "e": {"site": "south"},
	} {
		th := thing(name)
		th.Attributes = attributes
		if name < "c" {
			th.Type = "pump"
		}
		insertThing(t, s, things, th)
	}
	insertThing(t, s, elsewhere[0], thing("f"))
	for _, tc := range []struct {
		name   string
		filter registry.Filter
		want   string
	}{
		{"all", registry.Filter{}, "a b|c d|e"},
		{"of a type", registry.Filter{Type: "pump"}, "a b"},
		{"of a type that isn't there", registry.Filter{Type: "valve"}, ""},
		{"having an attribute", registry.Filter{Attribute: "site"}, "a b|e"},
		{"with a value", registry.Filter{Attribute: "site", Value: "north"}, "a"},
		{"with a value that begins so", registry.Filter{Attribute: "site", Value: "north", Prefix: true}, "a b"},
		{"with a value in any attribute", registry.Filter{Value: "north"}, "a c"},
		{"with a value that no thing has", registry.Filter{Attribute: "site", Value: "nort"}, ""},
		{"a wildcard is none", registry.Filter{Attribute: "site", Value: "%", Prefix: true}, ""},
		{"everything at once", registry.Filter{Type: "pump", Attribute: "line", Value: "1"}, "b"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := pages(t, func(p page.Request) (page.Page[registry.Thing], error) {
				return s.Things(t.Context(), things, tc.filter, p)
			}, 2, func(th registry.Thing) string { return string(th.Name) })
			if got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
	t.Run("a token of another list", func(t *testing.T) {
		if _, err := s.Things(t.Context(), things, registry.Filter{}, page.Request{Limit: 2, Token: "AAAA"}); !errors.Is(err, fault.Invalid) {
			t.Errorf("got %v, want %v", err, fault.Invalid)
		}
	})
}
