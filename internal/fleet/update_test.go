package fleet_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/fleet"
)

const aliasName = "SageMakerEdge-field-east"

func TestUpdate(t *testing.T) {
	output := fleet.Output{S3Location: "s3://sagemaker-b/elsewhere"}
	later := now.Add(time.Hour)
	for _, tc := range []struct {
		name        string
		withAlias   bool
		aliasGone   bool // deleted by somebody before the update
		change      fleet.Change
		role        arn.ARN // of the fleet afterwards
		description string
		linked      bool
		aliasRole   arn.ARN // afterwards; "" when there is none
	}{
		{"the output alone, as a workshop does", true, false, fleet.Change{}, trusting, "pumps", true, trusting},
		{"a description", true, false, fleet.Change{Description: new("valves")}, trusting, "valves", true, trusting},
		{"a role goes to the alias", true, false, fleet.Change{Role: new(picky)}, picky, "pumps", true, picky},
		{"a role of a fleet without an alias", false, false, fleet.Change{Role: new(wary)}, wary, "pumps", false, ""},
		{"a role, the alias is gone", true, true, fleet.Change{Role: new(picky)}, picky, "pumps", true, ""},
		{"the alias asked for, the fleet has none", false, false, fleet.Change{Alias: new(true)}, trusting, "pumps", true, trusting},
		{"the alias asked for, the fleet has it", true, false, fleet.Change{Alias: new(true)}, trusting, "pumps", true, trusting},
		{"the alias asked for, it is gone", true, true, fleet.Change{Alias: new(true)}, trusting, "pumps", true, trusting},
		{"the alias asked for with a role", false, false, fleet.Change{Alias: new(true), Role: new(picky)}, picky, "pumps", true, picky},
		{"as Terraform does each time", true, false, fleet.Change{Alias: new(true), Role: new(trusting)}, trusting, "pumps", true, trusting},
		{"the alias unlinked", true, false, fleet.Change{Alias: new(false)}, trusting, "pumps", false, trusting},
		{"the alias unlinked with a role", true, false, fleet.Change{Alias: new(false), Role: new(wary)}, wary, "pumps", false, trusting},
		{"the alias unlinked, the fleet has none", false, false, fleet.Change{Alias: new(false)}, trusting, "pumps", false, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h, ctx := newHouse(t), as(t, "")
			before := field(trusting)
			before.Description, before.Tags = "pumps", map[string]string{"team": "field"}
			if err := h.fleets.Create(ctx, scope, before, tc.withAlias); err != nil {
				t.Fatal(err)
			}
			if tc.aliasGone {
				if err := h.aliases.Delete(ctx, scope, aliasName); err != nil {
					t.Fatal(err)
				}
			}
			h.fleets.Now = func() time.Time { return later }
			tc.change.Output = output
			if err := h.fleets.Update(ctx, scope, "field-east", tc.change); err != nil {
				t.Fatal(err)
			}
			want := before
			want.Role, want.Description, want.Output, want.Created, want.Modified = tc.role, tc.description, output, now, later
			if tc.linked {
				want.Alias = aliasName
			}
			if got, err := h.fleets.Describe(ctx, scope, "field-east"); err != nil || !cmp.Equal(got, want) {
				t.Errorf("Describe: got %+v, %v, want %+v", got, err, want)
			}
			alias, err := h.aliases.Find(ctx, scope, aliasName)
			if tc.aliasRole == "" {
				if !errors.Is(err, fault.NotFound) {
					t.Errorf("the alias: got %+v, %v, want none", alias, err)
				}
			} else if err != nil || alias.Role != tc.aliasRole {
				t.Errorf("the alias: got %+v, %v, want the role %s", alias, err, tc.aliasRole)
			}
		})
	}
}

func TestUpdateRefused(t *testing.T) {
	const allow = `{"Effect":"Allow","Action":"iam:PassRole","Resource":"*"`
	const missing = arn.ARN("arn:aws:iam::000000000000:role/SageMakerMissing")
	const noPass = `{"Effect":"Allow","Action":["sagemaker:*","iot:*"],"Resource":"*"}`
	for _, tc := range []struct {
		name   string
		caller string
		fleet  string
		of     fleet.Fleet
		change fleet.Change
		want   error
		says   string
	}{
		{"no such fleet", "", "meadow", field(trusting), fleet.Change{}, fault.NotFound, "No devicefleet with name meadow"},
		{"no such fleet to a caller who may not pass the role", noPass, "meadow", field(trusting), fleet.Change{Role: new(trusting)}, fault.Denied, "iam:PassRole"},
		{"may not pass roles", noPass, "field-east", field(trusting), fleet.Change{Role: new(picky)}, fault.Denied, "iam:PassRole on resource: " + string(picky)},
		{"may not pass the role it has", noPass, "field-east", field(trusting), fleet.Change{Role: new(trusting)}, fault.Denied, "iam:PassRole"},
		{"may not pass the fleet's role to an alias", noPass, "field-east", field(trusting), fleet.Change{Alias: new(true)}, fault.Denied, "iam:PassRole on resource: " + string(trusting)},
		{"may not pass a role that is missing", noPass, "field-east", field(trusting), fleet.Change{Role: new(missing)}, fault.Denied, "iam:PassRole"},
		{"may pass roles for another fleet", allow + `,"Condition":{"ArnEquals":{"iam:AssociatedResourceArn":"arn:aws:sagemaker:us-east-1:000000000000:device-fleet/meadow"}}}`, "field-east", field(trusting), fleet.Change{Role: new(picky)}, fault.Denied, "iam:PassRole"},
		{"may pass the fleet's role for another fleet", allow + `,"Condition":{"ArnEquals":{"iam:AssociatedResourceArn":"arn:aws:sagemaker:us-east-1:000000000000:device-fleet/meadow"}}}`, "field-east", field(trusting), fleet.Change{Alias: new(true)}, fault.Denied, "iam:PassRole"},
		{"may pass roles to another service", allow + `,"Condition":{"StringEquals":{"iam:PassedToService":"credentials.iot.amazonaws.com"}}}`, "field-east", field(trusting), fleet.Change{Role: new(picky)}, fault.Denied, "iam:PassRole"},
		{"a role of another account", "", "field-east", field(trusting), fleet.Change{Role: new(arn.ARN("arn:aws:iam::111111111111:role/SageMakerFleet"))}, fault.Denied, ""},
		{"no role's ARN", "", "field-east", field(trusting), fleet.Change{Role: new(arn.ARN("arn:aws:iam::000000000000:user/SageMakerFleet"))}, fault.Invalid, "is not the ARN of a role"},
		{"the role is missing", "", "field-east", field(trusting), fleet.Change{Role: new(missing)}, fault.Invalid, "does not exist"},
		{"the role does not trust SageMaker", "", "field-east", field(trusting), fleet.Change{Role: new(wary)}, fault.Invalid, "does not trust"},
		{"an alias for a fleet without a role", "", "field-east", field(""), fleet.Change{Alias: new(true)}, fault.Invalid, "RoleArn is missing"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h := newHouse(t)
			if err := h.fleets.Create(as(t, ""), scope, tc.of, tc.of.Role != ""); err != nil {
				t.Fatal(err)
			}
			before, err := h.fleets.Describe(t.Context(), scope, "field-east")
			if err != nil {
				t.Fatal(err)
			}
			tc.change.Description = new("changed")
			if err := h.fleets.Update(as(t, tc.caller), scope, tc.fleet, tc.change); !errors.Is(err, tc.want) || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("Update: got %v, want %v that says %q", err, tc.want, tc.says)
			}
			if got, err := h.fleets.Describe(t.Context(), scope, "field-east"); err != nil || !cmp.Equal(got, before) {
				t.Errorf("afterwards: got %+v, %v, want %+v", got, err, before)
			}
			if alias, err := h.aliases.Find(t.Context(), scope, aliasName); (err == nil) != (before.Alias != "") || err == nil && alias.Role != trusting {
				t.Errorf("afterwards the alias is %+v, %v", alias, err)
			}
		})
	}
}

func TestUpdateByOneWhoMayPass(t *testing.T) {
	h := newHouse(t)
	if err := h.fleets.Create(as(t, ""), scope, field(trusting), true); err != nil {
		t.Fatal(err)
	}
	sageMaker := `{"Effect":"Allow","Action":"iam:PassRole","Resource":"` + string(picky) + `","Condition":{"StringEquals":{"iam:PassedToService":"sagemaker.amazonaws.com"}}}`
	if err := h.fleets.Update(as(t, sageMaker), scope, "field-east", fleet.Change{Role: new(picky)}); err != nil {
		t.Errorf("a role: %v", err)
	}
	forThis := `{"Effect":"Allow","Action":"iam:PassRole","Resource":"*","Condition":{"ArnEquals":{"iam:AssociatedResourceArn":"arn:aws:sagemaker:us-east-1:000000000000:device-fleet/field-east"}}}`
	if err := h.fleets.Update(as(t, forThis), scope, "field-east", fleet.Change{Role: new(picky)}); err != nil {
		t.Errorf("a role for this fleet: %v", err)
	}
	// Nothing is passed, so nothing is asked.
	for name, change := range map[string]fleet.Change{"a description": {Description: new("pumps")}, "an unlinked alias": {Alias: new(false)}} {
		if err := h.fleets.Update(as(t, `{"Effect":"Allow","Action":"sagemaker:*","Resource":"*"}`), scope, "field-east", change); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestUpdateDevices(t *testing.T) {
	for _, tc := range []struct {
		name  string
		fleet string
		batch []fleet.Device
		want  error
		says  string
	}{
		{"one", "field-east", []fleet.Device{{Name: "pump-1", Description: "by the gate", Thing: "gate"}}, nil, ""},
		{"one name twice", "field-east", devices("pump-1", "pump-1"), fault.Invalid, "more than once"},
		{"one that isn't there", "field-east", []fleet.Device{{Name: "pump-1", Description: "x"}, {Name: "pump-9"}}, fault.NotFound, "No device with name pump-9"},
		{"a fleet that isn't there", "meadow", devices("pump-1"), fault.NotFound, "No device fleet with name meadow"},
		{"none", "field-east", nil, fault.Invalid, ""},
		{"too many", "field-east", devices(many(fleet.MaxBatch + 1)...), fault.Invalid, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h := newFleet(t, "pump-1", "pump-2")
			h.fleets.Now = func() time.Time { return now.Add(time.Hour) }
			if err := h.fleets.UpdateDevices(t.Context(), scope, tc.fleet, tc.batch); !errors.Is(err, tc.want) || err != nil && !strings.Contains(err.Error(), tc.says) {
				t.Errorf("UpdateDevices: got %v, want %v that says %q", err, tc.want, tc.says)
			}
			want := fleet.Device{Fleet: "field-east", Name: "pump-1", Thing: "sample-device", Registered: now}
			if tc.want == nil {
				want.Description, want.Thing = "by the gate", "gate"
			}
			if got, err := h.fleets.Device(t.Context(), scope, "field-east", "pump-1"); err != nil || !cmp.Equal(got, want) {
				t.Errorf("afterwards: got %+v, %v, want %+v", got, err, want)
			}
		})
	}
}

func TestUpdateDevicesKeepsWhatIsLeftOut(t *testing.T) {
	h := newFleet(t, "pump-1")
	for _, step := range []struct {
		given fleet.Device
		want  fleet.Device
	}{
		{fleet.Device{Name: "pump-1"}, fleet.Device{Thing: "sample-device"}},
		{fleet.Device{Name: "pump-1", Description: "by the gate"}, fleet.Device{Thing: "sample-device", Description: "by the gate"}},
		{fleet.Device{Name: "pump-1", Thing: "gate"}, fleet.Device{Thing: "gate", Description: "by the gate"}},
	} {
		if err := h.fleets.UpdateDevices(t.Context(), scope, "field-east", []fleet.Device{step.given}); err != nil {
			t.Fatal(err)
		}
		step.want.Fleet, step.want.Name, step.want.Registered = "field-east", "pump-1", now
		if got, err := h.fleets.Device(t.Context(), scope, "field-east", "pump-1"); err != nil || !cmp.Equal(got, step.want) {
			t.Errorf("after %+v: got %+v, %v, want %+v", step.given, got, err, step.want)
		}
	}
}
