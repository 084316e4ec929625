package s3front

import "muster/internal/space"

// Effects are what the operations do to the disk. One that is not here is
// refused, when the disk is nearly full, as one that adds. Deleting an object
// of which versions are kept adds a marker: the store sees to that.
var Effects = space.Effects{
	space.Reads: {
		"GetBucketAccelerateConfiguration", "GetBucketAcl", "GetBucketCors", "GetBucketEncryption", "GetBucketLifecycleConfiguration",
		"GetBucketLocation", "GetBucketLogging", "GetBucketNotificationConfiguration", "GetBucketOwnershipControls", "GetBucketPolicy",
		"GetBucketPolicyStatus", "GetBucketReplication", "GetBucketRequestPayment", "GetBucketTagging", "GetBucketVersioning", "GetBucketWebsite",
		"GetObject", "GetObjectAcl", "GetObjectAttributes", "GetObjectLockConfiguration", "GetObjectTagging", "GetPublicAccessBlock",
		"HeadBucket", "HeadObject", "ListBuckets", "ListMultipartUploads", "ListObjectVersions", "ListObjects", "ListObjectsV2", "ListParts",
		"DeleteBucketPolicy", "DeleteBucketReplication", "DeleteBucketWebsite", "PutBucketAcl", "PutObjectAcl", // nothing is kept of them
	},
	space.Adds: {
		"CompleteMultipartUpload", "CopyObject", "CreateBucket", "CreateMultipartUpload", "PostObject", "PutBucketCors",
		"PutBucketEncryption", "PutBucketOwnershipControls", "PutBucketTagging", "PutObject", "PutObjectTagging", "UploadPart", "UploadPartCopy",
	},
	space.TakesAway: {
		"AbortMultipartUpload", "DeleteBucket", "DeleteBucketCors", "DeleteBucketEncryption", "DeleteBucketLifecycle", "DeleteBucketOwnershipControls",
		"DeleteBucketTagging", "DeleteObject", "DeleteObjectTagging", "DeleteObjects", "DeletePublicAccessBlock",
		"PutBucketLifecycleConfiguration", // makes room
		"PutBucketVersioning",             // replaces a word, and may be what ends the keeping of versions
		"PutPublicAccessBlock",
	},
}

// declare says in the context of the request what its operation does to the disk.
func (r *request) declare() {
	r.Request = r.WithContext(space.With(r.Context(), Effects.Of(r.op.name)))
}
