package policy_test

import (
	"fmt"
	"testing"

	"muster/internal/policy"
)

func TestMissing(t *testing.T) {
	c := policy.Context{}
	c.Set("iot:ClientId", "pump-7")
	c.Set("iot:Odd", "a*")
	for _, tc := range []struct {
		name, statement, want string
	}{
		{"nothing is asked for", `"Effect":"Allow","Action":"iot:Connect","Resource":"*"`, "[]"},
		{"a variable that has a value", `"Effect":"Allow","Action":"iot:Connect","Resource":"arn:aws:iot:r:a:client/${iot:ClientId}"`, "[]"},
		{"one that has none", `"Effect":"Allow","Action":"iot:*","Resource":"arn:aws:iot:r:a:client/${iot:Connection.Thing.ThingName}"`, "[iot:Connection.Thing.ThingName]"},
		{"one that can't be filled in", `"Effect":"Allow","Action":"iot:*","Resource":"arn:aws:iot:r:a:client/${iot:Odd}"`, "[iot:Odd]"},
		{"one with a default", `"Effect":"Allow","Action":"iot:*","Resource":"arn:aws:iot:r:a:client/${iot:No, 'x'}"`, "[]"},
		{"a thing's attribute, with its case", `"Effect":"Deny","Action":"iot:*","Resource":"arn:aws:iot:r:a:client/${iot:Connection.Thing.Attributes[Site]}"`, "[iot:Connection.Thing.Attributes[Site]]"},
		{"in an exception", `"Effect":"Deny","Action":"iot:*","NotResource":"arn:aws:iot:r:a:client/${iot:No}"`, "[iot:No]"},
		{"in an exception that is one anyway", `"Effect":"Deny","Action":"iot:*","NotResource":["*","arn:aws:iot:r:a:client/${iot:No}"]`, "[]"},
		{"a condition's key", `"Effect":"Allow","Action":"iot:*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}`, "[aws:SourceIp]"},
		{"a key that is there", `"Effect":"Allow","Action":"iot:*","Resource":"*","Condition":{"StringEquals":{"IOT:clientid":"x"}}`, "[]"},
		{"a key that may be absent", `"Effect":"Allow","Action":"iot:*","Resource":"*","Condition":{"StringEqualsIfExists":{"iot:No":"x"},"Null":{"iot:Other":"true"}}`, "[]"},
		{"a variable in a condition", `"Effect":"Allow","Action":"iot:*","Resource":"*","Condition":{"StringLike":{"iot:ClientId":"${iot:A}-*"},"ArnLike":{"iot:ClientId":"${iot:B}"},"Bool":{"iot:ClientId":"${iot:c}"},"StringEqualsIgnoreCase":{"iot:ClientId":"${iot:D}"}}`, "[iot:A iot:B iot:D iot:c]"},
		{"each once, as first written", `"Effect":"Allow","Action":"iot:*","Resource":"arn:aws:iot:r:a:client/${iot:No}${iot:no}","Condition":{"StringEquals":{"IOT:NO":"x"}}`, "[iot:No]"},
		{"of another action", `"Effect":"Allow","Action":"iot:Publish","Resource":"arn:aws:iot:r:a:client/${iot:No}"`, "[]"},
		{"of another resource", `"Effect":"Allow","Action":"iot:*","Resource":"arn:aws:iot:r:a:topic/t","Condition":{"StringEquals":{"iot:No":"x"}}`, "[]"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			doc, err := policy.Parse(`{"Version":"2012-10-17","Statement":{`+tc.statement+`}}`, policy.IoT)
			if err != nil {
				t.Fatal(err)
			}
			got := policy.Missing([]policy.Named{{Name: "p", Document: doc}}, &policy.Request{
				Action: "iot:Connect", Resource: "arn:aws:iot:r:a:client/pump-7", Context: c,
			})
			if fmt.Sprint(got) != tc.want {
				t.Errorf("got %v, want %s", got, tc.want)
			}
		})
	}
	t.Run("an identity policy", func(t *testing.T) {
		doc, err := policy.Parse(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/${aws:PrincipalTag/team}/*"}}`, policy.Identity)
		if err != nil {
			t.Fatal(err)
		}
		got := policy.Missing([]policy.Named{{Name: "p", Document: doc}}, &policy.Request{Action: "s3:GetObject", Resource: "arn:aws:s3:::b/x/y"})
		if fmt.Sprint(got) != "[aws:PrincipalTag/team]" {
			t.Errorf("got %v", got)
		}
	})
}
