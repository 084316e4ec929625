package e2e

import "testing"

// Details of S3 and HTTP on which programs in the field depend, as boto3 and
// raw requests meet them.
func TestS3Details(t *testing.T) {
	t.Parallel()
	interpreter, _ := python(t)
	s := Start(t)
	s.script(t, interpreter, "s3_details.py", nil)
	s.failedNothing(t)
}
