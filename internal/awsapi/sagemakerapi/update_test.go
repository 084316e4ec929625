package sagemakerapi_test

import "testing"

func TestUpdateDeviceFleet(t *testing.T) {
	const output = `"OutputConfig":{"S3OutputLocation":"s3://b"}`
	d := newDesk(t)
	d.Session(t, "NOPASS", `{"Effect":"Allow","Action":"sagemaker:*","Resource":"*"}`)
	d.Session(t, "MEADOWS", `[{"Effect":"Allow","Action":"sagemaker:*","Resource":"arn:aws:sagemaker:us-east-1:000000000000:device-fleet/meadow*"},{"Effect":"Allow","Action":"iam:PassRole","Resource":"*"}]`)
	d.play(t, []step{
		{"a fleet", "", "CreateDeviceFleet", `{"DeviceFleetName":"field","Description":"pumps",` + fleetRole + `,` + output + `}`, `200`},
		{"the output alone, as a workshop does", "", "UpdateDeviceFleet", `{"DeviceFleetName":"field","OutputConfig":{"S3OutputLocation":"s3://c/"}}`, `200`},
		{"the rest is kept", "", "DescribeDeviceFleet", `{"DeviceFleetName":"field"}`,
			`200 {"CreationTime":1700000000.123,"Description":"pumps","DeviceFleetArn":"arn:aws:sagemaker:us-east-1:000000000000:device-fleet/field","DeviceFleetName":"field","IotRoleAlias":"arn:aws:iot:us-east-1:000000000000:rolealias/SageMakerEdge-field","LastModifiedTime":1700000000.123,"OutputConfig":{"S3OutputLocation":"s3://c/"},"RoleArn":"arn:aws:iam::000000000000:role/SageMakerFleet"}`},
		{"without the alias, as Terraform does", "", "UpdateDeviceFleet", `{"DeviceFleetName":"field","EnableIotRoleAlias":false,"Description":"valves",` + fleetRole + `,` + output + `}`, `200`},
		{"no alias is shown", "", "DescribeDeviceFleet", `{"DeviceFleetName":"field"}`,
			`200 {"CreationTime":1700000000.123,"Description":"valves","DeviceFleetArn":"arn:aws:sagemaker:us-east-1:000000000000:device-fleet/field","DeviceFleetName":"field","LastModifiedTime":1700000000.123,"OutputConfig":{"S3OutputLocation":"s3://b"},"RoleArn":"arn:aws:iam::000000000000:role/SageMakerFleet"}`},
		{"left as it is", "", "UpdateDeviceFleet", `{"DeviceFleetName":"field",` + output + `}`, `200`},
		{"still no alias", "", "DescribeDeviceFleet", `{"DeviceFleetName":"field"}`, `200 {"CreationTime":1700000000.123,"Description":"valves","DeviceFleetArn":"arn:aws:sagemaker:us-east-1:000000000000:device-fleet/field","DeviceFleetName":"field","LastModifiedTime":…`},
		{"with the alias", "", "UpdateDeviceFleet", `{"DeviceFleetName":"field","EnableIotRoleAlias":true,` + output + `}`, `200`},
		{"the alias is shown", "", "DescribeDeviceFleet", `{"DeviceFleetName":"field"}`, `200 …"IotRoleAlias":"arn:aws:iot:us-east-1:000000000000:rolealias/SageMakerEdge-field"`},

		{"no such fleet", "", "UpdateDeviceFleet", `{"DeviceFleetName":"meadow",` + output + `}`, `400 ValidationException {"__type":"ValidationException","message":"No devicefleet with name meadow found"}`},
		{"no output", "", "UpdateDeviceFleet", `{"DeviceFleetName":"field"}`, `400 ValidationException …at 'outputConfig' failed to satisfy constraint: Member must not be null`},
		{"no description", "", "UpdateDeviceFleet", `{"DeviceFleetName":"field","Description":"",` + output + `}`, `400 ValidationException …at 'description' failed to satisfy constraint: Member must have length greater than or equal to 1`},
		{"the role doesn't exist", "", "UpdateDeviceFleet", `{"DeviceFleetName":"field","RoleArn":"arn:aws:iam::000000000000:role/SageMakerMissing",` + output + `}`, `400 ValidationException …role/SageMakerMissing does not exist`},
		{"the role doesn't trust SageMaker", "", "UpdateDeviceFleet", `{"DeviceFleetName":"field","RoleArn":"arn:aws:iam::000000000000:role/SageMakerWary",` + output + `}`, `400 ValidationException …does not trust sagemaker.amazonaws.com`},
		{"may not pass the role", "NOPASS", "UpdateDeviceFleet", `{"DeviceFleetName":"field",` + fleetRole + `,` + output + `}`,
			`403 AccessDeniedException …not authorized to perform: iam:PassRole on resource: arn:aws:iam::000000000000:role/SageMakerFleet`},
		{"may not pass the role to an alias", "NOPASS", "UpdateDeviceFleet", `{"DeviceFleetName":"field","EnableIotRoleAlias":true,` + output + `}`, `403 AccessDeniedException …iam:PassRole`},
		{"may update other fleets", "MEADOWS", "UpdateDeviceFleet", `{"DeviceFleetName":"field",` + output + `}`,
			`403 AccessDeniedException …not authorized to perform: sagemaker:UpdateDeviceFleet on resource: arn:aws:sagemaker:us-east-1:000000000000:device-fleet/field`},
		{"nothing changed", "", "DescribeDeviceFleet", `{"DeviceFleetName":"field"}`, `200 …"Description":"valves"`},
		{"passes no role", "NOPASS", "UpdateDeviceFleet", `{"DeviceFleetName":"field",` + output + `}`, `200`},
	})
}

func TestUpdateDevices(t *testing.T) {
	d := newDesk(t)
	d.Session(t, "SITE", `{"Effect":"Allow","Action":"sagemaker:UpdateDevices","Resource":"arn:aws:sagemaker:us-east-1:000000000000:device-fleet/field/device/pump-*"}`)
	d.play(t, []step{
		{"a fleet", "", "CreateDeviceFleet", `{"DeviceFleetName":"field",` + fleetRole + `,"OutputConfig":{"S3OutputLocation":"s3://b"}}`, `200`},
		{"devices", "", "RegisterDevices", `{"DeviceFleetName":"field","Devices":[{"DeviceName":"pump-1","Description":"by the gate","IotThingName":"a"},{"DeviceName":"valve-1"}]}`, `200`},
		{"a thing; the description is kept", "", "UpdateDevices", `{"DeviceFleetName":"field","Devices":[{"DeviceName":"pump-1","IotThingName":"b"},{"DeviceName":"valve-1","Description":"new"}]}`, `200`},
		{"updated", "", "DescribeDevice", `{"DeviceFleetName":"field","DeviceName":"pump-1"}`,
			`200 {"Description":"by the gate","DeviceArn":"arn:aws:sagemaker:us-east-1:000000000000:device-fleet/field/device/pump-1","DeviceFleetName":"field","DeviceName":"pump-1","IotThingName":"b","RegistrationTime":1700000000.123}`},
		{"one that isn't there", "", "UpdateDevices", `{"DeviceFleetName":"field","Devices":[{"DeviceName":"pump-1","Description":"x"},{"DeviceName":"pump-9"}]}`,
			`400 ValidationException {"__type":"ValidationException","message":"No device with name pump-9 found in device fleet field"}`},
		{"no such fleet", "", "UpdateDevices", `{"DeviceFleetName":"meadow","Devices":[{"DeviceName":"pump-1"}]}`, `400 ValidationException …No device fleet with name meadow`},
		{"no devices", "", "UpdateDevices", `{"DeviceFleetName":"field","Devices":[]}`, `400 ValidationException …`},
		{"a name twice", "", "UpdateDevices", `{"DeviceFleetName":"field","Devices":[{"DeviceName":"pump-1"},{"DeviceName":"pump-1"}]}`, `400 ValidationException …`},
		{"one that isn't allowed", "SITE", "UpdateDevices", `{"DeviceFleetName":"field","Devices":[{"DeviceName":"pump-1","Description":"x"},{"DeviceName":"valve-1"}]}`,
			`403 AccessDeniedException …not authorized to perform: sagemaker:UpdateDevices on resource: arn:aws:sagemaker:us-east-1:000000000000:device-fleet/field/device/valve-1`},
		{"none of it landed", "", "DescribeDevice", `{"DeviceFleetName":"field","DeviceName":"pump-1"}`, `200 {"Description":"by the gate",…`},
		{"one that is allowed", "SITE", "UpdateDevices", `{"DeviceFleetName":"field","Devices":[{"DeviceName":"pump-1","Description":"x"}]}`, `200`},
		{"landed", "", "DescribeDevice", `{"DeviceFleetName":"field","DeviceName":"pump-1"}`, `200 {"Description":"x",…`},
	})
}
