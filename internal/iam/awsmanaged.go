package iam

import (
	"crypto/rand"
	"crypto/sha256"
	"embed"
	"encoding/base32"
	"fmt"
	"sync"
	"time"

	"muster/internal/arn"
	"muster/internal/policy"
)

// AWSManaged is the account in the ARNs of AWS's own managed policies.
const AWSManaged = "aws"

// The documents of AWS's own policies, one file each, named for the policy.
// What they allow is what the AWS Managed Policy Reference says, except that
// AmazonSageMakerFullAccess leaves out services Muster doesn't answer for.
//
//go:embed awsmanaged/*.json
var awsDocuments embed.FS

// awsPolicy is one of AWS's own.
type awsPolicy struct {
	ManagedPolicy
	version  Version
	compiled func() (*policy.Document, error) // read once, when first needed
}

// awsManaged answers the policies that exist in every account, by ARN.
var awsManaged = sync.OnceValue(func() map[arn.ARN]awsPolicy {
	all := map[arn.ARN]awsPolicy{}
	for _, p := range []struct {
		path, name  string
		version     int
		created     string
		description string
	}{
		{"/service-role/", "AmazonSageMakerEdgeDeviceFleetPolicy", 1, "2020-12-08T16:17:00Z", "Permissions a SageMaker Edge device fleet needs to manage its role alias and store what devices capture."},
		{"/service-role/", "AWSIoTThingsRegistration", 3, "2017-12-01T20:21:52Z", "Permissions to register things with AWS IoT."},
		{"/", "AmazonSageMakerFullAccess", 1, "2017-11-29T13:07:59Z", "Full access to SageMaker and to what it needs of other services."},
		{"/", "AWSIoTFullAccess", 2, "2015-10-08T15:19:49Z", "Full access to AWS IoT."},
		{"/", "AmazonS3FullAccess", 2, "2015-02-06T18:40:58Z", "Full access to all buckets."},
		{"/", "AmazonS3ReadOnlyAccess", 3, "2015-02-06T18:40:59Z", "Read-only access to all buckets."},
		{"/", "AdministratorAccess", 1, "2015-02-06T18:39:46Z", "Full access to everything."},
		{"/", "PowerUserAccess", 12, "2015-02-06T18:39:47Z", "Full access to everything but users, roles and the account."},
		{"/", "IAMFullAccess", 2, "2015-02-06T18:40:38Z", "Full access to IAM."},
		{"/", "IAMReadOnlyAccess", 4, "2015-02-06T18:40:39Z", "Read-only access to IAM, and its simulator."},
	} {
		created, err := time.Parse(time.RFC3339, p.created)
		if err != nil {
			panic(err)
		}
		document, err := awsDocuments.ReadFile("awsmanaged/" + p.name + ".json")
		if err != nil {
			panic(err)
		}
		m := ManagedPolicy{
			Account: AWSManaged, Path: p.path, Name: p.name, Description: p.description,
			Default: p.version, Created: created, Updated: created,
		}
		sum := sha256.Sum256([]byte(m.ARN()))
		m.ID = "ANPA" + base32.StdEncoding.EncodeToString(sum[:10])
		all[m.ARN()] = awsPolicy{
			ManagedPolicy: m,
			version:       Version{Number: p.version, Document: string(document), Created: created},
			compiled: sync.OnceValues(func() (*policy.Document, error) {
				return policy.Parse(string(document), policy.Identity)
			}),
		}
	}
	return all
})

// compiled answers what an attached policy says.
func (a Attached) compiled() (*policy.Document, error) {
	if p, ok := awsManaged()[a.ARN]; ok {
		return p.compiled()
	}
	if a.Document == "" {
		return nil, fmt.Errorf("there is no document")
	}
	return policy.Parse(a.Document, policy.Identity)
}

// newID makes a unique id of the kind that prefix says, such as AROA.
func newID(prefix string) string {
	var b [10]byte
	rand.Read(b[:])
	return prefix + base32.StdEncoding.EncodeToString(b[:])
}
