package proof

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"slices"
	"time"

	"muster/internal/arn"
	"muster/internal/awsapi/iotapi"
	"muster/internal/awsapi/sagemakerapi"
)

// calls are the tables, in the order in which they can be made.
func calls() []call {
	return slices.Concat(roleCalls(), iotCalls(), fleetCalls(), iotEnd(), objectCalls(), userCalls(), roleEnd(), tokenCalls())
}

const (
	mayBecome  = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iot:AssumeRoleWithCertificate","Resource":"*"}}`
	mayNothing = `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"iot:*","Resource":"*"}}`
)

func (n *names) certificateARN() string { return string(scope.Certificate(n.certificate)) }
func (n *names) roleARN() string        { return string(arn.Role(accountID, rolePath, n.role)) }
func (n *names) managedARN() string     { return string(arn.ManagedPolicy(accountID, "/", n.managed)) }
func (n *names) fleetARN() string       { return string(scope.DeviceFleet(n.fleet)) }

// signingRequest is a CSR for a key of its own.
func signingRequest() (*ecdsa.PrivateKey, string) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	if err != nil {
		panic(err)
	}
	return key, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}))
}

// ownCertificate is a certificate that its own key has signed.
func ownCertificate(key *ecdsa.PrivateKey) string {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 64))
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{SerialNumber: serial, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		panic(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

func iotCalls() []call {
	key, csr := signingRequest()
	own := ownCertificate(key)
	keys := took(iotapi.CreateKeysAndCertificate, func(*names) *iotapi.CreateKeysAndCertificateRequest {
		return &iotapi.CreateKeysAndCertificateRequest{SetAsActive: new(true)}
	}, func(n *names, out *iotapi.CreateKeysAndCertificateResponse) { n.certificate = *out.CertificateId })
	keys.writes = true
	tags := func(n *names) []iotapi.Tag { return []iotapi.Tag{{Key: n.tag, Value: new("field")}} }
	return []call{
		on(iotapi.DescribeEndpoint, func(*names) *iotapi.DescribeEndpointRequest {
			return &iotapi.DescribeEndpointRequest{EndpointType: new("iot:CredentialProvider")}
		}),
		writing(iotapi.CreateThingType, func(n *names) *iotapi.CreateThingTypeRequest {
			return &iotapi.CreateThingTypeRequest{ThingTypeName: n.kind, Tags: []iotapi.Tag{{Key: "made", Value: new("here")}}}
		}).and("iot:TagResource"),
		on(iotapi.DescribeThingType, func(n *names) *iotapi.DescribeThingTypeRequest {
			return &iotapi.DescribeThingTypeRequest{ThingTypeName: n.kind}
		}),
		writing(iotapi.UpdateThingType, func(n *names) *iotapi.UpdateThingTypeRequest {
			return &iotapi.UpdateThingTypeRequest{ThingTypeName: n.kind, ThingTypeProperties: &iotapi.ThingTypeProperties{Mqtt5Configuration: propagating("site")}}
		}),
		on(iotapi.ListThingTypes, func(*names) *iotapi.ListThingTypesRequest { return &iotapi.ListThingTypesRequest{} }),
		writing(iotapi.CreateThing, func(n *names) *iotapi.CreateThingRequest { return &iotapi.CreateThingRequest{ThingName: n.thing} }),
		on(iotapi.DescribeThing, func(n *names) *iotapi.DescribeThingRequest {
			return &iotapi.DescribeThingRequest{ThingName: n.thing}
		}),
		on(iotapi.ListThings, func(*names) *iotapi.ListThingsRequest { return &iotapi.ListThingsRequest{} }),
		writing(iotapi.UpdateThing, func(n *names) *iotapi.UpdateThingRequest {
			return &iotapi.UpdateThingRequest{ThingName: n.thing, AttributePayload: &iotapi.AttributePayload{Attributes: map[string]string{"site": "east"}}}
		}),
		writing(iotapi.CreateCertificateFromCsr, func(*names) *iotapi.CreateCertificateFromCsrRequest {
			return &iotapi.CreateCertificateFromCsrRequest{CertificateSigningRequest: csr}
		}),
		keys,
		writing(iotapi.RegisterCertificateWithoutCA, func(*names) *iotapi.RegisterCertificateWithoutCARequest {
			return &iotapi.RegisterCertificateWithoutCARequest{CertificatePem: own}
		}),
		on(iotapi.DescribeCertificate, func(n *names) *iotapi.DescribeCertificateRequest {
			return &iotapi.DescribeCertificateRequest{CertificateId: n.certificate}
		}),
		on(iotapi.ListCertificates, func(*names) *iotapi.ListCertificatesRequest { return &iotapi.ListCertificatesRequest{} }),
		writing(iotapi.AttachThingPrincipal, func(n *names) *iotapi.AttachThingPrincipalRequest {
			return &iotapi.AttachThingPrincipalRequest{ThingName: n.thing, Principal: n.certificateARN()}
		}),
		on(iotapi.ListThingPrincipals, func(n *names) *iotapi.ListThingPrincipalsRequest {
			return &iotapi.ListThingPrincipalsRequest{ThingName: n.thing}
		}),
		on(iotapi.ListPrincipalThings, func(n *names) *iotapi.ListPrincipalThingsRequest {
			return &iotapi.ListPrincipalThingsRequest{Principal: n.certificateARN()}
		}),
		on(iotapi.ListThingPrincipalsV2, func(n *names) *iotapi.ListThingPrincipalsV2Request {
			return &iotapi.ListThingPrincipalsV2Request{ThingName: n.thing}
		}),
		on(iotapi.ListPrincipalThingsV2, func(n *names) *iotapi.ListPrincipalThingsV2Request {
			return &iotapi.ListPrincipalThingsV2Request{Principal: n.certificateARN()}
		}),
		writing(iotapi.CreatePolicy, func(n *names) *iotapi.CreatePolicyRequest {
			return &iotapi.CreatePolicyRequest{PolicyName: n.policy, PolicyDocument: mayBecome, Tags: []iotapi.Tag{{Key: "made", Value: new("here")}}}
		}).and("iot:TagResource"),
		on(iotapi.GetPolicy, func(n *names) *iotapi.GetPolicyRequest { return &iotapi.GetPolicyRequest{PolicyName: n.policy} }),
		on(iotapi.ListPolicies, func(*names) *iotapi.ListPoliciesRequest { return &iotapi.ListPoliciesRequest{} }),
		writing(iotapi.CreatePolicyVersion, func(n *names) *iotapi.CreatePolicyVersionRequest {
			return &iotapi.CreatePolicyVersionRequest{PolicyName: n.policy, PolicyDocument: mayNothing}
		}),
		on(iotapi.GetPolicyVersion, func(n *names) *iotapi.GetPolicyVersionRequest {
			return &iotapi.GetPolicyVersionRequest{PolicyName: n.policy, PolicyVersionId: "1"}
		}),
		on(iotapi.ListPolicyVersions, func(n *names) *iotapi.ListPolicyVersionsRequest {
			return &iotapi.ListPolicyVersionsRequest{PolicyName: n.policy}
		}),
		writing(iotapi.SetDefaultPolicyVersion, func(n *names) *iotapi.SetDefaultPolicyVersionRequest {
			return &iotapi.SetDefaultPolicyVersionRequest{PolicyName: n.policy, PolicyVersionId: "2"}
		}),
		writing(iotapi.DeletePolicyVersion, func(n *names) *iotapi.DeletePolicyVersionRequest {
			return &iotapi.DeletePolicyVersionRequest{PolicyName: n.policy, PolicyVersionId: "1"}
		}),
		writing(iotapi.AttachPrincipalPolicy, func(n *names) *iotapi.AttachPrincipalPolicyRequest {
			return &iotapi.AttachPrincipalPolicyRequest{PolicyName: n.policy, Principal: n.certificateARN()}
		}),
		on(iotapi.ListPrincipalPolicies, func(n *names) *iotapi.ListPrincipalPoliciesRequest {
			return &iotapi.ListPrincipalPoliciesRequest{Principal: n.certificateARN()}
		}),
		on(iotapi.ListPolicyPrincipals, func(n *names) *iotapi.ListPolicyPrincipalsRequest {
			return &iotapi.ListPolicyPrincipalsRequest{PolicyName: n.policy}
		}),
		writing(iotapi.DetachPrincipalPolicy, func(n *names) *iotapi.DetachPrincipalPolicyRequest {
			return &iotapi.DetachPrincipalPolicyRequest{PolicyName: n.policy, Principal: n.certificateARN()}
		}),
		writing(iotapi.AttachPolicy, func(n *names) *iotapi.AttachPolicyRequest {
			return &iotapi.AttachPolicyRequest{PolicyName: n.policy, Target: n.certificateARN()}
		}),
		on(iotapi.ListAttachedPolicies, func(n *names) *iotapi.ListAttachedPoliciesRequest {
			return &iotapi.ListAttachedPoliciesRequest{Target: n.certificateARN()}
		}),
		on(iotapi.ListTargetsForPolicy, func(n *names) *iotapi.ListTargetsForPolicyRequest {
			return &iotapi.ListTargetsForPolicyRequest{PolicyName: n.policy}
		}),
		on(iotapi.GetEffectivePolicies, func(n *names) *iotapi.GetEffectivePoliciesRequest {
			return &iotapi.GetEffectivePoliciesRequest{Principal: new(n.certificateARN())}
		}),
		on(iotapi.TestAuthorization, func(n *names) *iotapi.TestAuthorizationRequest {
			return &iotapi.TestAuthorizationRequest{Principal: new(n.certificateARN()), AuthInfos: []iotapi.AuthInfo{{ActionType: new("CONNECT"), Resources: []string{"arn:aws:iot:us-east-1:000000000000:client/pump-7"}}}}
		}),
		writing(iotapi.CreateRoleAlias, func(n *names) *iotapi.CreateRoleAliasRequest {
			return &iotapi.CreateRoleAliasRequest{RoleAlias: n.alias, RoleArn: n.roleARN(), Tags: []iotapi.Tag{{Key: "made", Value: new("here")}}}
		}).and("iot:TagResource", "iam:PassRole"),
		on(iotapi.DescribeRoleAlias, func(n *names) *iotapi.DescribeRoleAliasRequest {
			return &iotapi.DescribeRoleAliasRequest{RoleAlias: n.alias}
		}),
		on(iotapi.ListRoleAliases, func(*names) *iotapi.ListRoleAliasesRequest { return &iotapi.ListRoleAliasesRequest{} }),
		writing(iotapi.UpdateRoleAlias, func(n *names) *iotapi.UpdateRoleAliasRequest {
			return &iotapi.UpdateRoleAliasRequest{RoleAlias: n.alias, CredentialDurationSeconds: new(int32(1800))}
		}),
		writing(iotapi.TagResource, func(n *names) *iotapi.TagResourceRequest {
			return &iotapi.TagResourceRequest{ResourceArn: string(scope.RoleAlias(n.alias)), Tags: tags(n)}
		}),
		on(iotapi.ListTagsForResource, func(n *names) *iotapi.ListTagsForResourceRequest {
			return &iotapi.ListTagsForResourceRequest{ResourceArn: string(scope.RoleAlias(n.alias))}
		}),
		writing(iotapi.UntagResource, func(n *names) *iotapi.UntagResourceRequest {
			return &iotapi.UntagResourceRequest{ResourceArn: string(scope.RoleAlias(n.alias)), TagKeys: []string{n.tag}}
		}),
	}
}

// propagating is the configuration of one attribute of things.
func propagating(attribute string) *iotapi.Mqtt5Configuration {
	return &iotapi.Mqtt5Configuration{PropagatingAttributes: []iotapi.PropagatingAttribute{{UserPropertyKey: new("at"), ThingAttribute: &attribute}}}
}

// iotEnd takes away what iotCalls made.
func iotEnd() []call {
	return []call{
		writing(iotapi.DetachThingPrincipal, func(n *names) *iotapi.DetachThingPrincipalRequest {
			return &iotapi.DetachThingPrincipalRequest{ThingName: n.thing, Principal: n.certificateARN()}
		}),
		writing(iotapi.DetachPolicy, func(n *names) *iotapi.DetachPolicyRequest {
			return &iotapi.DetachPolicyRequest{PolicyName: n.policy, Target: n.certificateARN()}
		}),
		writing(iotapi.UpdateCertificate, func(n *names) *iotapi.UpdateCertificateRequest {
			return &iotapi.UpdateCertificateRequest{CertificateId: n.certificate, NewStatus: "INACTIVE"}
		}),
		writing(iotapi.DeleteCertificate, func(n *names) *iotapi.DeleteCertificateRequest {
			return &iotapi.DeleteCertificateRequest{CertificateId: n.certificate}
		}),
		writing(iotapi.DeletePolicy, func(n *names) *iotapi.DeletePolicyRequest {
			return &iotapi.DeletePolicyRequest{PolicyName: n.policy}
		}),
		writing(iotapi.DeleteRoleAlias, func(n *names) *iotapi.DeleteRoleAliasRequest {
			return &iotapi.DeleteRoleAliasRequest{RoleAlias: n.alias}
		}),
		writing(iotapi.DeleteThing, func(n *names) *iotapi.DeleteThingRequest { return &iotapi.DeleteThingRequest{ThingName: n.thing} }),
		writing(iotapi.DeprecateThingType, func(n *names) *iotapi.DeprecateThingTypeRequest {
			return &iotapi.DeprecateThingTypeRequest{ThingTypeName: n.kind}
		}),
		writing(iotapi.DeleteThingType, func(n *names) *iotapi.DeleteThingTypeRequest {
			return &iotapi.DeleteThingTypeRequest{ThingTypeName: n.kind}
		}),
	}
}

func fleetCalls() []call {
	output := &sagemakerapi.EdgeOutputConfig{S3OutputLocation: "s3://sagemaker-proof/edge"}
	devices := func(n *names, description string) []sagemakerapi.Device {
		return []sagemakerapi.Device{{DeviceName: n.device, Description: &description}}
	}
	return []call{
		writing(sagemakerapi.CreateDeviceFleet, func(n *names) *sagemakerapi.CreateDeviceFleetRequest {
			return &sagemakerapi.CreateDeviceFleetRequest{DeviceFleetName: n.fleet, RoleArn: new(n.roleARN()), OutputConfig: output, Tags: []sagemakerapi.Tag{{Key: "made", Value: "here"}}}
		}).and("sagemaker:AddTags", "iam:PassRole").lastly("iot:CreateRoleAlias"),
		on(sagemakerapi.DescribeDeviceFleet, func(n *names) *sagemakerapi.DescribeDeviceFleetRequest {
			return &sagemakerapi.DescribeDeviceFleetRequest{DeviceFleetName: n.fleet}
		}),
		on(sagemakerapi.ListDeviceFleets, func(*names) *sagemakerapi.ListDeviceFleetsRequest {
			return &sagemakerapi.ListDeviceFleetsRequest{}
		}),
		writing(sagemakerapi.UpdateDeviceFleet, func(n *names) *sagemakerapi.UpdateDeviceFleetRequest {
			return &sagemakerapi.UpdateDeviceFleetRequest{DeviceFleetName: n.fleet, RoleArn: new(n.roleARN()), Description: new("pumps"), OutputConfig: output}
		}).and("iam:PassRole"),
		writing(sagemakerapi.RegisterDevices, func(n *names) *sagemakerapi.RegisterDevicesRequest {
			return &sagemakerapi.RegisterDevicesRequest{DeviceFleetName: n.fleet, Devices: devices(n, "a pump"), Tags: []sagemakerapi.Tag{{Key: "made", Value: "here"}}}
		}).and("sagemaker:AddTags"),
		on(sagemakerapi.DescribeDevice, func(n *names) *sagemakerapi.DescribeDeviceRequest {
			return &sagemakerapi.DescribeDeviceRequest{DeviceFleetName: n.fleet, DeviceName: n.device}
		}),
		on(sagemakerapi.ListDevices, func(n *names) *sagemakerapi.ListDevicesRequest {
			return &sagemakerapi.ListDevicesRequest{DeviceFleetName: &n.fleet}
		}),
		writing(sagemakerapi.UpdateDevices, func(n *names) *sagemakerapi.UpdateDevicesRequest {
			return &sagemakerapi.UpdateDevicesRequest{DeviceFleetName: n.fleet, Devices: devices(n, "another pump")}
		}),
		writing(sagemakerapi.AddTags, func(n *names) *sagemakerapi.AddTagsInput {
			return &sagemakerapi.AddTagsInput{ResourceArn: n.fleetARN(), Tags: []sagemakerapi.Tag{{Key: n.tag, Value: "field"}}}
		}),
		on(sagemakerapi.ListTags, func(n *names) *sagemakerapi.ListTagsInput {
			return &sagemakerapi.ListTagsInput{ResourceArn: n.fleetARN()}
		}),
		writing(sagemakerapi.DeleteTags, func(n *names) *sagemakerapi.DeleteTagsInput {
			return &sagemakerapi.DeleteTagsInput{ResourceArn: n.fleetARN(), TagKeys: []string{n.tag}}
		}),
		writing(sagemakerapi.DeregisterDevices, func(n *names) *sagemakerapi.DeregisterDevicesRequest {
			return &sagemakerapi.DeregisterDevicesRequest{DeviceFleetName: n.fleet, DeviceNames: []string{n.device}}
		}),
		writing(sagemakerapi.DeleteDeviceFleet, func(n *names) *sagemakerapi.DeleteDeviceFleetRequest {
			return &sagemakerapi.DeleteDeviceFleetRequest{DeviceFleetName: n.fleet}
		}),
	}
}
