"""Who is trusted is there, and is shown by the id when gone."""

import json

import wire
from wire import ask, refused

iam = wire.client("iam")
ana = "arn:aws:iam::000000000000:user/ana"

refused("MalformedPolicyDocument", "a user who isn't there", iam.create_role, RoleName="pump", AssumeRolePolicyDocument=wire.trust(AWS=ana))
ask("the user", iam.create_user, UserName="ana")
ask("trust in the user", iam.create_role, RoleName="pump", AssumeRolePolicyDocument=wire.trust(AWS=ana))
refused("MalformedPolicyDocument", "and in a role that isn't there", iam.update_assume_role_policy, RoleName="pump",
        PolicyDocument=wire.trust(AWS=[ana, "arn:aws:iam::000000000000:role/ghost"]))
role = ask("as it was given", iam.get_role, RoleName="pump")["Role"]
assert role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"AWS": ana}, json.dumps(role, default=str)
user = ask("who is it", iam.get_user, UserName="ana")["User"]
ask("the user goes", iam.delete_user, UserName="ana")
ask("another of the name", iam.create_user, UserName="ana")
role = ask("the one that is gone", iam.get_role, RoleName="pump")["Role"]
assert role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"AWS": user["UserId"]}, json.dumps(role, default=str)
role = ask("in a list", iam.list_roles)["Roles"][0]
assert role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"AWS": user["UserId"]}, json.dumps(role, default=str)
