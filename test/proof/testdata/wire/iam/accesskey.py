"""Access keys of users."""

import wire
from wire import allow, ask, refused

iam = wire.client("iam")
unchecked = wire.client("iam", unchecked=True)
nobody = wire.client("iam", key=wire.user())
own_keys = allow("iam:*AccessKey*", resource="arn:aws:iam::000000000000:user/${aws:username}")
ana = wire.client("iam", key=wire.user("ana", own_keys))

ask("with one key", iam.list_access_keys, UserName="ana")
ask("by ana, of her own", ana.list_access_keys)
second = ask("by ana, for herself", ana.create_access_key)["AccessKey"]
refused("LimitExceeded", "the third", iam.create_access_key, UserName="ana")
refused("NotImplemented", "by root, without a name", iam.create_access_key)
refused("AccessDenied", "by nobody", nobody.create_access_key, UserName="ana")
refused("AccessDenied", "by nobody, for itself", nobody.create_access_key)

of_it = {"UserName": "ana", "AccessKeyId": second["AccessKeyId"]}
ask("switched off", iam.update_access_key, **of_it, Status="Inactive")
refused("InvalidClientTokenId", "with the key that is off", wire.client("sts", key=second).get_caller_identity)
ask("by ana, switched on", ana.update_access_key, AccessKeyId=second["AccessKeyId"], Status="Active")
refused("ValidationError", "no status", iam.update_access_key, **of_it, Status="active")
refused("NoSuchEntity", "of another user", iam.update_access_key, UserName="nobody", AccessKeyId=second["AccessKeyId"], Status="Active")
ask("by ana, of her own", ana.delete_access_key, AccessKeyId=second["AccessKeyId"])
refused("NoSuchEntity", "the same again", iam.delete_access_key, **of_it)
refused("ValidationError", "a key of three letters", unchecked.delete_access_key, UserName="ana", AccessKeyId="AKI")
refused("ValidationError", "no marker of ours", iam.list_access_keys, UserName="ana", Marker="x")

for call, more in {"create": {}, "list": {}, "update": {"AccessKeyId": second["AccessKeyId"], "Status": "Active"}, "delete": {"AccessKeyId": second["AccessKeyId"]}}.items():
    name = call + ("_access_keys" if call == "list" else "_access_key")
    refused("NoSuchEntity", "a user that isn't there", getattr(iam, name), UserName="ghost", **more)
    refused("ValidationError", "a blank in the name", getattr(iam, name), UserName="a b", **more)
    if call != "create":
        refused("AccessDenied", "by nobody", getattr(nobody, name), UserName="ana", **more)
