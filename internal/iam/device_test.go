package iam_test

import (
	"errors"
	"testing"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/iam"
	"muster/internal/policy"
)

// What a device's session is kept from doesn't hang on how an action is
// written, and what it isn't kept from is left to the policies.
func TestSessionsOfDevices(t *testing.T) {
	all, err := policy.Parse(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`, policy.Identity)
	if err != nil {
		t.Fatal(err)
	}
	caller := func(device bool) *iam.Caller {
		return &iam.Caller{Account: account, ARN: arn.AssumedRole(account, "Device", "me"), Device: device, Context: policy.Context{},
			Role: &iam.RoleEntry{Policies: []policy.Named{{Name: "all", Document: all}}}}
	}
	for action, kept := range map[string]bool{
		"iot:UpdateRoleAlias": true, "IOT:updateRoleAlias": true, "iam:PassRole": true, "iam:passrole": true, "Iam:CreateAccessKey": true,
		"sagemaker:CreateDeviceFleet": true, "muster:PutBucketQuota": true, "iot:TransferCertificate": true,
		"iot:DescribeThing": false, "iot:ListThings": false, "iam:GetRole": false, "sagemaker:SendHeartbeat": false, "sagemaker:GetDeviceRegistration": false,
		"s3:PutObject": false, "s3:DeleteBucket": false, "sts:AssumeRole": false,
	} {
		d := newDirectory(t)
		if err := d.Authorize(t.Context(), caller(true), action, "*", nil); errors.Is(err, fault.Denied) != kept {
			t.Errorf("%s by a device's session: got %v", action, err)
		}
		if err := d.Authorize(t.Context(), caller(false), action, "*", nil); err != nil {
			t.Errorf("%s by another session: got %v", action, err)
		}
		d.DeviceControlPlane = true
		if err := d.Authorize(t.Context(), caller(true), action, "*", nil); err != nil {
			t.Errorf("%s by a device's session that may: got %v", action, err)
		}
	}
}
