package s3front

import (
	"encoding/xml"
	"net/http"

	"muster/internal/bucket"
)

// configOperations are about a bucket's configuration. What a bucket can't have
// is read as of one that doesn't have it; see the rest in bucketconfig_*.go and
// cors_document.go.
var configOperations = []*operation{
	{name: "GetBucketTagging", method: "GET", target: onBucket, with: []string{"tagging"}, action: "s3:GetBucketTagging", serve: (*Front).getBucketTagging},
	{name: "PutBucketTagging", method: "PUT", target: onBucket, with: []string{"tagging"}, action: "s3:PutBucketTagging", serve: (*Front).putBucketTagging},
	{name: "DeleteBucketTagging", method: "DELETE", target: onBucket, with: []string{"tagging"}, action: "s3:PutBucketTagging", serve: unset(bucket.Tagging)},

	{name: "GetBucketCors", method: "GET", target: onBucket, with: []string{"cors"}, action: "s3:GetBucketCORS", serve: (*Front).getCORS},
	{name: "PutBucketCors", method: "PUT", target: onBucket, with: []string{"cors"}, action: "s3:PutBucketCORS", serve: (*Front).putCORS},
	{name: "DeleteBucketCors", method: "DELETE", target: onBucket, with: []string{"cors"}, action: "s3:PutBucketCORS", serve: unset(bucket.CORS)},

	{name: "GetBucketLifecycleConfiguration", method: "GET", target: onBucket, with: []string{"lifecycle"}, action: "s3:GetLifecycleConfiguration", serve: (*Front).getLifecycle},
	{name: "PutBucketLifecycleConfiguration", method: "PUT", target: onBucket, with: []string{"lifecycle"}, action: "s3:PutLifecycleConfiguration", serve: (*Front).putLifecycle},
	{name: "DeleteBucketLifecycle", method: "DELETE", target: onBucket, with: []string{"lifecycle"}, action: "s3:PutLifecycleConfiguration", serve: (*Front).deleteLifecycle},

	{name: "GetBucketAcl", method: "GET", target: onBucket, with: []string{"acl"}, action: "s3:GetBucketAcl", serve: (*Front).getBucketACL},
	{name: "PutBucketAcl", method: "PUT", target: onBucket, with: []string{"acl"}, action: "s3:PutBucketAcl", serve: (*Front).putBucketACL},
	{name: "GetObjectAcl", method: "GET", target: onObject, with: []string{"acl"}, may: []string{"versionId"}, action: "s3:GetObjectAcl", versioned: "s3:GetObjectVersionAcl", readsTags: true, hides: true, serve: (*Front).getObjectACL},
	{name: "PutObjectAcl", method: "PUT", target: onObject, with: []string{"acl"}, may: []string{"versionId"}, action: "s3:PutObjectAcl", versioned: "s3:PutObjectVersionAcl", readsTags: true, hides: true, serve: (*Front).putObjectACL},

	{name: "GetBucketEncryption", method: "GET", target: onBucket, with: []string{"encryption"}, action: "s3:GetEncryptionConfiguration", serve: (*Front).getEncryption},
	{name: "PutBucketEncryption", method: "PUT", target: onBucket, with: []string{"encryption"}, action: "s3:PutEncryptionConfiguration", serve: (*Front).putEncryption},
	{name: "DeleteBucketEncryption", method: "DELETE", target: onBucket, with: []string{"encryption"}, action: "s3:PutEncryptionConfiguration", serve: (*Front).deleteEncryption},
	{name: "GetPublicAccessBlock", method: "GET", target: onBucket, with: []string{"publicAccessBlock"}, action: "s3:GetBucketPublicAccessBlock", serve: (*Front).getPublicAccessBlock},
	{name: "PutPublicAccessBlock", method: "PUT", target: onBucket, with: []string{"publicAccessBlock"}, action: "s3:PutBucketPublicAccessBlock", serve: (*Front).putPublicAccessBlock},
	{name: "DeletePublicAccessBlock", method: "DELETE", target: onBucket, with: []string{"publicAccessBlock"}, action: "s3:PutBucketPublicAccessBlock", serve: remove(bucket.PublicAccessBlock)},
	{name: "GetBucketOwnershipControls", method: "GET", target: onBucket, with: []string{"ownershipControls"}, action: "s3:GetBucketOwnershipControls", serve: (*Front).getOwnership},
	{name: "PutBucketOwnershipControls", method: "PUT", target: onBucket, with: []string{"ownershipControls"}, action: "s3:PutBucketOwnershipControls", serve: (*Front).putOwnership},
	{name: "DeleteBucketOwnershipControls", method: "DELETE", target: onBucket, with: []string{"ownershipControls"}, action: "s3:PutBucketOwnershipControls", serve: remove(bucket.OwnershipControls)},

	{name: "GetBucketPolicy", method: "GET", target: onBucket, with: []string{"policy"}, action: "s3:GetBucketPolicy", serve: hasNone("NoSuchBucketPolicy", "The bucket policy does not exist")},
	{name: "DeleteBucketPolicy", method: "DELETE", target: onBucket, with: []string{"policy"}, action: "s3:DeleteBucketPolicy", serve: hadNone},
	{name: "GetBucketPolicyStatus", method: "GET", target: onBucket, with: []string{"policyStatus"}, action: "s3:GetBucketPolicyStatus", serve: hasNone("NoSuchBucketPolicy", "The bucket policy does not exist")},
	{name: "GetBucketWebsite", method: "GET", target: onBucket, with: []string{"website"}, action: "s3:GetBucketWebsite", serve: hasNone("NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration")},
	{name: "DeleteBucketWebsite", method: "DELETE", target: onBucket, with: []string{"website"}, action: "s3:DeleteBucketWebsite", serve: hadNone},
	{name: "GetBucketReplication", method: "GET", target: onBucket, with: []string{"replication"}, action: "s3:GetReplicationConfiguration", serve: hasNone("ReplicationConfigurationNotFoundError", "The replication configuration was not found")},
	{name: "DeleteBucketReplication", method: "DELETE", target: onBucket, with: []string{"replication"}, action: "s3:PutReplicationConfiguration", serve: hadNone},
	{name: "GetObjectLockConfiguration", method: "GET", target: onBucket, with: []string{"object-lock"}, action: "s3:GetBucketObjectLockConfiguration", serve: hasNone("ObjectLockConfigurationNotFoundError", "Object Lock configuration does not exist for this bucket")},
	{name: "GetBucketLogging", method: "GET", target: onBucket, with: []string{"logging"}, action: "s3:GetBucketLogging", serve: hasEmpty("BucketLoggingStatus")},
	{name: "GetBucketNotificationConfiguration", method: "GET", target: onBucket, with: []string{"notification"}, action: "s3:GetBucketNotification", serve: hasEmpty("NotificationConfiguration")},
	{name: "GetBucketAccelerateConfiguration", method: "GET", target: onBucket, with: []string{"accelerate"}, action: "s3:GetAccelerateConfiguration", serve: hasEmpty("AccelerateConfiguration")},
	{name: "GetBucketRequestPayment", method: "GET", target: onBucket, with: []string{"requestPayment"}, action: "s3:GetBucketRequestPayment", serve: (*Front).getRequestPayment},
}

// hasNone serves the reading of what no bucket has, where S3 refuses that.
func hasNone(code, message string) func(*Front, *answer, *request) error {
	return func(_ *Front, _ *answer, r *request) error { return notConfigured(r, code, message) }
}

// hadNone serves the removal of what no bucket has: on S3 it succeeds, and
// clients such as Terraform ask for it before they delete a bucket.
func hadNone(_ *Front, w *answer, _ *request) error { return done(w, http.StatusNoContent) }

// hasEmpty serves it where S3 answers with an empty document.
func hasEmpty(root string) func(*Front, *answer, *request) error {
	return func(_ *Front, w *answer, _ *request) error {
		return answerXML(w, struct{ XMLName xml.Name }{xml.Name{Space: namespace, Local: root}})
	}
}

// unset serves the removal of a part of a bucket's configuration.
func unset(k bucket.Kind) func(*Front, *answer, *request) error {
	return func(f *Front, w *answer, r *request) error {
		if err := f.Buckets.Unset(r.Context(), r.target.bucket, k); err != nil {
			return err
		}
		return done(w, http.StatusNoContent)
	}
}

func (f *Front) getRequestPayment(w *answer, r *request) error {
	return answerXML(w, struct {
		XMLName xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ RequestPaymentConfiguration"`
		Payer   string
	}{Payer: "BucketOwner"})
}
