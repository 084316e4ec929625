package proof

import (
	"fmt"
	"slices"
	"strings"

	"muster/internal/awsapi/sagemakerapi"
)

type fleet struct {
	description string
	devices     map[string]edgeDevice
}

type edgeDevice struct{ description, thing string }

func (x *trial) fleet() string { return x.name("fleet-", 3) }

// devices are some names, at times one of them twice.
func (x *trial) devices() []string {
	var all []string
	for range 1 + x.r.IntN(3) {
		all = append(all, x.name("edge-", 5))
	}
	return all
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
	{"CreateDeviceFleet", func(x *trial) (string, string, string) {
		name, description, want := x.fleet(), one(x, "pumps", "valves"), taken
		if x.world.fleets[name] == nil {
			x.world.fleets[name] = &fleet{description, map[string]edgeDevice{}}
			want = fineWord
		}
		in := &sagemakerapi.CreateDeviceFleetRequest{DeviceFleetName: name, Description: &description, OutputConfig: fleetOutput, EnableIotRoleAlias: new(false)}
		return name, say(x, sagemakerapi.CreateDeviceFleet, in, fine), want
	}},
	{"CreateDeviceFleet with its alias", func(x *trial) (string, string, string) {
		name, of, want := x.fleet(), x.role(), fineWord
		switch r := x.world.roles[of]; {
		case r == nil || r.trust != iotTrusted:
			want = invalid
		case x.world.fleets[name] != nil:
			want = taken
		default:
			x.world.fleets[name] = &fleet{"", map[string]edgeDevice{}}
			if a := x.world.aliases["SageMakerEdge-"+name]; a != nil {
				a.role = roleARN(of) // left over from a fleet of that name
			} else {
				x.world.aliases["SageMakerEdge-"+name] = &alias{roleARN(of), 3600}
			}
		}
		return name + " " + of, say(x, sagemakerapi.CreateDeviceFleet, &sagemakerapi.CreateDeviceFleetRequest{DeviceFleetName: name, RoleArn: new(roleARN(of)), OutputConfig: fleetOutput}, fine), want
	}},
	{"UpdateDeviceFleet", func(x *trial) (string, string, string) {
		name, description, want := x.fleet(), one(x, "pumps", "valves"), invalid
		if f := x.world.fleets[name]; f != nil {
			f.description, want = description, fineWord
		}
		return name, say(x, sagemakerapi.UpdateDeviceFleet, &sagemakerapi.UpdateDeviceFleetRequest{DeviceFleetName: name, Description: &description, OutputConfig: fleetOutput}, fine), want
	}},
	{"DescribeDeviceFleet", func(x *trial) (string, string, string) {
		name, want := x.fleet(), invalid
		if f := x.world.fleets[name]; f != nil {
			want = "described " + f.description
		}
		return name, say(x, sagemakerapi.DescribeDeviceFleet, &sagemakerapi.DescribeDeviceFleetRequest{DeviceFleetName: name}, func(out *sagemakerapi.DescribeDeviceFleetResponse) string {
			return "described " + value(out.Description)
		}), want
	}},
	{"ListDeviceFleets", func(x *trial) (string, string, string) {
		in := &sagemakerapi.ListDeviceFleetsRequest{SortBy: new("NAME"), SortOrder: new("Ascending")}
		return "", say(x, sagemakerapi.ListDeviceFleets, in, func(out *sagemakerapi.ListDeviceFleetsResponse) string {
			var all []string
			for _, f := range out.DeviceFleetSummaries {
				all = append(all, *f.DeviceFleetName)
			}
			return strings.Join(all, ", ")
		}), strings.Join(sorted(x.world.fleets), ", ")
	}},
	{"DeleteDeviceFleet", func(x *trial) (string, string, string) {
		name, want := x.fleet(), invalid
		if x.world.fleets[name] != nil {
			delete(x.world.fleets, name)
			want = fineWord
		}
		return name, say(x, sagemakerapi.DeleteDeviceFleet, &sagemakerapi.DeleteDeviceFleetRequest{DeviceFleetName: name}, fine), want
	}},
	{"RegisterDevices", func(x *trial) (string, string, string) {
		name, names, with := x.fleet(), x.devices(), edgeDevice{one(x, "a", "b"), x.thing()}
		return fmt.Sprint(name, names), say(x, sagemakerapi.RegisterDevices, &sagemakerapi.RegisterDevicesRequest{DeviceFleetName: name, Devices: batch(names, with)}, fine), x.world.register(name, names, with)
	}},
	{"UpdateDevices", func(x *trial) (string, string, string) {
		name, names, with := x.fleet(), x.devices(), edgeDevice{one(x, "a", "b"), x.thing()}
		return fmt.Sprint(name, names), say(x, sagemakerapi.UpdateDevices, &sagemakerapi.UpdateDevicesRequest{DeviceFleetName: name, Devices: batch(names, with)}, fine), x.world.update(name, names, with)
	}},
	{"DeregisterDevices", func(x *trial) (string, string, string) {
		name, names := x.fleet(), x.devices()
		want := x.world.allThere(name, names)
		if want == fineWord {
			for _, device := range names {
				delete(x.world.fleets[name].devices, device)
			}
		}
		return fmt.Sprint(name, names), say(x, sagemakerapi.DeregisterDevices, &sagemakerapi.DeregisterDevicesRequest{DeviceFleetName: name, DeviceNames: names}, fine), want
	}},
	{"DescribeDevice", func(x *trial) (string, string, string) {
		name, device := x.fleet(), x.devices()[0]
		want := x.world.allThere(name, []string{device})
		if want == fineWord {
			want = fmt.Sprint(x.world.fleets[name].devices[device])
		}
		return name + " " + device, say(x, sagemakerapi.DescribeDevice, &sagemakerapi.DescribeDeviceRequest{DeviceFleetName: name, DeviceName: device}, func(out *sagemakerapi.DescribeDeviceResponse) string {
			return fmt.Sprint(edgeDevice{value(out.Description), value(out.IotThingName)})
		}), want
	}},
	{"ListDevices", func(x *trial) (string, string, string) {
		in := &sagemakerapi.ListDevicesRequest{MaxResults: new(int32(1 + x.r.IntN(4)))}
		var want, got []string
		for _, name := range sorted(x.world.fleets) {
			for _, device := range sorted(x.world.fleets[name].devices) {
				want = append(want, fmt.Sprint(name, device, x.world.fleets[name].devices[device]))
			}
		}
		return "", pages(&got, func(token *string) (items []string, more *string, refused string) {
			in.NextToken = token
			refused = say(x, sagemakerapi.ListDevices, in, func(out *sagemakerapi.ListDevicesResponse) string {
				for _, d := range out.DeviceSummaries {
					items = append(items, fmt.Sprint(*d.DeviceFleetName, *d.DeviceName, edgeDevice{value(d.Description), value(d.IotThingName)}))
				}
				more = out.NextToken
				return ""
			})
			return items, more, refused
		}), strings.Join(want, ", ")
	}},
}

func batch(names []string, with edgeDevice) []sagemakerapi.Device {
	var all []sagemakerapi.Device
	for _, name := range names {
		all = append(all, sagemakerapi.Device{DeviceName: name, Description: &with.description, IotThingName: &with.thing})
	}
	return all
}

func (w *model) register(name string, names []string, with edgeDevice) string {
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
		f.devices[device] = with
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
		w.fleets[name].devices[device] = with
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
