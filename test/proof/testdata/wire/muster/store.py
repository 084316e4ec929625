"""Muster's own API, as boto3 speaks it with the model that the server embeds."""

import os
import pathlib
import shutil
import tempfile

model = pathlib.Path(__file__).parents[5] / "internal/awsapi/adminapi/model.json"
data = tempfile.TemporaryDirectory()
place = pathlib.Path(data.name, "muster", "2026-11-28")
place.mkdir(parents=True)
shutil.copy(model, place / "service-2.json")
os.environ["AWS_DATA_PATH"] = data.name

import wire  # noqa: E402, which makes its clients with that path
from wire import ask, refused  # noqa: E402

muster, unchecked = wire.client("muster"), wire.client("muster", unchecked=True)
nobody = wire.client("muster", key=wire.user())
s3 = wire.client("s3")
ask("for a quota", s3.create_bucket, Bucket="photos")

put = muster.put_bucket_quota
ask("of bytes and objects", put, Bucket="photos", Quota={"MaxBytes": 40, "MaxObjects": 20})
refused("ResourceNotFoundException", "of no bucket", put, Bucket="meadows", Quota={"MaxBytes": 1})
refused("ValidationException", "below nothing", unchecked.put_bucket_quota, Bucket="photos", Quota={"MaxBytes": -1})
refused("AccessDeniedException", "by nobody", nobody.put_bucket_quota, Bucket="photos", Quota={})

ask("within the quota", s3.put_object, Bucket="photos", Key="cat", Body="cat")
refused("QuotaExceeded", "of one writer's, a tenth of the bucket's", s3.put_object, Bucket="photos", Key="dog", Body="dog")

ask("of a writer a tenth", muster.get_bucket_quota, Bucket="photos")
refused("ResourceNotFoundException", "of no bucket", muster.get_bucket_quota, Bucket="meadows")
refused("ValidationException", "of a name too short", unchecked.get_bucket_quota, Bucket="ph")
refused("AccessDeniedException", "by nobody", nobody.get_bucket_quota, Bucket="photos")

writers = muster.list_bucket_writers
other = wire.client("s3", key=wire.user("ada", wire.allow("s3:PutObject")))
ask("of writers, 0 for no limit", put, Bucket="photos", Quota={"MaxBytes": 40, "WriterMaxBytes": 0})
ask("by another", other.put_object, Bucket="photos", Key="dog", Body="dog dog")
refused("QuotaExceeded", "of the bucket's", other.put_object, Bucket="photos", Key="owl", Body="owl " * 9)
page = ask("a page of one", writers, Bucket="photos", MaxResults=1)
ask("the rest", writers, Bucket="photos", MaxResults=1, NextToken=page["NextToken"])
refused("ValidationException", "a token of nobody's", writers, Bucket="photos", NextToken="photos")
refused("ResourceNotFoundException", "of no bucket", writers, Bucket="meadows")
refused("AccessDeniedException", "by nobody", nobody.list_bucket_writers, Bucket="photos")

delete = muster.delete_bucket_quota
ask("that is there", delete, Bucket="photos")
ask("that is gone", delete, Bucket="photos")
ask("without one", muster.get_bucket_quota, Bucket="photos")
refused("ResourceNotFoundException", "of no bucket", delete, Bucket="meadows")
refused("ValidationException", "of a name too short", unchecked.delete_bucket_quota, Bucket="ph")
refused("AccessDeniedException", "by nobody", nobody.delete_bucket_quota, Bucket="photos")

ask("before a sweep", muster.get_object_store)
refused("AccessDeniedException", "by nobody", nobody.get_object_store)
ask("of which there are none", muster.remove_orphans)
refused("AccessDeniedException", "by nobody", nobody.remove_orphans)
ask("after a sweep", muster.get_object_store)
