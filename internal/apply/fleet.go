package apply

import (
	"context"
	"slices"

	"muster/internal/awsapi/sagemakerapi"
	"muster/internal/awsclient"
)

// batch is how many devices one request registers or updates.
const batch = 50

// fleetMissing is SageMaker's code for a fleet that isn't there, as for much
// else: what else it may be, the request that makes the fleet says.
const fleetMissing = "ValidationException"

func (c *caller) fleet(ctx context.Context, s *step, x deviceFleet) error {
	found, err := awsclient.Do(ctx, c.Client, sagemakerapi.DescribeDeviceFleet, &sagemakerapi.DescribeDeviceFleetRequest{DeviceFleetName: x.Name})
	if refusedWith(err, fleetMissing, "ResourceNotFound") {
		return s.create(func() error {
			_, err := awsclient.Do(ctx, c.Client, sagemakerapi.CreateDeviceFleet, &sagemakerapi.CreateDeviceFleetRequest{
				DeviceFleetName: x.Name, Description: given(x.Description), RoleArn: given(x.Role), OutputConfig: &sagemakerapi.EdgeOutputConfig{S3OutputLocation: x.Output}})
			return err
		})
	}
	if err != nil {
		return err
	}
	output := value(found.OutputConfig)
	in, changes := &sagemakerapi.UpdateDeviceFleetRequest{DeviceFleetName: x.Name, Description: found.Description, OutputConfig: &output, RoleArn: found.RoleArn}, []string(nil)
	if output.S3OutputLocation != x.Output {
		output.S3OutputLocation, changes = x.Output, append(changes, "output")
	}
	if x.Role != value(found.RoleArn) {
		in.RoleArn, changes = &x.Role, append(changes, "role")
	}
	if x.Description != "" && x.Description != value(found.Description) {
		in.Description, changes = &x.Description, append(changes, "description")
	}
	return s.all(changes, func() error {
		_, err := awsclient.Do(ctx, c.Client, sagemakerapi.UpdateDeviceFleet, in)
		return err
	})
}

// devices registers those of a fleet that aren't there and changes those that
// differ, many with one request.
func (c *caller) devices(ctx context.Context, s *step, x deviceFleet, at place) error {
	have, err := c.listDevices(ctx, x.Name)
	if err != nil && !(s.dry && refusedWith(err, fleetMissing, "ResourceNotFound")) {
		return err
	}
	s.several = nil
	var missing, differ []sagemakerapi.Device
	for _, d := range x.Devices {
		wanted := sagemakerapi.Device{DeviceName: d.Name, IotThingName: given(d.Thing), Description: given(d.Description)}
		result := Result{Kind: kindDevice, Name: x.Name + "/" + d.Name, Action: Same, File: at.file, Line: at.line}
		now, there := have[d.Name]
		if !there {
			result.Action, missing = Create, append(missing, wanted)
		} else {
			if d.Thing != "" && d.Thing != value(now.IotThingName) {
				result.Changes = append(result.Changes, "thing")
			} else {
				wanted.IotThingName = now.IotThingName // what isn't sent is taken away
			}
			if d.Description != "" && d.Description != value(now.Description) {
				result.Changes = append(result.Changes, "description")
			} else {
				wanted.Description = now.Description
			}
			if len(result.Changes) > 0 {
				result.Action, differ = Change, append(differ, wanted)
			}
		}
		if done, ok := s.settled[d.Name]; ok {
			result.Action = done
		}
		s.several = append(s.several, result)
	}
	if s.dry {
		return nil
	}
	for some := range slices.Chunk(missing, batch) {
		_, err := awsclient.Do(ctx, c.Client, sagemakerapi.RegisterDevices, &sagemakerapi.RegisterDevicesRequest{DeviceFleetName: x.Name, Devices: some})
		if err != nil {
			return err
		}
		s.settle(some, Create)
	}
	for some := range slices.Chunk(differ, batch) {
		_, err := awsclient.Do(ctx, c.Client, sagemakerapi.UpdateDevices, &sagemakerapi.UpdateDevicesRequest{DeviceFleetName: x.Name, Devices: some})
		if err != nil {
			return err
		}
		s.settle(some, Change)
	}
	return nil
}

// settle notes what was done, for a later attempt to tell.
func (s *step) settle(devices []sagemakerapi.Device, done Action) {
	if s.settled == nil {
		s.settled = map[string]Action{}
	}
	for _, d := range devices {
		s.settled[d.DeviceName] = done
	}
}

func (c *caller) listDevices(ctx context.Context, fleet string) (map[string]sagemakerapi.DeviceSummary, error) {
	have := map[string]sagemakerapi.DeviceSummary{}
	in := &sagemakerapi.ListDevicesRequest{DeviceFleetName: &fleet, MaxResults: new(int32(100))}
	for more := true; more; {
		page, err := awsclient.Do(ctx, c.Client, sagemakerapi.ListDevices, in)
		if err != nil {
			return nil, err
		}
		for _, d := range page.DeviceSummaries {
			have[value(d.DeviceName)] = d
		}
		in.NextToken, more = page.NextToken, page.NextToken != nil
	}
	return have, nil
}
