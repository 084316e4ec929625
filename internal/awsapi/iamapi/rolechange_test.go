package iamapi_test

import (
	"strings"
	"testing"

	"muster/internal/awsapi/awsapitest"
)

func TestARoleIsChanged(t *testing.T) {
	d := newDesk(t)
	const (
		role  = "RoleName=r"
		begin = `<Role><Arn>arn:aws:iam::000000000000:role/edge/r</Arn><AssumeRolePolicyDocument>`
		dated = `</AssumeRolePolicyDocument><CreateDate>-</CreateDate>`
		id    = `<Path>/edge/</Path><RoleId>AROA-</RoleId>`
		tags  = `<Tags><member><Key>stage</Key><Value></Value></member><member><Key>team</Key><Value>pumps</Value></member></Tags>`
	)
	iot := strings.Replace(trust, "sagemaker", "credentials.iot", 1)
	iotText := strings.Replace(trustText, "sagemaker", "credentials.iot", 1)
	for _, step := range []struct {
		operation  string
		parameters []string
		status     int
		want       string
	}{
		{"CreateRole", []string{role, "Path=/edge/", "AssumeRolePolicyDocument=" + trust, "Tags.member.1.Key=team", "Tags.member.1.Value=pumps"}, 200,
			ok("CreateRole", begin+trustText+dated+`<MaxSessionDuration>3600</MaxSessionDuration>`+id+`<RoleName>r</RoleName><Tags><member><Key>team</Key><Value>pumps</Value></member></Tags></Role>`)},
		{"CreateRole", []string{"RoleName=s", "AssumeRolePolicyDocument=" + trust, "Tags.member.1.Key=aws:team", "Tags.member.1.Value=pumps"}, 400, ""},
		{"UpdateRole", []string{role, "Description=d", "MaxSessionDuration=7200"}, 200, `<UpdateRoleResponse ` + ns + `><UpdateRoleResult></UpdateRoleResult>` + meta + `</UpdateRoleResponse>`},
		{"UpdateRole", []string{role, "MaxSessionDuration=60"}, 400, ""},
		{"UpdateRole", []string{"RoleName=x"}, 404, failed("NoSuchEntity", "The role with name x cannot be found.")},
		{"UpdateAssumeRolePolicy", []string{role, "PolicyDocument=" + iot}, 200, done("UpdateAssumeRolePolicy")},
		{"UpdateAssumeRolePolicy", []string{role, "PolicyDocument=" + document}, 400, ""},
		{"UpdateAssumeRolePolicy", []string{"RoleName=x", "PolicyDocument=" + iot}, 404, failed("NoSuchEntity", "The role with name x cannot be found.")},
		{"TagRole", []string{role, "Tags.member.1.Key=stage", "Tags.member.1.Value="}, 200, done("TagRole")},
		{"TagRole", []string{"RoleName=x", "Tags.member.1.Key=stage", "Tags.member.1.Value="}, 404, failed("NoSuchEntity", "The role with name x cannot be found.")},
		{"GetRole", []string{role}, 200,
			ok("GetRole", begin+iotText+dated+`<Description>d</Description><MaxSessionDuration>7200</MaxSessionDuration>`+id+`<RoleLastUsed></RoleLastUsed><RoleName>r</RoleName>`+tags+`</Role>`)},
		{"ListRoleTags", []string{role}, 200, ok("ListRoleTags", `<IsTruncated>false</IsTruncated>`+tags)},
		{"UntagRole", []string{role, "TagKeys.member.1=team", "TagKeys.member.2=stage"}, 200, done("UntagRole")},
		{"UntagRole", []string{"RoleName=x", "TagKeys.member.1=team"}, 404, failed("NoSuchEntity", "The role with name x cannot be found.")},
		{"ListRoleTags", []string{role}, 200, ok("ListRoleTags", `<IsTruncated>false</IsTruncated><Tags></Tags>`)},
		{"ListRoleTags", []string{"RoleName=x"}, 404, failed("NoSuchEntity", "The role with name x cannot be found.")},
		{"UpdateRoleDescription", []string{role, "Description=e"}, 200,
			ok("UpdateRoleDescription", begin+iotText+dated+`<Description>e</Description><MaxSessionDuration>7200</MaxSessionDuration>`+id+`<RoleName>r</RoleName></Role>`)},
		{"UpdateRoleDescription", []string{"RoleName=x", "Description=e"}, 404, failed("NoSuchEntity", "The role with name x cannot be found.")},
		{"ListRoles", []string{"PathPrefix=/edge/"}, 200,
			ok("ListRoles", `<IsTruncated>false</IsTruncated><Roles><member>`+strings.TrimPrefix(begin, "<Role>")+iotText+dated+`<Description>e</Description><MaxSessionDuration>7200</MaxSessionDuration>`+id+`<RoleName>r</RoleName></member></Roles>`)},
		{"ListRoles", []string{"PathPrefix=/x/"}, 200, ok("ListRoles", `<IsTruncated>false</IsTruncated><Roles></Roles>`)},
		{"ListRoles", []string{"Marker=x"}, 400, ""},
	} {
		status, got := ask(t, d, awsapitest.Root, step.operation, step.parameters...)
		if status != step.status || step.want != "" && got != step.want {
			t.Errorf("%s %q\n got %d %s\nwant %d %s", step.operation, step.parameters, status, got, step.status, step.want)
		}
	}
}

func TestPoliciesMaySayWhichTags(t *testing.T) {
	d := newDesk(t)
	ask(t, d, awsapitest.Root, "CreateRole", "RoleName=pumps", "AssumeRolePolicyDocument="+trust, "Tags.member.1.Key=team", "Tags.member.1.Value=pumps")
	ask(t, d, awsapitest.Root, "CreateRole", "RoleName=valves", "AssumeRolePolicyDocument="+trust, "Tags.member.1.Key=team", "Tags.member.1.Value=valves")
	d.Session(t, "maker", `{"Effect":"Allow","Action":"iam:CreateRole","Resource":"*"}`)
	d.Session(t, "tagger", `[{"Effect":"Allow","Action":"iam:*","Resource":"*","Condition":{"StringEquals":{"aws:RequestTag/team":"pumps"},"ForAllValues:StringEquals":{"aws:TagKeys":["team"]}}},
		{"Effect":"Allow","Action":"iam:UntagRole","Resource":"*","Condition":{"ForAllValues:StringEquals":{"aws:TagKeys":["stage"]}}}]`)
	d.Session(t, "owner", `{"Effect":"Allow","Action":"iam:*","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/team":"pumps","iam:ResourceTag/team":"pumps"}}}`)
	new := func(name string) []string {
		return []string{"RoleName=" + name, "AssumeRolePolicyDocument=" + trust}
	}
	tag := func(key, value string) []string {
		return []string{"Tags.member.1.Key=" + key, "Tags.member.1.Value=" + value}
	}
	for _, tc := range []struct {
		name, who, operation string
		parameters           []string
		want                 int
	}{
		{"a role without tags", "maker", "CreateRole", new("a"), 200},
		{"a role with tags needs TagRole as well", "maker", "CreateRole", append(new("b"), tag("team", "pumps")...), 403},
		{"which made none", "tagger", "CreateRole", append(new("b"), tag("team", "pumps")...), 200},
		{"another value", "tagger", "CreateRole", append(new("c"), tag("team", "valves")...), 403},
		{"no tag", "tagger", "CreateRole", new("c"), 403},
		{"a tag it may put", "tagger", "TagRole", append(tag("team", "pumps"), "RoleName=b"), 200},
		{"one more than it may put", "tagger", "TagRole", append(tag("team", "pumps"), "RoleName=b", "Tags.member.2.Key=x", "Tags.member.2.Value=y"), 403},
		{"a tag it may take", "tagger", "UntagRole", []string{"RoleName=b", "TagKeys.member.1=stage"}, 200},
		{"a tag it may not take", "tagger", "UntagRole", []string{"RoleName=b", "TagKeys.member.1=team"}, 403},
		{"a role of its tag", "owner", "UpdateRoleDescription", []string{"RoleName=pumps", "Description=d"}, 200},
		{"a role of another", "owner", "UpdateRoleDescription", []string{"RoleName=valves", "Description=d"}, 403},
		{"a role without the tag", "owner", "DeleteRole", []string{"RoleName=a"}, 403},
		{"simulating a role of its tag", "owner", "SimulatePrincipalPolicy", []string{"PolicySourceArn=arn:aws:iam::000000000000:role/pumps", "ActionNames.member.1=s3:GetObject"}, 200},
		{"simulating a role of another", "owner", "SimulatePrincipalPolicy", []string{"PolicySourceArn=arn:aws:iam::000000000000:role/valves", "ActionNames.member.1=s3:GetObject"}, 403},
		{"the tag asked for is not the one there is", "owner", "TagRole", append(tag("team", "pumps"), "RoleName=valves"), 403},
	} {
		if status, got := ask(t, d, tc.who, tc.operation, tc.parameters...); status != tc.want {
			t.Errorf("%s: got %d %s, want %d", tc.name, status, got, tc.want)
		}
	}
}
