package iotapi_test

import (
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"muster/internal/awsapi"
	"muster/internal/awsapi/awsapitest"
	"muster/internal/awsapi/iotapi"
	"muster/internal/ca"
	"muster/internal/certificate"
	"muster/internal/credentials"
	"muster/internal/iotpolicy"
	"muster/internal/registry"
	"muster/internal/seal"
)

// newAuthorizationDesk is the door with a certificate behind it that is on the
// thing pump-7 and has the policy p attached; q is attached to nothing.
func newAuthorizationDesk(t *testing.T) (aliasDesk, string) {
	t.Helper()
	d := awsapitest.New(t)
	master, _, err := seal.Load(filepath.Join(t.TempDir(), "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	authority, err := ca.Open(t.Context(), d.DB.Authorities(), master)
	if err != nil {
		t.Fatal(err)
	}
	p := &credentials.Provider{
		Certificates: certificate.New(d.DB.Certificates(), d.Index, authority),
		Things:       registry.New(d.DB.Registry(), d.Index),
		Policies:     iotpolicy.New(d.DB.IoTPolicies(), d.Index),
	}
	p.Certificates.Log = slog.New(slog.DiscardHandler)
	cert, _, err := p.Certificates.CreateWithKeys(t.Context(), certificateScope, true)
	if err != nil {
		t.Fatal(err)
	}
	door := &iotapi.Door{Certificates: p.Certificates, Things: p.Things, Policies: p.Policies, Devices: p}
	d.Serve(awsapi.Service{Wire: iotapi.Service, Operations: door.Operations(), Faults: iotapi.Faults})
	desk := aliasDesk{d}
	desk.play(t, []aliasStep{
		{"", "", "POST /policies/p", `{"policyDocument":"{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Action\":[\"iot:Connect\",\"iot:Publish\"],\"Resource\":[\"arn:aws:iot:us-east-1:000000000000:client/${iot:Connection.Thing.ThingName}\",\"arn:aws:iot:us-east-1:000000000000:topic/t\"]}}"}`, `200 …`},
		{"", "", "POST /policies/q", `{"policyDocument":"{\"Statement\":{\"Effect\":\"Deny\",\"Action\":\"iot:Publish\",\"Resource\":\"*\"}}"}`, `200 …`},
		{"", "", "PUT /target-policies/p", `{"target":"` + string(cert.ARN()) + `"}`, `200`},
		{"", "", "POST /things/pump-7", ``, `200 …`},
	})
	if err := p.Things.Attach(t.Context(), certificateScope, "pump-7", registry.Principal(cert.ARN()), false); err != nil {
		t.Fatal(err)
	}
	return desk, string(cert.ARN())
}

func TestTestAuthorization(t *testing.T) {
	d, principal := newAuthorizationDesk(t)
	const (
		publish = `{"actionType":"PUBLISH","resources":["arn:aws:iot:us-east-1:000000000000:topic/t"]}`
		connect = `{"actionType":"CONNECT","resources":["arn:aws:iot:us-east-1:000000000000:client/pump-7"]}`
	)
	named := func(name string) string {
		if name == "" {
			return `{"policies":[]}`
		}
		return `{"policies":[{"policyArn":"` + policyARN + name + `","policyName":"` + name + `"}]}`
	}
	result := func(info, decision, allowed, explicit, implicit, missing string) string {
		return `{"allowed":` + named(allowed) + `,"authDecision":"` + decision + `","authInfo":` + info +
			`,"denied":{"explicitDeny":` + named(explicit) + `,"implicitDeny":` + named(implicit) + `},"missingContextValues":[` + missing + `]}`
	}
	ask := func(more string, infos ...string) string {
		return `{"principal":"` + principal + `","authInfos":[` + strings.Join(infos, ",") + `]` + more + `}`
	}
	const head = "POST /test-authorization?clientId=pump-7"
	d.Session(t, "OTHERS", `{"Effect":"Allow","Action":"iot:*","Resource":"arn:aws:iot:us-east-1:000000000000:policy/*"}`)
	d.Session(t, "TESTER", `{"Effect":"Allow","Action":"iot:TestAuthorization","Resource":"`+principal+`"}`)
	d.play(t, []aliasStep{
		{"allowed", "", head, ask("", publish, connect), `200 {"authResults":[` + result(publish, "ALLOWED", "p", "", "", "") + `,` + result(connect, "ALLOWED", "p", "", "", "") + `]}`},
		{"who may ask", "TESTER", head, ask("", publish), `200 …"authDecision":"ALLOWED"`},
		{"without a client id", "", "POST /test-authorization", ask("", connect), `200 {"authResults":[` + result(connect, "IMPLICIT_DENY", "", "", "p", `"iot:Connection.Thing.ThingName"`) + `]}`},
		{"denied by one to add", "", head, ask(`,"policyNamesToAdd":["q"]`, publish), `200 {"authResults":[` + result(publish, "EXPLICIT_DENY", "p", "q", "", "") + `]}`},
		{"without the one attached", "", head, ask(`,"policyNamesToSkip":["p"]`, publish), `200 {"authResults":[` + result(publish, "IMPLICIT_DENY", "", "", "", "") + `]}`},
		{"one to add isn't there", "", head, ask(`,"policyNamesToAdd":["r"]`, publish), `404 ResourceNotFoundException {"message":"Policy not found: r"}`},
		{"no action", "", head, ask("", `{"resources":["*"]}`), `400 InvalidRequestException …actionType`},
		{"another action", "", head, ask("", `{"actionType":"ASSUME","resources":["*"]}`), `400 InvalidRequestException …enum`},
		{"no questions", "", head, ask(""), `400 InvalidRequestException …at 'authInfos'`},
		{"no principal", "", head, `{"authInfos":[` + publish + `]}`, `400 InvalidRequestException {"message":"A principal is needed"}`},
		{"a certificate that isn't there", "", head, strings.Replace(ask("", publish), principal, certificateARN+strings.Repeat("0", 64), 1), `404 ResourceNotFoundException …`},
		{"an identity pool", "", head, ask(`,"cognitoIdentityPoolId":"x"`, publish), `501 NotImplementedException …`},
		{"may not", "OTHERS", head, ask("", publish), `403 AccessDeniedException …iot:TestAuthorization on resource: ` + principal},
		{"may not of another", "TESTER", head, strings.Replace(ask("", publish), principal, certificateARN+strings.Repeat("0", 64), 1), `403 AccessDeniedException …`},
	})
}

func TestGetEffectivePolicies(t *testing.T) {
	d, principal := newAuthorizationDesk(t)
	d.Session(t, "READER", `{"Effect":"Allow","Action":"iot:GetEffectivePolicies","Resource":"`+principal+`"}`)
	ask := `{"principal":"` + principal + `"}`
	const head = "POST /effective-policies"
	d.play(t, []aliasStep{
		{"of a principal", "", head, ask, `200 {"effectivePolicies":[{"policyArn":"` + policyARN + `p","policyDocument":"{\"Version\":\"2012-10-17\"…"policyName":"p"}]}`},
		{"who may ask", "READER", head, ask, `200 …"policyName":"p"`},
		{"of both", "", head + "?thingName=pump-7", ask, `200 …"policyName":"p"`},
		{"of a thing, which has no groups", "", head + "?thingName=pump-7", `{}`, `200 {"effectivePolicies":[]}`},
		{"of no thing", "", head + "?thingName=pump-9", ask, `404 ResourceNotFoundException {"message":"Thing pump-9 cannot be found."}`},
		{"of nothing", "", head, `{}`, `400 InvalidRequestException …`},
		{"of no certificate", "", head, `{"principal":"` + certificateARN + strings.Repeat("0", 64) + `"}`, `404 ResourceNotFoundException …`},
		{"of an identity pool", "", head, `{"principal":"` + principal + `","cognitoIdentityPoolId":"x"}`, `501 NotImplementedException …`},
		{"may not by thing", "READER", head + "?thingName=pump-7", `{}`, `403 AccessDeniedException …iot:GetEffectivePolicies on resource: ` + noneARN},
		{"may not of another", "READER", head, `{"principal":"` + certificateARN + strings.Repeat("0", 64) + `"}`, `403 AccessDeniedException …`},

		{"another version", "", "POST /policies/p/version?setAsDefault=true", `{"policyDocument":"{\"Statement\":[]}"}`, `400 MalformedPolicyException …`},
		{"a version that counts", "", "POST /policies/p/version?setAsDefault=true", `{"policyDocument":"{\"Statement\":{\"Effect\":\"Deny\",\"Action\":\"*\",\"Resource\":\"*\"}}"}`, `200 …"policyVersionId":"2"`},
		{"is the one shown", "", head, ask, `200 {"effectivePolicies":[{"policyArn":"` + policyARN + `p","policyDocument":"{\"Statement\":{\"Effect\":\"Deny\",\"Action\":\"*\",\"Resource\":\"*\"}}","policyName":"p"}]}`},
	})
}
