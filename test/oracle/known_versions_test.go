package oracle

import "strings"

var knownOfVersions = []known{
	{
		name: "where the newest version is removed, a delete marker may be the next",
		rare: true,
		op:   whole("GetObject|HeadObject|GetObjectAttributes|GetObjectTagging"), where: outcome, muster: whole("404.*|405.*"), gateway: whole("2.*|304"),
		when: func(x *exchange, _ difference) bool {
			return x.muster.header.Get("X-Amz-Delete-Marker") == "true" && x.removedVersion()
		},
		diverged: true,
		source:   guide + "Deleting object versions from a versioning-enabled bucket; Managing delete markers",
	},
	{
		name: "a key whose newest version is a delete marker has no Last-Modified",
		op:   whole("GetObject|HeadObject"), where: whole("Last-Modified"), muster: whole(absent), gateway: whole("date"),
		when:   func(x *exchange, _ difference) bool { return x.muster.status == 404 },
		source: api + "GetObject: Last-Modified is said of the 405 for a delete marker named by its id, and of no 404",
	},
	{
		name: "a delete that names a version says which",
		op:   whole("DeleteObject"), where: whole("X-Amz-Version-Id"), gateway: whole(absent),
		when:   func(x *exchange, _ difference) bool { v, _ := x.param("versionId"); return v != "" },
		source: recorded + "test_s3_api.snapshot.json, TestS3ObjectCRUD::test_delete_object_versioned, delete-object-version",
	},
	{
		name: "a delete without a version id makes a delete marker, where versions are suspended too",
		op:   whole("DeleteObject"), where: whole("X-Amz-Version-Id|X-Amz-Delete-Marker"), gateway: whole(absent),
		diverges: true,
		source:   recorded + "test_s3_api.snapshot.json, TestS3ObjectCRUD::test_delete_object_on_suspended_bucket",
	},
	{
		name: "the version without an id is named null where there were versions",
		op:   whole("GetObject|HeadObject|GetObjectAttributes|CopyObject|UploadPartCopy"), where: whole("X-Amz-Version-Id|X-Amz-Copy-Source-Version-Id"), muster: whole("null"), gateway: whole(absent),
		source: recorded + "test_s3_api.snapshot.json, TestS3ObjectCRUD::test_put_object_on_suspended_bucket, get-object-current",
	},
	{
		name:  "a delete marker is named by who asks for its key",
		where: whole("X-Amz-Delete-Marker|X-Amz-Version-Id"), gateway: whole(absent),
		when:   func(x *exchange, _ difference) bool { return x.muster.status == 404 || x.muster.status == 405 },
		source: guide + "Working with delete markers: the answer has x-amz-delete-marker: true",
	},
	{
		name:  "a version that isn't there is NoSuchVersion, whatever the key has",
		where: outcome, muster: whole("404 NoSuchVersion"), gateway: whole("404 NoSuchKey|400 InvalidArgument"),
		source: recorded + "test_s3_api.snapshot.json, TestS3ObjectCRUD::test_delete_object_versioned, get-deleted-object-with-version",
	},
	{
		name:  "what can't be a version id is InvalidArgument",
		where: outcome, muster: whole("400 InvalidArgument|400"), gateway: whole("404.*|200|204"),
		when: func(x *exchange, _ difference) bool {
			return x.namesVersion("01BX5ZZKBKACTAV9WEVGEMMVRZ") || x.namesVersion("no-such-version")
		},
		source: recorded + "test_s3_api.snapshot.json, TestS3ObjectCRUD::test_get_object_with_version_unversioned_bucket and test_delete_object",
	},
	{
		name:  "the version null is any other's equal",
		where: outcome, muster: whole("2.*|304|412.*|416.*|405.*|400 InvalidRequest"), gateway: whole("404.*|400 InvalidArgument"),
		when:     func(x *exchange, _ difference) bool { return x.namesVersion("null") },
		diverges: true,
		source:   recorded + "test_s3_api.snapshot.json, TestS3ObjectCRUD::test_get_object_with_version_unversioned_bucket, get-obj-with-null-version; " + guide + "Managing objects in a versioning-suspended bucket",
	},
	{
		name: "versions stay as they are when they are suspended",
		rare: true,
		op:   whole("HeadObject|CopyObject|UploadPartCopy"), where: outcome, muster: whole("2.*|304|405|412.*|416.*"), gateway: whole("404|400 InvalidArgument"),
		when: func(x *exchange, _ difference) bool {
			v, _ := x.param("versionId")
			return v != "" || strings.Contains(x.copySource(), "?versionId=")
		},
		diverges: true,
		source:   guide + "Working with objects in a versioning-suspended bucket: existing versions do not change",
	},
	{
		name: "a part that is read says its own checksum",
		rare: true,
		op:   whole("GetObject|HeadObject"), where: whole("X-Amz-Checksum-.*"),
		when:   func(x *exchange, _ difference) bool { _, ok := x.param("partNumber"); return ok },
		source: guide + "Checking object integrity for data uploads in Amazon S3, Using part-level checksums for multipart uploads: GetObject or HeadObject with a part number",
	},
	{
		name: "a delete marker that is named by its id has no attributes",
		rare: true,
		op:   whole("GetObjectAttributes"), where: outcome, muster: whole("405.*"), gateway: whole("404.*"),
		when:   func(x *exchange, _ difference) bool { v, _ := x.param("versionId"); return v != "" },
		source: api + "GetObjectAttributes: if the specified version is a delete marker, 405 Method Not Allowed",
	},
	{
		name:  "a 405 for a delete marker says when it was made",
		where: whole("Last-Modified"), muster: whole("date"), gateway: whole(absent),
		when:   func(x *exchange, _ difference) bool { return x.muster.status == 405 },
		source: api + "GetObject: 405 Method Not Allowed and the Last-Modified response header",
	},
	{
		name:  "a 405 says what may be done",
		where: whole("Allow"), muster: whole("DELETE"), gateway: whole(absent),
		source: "RFC 9110, 15.5.6: the origin server must generate an Allow header field in a 405 response",
	},
	{
		name: "an object that never had versions is named without one",
		op:   whole("GetObject|HeadObject|GetObjectAttributes|DeleteObject"), where: whole("X-Amz-Version-Id"), muster: whole(absent), gateway: whole("null"),
		source: recorded + "test_s3_api.snapshot.json, TestS3ObjectCRUD::test_get_object_with_version_unversioned_bucket, get-obj-with-null-version",
	},
	{
		name: "a delete marker can't be copied",
		op:   whole("CopyObject|UploadPartCopy"), where: outcome, muster: whole("404 NoSuchKey|400 InvalidRequest"), gateway: whole("200|304|400 InvalidRequest|405 MethodNotAllowed|412.*"),
		diverges: true,
		source:   guide + "Working with delete markers: S3 behaves as if the object is deleted",
	},
	{
		name: "a copy onto itself makes a version",
		op:   whole("CopyObject"), where: whole("X-Amz-Version-Id"), muster: whole(`[0-9.]+|absent`),
		diverges: true,
		source:   api + "CopyObject: in a bucket with versions, S3 generates a unique version id for the copy",
	},
	{
		name: "an upload that is completed again says which version it made",
		op:   whole("CompleteMultipartUpload"), where: whole("X-Amz-Version-Id"), muster: whole(`[0-9.]+`), gateway: whole(absent),
		source: api + "CompleteMultipartUpload, x-amz-version-id; it is idempotent",
	},
	{
		name:  "a key that ends with a slash has versions",
		rare:  true,
		where: whole("X-Amz-Version-Id"), gateway: whole(absent),
		when:   func(x *exchange, _ difference) bool { return strings.HasSuffix(x.key, "/") },
		source: guide + "Organizing objects in the Amazon S3 console by using folders: a zero-byte object as any other",
	},
	{
		name: "the newest version can be copied onto its key by its id",
		op:   whole("CopyObject"), where: outcome, muster: whole("200"), gateway: whole("400 InvalidRequest"),
		when:     func(x *exchange, _ difference) bool { return strings.Contains(x.copySource(), "?versionId=") },
		diverges: true,
		source:   guide + "Restoring previous versions: copy a version of the object into the same bucket; it becomes the current version",
	},
	{
		name: "a copy says which version it is of",
		op:   whole("CopyObject|UploadPartCopy"), where: whole("X-Amz-Copy-Source-Version-Id"), gateway: whole(absent),
		source: recorded + "test_s3_preconditions.snapshot.json, TestS3CopySourcePreconditions::test_s3_copy_object_if_source_modified_since_versioned",
	},
	{
		name: "a document without a status of versioning is refused by its own code",
		op:   whole("PutBucketVersioning"), where: outcome, muster: whole("400 IllegalVersioningConfigurationException"), gateway: whole("400 MalformedXML"),
		source: recorded + "test_s3_api.snapshot.json, TestS3BucketVersioning::test_bucket_versioning_crud, put-versioning-empty",
	},
	{
		name: "a delete of a version that isn't there has nothing to do",
		op:   whole("DeleteObject"), where: outcome, muster: whole("204"), gateway: whole("400 InvalidArgument"),
		source: api + "DeleteObject: idempotent, as all deletes are; " + guide + "Deleting object versions from a versioning-enabled bucket",
	},
}
