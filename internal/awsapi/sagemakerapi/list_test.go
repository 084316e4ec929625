package sagemakerapi_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/awsapi/awsapitest"
)

// names answers the names of a list, read to its last page.
func (d desk) names(t *testing.T, operation, body string) []string {
	t.Helper()
	names := []string{}
	for token := ""; ; {
		asked := body
		if token != "" {
			asked = strings.TrimSuffix(body, "}") + `,"NextToken":"` + token + `"}`
		}
		w := d.Ask(t, awsapitest.Root, "sagemaker", "POST /", "SageMaker."+operation, asked)
		var page struct {
			DeviceFleetSummaries []struct{ DeviceFleetName string }
			DeviceSummaries      []struct{ DeviceFleetName, DeviceName string }
			NextToken            string
		}
		if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil || w.Code != 200 {
			t.Fatalf("%s %s: got %d %s, %v", operation, asked, w.Code, w.Body, err)
		}
		for _, f := range page.DeviceFleetSummaries {
			names = append(names, f.DeviceFleetName)
		}
		for _, dev := range page.DeviceSummaries {
			names = append(names, dev.DeviceFleetName+"/"+dev.DeviceName)
		}
		if token = page.NextToken; token == "" {
			return names
		}
	}
}

func TestListDeviceFleets(t *testing.T) {
	d := newDesk(t)
	for i, name := range []string{"field-b", "Meadow", "field-a", "yard"} { // made a second apart
		d.fleets.Now = func() time.Time { return clock.Add(time.Duration(i) * time.Second) }
		d.play(t, []step{{name, "", "CreateDeviceFleet", `{"DeviceFleetName":"` + name + `","EnableIotRoleAlias":false,"OutputConfig":{"S3OutputLocation":"s3://b"}}`, `200`}})
	}
	d.fleets.Now = func() time.Time { return clock.Add(time.Minute) }
	d.play(t, []step{{"changed last", "", "UpdateDeviceFleet", `{"DeviceFleetName":"Meadow","OutputConfig":{"S3OutputLocation":"s3://b"}}`, `200`}})
	for _, tc := range []struct {
		name, asked string
		want        []string
	}{
		{"unless asked otherwise, the newest first", `"MaxResults":100`, []string{"yard", "field-a", "Meadow", "field-b"}},
		{"ascending", `"SortOrder":"Ascending"`, []string{"field-b", "Meadow", "field-a", "yard"}},
		{"by creation, descending", `"SortBy":"CREATION_TIME","SortOrder":"Descending"`, []string{"yard", "field-a", "Meadow", "field-b"}},
		{"by modification", `"SortBy":"LAST_MODIFIED_TIME"`, []string{"Meadow", "yard", "field-a", "field-b"}},
		{"by modification, ascending", `"SortBy":"LAST_MODIFIED_TIME","SortOrder":"Ascending"`, []string{"field-b", "field-a", "yard", "Meadow"}},
		{"by name", `"SortBy":"NAME"`, []string{"yard", "field-b", "field-a", "Meadow"}},
		{"by name, ascending", `"SortBy":"NAME","SortOrder":"Ascending"`, []string{"Meadow", "field-a", "field-b", "yard"}},
		{"a part of the name", `"NameContains":"field-"`, []string{"field-a", "field-b"}},
		{"created between, exclusively", `"CreationTimeAfter":1700000000.123,"CreationTimeBefore":1700000003.123`, []string{"field-a", "Meadow"}},
		{"created after, in whole seconds", `"CreationTimeAfter":1700000002`, []string{"yard", "field-a"}},
		{"modified after", `"LastModifiedTimeAfter":1700000003.123`, []string{"Meadow"}},
		{"modified before", `"LastModifiedTimeBefore":1700000002`, []string{"field-b"}},
		{"all at once", `"NameContains":"e","CreationTimeAfter":1700000000.123,"LastModifiedTimeBefore":1700000003,"SortBy":"NAME","SortOrder":"Ascending"`, []string{"field-a"}},
		{"none", `"NameContains":"desert"`, []string{}},
	} {
		for limit := 1; limit <= 5; limit++ {
			asked := `{` + tc.asked + `}`
			if !strings.Contains(asked, "MaxResults") {
				asked = fmt.Sprintf(`{%s,"MaxResults":%d}`, tc.asked, limit)
			}
			if got := d.names(t, "ListDeviceFleets", asked); !cmp.Equal(got, tc.want) {
				t.Errorf("%s, %d a page: got %v, want %v", tc.name, limit, got, tc.want)
			}
		}
	}
	d.play(t, []step{
		{"an order nobody has", "", "ListDeviceFleets", `{"SortBy":"SIZE"}`, `400 ValidationException …at 'sortBy' failed to satisfy constraint: Member must satisfy enum value set`},
		{"a direction nobody has", "", "ListDeviceFleets", `{"SortOrder":"ASCENDING"}`, `400 ValidationException …at 'sortOrder' failed to satisfy constraint: Member must satisfy enum value set`},
		{"a name that can't be", "", "ListDeviceFleets", `{"NameContains":"field_"}`, `400 ValidationException …at 'nameContains' failed to satisfy constraint: Member must satisfy regular expression pattern`},
		{"a page too long", "", "ListDeviceFleets", `{"MaxResults":101}`, `400 ValidationException …at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 100`},
		{"a token too long", "", "ListDeviceFleets", `{"NextToken":"` + strings.Repeat("x", 8193) + `"}`, `400 ValidationException …at 'nextToken' failed to satisfy constraint: Member must have length less than or equal to 8192`},
	})
}

func TestListDevices(t *testing.T) {
	d := newDesk(t)
	for _, fleet := range []string{"field", "field-2", "yard"} {
		d.play(t, []step{
			{fleet, "", "CreateDeviceFleet", `{"DeviceFleetName":"` + fleet + `","EnableIotRoleAlias":false,"OutputConfig":{"S3OutputLocation":"s3://b"}}`, `200`},
			{fleet, "", "RegisterDevices", `{"DeviceFleetName":"` + fleet + `","Devices":[{"DeviceName":"b"},{"DeviceName":"a"}]}`, `200`},
		})
	}
	for _, tc := range []struct {
		name, asked string
		want        []string
	}{
		{"all", ``, []string{"field/a", "field/b", "field-2/a", "field-2/b", "yard/a", "yard/b"}},
		{"of one fleet, by its whole name", `"DeviceFleetName":"field",`, []string{"field/a", "field/b"}},
		{"of none", `"DeviceFleetName":"fiel",`, []string{}},
		{"with a model", `"ModelName":"mobilenet",`, []string{}},
		{"that were heard of", `"LatestHeartbeatAfter":0,`, []string{}},
	} {
		for limit := 1; limit <= 7; limit++ {
			if got := d.names(t, "ListDevices", fmt.Sprintf(`{%s"MaxResults":%d}`, tc.asked, limit)); !cmp.Equal(got, tc.want) {
				t.Errorf("%s, %d a page: got %v, want %v", tc.name, limit, got, tc.want)
			}
		}
	}
	d.play(t, []step{
		{"a page too long", "", "ListDevices", `{"MaxResults":101}`, `400 ValidationException …`},
		{"no page at all", "", "ListDevices", `{"MaxResults":0}`, `400 ValidationException …at 'maxResults' failed to satisfy constraint`},
		{"a token of another list", "", "ListDevices", `{"NextToken":"MR9OQU1FHzAfZmllbGQtMQ=="}`, `400 ValidationException …`},
		{"a fleet that can't be", "", "ListDevices", `{"DeviceFleetName":"field_1"}`, `400 ValidationException …at 'deviceFleetName' failed to satisfy constraint`},
		{"a model that can't be", "", "ListDevices", `{"ModelName":"a_b"}`, `400 ValidationException …at 'modelName' failed to satisfy constraint`},
	})
}
