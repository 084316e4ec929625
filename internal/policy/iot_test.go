package policy_test

import (
	"strings"
	"testing"

	"muster/internal/policy"
)

func TestIoT(t *testing.T) {
	const (
		topic = `{"Effect":"Allow","Action":"iot:Publish","Resource":"arn:aws:iot:r:1:topic/${iot:Connection.Thing.ThingName}/*"}`
		alias = `{"Effect":"Allow","Action":"iot:AssumeRoleWithCertificate","Resource":"arn:aws:iot:r:1:rolealias/a"}`
		rest  = `{"Effect":"Allow","Action":"iot:Publish","NotResource":"arn:aws:iot:r:1:topic/${iot:Connection.Thing.ThingName}"}`
	)
	named := func(name string) values { return values{"iot:Connection.Thing.ThingName": {name}} }
	run(t, policy.IoT, []decision{
		{"a role alias", alias, "iot:AssumeRoleWithCertificate", "arn:aws:iot:r:1:rolealias/a", nil, allow},
		{"another role alias", alias, "iot:AssumeRoleWithCertificate", "arn:aws:iot:r:1:rolealias/ab", nil, silent},
		{"another action", alias, "iot:Connect", "arn:aws:iot:r:1:rolealias/a", nil, silent},
		{"all of iot", `{"Effect":"Allow","Action":"iot:*","Resource":"*"}`, "iot:AssumeRoleWithCertificate", "arn:aws:iot:r:1:rolealias/a", nil, allow},
		{"a denied alias", `{"Effect":"Allow","Action":"iot:*","Resource":"*"},{"Effect":"Deny","Action":"iot:AssumeRoleWithCertificate","Resource":"arn:aws:iot:*:rolealias/a"}`, "iot:AssumeRoleWithCertificate", "arn:aws:iot:r:1:rolealias/a", nil, deny},
		{"a star crosses components", `{"Effect":"Allow","Action":"iot:*","Resource":"arn:aws:iot:*/a"}`, "iot:AssumeRoleWithCertificate", "arn:aws:iot:r:1:rolealias/a", nil, allow},
		{"plus and hash are literal", `{"Effect":"Allow","Action":"iot:Subscribe","Resource":"arn:aws:iot:r:1:topicfilter/a/+/#"}`, "iot:Subscribe", "arn:aws:iot:r:1:topicfilter/a/+/#", nil, allow},
		{"plus matches no level", `{"Effect":"Allow","Action":"iot:Subscribe","Resource":"arn:aws:iot:r:1:topicfilter/a/+"}`, "iot:Subscribe", "arn:aws:iot:r:1:topicfilter/a/b", nil, silent},
		{"its own topic", topic, "iot:Publish", "arn:aws:iot:r:1:topic/t1/x", named("t1"), allow},
		{"another's topic", topic, "iot:Publish", "arn:aws:iot:r:1:topic/t2/x", named("t1"), silent},
		{"no thing", topic, "iot:Publish", "arn:aws:iot:r:1:topic//x", nil, silent},
		{"a name with a star is not filled in", topic, "iot:Publish", "arn:aws:iot:r:1:topic/t*/x", named("t*"), silent},
		{"a name with a hash is not filled in", topic, "iot:Publish", "arn:aws:iot:r:1:topic/t#/x", named("t#"), silent},
		{"the longest value", topic, "iot:Publish", "arn:aws:iot:r:1:topic/" + strings.Repeat("é", 1024) + "/x", named(strings.Repeat("é", 1024)), allow},
		{"a longer value is not filled in", topic, "iot:Publish", "arn:aws:iot:r:1:topic/" + strings.Repeat("t", 1025) + "/x", named(strings.Repeat("t", 1025)), silent},
		{"a name not filled in widens no exception", rest, "iot:Publish", "arn:aws:iot:r:1:topic/other", named("t+"), silent},
		{"an exception filled in", rest, "iot:Publish", "arn:aws:iot:r:1:topic/other", named("t1"), allow},
		{"an exception filled in, and meant", rest, "iot:Publish", "arn:aws:iot:r:1:topic/t1", named("t1"), silent},
		{"an attribute", `{"Effect":"Allow","Action":"iot:*","Resource":"arn:aws:iot:r:1:topic/${iot:Connection.Thing.Attributes[a,b]}"}`, "iot:Publish", "arn:aws:iot:r:1:topic/x", values{"iot:Connection.Thing.Attributes[a,b]": {"x"}}, allow},
		{"an attribute in another case", `{"Effect":"Allow","Action":"iot:*","Resource":"arn:aws:iot:r:1:topic/${iot:Connection.Thing.Attributes[A]}"}`, "iot:Publish", "arn:aws:iot:r:1:topic/x", values{"iot:Connection.Thing.Attributes[a]": {"x"}}, silent},
		{"attached", `{"Effect":"Allow","Action":"iot:*","Resource":"*","Condition":{"Bool":{"iot:Connection.Thing.IsAttached":["true"]}}}`, "iot:Connect", "arn:aws:iot:r:1:client/x", values{"iot:Connection.Thing.IsAttached": {"true"}}, allow},
		{"not attached", `{"Effect":"Allow","Action":"iot:*","Resource":"*","Condition":{"Bool":{"iot:Connection.Thing.IsAttached":["true"]}}}`, "iot:Connect", "arn:aws:iot:r:1:client/x", values{"iot:Connection.Thing.IsAttached": {"false"}}, silent},
		{"attachment unknown", `{"Effect":"Allow","Action":"iot:*","Resource":"*","Condition":{"Bool":{"iot:Connection.Thing.IsAttached":["true"]}}}`, "iot:Connect", "arn:aws:iot:r:1:client/x", nil, silent},
	})
}

// The tutorial's document: one statement that is no list.
func TestIoTStatementAlone(t *testing.T) {
	doc, err := policy.Parse(` {"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iot:AssumeRoleWithCertificate",
		"Resource":"arn:aws:iot:us-east-1:000000000000:rolealias/SageMakerEdge-field-east"}}`, policy.IoT)
	if err != nil {
		t.Fatal(err)
	}
	r := policy.Request{Action: "iot:AssumeRoleWithCertificate", Resource: "arn:aws:iot:us-east-1:000000000000:rolealias/SageMakerEdge-field-east"}
	if got := doc.Decide(&r); got.Verdict != allow || got.Statement != 0 {
		t.Errorf("Decide: got %+v", got)
	}
}
