"""Buckets: making, finding and removing them."""

import wire
from wire import ask, refused

s3 = wire.client("s3")
nobody = wire.client("s3", key=wire.user())
west = wire.client("s3", region_name="eu-west-1")

create = s3.create_bucket
ask("a name only", create, Bucket="photos")
ask("the same again, in us-east-1", create, Bucket="photos")
ask("in another region", create, Bucket="letters", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
ask("as other clients ask for what is so anyway", create, Bucket="drawings", ACL="private", ObjectOwnership="BucketOwnerEnforced")
ask("in the region of the endpoint", west.create_bucket, Bucket="maps", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
refused("BucketAlreadyOwnedByYou", "the same again, in another region", create, Bucket="letters", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
refused("InvalidBucketName", "a name of capitals", create, Bucket="Photos")
refused("InvalidBucketName", "a name like an address", create, Bucket="192.168.5.4")
refused("InvalidLocationConstraint", "a region of no kind", create, Bucket="paintings", CreateBucketConfiguration={"LocationConstraint": "the moon"})
refused("IllegalLocationConstraintException", "in another region than the endpoint", west.create_bucket, Bucket="paintings", CreateBucketConfiguration={"LocationConstraint": "eu-north-1"})
refused("IllegalLocationConstraintException", "in the endpoint's region, unsaid", west.create_bucket, Bucket="paintings")
refused("NotImplemented", "with object lock", create, Bucket="paintings", ObjectLockEnabledForBucket=True)
refused("NotImplemented", "with tags", create, Bucket="paintings", CreateBucketConfiguration={"Tags": [{"Key": "team", "Value": "field"}]})
refused("AccessControlListNotSupported", "open to the world", create, Bucket="paintings", ACL="public-read")
broken = wire.client("s3")
broken.meta.events.register("before-call.s3", lambda params, **_: params.update(body=params["body"][:-5]))
refused("MalformedXML", "cut short", broken.create_bucket, Bucket="paintings", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
refused("AccessDenied", "by nobody", nobody.create_bucket, Bucket="paintings")

list = s3.list_buckets
ask("all", list)
page = ask("a page of two", list, MaxBuckets=2)
ask("the rest", list, MaxBuckets=2, ContinuationToken=page["ContinuationToken"])
ask("of a prefix", list, Prefix="ph")
ask("of a region", list, BucketRegion="eu-west-1")
refused("InvalidArgument", "a page too big", list, MaxBuckets=10001)
refused("InvalidArgument", "a token of nobody's", list, ContinuationToken="photos")
refused("AccessDenied", "by nobody", nobody.list_buckets)

ask("one that is there", s3.head_bucket, Bucket="photos")
ask("of another region", west.head_bucket, Bucket="letters")
refused("404", "one that isn't", s3.head_bucket, Bucket="meadows")
refused("403", "by nobody", nobody.head_bucket, Bucket="photos")
refused("403", "said to be of another account", s3.head_bucket, Bucket="photos", ExpectedBucketOwner="111111111111")

ask("of us-east-1, which has no name here", s3.get_bucket_location, Bucket="photos")
ask("of another region", west.get_bucket_location, Bucket="letters")
refused("NoSuchBucket", "one that isn't there", s3.get_bucket_location, Bucket="meadows")
refused("AccessDenied", "by nobody", nobody.get_bucket_location, Bucket="photos")

ask("of a bucket", s3.put_object, Bucket="photos", Key="cat")
refused("AccessDenied", "by nobody", nobody.delete_bucket, Bucket="photos")
refused("BucketNotEmpty", "with an object in it", s3.delete_bucket, Bucket="photos")
refused("NoSuchBucket", "one that isn't there", s3.delete_bucket, Bucket="meadows")
ask("an empty one", west.delete_bucket, Bucket="letters")
refused("404", "one that is gone", west.head_bucket, Bucket="letters")
