"""Details of objects: their keys, headers, dates, tags and copies."""
import datetime
import time

from s3_wire import bucket, check, code, get, presigned, run, s3, signed, sums_of_nine


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


def headers():
    b = bucket("headers")
    for given, kept in ("deflate, gzip", "deflate, gzip"), ("aws-chunked,gzip", "gzip"):
        signed("PUT", f"/{b}/k", {"Content-Encoding": given}, b"x")
        check(f"Content-Encoding {given}", signed("GET", f"/{b}/k").headers["Content-Encoding"], kept)
    signed("PUT", f"/{b}/k", {"Content-Encoding": "aws-chunked"}, b"x")
    check("aws-chunked alone", signed("GET", f"/{b}/k").headers["Content-Encoding"], None)
    etag = s3.put_object(Bucket=b, Key="k", Body=b"x")["ETag"]
    bare = etag.strip('"')
    for condition in f'"0", {etag}', bare, f'"{bare}', f'{bare}"', "*":
        check(f"If-Match: {condition}", signed("GET", f"/{b}/k", {"If-Match": condition}).status, 200)
    check("If-Match of another", signed("GET", f"/{b}/k", {"If-Match": '"0", "1"'}).status, 412)
    refused = signed("PUT", f"/{b}/copy", {"x-amz-copy-source": f"/{b}/k", "x-amz-copy-source-if-match": '"0"'})
    check("a copy's condition", (refused.status, refused.code(), refused.element("Condition")), (412, "PreconditionFailed", "x-amz-copy-source-If-Match"))


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
    # What makes it legal is named in the message of the refusal: tags are not.
    check("onto itself with other tags", code(s3.copy_object, Bucket=p, Key="k", CopySource=f"{p}/k", TaggingDirective="REPLACE", Tagging="a=b"), "InvalidRequest")
    check("onto itself with its encryption named", code(s3.copy_object, Bucket=p, Key="k", CopySource=f"{p}/k", ServerSideEncryption="AES256"), "succeeded")
    time.sleep(1.1)
    answered = s3.copy_object(Bucket=p, Key="k", CopySource=f"{p}/k", MetadataDirective="REPLACE", Metadata={"a": "b"})["CopyObjectResult"]["LastModified"]
    after = s3.head_object(Bucket=p, Key="k")
    check("onto itself has a new date", after["LastModified"] > before)
    check("which the copy answered", answered.replace(microsecond=0), after["LastModified"])
    check("lists say it too", s3.list_objects_v2(Bucket=p)["Contents"][0]["LastModified"].replace(microsecond=0), after["LastModified"])
    check("and the metadata", after["Metadata"], {"a": "b"})
    s3.copy_object(Bucket=p, Key="k", CopySource=f"{p}/k", StorageClass="STANDARD_IA")
    check("another storage class alone", s3.head_object(Bucket=p, Key="k").get("StorageClass"), "STANDARD_IA")


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


def checksums():
    """The algorithms that S3 got last: SHA512 botocore computes itself, the others are given by hand."""
    b = bucket("checksums")
    s3.put_object(Bucket=b, Key="sdk", Body=b"123456789")
    if "SHA512" in sums_of_nine:
        put = s3.put_object(Bucket=b, Key="sdk", Body=b"123456789", ChecksumAlgorithm="SHA512")
        check("the SHA512 that botocore sends", put.get("ChecksumSHA512"), sums_of_nine["SHA512"])
    for algorithm, sum in sums_of_nine.items():
        named = {f"Checksum{algorithm}": sum}
        check(f"the {algorithm} that was sent", s3.put_object(Bucket=b, Key=algorithm, Body=b"123456789", **named).get(f"Checksum{algorithm}"), sum)
        check(f"another {algorithm}", code(s3.put_object, Bucket=b, Key=algorithm, Body=b"12345678", **named), "BadDigest")
        read = s3.get_object(Bucket=b, Key=algorithm, ChecksumMode="ENABLED")
        check(f"what is kept with {algorithm}", (read["Body"].read(), read.get(f"Checksum{algorithm}"), read.get("ChecksumType")), (b"123456789", sum, "FULL_OBJECT"))
        check(f"{algorithm} in a list", s3.list_objects_v2(Bucket=b, Prefix=algorithm)["Contents"][0].get("ChecksumAlgorithm"), [algorithm])
        copied = s3.copy_object(Bucket=b, Key="copy", CopySource=f"{b}/sdk", ChecksumAlgorithm=algorithm)
        check(f"{algorithm} of a copy", copied["CopyObjectResult"].get(f"Checksum{algorithm}"), sum)


run(impossible_keys, markers, dates, resumed, headers, tags, copies, encryption, checksums)
