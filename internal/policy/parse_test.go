package policy_test

import (
	"errors"
	"strings"
	"testing"

	"muster/internal/fault"
	"muster/internal/policy"
)

const all = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`

// with wraps a statement's text in a document.
func with(statement string) string {
	return `{"Version":"2012-10-17","Statement":[` + statement + `]}`
}

func TestMalformed(t *testing.T) {
	const (
		id    = policy.Identity
		trust = policy.Trust
		iot   = policy.IoT
	)
	condition := func(c string) string {
		return with(`{"Effect":"Allow","Action":"*","Resource":"*","Condition":` + c + `}`)
	}
	resource := func(r string) string {
		return with(`{"Effect":"Allow","Action":"*","Resource":` + r + `}`)
	}
	action := func(a string) string {
		return with(`{"Effect":"Allow","Action":` + a + `,"Resource":"*"}`)
	}
	principal := func(p string) string {
		return with(`{"Effect":"Allow","Action":"sts:AssumeRole","Principal":` + p + `}`)
	}
	for _, tc := range []struct {
		name    string
		grammar policy.Grammar
		text    string
		want    string // in the reason
	}{
		{"empty", id, ``, "Syntax errors in policy."},
		{"no JSON", id, `{`, "Syntax errors in policy."},
		{"no object", iot, `[]`, "Syntax errors in policy."},
		{"something after it", id, all + `{}`, "Syntax errors in policy."},
		{"a comma too many", id, `{"Statement":[],}`, "Syntax errors in policy."},
		{"a leading blank", id, ` ` + all, "Syntax errors in policy."},
		{"a byte order mark", iot, "\ufeff" + all, "Syntax errors in policy."},
		{"not UTF-8", iot, with(`{"Sid":"` + "\xff" + `","Effect":"Allow","Action":"*","Resource":"*"}`), "Syntax errors in policy."},
		{"a character IAM doesn't take", id, resource(`"arn:aws:s3:::b/€"`), "U+20AC"},
		{"nested without end", iot, strings.Repeat("[", 100) + strings.Repeat("]", 100), "Syntax errors in policy."},
		{"an effect twice", iot, with(`{"Effect":"Deny","Effect":"Allow","Action":"*","Resource":"*"}`), `Duplicate key "Effect"`},
		{"an effect twice, once escaped", id, with(`{"Effect":"Deny","\u0045ffect":"Allow","Action":"*","Resource":"*"}`), `Duplicate key "Effect"`},
		{"a key twice at the top", id, `{"Version":"2012-10-17","Version":"2008-10-17","Statement":[]}`, `Duplicate key "Version"`},
		{"an operator twice", iot, condition(`{"Bool":{"a":"true"},"Bool":{"b":"true"}}`), `Duplicate key "Bool"`},
		{"a condition key twice", id, condition(`{"Bool":{"aws:a":"true","aws:a":"false"}}`), `Duplicate key "aws:a"`},
		{"a principal twice", trust, principal(`{"AWS":"*","AWS":"*"}`), `Duplicate key "AWS"`},
		{"an effect in lower case", id, with(`{"effect":"Allow","Action":"*","Resource":"*"}`), "Statement[0].effect"},
		{"an effect in both cases", iot, with(`{"Effect":"Deny","effect":"Allow","Action":"*","Resource":"*"}`), "Statement[0].effect"},
		{"a condition in lower case", iot, with(`{"Effect":"Allow","Action":"*","Resource":"*","condition":{}}`), "Statement[0].condition"},
		{"an unknown field at the top", iot, `{"Statements":[]}`, "Unknown field Statements"},
		{"an unknown version", iot, `{"Version":"2012-10-18","Statement":[]}`, "at Version"},
		{"a version that is a number", id, `{"Version":2012,"Statement":[]}`, "at Version"},
		{"an id that is none", id, `{"Id":1,"Statement":[]}`, "at Id"},
		{"no statement", id, `{"Version":"2012-10-17"}`, "Missing required field Statement"},
		{"no statements", iot, with(``), "must contain a statement"},
		{"a statement that is text", iot, with(`"x"`), "at Statement[0]"},
		{"the second statement", id, with(`{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Allow","Action":"*"}`), "contain resources. (at Statement[1])"},
		{"a statement alone", id, `{"Statement":{"Effect":"Allow","Resource":"*"}}`, "contain actions. (at Statement)"},

		{"no effect", id, with(`{"Action":"*","Resource":"*"}`), "Missing required field Effect"},
		{"another effect", id, with(`{"Effect":"allow","Action":"*","Resource":"*"}`), "Statement[0].Effect"},
		{"action and its opposite", id, with(`{"Effect":"Allow","Action":"*","NotAction":"*","Resource":"*"}`), "either Action or NotAction"},
		{"resource and its opposite", iot, with(`{"Effect":"Allow","Action":"*","NotResource":"*","Resource":"*"}`), "either Resource or NotResource"},
		{"principal and its opposite", trust, with(`{"Effect":"Deny","Action":"sts:AssumeRole","NotPrincipal":"*","Principal":"*"}`), "either Principal or NotPrincipal"},
		{"no actions", id, action(`[]`), "must not be empty"},
		{"an empty action", iot, action(`""`), "Statement[0].Action"},
		{"an action that is a number", iot, action(`["*",1]`), "Statement[0].Action[1]"},
		{"an action without a vendor", id, action(`"CreateThing"`), "prefaced by a vendor"},
		{"an action with two colons", id, action(`"iot:Create:Thing"`), "only one colon"},
		{"an action with a blank", id, action(`"iot:Create Thing"`), `"iot:Create Thing" is not valid`},
		{"an action with a variable", id, action(`"iot:${aws:x}"`), "only one colon"},
		{"no resources", id, resource(`[]`), "must not be empty"},
		{"a resource that is no ARN", id, resource(`"b/*"`), `Resource b/* must be in ARN format or "*". (at Statement[0].Resource)`},
		{"a resource with too few components", id, resource(`["*","arn:aws:s3:b"]`), `Statement[0].Resource[1]`},
		{"a resource with its colons in a variable", id, resource(`"arn:aws:${aws:a:b:c:d}"`), `must be in ARN format`},
		{"a resource that is a pattern of prefixes", id, resource(`"*:aws:s3:::b"`), `must be in ARN format`},
		{"a resource of another partition", id, resource(`"arn:aws-cn:s3:::b/*"`), `Partition "aws-cn" is not valid for resource "arn:aws-cn:s3:::b/*". (at Statement[0].Resource)`},
		{"a typo in the partition", id, resource(`["*","arn:asw:iot:*:*:thing/a"]`), `Partition "asw" is not valid for resource "arn:asw:iot:*:*:thing/a". (at Statement[0].Resource[1])`},
		{"a pattern of partitions", id, resource(`"arn:aws*:s3:::b"`), `Partition "aws*" is not valid`},
		{"no partition", id, resource(`"arn::s3:::b"`), `Partition "" is not valid`},
		{"a pattern of services", id, resource(`"arn:aws:s*:::b"`), "Resource vendor must be fully qualified and cannot contain regexes."},
		{"a bucket in a region", id, resource(`"arn:aws:s3:us-east-1::b/*"`), "Resource arn:aws:s3:us-east-1::b/* can not contain region information."},
		{"a role in a region", id, resource(`"arn:aws:iam:us-east-1:000000000000:role/r"`), "IAM resource arn:aws:iam:us-east-1:000000000000:role/r cannot contain region information."},
		{"a role without its kind", id, resource(`"arn:aws:iam::000000000000:SageMakerRole"`), `IAM resource path must either be "*" or start with user/, federated-user/, role/, group/, instance-profile/, mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, oidc-provider/, report/, access-report/.`},
		{"a kind of IAM that there isn't", id, with(`{"Effect":"Deny","Action":"*","NotResource":"arn:aws:iam::000000000000:roles/r"}`), "Statement[0].NotResource"},
		{"an open variable", id, resource(`"arn:aws:s3:::b/${aws:username"`), "policy variable"},
		{"an open variable for IoT", iot, resource(`"arn:aws:s3:::b/${*"`), "policy variable"},
		{"a variable without a name", iot, resource(`"arn:aws:s3:::b/${ }"`), "policy variable"},
		{"a variable in a variable", id, resource(`"arn:aws:s3:::b/${aws:${x}}"`), "policy variable"},
		{"a default without quotes", id, resource(`"arn:aws:s3:::b/${aws:x, y}"`), "default of a policy variable"},
		{"a default without an end", id, resource(`"arn:aws:s3:::b/${aws:x, 'y}"`), "default of a policy variable"},
		{"a default and more", id, resource(`"arn:aws:s3:::b/${aws:x, 'y' z}"`), "default of a policy variable"},
		{"a sid with a blank", id, with(`{"Sid":"a b","Effect":"Allow","Action":"*","Resource":"*"}`), "[0-9A-Za-z]*"},
		{"a sid that is a number", iot, with(`{"Sid":1,"Effect":"Allow","Action":"*","Resource":"*"}`), "Statement[0].Sid"},
		{"a sid twice", id, with(`{"Sid":"a","Effect":"Allow","Action":"*","Resource":"*"},{"Sid":"a","Effect":"Allow","Action":"*","Resource":"*"}`), "must be unique. (at Statement[1].Sid)"},
		{"a principal for a role's permissions", id, with(`{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}`), "should not specify a principal"},
		{"a principal for a device", iot, with(`{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}`), "should not specify a principal"},

		{"an unknown operator", id, condition(`{"StringEqual":{"aws:a":"b"}}`), "Invalid Condition type : StringEqual. (at Statement[0].Condition.StringEqual)"},
		{"an unknown operator for a device", iot, condition(`{"stringEquals":{"a":"b"}}`), "Invalid Condition type : stringEquals"},
		{"an unknown set operator", id, condition(`{"ForSomeValues:StringEquals":{"aws:a":"b"}}`), "Invalid Condition type"},
		{"two set operators", id, condition(`{"ForAnyValue:ForAllValues:StringEquals":{"aws:a":"b"}}`), "Invalid Condition type"},
		{"Null if it exists", id, condition(`{"NullIfExists":{"aws:a":"true"}}`), "Invalid Condition type"},
		{"Null of all values", id, condition(`{"ForAllValues:Null":{"aws:a":"true"}}`), "Invalid Condition type"},
		{"Null of another value", id, condition(`{"Null":{"aws:a":"yes"}}`), "Statement[0].Condition.Null.aws:a"},
		{"a condition that is text", iot, condition(`"x"`), "Statement[0].Condition"},
		{"an operator without keys", iot, condition(`{"Bool":"true"}`), "Statement[0].Condition.Bool"},
		{"a condition key without a vendor", id, condition(`{"Bool":{"a":"true"}}`), "prefaced by a vendor"},
		{"a condition key without a name", id, condition(`{"Bool":{":a":"true"}}`), "is not valid"},
		{"a condition without values", id, condition(`{"StringEquals":{"aws:a":[]}}`), "must not be empty"},
		{"a condition value that is null", id, condition(`{"StringEquals":{"aws:a":null}}`), "Statement[0].Condition.StringEquals.aws:a"},
		{"a condition value that is a list", id, condition(`{"StringEquals":{"aws:a":["b",["c"]]}}`), "Statement[0].Condition.StringEquals.aws:a[1]"},
		{"no number", id, condition(`{"NumericEquals":{"aws:a":"x"}}`), "a number"},
		{"a number that is a variable", id, condition(`{"NumericEquals":{"aws:a":"${aws:b}"}}`), "a number"},
		{"a number past all", id, condition(`{"NumericEquals":{"aws:a":1e999}}`), "a number"},
		{"no date", id, condition(`{"DateEquals":{"aws:a":"yesterday"}}`), "a date"},
		{"a date in seconds past all", id, condition(`{"DateEquals":{"aws:a":"99999999999999999999"}}`), "a date"},
		{"no address", id, condition(`{"IpAddress":{"aws:a":"10.0.0"}}`), "an IP address"},
		{"a range too long", id, condition(`{"IpAddress":{"aws:a":"10.0.0.0/33"}}`), "an IP address"},
		{"an address with a zone", id, condition(`{"IpAddress":{"aws:a":"fe80::1%eth0"}}`), "an IP address"},
		{"no boolean", id, condition(`{"Bool":{"aws:a":"yes"}}`), "true or false"},
		{"no base64", id, condition(`{"BinaryEquals":{"aws:a":"?"}}`), "base64"},

		{"trust with a resource", trust, with(`{"Effect":"Allow","Action":"sts:AssumeRole","Principal":"*","Resource":"*"}`), "Has prohibited field Resource"},
		{"trust with all but a resource", trust, with(`{"Effect":"Allow","Action":"sts:AssumeRole","Principal":"*","NotResource":"*"}`), "Has prohibited field NotResource"},
		{"trust in nobody", trust, with(`{"Effect":"Allow","Action":"sts:AssumeRole"}`), "Missing required field Principal"},
		{"trust for another action", trust, with(`{"Effect":"Allow","Action":"s3:GetObject","Principal":"*"}`), "STS AssumeRole actions"},
		{"trust for any action", trust, with(`{"Effect":"Allow","Action":"*","Principal":"*"}`), "STS AssumeRole actions"},
		{"trust in all but somebody", trust, with(`{"Effect":"Allow","Action":"sts:AssumeRole","NotPrincipal":"*"}`), "NotPrincipal is not supported with Effect Allow"},
		{"no principals", trust, principal(`{}`), "Invalid principal in policy"},
		{"a principal that is a list", trust, principal(`["*"]`), "Invalid principal in policy"},
		{"a principal that is a name", trust, principal(`"000000000000"`), "Invalid principal in policy"},
		{"a list of no principals", trust, principal(`{"AWS":[]}`), "must not be empty"},
		{"a kind of principal nobody knows", trust, principal(`{"aws":"*"}`), `Invalid principal in policy: "aws":"*"`},
		{"an account of eleven digits", trust, principal(`{"AWS":"00000000000"}`), `Invalid principal in policy: "AWS":"00000000000"`},
		{"a pattern of roles", trust, principal(`{"AWS":["*","arn:aws:iam::000000000000:role/*"]}`), "Statement[0].Principal.AWS[1]"},
		{"another service's ARN", trust, principal(`{"AWS":"arn:aws:iot::000000000000:thing/a"}`), "Invalid principal in policy"},
		{"a service that is none", trust, principal(`{"Service":"example.com"}`), `Invalid principal in policy: "SERVICE":"example.com"`},
		{"every service", trust, principal(`{"Service":"*"}`), `Invalid principal in policy: "SERVICE":"*"`},
		{"every identity provider", trust, principal(`{"Federated":"*"}`), "Invalid principal in policy"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := policy.Parse(tc.text, tc.grammar)
			if !errors.Is(err, fault.Malformed) || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("Parse: got %v, want %v with %q", err, fault.Malformed, tc.want)
			}
		})
	}
}

func TestWellFormed(t *testing.T) {
	for _, tc := range []struct {
		name    string
		grammar policy.Grammar
		text    string
	}{
		{"with an id and sids", policy.Identity, `{"Id":"x","Version":"2008-10-17","Statement":[{"Sid":"","Effect":"Allow","Action":"*","Resource":"*"},{"Sid":"","Effect":"Deny","Action":"a:b","Resource":"*"}]}`},
		{"with white space around and within", policy.Identity, "{\r\n\t\"Statement\" : {\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}}\n"},
		{"an action of any vendor", policy.Identity, with(`{"Effect":"Allow","Action":["*:*","a4b:x"],"Resource":"*"}`)},
		{"a character up to U+00FF", policy.Identity, with(`{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b/ÿ"}`)},
		{"numbers and booleans in conditions", policy.Identity, with(`{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:a":[1,true,"x"]}}}`)},
		{"a device's loose words", policy.IoT, " \n" + with(`{"Sid":"a b","Effect":"Allow","Action":["iot:NoSuchAction","x"],"Resource":"anything €"},{"Sid":"a b","Effect":"Allow","NotAction":"iot:*","NotResource":"*"}`)},
		{"a trust of two statements", policy.Trust, with(`{"Effect":"Allow","Principal":{"Service":"credentials.iot.amazonaws.com"},"Action":"sts:AssumeRole"},{"Effect":"Allow","Principal":{"Service":"sagemaker.amazonaws.com"},"Action":["sts:AssumeRole","sts:TagSession"]}`)},
		{"an identity provider", policy.Trust, with(`{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::000000000000:oidc-provider/x.example.com"},"Action":"sts:AssumeRoleWithWebIdentity"}`)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if _, err := policy.Parse(tc.text, tc.grammar); err != nil {
				t.Errorf("Parse: %v", err)
			}
		})
	}
}

func TestLengthCountsNoWhiteSpace(t *testing.T) {
	if got := policy.Length("{ \"é\":\t\r\n\"a b\" }"); got != 10 {
		t.Errorf("Length: got %d, want 10", got)
	}
}

// What AWS takes as a resource is taken.
func TestResourcesThatCanBe(t *testing.T) {
	for _, resource := range []string{
		"*", "arn:aws:s3:::b", "arn:*:s3:::b/*", "arn:aws:s3:*::b", "arn:aws:s3:us-west-2:000000000000:accesspoint/a", "arn:aws:s3:us-west-2:000000000000:job/*",
		"arn:aws:iam::000000000000:role/SageMaker*", "arn:aws:iam::*:*", "arn:aws:iam::aws:policy/service-role/x", "arn:aws:iam::${aws:PrincipalAccount}:user/${aws:username}",
		"arn:aws:iot:us-east-1:000000000000:rolealias/*", "arn:aws:sagemaker:*:*:device-fleet/a", "arn:aws:sts::000000000000:assumed-role/r/s", "arn:aws:other:::x",
	} {
		document := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"` + resource + `"}}`
		if _, err := policy.Parse(document, policy.Identity); err != nil {
			t.Errorf("%s: %v", resource, err)
		}
	}
	// AWS IoT doesn't look at them.
	if _, err := policy.Parse(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iot:*","Resource":"arn:aws-cn:iam:x:y:z"}}`, policy.IoT); err != nil {
		t.Errorf("for a device: %v", err)
	}
}
