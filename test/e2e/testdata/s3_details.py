"""Details of S3 and HTTP that clients in the field depend on, one assertion each."""
import base64
import datetime
import hashlib
import json
import time
import urllib.parse
import zlib

import boto3

from s3_wire import check, client, code, end, get, key, presigned, send, signed, host

s3 = client()
v4, v2 = client(signature_version="s3v4"), client(signature_version="s3")
MiB = 1 << 20


def bucket(name, versioned=False):
    s3.create_bucket(Bucket=name)
    if versioned:
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return name


def impossible_keys():
    b = bucket("prefixes")
    for prefix in "/", "a//b", "b/../", "line\nfeed":
        check(f"list of prefix {prefix!r}", s3.list_objects_v2(Bucket=b, Prefix=prefix)["KeyCount"], 0)
        check(f"old list of prefix {prefix!r}", "Contents" in s3.list_objects(Bucket=b, Prefix=prefix), False)
    for name in "/", "a//b", "b/../", "..", "line\nfeed", "tab\t":
        check(f"HEAD {name!r}", code(s3.head_object, Bucket=b, Key=name), "404")
        check(f"GET {name!r}", code(s3.get_object, Bucket=b, Key=name), "NoSuchKey")
    for name in "a//b", "/x", ".", "..", "a/../b", "tab\tand\nline feed", "dir", "dir/", "dir/x", "\x01":
        s3.put_object(Bucket=b, Key=name, Body=name.encode())
        check(f"content of {name!r}", s3.get_object(Bucket=b, Key=name)["Body"].read(), name.encode())
    listed = [o["Key"] for o in s3.list_objects_v2(Bucket=b)["Contents"]]
    check("all keys, by their bytes", listed, sorted(["a//b", "/x", ".", "..", "a/../b", "tab\tand\nline feed", "dir", "dir/", "dir/x", "\x01"]))


def deletes():
    b = bucket("deletes", versioned=True)
    one = s3.delete_object(Bucket=b, Key="never")
    check("DELETE of nothing makes a marker", one.get("DeleteMarker"), True)
    check("with a version", bool(one.get("VersionId")), True)
    many = s3.delete_objects(Bucket=b, Delete={"Objects": [{"Key": "neither"}]})["Deleted"][0]
    check("DeleteObjects of nothing makes a marker", many.get("DeleteMarker"), True)
    check("and names it", bool(many.get("DeleteMarkerVersionId")), True)
    check("both are listed", len(s3.list_object_versions(Bucket=b)["DeleteMarkers"]), 2)
    p = bucket("deletes-plain")
    answer = signed("DELETE", f"/{p}/never", {"If-Match": '"0123"'})
    check("DELETE with If-Match of nothing", (answer.status, answer.code()), (404, "NoSuchKey"))


def lists():
    b = bucket("lists")
    s3.put_object(Bucket=b, Key="a b", Body=b"")
    plain = signed("GET", f"/{b}")
    check("empty Prefix", b"<Prefix></Prefix>" in plain.body or b"<Prefix/>" in plain.body)
    check("empty Marker", b"<Marker></Marker>" in plain.body or b"<Marker/>" in plain.body)
    check("no EncodingType unless asked for", plain.element("EncodingType"), None)
    check("the key as it is", plain.element("Key"), "a b")
    encoded = signed("GET", f"/{b}?encoding-type=url")
    check("EncodingType when asked for", encoded.element("EncodingType"), "url")
    check("the key encoded", encoded.element("Key") in ("a+b", "a%20b"))


def version_pages():
    b = bucket("version-pages", versioned=True)
    for name in "a", "b", "c":
        for n in range(3):
            s3.put_object(Bucket=b, Key=name, Body=str(n).encode())
        s3.delete_object(Bucket=b, Key=name)
    whole = s3.list_object_versions(Bucket=b)
    check("NextKeyMarker of a whole list", whole.get("NextKeyMarker"), None)
    check("NextVersionIdMarker of a whole list", whole.get("NextVersionIdMarker"), None)
    check("all versions", (len(whole["Versions"]), len(whole["DeleteMarkers"])), (9, 3))
    ids = lambda page: [(o["Key"], o["VersionId"]) for kind in ("Versions", "DeleteMarkers") for o in page.get(kind, [])]
    for size in 1, 2, 3, 4, 5, 7, 11, 12:
        seen, more, pages = [], {}, 0
        while pages < 20:
            page = s3.list_object_versions(Bucket=b, MaxKeys=size, **more)
            seen, pages = seen + ids(page), pages + 1
            if not page["IsTruncated"]:
                break
            more = {"KeyMarker": page["NextKeyMarker"], "VersionIdMarker": page["NextVersionIdMarker"]}
        check(f"versions in pages of {size}", sorted(seen), sorted(ids(whole)))
        check(f"how many pages of {size}", pages, -(-12 // size))
    uploads = [s3.create_multipart_upload(Bucket=b, Key="same")["UploadId"] for _ in range(3)]
    seen, more = [], {}
    for _ in range(5):
        page = s3.list_multipart_uploads(Bucket=b, MaxUploads=1, **more)
        seen += [u["UploadId"] for u in page["Uploads"]]
        if not page["IsTruncated"]:
            break
        more = {"KeyMarker": page["NextKeyMarker"], "UploadIdMarker": page["NextUploadIdMarker"]}
    check("uploads of one key, page by page", seen, uploads)


def dates():
    b = bucket("dates")
    etag = s3.put_object(Bucket=b, Key="k", Body=b"x")["ETag"]
    modified = signed("HEAD", f"/{b}/k").headers["Last-Modified"]
    for method in "GET", "HEAD":
        same = signed(method, f"/{b}/k", {"If-Modified-Since": modified})
        check(f"{method} If-Modified-Since its Last-Modified", same.status, 304)
        check(f"the ETag of {method}'s 304", same.headers["ETag"], etag)
        check(f"{method} If-Unmodified-Since its Last-Modified", signed(method, f"/{b}/k", {"If-Unmodified-Since": modified}).status, 200)
    earlier = (datetime.datetime.strptime(modified, "%a, %d %b %Y %H:%M:%S GMT") - datetime.timedelta(seconds=1)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    check("If-Modified-Since a second before", signed("GET", f"/{b}/k", {"If-Modified-Since": earlier}).status, 200)
    check("If-Unmodified-Since a second before", signed("GET", f"/{b}/k", {"If-Unmodified-Since": earlier}).status, 412)


def resumed():
    b = bucket("resumed")
    old = s3.put_object(Bucket=b, Key="fw", Body=b"old-old-old")["ETag"]
    date = signed("HEAD", f"/{b}/fw").headers["Last-Modified"]
    url = presigned("GET", f"/{b}/fw")
    for validator in old, date:
        answer = get(url, ("Range", "bytes=5-"), ("If-Range", validator))
        check(f"resumed with {validator}, unchanged", (answer.status, answer.body), (206, b"ld-old"))
    weak = get(url, ("Range", "bytes=5-"), ("If-Range", "W/" + old))
    check("a weak ETag never holds", (weak.status, weak.body), (200, b"old-old-old"))
    time.sleep(1.1)
    s3.put_object(Bucket=b, Key="fw", Body=b"NEW-NEW-NEW")
    for validator in old, date:
        answer = get(url, ("Range", "bytes=5-"), ("If-Range", validator))
        check(f"resumed with {validator}, changed", (answer.status, answer.body), (200, b"NEW-NEW-NEW"))
        answer = get(presigned("HEAD", f"/{b}/fw"), ("Range", "bytes=5-"), ("If-Range", validator), method="HEAD")
        check(f"HEAD with {validator}, changed", (answer.status, answer.headers["Content-Length"]), (200, "11"))
    check("If-Match with a range", get(url, ("Range", "bytes=5-"), ("If-Match", old)).status, 412)


def tags():
    b = bucket("tags", versioned=True)
    s3.put_object(Bucket=b, Key="k", Body=b"x", Tagging="z=1&a=2&m=3")
    order = lambda: [t["Key"] for t in s3.get_object_tagging(Bucket=b, Key="k")["TagSet"]]
    check("order of tags in the header", order(), ["z", "a", "m"])
    s3.put_object_tagging(Bucket=b, Key="k", Tagging={"TagSet": [{"Key": k, "Value": ""} for k in ("y", "b", "x")]})
    check("order of tags that were set", order(), ["y", "b", "x"])
    own = {"TagSet": [{"Key": "aws:x", "Value": "1"}]}
    check("aws: on an object", code(s3.put_object_tagging, Bucket=b, Key="k", Tagging=own), "InvalidTag")
    check("aws: in the header", code(s3.put_object, Bucket=b, Key="k", Body=b"", Tagging="aws%3Ax=1"), "InvalidTag")
    check("aws: of an upload", code(s3.create_multipart_upload, Bucket=b, Key="k", Tagging="aws%3Ax=1"), "InvalidTag")
    check("aws: of a copy", code(s3.copy_object, Bucket=b, Key="k2", CopySource=f"{b}/k", TaggingDirective="REPLACE", Tagging="aws%3Ax=1"), "InvalidTag")
    check("aws: on a bucket", code(s3.put_bucket_tagging, Bucket=b, Tagging=own), "InvalidTag")
    check("tags of a version that isn't there", code(s3.get_object_tagging, Bucket=b, Key="k", VersionId="0" * 32), "NoSuchVersion")


def parts():
    b = bucket("parts")
    first, second = b"a" * (5 * MiB), b"b" * 10
    crc = lambda data: base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()
    upload = {"Bucket": b, "Key": "k", "UploadId": s3.create_multipart_upload(Bucket=b, Key="k", ChecksumAlgorithm="CRC32", ChecksumType="COMPOSITE")["UploadId"]}
    made = []
    for number, data in (1, first), (2, second):
        part = s3.upload_part(**upload, PartNumber=number, Body=data, ChecksumAlgorithm="CRC32")
        made.append({"PartNumber": number, "ETag": part["ETag"], "ChecksumCRC32": part["ChecksumCRC32"]})
    done = s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": made})
    again = s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": made})
    check("the checksum of the object", done["ChecksumCRC32"].endswith("-2"))
    check("completed again", (again["ETag"], again["ChecksumCRC32"], again["ChecksumType"]), (done["ETag"], done["ChecksumCRC32"], done["ChecksumType"]))
    for number, data in (1, first), (2, second):
        part = s3.get_object(Bucket=b, Key="k", PartNumber=number, ChecksumMode="ENABLED")
        check(f"part {number}", part["Body"].read() == data)
        check(f"the checksum of part {number}", part.get("ChecksumCRC32"), crc(data))
        check(f"its type", part.get("ChecksumType"), "COMPOSITE")
        check("how many parts there are", part["PartsCount"], 2)


def headers():
    b = bucket("headers")
    for given, kept in ("deflate, gzip", "deflate, gzip"), ("aws-chunked,gzip", "gzip"):
        signed("PUT", f"/{b}/k", {"Content-Encoding": given}, b"x")
        check(f"Content-Encoding {given}", signed("GET", f"/{b}/k").headers["Content-Encoding"], kept)
    signed("PUT", f"/{b}/k", {"Content-Encoding": "aws-chunked"}, b"x")
    check("aws-chunked alone", signed("GET", f"/{b}/k").headers["Content-Encoding"] in (None, ""))
    etag = s3.put_object(Bucket=b, Key="k", Body=b"x")["ETag"]
    bare = etag.strip('"')
    for condition in f'"0", {etag}', bare, f'"{bare}', f'{bare}"', "*":
        check(f"If-Match: {condition}", signed("GET", f"/{b}/k", {"If-Match": condition}).status, 200)
    check("If-Match of another", signed("GET", f"/{b}/k", {"If-Match": '"0", "1"'}).status, 412)
    refused = signed("PUT", f"/{b}/copy", {"x-amz-copy-source": f"/{b}/k", "x-amz-copy-source-if-match": '"0"'})
    check("a copy's condition", (refused.status, refused.code(), (refused.element("Condition") or "").lower()), (412, "PreconditionFailed", "x-amz-copy-source-if-match"))


def copies():
    b = bucket("copies", versioned=True)
    v = s3.put_object(Bucket=b, Key="k", Body=b"x")["VersionId"]
    copied = s3.copy_object(Bucket=b, Key="k", CopySource={"Bucket": b, "Key": "k", "VersionId": v})
    check("the newest onto itself by its version", copied["CopySourceVersionId"], v)
    check("a new version", copied["VersionId"] != v)
    check("a source version that isn't there", code(s3.copy_object, Bucket=b, Key="c", CopySource={"Bucket": b, "Key": "k", "VersionId": "0" * 32}), "NoSuchVersion")
    p = bucket("touched")
    s3.put_object(Bucket=p, Key="k", Body=b"x")
    before = s3.head_object(Bucket=p, Key="k")["LastModified"]
    check("onto itself without a change", code(s3.copy_object, Bucket=p, Key="k", CopySource=f"{p}/k"), "InvalidRequest")
    time.sleep(1.1)
    answered = s3.copy_object(Bucket=p, Key="k", CopySource=f"{p}/k", MetadataDirective="REPLACE", Metadata={"a": "b"})["CopyObjectResult"]["LastModified"]
    after = s3.head_object(Bucket=p, Key="k")
    check("onto itself has a new date", after["LastModified"] > before)
    check("which the copy answered", answered.replace(microsecond=0), after["LastModified"])
    check("lists say it too", s3.list_objects_v2(Bucket=p)["Contents"][0]["LastModified"].replace(microsecond=0), after["LastModified"])
    check("and the metadata", after["Metadata"], {"a": "b"})
    s3.copy_object(Bucket=p, Key="k", CopySource=f"{p}/k", StorageClass="STANDARD_IA")
    check("another storage class alone", s3.head_object(Bucket=p, Key="k").get("StorageClass"), "STANDARD_IA")


def buckets():
    refused = signed("PUT", "/located", body=b"<CreateBucketConfiguration><LocationConstraint>us-east-1</LocationConstraint></CreateBucketConfiguration>")
    check("LocationConstraint us-east-1", (refused.status, refused.code()), (400, "InvalidLocationConstraint"))
    b = bucket("head-me", versioned=True)
    check("HeadBucket's content type", bool(signed("HEAD", f"/{b}").headers["Content-Type"]))
    marker = s3.delete_object(Bucket=b, Key="k")["VersionId"]
    for method in "GET", "HEAD":
        answer = signed(method, f"/{b}/k?versionId={marker}")
        check(f"{method} of a delete marker", (answer.status, answer.headers["Allow"]), (405, "DELETE"))
    for name in "console", "crl", "ocsp", "metrics", "healthz", "readyz", "repository":
        answer = signed("PUT", f"/{name}")
        check(f"a bucket named {name}", 400 <= answer.status < 500, True)


def urls():
    b = bucket("urls")
    url = v2.generate_presigned_url("put_object", Params={"Bucket": b, "Key": "k", "ContentType": "text/x-right"})
    put = lambda *more: send("PUT", url.removeprefix(f"http://{host}"), [("Host", host), ("Content-Length", "1"), *more], b"x").status
    check("SigV2 URL with its content type", put(("Content-Type", "text/x-right")), 200)
    check("with another", put(("Content-Type", "text/plain")) in (400, 403))
    check("with none", put(), 403)


def framing():
    b = bucket("framing")
    answer = signed("PUT", f"/{b}/both", {"x-amz-content-sha256": "UNSIGNED-PAYLOAD"}, b"1\r\nx\r\n0\r\n\r\n", payload="UNSIGNED-PAYLOAD",
                    unsigned=[("Content-Length", "11"), ("Transfer-Encoding", "chunked")])
    check("both lengths: an answer", 200 <= answer.status < 500, True)
    check("and the connection closed", (answer.headers["Connection"] or "").lower(), "close")
    huge = send_header_only(f"/{b}/huge", 6 << 40)
    check("more than an object may have, refused from the header", (huge.status, huge.code()), (400, "EntityTooLarge"))
    check("iot: a body beyond the limit, refused from the header", iot_header_only(1 << 40), 413)


def send_header_only(target, length):
    """The body is announced and never sent: an answer before it is what is wanted."""
    return signed("PUT", target, {"x-amz-content-sha256": hashlib.sha256(b"").hexdigest(), "Content-Length": str(length)})


def iot_header_only(length):
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from s3_wire import endpoint, region
    request = AWSRequest("POST", endpoint + "/things/huge", data=b"")
    SigV4Auth(key, "iot", region).add_auth(request)
    lines = [("Host", host), *request.headers.items(), ("Content-Length", str(length))]
    return send("POST", "/things/huge", lines).status


def iam_and_iot():
    iam, iot = boto3.client("iam"), boto3.client("iot")
    document = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}})
    made = iam.create_policy(PolicyName="details", Description="said", PolicyDocument=document)["Policy"]
    check("CreatePolicy answers no Description", made.get("Description"), None)
    check("GetPolicy answers empty Tags", iam.get_policy(PolicyArn=made["Arn"])["Policy"].get("Tags"), [])
    try:
        iot.list_thing_principals(thingName="nobody")
        check("principals of an unknown thing", "succeeded", "ResourceNotFoundException")
    except iot.exceptions.ResourceNotFoundException as error:
        check("principals of an unknown thing", error.response["message"] if "message" in error.response else error.response["Error"]["Message"],
              "Failed to list principals for thing nobody because the thing does not exist in your account")


def encryption():
    b = bucket("encryption")
    answers = {
        "PutObject asked": s3.put_object(Bucket=b, Key="k", Body=b"x", ServerSideEncryption="AES256"),
        "PutObject unasked": s3.put_object(Bucket=b, Key="k", Body=b"x"),
        "GetObject": s3.get_object(Bucket=b, Key="k"),
        "HeadObject": s3.head_object(Bucket=b, Key="k"),
        "CopyObject": s3.copy_object(Bucket=b, Key="c", CopySource=f"{b}/k", ServerSideEncryption="AES256"),
        "CreateMultipartUpload": s3.create_multipart_upload(Bucket=b, Key="m", ServerSideEncryption="AES256"),
    }
    upload = {"Bucket": b, "Key": "m", "UploadId": answers["CreateMultipartUpload"]["UploadId"]}
    etag = s3.upload_part(**upload, PartNumber=1, Body=b"x")["ETag"]
    answers["CompleteMultipartUpload"] = s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]})
    for operation, answer in answers.items():
        check(f"{operation} says AES256", answer.get("ServerSideEncryption"), "AES256")
    rule = s3.get_bucket_encryption(Bucket=b)["ServerSideEncryptionConfiguration"]["Rules"][0]
    check("GetBucketEncryption", rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"], "AES256")
    for kind in "aws:kms", "aws:kms:dsse":
        check(f"PutObject with {kind}", code(s3.put_object, Bucket=b, Key="k", Body=b"y", ServerSideEncryption=kind), "NotImplemented")
        check(f"CreateMultipartUpload with {kind}", code(s3.create_multipart_upload, Bucket=b, Key="k", ServerSideEncryption=kind), "NotImplemented")
    own = {"x-amz-server-side-encryption-customer-algorithm": "AES256"}
    check("PutObject with a customer's key", signed("PUT", f"/{b}/k", own, b"y").status, 501)
    check("which changed nothing", s3.get_object(Bucket=b, Key="k")["Body"].read(), b"x")


def meaningless():
    b = bucket("meaningless")
    s3.put_object(Bucket=b, Key="k", Body=b"v")
    te = signed("GET", f"/{b}/k", {"x-amz-te": "append-md5"})
    check("x-amz-te", (te.status, te.body), (200, b"v"))
    check("OptionalObjectAttributes", s3.list_objects_v2(Bucket=b, OptionalObjectAttributes=["RestoreStatus"])["KeyCount"], 1)
    check("BypassGovernanceRetention", code(s3.delete_object, Bucket=b, Key="other", BypassGovernanceRetention=True), "succeeded")
    check("no lock asked for", code(s3.create_bucket, Bucket="unlocked", ObjectLockEnabledForBucket=False), "succeeded")
    for query in "x-user=ana", "cache-breaker=1", "metadata=true":
        check(f"URL with {query}", get(presigned("GET", f"/{b}/k?{query}")).status, 200)
        check(f"header with {query}", signed("GET", f"/{b}/k?{query}").status, 200)
        check(f"a list with {query}", signed("GET", f"/{b}?list-type=2&{query}").status, 200)
        check(f"a PUT with {query}", signed("PUT", f"/{b}/put?{query}", body=b"x").status, 200)
    for query in "retention", "legal-hold", "restore", "torrent":
        check(f"PUT of ?{query} is refused", signed("PUT" if query != "restore" else "POST", f"/{b}/k?{query}", body=b"lock").status in (501, 405, 400), True)
    check("and wrote nothing", s3.get_object(Bucket=b, Key="k")["Body"].read(), b"v")
    for lock in {"x-amz-object-lock-mode": "GOVERNANCE"}, {"x-amz-website-redirect-location": "/x"}, {"x-amz-object-lock-legal-hold": "ON"}:
        answer = signed("PUT", f"/{b}/k", lock, b"lock")
        check(f"refused by name: {lock}", (answer.status, next(iter(lock)) in answer.body.decode().lower()), (501, True))


def markers():
    b = bucket("markers")
    kind = "application/x-directory; charset=UTF-8"
    s3.put_object(Bucket=b, Key="a/", ContentType=kind, Metadata={"mode": "493"}, Tagging="x=1")
    s3.put_object(Bucket=b, Key="a/child", Body=b"c")
    head = s3.head_object(Bucket=b, Key="a/")
    check("the type with its parameters", head["ContentType"], kind)
    check("no object without the slash", code(s3.head_object, Bucket=b, Key="a"), "404")
    s3.copy_object(Bucket=b, Key="b/", CopySource=f"{b}/a/")
    copied = s3.head_object(Bucket=b, Key="b/")
    check("its copy", (copied["ContentType"], copied["Metadata"], copied["ContentLength"]), (kind, {"mode": "493"}, 0))
    check("the copy's tags", s3.get_object_tagging(Bucket=b, Key="b/")["TagSet"], [{"Key": "x", "Value": "1"}])
    upload = {"Bucket": b, "Key": "c/", "UploadId": s3.create_multipart_upload(Bucket=b, Key="c/")["UploadId"]}
    etag = s3.upload_part(**upload, PartNumber=1, Body=b"content")["ETag"]
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]})
    check("content below a slash", s3.get_object(Bucket=b, Key="c/")["Body"].read(), b"content")
    s3.delete_object(Bucket=b, Key="a/")
    check("the child stays", s3.get_object(Bucket=b, Key="a/child")["Body"].read(), b"c")


def regions():
    b = bucket("regions")
    s3.put_object(Bucket=b, Key="k", Body=b"v")
    answer = signed("GET", f"/{b}/k", region="eu-north-1")
    check("a wrong region", (answer.status, answer.code(), answer.element("Region")), (400, "AuthorizationHeaderMalformed", "us-east-1"))
    answer = get(presigned("GET", f"/{b}/k", region="eu-north-1"))
    check("a wrong region in a URL", (answer.status, answer.code(), answer.element("Region")), (400, "AuthorizationQueryParametersError", "us-east-1"))
    for old in "US", "EU":
        answer = signed("GET", f"/{b}/k", region=old)
        check(f"the old name {old}", (answer.status, answer.body) if old == "US" else answer.status in (200, 400), (200, b"v") if old == "US" else True)


def owners():
    b = bucket("owners")
    s3.put_object(Bucket=b, Key="k", Body=b"v")
    for says, acl in ("the object's", s3.get_object_acl(Bucket=b, Key="k")), ("the bucket's", s3.get_bucket_acl(Bucket=b)):
        check(f"{says} ACL", [g["Permission"] for g in acl["Grants"]], ["FULL_CONTROL"])
        check(f"{says} grantee", acl["Grants"][0]["Grantee"]["ID"], acl["Owner"]["ID"])
    check("the ACL of no object", code(s3.get_object_acl, Bucket=b, Key="no"), "NoSuchKey")
    check("a public ACL", code(s3.put_object_acl, Bucket=b, Key="k", ACL="public-read") in ("NotImplemented", "AccessControlListNotSupported"))
    request = signed("GET", f"/{b}/k")
    check("signed the usual way", request.status, 200)
    bare = unhashed(f"/{b}/k")
    check("without x-amz-content-sha256", (bare.status, bare.code()), (400, "InvalidRequest"))


def unhashed(target):
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from s3_wire import endpoint, region
    request = AWSRequest("GET", endpoint + target)
    SigV4Auth(key, "s3", region).add_auth(request)
    return send("GET", target, [("Host", host), *request.headers.items()])


def forms_cors_and_rules():
    b = bucket("forms")
    for version, signer in ("s3v4", v4), ("s3", v2):
        form = signer.generate_presigned_post(b, "in/${filename}", Fields={"Content-Type": "text/plain"},
                                              Conditions=[{"Content-Type": "text/plain"}, ["content-length-range", 1, 10]])
        check(f"{version}: a form", post(form, b"hello", "a.txt").status, 204)
        check(f"{version}: what it made", s3.get_object(Bucket=b, Key="in/a.txt")["Body"].read(), b"hello")
        check(f"{version}: too long", post(form, b"x" * 11, "long").code(), "EntityTooLarge")
        other = dict(form, fields=dict(form["fields"], key="out/x"))
        check(f"{version}: another key", (post(other, b"hello", "x").status, code(s3.head_object, Bucket=b, Key="out/x")), (403, "404"))
        other = dict(form, fields=dict(form["fields"], **{"x-amz-meta-more": "1"}))
        check(f"{version}: a field that the policy doesn't know", post(other, b"hello", "x").status, 403)
        s3.delete_object(Bucket=b, Key="in/a.txt")
    check("nothing else was made", s3.list_objects_v2(Bucket=b)["KeyCount"], 0)

    preflight = lambda origin: send("OPTIONS", f"/{b}/k", [("Host", host), ("Origin", origin), ("Access-Control-Request-Method", "PUT")])
    check("preflight without rules", preflight("https://app.example").status, 403)
    s3.put_bucket_cors(Bucket=b, CORSConfiguration={"CORSRules": [{"AllowedOrigins": ["https://app.example"], "AllowedMethods": ["PUT"], "AllowedHeaders": ["*"], "ExposeHeaders": ["ETag"], "MaxAgeSeconds": 60}]})
    answer = preflight("https://app.example")
    check("preflight", (answer.status, answer.headers["Access-Control-Allow-Origin"], answer.headers["Access-Control-Max-Age"]), (200, "https://app.example", "60"))
    check("preflight of another origin", preflight("https://other.example").status, 403)
    answer = signed("PUT", f"/{b}/k", {"Origin": "https://app.example"}, b"x")
    check("the request itself", (answer.status, answer.headers["Access-Control-Expose-Headers"]), (200, "ETag"))

    rules = [{"ID": "old", "Status": "Enabled", "Filter": {"Prefix": "logs/"}, "Expiration": {"Days": 30},
              "NoncurrentVersionExpiration": {"NoncurrentDays": 7}, "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 3}}]
    check("lifecycle before", code(s3.get_bucket_lifecycle_configuration, Bucket=b), "NoSuchLifecycleConfiguration")
    s3.put_bucket_lifecycle_configuration(Bucket=b, LifecycleConfiguration={"Rules": rules})
    check("lifecycle", s3.get_bucket_lifecycle_configuration(Bucket=b)["Rules"], rules)
    moved = [dict(rules[0], Transitions=[{"Days": 1, "StorageClass": "GLACIER"}])]
    check("a transition", code(s3.put_bucket_lifecycle_configuration, Bucket=b, LifecycleConfiguration={"Rules": moved}), "NotImplemented")
    s3.delete_bucket_lifecycle(Bucket=b)
    check("lifecycle after", code(s3.get_bucket_lifecycle_configuration, Bucket=b), "NoSuchLifecycleConfiguration")


def post(form, content, filename):
    edge = "edge-of-the-form"
    body = b"".join(f'--{edge}\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n'.encode() for n, v in form["fields"].items())
    body += f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{filename}"\r\n\r\n'.encode() + content + f"\r\n--{edge}--\r\n".encode()
    path = urllib.parse.urlsplit(form["url"]).path
    return send("POST", path, [("Host", host), ("Content-Type", f"multipart/form-data; boundary={edge}"), ("Content-Length", str(len(body)))], body)


for part in (impossible_keys, deletes, lists, version_pages, dates, resumed, tags, parts, headers, copies, buckets, urls, framing,
             iam_and_iot, encryption, meaningless, markers, regions, owners, forms_cors_and_rules):
    try:
        part()
    except Exception as error:  # the others still run
        check(part.__name__, repr(error), "no exception")
end()
