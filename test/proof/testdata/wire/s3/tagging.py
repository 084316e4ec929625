"""Tags of objects and buckets."""

import wire
from wire import ask, refused

s3 = wire.client("s3")
broken = wire.client("s3")
broken.meta.events.register("before-call.s3", lambda params, **_: params.update(body=params["body"][:-5]))
nobody = wire.client("s3", key=wire.user())
ask("for tags", s3.create_bucket, Bucket="photos")
ask("with a tag", s3.put_object, Bucket="photos", Key="cat", Body="a cat", Tagging="team=field")
tags = {"TagSet": [{"Key": "site", "Value": "river bank"}, {"Key": "bare", "Value": ""}]}
one = {"TagSet": [{"Key": "site", "Value": "river bank"}]}  # of two, the store says now the one first, now the other

ask("one", s3.get_object_tagging, Bucket="photos", Key="cat")
put = s3.put_object_tagging
ask("two in the place of one", put, Bucket="photos", Key="cat", Tagging=tags)
ask("one in the place of two", put, Bucket="photos", Key="cat", Tagging=one)
ask("another", s3.get_object_tagging, Bucket="photos", Key="cat")
refused("InvalidTag", "a key twice", put, Bucket="photos", Key="cat", Tagging={"TagSet": [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]})
refused("MalformedXML", "cut short", broken.put_object_tagging, Bucket="photos", Key="cat", Tagging=tags)
refused("InvalidTag", "a key too long", put, Bucket="photos", Key="cat", Tagging={"TagSet": [{"Key": "k" * 129, "Value": ""}]})
refused("BadRequest", "eleven", put, Bucket="photos", Key="cat", Tagging={"TagSet": [{"Key": f"k{i}", "Value": ""} for i in range(11)]})
refused("NoSuchKey", "no such object", put, Bucket="photos", Key="mouse", Tagging=tags)
refused("NoSuchBucket", "no such bucket", put, Bucket="meadows", Key="cat", Tagging=tags)
refused("AccessDenied", "by nobody", nobody.put_object_tagging, Bucket="photos", Key="cat", Tagging=tags)
refused("NoSuchKey", "no such object", s3.get_object_tagging, Bucket="photos", Key="mouse")
refused("NoSuchBucket", "no such bucket", s3.get_object_tagging, Bucket="meadows", Key="cat")
refused("AccessDenied", "by nobody", nobody.get_object_tagging, Bucket="photos", Key="cat")
delete = s3.delete_object_tagging
refused("AccessDenied", "by nobody", nobody.delete_object_tagging, Bucket="photos", Key="cat")
refused("NoSuchKey", "no such object", delete, Bucket="photos", Key="mouse")
refused("NoSuchBucket", "no such bucket", delete, Bucket="meadows", Key="cat")
ask("all", delete, Bucket="photos", Key="cat")
ask("none", s3.get_object_tagging, Bucket="photos", Key="cat")

put = s3.put_bucket_tagging
refused("NoSuchTagSet", "none", s3.get_bucket_tagging, Bucket="photos")
ask("two", put, Bucket="photos", Tagging=tags)
ask("one in the place of two", put, Bucket="photos", Tagging=one)
ask("one", s3.get_bucket_tagging, Bucket="photos")
refused("InvalidTag", "a key twice", put, Bucket="photos", Tagging={"TagSet": [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]})
refused("MalformedXML", "cut short", broken.put_bucket_tagging, Bucket="photos", Tagging=tags)
refused("NoSuchBucket", "no such bucket", put, Bucket="meadows", Tagging=tags)
refused("AccessDenied", "by nobody", nobody.put_bucket_tagging, Bucket="photos", Tagging=tags)
refused("NoSuchBucket", "no such bucket", s3.get_bucket_tagging, Bucket="meadows")
refused("AccessDenied", "by nobody", nobody.get_bucket_tagging, Bucket="photos")
refused("AccessDenied", "by nobody", nobody.delete_bucket_tagging, Bucket="photos")
refused("NoSuchBucket", "no such bucket", s3.delete_bucket_tagging, Bucket="meadows")
ask("all", s3.delete_bucket_tagging, Bucket="photos")
refused("NoSuchTagSet", "none any more", s3.get_bucket_tagging, Bucket="photos")
