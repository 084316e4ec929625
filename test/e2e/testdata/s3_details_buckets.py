"""Details of buckets and what is configured of them."""
import datetime
import urllib.parse

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from s3_wire import bucket, check, client, code, endpoint, host, key, region, run, s3, send, signed

v4, v2 = client(signature_version="s3v4"), client(signature_version="s3")


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
        check(f"a bucket named {name}", (answer.status, answer.code()), (400, "InvalidBucketName"))
    for what in "policy", "website", "replication", "cors", "lifecycle", "tagging", "encryption", "publicAccessBlock", "ownershipControls":
        check(f"DELETE ?{what}", signed("DELETE", f"/{b}?{what}").status, 204)
        check(f"DELETE ?{what} of no bucket", signed("DELETE", f"/no-such-bucket?{what}").code(), "NoSuchBucket")


def owners():
    b = bucket("owners")
    s3.put_object(Bucket=b, Key="k", Body=b"v")
    for says, acl in ("the object's", s3.get_object_acl(Bucket=b, Key="k")), ("the bucket's", s3.get_bucket_acl(Bucket=b)):
        check(f"{says} ACL", [g["Permission"] for g in acl["Grants"]], ["FULL_CONTROL"])
        check(f"{says} grantee", acl["Grants"][0]["Grantee"]["ID"], acl["Owner"]["ID"])
    check("the ACL of no object", code(s3.get_object_acl, Bucket=b, Key="no"), "NoSuchKey")
    check("a public ACL", code(s3.put_object_acl, Bucket=b, Key="k", ACL="public-read"), "AccessControlListNotSupported")
    request = signed("GET", f"/{b}/k")
    check("signed the usual way", request.status, 200)
    bare = unhashed(f"/{b}/k")
    check("without x-amz-content-sha256", (bare.status, bare.code()), (400, "InvalidRequest"))


def unhashed(target):
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
    midnight = lambda days: (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days + 1)).strftime("%a, %d %b %Y 00:00:00 GMT")
    said = f'expiry-date="{midnight(30)}", rule-id="old"'
    check("PutObject says when it expires", s3.put_object(Bucket=b, Key="logs/a", Body=b"x").get("Expiration"), said)
    check("GetObject says it", s3.get_object(Bucket=b, Key="logs/a").get("Expiration"), said)
    check("HeadObject says it", s3.head_object(Bucket=b, Key="logs/a").get("Expiration"), said)
    check("a form says it", post(v4.generate_presigned_post(b, "logs/form"), b"hello", "a").headers["x-amz-expiration"], said)
    check("another object says nothing", s3.head_object(Bucket=b, Key="k").get("Expiration"), None)
    begun = s3.create_multipart_upload(Bucket=b, Key="logs/b")
    listed = s3.list_parts(Bucket=b, Key="logs/b", UploadId=begun["UploadId"])
    for answer in begun, listed:
        check("an upload says when it is given up", (answer["AbortDate"].strftime("%a, %d %b %Y %H:%M:%S GMT"), answer["AbortRuleId"]), (midnight(3), "old"))
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


run(buckets, owners, forms_cors_and_rules)
