package registry_test

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"muster/internal/arn"
	"muster/internal/certificate"
	"muster/internal/fault"
	"muster/internal/index"
	"muster/internal/page"
	"muster/internal/registry"
	"muster/internal/store/storetest"
)

var (
	scope = arn.Scope{Account: "000000000000", Region: "us-east-1"}
	west  = arn.Scope{Account: "000000000000", Region: "us-west-2"}
)

// fleet is a registry over a database of its own, with a clock to turn.
type fleet struct {
	*registry.Registry
	now          time.Time
	certificates certificate.Store
}

func newFleet(t *testing.T) *fleet {
	t.Helper()
	x := index.New(1024)
	db := storetest.Open(t, t.TempDir(), x)
	f := &fleet{Registry: registry.New(db.Registry(), x), now: time.UnixMilli(1_700_000_000_000), certificates: db.Certificates()}
	f.Now = func() time.Time { return f.now }
	return f
}

func (f *fleet) certify(t *testing.T, scope arn.Scope, id string) registry.Principal {
	t.Helper()
	cert := certificate.Certificate{ID: id, Scope: scope, Status: certificate.Active}
	if err := f.certificates.InsertCertificate(t.Context(), cert); err != nil {
		t.Fatal(err)
	}
	return registry.Principal(cert.ARN())
}

func (f *fleet) createType(t *testing.T, name registry.TypeName) registry.Type {
	t.Helper()
	ty, err := f.CreateType(t.Context(), scope, registry.Type{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	return ty
}

func (f *fleet) create(t *testing.T, th registry.Thing) registry.Thing {
	t.Helper()
	th, err := f.CreateThing(t.Context(), scope, th)
	if err != nil {
		t.Fatal(err)
	}
	return th
}

// says asks for the kind and, unless it is empty, the sentence of a refusal;
// a nil kind asks for none.
func says(t *testing.T, err, kind error, sentence string) {
	t.Helper()
	if !errors.Is(err, kind) || kind == nil && err != nil || sentence != "" && err.Error() != sentence {
		t.Errorf("got %v, want %v %q", err, kind, sentence)
	}
}

func TestCreateType(t *testing.T) {
	property := []registry.PropagatingAttribute{{UserPropertyKey: "at", ThingAttribute: "site"}}
	pump := registry.Type{Name: "pump", Description: "moves water", Searchable: []string{"site", "line"}, Propagating: property}
	for _, tc := range []struct {
		name  string
		again registry.Type
		want  error
	}{
		{"the same", pump, nil},
		{"the searchable attributes in another order", registry.Type{Name: "pump", Description: "moves water", Searchable: []string{"line", "site"}, Propagating: property}, nil},
		{"another description", registry.Type{Name: "pump", Searchable: pump.Searchable, Propagating: property}, fault.AlreadyExists},
		{"other searchable attributes", registry.Type{Name: "pump", Description: "moves water", Searchable: []string{"site"}, Propagating: property}, fault.AlreadyExists},
		{"no propagating attributes", registry.Type{Name: "pump", Description: "moves water", Searchable: pump.Searchable}, fault.AlreadyExists},
		{"a malformed propagating attribute", registry.Type{Name: "valve", Propagating: []registry.PropagatingAttribute{{UserPropertyKey: "at"}}}, fault.Invalid},
		{"a name with a space", registry.Type{Name: "a pump"}, fault.Invalid},
		{"too many searchable attributes", registry.Type{Name: "valve", Searchable: []string{"a", "b", "c", "d"}}, fault.Invalid},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newFleet(t)
			first, err := f.CreateType(t.Context(), scope, pump)
			if err != nil || len(first.ID) != 36 {
				t.Fatalf("got id %q, %v", first.ID, err)
			}
			got, err := f.CreateType(t.Context(), scope, tc.again)
			says(t, err, tc.want, "")
			if err == nil && got.ID != first.ID {
				t.Errorf("got another id: %s, want %s", got.ID, first.ID)
			}
		})
	}
}

func TestDeleteType(t *testing.T) {
	const wait = "Cannot delete thing type : pump. Please wait for 5 minutes after deprecation and then retry"
	for _, tc := range []struct {
		name     string
		prepare  func(t *testing.T, f *fleet)
		want     error
		sentence string
	}{
		{"never deprecated", func(*testing.T, *fleet) {}, fault.Invalid, ""},
		{"just deprecated", func(t *testing.T, f *fleet) { f.DeprecateType(t.Context(), scope, "pump") }, fault.Invalid, wait},
		{"deprecated almost long enough", func(t *testing.T, f *fleet) {
			f.DeprecateType(t.Context(), scope, "pump")
			f.now = f.now.Add(5*time.Minute - time.Millisecond)
		}, fault.Invalid, wait},
		{"deprecated long enough", func(t *testing.T, f *fleet) {
			f.DeprecateType(t.Context(), scope, "pump")
			f.now = f.now.Add(5 * time.Minute)
		}, nil, ""},
		{"deprecated again since", func(t *testing.T, f *fleet) {
			f.DeprecateType(t.Context(), scope, "pump")
			f.now = f.now.Add(5 * time.Minute)
			f.DeprecateType(t.Context(), scope, "pump")
		}, nil, ""},
		{"the deprecation taken back", func(t *testing.T, f *fleet) {
			f.DeprecateType(t.Context(), scope, "pump")
			f.now = f.now.Add(5 * time.Minute)
			f.UndeprecateType(t.Context(), scope, "pump")
		}, fault.Invalid, ""},
		{"no delay configured", func(t *testing.T, f *fleet) {
			f.DeleteDelay = 0
			f.DeprecateType(t.Context(), scope, "pump")
		}, nil, ""},
		{"a thing is of it", func(t *testing.T, f *fleet) {
			f.create(t, registry.Thing{Name: "pump-1", Type: "pump"})
			f.DeprecateType(t.Context(), scope, "pump")
			f.now = f.now.Add(time.Hour)
		}, fault.Invalid, ""},
		{"it is gone", func(t *testing.T, f *fleet) {
			f.DeprecateType(t.Context(), scope, "pump")
			f.now = f.now.Add(time.Hour)
			f.DeleteType(t.Context(), scope, "pump")
		}, fault.NotFound, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newFleet(t)
			f.createType(t, "pump")
			tc.prepare(t, f)
			says(t, f.DeleteType(t.Context(), scope, "pump"), tc.want, tc.sentence)
			_, err := f.Type(t.Context(), scope, "pump")
			if gone := errors.Is(err, fault.NotFound); gone != (tc.want == nil || tc.want == fault.NotFound) {
				t.Errorf("afterwards: got %v", err)
			}
		})
	}
	t.Run("deprecating what isn't there", func(t *testing.T) {
		f := newFleet(t)
		says(t, f.DeprecateType(t.Context(), scope, "pump"), fault.NotFound, "")
		says(t, f.UndeprecateType(t.Context(), scope, "pump"), fault.NotFound, "")
	})
}

func attributes(n int) map[string]string {
	all := map[string]string{}
	for i := range n {
		all[fmt.Sprintf("a%d", i)] = "x"
	}
	return all
}

func TestCreateThing(t *testing.T) {
	for _, tc := range []struct {
		name     string
		thing    registry.Thing
		want     error
		sentence string
	}{
		{"only a name", registry.Thing{Name: "valve:1"}, nil, ""},
		{"a type", registry.Thing{Name: "valve", Type: "pump"}, nil, ""},
		{"a type that isn't there", registry.Thing{Name: "valve", Type: "no"}, fault.NotFound, ""},
		{"a deprecated type", registry.Thing{Name: "valve", Type: "old"}, fault.Invalid, "Can not create new thing with depreated thing type:old"},
		{"a billing group", registry.Thing{Name: "valve", BillingGroup: "us"}, fault.NotFound, ""},
		{"three attributes without a type", registry.Thing{Name: "valve", Attributes: attributes(3)}, nil, ""},
		{"four attributes without a type", registry.Thing{Name: "valve", Attributes: attributes(4)}, fault.Invalid, ""},
		{"fifty attributes with a type", registry.Thing{Name: "valve", Type: "pump", Attributes: attributes(50)}, nil, ""},
		{"fifty-one attributes with a type", registry.Thing{Name: "valve", Type: "pump", Attributes: attributes(51)}, fault.Invalid, ""},
		{"an attribute's name with a space", registry.Thing{Name: "valve", Attributes: map[string]string{"a b": "1"}}, fault.Invalid, ""},
		{"an attribute's value with a space", registry.Thing{Name: "valve", Attributes: map[string]string{"a": "1 2"}}, fault.Invalid, ""},
		{"an attribute's value too long", registry.Thing{Name: "valve", Attributes: map[string]string{"a": strings.Repeat("x", 801)}}, fault.Invalid, ""},
		{"a name with a slash", registry.Thing{Name: "valve/1"}, fault.Invalid, ""},
		{"a name too long", registry.Thing{Name: registry.Name(strings.Repeat("x", 129))}, fault.Invalid, ""},
		{"no name", registry.Thing{}, fault.Invalid, ""},
		{"there already, the same", registry.Thing{Name: "pump-1", Type: "pump", Attributes: map[string]string{"site": "north"}}, nil, ""},
		{"there already, the same but for an empty attribute", registry.Thing{Name: "pump-1", Type: "pump", Attributes: map[string]string{"site": "north", "line": ""}}, nil, ""},
		{"there already, of a type deprecated since", registry.Thing{Name: "pump-0", Type: "old"}, nil, ""},
		{"there already with other attributes", registry.Thing{Name: "pump-1", Type: "pump"}, fault.AlreadyExists,
			"Thing pump-1 already exists in account with different attributes"},
		{"there already with a type", registry.Thing{Name: "pump-1", Attributes: map[string]string{"site": "north"}}, fault.AlreadyExists, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newFleet(t)
			f.createType(t, "pump")
			f.createType(t, "old")
			there := map[registry.Name]registry.Thing{}
			for _, th := range []registry.Thing{{Name: "pump-0", Type: "old"}, {Name: "pump-1", Type: "pump", Attributes: map[string]string{"site": "north"}}} {
				there[th.Name] = f.create(t, th)
			}
			if err := f.DeprecateType(t.Context(), scope, "old"); err != nil {
				t.Fatal(err)
			}
			got, err := f.CreateThing(t.Context(), scope, tc.thing)
			says(t, err, tc.want, tc.sentence)
			if err != nil {
				if _, ok := there[tc.thing.Name]; ok {
					return
				}
				_, err := f.Thing(t.Context(), scope, tc.thing.Name)
				says(t, err, fault.NotFound, "")
				return
			}
			if old, ok := there[tc.thing.Name]; ok && got.ID != old.ID {
				t.Errorf("got another id: %s, want %s", got.ID, old.ID)
			}
			if len(got.ID) != 36 || got.Version != 1 || got.Type != tc.thing.Type {
				t.Errorf("got %+v", got)
			}
			if _, ok := there[tc.thing.Name]; !ok && !maps.Equal(got.Attributes, tc.thing.Attributes) {
				t.Errorf("got attributes %v, want %v", got.Attributes, tc.thing.Attributes)
			}
		})
	}
	t.Run("the refusal names what is there", func(t *testing.T) {
		f := newFleet(t)
		f.create(t, registry.Thing{Name: "pump-1"})
		_, err := f.CreateThing(t.Context(), scope, registry.Thing{Name: "pump-1", Attributes: attributes(1)})
		got := fault.Of(err)
		if got == nil || got.Fields["resourceId"] != "pump-1" || got.Fields["resourceArn"] != string(scope.Thing("pump-1")) {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("a new id after a deletion", func(t *testing.T) {
		f := newFleet(t)
		first := f.create(t, registry.Thing{Name: "pump-1"})
		if err := f.DeleteThing(t.Context(), scope, "pump-1", nil); err != nil {
			t.Fatal(err)
		}
		if second := f.create(t, registry.Thing{Name: "pump-1"}); second.ID == first.ID {
			t.Errorf("the id %s was given again", first.ID)
		}
	})
	t.Run("in two regions", func(t *testing.T) {
		f := newFleet(t)
		first := f.create(t, registry.Thing{Name: "pump-1"})
		second, err := f.CreateThing(t.Context(), west, registry.Thing{Name: "pump-1", Attributes: attributes(1)})
		if err != nil || first.ID == second.ID {
			t.Errorf("got %+v, %v", second, err)
		}
	})
}

func TestDeleteThing(t *testing.T) {
	for _, tc := range []struct {
		name     string
		thing    registry.Name
		version  *int64
		want     error
		sentence string
	}{
		{"any version", "pump-1", nil, nil, ""},
		{"the version it has", "pump-1", new(int64(1)), nil, ""},
		{"another version", "pump-1", new(int64(2)), fault.Conflict, "The version for thing pump-1 does not match the expected version."},
		{"not there", "pump-9", nil, nil, ""},
		{"not there, with a version", "pump-9", new(int64(1)), nil, ""},
		{"a principal is attached", "pump-2", nil, fault.Invalid, "Cannot delete. Thing pump-2 is still attached to one or more principals"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newFleet(t)
			f.create(t, registry.Thing{Name: "pump-1"})
			f.create(t, registry.Thing{Name: "pump-2"})
			says(t, f.Attach(t.Context(), scope, "pump-2", "us-east-1:0001", false), nil, "")
			says(t, f.DeleteThing(t.Context(), scope, tc.thing, tc.version), tc.want, tc.sentence)
			_, err := f.Thing(t.Context(), scope, tc.thing)
			if gone := errors.Is(err, fault.NotFound); gone != (tc.want == nil) {
				t.Errorf("afterwards: got %v", err)
			}
		})
	}
	t.Run("once the principal is detached", func(t *testing.T) {
		f := newFleet(t)
		f.create(t, registry.Thing{Name: "pump-1"})
		says(t, f.Attach(t.Context(), scope, "pump-1", "us-east-1:0001", false), nil, "")
		says(t, f.Detach(t.Context(), scope, "pump-1", "us-east-1:0001"), nil, "")
		says(t, f.DeleteThing(t.Context(), scope, "pump-1", nil), nil, "")
	})
}

func TestListsHaveTheirFilters(t *testing.T) {
	f := newFleet(t)
	f.createType(t, "pump")
	f.createType(t, "pump-old")
	f.createType(t, "valve")
	f.create(t, registry.Thing{Name: "pump-1", Type: "pump"})
	f.create(t, registry.Thing{Name: "pump-2"})
	types, err := f.Types(t.Context(), scope, "pump", page.Request{Limit: 10})
	if err != nil || len(types.Items) != 2 {
		t.Errorf("types: got %v, %v, want two", types.Items, err)
	}
	things, err := f.Things(t.Context(), scope, registry.Filter{Type: "pump"}, page.Request{Limit: 10})
	if err != nil || len(things.Items) != 1 || things.Items[0].Name != "pump-1" {
		t.Errorf("things: got %v, %v, want pump-1", things.Items, err)
	}
}
