package proof

import "muster/internal/awsapi/adminapi"

// adminCalls are the calls of Muster's own API. They are made while the bucket
// of the calls of S3 is there.
func adminCalls() []call {
	return []call{
		writing(adminapi.PutBucketQuota, func(n *names) *adminapi.PutBucketQuotaRequest {
			return &adminapi.PutBucketQuotaRequest{Bucket: n.bucket, Quota: &adminapi.Quota{MaxBytes: new(int64(1 << 40))}}
		}),
		on(adminapi.GetBucketQuota, func(n *names) *adminapi.GetBucketQuotaRequest {
			return &adminapi.GetBucketQuotaRequest{Bucket: n.bucket}
		}),
		on(adminapi.ListBucketWriters, func(n *names) *adminapi.ListBucketWritersRequest {
			return &adminapi.ListBucketWritersRequest{Bucket: n.bucket}
		}),
		writing(adminapi.DeleteBucketQuota, func(n *names) *adminapi.DeleteBucketQuotaRequest {
			return &adminapi.DeleteBucketQuotaRequest{Bucket: n.bucket}
		}),
		on(adminapi.GetObjectStore, func(*names) *adminapi.GetObjectStoreRequest { return &adminapi.GetObjectStoreRequest{} }),
		on(adminapi.RemoveOrphans, func(*names) *adminapi.RemoveOrphansRequest { return &adminapi.RemoveOrphansRequest{} }), // there is none
	}
}
