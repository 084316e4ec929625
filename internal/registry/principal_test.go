package registry_test

import (
	"fmt"
	"strings"
	"testing"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/page"
	"muster/internal/registry"
)

var one, two = strings.Repeat("1", 64), strings.Repeat("ab", 32)

func TestAttach(t *testing.T) {
	cert := registry.Principal(scope.Certificate(one))
	attach := func(thing registry.Name, exclusive bool) func(*testing.T, *fleet) {
		return func(t *testing.T, f *fleet) {
			t.Helper()
			if err := f.Attach(t.Context(), scope, thing, cert, exclusive); err != nil {
				t.Fatal(err)
			}
		}
	}
	nothing := func(*testing.T, *fleet) {}
	for _, tc := range []struct {
		name      string
		before    func(*testing.T, *fleet)
		thing     registry.Name
		principal registry.Principal
		exclusive bool
		want      error
	}{
		{"a certificate", nothing, "pump-1", cert, false, nil},
		{"a certificate, exclusively", nothing, "pump-1", cert, true, nil},
		{"an identity", nothing, "pump-1", "us-east-1:7f2b1f62-0000-4000-8000-000000000000", false, nil},
		{"an identity, exclusively", nothing, "pump-1", "us-east-1:7f2b1f62-0000-4000-8000-000000000000", true, fault.Invalid},
		{"no thing", nothing, "pump-9", cert, false, fault.NotFound},
		{"no certificate", nothing, "pump-1", registry.Principal(scope.Certificate(two)), false, fault.NotFound},
		{"a certificate of another region", nothing, "pump-1", registry.Principal(west.Certificate(one)), false, fault.NotFound},
		{"the ARN of a thing", nothing, "pump-1", registry.Principal(scope.Thing("pump-2")), false, fault.Invalid},
		{"the ARN of a role", nothing, "pump-1", registry.Principal(arn.Role("000000000000", "/", "r")), false, fault.Invalid},
		{"a certificate's id", nothing, "pump-1", registry.Principal(one), false, fault.Invalid},
		{"the ARN of a certificate with half an id", nothing, "pump-1", registry.Principal(scope.Certificate("abc")), false, fault.Invalid},
		{"nothing at all", nothing, "pump-1", "", false, fault.Invalid},
		{"twice", attach("pump-1", false), "pump-1", cert, false, nil},
		{"twice exclusively", attach("pump-1", true), "pump-1", cert, true, nil},
		{"again, now exclusively", attach("pump-1", false), "pump-1", cert, true, fault.Invalid},
		{"again, no longer exclusively", attach("pump-1", true), "pump-1", cert, false, fault.Invalid},
		{"to a second thing", attach("pump-2", false), "pump-1", cert, false, nil},
		{"to a second thing, exclusively", attach("pump-2", false), "pump-1", cert, true, fault.Invalid},
		{"to a second thing, though bound to the first", attach("pump-2", true), "pump-1", cert, false, fault.Invalid},
		{"one more than a thing may have", func(t *testing.T, f *fleet) {
			for i := range registry.MaxPrincipals {
				says(t, f.Attach(t.Context(), scope, "pump-1", registry.Principal(fmt.Sprintf("us-east-1:%d", i)), false), nil, "")
			}
		}, "pump-1", cert, false, fault.Invalid},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newFleet(t)
			f.certify(t, scope, one)
			f.certify(t, west, one)
			f.create(t, registry.Thing{Name: "pump-1"})
			f.create(t, registry.Thing{Name: "pump-2"})
			tc.before(t, f)
			before, _ := f.Attachments(t.Context(), scope, "pump-1", registry.AnyType, page.Request{Limit: 20})
			says(t, f.Attach(t.Context(), scope, tc.thing, tc.principal, tc.exclusive), tc.want, "")
			after, err := f.Attachments(t.Context(), scope, "pump-1", registry.AnyType, page.Request{Limit: 20})
			if err != nil {
				t.Fatal(err)
			}
			if tc.want != nil && len(after.Items) != len(before.Items) {
				t.Errorf("a refused attachment is there: %v", after.Items)
			}
			if tc.want == nil && (len(after.Items) != 1 || after.Items[0].Exclusive != tc.exclusive || (after.Items[0].Type() == registry.ExclusiveThing) != tc.exclusive) {
				t.Errorf("got %v, want one, exclusive %v", after.Items, tc.exclusive)
			}
		})
	}
}

func TestDetach(t *testing.T) {
	f := newFleet(t)
	cert, other := f.certify(t, scope, one), f.certify(t, scope, two)
	f.create(t, registry.Thing{Name: "pump-1"})
	says(t, f.Attach(t.Context(), scope, "pump-1", cert, false), nil, "")
	for _, tc := range []struct {
		name      string
		thing     registry.Name
		principal registry.Principal
		want      error
	}{
		{"no thing", "pump-9", cert, fault.NotFound},
		{"no certificate", "pump-1", registry.Principal(scope.Certificate(strings.Repeat("f", 64))), fault.NotFound},
		{"no principal", "pump-1", "pump", fault.Invalid},
		{"one that is not attached", "pump-1", other, nil},
		{"one that is", "pump-1", cert, nil},
		{"one that was", "pump-1", cert, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			says(t, f.Detach(t.Context(), scope, tc.thing, tc.principal), tc.want, "")
		})
	}
}

// A device that names a thing is believed only while its certificate is on
// that thing, from the moment that changes.
func TestAttached(t *testing.T) {
	f := newFleet(t)
	cert := f.certify(t, scope, one)
	f.createType(t, "pump")
	ask := func(scope arn.Scope, thing, id string, want bool) {
		t.Helper()
		got, ok, err := f.Attached(t.Context(), scope, thing, id)
		if err != nil || ok != want || ok && (string(got.Name) != thing || got.Type != "pump") {
			t.Errorf("Attached(%s, %q, %.6s…): got %+v, %v, %v, want %v", scope.Region, thing, id, got, ok, err, want)
		}
	}
	ask(scope, "pump-1", one, false)
	f.create(t, registry.Thing{Name: "pump-1", Type: "pump"})
	f.create(t, registry.Thing{Name: "pump-2", Type: "pump"})
	ask(scope, "pump-1", one, false)
	for range 3 {
		says(t, f.Attach(t.Context(), scope, "pump-1", cert, false), nil, "")
		ask(scope, "pump-1", one, true)
		ask(scope, "pump-1", two, false)
		ask(scope, "pump-1", "", false)
		ask(scope, "pump-2", one, false)
		ask(scope, "PUMP-1", one, false)
		ask(scope, "", one, false)
		ask(scope, "pump-1\x00", one, false)
		ask(west, "pump-1", one, false)
		says(t, f.Detach(t.Context(), scope, "pump-1", cert), nil, "")
		ask(scope, "pump-1", one, false)
	}
	says(t, f.DeleteThing(t.Context(), scope, "pump-1", nil), nil, "")
	ask(scope, "pump-1", one, false)

	// What hangs on the thing of that name before doesn't hang on the next.
	f.create(t, registry.Thing{Name: "pump-1", Type: "pump"})
	ask(scope, "pump-1", one, false)
}

func FuzzPrincipal(f *testing.F) {
	f.Add(string(scope.Certificate(one)))
	f.Add("us-east-1:7f2b1f62")
	f.Add("arn:aws:iot:::cert/")
	f.Fuzz(func(t *testing.T, s string) {
		p := registry.Principal(s)
		if id, ok := p.Certificate(scope); ok && (len(id) != 64 || string(scope.Certificate(id)) != s) {
			t.Errorf("Certificate(%q): got %q", s, id)
		}
	})
}
