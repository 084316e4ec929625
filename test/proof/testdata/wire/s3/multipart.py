"""Uploads in parts."""

import wire
from wire import allow, ask, refused

s3 = wire.client("s3")
nobody = wire.client("s3", key=wire.user())
writer = wire.client("s3", key=wire.user("writer", allow("s3:PutObject")))
ask("for parts", s3.create_bucket, Bucket="photos")
ask("to be a part", s3.put_object, Bucket="photos", Key="cat", Body="a sleeping cat")

create = s3.create_multipart_upload
film = {"Bucket": "photos", "Key": "film"}
upload = ask("a key only", create, **film)["UploadId"]
whole = {**film, "UploadId": upload}
part = ask("a part", s3.upload_part, **whole, PartNumber=1, Body="once upon a time")
again = ask("the same part again", s3.upload_part, **whole, PartNumber=1, Body="twice upon a time")
copied = ask("a range", s3.upload_part_copy, **whole, PartNumber=2, CopySource="photos/cat", CopySourceRange="bytes=2-9")
ask("all of an object", s3.upload_part_copy, **whole, PartNumber=3, CopySource="photos/cat")
missing = {**film, "UploadId": "no-such-upload"}
refused("NoSuchUpload", "no such upload", s3.upload_part, **missing, PartNumber=1, Body="o")
refused("InvalidArgument", "the part before the first", s3.upload_part, **whole, PartNumber=0, Body="o")
refused("InvalidArgument", "the part after the last", s3.upload_part, **whole, PartNumber=10001, Body="o")
refused("NoSuchBucket", "no such bucket", s3.upload_part, Bucket="meadows", Key="film", UploadId=upload, PartNumber=1, Body="o")
refused("AccessDenied", "by nobody", nobody.upload_part, **whole, PartNumber=1, Body="o")
refused("NoSuchUpload", "no such upload", s3.upload_part_copy, **missing, PartNumber=1, CopySource="photos/cat")
refused("NoSuchKey", "of one that isn't there", s3.upload_part_copy, **whole, PartNumber=1, CopySource="photos/mouse")
refused("NoSuchBucket", "of no such bucket", s3.upload_part_copy, **whole, PartNumber=1, CopySource="meadows/cat")
refused("AccessDenied", "by one who may not read it", writer.upload_part_copy, **whole, PartNumber=1, CopySource="photos/cat")

ask("all", s3.list_parts, **whole)
page = ask("a page of one", s3.list_parts, **whole, MaxParts=1)
ask("the rest", s3.list_parts, **whole, PartNumberMarker=page["NextPartNumberMarker"])
refused("NoSuchUpload", "no such upload", s3.list_parts, **missing)
refused("NoSuchBucket", "no such bucket", s3.list_parts, Bucket="meadows", Key="film", UploadId=upload)
refused("AccessDenied", "by nobody", nobody.list_parts, **whole)

second = ask("with metadata and another checksum", create, Bucket="photos", Key="folder/dög", ContentType="video/x", Metadata={"age": "7"}, ChecksumAlgorithm="SHA256")["UploadId"]
refused("NotImplemented", "with a key of the client's", create, **film, ServerSideEncryption="aws:kms")
refused("NoSuchBucket", "no such bucket", create, Bucket="meadows", Key="film")
refused("AccessDenied", "by nobody", nobody.create_multipart_upload, **film)
ask("all", s3.list_multipart_uploads, Bucket="photos")
page = ask("a page of one", s3.list_multipart_uploads, Bucket="photos", MaxUploads=1)
ask("the rest", s3.list_multipart_uploads, Bucket="photos", KeyMarker=page["NextKeyMarker"])
refused("NoSuchBucket", "no such bucket", s3.list_multipart_uploads, Bucket="meadows")
refused("AccessDenied", "by nobody", nobody.list_multipart_uploads, Bucket="photos")

complete = s3.complete_multipart_upload
parts = [{"PartNumber": 1, "ETag": again["ETag"]}]
refused("EntityTooSmall", "of parts that are too small", complete, **whole, MultipartUpload={"Parts": parts + [{"PartNumber": 2, "ETag": copied["CopyPartResult"]["ETag"]}]})
refused("InvalidPart", "of a part that was uploaded anew", complete, **whole, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]})
refused("InvalidPart", "of a part that wasn't uploaded", complete, **whole, MultipartUpload={"Parts": [{"PartNumber": 4, "ETag": part["ETag"]}]})
refused("InvalidPartOrder", "in another order", complete, **whole, MultipartUpload={"Parts": [{"PartNumber": 2, "ETag": copied["CopyPartResult"]["ETag"]}] + parts})
refused("MalformedXML", "of no parts", complete, **whole, MultipartUpload={"Parts": []})
refused("NoSuchUpload", "no such upload", complete, **missing, MultipartUpload={"Parts": parts})
refused("NoSuchBucket", "no such bucket", complete, Bucket="meadows", Key="film", UploadId=upload, MultipartUpload={"Parts": parts})
refused("AccessDenied", "by nobody", nobody.complete_multipart_upload, **whole, MultipartUpload={"Parts": parts})
ask("of one part", complete, **whole, MultipartUpload={"Parts": parts})
ask("made of one part", s3.get_object, **film)
ask("made of one part", s3.get_object_attributes, **film, ObjectAttributes=["ETag", "Checksum", "ObjectParts", "ObjectSize"])
ask("again, of what it was made of", complete, **whole, MultipartUpload={"Parts": parts})
refused("NoSuchUpload", "again, of another part", complete, **whole, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]})

late = {**film, "UploadId": ask("for a name that is there", create, **film)["UploadId"]}
part = ask("a part", s3.upload_part, **late, PartNumber=1, Body="the end")
refused("PreconditionFailed", "only if there is none, which there is", complete, **late, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}, IfNoneMatch="*")

abort = s3.abort_multipart_upload
refused("AccessDenied", "by nobody", nobody.abort_multipart_upload, **late)
refused("NoSuchUpload", "no such upload", abort, **missing)
refused("NoSuchBucket", "no such bucket", abort, Bucket="meadows", Key="film", UploadId=upload)
ask("an upload", abort, **late)
refused("NoSuchUpload", "again", abort, **late)
