package sdk

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iot"
	iottypes "github.com/aws/aws-sdk-go-v2/service/iot/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sagemaker"
	sagemakertypes "github.com/aws/aws-sdk-go-v2/service/sagemaker/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

const (
	fleetPolicy = "arn:aws:iam::aws:policy/service-role/AmazonSageMakerEdgeDeviceFleetPolicy"
	fleetTrust  = `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":{"Service":"credentials.iot.amazonaws.com"},"Action":"sts:AssumeRole"},
		{"Effect":"Allow","Principal":{"Service":"sagemaker.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
)

func TestTutorial(t *testing.T) {
	for _, region := range []string{"us-east-1", "us-west-2"} {
		t.Run(region, func(t *testing.T) {
			rootURL := start(t, "--thing-type-delete-delay=0s")
			tutorial(t, rootURL, newClients(t, config.WithRegion(region)))
		})
	}
}

func tutorial(t *testing.T, rootURL string, c clients) {
	ctx, now := t.Context(), time.Now().Unix()
	bucket := fmt.Sprintf("muster-sagemaker-demo-%d", now)
	role := fmt.Sprintf("SageMakerDeviceFleetRole%d", now)
	fleet := fmt.Sprintf("demo-device-fleet%d", now)
	device := fmt.Sprintf("sagemaker-edge-demo-device%d", now)
	policy := fmt.Sprintf("aliaspolicy-%d", now)
	thing, kind := new("sample-device"), new("getting-started-demo")

	// 0. A bucket and the fleet's role.
	create := &s3.CreateBucketInput{Bucket: &bucket}
	if c.region != "us-east-1" {
		create.CreateBucketConfiguration = &s3types.CreateBucketConfiguration{
			LocationConstraint: s3types.BucketLocationConstraint(c.region),
		}
	}
	_, err := c.s3.CreateBucket(ctx, create)
	check(t, err)
	made, err := c.iam.CreateRole(ctx, &iam.CreateRoleInput{RoleName: &role, AssumeRolePolicyDocument: new(fleetTrust)})
	check(t, err)
	_, err = c.iam.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: &role, PolicyArn: new(fleetPolicy)})
	check(t, err)

	// 1-3. A thing type, a thing, a fleet, a device.
	_, err = c.iot.CreateThingType(ctx, &iot.CreateThingTypeInput{ThingTypeName: kind})
	check(t, err)
	_, err = c.iot.CreateThing(ctx, &iot.CreateThingInput{ThingName: thing, ThingTypeName: kind})
	check(t, err)
	output := &sagemakertypes.EdgeOutputConfig{S3OutputLocation: new("s3://" + bucket + "/device_output")}
	_, err = c.sagemaker.CreateDeviceFleet(ctx, &sagemaker.CreateDeviceFleetInput{
		DeviceFleetName: &fleet, RoleArn: made.Role.Arn, OutputConfig: output,
	})
	check(t, err)
	_, err = c.sagemaker.CreateDeviceFleet(ctx, &sagemaker.CreateDeviceFleetInput{
		DeviceFleetName: &fleet, RoleArn: made.Role.Arn, OutputConfig: output,
	})
	if inUse := new(sagemakertypes.ResourceInUse); !errors.As(err, &inUse) {
		t.Errorf("the fleet again: got %v, want ResourceInUse", err)
	}
	_, err = c.sagemaker.RegisterDevices(ctx, &sagemaker.RegisterDevicesInput{
		DeviceFleetName: &fleet, Devices: []sagemakertypes.Device{{DeviceName: &device, IotThingName: thing}},
	})
	check(t, err)

	// 4-5. A certificate, and a policy on it that allows the fleet's alias.
	certificate, err := c.iot.CreateKeysAndCertificate(ctx, &iot.CreateKeysAndCertificateInput{SetAsActive: true})
	check(t, err)
	described, err := c.sagemaker.DescribeDeviceFleet(ctx, &sagemaker.DescribeDeviceFleetInput{DeviceFleetName: &fleet})
	check(t, err)
	_, alias, _ := strings.Cut(*described.IotRoleAlias, ":rolealias/")
	found, err := c.iot.DescribeRoleAlias(ctx, &iot.DescribeRoleAliasInput{RoleAlias: &alias})
	check(t, err)
	if got := found.RoleAliasDescription; *got.RoleAliasArn != *described.IotRoleAlias || *got.RoleArn != *made.Role.Arn {
		t.Errorf("role alias: got %s of %s", *got.RoleAliasArn, *got.RoleArn)
	}
	_, err = c.iot.CreatePolicy(ctx, &iot.CreatePolicyInput{PolicyName: &policy, PolicyDocument: new(fmt.Sprintf(
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iot:AssumeRoleWithCertificate","Resource":%q}}`,
		*described.IotRoleAlias))})
	check(t, err)
	_, err = c.iot.AttachPolicy(ctx, &iot.AttachPolicyInput{PolicyName: &policy, Target: certificate.CertificateArn})
	check(t, err)

	// 6-7. Credentials.
	endpoint, err := c.iot.DescribeEndpoint(ctx, &iot.DescribeEndpointInput{EndpointType: new("iot:CredentialProvider")})
	check(t, err)
	asDevice := vend(t, rootURL, *endpoint.EndpointAddress, alias, *certificate.CertificatePem, *certificate.KeyPair.PrivateKey, c.region)

	// 8. Files to the bucket, and back.
	key := new("authorization-files/device.pem.crt")
	_, err = c.s3.PutObject(ctx, &s3.PutObjectInput{Bucket: &bucket, Key: key, Body: strings.NewReader(*certificate.CertificatePem)})
	check(t, err)
	if got := get(t, c, bucket, *key); got != *certificate.CertificatePem {
		t.Errorf("object: got %q", got)
	}

	// 9. What the device may.
	identity, err := asDevice.sts.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	check(t, err)
	if want := "assumed-role/" + role + "/" + *certificate.CertificateId; !strings.HasSuffix(*identity.Arn, want) {
		t.Errorf("identity: got %s, want …%s", *identity.Arn, want)
	}
	reading := new("device_output/reading")
	_, err = asDevice.s3.PutObject(ctx, &s3.PutObjectInput{Bucket: &bucket, Key: reading, Body: bytes.NewReader([]byte("21.5"))})
	check(t, err)
	if got := get(t, c, bucket, *reading); got != "21.5" {
		t.Errorf("reading: got %q, want 21.5", got)
	}
	_, err = asDevice.s3.GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: reading})
	refused(t, err, "AccessDenied")
	_, err = asDevice.s3.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &bucket})
	refused(t, err, "AccessDenied")
	_, err = asDevice.iot.ListThings(ctx, &iot.ListThingsInput{})
	refused(t, err, "AccessDeniedException")
	_, err = asDevice.sagemaker.ListDevices(ctx, &sagemaker.ListDevicesInput{})
	refused(t, err, "AccessDeniedException")
	_, err = asDevice.iam.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: &role})
	refused(t, err, "AccessDenied")

	// 10. Clean-up, in the tutorial's order.
	_, err = c.iot.DetachPolicy(ctx, &iot.DetachPolicyInput{PolicyName: &policy, Target: certificate.CertificateArn})
	check(t, err)
	if _, err := asDevice.sts.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{}); err == nil {
		t.Error("the credentials outlive the policy that gave them")
	}
	_, err = c.iot.DeletePolicy(ctx, &iot.DeletePolicyInput{PolicyName: &policy})
	check(t, err)
	_, err = c.iot.DeleteCertificate(ctx, &iot.DeleteCertificateInput{CertificateId: certificate.CertificateId})
	if active := new(iottypes.CertificateStateException); !errors.As(err, &active) {
		t.Errorf("delete an active certificate: got %v, want CertificateStateException", err)
	}
	_, err = c.iot.UpdateCertificate(ctx, &iot.UpdateCertificateInput{
		CertificateId: certificate.CertificateId, NewStatus: iottypes.CertificateStatusInactive})
	check(t, err)
	_, err = c.iot.DeleteCertificate(ctx, &iot.DeleteCertificateInput{CertificateId: certificate.CertificateId})
	check(t, err)
	_, err = c.sagemaker.DeregisterDevices(ctx, &sagemaker.DeregisterDevicesInput{DeviceFleetName: &fleet, DeviceNames: []string{device}})
	check(t, err)
	_, err = c.sagemaker.DeleteDeviceFleet(ctx, &sagemaker.DeleteDeviceFleetInput{DeviceFleetName: &fleet})
	check(t, err)
	_, err = c.iot.DeleteRoleAlias(ctx, &iot.DeleteRoleAliasInput{RoleAlias: &alias})
	check(t, err)
	_, err = c.iot.DeleteThing(ctx, &iot.DeleteThingInput{ThingName: thing})
	check(t, err)
	_, err = c.iot.DeprecateThingType(ctx, &iot.DeprecateThingTypeInput{ThingTypeName: kind})
	check(t, err)
	_, err = c.iot.DeleteThingType(ctx, &iot.DeleteThingTypeInput{ThingTypeName: kind})
	check(t, err)
	for _, key := range []*string{key, reading} {
		_, err = c.s3.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &bucket, Key: key})
		check(t, err)
	}
	_, err = c.s3.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: &bucket})
	check(t, err)
	_, err = c.iam.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: &role, PolicyArn: new(fleetPolicy)})
	check(t, err)
	_, err = c.iam.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: &role})
	check(t, err)
	_, err = c.iot.DescribeThing(ctx, &iot.DescribeThingInput{ThingName: thing})
	if gone := new(iottypes.ResourceNotFoundException); !errors.As(err, &gone) {
		t.Errorf("describe a deleted thing: got %v, want ResourceNotFoundException", err)
	}
}

func get(t *testing.T, c clients, bucket, key string) string {
	t.Helper()
	object, err := c.s3.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	check(t, err)
	defer object.Body.Close()
	text, err := io.ReadAll(object.Body)
	check(t, err)
	return string(text)
}
