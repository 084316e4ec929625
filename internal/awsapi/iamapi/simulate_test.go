package iamapi_test

import (
	"testing"

	"muster/internal/awsapi/awsapitest"
)

func TestSimulations(t *testing.T) {
	d := newDesk(t)
	const (
		role   = "PolicySourceArn=arn:aws:iam::000000000000:role/r"
		action = "ActionNames.member.1=s3:GetObject"
		input  = "PolicyInputList.member.1=" + document
		dated  = `PolicyInputList.member.1={"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"DateLessThan":{"aws:CurrentTime":"2026-01-01"}}}}`
	)
	by := func(policy, start, end string) string {
		return `<MatchedStatements><member><EndPosition><Column>` + end + `</Column><Line>1</Line></EndPosition><SourcePolicyId>` + policy +
			`</SourcePolicyId><SourcePolicyType>IAM Policy</SourcePolicyType><StartPosition><Column>` + start + `</Column><Line>1</Line></StartPosition></member></MatchedStatements>`
	}
	const none = `<MatchedStatements></MatchedStatements>`
	result := func(decision, resource, statements, missing, specific string) string {
		return `<EvaluationResults><member><EvalActionName>s3:GetObject</EvalActionName><EvalDecision>` + decision + `</EvalDecision><EvalResourceName>` + resource +
			`</EvalResourceName>` + statements + `<MissingContextValues>` + missing + `</MissingContextValues>` + specific + `</member></EvaluationResults><IsTruncated>false</IsTruncated>`
	}
	ask(t, d, awsapitest.Root, "CreateRole", "RoleName=r", "AssumeRolePolicyDocument="+trust)
	ask(t, d, awsapitest.Root, "PutRolePolicy", "RoleName=r", "PolicyName=p", "PolicyDocument="+document)
	for _, step := range []struct {
		operation  string
		parameters []string
		status     int
		want       string
	}{
		{"SimulateCustomPolicy", []string{action, input}, 200, ok("SimulateCustomPolicy", result("allowed", "*", by("PolicyInputList.1", "38", "89"), "", ""))},
		{"SimulateCustomPolicy", []string{action, dated}, 200, ok("SimulateCustomPolicy", result("implicitDeny", "*", none, "<member>aws:CurrentTime</member>", ""))},
		{"SimulateCustomPolicy", []string{action, dated, "ContextEntries.member.1.ContextKeyName=aws:CurrentTime", "ContextEntries.member.1.ContextKeyType=date",
			"ContextEntries.member.1.ContextKeyValues.member.1=2025-01-01T00:00:00Z"}, 200, ok("SimulateCustomPolicy", result("explicitDeny", "*", by("PolicyInputList.1", "38", "144"), "", ""))},
		{"SimulateCustomPolicy", []string{action, dated, "ResourceArns.member.1=arn:aws:s3:::b/k"}, 200, ok("SimulateCustomPolicy", result("implicitDeny", "arn:aws:s3:::b/k", none, "",
			`<ResourceSpecificResults><member><EvalResourceDecision>implicitDeny</EvalResourceDecision><EvalResourceName>arn:aws:s3:::b/k</EvalResourceName>`+none+
				`<MissingContextValues><member>aws:CurrentTime</member></MissingContextValues></member></ResourceSpecificResults>`))},
		{"SimulateCustomPolicy", []string{"ActionNames.member.1=s3:*", input}, 400,
			failed("InvalidInput", "The action name s3:* is not valid: it must be a service and an operation, such as s3:GetObject, without wildcards.")},
		{"SimulateCustomPolicy", []string{action, "PolicyInputList.member.1={}"}, 400, ""},
		{"SimulateCustomPolicy", []string{action, input, "ContextEntries.member.1.ContextKeyName=aws:x", "ContextEntries.member.1.ContextKeyType=text",
			"ContextEntries.member.1.ContextKeyValues.member.1=a"}, 400, ""},
		{"SimulateCustomPolicy", []string{action, input, "ResourcePolicy=" + trust}, 501, unbuilt("ResourcePolicy")},
		{"SimulateCustomPolicy", []string{action, input, "ResourceOwner=arn:aws:iam::000000000000:root"}, 501, unbuilt("ResourceOwner")},
		{"SimulateCustomPolicy", []string{action, input, "ResourceHandlingOption=EC2-VPC-InstanceStore"}, 501, unbuilt("ResourceHandlingOption")},
		{"SimulateCustomPolicy", []string{action, input, "PermissionsBoundaryPolicyInputList.member.1=" + document}, 501, unbuilt("PermissionsBoundaryPolicyInputList")},

		{"SimulatePrincipalPolicy", []string{role, action}, 200, ok("SimulatePrincipalPolicy", result("allowed", "*", by("p", "38", "89"), "", ""))},
		{"SimulatePrincipalPolicy", []string{role + "s", action}, 404, failed("NoSuchEntity", "The role with name rs cannot be found.")},
		{"SimulatePrincipalPolicy", []string{"PolicySourceArn=arn:aws:s3:::bucket-of-nobody", action}, 400,
			failed("InvalidInput", "Invalid Entity Arn: arn:aws:s3:::bucket-of-nobody does not clearly define entity type and name.")},
		{"SimulatePrincipalPolicy", []string{role, action, "ResourcePolicy=" + trust}, 501, unbuilt("ResourcePolicy")},
		{"SimulatePrincipalPolicy", []string{role, action, "PermissionsBoundaryPolicyInputList.member.1=" + document}, 501, unbuilt("PermissionsBoundaryPolicyInputList")},
	} {
		status, got := ask(t, d, awsapitest.Root, step.operation, step.parameters...)
		if status != step.status || step.want != "" && got != step.want {
			t.Errorf("%s %q\n got %d %s\nwant %d %s", step.operation, step.parameters, status, got, step.status, step.want)
		}
	}
}
