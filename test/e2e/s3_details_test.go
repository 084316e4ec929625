package e2e

import "testing"

// Details of S3 and HTTP on which programs in the field depend, as boto3 and
// raw requests meet them.
func TestS3Details(t *testing.T) {
	t.Parallel()
	interpreter, _ := python(t)
	s := Start(t)
	for _, script := range []string{
		"s3_details_objects.py", "s3_details_lists.py", "s3_details_uploads.py", "s3_details_buckets.py", "s3_details_requests.py", "details_iam_iot.py",
	} {
		t.Run(script, func(t *testing.T) { s.script(t, interpreter, script, nil) })
	}
	s.failedNothing(t)
}
