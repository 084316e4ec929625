package iotapi_test

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"muster/internal/awsapi"
	"muster/internal/awsapi/iotapi"
	"muster/internal/certificate"
	"muster/internal/index"
	"muster/internal/iotpolicy"
	"muster/internal/store/storetest"
)

// newPolicyDoor is the door with IoT policies behind it and one certificate.
func newPolicyDoor(t *testing.T) *registryDoor {
	t.Helper()
	x := index.New(1024)
	db := storetest.Open(t, t.TempDir(), x)
	if err := db.Certificates().InsertCertificate(t.Context(), certificate.Certificate{ID: pumpCertificate, Scope: registryScope}); err != nil {
		t.Fatal(err)
	}
	d := newRegistryDoor(t)
	policies := iotpolicy.New(db.IoTPolicies(), x)
	policies.Now = func() time.Time { return d.now }
	door := &iotapi.Door{Policies: policies}
	api := awsapi.New(awsapi.Service{Wire: iotapi.Service, Operations: door.Operations(), Faults: iotapi.Faults})
	api.Log, api.Now, api.Authenticate, api.Authorize = d.api.Log, d.api.Now, d.api.Authenticate, d.api.Authorize
	d.api = api
	return d
}

const (
	policyARN = "arn:aws:iot:us-east-1:000000000000:policy/"

	// The tutorial's document: one statement, no list, and spaces that a
	// client compares.
	sentDocument = `{\n \"Version\": \"2012-10-17\",\r\n\t\"Statement\": {\"Effect\": \"Allow\", \"Action\": \"iot:AssumeRoleWithCertificate\", \"Resource\": \"arn:aws:iot:us-east-1:000000000000:rolealias\\/é\"}}`
)

func TestPolicies(t *testing.T) {
	d := newPolicyDoor(t)
	certARN := string(registryScope.Certificate(pumpCertificate))
	in := url.QueryEscape(certARN)
	attach := `{"target":"` + certARN + `"}`
	d.play(t, []registryStep{
		{"GET /policies", "", `OK {"policies":[]}`, "iot:ListPolicies " + noneARN},
		{"POST /policies/p", `{"policyDocument":"` + sentDocument + `"}`,
			`OK {"policyArn":"` + policyARN + `p","policyDocument":"` + sentDocument + `","policyName":"p","policyVersionId":"1"}`, "iot:CreatePolicy " + policyARN + "p"},
		{"POST /policies/p", `{"policyDocument":"` + sentDocument + `"}`,
			`Conflict ResourceAlreadyExistsException {"message":"Policy cannot be created - name already exists (name=p)","resourceArn":"` + policyARN + `p","resourceId":"p"}`, ""},
		{"POST /policies/q", `{"policyDocument":"{\"Effect\":\"Deny\",\"Effect\":\"Allow\"}"}`,
			`Bad Request MalformedPolicyException {"message":"Duplicate key \"Effect\" in policy."}`, ""},
		{"POST /policies/q", `{"policyDocument":"` + sentDocument + `","tags":[{"Key":"a","Value":"b"},{"Key":"A"}]}`,
			`Bad Request InvalidRequestException {"message":"Duplicate tag keys found: A"}`, ""},
		{"GET /policies/q", "", `Not Found ResourceNotFoundException {"message":"Policy not found: q"}`, ""},

		{"POST /attached-policies/" + in, "", `OK {"policies":[]}`, "iot:ListAttachedPolicies " + certARN},
		{"PUT /target-policies/p", attach, `OK `, "iot:AttachPolicy " + certARN},
		{"PUT /target-policies/p", attach, `OK `, ""},
		{"POST /attached-policies/" + in + "?recursive=true", "", `OK {"policies":[{"policyArn":"` + policyARN + `p","policyName":"p"}]}`, ""},
		{"POST /policy-targets/p", "", `OK {"targets":["` + certARN + `"]}`, "iot:ListTargetsForPolicy " + policyARN + "p"},
		{"POST /policy-targets/p?pageSize=1", "", `OK {"targets":["` + certARN + `"]}`, ""},
		{"POST /policy-targets/p?marker=abcd", "", `Bad Request InvalidRequestException {"message":"the pagination token is not valid"}`, ""},
		{"POST /policy-targets/q", "", `Not Found ResourceNotFoundException {"message":"Policy not found: q"}`, ""},
		{"DELETE /policies/p", "", `Conflict DeleteConflictException {"message":"The policy cannot be deleted as the policy is attached to one or more principals (name=p)"}`, "iot:DeletePolicy " + policyARN + "p"},
		{"PUT /target-policies/q", attach, `Not Found ResourceNotFoundException {"message":"Policy not found: q"}`, ""},
		{"PUT /target-policies/p", `{"target":"` + thingARN + `t"}`, `Bad Request InvalidRequestException {"message":"A policy can't be attached to \"` + thingARN + `t\": it must be the ARN of a certificate or thing group, or an Amazon Cognito identity id."}`, "iot:AttachPolicy " + thingARN + "t"},
		{"PUT /target-policies/p", `{"target":"us-east-1:7f2b1f62-0000-4000-8000-000000000000"}`, `Not Implemented NotImplementedException {"message":"Policies of Amazon Cognito identities are not implemented."}`, "iot:AttachPolicy " + noneARN},
		{"POST /target-policies/p", attach, `OK `, "iot:DetachPolicy " + certARN},
		{"POST /target-policies/p", attach, `OK `, ""},
		{"DELETE /policies/p", "", `OK `, ""},
		{"DELETE /policies/p", "", `Not Found ResourceNotFoundException {"message":"Policy not found: p"}`, ""},
	})
}

// The older calls are about the same attachments, and need permissions of their
// own names.
func TestPrincipalPolicies(t *testing.T) {
	d := newPolicyDoor(t)
	certARN := string(registryScope.Certificate(pumpCertificate))
	principal, of := " x-amzn-iot-principal="+certARN, " x-amzn-iot-policy="
	absent := string(registryScope.Certificate(strings.Repeat("2e", 32)))
	named := func(names ...string) string {
		all := []string{}
		for _, name := range names {
			all = append(all, `{"policyArn":"`+policyARN+name+`","policyName":"`+name+`"}`)
		}
		return `OK {"policies":[` + strings.Join(all, ",") + `]}`
	}
	for _, name := range []string{"p", "q"} {
		d.say(t, "POST /policies/"+name, `{"policyDocument":"`+sentDocument+`"}`)
	}
	d.play(t, []registryStep{
		{"GET /principal-policies" + principal, "", named(), "iot:ListPrincipalPolicies " + noneARN},
		{"GET /policy-principals" + of + "p", "", `OK {"principals":[]}`, "iot:ListPolicyPrincipals " + noneARN},
		{"PUT /principal-policies/p" + principal, "", `OK `, "iot:AttachPrincipalPolicy " + certARN},
		{"PUT /principal-policies/p" + principal, "", `OK `, ""},
		{"PUT /principal-policies/r" + principal, "", `Not Found ResourceNotFoundException {"message":"Policy not found: r"}`, ""},
		{"PUT /principal-policies/p x-amzn-iot-principal=" + absent, "", `Not Found ResourceNotFoundException {"message":"The target does not exist: ` + absent + `"}`, ""},
		{"PUT /principal-policies/p x-amzn-iot-principal=arn:aws:iot:us-east-1:000000000000:thinggroup/g", "", `Bad Request InvalidRequestException {"message":"The given ARN does not represent a cert"}`, ""},
		{"PUT /principal-policies/p x-amzn-iot-principal=us-east-1:7f2b1f62-0000-4000-8000-000000000000", "", `Not Implemented NotImplementedException {"message":"Policies of Amazon Cognito identities are not implemented."}`, "iot:AttachPrincipalPolicy " + noneARN},
		{"PUT /principal-policies/p", "", `Bad Request InvalidRequestException {"message":"1 validation error detected: Value null at 'principal' failed to satisfy constraint: Member must not be null"}`, ""},
	})
	d.now = d.now.Add(time.Second)
	d.play(t, []registryStep{
		{"PUT /target-policies/q", `{"target":"` + certARN + `"}`, `OK `, ""},
		{"GET /principal-policies" + principal, "", named("q", "p"), ""},
		{"GET /principal-policies?isAscendingOrder=true" + principal, "", named("p", "q"), ""},
		{"GET /principal-policies x-amzn-iot-principal=" + absent, "", `Not Found ResourceNotFoundException {"message":"The target does not exist: ` + absent + `"}`, ""},
		{"GET /principal-policies x-amzn-iot-principal=" + thingARN + "t", "", `Bad Request InvalidRequestException {"message":"The given ARN does not represent a cert"}`, ""},
		{"GET /principal-policies?marker=abcd" + principal, "", `Bad Request InvalidRequestException {"message":"the pagination token is not valid"}`, ""},
		{"GET /policy-principals?pageSize=1" + of + "q", "", `OK {"principals":["` + certARN + `"]}`, ""},
		{"GET /policy-principals" + of + "r", "", `Not Found ResourceNotFoundException {"message":"Policy not found: r"}`, ""},
		{"POST /policy-targets/p", "", `OK {"targets":["` + certARN + `"]}`, ""},
		{"DELETE /principal-policies/q" + principal, "", `OK `, "iot:DetachPrincipalPolicy " + certARN},
		{"DELETE /principal-policies/q" + principal, "", `Not Found ResourceNotFoundException {"message":"The policy q is not attached to the principal"}`, ""},
		{"DELETE /principal-policies/r" + principal, "", `Not Found ResourceNotFoundException {"message":"Policy not found: r"}`, ""},
		{"POST /target-policies/p", `{"target":"` + certARN + `"}`, `OK `, ""},
		{"GET /principal-policies" + principal, "", named(), ""},
	})
	d.deny = true
	for _, head := range []string{"PUT /principal-policies/p" + principal, "DELETE /principal-policies/p" + principal, "GET /principal-policies" + principal, "GET /policy-principals" + of + "p"} {
		if got, want := d.say(t, head, ""), `Forbidden AccessDeniedException {"message":"no"}`; got != want {
			t.Errorf("%s: got %s, want %s", head, got, want)
		}
	}
}

func TestGetPolicy(t *testing.T) {
	d := newPolicyDoor(t)
	d.say(t, "POST /policies/p", `{"policyDocument":"`+sentDocument+`"}`)
	got := regexp.MustCompile(`[A-Z2-7]{26}`).ReplaceAllString(d.say(t, "GET /policies/p", ""), "<generation>")
	want := `OK {"creationDate":1700000000.5,"defaultVersionId":"1","generationId":"<generation>","lastModifiedDate":1700000000.5,"policyArn":"` +
		policyARN + `p","policyDocument":"` + sentDocument + `","policyName":"p"}`
	if got != want || d.asked != "iot:GetPolicy "+policyARN+"p" {
		t.Errorf("got %s, having asked for %s\nwant %s", got, d.asked, want)
	}
}

func TestPolicyVersions(t *testing.T) {
	d := newPolicyDoor(t)
	sent := `{"policyDocument":"` + sentDocument + `"}`
	d.say(t, "POST /policies/p", sent)
	d.now = d.now.Add(time.Second)
	made := func(id string, isDefault bool) string {
		return fmt.Sprintf(`OK {"isDefaultVersion":%v,"policyArn":"%sp","policyDocument":"%s","policyVersionId":"%s"}`, isDefault, policyARN, sentDocument, id)
	}
	entry := func(id, created string, isDefault bool) string {
		return fmt.Sprintf(`{"createDate":%s,"isDefaultVersion":%v,"versionId":"%s"}`, created, isDefault, id)
	}
	touched := " " + policyARN + "p"
	d.play(t, []registryStep{
		{"GET /policies/p/version", "", `OK {"policyVersions":[` + entry("1", "1700000000.5", true) + `]}`, "iot:ListPolicyVersions" + touched},
		{"POST /policies/p/version", sent, made("2", false), "iot:CreatePolicyVersion" + touched},
		{"POST /policies/p/version?setAsDefault=true", sent, made("3", true), ""},
		{"POST /policies/p/version?setAsDefault=false", sent, made("4", false), ""},
		{"POST /policies/p/version", sent, made("5", false), ""},
		{"POST /policies/p/version", sent, `Conflict VersionsLimitExceededException {"message":"The policy p already has the maximum number of versions (5)"}`, ""},
		{"POST /policies/p/version", `{"policyDocument":"{"}`, `Bad Request MalformedPolicyException {"message":"Syntax errors in policy."}`, ""},
		{"POST /policies/q/version", sent, `Not Found ResourceNotFoundException {"message":"Policy not found: q"}`, ""},
		{"DELETE /policies/p/version/3", "", `Conflict DeleteConflictException {"message":"Cannot delete the default version of a policy (name=p)"}`, "iot:DeletePolicyVersion" + touched},
		{"DELETE /policies/p/version/2", "", `OK `, ""},
		{"DELETE /policies/p/version/2", "", `Not Found ResourceNotFoundException {"message":"Policy version not found: version 2 of policy p"}`, ""},
		{"DELETE /policies/p", "", `Conflict DeleteConflictException {"message":"Cannot delete the policy because it has one or more policy versions attached to it (name=p)"}`, ""},
		{"PATCH /policies/p/version/5", "", `OK `, "iot:SetDefaultPolicyVersion" + touched},
		{"PATCH /policies/p/version/2", "", `Not Found ResourceNotFoundException {"message":"Policy version not found: version 2 of policy p"}`, ""},
		{"PATCH /policies/p/version/x", "", `Bad Request InvalidRequestException {"message":"1 validation error detected: Value 'x' at 'policyVersionId' failed to satisfy constraint: Member must satisfy regular expression pattern: [0-9]+"}`, ""},
		{"GET /policies/p/version", "", `OK {"policyVersions":[` + entry("5", "1700000001.5", true) + `,` + entry("4", "1700000001.5", false) + `,` +
			entry("3", "1700000001.5", false) + `,` + entry("1", "1700000000.5", false) + `]}`, ""},
		{"GET /policies/q/version", "", `Not Found ResourceNotFoundException {"message":"Policy not found: q"}`, ""},
	})
	got := regexp.MustCompile(`[A-Z2-7]{26}`).ReplaceAllString(d.say(t, "GET /policies/p/version/1", ""), "<generation>")
	want := `OK {"creationDate":1700000000.5,"generationId":"<generation>","isDefaultVersion":false,"lastModifiedDate":1700000000.5,"policyArn":"` +
		policyARN + `p","policyDocument":"` + sentDocument + `","policyName":"p","policyVersionId":"1"}`
	if got != want || d.asked != "iot:GetPolicyVersion"+touched {
		t.Errorf("got %s, having asked for %s\nwant %s", got, d.asked, want)
	}
}

func TestPolicyPagesAndLimit(t *testing.T) {
	d := newPolicyDoor(t)
	certARN := string(registryScope.Certificate(pumpCertificate))
	for i := range iotpolicy.MaxAttached + 1 {
		d.now = d.now.Add(time.Second)
		name := fmt.Sprintf("p%02d", i)
		if got := d.say(t, "POST /policies/"+name, `{"policyDocument":"`+sentDocument+`"}`); !strings.HasPrefix(got, "OK ") {
			t.Fatal(got)
		}
		want := "OK "
		if i == iotpolicy.MaxAttached {
			want = `Gone LimitExceededException {"message":"The principal already has the maximum number of policies attached (10)"}`
		}
		if got := d.say(t, "PUT /target-policies/"+name, `{"target":"`+certARN+`"}`); got != want {
			t.Errorf("attaching policy %d: got %s, want %s", i+1, got, want)
		}
	}
	marker := regexp.MustCompile(`"nextMarker":"([A-Za-z0-9+/]+={0,2})"`)
	for _, tc := range []struct{ name, head, first, last string }{
		{"newest first", "GET /policies?pageSize=4", "p10", "p00"},
		{"oldest first", "GET /policies?pageSize=4&isAscendingOrder=true", "p00", "p10"},
		{"attached", "POST /attached-policies/" + url.QueryEscape(certARN) + "?pageSize=4", "p00", "p09"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			names := regexp.MustCompile(`"policyName":"([^"]*)"`)
			var all []string
			head := tc.head
			for pages := 1; ; pages++ {
				got := d.say(t, head, "")
				for _, m := range names.FindAllStringSubmatch(got, -1) {
					all = append(all, m[1])
				}
				next := marker.FindStringSubmatch(got)
				if next == nil {
					if pages != 3 {
						t.Errorf("got %d pages, want 3", pages)
					}
					break
				}
				head = tc.head + "&marker=" + url.QueryEscape(next[1])
			}
			if len(all) == 0 || all[0] != tc.first || all[len(all)-1] != tc.last {
				t.Errorf("got %v, want %s to %s", all, tc.first, tc.last)
			}
		})
	}
}

// Who may not do it learns nothing of what is there.
func TestPoliciesDenied(t *testing.T) {
	d := newPolicyDoor(t)
	d.deny = true
	target := `{"target":"` + string(registryScope.Certificate(pumpCertificate)) + `"}`
	for head, body := range map[string]string{
		"POST /policies/p":        `{"policyDocument":"` + sentDocument + `"}`,
		"GET /policies/p":         "",
		"GET /policies":           "",
		"DELETE /policies/p":      "",
		"PUT /target-policies/p":  target,
		"POST /target-policies/p": target,
		"POST /policy-targets/p":  "",

		"POST /policies/p/version":     `{"policyDocument":"` + sentDocument + `"}`,
		"GET /policies/p/version":      "",
		"GET /policies/p/version/1":    "",
		"PATCH /policies/p/version/1":  "",
		"DELETE /policies/p/version/1": "",
		"POST /attached-policies/" + url.QueryEscape(string(registryScope.Certificate(pumpCertificate))): "",
	} {
		if got := d.say(t, head, body); !strings.HasPrefix(got, "Forbidden AccessDeniedException") {
			t.Errorf("%s: got %s", head, got)
		}
	}
	d.deny = false
	if got := d.say(t, "GET /policies", ""); got != `OK {"policies":[]}` {
		t.Errorf("a denied creation left %s", got)
	}
}
