package credentials_test

import (
	"errors"
	"testing"
	"time"

	"muster/internal/arn"
	"muster/internal/certificate"
	"muster/internal/credentials"
	"muster/internal/fault"
	"muster/internal/iam"
	"muster/internal/registry"
	"muster/internal/rolealias"
)

// A session lives as long as what an update leaves would still give it.
func TestASessionFollowsUpdates(t *testing.T) {
	const deny = `{"Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}`
	other := arn.Role(east.Account, "/", "Other")
	field := arn.Role(east.Account, "/", "Field")
	for _, tc := range []struct {
		name   string
		update func(r *rooms, p string) error
		back   func(r *rooms, p string) error
		want   error // of the update, on the session; nil: it lives on
	}{
		{"the alias's role changes", func(r *rooms, _ string) error { return r.update(rolealias.Update{Role: other}) },
			func(r *rooms, _ string) error { return r.update(rolealias.Update{Role: field}) }, fault.Invalid},
		{"the alias's role is given anew", func(r *rooms, _ string) error { return r.update(rolealias.Update{Role: field}) }, nil, nil},
		{"the alias's life shrinks", func(r *rooms, _ string) error { return r.update(rolealias.Update{Life: 15 * time.Minute}) }, nil, nil},
		{"the alias's life is more than the role allows", func(r *rooms, _ string) error { return r.update(rolealias.Update{Life: 2 * time.Hour}) },
			func(r *rooms, _ string) error { return r.update(rolealias.Update{Life: time.Hour}) }, fault.Invalid},
		{"another version of its policy, not the default", func(r *rooms, p string) error {
			_, err := r.Policies.CreateVersion(r.t.Context(), east, p, deny, false)
			return err
		}, nil, nil},
		{"another default version of its policy", func(r *rooms, p string) error {
			_, err := r.Policies.CreateVersion(r.t.Context(), east, p, deny, true)
			return err
		}, func(r *rooms, p string) error { return r.Policies.SetDefaultVersion(r.t.Context(), east, p, "1") }, fault.Denied},
		{"its thing gets a type", func(r *rooms, _ string) error {
			return r.Things.UpdateThing(r.t.Context(), east, "pump-7", registry.Update{Type: "pump"})
		}, func(r *rooms, _ string) error {
			return r.Things.UpdateThing(r.t.Context(), east, "pump-7", registry.Update{RemoveType: true})
		}, fault.Denied},
		{"its thing loses the attribute the policy asks for", func(r *rooms, _ string) error {
			return r.Things.UpdateThing(r.t.Context(), east, "pump-7", registry.Update{Attributes: map[string]string{"Site": ""}, Merge: true})
		}, func(r *rooms, _ string) error {
			return r.Things.UpdateThing(r.t.Context(), east, "pump-7", registry.Update{Attributes: map[string]string{"Site": "east"}})
		}, fault.Denied},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := open(t)
			id := r.register(east)
			r.role("Other", trusting)
			r.alias(east, "field", "Field")
			r.allow(east, id, "*", `{"StringEquals":{"iot:Connection.Thing.Attributes[Site]":"east"}}`)
			_, err := r.Things.CreateType(t.Context(), east, registry.Type{Name: "pump"})
			r.must(err)
			_, err = r.Things.CreateThing(t.Context(), east, registry.Thing{Name: "pump-7", Attributes: map[string]string{"Site": "east"}})
			r.must(err)
			r.must(r.Things.Attach(t.Context(), east, "pump-7", registry.Principal(east.Certificate(id)), false))
			s, err := r.vend(t.Context(), credentials.Request{ServerName: hostname, CertificateID: id, Alias: "field", Thing: "pump-7", SourceIP: home})
			r.must(err)
			r.must(r.Granted(t.Context(), s))
			policy := "p" + id[:8]
			r.must(tc.update(r, policy))
			if err := r.Granted(t.Context(), s); !errors.Is(err, tc.want) || tc.want == nil && err != nil {
				t.Errorf("after the update: got %v, want %v", err, tc.want)
			}
			if tc.back == nil {
				return
			}
			r.must(tc.back(r, policy))
			if err := r.Granted(t.Context(), s); err != nil {
				t.Errorf("taken back: got %v", err)
			}
		})
	}
}

func (r *rooms) update(u rolealias.Update) error {
	r.t.Helper()
	root := iam.WithCaller(r.t.Context(), &iam.Caller{Account: east.Account, ARN: arn.Root(east.Account), Root: true})
	return r.Aliases.Update(root, east, "field", u)
}

// A thing that is deleted and made again under its name is another one, also
// when the certificate is attached to it again: the session stays dead.
func TestASessionIsOfOneThing(t *testing.T) {
	t.Parallel()
	r := open(t)
	id := r.register(east)
	r.alias(east, "field", "Field")
	r.allow(east, id, "*", `{}`)
	attach := func() {
		_, err := r.Things.CreateThing(t.Context(), east, registry.Thing{Name: "pump-7"})
		r.must(err)
		r.must(r.Things.Attach(t.Context(), east, "pump-7", registry.Principal(east.Certificate(id)), false))
	}
	attach()
	request := credentials.Request{ServerName: hostname, CertificateID: id, Alias: "field", Thing: "pump-7", SourceIP: home}
	s, err := r.vend(t.Context(), request)
	r.must(err)
	nameless := request
	nameless.Thing = ""
	other, err := r.vend(t.Context(), nameless)
	r.must(err)
	r.must(r.Granted(t.Context(), s))
	r.must(r.Things.Detach(t.Context(), east, "pump-7", registry.Principal(east.Certificate(id))))
	r.must(r.Things.DeleteThing(t.Context(), east, "pump-7", nil))
	attach()
	if err := r.Granted(t.Context(), s); !errors.Is(err, fault.Denied) {
		t.Errorf("of the thing that is gone: got %v, want %v", err, fault.Denied)
	}
	if err := r.Granted(t.Context(), other); err != nil {
		t.Errorf("of no thing: got %v", err)
	}
	s, err = r.vend(t.Context(), request)
	r.must(err)
	if err := r.Granted(t.Context(), s); err != nil {
		t.Errorf("of the thing that is there: got %v", err)
	}
}

// A certificate that is deleted and registered again is another registration,
// also with all that the first had attached to it anew, and by whatever way it
// came: the session stays dead, and so does one that was made with it.
func TestASessionIsOfOneRegistration(t *testing.T) {
	t.Parallel()
	r := open(t)
	id := r.register(east)
	r.alias(east, "field", "Field")
	_, err := r.Things.CreateThing(t.Context(), east, registry.Thing{Name: "pump-7"})
	r.must(err)
	principal := registry.Principal(east.Certificate(id))
	_, err = r.Policies.Create(t.Context(), east, "p", `{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`)
	r.must(err)
	attach := func() {
		r.must(r.Things.Attach(t.Context(), east, "pump-7", principal, false))
		r.must(r.Policies.Attach(t.Context(), east, "p", string(principal)))
	}
	attach()
	request := credentials.Request{ServerName: hostname, CertificateID: id, Alias: "field", Thing: "pump-7", SourceIP: home}
	kept, err := r.Certificates.Describe(t.Context(), east, id)
	r.must(err)
	for range 2 { // first it was issued, then registered
		s, err := r.vend(t.Context(), request)
		r.must(err)
		r.must(r.Granted(t.Context(), s))

		r.must(r.Things.Detach(t.Context(), east, "pump-7", principal))
		r.must(r.Certificates.SetStatus(t.Context(), east, id, certificate.Inactive))
		r.must(r.Certificates.Delete(t.Context(), east, id, true))
		if err := r.Granted(t.Context(), s); !errors.Is(err, fault.Denied) {
			t.Errorf("deleted: got %v, want %v", err, fault.Denied)
		}
		_, err = r.Certificates.RegisterWithoutCA(t.Context(), east, kept.PEM, certificate.Active)
		r.must(err)
		if _, err := r.vend(t.Context(), request); !errors.Is(err, fault.Denied) {
			t.Errorf("registered again: got %v, want %v", err, fault.Denied)
		}
		attach()
		if err := r.Granted(t.Context(), s); !errors.Is(err, fault.Denied) {
			t.Errorf("registered and attached again: got %v, want %v", err, fault.Denied)
		}
		forged := *s
		forged.Generation = ""
		if err := r.Granted(t.Context(), &forged); !errors.Is(err, fault.Denied) {
			t.Errorf("a session of no registration: got %v, want %v", err, fault.Denied)
		}
	}
}
