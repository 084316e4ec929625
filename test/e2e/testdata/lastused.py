"""When a user's key and a role were used last, as boto3 tells it."""

import datetime
import json

import boto3

import muster

args = muster.arguments()
client = muster.clients(args)
iam, sts = client("iam"), client("sts")


def document(**statement):
    return json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", **statement}})


def recent(at):
    return abs(datetime.datetime.now(datetime.timezone.utc) - at) < datetime.timedelta(minutes=2)


def used(service, region):
    answer = iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])
    assert answer["UserName"] == "ana", answer
    last = answer["AccessKeyLastUsed"]
    assert (last["ServiceName"], last["Region"]) == (service, region), last
    assert "LastUsedDate" not in last if service == "N/A" else recent(last["LastUsedDate"]), last


def as_(who, service, region):
    return boto3.client(service, endpoint_url=args.endpoint, region_name=region, aws_access_key_id=who["AccessKeyId"],
                        aws_secret_access_key=who["SecretAccessKey"], aws_session_token=who.get("SessionToken"))


iam.create_user(UserName="ana")
iam.put_user_policy(UserName="ana", PolicyName="p", PolicyDocument=document(Action=["iot:*", "s3:*"], Resource="*"))
key = iam.create_access_key(UserName="ana")["AccessKey"]
used("N/A", "N/A")
as_(key, "iot", "eu-north-1").create_thing(thingName="pump")
used("iot", "eu-north-1")
as_(key, "s3", "us-east-1").create_bucket(Bucket="sagemaker-ana")
used("s3", "us-east-1")

account = sts.get_caller_identity()["Account"]
role = iam.create_role(RoleName="Stale", AssumeRolePolicyDocument=document(Principal={"AWS": account}, Action="sts:AssumeRole"))["Role"]
session = sts.assume_role(RoleArn=role["Arn"], RoleSessionName="one")["Credentials"]
last = iam.get_role(RoleName="Stale")["Role"]["RoleLastUsed"]
assert last == {}, last
as_(session, "sts", "eu-west-1").get_caller_identity()
last = iam.get_role(RoleName="Stale")["Role"]["RoleLastUsed"]
assert last["Region"] == "eu-west-1" and recent(last["LastUsedDate"]), last
