package e2e

import "testing"

// Certificates that openssl makes, of every kind of key that AWS takes, and
// what Terraform, CloudFormation and the CDK call beside them.
func TestOwnCertificates(t *testing.T) {
	t.Parallel()
	path, botocore := python(t)
	if !botocore.atLeast(1, 36) {
		t.Skipf("skipped for want of a boto3 that knows ListThingPrincipalsV2: botocore is %d.%d", botocore.major, botocore.minor)
	}
	need(t, "openssl")
	need(t, "curl")
	s := Start(t)
	s.script(t, path, "own_certificate.py", nil, "--endpoint", s.URL)
	s.failedNothing(t)
}
