"""A bucket's configuration as an unmodified boto3 sees it; run by TestBoto3Configuration."""

import os
import sys
import urllib.error
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

failed = 0


def check(name, got, want):
    global failed
    if got != want:
        failed += 1
        print("FAIL", name, "got", got, "want", want)


def code(call, **params):
    try:
        call(Bucket="configured", **params)
    except ClientError as e:
        return e.response["Error"]["Code"]
    return None


def read(call, **params):
    answer = call(Bucket="configured", **params)
    del answer["ResponseMetadata"]
    return answer


s3 = boto3.client(
    "s3", region_name="us-east-1", endpoint_url=os.environ["ENDPOINT"], aws_access_key_id=os.environ["ACCESS_KEY"],
    aws_secret_access_key=os.environ["SECRET"], aws_session_token=os.environ["TOKEN"], config=Config(retries={"max_attempts": 1}))
s3.create_bucket(Bucket="configured")
s3.put_object(Bucket="configured", Key="page", Body=b"page")

for call, want in [
    (s3.get_bucket_policy, "NoSuchBucketPolicy"), (s3.get_bucket_policy_status, "NoSuchBucketPolicy"), (s3.get_bucket_website, "NoSuchWebsiteConfiguration"),
    (s3.get_bucket_replication, "ReplicationConfigurationNotFoundError"), (s3.get_object_lock_configuration, "ObjectLockConfigurationNotFoundError"),
    (s3.get_bucket_cors, "NoSuchCORSConfiguration"), (s3.get_bucket_lifecycle_configuration, "NoSuchLifecycleConfiguration"), (s3.get_bucket_tagging, "NoSuchTagSet"),
]:
    check(call.__name__, code(call), want)
for call, want in [
    (s3.get_bucket_logging, {}), (s3.get_bucket_notification_configuration, {}), (s3.get_bucket_accelerate_configuration, {}), (s3.get_bucket_versioning, {}),
    (s3.get_bucket_request_payment, {"Payer": "BucketOwner"}),
]:
    check(call.__name__, read(call), want)

acl = read(s3.get_bucket_acl)
check("the grants", [(g["Permission"], g["Grantee"]["Type"], g["Grantee"]["ID"]) for g in acl["Grants"]], [("FULL_CONTROL", "CanonicalUser", acl["Owner"]["ID"])])
check("the object's ACL", read(s3.get_object_acl, Key="page"), acl)
s3.put_bucket_acl(Bucket="configured", ACL="private")
s3.put_bucket_acl(Bucket="configured", AccessControlPolicy=acl)
s3.put_object_acl(Bucket="configured", Key="page", ACL="private")
s3.put_object_acl(Bucket="configured", Key="page", AccessControlPolicy=acl)
check("a public bucket", code(s3.put_bucket_acl, ACL="public-read"), "AccessControlListNotSupported")

block = {name: True for name in ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"]}
check("the block", read(s3.get_public_access_block), {"PublicAccessBlockConfiguration": block})
check("no block", code(s3.put_public_access_block, PublicAccessBlockConfiguration={"BlockPublicAcls": False}), "NotImplemented")
s3.delete_public_access_block(Bucket="configured")
check("the block that was deleted", code(s3.get_public_access_block), "NoSuchPublicAccessBlockConfiguration")
s3.put_public_access_block(Bucket="configured", PublicAccessBlockConfiguration=block)
check("the block again", read(s3.get_public_access_block), {"PublicAccessBlockConfiguration": block})

controls = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
check("the owner", read(s3.get_bucket_ownership_controls), {"OwnershipControls": controls})
s3.delete_bucket_ownership_controls(Bucket="configured")
check("no owner", code(s3.get_bucket_ownership_controls), "OwnershipControlsNotFoundError")
s3.put_bucket_ownership_controls(Bucket="configured", OwnershipControls=controls)

rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": True}]}
s3.put_bucket_encryption(Bucket="configured", ServerSideEncryptionConfiguration=rules)
check("encryption", read(s3.get_bucket_encryption), {"ServerSideEncryptionConfiguration": rules})
s3.delete_bucket_encryption(Bucket="configured")
rules["Rules"][0]["BucketKeyEnabled"] = False
check("encryption after it was deleted", read(s3.get_bucket_encryption), {"ServerSideEncryptionConfiguration": rules})

tags = {"TagSet": [{"Key": "zebra", "Value": "1"}, {"Key": "ant", "Value": ""}]}
s3.put_bucket_tagging(Bucket="configured", Tagging=tags)
check("tags", read(s3.get_bucket_tagging), tags)
check("AWS's tags", code(s3.put_bucket_tagging, Tagging={"TagSet": [{"Key": "aws:a", "Value": "1"}]}), "InvalidTag")
s3.delete_bucket_tagging(Bucket="configured")
check("no tags", code(s3.get_bucket_tagging), "NoSuchTagSet")

rules = {"Rules": [
    {"ID": "logs", "Filter": {"Prefix": "logs/"}, "Status": "Enabled", "Expiration": {"Days": 30}},
    {"ID": "old", "Filter": {}, "Status": "Disabled", "NoncurrentVersionExpiration": {"NoncurrentDays": 7, "NewerNoncurrentVersions": 2},
     "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 3}, "Expiration": {"ExpiredObjectDeleteMarker": True}},
]}
s3.put_bucket_lifecycle_configuration(Bucket="configured", LifecycleConfiguration=rules)
check("lifecycle", read(s3.get_bucket_lifecycle_configuration), rules | {"TransitionDefaultMinimumObjectSize": "all_storage_classes_128K"})
rules["Rules"][0]["Transitions"] = [{"Days": 1, "StorageClass": "GLACIER"}]
check("a transition", code(s3.put_bucket_lifecycle_configuration, LifecycleConfiguration=rules), "NotImplemented")
s3.delete_bucket_lifecycle(Bucket="configured")
check("no lifecycle", code(s3.get_bucket_lifecycle_configuration), "NoSuchLifecycleConfiguration")

rules = {"CORSRules": [{"AllowedOrigins": ["https://*.example.org"], "AllowedMethods": ["GET", "PUT"], "AllowedHeaders": ["*"], "ExposeHeaders": ["ETag"], "MaxAgeSeconds": 60}]}
s3.put_bucket_cors(Bucket="configured", CORSConfiguration=rules)
check("CORS", read(s3.get_bucket_cors), rules)


def ask(method, url, headers):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method=method, headers=headers)) as r:
            return r.status, r.headers.get("Access-Control-Allow-Origin"), r.headers.get("Access-Control-Expose-Headers")
    except urllib.error.HTTPError as e:
        return e.code, e.headers.get("Access-Control-Allow-Origin"), None


# As a page does it: the browser asks first, then the page reads by a presigned URL.
url = s3.generate_presigned_url("get_object", Params={"Bucket": "configured", "Key": "page"})
page = {"Origin": "https://www.example.org"}
check("a preflight", ask("OPTIONS", url, page | {"Access-Control-Request-Method": "GET"}), (200, "https://www.example.org", "ETag"))
check("the page's GET", ask("GET", url, page), (200, "https://www.example.org", "ETag"))
check("a preflight for DELETE", ask("OPTIONS", url, page | {"Access-Control-Request-Method": "DELETE"}), (403, None, None))
check("another page's GET", ask("GET", url, {"Origin": "https://example.com"}), (200, None, None))
s3.delete_bucket_cors(Bucket="configured")
check("no CORS", code(s3.get_bucket_cors), "NoSuchCORSConfiguration")

sys.exit(failed > 0)
