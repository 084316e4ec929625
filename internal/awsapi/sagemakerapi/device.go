package sagemakerapi

import (
	"context"

	"muster/internal/arn"
	"muster/internal/awsapi"
	"muster/internal/awswire"
	"muster/internal/fault"
	"muster/internal/fleet"
	"muster/internal/policy"
)

func (d *Door) devices() []awsapi.Operation {
	return []awsapi.Operation{
		awsapi.HandleKept(RegisterDevices, func(ctx context.Context, scope arn.Scope, in *RegisterDevicesRequest) ([]awsapi.Need, error) {
			needs, err := d.eachDevice(ctx, scope, in.DeviceFleetName, namesOf(in.Devices), requestTags(in.Tags))
			return tagging(needs, in.Tags), err
		}, d.registerDevices),
		awsapi.HandleKept(UpdateDevices, func(ctx context.Context, scope arn.Scope, in *UpdateDevicesRequest) ([]awsapi.Need, error) {
			return d.eachDevice(ctx, scope, in.DeviceFleetName, namesOf(in.Devices), policy.Context{})
		}, d.updateDevices),
		awsapi.HandleKept(DeregisterDevices, func(ctx context.Context, scope arn.Scope, in *DeregisterDevicesRequest) ([]awsapi.Need, error) {
			return d.eachDevice(ctx, scope, in.DeviceFleetName, in.DeviceNames, policy.Context{})
		}, d.deregisterDevices),
		awsapi.HandleKept(DescribeDevice, on(d, func(scope arn.Scope, in *DescribeDeviceRequest) arn.ARN {
			return scope.Device(in.DeviceFleetName, in.DeviceName)
		}), d.describeDevice),
		awsapi.Handle(ListDevices, anywhere, d.listDevices),
	}
}

func namesOf(devices []Device) []string {
	names := make([]string, len(devices))
	for i, dev := range devices {
		names[i] = dev.DeviceName
	}
	return names
}

func (d *Door) registerDevices(ctx context.Context, scope arn.Scope, in *RegisterDevicesRequest) (*awswire.Empty, error) {
	tags, err := tagsOf(in.Tags)
	if err != nil {
		return nil, err
	}
	devices := make([]fleet.Device, len(in.Devices))
	for i, dev := range in.Devices {
		devices[i] = fleet.Device{Name: dev.DeviceName, Description: value(dev.Description), Thing: value(dev.IotThingName), Tags: tags}
	}
	return nil, d.Fleets.Register(ctx, scope, in.DeviceFleetName, devices)
}

// updateDevices keeps what is left out, see fleet.UpdateDevices.
func (d *Door) updateDevices(ctx context.Context, scope arn.Scope, in *UpdateDevicesRequest) (*awswire.Empty, error) {
	devices := make([]fleet.Device, len(in.Devices))
	for i, dev := range in.Devices {
		devices[i] = fleet.Device{Name: dev.DeviceName, Description: value(dev.Description), Thing: value(dev.IotThingName)}
	}
	return nil, d.Fleets.UpdateDevices(ctx, scope, in.DeviceFleetName, devices)
}

func (d *Door) deregisterDevices(ctx context.Context, scope arn.Scope, in *DeregisterDevicesRequest) (*awswire.Empty, error) {
	return nil, d.Fleets.Deregister(ctx, scope, in.DeviceFleetName, in.DeviceNames)
}

// describeDevice leaves out what only a device that reports has: its models,
// their pages, its heartbeat and its agent.
func (d *Door) describeDevice(ctx context.Context, scope arn.Scope, in *DescribeDeviceRequest) (*DescribeDeviceResponse, error) {
	if value(in.NextToken) != "" {
		return nil, fault.Invalid.Errorf("the pagination token is not valid") // no answer had one
	}
	dev, err := d.Fleets.Device(ctx, scope, in.DeviceFleetName, in.DeviceName)
	if err != nil {
		return nil, err
	}
	return &DescribeDeviceResponse{
		DeviceArn:        new(string(scope.Device(dev.Fleet, dev.Name))),
		DeviceName:       &dev.Name,
		DeviceFleetName:  &dev.Fleet,
		Description:      present(dev.Description),
		IotThingName:     present(dev.Thing),
		RegistrationTime: awswire.At(dev.Registered),
	}, nil
}

func (d *Door) listDevices(ctx context.Context, scope arn.Scope, in *ListDevicesRequest) (*ListDevicesResponse, error) {
	p, err := pageOf(in.NextToken, in.MaxResults)
	if err != nil {
		return nil, err
	}
	cut, err := d.Fleets.Devices(ctx, scope, fleet.DeviceFilter{
		Fleet:          value(in.DeviceFleetName),
		Model:          value(in.ModelName),
		HeartbeatAfter: value(in.LatestHeartbeatAfter).Time,
	}, p)
	if err != nil {
		return nil, err
	}
	out := &ListDevicesResponse{DeviceSummaries: []DeviceSummary{}, NextToken: present(cut.Next)}
	for _, dev := range cut.Items {
		out.DeviceSummaries = append(out.DeviceSummaries, DeviceSummary{
			DeviceArn:        new(string(scope.Device(dev.Fleet, dev.Name))),
			DeviceName:       &dev.Name,
			DeviceFleetName:  &dev.Fleet,
			Description:      present(dev.Description),
			IotThingName:     present(dev.Thing),
			RegistrationTime: awswire.At(dev.Registered),
		})
	}
	return out, nil
}
