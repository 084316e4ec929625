package policy_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/internal/policy"
)

type values map[string][]string

func context(v values) policy.Context {
	c := policy.Context{}
	for key, values := range v {
		c.Set(key, values...)
	}
	return c
}

// parse reads statements, one or several after another, as a document of the version.
func parse(t testing.TB, g policy.Grammar, version, statements string) *policy.Document {
	t.Helper()
	text := `{"Version":"` + version + `","Statement":[` + statements + `]}`
	if version == "" {
		text = `{"Statement":[` + statements + `]}`
	}
	doc, err := policy.Parse(text, g)
	if err != nil {
		t.Fatalf("Parse(%s): %v", text, err)
	}
	return doc
}

const (
	allow  = policy.Allow
	deny   = policy.Deny
	silent = policy.Silent

	allowAll = `{"Effect":"Allow","Action":"*","Resource":"*"}`
)

// A case is a document of identity statements and what it says of a request.
type decision struct {
	name, statements, action, resource string
	context                            values
	want                               policy.Verdict
}

func run(t *testing.T, g policy.Grammar, cases []decision) {
	t.Helper()
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			doc := parse(t, g, policy.Version2012, tc.statements)
			got := doc.Decide(&policy.Request{Action: tc.action, Resource: tc.resource, Context: context(tc.context)})
			if got.Verdict != tc.want {
				t.Errorf("Decide: got %v, want %v", got.Verdict, tc.want)
			}
			bare := doc.Decide(&policy.Request{Action: tc.action, Resource: tc.resource})
			if bare != got && !doc.NeedsContext() {
				t.Errorf("Decide without a context: got %+v, with one %+v, yet it needs none", bare, got)
			}
		})
	}
}

func TestActionsAndResources(t *testing.T) {
	run(t, policy.Identity, []decision{
		{"allowed", `{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}`, "s3:GetObject", "arn:aws:s3:::b/k", nil, allow},
		{"nothing said", `{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}`, "s3:PutObject", "arn:aws:s3:::b/k", nil, silent},
		{"a deny wins over an earlier allow", allowAll + `,{"Effect":"Deny","Action":"iot:Delete*","Resource":"*"}`, "iot:DeleteThing", "arn:aws:iot:us-east-1:1:thing/a", nil, deny},
		{"a deny wins over a later allow", `{"Effect":"Deny","Action":"iot:Delete*","Resource":"*"},` + allowAll, "iot:DeleteThing", "arn:aws:iot:us-east-1:1:thing/a", nil, deny},
		{"a deny of something else", allowAll + `,{"Effect":"Deny","Action":"iot:Delete*","Resource":"*"}`, "iot:DescribeThing", "arn:aws:iot:us-east-1:1:thing/a", nil, allow},
		{"actions in another case", `{"Effect":"Allow","Action":"IOT:creatething","Resource":"*"}`, "iot:CreateThing", "*", nil, allow},
		{"a denied action in another case", allowAll + `,{"Effect":"Deny","Action":"IOT:creatething","Resource":"*"}`, "iot:CreateThing", "*", nil, deny},
		{"a question mark for one character", `{"Effect":"Allow","Action":"iot:???cribeThing","Resource":"*"}`, "iot:DescribeThing", "*", nil, allow},
		{"a question mark for none", `{"Effect":"Allow","Action":"iot:DescribeThing?","Resource":"*"}`, "iot:DescribeThing", "*", nil, silent},
		{"several actions", `{"Effect":"Allow","Action":["iot:A","iot:B"],"Resource":"*"}`, "iot:B", "*", nil, allow},
		{"resources in another case", `{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::B/*"}`, "s3:GetObject", "arn:aws:s3:::b/k", nil, silent},
		{"a star crosses slashes", `{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b/a*z"}`, "s3:GetObject", "arn:aws:s3:::b/a/b/c/z", nil, allow},
		{"NotAction leaves out", `{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}`, "iam:GetUser", "*", nil, silent},
		{"NotAction allows the rest", `{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}`, "s3:GetObject", "*", nil, allow},
		{"NotAction denies the rest", allowAll + `,{"Effect":"Deny","NotAction":["iam:*","sts:*"],"Resource":"*"}`, "s3:GetObject", "*", nil, deny},
		{"NotAction denies not what it lists", allowAll + `,{"Effect":"Deny","NotAction":["iam:*","sts:*"],"Resource":"*"}`, "sts:AssumeRole", "*", nil, allow},
		{"NotResource denies the rest", `{"Effect":"Deny","Action":"s3:*","NotResource":"arn:aws:s3:::b/*"}`, "s3:GetObject", "arn:aws:s3:::c/k", nil, deny},
		{"NotResource denies not what it lists", allowAll + `,{"Effect":"Deny","Action":"s3:*","NotResource":"arn:aws:s3:::b/*"}`, "s3:GetObject", "arn:aws:s3:::b/k", nil, allow},
		{"NotResource allows the rest", `{"Effect":"Allow","Action":"s3:*","NotResource":["arn:aws:s3:::b/*","arn:aws:s3:::c/*"]}`, "s3:GetObject", "arn:aws:s3:::d/k", nil, allow},
		{"NotResource allows not what it lists", `{"Effect":"Allow","Action":"s3:*","NotResource":["arn:aws:s3:::b/*","arn:aws:s3:::c/*"]}`, "s3:GetObject", "arn:aws:s3:::c/k", nil, silent},
		{"a star stays in its component", `{"Effect":"Allow","Action":"*","Resource":"arn:aws:iot:*:thing/a:b"}`, "iot:DescribeThing", "arn:aws:iot:us-east-1:1:thing/a:b", nil, silent},
		{"a star for a component", `{"Effect":"Allow","Action":"*","Resource":"arn:aws:iot:*:*:thing/a"}`, "iot:DescribeThing", "arn:aws:iot:us-east-1:1:thing/a", nil, allow},
		{"a star crosses colons in the resource part", `{"Effect":"Allow","Action":"*","Resource":"arn:aws:iot:*:*:thing/*c"}`, "iot:DescribeThing", "arn:aws:iot:us-east-1:1:thing/a:b:c", nil, allow},
		{"one character of a component", `{"Effect":"Allow","Action":"*","Resource":"arn:aws:iot:us-east-?:1:thing/?"}`, "iot:DescribeThing", "arn:aws:iot:us-east-1:1:thing/a", nil, allow},
		{"the beginning of a component", `{"Effect":"Allow","Action":"*","Resource":"arn:aws:iot:us-*:1:thing/a"}`, "iot:DescribeThing", "arn:aws:iot:eu-west-1:1:thing/a", nil, silent},
		{"a star for the partition", `{"Effect":"Allow","Action":"*","Resource":"arn:*:iot:us-east-1:1:thing/a"}`, "iot:DescribeThing", "arn:aws:iot:us-east-1:1:thing/a", nil, allow},
		{"a star for a component that is empty", `{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:*:*:b/k"}`, "s3:GetObject", "arn:aws:s3:::b/k", nil, allow},
		{"a component that is empty", `{"Effect":"Allow","Action":"*","Resource":"arn:aws:iot::1:thing/a"}`, "iot:DescribeThing", "arn:aws:iot:us-east-1:1:thing/a", nil, silent},
		{"a bucket is not its objects", `{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b"}`, "s3:GetObject", "arn:aws:s3:::b/k", nil, silent},
		{"objects are not their bucket", `{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b/*"}`, "s3:ListBucket", "arn:aws:s3:::b", nil, silent},
		{"another account", `{"Effect":"Allow","Action":"*","Resource":"arn:aws:iot:*:2:thing/a"}`, "iot:DescribeThing", "arn:aws:iot:us-east-1:1:thing/a", nil, silent},
		{"no resource, and a star", allowAll, "iot:ListThings", "*", nil, allow},
		{"no resource, and an ARN", `{"Effect":"Allow","Action":"*","Resource":"arn:aws:iot:*:*:*"}`, "iot:ListThings", "*", nil, silent},
		{"no resource, and an exception", allowAll + `,{"Effect":"Deny","Action":"*","NotResource":"arn:aws:iot:*:*:*"}`, "iot:ListThings", "*", nil, deny},
	})
}

func TestVariables(t *testing.T) {
	bob := values{"aws:username": {"bob"}}
	run(t, policy.Identity, []decision{
		{"filled in", `{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b/${aws:username}/*"}`, "s3:GetObject", "arn:aws:s3:::b/bob/k", bob, allow},
		{"filled in, of another", `{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b/${aws:username}/*"}`, "s3:GetObject", "arn:aws:s3:::b/eve/k", bob, silent},
		{"in another case", `{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b/${AWS:UserName}/*"}`, "s3:GetObject", "arn:aws:s3:::b/bob/k", bob, allow},
		{"a device's thing name", `{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b/${credentials-iot:ThingName}/*"}`, "s3:PutObject", "arn:aws:s3:::b/pump-7/k", values{"credentials-iot:ThingName": {"pump-7"}}, allow},
		{"a device without a thing name", `{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b/${credentials-iot:ThingName}/*"}`, "s3:PutObject", "arn:aws:s3:::b//k", nil, silent},
		{"default", `{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b/${aws:PrincipalTag/team, 'none'}/*"}`, "s3:GetObject", "arn:aws:s3:::b/none/k", nil, allow},
		{"default not needed", `{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b/${aws:PrincipalTag/team,'none'}/*"}`, "s3:GetObject", "arn:aws:s3:::b/red/k", values{"aws:PrincipalTag/team": {"red"}}, allow},
		{"default with a star is no wildcard", `{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b/${aws:PrincipalTag/team, '*'}/k"}`, "s3:GetObject", "arn:aws:s3:::b/x/k", nil, silent},
		{"default with a colon keeps its component", `{"Effect":"Allow","Action":"*","Resource":"arn:aws:iot:${aws:x, 'r:1'}:thing/a:b"}`, "iot:A", "arn:aws:iot:r:1:thing/a:b", nil, silent},
		{"missing", `{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b/${aws:username}/*"}`, "s3:GetObject", "arn:aws:s3:::b//k", nil, silent},
		{"missing in a deny", allowAll + `,{"Effect":"Deny","Action":"*","Resource":"arn:aws:s3:::b/${aws:username}/*"}`, "s3:GetObject", "arn:aws:s3:::b//k", nil, allow},
		{"missing beside one that matches", `{"Effect":"Allow","Action":"*","Resource":["arn:aws:s3:::b/${aws:username}","arn:aws:s3:::b/k"]}`, "s3:GetObject", "arn:aws:s3:::b/k", nil, allow},
		{"several values fill in nothing", `{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b/${aws:TagKeys}"}`, "s3:GetObject", "arn:aws:s3:::b/a", values{"aws:TagKeys": {"a", "b"}}, silent},
		{"missing in an allowed exception", `{"Effect":"Allow","Action":"*","NotResource":"arn:aws:s3:::b/${aws:username}/*"}`, "s3:GetObject", "arn:aws:s3:::b/eve/k", nil, silent},
		{"missing in an exception for another bucket", `{"Effect":"Allow","Action":"*","NotResource":"arn:aws:s3:::b/${aws:username}/*"}`, "s3:GetObject", "arn:aws:s3:::c/eve/k", nil, silent},
		{"missing in one of two allowed exceptions", `{"Effect":"Allow","Action":"*","NotResource":["arn:aws:s3:::b/${aws:username}","arn:aws:s3:::c/*"]}`, "s3:GetObject", "arn:aws:s3:::c/k", nil, silent},
		{"missing in a denied exception", allowAll + `,{"Effect":"Deny","Action":"*","NotResource":"arn:aws:s3:::b/${aws:username}/*"}`, "s3:GetObject", "arn:aws:s3:::b/eve/k", nil, deny},
		{"missing in a denied exception beside one that matches", allowAll + `,{"Effect":"Deny","Action":"*","NotResource":["arn:aws:s3:::b/${aws:username}","arn:aws:s3:::c/*"]}`, "s3:GetObject", "arn:aws:s3:::c/k", nil, allow},
		{"an escaped star", `{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b/${*}"}`, "s3:GetObject", "arn:aws:s3:::b/x", nil, silent},
		{"an escaped star, and a star", `{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b/${*}"}`, "s3:GetObject", "arn:aws:s3:::b/*", nil, allow},
		{"an escaped question mark", `{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b/${?}"}`, "s3:GetObject", "arn:aws:s3:::b/?", nil, allow},
		{"an escaped dollar", `{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b/${$}{x}"}`, "s3:GetObject", "arn:aws:s3:::b/${x}", nil, allow},
		{"a dollar alone", `{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b/$x"}`, "s3:GetObject", "arn:aws:s3:::b/$x", nil, allow},
		{"a value with a star is no wildcard", `{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b/${aws:username}"}`, "s3:GetObject", "arn:aws:s3:::b/other", values{"aws:username": {"*"}}, silent},
		{"a value with a star is itself", `{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b/${aws:username}"}`, "s3:GetObject", "arn:aws:s3:::b/*", values{"aws:username": {"*"}}, allow},
		{"a value that looks like a variable", `{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b/${aws:username}"}`, "s3:GetObject", "arn:aws:s3:::b/x", values{"aws:username": {"${aws:x}"}, "aws:x": {"x"}}, silent},
		{"a value with a colon crosses no component", `{"Effect":"Allow","Action":"*","Resource":"arn:aws:iot:${aws:x}:thing/a:b"}`, "iot:A", "arn:aws:iot:r:1:thing/a:b", values{"aws:x": {"r:1"}}, silent},
		{"in a condition", `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:a":"${aws:b}"}}}`, "s3:GetObject", "*", values{"aws:a": {"x"}, "aws:b": {"x"}}, allow},
		{"in a condition that differs", `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:a":"${aws:b}"}}}`, "s3:GetObject", "*", values{"aws:a": {"x"}, "aws:b": {"y"}}, silent},
		{"missing in a condition", `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:a":"${aws:b}"}}}`, "s3:GetObject", "*", values{"aws:a": {"x"}}, silent},
		{"missing in a negated condition", `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringNotEquals":{"aws:a":"${aws:b}"}}}`, "s3:GetObject", "*", values{"aws:a": {"x"}}, allow},
		{"missing in a denied condition", allowAll + `,{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringNotLike":{"aws:a":"${aws:b}*"}}}`, "s3:GetObject", "*", values{"aws:a": {"x"}}, deny},
		{"in any case", `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEqualsIgnoreCase":{"aws:a":"my-${aws:b}"}}}`, "s3:GetObject", "*", values{"aws:a": {"MY-BOB"}, "aws:b": {"Bob"}}, allow},
		{"for a whole ARN", `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"ArnEquals":{"aws:SourceArn":"${aws:PrincipalArn}"}}}`, "s3:GetObject", "*", values{"aws:SourceArn": {"arn:aws:iam::1:role/a"}, "aws:PrincipalArn": {"arn:aws:iam::1:role/a"}}, allow},
		{"a number takes none", `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"s3:max-keys":"${aws:b}"}}}`, "s3:GetObject", "*", values{"s3:max-keys": {"${aws:b}"}}, silent},
	})
}

func TestVersionsOfTheLanguage(t *testing.T) {
	const statement = `{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b/${aws:username}"}`
	for _, tc := range []struct {
		name, version, resource string
		want                    policy.Verdict
	}{
		{"2012 has variables", policy.Version2012, "arn:aws:s3:::b/bob", allow},
		{"2012 has no such text", policy.Version2012, "arn:aws:s3:::b/${aws:username}", silent},
		{"2008 has none", policy.Version2008, "arn:aws:s3:::b/bob", silent},
		{"2008 takes the text", policy.Version2008, "arn:aws:s3:::b/${aws:username}", allow},
		{"no version is 2008", "", "arn:aws:s3:::b/bob", silent},
		{"no version takes the text", "", "arn:aws:s3:::b/${aws:username}", allow},
	} {
		t.Run(tc.name, func(t *testing.T) {
			doc := parse(t, policy.Identity, tc.version, statement)
			got := doc.Decide(&policy.Request{Action: "s3:GetObject", Resource: tc.resource, Context: context(values{"aws:username": {"bob"}})})
			if got.Verdict != tc.want {
				t.Errorf("Decide: got %v, want %v", got.Verdict, tc.want)
			}
			if doc.Version() != tc.version {
				t.Errorf("Version: got %q, want %q", doc.Version(), tc.version)
			}
		})
	}
}

// A condition's value is text with version 2008, whatever stands in it.
func TestVersionsOfTheLanguageInConditions(t *testing.T) {
	const condition = `{"Effect":%q,"Action":"*","Resource":"*","Condition":{%s}}`
	for _, tc := range []struct {
		name, condition, value string
		with2012, with2008     bool
	}{
		{"a variable", `"StringEquals":{"aws:x":"${aws:username}"}`, "bob", true, false},
		{"a variable as text", `"StringEquals":{"aws:x":"${aws:username}"}`, "${aws:username}", false, true},
		{"not a variable", `"StringNotEquals":{"aws:x":"${aws:username}"}`, "bob", false, true},
		{"a variable beside a star", `"StringLike":{"aws:x":"${aws:username}/*"}`, "bob/x", true, false},
		{"a star is one in both", `"StringLike":{"aws:x":"b*"}`, "bob", true, true},
		{"an escaped star", `"StringLike":{"aws:x":"b${*}"}`, "b*", true, false},
		{"an escaped star, whose star is one", `"StringLike":{"aws:x":"b${*}"}`, "b${ob}", false, true},
		{"a default", `"StringEquals":{"aws:x":"${aws:no, 'bob'}"}`, "bob", true, false},
		{"an ARN", `"ArnEquals":{"aws:x":"arn:aws:iam::1:user/${aws:username}"}`, "arn:aws:iam::1:user/bob", true, false},
	} {
		for version, want := range map[string]bool{policy.Version2012: tc.with2012, policy.Version2008: tc.with2008, "": tc.with2008} {
			t.Run(tc.name+"/"+version, func(t *testing.T) {
				r := &policy.Request{Action: "s3:GetObject", Resource: "*", Context: context(values{"aws:x": {tc.value}, "aws:username": {"bob"}})}
				permit := parse(t, policy.Identity, version, fmt.Sprintf(condition, "Allow", tc.condition)).Decide(r).Verdict == allow
				forbid := parse(t, policy.Identity, version, allowAll+","+fmt.Sprintf(condition, "Deny", tc.condition)).Decide(r).Verdict == deny
				if permit != want || forbid != want {
					t.Errorf("got an Allow that matches: %v, a Deny that matches: %v, want %v", permit, forbid, want)
				}
			})
		}
	}
}

func TestDecisionNamesWhatDecided(t *testing.T) {
	reader := policy.Named{Name: "reader", Document: parse(t, policy.Identity, policy.Version2012,
		`{"Sid":"No","Effect":"Allow","Action":"iot:*","Resource":"*"},{"Sid":"Read","Effect":"Allow","Action":"s3:Get*","Resource":"*"}`)}
	writer := policy.Named{Name: "writer", Document: parse(t, policy.Identity, policy.Version2012,
		`{"Sid":"All","Effect":"Allow","Action":"s3:*","Resource":"*"}`)}
	fence := policy.Named{Name: "fence", Document: parse(t, policy.Identity, policy.Version2012,
		`{"Effect":"Deny","Action":"s3:Delete*","Resource":"*"}`)}
	docs := []policy.Named{reader, writer, fence}
	for _, tc := range []struct {
		name, action string
		docs         []policy.Named
		want         policy.Decision
	}{
		{"the first allow", "s3:GetObject", docs, policy.Decision{Verdict: allow, Policy: "reader", Statement: 1, Sid: "Read"}},
		{"a later policy's allow", "s3:PutObject", docs, policy.Decision{Verdict: allow, Policy: "writer", Sid: "All"}},
		{"a later policy's deny", "s3:DeleteObject", docs, policy.Decision{Verdict: deny, Policy: "fence"}},
		{"nobody's", "iam:GetRole", docs, policy.Decision{Statement: -1}},
		{"no policies", "s3:GetObject", nil, policy.Decision{Statement: -1}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := policy.Decide(tc.docs, &policy.Request{Action: tc.action, Resource: "arn:aws:s3:::b/k"})
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("Decide (-want +got):\n%s", diff)
			}
		})
	}
}
