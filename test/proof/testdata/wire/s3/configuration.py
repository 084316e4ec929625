"""What is configured of a bucket: what can be, and what is answered of what can't."""

import wire
from wire import ask, refused

s3 = wire.client("s3")
nobody = wire.client("s3", key=wire.user())
photos, none = {"Bucket": "photos"}, {"Bucket": "meadows"}
ask("for its configuration", s3.create_bucket, **photos)
cat = {**photos, "Key": "cat"}
ask("for its ACL", s3.put_object, **cat, Body="a cat")


def broken(**params):
    """A client that cuts its documents short."""
    client = wire.client("s3", **params)
    client.meta.events.register("before-call.s3", lambda params, **_: params.update(body=params["body"][:-5]))
    return client


def without(call, name, **more):
    """No bucket, and nobody."""
    refused("NoSuchBucket", "no such bucket", call, **none, **more)
    refused("AccessDenied", "by nobody", getattr(nobody, name), **photos, **more)


rules = {"CORSRules": [{"ID": "page", "AllowedMethods": ["GET", "PUT"], "AllowedOrigins": ["https://*.example.org"], "AllowedHeaders": ["*"], "ExposeHeaders": ["ETag"], "MaxAgeSeconds": 60}]}
refused("NoSuchCORSConfiguration", "without one", s3.get_bucket_cors, **photos)
ask("a rule", s3.put_bucket_cors, **photos, CORSConfiguration=rules)
ask("a rule", s3.get_bucket_cors, **photos)
refused("MalformedXML", "cut short", broken().put_bucket_cors, **photos, CORSConfiguration=rules)
refused("InvalidRequest", "of a method that is none", s3.put_bucket_cors, **photos, CORSConfiguration={"CORSRules": [{"AllowedMethods": ["FETCH"], "AllowedOrigins": ["*"]}]})
without(s3.put_bucket_cors, "put_bucket_cors", CORSConfiguration=rules)
without(s3.get_bucket_cors, "get_bucket_cors")
without(s3.delete_bucket_cors, "delete_bucket_cors")
ask("that is there", s3.delete_bucket_cors, **photos)
ask("that is gone", s3.delete_bucket_cors, **photos)

old = {"Rules": [{"ID": "old", "Status": "Enabled", "Filter": {"Prefix": "old/"}, "Expiration": {"Days": 30}, "NoncurrentVersionExpiration": {"NoncurrentDays": 7, "NewerNoncurrentVersions": 2},
                  "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 3}}]}
refused("NoSuchLifecycleConfiguration", "without one", s3.get_bucket_lifecycle_configuration, **photos)
ask("all that is built", s3.put_bucket_lifecycle_configuration, **photos, LifecycleConfiguration=old)
ask("all that is built", s3.get_bucket_lifecycle_configuration, **photos)
refused("MalformedXML", "cut short", broken().put_bucket_lifecycle_configuration, **photos, LifecycleConfiguration=old)
refused("InvalidArgument", "of no days", s3.put_bucket_lifecycle_configuration, **photos, LifecycleConfiguration={"Rules": [{"Status": "Enabled", "Filter": {}, "Expiration": {"Days": 0}}]})
refused("NotImplemented", "of tags", s3.put_bucket_lifecycle_configuration, **photos, LifecycleConfiguration={"Rules": [{"Status": "Enabled", "Filter": {"Tag": {"Key": "a", "Value": "b"}}, "Expiration": {"Days": 1}}]})
refused("NotImplemented", "to another storage class", s3.put_bucket_lifecycle_configuration, **photos,
        LifecycleConfiguration={"Rules": [{"Status": "Enabled", "Filter": {}, "Transitions": [{"Days": 30, "StorageClass": "GLACIER"}]}]})
without(s3.put_bucket_lifecycle_configuration, "put_bucket_lifecycle_configuration", LifecycleConfiguration=old)
without(s3.get_bucket_lifecycle_configuration, "get_bucket_lifecycle_configuration")
without(s3.delete_bucket_lifecycle, "delete_bucket_lifecycle")
ask("that is there", s3.delete_bucket_lifecycle, **photos)


def encryption(algorithm, **more):
    return {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": algorithm, **more}}]}


ask("without one", s3.get_bucket_encryption, **photos)
ask("as it is", s3.put_bucket_encryption, **photos, ServerSideEncryptionConfiguration=encryption("AES256"))
ask("as it was set", s3.get_bucket_encryption, **photos)
refused("NotImplemented", "with KMS", s3.put_bucket_encryption, **photos, ServerSideEncryptionConfiguration=encryption("aws:kms"))
refused("MalformedXML", "cut short", broken().put_bucket_encryption, **photos, ServerSideEncryptionConfiguration=encryption("AES256"))
without(s3.put_bucket_encryption, "put_bucket_encryption", ServerSideEncryptionConfiguration=encryption("AES256"))
without(s3.get_bucket_encryption, "get_bucket_encryption")
without(s3.delete_bucket_encryption, "delete_bucket_encryption")
ask("that was set", s3.delete_bucket_encryption, **photos)

closed = dict.fromkeys(["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"], True)
ask("as buckets are made", s3.get_public_access_block, **photos)
ask("that is there", s3.delete_public_access_block, **photos)
refused("NoSuchPublicAccessBlockConfiguration", "that is gone", s3.get_public_access_block, **photos)
ask("as it is", s3.put_public_access_block, **photos, PublicAccessBlockConfiguration=closed)
refused("NotImplemented", "open to policies", s3.put_public_access_block, **photos, PublicAccessBlockConfiguration={**closed, "BlockPublicPolicy": False})
refused("MalformedXML", "cut short", broken().put_public_access_block, **photos, PublicAccessBlockConfiguration=closed)
without(s3.put_public_access_block, "put_public_access_block", PublicAccessBlockConfiguration=closed)
without(s3.get_public_access_block, "get_public_access_block")
without(s3.delete_public_access_block, "delete_public_access_block")

enforced = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
ask("as buckets are made", s3.get_bucket_ownership_controls, **photos)
ask("that are there", s3.delete_bucket_ownership_controls, **photos)
refused("OwnershipControlsNotFoundError", "that are gone", s3.get_bucket_ownership_controls, **photos)
ask("as they are", s3.put_bucket_ownership_controls, **photos, OwnershipControls=enforced)
refused("NotImplemented", "of who writes", s3.put_bucket_ownership_controls, **photos, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]})
refused("MalformedXML", "cut short", broken().put_bucket_ownership_controls, **photos, OwnershipControls=enforced)
without(s3.put_bucket_ownership_controls, "put_bucket_ownership_controls", OwnershipControls=enforced)
without(s3.get_bucket_ownership_controls, "get_bucket_ownership_controls")
without(s3.delete_bucket_ownership_controls, "delete_bucket_ownership_controls")

ask("of the owner", s3.get_bucket_acl, **photos)
ask("private", s3.put_bucket_acl, **photos, ACL="private")
refused("AccessControlListNotSupported", "open to the world", s3.put_bucket_acl, **photos, ACL="public-read")
without(s3.get_bucket_acl, "get_bucket_acl")
without(s3.put_bucket_acl, "put_bucket_acl", ACL="private")
ask("of the owner", s3.get_object_acl, **cat)
ask("private", s3.put_object_acl, **cat, ACL="private")
refused("AccessControlListNotSupported", "open to the world", s3.put_object_acl, **cat, ACL="public-read")
for call in (s3.get_object_acl, s3.put_object_acl):
    more = {"ACL": "private"} if call == s3.put_object_acl else {}
    refused("NoSuchKey", "no such object", call, **photos, Key="dog", **more)
    refused("NoSuchBucket", "no such bucket", call, **none, Key="cat", **more)
    refused("AccessDenied", "by nobody", getattr(nobody, call.__name__), **cat, **more)

ask("never", s3.get_bucket_accelerate_configuration, **photos)
ask("never", s3.get_bucket_logging, **photos)
ask("never", s3.get_bucket_notification_configuration, **photos)
ask("by the owner", s3.get_bucket_request_payment, **photos)
refused("NoSuchBucketPolicy", "never", s3.get_bucket_policy, **photos)
refused("NoSuchBucketPolicy", "never", s3.get_bucket_policy_status, **photos)
refused("NoSuchWebsiteConfiguration", "never", s3.get_bucket_website, **photos)
refused("ReplicationConfigurationNotFoundError", "never", s3.get_bucket_replication, **photos)
refused("ObjectLockConfigurationNotFoundError", "never", s3.get_object_lock_configuration, **photos)
ask("that never was", s3.delete_bucket_policy, **photos)
ask("that never was", s3.delete_bucket_website, **photos)
ask("that never was", s3.delete_bucket_replication, **photos)
for name in ("get_bucket_accelerate_configuration", "get_bucket_logging", "get_bucket_notification_configuration", "get_bucket_request_payment", "get_bucket_policy",
             "get_bucket_policy_status", "get_bucket_website", "get_bucket_replication", "get_object_lock_configuration",
             "delete_bucket_policy", "delete_bucket_website", "delete_bucket_replication"):
    without(getattr(s3, name), name)
