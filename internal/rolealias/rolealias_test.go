package rolealias_test

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/iam"
	"muster/internal/index"
	"muster/internal/page"
	"muster/internal/policy"
	"muster/internal/rolealias"
	"muster/internal/store/storetest"
)

const role = arn.ARN("arn:aws:iam::000000000000:role/edge/SageMakerFleet")

var (
	scope = arn.Scope{Account: "000000000000", Region: "us-east-1"}
	now   = time.UnixMilli(1_700_000_000_123).UTC()
)

func newAliases(t *testing.T) *rolealias.Aliases {
	t.Helper()
	x := index.New(1024)
	db := storetest.Open(t, t.TempDir(), x)
	aliases := rolealias.New(db.RoleAliases(), x, iam.New(db.IAM(), x))
	aliases.Now = func() time.Time { return now }
	return aliases
}

// as answers a context whose caller may do what document says; root when it is "".
func as(t *testing.T, document string) context.Context {
	t.Helper()
	caller := &iam.Caller{Account: scope.Account, ARN: arn.Root(scope.Account), Root: document == ""}
	if document != "" {
		doc, err := policy.Parse(document, policy.Identity)
		if err != nil {
			t.Fatal(err)
		}
		caller.ARN = arn.AssumedRole(scope.Account, "Operator", "me")
		caller.Role = &iam.RoleEntry{Policies: []policy.Named{{Name: "p", Document: doc}}}
	}
	return iam.WithCaller(t.Context(), caller)
}

func TestCreate(t *testing.T) {
	aliases := newAliases(t)
	ctx := as(t, "")
	made, err := aliases.Create(ctx, scope, rolealias.Alias{Name: "pumps", Role: role, Tags: map[string]string{"a": "b"}})
	if err != nil || made.ID == "" {
		t.Fatalf("Create: got %+v, %v", made, err)
	}
	want := rolealias.Alias{ID: made.ID, Name: "pumps", Role: role, Life: time.Hour, Tags: map[string]string{"a": "b"}, Created: now, Modified: now}
	got, err := aliases.Find(ctx, scope, "pumps")
	if err != nil || !cmp.Equal(*got, want) || !cmp.Equal(made, want) {
		t.Errorf("Find: got %+v, %v, want %+v", got, err, want)
	}
}

func TestCreateRefused(t *testing.T) {
	const allow = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::000000000000:role/edge/*"`
	alias := rolealias.Alias{Name: "pumps", Role: role}
	for _, tc := range []struct {
		name     string
		caller   string // a policy; "" is root
		change   func(*rolealias.Alias)
		existing bool
		want     error
	}{
		{"root", "", nil, false, nil},
		{"may pass the role", allow + `}}`, nil, false, nil},
		{"may pass it to the provider", allow + `,"Condition":{"StringEquals":{"iam:PassedToService":"credentials.iot.amazonaws.com"}}}}`, nil, false, nil},
		{"may pass it to another service", allow + `,"Condition":{"StringEquals":{"iam:PassedToService":"sagemaker.amazonaws.com"}}}}`, nil, false, fault.Denied},
		{"may pass it for this alias", allow + `,"Condition":{"ArnEquals":{"iam:AssociatedResourceArn":"arn:aws:iot:us-east-1:000000000000:rolealias/pumps"}}}}`, nil, false, nil},
		{"may pass it for another alias", allow + `,"Condition":{"ArnEquals":{"iam:AssociatedResourceArn":"arn:aws:iot:us-east-1:000000000000:rolealias/fans"}}}}`, nil, false, fault.Denied},
		{"may pass another role", allow + `}}`, func(a *rolealias.Alias) { a.Role = "arn:aws:iam::000000000000:role/Other" }, false, fault.Denied},
		{"may not pass roles", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iot:*","Resource":"*"}}`, nil, false, fault.Denied},
		{"may not pass roles, the alias exists", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iot:*","Resource":"*"}}`, nil, true, fault.Denied},
		{"a role of another account", "", func(a *rolealias.Alias) { a.Role = "arn:aws:iam::111111111111:role/SageMakerFleet" }, false, fault.Denied},
		{"no role", "", func(a *rolealias.Alias) { a.Role = "arn:aws:iam::000000000000:user/SageMakerFleet" }, false, fault.Invalid},
		{"no ARN", "", func(a *rolealias.Alias) { a.Role = "SageMakerFleet" }, false, fault.Invalid},
		{"the shortest life", "", func(a *rolealias.Alias) { a.Life = 900 * time.Second }, false, nil},
		{"the longest life", "", func(a *rolealias.Alias) { a.Life = 43200 * time.Second }, false, nil},
		{"a life too short", "", func(a *rolealias.Alias) { a.Life = 899 * time.Second }, false, fault.Invalid},
		{"a life too long", "", func(a *rolealias.Alias) { a.Life = 43201 * time.Second }, false, fault.Invalid},
		{"as many tags as may be", "", func(a *rolealias.Alias) { a.Tags = tags(rolealias.MaxTags) }, false, nil},
		{"too many tags", "", func(a *rolealias.Alias) { a.Tags = tags(rolealias.MaxTags + 1) }, false, fault.LimitExceeded},
		{"the alias exists", "", nil, true, fault.AlreadyExists},
	} {
		t.Run(tc.name, func(t *testing.T) {
			aliases := newAliases(t)
			if tc.existing {
				if _, err := aliases.Create(as(t, ""), scope, alias); err != nil {
					t.Fatal(err)
				}
			}
			asked := alias
			if tc.change != nil {
				tc.change(&asked)
			}
			ctx := as(t, tc.caller)
			if _, err := aliases.Create(ctx, scope, asked); !errors.Is(err, tc.want) {
				t.Errorf("Create: got %v, want %v", err, tc.want)
			}
			if _, err := aliases.Find(ctx, scope, "pumps"); (err == nil) != (tc.want == nil || tc.existing) {
				t.Errorf("afterwards Find answers %v", err)
			}
		})
	}
}

func tags(n int) map[string]string {
	all := map[string]string{}
	for i := range n {
		all[strconv.Itoa(i)] = ""
	}
	return all
}

func TestWithoutACaller(t *testing.T) {
	if _, err := newAliases(t).Create(t.Context(), scope, rolealias.Alias{Name: "pumps", Role: role}); !errors.Is(err, fault.Denied) {
		t.Errorf("Create: got %v, want %v", err, fault.Denied)
	}
}

func TestAnAliasMadeAnewIsAnother(t *testing.T) {
	aliases, ctx := newAliases(t), as(t, "")
	first, err := aliases.Create(ctx, scope, rolealias.Alias{Name: "pumps", Role: role})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := aliases.Find(ctx, scope, "pumps"); err != nil {
		t.Fatal(err)
	}
	if err := aliases.Delete(ctx, scope, "pumps"); err != nil {
		t.Fatal(err)
	}
	if got, err := aliases.Find(ctx, scope, "pumps"); !errors.Is(err, fault.NotFound) {
		t.Errorf("Find: got %+v, %v, want %v", got, err, fault.NotFound)
	}
	if err := aliases.Delete(ctx, scope, "pumps"); !errors.Is(err, fault.NotFound) {
		t.Errorf("Delete again: got %v, want %v", err, fault.NotFound)
	}
	second, err := aliases.Create(ctx, scope, rolealias.Alias{Name: "pumps", Role: role})
	if err != nil || second.ID == first.ID {
		t.Errorf("Create again: got id %s, %v, as before", second.ID, err)
	}
	if got, err := aliases.Find(ctx, scope, "pumps"); err != nil || got.ID != second.ID {
		t.Errorf("Find: got %+v, %v, want the new alias", got, err)
	}
	if got, err := aliases.List(ctx, scope, page.Request{Limit: 10}); err != nil || !cmp.Equal(got.Items, []string{"pumps"}) {
		t.Errorf("List: got %v, %v", got.Items, err)
	}
}
