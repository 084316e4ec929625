"""Versions of managed policies."""

import wire
from wire import allow, ask, document, refused

iam = wire.client("iam")
unchecked = wire.client("iam", unchecked=True)
nobody = wire.client("iam", key=wire.user())

read = document(allow("s3:GetObject"))
aws = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
the = {"PolicyArn": ask("of five versions", iam.create_policy, PolicyName="read", PolicyDocument=read)["Policy"]["Arn"]}

ask("not in force", iam.create_policy_version, **the, PolicyDocument=read)
ask("in force", iam.create_policy_version, **the, PolicyDocument=document(allow("s3:*")), SetAsDefault=True)
ask("the fourth", iam.create_policy_version, **the, PolicyDocument=read)
ask("the fifth", iam.create_policy_version, **the, PolicyDocument=read)
refused("LimitExceeded", "the sixth", iam.create_policy_version, **the, PolicyDocument=read)
refused("MalformedPolicyDocument", "no effect", iam.create_policy_version, **the, PolicyDocument=read.replace("Allow", ""))
refused("AccessDenied", "of one of AWS's", iam.create_policy_version, PolicyArn=aws, PolicyDocument=read)

ask("in force", iam.get_policy_version, **the, VersionId="v3")
ask("of one of AWS's", iam.get_policy_version, PolicyArn=aws, VersionId="v3")
refused("NoSuchEntity", "a version that isn't there", iam.get_policy_version, **the, VersionId="v6")

ask("all", iam.list_policy_versions, **the)
page = ask("a page of one", iam.list_policy_versions, **the, MaxItems=1)
ask("the page after", iam.list_policy_versions, **the, MaxItems=1, Marker=page["Marker"])
refused("InvalidInput", "no marker of ours", iam.list_policy_versions, **the, Marker="x")

ask("another", iam.set_default_policy_version, **the, VersionId="v4")
refused("NoSuchEntity", "a version that isn't there", iam.set_default_policy_version, **the, VersionId="v6")
refused("DeleteConflict", "in force", iam.delete_policy_version, **the, VersionId="v4")
ask("not in force", iam.delete_policy_version, **the, VersionId="v3")
refused("NoSuchEntity", "the same again", iam.delete_policy_version, **the, VersionId="v3")
refused("DeleteConflict", "with several versions", iam.delete_policy, **the)

for call, more in {
    "create_policy_version": {"PolicyDocument": "{}"},
    "get_policy_version": {"VersionId": "v1"},
    "list_policy_versions": {},
    "set_default_policy_version": {"VersionId": "v1"},
    "delete_policy_version": {"VersionId": "v1"},
}.items():
    refused("ValidationError", "a short ARN", getattr(unchecked, call), PolicyArn="arn:aws:iam:read", **more)
    refused("InvalidInput", "no ARN", getattr(iam, call), PolicyArn="longpolicynamebutnoarn", **more)
    refused("AccessDenied", "by nobody", getattr(nobody, call), **the, **more)
    refused("NoSuchEntity", "a policy that isn't there", getattr(iam, call), PolicyArn="arn:aws:iam::000000000000:policy/ghost", **more)
