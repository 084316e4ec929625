package sagemakerapi_test

import (
	"fmt"
	"strings"
	"testing"
)

const (
	fieldARN = `"ResourceArn":"arn:aws:sagemaker:us-east-1:000000000000:device-fleet/field"`
	pumpARN  = `"ResourceArn":"arn:aws:sagemaker:us-east-1:000000000000:device-fleet/field/device/pump-1"`
)

// newField is a desk with a fleet of one device.
func newField(t *testing.T) desk {
	t.Helper()
	d := newDesk(t)
	d.play(t, []step{
		{"a fleet", "", "CreateDeviceFleet", `{"DeviceFleetName":"field",` + fleetRole + `,"OutputConfig":{"S3OutputLocation":"s3://b"},"Tags":[{"Key":"team","Value":"field"}]}`, `200`},
		{"a device", "", "RegisterDevices", `{"DeviceFleetName":"field","Devices":[{"DeviceName":"pump-1"}],"Tags":[{"Key":"site","Value":"north"}]}`, `200`},
	})
	return d
}

func TestTags(t *testing.T) {
	var many []string
	for i := range 50 {
		many = append(many, fmt.Sprintf(`{"Key":"k%d","Value":""}`, i))
	}
	newField(t).play(t, []step{
		{"those of the creation", "", "ListTags", `{` + fieldARN + `}`, `200 {"Tags":[{"Key":"team","Value":"field"}]}`},
		{"those of the registration", "", "ListTags", `{` + pumpARN + `,"MaxResults":50}`, `200 {"Tags":[{"Key":"site","Value":"north"}]}`},
		{"the whole list is answered", "", "AddTags", `{` + fieldARN + `,"Tags":[{"Key":"env","Value":"1"},{"Key":"team","Value":"meadow"}]}`, `200 {"Tags":[{"Key":"env","Value":"1"},{"Key":"team","Value":"meadow"}]}`},
		{"to a device", "", "AddTags", `{` + pumpARN + `,"Tags":[{"Key":"env","Value":""}]}`, `200 {"Tags":[{"Key":"env","Value":""},{"Key":"site","Value":"north"}]}`},
		{"none added", "", "AddTags", `{` + fieldARN + `,"Tags":[]}`, `200 {"Tags":[{"Key":"env","Value":"1"},{"Key":"team","Value":"meadow"}]}`},
		{"taken away, and one that isn't there", "", "DeleteTags", `{` + fieldARN + `,"TagKeys":["env","nothing"]}`, `200 {}`},
		{"what is left", "", "ListTags", `{` + fieldARN + `}`, `200 {"Tags":[{"Key":"team","Value":"meadow"}]}`},
		{"the device's are its own", "", "ListTags", `{` + pumpARN + `}`, `200 {"Tags":[{"Key":"env","Value":""},{"Key":"site","Value":"north"}]}`},

		{"a page too short", "", "ListTags", `{` + fieldARN + `,"MaxResults":49}`, `400 ValidationException …at 'maxResults' failed to satisfy constraint: Member must have value greater than or equal to 50`},
		{"a token nobody gave", "", "ListTags", `{` + fieldARN + `,"NextToken":"x"}`, `400 ValidationException …`},
		{"a key twice", "", "AddTags", `{` + fieldARN + `,"Tags":[{"Key":"a","Value":""},{"Key":"A","Value":""}]}`, `400 ValidationException …Duplicate tag keys`},
		{"a key in other letters", "", "AddTags", `{` + fieldARN + `,"Tags":[{"Key":"Team","Value":""}]}`, `400 ValidationException …Duplicate tag keys`},
		{"a key of AWS's", "", "AddTags", `{` + fieldARN + `,"Tags":[{"Key":"AWS:team","Value":""}]}`, `400 ValidationException …aws: prefixed tag key names are not allowed`},
		{"no keys", "", "DeleteTags", `{` + fieldARN + `,"TagKeys":[]}`, `400 ValidationException …`},
		{"too many", "", "AddTags", `{` + fieldARN + `,"Tags":[` + strings.Join(many, ",") + `]}`, `400 ResourceLimitExceeded …`},
		{"nothing landed", "", "ListTags", `{` + fieldARN + `}`, `200 {"Tags":[{"Key":"team","Value":"meadow"}]}`},
	})
}

func TestTagsOfWhatIsNotThere(t *testing.T) {
	d := newField(t)
	for name, tc := range map[string]struct{ arn, says string }{
		"no such fleet":            {"arn:aws:sagemaker:us-east-1:000000000000:device-fleet/meadow", "No devicefleet with name meadow"},
		"no such device":           {"arn:aws:sagemaker:us-east-1:000000000000:device-fleet/field/device/pump-9", "No device with name pump-9"},
		"a device of no fleet":     {"arn:aws:sagemaker:us-east-1:000000000000:device-fleet/meadow/device/pump-1", "No device fleet with name meadow"},
		"another region's":         {"arn:aws:sagemaker:us-west-2:000000000000:device-fleet/field", "is not a device fleet"},
		"another account's":        {"arn:aws:sagemaker:us-east-1:111111111111:device-fleet/field", "is not a device fleet"},
		"another partition's":      {"arn:aws-cn:sagemaker:us-east-1:000000000000:device-fleet/field", "is not a device fleet"},
		"another kind":             {"arn:aws:sagemaker:us-east-1:000000000000:model/field", "is not a device fleet"},
		"a device without a name":  {"arn:aws:sagemaker:us-east-1:000000000000:device-fleet/field/device/", "is not a device fleet"},
		"a device without a fleet": {"arn:aws:sagemaker:us-east-1:000000000000:device-fleet//device/pump-1", "is not a device fleet"},
		"more than a device":       {"arn:aws:sagemaker:us-east-1:000000000000:device-fleet/field/device/pump-1/x", "is not a device fleet"},
		"all fleets":               {"arn:aws:sagemaker:us-east-1:000000000000:device-fleet/*", "No devicefleet with name *"},
		"no ARN":                   {"field", "at 'resourceArn' failed to satisfy constraint"},
	} {
		d.play(t, []step{
			{name, "", "ListTags", `{"ResourceArn":"` + tc.arn + `"}`, `400 ValidationException …` + tc.says},
			{name, "", "AddTags", `{"ResourceArn":"` + tc.arn + `","Tags":[{"Key":"a","Value":"b"}]}`, `400 ValidationException …` + tc.says},
			{name, "", "DeleteTags", `{"ResourceArn":"` + tc.arn + `","TagKeys":["a"]}`, `400 ValidationException …` + tc.says},
		})
	}
}

func TestTagsDenied(t *testing.T) {
	d := newField(t)
	d.Session(t, "PUMPS", `{"Effect":"Allow","Action":["sagemaker:AddTags","sagemaker:ListTags","sagemaker:DeleteTags"],"Resource":"arn:aws:sagemaker:us-east-1:000000000000:device-fleet/field/device/*"}`)
	d.Session(t, "OTHERS", `{"Effect":"Allow","Action":["sagemaker:CreateDeviceFleet","sagemaker:DescribeDeviceFleet"],"Resource":"*"}`)
	d.Session(t, "SITES", `[{"Effect":"Allow","Action":"sagemaker:AddTags","Resource":"*","Condition":{"StringEquals":{"aws:RequestTag/site":["north","south"]},"ForAllValues:StringEquals":{"aws:TagKeys":"site"}}},
		{"Effect":"Allow","Action":"sagemaker:DeleteTags","Resource":"*","Condition":{"ForAllValues:StringEquals":{"aws:TagKeys":"site"}}}]`)
	d.play(t, []step{
		{"may not list the fleet's", "PUMPS", "ListTags", `{` + fieldARN + `}`, `403 AccessDeniedException …not authorized to perform: sagemaker:ListTags on resource: arn:aws:sagemaker:us-east-1:000000000000:device-fleet/field`},
		{"may not tag the fleet", "PUMPS", "AddTags", `{` + fieldARN + `,"Tags":[{"Key":"a","Value":"b"}]}`, `403 AccessDeniedException …sagemaker:AddTags`},
		{"may not untag the fleet", "PUMPS", "DeleteTags", `{` + fieldARN + `,"TagKeys":["team"]}`, `403 AccessDeniedException …sagemaker:DeleteTags`},
		{"may not list", "OTHERS", "ListTags", `{` + pumpARN + `}`, `403 AccessDeniedException …`},
		{"may not tag", "OTHERS", "AddTags", `{` + pumpARN + `,"Tags":[]}`, `403 AccessDeniedException …`},
		{"may not untag", "OTHERS", "DeleteTags", `{` + pumpARN + `,"TagKeys":["site"]}`, `403 AccessDeniedException …`},
		{"another value", "SITES", "AddTags", `{` + pumpARN + `,"Tags":[{"Key":"site","Value":"west"}]}`, `403 AccessDeniedException …`},
		{"another key beside", "SITES", "AddTags", `{` + pumpARN + `,"Tags":[{"Key":"site","Value":"north"},{"Key":"team","Value":"x"}]}`, `403 AccessDeniedException …`},
		{"another key to take away", "SITES", "DeleteTags", `{` + fieldARN + `,"TagKeys":["site","team"]}`, `403 AccessDeniedException …`},
		{"nothing happened to the fleet", "", "ListTags", `{` + fieldARN + `}`, `200 {"Tags":[{"Key":"team","Value":"field"}]}`},
		{"nothing happened to the device", "", "ListTags", `{` + pumpARN + `}`, `200 {"Tags":[{"Key":"site","Value":"north"}]}`},

		{"may list the device's", "PUMPS", "ListTags", `{` + pumpARN + `}`, `200 …`},
		{"the key and a value that may be", "SITES", "AddTags", `{` + pumpARN + `,"Tags":[{"Key":"site","Value":"south"}]}`, `200 {"Tags":[{"Key":"site","Value":"south"}]}`},
		{"the key that may be", "SITES", "DeleteTags", `{` + pumpARN + `,"TagKeys":["site"]}`, `200 {}`},
		{"as it was left", "", "ListTags", `{` + pumpARN + `}`, `200 {"Tags":[]}`},
	})
}

// A condition on the tags of a fleet or a device holds for each operation on
// it, under either name, as an Allow and as a Deny.
func TestTagsInPolicies(t *testing.T) {
	const (
		field  = `{"DeviceFleetName":"field"`
		output = `,"OutputConfig":{"S3OutputLocation":"s3://b"}}`
		pump1  = field + `,"Devices":[{"DeviceName":"pump-1"}]}`
		both   = field + `,"Devices":[{"DeviceName":"pump-1"},{"DeviceName":"pump-2"}]}`
		no     = `403 AccessDeniedException …because no identity-based policy allows the sagemaker:`
		denied = `403 AccessDeniedException …with an explicit deny`
	)
	for _, key := range []string{"aws:ResourceTag/team", "sagemaker:ResourceTag/Team"} {
		d := newField(t)
		d.Session(t, "OWNER", `{"Effect":"Allow","Action":"sagemaker:*","Resource":"*","Condition":{"StringEquals":{"`+key+`":"field"}}}`)
		d.Session(t, "KEPT", `[{"Effect":"Allow","Action":"sagemaker:*","Resource":"*"},{"Effect":"Deny","Action":"sagemaker:*","Resource":"*","Condition":{"StringEquals":{"`+key+`":"field"}}}]`)
		d.play(t, []step{
			{"a second device", "", "RegisterDevices", field + `,"Devices":[{"DeviceName":"pump-2"}],"Tags":[{"Key":"team","Value":"field"}]}`, `200`},

			{"a device of another tag", "OWNER", "DescribeDevice", field + `,"DeviceName":"pump-1"}`, no},
			{"its fleet's tags aren't its own", "OWNER", "UpdateDevices", pump1, no},
			{"nor listed", "OWNER", "ListTags", `{` + pumpARN + `}`, no},
			{"nor tagged, the tag asked for is not the one there is", "OWNER", "AddTags", `{` + pumpARN + `,"Tags":[{"Key":"team","Value":"field"}]}`, no},
			{"nor untagged", "OWNER", "DeleteTags", `{` + pumpARN + `,"TagKeys":["site"]}`, no},
			{"one of two", "OWNER", "UpdateDevices", both, no},
			{"nor deregistered", "OWNER", "DeregisterDevices", field + `,"DeviceNames":["pump-2","pump-1"]}`, no},
			{"nor registered", "OWNER", "RegisterDevices", field + `,"Devices":[{"DeviceName":"pump-3"}]}`, no},
			{"not even with the tag", "OWNER", "RegisterDevices", field + `,"Devices":[{"DeviceName":"pump-3"}],"Tags":[{"Key":"team","Value":"field"}]}`, no},
			{"what isn't there has no tags", "OWNER", "DescribeDevice", field + `,"DeviceName":"pump-9"}`, no},
			{"nor has a fleet", "OWNER", "DescribeDeviceFleet", `{"DeviceFleetName":"meadow"}`, no},
			{"its own device", "OWNER", "DescribeDevice", field + `,"DeviceName":"pump-2"}`, `200 …`},
			{"is updated", "OWNER", "UpdateDevices", field + `,"Devices":[{"DeviceName":"pump-2"}]}`, `200`},
			{"its own fleet", "OWNER", "DescribeDeviceFleet", field + `}`, `200 …`},
			{"is updated, too", "OWNER", "UpdateDeviceFleet", field + output, `200`},
			{"listed", "OWNER", "ListTags", `{` + fieldARN + `}`, `200 …`},
			{"tagged", "OWNER", "AddTags", `{` + fieldARN + `,"Tags":[{"Key":"a","Value":"b"}]}`, `200 …`},
			{"and untagged", "OWNER", "DeleteTags", `{` + fieldARN + `,"TagKeys":["a"]}`, `200 {}`},

			{"described", "KEPT", "DescribeDeviceFleet", field + `}`, denied},
			{"updated", "KEPT", "UpdateDeviceFleet", field + output, denied},
			{"deleted", "KEPT", "DeleteDeviceFleet", field + `}`, denied},
			{"listed", "KEPT", "ListTags", `{` + fieldARN + `}`, denied},
			{"tagged", "KEPT", "AddTags", `{` + fieldARN + `,"Tags":[{"Key":"team","Value":"x"}]}`, denied},
			{"untagged", "KEPT", "DeleteTags", `{` + fieldARN + `,"TagKeys":["team"]}`, denied},
			{"a device described", "KEPT", "DescribeDevice", field + `,"DeviceName":"pump-2"}`, denied},
			{"one of two updated", "KEPT", "UpdateDevices", both, denied},
			{"one of two deregistered", "KEPT", "DeregisterDevices", field + `,"DeviceNames":["pump-1","pump-2"]}`, denied},
			{"one of two registered again", "KEPT", "RegisterDevices", field + `,"Devices":[{"DeviceName":"pump-3"},{"DeviceName":"pump-2"}]}`, denied},
			{"nothing happened", "", "ListTags", `{` + fieldARN + `}`, `200 {"Tags":[{"Key":"team","Value":"field"}]}`},
			{"the other may be", "KEPT", "UpdateDevices", pump1, `200`},

			{"from the next request on", "", "DeleteTags", `{` + fieldARN + `,"TagKeys":["team"]}`, `200 {}`},
			{"the fleet is nobody's", "OWNER", "DescribeDeviceFleet", field + `}`, no},
			{"and may be described", "KEPT", "DescribeDeviceFleet", field + `}`, `200 …`},
			{"it deregisters its own", "OWNER", "DeregisterDevices", field + `,"DeviceNames":["pump-2"]}`, `200`},
			{"and is deleted", "KEPT", "DeleteDeviceFleet", field + `}`, `200`},
		})
	}
}

// To make something with tags is to tag it.
func TestMadeWithTags(t *testing.T) {
	const (
		fleet   = `{"DeviceFleetName":"east",` + fleetRole + `,"OutputConfig":{"S3OutputLocation":"s3://b"}`
		devices = `{"DeviceFleetName":"east","Devices":[{"DeviceName":"pump-1"}]`
		tags    = `,"Tags":[{"Key":"team","Value":"field"}]}`
		no      = `403 AccessDeniedException …not authorized to perform: sagemaker:AddTags on resource: arn:aws:sagemaker:us-east-1:000000000000:device-fleet/east`
	)
	make := `[{"Effect":"Allow","Action":["sagemaker:CreateDeviceFleet","sagemaker:RegisterDevices","iam:PassRole"],"Resource":"*"}`
	d := newDesk(t)
	d.Session(t, "MAKER", make+`]`)
	d.Session(t, "TAGGER", make+`,{"Effect":"Allow","Action":"sagemaker:AddTags","Resource":"*","Condition":{"StringEquals":{"aws:RequestTag/team":"field"}}}]`)
	d.play(t, []step{
		{"with tags", "MAKER", "CreateDeviceFleet", fleet + tags, no},
		{"with another tag", "TAGGER", "CreateDeviceFleet", fleet + `,"Tags":[{"Key":"team","Value":"plant"}]}`, no},
		{"none was made", "", "ListDeviceFleets", `{}`, `200 {"DeviceFleetSummaries":[]}`},
		{"without", "MAKER", "CreateDeviceFleet", fleet + `}`, `200`},
		{"without any in the list", "MAKER", "RegisterDevices", `{"DeviceFleetName":"east","Devices":[{"DeviceName":"pump-0"}],"Tags":[]}`, `200`},
		{"a device with tags", "MAKER", "RegisterDevices", devices + tags, no + `/device/pump-1`},
		{"a device with another tag", "TAGGER", "RegisterDevices", devices + `,"Tags":[{"Key":"team","Value":"plant"}]}`, no},
		{"none was registered", "", "DescribeDevice", `{"DeviceFleetName":"east","DeviceName":"pump-1"}`, `400 ValidationException …`},
		{"with the tag that may be", "TAGGER", "RegisterDevices", devices + tags, `200`},
		{"a fleet with it", "TAGGER", "CreateDeviceFleet", strings.Replace(fleet, "east", "west", 1) + tags, `200`},
	})
}
