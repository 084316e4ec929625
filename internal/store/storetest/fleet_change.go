package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/fleet"
	"muster/internal/rolealias"
)

func fleetChanged(t *testing.T, s FleetStores) {
	const other = arn.ARN("arn:aws:iam::000000000000:role/SageMakerOther")
	f := someFleet("field", 1_000)
	insertFleet(t, s, fleetScope, f)
	insertFleet(t, s, fleetWest, f)
	alias := rolealias.Alias{ID: "1", Name: "SageMakerEdge-field", Role: other, Life: time.Hour, Created: at(5_000), Modified: at(5_000)}
	change := func(name string, link *fleet.Link) {
		t.Helper()
		f.Description, f.Output, f.Alias, f.Modified, f.Role = name, fleet.Output{S3Location: "s3://" + name}, alias.Name, f.Modified.Add(time.Second), other
		err := s.Fleets.ChangeFleet(t.Context(), fleetScope, "field", func(got *fleet.Fleet) (*fleet.Link, error) {
			got.Description, got.Output, got.Alias, got.Modified, got.Role = f.Description, f.Output, f.Alias, f.Modified, f.Role
			return link, nil
		})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got, err := s.Fleets.Fleet(t.Context(), fleetScope, "field"); err != nil || !cmp.Equal(got, f) {
			t.Errorf("%s: got %+v, %v, want %+v", name, got, err, f)
		}
	}

	change("its role alone, there is no alias", &fleet.Link{Alias: alias, May: anybody})
	if _, err := foundAlias(t, s); !errors.Is(err, fault.NotFound) {
		t.Errorf("an alias that wasn't there: got %v, want %v", err, fault.NotFound)
	}
	change("an alias is made", making(alias))
	if got, err := foundAlias(t, s); err != nil || !cmp.Equal(got, alias) {
		t.Errorf("the alias made: got %+v, %v, want %+v", got, err, alias)
	}
	given := alias
	given.ID, given.Role, given.Modified = "2", "arn:aws:iam::000000000000:role/SageMakerThird", at(6_000)
	change("the alias is given a role", &fleet.Link{Alias: given, May: anybody})
	alias.Role, alias.Modified = given.Role, given.Modified // and stays the same alias
	if got, err := foundAlias(t, s); err != nil || !cmp.Equal(got, alias) {
		t.Errorf("the alias given a role: got %+v, %v, want %+v", got, err, alias)
	}
	given.Modified = at(7_000)
	change("the alias has the role already", &fleet.Link{Alias: given, May: anybody})
	change("the alias is left alone", nil)
	if got, err := foundAlias(t, s); err != nil || !cmp.Equal(got, alias) {
		t.Errorf("the alias left alone: got %+v, %v, want %+v", got, err, alias)
	}

	refused := errors.New("no")
	err := s.Fleets.ChangeFleet(t.Context(), fleetScope, "field", func(got *fleet.Fleet) (*fleet.Link, error) {
		got.Description = "refused"
		return making(alias), refused
	})
	if err != refused {
		t.Errorf("a refused change: got %v, want it unwrapped", err)
	}
	if got, err := s.Fleets.Fleet(t.Context(), fleetScope, "field"); err != nil || !cmp.Equal(got, f) {
		t.Errorf("after a refused change: got %+v, %v, want %+v", got, err, f)
	}
	for name, link := range map[string]*fleet.Link{
		"an alias that is there": {Alias: rolealias.Alias{ID: "3", Name: alias.Name, Role: other, Life: time.Hour}, May: func(there *rolealias.Alias) error {
			if there == nil || !cmp.Equal(*there, alias) {
				t.Errorf("asked about %+v, want %+v", there, alias)
			}
			return refused
		}},
		"one to be made": {Alias: rolealias.Alias{ID: "3", Name: "SageMakerEdge-new", Role: other, Life: time.Hour}, Make: true, May: func(there *rolealias.Alias) error {
			if there != nil {
				t.Errorf("asked about %+v, want none", there)
			}
			return refused
		}},
	} {
		change := func(got *fleet.Fleet) (*fleet.Link, error) {
			got.Description = "refused"
			return link, nil
		}
		if err := s.Fleets.ChangeFleet(t.Context(), fleetScope, "field", change); err != refused {
			t.Errorf("a change with %s: got %v, want it unwrapped", name, err)
		}
		if err := s.Fleets.InsertFleet(t.Context(), fleetScope, someFleet("new", 1_000), link); err != refused {
			t.Errorf("a fleet with %s: got %v, want it unwrapped", name, err)
		}
		if got, err := s.Fleets.Fleet(t.Context(), fleetScope, "field"); err != nil || !cmp.Equal(got, f) {
			t.Errorf("after a refused change with %s: got %+v, %v, want %+v", name, got, err, f)
		}
		if got, err := s.Fleets.Fleet(t.Context(), fleetScope, "new"); !errors.Is(err, fault.NotFound) {
			t.Errorf("a refused fleet with %s: got %+v, %v", name, got, err)
		}
		if got, err := foundAlias(t, s); err != nil || !cmp.Equal(got, alias) {
			t.Errorf("after refused links with %s: got %+v, %v, want %+v", name, got, err, alias)
		}
		if _, err := s.Aliases.Alias(t.Context(), fleetScope, "SageMakerEdge-new"); !errors.Is(err, fault.NotFound) {
			t.Errorf("the alias of a refused fleet: got %v, want %v", err, fault.NotFound)
		}
	}
	if err := s.Fleets.ChangeFleet(t.Context(), fleetStranger, "field", func(*fleet.Fleet) (*fleet.Link, error) { return nil, nil }); !errors.Is(err, fault.NotFound) {
		t.Errorf("another account's: got %v, want %v", err, fault.NotFound)
	}
	if got, err := s.Fleets.Fleet(t.Context(), fleetWest, "field"); err != nil || got.Description != "pumps of the field" {
		t.Errorf("the fleet of that name elsewhere: got %+v, %v", got, err)
	}
}

func devicesChanged(t *testing.T, s FleetStores) {
	rename := func(d *fleet.Device) { d.Description, d.Thing = d.Name+" moved", "" }
	if err := s.Fleets.ChangeDevices(t.Context(), fleetScope, "field", []string{"pump-1"}, rename); !errors.Is(err, fault.NotFound) || err.Error() != fleet.NoFleet("field").Error() {
		t.Errorf("without a fleet: got %v", err)
	}
	insertFleet(t, s, fleetScope, someFleet("field", 1_000))
	insertFleet(t, s, fleetScope, someFleet("other", 1_000))
	want := someDevices("pump-1", "pump-2", "pump-3")
	insertDevices(t, s, fleetScope, "field", want)
	elsewhere := someDevices("pump-1")
	elsewhere[0].Fleet = "other"
	insertDevices(t, s, fleetScope, "other", elsewhere)
	if err := s.Fleets.ChangeDevices(t.Context(), fleetScope, "field", []string{"pump-1", "pump-9"}, rename); !errors.Is(err, fault.NotFound) || err.Error() != fleet.NoDevice("field", "pump-9").Error() {
		t.Errorf("one that isn't there: got %v", err)
	}
	if got := allDevices(t, s, fleetScope, "field", 9); !cmp.Equal(got, want) {
		t.Errorf("after a refusal: got %+v, want %+v", got, want)
	}
	if err := s.Fleets.ChangeDevices(t.Context(), fleetScope, "field", []string{"pump-3", "pump-1"}, rename); err != nil {
		t.Fatal(err)
	}
	rename(&want[0])
	rename(&want[2])
	if got := allDevices(t, s, fleetScope, "field", 9); !cmp.Equal(got, want) {
		t.Errorf("changed: got %+v, want %+v", got, want)
	}
	if got := allDevices(t, s, fleetScope, "other", 9); !cmp.Equal(got, elsewhere) {
		t.Errorf("a device of that name in another fleet: got %+v, want %+v", got, elsewhere)
	}
}

func fleetTags(t *testing.T, s FleetStores) {
	bare := fleet.Fleet{Name: "bare", Created: at(1), Modified: at(2)} // whose tags are kept as null
	insertFleet(t, s, fleetScope, bare)
	insertFleet(t, s, fleetScope, someFleet("field", 1_000))
	insertDevices(t, s, fleetScope, "field", someDevices("pump-1", "pump-2"))
	tag := func(tags map[string]string) error { tags["site"] = "north"; return nil }
	for _, tc := range []struct {
		name, fleet, device string
		want                error
		says                string
	}{
		{"a fleet without tags", "bare", "", nil, ""},
		{"a fleet", "field", "", nil, ""},
		{"a device", "field", "pump-2", nil, ""},
		{"no such fleet", "meadow", "", fault.NotFound, "device fleet meadow does not exist"},
		{"a device of no fleet", "meadow", "pump-1", fault.NotFound, fleet.NoFleet("meadow").Error()},
		{"no such device", "field", "pump-9", fault.NotFound, fleet.NoDevice("field", "pump-9").Error()},
	} {
		if err := s.Fleets.ChangeTags(t.Context(), fleetScope, tc.fleet, tc.device, tag); !errors.Is(err, tc.want) || err != nil && err.Error() != tc.says {
			t.Errorf("%s: got %v, want %v that says %q", tc.name, err, tc.want, tc.says)
		}
	}
	refused := errors.New("no")
	if err := s.Fleets.ChangeTags(t.Context(), fleetScope, "field", "", func(tags map[string]string) error { clear(tags); return refused }); err != refused {
		t.Errorf("a refused change: got %v, want it unwrapped", err)
	}
	for name, want := range map[string]map[string]string{
		"bare":  {"site": "north"},
		"field": {"site": "north", "team": "field", "empty": ""},
	} {
		if got, err := s.Fleets.Fleet(t.Context(), fleetScope, name); err != nil || !cmp.Equal(got.Tags, want) {
			t.Errorf("the tags of %s: got %v, %v, want %v", name, got.Tags, err, want)
		}
	}
	for name, want := range map[string]map[string]string{"pump-1": {"n": "pump-1"}, "pump-2": {"n": "pump-2", "site": "north"}} {
		if got, err := s.Fleets.DeviceTags(t.Context(), fleetScope, "field", []string{"absent", name}); err != nil || !cmp.Equal(got, map[string]map[string]string{name: want}) {
			t.Errorf("the tags of %s among others: got %v, %v, want %v", name, got, err, want)
		}
		if got, err := s.Fleets.Device(t.Context(), fleetScope, "field", name); err != nil || !cmp.Equal(got.Tags, want) {
			t.Errorf("the tags of %s: got %v, %v, want %v", name, got.Tags, err, want)
		}
	}
}
