"""Refusals raise the exceptions boto3 has for them."""

import json

import boto3
import botocore.exceptions

import muster
from muster import raises, refused

args = muster.arguments()
client = muster.clients(args)
iot, sagemaker, iam, s3, sts = (client(name) for name in ("iot", "sagemaker", "iam", "s3", "sts"))
account = sts.get_caller_identity()["Account"]
nowhere = f"arn:aws:iot:us-east-1:{account}:cert/{'0' * 64}"
trust = json.dumps({"Version": "2012-10-17", "Statement": [{
    "Effect": "Allow", "Action": "sts:AssumeRole",
    "Principal": {"Service": ["credentials.iot.amazonaws.com", "sagemaker.amazonaws.com"]}}]})
allow = json.dumps({"Version": "2012-10-17", "Statement": {
    "Effect": "Allow", "Action": "iot:AssumeRoleWithCertificate", "Resource": "*"}})

# Things and types.
iot.create_thing_type(thingTypeName="kind")
iot.create_thing(thingName="one", thingTypeName="kind", attributePayload={"attributes": {"colour": "red"}})
raises(iot.exceptions.ResourceAlreadyExistsException, iot.create_thing, thingName="one")
raises(iot.exceptions.ResourceNotFoundException, iot.create_thing, thingName="two", thingTypeName="unknown")
raises(iot.exceptions.ResourceNotFoundException, iot.describe_thing, thingName="two")
raises(iot.exceptions.InvalidRequestException, iot.create_thing, thingName="a b")
raises(iot.exceptions.InvalidRequestException, iot.create_thing, thingName="x" * 129)
raises(iot.exceptions.VersionConflictException, iot.delete_thing, thingName="one", expectedVersion=7)
iot.delete_thing(thingName="two")
raises(iot.exceptions.InvalidRequestException, iot.delete_thing_type, thingTypeName="kind")
iot.deprecate_thing_type(thingTypeName="kind")
raises(iot.exceptions.InvalidRequestException, iot.create_thing, thingName="two", thingTypeName="kind")
raises(iot.exceptions.InvalidRequestException, iot.delete_thing_type, thingTypeName="kind")
raises(iot.exceptions.ResourceNotFoundException, iot.delete_thing_type, thingTypeName="unknown")

# Certificates, policies and aliases.
certificate = iot.create_keys_and_certificate()
assert iot.describe_certificate(certificateId=certificate["certificateId"])[
    "certificateDescription"]["status"] == "INACTIVE"
arn = certificate["certificateArn"]
iot.create_policy(policyName="allow", policyDocument=allow)
raises(iot.exceptions.ResourceAlreadyExistsException, iot.create_policy, policyName="allow", policyDocument=allow)
for malformed in ("{", "{}", '{"Version":"2012-10-17","Statement":{"Effect":"Maybe","Action":"*","Resource":"*"}}',
                  allow.replace('"Effect"', '"Effect": "Deny", "Effect"')):
    raises(iot.exceptions.MalformedPolicyException, iot.create_policy, policyName="bad", policyDocument=malformed)
raises(iot.exceptions.ResourceNotFoundException, iot.attach_policy, policyName="unknown", target=arn)
raises(iot.exceptions.ResourceNotFoundException, iot.attach_policy, policyName="allow", target=nowhere)
iot.attach_policy(policyName="allow", target=arn)
iot.attach_policy(policyName="allow", target=arn)
assert [p["policyName"] for p in iot.list_attached_policies(target=arn)["policies"]] == ["allow"]
raises(iot.exceptions.DeleteConflictException, iot.delete_policy, policyName="allow")
iot.attach_thing_principal(thingName="one", principal=arn)
raises(iot.exceptions.ResourceNotFoundException, iot.attach_thing_principal, thingName="two", principal=arn)
raises(iot.exceptions.InvalidRequestException, iot.delete_thing, thingName="one")
iot.update_certificate(certificateId=certificate["certificateId"], newStatus="ACTIVE")
raises(iot.exceptions.CertificateStateException, iot.delete_certificate, certificateId=certificate["certificateId"])
iot.update_certificate(certificateId=certificate["certificateId"], newStatus="REVOKED")
raises(iot.exceptions.CertificateStateException, iot.update_certificate,
       certificateId=certificate["certificateId"], newStatus="ACTIVE")
raises(iot.exceptions.DeleteConflictException, iot.delete_certificate, certificateId=certificate["certificateId"])
raises(iot.exceptions.DeleteConflictException, iot.delete_certificate,
       certificateId=certificate["certificateId"], forceDelete=True)
iot.detach_thing_principal(thingName="one", principal=arn)
raises(iot.exceptions.DeleteConflictException, iot.delete_certificate, certificateId=certificate["certificateId"])
iot.delete_certificate(certificateId=certificate["certificateId"], forceDelete=True)
role = iam.create_role(RoleName="SageMakerRole", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
iot.create_role_alias(roleAlias="alias", roleArn=role)
raises(iot.exceptions.ResourceAlreadyExistsException, iot.create_role_alias, roleAlias="alias", roleArn=role)
raises(iot.exceptions.ResourceNotFoundException, iot.delete_role_alias, roleAlias="unknown")
raises(iot.exceptions.InvalidRequestException, iot.describe_endpoint, endpointType="iot:Nothing")

# Roles.
raises(iam.exceptions.EntityAlreadyExistsException, iam.create_role,
       RoleName="SageMakerRole", AssumeRolePolicyDocument=trust)
raises(iam.exceptions.NoSuchEntityException, iam.get_role, RoleName="unknown")
raises(iam.exceptions.NoSuchEntityException, iam.get_role_policy, RoleName="SageMakerRole", PolicyName="unknown")
raises(iam.exceptions.MalformedPolicyDocumentException, iam.create_role,
       RoleName="bad", AssumeRolePolicyDocument="{}")
iam.put_role_policy(RoleName="SageMakerRole", PolicyName="inline", PolicyDocument=allow)
assert iam.get_role_policy(RoleName="SageMakerRole", PolicyName="inline")["PolicyDocument"] == json.loads(allow)
raises(iam.exceptions.DeleteConflictException, iam.delete_role, RoleName="SageMakerRole")
policy = iam.create_policy(PolicyName="managed", PolicyDocument=allow)["Policy"]["Arn"]
iam.attach_role_policy(RoleName="SageMakerRole", PolicyArn=policy)
raises(iam.exceptions.DeleteConflictException, iam.delete_policy, PolicyArn=policy)
raises(iam.exceptions.NoSuchEntityException, iam.attach_role_policy, RoleName="SageMakerRole",
       PolicyArn=policy + "-unknown")

# Fleets: the flag is tri-state, and not found is a ValidationException.
output = {"S3OutputLocation": "s3://sagemaker/x"}
sagemaker.create_device_fleet(DeviceFleetName="bare", RoleArn=role, OutputConfig=output, EnableIotRoleAlias=False)
assert "IotRoleAlias" not in sagemaker.describe_device_fleet(DeviceFleetName="bare")
sagemaker.create_device_fleet(DeviceFleetName="whole", RoleArn=role, OutputConfig=output, EnableIotRoleAlias=True)
assert sagemaker.describe_device_fleet(DeviceFleetName="whole")["IotRoleAlias"].endswith(":rolealias/SageMakerEdge-whole")
raises(sagemaker.exceptions.ResourceInUse, sagemaker.create_device_fleet,
       DeviceFleetName="bare", RoleArn=role, OutputConfig=output)
for want, call, kwargs in (
    ("No devicefleet with name", sagemaker.describe_device_fleet, dict(DeviceFleetName="none")),
    ("No device with name", sagemaker.describe_device, dict(DeviceFleetName="bare", DeviceName="none")),
    ("No device fleet with name", sagemaker.describe_device, dict(DeviceFleetName="none", DeviceName="none")),
    ("Device with name", sagemaker.deregister_devices, dict(DeviceFleetName="bare", DeviceNames=["none"])),
    ("No device fleet with name", sagemaker.deregister_devices, dict(DeviceFleetName="none", DeviceNames=["none"])),
    ("DeviceFleet with name", sagemaker.delete_device_fleet, dict(DeviceFleetName="none")),
    ("failed to satisfy constraint", sagemaker.describe_device_fleet, dict(DeviceFleetName="a_b")),
):
    message = refused("ValidationException", call, **kwargs)
    assert want in message, (call.__name__, message)

# What isn't built is refused by name, and widens nothing by being ignored.
s3.create_bucket(Bucket="sagemaker-exceptions")
refused("AccessControlListNotSupported", s3.put_bucket_acl, Bucket="sagemaker-exceptions", ACL="public-read")
for call, kwargs in (
    (iot.list_jobs, {}),
    (iot.get_registration_code, {}),
    (sagemaker.list_training_jobs, {}),
    (iam.list_groups, {}),
    (sts.get_federation_token, dict(Name="narrow")),
    (sts.assume_role, dict(RoleArn=role, RoleSessionName="narrow", SourceIdentity="someone")),
    (s3.put_bucket_policy, dict(Bucket="sagemaker-exceptions", Policy=allow)),
    (s3.put_object, dict(Bucket="sagemaker-exceptions", Key="x", ServerSideEncryption="aws:kms")),
):
    try:
        call(**kwargs)
    except botocore.exceptions.ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        assert status == 501, (call.__name__, error)
    else:
        raise AssertionError(f"{call.__name__} succeeded, want 501")

# Keys that are wrong.
for session, codes in (
    (dict(aws_access_key_id="AKIANOBODYNOBODYNOBO", aws_secret_access_key="x" * 40),
     ("UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId")),
    (dict(aws_access_key_id=boto3.Session().get_credentials().access_key, aws_secret_access_key="x" * 40),
     ("InvalidSignatureException", "SignatureDoesNotMatch", "SignatureDoesNotMatch")),
):
    client = muster.clients(args, **session)
    refused(codes[0], client("iot").list_things)
    refused(codes[0], client("sagemaker").list_device_fleets)
    refused(codes[1], client("iam").get_role, RoleName="SageMakerRole")
    refused(codes[1], client("sts").get_caller_identity)
    refused(codes[2], client("s3").list_buckets)
