package iamapi_test

import (
	"regexp"
	"strings"
	"testing"

	"muster/internal/awsapi/awsapitest"
	"muster/internal/secret"
	"muster/internal/sigv4"
)

var (
	userID = regexp.MustCompile(`AIDA[A-Z2-7]{16}`)
	keyID  = regexp.MustCompile(`AKIA[A-Z2-7]{16}`)
	made   = regexp.MustCompile(`<AccessKeyId>(AKIA[A-Z2-7]{16})</AccessKeyId>.*<SecretAccessKey>([A-Za-z0-9+/]{40})</SecretAccessKey>`)
)

func TestTheLifeOfAUser(t *testing.T) {
	d := newDesk(t)
	const (
		user   = "UserName=ana"
		shown  = `<Arn>arn:aws:iam::000000000000:user/team/ana</Arn><CreateDate>-</CreateDate><Path>/team/</Path>`
		tags   = `<Tags><member><Key>team</Key><Value>pumps</Value></member></Tags>`
		end    = `<UserId>AIDA-</UserId><UserName>ana</UserName>`
		upload = "arn:aws:iam::000000000000:policy/upload"
	)
	for _, step := range []struct {
		operation  string
		parameters []string
		status     int
		want       string // "" when only the status counts
	}{
		{"CreateUser", []string{user, "Path=/team/", "Tags.member.1.Key=team", "Tags.member.1.Value=pumps"}, 200, ok("CreateUser", `<User>`+shown+tags+end+`</User>`)},
		{"CreateUser", []string{"UserName=ANA"}, 409, failed("EntityAlreadyExists", "User with name ANA already exists.")},
		{"CreateUser", []string{"UserName=b", "PermissionsBoundary=" + fleetARN}, 501, unbuilt("PermissionsBoundary")},
		{"CreateUser", []string{"UserName=a/b"}, 400, ""},
		{"GetUser", []string{user}, 200, ok("GetUser", `<User>`+shown+tags+end+`</User>`)},
		{"GetUser", []string{"UserName=x"}, 404, failed("NoSuchEntity", "The user with name x cannot be found.")},
		{"GetUser", nil, 200, ok("GetUser", `<User><Arn>arn:aws:iam::000000000000:root</Arn><Path>/</Path><UserId>000000000000</UserId></User>`)},
		{"ListUsers", nil, 200, ok("ListUsers", `<IsTruncated>false</IsTruncated><Users><member>`+shown+end+`</member></Users>`)},
		{"ListUsers", []string{"PathPrefix=/else/"}, 200, ok("ListUsers", `<IsTruncated>false</IsTruncated><Users></Users>`)},

		{"PutUserPolicy", []string{user, "PolicyName=p", "PolicyDocument=" + document}, 200, done("PutUserPolicy")},
		{"PutUserPolicy", []string{user, "PolicyName=p", "PolicyDocument={}"}, 400, ""},
		{"PutUserPolicy", []string{user, "PolicyName=q", "PolicyDocument=" + strings.Replace(document, "s3:Get*", "s3:"+strings.Repeat("a", 2048), 1)}, 409,
			failed("LimitExceeded", "Maximum policy size of 2048 bytes exceeded for user ana")},
		{"PutUserPolicy", []string{"UserName=x", "PolicyName=p", "PolicyDocument=" + document}, 404, failed("NoSuchEntity", "The user with name x cannot be found.")},
		{"GetUserPolicy", []string{user, "PolicyName=p"}, 200,
			ok("GetUserPolicy", `<PolicyDocument>`+documentText+`</PolicyDocument><PolicyName>p</PolicyName><UserName>ana</UserName>`)},
		{"GetUserPolicy", []string{user, "PolicyName=x"}, 404, failed("NoSuchEntity", "The user policy with name x cannot be found.")},
		{"ListUserPolicies", []string{user}, 200, ok("ListUserPolicies", `<IsTruncated>false</IsTruncated><PolicyNames><member>p</member></PolicyNames>`)},

		{"CreatePolicy", []string{"PolicyName=upload", "PolicyDocument=" + document}, 200, ""},
		{"AttachUserPolicy", []string{user, "PolicyArn=" + upload}, 200, done("AttachUserPolicy")},
		{"AttachUserPolicy", []string{user, "PolicyArn=" + upload + "s"}, 404, failed("NoSuchEntity", "Policy "+upload+"s does not exist or is not attachable.")},
		{"ListAttachedUserPolicies", []string{user}, 200, ok("ListAttachedUserPolicies",
			`<AttachedPolicies><member><PolicyArn>`+upload+`</PolicyArn><PolicyName>upload</PolicyName></member></AttachedPolicies><IsTruncated>false</IsTruncated>`)},
		{"DeletePolicy", []string{"PolicyArn=" + upload}, 409, failed("DeleteConflict", "Cannot delete a policy attached to entities.")},

		{"CreateAccessKey", []string{user}, 200, ""},
		{"CreateAccessKey", []string{user}, 200, ""},
		{"CreateAccessKey", []string{user}, 409, failed("LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2")},
		{"CreateAccessKey", []string{"UserName=x"}, 404, failed("NoSuchEntity", "The user with name x cannot be found.")},
		{"CreateAccessKey", nil, 501, ""},

		{"DeleteUser", []string{user}, 409, failed("DeleteConflict", "Cannot delete entity, must detach all policies first.")},
		{"DetachUserPolicy", []string{user, "PolicyArn=" + upload}, 200, done("DetachUserPolicy")},
		{"DetachUserPolicy", []string{user, "PolicyArn=" + upload}, 404, failed("NoSuchEntity", "Policy "+upload+" was not found.")},
		{"DeleteUser", []string{user}, 409, failed("DeleteConflict", "Cannot delete entity, must delete policies first.")},
		{"DeleteUserPolicy", []string{user, "PolicyName=p"}, 200, done("DeleteUserPolicy")},
		{"DeleteUserPolicy", []string{user, "PolicyName=p"}, 404, failed("NoSuchEntity", "The user policy with name p cannot be found.")},
		{"DeleteUser", []string{user}, 409, failed("DeleteConflict", "Cannot delete entity, must delete access keys first.")},
		{"UpdateUser", []string{user, "NewUserName=anna", "NewPath=/"}, 200, done("UpdateUser")},
		{"UpdateUser", []string{user, "NewUserName=b"}, 404, failed("NoSuchEntity", "The user with name ana cannot be found.")},
		{"GetUser", []string{"UserName=anna"}, 200, ""},
	} {
		status, got := ask(t, d, awsapitest.Root, step.operation, step.parameters...)
		got = userID.ReplaceAllString(got, "AIDA-")
		if status != step.status || step.want != "" && got != step.want {
			t.Errorf("%s %q\n got %d %s\nwant %d %s", step.operation, step.parameters, status, got, step.status, step.want)
		}
	}
	_, keys := ask(t, d, awsapitest.Root, "ListAccessKeys", "UserName=anna")
	for _, key := range keyID.FindAllString(keys, -1) {
		if status, got := ask(t, d, awsapitest.Root, "DeleteAccessKey", "UserName=anna", "AccessKeyId="+key); status != 200 || got != done("DeleteAccessKey") {
			t.Errorf("DeleteAccessKey: got %d %s", status, got)
		}
	}
	if status, got := ask(t, d, awsapitest.Root, "DeleteUser", "UserName=anna"); status != 200 || got != done("DeleteUser") {
		t.Errorf("DeleteUser: got %d %s", status, got)
	}
}

// A user keeps its own keys, if it may, without naming itself.
func TestAUserKeepsItsOwnKeys(t *testing.T) {
	d := newDesk(t)
	d.User(t, "ana", `{"Effect":"Allow","Action":["iam:*AccessKey*","iam:GetUser"],"Resource":"arn:aws:iam::000000000000:user/${aws:username}"}`)
	d.User(t, "bea", "")
	d.Session(t, "role", `{"Effect":"Allow","Action":"iam:*","Resource":"*"}`)

	_, got := ask(t, d, "ana", "GetUser")
	if !strings.Contains(got, "<UserName>ana</UserName>") {
		t.Errorf("GetUser: got %s", got)
	}
	status, got := ask(t, d, "ana", "CreateAccessKey")
	m := made.FindStringSubmatch(got)
	if status != 200 || m == nil {
		t.Fatalf("CreateAccessKey: got %d %s", status, got)
	}
	want := ok("CreateAccessKey", `<AccessKey><AccessKeyId>`+m[1]+`</AccessKeyId><CreateDate>-</CreateDate><SecretAccessKey>`+m[2]+
		`</SecretAccessKey><Status>Active</Status><UserName>ana</UserName></AccessKey>`)
	if got != want {
		t.Errorf("CreateAccessKey\n got %s\nwant %s", got, want)
	}
	d.Knows("new", sigv4.Credential{AccessKey: m[1], Secret: secret.New(m[2])})
	d.Knows("forged", sigv4.Credential{AccessKey: m[1], Secret: secret.New(strings.Repeat("a", 40))})
	const invalid = "The security token included in the request is invalid."
	listed := func(status string) string {
		return `<member><AccessKeyId>` + m[1] + `</AccessKeyId><CreateDate>-</CreateDate><Status>` + status + `</Status><UserName>ana</UserName></member>`
	}
	for _, step := range []struct {
		name, key, operation string
		parameters           []string
		status               int
		want                 string
	}{
		{"the new key works", "new", "GetUser", nil, 200, "<UserName>ana</UserName>"},
		{"not with another secret", "forged", "GetUser", nil, 403, "SignatureDoesNotMatch"},
		{"it is listed without its secret", "new", "ListAccessKeys", nil, 200, listed("Active")},
		{"another's key isn't its own", "ana", "DeleteAccessKey", []string{"UserName=bea", "AccessKeyId=" + m[1]}, 403, "AccessDenied"},
		{"another has no such key", awsapitest.Root, "DeleteAccessKey", []string{"UserName=bea", "AccessKeyId=" + m[1]}, 404,
			"The Access Key with id " + m[1] + " cannot be found."},
		{"a role has no keys", "role", "ListAccessKeys", nil, 400, "Must specify userName when calling with non-User credentials"},
		{"it is put to rest", "ana", "UpdateAccessKey", []string{"AccessKeyId=" + m[1], "Status=Inactive"}, 200, ""},
		{"it is refused at once", "new", "GetUser", nil, 403, invalid},
		{"it is listed as it is", "ana", "ListAccessKeys", nil, 200, listed("Inactive")},
		{"it is woken", "ana", "UpdateAccessKey", []string{"AccessKeyId=" + m[1], "Status=Active"}, 200, ""},
		{"it works again", "new", "GetUser", nil, 200, ""},
		{"no other status", "ana", "UpdateAccessKey", []string{"AccessKeyId=" + m[1], "Status=active"}, 400, ""},
		{"it deletes itself", "new", "DeleteAccessKey", []string{"AccessKeyId=" + m[1]}, 200, ""},
		{"it is gone at once", "new", "GetUser", nil, 403, invalid},
	} {
		status, got := ask(t, d, step.key, step.operation, step.parameters...)
		if status != step.status || !strings.Contains(got, step.want) {
			t.Errorf("%s: got %d %s, want %d %s", step.name, status, got, step.status, step.want)
		}
		if strings.Contains(got, "SecretAccessKey") {
			t.Errorf("%s: the secret is told again", step.name)
		}
	}
}

func TestEveryOperationOnUsersAsksForItsPermission(t *testing.T) {
	const (
		user   = "arn:aws:iam::000000000000:user/team/ana"
		policy = "arn:aws:iam::000000000000:policy/upload"
		key    = "AccessKeyId=AKIAAAAAAAAAAAAAAAAA"
	)
	d := newDesk(t)
	ask(t, d, awsapitest.Root, "CreateUser", "UserName=ana", "Path=/team/")
	d.User(t, "nobody", "")
	d.User(t, "pathless", `{"Effect":"Allow","Action":"iam:*","Resource":["arn:aws:iam::000000000000:user/ana","arn:aws:iam::000000000000:user/other"]}`)
	d.User(t, "barred", `[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"iam:*","Resource":["`+user+`",`+
		`"arn:aws:iam::000000000000:user/x/new","arn:aws:iam::000000000000:user/missing","arn:aws:iam::000000000000:user/"]}]`)
	for _, tc := range []struct {
		operation, resource string
		parameters          []string
	}{
		{"CreateUser", "arn:aws:iam::000000000000:user/x/new", []string{"UserName=new", "Path=/x/"}},
		{"GetUser", user, []string{"UserName=ana"}},
		{"GetUser", "arn:aws:iam::000000000000:user/missing", []string{"UserName=missing"}},
		{"ListUsers", "arn:aws:iam::000000000000:user/", nil},
		{"UpdateUser", user, []string{"UserName=ana", "NewUserName=other"}},
		{"DeleteUser", user, []string{"UserName=ana"}},
		{"PutUserPolicy", user, []string{"UserName=ana", "PolicyName=p", "PolicyDocument=" + document}},
		{"GetUserPolicy", user, []string{"UserName=ana", "PolicyName=p"}},
		{"DeleteUserPolicy", user, []string{"UserName=ana", "PolicyName=p"}},
		{"ListUserPolicies", user, []string{"UserName=ana"}},
		{"AttachUserPolicy", user, []string{"UserName=ana", "PolicyArn=" + policy}},
		{"DetachUserPolicy", user, []string{"UserName=ana", "PolicyArn=" + policy}},
		{"ListAttachedUserPolicies", user, []string{"UserName=ana"}},
		{"CreateAccessKey", user, []string{"UserName=ana"}},
		{"ListAccessKeys", user, []string{"UserName=ana"}},
		{"UpdateAccessKey", user, []string{"UserName=ana", key, "Status=Inactive"}},
		{"DeleteAccessKey", user, []string{"UserName=ana", key}},
	} {
		for _, who := range []string{"nobody", "pathless", "barred"} {
			because := " because no identity-based policy allows the iam:" + tc.operation + " action"
			if who == "barred" { // from the ARN that is asked for, whatever it is called
				because = " with an explicit deny in an identity-based policy"
			}
			want := failed("AccessDenied", "User: arn:aws:iam::000000000000:user/"+who+" is not authorized to perform: iam:"+tc.operation+
				" on resource: "+called(tc.operation, tc.resource, tc.parameters)+because)
			if status, got := ask(t, d, who, tc.operation, tc.parameters...); status != 403 || got != want {
				t.Errorf("%s by %s\n got %d %s\nwant 403 %s", tc.operation, who, status, got, want)
			}
		}
	}
	d.User(t, "mover", `{"Effect":"Allow","Action":"iam:UpdateUser","Resource":"`+user+`"}`)
	want := "iam:UpdateUser on resource: arn:aws:iam::000000000000:user/admins/ana"
	if status, got := ask(t, d, "mover", "UpdateUser", "UserName=ana", "NewPath=/admins/"); status != 403 || !strings.Contains(got, want) {
		t.Errorf("to a path that it may not touch: got %d %s", status, got)
	}
	d.User(t, "maker", `{"Effect":"Allow","Action":"iam:CreateUser","Resource":"*"}`)
	if status, got := ask(t, d, "maker", "CreateUser", "UserName=tagged", "Tags.member.1.Key=a", "Tags.member.1.Value=b"); status != 403 || !strings.Contains(got, "iam:TagUser") {
		t.Errorf("with tags, which it may not give: got %d %s", status, got)
	}
}

// A condition on a user's tags holds for each operation on it.
func TestTagsOfUsersInPolicies(t *testing.T) {
	const key = "AccessKeyId=AKIAAAAAAAAAAAAAAAAA"
	d := newDesk(t)
	for _, name := range []string{"pumps", "valves"} {
		ask(t, d, awsapitest.Root, "CreateUser", "UserName="+name, "Tags.member.1.Key=Team", "Tags.member.1.Value="+name)
	}
	ask(t, d, awsapitest.Root, "CreateUser", "UserName=bare")
	const condition = `"Condition":{"StringEquals":{"aws:ResourceTag/team":"pumps","iam:ResourceTag/team":"pumps"}}}`
	d.User(t, "owner", `{"Effect":"Allow","Action":"iam:*","Resource":"*",`+condition)
	d.User(t, "kept", `[{"Effect":"Allow","Action":"iam:*","Resource":"*"},{"Effect":"Deny","Action":"iam:*","Resource":"*",`+condition+`]`)
	d.User(t, "nobody", "")
	for _, tc := range []struct {
		operation  string
		parameters []string
	}{
		{"GetUser", nil},
		{"UpdateUser", []string{"NewPath=/"}},
		{"PutUserPolicy", []string{"PolicyName=p", "PolicyDocument=" + document}},
		{"GetUserPolicy", []string{"PolicyName=p"}},
		{"ListUserPolicies", nil},
		{"DeleteUserPolicy", []string{"PolicyName=p"}},
		{"AttachUserPolicy", []string{"PolicyArn=" + fleetARN}},
		{"ListAttachedUserPolicies", nil},
		{"DetachUserPolicy", []string{"PolicyArn=" + fleetARN}},
		{"CreateAccessKey", nil},
		{"ListAccessKeys", nil},
		{"TagUser", []string{"Tags.member.1.Key=stage", "Tags.member.1.Value=b"}},
		{"ListUserTags", nil},
		{"ListGroupsForUser", nil},
		{"UntagUser", []string{"TagKeys.member.1=stage"}},
		{"UpdateAccessKey", []string{key, "Status=Inactive"}},
		{"DeleteAccessKey", []string{key}},
		{"SimulatePrincipalPolicy", []string{"ActionNames.member.1=s3:GetObject"}},
		{"DeleteUser", nil},
	} {
		of := func(user string) []string {
			if tc.operation == "SimulatePrincipalPolicy" {
				return append([]string{"PolicySourceArn=arn:aws:iam::000000000000:user/" + user}, tc.parameters...)
			}
			return append([]string{"UserName=" + user}, tc.parameters...)
		}
		for _, step := range []struct {
			who, user string
			refused   bool
		}{
			{"nobody", "pumps", true}, {"owner", "valves", true}, {"owner", "bare", true}, {"owner", "missing", true}, {"kept", "pumps", true},
			{"owner", "pumps", false}, {"kept", "valves", false},
		} {
			if status, got := ask(t, d, step.who, tc.operation, of(step.user)...); (status == 403) != step.refused {
				t.Errorf("%s of %s by %s: got %d %s, refused is wanted to be %v", tc.operation, step.user, step.who, status, got, step.refused)
			}
		}
	}
}
