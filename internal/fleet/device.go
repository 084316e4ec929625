package fleet

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/page"
)

// MaxBatch is how many devices one call registers, updates or deregisters at most. AWS
// names no bound; this one keeps other writers from waiting long.
const MaxBatch = 1000

// Device is one device of a fleet; another fleet may have one of its name.
type Device struct {
	Fleet       string
	Name        string
	Description string
	Thing       string // of the registry; need not exist, and several devices may share one
	Tags        map[string]string
	Registered  time.Time
}

// DeviceFilter chooses devices. "" and the zero time choose all.
type DeviceFilter struct {
	Fleet          string // exactly
	Model          string // reported by the device
	HeartbeatAfter time.Time
}

// AlreadyRegistered is the error of a device whose name is taken.
func AlreadyRegistered(fleet, device string) error {
	return fault.AlreadyExists.Errorf("Device with name %s is already registered in device fleet %s", device, fleet)
}

// NoDevice is the error of looking for a device that isn't there.
func NoDevice(fleet, device string) error {
	return fault.NotFound.Errorf("No device with name %s found in device fleet %s", device, fleet)
}

// NotRegistered is the error of deregistering a device that isn't there.
func NotRegistered(device string) error {
	return fault.NotFound.Errorf("Device with name %s does not exist", device)
}

// Register adds devices to a fleet, all or none; of each, name, description,
// thing and tags are read. It fails with fault.Invalid when a name is there
// twice, fault.NotFound when the fleet isn't there, and fault.AlreadyExists
// when a device is registered already, even with the same description and
// thing.
func (f *Fleets) Register(ctx context.Context, scope arn.Scope, fleet string, devices []Device) error {
	if err := checkDevices(devices); err != nil {
		return err
	}
	now := f.now()
	devices = slices.Clone(devices)
	for i := range devices {
		devices[i].Fleet, devices[i].Registered = fleet, now
	}
	if err := f.store.InsertDevices(ctx, scope, fleet, devices); err != nil {
		return fmt.Errorf("register devices in fleet %s: %w", fleet, err)
	}
	return nil
}

// UpdateDevices gives devices of a fleet new descriptions and things, all or none; of
// each, name, description and thing are read. What is "" stays as it is, as in
// Fleets.Update: AWS's documentation is silent, and to keep loses nothing. The
// time of registration stays too.
//
// It fails with fault.Invalid when a name is there twice, and fault.NotFound
// when the fleet or a device isn't there.
func (f *Fleets) UpdateDevices(ctx context.Context, scope arn.Scope, fleet string, devices []Device) error {
	if err := checkDevices(devices); err != nil {
		return err
	}
	names := make([]string, len(devices))
	given := make(map[string]Device, len(devices))
	for i, d := range devices {
		names[i], given[d.Name] = d.Name, d
	}
	err := f.store.ChangeDevices(ctx, scope, fleet, names, func(d *Device) {
		d.Description = cmp.Or(given[d.Name].Description, d.Description)
		d.Thing = cmp.Or(given[d.Name].Thing, d.Thing)
	})
	if err != nil {
		return fmt.Errorf("update devices of fleet %s: %w", fleet, err)
	}
	return nil
}

// Deregister removes devices from a fleet, all or none; a name given twice is
// one device. It fails with fault.NotFound when the fleet or one of them isn't
// there.
func (f *Fleets) Deregister(ctx context.Context, scope arn.Scope, fleet string, names []string) error {
	if err := checkBatch(len(names)); err != nil {
		return err
	}
	names = slices.Clone(names)
	slices.Sort(names)
	if err := f.store.DeleteDevices(ctx, scope, fleet, slices.Compact(names)); err != nil {
		return fmt.Errorf("deregister devices of fleet %s: %w", fleet, err)
	}
	return nil
}

// checkDevices refuses a batch of the wrong size, or with a name twice.
func checkDevices(devices []Device) error {
	if err := checkBatch(len(devices)); err != nil {
		return err
	}
	seen := make(map[string]bool, len(devices))
	for _, d := range devices {
		if seen[d.Name] {
			return fault.Invalid.Errorf("Device with name %s is given more than once", d.Name)
		}
		seen[d.Name] = true
	}
	return nil
}

func checkBatch(n int) error {
	if n == 0 || n > MaxBatch {
		return fault.Invalid.Errorf("There must be 1 to %d devices in a request, not %d", MaxBatch, n)
	}
	return nil
}

// Device answers a device. It fails with fault.NotFound when the fleet or the
// device isn't there.
func (f *Fleets) Device(ctx context.Context, scope arn.Scope, fleet, name string) (Device, error) {
	return f.store.Device(ctx, scope, fleet, name)
}

// Devices answers the devices that filter chooses, by fleet and name.
func (f *Fleets) Devices(ctx context.Context, scope arn.Scope, filter DeviceFilter, p page.Request) (page.Page[Device], error) {
	// Devices can't report yet: none has sent a heartbeat, none has a model.
	if filter.Model != "" || !filter.HeartbeatAfter.IsZero() {
		return page.Page[Device]{}, nil
	}
	return f.store.Devices(ctx, scope, filter.Fleet, p)
}
