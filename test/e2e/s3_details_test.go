package e2e

import "testing"

// Details of S3 and HTTP on which programs in the field depend, as boto3 and
// raw requests meet them.
func TestS3Details(t *testing.T) {
	t.Parallel()
	interpreter, botocore := python(t)
	if !botocore.atLeast(1, 36) {
		t.Skipf("botocore %v doesn't know what the scripts ask for", botocore)
	}
	s := Start(t)
	for _, script := range []string{
		"s3_details_objects.py", "s3_details_lists.py", "s3_details_uploads.py", "s3_details_buckets.py", "s3_details_requests.py", "details_iam_iot.py",
	} {
		t.Run(script, func(t *testing.T) { s.script(t, interpreter, script, nil) })
	}
	s.failedNothing(t)
}
