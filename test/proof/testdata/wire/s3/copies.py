"""Copies of objects, and the removal of many."""

import wire
from wire import allow, ask, refused

s3 = wire.client("s3")
unchecked = wire.client("s3", unchecked=True)
nobody = wire.client("s3", key=wire.user())
some = wire.client("s3", key=wire.user("some", allow("s3:*", resource="arn:aws:s3:::photos/open/*")))
ask("for copies", s3.create_bucket, Bucket="photos")
etag = ask("to be copied", s3.put_object, Bucket="photos", Key="open/cät 1+1", Body="a cat", Metadata={"age": "7"}, ContentType="text/x-cat")["ETag"]
ask("not to be read", s3.put_object, Bucket="photos", Key="closed", Body="a diary")
source = {"Bucket": "photos", "Key": "open/cät 1+1"}

copy = s3.copy_object
ask("an object with its metadata", copy, Bucket="photos", Key="open/copy", CopySource=source)
ask("with its metadata", s3.head_object, Bucket="photos", Key="open/copy")
ask("with other metadata, onto itself", copy, Bucket="photos", Key="open/copy", CopySource="photos/open/copy", MetadataDirective="REPLACE", Metadata={"age": "8"})
ask("if it is the one", copy, Bucket="photos", Key="open/copy", CopySource=source, CopySourceIfMatch=etag)
ask("by one who may both", some.copy_object, Bucket="photos", Key="open/other", CopySource=source)
refused("PreconditionFailed", "if it isn't the one", copy, Bucket="photos", Key="open/copy", CopySource=source, CopySourceIfNoneMatch=etag)
refused("InvalidRequest", "onto itself, without any change", copy, Bucket="photos", Key="open/copy", CopySource="photos/open/copy")
refused("InvalidArgument", "of no object", copy, Bucket="photos", Key="open/copy", CopySource="photos")
refused("NoSuchKey", "of one that isn't there", copy, Bucket="photos", Key="open/copy", CopySource="photos/mouse")
refused("NoSuchBucket", "of no such bucket", copy, Bucket="photos", Key="open/copy", CopySource="meadows/cat")
refused("NoSuchBucket", "to no such bucket", copy, Bucket="meadows", Key="open/copy", CopySource=source)
refused("AccessDenied", "by nobody", nobody.copy_object, Bucket="photos", Key="open/copy", CopySource=source)
refused("AccessDenied", "by one who may not read it", some.copy_object, Bucket="photos", Key="open/copy", CopySource="photos/closed")

delete = s3.delete_objects
ask("two, one of which isn't there", delete, Bucket="photos", Delete={"Objects": [{"Key": "open/copy"}, {"Key": "open/mouse"}]})
ask("quietly", delete, Bucket="photos", Delete={"Objects": [{"Key": "open/mouse"}], "Quiet": True})
ask("by one who may not all", some.delete_objects, Bucket="photos", Delete={"Objects": [{"Key": "open/other"}, {"Key": "closed"}]})
ask("by nobody", nobody.delete_objects, Bucket="photos", Delete={"Objects": [{"Key": "closed"}]})
refused("MalformedXML", "none", delete, Bucket="photos", Delete={"Objects": []})
refused("MalformedXML", "without a list", unchecked.delete_objects, Bucket="photos", Delete={})
unchecked.meta.events.register("before-call.s3.DeleteObjects", lambda params, **_: params["headers"].update({"Content-MD5": "1B2M2Y8AsgTpgAmY7PhCfg=="}))
refused("BadDigest", "another MD5", unchecked.delete_objects, Bucket="photos", Delete={"Objects": [{"Key": "closed"}]})
refused("NoSuchBucket", "no such bucket", delete, Bucket="meadows", Delete={"Objects": [{"Key": "closed"}]})
