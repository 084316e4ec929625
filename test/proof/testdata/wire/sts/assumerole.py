"""Roles assumed."""

import wire
from wire import allow, ask, document, refused

iam = wire.client("iam")
sts = wire.client("sts")
unchecked = wire.client("sts", unchecked=True)
nobody = wire.client("sts", key=wire.user())

account = "arn:aws:iam::000000000000:"
trust = {"Effect": "Allow", "Principal": {"AWS": account + "root"}, "Action": ["sts:AssumeRole", "sts:TagSession"]}
ask("trusting the account", iam.create_role, RoleName="pump", Path="/edge/", AssumeRolePolicyDocument=document(trust))
ask("trusting who knows a word", iam.create_role, RoleName="partner",
    AssumeRolePolicyDocument=document({**trust, "Condition": {"StringEquals": {"sts:ExternalId": "word"}}}))
ask("trusting a service", iam.create_role, RoleName="device", AssumeRolePolicyDocument=wire.trust(Service="credentials.iot.amazonaws.com"))
ask("of the role", iam.put_role_policy, RoleName="pump", PolicyName="p", PolicyDocument=document(allow("iam:GetRole", "sts:AssumeRole")))
user = wire.client("sts", key=wire.user("ana", allow("sts:AssumeRole")))
pump = {"RoleArn": account + "role/edge/pump", "RoleSessionName": "s1"}
partner = {"RoleArn": account + "role/partner", "RoleSessionName": "s1"}

made = ask("by a user who may", user.assume_role, **pump)["Credentials"]
session = wire.client("sts", key=made)
ask("the session", session.get_caller_identity)
ask("by the session", wire.client("iam", key=made).get_role, RoleName="pump")
ask("from a session", session.assume_role, **pump)
ask("by root", sts.assume_role, **pump, DurationSeconds=900)
ask("with the word", user.assume_role, **partner, ExternalId="word")
refused("AccessDenied", "without the word", user.assume_role, **partner)

less = ask("with policies and tags", sts.assume_role, **pump, Policy=document(allow("sts:*")),
           PolicyArns=[{"arn": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}],
           Tags=[{"Key": "Team", "Value": "Pump Service"}], TransitiveTagKeys=["Team"])["Credentials"]
refused("AccessDenied", "by a session whose policy doesn't", wire.client("iam", key=less).get_role, RoleName="pump")
refused("AccessDenied", "with tags, by a user who may not", user.assume_role, **pump, Tags=[{"Key": "Team", "Value": ""}])

refused("AccessDenied", "by nobody", nobody.assume_role, **pump)
refused("AccessDenied", "a role that isn't there", user.assume_role, RoleArn=account + "role/ghost", RoleSessionName="s1")
refused("AccessDenied", "a role that trusts a service only", user.assume_role, RoleArn=account + "role/device", RoleSessionName="s1")
refused("ValidationError", "a blank in the session's name", user.assume_role, RoleArn=pump["RoleArn"], RoleSessionName="a b")
refused("ValidationError", "a minute", unchecked.assume_role, **pump, DurationSeconds=60)
refused("ValidationError", "longer than the role's sessions", user.assume_role, **pump, DurationSeconds=7200)
refused("ValidationError", "a tag twice", sts.assume_role, **pump, Tags=[{"Key": "a", "Value": ""}, {"Key": "A", "Value": ""}])
refused("ValidationError", "a policy that isn't there", sts.assume_role, **pump, PolicyArns=[{"arn": account + "policy/ghost"}])
refused("MalformedPolicyDocument", "no policy", user.assume_role, **pump, Policy="{")
refused("PackedPolicyTooLarge", "more than a token holds", sts.assume_role, **pump,
        Tags=[{"Key": f"k{n}", "Value": 256 * "v"} for n in range(12)])
refused("NotImplemented", "a source identity", sts.assume_role, **pump, SourceIdentity="ana")
