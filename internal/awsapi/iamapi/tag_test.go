package iamapi_test

import (
	"strings"
	"testing"

	"muster/internal/awsapi/awsapitest"
)

func TestUsersAndPoliciesAreTagged(t *testing.T) {
	d := newDesk(t)
	const (
		user   = "UserName=ana"
		policy = "arn:aws:iam::000000000000:policy/upload"
		the    = "PolicyArn=" + policy
		team   = `<member><Key>team</Key><Value>pumps</Value></member>`
		stage  = `<member><Key>stage</Key><Value></Value></member>`
		shown  = `<Policy><Arn>` + policy + `</Arn><AttachmentCount>0</AttachmentCount><CreateDate>-</CreateDate><DefaultVersionId>v1</DefaultVersionId><IsAttachable>true</IsAttachable>` +
			`<Path>/</Path><PermissionsBoundaryUsageCount>0</PermissionsBoundaryUsageCount><PolicyId>ANPA-</PolicyId><PolicyName>upload</PolicyName>`
		dated = `<UpdateDate>-</UpdateDate></Policy>`
	)
	given := []string{"Tags.member.1.Key=team", "Tags.member.1.Value=pumps"}
	for _, step := range []struct {
		operation  string
		parameters []string
		status     int
		want       string
	}{
		{"CreateUser", []string{user}, 200, ""},
		{"TagUser", append(given, user, "Tags.member.2.Key=stage", "Tags.member.2.Value="), 200, done("TagUser")},
		{"TagUser", append(given, "UserName=x"), 404, failed("NoSuchEntity", "The user with name x cannot be found.")},
		{"TagUser", append(given, user, "Tags.member.2.Key=Team", "Tags.member.2.Value="), 400, failed("InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive.")},
		{"ListUserTags", []string{user, "MaxItems=1"}, 200, ok("ListUserTags", `<IsTruncated>true</IsTruncated><Marker>MR9zdGFnZQ==</Marker><Tags>`+stage+`</Tags>`)},
		{"ListUserTags", []string{user, "Marker=MR9zdGFnZQ=="}, 200, ok("ListUserTags", `<IsTruncated>false</IsTruncated><Tags>`+team+`</Tags>`)},
		{"ListUserTags", []string{"UserName=x"}, 404, failed("NoSuchEntity", "The user with name x cannot be found.")},
		{"UntagUser", []string{user, "TagKeys.member.1=TEAM", "TagKeys.member.2=stage"}, 200, done("UntagUser")},
		{"UntagUser", []string{"UserName=x", "TagKeys.member.1=team"}, 404, failed("NoSuchEntity", "The user with name x cannot be found.")},
		{"ListUserTags", []string{user}, 200, ok("ListUserTags", `<IsTruncated>false</IsTruncated><Tags></Tags>`)},

		{"CreatePolicy", append(given, "PolicyName=upload", "PolicyDocument="+document), 200, ok("CreatePolicy", shown+`<Tags>`+team+`</Tags>`+dated)},
		{"CreatePolicy", []string{"PolicyName=other", "PolicyDocument=" + document, "Tags.member.1.Key=aws:a", "Tags.member.1.Value="}, 400, failed("InvalidInput", "Tag keys beginning with aws: are reserved.")},
		{"TagPolicy", []string{the, "Tags.member.1.Key=stage", "Tags.member.1.Value="}, 200, done("TagPolicy")},
		{"TagPolicy", append(given, the+"s"), 404, failed("NoSuchEntity", "Policy "+policy+"s was not found.")},
		{"TagPolicy", append(given, "PolicyArn="+fleetARN), 403, failed("AccessDenied", "The policy "+fleetARN+" is managed by AWS and can&#39;t be changed.")},
		{"GetPolicy", []string{the}, 200, ok("GetPolicy", shown+`<Tags>`+stage+team+`</Tags>`+dated)},
		{"ListPolicies", []string{"Scope=Local"}, 200,
			ok("ListPolicies", `<IsTruncated>false</IsTruncated><Policies><member>`+strings.TrimPrefix(shown, "<Policy>")+strings.TrimSuffix(dated, "</Policy>")+`</member></Policies>`)},
		{"ListPolicyTags", []string{the}, 200, ok("ListPolicyTags", `<IsTruncated>false</IsTruncated><Tags>`+stage+team+`</Tags>`)},
		{"ListPolicyTags", []string{"PolicyArn=" + fleetARN}, 200, ok("ListPolicyTags", `<IsTruncated>false</IsTruncated><Tags></Tags>`)},
		{"ListPolicyTags", []string{the + "s"}, 404, failed("NoSuchEntity", "Policy "+policy+"s was not found.")},
		{"UntagPolicy", []string{the, "TagKeys.member.1=stage"}, 200, done("UntagPolicy")},
		{"UntagPolicy", []string{the + "s", "TagKeys.member.1=stage"}, 404, failed("NoSuchEntity", "Policy "+policy+"s was not found.")},
		{"ListPolicyTags", []string{the}, 200, ok("ListPolicyTags", `<IsTruncated>false</IsTruncated><Tags>`+team+`</Tags>`)},
	} {
		status, got := ask(t, d, awsapitest.Root, step.operation, step.parameters...)
		if status != step.status || step.want != "" && got != step.want {
			t.Errorf("%s %q\n got %d %s\nwant %d %s", step.operation, step.parameters, status, got, step.status, step.want)
		}
	}
}

// Who may tag may be told which tags, and to make with tags is to tag.
func TestWhichTagsMayBeGiven(t *testing.T) {
	const policy = "PolicyArn=arn:aws:iam::000000000000:policy/upload"
	d := newDesk(t)
	ask(t, d, awsapitest.Root, "CreateUser", "UserName=ana")
	ask(t, d, awsapitest.Root, "CreatePolicy", "PolicyName=upload", "PolicyDocument="+document)
	d.User(t, "maker", `{"Effect":"Allow","Action":"iam:CreatePolicy","Resource":"*"}`)
	d.User(t, "tagger", `[{"Effect":"Allow","Action":"iam:*","Resource":"*","Condition":{"StringEquals":{"aws:RequestTag/team":"pumps"},"ForAllValues:StringEquals":{"aws:TagKeys":["team"]}}},
		{"Effect":"Allow","Action":"iam:Untag*","Resource":"*","Condition":{"ForAllValues:StringEquals":{"aws:TagKeys":["stage"]}}}]`)
	d.User(t, "barred", `[{"Effect":"Allow","Action":"iam:*","Resource":"*"},
		{"Effect":"Deny","Action":"iam:*","Resource":"*","Condition":{"ForAnyValue:StringEquals":{"aws:TagKeys":["team"]}}}]`)
	tag := func(key, value string, more ...string) []string {
		return append(more, "Tags.member.1.Key="+key, "Tags.member.1.Value="+value)
	}
	made := func(name string) []string { return []string{"PolicyName=" + name, "PolicyDocument=" + document} }
	for _, tc := range []struct {
		name, who, operation string
		parameters           []string
		want                 int
	}{
		{"a policy without tags", "maker", "CreatePolicy", made("a"), 200},
		{"a policy with tags needs TagPolicy as well", "maker", "CreatePolicy", tag("team", "pumps", made("b")...), 403},
		{"a policy with the tag", "tagger", "CreatePolicy", tag("team", "pumps", made("c")...), 200},
		{"a policy without it", "tagger", "CreatePolicy", made("d"), 403},
		{"a policy with another value", "tagger", "CreatePolicy", tag("team", "valves", made("e")...), 403},
		{"a policy with a tag that is barred", "barred", "CreatePolicy", tag("team", "pumps", made("f")...), 403},
		{"a policy with another tag", "barred", "CreatePolicy", tag("stage", "x", made("g")...), 200},
		{"a tag of a user", "tagger", "TagUser", tag("team", "pumps", "UserName=ana"), 200},
		{"another tag of a user", "tagger", "TagUser", tag("stage", "x", "UserName=ana"), 403},
		{"a barred tag of a user", "barred", "TagUser", tag("team", "pumps", "UserName=ana"), 403},
		{"a tag to take from a user", "tagger", "UntagUser", []string{"UserName=ana", "TagKeys.member.1=stage"}, 200},
		{"a tag not to take from a user", "tagger", "UntagUser", []string{"UserName=ana", "TagKeys.member.1=team"}, 403},
		{"a barred tag to take from a user", "barred", "UntagUser", []string{"UserName=ana", "TagKeys.member.1=team"}, 403},
		{"a tag of a policy", "tagger", "TagPolicy", tag("team", "pumps", policy), 200},
		{"another tag of a policy", "tagger", "TagPolicy", tag("stage", "x", policy), 403},
		{"a tag to take from a policy", "tagger", "UntagPolicy", []string{policy, "TagKeys.member.1=stage"}, 200},
		{"a tag not to take from a policy", "tagger", "UntagPolicy", []string{policy, "TagKeys.member.1=team"}, 403},
	} {
		if status, got := ask(t, d, tc.who, tc.operation, tc.parameters...); status != tc.want {
			t.Errorf("%s: got %d %s, want %d", tc.name, status, got, tc.want)
		}
	}
}

// A condition on a policy's tags holds for each operation on it.
func TestTagsOfPoliciesInPolicies(t *testing.T) {
	d := newDesk(t)
	for _, name := range []string{"pumps", "valves"} {
		ask(t, d, awsapitest.Root, "CreatePolicy", "PolicyName="+name, "PolicyDocument="+document, "Tags.member.1.Key=Team", "Tags.member.1.Value="+name)
	}
	ask(t, d, awsapitest.Root, "CreatePolicy", "PolicyName=bare", "PolicyDocument="+document)
	const condition = `"Condition":{"StringEquals":{"aws:ResourceTag/team":"pumps","iam:ResourceTag/team":"pumps"}}}`
	d.User(t, "owner", `{"Effect":"Allow","Action":"iam:*","Resource":"*",`+condition)
	d.User(t, "kept", `[{"Effect":"Allow","Action":"iam:*","Resource":"*"},{"Effect":"Deny","Action":"iam:*","Resource":"*",`+condition+`]`)
	for _, tc := range []struct {
		operation  string
		parameters []string
	}{
		{"GetPolicy", nil},
		{"ListEntitiesForPolicy", nil},
		{"CreatePolicyVersion", []string{"PolicyDocument=" + document}},
		{"GetPolicyVersion", []string{"VersionId=v1"}},
		{"ListPolicyVersions", nil},
		{"SetDefaultPolicyVersion", []string{"VersionId=v2"}},
		{"DeletePolicyVersion", []string{"VersionId=v1"}},
		{"TagPolicy", []string{"Tags.member.1.Key=stage", "Tags.member.1.Value=b"}},
		{"ListPolicyTags", nil},
		{"UntagPolicy", []string{"TagKeys.member.1=stage"}},
		{"DeletePolicy", nil},
	} {
		for _, step := range []struct {
			who, policy string
			refused     bool
		}{
			{"owner", "valves", true}, {"owner", "bare", true}, {"owner", "missing", true}, {"owner", "edge/pumps", true}, {"kept", "pumps", true},
			{"owner", "pumps", false}, {"kept", "valves", false},
		} {
			parameters := append([]string{"PolicyArn=arn:aws:iam::000000000000:policy/" + step.policy}, tc.parameters...)
			if status, got := ask(t, d, step.who, tc.operation, parameters...); (status == 403) != step.refused {
				t.Errorf("%s of %s by %s: got %d %s, refused is wanted to be %v", tc.operation, step.policy, step.who, status, got, step.refused)
			}
		}
	}
}
