package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iot"
	iottypes "github.com/aws/aws-sdk-go-v2/service/iot/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sagemaker"
	sagemakertypes "github.com/aws/aws-sdk-go-v2/service/sagemaker/types"
)

const (
	trustPolicy = `{"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Principal": {"Service": "credentials.iot.amazonaws.com"}, "Action": "sts:AssumeRole"},
		{"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}]}`

	// devicePolicy lets a device write its fleet's output, and make the calls of
	// its own; it wants the names of the bucket and the fleet.
	devicePolicy = `{"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::%s/device_output/*"},
		{"Effect": "Allow", "Action": ["sagemaker:GetDeviceRegistration", "sagemaker:SendHeartbeat"],
		 "Resource": "arn:aws:sagemaker:*:*:device-fleet/%s/device/*"}]}`
)

// fleet is what one run makes.
type fleet struct {
	clients
	cfg aws.Config

	bucket, role, thingType, thing, name, deviceName, policy string

	roleARN, aliasARN, alias      string
	certificateID, certificateARN string
	provider                      *provider
	got                           vended  // what the device got for its certificate
	device                        clients // that use it
}

func newFleet(cfg aws.Config, now time.Time) *fleet {
	n := fmt.Sprint(now.Unix()) // keeps the names of two runs apart
	return &fleet{
		clients:    newClients(cfg),
		cfg:        cfg,
		bucket:     "sagemaker-edge-demo-" + n,
		role:       "SageMakerDeviceFleetRole" + n,
		thingType:  "getting-started-demo-" + n,
		thing:      "sample-device-" + n,
		name:       "demo-device-fleet" + n,
		deviceName: "sagemaker-edge-demo-device" + n,
		policy:     "aliaspolicy-" + n,
	}
}

// setUp makes a bucket for the devices' output, and the role they will take on.
func (f *fleet) setUp(ctx context.Context) error {
	bucket := &s3.CreateBucketInput{Bucket: &f.bucket}
	if f.cfg.Region != "us-east-1" { // the one region that S3 doesn't want named
		bucket.CreateBucketConfiguration = &s3types.CreateBucketConfiguration{
			LocationConstraint: s3types.BucketLocationConstraint(f.cfg.Region),
		}
	}
	if _, err := f.s3.CreateBucket(ctx, bucket); err != nil {
		return err
	}
	made, err := f.iam.CreateRole(ctx, &iam.CreateRoleInput{RoleName: &f.role, AssumeRolePolicyDocument: new(trustPolicy)})
	if err != nil {
		return err
	}
	f.roleARN = *made.Role.Arn
	fmt.Println("role       ", f.roleARN)
	_, err = f.iam.PutRolePolicy(ctx, &iam.PutRolePolicyInput{
		RoleName: &f.role, PolicyName: new("device"), PolicyDocument: new(fmt.Sprintf(devicePolicy, f.bucket, f.name)),
	})
	return err
}

// create makes a thing, the fleet, with which comes its role alias, and a device in it.
func (f *fleet) create(ctx context.Context) error {
	if _, err := f.iot.CreateThingType(ctx, &iot.CreateThingTypeInput{ThingTypeName: &f.thingType}); err != nil {
		return err
	}
	thing, err := f.iot.CreateThing(ctx, &iot.CreateThingInput{ThingName: &f.thing, ThingTypeName: &f.thingType})
	if err != nil {
		return err
	}
	fmt.Println("thing      ", *thing.ThingArn)
	_, err = f.sagemaker.CreateDeviceFleet(ctx, &sagemaker.CreateDeviceFleetInput{
		DeviceFleetName: &f.name,
		RoleArn:         &f.roleARN,
		OutputConfig:    &sagemakertypes.EdgeOutputConfig{S3OutputLocation: new("s3://" + f.bucket + "/device_output")},
	})
	if err != nil {
		return err
	}
	described, err := f.sagemaker.DescribeDeviceFleet(ctx, &sagemaker.DescribeDeviceFleetInput{DeviceFleetName: &f.name})
	if err != nil {
		return err
	}
	f.aliasARN = *described.IotRoleAlias
	_, f.alias, _ = strings.Cut(f.aliasARN, ":rolealias/")
	fmt.Println("role alias ", f.alias)
	_, err = f.sagemaker.RegisterDevices(ctx, &sagemaker.RegisterDevicesInput{
		DeviceFleetName: &f.name,
		Devices:         []sagemakertypes.Device{{DeviceName: &f.deviceName, IotThingName: &f.thing}},
	})
	return err
}

// certify gives the device a certificate that may ask for the role behind the
// alias. The private key is in this answer and nowhere else.
func (f *fleet) certify(ctx context.Context) error {
	made, err := f.iot.CreateKeysAndCertificate(ctx, &iot.CreateKeysAndCertificateInput{SetAsActive: true})
	if err != nil {
		return err
	}
	f.certificateID, f.certificateARN = *made.CertificateId, *made.CertificateArn
	fmt.Println("certificate", f.certificateID)
	if err := os.WriteFile("device.pem.crt", []byte(*made.CertificatePem), 0o644); err != nil {
		return err
	}
	if err := os.WriteFile("private.pem.key", []byte(*made.KeyPair.PrivateKey), 0o600); err != nil {
		return err
	}
	document := fmt.Sprintf(`{"Version": "2012-10-17", "Statement":
		{"Effect": "Allow", "Action": "iot:AssumeRoleWithCertificate", "Resource": %q}}`, f.aliasARN)
	if _, err := f.iot.CreatePolicy(ctx, &iot.CreatePolicyInput{PolicyName: &f.policy, PolicyDocument: &document}); err != nil {
		return err
	}
	_, err = f.iot.AttachPolicy(ctx, &iot.AttachPolicyInput{PolicyName: &f.policy, Target: &f.certificateARN})
	return err
}

// lockOut takes the policy away: the device is refused on the connection it
// has, and what it was given before is dead.
func (f *fleet) lockOut(ctx context.Context) error {
	_, err := f.iot.DetachPolicy(ctx, &iot.DetachPolicyInput{PolicyName: &f.policy, Target: &f.certificateARN})
	if err != nil {
		return err
	}
	var no refusal
	if _, err := f.provider.ask(ctx, f.alias); !errors.As(err, &no) || no.status != 403 {
		return fmt.Errorf("detached: got %v, want a refusal", err)
	}
	fmt.Println("locked out ", no)
	return refused("InvalidAccessKeyId", "write", f.write(ctx, "device_output/late.jsonl"))
}

// cleanUp deletes what was made. A certificate must be inactive, a fleet and a
// bucket must be empty.
func (f *fleet) cleanUp(ctx context.Context) error {
	var all []error
	did := func(_ any, err error) { all = append(all, err) }
	did(f.iot.DeletePolicy(ctx, &iot.DeletePolicyInput{PolicyName: &f.policy}))
	did(f.iot.UpdateCertificate(ctx, &iot.UpdateCertificateInput{
		CertificateId: &f.certificateID, NewStatus: iottypes.CertificateStatusInactive}))
	did(f.iot.DeleteCertificate(ctx, &iot.DeleteCertificateInput{CertificateId: &f.certificateID}))
	did(f.sagemaker.DeregisterDevices(ctx, &sagemaker.DeregisterDevicesInput{
		DeviceFleetName: &f.name, DeviceNames: []string{f.deviceName}}))
	did(f.sagemaker.DeleteDeviceFleet(ctx, &sagemaker.DeleteDeviceFleetInput{DeviceFleetName: &f.name}))
	did(f.iot.DeleteRoleAlias(ctx, &iot.DeleteRoleAliasInput{RoleAlias: &f.alias}))
	did(f.iot.DeleteThing(ctx, &iot.DeleteThingInput{ThingName: &f.thing}))
	did(f.iot.DeprecateThingType(ctx, &iot.DeprecateThingTypeInput{ThingTypeName: &f.thingType}))
	_, err := f.iot.DeleteThingType(ctx, &iot.DeleteThingTypeInput{ThingTypeName: &f.thingType})
	if early := new(iottypes.InvalidRequestException); errors.As(err, &early) { // as on AWS, some minutes must pass first
		fmt.Println("left        thing type", f.thingType, "(deprecated; it can be deleted some minutes from now)")
		err = nil
	}
	all = append(all, err, f.deleteBucket(ctx))
	did(f.iam.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: &f.role, PolicyName: new("device")}))
	did(f.iam.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: &f.role}))
	for _, name := range files {
		all = append(all, os.Remove(name))
	}
	return errors.Join(all...)
}

func (f *fleet) deleteBucket(ctx context.Context) error {
	listed, err := f.s3.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &f.bucket})
	if err != nil {
		return err
	}
	for _, object := range listed.Contents {
		if _, err := f.s3.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &f.bucket, Key: object.Key}); err != nil {
			return err
		}
	}
	_, err = f.s3.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: &f.bucket})
	return err
}
