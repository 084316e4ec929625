package proof

import (
	"fmt"
	"slices"
	"strings"

	"muster/internal/awsapi/sagemakerapi"
)

type fleet struct {
	role, description string
	alias             bool
	tags              map[string]string
	devices           map[string]*edgeDevice
}

func (f *fleet) text(name string) string {
	alias := ""
	if f.alias {
		alias = string(scope.RoleAlias(aliasOf(name)))
	}
	return fmt.Sprint("described ", f.role, f.description, alias)
}

func aliasOf(fleet string) string { return "SageMakerEdge-" + fleet }

// edgeDevice is a device of a fleet.
type edgeDevice struct {
	description, thing string
	tags               map[string]string
}

func (d *edgeDevice) String() string { return fmt.Sprintf("{%s %s}", d.description, d.thing) }

var fleetNames, edgeNames = few("fleet-", 3), few("edge-", 5)

func (x *trial) aptFleet() string { return apt(x, fleetNames, in(x.world.fleets)) }

// devices are some names, at times one of them twice.
func (x *trial) devices() []string {
	var all []string
	for range 1 + x.r.IntN(3) {
		all = append(all, one(x, edgeNames...))
	}
	return all
}

// registered are a fleet and some names, often of devices it has.
func (x *trial) registered() (string, []string) {
	name := apt(x, fleetNames, func(name string) bool { return x.world.fleets[name] != nil && len(x.world.fleets[name].devices) > 0 })
	f := x.world.fleets[name]
	if f == nil || len(f.devices) == 0 || x.r.IntN(3) == 0 {
		return name, x.devices()
	}
	var all []string
	for range 1 + x.r.IntN(2) {
		all = append(all, one(x, sorted(f.devices)...))
	}
	return name, all
}

func twice(names []string) bool {
	return len(slices.Compact(slices.Sorted(slices.Values(names)))) < len(names)
}

// Codes of SageMaker.
var (
	invalid = no("ValidationException")
	taken   = no("ResourceInUse")
)

var fleetOutput = &sagemakerapi.EdgeOutputConfig{S3OutputLocation: "s3://sagemaker-proof/edge"}

var fleetSteps = []step{
	{"sagemaker:CreateDeviceFleet without an alias", func(x *trial) (string, string, string) {
		name, description, tags, want := apt(x, fleetNames, out(x.world.fleets)), one(x, "pumps", "valves"), x.tagsOrNone(), taken
		if tags.ambiguous() {
			want = invalid
		} else if x.world.fleets[name] == nil {
			x.world.fleets[name] = &fleet{"", description, false, tags.kept(), map[string]*edgeDevice{}}
			want = fineWord
		}
		in := &sagemakerapi.CreateDeviceFleetRequest{DeviceFleetName: name, Description: &description, OutputConfig: fleetOutput, EnableIotRoleAlias: new(false), Tags: tags.sagemaker()}
		return fmt.Sprint(name, tags), say(x, sagemakerapi.CreateDeviceFleet, in, fine), want
	}},
	{"sagemaker:CreateDeviceFleet with its alias", func(x *trial) (string, string, string) {
		name, of, tags, want := apt(x, fleetNames, out(x.world.fleets)), x.someRole(), x.tagsOrNone(), fineWord
		switch {
		case tags.ambiguous(), !x.world.trustsSageMaker(of):
			want = invalid
		case x.world.fleets[name] != nil:
			want = taken
		default:
			x.world.fleets[name] = &fleet{of, "", true, tags.kept(), map[string]*edgeDevice{}}
			x.world.link(name, of, true)
		}
		return fmt.Sprint(name, " ", of, tags), say(x, sagemakerapi.CreateDeviceFleet, &sagemakerapi.CreateDeviceFleetRequest{DeviceFleetName: name, RoleArn: &of, OutputConfig: fleetOutput, Tags: tags.sagemaker()}, fine), want
	}},
	{"sagemaker:UpdateDeviceFleet", func(x *trial) (string, string, string) {
		name := x.aptFleet()
		in := &sagemakerapi.UpdateDeviceFleetRequest{DeviceFleetName: name, OutputConfig: fleetOutput}
		if x.r.IntN(2) == 0 {
			in.Description = new(one(x, "pumps", "valves"))
		}
		if x.r.IntN(3) == 0 {
			in.RoleArn = new(x.someRole())
		}
		if x.r.IntN(3) == 0 {
			in.EnableIotRoleAlias = new(x.r.IntN(2) == 0)
		}
		want := x.world.updateFleet(name, in.Description, in.RoleArn, in.EnableIotRoleAlias)
		return fmt.Sprint(name, " ", value(in.Description), value(in.RoleArn), in.EnableIotRoleAlias != nil, value(in.EnableIotRoleAlias)), say(x, sagemakerapi.UpdateDeviceFleet, in, fine), want
	}},
	{"sagemaker:DeleteDeviceFleet", func(x *trial) (string, string, string) {
		name, want := x.aptFleet(), invalid
		if x.world.fleets[name] != nil {
			delete(x.world.fleets, name)
			want = fineWord
		}
		return name, say(x, sagemakerapi.DeleteDeviceFleet, &sagemakerapi.DeleteDeviceFleetRequest{DeviceFleetName: name}, fine), want
	}},
	{"sagemaker:RegisterDevices", func(x *trial) (string, string, string) {
		name, names, with, tags := x.aptFleet(), x.devices(), edgeDevice{description: one(x, "a", "b"), thing: x.thing()}, x.tagsOrNone()
		want := invalid
		if !tags.ambiguous() {
			want = x.world.register(name, names, with, tags)
		}
		in := &sagemakerapi.RegisterDevicesRequest{DeviceFleetName: name, Devices: batch(names, with), Tags: tags.sagemaker()}
		return fmt.Sprint(name, names, tags), say(x, sagemakerapi.RegisterDevices, in, fine), want
	}},
	{"sagemaker:UpdateDevices", func(x *trial) (string, string, string) {
		name, names := x.registered()
		with := edgeDevice{description: one(x, "a", "b"), thing: x.thing()}
		return fmt.Sprint(name, names), say(x, sagemakerapi.UpdateDevices, &sagemakerapi.UpdateDevicesRequest{DeviceFleetName: name, Devices: batch(names, with)}, fine), x.world.update(name, names, with)
	}},
	{"sagemaker:DeregisterDevices", func(x *trial) (string, string, string) {
		name, names := x.registered()
		want := x.world.allThere(name, names)
		if want == fineWord {
			for _, device := range names {
				delete(x.world.fleets[name].devices, device)
			}
		}
		return fmt.Sprint(name, names), say(x, sagemakerapi.DeregisterDevices, &sagemakerapi.DeregisterDevicesRequest{DeviceFleetName: name, DeviceNames: names}, fine), want
	}},
}

var fleetLooks = []look{
	{"sagemaker:DescribeDeviceFleet", func(*trial) []string { return fleetNames }, func(x *trial, name string) (got, want string) {
		want = invalid
		if f := x.world.fleets[name]; f != nil {
			want = f.text(name)
		}
		return say(x, sagemakerapi.DescribeDeviceFleet, &sagemakerapi.DescribeDeviceFleetRequest{DeviceFleetName: name}, func(out *sagemakerapi.DescribeDeviceFleetResponse) string {
			return fmt.Sprint("described ", value(out.RoleArn), value(out.Description), value(out.IotRoleAlias))
		}), want
	}},
	{"sagemaker:ListDeviceFleets", nothing, func(x *trial, _ string) (got, want string) {
		in := &sagemakerapi.ListDeviceFleetsRequest{SortBy: new("NAME"), SortOrder: new("Ascending")}
		return say(x, sagemakerapi.ListDeviceFleets, in, func(out *sagemakerapi.ListDeviceFleetsResponse) string {
			var all []string
			for _, f := range out.DeviceFleetSummaries {
				all = append(all, *f.DeviceFleetName)
			}
			return strings.Join(all, ", ")
		}), strings.Join(sorted(x.world.fleets), ", ")
	}},
	{"sagemaker:DescribeDevice", func(*trial) []string { return pairs(fleetNames, edgeNames) }, func(x *trial, which string) (got, want string) {
		name, device, _ := strings.Cut(which, " ")
		if want = x.world.allThere(name, []string{device}); want == fineWord {
			want = x.world.fleets[name].devices[device].String()
		}
		return say(x, sagemakerapi.DescribeDevice, &sagemakerapi.DescribeDeviceRequest{DeviceFleetName: name, DeviceName: device}, func(out *sagemakerapi.DescribeDeviceResponse) string {
			return (&edgeDevice{description: value(out.Description), thing: value(out.IotThingName)}).String()
		}), want
	}},
	{"sagemaker:ListDevices", nothing, func(x *trial, _ string) (string, string) {
		in := &sagemakerapi.ListDevicesRequest{MaxResults: new(int32(1 + x.r.IntN(4)))}
		var want, got []string
		for _, name := range sorted(x.world.fleets) {
			for _, device := range sorted(x.world.fleets[name].devices) {
				want = append(want, fmt.Sprint(name, device, x.world.fleets[name].devices[device]))
			}
		}
		return pages(&got, func(token *string) (items []string, more *string, refused string) {
			in.NextToken = token
			refused = say(x, sagemakerapi.ListDevices, in, func(out *sagemakerapi.ListDevicesResponse) string {
				for _, d := range out.DeviceSummaries {
					items = append(items, fmt.Sprint(*d.DeviceFleetName, *d.DeviceName, &edgeDevice{description: value(d.Description), thing: value(d.IotThingName)}))
				}
				more = out.NextToken
				return ""
			})
			return items, more, refused
		}), strings.Join(want, ", ")
	}},
}

func (w *model) trustsSageMaker(a string) bool {
	r := w.roleOf(a)
	return r != nil && r.trust == iotTrusted
}

// link gives the alias of a fleet a role; made says that there shall be one.
func (w *model) link(fleet, role string, made bool) {
	name := aliasOf(fleet)
	if a := w.aliases[name]; a != nil {
		a.role = role // perhaps left over from a fleet of that name
	} else if made {
		w.aliases[name] = &alias{role, 3600, map[string]string{}}
	}
}

// updateFleet changes what is given.
func (w *model) updateFleet(name string, description, role *string, withAlias *bool) string {
	f := w.fleets[name]
	if f == nil {
		return invalid
	}
	after, asked := *f, value(withAlias)
	if description != nil {
		after.description = *description
	}
	if role != nil {
		after.role = *role
	}
	if withAlias != nil {
		after.alias = *withAlias
	}
	if after.alias && (asked || after.role != f.role) {
		if !w.trustsSageMaker(after.role) {
			return invalid
		}
		w.link(name, after.role, asked)
	}
	*f = after
	return fineWord
}

func batch(names []string, with edgeDevice) []sagemakerapi.Device {
	var all []sagemakerapi.Device
	for _, name := range names {
		all = append(all, sagemakerapi.Device{DeviceName: name, Description: &with.description, IotThingName: &with.thing})
	}
	return all
}

func (w *model) register(name string, names []string, with edgeDevice, tags labels) string {
	f := w.fleets[name]
	if f == nil || twice(names) {
		return invalid
	}
	for _, device := range names {
		if _, ok := f.devices[device]; ok {
			return taken
		}
	}
	for _, device := range names {
		f.devices[device] = &edgeDevice{with.description, with.thing, tags.kept()}
	}
	return fineWord
}

func (w *model) update(name string, names []string, with edgeDevice) string {
	if twice(names) {
		return invalid
	}
	if said := w.allThere(name, names); said != fineWord {
		return said
	}
	for _, device := range names {
		d := w.fleets[name].devices[device]
		d.description, d.thing = with.description, with.thing
	}
	return fineWord
}

func (w *model) allThere(name string, names []string) string {
	if w.fleets[name] == nil {
		return invalid
	}
	for _, device := range names {
		if _, ok := w.fleets[name].devices[device]; !ok {
			return invalid
		}
	}
	return fineWord
}
