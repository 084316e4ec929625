"""Inline policies of roles and of users."""

import wire
from wire import allow, ask, document, refused

iam = wire.client("iam")
nobody = wire.client("iam", key=wire.user())

read = document(allow("s3:GetObject", resource="arn:aws:s3:::models/*"))
ask("to have policies", iam.create_role, RoleName="pump", AssumeRolePolicyDocument=wire.trust(Service="sagemaker.amazonaws.com"))

for kind, whose, ghost, characters in ("role", {"RoleName": "pump"}, {"RoleName": "ghost"}, 10240), ("user", {"UserName": "nobody"}, {"UserName": "ghost"}, 2048):
    put, get = getattr(iam, f"put_{kind}_policy"), getattr(iam, f"get_{kind}_policy")
    names, delete = getattr(iam, f"list_{kind}_policies"), getattr(iam, f"delete_{kind}_policy")
    ask("a new one", put, **whose, PolicyName="read", PolicyDocument=document(allow("s3:*")))
    ask("another in its place", put, **whose, PolicyName="read", PolicyDocument=read)
    ask("with white space", put, **whose, PolicyName="write+", PolicyDocument=read.replace("Get", "Put") + "\n")
    refused("MalformedPolicyDocument", "a trust policy", put, **whose, PolicyName="trust", PolicyDocument=wire.trust(AWS="*"))
    long = document(allow("s3:*", resource="arn:aws:s3:::" + (characters - 250) * "a"))
    refused("LimitExceeded", "together too long", put, **whose, PolicyName="long", PolicyDocument=long)
    ask("as it was given", get, **whose, PolicyName="write+")
    refused("NoSuchEntity", "a policy that isn't there", get, **whose, PolicyName="Read")
    page = ask("a page of one", names, **whose, MaxItems=1)
    ask("the page after", names, **whose, MaxItems=1, Marker=page["Marker"])
    refused("ValidationError", "no marker of ours", names, **whose, Marker="x")
    ask("one of two", delete, **whose, PolicyName="read")
    refused("NoSuchEntity", "the same again", delete, **whose, PolicyName="read")
    for call, more in (put, {"PolicyName": "read", "PolicyDocument": read}), (get, {"PolicyName": "read"}), (delete, {"PolicyName": "read"}), (names, {}):
        refused("NoSuchEntity", f"a {kind} that isn't there", call, **ghost, **more)
        refused("AccessDenied", "by nobody", getattr(nobody, call.__name__), **whose, **more)
        if more:
            refused("ValidationError", "a blank in the name", call, **whose, **{**more, "PolicyName": "a b"})
