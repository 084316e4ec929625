package server_test

import (
	"slices"
	"strings"
	"testing"

	"muster/internal/awsapi/adminapi"
	"muster/internal/awsapi/iamapi"
	"muster/internal/awsapi/iotapi"
	"muster/internal/awsapi/sagemakerapi"
	"muster/internal/awsapi/stsapi"
	"muster/internal/s3front"
	"muster/internal/server"
	"muster/internal/space"
)

// Of every operation it is said what it does to the disk, once, and of the
// names alone it can be seen whether that may be so.
func TestEveryOperationHasAnEffect(t *testing.T) {
	likely := map[space.Effect][]string{
		space.Reads:     {"Get", "List", "Describe", "Head", "Simulate", "Test", "Assume"},
		space.Adds:      {"Create", "Attach", "Register", "Tag", "Add", "Upload", "Copy", "Complete", "Put", "Post", "Update"},
		space.TakesAway: {"Delete", "Detach", "Deregister", "Untag", "Remove", "Abort", "Deprecate", "SetDefault", "Update", "Put"},
	}
	// What a name doesn't say, with the reason at the door's table.
	odd := []string{
		"iam:CreatePolicyVersion", "iot:CreatePolicyVersion", // hold a Deny
		"s3:DeleteBucketPolicy", "s3:DeleteBucketReplication", "s3:DeleteBucketWebsite", "s3:PutBucketAcl", "s3:PutObjectAcl", // keep nothing
	}
	built := map[string]bool{}
	for _, o := range server.Operations() {
		if !o.Built {
			continue
		}
		name := o.Service + ":" + o.Name
		built[name] = true
		if o.Effect == space.Undeclared {
			t.Errorf("it isn't said what %s does to the disk: see Effects of its door", name)
			continue
		}
		if !slices.ContainsFunc(likely[o.Effect], func(verb string) bool { return strings.HasPrefix(o.Name, verb) }) && !slices.Contains(odd, name) {
			t.Errorf("%s is said to be one that %v", name, o.Effect)
		}
	}
	for service, effects := range map[string]space.Effects{
		"iot": iotapi.Effects, "iam": iamapi.Effects, "sagemaker": sagemakerapi.Effects, "sts": stsapi.Effects, "muster": adminapi.Effects, "s3": s3front.Effects,
	} {
		seen := map[string]bool{}
		for effect, names := range effects {
			for _, name := range names {
				if !built[service+":"+name] {
					t.Errorf("%s:%s, which %v, isn't built", service, name, effect)
				}
				if seen[name] {
					t.Errorf("%s:%s is said to have two effects", service, name)
				}
				seen[name] = true
			}
		}
	}
}

// What an operator needs to shut somebody out goes on to the end.
func TestShuttingOutTakesAway(t *testing.T) {
	needed := []string{
		"iot:UpdateCertificate", "iot:DeleteCertificate", "iot:DetachPolicy", "iot:DetachThingPrincipal", "iot:DeleteThing", "iot:UpdateRoleAlias", "iot:DeleteRoleAlias",
		"iot:CreatePolicyVersion", "iot:SetDefaultPolicyVersion", "iam:PutRolePolicy", "iam:PutUserPolicy", "iam:DeleteRolePolicy", "iam:DeleteUserPolicy",
		"iam:DetachRolePolicy", "iam:DetachUserPolicy", "iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion", "iam:UpdateAssumeRolePolicy", "iam:UpdateAccessKey",
		"iam:DeleteAccessKey", "iam:DeleteRole", "iam:DeleteUser", "iam:UntagRole", "sagemaker:DeregisterDevices", "sagemaker:UpdateDeviceFleet", "muster:PutBucketQuota",
		"s3:DeleteObject", "s3:DeleteObjects", "s3:AbortMultipartUpload", "s3:DeleteBucket", "s3:DeleteObjectTagging", "s3:PutBucketLifecycleConfiguration",
	}
	for _, o := range server.Operations() {
		name := o.Service + ":" + o.Name
		if i := slices.Index(needed, name); i >= 0 {
			needed = slices.Delete(needed, i, i+1)
			if o.Effect != space.TakesAway {
				t.Errorf("%s: got one that %v, want one that takes away", name, o.Effect)
			}
		}
	}
	if len(needed) > 0 {
		t.Errorf("not built: %v", needed)
	}
}
