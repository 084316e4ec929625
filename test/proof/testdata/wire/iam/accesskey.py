"""Access keys of users."""

import wire
from wire import allow, ask, refused

iam = wire.client("iam")
unchecked = wire.client("iam", unchecked=True)
nobody = wire.client("iam", key=wire.user())
own_keys = allow("iam:*AccessKey*", resource="arn:aws:iam::000000000000:user/${aws:username}")
first = wire.user("ana", own_keys)
ana = wire.client("iam", key=first)

ask("with one key", iam.list_access_keys, UserName="ana")
ask("by ana, of her own", ana.list_access_keys)
second = ask("by ana, for herself", ana.create_access_key)["AccessKey"]
refused("LimitExceeded", "the third", iam.create_access_key, UserName="ana")
refused("NotImplemented", "by root, without a name", iam.create_access_key)
refused("AccessDenied", "by nobody", nobody.create_access_key, UserName="ana")
refused("AccessDenied", "by nobody, for itself", nobody.create_access_key)

ask("never used", iam.get_access_key_last_used, AccessKeyId=second["AccessKeyId"])
ask("by ana, of the key in use", ana.get_access_key_last_used, AccessKeyId=first["AccessKeyId"])
refused("AccessDenied", "by ana", wire.client("s3", key=first, region_name="eu-north-1").list_buckets)
ask("used for what it may not", iam.get_access_key_last_used, AccessKeyId=first["AccessKeyId"])
refused("AccessDenied", "by nobody", nobody.get_access_key_last_used, AccessKeyId=first["AccessKeyId"])
refused("AccessDenied", "a key that isn't there", iam.get_access_key_last_used, AccessKeyId="AKIA" + "Z" * 16)
refused("ValidationError", "a key of three letters", unchecked.get_access_key_last_used, AccessKeyId="AKI")

of_it = {"UserName": "ana", "AccessKeyId": second["AccessKeyId"]}
ask("switched off", iam.update_access_key, **of_it, Status="Inactive")
refused("InvalidClientTokenId", "with the key that is off", wire.client("sts", key=second).get_caller_identity)
ask("by ana, switched on", ana.update_access_key, AccessKeyId=second["AccessKeyId"], Status="Active")
refused("ValidationError", "no status", iam.update_access_key, **of_it, Status="active")
refused("NoSuchEntity", "of another user", iam.update_access_key, UserName="nobody", AccessKeyId=second["AccessKeyId"], Status="Active")
ask("by ana, of her own", ana.delete_access_key, AccessKeyId=second["AccessKeyId"])
refused("NoSuchEntity", "the same again", iam.delete_access_key, **of_it)
refused("AccessDenied", "when it is deleted", iam.get_access_key_last_used, AccessKeyId=second["AccessKeyId"])
refused("ValidationError", "a key of three letters", unchecked.delete_access_key, UserName="ana", AccessKeyId="AKI")
refused("ValidationError", "no marker of ours", iam.list_access_keys, UserName="ana", Marker="x")

for call, more in {"create": {}, "list": {}, "update": {"AccessKeyId": second["AccessKeyId"], "Status": "Active"}, "delete": {"AccessKeyId": second["AccessKeyId"]}}.items():
    name = call + ("_access_keys" if call == "list" else "_access_key")
    refused("NoSuchEntity", "a user that isn't there", getattr(iam, name), UserName="ghost", **more)
    refused("ValidationError", "a blank in the name", getattr(iam, name), UserName="a b", **more)
    if call != "create":
        refused("AccessDenied", "by nobody", getattr(nobody, name), UserName="ana", **more)
