package storetest

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/internal/fault"
	"muster/internal/index"
	"muster/internal/page"
	"muster/internal/registry"
)

func principals(t *testing.T, open func(t *testing.T) Things) {
	one, two := strings.Repeat("1", 64), strings.Repeat("2", 64)
	attach := func(t *testing.T, s Things, thing registry.Name, p registry.Principal, exclusive bool) {
		t.Helper()
		if err := s.Attach(t.Context(), things, registry.Attachment{Thing: thing, Principal: p, Exclusive: exclusive, Created: today}, anyEnds); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("the rule sees both ends", func(t *testing.T) {
		s := open(t)
		s.Certify(t, things, one)
		s.Certify(t, elsewhere[0], two)
		insertThing(t, s, things, thing("a"), thing("b"), thing("c"))
		attach(t, s, "a", certificateARN(things, one), true)
		attach(t, s, "b", "us-east-1:0001", false)
		insertThing(t, s, elsewhere[0], thing("c"))
		for _, tc := range []struct {
			name      string
			thing     registry.Name
			principal registry.Principal
			want      registry.Ends
		}{
			{"nothing is there", "no", certificateARN(things, two), registry.Ends{}},
			{"the certificate of another region", "a", certificateARN(elsewhere[0], two), registry.Ends{Thing: true, Held: 1}},
			{"a certificate on another thing, exclusively", "c", certificateARN(things, one), registry.Ends{Thing: true, Certificate: true, Elsewhere: true, Bound: true}},
			{"an identity on another thing", "c", "us-east-1:0001", registry.Ends{Thing: true, Elsewhere: true}},
			{"attached", "a", certificateARN(things, one), registry.Ends{Thing: true, Certificate: true, Held: 1,
				Here: &registry.Attachment{Thing: "a", Principal: certificateARN(things, one), Exclusive: true, Created: today}}},
		} {
			t.Run(tc.name, func(t *testing.T) {
				seen := 0
				rule := func(got registry.Ends) error {
					seen++
					if diff := cmp.Diff(tc.want, got); diff != "" {
						t.Errorf("the rule got (-want +got):\n%s", diff)
					}
					return errRule
				}
				if err := s.Attach(t.Context(), things, registry.Attachment{Thing: tc.thing, Principal: tc.principal}, rule); err != errRule {
					t.Errorf("Attach: got %v, want %v", err, errRule)
				}
				if err := s.Detach(t.Context(), things, tc.thing, tc.principal, rule); err != errRule {
					t.Errorf("Detach: got %v, want %v", err, errRule)
				}
				if seen != 2 {
					t.Errorf("the rule was asked %d times, want 2", seen)
				}
			})
		}
	})
	t.Run("attached once, listed by page, detached", func(t *testing.T) {
		s := open(t)
		insertThing(t, s, things, thing("a"))
		for _, p := range []registry.Principal{"us-east-1:02", "us-east-1:01", "us-east-1:03", "us-east-1:01"} {
			attach(t, s, "a", p, false)
		}
		list := func() string {
			return pages(t, func(p page.Request) (page.Page[registry.Attachment], error) {
				return s.Attachments(t.Context(), things, "a", registry.AnyType, p)
			}, 2, func(a registry.Attachment) string { return string(a.Principal) })
		}
		if got, want := list(), "us-east-1:01 us-east-1:02|us-east-1:03"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		for range 2 {
			if err := s.Detach(t.Context(), things, "a", "us-east-1:02", anyEnds); err != nil {
				t.Fatal(err)
			}
		}
		if got, want := list(), "us-east-1:01 us-east-1:03"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if _, err := s.Attachments(t.Context(), things, "no", registry.AnyType, page.Request{Limit: 1}); !errors.Is(err, fault.NotFound) {
			t.Errorf("of no thing: got %v, want %v", err, fault.NotFound)
		}
	})
	t.Run("the things of a principal, by page", func(t *testing.T) {
		s := open(t)
		s.Certify(t, things, one)
		insertThing(t, s, things, thing("a"), thing("b"), thing("c"), thing("d"))
		insertThing(t, s, elsewhere[0], thing("e"))
		for _, name := range []registry.Name{"c", "a", "d"} {
			attach(t, s, name, certificateARN(things, one), false)
		}
		attach(t, s, "b", "us-east-1:01", false)
		for p, want := range map[registry.Principal]string{certificateARN(things, one): "a c|d", "us-east-1:01": "b", "us-east-1:02": ""} {
			got := pages(t, func(r page.Request) (page.Page[registry.Attachment], error) {
				return s.ThingsOf(t.Context(), things, p, registry.AnyType, r)
			}, 2, func(a registry.Attachment) string { return string(a.Thing) })
			if got != want {
				t.Errorf("of %s: got %q, want %q", p, got, want)
			}
		}
		for _, p := range []registry.Principal{certificateARN(things, two), certificateARN(elsewhere[0], one)} {
			if _, err := s.ThingsOf(t.Context(), things, p, registry.AnyType, page.Request{Limit: 1}); !errors.Is(err, fault.NotFound) {
				t.Errorf("of %s: got %v, want %v", p, err, fault.NotFound)
			}
		}
		if got, err := s.ThingsOf(t.Context(), elsewhere[0], "us-east-1:01", registry.AnyType, page.Request{Limit: 1}); err != nil || len(got.Items) != 0 {
			t.Errorf("in another region: got %v, %v", got.Items, err)
		}
	})
	t.Run("those of a type, by page", func(t *testing.T) {
		s := open(t)
		s.Certify(t, things, one)
		insertThing(t, s, things, thing("a"), thing("b"), thing("c"), thing("d"), thing("e"))
		cert := certificateARN(things, one)
		for i, name := range []registry.Name{"a", "b", "c", "d", "e"} {
			attach(t, s, name, cert, i%2 == 0) // what the room would not allow
		}
		for i, p := range []registry.Principal{"us-east-1:01", "us-east-1:02", "us-east-1:03", "us-east-1:04"} {
			attach(t, s, "a", p, i%2 == 1)
		}
		for of, want := range map[registry.PrincipalType][2]string{
			registry.AnyType:           {"a b|c d|e", string(cert) + " us-east-1:01|us-east-1:02 us-east-1:03|us-east-1:04"},
			registry.ExclusiveThing:    {"a c|e", string(cert) + " us-east-1:02|us-east-1:04"},
			registry.NonExclusiveThing: {"b d", "us-east-1:01 us-east-1:03"},
		} {
			if got := pages(t, func(r page.Request) (page.Page[registry.Attachment], error) {
				return s.ThingsOf(t.Context(), things, cert, of, r)
			}, 2, func(a registry.Attachment) string { return string(a.Thing) }); got != want[0] {
				t.Errorf("things, %q: got %q, want %q", of, got, want[0])
			}
			if got := pages(t, func(r page.Request) (page.Page[registry.Attachment], error) {
				return s.Attachments(t.Context(), things, "a", of, r)
			}, 2, func(a registry.Attachment) string { return string(a.Principal) }); got != want[1] {
				t.Errorf("principals, %q: got %q, want %q", of, got, want[1])
			}
		}
		all, err := s.ThingsOf(t.Context(), things, cert, registry.ExclusiveThing, page.Request{Limit: 1})
		if want := (registry.Attachment{Thing: "a", Principal: cert, Exclusive: true, Created: today}); err != nil || len(all.Items) != 1 || !cmp.Equal(all.Items[0], want) {
			t.Errorf("got %v, %v, want %v", all.Items, err, want)
		}
	})
	t.Run("a thing with all it holds", func(t *testing.T) {
		s := open(t)
		if _, _, err := s.Holder(t.Context(), things, "a"); !errors.Is(err, fault.NotFound) {
			t.Errorf("no thing: got %v, want %v", err, fault.NotFound)
		}
		insertThing(t, s, things, thing("a"))
		if th, held, err := s.Holder(t.Context(), things, "a"); err != nil || !cmp.Equal(th, thing("a")) || len(held) != 0 {
			t.Errorf("without principals: got %+v %v, %v", th, held, err)
		}
		attach(t, s, "a", "us-east-1:02", false)
		attach(t, s, "a", "us-east-1:01", true)
		want := []registry.Attachment{
			{Thing: "a", Principal: "us-east-1:01", Exclusive: true, Created: today},
			{Thing: "a", Principal: "us-east-1:02", Created: today},
		}
		if th, held, err := s.Holder(t.Context(), things, "a"); err != nil || !cmp.Equal(th, thing("a")) || !cmp.Equal(held, want) {
			t.Errorf("got %+v %v, %v, want %v", th, held, err, want)
		}
		if err := s.DeleteThing(t.Context(), things, "a", anyThing); err == nil {
			t.Error("a thing was deleted from under its principals")
		}
	})
	t.Run("every change is published, and nothing else", func(t *testing.T) {
		s := open(t)
		key := registry.Key(things, "a")
		var reads atomic.Int64
		published := func() bool {
			before := reads.Load()
			index.Get(t.Context(), s.Index, key, func(context.Context) (int64, error) { return reads.Add(1), nil })
			return reads.Load() > before
		}
		p := registry.Principal("us-east-1:01")
		for _, step := range []struct {
			name string
			do   func() error
			want bool
		}{
			{"at first", func() error { return nil }, true},
			{"nothing", func() error { return nil }, false},
			{"create", func() error { _, err := s.InsertThing(t.Context(), things, thing("a"), anyType); return err }, true},
			{"create again", func() error { _, err := s.InsertThing(t.Context(), things, thing("a"), anyType); return err }, false},
			{"attach", func() error {
				return s.Attach(t.Context(), things, registry.Attachment{Thing: "a", Principal: p}, anyEnds)
			}, true},
			{"attach again", func() error {
				return s.Attach(t.Context(), things, registry.Attachment{Thing: "a", Principal: p}, anyEnds)
			}, false},
			{"detach", func() error { return s.Detach(t.Context(), things, "a", p, anyEnds) }, true},
			{"change", func() error {
				return s.ChangeThing(t.Context(), things, "a", "", func(*registry.Thing, *registry.Type) error { return nil })
			}, true},
			{"change refused", func() error {
				s.ChangeThing(t.Context(), things, "a", "", func(*registry.Thing, *registry.Type) error { return errRule })
				return nil
			}, false},
			{"delete", func() error { return s.DeleteThing(t.Context(), things, "a", anyThing) }, true},
		} {
			if err := step.do(); err != nil {
				t.Fatalf("%s: %v", step.name, err)
			}
			if got := published(); got != step.want {
				t.Errorf("%s: published %v, want %v", step.name, got, step.want)
			}
		}
	})
}
