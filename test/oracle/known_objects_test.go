package oracle

import "strings"

var knownOfObjects = []known{
	{
		name: "what other keys begin with isn't an object",
		rare: true,
		op:   whole("GetObjectTagging|PutObjectTagging|DeleteObjectTagging|GetObjectAttributes"), where: outcome, muster: whole("404 NoSuchKey"), gateway: whole("2.*"),
		when:     func(x *exchange, _ difference) bool { return x.isFolder() },
		diverges: true,
		source:   guide + "Organizing objects in the Amazon S3 console by using folders: S3 has a flat structure instead of a hierarchy",
	},
	{
		name:  "encryption at rest is said of every object",
		where: whole("X-Amz-Server-Side-Encryption"), muster: whole("AES256"), gateway: whole(absent),
		source: guide + "Setting default server-side encryption behavior for Amazon S3 buckets; " + recorded + "test_s3_api.snapshot.json, TestS3BucketObjectTagging::test_object_tagging_crud",
	},
	{
		name: "the size of an object is not said when it is put",
		op:   whole("PutObject"), where: whole("X-Amz-Object-Size"), muster: whole(absent),
		source: api + "PutObject, x-amz-object-size: only present if you append to an object",
	},
	{
		name:  "a key may begin as another one does",
		where: outcome, gateway: whole("409 (ExistingObjectIsDirectory|ObjectParentIsFile)"),
		diverges: true,
		source:   guide + "Organizing objects in the Amazon S3 console by using folders: S3 has a flat structure instead of a hierarchy",
	},
	{
		name:  "a key is any text",
		where: outcome, muster: whole("2.*|3.*|4.*"), gateway: whole("400 400|400|400 DirectoryObjectContainsData|400 KeyTooLongError|400 InvalidArgument|404.*|412.*|409 .*|500.*|200|204"),
		when:     func(x *exchange, _ difference) bool { return notAFile(x.key) || notAFile(x.copiedKey()) },
		diverges: true,
		source:   guide + "Naming Amazon S3 objects: a sequence of Unicode characters of at most 1,024 bytes in UTF-8",
	},
	{
		name: "storage classes are checked",
		op:   whole("PutObject"), where: outcome, muster: whole("400 InvalidStorageClass"), gateway: whole("200"),
		diverges: true,
		source:   api + "Error responses, InvalidStorageClass",
	},
	{
		name:  "an object has the storage class that it was given",
		where: whole("X-Amz-Storage-Class|.*/StorageClass"), muster: whole(".*(STANDARD_IA|REDUCED_REDUNDANCY).*"),
		source: api + "PutObject, x-amz-storage-class",
	},
	{
		name: "STANDARD is not said of an object",
		op:   whole("GetObject|HeadObject"), where: whole("X-Amz-Storage-Class"), muster: whole(absent), gateway: whole("STANDARD"),
		source: api + "GetObject, x-amz-storage-class: returned for all objects except for S3 Standard storage class objects",
	},
	{
		name: "tags of the system's own can't be set",
		op:   whole("PutObject|PutObjectTagging"), where: outcome, muster: whole("400 InvalidTag"), gateway: whole("200"),
		when: func(x *exchange, _ difference) bool {
			t, _ := x.header("x-amz-tagging")
			return strings.Contains(t+x.body, "aws:")
		},
		diverges: true,
		source:   recorded + "test_s3_api.snapshot.json, TestS3BucketObjectTagging::test_tagging_validation",
	},
	{
		name: "tags keep their order",
		op:   whole("GetObjectTagging|GetBucketTagging"), where: whole("Tagging/TagSet/Tag/(Key|Value)"), when: sameInAnotherOrder,
		source: recorded + "test_s3_api.snapshot.json, TestS3BucketObjectTagging::test_object_tagging_crud",
	},
	{
		name: "tags say whose they are, and a refusal says nothing",
		op:   whole("(Get|Put|Delete)ObjectTagging"), where: whole("X-Amz-Version-Id"),
		when: func(x *exchange, d difference) bool {
			return x.muster.status >= 400 && d.muster == absent || x.muster.status < 300 && d.gateway == absent
		},
		source: recorded + "test_s3_api.snapshot.json, TestS3BucketObjectTagging::test_object_tagging_versioned",
	},
	{
		name: "a bucket of one's own can be made again in us-east-1",
		op:   whole("CreateBucket"), where: outcome, muster: whole("200"), gateway: whole("409 BucketAlreadyOwnedByYou"),
		source: api + "CreateBucket, BucketAlreadyOwnedByYou: in the North Virginia Region S3 returns 200 OK",
	},
	{
		name: "a bucket is said to be one in XML",
		op:   whole("HeadBucket"), where: whole("Content-Type"), muster: whole("application/xml"), gateway: whole(absent),
		source: "recorded from S3 in github.com/getmoto/moto/issues/6042 and github.com/boto/boto3/issues/4191",
	},
	{
		name: "a copy has the checksum of its source",
		op:   whole("CopyObject"), where: whole("CopyObjectResult/Checksum.*"), gateway: whole(absent),
		source: api + "CopyObject, CopyObjectResult; " + recorded + "test_s3_preconditions.snapshot.json, copy-success",
	},
	{
		name: "a copy of a key that isn't there is NoSuchKey, in a bucket with versions too",
		op:   whole("CopyObject|UploadPartCopy"), where: outcome, muster: whole("404 NoSuchKey"), gateway: whole("404 NoSuchVersion"),
		when:   func(x *exchange, _ difference) bool { return !strings.Contains(x.copySource(), "versionId") },
		source: api + "Error responses, NoSuchKey, NoSuchVersion: the latter is about the version id that a request names",
	},
	{
		name: "a copy whose source is as old as the condition says fails with 412",
		op:   whole("CopyObject|UploadPartCopy"), where: outcome, muster: whole("412 PreconditionFailed"), gateway: whole("304"),
		source: recorded + "test_s3_preconditions.snapshot.json, TestS3CopySourcePreconditions::test_s3_copy_object_preconditions",
	},
	{
		name: "a part that is copied has the checksum of its bytes",
		op:   whole("UploadPartCopy|ListParts|CompleteMultipartUpload|GetObject|HeadObject|GetObjectAttributes"), where: whole("(CopyPartResult|ListPartsResult/Part|CompleteMultipartUploadResult|GetObjectAttributesResponse/.*)/Checksum.*|X-Amz-Checksum-.*"),
		muster: whole(`"?[^"]+"?.*`), gateway: whole(`"?[^"]+"?.*`),
		when:   func(x *exchange, _ difference) bool { return x.copiedRange() },
		source: api + "UploadPartCopy, CopyPartResult: the checksum of the part",
	},
	{
		name: "anything that is there is *",
		op:   whole("DeleteObject"), where: outcome, muster: whole("204"), gateway: whole("412 PreconditionFailed"),
		when:     func(x *exchange, _ difference) bool { tag, _ := x.header("If-Match"); return tag == "*" },
		diverges: true,
		source:   guide + "How to perform conditional deletes: If-Match: *",
	},
	{
		name: "a write on condition of * is refused by name",
		op:   whole("PutObject|CompleteMultipartUpload"), where: outcome, muster: whole("501 NotImplemented"),
		when:     func(x *exchange, _ difference) bool { tag, _ := x.header("If-Match"); return tag == "*" },
		diverges: true,
		source:   "github.com/localstack/localstack, localstack/services/s3/provider.py, put_object, which its tests compare with S3: NotImplemented, \"We don't accept the provided value of If-Match header for this API\"",
	},
	{
		name: "a document that isn't one is MalformedXML",
		op:   whole("DeleteObjects|PutBucketVersioning"), where: outcome, muster: whole("400 MalformedXML"), gateway: whole("400 InvalidRequest|200"),
		when: func(x *exchange, _ difference) bool {
			return !strings.HasSuffix(x.body, "</Object></Delete>") && !strings.HasSuffix(x.body, "</VersioningConfiguration>")
		},
		source: api + "Error responses, MalformedXML: not well-formed, or did not validate against the published schema",
	},
	{
		name: "a delete of an ETag that isn't there is NoSuchKey",
		op:   whole("DeleteObject"), where: outcome, muster: whole("404 NoSuchKey"), gateway: whole("204|412 PreconditionFailed|400 InvalidArgument"),
		when:     func(x *exchange, _ difference) bool { _, ok := x.header("If-Match"); return ok },
		diverges: true,
		source:   guide + "How to perform conditional deletes; S3's statuses as listed in github.com/orgs/rustfs/discussions/2602: 404 NoSuchKey where the object is absent",
	},
	{
		name: "Quiet leaves out what was deleted",
		op:   whole("DeleteObjects"), where: whole("DeleteResult(/Deleted/.*)?"), muster: whole(`absent|""`),
		when:     func(x *exchange, _ difference) bool { return strings.Contains(x.body, "<Quiet>true</Quiet>") },
		diverges: true, // it hides whether VersityGW made delete markers
		source:   api + "DeleteObjects, Quiet",
	},
	{
		name: "a delete of what isn't there makes a delete marker, among several too",
		op:   whole("DeleteObjects"), where: whole("DeleteResult/Deleted/DeleteMarker(VersionId)?"),
		when: func(_ *exchange, d difference) bool {
			return len(words(d.muster)) > len(words(d.gateway, `"false"`))
		},
		diverges: true,
		source:   recorded + "test_s3_api.snapshot.json, TestS3ObjectCRUD::test_delete_objects_versioned, delete-objects-no-version-id",
	},
	{
		name: "a write on condition of an ETag, where nothing is, is NoSuchKey",
		op:   whole("PutObject|CompleteMultipartUpload"), where: outcome, muster: whole("404 NoSuchKey"), gateway: whole("412 PreconditionFailed|200"),
		diverges: true,
		source:   guide + "How to prevent object overwrites with conditional writes: 404 where the object doesn't exist any more",
	},
	{
		name: "a copy onto itself may name the storage class",
		op:   whole("CopyObject"), where: outcome, muster: whole("200"), gateway: whole("400 InvalidRequest"),
		when:     func(x *exchange, _ difference) bool { _, ok := x.header("x-amz-storage-class"); return ok },
		diverges: true,
		source:   recorded + "test_s3.py, TestS3::test_s3_copy_object_in_place_storage_class: even the same as the source's",
	},
	{
		name: "a part's source is named by its first and last byte",
		op:   whole("UploadPartCopy"), where: outcome, muster: whole("400 InvalidArgument"), gateway: whole("200"),
		diverges: true,
		source:   api + "UploadPartCopy, x-amz-copy-source-range: must use the form bytes=first-last",
	},
	{
		name: "a delete of a version that isn't there has nothing to do, among several too",
		op:   whole("DeleteObjects"), where: whole("DeleteResult/(Error/.*|Deleted/(Key|VersionId))"),
		when: func(x *exchange, _ difference) bool {
			code, _ := x.gateway.text("DeleteResult/Error/Code")
			_, refused := x.muster.text("DeleteResult/Error/Code")
			return code == "InvalidArgument" && !refused
		},
		source: api + "DeleteObjects: if the object specified in the request isn't found, S3 confirms the deletion",
	},
	{
		name: "DeleteMarker stands only where there is one",
		op:   whole("DeleteObjects"), where: whole("DeleteResult/Deleted/DeleteMarker"), gateway: whole(`.*"false".*`),
		when:   func(_ *exchange, d difference) bool { return sameWords(d, `"false"`) },
		source: recorded + "test_s3_api.snapshot.json, TestS3ObjectCRUD::test_delete_objects",
	},
}
