package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/fleet"
	"muster/internal/index"
	"muster/internal/page"
	"muster/internal/rolealias"
)

var (
	fleetScope    = arn.Scope{Account: "000000000000", Region: "us-east-1"}
	fleetWest     = arn.Scope{Account: "000000000000", Region: "us-west-2"}
	fleetStranger = arn.Scope{Account: "111111111111", Region: "us-east-1"}
)

// FleetStores are the keepers of what lands together with a fleet.
type FleetStores struct {
	Fleets  fleet.Store
	Aliases rolealias.Store
	Index   *index.Index // that they publish to
}

// Fleet is what every keeper of fleets and devices must pass. open answers
// empty ones that last as long as t.
func Fleet(t *testing.T, open func(t *testing.T) FleetStores) {
	for name, test := range map[string]func(*testing.T, FleetStores){
		"a fleet is kept whole":                fleetKept,
		"a fleet's name is taken once":         fleetTaken,
		"an alias lands with its fleet":        fleetAlias,
		"an alias left over is adopted":        fleetAdopts,
		"scopes of fleets keep apart":          fleetScopes,
		"fleets by order, both ways, in pages": fleetOrders,
		"fleets by filter":                     fleetFilters,
		"a fleet goes with its devices":        fleetDeleted,
		"a fleet is changed with its alias":    fleetChanged,
		"tags of a fleet and of a device":      fleetTags,
		"devices land all or none":             devicesInserted,
		"devices change all or none":           devicesChanged,
		"devices go all or none":               devicesDeleted,
		"devices in pages":                     devicesPaged,
		"writers race for one device":          devicesRace,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

func at(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

func someFleet(name string, created int64) fleet.Fleet {
	return fleet.Fleet{
		Name: name, Role: "arn:aws:iam::000000000000:role/SageMakerFleet", Description: "pumps of the field",
		Output:  fleet.Output{S3Location: "s3://sagemaker-bucket/device_output/", KMSKey: "k", Preset: "GreengrassV2Component", PresetJSON: `{"a":"<&>"}`},
		Tags:    map[string]string{"team": "field", "empty": ""},
		Created: at(created), Modified: at(created + 1),
	}
}

func insertFleet(t *testing.T, s FleetStores, scope arn.Scope, f fleet.Fleet) {
	t.Helper()
	if err := s.Fleets.InsertFleet(t.Context(), scope, f, nil); err != nil {
		t.Fatal(err)
	}
}

func nameOfFleet(f fleet.Fleet) string { return f.Name }

func fleetsOf(t *testing.T, s FleetStores, f fleet.Filter) lister[fleet.Fleet] {
	return func(p page.Request) (page.Page[fleet.Fleet], error) {
		return s.Fleets.Fleets(t.Context(), fleetScope, f, p)
	}
}

func fleetKept(t *testing.T, s FleetStores) {
	full := someFleet("field", 1_000)
	full.Alias = "SageMakerEdge-field"
	bare := fleet.Fleet{Name: "bare", Output: fleet.Output{S3Location: "s3://b"}, Created: at(1), Modified: at(2)}
	for _, want := range []fleet.Fleet{full, bare} {
		insertFleet(t, s, fleetScope, want)
		if got, err := s.Fleets.Fleet(t.Context(), fleetScope, want.Name); err != nil || !cmp.Equal(got, want) {
			t.Errorf("Fleet: got %+v, %v, want %+v", got, err, want)
		}
	}
	if _, err := s.Fleets.Fleet(t.Context(), fleetScope, "Field"); !errors.Is(err, fault.NotFound) {
		t.Errorf("a name in other letters: got %v, want %v", err, fault.NotFound)
	}
}

func fleetTaken(t *testing.T, s FleetStores) {
	first := someFleet("field", 1_000)
	insertFleet(t, s, fleetScope, first)
	second := someFleet("field", 2_000)
	alias := rolealias.Alias{ID: "1", Name: "SageMakerEdge-field", Role: second.Role, Life: time.Hour, Created: at(1), Modified: at(1)}
	if err := s.Fleets.InsertFleet(t.Context(), fleetScope, second, making(alias)); !errors.Is(err, fault.AlreadyExists) {
		t.Errorf("InsertFleet again: got %v, want %v", err, fault.AlreadyExists)
	}
	if got, err := s.Fleets.Fleet(t.Context(), fleetScope, "field"); err != nil || !cmp.Equal(got, first) {
		t.Errorf("Fleet: got %+v, %v, want the first", got, err)
	}
	if _, err := s.Aliases.Alias(t.Context(), fleetScope, alias.Name); !errors.Is(err, fault.NotFound) {
		t.Errorf("the alias of the refused fleet: got %v, want %v", err, fault.NotFound)
	}
}

// making is the link that makes a, whoever asks.
func making(a rolealias.Alias) *fleet.Link {
	return &fleet.Link{Alias: a, Make: true, May: anybody}
}

func anybody(*rolealias.Alias) error { return nil }

// foundAlias reads the alias of the fleet "field" through the index.
func foundAlias(t *testing.T, s FleetStores) (rolealias.Alias, error) {
	const name = "SageMakerEdge-field"
	return index.Get(t.Context(), s.Index, rolealias.Key(fleetScope, name), func(ctx context.Context) (rolealias.Alias, error) {
		return s.Aliases.Alias(ctx, fleetScope, name)
	})
}

func fleetAlias(t *testing.T, s FleetStores) {
	if _, err := foundAlias(t, s); !errors.Is(err, fault.NotFound) {
		t.Fatalf("before: got %v, want %v", err, fault.NotFound)
	}
	f := someFleet("field", 1_000)
	want := rolealias.Alias{ID: "1", Name: "SageMakerEdge-field", Role: f.Role, Life: time.Hour, OfFleet: true, Created: at(1), Modified: at(1)}
	if err := s.Fleets.InsertFleet(t.Context(), fleetScope, f, making(want)); err != nil {
		t.Fatal(err)
	}
	if got, err := foundAlias(t, s); err != nil || !cmp.Equal(got, want) {
		t.Errorf("the alias: got %+v, %v, want %+v", got, err, want)
	}
	if err := s.Fleets.DeleteFleet(t.Context(), fleetScope, "field"); err != nil {
		t.Fatal(err)
	}
	if got, err := foundAlias(t, s); err != nil || !cmp.Equal(got, want) {
		t.Errorf("after the fleet: got %+v, %v, want the alias to stay", got, err)
	}
}

func fleetAdopts(t *testing.T, s FleetStores) {
	old := rolealias.Alias{
		ID: "1", Name: "SageMakerEdge-field", Role: "arn:aws:iam::000000000000:role/Old", Life: 2 * time.Hour,
		Tags: map[string]string{"made": "by hand"}, Created: at(1), Modified: at(1),
	}
	if err := s.Aliases.InsertAlias(t.Context(), fleetScope, old); err != nil {
		t.Fatal(err)
	}
	if _, err := foundAlias(t, s); err != nil {
		t.Fatal(err)
	}
	adopt := func(created int64) {
		t.Helper()
		f := someFleet("field", created)
		fresh := rolealias.Alias{ID: fmt.Sprint(created), Name: old.Name, Role: f.Role, Life: time.Hour, Created: at(created), Modified: at(created)}
		if err := s.Fleets.InsertFleet(t.Context(), fleetScope, f, making(fresh)); err != nil {
			t.Fatal(err)
		}
		want := old
		want.Role, want.Modified = f.Role, at(1_000)
		if got, err := foundAlias(t, s); err != nil || !cmp.Equal(got, want) {
			t.Errorf("the alias: got %+v, %v, want %+v", got, err, want)
		}
	}
	adopt(1_000)
	if err := s.Fleets.DeleteFleet(t.Context(), fleetScope, "field"); err != nil {
		t.Fatal(err)
	}
	adopt(2_000) // has the role already: nothing changes
}

func fleetScopes(t *testing.T, s FleetStores) {
	insertFleet(t, s, fleetScope, someFleet("field", 1_000))
	insertDevices(t, s, fleetScope, "field", someDevices("pump-1"))
	for _, other := range []arn.Scope{fleetWest, fleetStranger} {
		for name, err := range map[string]error{
			"Fleet":         func() error { _, err := s.Fleets.Fleet(t.Context(), other, "field"); return err }(),
			"DeleteFleet":   s.Fleets.DeleteFleet(t.Context(), other, "field"),
			"InsertDevices": s.Fleets.InsertDevices(t.Context(), other, "field", someDevices("pump-2")),
			"DeleteDevices": s.Fleets.DeleteDevices(t.Context(), other, "field", []string{"pump-1"}),
			"Device":        func() error { _, err := s.Fleets.Device(t.Context(), other, "field", "pump-1"); return err }(),
		} {
			if !errors.Is(err, fault.NotFound) {
				t.Errorf("%s in %v: got %v, want %v", name, other, err, fault.NotFound)
			}
		}
		if got, err := s.Fleets.Fleets(t.Context(), other, fleet.Filter{Order: fleet.ByName}, page.Request{Limit: 9}); err != nil || len(got.Items) != 0 {
			t.Errorf("Fleets in %v: got %v, %v, want none", other, got.Items, err)
		}
		if got := allDevices(t, s, other, "", 9); len(got) != 0 {
			t.Errorf("Devices in %v: got %v, want none", other, got)
		}
		insertFleet(t, s, other, someFleet("field", 1_000))
	}
}

func fleetOrders(t *testing.T, s FleetStores) {
	modified := map[string]int64{"a": 30, "b": 20, "B": 20, "c": 10, "d": 10}
	for name, created := range map[string]int64{"a": 1, "b": 1, "B": 2, "c": 3, "d": 1} {
		f := someFleet(name, created)
		f.Modified = at(modified[name])
		insertFleet(t, s, fleetScope, f)
	}
	for order, want := range map[fleet.Order][]string{
		fleet.ByName:     {"B", "a", "b", "c", "d"},
		fleet.ByCreated:  {"a", "b", "d", "B", "c"},
		fleet.ByModified: {"c", "d", "B", "b", "a"},
	} {
		t.Run(string(order), func(t *testing.T) {
			expectPagesBothWays(t, want, nameOfFleet, fleetsOf(t, s, fleet.Filter{Order: order}))
		})
	}
	first, err := s.Fleets.Fleets(t.Context(), fleetScope, fleet.Filter{Order: fleet.ByName}, page.Request{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	ofAnotherOrder, withoutNumber := first.Next, page.Token(string(fleet.ByCreated), "x", "a")
	expectTokensRefused(t, fleetsOf(t, s, fleet.Filter{Order: fleet.ByCreated}), ofAnotherOrder, withoutNumber, "garbage")
}

func fleetFilters(t *testing.T, s FleetStores) {
	for name, created := range map[string]int64{"field-east": 1_000, "field-west": 2_000, "Field-north": 3_000} {
		insertFleet(t, s, fleetScope, someFleet(name, created)) // modified one millisecond later
	}
	for _, tc := range []struct {
		name   string
		filter fleet.Filter
		want   []string
	}{
		{"all", fleet.Filter{}, []string{"Field-north", "field-east", "field-west"}},
		{"a part of the name", fleet.Filter{NameContains: "ield-"}, []string{"Field-north", "field-east", "field-west"}},
		{"with regard to case", fleet.Filter{NameContains: "field"}, []string{"field-east", "field-west"}},
		{"no pattern", fleet.Filter{NameContains: "field%"}, []string{}},
		{"created after", fleet.Filter{CreatedAfter: at(1_000)}, []string{"Field-north", "field-west"}},
		{"created before", fleet.Filter{CreatedBefore: at(3_000)}, []string{"field-east", "field-west"}},
		{"created between", fleet.Filter{CreatedAfter: at(1_000), CreatedBefore: at(3_000)}, []string{"field-west"}},
		{"modified after", fleet.Filter{ModifiedAfter: at(2_000)}, []string{"Field-north", "field-west"}},
		{"modified before", fleet.Filter{ModifiedBefore: at(1_001)}, []string{}},
		{"after the epoch", fleet.Filter{CreatedAfter: at(0)}, []string{"Field-north", "field-east", "field-west"}},
		{"all at once", fleet.Filter{NameContains: "west", CreatedAfter: at(1), ModifiedBefore: at(2_002)}, []string{"field-west"}},
	} {
		tc.filter.Order = fleet.ByName
		t.Run(tc.name, func(t *testing.T) {
			expectPages(t, page.Request{}, tc.want, nameOfFleet, fleetsOf(t, s, tc.filter))
		})
	}
}

func fleetDeleted(t *testing.T, s FleetStores) {
	insertFleet(t, s, fleetScope, someFleet("field", 1_000))
	insertFleet(t, s, fleetScope, someFleet("other", 1_000))
	insertDevices(t, s, fleetScope, "field", someDevices("pump-1", "pump-2"))
	insertDevices(t, s, fleetScope, "other", someDevices("pump-1"))
	if err := s.Fleets.DeleteFleet(t.Context(), fleetScope, "field"); err != nil {
		t.Fatal(err)
	}
	if err := s.Fleets.DeleteFleet(t.Context(), fleetScope, "field"); !errors.Is(err, fault.NotFound) {
		t.Errorf("DeleteFleet again: got %v, want %v", err, fault.NotFound)
	}
	insertFleet(t, s, fleetScope, someFleet("field", 2_000))
	if got := allDevices(t, s, fleetScope, "field", 9); len(got) != 0 {
		t.Errorf("a fleet made anew has the devices %v of the old one", got)
	}
	if got := allDevices(t, s, fleetScope, "other", 9); len(got) != 1 {
		t.Errorf("another fleet has %d devices, want 1", len(got))
	}
}
