"""What roles and users are asked to have left before they go: nothing, ever."""

import wire
from wire import ask, refused

iam = wire.client("iam")
nobody = wire.client("iam", key=wire.user())
ask("in no instance profile", iam.create_role, RoleName="pump", AssumeRolePolicyDocument=wire.trust(Service="sagemaker.amazonaws.com"))

for name, whose, ghost in ("list_instance_profiles_for_role", {"RoleName": "pump"}, {"RoleName": "ghost"}), ("list_groups_for_user", {"UserName": "nobody"}, {"UserName": "ghost"}):
    listed = getattr(iam, name)
    ask("none", listed, **whose, MaxItems=10)
    refused("NoSuchEntity", "of what isn't there", listed, **ghost)
    refused("ValidationError", "no marker of ours", listed, **whose, Marker="x")
    refused("AccessDenied", "by nobody", getattr(nobody, name), **whose)
