package storetest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/fleet"
	"muster/internal/page"
)

func someDevices(names ...string) []fleet.Device {
	var all []fleet.Device
	for _, name := range names {
		all = append(all, fleet.Device{Fleet: "field", Name: name, Description: "a pump", Thing: "thing-" + name, Tags: map[string]string{"n": name}, Registered: at(5_000)})
	}
	return all
}

func insertDevices(t *testing.T, s FleetStores, scope arn.Scope, name string, devices []fleet.Device) {
	t.Helper()
	if err := s.Fleets.InsertDevices(t.Context(), scope, name, devices); err != nil {
		t.Fatal(err)
	}
}

// allDevices answers the devices of a fleet, read limit at a time.
func allDevices(t *testing.T, s FleetStores, scope arn.Scope, name string, limit int) []fleet.Device {
	t.Helper()
	var all []fleet.Device
	for p := (page.Request{Limit: limit}); ; {
		cut, err := s.Fleets.Devices(t.Context(), scope, name, p)
		if err != nil || len(cut.Items) > limit {
			t.Fatalf("Devices(%+v): got %d devices, %v", p, len(cut.Items), err)
		}
		all = append(all, cut.Items...)
		if p.Token = cut.Next; p.Token == "" {
			return all
		}
	}
}

func devicesInserted(t *testing.T, s FleetStores) {
	if err := s.Fleets.InsertDevices(t.Context(), fleetScope, "field", someDevices("pump-1")); !errors.Is(err, fault.NotFound) {
		t.Errorf("without a fleet: got %v, want %v", err, fault.NotFound)
	}
	insertFleet(t, s, fleetScope, someFleet("field", 1_000))
	bare := fleet.Device{Fleet: "field", Name: "bare", Registered: at(1)}
	want := append([]fleet.Device{bare}, someDevices("pump-1", "pump-2")...)
	insertDevices(t, s, fleetScope, "field", want)
	err := s.Fleets.InsertDevices(t.Context(), fleetScope, "field", someDevices("pump-3", "pump-2"))
	if clash := fleet.AlreadyRegistered("field", "pump-2"); !errors.Is(err, fault.AlreadyExists) || err.Error() != clash.Error() {
		t.Errorf("one that is there: got %v, want %v", err, clash)
	}
	if got := allDevices(t, s, fleetScope, "field", 9); !cmp.Equal(got, want) {
		t.Errorf("Devices: got %+v, want %+v", got, want)
	}
	if got, err := s.Fleets.Device(t.Context(), fleetScope, "field", "pump-2"); err != nil || !cmp.Equal(got, want[2]) {
		t.Errorf("Device: got %+v, %v, want %+v", got, err, want[2])
	}
	if _, err := s.Fleets.Device(t.Context(), fleetScope, "field", "pump-3"); !errors.Is(err, fault.NotFound) || err.Error() != fleet.NoDevice("field", "pump-3").Error() {
		t.Errorf("no such device: got %v", err)
	}
	if _, err := s.Fleets.Device(t.Context(), fleetScope, "meadow", "pump-1"); !errors.Is(err, fault.NotFound) || err.Error() != fleet.NoFleet("meadow").Error() {
		t.Errorf("no such fleet: got %v", err)
	}
}

func devicesDeleted(t *testing.T, s FleetStores) {
	if err := s.Fleets.DeleteDevices(t.Context(), fleetScope, "field", []string{"pump-1"}); !errors.Is(err, fault.NotFound) || err.Error() != fleet.NoFleet("field").Error() {
		t.Errorf("without a fleet: got %v", err)
	}
	insertFleet(t, s, fleetScope, someFleet("field", 1_000))
	insertDevices(t, s, fleetScope, "field", someDevices("pump-1", "pump-2", "pump-3"))
	if err := s.Fleets.DeleteDevices(t.Context(), fleetScope, "field", []string{"pump-1", "pump-9"}); !errors.Is(err, fault.NotFound) || err.Error() != fleet.NotRegistered("pump-9").Error() {
		t.Errorf("one that isn't there: got %v", err)
	}
	if got := allDevices(t, s, fleetScope, "field", 9); len(got) != 3 {
		t.Errorf("after a refusal there are %d devices, want 3", len(got))
	}
	if err := s.Fleets.DeleteDevices(t.Context(), fleetScope, "field", []string{"pump-1", "pump-3"}); err != nil {
		t.Fatal(err)
	}
	if got, want := allDevices(t, s, fleetScope, "field", 9), someDevices("pump-2"); !cmp.Equal(got, want) {
		t.Errorf("Devices: got %+v, want %+v", got, want)
	}
}

func devicesPaged(t *testing.T, s FleetStores) {
	var want []string
	for _, name := range []string{"a", "a-", "b"} {
		insertFleet(t, s, fleetScope, someFleet(name, 1_000))
		insertDevices(t, s, fleetScope, name, someDevices("2", "1", "x"))
		want = append(want, name+"/1", name+"/2", name+"/x")
	}
	for limit := 1; limit <= 10; limit++ {
		var got []string
		for _, d := range allDevices(t, s, fleetScope, "", limit) {
			got = append(got, d.Fleet+"/"+d.Name)
		}
		if !cmp.Equal(got, want) {
			t.Errorf("%d a page: got %v, want %v", limit, got, want)
		}
		got = nil
		for _, d := range allDevices(t, s, fleetScope, "a-", limit) {
			got = append(got, d.Fleet+"/"+d.Name)
		}
		if !cmp.Equal(got, want[3:6]) {
			t.Errorf("of one fleet, %d a page: got %v, want %v", limit, got, want[3:6])
		}
	}
	if _, err := s.Fleets.Devices(t.Context(), fleetScope, "", page.Request{Limit: 1, Token: page.Token("a")}); !errors.Is(err, fault.Invalid) {
		t.Errorf("a malformed token: got %v, want %v", err, fault.Invalid)
	}
}

func devicesRace(t *testing.T, s FleetStores) {
	insertFleet(t, s, fleetScope, someFleet("field", 1_000))
	var won atomic.Int64
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			mine := fmt.Sprintf("mine-%d", i)
			switch err := s.Fleets.InsertDevices(t.Context(), fleetScope, "field", someDevices(mine, "pump-1")); {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, fault.AlreadyExists):
				t.Errorf("InsertDevices: got %v, want %v", err, fault.AlreadyExists)
			}
		})
	}
	wg.Wait()
	if got := allDevices(t, s, fleetScope, "field", 100); won.Load() != 1 || len(got) != 2 {
		t.Errorf("%d writers won and there are %d devices, want 1 and the two of the winner", won.Load(), len(got))
	}
}
