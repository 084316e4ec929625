"""Managed policies attached to roles and to users."""

import wire
from wire import allow, ask, document, refused

iam = wire.client("iam")
unchecked = wire.client("iam", unchecked=True)
nobody = wire.client("iam", key=wire.user())

ask("to have policies", iam.create_role, RoleName="pump", AssumeRolePolicyDocument=wire.trust(Service="sagemaker.amazonaws.com"))
read = document(allow("s3:GetObject"))
own = [ask("to be attached", iam.create_policy, PolicyName=f"read{n}", Path="/edge/", PolicyDocument=read)["Policy"]["Arn"] for n in range(1, 6)]
aws = ["arn:aws:iam::aws:policy/" + name for name in (
    "AmazonS3ReadOnlyAccess", "AmazonS3FullAccess", "AmazonSageMakerFullAccess", "AWSIoTFullAccess",
    "service-role/AWSIoTThingsRegistration", "service-role/AmazonSageMakerEdgeDeviceFleetPolicy")]
linked = "arn:aws:iam::aws:policy/aws-service-role/AmazonSageMakerCoreServiceRolePolicy"
elsewhere = "arn:aws:iam::111122223333:policy/edge/read1"

for kind, whose, ghost in ("role", {"RoleName": "pump"}, {"RoleName": "ghost"}), ("user", {"UserName": "nobody"}, {"UserName": "ghost"}):
    attach, detach = getattr(iam, f"attach_{kind}_policy"), getattr(iam, f"detach_{kind}_policy")
    attached = getattr(iam, f"list_attached_{kind}_policies")
    ask("one of the account's own", attach, **whose, PolicyArn=own[0])
    ask("the same again", attach, **whose, PolicyArn=own[0])
    ask("one of AWS's", attach, **whose, PolicyArn=aws[0])
    refused("NoSuchEntity", "a policy that isn't there", attach, **whose, PolicyArn=own[0] + "s")
    refused("PolicyNotAttachable", "a service-linked role's", attach, **whose, PolicyArn=linked)
    refused("NoSuchEntity", "another account's", attach, **whose, PolicyArn=elsewhere)
    refused("InvalidInput", "no ARN", attach, **whose, PolicyArn="longpolicynamebutnoarn")
    page = ask("a page of one", attached, **whose, MaxItems=1)
    ask("the page after", attached, **whose, MaxItems=1, Marker=page["Marker"])
    ask("those of a path", attached, **whose, PathPrefix="/edge/")
    refused("InvalidInput", "no marker of ours", attached, **whose, Marker="x")
    refused("ValidationError", "no path", attached, **whose, PathPrefix="edge")
    for arn in own[1:] + aws[1:5]:
        ask("up to ten", attach, **whose, PolicyArn=arn)
    refused("LimitExceeded", "the eleventh", attach, **whose, PolicyArn=aws[5])
    ask("one of ten", detach, **whose, PolicyArn=own[0])
    refused("NoSuchEntity", "the same again", detach, **whose, PolicyArn=own[0])
    refused("InvalidInput", "no ARN", detach, **whose, PolicyArn="longpolicynamebutnoarn")
    for call, more in (attach, {"PolicyArn": own[1]}), (detach, {"PolicyArn": own[1]}), (attached, {}):
        refused("NoSuchEntity", f"a {kind} that isn't there", call, **ghost, **more)
        refused("AccessDenied", "by nobody", getattr(nobody, call.__name__), **whose, **more)
        if more:
            refused("ValidationError", "a short ARN", getattr(unchecked, call.__name__), **whose, PolicyArn="arn:aws:iam:read")

refused("DeleteConflict", "with policies attached", iam.delete_role, RoleName="pump")
refused("DeleteConflict", "with policies attached", iam.delete_user, UserName="nobody")
