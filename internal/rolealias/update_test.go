package rolealias_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/rolealias"
)

func TestUpdate(t *testing.T) {
	const (
		other  = arn.ARN("arn:aws:iam::000000000000:role/edge/Other")
		others = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::000000000000:role/edge/Other"}}`
		fans   = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:PassRole","Resource":"*","Condition":{"ArnLike":{"iam:AssociatedResourceArn":"arn:aws:iot:*:*:rolealias/fans"}}}}`
		none   = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iot:*","Resource":"*"}}`
	)
	for _, tc := range []struct {
		name   string
		caller string // a policy; "" is root
		alias  string
		update rolealias.Update
		want   error
		role   arn.ARN
		life   time.Duration
	}{
		{"another role", "", "pumps", rolealias.Update{Role: other}, nil, other, time.Hour},
		{"another life", "", "pumps", rolealias.Update{Life: 2 * time.Hour}, nil, role, 2 * time.Hour},
		{"both", others, "pumps", rolealias.Update{Role: other, Life: rolealias.MaxLife}, nil, other, rolealias.MaxLife},
		{"nothing", none, "pumps", rolealias.Update{}, nil, role, time.Hour},
		{"another life, who may not pass the role", none, "pumps", rolealias.Update{Life: rolealias.MinLife}, nil, role, rolealias.MinLife},
		{"the role it has, who may not pass it", others, "pumps", rolealias.Update{Role: role}, fault.Denied, role, time.Hour},
		{"a role that may not be passed", none, "pumps", rolealias.Update{Role: other, Life: 2 * time.Hour}, fault.Denied, role, time.Hour},
		{"a role that may not be passed, of no alias", none, "valves", rolealias.Update{Role: other}, fault.Denied, role, time.Hour},
		{"a role that may be passed for another alias only", fans, "pumps", rolealias.Update{Role: other}, fault.Denied, role, time.Hour},
		{"another account's role", "", "pumps", rolealias.Update{Role: "arn:aws:iam::111111111111:role/edge/Other"}, fault.Denied, role, time.Hour},
		{"no role", "", "pumps", rolealias.Update{Role: "Other"}, fault.Invalid, role, time.Hour},
		{"a life too long", "", "pumps", rolealias.Update{Life: rolealias.MaxLife + time.Second}, fault.Invalid, role, time.Hour},
		{"a life too short", "", "pumps", rolealias.Update{Role: other, Life: time.Second}, fault.Invalid, role, time.Hour},
		{"no alias", "", "valves", rolealias.Update{Role: other}, fault.NotFound, role, time.Hour},
	} {
		t.Run(tc.name, func(t *testing.T) {
			aliases := newAliases(t)
			want, err := aliases.Create(as(t, ""), scope, rolealias.Alias{Name: "pumps", Role: role, Tags: map[string]string{"a": "b"}})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := aliases.Find(t.Context(), scope, "pumps"); err != nil { // remembered from now on
				t.Fatal(err)
			}
			later := now.Add(time.Minute)
			aliases.Now = func() time.Time { return later }
			if err := aliases.Update(as(t, tc.caller), scope, tc.alias, tc.update); !errors.Is(err, tc.want) || tc.want == nil && err != nil {
				t.Errorf("Update: got %v, want %v", err, tc.want)
			}
			want.Role, want.Life = tc.role, tc.life
			if tc.want == nil {
				want.Modified = later
			}
			if got, err := aliases.Find(t.Context(), scope, "pumps"); err != nil || !cmp.Equal(*got, want) {
				t.Errorf("Find: got %+v, %v, want %+v", got, err, want)
			}
		})
	}
	t.Run("without a caller", func(t *testing.T) {
		if err := newAliases(t).Update(t.Context(), scope, "pumps", rolealias.Update{Role: role}); !errors.Is(err, fault.Denied) {
			t.Errorf("got %v, want %v", err, fault.Denied)
		}
	})
}
