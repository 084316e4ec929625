package registry_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"muster/internal/fault"
	"muster/internal/page"
	"muster/internal/registry"
)

func TestUpdateThing(t *testing.T) {
	type attrs = map[string]string
	for _, tc := range []struct {
		name     string
		update   registry.Update
		want     error
		sentence string
		now      attrs
		nowType  registry.TypeName
	}{
		{"nothing but the version", registry.Update{}, nil, "", attrs{"site": "north", "line": "1"}, "pump"},
		{"attributes replaced", registry.Update{Attributes: attrs{"line": "2"}}, nil, "", attrs{"line": "2"}, "pump"},
		{"attributes replaced by none", registry.Update{Attributes: attrs{}}, nil, "", attrs{}, "pump"},
		{"attributes merged", registry.Update{Attributes: attrs{"line": "2", "row": "3"}, Merge: true}, nil, "", attrs{"site": "north", "line": "2", "row": "3"}, "pump"},
		{"no attributes merged", registry.Update{Attributes: attrs{}, Merge: true}, nil, "", attrs{"site": "north", "line": "1"}, "pump"},
		{"one removed while merging", registry.Update{Attributes: attrs{"line": "", "no": ""}, Merge: true}, nil, "", attrs{"site": "north"}, "pump"},
		{"an empty one while replacing", registry.Update{Attributes: attrs{"line": "", "row": "3"}}, nil, "", attrs{"row": "3"}, "pump"},
		{"another type", registry.Update{Type: "valve"}, nil, "", attrs{"site": "north", "line": "1"}, "valve"},
		{"no type", registry.Update{RemoveType: true}, nil, "", attrs{"site": "north", "line": "1"}, ""},
		{"no type, and as many attributes as may be", registry.Update{RemoveType: true, Attributes: attrs{"row": "3"}, Merge: true}, nil, "", attrs{"site": "north", "line": "1", "row": "3"}, ""},
		{"no type, and one attribute too many", registry.Update{RemoveType: true, Attributes: attrs{"row": "3", "b": "1"}, Merge: true}, fault.Invalid,
			"Thing pump-1 has 4 attributes; with a thing type there may be 50, without 3", nil, ""},
		{"fifty attributes", registry.Update{Attributes: attributes(50)}, nil, "", attributes(50), "pump"},
		{"fifty-two after merging", registry.Update{Attributes: attributes(50), Merge: true}, fault.Invalid, "", nil, ""},
		{"a malformed name", registry.Update{Attributes: attrs{"a b": "1"}}, fault.Invalid, "", nil, ""},
		{"a malformed value", registry.Update{Attributes: attrs{"a": "1 2"}, Merge: true}, fault.Invalid, "", nil, ""},
		{"a deprecated type", registry.Update{Type: "old"}, fault.Invalid, "Can not update a thing to use deprecated thing type: old", nil, ""},
		{"a type that isn't there", registry.Update{Type: "no"}, fault.NotFound, "Thing type no cannot be found.", nil, ""},
		{"a type given and taken", registry.Update{Type: "valve", RemoveType: true}, fault.Invalid, "The thing type of thing pump-1 can't be both set and removed", nil, ""},
		{"the version it has", registry.Update{Version: new(int64(1)), Type: "valve"}, nil, "", attrs{"site": "north", "line": "1"}, "valve"},
		{"another version", registry.Update{Version: new(int64(2)), Type: "valve"}, fault.Conflict, "The version for thing pump-1 does not match the expected version.", nil, ""},
		{"version zero", registry.Update{Version: new(int64(0))}, fault.Conflict, "", nil, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newFleet(t)
			for _, name := range []registry.TypeName{"pump", "valve", "old"} {
				f.createType(t, name)
			}
			says(t, f.DeprecateType(t.Context(), scope, "old"), nil, "")
			want := f.create(t, registry.Thing{Name: "pump-1", Type: "pump", Attributes: attrs{"site": "north", "line": "1"}})
			says(t, f.UpdateThing(t.Context(), scope, "pump-1", tc.update), tc.want, tc.sentence)
			if tc.want == nil {
				want.Attributes, want.Type, want.Version = tc.now, tc.nowType, 2
			}
			if got, err := f.Thing(t.Context(), scope, "pump-1"); err != nil || !cmp.Equal(got, want) {
				t.Errorf("afterwards: got %+v, %v, want %+v", got, err, want)
			}
		})
	}
	t.Run("a thing that isn't there", func(t *testing.T) {
		f := newFleet(t)
		says(t, f.UpdateThing(t.Context(), scope, "pump-1", registry.Update{}), fault.NotFound, "Thing pump-1 cannot be found.")
		f.create(t, registry.Thing{Name: "pump-1"})
		says(t, f.UpdateThing(t.Context(), west, "pump-1", registry.Update{}), fault.NotFound, "")
	})
	t.Run("of a type deprecated since", func(t *testing.T) {
		f := newFleet(t)
		f.createType(t, "pump")
		f.create(t, registry.Thing{Name: "pump-1", Type: "pump"})
		says(t, f.DeprecateType(t.Context(), scope, "pump"), nil, "")
		says(t, f.UpdateThing(t.Context(), scope, "pump-1", registry.Update{Attributes: attributes(4)}), nil, "")
		says(t, f.UpdateThing(t.Context(), scope, "pump-1", registry.Update{Type: "pump"}), fault.Invalid, "")
	})
}

// What a device's decision sees of its thing is what the update left.
func TestAnUpdateIsSeenAtOnce(t *testing.T) {
	f := newFleet(t)
	cert := f.certify(t, scope, one)
	f.createType(t, "pump")
	f.create(t, registry.Thing{Name: "pump-1"})
	says(t, f.Attach(t.Context(), scope, "pump-1", cert, false), nil, "")
	for i, u := range []registry.Update{
		{Attributes: attributes(1)}, {Type: "pump"}, {Attributes: attributes(0)}, {RemoveType: true},
	} {
		if _, ok, err := f.Attached(t.Context(), scope, "pump-1", one); !ok || err != nil {
			t.Fatalf("Attached: got %v, %v", ok, err)
		}
		says(t, f.UpdateThing(t.Context(), scope, "pump-1", u), nil, "")
		want, err := f.Thing(t.Context(), scope, "pump-1")
		says(t, err, nil, "")
		if got, _, err := f.Attached(t.Context(), scope, "pump-1", one); err != nil || !cmp.Equal(got, want) {
			t.Errorf("after update %d: got %+v, %v, want %+v", i+1, got, err, want)
		}
	}
}

func TestThingsOf(t *testing.T) {
	f := newFleet(t)
	cert, other := f.certify(t, scope, one), f.certify(t, west, two)
	f.create(t, registry.Thing{Name: "pump-1"})
	f.create(t, registry.Thing{Name: "pump-2"})
	says(t, f.Attach(t.Context(), scope, "pump-2", cert, false), nil, "")
	for _, tc := range []struct {
		name      string
		principal registry.Principal
		want      error
		things    []registry.Name
	}{
		{"a certificate", cert, nil, []registry.Name{"pump-2"}},
		{"an identity on no thing", "us-east-1:0001", nil, nil},
		{"another region's certificate", other, fault.NotFound, nil},
		{"a certificate that isn't registered", registry.Principal(scope.Certificate(two)), fault.NotFound, nil},
		{"no principal", "pump-2", fault.Invalid, nil},
		{"a thing", registry.Principal(scope.Thing("pump-2")), fault.Invalid, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := f.ThingsOf(t.Context(), scope, tc.principal, registry.AnyType, page.Request{Limit: 5})
			says(t, err, tc.want, "")
			var things []registry.Name
			for _, a := range got.Items {
				things = append(things, a.Thing)
			}
			if !cmp.Equal(things, tc.things) {
				t.Errorf("got %v, want %v", things, tc.things)
			}
		})
	}
}

func TestUpdateType(t *testing.T) {
	property := func(key, thing, connection string) registry.PropagatingAttribute {
		return registry.PropagatingAttribute{UserPropertyKey: key, ThingAttribute: thing, ConnectionAttribute: connection}
	}
	was := []registry.PropagatingAttribute{property("at", "site", "")}
	to := func(all ...registry.PropagatingAttribute) registry.TypeUpdate {
		return registry.TypeUpdate{Propagating: &all}
	}
	var many []registry.PropagatingAttribute
	for i := range registry.MaxPropagating + 1 {
		many = append(many, property(fmt.Sprint("k", i), "site", ""))
	}
	const only = "Can only update mqtt5Configuration."
	for _, tc := range []struct {
		name     string
		kind     registry.TypeName
		update   registry.TypeUpdate
		want     error
		sentence string
		after    []registry.PropagatingAttribute
	}{
		{"nothing", "pump", registry.TypeUpdate{}, nil, "", was},
		{"other attributes", "pump", to(property("id", "", "iot:ClientId"), property("at", "line", "")), nil, "", []registry.PropagatingAttribute{property("id", "", "iot:ClientId"), property("at", "line", "")}},
		{"as many as there may be", "pump", to(many[1:]...), nil, "", many[1:]},
		{"none", "pump", to(), nil, "", nil},
		{"what stays as it is beside it", "pump", registry.TypeUpdate{Description: new("moves water"), Searchable: []string{"line", "site"}, Propagating: &[]registry.PropagatingAttribute{}}, nil, "", nil},
		{"another description", "pump", registry.TypeUpdate{Description: new("moves oil"), Propagating: &[]registry.PropagatingAttribute{}}, fault.Invalid, only, was},
		{"no description", "pump", registry.TypeUpdate{Description: new("")}, fault.Invalid, only, was},
		{"other searchable attributes", "pump", registry.TypeUpdate{Searchable: []string{"site"}}, fault.Invalid, only, was},
		{"no searchable attributes", "pump", registry.TypeUpdate{Searchable: []string{}}, fault.Invalid, only, was},
		{"one too many", "pump", to(many...), fault.Invalid, "", was},
		{"no key", "pump", to(property("", "site", "")), fault.Invalid, "", was},
		{"a key twice", "pump", to(property("at", "site", ""), property("at", "line", "")), fault.Invalid, "", was},
		{"no attribute", "pump", to(property("at", "", "")), fault.Invalid, "", was},
		{"two attributes", "pump", to(property("at", "site", "iot:ClientId")), fault.Invalid, "", was},
		{"no type", "valve", to(), fault.NotFound, "", was},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newFleet(t)
			made, err := f.CreateType(t.Context(), scope, registry.Type{Name: "pump", Description: "moves water", Searchable: []string{"site", "line"}, Propagating: was})
			says(t, err, nil, "")
			says(t, f.UpdateType(t.Context(), scope, tc.kind, tc.update), tc.want, tc.sentence)
			got, err := f.Type(t.Context(), scope, "pump")
			says(t, err, nil, "")
			want := made
			want.Propagating = tc.after
			if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("afterwards (-want +got):\n%s", diff)
			}
		})
	}
}
