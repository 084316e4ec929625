"""Every way in which boto3 sends a body, tags, versions, ranges and URLs; run by TestBoto3Modes.

ENDPOINT, HOSTED, ACCESS_KEY, SECRET and TOKEN come in the environment. HOSTED
is an endpoint whose host name takes buckets; it is reached at ENDPOINT.
"""

import base64
import hashlib
import http.client
import io
import os
import sys
import urllib.parse
import zlib

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

failed = 0


def check(name, ok, note=""):
    global failed
    if not ok:
        failed += 1
        print("FAIL", name, note)


def answer(call, **params):
    """The code and message of a refusal."""
    try:
        call(**params)
    except ClientError as e:
        return e.response["Error"]["Code"], e.response["Error"].get("Message", "")
    return None, ""


def client(endpoint=os.environ["ENDPOINT"], **config):
    return boto3.client(
        "s3", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id=os.environ["ACCESS_KEY"],
        aws_secret_access_key=os.environ["SECRET"], aws_session_token=os.environ["TOKEN"],
        config=Config(retries={"max_attempts": 1}, **config))


s3 = client()
B = "modes-bucket"
s3.create_bucket(Bucket=B)
SENT = b"0123456789abcdef" * 20_000


class Stream(io.RawIOBase):
    """A body that can be read once more, but tells no length by itself."""

    def __init__(self, data):
        self.inner = io.BytesIO(data)

    def readable(self):
        return True

    def seekable(self):
        return True

    def seek(self, *a):
        return self.inner.seek(*a)

    def tell(self):
        return self.inner.tell()

    def readinto(self, buffer):
        return self.inner.readinto(buffer)


def bodies():
    ways = {
        "as it is": {}, "signed": {"s3": {"payload_signing_enabled": True}}, "unsigned": {"s3": {"payload_signing_enabled": False}},
        "without checksums": {"request_checksum_calculation": "when_required"},
        "without checksums, signed": {"request_checksum_calculation": "when_required", "s3": {"payload_signing_enabled": True}},
        "s3v4": {"signature_version": "s3v4"},
    }
    for way, config in ways.items():
        try:
            c = client(**config)
        except TypeError:  # an option of a later botocore
            continue
        for kind, body in ("bytes", SENT), ("file", io.BytesIO(SENT)), ("stream", io.BufferedReader(Stream(SENT))), ("nothing", b""):
            want = b"" if kind == "nothing" else SENT
            put = c.put_object(Bucket=B, Key="body", Body=body)
            got = c.get_object(Bucket=B, Key="body")["Body"].read()
            check("%s, %s" % (way, kind), got == want and put["ETag"] == '"%s"' % hashlib.md5(want).hexdigest(), len(got))
        c.upload_fileobj(io.BytesIO(SENT), B, "body")
        check("%s, managed upload" % way, c.get_object(Bucket=B, Key="body")["Body"].read() == SENT)


def checksums():
    sums = {
        "CRC32": zlib.crc32(SENT).to_bytes(4, "big"), "SHA1": hashlib.sha1(SENT).digest(), "SHA256": hashlib.sha256(SENT).digest()}
    for algorithm, value in sums.items():
        value, name = base64.b64encode(value).decode(), "Checksum" + algorithm
        for how, params in ("trailed", {"ChecksumAlgorithm": algorithm}), ("given", {name: value}):
            put = s3.put_object(Bucket=B, Key="sum", Body=io.BytesIO(SENT), **params)
            got = s3.get_object(Bucket=B, Key="sum", ChecksumMode="ENABLED")  # boto3 compares too
            check("%s, %s" % (algorithm, how), put[name] == value == got[name] and got["Body"].read() == SENT, put)
        refused, _ = answer(s3.put_object, Bucket=B, Key="never", Body=b"another", **{name: value})
        check("%s of another body" % algorithm, refused == "BadDigest", refused)
        upload = s3.create_multipart_upload(Bucket=B, Key="sum", ChecksumAlgorithm=algorithm)["UploadId"]
        part = s3.upload_part(Bucket=B, Key="sum", UploadId=upload, PartNumber=1, Body=SENT, ChecksumAlgorithm=algorithm)
        done = s3.complete_multipart_upload(Bucket=B, Key="sum", UploadId=upload, MultipartUpload={
            "Parts": [{"PartNumber": 1, "ETag": part["ETag"], name: part[name]}]})
        check("%s of parts" % algorithm, part[name] == value and name in done, done)
    check("none was kept", answer(s3.head_object, Bucket=B, Key="never")[0] == "404")
    digest = base64.b64encode(hashlib.md5(SENT).digest()).decode()
    s3.put_object(Bucket=B, Key="sum", Body=SENT, ContentMD5=digest)
    check("MD5 of another body", answer(s3.put_object, Bucket=B, Key="never", Body=b"x", ContentMD5=digest)[0] == "BadDigest")


def tags():
    one, two = [{"Key": "a", "Value": "1"}], [{"Key": "a", "Value": "2"}, {"Key": "b c", "Value": "d+e=f/ü"}]
    s3.put_object(Bucket=B, Key="tagged", Body=b"", Tagging="a=1")
    check("tags when written", s3.get_object_tagging(Bucket=B, Key="tagged")["TagSet"] == one)
    check("their count", s3.get_object(Bucket=B, Key="tagged").get("TagCount") == 1)
    s3.put_object_tagging(Bucket=B, Key="tagged", Tagging={"TagSet": two})
    got = s3.get_object_tagging(Bucket=B, Key="tagged")["TagSet"]
    check("tags afterwards", sorted(got, key=lambda t: t["Key"]) == two, got)
    s3.copy_object(Bucket=B, Key="copied", CopySource={"Bucket": B, "Key": "tagged"})
    check("tags of a copy", len(s3.get_object_tagging(Bucket=B, Key="copied")["TagSet"]) == 2)
    s3.copy_object(Bucket=B, Key="copied", CopySource={"Bucket": B, "Key": "tagged"}, TaggingDirective="REPLACE", Tagging="a=1")
    check("other tags of a copy", s3.get_object_tagging(Bucket=B, Key="copied")["TagSet"] == one)
    s3.delete_object_tagging(Bucket=B, Key="tagged")
    check("no tags", s3.get_object_tagging(Bucket=B, Key="tagged")["TagSet"] == [])
    many = [{"Key": str(i), "Value": ""} for i in range(11)]
    check("eleven tags", answer(s3.put_object_tagging, Bucket=B, Key="tagged", Tagging={"TagSet": many})[0] == "BadRequest")
    check("one tag twice", answer(s3.put_object_tagging, Bucket=B, Key="tagged", Tagging={"TagSet": one + one})[0] == "InvalidTag")
    check("no tags of the bucket", answer(s3.get_bucket_tagging, Bucket=B)[0] == "NoSuchTagSet")
    s3.put_bucket_tagging(Bucket=B, Tagging={"TagSet": two})
    check("tags of the bucket", s3.get_bucket_tagging(Bucket=B)["TagSet"] == two)
    s3.delete_bucket_tagging(Bucket=B)
    check("no longer", answer(s3.get_bucket_tagging, Bucket=B)[0] == "NoSuchTagSet")
    check("tags of nothing", answer(s3.get_object_tagging, Bucket=B, Key="nothing")[0] == "NoSuchKey")


def versions():
    b = B + "-versions"
    s3.create_bucket(Bucket=b)
    check("never versioned", "Status" not in s3.get_bucket_versioning(Bucket=b))
    s3.put_object(Bucket=b, Key="old", Body=b"before")
    s3.put_bucket_versioning(Bucket=b, VersioningConfiguration={"Status": "Enabled"})
    check("versioned", s3.get_bucket_versioning(Bucket=b)["Status"] == "Enabled")
    first = s3.put_object(Bucket=b, Key="k", Body=b"1", Tagging="v=1")["VersionId"]
    second = s3.put_object(Bucket=b, Key="k", Body=b"2")["VersionId"]

    def body(version=None, key="k"):
        params = {"VersionId": version} if version else {}
        return s3.get_object(Bucket=b, Key=key, **params)["Body"].read()

    check("each version", (body(), body(second), body(first)) == (b"2", b"2", b"1"))
    s3.put_object(Bucket=b, Key="old", Body=b"new")
    check("from before", (body(key="old"), body("null", key="old")) == (b"new", b"before"))
    check("its head", s3.head_object(Bucket=b, Key="k", VersionId=first)["VersionId"] == first)
    check("its tags", s3.get_object_tagging(Bucket=b, Key="k", VersionId=first)["TagSet"] == [{"Key": "v", "Value": "1"}])
    check("no tags of the other", s3.get_object_tagging(Bucket=b, Key="k", VersionId=second)["TagSet"] == [])
    s3.copy_object(Bucket=b, Key="copy", CopySource={"Bucket": b, "Key": "k", "VersionId": first})
    check("copy of a version", s3.get_object(Bucket=b, Key="copy")["Body"].read() == b"1")
    gone = s3.delete_object(Bucket=b, Key="k")
    check("deleted", gone["DeleteMarker"] and answer(body)[0] == "NoSuchKey", gone)
    check("its marker", answer(body, version=gone["VersionId"])[0] == "MethodNotAllowed", answer(body, version=gone["VersionId"]))
    listed = s3.list_object_versions(Bucket=b, Prefix="k")
    check("listed", [v["VersionId"] for v in listed["Versions"]] == [second, first] and len(listed["DeleteMarkers"]) == 1, listed)
    check("the latest", [m["IsLatest"] for m in listed["DeleteMarkers"]] == [True] and not any(v["IsLatest"] for v in listed["Versions"]))
    check("not in the plain list", [o["Key"] for o in s3.list_objects_v2(Bucket=b)["Contents"]] == ["copy", "old"])
    s3.delete_object(Bucket=b, Key="k", VersionId=gone["VersionId"])
    check("back again", body() == b"2")
    s3.delete_object(Bucket=b, Key="k", VersionId=second)
    check("the one before", body() == b"1")
    check("no such version", answer(body, version="01JNOSUCHVERSION0000000000")[0] in ("NoSuchVersion", "InvalidArgument"), answer(body, version="01JNOSUCHVERSION0000000000"))
    s3.put_bucket_versioning(Bucket=b, VersioningConfiguration={"Status": "Suspended"})
    check("suspended", s3.get_bucket_versioning(Bucket=b)["Status"] == "Suspended")
    s3.put_object(Bucket=b, Key="k", Body=b"after")
    check("written while suspended", (body(), body("null"), body(first)) == (b"after", b"after", b"1"))
    refused, _ = answer(s3.put_bucket_versioning, Bucket=b, VersioningConfiguration={"Status": "Enabled", "MFADelete": "Enabled"}, MFA="1 2")
    check("MFA delete", refused == "NotImplemented", refused)


def send(method, url, body=None, headers={}):
    """What the server answers to a URL, wherever its host name leads."""
    u, there = urllib.parse.urlsplit(url), urllib.parse.urlsplit(os.environ["ENDPOINT"])
    connection = http.client.HTTPConnection(there.hostname, there.port)
    connection.request(method, u.path + "?" + u.query, body=body, headers={"Host": u.netloc, **headers})
    got = connection.getresponse()
    return got.status, got.read(), got.headers


def urls():
    places = {"path": (os.environ["ENDPOINT"], "path"), "host": (os.environ["HOSTED"], "virtual")}
    for version in None, "s3", "s3v4":
        for place, (endpoint, style) in places.items():
            name = "URL of %s, %s: " % (version or "the default", place)
            config = {"signature_version": version} if version else {}
            c = client(endpoint, s3={"addressing_style": style}, **config)

            def url(operation, expires=60, **params):
                made = c.generate_presigned_url(operation, Params={"Bucket": B, "Key": "ü r+l", **params}, ExpiresIn=expires)
                check(name + "bucket", (urllib.parse.urlsplit(made).netloc.startswith(B)) == (place == "host"), made)
                return made

            status, text, _ = send("PUT", url("put_object"), b"by URL")
            check(name + "put", status == 200, text)
            status, got, headers = send("GET", url("get_object", ResponseContentType="a/b", ResponseContentDisposition='attachment; filename="a b"'))
            seen = (status, got, headers["content-type"], headers["content-disposition"])
            check(name + "get", seen == (200, b"by URL", "a/b", 'attachment; filename="a b"'), seen)
            status, got, headers = send("HEAD", url("head_object"))
            check(name + "head", (status, headers["content-length"]) == (200, "6"), status)
            check(name + "get, as put", send("PUT", url("get_object"), b"x")[0] == 403)
            check(name + "put, as get", send("GET", url("put_object"))[0] == 403)
            check(name + "another key", send("GET", url("get_object").replace("l?", "m?"))[0] == 403)
            check(name + "expired", send("GET", url("get_object", expires=-1 if version in (None, "s3") else 1).replace("Expires=1&", "Expires=0&"))[0] in (400, 403))
            status, text, _ = send("DELETE", url("delete_object"))
            check(name + "delete", status == 204, text)
            check(name + "gone", send("GET", url("get_object"))[0] == 404)
    post = s3.generate_presigned_post(B, "form")
    parts = "".join('--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % field for field in post["fields"].items())
    parts += '--x\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nby form\r\n--x--\r\n'
    status, text, _ = send("POST", post["url"], parts.encode(), {"Content-Type": "multipart/form-data; boundary=x"})
    check("form", status == 204 and s3.get_object(Bucket=B, Key="form")["Body"].read() == b"by form", text)


def unbuilt():
    for name, call, params in [
        ("PutBucketPolicy", s3.put_bucket_policy, {"Policy": "{}"}),
        ("PutBucketWebsite", s3.put_bucket_website, {"WebsiteConfiguration": {"IndexDocument": {"Suffix": "i"}}}),
        ("ListBucketMetricsConfigurations", s3.list_bucket_metrics_configurations, {}),
        ("PutObjectRetention", s3.put_object_retention, {"Key": "sum", "Retention": {}}),
        ("GetObjectTorrent", s3.get_object_torrent, {"Key": "sum"}),
    ]:
        got = answer(call, Bucket=B, **params)
        check("unbuilt " + name, got == ("NotImplemented", name + " is not implemented by Muster"), got)


for part in bodies, checksums, tags, versions, urls, unbuilt:
    part()
sys.exit(1 if failed else 0)
