"""Who is asking, sessions of one's own, and whose key it is."""

import wire
from wire import allow, ask, refused

sts = wire.client("sts")
unchecked = wire.client("sts", unchecked=True)
nobody_key = wire.user()
nobody = wire.client("sts", key=nobody_key)

ask("root", sts.get_caller_identity)
ask("a user without a permission", nobody.get_caller_identity)

own = ask("a user without a permission", nobody.get_session_token, DurationSeconds=900)["Credentials"]
ask("root, which gets an hour", sts.get_session_token, DurationSeconds=129600)
session = wire.client("sts", key=own)
ask("the user in a session of its own", session.get_caller_identity)
refused("AccessDenied", "in a session", session.get_session_token)
refused("AccessDenied", "of IAM, in such a session", wire.client("iam", key=own).get_user)
refused("InvalidClientTokenId", "without the token", wire.client("sts", key={**own, "SessionToken": ""}).get_caller_identity)
refused("ValidationError", "a minute", unchecked.get_session_token, DurationSeconds=60)
refused("NotImplemented", "with multi-factor authentication", sts.get_session_token, SerialNumber="arn:aws:iam::000000000000:mfa/root", TokenCode="123456")

ask("a user's", sts.get_access_key_info, AccessKeyId=nobody_key["AccessKeyId"])
refused("ValidationError", "a session's", sts.get_access_key_info, AccessKeyId=own["AccessKeyId"])
refused("ValidationError", "three letters", unchecked.get_access_key_info, AccessKeyId="AKI")
refused("AccessDenied", "by nobody", nobody.get_access_key_info, AccessKeyId=nobody_key["AccessKeyId"])
reader = wire.client("sts", key=wire.user("reader", allow("sts:GetAccessKeyInfo")))
ask("by a user who may", reader.get_access_key_info, AccessKeyId=nobody_key["AccessKeyId"])
