"""Amazon's tutorial "register and authenticate a device fleet", call by call, in boto3."""

import json
import os
import re
import time

import device
import muster
from muster import raises, refused

args = muster.arguments()
client = muster.clients(args)
iot, sagemaker, iam, s3, sts = (client(name) for name in ("iot", "sagemaker", "iam", "s3", "sts"))
region = iot.meta.region_name
account = sts.get_caller_identity()["Account"]
now = str(int(time.time()))
bucket = f"muster-sagemaker-demo-{now}"
plain_bucket = f"muster-plain-demo-{now}"

# 0. Setting up: a bucket and the fleet's role.
where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
s3.create_bucket(Bucket=bucket, **where)
s3.create_bucket(Bucket=plain_bucket, **where)
role_name = f"SageMakerDeviceFleetRole{now}"
fleet_policy = "arn:aws:iam::aws:policy/service-role/AmazonSageMakerEdgeDeviceFleetPolicy"


def trusting(*services):
    return json.dumps({
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"} for service in services
        ],
    })


role_arn = iam.create_role(
    RoleName=role_name,
    AssumeRolePolicyDocument=trusting("credentials.iot.amazonaws.com", "sagemaker.amazonaws.com"),
)["Role"]["Arn"]
assert role_arn == f"arn:aws:iam::{account}:role/{role_name}", role_arn
iam.attach_role_policy(RoleName=role_name, PolicyArn=fleet_policy)

# 1. A thing type and a thing.
iot_thing_type, iot_thing = "getting-started-demo", "sample-device"
made = iot.create_thing_type(thingTypeName=iot_thing_type)
assert made["thingTypeArn"] == f"arn:aws:iot:{region}:{account}:thingtype/{iot_thing_type}", made
thing = iot.create_thing(thingName=iot_thing, thingTypeName=iot_thing_type)
assert thing["thingArn"] == f"arn:aws:iot:{region}:{account}:thing/{iot_thing}", thing
assert iot.create_thing(thingName=iot_thing, thingTypeName=iot_thing_type)["thingId"] == thing["thingId"]

# 2. The fleet, which makes its role alias at once.
fleet = f"demo-device-fleet{now}"
output = {"S3OutputLocation": f"s3://{bucket}/device_output"}
message = refused("ValidationException", sagemaker.create_device_fleet, DeviceFleetName=fleet,
                  RoleArn=f"arn:aws:iam::{account}:role/SageMakerNobody", OutputConfig=output)
assert "SageMakerNobody" in message, message
other_role = f"SageMakerDistrustful{now}"
other_arn = iam.create_role(RoleName=other_role,
                            AssumeRolePolicyDocument=trusting("credentials.iot.amazonaws.com"))["Role"]["Arn"]
message = refused("ValidationException", sagemaker.create_device_fleet, DeviceFleetName=fleet,
                  RoleArn=other_arn, OutputConfig=output)
assert "sagemaker.amazonaws.com" in message, message
iam.delete_role(RoleName=other_role)

sagemaker.create_device_fleet(DeviceFleetName=fleet, RoleArn=role_arn, OutputConfig=output)
raises(sagemaker.exceptions.ResourceInUse, sagemaker.create_device_fleet,
       DeviceFleetName=fleet, RoleArn=role_arn, OutputConfig=output)

# 3. A device in it.
device_name = f"sagemaker-edge-demo-device{now}"
sagemaker.register_devices(DeviceFleetName=fleet, Devices=[{"DeviceName": device_name, "IotThingName": iot_thing}])
described = sagemaker.describe_device(DeviceName=device_name, DeviceFleetName=fleet)
assert described["IotThingName"] == iot_thing, described
assert described["DeviceArn"] == f"arn:aws:sagemaker:{region}:{account}:device-fleet/{fleet}/device/{device_name}", described

# 4. Its certificate and key, written as the tutorial writes them.
certificate = iot.create_keys_and_certificate(setAsActive=True)
certificate_id = certificate["certificateId"]
assert re.fullmatch("[0-9a-f]{64}", certificate_id), certificate_id
for path, pem in (("device.pem.crt", certificate["certificatePem"]),
                  ("private.pem.key", certificate["keyPair"]["PrivateKey"])):
    with open(path, "w") as file:
        for line in pem.split("\n"):
            file.write(line)
            file.write("\n")

# 5. A policy on the certificate that allows the fleet's alias.
alias_arn = sagemaker.describe_device_fleet(DeviceFleetName=fleet)["IotRoleAlias"]
alias = alias_arn[alias_arn.find("SageMaker"):]
assert alias == f"SageMakerEdge-{fleet}", alias
found = iot.describe_role_alias(roleAlias=alias)["roleAliasDescription"]
assert found["roleAliasArn"] == alias_arn == f"arn:aws:iot:{region}:{account}:rolealias/{alias}", found
assert found["roleArn"] == role_arn and found["credentialDurationSeconds"] == 3600, found
assert found["owner"] == account, found
policy_name = f"aliaspolicy-{now}"
document = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Action": "iot:AssumeRoleWithCertificate", "Resource": alias_arn},
}
policy = iot.create_policy(policyName=policy_name, policyDocument=json.dumps(document))
assert policy["policyVersionId"] == "1", policy
assert json.loads(policy["policyDocument"]) == document, policy
iot.attach_policy(policyName=policy_name, target=certificate["certificateArn"])

# 6. Where credentials are to be had.
endpoint = iot.describe_endpoint(endpointType="iot:CredentialProvider")["endpointAddress"]

# 7. Credentials, with no thing attached and no thing named; twice on one connection.
muster.download_root("AmazonRootCA1.pem")
connection = muster.device_connection(endpoint, "device.pem.crt", "private.pem.key", "AmazonRootCA1.pem")
for _ in range(2):
    connection.request("GET", f"/role-aliases/{alias}/credentials")
    response = connection.getresponse()
    body = response.read()
    assert response.status == 200 and len(body) <= 2048, (response.status, body)
    credentials = json.loads(body)["credentials"]
    assert set(credentials) == {"accessKeyId", "secretAccessKey", "sessionToken", "expiration"}, set(credentials)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", credentials["expiration"]), credentials["expiration"]

# 8. The files to the bucket, and a large one in parts.
for name in ("private.pem.key", "device.pem.crt", "AmazonRootCA1.pem"):
    s3.upload_file(name, bucket, f"authorization-files/{name}")
    s3.download_file(bucket, f"authorization-files/{name}", "back")
    with open(name, "rb") as sent, open("back", "rb") as got:
        assert sent.read() == got.read(), name
listed = s3.list_objects_v2(Bucket=bucket, Prefix="authorization-files/")
assert len(listed["Contents"]) == 3, listed
block = os.urandom(1 << 20)
with open("large", "wb") as file:
    for _ in range(100):
        file.write(block)
s3.upload_file("large", bucket, "large")
head = s3.head_object(Bucket=bucket, Key="large")
assert head["ContentLength"] == 100 << 20 and "-" in head["ETag"], head
s3.download_file(bucket, "large", "back")
with open("large", "rb") as sent, open("back", "rb") as got:
    while chunk := sent.read(1 << 20):
        assert chunk == got.read(1 << 20), "large"
    assert not got.read(1), "large"

# 9. What the device may, and all that it may not.
device.check(args, credentials, account=account, certificate_id=certificate_id, role=role_name,
             role_arn=role_arn, bucket=bucket, plain_bucket=plain_bucket, fleet=fleet, alias=alias,
             device=device_name, thing=iot_thing, policy=policy_name,
             certificate_arn=certificate["certificateArn"])

# 10. Clean-up, in the tutorial's order.
iot.detach_policy(policyName=policy_name, target=certificate["certificateArn"])
connection.request("GET", f"/role-aliases/{alias}/credentials")
response = connection.getresponse()
body = response.read()
assert (response.status, body) == (403, b'{"message":"Access Denied"}'), (response.status, body)
connection.close()
iot.delete_policy(policyName=policy_name)
raises(iot.exceptions.CertificateStateException, iot.delete_certificate, certificateId=certificate_id)
iot.update_certificate(certificateId=certificate_id, newStatus="INACTIVE")
iot.delete_certificate(certificateId=certificate_id)
sagemaker.deregister_devices(DeviceFleetName=fleet, DeviceNames=[device_name])
refused("ValidationException", sagemaker.describe_device, DeviceName=device_name, DeviceFleetName=fleet)
sagemaker.delete_device_fleet(DeviceFleetName=fleet)
assert "No devicefleet with name" in refused(
    "ValidationException", sagemaker.describe_device_fleet, DeviceFleetName=fleet)
iot.delete_role_alias(roleAlias=alias)
iot.delete_thing(thingName=iot_thing)
iot.deprecate_thing_type(thingTypeName=iot_thing_type)
iot.delete_thing_type(thingTypeName=iot_thing_type)
for name in (bucket, plain_bucket):
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=name):
        for found in page.get("Contents", []):
            s3.delete_object(Bucket=name, Key=found["Key"])
    s3.delete_bucket(Bucket=name)
iam.detach_role_policy(RoleName=role_name, PolicyArn=fleet_policy)
iam.delete_role(RoleName=role_name)

raises(iot.exceptions.ResourceNotFoundException, iot.describe_thing, thingName=iot_thing)
raises(iot.exceptions.ResourceNotFoundException, iot.describe_thing_type, thingTypeName=iot_thing_type)
raises(iot.exceptions.ResourceNotFoundException, iot.describe_certificate, certificateId=certificate_id)
raises(iot.exceptions.ResourceNotFoundException, iot.get_policy, policyName=policy_name)
raises(iot.exceptions.ResourceNotFoundException, iot.describe_role_alias, roleAlias=alias)
raises(iam.exceptions.NoSuchEntityException, iam.get_role, RoleName=role_name)
refused(("NoSuchBucket", "404"), s3.list_objects_v2, Bucket=bucket)
print(f"the tutorial ran in {region}")
