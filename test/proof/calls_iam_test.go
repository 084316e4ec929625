package proof

import (
	"muster/internal/awsapi/iamapi"
	"muster/internal/awsapi/stsapi"
)

const (
	mayLook     = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}`
	mayList     = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:ListBucket","Resource":"*"}}`
	iotTrusted  = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":["credentials.iot.amazonaws.com","sagemaker.amazonaws.com"]},"Action":"sts:AssumeRole"}}`
	moreTrusted = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":["credentials.iot.amazonaws.com","sagemaker.amazonaws.com","lambda.amazonaws.com"]},"Action":"sts:AssumeRole"}}`
)

// rolePath is that of the role, which nobody learns who may not ask for it.
const rolePath = "/edge/"

func roleCalls() []call {
	return []call{
		writing(iamapi.CreateRole, func(n *names) *iamapi.CreateRoleRequest {
			return &iamapi.CreateRoleRequest{RoleName: n.role, Path: new(rolePath), AssumeRolePolicyDocument: iotTrusted, Tags: []iamapi.Tag{{Key: "made", Value: "here"}}}
		}).and("iam:TagRole"),
		on(iamapi.GetRole, func(n *names) *iamapi.GetRoleRequest { return &iamapi.GetRoleRequest{RoleName: n.role} }),
		on(iamapi.ListRoles, func(*names) *iamapi.ListRolesRequest { return &iamapi.ListRolesRequest{} }),
		writing(iamapi.UpdateRole, func(n *names) *iamapi.UpdateRoleRequest {
			return &iamapi.UpdateRoleRequest{RoleName: n.role, MaxSessionDuration: new(int32(7200))}
		}),
		writing(iamapi.UpdateRoleDescription, func(n *names) *iamapi.UpdateRoleDescriptionRequest {
			return &iamapi.UpdateRoleDescriptionRequest{RoleName: n.role, Description: "of the field"}
		}),
		writing(iamapi.UpdateAssumeRolePolicy, func(n *names) *iamapi.UpdateAssumeRolePolicyRequest {
			return &iamapi.UpdateAssumeRolePolicyRequest{RoleName: n.role, PolicyDocument: moreTrusted}
		}),
		writing(iamapi.TagRole, func(n *names) *iamapi.TagRoleRequest {
			return &iamapi.TagRoleRequest{RoleName: n.role, Tags: []iamapi.Tag{{Key: n.tag, Value: "field"}}}
		}),
		on(iamapi.ListRoleTags, func(n *names) *iamapi.ListRoleTagsRequest {
			return &iamapi.ListRoleTagsRequest{RoleName: n.role}
		}),
		writing(iamapi.UntagRole, func(n *names) *iamapi.UntagRoleRequest {
			return &iamapi.UntagRoleRequest{RoleName: n.role, TagKeys: []string{n.tag}}
		}),
		writing(iamapi.PutRolePolicy, func(n *names) *iamapi.PutRolePolicyRequest {
			return &iamapi.PutRolePolicyRequest{RoleName: n.role, PolicyName: n.inline, PolicyDocument: mayLook}
		}),
		on(iamapi.GetRolePolicy, func(n *names) *iamapi.GetRolePolicyRequest {
			return &iamapi.GetRolePolicyRequest{RoleName: n.role, PolicyName: n.inline}
		}),
		on(iamapi.ListRolePolicies, func(n *names) *iamapi.ListRolePoliciesRequest {
			return &iamapi.ListRolePoliciesRequest{RoleName: n.role}
		}),
		writing(iamapi.CreatePolicy, func(n *names) *iamapi.CreatePolicyRequest {
			return &iamapi.CreatePolicyRequest{PolicyName: n.managed, PolicyDocument: mayLook, Tags: []iamapi.Tag{{Key: "made", Value: "here"}}}
		}).and("iam:TagPolicy"),
		on(iamapi.GetPolicy, func(n *names) *iamapi.GetPolicyRequest { return &iamapi.GetPolicyRequest{PolicyArn: n.managedARN()} }),
		writing(iamapi.TagPolicy, func(n *names) *iamapi.TagPolicyRequest {
			return &iamapi.TagPolicyRequest{PolicyArn: n.managedARN(), Tags: []iamapi.Tag{{Key: n.tag, Value: "field"}}}
		}),
		on(iamapi.ListPolicyTags, func(n *names) *iamapi.ListPolicyTagsRequest {
			return &iamapi.ListPolicyTagsRequest{PolicyArn: n.managedARN()}
		}),
		writing(iamapi.UntagPolicy, func(n *names) *iamapi.UntagPolicyRequest {
			return &iamapi.UntagPolicyRequest{PolicyArn: n.managedARN(), TagKeys: []string{n.tag}}
		}),
		on(iamapi.ListPolicies, func(*names) *iamapi.ListPoliciesRequest { return &iamapi.ListPoliciesRequest{} }),
		writing(iamapi.CreatePolicyVersion, func(n *names) *iamapi.CreatePolicyVersionRequest {
			return &iamapi.CreatePolicyVersionRequest{PolicyArn: n.managedARN(), PolicyDocument: mayList}
		}),
		on(iamapi.GetPolicyVersion, func(n *names) *iamapi.GetPolicyVersionRequest {
			return &iamapi.GetPolicyVersionRequest{PolicyArn: n.managedARN(), VersionId: "v1"}
		}),
		on(iamapi.ListPolicyVersions, func(n *names) *iamapi.ListPolicyVersionsRequest {
			return &iamapi.ListPolicyVersionsRequest{PolicyArn: n.managedARN()}
		}),
		writing(iamapi.SetDefaultPolicyVersion, func(n *names) *iamapi.SetDefaultPolicyVersionRequest {
			return &iamapi.SetDefaultPolicyVersionRequest{PolicyArn: n.managedARN(), VersionId: "v2"}
		}),
		writing(iamapi.DeletePolicyVersion, func(n *names) *iamapi.DeletePolicyVersionRequest {
			return &iamapi.DeletePolicyVersionRequest{PolicyArn: n.managedARN(), VersionId: "v1"}
		}),
		writing(iamapi.AttachRolePolicy, func(n *names) *iamapi.AttachRolePolicyRequest {
			return &iamapi.AttachRolePolicyRequest{RoleName: n.role, PolicyArn: n.managedARN()}
		}),
		on(iamapi.ListInstanceProfilesForRole, func(n *names) *iamapi.ListInstanceProfilesForRoleRequest {
			return &iamapi.ListInstanceProfilesForRoleRequest{RoleName: n.role}
		}),
		on(iamapi.ListAttachedRolePolicies, func(n *names) *iamapi.ListAttachedRolePoliciesRequest {
			return &iamapi.ListAttachedRolePoliciesRequest{RoleName: n.role}
		}),
		on(iamapi.ListEntitiesForPolicy, func(n *names) *iamapi.ListEntitiesForPolicyRequest {
			return &iamapi.ListEntitiesForPolicyRequest{PolicyArn: n.managedARN()}
		}),
		on(iamapi.SimulateCustomPolicy, func(*names) *iamapi.SimulateCustomPolicyRequest {
			return &iamapi.SimulateCustomPolicyRequest{ActionNames: []string{"s3:GetObject"}, PolicyInputList: []string{mayLook}}
		}),
		on(iamapi.SimulatePrincipalPolicy, func(n *names) *iamapi.SimulatePrincipalPolicyRequest {
			return &iamapi.SimulatePrincipalPolicyRequest{PolicySourceArn: n.roleARN(), ActionNames: []string{"s3:GetObject"}}
		}),
	}
}

// roleEnd takes away what roleCalls made.
func roleEnd() []call {
	return []call{
		writing(iamapi.DetachRolePolicy, func(n *names) *iamapi.DetachRolePolicyRequest {
			return &iamapi.DetachRolePolicyRequest{RoleName: n.role, PolicyArn: n.managedARN()}
		}),
		writing(iamapi.DeleteRolePolicy, func(n *names) *iamapi.DeleteRolePolicyRequest {
			return &iamapi.DeleteRolePolicyRequest{RoleName: n.role, PolicyName: n.inline}
		}),
		writing(iamapi.DeletePolicy, func(n *names) *iamapi.DeletePolicyRequest {
			return &iamapi.DeletePolicyRequest{PolicyArn: n.managedARN()}
		}),
		writing(iamapi.DeleteRole, func(n *names) *iamapi.DeleteRoleRequest { return &iamapi.DeleteRoleRequest{RoleName: n.role} }),
	}
}

func userCalls() []call {
	key := took(iamapi.CreateAccessKey, func(n *names) *iamapi.CreateAccessKeyRequest {
		return &iamapi.CreateAccessKeyRequest{UserName: &n.user}
	}, func(n *names, out *iamapi.CreateAccessKeyResponse) { n.accessKey = *out.AccessKey.AccessKeyId })
	key.writes = true
	return []call{
		writing(iamapi.CreateUser, func(n *names) *iamapi.CreateUserRequest {
			return &iamapi.CreateUserRequest{UserName: n.user, Tags: []iamapi.Tag{{Key: "made", Value: "here"}}}
		}).and("iam:TagUser"),
		on(iamapi.GetUser, func(n *names) *iamapi.GetUserRequest { return &iamapi.GetUserRequest{UserName: &n.user} }),
		writing(iamapi.TagUser, func(n *names) *iamapi.TagUserRequest {
			return &iamapi.TagUserRequest{UserName: n.user, Tags: []iamapi.Tag{{Key: n.tag, Value: "field"}}}
		}),
		on(iamapi.ListGroupsForUser, func(n *names) *iamapi.ListGroupsForUserRequest {
			return &iamapi.ListGroupsForUserRequest{UserName: n.user}
		}),
		on(iamapi.ListUserTags, func(n *names) *iamapi.ListUserTagsRequest {
			return &iamapi.ListUserTagsRequest{UserName: n.user}
		}),
		writing(iamapi.UntagUser, func(n *names) *iamapi.UntagUserRequest {
			return &iamapi.UntagUserRequest{UserName: n.user, TagKeys: []string{n.tag}}
		}),
		on(iamapi.ListUsers, func(*names) *iamapi.ListUsersRequest { return &iamapi.ListUsersRequest{} }),
		writing(iamapi.PutUserPolicy, func(n *names) *iamapi.PutUserPolicyRequest {
			return &iamapi.PutUserPolicyRequest{UserName: n.user, PolicyName: n.inline, PolicyDocument: mayLook}
		}),
		on(iamapi.GetUserPolicy, func(n *names) *iamapi.GetUserPolicyRequest {
			return &iamapi.GetUserPolicyRequest{UserName: n.user, PolicyName: n.inline}
		}),
		on(iamapi.ListUserPolicies, func(n *names) *iamapi.ListUserPoliciesRequest {
			return &iamapi.ListUserPoliciesRequest{UserName: n.user}
		}),
		writing(iamapi.DeleteUserPolicy, func(n *names) *iamapi.DeleteUserPolicyRequest {
			return &iamapi.DeleteUserPolicyRequest{UserName: n.user, PolicyName: n.inline}
		}),
		writing(iamapi.AttachUserPolicy, func(n *names) *iamapi.AttachUserPolicyRequest {
			return &iamapi.AttachUserPolicyRequest{UserName: n.user, PolicyArn: n.managedARN()}
		}),
		on(iamapi.ListAttachedUserPolicies, func(n *names) *iamapi.ListAttachedUserPoliciesRequest {
			return &iamapi.ListAttachedUserPoliciesRequest{UserName: n.user}
		}),
		writing(iamapi.DetachUserPolicy, func(n *names) *iamapi.DetachUserPolicyRequest {
			return &iamapi.DetachUserPolicyRequest{UserName: n.user, PolicyArn: n.managedARN()}
		}),
		key,
		on(iamapi.ListAccessKeys, func(n *names) *iamapi.ListAccessKeysRequest { return &iamapi.ListAccessKeysRequest{UserName: &n.user} }),
		on(iamapi.GetAccessKeyLastUsed, func(n *names) *iamapi.GetAccessKeyLastUsedRequest {
			return &iamapi.GetAccessKeyLastUsedRequest{AccessKeyId: n.accessKey}
		}),
		on(stsapi.GetAccessKeyInfo, func(n *names) *stsapi.GetAccessKeyInfoRequest {
			return &stsapi.GetAccessKeyInfoRequest{AccessKeyId: n.accessKey}
		}),
		writing(iamapi.UpdateAccessKey, func(n *names) *iamapi.UpdateAccessKeyRequest {
			return &iamapi.UpdateAccessKeyRequest{UserName: &n.user, AccessKeyId: n.accessKey, Status: "Inactive"}
		}),
		writing(iamapi.DeleteAccessKey, func(n *names) *iamapi.DeleteAccessKeyRequest {
			return &iamapi.DeleteAccessKeyRequest{UserName: &n.user, AccessKeyId: n.accessKey}
		}),
		writing(iamapi.UpdateUser, func(n *names) *iamapi.UpdateUserRequest {
			return &iamapi.UpdateUserRequest{UserName: n.user, NewPath: new("/field/")}
		}),
		writing(iamapi.DeleteUser, func(n *names) *iamapi.DeleteUserRequest { return &iamapi.DeleteUserRequest{UserName: n.user} }),
	}
}

// tokenCalls write nothing, whoever makes them: sessions lie in their tokens.
func tokenCalls() []call {
	whoAmI := on(stsapi.GetCallerIdentity, func(*names) *stsapi.GetCallerIdentityRequest { return &stsapi.GetCallerIdentityRequest{} })
	whoAmI.open = "who is known may ask who they are"
	// Who has a key of their own needs no permission for it, and who hasn't can't.
	own := on(stsapi.GetSessionToken, func(*names) *stsapi.GetSessionTokenRequest { return &stsapi.GetSessionTokenRequest{} })
	own.ownKeyOnly = true
	return []call{
		whoAmI, own,
		on(stsapi.AssumeRole, func(*names) *stsapi.AssumeRoleRequest {
			return &stsapi.AssumeRoleRequest{RoleArn: "arn:aws:iam::000000000000:role/Nobody", RoleSessionName: "again"}
		}),
	}
}
