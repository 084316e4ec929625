"""Tags of managed policies."""

import wire
from wire import allow, ask, document, refused

iam = wire.client("iam")
unchecked = wire.client("iam", unchecked=True)
nobody = wire.client("iam", key=wire.user())


def tags(*keys):
    return [{"Key": key, "Value": "v"} for key in keys]


made = ask("to be tagged", iam.create_policy, PolicyName="read", PolicyDocument=document(allow("s3:GetObject")), Tags=tags("made"))
read = {"PolicyArn": made["Policy"]["Arn"]}
aws = {"PolicyArn": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}

ask("two tags", iam.tag_policy, **read, Tags=[{"Key": "Team", "Value": "Pump Service"}, {"Key": "stage", "Value": ""}])
ask("one in other letters", iam.tag_policy, **read, Tags=tags("TEAM"))
refused("InvalidInput", "a key twice", iam.tag_policy, **read, Tags=tags("a", "A"))
refused("LimitExceeded", "48 more", iam.tag_policy, **read, Tags=tags(*map(str, range(48))))
refused("AccessDenied", "one of AWS's", iam.tag_policy, **aws, Tags=tags("a"))
ask("with its tags", iam.get_policy, **read)

page = ask("a page of one", iam.list_policy_tags, **read, MaxItems=1)
ask("the page after", iam.list_policy_tags, **read, MaxItems=1, Marker=page["Marker"])
ask("of one of AWS's", iam.list_policy_tags, **aws)
refused("InvalidInput", "no marker of ours", iam.list_policy_tags, **read, Marker="x")
ask("one that is there, one that isn't", iam.untag_policy, **read, TagKeys=["team", "else"])
refused("AccessDenied", "one of AWS's", iam.untag_policy, **aws, TagKeys=["a"])
ask("what is left", iam.list_policy_tags, **read)

for call, more in {"tag_policy": {"Tags": tags("a")}, "untag_policy": {"TagKeys": ["a"]}, "list_policy_tags": {}}.items():
    refused("ValidationError", "a short ARN", getattr(unchecked, call), PolicyArn="arn:aws:iam:read", **more)
    refused("InvalidInput", "no ARN", getattr(iam, call), PolicyArn="longpolicynamebutnoarn", **more)
    refused("AccessDenied", "by nobody", getattr(nobody, call), **read, **more)
    refused("NoSuchEntity", "a policy that isn't there", getattr(iam, call), PolicyArn=read["PolicyArn"] + "s", **more)
