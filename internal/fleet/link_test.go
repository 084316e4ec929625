package fleet_test

import (
	"errors"
	"strings"
	"testing"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/fleet"
	"muster/internal/iam"
	"muster/internal/rolealias"
)

// A fleet doesn't take an alias that isn't its own: whoever may pass a role to
// SageMaker could give all devices of another alias that role.
func TestWhoseAliasAFleetTakes(t *testing.T) {
	const (
		pass   = `{"Effect":"Allow","Action":"iam:PassRole","Resource":"*"}`
		make   = `{"Effect":"Allow","Action":"iot:CreateRoleAlias","Resource":"arn:aws:iot:us-east-1:000000000000:rolealias/SageMakerEdge-field-east"}`
		change = `{"Effect":"Allow","Action":"iot:UpdateRoleAlias","Resource":"arn:aws:iot:us-east-1:000000000000:rolealias/SageMakerEdge-field-east"}`
		never  = `{"Effect":"Deny","Action":"iot:*","Resource":"*"}`
		name   = "SageMakerEdge-field-east"
	)
	byHand := func(h house, t *testing.T) {
		if _, err := h.aliases.Create(as(t, ""), scope, rolealias.Alias{Name: name, Role: wary}); err != nil {
			t.Fatal(err)
		}
	}
	byFleet := func(h house, t *testing.T) {
		if err := h.fleets.Create(as(t, ""), scope, field(trusting), true); err != nil {
			t.Fatal(err)
		}
		if err := h.fleets.Delete(as(t, ""), scope, "field-east"); err != nil {
			t.Fatal(err)
		}
	}
	byHandAgain := func(h house, t *testing.T) { // it is another, though of the name
		byFleet(h, t)
		if err := h.aliases.Delete(as(t, ""), scope, name); err != nil {
			t.Fatal(err)
		}
		byHand(h, t)
	}
	none := func(house, *testing.T) {}
	for _, tc := range []struct {
		name   string
		before func(house, *testing.T)
		caller string // statements; root when ""
		role   arn.ARN
		denied string // the action that is refused; "" when none is
	}{
		{"none there, root", none, "", picky, ""},
		{"none there, nobody may make one", none, pass, picky, "iot:CreateRoleAlias"},
		{"none there, the caller may change them", none, pass + "," + change, picky, "iot:CreateRoleAlias"},
		{"none there, the caller may make it", none, pass + "," + make, picky, ""},
		{"none there, the role may make it", none, pass, trusting, ""},
		{"none there, the caller is denied and the role may", none, pass + "," + never, trusting, ""},
		{"one by hand, root", byHand, "", picky, ""},
		{"one by hand, nobody may change it", byHand, pass, picky, "iot:UpdateRoleAlias"},
		{"one by hand, the caller may make such", byHand, pass + "," + make, picky, "iot:UpdateRoleAlias"},
		{"one by hand, the caller may change it", byHand, pass + "," + change, picky, ""},
		{"one by hand, the role may change it", byHand, pass, trusting, ""},
		{"one of a fleet", byFleet, pass, picky, ""},
		{"one by hand after one of a fleet", byHandAgain, pass, picky, "iot:UpdateRoleAlias"},
	} {
		ways := map[string]func(h house, t *testing.T) error{
			"CreateDeviceFleet": func(h house, t *testing.T) error {
				return h.fleets.Create(as(t, caller(tc.caller)), scope, field(tc.role), true)
			},
			"UpdateDeviceFleet": func(h house, t *testing.T) error {
				if err := h.fleets.Create(as(t, ""), scope, field(tc.role), false); err != nil {
					t.Fatal(err)
				}
				return h.fleets.Update(as(t, caller(tc.caller)), scope, "field-east", fleet.Change{Alias: new(true)})
			},
		}
		for way, link := range ways {
			t.Run(tc.name+", "+way, func(t *testing.T) {
				h := newHouse(t)
				tc.before(h, t)
				before, beforeErr := h.aliases.Find(t.Context(), scope, name)
				err := link(h, t)
				after, afterErr := h.aliases.Find(t.Context(), scope, name)
				if tc.denied == "" {
					if err != nil || afterErr != nil || after.Role != tc.role {
						t.Errorf("got %v, and the alias %+v, %v", err, after, afterErr)
					}
					return
				}
				if !errors.Is(err, fault.Denied) || !strings.Contains(err.Error(), tc.denied+" on resource: arn:aws:iot:us-east-1:000000000000:rolealias/"+name) {
					t.Errorf("got %v, want a refusal of %s", err, tc.denied)
				}
				if !errors.Is(afterErr, errorKind(beforeErr)) || beforeErr == nil && (after.ID != before.ID || after.Role != before.Role) {
					t.Errorf("refused, and yet the alias became %+v, %v", after, afterErr)
				}
			})
		}
	}
}

// A fleet whose alias was made by hand doesn't re-point it with its own role.
func TestAnAliasThatWasAdoptedStaysWhoseItWas(t *testing.T) {
	h := newHouse(t)
	if _, err := h.aliases.Create(as(t, ""), scope, rolealias.Alias{Name: "SageMakerEdge-field-east", Role: wary}); err != nil {
		t.Fatal(err)
	}
	if err := h.fleets.Create(as(t, ""), scope, field(trusting), true); err != nil {
		t.Fatal(err)
	}
	ctx := as(t, `{"Effect":"Allow","Action":"iam:PassRole","Resource":"*"}`)
	if err := h.fleets.Update(ctx, scope, "field-east", fleet.Change{Role: new(picky)}); !errors.Is(err, fault.Denied) {
		t.Errorf("got %v, want %v", err, fault.Denied)
	}
	if got, err := h.aliases.Find(t.Context(), scope, "SageMakerEdge-field-east"); err != nil || got.Role != trusting {
		t.Errorf("the alias: got %+v, %v", got, err)
	}
	if got, err := h.fleets.Describe(t.Context(), scope, "field-east"); err != nil || got.Role != trusting {
		t.Errorf("the fleet: got %+v, %v", got, err)
	}
}

// Whoever isn't known may nothing.
func TestALinkIsAskedOfSomebody(t *testing.T) {
	h := newHouse(t)
	if err := h.fleets.Create(iam.WithCaller(t.Context(), nil), scope, field(trusting), true); !errors.Is(err, fault.Denied) {
		t.Errorf("got %v, want %v", err, fault.Denied)
	}
}

// caller puts statements into a list; "" stays so.
func caller(statements string) string {
	if statements == "" {
		return ""
	}
	return "[" + statements + "]"
}

// errorKind is the kind of an error, or nil.
func errorKind(err error) error {
	if f := fault.Of(err); f != nil {
		return f.Kind
	}
	return err
}
