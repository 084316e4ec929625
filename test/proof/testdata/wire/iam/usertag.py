"""Tags of users."""

import wire
from wire import ask, refused

iam = wire.client("iam")
nobody = wire.client("iam", key=wire.user())

ana = {"UserName": "ana"}
ask("to be tagged", iam.create_user, **ana)


def tags(*keys):
    return [{"Key": key, "Value": "v"} for key in keys]


ask("two tags", iam.tag_user, **ana, Tags=[{"Key": "Team", "Value": "Pump Service"}, {"Key": "stage", "Value": ""}])
ask("one in other letters", iam.tag_user, **ana, Tags=tags("TEAM"))
refused("InvalidInput", "a key twice", iam.tag_user, **ana, Tags=tags("a", "A"))
refused("InvalidInput", "a key of AWS's", iam.tag_user, **ana, Tags=tags("aws:a"))
refused("LimitExceeded", "49 more", iam.tag_user, **ana, Tags=tags(*map(str, range(49))))
ask("with its tags", iam.get_user, **ana)

page = ask("a page of one", iam.list_user_tags, **ana, MaxItems=1)
ask("the page after", iam.list_user_tags, **ana, MaxItems=1, Marker=page["Marker"])
refused("ValidationError", "no marker of ours", iam.list_user_tags, **ana, Marker="x")
ask("one that is there, one that isn't", iam.untag_user, **ana, TagKeys=["team", "else"])
ask("what is left", iam.list_user_tags, **ana)

for call, more in {"tag_user": {"Tags": tags("a")}, "untag_user": {"TagKeys": ["a"]}, "list_user_tags": {}}.items():
    refused("ValidationError", "a blank in the name", getattr(iam, call), UserName="a b", **more)
    refused("AccessDenied", "by nobody", getattr(nobody, call), **ana, **more)
    refused("NoSuchEntity", "a user that isn't there", getattr(iam, call), UserName="ghost", **more)
