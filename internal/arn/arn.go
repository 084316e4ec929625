// Package arn knows Amazon Resource Names: how they are read, and how the
// resources Muster keeps are named.
//
// Forms are those of the Service Authorization Reference,
// https://docs.aws.amazon.com/service-authorization/latest/reference/.
package arn

import (
	"fmt"
	"strings"
)

// Partition is the only partition Muster names.
const Partition = "aws"

// ARN is a resource name in full, such as
// arn:aws:iot:us-east-1:000000000000:thing/pump-7.
type ARN string

// Scope is the namespace of a call: the caller's account and the region of the
// request's credential scope. IAM ignores the region.
type Scope struct {
	Account string // twelve digits
	Region  string // such as us-east-1
}

// Parts are the six components of an ARN.
type Parts struct {
	Partition, Service, Region, Account string
	Resource                            string // everything after the fifth colon
}

// IsAccount reports whether s is a twelve digit account id.
func IsAccount(s string) bool {
	return len(s) == 12 && only(s, func(c byte) bool { return '0' <= c && c <= '9' })
}

// IsRegion reports whether s may stand as a region inside an ARN: at most 32
// of a-z, 0-9 and '-'.
func IsRegion(s string) bool {
	return s != "" && len(s) <= 32 && only(s, func(c byte) bool {
		return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-'
	})
}

func only(s string, allowed func(byte) bool) bool {
	for i := range len(s) {
		if !allowed(s[i]) {
			return false
		}
	}
	return true
}

// Parse splits s. It fails when s has not six components or doesn't begin
// with "arn:"; the components themselves are not judged.
func Parse(s string) (Parts, error) {
	var p [6]string
	rest, ok := s, true
	for i := 0; i < 5 && ok; i++ {
		p[i], rest, ok = strings.Cut(rest, ":")
	}
	p[5] = rest
	if !ok || p[0] != "arn" || p[1] == "" || p[2] == "" || p[5] == "" {
		return Parts{}, fmt.Errorf("%q is not an ARN", s)
	}
	return Parts{Partition: p[1], Service: p[2], Region: p[3], Account: p[4], Resource: p[5]}, nil
}

// In answers the resource of a when it is one of service in s and its
// resource part begins with kind and a slash; ok is false otherwise.
// In("…:thing/a", "iot", "thing") answers "a".
func (s Scope) In(a ARN, service, kind string) (name string, ok bool) {
	p, err := Parse(string(a))
	if err != nil || p.Partition != Partition || p.Service != service || p.Region != s.Region || p.Account != s.Account {
		return "", false
	}
	return strings.CutPrefix(p.Resource, kind+"/")
}

func (s Scope) iot(resource string) ARN {
	return ARN("arn:" + Partition + ":iot:" + s.Region + ":" + s.Account + ":" + resource)
}

// Thing names a thing of the IoT registry.
func (s Scope) Thing(name string) ARN { return s.iot("thing/" + name) }

// ThingType names a thing type.
func (s Scope) ThingType(name string) ARN { return s.iot("thingtype/" + name) }

// Certificate names a device certificate by its id, the lower-case hex SHA-256 of its DER.
func (s Scope) Certificate(id string) ARN { return s.iot("cert/" + id) }

// IoTPolicy names an IoT policy.
func (s Scope) IoTPolicy(name string) ARN { return s.iot("policy/" + name) }

// RoleAlias names a role alias.
func (s Scope) RoleAlias(name string) ARN { return s.iot("rolealias/" + name) }

// IoTAny is the resource of IoT operations that name none.
func (s Scope) IoTAny() ARN { return s.iot("*") }

func (s Scope) sagemaker(resource string) ARN {
	return ARN("arn:" + Partition + ":sagemaker:" + s.Region + ":" + s.Account + ":" + resource)
}

// DeviceFleet names a SageMaker Edge device fleet.
func (s Scope) DeviceFleet(name string) ARN { return s.sagemaker("device-fleet/" + name) }

// Device names a device of a fleet.
func (s Scope) Device(fleet, device string) ARN {
	return s.sagemaker("device-fleet/" + fleet + "/device/" + device)
}

func iam(account, resource string) ARN {
	return ARN("arn:" + Partition + ":iam::" + account + ":" + resource)
}

// Root names the root user of an account.
func Root(account string) ARN { return iam(account, "root") }

// Role names an IAM role; path begins and ends with a slash.
func Role(account, path, name string) ARN { return iam(account, "role"+path+name) }

// User names an IAM user; path begins and ends with a slash.
func User(account, path, name string) ARN { return iam(account, "user"+path+name) }

// ManagedPolicy names an IAM managed policy; the account of AWS's own is "aws".
func ManagedPolicy(account, path, name string) ARN { return iam(account, "policy"+path+name) }

// AssumedRole names a session of a role; STS leaves the role's path out.
func AssumedRole(account, role, session string) ARN {
	return ARN("arn:" + Partition + ":sts::" + account + ":assumed-role/" + role + "/" + session)
}

// SplitAssumedRole returns account, role and session of the ARN of a role's session.
func SplitAssumedRole(a ARN) (account, role, session string, ok bool) {
	p, err := Parse(string(a))
	if err != nil || p.Partition != Partition || p.Service != "sts" {
		return "", "", "", false
	}
	parts := strings.Split(p.Resource, "/")
	if len(parts) != 3 || parts[0] != "assumed-role" {
		return "", "", "", false
	}
	return p.Account, parts[1], parts[2], true
}

// IsFederatedUser reports whether a is the ARN of a session of GetFederationToken.
func IsFederatedUser(a ARN) bool {
	p, err := Parse(string(a))
	return err == nil && p.Service == "sts" && strings.HasPrefix(p.Resource, "federated-user/")
}

// SplitRole answers account, path and name of a role's ARN.
func SplitRole(a ARN) (account, path, name string, ok bool) { return splitIAM(a, "role") }

// SplitUser answers account, path and name of a user's ARN.
func SplitUser(a ARN) (account, path, name string, ok bool) { return splitIAM(a, "user") }

// SplitManagedPolicy answers account ("aws" for AWS's own), path and name of a managed policy's ARN.
func SplitManagedPolicy(a ARN) (account, path, name string, ok bool) { return splitIAM(a, "policy") }

func splitIAM(a ARN, kind string) (account, path, name string, ok bool) {
	p, err := Parse(string(a))
	if err != nil || p.Partition != Partition || p.Service != "iam" || p.Region != "" {
		return "", "", "", false
	}
	rest, ok := strings.CutPrefix(p.Resource, kind+"/")
	if !ok {
		return "", "", "", false
	}
	i := strings.LastIndexByte(rest, '/')
	if rest[i+1:] == "" {
		return "", "", "", false
	}
	return p.Account, "/" + rest[:i+1], rest[i+1:], true
}

// Bucket names an S3 bucket.
func Bucket(name string) ARN { return ARN("arn:" + Partition + ":s3:::" + name) }

// Object names an S3 object.
func Object(bucket, key string) ARN { return Bucket(bucket + "/" + key) }
