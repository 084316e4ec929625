package iotapi_test

import (
	"net/url"
	"strings"
	"testing"

	"muster/internal/awsapi"
	"muster/internal/awsapi/awsapitest"
	"muster/internal/awsapi/iotapi"
	"muster/internal/iotpolicy"
	"muster/internal/registry"
	"muster/internal/rolealias"
)

func newTagDesk(t *testing.T) aliasDesk {
	t.Helper()
	d := awsapitest.New(t)
	door := &iotapi.Door{
		Things:   registry.New(d.DB.Registry(), d.Index),
		Policies: iotpolicy.New(d.DB.IoTPolicies(), d.Index),
		Aliases:  rolealias.New(d.DB.RoleAliases(), d.Index, d.Roles),
	}
	d.Serve(awsapi.Service{Wire: iotapi.Service, Operations: door.Operations(), Faults: iotapi.Faults})
	return aliasDesk{d}
}

// makes are the requests that make one of each of what has tags; TAGS stands
// for those it gets.
var makes = map[string][2]string{
	typeARN + "pump":   {"POST /thing-types/pump", `{"tags":TAGS}`},
	policyARN + "pump": {"POST /policies/pump", `{"policyDocument":"` + sentDocument + `","tags":TAGS}`},
	aliasARN + "pump":  {"POST /role-aliases/pump", `{` + aliasRole + `,"tags":TAGS}`},
}

func tagsBody(resource, more string) string { return `{"resourceArn":"` + resource + `",` + more + `}` }

func TestTags(t *testing.T) {
	d := newTagDesk(t)
	for resource, made := range makes {
		list := "GET /tags?resourceArn=" + url.QueryEscape(resource)
		many := `"tags":[` + strings.TrimSuffix(strings.Repeat(`{"Key":"k","Value":""},`, 2), ",") + `]`
		d.play(t, []aliasStep{
			{"nothing yet", "", list, "", `404 ResourceNotFoundException …`},
			{"tagged, not there", "", "POST /tags", tagsBody(resource, `"tags":[{"Key":"a","Value":"b"}]`), `404 ResourceNotFoundException …`},
			{"untagged, not there", "", "POST /untag", tagsBody(resource, `"tagKeys":["a"]`), `404 ResourceNotFoundException …`},
			{"a reserved key at creation", "", made[0], strings.Replace(made[1], "TAGS", `[{"Key":"aws:a","Value":"b"}]`, 1), `400 InvalidRequestException …reserved`},
			{"made with tags", "", made[0], strings.Replace(made[1], "TAGS", `[{"Key":"team","Value":"field"},{"Key":"bare"}]`, 1), `200 …`},
			{"they are kept", "", list, "", `200 {"tags":[{"Key":"bare","Value":""},{"Key":"team","Value":"field"}]}`},
			{"one more, one anew", "", "POST /tags", tagsBody(resource, `"tags":[{"Key":"team","Value":"plant"},{"Key":"site é","Value":"x y"}]`), `200 {}`},
			{"beside the others", "", list, "", `200 {"tags":[{"Key":"bare","Value":""},{"Key":"site é","Value":"x y"},{"Key":"team","Value":"plant"}]}`},
			{"taken away", "", "POST /untag", tagsBody(resource, `"tagKeys":["bare","site é","nothing"]`), `200 {}`},
			{"and gone", "", list, "", `200 {"tags":[{"Key":"team","Value":"plant"}]}`},
			{"a key twice", "", "POST /tags", tagsBody(resource, many), `400 InvalidRequestException {"message":"Duplicate tag keys found: k"}`},
			{"a key in another case", "", "POST /tags", tagsBody(resource, `"tags":[{"Key":"Team","Value":"x"}]`), `400 InvalidRequestException {"message":"Duplicate tag keys found: Team"}`},
			{"a reserved key", "", "POST /tags", tagsBody(resource, `"tags":[{"Key":"aws:team","Value":"x"}]`), `400 InvalidRequestException …reserved`},
			{"no key", "", "POST /tags", tagsBody(resource, `"tags":[{"Value":"x"}]`), `400 InvalidRequestException …Member must not be null`},
			{"no tags", "", "POST /tags", tagsBody(resource, `"a":1`), `400 InvalidRequestException …at 'tags'`},
			{"a token nobody gave", "", list + "&nextToken=abcd", "", `400 InvalidRequestException …token`},
			{"nothing changed", "", list, "", `200 {"tags":[{"Key":"team","Value":"plant"}]}`},
		})
		var fifty []string
		for i := range 50 {
			fifty = append(fifty, `{"Key":"k`+strings.Repeat("x", i)+`"}`)
		}
		d.play(t, []aliasStep{
			{"too many", "", "POST /tags", tagsBody(resource, `"tags":[`+strings.Join(fifty, ",")+`]`), `410 LimitExceededException …at most 50 tags`},
			{"none of them", "", list, "", `200 {"tags":[{"Key":"team","Value":"plant"}]}`},
		})
	}
}

func TestWhatHasNoTags(t *testing.T) {
	d := newTagDesk(t)
	for name, tc := range map[string]struct{ resource, want string }{
		"a thing":                   {thingARN + "pump", "400 InvalidRequestException …can't be tagged"},
		"a certificate":             {string(registryScope.Certificate(pumpCertificate)), "400 InvalidRequestException …can't be tagged"},
		"a policy of another":       {strings.Replace(policyARN, "000000000000", "111111111111", 1) + "p", "400 InvalidRequestException …can't be tagged"},
		"a policy elsewhere":        {strings.Replace(policyARN, "us-east-1", "us-west-2", 1) + "p", "400 InvalidRequestException …can't be tagged"},
		"a thing group":             {"arn:aws:iot:us-east-1:000000000000:thinggroup/g", "404 ResourceNotFoundException …"},
		"no ARN":                    {"pump", "400 InvalidRequestException …can't be tagged"},
		"nothing":                   {"", "400 InvalidRequestException …can't be tagged"},
		"a role":                    {"arn:aws:iam::000000000000:role/r", "400 InvalidRequestException …can't be tagged"},
		"a policy that isn't there": {policyARN + "a/b", "404 ResourceNotFoundException …"},
	} {
		for head, body := range map[string]string{
			"POST /tags":  tagsBody(tc.resource, `"tags":[{"Key":"a","Value":"b"}]`),
			"POST /untag": tagsBody(tc.resource, `"tagKeys":["a"]`),
			"GET /tags?resourceArn=" + url.QueryEscape(tc.resource): "",
		} {
			awsapitest.Check(t, name+": "+head, d.Ask(t, awsapitest.Root, "iot", head, "", body), tc.want)
		}
	}
}

// Tags are what policies go by: those a request gives and those a resource has.
func TestTagsInPolicies(t *testing.T) {
	d := newTagDesk(t)
	must := `"Resource":"*","Condition":{"StringEquals":`
	d.Session(t, "NONE", `{"Effect":"Allow","Action":"iot:Describe*","Resource":"*"}`)
	d.Session(t, "GIVER", `{"Effect":"Allow","Action":"iot:*",`+must+`{"aws:RequestTag/Team":"field"}}}`)
	d.Session(t, "MAKER", `{"Effect":"Allow","Action":["iot:Create*","iam:PassRole"],"Resource":"*"}`)
	d.Session(t, "KEYS", `{"Effect":"Allow","Action":["iot:TagResource","iot:UntagResource"],"Resource":"*","Condition":{"ForAllValues:StringEquals":{"aws:TagKeys":["team"]}}}`)
	d.Session(t, "OWNER", `{"Effect":"Allow","Action":"iot:*",`+must+`{"aws:ResourceTag/team":"field"}}}`)
	d.Session(t, "DENIED", `[{"Effect":"Allow","Action":"iot:*","Resource":"*"},{"Effect":"Deny","Action":"iot:*",`+must+`{"aws:ResourceTag/team":"field"}}}]`)
	for resource, made := range makes {
		list := "GET /tags?resourceArn=" + url.QueryEscape(resource)
		give := func(tag string) string { return tagsBody(resource, `"tags":[`+tag+`]`) }
		use := map[string]string{typeARN + "pump": "GET /thing-types/pump", policyARN + "pump": "GET /policies/pump", aliasARN + "pump": "GET /role-aliases/pump"}[resource]
		const no = `403 AccessDeniedException …not authorized to perform: iot:`
		d.play(t, []aliasStep{
			{"may make it with a tag only", "GIVER", made[0], strings.Replace(made[1], "TAGS", `[]`, 1), no},
			{"with another tag", "GIVER", made[0], strings.Replace(made[1], "TAGS", `[{"Key":"team","Value":"plant"}]`, 1), no},
			{"may make it, but not tag it", "MAKER", made[0], strings.Replace(made[1], "TAGS", `[{"Key":"team","Value":"plant"}]`, 1), no + "TagResource on resource: " + resource},
			{"none was made", "", list, "", `404 …`},
			{"made by root", "", made[0], strings.Replace(made[1], "TAGS", `[{"Key":"team","Value":"plant"}]`, 1), `200 …`},
			{"nobody lists", "NONE", list, "", no + "ListTagsForResource on resource: " + resource},
			{"nobody tags", "NONE", "POST /tags", give(`{"Key":"team","Value":"field"}`), no + "TagResource on resource: " + resource},
			{"nobody untags", "NONE", "POST /untag", tagsBody(resource, `"tagKeys":["team"]`), no + "UntagResource on resource: " + resource},
			{"not with this key", "KEYS", "POST /tags", give(`{"Key":"team"},{"Key":"other"}`), no},
			{"nor taken away", "KEYS", "POST /untag", tagsBody(resource, `"tagKeys":["other"]`), no},
			{"not the owner's", "OWNER", use, "", no},
			{"not the owner's to tag", "OWNER", "POST /tags", give(`{"Key":"team","Value":"field"}`), no},
			{"not denied yet", "DENIED", use, "", `200 …`},
			{"nothing changed", "", list, "", `200 {"tags":[{"Key":"team","Value":"plant"}]}`},
			{"given", "GIVER", "POST /tags", give(`{"Key":"team","Value":"field"}`), `200 {}`},
			{"now it is the owner's", "OWNER", use, "", `200 …`},
			{"who may list its tags", "OWNER", list, "", `200 …`},
			{"and now it is denied", "DENIED", use, "", `403 AccessDeniedException …explicit deny`},
			{"and untagging with it", "DENIED", "POST /untag", tagsBody(resource, `"tagKeys":["team"]`), `403 AccessDeniedException …explicit deny`},
			{"with this key", "KEYS", "POST /untag", tagsBody(resource, `"tagKeys":["team"]`), `200 {}`},
			{"no longer the owner's", "OWNER", use, "", no},
		})
	}
}
