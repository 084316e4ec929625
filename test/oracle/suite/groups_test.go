package suite

import "github.com/versity/versitygw/tests/integration"

// A group is one of the suite's groups of tests.
type group struct {
	name     string
	run      func(*integration.TestState)
	versions bool // its tests clear buckets of all versions
}

var groups = []group{
	{"Authentication", integration.TestAuthentication, false},
	{"PresignedAuthentication", integration.TestPresignedAuthentication, false},
	{"CreateBucket", integration.TestCreateBucket, false},
	{"HeadBucket", integration.TestHeadBucket, false},
	{"ListBuckets", integration.TestListBuckets, false},
	{"DeleteBucket", integration.TestDeleteBucket, false},
	{"PutBucketOwnershipControls", integration.TestPutBucketOwnershipControls, false},
	{"GetBucketOwnershipControls", integration.TestGetBucketOwnershipControls, false},
	{"DeleteBucketOwnershipControls", integration.TestDeleteBucketOwnershipControls, false},
	{"PutBucketTagging", integration.TestPutBucketTagging, false},
	{"GetBucketTagging", integration.TestGetBucketTagging, false},
	{"DeleteBucketTagging", integration.TestDeleteBucketTagging, false},
	{"GetBucketLocation", integration.TestGetBucketLocation, false},
	{"PutObject", integration.TestPutObject, false},
	{"HeadObject", integration.TestHeadObject, false},
	{"GetObjectAttributes", integration.TestGetObjectAttributes, false},
	{"GetObject", integration.TestGetObject, false},
	{"ListObjects", integration.TestListObjects, false},
	{"ListObjectsV2", integration.TestListObjectsV2, false},
	{"DeleteObject", deleteObject, false},
	{"DeleteObjects", integration.TestDeleteObjects, false},
	{"CopyObject", integration.TestCopyObject, false},
	{"PutObjectTagging", integration.TestPutObjectTagging, false},
	{"GetObjectTagging", integration.TestGetObjectTagging, false},
	{"DeleteObjectTagging", integration.TestDeleteObjectTagging, false},
	{"CreateMultipartUpload", integration.TestCreateMultipartUpload, false},
	{"UploadPart", integration.TestUploadPart, false},
	{"UploadPartCopy", integration.TestUploadPartCopy, false},
	{"ListParts", integration.TestListParts, false},
	{"ListMultipartUploads", integration.TestListMultipartUploads, false},
	{"AbortMultipartUpload", integration.TestAbortMultipartUpload, false},
	{"CompleteMultipartUpload", integration.TestCompleteMultipartUpload, false},
	{"PutBucketCors", integration.TestPutBucketCors, false},
	{"GetBucketCors", integration.TestGetBucketCors, false},
	{"DeleteBucketCors", integration.TestDeleteBucketCors, false},
	{"PreflightOPTIONSEndpoint", integration.TestPreflightOPTIONSEndpoint, false},
	{"CORSMiddleware", integration.TestCORSMiddleware, false},
	{"Router", integration.TestRouter, false},
	{"PostObject", integration.TestPostObject, false},
	{"UnsignedStreaminPayloadTrailer", integration.TestUnsignedStreaminPayloadTrailer, false},
	{"SignedStreaminPayload", integration.TestSignedStreaminPayload, false},
	{"SignedStreaminPayloadTrailer", integration.TestSignedStreaminPayloadTrailer, false},
	{"Versioning", integration.TestVersioning, true},
	{"Server", integration.TestServer, false},
	{"ListObjectVersions_VD", integration.TestListObjectVersions_VD, false},
}

// deleteObject is integration.TestDeleteObject without the test of conditions,
// which can't run: it reads a header of PutObject that S3 doesn't send.
func deleteObject(state *integration.TestState) {
	for _, test := range []integration.IntTest{
		integration.DeleteObject_non_existing_object,
		integration.DeleteObject_directory_object_noslash,
		integration.DeleteObject_non_existing_dir_object,
		integration.DeleteObject_directory_object,
		integration.DeleteObject_non_empty_dir_obj,
		integration.DeleteObject_success,
		integration.DeleteObject_success_status_code,
		integration.DeleteObject_incorrect_expected_bucket_owner,
		integration.DeleteObject_expected_bucket_owner,
	} {
		state.Run(test)
	}
}
