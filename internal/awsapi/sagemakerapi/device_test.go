package sagemakerapi_test

import "testing"

func TestDevices(t *testing.T) {
	d := newDesk(t)
	d.Session(t, "SITE", `[{"Effect":"Allow","Action":"sagemaker:*","Resource":"arn:aws:sagemaker:us-east-1:000000000000:device-fleet/field/device/pump-*"},
		{"Effect":"Deny","Action":"sagemaker:*","Resource":"arn:aws:sagemaker:*:*:device-fleet/*/device/pump-13"}]`)
	d.Session(t, "LISTER", `{"Effect":"Allow","Action":"sagemaker:ListDevices","Resource":"*"}`)
	d.play(t, []step{
		{"a fleet", "", "CreateDeviceFleet", `{"DeviceFleetName":"field",` + fleetRole + `,"OutputConfig":{"S3OutputLocation":"s3://b"}}`, `200`},
		{"as the tutorial does", "", "RegisterDevices", `{"DeviceFleetName":"field","Devices":[{"DeviceName":"pump-1","IotThingName":"sample-device"}]}`, `200`},
		{"two of one thing", "", "RegisterDevices", `{"DeviceFleetName":"field","Devices":[{"DeviceName":"pump-2","IotThingName":"sample-device","Description":"by the gate"},{"DeviceName":"valve-1"}],"Tags":[{"Key":"a","Value":"b"}]}`, `200`},
		{"described", "", "DescribeDevice", `{"DeviceFleetName":"field","DeviceName":"pump-2"}`,
			`200 {"Description":"by the gate","DeviceArn":"arn:aws:sagemaker:us-east-1:000000000000:device-fleet/field/device/pump-2","DeviceFleetName":"field","DeviceName":"pump-2","IotThingName":"sample-device","RegistrationTime":1700000000.123}`},
		{"listed", "", "ListDevices", `{"DeviceFleetName":"field","MaxResults":2}`,
			`200 {"DeviceSummaries":[{"DeviceArn":"arn:aws:sagemaker:us-east-1:000000000000:device-fleet/field/device/pump-1","DeviceFleetName":"field","DeviceName":"pump-1","IotThingName":"sample-device","RegistrationTime":1700000000.123},{"Description":"by the gate","DeviceArn":"arn:aws:sagemaker:us-east-1:000000000000:device-fleet/field/device/pump-2","DeviceFleetName":"field","DeviceName":"pump-2","IotThingName":"sample-device","RegistrationTime":1700000000.123}],"NextToken":"MR9maWVsZB9wdW1wLTI="}`},
		{"the rest", "", "ListDevices", `{"MaxResults":2,"NextToken":"MR9maWVsZB9wdW1wLTI="}`,
			`200 {"DeviceSummaries":[{"DeviceArn":"arn:aws:sagemaker:us-east-1:000000000000:device-fleet/field/device/valve-1","DeviceFleetName":"field","DeviceName":"valve-1","RegistrationTime":1700000000.123}]}`},
		{"of a fleet that isn't there", "", "ListDevices", `{"DeviceFleetName":"meadow"}`, `200 {"DeviceSummaries":[]}`},
		{"that sent a heartbeat", "", "ListDevices", `{"LatestHeartbeatAfter":0}`, `200 {"DeviceSummaries":[]}`},

		{"a name that is taken", "", "RegisterDevices", `{"DeviceFleetName":"field","Devices":[{"DeviceName":"pump-3"},{"DeviceName":"pump-1"}]}`, `400 ResourceInUse …`},
		{"a name twice", "", "RegisterDevices", `{"DeviceFleetName":"field","Devices":[{"DeviceName":"pump-3"},{"DeviceName":"pump-3"}]}`, `400 ValidationException …`},
		{"no devices", "", "RegisterDevices", `{"DeviceFleetName":"field","Devices":[]}`, `400 ValidationException …`},
		{"a malformed name", "", "RegisterDevices", `{"DeviceFleetName":"field","Devices":[{"DeviceName":"pump_3"}]}`, `400 ValidationException …`},
		{"no such fleet", "", "RegisterDevices", `{"DeviceFleetName":"meadow","Devices":[{"DeviceName":"pump-3"}]}`, `400 ValidationException …No device fleet with name meadow`},
		{"none of them landed", "", "DescribeDevice", `{"DeviceFleetName":"field","DeviceName":"pump-3"}`, `400 ValidationException {"__type":"ValidationException","message":"No device with name pump-3 found in device fleet field"}`},
		{"no such fleet to look in", "", "DescribeDevice", `{"DeviceFleetName":"meadow","DeviceName":"pump-1"}`, `400 ValidationException …No device fleet with name meadow`},
		{"a token nobody gave", "", "DescribeDevice", `{"DeviceFleetName":"field","DeviceName":"pump-1","NextToken":"x"}`, `400 ValidationException …`},

		{"allowed devices only", "SITE", "RegisterDevices", `{"DeviceFleetName":"field","Devices":[{"DeviceName":"pump-11"},{"DeviceName":"pump-12"}]}`, `200`},
		{"one that isn't allowed", "SITE", "RegisterDevices", `{"DeviceFleetName":"field","Devices":[{"DeviceName":"pump-14"},{"DeviceName":"valve-9"}]}`,
			`403 AccessDeniedException …not authorized to perform: sagemaker:RegisterDevices on resource: arn:aws:sagemaker:us-east-1:000000000000:device-fleet/field/device/valve-9`},
		{"one that is denied", "SITE", "RegisterDevices", `{"DeviceFleetName":"field","Devices":[{"DeviceName":"pump-14"},{"DeviceName":"pump-13"}]}`, `403 AccessDeniedException …with an explicit deny`},
		{"a fleet that isn't allowed", "SITE", "RegisterDevices", `{"DeviceFleetName":"meadow","Devices":[{"DeviceName":"pump-14"}]}`, `403 AccessDeniedException …`},
		{"nothing, allowed nowhere", "LISTER", "RegisterDevices", `{"DeviceFleetName":"field","Devices":[]}`, `403 AccessDeniedException …`},
		{"one that may not be deregistered", "SITE", "DeregisterDevices", `{"DeviceFleetName":"field","DeviceNames":["pump-11","valve-1"]}`, `403 AccessDeniedException …`},
		{"may not describe", "LISTER", "DescribeDevice", `{"DeviceFleetName":"field","DeviceName":"pump-1"}`, `403 AccessDeniedException …`},
		{"may not list", "SITE", "ListDevices", `{"DeviceFleetName":"field"}`, `403 AccessDeniedException …`},
		{"may list", "LISTER", "ListDevices", `{"MaxResults":1}`, `200 …"DeviceName":"pump-1"`},

		{"one that isn't there", "", "DeregisterDevices", `{"DeviceFleetName":"field","DeviceNames":["pump-1","pump-9"]}`, `400 ValidationException {"__type":"ValidationException","message":"Device with name pump-9 does not exist"}`},
		{"no such fleet to leave", "", "DeregisterDevices", `{"DeviceFleetName":"meadow","DeviceNames":["pump-1"]}`, `400 ValidationException …No device fleet with name meadow`},
		{"is still there", "", "DescribeDevice", `{"DeviceFleetName":"field","DeviceName":"pump-1"}`, `200 …"DeviceName":"pump-1"`},
		{"deregistered", "", "DeregisterDevices", `{"DeviceFleetName":"field","DeviceNames":["pump-1","pump-2"]}`, `200`},
		{"is gone", "", "DescribeDevice", `{"DeviceFleetName":"field","DeviceName":"pump-1"}`, `400 ValidationException …No device with name pump-1`},
		{"registered again", "", "RegisterDevices", `{"DeviceFleetName":"field","Devices":[{"DeviceName":"pump-1"}]}`, `200`},
		{"the fleet goes with its devices", "", "DeleteDeviceFleet", `{"DeviceFleetName":"field"}`, `200`},
		{"none is left", "", "ListDevices", `{}`, `200 {"DeviceSummaries":[]}`},
		{"no fleet to describe from", "", "DescribeDevice", `{"DeviceFleetName":"field","DeviceName":"pump-1"}`, `400 ValidationException …No device fleet with name field`},
	})
}
