"""Versions of objects, and the bucket's setting that keeps them."""

import wire
from wire import allow, ask, refused

s3 = wire.client("s3")
nobody = wire.client("s3", key=wire.user())
latest = wire.client("s3", key=wire.user("latest", allow("s3:GetObject", "s3:DeleteObject", "s3:ListBucket")))
ask("for versions", s3.create_bucket, Bucket="photos")

ask("never set", s3.get_bucket_versioning, Bucket="photos")
ask("before versions", s3.put_object, Bucket="photos", Key="old", Body="from before")
put = s3.put_bucket_versioning
ask("on", put, Bucket="photos", VersioningConfiguration={"Status": "Enabled"})
ask("on", s3.get_bucket_versioning, Bucket="photos")
refused("MalformedXML", "a status of no kind", put, Bucket="photos", VersioningConfiguration={"Status": "Sometimes"})
refused("IllegalVersioningConfigurationException", "no status", put, Bucket="photos", VersioningConfiguration={})
refused("NoSuchBucket", "no such bucket", put, Bucket="meadows", VersioningConfiguration={"Status": "Enabled"})
refused("AccessDenied", "by nobody", nobody.put_bucket_versioning, Bucket="photos", VersioningConfiguration={"Status": "Enabled"})
refused("NoSuchBucket", "no such bucket", s3.get_bucket_versioning, Bucket="meadows")
refused("AccessDenied", "by nobody", nobody.get_bucket_versioning, Bucket="photos")

first = ask("the first version", s3.put_object, Bucket="photos", Key="cat", Body="a kitten")["VersionId"]
second = ask("the second version", s3.put_object, Bucket="photos", Key="cat", Body="a cat")["VersionId"]
ask("the newest", s3.get_object, Bucket="photos", Key="cat")
ask("the first version", s3.get_object, Bucket="photos", Key="cat", VersionId=first)
ask("the first version", s3.head_object, Bucket="photos", Key="cat", VersionId=first)
ask("from before versions", s3.get_object, Bucket="photos", Key="old", VersionId="null")
ask("of a version", s3.get_object_attributes, Bucket="photos", Key="cat", VersionId=first, ObjectAttributes=["ObjectSize", "ETag"])
refused("NoSuchVersion", "a version that isn't there", s3.get_object, Bucket="photos", Key="cat", VersionId="AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
refused("404", "a version that isn't there", s3.head_object, Bucket="photos", Key="cat", VersionId="AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
refused("InvalidArgument", "a version of no kind", s3.get_object, Bucket="photos", Key="cat", VersionId="../cat")
refused("AccessDenied", "a version, by one who may read the newest", latest.get_object, Bucket="photos", Key="cat", VersionId=first)

marker = ask("leaving a marker", s3.delete_object, Bucket="photos", Key="cat")["VersionId"]
refused("NoSuchKey", "behind a marker", s3.get_object, Bucket="photos", Key="cat")
refused("MethodNotAllowed", "a marker", s3.get_object, Bucket="photos", Key="cat", VersionId=marker)
refused("404", "behind a marker", s3.head_object, Bucket="photos", Key="cat")
refused("405", "a marker", s3.head_object, Bucket="photos", Key="cat", VersionId=marker)

list = s3.list_object_versions
ask("all", list, Bucket="photos")
page = ask("a page of two", list, Bucket="photos", MaxKeys=2)
ask("the rest", list, Bucket="photos", KeyMarker=page["NextKeyMarker"], VersionIdMarker=page["NextVersionIdMarker"])
ask("of a prefix", list, Bucket="photos", Prefix="o")
refused("NoSuchBucket", "no such bucket", list, Bucket="meadows")
refused("AccessDenied", "by nobody", nobody.list_object_versions, Bucket="photos")

refused("AccessDenied", "a version, by one who may delete the newest", latest.delete_object, Bucket="photos", Key="cat", VersionId=first)
ask("the marker: the newest is there again", s3.delete_object, Bucket="photos", Key="cat", VersionId=marker)
ask("there again", s3.get_object, Bucket="photos", Key="cat")
ask("the second version", s3.delete_object, Bucket="photos", Key="cat", VersionId=second)
ask("the first, the only one left", s3.get_object, Bucket="photos", Key="cat")
gone = {"Key": "cat", "VersionId": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}
ask("a version that isn't there", s3.delete_object, Bucket="photos", **gone)
ask("a version, one that isn't there, and leaving a marker", s3.delete_objects, Bucket="photos", Delete={"Objects": [{"Key": "old", "VersionId": "null"}, gone, {"Key": "cat"}]})
refused("BucketNotEmpty", "with versions in it", s3.delete_bucket, Bucket="photos")
ask("off", put, Bucket="photos", VersioningConfiguration={"Status": "Suspended"})
ask("off", s3.get_bucket_versioning, Bucket="photos")
ask("in the place of what had no version", s3.put_object, Bucket="photos", Key="old", Body="from after")
ask("what is left", list, Bucket="photos")
