// Package iotapi is the door of AWS IoT Core's control plane: it says what
// each operation touches, and carries it to the room that knows about it.
//
// Wire forms are the API model's; resources are those that the Service
// Authorization Reference names for each action,
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsiot.html.
// Actions that know no resource are asked for on the scope's arn:…:*.
package iotapi

import (
	"slices"

	"muster/internal/account"
	"muster/internal/arn"
	"muster/internal/awsapi"
	"muster/internal/certificate"
	"muster/internal/credentials"
	"muster/internal/fault"
	"muster/internal/iotpolicy"
	"muster/internal/page"
	"muster/internal/registry"
	"muster/internal/rolealias"
	"muster/internal/space"
)

// Door leads to the rooms of the IoT control plane.
type Door struct {
	Things       *registry.Registry
	Certificates *certificate.Registry
	Policies     *iotpolicy.Policies
	Aliases      *rolealias.Aliases
	Accounts     *account.Accounts
	Devices      *credentials.Provider
}

// Operations are all that the door answers.
func (d *Door) Operations() []awsapi.Operation {
	return slices.Concat(d.things(), d.thingTypes(), d.principals(), d.certificates(), d.policies(), d.principalPolicies(), d.policyVersions(), d.roleAliases(), d.tags(), d.authorizations(), d.endpoints())
}

// Effects are what the operations do to the disk.
var Effects = space.Effects{
	space.Reads: {
		"DescribeCertificate", "DescribeEndpoint", "DescribeRoleAlias", "DescribeThing", "DescribeThingType",
		"GetEffectivePolicies", "GetPolicy", "GetPolicyVersion",
		"ListAttachedPolicies", "ListCertificates", "ListPolicies", "ListPolicyPrincipals", "ListPolicyVersions", "ListPrincipalPolicies",
		"ListPrincipalThings", "ListPrincipalThingsV2", "ListRoleAliases",
		"ListTagsForResource", "ListTargetsForPolicy", "ListThingPrincipals", "ListThingPrincipalsV2", "ListThingTypes", "ListThings", "TestAuthorization",
	},
	space.Adds: {
		"AttachPolicy", "AttachPrincipalPolicy", "AttachThingPrincipal", "CreateCertificateFromCsr", "CreateKeysAndCertificate", "CreatePolicy", "CreateRoleAlias",
		"CreateThing", "CreateThingType", "RegisterCertificateWithoutCA", "TagResource",
		"UpdateThingType", "UpdateThing", // by up to fifty attributes, and it shuts nobody out
	},
	space.TakesAway: {
		"CreatePolicyVersion", // one of five at most, and the way to withdraw what a policy allows
		"DeleteCertificate", "DeletePolicy", "DeletePolicyVersion", "DeleteRoleAlias", "DeleteThing", "DeleteThingType", "DeprecateThingType",
		"DetachPolicy", "DetachPrincipalPolicy", "DetachThingPrincipal", "SetDefaultPolicyVersion", "UntagResource", "UpdateCertificate", "UpdateRoleAlias",
	},
}

// Faults are the names of refusals in AWS IoT; the model knows their status.
var Faults = awsapi.Faults{
	fault.Invalid:       "InvalidRequestException",
	fault.NotFound:      "ResourceNotFoundException",
	fault.AlreadyExists: "ResourceAlreadyExistsException",
	fault.InUse:         "DeleteConflictException",
	fault.WrongState:    "CertificateStateException",
	fault.Conflict:      "VersionConflictException",
	fault.Malformed:     "MalformedPolicyException",
	fault.LimitExceeded: "LimitExceededException",
	fault.Unavailable:   "ServiceUnavailableException",
}

// anywhere is the resource of the operations that touch none in particular.
func anywhere[In any](scope arn.Scope, _ *In) arn.ARN { return scope.IoTAny() }

// defaultPage is the length of a page that the caller doesn't limit, in the
// lists for which AWS documents none.
const defaultPage = 250

// pageRequest is the page that nextToken and maxResults ask for.
func pageRequest(token *string, most *int32) page.Request {
	p := page.Request{Limit: defaultPage, Token: value(token)}
	if most != nil {
		p.Limit = int(*most)
	}
	return p
}

// value is what p points at, or the zero value when the member was left out.
func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// present is a member that is left out when it is the zero value.
func present[T comparable](v T) *T {
	if v == *new(T) {
		return nil
	}
	return &v
}

// list turns items into members of an output, [] when there are none: an
// empty list is present on the wire.
func list[T, M any](items []T, member func(T) M) []M {
	all := make([]M, 0, len(items))
	for _, item := range items {
		all = append(all, member(item))
	}
	return all
}
