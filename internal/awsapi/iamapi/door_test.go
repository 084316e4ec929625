package iamapi_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"muster/internal/awsapi"
	"muster/internal/awsapi/awsapitest"
	"muster/internal/awsapi/iamapi"
)

const (
	trust    = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"sagemaker.amazonaws.com"},"Action":"sts:AssumeRole"}}`
	document = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}}`
	fleetARN = "arn:aws:iam::aws:policy/service-role/AmazonSageMakerEdgeDeviceFleetPolicy"

	// As IAM writes documents: every byte but the unreserved ones escaped.
	trustText    = `%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%7B%22Service%22%3A%22sagemaker.amazonaws.com%22%7D%2C%22Action%22%3A%22sts%3AAssumeRole%22%7D%7D`
	documentText = `%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22s3%3AGet%2A%22%2C%22Resource%22%3A%22%2A%22%7D%7D`

	ns   = `xmlns="https://iam.amazonaws.com/doc/2010-05-08/"`
	meta = `<ResponseMetadata><RequestId>-</RequestId></ResponseMetadata>`
)

var masks = []struct {
	form *regexp.Regexp
	by   string
}{
	{regexp.MustCompile(`<RequestId>[0-9a-f-]{36}</RequestId>`), `<RequestId>-</RequestId>`},
	{regexp.MustCompile(`(AROA|ANPA)[A-Z2-7]{16}`), `$1-`},
	{regexp.MustCompile(`<(CreateDate|UpdateDate)>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z<`), `<$1>-<`},
	{regexp.MustCompile(`^<\?xml [^>]*>\s*`), ``},
}

func newDesk(t *testing.T) *awsapitest.Desk {
	t.Helper()
	d := awsapitest.New(t)
	door := &iamapi.Door{Roles: d.Roles}
	d.Serve(awsapi.Service{Wire: iamapi.Service, Operations: door.Operations(), Faults: iamapi.Faults})
	return d
}

// ask sends an operation with its parameters, "Name=value" each, and answers
// status and body with ids and times masked.
func ask(t *testing.T, d *awsapitest.Desk, key, operation string, parameters ...string) (int, string) {
	t.Helper()
	q := url.Values{"Action": {operation}, "Version": {"2010-05-08"}}
	for _, p := range parameters {
		name, value, _ := strings.Cut(p, "=")
		q.Set(name, value)
	}
	w := d.Ask(t, key, "iam", "GET /?"+strings.ReplaceAll(q.Encode(), "+", "%20"), "", "")
	body := strings.TrimSpace(w.Body.String())
	for _, m := range masks {
		body = m.form.ReplaceAllString(body, m.by)
	}
	return w.Code, body
}

func ok(operation, result string) string {
	return `<` + operation + `Response ` + ns + `><` + operation + `Result>` + result + `</` + operation + `Result>` + meta + `</` + operation + `Response>`
}

func done(operation string) string {
	return `<` + operation + `Response ` + ns + `>` + meta + `</` + operation + `Response>`
}

func failed(code, message string) string {
	return `<ErrorResponse ` + ns + `><Error><Type>Sender</Type><Code>` + code + `</Code><Message>` + message + `</Message></Error><RequestId>-</RequestId></ErrorResponse>`
}

func unbuilt(parameter string) string {
	return strings.Replace(failed("NotImplemented", "The parameter "+parameter+" is not implemented by Muster."), "Sender", "Receiver", 1)
}

func TestTheLifeOfARole(t *testing.T) {
	d := newDesk(t)
	const (
		role   = "RoleName=SageMakerFleet"
		policy = "arn:aws:iam::000000000000:policy/upload"
	)
	for _, step := range []struct {
		operation  string
		parameters []string
		status     int
		want       string // "" when only the status counts
	}{
		{"CreateRole", []string{role, "Path=/edge/", "AssumeRolePolicyDocument=" + trust, "MaxSessionDuration=7200"}, 200, ""},
		{"CreateRole", []string{"RoleName=sagemakerfleet", "AssumeRolePolicyDocument=" + trust}, 409,
			failed("EntityAlreadyExists", "Role with name sagemakerfleet already exists.")},
		{"CreateRole", []string{"RoleName=r", "AssumeRolePolicyDocument={}"}, 400, ""},
		{"CreateRole", []string{"RoleName=r", "AssumeRolePolicyDocument=" + trust, "MaxSessionDuration=1"}, 400, ""},
		{"CreateRole", []string{"RoleName=r", "AssumeRolePolicyDocument=" + trust, "PermissionsBoundary=" + fleetARN}, 501,
			unbuilt("PermissionsBoundary")},
		{"GetRole", []string{role}, 200, ""},
		{"GetRole", []string{"RoleName=r"}, 404, failed("NoSuchEntity", "The role with name r cannot be found.")},

		{"PutRolePolicy", []string{role, "PolicyName=p", "PolicyDocument=" + document}, 200, done("PutRolePolicy")},
		{"PutRolePolicy", []string{role, "PolicyName=q", "PolicyDocument=" + document}, 200, done("PutRolePolicy")},
		{"PutRolePolicy", []string{role, "PolicyName=q", "PolicyDocument={}"}, 400, ""},
		{"GetRolePolicy", []string{role, "PolicyName=p"}, 200, ""},
		{"GetRolePolicy", []string{role, "PolicyName=x"}, 404, failed("NoSuchEntity", "The role policy with name x cannot be found.")},
		{"ListRolePolicies", []string{role}, 200, ""},
		{"DeleteRolePolicy", []string{role, "PolicyName=q"}, 200, done("DeleteRolePolicy")},

		{"CreatePolicy", []string{"PolicyName=upload", "PolicyDocument=" + document, "Description=d"}, 200, ""},
		{"CreatePolicy", []string{"PolicyName=upload", "PolicyDocument=" + document}, 409,
			failed("EntityAlreadyExists", "A policy called upload already exists. Duplicate names are not allowed.")},
		{"AttachRolePolicy", []string{role, "PolicyArn=" + policy}, 200, done("AttachRolePolicy")},
		{"AttachRolePolicy", []string{role, "PolicyArn=" + fleetARN}, 200, done("AttachRolePolicy")},
		{"AttachRolePolicy", []string{role, "PolicyArn=" + policy + "s"}, 404,
			failed("NoSuchEntity", "Policy "+policy+"s does not exist or is not attachable.")},
		{"ListAttachedRolePolicies", []string{role}, 200, ""},
		{"ListInstanceProfilesForRole", []string{role}, 200, ok("ListInstanceProfilesForRole", `<InstanceProfiles></InstanceProfiles><IsTruncated>false</IsTruncated>`)},
		{"ListInstanceProfilesForRole", []string{"RoleName=x"}, 404, failed("NoSuchEntity", "The role with name x cannot be found.")},
		{"GetPolicy", []string{"PolicyArn=" + policy}, 200, ""},
		{"GetPolicy", []string{"PolicyArn=" + fleetARN}, 200, ""},
		{"GetPolicyVersion", []string{"PolicyArn=" + policy, "VersionId=v1"}, 200, ""},
		{"GetPolicyVersion", []string{"PolicyArn=" + policy, "VersionId=v2"}, 404, ""},

		{"DeletePolicy", []string{"PolicyArn=" + policy}, 409, failed("DeleteConflict", "Cannot delete a policy attached to entities.")},
		{"DeleteRole", []string{role}, 409, failed("DeleteConflict", "Cannot delete entity, must detach all policies first.")},
		{"DetachRolePolicy", []string{role, "PolicyArn=" + policy}, 200, done("DetachRolePolicy")},
		{"DetachRolePolicy", []string{role, "PolicyArn=" + fleetARN}, 200, done("DetachRolePolicy")},
		{"DetachRolePolicy", []string{role, "PolicyArn=" + fleetARN}, 404, failed("NoSuchEntity", "Policy "+fleetARN+" was not found.")},
		{"DeletePolicy", []string{"PolicyArn=" + policy}, 200, done("DeletePolicy")},
		{"GetPolicy", []string{"PolicyArn=" + policy}, 404, failed("NoSuchEntity", "Policy "+policy+" was not found.")},
		{"DeleteRole", []string{role}, 409, failed("DeleteConflict", "Cannot delete entity, must delete policies first.")},
		{"DeleteRolePolicy", []string{role, "PolicyName=p"}, 200, done("DeleteRolePolicy")},
		{"DeleteRole", []string{role}, 200, done("DeleteRole")},
		{"DeleteRole", []string{role}, 404, failed("NoSuchEntity", "The role with name SageMakerFleet cannot be found.")},
	} {
		status, got := ask(t, d, awsapitest.Root, step.operation, step.parameters...)
		if status != step.status || step.want != "" && got != step.want {
			t.Errorf("%s %q\n got %d %s\nwant %d %s", step.operation, step.parameters, status, got, step.status, step.want)
		}
	}
}

func TestAnswers(t *testing.T) {
	d := newDesk(t)
	const (
		role  = "RoleName=r"
		shown = `<Arn>arn:aws:iam::000000000000:role/edge/r</Arn><AssumeRolePolicyDocument>` + trustText + `</AssumeRolePolicyDocument>` +
			`<CreateDate>-</CreateDate><MaxSessionDuration>3600</MaxSessionDuration><Path>/edge/</Path><RoleId>AROA-</RoleId>`
		upload = "arn:aws:iam::000000000000:policy/upload"
	)
	policy := func(attached, description, tags string) string {
		return `<Policy><Arn>` + upload + `</Arn><AttachmentCount>` + attached + `</AttachmentCount><CreateDate>-</CreateDate><DefaultVersionId>v1</DefaultVersionId>` +
			description + `<IsAttachable>true</IsAttachable><Path>/</Path><PermissionsBoundaryUsageCount>0</PermissionsBoundaryUsageCount>` +
			`<PolicyId>ANPA-</PolicyId><PolicyName>upload</PolicyName>` + tags + `<UpdateDate>-</UpdateDate></Policy>`
	}
	for _, step := range []struct {
		operation  string
		parameters []string
		want       string
	}{
		{"CreateRole", []string{role, "Path=/edge/", "AssumeRolePolicyDocument=" + trust}, ok("CreateRole", `<Role>`+shown+`<RoleName>r</RoleName></Role>`)},
		{"GetRole", []string{role}, ok("GetRole", `<Role>`+shown+`<RoleLastUsed></RoleLastUsed><RoleName>r</RoleName></Role>`)},
		{"ListRolePolicies", []string{role}, ok("ListRolePolicies", `<IsTruncated>false</IsTruncated><PolicyNames></PolicyNames>`)},
		{"PutRolePolicy", []string{role, "PolicyName=p", "PolicyDocument=" + document}, done("PutRolePolicy")},
		{"GetRolePolicy", []string{role, "PolicyName=p"},
			ok("GetRolePolicy", `<PolicyDocument>`+documentText+`</PolicyDocument><PolicyName>p</PolicyName><RoleName>r</RoleName>`)},
		{"CreatePolicy", []string{"PolicyName=upload", "PolicyDocument=" + document, "Description=d"},
			ok("CreatePolicy", policy("0", "", ""))},
		{"AttachRolePolicy", []string{role, "PolicyArn=" + upload}, done("AttachRolePolicy")},
		{"GetPolicy", []string{"PolicyArn=" + upload}, ok("GetPolicy", policy("1", "<Description>d</Description>", "<Tags></Tags>"))},
		{"GetPolicyVersion", []string{"PolicyArn=" + upload, "VersionId=v1"},
			ok("GetPolicyVersion", `<PolicyVersion><CreateDate>-</CreateDate><Document>`+documentText+`</Document><IsDefaultVersion>true</IsDefaultVersion><VersionId>v1</VersionId></PolicyVersion>`)},
		{"ListAttachedRolePolicies", []string{role}, ok("ListAttachedRolePolicies",
			`<AttachedPolicies><member><PolicyArn>`+upload+`</PolicyArn><PolicyName>upload</PolicyName></member></AttachedPolicies><IsTruncated>false</IsTruncated>`)},
	} {
		if status, got := ask(t, d, awsapitest.Root, step.operation, step.parameters...); status != 200 || got != step.want {
			t.Errorf("%s\n got %d %s\nwant 200 %s", step.operation, status, got, step.want)
		}
	}
}

func TestPagesByMarker(t *testing.T) {
	d := newDesk(t)
	ask(t, d, awsapitest.Root, "CreateRole", "RoleName=r", "AssumeRolePolicyDocument="+trust)
	for _, name := range []string{"a", "b", "c"} {
		ask(t, d, awsapitest.Root, "PutRolePolicy", "RoleName=r", "PolicyName="+name, "PolicyDocument="+document)
	}
	_, first := ask(t, d, awsapitest.Root, "ListRolePolicies", "RoleName=r", "MaxItems=2")
	m := regexp.MustCompile(`<Marker>(.*)</Marker>`).FindStringSubmatch(first)
	if m == nil || !strings.Contains(first, `<IsTruncated>true</IsTruncated>`) || !strings.Contains(first, `<PolicyNames><member>a</member><member>b</member></PolicyNames>`) {
		t.Fatalf("the first page: %s", first)
	}
	_, last := ask(t, d, awsapitest.Root, "ListRolePolicies", "RoleName=r", "MaxItems=2", "Marker="+m[1])
	if want := ok("ListRolePolicies", `<IsTruncated>false</IsTruncated><PolicyNames><member>c</member></PolicyNames>`); last != want {
		t.Errorf("the last page\n got %s\nwant %s", last, want)
	}
	if status, got := ask(t, d, awsapitest.Root, "ListRolePolicies", "RoleName=r", "Marker=x"); status != 400 || !strings.Contains(got, "<Code>ValidationError</Code>") {
		t.Errorf("a bad marker: got %d %s", status, got)
	}
}

func TestEveryOperationAsksForItsPermission(t *testing.T) {
	const (
		role   = "arn:aws:iam::000000000000:role/edge/r"
		policy = "arn:aws:iam::000000000000:policy/upload"
	)
	d := newDesk(t)
	ask(t, d, awsapitest.Root, "CreateRole", "RoleName=r", "Path=/edge/", "AssumeRolePolicyDocument="+trust)
	d.Session(t, "nobody", `{"Effect":"Allow","Action":"s3:*","Resource":"*"}`)
	d.Session(t, "pathless", `{"Effect":"Allow","Action":"iam:*","Resource":"arn:aws:iam::000000000000:role/r"}`)
	d.Session(t, "barred", `[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"iam:*","Resource":["`+role+`","`+policy+`","arn:aws:iam::000000000000:role/x/new",`+
		`"arn:aws:iam::000000000000:role/","arn:aws:iam::000000000000:role/edge/","arn:aws:iam::000000000000:role/missing"]}]`)
	for _, tc := range []struct {
		operation, resource string
		parameters          []string
	}{
		{"CreateRole", "arn:aws:iam::000000000000:role/x/new", []string{"RoleName=new", "Path=/x/", "AssumeRolePolicyDocument=" + trust}},
		{"GetRole", role, []string{"RoleName=r"}},
		{"ListRoles", "arn:aws:iam::000000000000:role/", nil},
		{"ListRoles", "arn:aws:iam::000000000000:role/edge/", []string{"PathPrefix=/edge/"}},
		{"UpdateRole", role, []string{"RoleName=r"}},
		{"UpdateRoleDescription", role, []string{"RoleName=r", "Description=d"}},
		{"UpdateAssumeRolePolicy", role, []string{"RoleName=r", "PolicyDocument=" + trust}},
		{"TagRole", role, []string{"RoleName=r", "Tags.member.1.Key=a", "Tags.member.1.Value=b"}},
		{"UntagRole", role, []string{"RoleName=r", "TagKeys.member.1=a"}},
		{"ListRoleTags", role, []string{"RoleName=r"}},
		{"GetRole", "arn:aws:iam::000000000000:role/missing", []string{"RoleName=missing"}},
		{"DeleteRole", role, []string{"RoleName=r"}},
		{"PutRolePolicy", role, []string{"RoleName=r", "PolicyName=p", "PolicyDocument=" + document}},
		{"GetRolePolicy", role, []string{"RoleName=r", "PolicyName=p"}},
		{"DeleteRolePolicy", role, []string{"RoleName=r", "PolicyName=p"}},
		{"ListRolePolicies", role, []string{"RoleName=r"}},
		{"AttachRolePolicy", role, []string{"RoleName=r", "PolicyArn=" + policy}},
		{"DetachRolePolicy", role, []string{"RoleName=r", "PolicyArn=" + policy}},
		{"ListAttachedRolePolicies", role, []string{"RoleName=r"}},
		{"CreatePolicy", policy, []string{"PolicyName=upload", "PolicyDocument=" + document}},
		{"GetPolicy", policy, []string{"PolicyArn=" + policy}},
		{"GetPolicyVersion", policy, []string{"PolicyArn=" + policy, "VersionId=v1"}},
		{"DeletePolicy", policy, []string{"PolicyArn=" + policy}},
		{"ListPolicies", "*", nil},
		{"SimulateCustomPolicy", "*", []string{"ActionNames.member.1=s3:GetObject", "PolicyInputList.member.1=" + document}},
		{"SimulatePrincipalPolicy", role, []string{"PolicySourceArn=" + role, "ActionNames.member.1=s3:GetObject"}},
		{"ListEntitiesForPolicy", policy, []string{"PolicyArn=" + policy}},
		{"CreatePolicyVersion", policy, []string{"PolicyArn=" + policy, "PolicyDocument=" + document}},
		{"ListPolicyVersions", policy, []string{"PolicyArn=" + policy}},
		{"SetDefaultPolicyVersion", policy, []string{"PolicyArn=" + policy, "VersionId=v1"}},
		{"DeletePolicyVersion", policy, []string{"PolicyArn=" + policy, "VersionId=v1"}},
		{"TagPolicy", policy, []string{"PolicyArn=" + policy, "Tags.member.1.Key=a", "Tags.member.1.Value=b"}},
		{"UntagPolicy", policy, []string{"PolicyArn=" + policy, "TagKeys.member.1=a"}},
		{"ListPolicyTags", policy, []string{"PolicyArn=" + policy}},
	} {
		for _, who := range []string{"nobody", "pathless", "barred"} {
			because := " because no identity-based policy allows the iam:" + tc.operation + " action"
			if who == "barred" { // from the ARN that is asked for, whatever it is called
				if because = " with an explicit deny in an identity-based policy"; tc.resource == "*" {
					continue
				}
			}
			want := failed("AccessDenied", "User: arn:aws:sts::000000000000:assumed-role/"+who+"/me is not authorized to perform: iam:"+tc.operation+
				" on resource: "+called(tc.operation, tc.resource, tc.parameters)+because)
			if status, got := ask(t, d, who, tc.operation, tc.parameters...); status != 403 || got != want {
				t.Errorf("%s by %s\n got %d %s\nwant 403 %s", tc.operation, who, status, got, want)
			}
		}
	}
}

// called is what a refusal calls a resource: a role or user that was asked for by
// its name is called by it, since only who may is told its path.
func called(operation, resource string, parameters []string) string {
	if len(parameters) > 0 && !strings.HasPrefix(operation, "Create") || operation == "CreateAccessKey" {
		if name, ok := strings.CutPrefix(parameters[0], "RoleName="); ok {
			return "role " + name
		}
		if name, ok := strings.CutPrefix(parameters[0], "UserName="); ok {
			return "user " + name
		}
	}
	return resource
}

func TestAPolicyMaySayWhatIsAttached(t *testing.T) {
	d := newDesk(t)
	ask(t, d, awsapitest.Root, "CreateRole", "RoleName=r", "AssumeRolePolicyDocument="+trust)
	d.Session(t, "fleets", `{"Effect":"Allow","Action":"iam:AttachRolePolicy","Resource":"*","Condition":{"ArnEquals":{"iam:PolicyARN":"`+fleetARN+`"}}}`)
	if status, got := ask(t, d, "fleets", "AttachRolePolicy", "RoleName=r", "PolicyArn="+fleetARN); status != 200 {
		t.Errorf("the policy it names: got %d %s", status, got)
	}
	if status, got := ask(t, d, "fleets", "AttachRolePolicy", "RoleName=r", "PolicyArn=arn:aws:iam::aws:policy/AmazonS3FullAccess"); status != 403 {
		t.Errorf("another: got %d %s", status, got)
	}
}
