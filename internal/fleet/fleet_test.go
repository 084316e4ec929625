package fleet_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/fleet"
	"muster/internal/iam"
	"muster/internal/index"
	"muster/internal/page"
	"muster/internal/policy"
	"muster/internal/rolealias"
	"muster/internal/store/storetest"
)

const (
	trusting = arn.ARN("arn:aws:iam::000000000000:role/service-role/SageMakerFleet") // and may make aliases, as AWS's policy for fleets has it
	wary     = arn.ARN("arn:aws:iam::000000000000:role/SageMakerWary")               // trusts the credentials provider only
	picky    = arn.ARN("arn:aws:iam::000000000000:role/SageMakerPicky")              // trusts SageMaker for the fleets "field…" only

	mayAlias = `{"Effect":"Allow","Action":["iot:CreateRoleAlias","iot:UpdateRoleAlias"],"Resource":"arn:aws:iot:*:*:rolealias/SageMakerEdge*"}`
)

var (
	scope = arn.Scope{Account: "000000000000", Region: "us-east-1"}
	now   = time.UnixMilli(1_700_000_000_123).UTC()
)

// house is the room and what stands beside it.
type house struct {
	fleets  *fleet.Fleets
	aliases *rolealias.Aliases
	roles   *iam.Directory
}

func newHouse(t *testing.T) house {
	t.Helper()
	x := index.New(1024)
	db := storetest.Open(t, t.TempDir(), x)
	roles := iam.New(db.IAM(), x)
	for role, trust := range map[arn.ARN]string{
		trusting: `{"Effect":"Allow","Principal":{"Service":["credentials.iot.amazonaws.com","sagemaker.amazonaws.com"]},"Action":"sts:AssumeRole"}`,
		wary:     `{"Effect":"Allow","Principal":{"Service":"credentials.iot.amazonaws.com"},"Action":"sts:AssumeRole"}`,
		picky: `{"Effect":"Allow","Principal":{"Service":"sagemaker.amazonaws.com"},"Action":"sts:AssumeRole","Condition":{
			"StringEquals":{"aws:SourceAccount":"000000000000"},"ArnLike":{"aws:SourceArn":"arn:aws:sagemaker:us-east-1:000000000000:device-fleet/field*"}}}`,
	} {
		account, path, name, _ := arn.SplitRole(role)
		if _, err := roles.CreateRole(t.Context(), iam.Role{Account: account, Path: path, Name: name, TrustDocument: `{"Version":"2012-10-17","Statement":` + trust + `}`}); err != nil {
			t.Fatal(err)
		}
	}
	account, _, name, _ := arn.SplitRole(trusting)
	if err := roles.PutInline(t.Context(), iam.RoleNamed(account, name), iam.Inline{Name: "aliases", Document: `{"Version":"2012-10-17","Statement":` + mayAlias + `}`}); err != nil {
		t.Fatal(err)
	}
	aliases := rolealias.New(db.RoleAliases(), x, roles)
	fleets := fleet.New(db.Fleets(), roles, aliases)
	fleets.Now = func() time.Time { return now }
	aliases.Now = fleets.Now
	return house{fleets, aliases, roles}
}

// as answers a context whose caller may do what statement says; root when it is "".
func as(t *testing.T, statement string) context.Context {
	t.Helper()
	caller := &iam.Caller{Account: scope.Account, ARN: arn.Root(scope.Account), Root: statement == ""}
	if statement != "" {
		doc, err := policy.Parse(`{"Version":"2012-10-17","Statement":`+statement+`}`, policy.Identity)
		if err != nil {
			t.Fatal(err)
		}
		caller.ARN = arn.AssumedRole(scope.Account, "Operator", "me")
		caller.Role = &iam.RoleEntry{Policies: []policy.Named{{Name: "p", Document: doc}}}
	}
	return iam.WithCaller(t.Context(), caller)
}

func field(role arn.ARN) fleet.Fleet {
	return fleet.Fleet{Name: "field-east", Role: role, Output: fleet.Output{S3Location: "s3://sagemaker-b/out/"}}
}

func TestCreateMakesTheAlias(t *testing.T) {
	h, ctx := newHouse(t), as(t, "")
	if err := h.fleets.Create(ctx, scope, field(trusting), true); err != nil {
		t.Fatal(err)
	}
	want := field(trusting)
	want.Alias, want.Created, want.Modified = "SageMakerEdge-field-east", now, now
	if got, err := h.fleets.Describe(ctx, scope, "field-east"); err != nil || !cmp.Equal(got, want) {
		t.Errorf("Describe: got %+v, %v, want %+v", got, err, want)
	}
	alias, err := h.aliases.Find(ctx, scope, "SageMakerEdge-field-east")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := *alias, (rolealias.Alias{ID: alias.ID, Name: want.Alias, Role: trusting, Life: time.Hour, OfFleet: true, Created: now, Modified: now}); !cmp.Equal(got, want) {
		t.Errorf("the alias: got %+v, want %+v", got, want)
	}
	if err := h.fleets.Delete(ctx, scope, "field-east"); err != nil {
		t.Fatal(err)
	}
	if _, err := h.aliases.Find(ctx, scope, "SageMakerEdge-field-east"); err != nil {
		t.Errorf("the alias after its fleet: %v, want it to stay", err)
	}
	// The name is free again, and the alias that was left is adopted.
	if err := h.fleets.Create(ctx, scope, field(picky), true); err != nil {
		t.Fatal(err)
	}
	if got, err := h.aliases.Find(ctx, scope, "SageMakerEdge-field-east"); err != nil || got.ID != alias.ID || got.Role != picky {
		t.Errorf("the adopted alias: got %+v, %v", got, err)
	}
}

func TestCreateRefused(t *testing.T) {
	const allow = `{"Effect":"Allow","Action":"iam:PassRole","Resource":"*"`
	const missing = arn.ARN("arn:aws:iam::000000000000:role/SageMakerMissing")
	for _, tc := range []struct {
		name      string
		caller    string
		fleet     fleet.Fleet
		withAlias bool
		want      error
		says      string
	}{
		{"with an alias", "", field(trusting), true, nil, ""},
		{"a caller who may pass roles", allow + `}`, field(trusting), true, nil, ""},
		{"a caller who may pass roles to SageMaker", allow + `,"Condition":{"StringEquals":{"iam:PassedToService":"sagemaker.amazonaws.com"}}}`, field(trusting), true, nil, ""},
		{"a caller who may pass roles for this fleet", allow + `,"Condition":{"ArnEquals":{"iam:AssociatedResourceArn":"arn:aws:sagemaker:us-east-1:000000000000:device-fleet/field-east"}}}`, field(trusting), true, nil, ""},
		{"a caller who may pass roles for another fleet", allow + `,"Condition":{"ArnEquals":{"iam:AssociatedResourceArn":"arn:aws:sagemaker:us-east-1:000000000000:device-fleet/meadow"}}}`, field(trusting), true, fault.Denied, "iam:PassRole"},
		{"a caller who may pass roles to another service", allow + `,"Condition":{"StringEquals":{"iam:PassedToService":"credentials.iot.amazonaws.com"}}}`, field(trusting), true, fault.Denied, "iam:PassRole on resource: " + string(trusting)},
		{"a caller who may not pass roles", `{"Effect":"Allow","Action":["sagemaker:*","iot:*"],"Resource":"*"}`, field(trusting), true, fault.Denied, "iam:PassRole"},
		{"a caller who may not pass roles, no alias", `{"Effect":"Allow","Action":["sagemaker:*","iot:*"],"Resource":"*"}`, field(trusting), false, fault.Denied, "iam:PassRole"},
		{"a caller who may not pass roles, the role is missing", `{"Effect":"Allow","Action":"sagemaker:*","Resource":"*"}`, field(missing), true, fault.Denied, "iam:PassRole"},
		{"the role is missing", "", field(missing), true, fault.Invalid, string(missing) + " does not exist"},
		{"the role is on another path", "", field("arn:aws:iam::000000000000:role/SageMakerFleet"), true, fault.Invalid, "does not exist"},
		{"the role does not trust SageMaker", "", field(wary), true, fault.Invalid, string(wary) + " does not trust sagemaker.amazonaws.com"},
		{"the role trusts SageMaker for this fleet", "", field(picky), true, nil, ""},
		{"the role trusts SageMaker for other fleets", "", fleet.Fleet{Name: "meadow", Role: picky}, true, fault.Invalid, "does not trust"},
		{"no role", "", field(""), true, fault.Invalid, "RoleArn is missing"},
		{"a role of another account", "", field("arn:aws:iam::111111111111:role/SageMakerFleet"), true, fault.Denied, ""},
		{"no role's ARN", "", field("arn:aws:iam::000000000000:user/SageMakerFleet"), false, fault.Invalid, "is not the ARN of a role"},
		{"no alias, the role is missing", "", field(missing), false, nil, ""},
		{"no alias, the role does not trust SageMaker", "", field(wary), false, nil, ""},
		{"no alias, no role", "", field(""), false, nil, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h, ctx := newHouse(t), as(t, tc.caller)
			err := h.fleets.Create(ctx, scope, tc.fleet, tc.withAlias)
			if !errors.Is(err, tc.want) || err != nil && !strings.Contains(err.Error(), tc.says) {
				t.Errorf("Create: got %v, want %v that says %q", err, tc.want, tc.says)
			}
			if _, err := h.fleets.Describe(ctx, scope, tc.fleet.Name); (err == nil) != (tc.want == nil) {
				t.Errorf("afterwards Describe answers %v", err)
			}
			if _, err := h.aliases.Find(ctx, scope, fleet.AliasName(tc.fleet.Name)); (err == nil) != (tc.want == nil && tc.withAlias) {
				t.Errorf("afterwards the alias is %v", err)
			}
		})
	}
}

func TestCreateTwice(t *testing.T) {
	h, ctx := newHouse(t), as(t, "")
	for i, want := range []error{nil, fault.AlreadyExists, fault.AlreadyExists} {
		if err := h.fleets.Create(ctx, scope, field(trusting), i < 2); !errors.Is(err, want) {
			t.Errorf("Create %d: got %v, want %v", i+1, err, want)
		}
	}
}

// Clients match these beginnings.
func TestSentencesAboutWhatIsNotThere(t *testing.T) {
	h, ctx := newHouse(t), as(t, "")
	if err := h.fleets.Create(ctx, scope, field(""), false); err != nil {
		t.Fatal(err)
	}
	_, describeFleet := h.fleets.Describe(ctx, scope, "meadow")
	_, describeDevice := h.fleets.Device(ctx, scope, "field-east", "pump-1")
	_, describeDeviceOfNoFleet := h.fleets.Device(ctx, scope, "meadow", "pump-1")
	for _, tc := range []struct {
		name string
		err  error
		says string
	}{
		{"DescribeDeviceFleet", describeFleet, "No devicefleet with name meadow"},
		{"DeleteDeviceFleet", h.fleets.Delete(ctx, scope, "meadow"), "DeviceFleet with name meadow"},
		{"DescribeDevice", describeDevice, "No device with name pump-1"},
		{"DescribeDevice, no fleet", describeDeviceOfNoFleet, "No device fleet with name meadow"},
		{"RegisterDevices, no fleet", h.fleets.Register(ctx, scope, "meadow", []fleet.Device{{Name: "pump-1"}}), "No device fleet with name meadow"},
		{"DeregisterDevices", h.fleets.Deregister(ctx, scope, "field-east", []string{"pump-1"}), "Device with name pump-1"},
		{"DeregisterDevices, no fleet", h.fleets.Deregister(ctx, scope, "meadow", []string{"pump-1"}), "No device fleet with name meadow"},
	} {
		if f := fault.Of(tc.err); !errors.Is(tc.err, fault.NotFound) || !strings.Contains(f.Message, tc.says) {
			t.Errorf("%s: got %v, want %v that says %q", tc.name, tc.err, fault.NotFound, tc.says)
		}
	}
}

func TestList(t *testing.T) {
	h, ctx := newHouse(t), as(t, "")
	for i, name := range []string{"b", "a"} {
		h.fleets.Now = func() time.Time { return now.Add(time.Duration(i) * time.Second) }
		if err := h.fleets.Create(ctx, scope, fleet.Fleet{Name: name}, false); err != nil {
			t.Fatal(err)
		}
	}
	for order, want := range map[fleet.Order]string{"": "b", fleet.ByCreated: "b", fleet.ByName: "a"} {
		got, err := h.fleets.List(ctx, scope, fleet.Filter{Order: order}, page.Request{Limit: 1})
		if err != nil || len(got.Items) != 1 || got.Items[0].Name != want || got.Next == "" {
			t.Errorf("List by %q: got %+v, %v, want %s first", order, got, err, want)
		}
	}
}
