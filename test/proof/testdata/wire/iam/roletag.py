"""Tags of roles."""

import wire
from wire import ask, refused

iam = wire.client("iam")
nobody = wire.client("iam", key=wire.user())

pump = {"RoleName": "pump"}
ask("to be tagged", iam.create_role, **pump, AssumeRolePolicyDocument=wire.trust(Service="sagemaker.amazonaws.com"))


def tags(*keys):
    return [{"Key": key, "Value": "v"} for key in keys]


ask("two tags", iam.tag_role, **pump, Tags=[{"Key": "Team", "Value": "Pump Service"}, {"Key": "stage", "Value": ""}])
ask("one in other letters", iam.tag_role, **pump, Tags=tags("TEAM"))
refused("InvalidInput", "a key twice", iam.tag_role, **pump, Tags=tags("a", "A"))
refused("InvalidInput", "a key of AWS's", iam.tag_role, **pump, Tags=tags("aws:a"))
refused("LimitExceeded", "49 more", iam.tag_role, **pump, Tags=tags(*map(str, range(49))))

page = ask("a page of one", iam.list_role_tags, **pump, MaxItems=1)
ask("the page after", iam.list_role_tags, **pump, MaxItems=1, Marker=page["Marker"])
refused("ValidationError", "no marker of ours", iam.list_role_tags, **pump, Marker="x")
ask("one that is there, one that isn't", iam.untag_role, **pump, TagKeys=["team", "else"])
ask("what is left", iam.list_role_tags, **pump)

for call, more in {"tag_role": {"Tags": tags("a")}, "untag_role": {"TagKeys": ["a"]}, "list_role_tags": {}}.items():
    refused("ValidationError", "a blank in the name", getattr(iam, call), RoleName="a b", **more)
    refused("AccessDenied", "by nobody", getattr(nobody, call), **pump, **more)
    refused("NoSuchEntity", "a role that isn't there", getattr(iam, call), RoleName="ghost", **more)
