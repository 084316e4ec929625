package iotapi_test

import (
	"cmp"
	"testing"
	"time"

	"muster/internal/account"
	"muster/internal/awsapi"
	"muster/internal/awsapi/awsapitest"
	"muster/internal/awsapi/iotapi"
	"muster/internal/rolealias"
)

// aliasDesk is the door with role aliases and endpoints behind it.
type aliasDesk struct{ *awsapitest.Desk }

func newAliasDesk(t *testing.T, place account.Place) (aliasDesk, account.Account) {
	t.Helper()
	d := awsapitest.New(t)
	aliases := rolealias.New(d.DB.RoleAliases(), d.Index, d.Roles)
	aliases.Now = func() time.Time { return time.UnixMilli(1_700_000_000_123) }
	accounts := account.New(d.DB.Accounts(), place, account.RootKey{})
	made, err := accounts.Ensure(t.Context(), awsapitest.Account)
	if err != nil {
		t.Fatal(err)
	}
	door := &iotapi.Door{Aliases: aliases, Accounts: accounts}
	d.Serve(awsapi.Service{Wire: iotapi.Service, Operations: door.Operations(), Faults: iotapi.Faults})
	return aliasDesk{d}, made
}

// An aliasStep is one request and what is wanted of its answer, as
// awsapitest.Check reads it.
type aliasStep struct {
	name string
	key  string // "" is root's
	head string
	body string
	want string
}

func (d aliasDesk) play(t *testing.T, steps []aliasStep) {
	t.Helper()
	for _, s := range steps {
		w := d.Ask(t, cmp.Or(s.key, awsapitest.Root), "iot", s.head, "", s.body)
		awsapitest.Check(t, s.name+": "+s.head, w, s.want)
	}
}

const (
	aliasARN  = "arn:aws:iot:us-east-1:000000000000:rolealias/"
	aliasRole = `"roleArn":"arn:aws:iam::000000000000:role/edge/SageMakerFleet"`
)

func TestRoleAliases(t *testing.T) {
	d, _ := newAliasDesk(t, account.Place{Hostname: "localhost"})
	d.play(t, []aliasStep{
		{"none", "", "GET /role-aliases", "", `200 {"roleAliases":[]}`},
		{"made", "", "POST /role-aliases/pumps", `{` + aliasRole + `}`, `200 {"roleAlias":"pumps","roleAliasArn":"` + aliasARN + `pumps"}`},
		{"of a role that needn't exist, for an hour", "", "GET /role-aliases/pumps", "",
			`200 {"roleAliasDescription":{"creationDate":1700000000.123,"credentialDurationSeconds":3600,"lastModifiedDate":1700000000.123,"owner":"000000000000","roleAlias":"pumps","roleAliasArn":"` + aliasARN + `pumps",` + aliasRole + `}}`},
		{"all characters of a name", "", "POST /role-aliases/a%3Db%2Cc%40d-e_f", `{` + aliasRole + `,"credentialDurationSeconds":900,"tags":[{"Key":"team","Value":"field"},{"Key":"bare"}]}`,
			`200 {"roleAlias":"a=b,c@d-e_f","roleAliasArn":"` + aliasARN + `a=b,c@d-e_f"}`},
		{"its life", "", "GET /role-aliases/a%3Db%2Cc%40d-e_f", "", `200 …"credentialDurationSeconds":900`},
		{"the same again", "", "POST /role-aliases/pumps", `{` + aliasRole + `}`,
			`409 ResourceAlreadyExistsException {"message":"Role alias pumps already exists.","resourceArn":"` + aliasARN + `pumps","resourceId":"pumps"}`},
		{"no role", "", "POST /role-aliases/x", `{}`, `400 InvalidRequestException …at 'roleArn' failed to satisfy constraint: Member must not be null`},
		{"not a role", "", "POST /role-aliases/x", `{"roleArn":"arn:aws:iam::000000000000:user/someone"}`, `400 InvalidRequestException …is not the ARN of a role`},
		{"too short a life", "", "POST /role-aliases/x", `{` + aliasRole + `,"credentialDurationSeconds":899}`, `400 InvalidRequestException …at 'credentialDurationSeconds'`},
		{"too long a life", "", "POST /role-aliases/x", `{` + aliasRole + `,"credentialDurationSeconds":43201}`, `400 InvalidRequestException …at 'credentialDurationSeconds'`},
		{"no life at all", "", "POST /role-aliases/x", `{` + aliasRole + `,"credentialDurationSeconds":0}`, `400 InvalidRequestException …at 'credentialDurationSeconds'`},
		{"a tag key twice", "", "POST /role-aliases/x", `{` + aliasRole + `,"tags":[{"Key":"a","Value":"1"},{"Key":"A","Value":"2"}]}`, `400 InvalidRequestException …Duplicate tag keys`},
		{"a name with a slash", "", "POST /role-aliases/x%2Fy", `{` + aliasRole + `}`, `400 InvalidRequestException …at 'roleAlias'`},

		{"listed", "", "GET /role-aliases", "", `200 {"roleAliases":["a=b,c@d-e_f","pumps"]}`},
		{"backwards", "", "GET /role-aliases?isAscendingOrder=false", "", `200 {"roleAliases":["pumps","a=b,c@d-e_f"]}`},
		{"a page", "", "GET /role-aliases?isAscendingOrder=true&pageSize=1", "", `200 {"nextMarker":"MR9hPWIsY0BkLWVfZg==","roleAliases":["a=b,c@d-e_f"]}`},
		{"the next", "", "GET /role-aliases?marker=MR9hPWIsY0BkLWVfZg%3D%3D&pageSize=1", "", `200 {"roleAliases":["pumps"]}`},
		{"a malformed marker", "", "GET /role-aliases?marker=abcd", "", `400 InvalidRequestException …`},
		{"no page at all", "", "GET /role-aliases?pageSize=0", "", `400 InvalidRequestException …at 'pageSize'`},

		{"another life", "", "PUT /role-aliases/pumps", `{"credentialDurationSeconds":7200}`, `200 {"roleAlias":"pumps","roleAliasArn":"` + aliasARN + `pumps"}`},
		{"and the same role", "", "GET /role-aliases/pumps", "", `200 …"credentialDurationSeconds":7200,"lastModifiedDate":1700000000.123,"owner":"000000000000","roleAlias":"pumps","roleAliasArn":"` + aliasARN + `pumps",` + aliasRole + `}}`},
		{"another role", "", "PUT /role-aliases/pumps", `{"roleArn":"arn:aws:iam::000000000000:role/Other"}`, `200 …`},
		{"and the same life", "", "GET /role-aliases/pumps", "", `200 …"credentialDurationSeconds":7200,"lastModifiedDate":1700000000.123,"owner":"000000000000","roleAlias":"pumps","roleAliasArn":"` + aliasARN + `pumps","roleArn":"arn:aws:iam::000000000000:role/Other"}}`},
		{"nothing", "", "PUT /role-aliases/pumps", `{}`, `200 …`},
		{"too short a life for it", "", "PUT /role-aliases/pumps", `{"credentialDurationSeconds":899}`, `400 InvalidRequestException …at 'credentialDurationSeconds'`},
		{"no ARN for it", "", "PUT /role-aliases/pumps", `{"roleArn":""}`, `400 InvalidRequestException …at 'roleArn'`},
		{"a user for it", "", "PUT /role-aliases/pumps", `{"roleArn":"arn:aws:iam::000000000000:user/someone"}`, `400 InvalidRequestException …is not the ARN of a role`},
		{"of one that isn't there", "", "PUT /role-aliases/missing", `{"credentialDurationSeconds":900}`, `404 ResourceNotFoundException {"message":"Role alias missing does not exist."}`},

		{"deleted", "", "DELETE /role-aliases/pumps", "", `200 {}`},
		{"deleted twice", "", "DELETE /role-aliases/pumps", "", `404 ResourceNotFoundException {"message":"Role alias pumps does not exist."}`},
		{"is gone", "", "GET /role-aliases/pumps", "", `404 ResourceNotFoundException {"message":"Role alias pumps does not exist."}`},
	})
}

func TestRoleAliasesDenied(t *testing.T) {
	d, _ := newAliasDesk(t, account.Place{Hostname: "localhost"})
	d.Session(t, "NOPASS", `{"Effect":"Allow","Action":"iot:*","Resource":"*"}`)
	d.Session(t, "PASSONLY", `{"Effect":"Allow","Action":"iam:PassRole","Resource":"*"}`)
	d.Session(t, "OTHERS", `[{"Effect":"Allow","Action":"iot:*","Resource":"`+aliasARN+`valves*"},{"Effect":"Allow","Action":"iam:PassRole","Resource":"*"}]`)
	d.Session(t, "ELSEWHERE", `[{"Effect":"Allow","Action":"iot:*","Resource":"*"},{"Effect":"Allow","Action":"iam:PassRole","Resource":"*","Condition":{"StringEquals":{"iam:PassedToService":"sagemaker.amazonaws.com"}}}]`)
	d.Session(t, "TAGGED", `[{"Effect":"Allow","Action":["iot:CreateRoleAlias","iot:TagResource"],"Resource":"*","Condition":{"StringEquals":{"aws:RequestTag/Team":"field"}}},{"Effect":"Allow","Action":"iam:PassRole","Resource":"*"}]`)
	d.Session(t, "BOTH", `[{"Effect":"Allow","Action":"iot:*","Resource":"*"},{"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::000000000000:role/edge/*","Condition":{"StringEquals":{"iam:PassedToService":"credentials.iot.amazonaws.com"}}}]`)
	d.play(t, []aliasStep{
		{"may not pass the role", "NOPASS", "POST /role-aliases/pumps", `{` + aliasRole + `}`, `403 AccessDeniedException …not authorized to perform: iam:PassRole on resource: arn:aws:iam::000000000000:role/edge/SageMakerFleet`},
		{"may pass it to another service", "ELSEWHERE", "POST /role-aliases/pumps", `{` + aliasRole + `}`, `403 AccessDeniedException …iam:PassRole`},
		{"may only pass roles", "PASSONLY", "POST /role-aliases/pumps", `{` + aliasRole + `}`, `403 AccessDeniedException …not authorized to perform: iot:CreateRoleAlias on resource: ` + aliasARN + `pumps`},
		{"may make other aliases", "OTHERS", "POST /role-aliases/pumps", `{` + aliasRole + `}`, `403 AccessDeniedException …iot:CreateRoleAlias`},
		{"must tag, but doesn't", "TAGGED", "POST /role-aliases/pumps", `{` + aliasRole + `}`, `403 AccessDeniedException …iot:CreateRoleAlias`},
		{"another account's role, by root", "", "POST /role-aliases/pumps", `{"roleArn":"arn:aws:iam::111111111111:role/SageMakerFleet"}`, `403 AccessDeniedException …`},
		{"nothing was made", "", "GET /role-aliases", "", `200 {"roleAliases":[]}`},
		{"may do both", "BOTH", "POST /role-aliases/pumps", `{` + aliasRole + `}`, `200 …`},
		{"tags as it must", "TAGGED", "POST /role-aliases/tagged", `{` + aliasRole + `,"tags":[{"Key":"Team","Value":"field"}]}`, `200 …`},
		{"may not update", "OTHERS", "PUT /role-aliases/pumps", `{"credentialDurationSeconds":900}`, `403 AccessDeniedException …iot:UpdateRoleAlias on resource: ` + aliasARN + `pumps`},
		{"may not pass the new role", "NOPASS", "PUT /role-aliases/pumps", `{"roleArn":"arn:aws:iam::000000000000:role/edge/Other"}`, `403 AccessDeniedException …iam:PassRole on resource: arn:aws:iam::000000000000:role/edge/Other`},
		{"may not pass the role it has", "NOPASS", "PUT /role-aliases/pumps", `{` + aliasRole + `}`, `403 AccessDeniedException …iam:PassRole`},
		{"may not pass a role to what isn't there", "NOPASS", "PUT /role-aliases/missing", `{` + aliasRole + `}`, `403 AccessDeniedException …iam:PassRole`},
		{"may pass other roles", "BOTH", "PUT /role-aliases/pumps", `{"roleArn":"arn:aws:iam::000000000000:role/Admin"}`, `403 AccessDeniedException …iam:PassRole`},
		{"another account's role for it, by root", "", "PUT /role-aliases/pumps", `{"roleArn":"arn:aws:iam::111111111111:role/SageMakerFleet"}`, `403 AccessDeniedException …`},
		{"it is as it was", "", "GET /role-aliases/pumps", "", `200 …"credentialDurationSeconds":3600,"lastModifiedDate":1700000000.123,"owner":"000000000000","roleAlias":"pumps","roleAliasArn":"` + aliasARN + `pumps",` + aliasRole + `}}`},
		{"may change its life without passing", "NOPASS", "PUT /role-aliases/pumps", `{"credentialDurationSeconds":900}`, `200 …`},
		{"may update", "BOTH", "PUT /role-aliases/pumps", `{"roleArn":"arn:aws:iam::000000000000:role/edge/Other"}`, `200 …`},
		{"may not describe", "OTHERS", "GET /role-aliases/pumps", "", `403 AccessDeniedException …iot:DescribeRoleAlias on resource: ` + aliasARN + `pumps`},
		{"may not list", "OTHERS", "GET /role-aliases", "", `403 AccessDeniedException …iot:ListRoleAliases`},
		{"may not delete", "OTHERS", "DELETE /role-aliases/pumps", "", `403 AccessDeniedException …iot:DeleteRoleAlias`},
		{"may not tell whether it exists", "OTHERS", "GET /role-aliases/missing", "", `403 AccessDeniedException …`},
		{"is still there", "", "GET /role-aliases/pumps", "", `200 …`},
	})
}

func TestDescribeEndpoint(t *testing.T) {
	named, made := newAliasDesk(t, account.Place{Hostname: "muster.example.org", Port: 443})
	named.Session(t, "NOBODY", `{"Effect":"Allow","Action":"iot:List*","Resource":"*"}`)
	named.play(t, []aliasStep{
		{"no type", "", "GET /endpoint", "", `200 {"endpointAddress":"` + made.Prefixes.Data + `.iot.us-east-1.muster.example.org"}`},
		{"credentials", "", "GET /endpoint?endpointType=iot%3ACredentialProvider", "", `200 {"endpointAddress":"` + made.Prefixes.Credentials + `.credentials.iot.us-east-1.muster.example.org"}`},
		{"data", "", "GET /endpoint?endpointType=iot%3AData-ATS", "", `200 {"endpointAddress":"` + made.Prefixes.Data + `-ats.iot.us-east-1.muster.example.org"}`},
		{"jobs", "", "GET /endpoint?endpointType=iot%3AJobs", "", `200 {"endpointAddress":"` + made.Prefixes.Jobs + `.jobs.iot.us-east-1.muster.example.org"}`},
		{"an unknown type", "", "GET /endpoint?endpointType=iot%3AToaster", "", `400 InvalidRequestException …`},
		{"may not ask", "NOBODY", "GET /endpoint", "", `403 AccessDeniedException …iot:DescribeEndpoint`},
	})
	local, _ := newAliasDesk(t, account.Place{Hostname: "localhost", Port: 8443})
	local.play(t, []aliasStep{
		{"localhost", "", "GET /endpoint?endpointType=iot%3ACredentialProvider", "", `200 {"endpointAddress":"localhost:8443"}`},
	})
}
