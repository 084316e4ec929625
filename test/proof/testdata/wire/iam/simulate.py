"""The policy simulator."""

import wire
from wire import allow, ask, document, refused

iam = wire.client("iam")
unchecked = wire.client("iam", unchecked=True)
nobody = wire.client("iam", key=wire.user())

models = "arn:aws:s3:::models/"
read = document(
    {"Sid": "Read", **allow("s3:Get*", resource=models + "*")},
    {"Effect": "Deny", "Action": "*", "Resource": models + "secret", "Condition": {"StringNotEquals": {"aws:username": "ana"}}},
)
ask("to be asked about", iam.create_role, RoleName="pump", AssumeRolePolicyDocument=wire.trust(Service="sagemaker.amazonaws.com"))
ask("of the role", iam.put_role_policy, RoleName="pump", PolicyName="read", PolicyDocument=read)
ask("of the user", iam.put_user_policy, UserName="nobody", PolicyName="read", PolicyDocument=read)
pump = "arn:aws:iam::000000000000:role/pump"
user = "arn:aws:iam::000000000000:user/nobody"
get = {"ActionNames": ["s3:GetObject"]}
name = {"ContextKeyName": "aws:username", "ContextKeyValues": ["ana"], "ContextKeyType": "string"}

custom = {"PolicyInputList": [read], **get}
ask("without a resource", iam.simulate_custom_policy, **custom)
ask("two resources, one denied", iam.simulate_custom_policy, **custom, ResourceArns=[models + "pump", models + "secret"])
ask("with the key that is asked for", iam.simulate_custom_policy, **custom, ResourceArns=[models + "secret"], ContextEntries=[name])
page = ask("a page of one", iam.simulate_custom_policy, PolicyInputList=[read], ActionNames=["s3:GetObject", "s3:PutObject"], MaxItems=1)
ask("the page after", iam.simulate_custom_policy, PolicyInputList=[read], ActionNames=["s3:GetObject", "s3:PutObject"], MaxItems=1, Marker=page["Marker"])
refused("InvalidInput", "no policy", iam.simulate_custom_policy, PolicyInputList=["{"], **get)
refused("InvalidInput", "a wildcard in the action", iam.simulate_custom_policy, PolicyInputList=[read], ActionNames=["s3:Get*"])
refused("InvalidInput", "no ARN", iam.simulate_custom_policy, **custom, ResourceArns=["models"])
refused("ValidationError", "no type of a key", iam.simulate_custom_policy, **custom, ContextEntries=[{**name, "ContextKeyType": "text"}])
refused("NotImplemented", "a resource's policy", iam.simulate_custom_policy, **custom, ResourcePolicy=read)
refused("AccessDenied", "by nobody", nobody.simulate_custom_policy, **custom)

ask("a role", iam.simulate_principal_policy, PolicySourceArn=pump, **get, ResourceArns=[models + "pump"])
ask("a user and one more policy", iam.simulate_principal_policy, PolicySourceArn=user, ActionNames=["s3:PutObject"],
    PolicyInputList=[document(allow("s3:*"))], ResourceArns=[models + "pump"])
refused("NoSuchEntity", "a role that isn't there", iam.simulate_principal_policy, PolicySourceArn=pump + "s", **get)
refused("NoSuchEntity", "a user that isn't there", iam.simulate_principal_policy, PolicySourceArn=user + "s", **get)
refused("InvalidInput", "a session", iam.simulate_principal_policy, PolicySourceArn="arn:aws:sts::000000000000:assumed-role/pump/s", **get)
refused("ValidationError", "a short ARN", unchecked.simulate_principal_policy, PolicySourceArn="arn:aws:iam", **get)
refused("AccessDenied", "by nobody", nobody.simulate_principal_policy, PolicySourceArn=user, **get)
