"""Roles: made, read, listed, changed and removed."""

import wire
from wire import allow, ask, document, refused

iam = wire.client("iam")
unchecked = wire.client("iam", unchecked=True)
nobody = wire.client("iam", key=wire.user())

sagemaker = wire.trust(Service="sagemaker.amazonaws.com")
iot = wire.trust(Service="credentials.iot.amazonaws.com")
long = wire.trust(AWS="arn:aws:iam::000000000000:role/" + 2000 * "a")
tag = {"Key": "Team", "Value": "Pump Service"}
pump = {"RoleName": "pump"}
ghost = {"RoleName": "ghost"}
bad = {"RoleName": "a b"}

ask("a name and a trust policy", iam.create_role, **pump, AssumeRolePolicyDocument=sagemaker)
ask("with all there is", iam.create_role, RoleName="Fleet", Path="/edge/", AssumeRolePolicyDocument=iot,
    Description="Für Geräte", MaxSessionDuration=7200, Tags=[tag, {"Key": "empty", "Value": ""}])
refused("EntityAlreadyExists", "the same again", iam.create_role, **pump, AssumeRolePolicyDocument=sagemaker)
refused("EntityAlreadyExists", "a name that is there in other letters", iam.create_role, RoleName="PUMP", AssumeRolePolicyDocument=sagemaker)
refused("MalformedPolicyDocument", "a trust policy that is no JSON", iam.create_role, **ghost, AssumeRolePolicyDocument="{")
refused("MalformedPolicyDocument", "an identity's policy", iam.create_role, **ghost, AssumeRolePolicyDocument=document(allow("s3:*")))
refused("InvalidInput", "the same tag twice", iam.create_role, **ghost, AssumeRolePolicyDocument=iot, Tags=[tag, {"Key": "team", "Value": ""}])
refused("LimitExceeded", "a long trust policy", iam.create_role, **ghost, AssumeRolePolicyDocument=long)
refused("ValidationError", "a blank in the name", iam.create_role, **bad, AssumeRolePolicyDocument="{}")
refused("ValidationError", "sessions of a minute", unchecked.create_role, **ghost, AssumeRolePolicyDocument="{}", MaxSessionDuration=60)
refused("AccessDenied", "by nobody", nobody.create_role, **ghost, AssumeRolePolicyDocument="{}")

ask("as it was made", iam.get_role, **pump)
ask("with tags", iam.get_role, RoleName="Fleet")
refused("NoSuchEntity", "in other letters", iam.get_role, RoleName="fleet")

page = ask("a page of one", iam.list_roles, MaxItems=1)
ask("the page after", iam.list_roles, MaxItems=1, Marker=page["Marker"])
ask("those of a path", iam.list_roles, PathPrefix="/edge/")
refused("ValidationError", "no marker of ours", iam.list_roles, Marker="x")
refused("ValidationError", "no path", iam.list_roles, PathPrefix="edge")
refused("AccessDenied", "by nobody", nobody.list_roles)

ask("description and duration", iam.update_role, **pump, Description="Pumps.", MaxSessionDuration=43200)
ask("a description alone", iam.update_role_description, **pump, Description="")
ask("another service", iam.update_assume_role_policy, **pump, PolicyDocument=iot)
refused("MalformedPolicyDocument", "no statement", iam.update_assume_role_policy, **pump, PolicyDocument=document())
refused("LimitExceeded", "a long policy", iam.update_assume_role_policy, **pump, PolicyDocument=long)

ask("which is in the role's way", iam.put_role_policy, **pump, PolicyName="p", PolicyDocument=document(allow("s3:*")))
refused("DeleteConflict", "with an inline policy", iam.delete_role, **pump)
ask("out of the role's way", iam.delete_role_policy, **pump, PolicyName="p")
ask("with nothing left", iam.delete_role, **pump)

on_one = {
    "get_role": {},
    "update_role": {},
    "update_role_description": {"Description": "Pumps."},
    "update_assume_role_policy": {"PolicyDocument": "{}"},
    "delete_role": {},
}
for call, more in on_one.items():
    refused("ValidationError", "a blank in the name", getattr(iam, call), **bad, **more)
    refused("AccessDenied", "by nobody", getattr(nobody, call), RoleName="Fleet", **more)
    refused("NoSuchEntity", "a role that isn't there", getattr(iam, call), **ghost, **more)
