"""Users: made, read, listed, changed and removed."""

import wire
from wire import allow, ask, document, refused

iam = wire.client("iam")
unchecked = wire.client("iam", unchecked=True)
nobody = wire.client("iam", key=wire.user())

ana = {"UserName": "ana"}
ghost = {"UserName": "ghost"}

ask("with all there is", iam.create_user, **ana, Path="/edge/", Tags=[{"Key": "Team", "Value": "Pump Service"}])
refused("EntityAlreadyExists", "the same again", iam.create_user, **ana)
refused("EntityAlreadyExists", "a name that is there in other letters", iam.create_user, UserName="ANA")
refused("InvalidInput", "the same tag twice", iam.create_user, **ghost, Tags=[{"Key": "a", "Value": ""}, {"Key": "A", "Value": ""}])
refused("ValidationError", "a blank in the name", iam.create_user, UserName="a b")
refused("ValidationError", "a name of 65", iam.create_user, UserName="a" * 65)
refused("AccessDenied", "by nobody", nobody.create_user, **ghost)

ask("with tags", iam.get_user, **ana)
ask("by root, of itself", iam.get_user)
refused("AccessDenied", "by nobody, of itself", nobody.get_user)
refused("ValidationError", "a blank in the name", iam.get_user, UserName="a b")
refused("NoSuchEntity", "a user that isn't there", iam.get_user, **ghost)
ask("for ben", iam.create_user, UserName="ben")
ask("for ben", iam.put_user_policy, UserName="ben", PolicyName="p",
    PolicyDocument=document(allow("iam:GetUser", resource="arn:aws:iam::000000000000:user/${aws:username}")))
ben = wire.client("iam", key=ask("for ben", iam.create_access_key, UserName="ben")["AccessKey"])
ask("by ben, of himself", ben.get_user)

page = ask("a page of one", iam.list_users, MaxItems=1)
ask("the page after", iam.list_users, MaxItems=1, Marker=page["Marker"])
ask("those of a path", iam.list_users, PathPrefix="/edge/")
refused("ValidationError", "no marker of ours", iam.list_users, Marker="x")
refused("ValidationError", "pages of nothing", unchecked.list_users, MaxItems=0)
refused("AccessDenied", "by nobody", nobody.list_users)

ask("another name and path", iam.update_user, **ana, NewUserName="Ana", NewPath="/field/")
refused("EntityAlreadyExists", "a name that is there", iam.update_user, UserName="Ana", NewUserName="BEN")
refused("ValidationError", "a blank in the name", iam.update_user, UserName="Ana", NewUserName="a b")
refused("NoSuchEntity", "by its old name", iam.update_user, **ana, NewPath="/")
refused("AccessDenied", "by nobody", nobody.update_user, UserName="Ana", NewPath="/")

refused("DeleteConflict", "with an inline policy", iam.delete_user, UserName="ben")
refused("DeleteConflict", "with an access key", iam.delete_user, UserName="nobody")
refused("ValidationError", "a blank in the name", iam.delete_user, UserName="a b")
refused("NoSuchEntity", "a user that isn't there", iam.delete_user, **ghost)
refused("AccessDenied", "by nobody", nobody.delete_user, UserName="Ana")
ask("with nothing left", iam.delete_user, UserName="Ana")
