"""Registers a device fleet and lets a device turn its certificate into credentials.

The same, call by call, as register_fleet.ipynb, which explains each step.

    bin/muster serve &
    eval "$(bin/muster env)"
    python3 examples/register_fleet.py          # cleans up behind itself
    python3 examples/register_fleet.py --keep   # leaves what it made, and the device's files here
"""

import argparse
import http.client
import json
import os
import ssl
import sys
import time
import urllib.request
from pathlib import Path

import boto3
from botocore.exceptions import ClientError

FILES = ("private.pem.key", "device.pem.crt", "AmazonRootCA1.pem")


def main():
    parser = argparse.ArgumentParser(description="Register a device fleet with Muster.")
    parser.add_argument("--keep", action="store_true", help="leave what was made")
    keep = parser.parse_args().keep
    if "AWS_ENDPOINT_URL" not in os.environ:
        sys.exit('AWS_ENDPOINT_URL is not set: run  eval "$(muster env)"  first')
    s3, iam, iot, sagemaker = (client(name) for name in ("s3", "iam", "iot", "sagemaker"))
    region = iot.meta.region_name
    n = str(int(time.time()))  # keeps the names of two runs apart

    # A bucket for the devices' output, and the role they will take on.
    # us-east-1 is the one region that S3 doesn't want named.
    bucket, fleet = f"sagemaker-edge-demo-{n}", f"demo-device-fleet{n}"
    where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    s3.create_bucket(Bucket=bucket, **where)
    role_name = f"SageMakerDeviceFleetRole{n}"
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
            for service in ("credentials.iot.amazonaws.com", "sagemaker.amazonaws.com")
        ],
    }
    role_arn = iam.create_role(RoleName=role_name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    # What devices may: write the fleet's output, and the calls of a device's own.
    device_policy = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{bucket}/device_output/*"},
            {
                "Effect": "Allow",
                "Action": ["sagemaker:GetDeviceRegistration", "sagemaker:SendHeartbeat"],
                "Resource": f"arn:aws:sagemaker:*:*:device-fleet/{fleet}/device/*",
            },
        ],
    }
    iam.put_role_policy(RoleName=role_name, PolicyName="device", PolicyDocument=json.dumps(device_policy))
    print("role       ", role_arn)

    # A thing type and a thing.
    thing_type, thing = f"getting-started-demo-{n}", f"sample-device-{n}"
    iot.create_thing_type(thingTypeName=thing_type)
    print("thing      ", iot.create_thing(thingName=thing, thingTypeName=thing_type)["thingArn"])

    # The fleet, with which comes its role alias.
    sagemaker.create_device_fleet(
        DeviceFleetName=fleet,
        RoleArn=role_arn,
        OutputConfig={"S3OutputLocation": f"s3://{bucket}/device_output"},
    )
    alias_arn = sagemaker.describe_device_fleet(DeviceFleetName=fleet)["IotRoleAlias"]
    alias = alias_arn[alias_arn.find("SageMaker"):]
    print("role alias ", alias)

    # A device in the fleet.
    device_name = f"sagemaker-edge-demo-device{n}"
    sagemaker.register_devices(
        DeviceFleetName=fleet, Devices=[{"DeviceName": device_name, "IotThingName": thing}]
    )
    print("devices    ", [d["DeviceName"] for d in sagemaker.list_devices(DeviceFleetName=fleet)["DeviceSummaries"]])

    # Its keys and certificate. The private key is in this answer and nowhere else.
    certificate = iot.create_keys_and_certificate(setAsActive=True)
    certificate_id, certificate_arn = certificate["certificateId"], certificate["certificateArn"]
    write("device.pem.crt", certificate["certificatePem"])
    write("private.pem.key", certificate["keyPair"]["PrivateKey"])
    print("certificate", certificate_id)

    # What the certificate may: ask for the role behind the alias.
    policy_name = f"aliaspolicy-{n}"
    alias_policy = {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "iot:AssumeRoleWithCertificate", "Resource": alias_arn},
    }
    iot.create_policy(policyName=policy_name, policyDocument=json.dumps(alias_policy))
    iot.attach_policy(policyName=policy_name, target=certificate_arn)

    # Where to ask, and whom to believe.
    endpoint = iot.describe_endpoint(endpointType="iot:CredentialProvider")["endpointAddress"]
    api_tls = ssl.create_default_context(cafile=os.environ.get("AWS_CA_BUNDLE"))
    with urllib.request.urlopen(os.environ["MUSTER_ROOT_CA_URL"], context=api_tls) as answer:
        write("AmazonRootCA1.pem", answer.read().decode())
    print("endpoint   ", endpoint)

    # The exchange: a client certificate for credentials.
    device = connect(endpoint)
    status, answer = ask(device, alias)
    assert status == 200, (status, answer)
    credentials = answer["credentials"]
    print("credentials", credentials["accessKeyId"], "until", credentials["expiration"])

    # The device's files, to be brought onto it from the bucket.
    for name in FILES:
        s3.upload_file(name, bucket, f"authorization-files/{name}")

    # What the credentials open, and what they don't.
    session = boto3.Session(credentials["accessKeyId"], credentials["secretAccessKey"], credentials["sessionToken"])
    device_s3, device_sts, device_iot = (client(name, session) for name in ("s3", "sts", "iot"))
    print("identity   ", device_sts.get_caller_identity()["Arn"])
    device_s3.put_object(Bucket=bucket, Key="device_output/sample.jsonl", Body=b'{"celsius": 21.5}\n')
    refused("AccessDenied", device_s3.get_object, Bucket=bucket, Key="authorization-files/private.pem.key")
    refused("AccessDenied", device_s3.list_objects_v2, Bucket=bucket)
    refused("AccessDeniedException", device_iot.create_thing, thingName="uninvited")

    if keep:
        print("kept        fleet", fleet, "bucket", bucket)
        return

    # Lock it out: refused on the connection it has, and what it was given before is dead.
    iot.detach_policy(policyName=policy_name, target=certificate_arn)
    status, answer = ask(device, alias)
    assert status == 403, (status, answer)
    print("locked out ", status, answer["message"])
    refused("InvalidAccessKeyId", device_s3.put_object, Bucket=bucket, Key="device_output/late.jsonl", Body=b"")
    device.close()

    # Clean up. A certificate must be inactive, a fleet and a bucket must be empty.
    iot.delete_policy(policyName=policy_name)
    iot.update_certificate(certificateId=certificate_id, newStatus="INACTIVE")
    iot.delete_certificate(certificateId=certificate_id)
    sagemaker.deregister_devices(DeviceFleetName=fleet, DeviceNames=[device_name])
    sagemaker.delete_device_fleet(DeviceFleetName=fleet)
    iot.delete_role_alias(roleAlias=alias)
    iot.delete_thing(thingName=thing)
    iot.deprecate_thing_type(thingTypeName=thing_type)
    try:
        iot.delete_thing_type(thingTypeName=thing_type)
    except iot.exceptions.InvalidRequestException:  # as on AWS, some minutes must pass first
        print("left        thing type", thing_type, "(deprecated; it can be deleted some minutes from now)")
    for found in s3.list_objects_v2(Bucket=bucket).get("Contents", []):
        s3.delete_object(Bucket=bucket, Key=found["Key"])
    s3.delete_bucket(Bucket=bucket)
    iam.delete_role_policy(RoleName=role_name, PolicyName="device")
    iam.delete_role(RoleName=role_name)
    for name in FILES:
        Path(name).unlink()


def client(service, session=boto3):
    # boto3 before 1.28 doesn't read AWS_ENDPOINT_URL by itself; handing it over is right for all.
    return session.client(service, endpoint_url=os.environ["AWS_ENDPOINT_URL"])


def write(name, text):
    path = Path(name)
    path.touch(mode=0o600)
    path.write_text(text)


def connect(endpoint):
    """A connection on which both sides show a certificate."""
    tls = ssl.create_default_context(cafile="AmazonRootCA1.pem")
    tls.load_cert_chain("device.pem.crt", "private.pem.key")
    return http.client.HTTPSConnection(endpoint, context=tls, timeout=30)


def ask(connection, alias):
    """What the credentials provider answers to the certificate's holder."""
    connection.request("GET", f"/role-aliases/{alias}/credentials")
    response = connection.getresponse()
    return response.status, json.load(response)


def refused(code, call, **arguments):
    """Fails unless the call is refused with the code."""
    try:
        call(**arguments)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error
        print("refused    ", call.__name__, code)
    else:
        raise AssertionError(f"{call.__name__} was allowed")


if __name__ == "__main__":
    main()
