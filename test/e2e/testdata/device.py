"""What a device's temporary credentials open under the fleet's managed policy, and what they don't."""

import json

import muster
from muster import refused


def check(args, credentials, *, account, certificate_id, role, role_arn, bucket, plain_bucket, fleet, alias,
          device, thing, policy, certificate_arn):
    client = muster.device_clients(args, credentials)
    iot, sagemaker, iam, s3, sts = (client(name) for name in ("iot", "sagemaker", "iam", "s3", "sts"))

    identity = sts.get_caller_identity()
    assert identity["Arn"] == f"arn:aws:sts::{account}:assumed-role/{role}/{certificate_id}", identity
    assert identity["UserId"].startswith("AROA") and identity["UserId"].endswith(":" + certificate_id), identity

    # Allowed: puts under names with "sagemaker", their bucket's place, the fleet's alias and role.
    s3.put_object(Bucket=bucket, Key="device_output/reading.json", Body=b'{"celsius":21.5}')
    s3.put_object(Bucket=plain_bucket, Key="sagemaker/reading.json", Body=b"{}")
    s3.get_bucket_location(Bucket=bucket)
    upload = s3.create_multipart_upload(Bucket=bucket, Key="device_output/parts")["UploadId"]
    part = s3.upload_part(Bucket=bucket, Key="device_output/parts", UploadId=upload, PartNumber=1, Body=b"part")
    s3.complete_multipart_upload(Bucket=bucket, Key="device_output/parts", UploadId=upload,
                                 MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]})
    iot.describe_role_alias(roleAlias=alias)
    iam.get_role(RoleName=role)

    # Refused: everything else.
    key = "device_output/reading.json"
    source = {"Bucket": bucket, "Key": key}
    second = s3.create_multipart_upload(Bucket=bucket, Key="device_output/stolen")["UploadId"]
    s3_calls = [
        (s3.put_object, dict(Bucket=plain_bucket, Key="reading.json", Body=b"{}")),
        (s3.get_object, dict(Bucket=bucket, Key=key)),
        (s3.get_object, dict(Bucket=bucket, Key="authorization-files/private.pem.key")),
        (s3.head_object, dict(Bucket=bucket, Key=key)),
        (s3.head_bucket, dict(Bucket=bucket)),
        (s3.list_objects_v2, dict(Bucket=bucket)),
        (s3.list_objects, dict(Bucket=bucket)),
        (s3.list_multipart_uploads, dict(Bucket=bucket)),
        (s3.list_parts, dict(Bucket=bucket, Key="device_output/stolen", UploadId=second)),
        (s3.abort_multipart_upload, dict(Bucket=bucket, Key="device_output/stolen", UploadId=second)),
        (s3.list_buckets, {}),
        (s3.copy_object, dict(Bucket=bucket, Key="device_output/copy", CopySource=source)),
        (s3.copy_object, dict(Bucket=plain_bucket, Key="copy", CopySource=source)),
        (s3.upload_part_copy, dict(Bucket=bucket, Key="device_output/stolen", UploadId=second, PartNumber=1,
                                   CopySource=source)),
        (s3.delete_object, dict(Bucket=bucket, Key=key)),
        (s3.create_bucket, dict(Bucket=bucket + "-2")),
        (s3.delete_bucket, dict(Bucket=bucket)),
    ]
    # A HEAD has no body: boto3 knows its refusal by the status alone.
    for call, kwargs in s3_calls:
        refused(("AccessDenied", "403"), call, **kwargs)
    muster.clients(args)("s3").abort_multipart_upload(Bucket=bucket, Key="device_output/stolen", UploadId=second)
    deleted = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key}]})
    assert not deleted.get("Deleted") and [e["Code"] for e in deleted["Errors"]] == ["AccessDenied"], deleted

    document = json.dumps({"Version": "2012-10-17",
                           "Statement": {"Effect": "Allow", "Action": "iot:*", "Resource": "*"}})
    json_calls = [
        (iot.create_thing, dict(thingName="uninvited")),
        (iot.describe_thing, dict(thingName=thing)),
        (iot.list_things, {}),
        (iot.delete_thing, dict(thingName=thing)),
        (iot.create_thing_type, dict(thingTypeName="uninvited")),
        (iot.list_thing_types, {}),
        (iot.create_keys_and_certificate, {}),
        (iot.describe_certificate, dict(certificateId=certificate_id)),
        (iot.list_certificates, {}),
        (iot.update_certificate, dict(certificateId=certificate_id, newStatus="INACTIVE")),
        (iot.delete_certificate, dict(certificateId=certificate_id)),
        (iot.create_policy, dict(policyName="uninvited", policyDocument=document)),
        (iot.get_policy, dict(policyName=policy)),
        (iot.list_policies, {}),
        (iot.attach_policy, dict(policyName=policy, target=certificate_arn)),
        (iot.detach_policy, dict(policyName=policy, target=certificate_arn)),
        (iot.list_attached_policies, dict(target=certificate_arn)),
        (iot.create_role_alias, dict(roleAlias="uninvited", roleArn=role_arn)),
        (iot.create_role_alias, dict(roleAlias="SageMakerEdge-uninvited",
                                     roleArn=f"arn:aws:iam::{account}:role/Administrator")),
        (iot.describe_role_alias, dict(roleAlias="another")),
        (iot.delete_role_alias, dict(roleAlias=alias)),
        (iot.list_role_aliases, {}),
        (iot.attach_thing_principal, dict(thingName=thing, principal=certificate_arn)),
        (iot.list_thing_principals, dict(thingName=thing)),
        (iot.describe_endpoint, dict(endpointType="iot:CredentialProvider")),
        (sagemaker.create_device_fleet, dict(DeviceFleetName="uninvited", RoleArn=role_arn,
                                             OutputConfig={"S3OutputLocation": f"s3://{bucket}/x"})),
        (sagemaker.describe_device_fleet, dict(DeviceFleetName=fleet)),
        (sagemaker.list_device_fleets, {}),
        (sagemaker.delete_device_fleet, dict(DeviceFleetName=fleet)),
        (sagemaker.register_devices, dict(DeviceFleetName=fleet, Devices=[{"DeviceName": "uninvited"}])),
        (sagemaker.deregister_devices, dict(DeviceFleetName=fleet, DeviceNames=[device])),
        (sagemaker.describe_device, dict(DeviceName=device, DeviceFleetName=fleet)),
        (sagemaker.list_devices, {}),
    ]
    for call, kwargs in json_calls:
        message = refused("AccessDeniedException", call, **kwargs)
        assert identity["Arn"] in message, message

    arn = f"arn:aws:iam::{account}:policy/uninvited"
    query_calls = [
        (iam.create_role, dict(RoleName="SageMakerUninvited", AssumeRolePolicyDocument=document)),
        (iam.get_role, dict(RoleName="Administrator")),
        (iam.delete_role, dict(RoleName=role)),
        (iam.put_role_policy, dict(RoleName=role, PolicyName="more", PolicyDocument=document)),
        (iam.get_role_policy, dict(RoleName=role, PolicyName="more")),
        (iam.delete_role_policy, dict(RoleName=role, PolicyName="more")),
        (iam.list_role_policies, dict(RoleName=role)),
        (iam.attach_role_policy, dict(RoleName=role, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")),
        (iam.detach_role_policy, dict(RoleName=role, PolicyArn=arn)),
        (iam.list_attached_role_policies, dict(RoleName=role)),
        (iam.create_policy, dict(PolicyName="uninvited", PolicyDocument=document)),
        (iam.get_policy, dict(PolicyArn=arn)),
        (iam.delete_policy, dict(PolicyArn=arn)),
        (sts.assume_role, dict(RoleArn=role_arn, RoleSessionName="again")),
    ]
    for call, kwargs in query_calls:
        message = refused("AccessDenied", call, **kwargs)
        assert identity["Arn"] in message, message
    print(f"{len(s3_calls) + 1 + len(json_calls) + len(query_calls)} calls refused to {identity['Arn']}")

