package iamapi_test

import (
	"testing"

	"muster/internal/awsapi/awsapitest"
)

// What breaks a constraint of the model is a ValidationError everywhere; what
// breaks none and can't be used is an InvalidInput where the model has that
// name for the operation.
func TestWhatCanNotBeUsed(t *testing.T) {
	d := newDesk(t)
	if status, got := ask(t, d, awsapitest.Root, "CreateRole", "RoleName=r", "AssumeRolePolicyDocument="+trust); status != 200 {
		t.Fatalf("got %d %s", status, got)
	}
	const (
		role   = "RoleName=r"
		noARN  = "PolicyArn=longpolicynamebutnoarn"
		noMark = "Marker=x"
	)
	arn := failed("InvalidInput", "ARN longpolicynamebutnoarn is not valid.")
	mark := "the pagination token is not valid"
	for _, tc := range []struct {
		operation  string
		parameters []string
		want       string
	}{
		{"AttachRolePolicy", []string{role, noARN}, arn},
		{"DetachRolePolicy", []string{role, noARN}, arn},
		{"GetPolicy", []string{noARN}, arn},
		{"CreatePolicyVersion", []string{noARN, "PolicyDocument=" + document}, arn},
		{"TagRole", []string{role, "Tags.member.1.Key=a", "Tags.member.1.Value=b", "Tags.member.2.Key=A", "Tags.member.2.Value=b"},
			failed("InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive.")},
		{"ListAttachedRolePolicies", []string{role, noMark}, failed("InvalidInput", mark)},
		{"ListRolePolicies", []string{role, noMark}, failed("ValidationError", mark)},
		{"GetPolicy", []string{"PolicyArn=short"}, failed("ValidationError",
			"1 validation error detected: Value &#39;short&#39; at &#39;policyArn&#39; failed to satisfy constraint: Member must have length greater than or equal to 20")},
	} {
		status, got := ask(t, d, awsapitest.Root, tc.operation, tc.parameters...)
		if status != 400 || got != tc.want {
			t.Errorf("%s %q\n got %d %s\nwant 400 %s", tc.operation, tc.parameters, status, got, tc.want)
		}
	}
}
