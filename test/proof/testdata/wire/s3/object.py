"""Objects: writing, reading and removing them."""

import wire
from wire import allow, ask, refused

s3 = wire.client("s3")
nobody = wire.client("s3", key=wire.user())
reader = wire.client("s3", key=wire.user("reader", allow("s3:GetObject", "s3:PutObject", "s3:DeleteObject")))
ask("for objects", s3.create_bucket, Bucket="photos")

put = s3.put_object
etag = ask("a body", put, Bucket="photos", Key="cat.txt", Body="a sleeping cat")["ETag"]
ask("headers and metadata", put, Bucket="photos", Key="folder/dög & ünïcode.json", Body='{"dog":1}', ContentType="application/json", CacheControl="no-cache",
    ContentDisposition="attachment", ContentLanguage="eo", Metadata={"Colour": "brown", "age": "7"}, Tagging="team=field&site=river")
ask("nothing in it", put, Bucket="photos", Key="folder/", Body=b"")
ask("with another checksum", put, Bucket="photos", Key="sums", Body="a sum", ChecksumAlgorithm="SHA256")
ask("only if there is none", put, Bucket="photos", Key="new", Body="1", IfNoneMatch="*")
ask("if it is the one", put, Bucket="photos", Key="cat.txt", Body="a cat awake", IfMatch=etag)
refused("PreconditionFailed", "if it isn't the one any more", put, Bucket="photos", Key="cat.txt", Body="a cat asleep", IfMatch=etag)
refused("PreconditionFailed", "only if there is none, which there is", put, Bucket="photos", Key="new", Body="2", IfNoneMatch="*")
refused("NoSuchKey", "if it is the one, which isn't there", put, Bucket="photos", Key="newer", Body="2", IfMatch=etag)
refused("BadDigest", "another MD5", put, Bucket="photos", Key="md5", Body="m", ContentMD5="1B2M2Y8AsgTpgAmY7PhCfg==")
refused("InvalidDigest", "an MD5 of no kind", put, Bucket="photos", Key="md5", Body="m", ContentMD5="m")
refused("BadDigest", "another checksum", put, Bucket="photos", Key="md5", Body="m", ChecksumCRC32="AAAAAA==")
ask("a key that would climb in a file system", put, Bucket="photos", Key="a/../cat.txt", Body="m")
refused("InvalidArgument", "a tag twice", put, Bucket="photos", Key="m", Body="m", Tagging="team=field&team=office")
refused("InvalidTag", "a tag of no kind", put, Bucket="photos", Key="m", Body="m", Tagging="te!am=field")
refused("AccessControlListNotSupported", "open to the world", put, Bucket="photos", Key="m", Body="m", ACL="public-read")
ask("encrypted, as all are", put, Bucket="photos", Key="m", Body="m", ServerSideEncryption="AES256")
refused("NotImplemented", "encrypted by KMS", put, Bucket="photos", Key="m", Body="m", ServerSideEncryption="aws:kms")
refused("NoSuchBucket", "no such bucket", put, Bucket="meadows", Key="m", Body="m")
refused("AccessDenied", "by nobody", nobody.put_object, Bucket="photos", Key="m", Body="m")
refused("AccessDenied", "with tags, by one who may not tag", reader.put_object, Bucket="photos", Key="m", Body="m", Tagging="team=field")

get = s3.get_object
etag = ask("all of it", get, Bucket="photos", Key="cat.txt")["ETag"]
ask("headers and metadata", get, Bucket="photos", Key="folder/dög & ünïcode.json")
ask("with its checksum", get, Bucket="photos", Key="sums", ChecksumMode="ENABLED")
ask("a range", get, Bucket="photos", Key="cat.txt", Range="bytes=2-4")
ask("the end", get, Bucket="photos", Key="cat.txt", Range="bytes=-5")
ask("other headers", get, Bucket="photos", Key="cat.txt", ResponseContentType="text/x-cat", ResponseContentDisposition="inline", ResponseCacheControl="no-store")
ask("if it is the one", get, Bucket="photos", Key="cat.txt", IfMatch=etag)
refused("304", "if it isn't the one", get, Bucket="photos", Key="cat.txt", IfNoneMatch=etag)
refused("PreconditionFailed", "if it is another", get, Bucket="photos", Key="cat.txt", IfMatch='"0123"')
refused("PreconditionFailed", "if it is older", get, Bucket="photos", Key="cat.txt", IfUnmodifiedSince="2020-01-01T00:00:00Z")
ask("if it is newer", get, Bucket="photos", Key="cat.txt", IfModifiedSince="2020-01-01T00:00:00Z")
refused("InvalidRange", "a range behind the end", get, Bucket="photos", Key="cat.txt", Range="bytes=100-")
refused("NoSuchKey", "one that isn't there", get, Bucket="photos", Key="mouse")
refused("NoSuchBucket", "no such bucket", get, Bucket="meadows", Key="cat.txt")
refused("AccessDenied", "by nobody", nobody.get_object, Bucket="photos", Key="cat.txt")
refused("AccessDenied", "one that isn't there, by one who may not list", reader.get_object, Bucket="photos", Key="mouse")
refused("NotImplemented", "with a key of the client's", get, Bucket="photos", Key="cat.txt", SSECustomerAlgorithm="AES256", SSECustomerKey="k" * 32)

head = s3.head_object
ask("one that is there", head, Bucket="photos", Key="cat.txt")
ask("headers and metadata", head, Bucket="photos", Key="folder/dög & ünïcode.json")
ask("a range", head, Bucket="photos", Key="cat.txt", Range="bytes=2-4")
refused("304", "if it isn't the one", head, Bucket="photos", Key="cat.txt", IfNoneMatch=etag)
refused("412", "if it is another", head, Bucket="photos", Key="cat.txt", IfMatch='"0123"')
refused("416", "a range behind the end", head, Bucket="photos", Key="cat.txt", Range="bytes=100-")
refused("404", "one that isn't there", head, Bucket="photos", Key="mouse")
refused("404", "no such bucket", head, Bucket="meadows", Key="cat.txt")
refused("403", "by nobody", nobody.head_object, Bucket="photos", Key="cat.txt")

attributes = s3.get_object_attributes
ask("all", attributes, Bucket="photos", Key="sums", ObjectAttributes=["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"])
refused("InvalidArgument", "an attribute of no kind", attributes, Bucket="photos", Key="sums", ObjectAttributes=["Colour"])
refused("NoSuchKey", "one that isn't there", attributes, Bucket="photos", Key="mouse", ObjectAttributes=["ETag"])
refused("NoSuchBucket", "no such bucket", attributes, Bucket="meadows", Key="cat.txt", ObjectAttributes=["ETag"])
refused("AccessDenied", "by nobody", nobody.get_object_attributes, Bucket="photos", Key="cat.txt", ObjectAttributes=["ETag"])
refused("AccessDenied", "by one who may only read", reader.get_object_attributes, Bucket="photos", Key="cat.txt", ObjectAttributes=["ETag"])

delete = s3.delete_object
refused("AccessDenied", "by nobody", nobody.delete_object, Bucket="photos", Key="cat.txt")
refused("PreconditionFailed", "if it is another", delete, Bucket="photos", Key="cat.txt", IfMatch='"0123"')
refused("NoSuchBucket", "no such bucket", delete, Bucket="meadows", Key="cat.txt")
ask("if it is the one", delete, Bucket="photos", Key="cat.txt", IfMatch=etag)
ask("one that isn't there", delete, Bucket="photos", Key="cat.txt")
