"""Details of IAM and IoT Core."""
import json

import boto3

from s3_wire import check, run


def iam_and_iot():
    iam, iot = boto3.client("iam"), boto3.client("iot")
    document = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}})
    made = iam.create_policy(PolicyName="details", Description="said", PolicyDocument=document)["Policy"]
    check("CreatePolicy answers no Description", made.get("Description"), None)
    check("GetPolicy answers empty Tags", iam.get_policy(PolicyArn=made["Arn"])["Policy"].get("Tags"), [])
    try:
        iot.list_thing_principals(thingName="nobody")
        check("principals of an unknown thing", "succeeded", "ResourceNotFoundException")
    except iot.exceptions.ResourceNotFoundException as error:
        check("principals of an unknown thing", error.response["message"] if "message" in error.response else error.response["Error"]["Message"],
              "Failed to list principals for thing nobody because the thing does not exist in your account")


run(iam_and_iot)
