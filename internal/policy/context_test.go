package policy_test

import (
	"testing"

	"muster/internal/policy"
)

func TestNeedsContext(t *testing.T) {
	const topic = `"Action":"iot:Publish","Resource":"arn:aws:iot:r:1:topic/`
	for _, c := range []struct {
		name, statement string
		grammar         policy.Grammar
		want            bool
	}{
		{"a resource in full", `{"Effect":"Allow",` + topic + `a"}`, policy.IoT, false},
		{"wildcards", `{"Effect":"Allow",` + topic + `*"}`, policy.IoT, false},
		{"everything", `{"Effect":"Deny","Action":"*","Resource":"*"}`, policy.IoT, false},
		{"an escape", `{"Effect":"Allow",` + topic + `${*}"}`, policy.IoT, false},
		{"a variable", `{"Effect":"Allow",` + topic + `${iot:ClientId}"}`, policy.IoT, true},
		{"a variable in an exception", `{"Effect":"Allow","Action":"iot:*","NotResource":"arn:aws:iot:r:1:topic/${iot:ClientId}"}`, policy.IoT, true},
		{"a variable in a component", `{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/${aws:username}/*"}`, policy.Identity, true},
		{"a variable in the second resource", `{"Effect":"Allow","Action":"s3:*","Resource":["arn:aws:s3:::b","arn:aws:s3:::b/${aws:username}/*"]}`, policy.Identity, true},
		{"a variable with a default", `{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/${aws:username, 'x'}"}`, policy.Identity, true},
		{"a condition", `{"Effect":"Allow","Action":"iot:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"true"}}}`, policy.IoT, true},
		{"that a key is absent", `{"Effect":"Deny","Action":"iot:*","Resource":"*","Condition":{"Null":{"aws:SourceIp":"true"}}}`, policy.IoT, true},
		{"a condition in the second statement", `{"Effect":"Allow",` + topic + `a"},{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringEquals":{"a:b":"c"}}}`, policy.IoT, true},
		{"a trust policy", `{"Effect":"Allow","Principal":{"Service":"credentials.iot.amazonaws.com"},"Action":"sts:AssumeRole"}`, policy.Trust, false},
		{"a trust policy with a condition", `{"Effect":"Allow","Principal":{"Service":"credentials.iot.amazonaws.com"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"aws:SourceAccount":"111111111111"}}}`, policy.Trust, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			doc, err := policy.Parse(`{"Version":"2012-10-17","Statement":[`+c.statement+`]}`, c.grammar)
			if err != nil {
				t.Fatal(err)
			}
			if got := doc.NeedsContext(); got != c.want {
				t.Errorf("NeedsContext: got %v, want %v", got, c.want)
			}
		})
	}
}

func TestLooksAt(t *testing.T) {
	const all = `"Effect":"Allow","Action":"s3:*","Resource":"*"`
	for _, c := range []struct {
		name, statement string
		want            bool
	}{
		{"a condition", `{` + all + `,"Condition":{"StringEquals":{"s3:ExistingObjectTag/team":"field"}}}`, true},
		{"in another case", `{` + all + `,"Condition":{"StringEquals":{"S3:existingobjecttag/Team":"field"}}}`, true},
		{"that a key is absent", `{` + all + `,"Condition":{"Null":{"s3:ExistingObjectTag/team":"true"}}}`, true},
		{"a variable in a resource", `{"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::b/${s3:ExistingObjectTag/team}/*"}`, true},
		{"a variable in an exception", `{"Effect":"Deny","Action":"s3:*","NotResource":"arn:aws:s3:::b/${s3:ExistingObjectTag/team}/*"}`, true},
		{"a variable with a default", `{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/${s3:ExistingObjectTag/team, 'x'}"}`, true},
		{"a variable in a value", `{` + all + `,"Condition":{"StringNotEquals":{"aws:PrincipalTag/team":"${s3:ExistingObjectTag/team}"}}}`, true},
		{"a variable in an ARN", `{` + all + `,"Condition":{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::1:role/${s3:ExistingObjectTag/team}"}}}`, true},
		{"the second statement", `{` + all + `},{` + all + `,"Condition":{"StringEquals":{"s3:ExistingObjectTag/team":"field"}}}`, true},
		{"nothing", `{` + all + `}`, false},
		{"others", `{` + all + `,"Condition":{"StringEquals":{"s3:RequestObjectTag/team":"field","s3:prefix":"s3:ExistingObjectTag/"}}}`, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			doc, err := policy.Parse(`{"Version":"2012-10-17","Statement":[`+c.statement+`]}`, policy.Identity)
			if err != nil {
				t.Fatal(err)
			}
			if got := doc.LooksAt("s3:ExistingObjectTag/"); got != c.want {
				t.Errorf("LooksAt: got %v, want %v", got, c.want)
			}
		})
	}
}
