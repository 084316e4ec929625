package tutorial

import (
	"context"
	"errors"
	"fmt"
	"time"

	"muster/internal/awsapi/iamapi"
	"muster/internal/awsapi/iotapi"
	"muster/internal/awsapi/sagemakerapi"
	"muster/internal/awsclient"
	"muster/internal/awswire"
)

// cleanUp deletes what the run made, in the tutorial's order. After a failed
// step whatever is missing is passed over. The thing type stays deprecated
// where the server makes clients wait before they delete one.
func (t *Tutorial) cleanUp(ctx context.Context, failed bool) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	t.title("Clean up, in the tutorial's order")
	c, n := t.client(t.Key), t.names
	steps := []struct {
		what string
		run  func() error
	}{
		{"detach-policy", func() error { return t.detachPolicy(ctx) }},
		{"delete-policy", remove(ctx, c, iotapi.DeletePolicy, &iotapi.DeletePolicyRequest{PolicyName: n.policy})},
		{"update-certificate", func() error { return t.revoke(ctx) }},
		{"delete-certificate", remove(ctx, c, iotapi.DeleteCertificate, &iotapi.DeleteCertificateRequest{CertificateId: t.device.certificateID})},
		{"deregister-devices", remove(ctx, c, sagemakerapi.DeregisterDevices, &sagemakerapi.DeregisterDevicesRequest{DeviceFleetName: n.fleet, DeviceNames: []string{n.device}})},
		{"delete-device-fleet", remove(ctx, c, sagemakerapi.DeleteDeviceFleet, &sagemakerapi.DeleteDeviceFleetRequest{DeviceFleetName: n.fleet})},
		{"delete-role-alias", remove(ctx, c, iotapi.DeleteRoleAlias, &iotapi.DeleteRoleAliasRequest{RoleAlias: n.alias})},
		{"delete-thing", remove(ctx, c, iotapi.DeleteThing, &iotapi.DeleteThingRequest{ThingName: n.thing})},
		{"deprecate-thing-type", remove(ctx, c, iotapi.DeprecateThingType, &iotapi.DeprecateThingTypeRequest{ThingTypeName: n.thingType})},
		{"delete-thing-type", func() error { return t.deleteThingType(ctx) }},
		{"empty the bucket", func() error { return t.emptyBucket(ctx) }},
		{"delete-bucket", func() error { return t.s3(t.Key).deleteBucket(ctx, n.bucket) }},
		{"delete-bucket", func() error { return t.s3(t.Key).deleteBucket(ctx, n.other) }},
		{"delete-role-policy", remove(ctx, c, iamapi.DeleteRolePolicy, &iamapi.DeleteRolePolicyRequest{RoleName: n.role, PolicyName: devicePolicyName})},
		{"delete-role", remove(ctx, c, iamapi.DeleteRole, &iamapi.DeleteRoleRequest{RoleName: n.role})},
	}
	var all []error
	for _, s := range steps {
		var e *awsclient.Error
		if err := s.run(); err != nil && !(failed && errors.As(err, &e)) {
			all = append(all, fmt.Errorf("%s: %w", s.what, err))
		}
	}
	if err := errors.Join(all...); err != nil || failed {
		return err
	}
	t.proves("everything made can be deleted again")
	return nil
}

func (t *Tutorial) revoke(ctx context.Context) error {
	if t.device.certificateID == "" {
		return nil
	}
	return t.setStatus(ctx, "REVOKED")
}

// remove is a call whose answer holds nothing of interest.
func remove[In, Out any](ctx context.Context, c *awsclient.Client, op awswire.Op[In, Out], in *In) func() error {
	return func() error {
		_, err := awsclient.Do(ctx, c, op, in)
		return err
	}
}

// deleteThingType accepts AWS's answer that a type must have been deprecated
// for some minutes first.
func (t *Tutorial) deleteThingType(ctx context.Context) error {
	_, err := awsclient.Do(ctx, t.client(t.Key), iotapi.DeleteThingType, &iotapi.DeleteThingTypeRequest{ThingTypeName: t.names.thingType})
	var e *awsclient.Error
	if errors.As(err, &e) && e.Code == "InvalidRequestException" {
		t.did("the thing type %s is left, deprecated: as on AWS, it can be deleted some minutes from now", t.names.thingType)
		return nil
	}
	return err
}

func (t *Tutorial) emptyBucket(ctx context.Context) error {
	var all []error
	for _, key := range []string{"authorization-files/private.pem.key", "authorization-files/device.pem.crt", "authorization-files/AmazonRootCA1.pem", "device_output/sample.jsonl"} {
		all = append(all, t.s3(t.Key).remove(ctx, t.names.bucket, key))
	}
	return errors.Join(all...)
}
