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
