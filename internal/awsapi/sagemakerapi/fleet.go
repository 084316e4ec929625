package sagemakerapi

import (
	"context"

	"muster/internal/arn"
	"muster/internal/awsapi"
	"muster/internal/awswire"
	"muster/internal/fleet"
)

func (d *Door) fleets() []awsapi.Operation {
	return []awsapi.Operation{
		awsapi.HandleEach(CreateDeviceFleet, func(scope arn.Scope, in *CreateDeviceFleetRequest) []awsapi.Need {
			return tagging([]awsapi.Need{{Resource: scope.DeviceFleet(in.DeviceFleetName), Context: requestTags(in.Tags)}}, in.Tags)
		}, d.createDeviceFleet),
		awsapi.HandleKept(DescribeDeviceFleet, on(d, func(scope arn.Scope, in *DescribeDeviceFleetRequest) arn.ARN {
			return scope.DeviceFleet(in.DeviceFleetName)
		}), d.describeDeviceFleet),
		awsapi.HandleKept(UpdateDeviceFleet, on(d, func(scope arn.Scope, in *UpdateDeviceFleetRequest) arn.ARN {
			return scope.DeviceFleet(in.DeviceFleetName)
		}), d.updateDeviceFleet),
		awsapi.Handle(ListDeviceFleets, anywhere, d.listDeviceFleets),
		awsapi.HandleKept(DeleteDeviceFleet, on(d, func(scope arn.Scope, in *DeleteDeviceFleetRequest) arn.ARN {
			return scope.DeviceFleet(in.DeviceFleetName)
		}), d.deleteDeviceFleet),
	}
}

func (d *Door) createDeviceFleet(ctx context.Context, scope arn.Scope, in *CreateDeviceFleetRequest) (*awswire.Empty, error) {
	tags, err := tagsOf(in.Tags)
	if err != nil {
		return nil, err
	}
	// Without the flag AWS makes the alias: most clients leave it out and then use the alias.
	withAlias := in.EnableIotRoleAlias == nil || *in.EnableIotRoleAlias
	return nil, d.Fleets.Create(ctx, scope, fleet.Fleet{
		Name:        in.DeviceFleetName,
		Role:        arn.ARN(value(in.RoleArn)),
		Description: value(in.Description),
		Output:      outputOf(in.OutputConfig),
		Tags:        tags,
	}, withAlias)
}

func outputOf(c *EdgeOutputConfig) fleet.Output {
	return fleet.Output{
		S3Location: c.S3OutputLocation,
		KMSKey:     value(c.KmsKeyId),
		Preset:     value(c.PresetDeploymentType),
		PresetJSON: value(c.PresetDeploymentConfig),
	}
}

// updateDeviceFleet keeps what is left out: an AWS workshop gives the required
// output alone.
func (d *Door) updateDeviceFleet(ctx context.Context, scope arn.Scope, in *UpdateDeviceFleetRequest) (*awswire.Empty, error) {
	change := fleet.Change{Output: outputOf(in.OutputConfig), Description: in.Description, Alias: in.EnableIotRoleAlias}
	if in.RoleArn != nil {
		change.Role = new(arn.ARN(*in.RoleArn))
	}
	return nil, d.Fleets.Update(ctx, scope, in.DeviceFleetName, change)
}

func (d *Door) describeDeviceFleet(ctx context.Context, scope arn.Scope, in *DescribeDeviceFleetRequest) (*DescribeDeviceFleetResponse, error) {
	f, err := d.Fleets.Describe(ctx, scope, in.DeviceFleetName)
	if err != nil {
		return nil, err
	}
	out := &DescribeDeviceFleetResponse{
		DeviceFleetName:  &f.Name,
		DeviceFleetArn:   new(string(scope.DeviceFleet(f.Name))),
		Description:      present(f.Description),
		RoleArn:          present(string(f.Role)),
		CreationTime:     awswire.At(f.Created),
		LastModifiedTime: awswire.At(f.Modified),
		OutputConfig: &EdgeOutputConfig{
			S3OutputLocation:       f.Output.S3Location,
			KmsKeyId:               present(f.Output.KMSKey),
			PresetDeploymentType:   present(f.Output.Preset),
			PresetDeploymentConfig: present(f.Output.PresetJSON),
		},
	}
	if f.Alias != "" {
		out.IotRoleAlias = new(string(scope.RoleAlias(f.Alias)))
	}
	return out, nil
}

// listDeviceFleets lists the newest first unless asked otherwise; AWS
// documents no default.
func (d *Door) listDeviceFleets(ctx context.Context, scope arn.Scope, in *ListDeviceFleetsRequest) (*ListDeviceFleetsResponse, error) {
	p, err := pageOf(in.NextToken, in.MaxResults)
	if err != nil {
		return nil, err
	}
	p.Descending = value(in.SortOrder) != "Ascending"
	cut, err := d.Fleets.List(ctx, scope, fleet.Filter{
		NameContains:   value(in.NameContains),
		CreatedAfter:   value(in.CreationTimeAfter).Time,
		CreatedBefore:  value(in.CreationTimeBefore).Time,
		ModifiedAfter:  value(in.LastModifiedTimeAfter).Time,
		ModifiedBefore: value(in.LastModifiedTimeBefore).Time,
		Order:          fleet.Order(value(in.SortBy)),
	}, p)
	if err != nil {
		return nil, err
	}
	out := &ListDeviceFleetsResponse{DeviceFleetSummaries: []DeviceFleetSummary{}, NextToken: present(cut.Next)}
	for _, f := range cut.Items {
		out.DeviceFleetSummaries = append(out.DeviceFleetSummaries, DeviceFleetSummary{
			DeviceFleetName:  &f.Name,
			DeviceFleetArn:   new(string(scope.DeviceFleet(f.Name))),
			CreationTime:     awswire.At(f.Created),
			LastModifiedTime: awswire.At(f.Modified),
		})
	}
	return out, nil
}

func (d *Door) deleteDeviceFleet(ctx context.Context, scope arn.Scope, in *DeleteDeviceFleetRequest) (*awswire.Empty, error) {
	return nil, d.Fleets.Delete(ctx, scope, in.DeviceFleetName)
}
