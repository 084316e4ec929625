package storetest

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/index"
	"muster/internal/page"
	"muster/internal/registry"
)

// Things is a keeper of the registry under test.
type Things struct {
	registry.Store
	Index *index.Index // to which it publishes
	// Certify registers a certificate of that id, 64 hex digits, in the scope.
	Certify func(t *testing.T, scope arn.Scope, id string)
}

var (
	things    = arn.Scope{Account: "000000000000", Region: "us-east-1"}
	elsewhere = []arn.Scope{{Account: "000000000000", Region: "us-west-2"}, {Account: "111111111111", Region: "us-east-1"}}
	today     = time.UnixMilli(1_700_000_000_123).UTC()
)

func certificateARN(scope arn.Scope, id string) registry.Principal {
	return registry.Principal(scope.Certificate(id))
}

func thing(name string) registry.Thing {
	return registry.Thing{Name: registry.Name(name), ID: "id of " + name, Attributes: map[string]string{}, Version: 1, Created: today}
}

func anyType(registry.Type) error        { return nil }
func anyThing(registry.Thing, int) error { return nil }
func anyEnds(registry.Ends) error        { return nil }
func insertThing(t *testing.T, s Things, scope arn.Scope, all ...registry.Thing) {
	t.Helper()
	for _, th := range all {
		if _, err := s.InsertThing(t.Context(), scope, th, anyType); err != nil {
			t.Fatal(err)
		}
	}
}

var errRule = errors.New("refused by the rule")

// Registry is what every keeper of the registry must pass. open answers an
// empty one that lasts as long as t.
func Registry(t *testing.T, open func(t *testing.T) Things) {
	t.Run("types", func(t *testing.T) { thingTypes(t, open) })
	t.Run("things", func(t *testing.T) { thingRows(t, open) })
	t.Run("changes", func(t *testing.T) { thingChanges(t, open) })
	t.Run("lists", func(t *testing.T) { thingLists(t, open) })
	t.Run("principals", func(t *testing.T) { principals(t, open) })
}

func thingTypes(t *testing.T, open func(t *testing.T) Things) {
	pump := registry.Type{Name: "pump", ID: "1", Description: "moves water", Searchable: []string{"site", "line"},
		Propagating: []registry.PropagatingAttribute{{UserPropertyKey: "id", ConnectionAttribute: "iot:ClientId"}, {UserPropertyKey: "at", ThingAttribute: "site"}}, Tags: map[string]string{"team": "field", "empty": ""}, Created: today}

	t.Run("one is kept, and answered to whoever would make it again", func(t *testing.T) {
		s := open(t)
		for i, ty := range []registry.Type{pump, {Name: "pump", ID: "2", Created: today.Add(time.Hour)}} {
			got, err := s.InsertType(t.Context(), things, ty)
			if err != nil || !cmp.Equal(got, pump) {
				t.Errorf("InsertType %d: got %+v, %v, want %+v", i+1, got, err, pump)
			}
		}
		if got, err := s.Type(t.Context(), things, "pump"); err != nil || !cmp.Equal(got, pump) {
			t.Errorf("Type: got %+v, %v, want %+v", got, err, pump)
		}
		for _, scope := range elsewhere {
			if _, err := s.Type(t.Context(), scope, "pump"); !errors.Is(err, fault.NotFound) {
				t.Errorf("Type in %v: got %v, want %v", scope, err, fault.NotFound)
			}
		}
	})
	t.Run("a change is kept unless it fails", func(t *testing.T) {
		s := open(t)
		s.InsertType(t.Context(), things, pump)
		change := func(err error) error {
			return s.ChangeType(t.Context(), things, "pump", func(ty *registry.Type) error {
				ty.Deprecated = ty.Deprecated.Add(time.Hour)
				if ty.Deprecated.Before(today) {
					ty.Deprecated = today
				}
				ty.Tags, ty.Propagating = map[string]string{"site": "north"}, ty.Propagating[1:]
				return err
			})
		}
		if err := change(nil); err != nil {
			t.Fatal(err)
		}
		if err := change(errRule); err != errRule {
			t.Errorf("got %v, want %v", err, errRule)
		}
		want := pump
		want.Deprecated, want.Tags, want.Propagating = today, map[string]string{"site": "north"}, pump.Propagating[1:]
		if got, _ := s.Type(t.Context(), things, "pump"); !cmp.Equal(got, want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
		if err := s.ChangeType(t.Context(), things, "valve", func(*registry.Type) error { return nil }); !errors.Is(err, fault.NotFound) {
			t.Errorf("a type that isn't there: got %v, want %v", err, fault.NotFound)
		}
	})
	t.Run("the rule of a deletion knows whether a thing is of it", func(t *testing.T) {
		s := open(t)
		s.InsertType(t.Context(), things, pump)
		s.InsertType(t.Context(), elsewhere[0], pump)
		used := thing("pump-1")
		used.Type = "pump"
		insertThing(t, s, elsewhere[0], used)
		if err := s.DeleteType(t.Context(), elsewhere[0], "pump", func(ty registry.Type, used bool) error {
			if !used || !cmp.Equal(ty, pump) {
				t.Errorf("the rule got %+v, used %v", ty, used)
			}
			return errRule
		}); err != errRule {
			t.Errorf("got %v, want %v", err, errRule)
		}
		if _, err := s.Type(t.Context(), elsewhere[0], "pump"); err != nil {
			t.Errorf("after a refused deletion: %v", err)
		}
		if err := s.DeleteType(t.Context(), things, "pump", func(_ registry.Type, used bool) error {
			if used {
				t.Error("a type counts as used because of a thing in another region")
			}
			return nil
		}); err != nil {
			t.Error(err)
		}
		if err := s.DeleteType(t.Context(), things, "pump", func(registry.Type, bool) error { return nil }); !errors.Is(err, fault.NotFound) {
			t.Errorf("deleting it again: got %v, want %v", err, fault.NotFound)
		}
	})
	t.Run("pages by name, of a prefix", func(t *testing.T) {
		s := open(t)
		for _, name := range []registry.TypeName{"pump-b", "valve", "pump-a", "pump-c", "pum", "Pump-x"} {
			s.InsertType(t.Context(), things, registry.Type{Name: name, ID: string(name)})
		}
		s.InsertType(t.Context(), elsewhere[1], registry.Type{Name: "pump-z", ID: "z"})
		got := pages(t, func(p page.Request) (page.Page[registry.Type], error) {
			return s.Types(t.Context(), things, "pump", p)
		}, 2, func(ty registry.Type) string { return string(ty.Name) })
		if want := "pump-a pump-b|pump-c"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

// pages reads a list page by page: "a b|c".
func pages[T any](t *testing.T, list func(page.Request) (page.Page[T], error), limit int, name func(T) string) string {
	t.Helper()
	var all []string
	p := page.Request{Limit: limit}
	for {
		got, err := list(p)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, item := range got.Items {
			names = append(names, name(item))
		}
		all = append(all, strings.Join(names, " "))
		if p.Token = got.Next; p.Token == "" || len(all) > 100 {
			return strings.Join(all, "|")
		}
	}
}
