package iam

import (
	"crypto/rand"
	"crypto/sha256"
	_ "embed"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"muster/internal/arn"
	"muster/internal/policy"
)

// AWSManaged is the account in the ARNs of AWS's own managed policies.
const AWSManaged = "aws"

// serviceLinked begins the paths of the policies of service-linked roles.
const serviceLinked = "/aws-service-role/"

// IsAttachable reports whether roles and users may hold p: the policies of
// service-linked roles are theirs alone.
func (p ManagedPolicy) IsAttachable() bool {
	return p.Account != AWSManaged || !strings.HasPrefix(p.Path, serviceLinked)
}

// AWS's own policies with their documents, as docs/aws-policies.md lists them.
// The file is written by tools/generate/awspolicies.
//
//go:embed awsmanaged.json
var awsDocuments []byte

// awsPolicy is one of AWS's own.
type awsPolicy struct {
	ManagedPolicy
	version  Version
	compiled func() (*policy.Document, error) // read once, when first needed
}

// awsManaged returns the policies that exist in every account, by ARN.
var awsManaged = sync.OnceValue(func() map[arn.ARN]awsPolicy {
	var file struct {
		Policies []struct {
			Path, Name       string
			Version          int
			Created, Updated time.Time
			Document         json.RawMessage
		}
	}
	if err := json.Unmarshal(awsDocuments, &file); err != nil {
		panic(err) // the file is part of the program
	}
	all := make(map[arn.ARN]awsPolicy, len(file.Policies))
	for _, p := range file.Policies {
		document := string(p.Document)
		m := ManagedPolicy{
			Account: AWSManaged, Path: p.Path, Name: p.Name,
			Default: p.Version, Created: p.Created, Updated: p.Updated,
		}
		sum := sha256.Sum256([]byte(m.ARN()))
		m.ID = "ANPA" + base32.StdEncoding.EncodeToString(sum[:10])
		all[m.ARN()] = awsPolicy{
			ManagedPolicy: m,
			version:       Version{Number: p.Version, Document: document, Created: p.Updated},
			compiled: sync.OnceValues(func() (*policy.Document, error) {
				return policy.Parse(document, policy.Identity)
			}),
		}
	}
	return all
})

// compiled returns what an attached policy says.
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
