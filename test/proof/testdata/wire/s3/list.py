"""Lists of objects."""

import wire
from wire import allow, ask, refused

s3 = wire.client("s3")
nobody = wire.client("s3", key=wire.user())
visitor = wire.client("s3", key=wire.user("visitor", allow("s3:ListBucket", Condition={"StringLike": {"s3:prefix": "2025/*"}})))
ask("for lists", s3.create_bucket, Bucket="photos")
for key in "2024/cat+dog.jpg", "2025/bird.jpg", "2025/fünf & sechs.jpg", "readme":
    ask("to be listed", s3.put_object, Bucket="photos", Key=key, Body="o")

v2 = s3.list_objects_v2
ask("all", v2, Bucket="photos")
ask("with owners", v2, Bucket="photos", Prefix="r", FetchOwner=True)
page = ask("a page of two", v2, Bucket="photos", MaxKeys=2)
ask("the rest", v2, Bucket="photos", MaxKeys=2, ContinuationToken=page["NextContinuationToken"])
ask("as folders", v2, Bucket="photos", Delimiter="/")
ask("of a folder", v2, Bucket="photos", Delimiter="/", Prefix="2025/")
ask("after a name", v2, Bucket="photos", StartAfter="2025/bird.jpg")
ask("of none", v2, Bucket="photos", Prefix="2026/")
ask("a page of none", v2, Bucket="photos", MaxKeys=0)
ask("a folder, by one who may list that", visitor.list_objects_v2, Bucket="photos", Prefix="2025/")
refused("AccessDenied", "all, by one who may list a folder", visitor.list_objects_v2, Bucket="photos")
refused("InvalidArgument", "a page of less than none", v2, Bucket="photos", MaxKeys=-1)
refused("NoSuchBucket", "no such bucket", v2, Bucket="meadows")
refused("AccessDenied", "by nobody", nobody.list_objects_v2, Bucket="photos")

v1 = s3.list_objects
ask("all", v1, Bucket="photos")
page = ask("a page of one folder", v1, Bucket="photos", Delimiter="/", MaxKeys=1)
ask("the rest", v1, Bucket="photos", Delimiter="/", Marker=page["NextMarker"])
refused("InvalidArgument", "a page of less than none", v1, Bucket="photos", MaxKeys=-1)
refused("NoSuchBucket", "no such bucket", v1, Bucket="meadows")
refused("AccessDenied", "by nobody", nobody.list_objects, Bucket="photos")
