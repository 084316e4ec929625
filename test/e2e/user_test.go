package e2e

import (
	"maps"
	"net/http"
	"strings"
	"testing"
)

// teamPolicy is the README's with Amazon's policy for devices: what Amazon's
// tutorial needs and no more.
const teamPolicy = `{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow", "Action": ["iot:*", "sagemaker:*", "s3:*"], "Resource": "*"},
  {"Effect": "Allow", "Action": ["iam:CreateRole", "iam:GetRole", "iam:PassRole"],
   "Resource": "arn:aws:iam::000000000000:role/SageMaker*"},
  {"Effect": "Allow", "Action": "iam:AttachRolePolicy", "Resource": "arn:aws:iam::000000000000:role/SageMaker*",
   "Condition": {"ArnEquals": {"iam:PolicyARN":
     "arn:aws:iam::aws:policy/service-role/AmazonSageMakerEdgeDeviceFleetPolicy"}}}]}`

// user makes a user with a key, and answers the server as they see it.
func (s *Server) user(t *testing.T, name, policy string) *Server {
	t.Helper()
	root := s.Client()
	root.IAM(t, "CreateUser", "UserName", name).OK(t)
	if policy != "" {
		root.IAM(t, "PutUserPolicy", "UserName", name, "PolicyName", "team", "PolicyDocument", policy).OK(t)
	}
	made := root.IAM(t, "CreateAccessKey", "UserName", name).OK(t)
	seen := *s
	seen.Env = maps.Clone(s.Env)
	seen.Env["AWS_ACCESS_KEY_ID"], seen.Env["AWS_SECRET_ACCESS_KEY"] = made.XML("AccessKeyId"), made.XML("SecretAccessKey")
	return &seen
}

// A user does the whole tutorial with a policy of their own, and nothing
// beyond it; what the device was given doesn't hang on who set it up.
func TestATeamWorksWithoutTheRootKey(t *testing.T) {
	t.Parallel()
	s := Start(t)
	ana := s.user(t, "ana", teamPolicy)
	w := NewWorld(t, ana)
	both := strings.Replace(deviceTrusts, `"credentials.iot.amazonaws.com"`, `["credentials.iot.amazonaws.com","sagemaker.amazonaws.com"]`, 1)
	role := w.API.IAM(t, "CreateRole", "RoleName", "SageMakerTeam", "AssumeRolePolicyDocument", both).OK(t).XML("Arn")
	fleet := map[string]any{"DeviceFleetName": "team", "RoleArn": role, "OutputConfig": map[string]string{"S3OutputLocation": "s3://" + w.Bucket + "/out"}}
	w.API.SageMaker(t, "CreateDeviceFleet", fleet).OK(t)
	w.API.SageMaker(t, "RegisterDevices", map[string]any{
		"DeviceFleetName": "team", "Devices": []map[string]string{{"DeviceName": "edge-7", "IotThingName": w.Thing}},
	}).OK(t)
	device := w.Vend(t, Ask{})
	device.S3(t, "PUT", "/"+w.Bucket+"/out/sample.jsonl", "{}").OK(t)
	w.API.S3(t, "GET", "/"+w.Bucket+"/out/sample.jsonl", "").OK(t)

	for name, refused := range map[string]func() Reply{
		"another policy for the role": func() Reply {
			return w.API.IAM(t, "AttachRolePolicy", "RoleName", w.Role, "PolicyArn", "arn:aws:iam::aws:policy/AmazonS3FullAccess")
		},
		"a role of another name": func() Reply {
			return w.API.IAM(t, "CreateRole", "RoleName", "Admin", "AssumeRolePolicyDocument", deviceTrusts)
		},
		"more for themselves": func() Reply {
			return w.API.IAM(t, "AttachUserPolicy", "UserName", "ana", "PolicyArn", "arn:aws:iam::aws:policy/AmazonS3FullAccess")
		},
		"a key for themselves": func() Reply { return w.API.IAM(t, "CreateAccessKey") },
	} {
		t.Run(name, func(t *testing.T) { refused().Refused(t, http.StatusForbidden, "AccessDenied") })
	}

	keyID := ana.Env["AWS_ACCESS_KEY_ID"]
	own := w.API.STS(t, "GetSessionToken").OK(t)
	session := w.API.With(Key{ID: own.XML("AccessKeyId"), Secret: own.XML("SecretAccessKey"), Token: own.XML("SessionToken")})
	session.IoT(t, "GET", "/things", nil).OK(t)
	session.S3(t, "GET", "/"+w.Bucket+"/out/sample.jsonl", "").OK(t)
	session.IAM(t, "GetRole", "RoleName", w.Role).Refused(t, http.StatusForbidden, "AccessDenied")

	s.Client().IAM(t, "UpdateAccessKey", "UserName", "ana", "AccessKeyId", keyID, "Status", "Inactive").OK(t)
	for _, c := range []*Client{w.API, session} {
		c.IoT(t, "GET", "/things", nil).Refused(t, http.StatusForbidden, "UnrecognizedClientException")
		c.STS(t, "GetCallerIdentity").Refused(t, http.StatusForbidden, "InvalidClientTokenId")
		if got := c.S3(t, "GET", "/"+w.Bucket+"/out/sample.jsonl", ""); got.Status != http.StatusForbidden {
			t.Errorf("S3 with the inactive key: got %d %s", got.Status, got.Body)
		}
	}
	w.Vend(t, Ask{})
}

// A user without a policy is known, and may do nothing of the tutorial.
func TestAUserWithoutAPolicyMayNothing(t *testing.T) {
	t.Parallel()
	s := Start(t)
	w := NewWorld(t, s)
	c := s.user(t, "bea", "").Client()
	if got := c.STS(t, "GetCallerIdentity").OK(t).XML("Arn"); got != "arn:aws:iam::000000000000:user/bea" {
		t.Errorf("GetCallerIdentity: got %s", got)
	}
	for name, refused := range map[string]Reply{
		"create-role":       c.IAM(t, "CreateRole", "RoleName", "SageMakerRole", "AssumeRolePolicyDocument", deviceTrusts),
		"create-thing":      c.IoT(t, "POST", "/things/x", struct{}{}),
		"create-keys":       c.IoT(t, "POST", "/keys-and-certificate?setAsActive=true", nil),
		"create-policy":     c.IoT(t, "POST", "/policies/x", map[string]string{"policyDocument": statement("Allow", "*")}),
		"describe-endpoint": c.IoT(t, "GET", "/endpoint?endpointType=iot%3ACredentialProvider", nil),
		"create-fleet":      c.SageMaker(t, "CreateDeviceFleet", map[string]any{"DeviceFleetName": "x", "OutputConfig": map[string]string{"S3OutputLocation": "s3://" + w.Bucket}}),
		"create-bucket":     c.S3(t, "PUT", "/sagemaker-of-bea", ""),
		"put-object":        c.S3(t, "PUT", "/"+w.Bucket+"/x", "x"),
		"assume-role":       c.STS(t, "AssumeRole", "RoleArn", w.RoleARN, "RoleSessionName", "bea"),
	} {
		if got := refused.Status; got != http.StatusForbidden {
			t.Errorf("%s: got %d %s, want 403", name, got, refused.Body)
		}
	}
}
