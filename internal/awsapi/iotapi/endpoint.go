package iotapi

import (
	"context"

	"muster/internal/arn"
	"muster/internal/awsapi"
)

func (d *Door) endpoints() []awsapi.Operation {
	return []awsapi.Operation{
		awsapi.Handle(DescribeEndpoint, anywhere[DescribeEndpointRequest], d.describeEndpoint),
	}
}

func (d *Door) describeEndpoint(_ context.Context, scope arn.Scope, in *DescribeEndpointRequest) (*DescribeEndpointResponse, error) {
	address, err := d.Accounts.Endpoint(scope, value(in.EndpointType))
	if err != nil {
		return nil, err
	}
	return &DescribeEndpointResponse{EndpointAddress: &address}, nil
}
