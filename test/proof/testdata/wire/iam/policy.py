"""Managed policies: made, read, listed and removed."""

import wire
from wire import allow, ask, document, refused

iam = wire.client("iam")
unchecked = wire.client("iam", unchecked=True)
nobody = wire.client("iam", key=wire.user())

read = document(allow("s3:GetObject", resource="arn:aws:s3:::models/*"))
aws = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
ghost = "arn:aws:iam::000000000000:policy/ghost"
no_arn = "longpolicynamebutnoarn"

ask("a name and a document", iam.create_policy, PolicyName="read", PolicyDocument=read)
upload = ask("with all there is", iam.create_policy, PolicyName="upload", Path="/edge/", Description="To upload.", PolicyDocument=read)["Policy"]["Arn"]
ask("with tags", iam.create_policy, PolicyName="tagged", PolicyDocument=read, Tags=[{"Key": "team", "Value": "pumps"}])
refused("InvalidInput", "a tag key of AWS's", iam.create_policy, PolicyName="bad", PolicyDocument=read, Tags=[{"Key": "aws:a", "Value": ""}])
refused("EntityAlreadyExists", "the same again", iam.create_policy, PolicyName="read", PolicyDocument=read)
refused("EntityAlreadyExists", "a name that is there elsewhere", iam.create_policy, PolicyName="UPLOAD", PolicyDocument=read)
refused("MalformedPolicyDocument", "of 2008", iam.create_policy, PolicyName="old", PolicyDocument=read.replace("2012-10-17", "2008-10-17"))
refused("MalformedPolicyDocument", "no service in the action", iam.create_policy, PolicyName="bad", PolicyDocument=document(allow("GetObject")))
long = document(allow("s3:GetObject", resource="arn:aws:s3:::" + "a" * 6100))
refused("LimitExceeded", "a long document", iam.create_policy, PolicyName="long", PolicyDocument=long)
refused("ValidationError", "a blank in the name", iam.create_policy, PolicyName="a b", PolicyDocument="{}")
refused("AccessDenied", "by nobody", nobody.create_policy, PolicyName="mine", PolicyDocument="{}")

ask("one of the account's own", iam.get_policy, PolicyArn=upload)
ask("one of AWS's", iam.get_policy, PolicyArn=aws)
refused("NoSuchEntity", "without its path", iam.get_policy, PolicyArn=upload.replace("edge/", ""))

ask("to be found", iam.attach_user_policy, UserName="nobody", PolicyArn=upload)
ask("to have a policy", iam.create_role, RoleName="pump", AssumeRolePolicyDocument=wire.trust(Service="sagemaker.amazonaws.com"))
ask("to be found", iam.attach_role_policy, RoleName="pump", PolicyArn=upload)
page = ask("a page of one", iam.list_policies, MaxItems=1)
ask("the page after, of the account's own", iam.list_policies, Scope="Local", Marker=page["Marker"])
ask("those attached", iam.list_policies, OnlyAttached=True)
ask("AWS's of a path", iam.list_policies, Scope="AWS", PathPrefix="/service-role/")
ask("boundaries", iam.list_policies, PolicyUsageFilter="PermissionsBoundary")
refused("ValidationError", "no scope", iam.list_policies, Scope="Own")
refused("AccessDenied", "by nobody", nobody.list_policies)

page = ask("a page of one", iam.list_entities_for_policy, PolicyArn=upload, MaxItems=1)
ask("the page after", iam.list_entities_for_policy, PolicyArn=upload, MaxItems=1, Marker=page["Marker"])
ask("users", iam.list_entities_for_policy, PolicyArn=upload, EntityFilter="User")
refused("ValidationError", "no filter", iam.list_entities_for_policy, PolicyArn=upload, EntityFilter="user")

refused("DeleteConflict", "attached", iam.delete_policy, PolicyArn=upload)
refused("AccessDenied", "one of AWS's", iam.delete_policy, PolicyArn=aws)
for call in "get_policy", "list_entities_for_policy", "delete_policy":
    refused("ValidationError", "a short ARN", getattr(unchecked, call), PolicyArn="arn:aws:iam:read")
    refused("InvalidInput", "no ARN", getattr(iam, call), PolicyArn=no_arn)
    refused("AccessDenied", "by nobody", getattr(nobody, call), PolicyArn=upload)
    refused("NoSuchEntity", "a policy that isn't there", getattr(iam, call), PolicyArn=ghost)
ask("one that nobody has", iam.delete_policy, PolicyArn="arn:aws:iam::000000000000:policy/read")
