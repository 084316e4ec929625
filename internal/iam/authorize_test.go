package iam_test

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/iam"
	"muster/internal/page"
	"muster/internal/policy"
)

const thing = arn.ARN("arn:aws:iot:us-east-1:000000000000:thing/pump-7")

// session answers a caller who acts as the role, as it is now.
func session(t *testing.T, d *iam.Directory, role string) *iam.Caller {
	t.Helper()
	entry, err := d.Role(t.Context(), account, role)
	if err != nil {
		t.Fatal(err)
	}
	return &iam.Caller{
		Account: account, ARN: arn.AssumedRole(account, role, "me"), RoleARN: entry.ARN(), Role: entry,
		Context: policy.Context{"aws:userid": {"AROA:me"}}, SourceIP: netip.MustParseAddr("10.1.2.3"),
	}
}

func when(condition string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:*","Resource":"*","Condition":` + condition + `}]}`
}

func TestAuthorize(t *testing.T) {
	const (
		silence = "User: arn:aws:sts::000000000000:assumed-role/r/me is not authorized to perform: iot:CreateThing on resource: " + string(thing) +
			" because no identity-based policy allows the iot:CreateThing action"
		denial = "User: arn:aws:sts::000000000000:assumed-role/r/me is not authorized to perform: iot:CreateThing on resource: " + string(thing) +
			" with an explicit deny in an identity-based policy"
	)
	for _, tc := range []struct {
		name     string
		inline   []string
		managed  []string
		attached []arn.ARN
		want     string
	}{
		{"no policy", nil, nil, nil, silence},
		{"inline", []string{allow("iot:CreateThing", "*")}, nil, nil, ""},
		{"managed", nil, []string{allow("iot:CreateThing", "*")}, nil, ""},
		{"AWS's own", nil, nil, []arn.ARN{"arn:aws:iam::aws:policy/AWSIoTFullAccess"}, ""},
		{"another of AWS's own", nil, nil, []arn.ARN{"arn:aws:iam::aws:policy/AmazonS3FullAccess"}, silence},
		{"one of several", []string{allow("s3:*", "*"), allow("iot:Create*", "*")}, []string{allow("iam:*", "*")}, nil, ""},
		{"another action", []string{allow("iot:DeleteThing", "*")}, nil, nil, silence},
		{"another resource", []string{allow("iot:*", "arn:aws:iot:us-east-1:000000000000:thing/pump-8")}, nil, nil, silence},
		{"inline denial beats managed allowance", []string{statement("Deny", "iot:CreateThing", "*")}, []string{allow("*", "*")}, nil, denial},
		{"managed denial beats inline allowance", []string{allow("*", "*")}, []string{statement("Deny", "iot:*", string(thing))}, nil, denial},
		{"denial of something else", []string{allow("*", "*"), statement("Deny", "iot:DeleteThing", "*")}, nil, nil, ""},
		{"from its network", []string{when(`{"IpAddress":{"aws:SourceIp":"10.1.0.0/16"}}`)}, nil, nil, ""},
		{"from another network", []string{when(`{"IpAddress":{"aws:SourceIp":"10.2.0.0/16"}}`)}, nil, nil, silence},
		{"in time", []string{when(`{"DateLessThan":{"aws:CurrentTime":"2026-03-01T12:00:01Z"}}`)}, nil, nil, ""},
		{"too late", []string{when(`{"DateLessThan":{"aws:CurrentTime":"2026-03-01T12:00:00Z"}}`)}, nil, nil, silence},
		{"for itself", []string{when(`{"Bool":{"aws:ViaAWSService":"false","aws:PrincipalIsAWSService":"false"}}`)}, nil, nil, ""},
		{"for another", []string{when(`{"Bool":{"aws:ViaAWSService":"true"}}`)}, nil, nil, silence},
		{"denied to who asks for itself", []string{allow("*", "*"), strings.Replace(when(`{"Bool":{"aws:ViaAWSService":"false"}}`), "Allow", "Deny", 1)}, nil, nil, denial},
		{"a key of the caller", []string{when(`{"StringEquals":{"aws:userid":"AROA:me"}}`)}, nil, nil, ""},
		{"a key of the action", []string{when(`{"StringEquals":{"iot:extra":"yes"}}`)}, nil, nil, ""},
		{"another value of a key", []string{when(`{"StringEquals":{"iot:extra":"no"}}`)}, nil, nil, silence},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := newDirectory(t)
			createRole(t, d, "r")
			for i, document := range tc.inline {
				put(t, d, "r", string(rune('a'+i)), document)
			}
			for i, document := range tc.managed {
				attach(t, d, "r", createPolicy(t, d, string(rune('a'+i)), document))
			}
			for _, a := range tc.attached {
				attach(t, d, "r", a)
			}
			extra := policy.Context{"iot:extra": {"yes"}, "aws:userid": {"somebody else"}}
			got := ""
			if err := d.Authorize(t.Context(), session(t, d, "r"), "iot:CreateThing", thing, extra); err != nil {
				got = err.Error()
				if !errors.Is(err, fault.Denied) {
					t.Errorf("got %v, want %v", err, fault.Denied)
				}
			}
			if got != tc.want {
				t.Errorf("got  %q\nwant %q", got, tc.want)
			}
		})
	}
}

// Each way to take a permission away is felt by the next decision.
func TestAPermissionTakenAwayIsGone(t *testing.T) {
	d := newDirectory(t)
	createRole(t, d, "r")
	managed := createPolicy(t, d, "m", allow("iot:CreateThing", "*"))
	may := func() bool {
		t.Helper()
		return d.Authorize(t.Context(), session(t, d, "r"), "iot:CreateThing", thing, nil) == nil
	}
	for _, step := range []struct {
		name   string
		change func() error
		want   bool
	}{
		{"nothing yet", func() error { return nil }, false},
		{"inline given", func() error {
			return d.PutInline(t.Context(), iam.RoleNamed(account, "r"), iam.Inline{Name: "p", Document: allow("iot:*", "*")})
		}, true},
		{"inline replaced", func() error {
			return d.PutInline(t.Context(), iam.RoleNamed(account, "r"), iam.Inline{Name: "p", Document: allow("s3:*", "*")})
		}, false},
		{"managed attached", func() error { return d.Attach(t.Context(), iam.RoleNamed(account, "r"), managed) }, true},
		{"inline denies", func() error {
			return d.PutInline(t.Context(), iam.RoleNamed(account, "r"), iam.Inline{Name: "p", Document: statement("Deny", "iot:*", "*")})
		}, false},
		{"denial deleted", func() error { return d.DeleteInline(t.Context(), iam.RoleNamed(account, "r"), "p") }, true},
		{"managed detached", func() error { return d.Detach(t.Context(), iam.RoleNamed(account, "r"), managed) }, false},
	} {
		if err := step.change(); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		if got := may(); got != step.want {
			t.Errorf("%s: got %v, want %v", step.name, got, step.want)
		}
	}
}

// The policies of AWS's that a team begins with.
func TestAWSManagedPoliciesForTeams(t *testing.T) {
	const (
		user = arn.ARN("arn:aws:iam::000000000000:user/ana")
		role = arn.ARN("arn:aws:iam::000000000000:role/r")
	)
	for _, tc := range []struct {
		policy, action string
		resource       arn.ARN
		want           bool
	}{
		{"AdministratorAccess", "iam:CreateUser", user, true},
		{"AdministratorAccess", "iot:CreateThing", thing, true},
		{"PowerUserAccess", "iot:CreateThing", thing, true},
		{"PowerUserAccess", "iam:ListRoles", "arn:aws:iam::000000000000:role/", true},
		{"PowerUserAccess", "iam:CreateUser", user, false},
		{"PowerUserAccess", "iam:PassRole", role, false},
		{"IAMFullAccess", "iam:CreateUser", user, true},
		{"IAMFullAccess", "iam:PassRole", role, true},
		{"IAMFullAccess", "iot:CreateThing", thing, false},
		{"IAMReadOnlyAccess", "iam:GetUser", user, true},
		{"IAMReadOnlyAccess", "iam:SimulatePrincipalPolicy", user, true},
		{"IAMReadOnlyAccess", "iam:CreateUser", user, false},
		{"IAMReadOnlyAccess", "sts:AssumeRole", role, false},
		{"AWSIoTDataAccess", "iot:Publish", "arn:aws:iot:us-east-1:000000000000:topic/a", true},
		{"AWSIoTDataAccess", "iot:CreateThing", thing, false},
		{"AWSIoTConfigReadOnlyAccess", "iot:DescribeThing", thing, true},
		{"AWSIoTConfigReadOnlyAccess", "iot:CreateThing", thing, false},
		{"ReadOnlyAccess", "iot:DescribeThing", thing, true},
		{"ReadOnlyAccess", "s3:GetObject", "arn:aws:s3:::b/k", true},
		{"ReadOnlyAccess", "s3:PutObject", "arn:aws:s3:::b/k", false},
		{"ReadOnlyAccess", "iam:CreateUser", user, false},
		{"job-function/ViewOnlyAccess", "iot:ListThings", "*", true},
		{"job-function/ViewOnlyAccess", "s3:GetObject", "arn:aws:s3:::b/k", false},
		{"service-role/AWSGreengrassResourceAccessRolePolicy", "iot:GetThingShadow", "arn:aws:iot:us-east-1:000000000000:thing/GG_a", true},
		{"service-role/AWSGreengrassResourceAccessRolePolicy", "iot:GetThingShadow", thing, false},
	} {
		d := newDirectory(t)
		createRole(t, d, "r")
		attach(t, d, "r", arn.ARN("arn:aws:iam::aws:policy/"+tc.policy))
		if err := d.Authorize(t.Context(), session(t, d, "r"), tc.action, tc.resource, nil); (err == nil) != tc.want {
			t.Errorf("%s on %s with %s: got %v, want allowed %v", tc.action, tc.resource, tc.policy, err, tc.want)
		}
	}
}

func TestRootMayDoEverything(t *testing.T) {
	d := newDirectory(t)
	root := &iam.Caller{Account: account, ARN: arn.Root(account), Root: true}
	if err := d.Authorize(t.Context(), root, "iot:CreateThing", thing, nil); err != nil {
		t.Error(err)
	}
	nobody := &iam.Caller{Account: account, ARN: arn.Root(account)}
	if err := d.Authorize(t.Context(), nobody, "iot:CreateThing", thing, nil); !errors.Is(err, fault.Denied) {
		t.Errorf("neither root nor a role: got %v, want %v", err, fault.Denied)
	}
}

func TestMayPass(t *testing.T) {
	const (
		iot       = "credentials.iot.amazonaws.com"
		sagemaker = "sagemaker.amazonaws.com"
		fleet     = arn.ARN("arn:aws:iam::000000000000:role/SageMakerFleet")
		passIoT   = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:PassRole","Resource":"*","Condition":{"StringEquals":{"iam:PassedToService":"credentials.iot.amazonaws.com"}}}}`
	)
	for _, tc := range []struct {
		name    string
		root    bool
		inline  string
		managed arn.ARN
		role    arn.ARN
		service string
		want    error
	}{
		{"root", true, "", "", fleet, iot, nil},
		{"root, a role of another account", true, "", "", "arn:aws:iam::111111111111:role/r", iot, fault.Denied},
		{"root, no role", true, "", "", "arn:aws:iam::000000000000:user/r", iot, fault.Denied},
		{"no policy", false, "", "", fleet, iot, fault.Denied},
		{"any service", false, allow("iam:PassRole", string(fleet)), "", fleet, sagemaker, nil},
		{"another role", false, allow("iam:PassRole", string(fleet)), "", "arn:aws:iam::000000000000:role/Admin", sagemaker, fault.Denied},
		{"all of iam but passing", false, allow("iam:Get*", "*"), "", fleet, iot, fault.Denied},
		{"this service", false, passIoT, "", fleet, iot, nil},
		{"not that service", false, passIoT, "", fleet, sagemaker, fault.Denied},
		{"the fleet policy, to IoT", false, "", fleetARN, fleet, iot, nil},
		{"the fleet policy, to SageMaker", false, "", fleetARN, fleet, sagemaker, fault.Denied},
		{"the fleet policy, a role not named for SageMaker", false, "", fleetARN, "arn:aws:iam::000000000000:role/Admin", iot, fault.Denied},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := newDirectory(t)
			createRole(t, d, "r")
			if tc.inline != "" {
				put(t, d, "r", "p", tc.inline)
			}
			if tc.managed != "" {
				attach(t, d, "r", tc.managed)
			}
			caller := session(t, d, "r")
			if tc.root {
				caller = &iam.Caller{Account: account, ARN: arn.Root(account), Root: true}
			}
			if err := d.MayPass(iam.WithCaller(t.Context(), caller), tc.role, tc.service, alias); !errors.Is(err, tc.want) {
				t.Errorf("got %v, want %v", err, tc.want)
			}
		})
	}
	if err := newDirectory(t).MayPass(t.Context(), fleet, iot, alias); !errors.Is(err, fault.Denied) {
		t.Errorf("nobody asks: got %v, want %v", err, fault.Denied)
	}
}

// alias is what the roles of these tests are passed for.
const alias = arn.ARN("arn:aws:iot:us-east-1:000000000000:rolealias/pumps")

// What a role is passed for may be said too.
func TestMayPassForResource(t *testing.T) {
	const (
		iot   = "credentials.iot.amazonaws.com"
		role  = arn.ARN("arn:aws:iam::000000000000:role/fleet")
		pass  = `{"Effect":"Allow","Action":"iam:PassRole","Resource":"*"}`
		pumps = `"Action":"iam:PassRole","Resource":"*","Condition":{"ArnLike":{"iam:AssociatedResourceArn":"arn:aws:iot:*:*:rolealias/pump*"}}}`
	)
	for _, tc := range []struct {
		name, statements string
		resource         arn.ARN
		want             error
	}{
		{"allowed for it", `{"Effect":"Allow",` + pumps, alias, nil},
		{"allowed for another", `{"Effect":"Allow",` + pumps, "arn:aws:iot:us-east-1:000000000000:rolealias/fans", fault.Denied},
		{"denied for it", pass + `,{"Effect":"Deny",` + pumps, alias, fault.Denied},
		{"denied for another", pass + `,{"Effect":"Deny",` + pumps, "arn:aws:iot:us-east-1:000000000000:rolealias/fans", nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := newDirectory(t)
			createRole(t, d, "r")
			put(t, d, "r", "p", `{"Version":"2012-10-17","Statement":[`+tc.statements+`]}`)
			if err := d.MayPass(iam.WithCaller(t.Context(), session(t, d, "r")), role, iot, tc.resource); !errors.Is(err, tc.want) {
				t.Errorf("got %v, want %v", err, tc.want)
			}
		})
	}
}

// What AWS says of every request: who asks, and whose the resource is. Each
// key is asked for by an Allow and by a Deny.
func TestKeysOfEveryRequest(t *testing.T) {
	for _, tc := range []struct {
		name, condition string
		resource        arn.ARN
		extra           policy.Context
		want            bool
	}{
		{"not by way of a service", `"Bool":{"aws:ViaAWSService":"false"}`, thing, nil, true},
		{"by way of a service", `"Bool":{"aws:ViaAWSService":"true"}`, thing, nil, false},
		{"nobody passes for a service", `"Bool":{"aws:ViaAWSService":"true"}`, thing, policy.Context{"aws:viaawsservice": {"true"}}, false},
		{"no service", `"Bool":{"aws:PrincipalIsAWSService":"false"}`, thing, nil, true},
		{"a service", `"Bool":{"aws:PrincipalIsAWSService":"true"}`, thing, nil, false},
		{"of the account", `"StringEquals":{"aws:ResourceAccount":"${aws:PrincipalAccount}"}`, thing, nil, true},
		{"of another account", `"StringNotEquals":{"aws:ResourceAccount":"${aws:PrincipalAccount}"}`, "arn:aws:iam::111111111111:role/r", nil, true},
		{"no resource", `"StringEquals":{"aws:ResourceAccount":"000000000000"}`, "", nil, true},
		{"a resource without an account", `"StringEquals":{"aws:ResourceAccount":"000000000000"}`, "arn:aws:s3:::b", nil, true},
		{"a resource whose owner is known", `"StringEquals":{"aws:ResourceAccount":"111111111111"}`, "arn:aws:s3:::b", policy.Context{"aws:resourceaccount": {"111111111111"}}, true},
		{"one of AWS's policies", `"Null":{"aws:ResourceAccount":"false"}`, "arn:aws:iam::aws:policy/AWSIoTFullAccess", nil, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := newDirectory(t)
			for name, statements := range map[string]string{
				"allowed": `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{` + tc.condition + `}}`,
				"denied":  `{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"*","Resource":"*","Condition":{` + tc.condition + `}}`,
			} {
				createRole(t, d, name)
				put(t, d, name, "p", `{"Version":"2012-10-17","Statement":[`+statements+`]}`)
				caller := session(t, d, name)
				caller.Context.Set("aws:PrincipalAccount", account)
				err := d.Authorize(t.Context(), caller, "iot:DescribeThing", tc.resource, tc.extra)
				if may := err == nil; may != (tc.want == (name == "allowed")) {
					t.Errorf("%s: got %v, want the condition to hold: %v", name, err, tc.want)
				}
			}
		})
	}
}

// Which roles may be passed may hang on their tags, as they are now.
func TestMayPassByTag(t *testing.T) {
	const condition = `"Resource":"*","Condition":{"StringEquals":{%q:"edge"}}}`
	for _, key := range []string{"aws:ResourceTag/team", "iam:ResourceTag/Team"} {
		d := newDirectory(t)
		createRole(t, d, "owner")
		createRole(t, d, "kept")
		createRole(t, d, "fleet")
		only := fmt.Sprintf(`{"Effect":"Allow","Action":"iam:PassRole",`+condition, key)
		but := fmt.Sprintf(`{"Effect":"Allow","Action":"iam:PassRole","Resource":"*"},{"Effect":"Deny","Action":"iam:*",`+condition, key)
		put(t, d, "owner", "p", `{"Version":"2012-10-17","Statement":[`+only+`]}`)
		put(t, d, "kept", "p", `{"Version":"2012-10-17","Statement":[`+but+`]}`)
		may := func(when, role string, owner, kept error) {
			t.Helper()
			for who, want := range map[string]error{"owner": owner, "kept": kept} {
				ctx := iam.WithCaller(t.Context(), session(t, d, who))
				if err := d.MayPass(ctx, arn.ARN("arn:aws:iam::000000000000:role/"+role), "sagemaker.amazonaws.com", alias); !errors.Is(err, want) {
					t.Errorf("%s, %s passes %s: got %v, want %v", when, who, role, err, want)
				}
			}
		}
		tag := func(value string) {
			t.Helper()
			if err := d.Tag(t.Context(), iam.RoleNamed(account, "fleet"), []iam.Tag{{Key: "team", Value: value}}); err != nil {
				t.Fatal(err)
			}
		}
		may("without a tag", "fleet", fault.Denied, nil)
		tag("plant")
		may("with another", "fleet", fault.Denied, nil)
		tag("edge")
		may("with the tag", "fleet", nil, fault.Denied)
		may("of another path", "else/fleet", fault.Denied, nil)
		may("a role that isn't there", "missing", fault.Denied, nil)
		if err := d.Untag(t.Context(), iam.RoleNamed(account, "fleet"), []string{"team"}); err != nil {
			t.Fatal(err)
		}
		may("the tag taken away", "fleet", fault.Denied, nil)
	}
}

// A trust policy may ask for the tags of its role.
func TestTrustsByTag(t *testing.T) {
	d := newDirectory(t)
	document := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"sagemaker.amazonaws.com"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"aws:ResourceTag/stage":"live"}}}}`
	for name, tc := range map[string]struct {
		tags []iam.Tag
		want policy.Verdict
	}{
		"none":    {nil, policy.Silent},
		"another": {[]iam.Tag{{Key: "stage", Value: "draft"}}, policy.Silent},
		"thistag": {[]iam.Tag{{Key: "Stage", Value: "live"}}, policy.Allow},
	} {
		if _, err := d.CreateRole(t.Context(), iam.Role{Account: account, Name: name, TrustDocument: document, Tags: tc.tags}); err != nil {
			t.Fatal(err)
		}
		role, err := d.Role(t.Context(), account, name)
		if err != nil {
			t.Fatal(err)
		}
		if got := role.Trusts(policy.Principal{Service: "sagemaker.amazonaws.com"}, "sts:AssumeRole", nil); got.Verdict != tc.want {
			t.Errorf("%s: got %v, want %v", name, got.Verdict, tc.want)
		}
	}
}

// Every policy of AWS's can be listed, read, compiled and attached, but for
// those of service-linked roles.
func TestAWSManagedPoliciesCanBeReadAndAttached(t *testing.T) {
	d := newDirectory(t)
	all, token := []iam.CountedPolicy(nil), ""
	for {
		p, err := d.Policies(t.Context(), account, iam.PolicyFilter{AWS: true}, page.Request{Limit: 50, Token: token})
		if err != nil {
			t.Fatal(err)
		}
		all, token = append(all, p.Items...), p.Next
		if token == "" {
			break
		}
	}
	if len(all) < 100 || !slices.IsSortedFunc(all, func(a, b iam.CountedPolicy) int { return cmp.Compare(a.ARN(), b.ARN()) }) {
		t.Errorf("got %d policies of AWS's, in order or not", len(all))
	}
	for i, p := range all {
		v, err := d.PolicyVersion(t.Context(), account, p.ARN(), iam.VersionID(p.Default))
		if err != nil {
			t.Errorf("%s: %v", p.ARN(), err)
			continue
		}
		if _, err := policy.Parse(v.Document, policy.Identity); err != nil {
			t.Errorf("%s: %v", p.ARN(), err)
		}
		role := fmt.Sprint("r", i)
		createRole(t, d, role)
		err = d.Attach(t.Context(), iam.Holder{Account: account, Kind: iam.ARole, Name: role}, p.ARN())
		if linked := strings.HasPrefix(p.Path, "/aws-service-role/"); linked != errors.Is(err, fault.WrongState) || !linked && err != nil {
			t.Errorf("attach %s: got %v", p.ARN(), err)
		}
		if entry, err := d.Role(t.Context(), account, role); err != nil {
			t.Errorf("a role with %s: got %v, %v", p.ARN(), entry, err)
		}
	}
}

func TestTrusts(t *testing.T) {
	d := newDirectory(t)
	createRole(t, d, "r")
	role, err := d.Role(t.Context(), account, "r")
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name, service, action string
		want                  policy.Verdict
	}{
		{"the service it names", "sagemaker.amazonaws.com", "sts:AssumeRole", policy.Allow},
		{"another service", "credentials.iot.amazonaws.com", "sts:AssumeRole", policy.Silent},
		{"another action", "sagemaker.amazonaws.com", "sts:TagSession", policy.Silent},
	} {
		if got := role.Trusts(policy.Principal{Service: tc.service}, tc.action, nil); got.Verdict != tc.want {
			t.Errorf("%s: got %v, want %v", tc.name, got.Verdict, tc.want)
		}
	}
}
