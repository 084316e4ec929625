package fleet_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/internal/fault"
	"muster/internal/fleet"
	"muster/internal/page"
)

func devices(names ...string) []fleet.Device {
	var all []fleet.Device
	for _, name := range names {
		all = append(all, fleet.Device{Name: name, Thing: "sample-device"})
	}
	return all
}

func many(n int) []string {
	var names []string
	for i := range n {
		names = append(names, fmt.Sprintf("pump-%d", i))
	}
	return names
}

// newFleet answers a house with a fleet and its devices.
func newFleet(t *testing.T, registered ...string) house {
	t.Helper()
	h := newHouse(t)
	if err := h.fleets.Create(as(t, ""), scope, field(""), false); err != nil {
		t.Fatal(err)
	}
	if err := h.fleets.Register(t.Context(), scope, "field-east", devices(registered...)); err != nil {
		t.Fatal(err)
	}
	return h
}

func (h house) names(t *testing.T) []string {
	t.Helper()
	all, err := h.fleets.Devices(t.Context(), scope, fleet.DeviceFilter{Fleet: "field-east"}, page.Request{Limit: 2 * fleet.MaxBatch})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, d := range all.Items {
		names = append(names, d.Name)
	}
	return names
}

func TestRegister(t *testing.T) {
	for _, tc := range []struct {
		name  string
		fleet string
		batch []fleet.Device
		want  error
	}{
		{"two new devices of one thing", "field-east", devices("pump-7", "pump-8"), nil},
		{"as many as may be", "field-east", devices(many(fleet.MaxBatch)...)[2:], nil},
		{"one name twice in a batch", "field-east", devices("pump-7", "pump-7"), fault.Invalid},
		{"a name the fleet already has", "field-east", devices("pump-9", "pump-1"), fault.AlreadyExists},
		{"a fleet that isn't there", "meadow", devices("pump-7"), fault.NotFound},
		{"none", "field-east", nil, fault.Invalid},
		{"too many", "field-east", devices(many(fleet.MaxBatch + 1)...), fault.Invalid},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h := newFleet(t, "pump-1")
			if err := h.fleets.Register(t.Context(), scope, tc.fleet, tc.batch); !errors.Is(err, tc.want) {
				t.Errorf("Register: got %v, want %v", err, tc.want)
			}
			want := 1
			if tc.want == nil {
				want += len(tc.batch)
			}
			if got := h.names(t); len(got) != want {
				t.Errorf("the fleet has %d devices, want %d", len(got), want)
			}
		})
	}
}

func TestDevice(t *testing.T) {
	h := newFleet(t, "pump-1")
	want := fleet.Device{Fleet: "field-east", Name: "pump-1", Thing: "sample-device", Registered: now}
	if got, err := h.fleets.Device(t.Context(), scope, "field-east", "pump-1"); err != nil || !cmp.Equal(got, want) {
		t.Errorf("Device: got %+v, %v, want %+v", got, err, want)
	}
}

func TestDeregister(t *testing.T) {
	for _, tc := range []struct {
		name  string
		fleet string
		batch []string
		want  error
		left  []string
	}{
		{"one", "field-east", []string{"pump-2"}, nil, []string{"pump-1", "pump-3"}},
		{"all, one of them twice", "field-east", []string{"pump-3", "pump-1", "pump-3", "pump-2"}, nil, nil},
		{"one that isn't there", "field-east", []string{"pump-1", "pump-9"}, fault.NotFound, []string{"pump-1", "pump-2", "pump-3"}},
		{"a fleet that isn't there", "meadow", []string{"pump-1"}, fault.NotFound, []string{"pump-1", "pump-2", "pump-3"}},
		{"none", "field-east", nil, fault.Invalid, []string{"pump-1", "pump-2", "pump-3"}},
		{"too many", "field-east", many(fleet.MaxBatch + 1), fault.Invalid, []string{"pump-1", "pump-2", "pump-3"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h := newFleet(t, "pump-1", "pump-2", "pump-3")
			if err := h.fleets.Deregister(t.Context(), scope, tc.fleet, tc.batch); !errors.Is(err, tc.want) {
				t.Errorf("Deregister: got %v, want %v", err, tc.want)
			}
			if got := h.names(t); !cmp.Equal(got, tc.left) {
				t.Errorf("left: got %v, want %v", got, tc.left)
			}
		})
	}
}

func TestDevicesThatReported(t *testing.T) {
	h := newFleet(t, "pump-1")
	for name, filter := range map[string]fleet.DeviceFilter{
		"by heartbeat": {HeartbeatAfter: now},
		"by model":     {Model: "mobilenet"},
	} {
		if got, err := h.fleets.Devices(t.Context(), scope, filter, page.Request{Limit: 9}); err != nil || len(got.Items) != 0 {
			t.Errorf("%s: got %v, %v, want none", name, got.Items, err)
		}
	}
}
