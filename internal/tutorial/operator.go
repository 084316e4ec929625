package tutorial

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"

	"muster/internal/awsapi/iamapi"
	"muster/internal/awsapi/iotapi"
	"muster/internal/awsapi/sagemakerapi"
	"muster/internal/awsclient"
)

// The steps the operator takes, with the root key.

const trustPolicy = `{"Version":"2012-10-17","Statement":[
 {"Effect":"Allow","Principal":{"Service":"credentials.iot.amazonaws.com"},"Action":"sts:AssumeRole"},
 {"Effect":"Allow","Principal":{"Service":"sagemaker.amazonaws.com"},"Action":"sts:AssumeRole"}]}`

// devicePolicy lets a device write its fleet's output, and make the calls of its
// own: all that a device needs, where AWS's AmazonSageMakerEdgeDeviceFleetPolicy
// is for the service as well. Its blanks are the bucket and the fleet.
const devicePolicy = `{"Version":"2012-10-17","Statement":[
 {"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::%s/device_output/*"},
 {"Effect":"Allow","Action":["sagemaker:GetDeviceRegistration","sagemaker:SendHeartbeat"],"Resource":"arn:aws:sagemaker:*:*:device-fleet/%s/device/*"}]}`

const devicePolicyName = "device"

func (t *Tutorial) roleARN() string { return "arn:aws:iam::" + t.Account + ":role/" + t.names.role }

func (t *Tutorial) setUp(ctx context.Context) error {
	for _, bucket := range []string{t.names.bucket, t.names.other} {
		if err := t.s3(t.Key).createBucket(ctx, bucket); err != nil {
			return err
		}
		t.did("s3 create-bucket %s", bucket)
	}
	c := t.client(t.Key)
	if _, err := awsclient.Do(ctx, c, iamapi.CreateRole, &iamapi.CreateRoleRequest{RoleName: t.names.role, AssumeRolePolicyDocument: trustPolicy}); err != nil {
		return err
	}
	t.did("iam create-role %s, trusting credentials.iot.amazonaws.com and sagemaker.amazonaws.com", t.names.role)
	_, err := awsclient.Do(ctx, c, iamapi.PutRolePolicy, &iamapi.PutRolePolicyRequest{
		RoleName: t.names.role, PolicyName: devicePolicyName, PolicyDocument: fmt.Sprintf(devicePolicy, t.names.bucket, t.names.fleet),
	})
	if err != nil {
		return err
	}
	t.did("iam put-role-policy %s: devices may write the fleet's output (AWS's AmazonSageMakerEdgeDeviceFleetPolicy would let them do more)", devicePolicyName)
	return nil
}

func (t *Tutorial) createThing(ctx context.Context) error {
	c := t.client(t.Key)
	if _, err := awsclient.Do(ctx, c, iotapi.CreateThingType, &iotapi.CreateThingTypeRequest{ThingTypeName: t.names.thingType}); err != nil {
		return err
	}
	thing, err := awsclient.Do(ctx, c, iotapi.CreateThing, &iotapi.CreateThingRequest{ThingName: t.names.thing, ThingTypeName: &t.names.thingType})
	if err != nil {
		return err
	}
	t.did("iot create-thing-type %s, create-thing %s", t.names.thingType, t.names.thing)
	t.proves("the registry knows %s", text(thing.ThingArn))
	return nil
}

func (t *Tutorial) createFleet(ctx context.Context) error {
	c := t.client(t.Key)
	role := t.roleARN()
	_, err := awsclient.Do(ctx, c, sagemakerapi.CreateDeviceFleet, &sagemakerapi.CreateDeviceFleetRequest{
		DeviceFleetName: t.names.fleet, RoleArn: &role,
		OutputConfig: &sagemakerapi.EdgeOutputConfig{S3OutputLocation: t.outputLocation()},
	})
	if err != nil {
		return err
	}
	t.did("sagemaker create-device-fleet %s, output to %s", t.names.fleet, t.outputLocation())
	alias, err := awsclient.Do(ctx, c, iotapi.DescribeRoleAlias, &iotapi.DescribeRoleAliasRequest{RoleAlias: t.names.alias})
	if err != nil {
		return err
	}
	d := alias.RoleAliasDescription
	if d == nil || text(d.RoleArn) != role {
		return fmt.Errorf("the role alias %s does not lead to %s", t.names.alias, role)
	}
	t.proves("the role alias %s is there at once and leads to the role", t.names.alias)
	return nil
}

func (t *Tutorial) outputLocation() string { return "s3://" + t.names.bucket + "/device_output" }

func (t *Tutorial) registerDevice(ctx context.Context) error {
	c := t.client(t.Key)
	_, err := awsclient.Do(ctx, c, sagemakerapi.RegisterDevices, &sagemakerapi.RegisterDevicesRequest{
		DeviceFleetName: t.names.fleet,
		Devices:         []sagemakerapi.Device{{DeviceName: t.names.device, IotThingName: &t.names.thing}},
	})
	if err != nil {
		return err
	}
	t.did("sagemaker register-devices %s as thing %s", t.names.device, t.names.thing)
	return nil
}

func (t *Tutorial) createCertificate(ctx context.Context) error {
	active := true
	made, err := awsclient.Do(ctx, t.client(t.Key), iotapi.CreateKeysAndCertificate, &iotapi.CreateKeysAndCertificateRequest{SetAsActive: &active})
	if err != nil {
		return err
	}
	if made.KeyPair == nil {
		return errors.New("the answer holds no key pair")
	}
	t.device.certificateID, t.device.certificateARN = text(made.CertificateId), text(made.CertificateArn)
	t.device.certificatePEM, t.device.keyPEM = text(made.CertificatePem), text(made.KeyPair.PrivateKey)
	t.did("iot create-keys-and-certificate: %s", t.device.certificateID)
	if err := t.device.load(); err != nil {
		return err
	}
	t.proves("the certificate id is the SHA-256 of the certificate, and the key is its key")
	return nil
}

func (t *Tutorial) allowAlias(ctx context.Context) error {
	c := t.client(t.Key)
	fleet, err := awsclient.Do(ctx, c, sagemakerapi.DescribeDeviceFleet, &sagemakerapi.DescribeDeviceFleetRequest{DeviceFleetName: t.names.fleet})
	if err != nil {
		return err
	}
	aliasARN := text(fleet.IotRoleAlias)
	if alias := aliasARN[max(0, strings.Index(aliasARN, "SageMaker")):]; alias != t.names.alias {
		return fmt.Errorf("the fleet's role alias is %q, not one that ends in %s", aliasARN, t.names.alias)
	}
	// As the tutorial writes it, the statement is one object, not a list.
	document := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iot:AssumeRoleWithCertificate","Resource":"` + aliasARN + `"}}`
	if _, err := awsclient.Do(ctx, c, iotapi.CreatePolicy, &iotapi.CreatePolicyRequest{PolicyName: t.names.policy, PolicyDocument: document}); err != nil {
		return err
	}
	if err := t.attachPolicy(ctx); err != nil {
		return err
	}
	t.did("iot create-policy %s allowing iot:AssumeRoleWithCertificate on the alias, attach-policy", t.names.policy)
	return nil
}

func (t *Tutorial) attachPolicy(ctx context.Context) error {
	_, err := awsclient.Do(ctx, t.client(t.Key), iotapi.AttachPolicy, &iotapi.AttachPolicyRequest{PolicyName: t.names.policy, Target: t.device.certificateARN})
	return err
}

func (t *Tutorial) detachPolicy(ctx context.Context) error {
	_, err := awsclient.Do(ctx, t.client(t.Key), iotapi.DetachPolicy, &iotapi.DetachPolicyRequest{PolicyName: t.names.policy, Target: t.device.certificateARN})
	return err
}

func (t *Tutorial) setStatus(ctx context.Context, status string) error {
	_, err := awsclient.Do(ctx, t.client(t.Key), iotapi.UpdateCertificate, &iotapi.UpdateCertificateRequest{CertificateId: t.device.certificateID, NewStatus: status})
	return err
}

func (t *Tutorial) findEndpoint(ctx context.Context) error {
	kind := "iot:CredentialProvider"
	endpoint, err := awsclient.Do(ctx, t.client(t.Key), iotapi.DescribeEndpoint, &iotapi.DescribeEndpointRequest{EndpointType: &kind})
	if err != nil {
		return err
	}
	t.device.endpoint = text(endpoint.EndpointAddress)
	t.did("iot describe-endpoint iot:CredentialProvider: %s", t.device.endpoint)
	root, err := t.fetch(ctx, t.API+"/repository/AmazonRootCA1.pem")
	if err != nil {
		return err
	}
	t.roots = x509.NewCertPool()
	if !t.roots.AppendCertsFromPEM(root) {
		return errors.New("the root certificate can't be read")
	}
	t.device.rootPEM = string(root)
	t.did("GET %s/repository/AmazonRootCA1.pem", t.API)
	return nil
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
