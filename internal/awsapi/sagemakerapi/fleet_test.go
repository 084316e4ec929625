package sagemakerapi_test

import (
	"errors"
	"testing"

	"muster/internal/arn"
	"muster/internal/awsapi/awsapitest"
	"muster/internal/fault"
)

const fleetRole = `"RoleArn":"arn:aws:iam::000000000000:role/SageMakerFleet"`

func TestFleets(t *testing.T) {
	newDesk(t).play(t, []step{
		{"as the tutorial does, without the flag", "", "CreateDeviceFleet",
			`{"DeviceFleetName":"field-1",` + fleetRole + `,"OutputConfig":{"S3OutputLocation":"s3://sagemaker-b/device_output/"}}`, `200`},
		{"its alias is there", "", "DescribeDeviceFleet", `{"DeviceFleetName":"field-1"}`,
			`200 {"CreationTime":1700000000.123,"DeviceFleetArn":"arn:aws:sagemaker:us-east-1:000000000000:device-fleet/field-1","DeviceFleetName":"field-1","IotRoleAlias":"arn:aws:iot:us-east-1:000000000000:rolealias/SageMakerEdge-field-1","LastModifiedTime":1700000000.123,"OutputConfig":{"S3OutputLocation":"s3://sagemaker-b/device_output/"},"RoleArn":"arn:aws:iam::000000000000:role/SageMakerFleet"}`},
		{"without an alias, as Terraform does", "", "CreateDeviceFleet",
			`{"DeviceFleetName":"field-2","Description":"pumps; valves","EnableIotRoleAlias":false,"RoleArn":"arn:aws:iam::000000000000:role/tf-acc-test","OutputConfig":{"S3OutputLocation":"s3://b","KmsKeyId":"k"},"Tags":[{"Key":"team","Value":""}]}`, `200`},
		{"no alias is shown", "", "DescribeDeviceFleet", `{"DeviceFleetName":"field-2"}`,
			`200 {"CreationTime":1700000000.123,"Description":"pumps; valves","DeviceFleetArn":"arn:aws:sagemaker:us-east-1:000000000000:device-fleet/field-2","DeviceFleetName":"field-2","LastModifiedTime":1700000000.123,"OutputConfig":{"KmsKeyId":"k","S3OutputLocation":"s3://b"},"RoleArn":"arn:aws:iam::000000000000:role/tf-acc-test"}`},
		{"with the flag", "", "CreateDeviceFleet",
			`{"DeviceFleetName":"meadow","EnableIotRoleAlias":true,` + fleetRole + `,"OutputConfig":{"S3OutputLocation":"s3://b"}}`, `200`},
		{"a name twice", "", "CreateDeviceFleet",
			`{"DeviceFleetName":"meadow",` + fleetRole + `,"OutputConfig":{"S3OutputLocation":"s3://b"}}`, `400 ResourceInUse …`},

		{"by name", "", "ListDeviceFleets", `{"SortBy":"NAME","SortOrder":"Ascending","NameContains":"field","MaxResults":1}`,
			`200 {"DeviceFleetSummaries":[{"CreationTime":1700000000.123,"DeviceFleetArn":"arn:aws:sagemaker:us-east-1:000000000000:device-fleet/field-1","DeviceFleetName":"field-1","LastModifiedTime":1700000000.123}],"NextToken":"MR9OQU1FHzAfZmllbGQtMQ=="}`},
		{"the next page", "", "ListDeviceFleets", `{"SortBy":"NAME","SortOrder":"Ascending","NameContains":"field","MaxResults":1,"NextToken":"MR9OQU1FHzAfZmllbGQtMQ=="}`,
			`200 {"DeviceFleetSummaries":[{"CreationTime":1700000000.123,"DeviceFleetArn":"arn:aws:sagemaker:us-east-1:000000000000:device-fleet/field-2","DeviceFleetName":"field-2","LastModifiedTime":1700000000.123}]}`},
		{"none", "", "ListDeviceFleets", `{"CreationTimeAfter":1700000000.123}`, `200 {"DeviceFleetSummaries":[]}`},
		{"none yet", "", "ListDeviceFleets", `{"LastModifiedTimeBefore":1700000000.123}`, `200 {"DeviceFleetSummaries":[]}`},
		{"no page at all", "", "ListDeviceFleets", `{"MaxResults":0}`, `400 ValidationException …`},
		{"a page too long", "", "ListDeviceFleets", `{"MaxResults":101}`, `400 ValidationException …`},
		{"a token of another list", "", "ListDeviceFleets", `{"NextToken":"MR9OQU1FHzAfZmllbGQtMQ=="}`, `400 ValidationException …`},
		{"a token that is none", "", "ListDeviceFleets", `{"NextToken":"x"}`, `400 ValidationException …`},

		{"deleted", "", "DeleteDeviceFleet", `{"DeviceFleetName":"field-1"}`, `200`},
		{"deleted twice", "", "DeleteDeviceFleet", `{"DeviceFleetName":"field-1"}`, `400 ValidationException …DeviceFleet with name field-1`},
		{"is gone", "", "DescribeDeviceFleet", `{"DeviceFleetName":"field-1"}`, `400 ValidationException {"__type":"ValidationException","message":"No devicefleet with name field-1 found"}`},
		{"made anew beside its old alias", "", "CreateDeviceFleet",
			`{"DeviceFleetName":"field-1",` + fleetRole + `,"OutputConfig":{"S3OutputLocation":"s3://b"}}`, `200`},
	})
}

func TestCreateDeviceFleetRefused(t *testing.T) {
	const output = `"OutputConfig":{"S3OutputLocation":"s3://b"}`
	d := newDesk(t)
	d.Session(t, "BUILDER", `[{"Effect":"Allow","Action":"sagemaker:*","Resource":"*"},{"Effect":"Allow","Action":"iam:PassRole","Resource":"*","Condition":{"StringEquals":{"iam:PassedToService":"sagemaker.amazonaws.com"}}}]`)
	d.Session(t, "NOPASS", `{"Effect":"Allow","Action":"sagemaker:*","Resource":"*"}`)
	d.Session(t, "PASSONLY", `{"Effect":"Allow","Action":"iam:PassRole","Resource":"*"}`)
	d.Session(t, "MEADOWS", `[{"Effect":"Allow","Action":"sagemaker:*","Resource":"arn:aws:sagemaker:us-east-1:000000000000:device-fleet/meadow*"},{"Effect":"Allow","Action":"iam:PassRole","Resource":"*"}]`)
	d.Session(t, "TAGGED", `[{"Effect":"Allow","Action":"sagemaker:*","Resource":"*","Condition":{"StringEquals":{"aws:RequestTag/team":"field"}}},{"Effect":"Allow","Action":"iam:PassRole","Resource":"*"}]`)
	d.play(t, []step{
		{"the role doesn't exist", "", "CreateDeviceFleet", `{"DeviceFleetName":"field","RoleArn":"arn:aws:iam::000000000000:role/SageMakerMissing",` + output + `}`,
			`400 ValidationException {"__type":"ValidationException","message":"The role arn:aws:iam::000000000000:role/SageMakerMissing does not exist"}`},
		{"the role doesn't trust SageMaker", "", "CreateDeviceFleet", `{"DeviceFleetName":"field","RoleArn":"arn:aws:iam::000000000000:role/SageMakerWary",` + output + `}`,
			`400 ValidationException {"__type":"ValidationException","message":"The role arn:aws:iam::000000000000:role/SageMakerWary does not trust sagemaker.amazonaws.com: its trust policy must allow that service sts:AssumeRole"}`},
		{"no role for an alias", "", "CreateDeviceFleet", `{"DeviceFleetName":"field",` + output + `}`, `400 ValidationException …RoleArn is missing`},
		{"no output", "", "CreateDeviceFleet", `{"DeviceFleetName":"field",` + fleetRole + `}`, `400 ValidationException …at 'outputConfig' failed to satisfy constraint: Member must not be null`},
		{"a name with an underscore", "", "CreateDeviceFleet", `{"DeviceFleetName":"field_1",` + fleetRole + `,` + output + `}`, `400 ValidationException …at 'deviceFleetName' failed to satisfy constraint`},
		{"a tag key twice", "", "CreateDeviceFleet", `{"DeviceFleetName":"field",` + fleetRole + `,` + output + `,"Tags":[{"Key":"a","Value":"1"},{"Key":"A","Value":"2"}]}`, `400 ValidationException …Duplicate tag keys`},

		{"may not pass the role", "NOPASS", "CreateDeviceFleet", `{"DeviceFleetName":"field",` + fleetRole + `,` + output + `}`,
			`403 AccessDeniedException …not authorized to perform: iam:PassRole on resource: arn:aws:iam::000000000000:role/SageMakerFleet`},
		{"may not pass a role that doesn't exist either", "NOPASS", "CreateDeviceFleet", `{"DeviceFleetName":"field","RoleArn":"arn:aws:iam::000000000000:role/SageMakerMissing",` + output + `}`, `403 AccessDeniedException …`},
		{"may only pass roles", "PASSONLY", "CreateDeviceFleet", `{"DeviceFleetName":"field",` + fleetRole + `,` + output + `}`,
			`403 AccessDeniedException …not authorized to perform: sagemaker:CreateDeviceFleet on resource: arn:aws:sagemaker:us-east-1:000000000000:device-fleet/field`},
		{"may make other fleets", "MEADOWS", "CreateDeviceFleet", `{"DeviceFleetName":"field",` + fleetRole + `,` + output + `}`, `403 AccessDeniedException …`},
		{"must tag, but doesn't", "TAGGED", "CreateDeviceFleet", `{"DeviceFleetName":"field",` + fleetRole + `,` + output + `}`, `403 AccessDeniedException …`},
		{"must tag, but otherwise", "TAGGED", "CreateDeviceFleet", `{"DeviceFleetName":"field",` + fleetRole + `,` + output + `,"Tags":[{"Key":"team","Value":"x"}]}`, `403 AccessDeniedException …`},
		{"nothing was made", "", "ListDeviceFleets", `{}`, `200 {"DeviceFleetSummaries":[]}`},
	})
	if _, err := d.aliases.Find(t.Context(), arn.Scope{Account: awsapitest.Account, Region: awsapitest.Region}, "SageMakerEdge-field"); !errors.Is(err, fault.NotFound) {
		t.Errorf("the alias of a refused fleet: got %v, want %v", err, fault.NotFound)
	}
	d.play(t, []step{
		{"may do both", "BUILDER", "CreateDeviceFleet", `{"DeviceFleetName":"field",` + fleetRole + `,` + output + `}`, `200`},
		{"tags as it must", "TAGGED", "CreateDeviceFleet", `{"DeviceFleetName":"field-2",` + fleetRole + `,` + output + `,"Tags":[{"Key":"team","Value":"field"}]}`, `200`},
		{"may not describe it", "MEADOWS", "DescribeDeviceFleet", `{"DeviceFleetName":"field"}`, `403 AccessDeniedException …`},
		{"may not delete it", "MEADOWS", "DeleteDeviceFleet", `{"DeviceFleetName":"field"}`, `403 AccessDeniedException …`},
		{"may not list", "MEADOWS", "ListDeviceFleets", `{}`, `403 AccessDeniedException …`},
	})
}
