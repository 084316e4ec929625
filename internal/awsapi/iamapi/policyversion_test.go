package iamapi_test

import (
	"strings"
	"testing"

	"muster/internal/awsapi/awsapitest"
)

func TestVersionsOfAPolicy(t *testing.T) {
	d := newDesk(t)
	const (
		upload = "arn:aws:iam::000000000000:policy/upload"
		the    = "PolicyArn=" + upload
		listed = `<member><Arn>` + upload + `</Arn><AttachmentCount>1</AttachmentCount><CreateDate>-</CreateDate><DefaultVersionId>v2</DefaultVersionId>` +
			`<IsAttachable>true</IsAttachable><Path>/</Path><PermissionsBoundaryUsageCount>0</PermissionsBoundaryUsageCount>` +
			`<PolicyId>ANPA-</PolicyId><PolicyName>upload</PolicyName><UpdateDate>-</UpdateDate></member>`
	)
	version := func(id, inForce string) string {
		return `<CreateDate>-</CreateDate><IsDefaultVersion>` + inForce + `</IsDefaultVersion><VersionId>` + id + `</VersionId>`
	}
	missing := failed("NoSuchEntity", "Policy "+upload+" version v9 does not exist or is not attachable.")
	for _, step := range []struct {
		operation  string
		parameters []string
		status     int
		want       string
	}{
		{"CreateRole", []string{"RoleName=r", "AssumeRolePolicyDocument=" + trust}, 200, ""},
		{"CreatePolicy", []string{"PolicyName=upload", "Description=d", "PolicyDocument=" + document}, 200, ""},
		{"AttachRolePolicy", []string{"RoleName=r", the}, 200, ""},
		{"CreatePolicyVersion", []string{the, "PolicyDocument=" + document, "SetAsDefault=true"}, 200,
			ok("CreatePolicyVersion", `<PolicyVersion>`+version("v2", "true")+`</PolicyVersion>`)},
		{"CreatePolicyVersion", []string{the, "PolicyDocument=" + document}, 200,
			ok("CreatePolicyVersion", `<PolicyVersion>`+version("v3", "false")+`</PolicyVersion>`)},
		{"CreatePolicyVersion", []string{the, "PolicyDocument={}"}, 400, ""},
		{"CreatePolicyVersion", []string{the + "s", "PolicyDocument=" + document}, 404, failed("NoSuchEntity", "Policy "+upload+"s was not found.")},
		{"CreatePolicyVersion", []string{"PolicyArn=" + fleetARN, "PolicyDocument=" + document}, 403,
			failed("AccessDenied", "The policy "+fleetARN+" is managed by AWS and can&#39;t be changed.")},
		{"ListPolicyVersions", []string{the}, 200, ok("ListPolicyVersions",
			`<IsTruncated>false</IsTruncated><Versions><member>`+version("v3", "false")+`</member><member>`+version("v2", "true")+`</member><member>`+version("v1", "false")+`</member></Versions>`)},
		{"ListPolicyVersions", []string{the + "s"}, 404, failed("NoSuchEntity", "Policy "+upload+"s was not found.")},
		{"GetPolicyVersion", []string{the, "VersionId=v3"}, 200,
			ok("GetPolicyVersion", `<PolicyVersion>`+strings.Replace(version("v3", "false"), "<IsDefault", "<Document>"+documentText+"</Document><IsDefault", 1)+`</PolicyVersion>`)},
		{"ListPolicies", []string{"Scope=Local", "OnlyAttached=true"}, 200, ok("ListPolicies", `<IsTruncated>false</IsTruncated><Policies>`+listed+`</Policies>`)},
		{"ListPolicies", []string{"Scope=Local", "PathPrefix=/x/"}, 200, ok("ListPolicies", `<IsTruncated>false</IsTruncated><Policies></Policies>`)},
		{"ListPolicies", []string{"PolicyUsageFilter=PermissionsBoundary"}, 200, ok("ListPolicies", `<IsTruncated>false</IsTruncated><Policies></Policies>`)},
		{"ListPolicies", []string{"Scope=Everything"}, 400, ""},
		{"ListPolicies", []string{"Marker=x"}, 400, ""},
		{"ListEntitiesForPolicy", []string{the}, 200, ok("ListEntitiesForPolicy",
			`<IsTruncated>false</IsTruncated><PolicyGroups></PolicyGroups><PolicyRoles><member><RoleId>AROA-</RoleId><RoleName>r</RoleName></member></PolicyRoles><PolicyUsers></PolicyUsers>`)},
		{"ListEntitiesForPolicy", []string{the, "EntityFilter=User"}, 200, ok("ListEntitiesForPolicy",
			`<IsTruncated>false</IsTruncated><PolicyGroups></PolicyGroups><PolicyRoles></PolicyRoles><PolicyUsers></PolicyUsers>`)},
		{"ListEntitiesForPolicy", []string{the, "PolicyUsageFilter=PermissionsBoundary"}, 200, ok("ListEntitiesForPolicy",
			`<IsTruncated>false</IsTruncated><PolicyGroups></PolicyGroups><PolicyRoles></PolicyRoles><PolicyUsers></PolicyUsers>`)},
		{"ListEntitiesForPolicy", []string{the + "s"}, 404, failed("NoSuchEntity", "Policy "+upload+"s was not found.")},
		{"DeletePolicyVersion", []string{the, "VersionId=v2"}, 409, failed("DeleteConflict", "Cannot delete the default version of a policy.")},
		{"DeletePolicyVersion", []string{the, "VersionId=v9"}, 404, missing},
		{"SetDefaultPolicyVersion", []string{the, "VersionId=v9"}, 404, missing},
		{"SetDefaultPolicyVersion", []string{the, "VersionId=v3"}, 200, done("SetDefaultPolicyVersion")},
		{"DeletePolicyVersion", []string{the, "VersionId=v2"}, 200, done("DeletePolicyVersion")},
		{"CreatePolicyVersion", []string{the, "PolicyDocument=" + document}, 200, ""},
		{"CreatePolicyVersion", []string{the, "PolicyDocument=" + document}, 200, ""},
		{"CreatePolicyVersion", []string{the, "PolicyDocument=" + document}, 200, ""},
		{"CreatePolicyVersion", []string{the, "PolicyDocument=" + document}, 409,
			failed("LimitExceeded", "A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.")},
		{"DetachRolePolicy", []string{"RoleName=r", the}, 200, ""},
		{"DeletePolicy", []string{the}, 409, failed("DeleteConflict",
			"This policy has more than one version. Before you delete a policy, you must delete the policy&#39;s versions. The default version is deleted with the policy.")},
	} {
		status, got := ask(t, d, awsapitest.Root, step.operation, step.parameters...)
		if status != step.status || step.want != "" && got != step.want {
			t.Errorf("%s %q\n got %d %s\nwant %d %s", step.operation, step.parameters, status, got, step.status, step.want)
		}
	}
}
