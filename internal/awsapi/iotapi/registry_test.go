package iotapi_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"muster/internal/arn"
	"muster/internal/awsapi"
	"muster/internal/awsapi/iotapi"
	"muster/internal/certificate"
	"muster/internal/fault"
	"muster/internal/iam"
	"muster/internal/index"
	"muster/internal/policy"
	"muster/internal/registry"
	"muster/internal/secret"
	"muster/internal/sigv4"
	"muster/internal/store/storetest"
	"muster/internal/sts"
)

// registryDoor is the door with the registry behind it, as a client reaches it.
type registryDoor struct {
	api   *awsapi.API
	now   time.Time
	asked string // the last permission asked for: action and resource
	deny  bool
}

var registryScope = arn.Scope{Account: "000000000000", Region: "us-east-1"}

func newRegistryDoor(t *testing.T) *registryDoor {
	t.Helper()
	x := index.New(1024)
	db := storetest.Open(t, t.TempDir(), x)
	d := &registryDoor{now: time.UnixMilli(1_700_000_000_500)}
	err := db.Certificates().InsertCertificate(t.Context(), certificate.Certificate{ID: pumpCertificate, Scope: registryScope, Status: certificate.Active})
	if err != nil {
		t.Fatal(err)
	}
	things := registry.New(db.Registry(), x)
	things.Now = func() time.Time { return d.now }
	door := &iotapi.Door{Things: things}
	d.api = awsapi.New(awsapi.Service{Wire: iotapi.Service, Operations: door.Operations(), Faults: iotapi.Faults})
	d.api.Log = slog.New(slog.DiscardHandler)
	d.api.Now = func() time.Time { return d.now }
	login := sts.New(nil, nil, nil)
	login.RootKey = func(string) (string, secret.String, bool) { return registryScope.Account, registryKey.Secret, true }
	d.api.Authenticate = login.Authenticate
	d.api.Authorize = func(_ context.Context, _ *iam.Caller, action string, resource arn.ARN, _ policy.Context) error {
		d.asked = action + " " + string(resource)
		if d.deny {
			return fault.Denied.Errorf("no")
		}
		return nil
	}
	return d
}

var (
	registryKey     = sigv4.Credential{AccessKey: "AKIAEXAMPLE", Secret: secret.New("a secret of some length")}
	pumpCertificate = strings.Repeat("1f", 32)
	uuid            = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)
)

// say sends a signed request and answers status, error type and body, with
// ids masked. head is a method, a path and perhaps a principal, or another
// header as name=value.
func (d *registryDoor) say(t *testing.T, head, body string) string {
	t.Helper()
	return d.sayChanged(t, head, body, nil)
}

// sayChanged is say with a request that is changed once it is signed.
func (d *registryDoor) sayChanged(t *testing.T, head, body string, change func(http.Header)) string {
	t.Helper()
	words := strings.Fields(head)
	r := httptest.NewRequest(words[0], "http://127.0.0.1:4600"+words[1], strings.NewReader(body))
	if len(words) > 2 {
		name, value, ok := strings.Cut(words[2], "=")
		if !ok {
			name, value = "X-Amzn-Principal", words[2]
		}
		r.Header.Set(name, value)
	}
	sum := sha256.Sum256([]byte(body))
	sigv4.Sign(r, registryKey, "iot", registryScope.Region, d.now, hex.EncodeToString(sum[:]))
	if change != nil {
		change(r.Header)
	}
	w := httptest.NewRecorder()
	d.api.ServeHTTP(w, r)
	answer := []string{http.StatusText(w.Code)}
	if kind := w.Header().Get("X-Amzn-Errortype"); kind != "" {
		answer = append(answer, kind)
	}
	return strings.Join(append(answer, uuid.ReplaceAllString(strings.TrimSpace(w.Body.String()), "<id>")), " ")
}

// A step of a transcript: what is sent, what comes back, and what the caller
// had to be allowed.
type registryStep struct{ head, body, want, asked string }

func (d *registryDoor) play(t *testing.T, steps []registryStep) {
	t.Helper()
	for _, s := range steps {
		if got := d.say(t, s.head, s.body); got != s.want {
			t.Errorf("%s %s\n got %s\nwant %s", s.head, s.body, got, s.want)
		}
		if s.asked != "" && d.asked != s.asked {
			t.Errorf("%s: asked for %q, want %q", s.head, d.asked, s.asked)
		}
	}
}

const (
	typeARN  = "arn:aws:iot:us-east-1:000000000000:thingtype/"
	thingARN = "arn:aws:iot:us-east-1:000000000000:thing/"
	noneARN  = "arn:aws:iot:us-east-1:000000000000:*"
)

func TestThingTypes(t *testing.T) {
	d := newRegistryDoor(t)
	made := `OK {"thingTypeArn":"` + typeARN + `pump","thingTypeId":"<id>","thingTypeName":"pump"}`
	d.play(t, []registryStep{
		{"GET /thing-types", "", `OK {"thingTypes":[]}`, "iot:ListThingTypes " + noneARN},
		{"POST /thing-types/pump", `{}`, made, "iot:CreateThingType " + typeARN + "pump"},
		{"POST /thing-types/pump", ``, made, ""},
		{"POST /thing-types/pump", `{"thingTypeProperties":{"thingTypeDescription":"moves water"}}`,
			`Conflict ResourceAlreadyExistsException {"message":"Thing type pump already exists in account with different properties","resourceArn":"` + typeARN + `pump","resourceId":"pump"}`, ""},
		{"POST /thing-types/valve", `{"tags":[{"Key":"a","Value":"b"},{"Key":"A"}]}`,
			`Bad Request InvalidRequestException {"message":"Duplicate tag keys found: A"}`, ""},
		{"POST /thing-types/valve", `{"thingTypeProperties":{"searchableAttributes":["site"]}}`,
			`OK {"thingTypeArn":"` + typeARN + `valve","thingTypeId":"<id>","thingTypeName":"valve"}`, ""},
		{"GET /thing-types/pump", "", `OK {"thingTypeArn":"` + typeARN + `pump","thingTypeId":"<id>","thingTypeMetadata":{"creationDate":1700000000.5,"deprecated":false},"thingTypeName":"pump","thingTypeProperties":{"searchableAttributes":[]}}`,
			"iot:DescribeThingType " + typeARN + "pump"},
		{"GET /thing-types?thingTypeName=va", "", `OK {"thingTypes":[{"thingTypeArn":"` + typeARN + `valve","thingTypeMetadata":{"creationDate":1700000000.5,"deprecated":false},"thingTypeName":"valve","thingTypeProperties":{"searchableAttributes":["site"]}}]}`, ""},
		{"GET /thing-types?maxResults=0", "", `Bad Request InvalidRequestException {"message":"1 validation error detected: Value '0' at 'maxResults' failed to satisfy constraint: Member must have value greater than or equal to 1"}`, ""},
		{"DELETE /thing-types/pump", "", `Bad Request InvalidRequestException {"message":"Cannot delete thing type : pump. The thing type must be deprecated before it can be deleted"}`, "iot:DeleteThingType " + typeARN + "pump"},
		{"POST /thing-types/pump/deprecate", `{}`, `OK {}`, "iot:DeprecateThingType " + typeARN + "pump"},
		{"DELETE /thing-types/pump", "", `Bad Request InvalidRequestException {"message":"Cannot delete thing type : pump. Please wait for 5 minutes after deprecation and then retry"}`, ""},
		{"POST /things/p", `{"thingTypeName":"pump"}`, `Bad Request InvalidRequestException {"message":"Can not create new thing with depreated thing type:pump"}`, ""},
	})
	d.now = d.now.Add(5 * time.Minute)
	d.play(t, []registryStep{
		{"GET /thing-types/pump", "", `OK {"thingTypeArn":"` + typeARN + `pump","thingTypeId":"<id>","thingTypeMetadata":{"creationDate":1700000000.5,"deprecated":true,"deprecationDate":1700000000.5},"thingTypeName":"pump","thingTypeProperties":{"searchableAttributes":[]}}`, ""},
		{"POST /thing-types/pump/deprecate", `{"undoDeprecate":true}`, `OK {}`, ""},
		{"DELETE /thing-types/pump", "", `Bad Request InvalidRequestException {"message":"Cannot delete thing type : pump. The thing type must be deprecated before it can be deleted"}`, ""},
		{"POST /thing-types/pump/deprecate", ``, `OK {}`, ""},
	})
	d.now = d.now.Add(5 * time.Minute)
	d.play(t, []registryStep{
		{"DELETE /thing-types/pump", "", `OK {}`, ""},
		{"DELETE /thing-types/pump", "", `Not Found ResourceNotFoundException {"message":"Thing type pump cannot be found."}`, ""},
		{"GET /thing-types/pump", "", `Not Found ResourceNotFoundException {"message":"Thing type pump cannot be found."}`, ""},
	})
}

func TestThings(t *testing.T) {
	d := newRegistryDoor(t)
	made := `OK {"thingArn":"` + thingARN + `pump:1","thingId":"<id>","thingName":"pump:1"}`
	d.play(t, []registryStep{
		{"GET /things", "", `OK {"things":[]}`, "iot:ListThings " + noneARN},
		{"POST /things/pump%3A1", ``, made, "iot:CreateThing " + thingARN + "pump:1"},
		{"POST /things/pump%3A1", `{}`, made, ""},
		{"POST /things/pump%3A1", `{"attributePayload":{"attributes":{}}}`, made, ""},
		{"POST /things/pump%3A1", `{"attributePayload":{"attributes":{"site":"north"},"merge":true}}`,
			`Conflict ResourceAlreadyExistsException {"message":"Thing pump:1 already exists in account with different attributes","resourceArn":"` + thingARN + `pump:1","resourceId":"pump:1"}`, ""},
		{"POST /things/p2", `{"thingTypeName":"pump"}`, `Not Found ResourceNotFoundException {"message":"Thing type pump cannot be found."}`, ""},
		{"POST /things/p2", `{"billingGroupName":"us"}`, `Not Found ResourceNotFoundException {"message":"Billing group us cannot be found."}`, ""},
		{"POST /thing-types/pump", ``, `OK {"thingTypeArn":"` + typeARN + `pump","thingTypeId":"<id>","thingTypeName":"pump"}`, ""},
		{"POST /things/p2", `{"thingTypeName":"pump","attributePayload":{"attributes":{"site":"north"}}}`,
			`OK {"thingArn":"` + thingARN + `p2","thingId":"<id>","thingName":"p2"}`, ""},
		{"GET /things/p2", "", `OK {"attributes":{"site":"north"},"defaultClientId":"p2","thingArn":"` + thingARN + `p2","thingId":"<id>","thingName":"p2","thingTypeName":"pump","version":1}`, "iot:DescribeThing " + thingARN + "p2"},
		{"GET /things/pump%3A1", "", `OK {"attributes":{},"defaultClientId":"pump:1","thingArn":"` + thingARN + `pump:1","thingId":"<id>","thingName":"pump:1","version":1}`, ""},
		{"GET /things/p9", "", `Not Found ResourceNotFoundException {"message":"Thing p9 cannot be found."}`, ""},
		{"GET /things?maxResults=1", "", `OK {"nextToken":"MR9wMg==","things":[{"attributes":{"site":"north"},"thingArn":"` + thingARN + `p2","thingName":"p2","thingTypeName":"pump","version":1}]}`, ""},
		{"GET /things?maxResults=1&nextToken=MR9wMg%3D%3D", "", `OK {"things":[{"attributes":{},"thingArn":"` + thingARN + `pump:1","thingName":"pump:1","version":1}]}`, ""},
		{"GET /things?nextToken=nonsense", "", `Bad Request InvalidRequestException {"message":"the pagination token is not valid"}`, ""},
		{"GET /things?attributeName=site&attributeValue=no&usePrefixAttributeValue=true", "", `OK {"things":[{"attributes":{"site":"north"},"thingArn":"` + thingARN + `p2","thingName":"p2","thingTypeName":"pump","version":1}]}`, ""},
		{"GET /things?attributeName=site&attributeValue=no", "", `OK {"things":[]}`, ""},
		{"GET /things?thingTypeName=valve", "", `OK {"things":[]}`, ""},
		{"GET /things?attributeValue=north&thingTypeName=pump", "", `OK {"things":[{"attributes":{"site":"north"},"thingArn":"` + thingARN + `p2","thingName":"p2","thingTypeName":"pump","version":1}]}`, ""},
		{"DELETE /things/p2?expectedVersion=2", "", `Conflict VersionConflictException {"message":"The version for thing p2 does not match the expected version."}`, "iot:DeleteThing " + thingARN + "p2"},
		{"DELETE /things/p2?expectedVersion=1", "", `OK {}`, ""},
		{"DELETE /things/p2", "", `OK {}`, ""},
	})
}

func TestUpdateThing(t *testing.T) {
	d := newRegistryDoor(t)
	d.say(t, "POST /thing-types/pump", "")
	d.say(t, "POST /things/p1", `{"attributePayload":{"attributes":{"site":"north"}}}`)
	is := func(attributes, more string) string {
		return `OK {"attributes":{` + attributes + `},"defaultClientId":"p1","thingArn":"` + thingARN + `p1","thingId":"<id>","thingName":"p1",` + more + `}`
	}
	d.play(t, []registryStep{
		{"PATCH /things/p1", `{}`, `OK {}`, "iot:UpdateThing " + thingARN + "p1"},
		{"GET /things/p1", "", is(`"site":"north"`, `"version":2`), ""},
		{"PATCH /things/p1", `{"attributePayload":{"attributes":{"line":"1"},"merge":true},"thingTypeName":"pump","expectedVersion":2}`, `OK {}`, ""},
		{"GET /things/p1", "", is(`"line":"1","site":"north"`, `"thingTypeName":"pump","version":3`), ""},
		{"PATCH /things/p1", `{"attributePayload":{}}`, `OK {}`, ""},
		{"PATCH /things/p1", `{"attributePayload":{"attributes":{"line":""},"merge":true}}`, `OK {}`, ""},
		{"GET /things/p1", "", is(`"site":"north"`, `"thingTypeName":"pump","version":5`), ""},
		{"PATCH /things/p1", `{"attributePayload":{"attributes":{}},"removeThingType":true}`, `OK {}`, ""},
		{"GET /things/p1", "", is(``, `"version":6`), ""},
		{"PATCH /things/p1", `{"expectedVersion":5}`, `Conflict VersionConflictException {"message":"The version for thing p1 does not match the expected version."}`, ""},
		{"PATCH /things/p1", `{"removeThingType":true,"thingTypeName":"pump"}`, `Bad Request InvalidRequestException {"message":"The thing type of thing p1 can't be both set and removed"}`, ""},
		{"PATCH /things/p1", `{"thingTypeName":"valve"}`, `Not Found ResourceNotFoundException {"message":"Thing type valve cannot be found."}`, ""},
		{"PATCH /things/p1", `{"attributePayload":{"attributes":{"a":"1","b":"2","c":"3","d":"4"}}}`, `Bad Request InvalidRequestException {"message":"Thing p1 has 4 attributes; with a thing type there may be 50, without 3"}`, ""},
		{"PATCH /things/p9", `{}`, `Not Found ResourceNotFoundException {"message":"Thing p9 cannot be found."}`, ""},
		{"GET /things/p1", "", is(``, `"version":6`), ""},
	})
}

func TestThingPrincipals(t *testing.T) {
	d := newRegistryDoor(t)
	cert := string(registryScope.Certificate(pumpCertificate))
	d.play(t, []registryStep{
		{"POST /things/p1", ``, `OK {"thingArn":"` + thingARN + `p1","thingId":"<id>","thingName":"p1"}`, ""},
		{"POST /things/p2", ``, `OK {"thingArn":"` + thingARN + `p2","thingId":"<id>","thingName":"p2"}`, ""},
		{"GET /things/p1/principals", "", `OK {"principals":[]}`, "iot:ListThingPrincipals " + noneARN},
		{"PUT /things/p1/principals " + cert, "", `OK {}`, "iot:AttachThingPrincipal " + noneARN},
		{"PUT /things/p1/principals " + cert, "", `OK {}`, ""},
		{"GET /things/p1/principals", "", `OK {"principals":["` + cert + `"]}`, ""},
		{"GET /principals/things " + cert, "", `OK {"things":["p1"]}`, "iot:ListPrincipalThings " + noneARN},
		{"GET /principals/things us-east-1:01", "", `OK {"things":[]}`, ""},
		{"GET /principals/things pump", "", `Bad Request InvalidRequestException {"message":"The principal is neither the ARN of a certificate nor the id of an identity"}`, ""},
		{"GET /principals/things " + cert[:len(cert)-1] + "0", "", `Not Found ResourceNotFoundException {"message":"The specified resource does not exist"}`, ""},
		{"PUT /things/p2/principals?thingPrincipalType=EXCLUSIVE_THING " + cert, "", `Bad Request InvalidRequestException {"message":"The principal is attached to another thing and can't be attached exclusively"}`, ""},
		{"PUT /things/p9/principals " + cert, "", `Not Found ResourceNotFoundException {"message":"Thing p9 cannot be found."}`, ""},
		{"PUT /things/p1/principals " + cert[:len(cert)-1] + "0", "", `Not Found ResourceNotFoundException {"message":"The specified resource does not exist"}`, ""},
		{"PUT /things/p1/principals pump", "", `Bad Request InvalidRequestException {"message":"The principal is neither the ARN of a certificate nor the id of an identity"}`, ""},
		{"DELETE /things/p1", "", `Bad Request InvalidRequestException {"message":"Cannot delete. Thing p1 is still attached to one or more principals"}`, ""},
		{"DELETE /things/p1/principals " + cert, "", `OK {}`, "iot:DetachThingPrincipal " + noneARN},
		{"DELETE /things/p1/principals " + cert, "", `OK {}`, ""},
		{"DELETE /things/p1", "", `OK {}`, ""},
		{"GET /things/p1/principals", "", `Not Found ResourceNotFoundException {"message":"Failed to list principals for thing p1 because the thing does not exist in your account"}`, ""},
	})
}

func TestThingPrincipalsV2(t *testing.T) {
	d := newRegistryDoor(t)
	cert := string(registryScope.Certificate(pumpCertificate))
	object := func(principal, of string) string {
		return `{"principal":"` + principal + `","thingPrincipalType":"` + of + `"}`
	}
	const unknown = `Bad Request InvalidRequestException {"message":"1 validation error detected: Value 'BOTH' at 'thingPrincipalType' failed to satisfy constraint: Member must satisfy enum value set: [EXCLUSIVE_THING, NON_EXCLUSIVE_THING]"}`
	d.play(t, []registryStep{
		{"POST /things/p1", ``, `OK {"thingArn":"` + thingARN + `p1","thingId":"<id>","thingName":"p1"}`, ""},
		{"POST /things/p2", ``, `OK {"thingArn":"` + thingARN + `p2","thingId":"<id>","thingName":"p2"}`, ""},
		{"GET /things/p1/principals-v2", "", `OK {"thingPrincipalObjects":[]}`, "iot:ListThingPrincipalsV2 " + thingARN + "p1"},
		{"GET /principals/things-v2 " + cert, "", `OK {"principalThingObjects":[]}`, "iot:ListPrincipalThingsV2 " + cert},
		{"PUT /things/p1/principals?thingPrincipalType=EXCLUSIVE_THING " + cert, "", `OK {}`, ""},
		{"PUT /things/p1/principals?thingPrincipalType=NON_EXCLUSIVE_THING us-east-1:01", "", `OK {}`, ""},
		{"PUT /things/p1/principals us-east-1:02", "", `OK {}`, ""},
		{"PUT /things/p1/principals?thingPrincipalType=EXCLUSIVE_THING us-east-1:03", "", `Bad Request InvalidRequestException {"message":"Only a certificate can be attached exclusively"}`, ""},
		{"PUT /things/p2/principals " + cert, "", `Bad Request InvalidRequestException {"message":"The principal is exclusively attached to another thing"}`, ""},
		{"PUT /things/p1/principals " + cert, "", `Bad Request InvalidRequestException {"message":"The principal is attached to thing p1 with another thing principal type"}`, ""},
		{"GET /things/p1/principals-v2", "", `OK {"thingPrincipalObjects":[` + object(cert, "EXCLUSIVE_THING") + `,` + object("us-east-1:01", "NON_EXCLUSIVE_THING") + `,` + object("us-east-1:02", "NON_EXCLUSIVE_THING") + `]}`, ""},
		{"GET /things/p1/principals-v2?thingPrincipalType=EXCLUSIVE_THING", "", `OK {"thingPrincipalObjects":[` + object(cert, "EXCLUSIVE_THING") + `]}`, ""},
		{"GET /things/p1/principals-v2?thingPrincipalType=BOTH", "", unknown, ""},
		{"GET /things/p9/principals-v2", "", `Not Found ResourceNotFoundException {"message":"Failed to list principals for thing p9 because the thing does not exist in your account"}`, ""},
		{"GET /principals/things-v2 " + cert, "", `OK {"principalThingObjects":[{"thingName":"p1","thingPrincipalType":"EXCLUSIVE_THING"}]}`, ""},
		{"GET /principals/things-v2?thingPrincipalType=NON_EXCLUSIVE_THING " + cert, "", `OK {"principalThingObjects":[]}`, ""},
		{"GET /principals/things-v2?thingPrincipalType=BOTH " + cert, "", unknown, ""},
		{"GET /principals/things-v2 us-east-1:02", "", `OK {"principalThingObjects":[{"thingName":"p1","thingPrincipalType":"NON_EXCLUSIVE_THING"}]}`, "iot:ListPrincipalThingsV2 " + noneARN},
		{"GET /principals/things-v2 pump", "", `Bad Request InvalidRequestException {"message":"The principal is neither the ARN of a certificate nor the id of an identity"}`, ""},
		{"GET /principals/things-v2 " + cert[:len(cert)-1] + "0", "", `Not Found ResourceNotFoundException {"message":"The specified resource does not exist"}`, ""},
		{"GET /principals/things-v2?nextToken=abcd " + cert, "", `Bad Request InvalidRequestException {"message":"the pagination token is not valid"}`, ""},
	})

	// By page, of one type: the principals between are not counted.
	page := regexp.MustCompile(`"nextToken":"([^"]+)"`)
	first := d.say(t, "GET /things/p1/principals-v2?thingPrincipalType=NON_EXCLUSIVE_THING&maxResults=1", "")
	found := page.FindStringSubmatch(first)
	if !strings.Contains(first, object("us-east-1:01", "NON_EXCLUSIVE_THING")) || found == nil {
		t.Fatalf("the first page: got %s", first)
	}
	want := `OK {"thingPrincipalObjects":[` + object("us-east-1:02", "NON_EXCLUSIVE_THING") + `]}`
	if got := d.say(t, "GET /things/p1/principals-v2?thingPrincipalType=NON_EXCLUSIVE_THING&maxResults=1&nextToken="+url.QueryEscape(found[1]), ""); got != want {
		t.Errorf("the second page: got %s, want %s", got, want)
	}
}

func TestUpdateThingType(t *testing.T) {
	d := newRegistryDoor(t)
	const (
		only       = `Bad Request InvalidRequestException {"message":"Can only update mqtt5Configuration."}`
		client     = `"mqtt5Configuration":{"propagatingAttributes":[{"connectionAttribute":"iot:ClientId","userPropertyKey":"id"}]}`
		site       = `"mqtt5Configuration":{"propagatingAttributes":[{"thingAttribute":"site","userPropertyKey":"at"}]}`
		properties = `"searchableAttributes":["site"],"thingTypeDescription":"moves water"`
	)
	described := func(mqtt5 string) string {
		return `OK {"thingTypeArn":"` + typeARN + `pump","thingTypeId":"<id>","thingTypeMetadata":{"creationDate":1700000000.5,"deprecated":false},"thingTypeName":"pump","thingTypeProperties":{` + mqtt5 + properties + `}}`
	}
	d.play(t, []registryStep{
		{"PATCH /thing-types/pump", `{}`, `Not Found ResourceNotFoundException {"message":"Thing type pump cannot be found."}`, "iot:UpdateThingType " + typeARN + "pump"},
		{"POST /thing-types/pump", `{"thingTypeProperties":{` + client + `,` + properties + `}}`, `OK {"thingTypeArn":"` + typeARN + `pump","thingTypeId":"<id>","thingTypeName":"pump"}`, ""},
		{"GET /thing-types/pump", "", described(client + `,`), ""},
		{"PATCH /thing-types/pump", ``, `OK {}`, ""},
		{"PATCH /thing-types/pump", `{"thingTypeProperties":{}}`, `OK {}`, ""},
		{"GET /thing-types/pump", "", described(client + `,`), ""},
		{"PATCH /thing-types/pump", `{"thingTypeProperties":{` + site + `}}`, `OK {}`, ""},
		{"GET /thing-types/pump", "", described(site + `,`), ""},
		{"PATCH /thing-types/pump", `{"thingTypeProperties":{"thingTypeDescription":"moves oil"}}`, only, ""},
		{"PATCH /thing-types/pump", `{"thingTypeProperties":{"searchableAttributes":["line"],"mqtt5Configuration":{}}}`, only, ""},
		{"PATCH /thing-types/pump", `{"thingTypeProperties":{"searchableAttributes":[]}}`, only, ""},
		{"PATCH /thing-types/pump", `{"thingTypeProperties":{"mqtt5Configuration":{"propagatingAttributes":[{"userPropertyKey":"at"}]}}}`,
			`Bad Request InvalidRequestException {"message":"Propagating attribute at must have either a thingAttribute or a connectionAttribute"}`, ""},
		{"GET /thing-types/pump", "", described(site + `,`), ""},
		{"PATCH /thing-types/pump", `{"thingTypeProperties":{"mqtt5Configuration":{},` + properties + `}}`, `OK {}`, ""},
		{"GET /thing-types/pump", "", described(``), ""},
	})
}

// What a request says by a header of the model is signed: it can't be given to
// it afterwards, nor changed.
func TestPrincipalsAreSigned(t *testing.T) {
	d := newRegistryDoor(t)
	mine, other := string(registryScope.Certificate(pumpCertificate)), string(registryScope.Certificate(strings.Repeat("2e", 32)))
	for _, tc := range []struct{ head, header, value string }{
		{"PUT /things/p1/principals", "x-amzn-principal", mine},
		{"DELETE /things/p1/principals", "x-amzn-principal", mine},
		{"GET /principals/things", "x-amzn-principal", mine},
		{"GET /principals/things-v2", "x-amzn-principal", mine},
		{"PUT /principal-policies/p", "x-amzn-iot-principal", mine},
		{"DELETE /principal-policies/p", "x-amzn-iot-principal", mine},
		{"GET /principal-policies", "x-amzn-iot-principal", mine},
		{"GET /policy-principals", "x-amzn-iot-policy", "p"},
	} {
		with := tc.head + " " + tc.header + "=" + tc.value
		d.deny = true // signed as it is, it gets as far as the permission
		if got, want := d.say(t, with, ""), `Forbidden AccessDeniedException {"message":"no"}`; got != want {
			t.Errorf("%s: got %s, want %s", with, got, want)
		}
		for change, said := range map[string]string{
			"added":   d.sayChanged(t, tc.head, "", func(h http.Header) { h.Set(tc.header, tc.value) }),
			"changed": d.sayChanged(t, with, "", func(h http.Header) { h.Set(tc.header, other) }),
			"doubled": d.sayChanged(t, with, "", func(h http.Header) { h.Add(tc.header, other) }),
		} {
			if !strings.HasPrefix(said, "Forbidden InvalidSignatureException") {
				t.Errorf("%s, the header %s: got %s", tc.head, change, said)
			}
		}
	}
}

// What the caller may not do isn't done, nor does the refusal tell what is there.
func TestADeniedCallerLearnsAndChangesNothing(t *testing.T) {
	d := newRegistryDoor(t)
	cert := string(registryScope.Certificate(pumpCertificate))
	for _, head := range []string{"POST /thing-types/pump", "POST /things/p1"} {
		d.say(t, head, "")
	}
	d.say(t, "PUT /things/p1/principals "+cert, "")
	for _, head := range []string{
		"POST /thing-types/t2", "GET /thing-types/pump", "GET /thing-types", "POST /thing-types/pump/deprecate", "DELETE /thing-types/pump",
		"POST /things/p2", "GET /things/p1", "GET /things/p9", "GET /things", "DELETE /things/p1", "DELETE /things/p9",
		"PUT /things/p1/principals us-east-1:01", "DELETE /things/p1/principals " + cert, "GET /things/p1/principals",
		"PATCH /things/p1", "PATCH /things/p9", "GET /principals/things " + cert, "PATCH /thing-types/pump", "PATCH /thing-types/t9",
		"GET /things/p1/principals-v2", "GET /things/p9/principals-v2", "GET /principals/things-v2 " + cert,
	} {
		d.deny = true
		if got, want := d.say(t, head, ""), `Forbidden AccessDeniedException {"message":"no"}`; got != want {
			t.Errorf("%s\n got %s\nwant %s", head, got, want)
		}
	}
	d.deny = false
	d.play(t, []registryStep{
		{"GET /things/p1/principals", "", `OK {"principals":["` + cert + `"]}`, ""},
		{"GET /things/p2", "", `Not Found ResourceNotFoundException {"message":"Thing p2 cannot be found."}`, ""},
		{"GET /things/p1", "", `OK {"attributes":{},"defaultClientId":"p1","thingArn":"` + thingARN + `p1","thingId":"<id>","thingName":"p1","version":1}`, ""},
		{"GET /thing-types/t2", "", `Not Found ResourceNotFoundException {"message":"Thing type t2 cannot be found."}`, ""},
		{"GET /thing-types/pump", "", `OK {"thingTypeArn":"` + typeARN + `pump","thingTypeId":"<id>","thingTypeMetadata":{"creationDate":1700000000.5,"deprecated":false},"thingTypeName":"pump","thingTypeProperties":{"searchableAttributes":[]}}`, ""},
	})
}

func TestEveryKindHasAName(t *testing.T) {
	for _, kind := range []fault.Kind{fault.Invalid, fault.NotFound, fault.AlreadyExists, fault.InUse, fault.WrongState,
		fault.Conflict, fault.Malformed, fault.LimitExceeded, fault.Unavailable} {
		name, ok := iotapi.Faults[kind]
		if !ok {
			t.Errorf("%s has no name", kind)
		}
		if _, ok := iotapi.Service.ErrorStatus(name); !ok {
			t.Errorf("%s is no error of the API", name)
		}
	}
}
