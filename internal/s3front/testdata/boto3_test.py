"""What an unmodified boto3 sees of S3; run by TestBoto3.

ENDPOINT, ACCESS_KEY, SECRET and TOKEN come in the environment.
"""

import hashlib
import io
import os
import sys
import urllib.error
import urllib.request

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

failed = 0


def check(name, ok, note=""):
    global failed
    if not ok:
        failed += 1
        print("FAIL", name, note)


def code(call, **params):
    try:
        call(**params)
    except ClientError as e:
        return e.response["Error"]["Code"]
    return None


def client(secret=os.environ["SECRET"], token=os.environ["TOKEN"], **config):
    try:
        made = Config(retries={"max_attempts": 1}, **config)
    except TypeError:  # an option of a later botocore
        return None
    return boto3.client(
        "s3", endpoint_url=os.environ["ENDPOINT"], region_name="us-east-1",
        aws_access_key_id=os.environ["ACCESS_KEY"], aws_secret_access_key=secret, aws_session_token=token, config=made)


s3 = client()
B = "boto3-bucket"
s3.create_bucket(Bucket=B)


def body(key, **params):
    return s3.get_object(Bucket=B, Key=key, **params)["Body"].read()


def objects():
    put = s3.put_object(Bucket=B, Key="k1", Body=b"hello", Metadata={"Colour": "grey"}, ContentType="text/x")
    check("put", put["ETag"] == '"%s"' % hashlib.md5(b"hello").hexdigest(), put)
    got = s3.get_object(Bucket=B, Key="k1")
    seen = (got["Body"].read(), got["Metadata"], got["ContentType"], got.get("ContentEncoding"))
    check("get", seen == (b"hello", {"colour": "grey"}, "text/x", None), seen)
    s3.put_object(Bucket=B, Key="empty", Body=b"")
    check("empty", body("empty") == b"")
    s3.put_object(Bucket=B, Key="stream", Body=io.BytesIO(b"s" * 100_000))
    check("stream", body("stream") == b"s" * 100_000)
    check("head", s3.head_object(Bucket=B, Key="k1")["ContentLength"] == 5)
    check("range", body("k1", Range="bytes=1-2") == b"el")
    check("head of nothing", code(s3.head_object, Bucket=B, Key="nope") == "404")
    check("get of nothing", code(s3.get_object, Bucket=B, Key="nope") == "NoSuchKey")
    check("no bucket", code(s3.list_objects_v2, Bucket="nope-nope") == "NoSuchBucket")
    s3.copy_object(Bucket=B, Key="k2", CopySource={"Bucket": B, "Key": "k1"})
    check("copy", body("k2") == b"hello")
    check("not modified", code(s3.get_object, Bucket=B, Key="k1", IfNoneMatch=put["ETag"]) == "304")


def multipart():
    parts = TransferConfig(multipart_threshold=5 << 20, multipart_chunksize=5 << 20)
    s3.upload_fileobj(io.BytesIO(b"x" * 20_000_000), B, "mp", Config=parts)
    head = s3.head_object(Bucket=B, Key="mp")
    check("multipart", head["ContentLength"] == 20_000_000 and head["ETag"].endswith('-4"'), head["ETag"])
    s3.copy({"Bucket": B, "Key": "mp"}, B, "mp2", Config=parts)
    check("multipart copy", s3.head_object(Bucket=B, Key="mp2")["ContentLength"] == 20_000_000)


def keys():
    for key in ["sp ace+%&=?#'ü/😀.txt", "trail/", "~tilde!*()", "per%2Fcent", ";,:@$", "n" * 255, "dir/child"]:
        content = b"" if key.endswith("/") else key.encode()
        s3.put_object(Bucket=B, Key=key, Body=content)
        check("key %r" % key[:20], body(key) == content)
    for key in ["a//b", "x/../y", "./z", "dir", "full/"]:
        s3.put_object(Bucket=B, Key=key, Body=key.encode())
        check("key %r" % key, body(key) == key.encode())
    for key in ["tab\tbed", "line\nfeed", "nul\0", "\x01\x1f\x7f", "\r"]:
        s3.put_object(Bucket=B, Key="odd/" + key, Body=key.encode())
        check("key %r" % key, body("odd/" + key) == key.encode())
        check("in the list: %r" % key, [o["Key"] for o in s3.list_objects_v2(Bucket=B, Prefix="odd/" + key)["Contents"]] == ["odd/" + key])
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=B, PaginationConfig={"PageSize": 3})
    found = [o["Key"] for p in pages for o in p["Contents"]]
    check("sorted", found == sorted(found, key=lambda k: k.encode()) and "per%2Fcent" in found, found)
    pages = s3.get_paginator("list_objects").paginate(Bucket=B, PaginationConfig={"PageSize": 3})
    check("the older list", [o["Key"] for p in pages for o in p["Contents"]] == found)
    prefixes = s3.list_objects_v2(Bucket=B, Delimiter="/")["CommonPrefixes"]
    check("delimiter", "dir/" in [p["Prefix"] for p in prefixes], prefixes)


def fetch(name, request):
    """The body and headers of a URL."""
    try:
        with urllib.request.urlopen(request) as r:
            return r.read(), r.headers
    except urllib.error.HTTPError as e:
        check(name, False, "%s %s %s" % (e.code, e.read(), e.url))
        return b"", {}


def presigned():
    url = s3.generate_presigned_url("get_object", Params={"Bucket": B, "Key": "k1", "ResponseContentType": "a/b"}, ExpiresIn=60)
    got, headers = fetch("presigned get", url)
    check("presigned get", got == b"hello" and headers["content-type"] == "a/b", url)
    url = s3.generate_presigned_url("list_objects_v2", Params={"Bucket": B, "Prefix": "k"}, ExpiresIn=60)
    got, _ = fetch("presigned list", url)
    check("presigned list", b"<Key>k1</Key>" in got, url)
    v2 = client(signature_version="s3")
    url = v2.generate_presigned_url("get_object", Params={"Bucket": B, "Key": "sp ace+%&=?#'ü/😀.txt"}, ExpiresIn=60)
    got, _ = fetch("presigned, version 2", url)
    check("presigned, version 2", "AWSAccessKeyId=" in url and got.startswith(b"sp ace"), url)
    v4 = client(signature_version="s3v4")
    for name, signer in (("version 2", v2), ("version 4", v4)):
        url = signer.generate_presigned_url("put_object", Params={"Bucket": B, "Key": "pp", "ContentType": "text/y", "Metadata": {"a": "b"}}, ExpiresIn=60)
        headers = {"content-type": "text/y"} if name == "version 4" else {}
        if name == "version 4":
            headers["x-amz-meta-a"] = "b"
        request = urllib.request.Request(url, data=name.encode(), method="PUT", headers=headers)
        if name == "version 2":
            request.add_unredirected_header("Content-type", "text/y")
            url = url.replace("content-type=text%2Fy&", "").replace("&content-type=text%2Fy", "")
            request.full_url = url
        fetch("presigned put, " + name, request)
        got = s3.get_object(Bucket=B, Key="pp")
        check("presigned put, " + name, (got["Body"].read(), got["Metadata"]) == (name.encode(), {"a": "b"}), got["Metadata"])


def checksums():
    check("if-none-match", code(s3.put_object, Bucket=B, Key="k1", Body=b"z", IfNoneMatch="*") == "PreconditionFailed")
    for algorithm in "CRC32", "SHA1", "SHA256":
        s3.put_object(Bucket=B, Key="ck", Body=b"abc" * 1000, ChecksumAlgorithm=algorithm)
        head = s3.head_object(Bucket=B, Key="ck", ChecksumMode="ENABLED")
        check("checksum " + algorithm, "Checksum" + algorithm in head, sorted(head))
    signing = client(s3={"payload_signing_enabled": True})
    signing.put_object(Bucket=B, Key="signed", Body=b"q" * 100_000)
    check("signed payload", s3.head_object(Bucket=B, Key="signed")["ContentLength"] == 100_000)


def the_rest():
    s3.put_object_tagging(Bucket=B, Key="k1", Tagging={"TagSet": [{"Key": "a", "Value": "1"}]})
    check("tags", s3.get_object_tagging(Bucket=B, Key="k1")["TagSet"] == [{"Key": "a", "Value": "1"}])
    s3.put_bucket_versioning(Bucket=B, VersioningConfiguration={"Status": "Enabled"})
    first = s3.put_object(Bucket=B, Key="v", Body=b"1")["VersionId"]
    s3.put_object(Bucket=B, Key="v", Body=b"2")
    s3.delete_object(Bucket=B, Key="v")
    check("version", body("v", VersionId=first) == b"1")
    check("versions", len(s3.list_object_versions(Bucket=B, Prefix="v")["Versions"]) == 2)
    done = s3.delete_objects(Bucket=B, Delete={"Objects": [{"Key": "k1"}, {"Key": "k2"}]})
    check("delete objects", len(done["Deleted"]) == 2, done)
    check("location", s3.get_bucket_location(Bucket=B)["LocationConstraint"] is None)
    check("buckets", B in [b["Name"] for b in s3.list_buckets()["Buckets"]])
    check("bad secret", code(client(secret="wrong").list_buckets) == "SignatureDoesNotMatch")
    check("bad token", code(client(token="forged").list_buckets) == "InvalidToken")
    check("policy", code(s3.put_bucket_policy, Bucket=B, Policy="{}") == "NotImplemented")
    check("acl", code(s3.put_object_acl, Bucket=B, Key="mp", ACL="public-read") == "AccessControlListNotSupported")
    check("public put", code(s3.put_object, Bucket=B, Key="mp", Body=b"", ACL="public-read") == "AccessControlListNotSupported")
    versions = s3.list_object_versions(Bucket=B)
    left = [{"Key": v["Key"], "VersionId": v["VersionId"]} for v in versions.get("Versions", []) + versions.get("DeleteMarkers", [])]
    for one in [one for one in left if one["Key"].startswith("odd/")]:  # XML can't hold all of these keys
        s3.delete_object(Bucket=B, **one)
        left.remove(one)
    done = s3.delete_objects(Bucket=B, Delete={"Objects": left, "Quiet": True})
    check("delete versions", not done.get("Errors") and not done.get("Deleted"), done)
    s3.delete_bucket(Bucket=B)
    check("bucket deleted", code(s3.head_bucket, Bucket=B) == "404")


for part in objects, multipart, keys, presigned, checksums, the_rest:
    part()
sys.exit(1 if failed else 0)
