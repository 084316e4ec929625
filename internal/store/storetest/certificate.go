package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/arn"
	"muster/internal/certificate"
	"muster/internal/fault"
	"muster/internal/page"
)

// Certificates is an empty keeper of certificates, and the means to hang
// something on one.
type Certificates struct {
	certificate.Store
	AttachThing  func(t *testing.T, scope arn.Scope, principal arn.ARN)
	AttachPolicy func(t *testing.T, scope arn.Scope, target arn.ARN)
}

var (
	certEast = arn.Scope{Account: "111111111111", Region: "us-east-1"}
	certWest = arn.Scope{Account: "111111111111", Region: "us-west-2"}
)

func aCertificate(scope arn.Scope, id string, minute int) certificate.Certificate {
	created := time.Date(2026, 7, 1, 12, minute, 0, 123_000_000, time.UTC)
	return certificate.Certificate{
		ID: id, Scope: scope, PEM: "the PEM of " + id, Status: certificate.Active, Mode: certificate.Default,
		Generation: "generation of " + id, Version: 1,
		NotBefore: created.Add(-time.Minute), NotAfter: time.Date(2049, 12, 31, 23, 59, 59, 0, time.UTC),
		Created: created, Modified: created,
	}
}

// Certificate is what every keeper of certificates must pass. open answers an
// empty one that lasts as long as t.
func Certificate(t *testing.T, open func(t *testing.T) Certificates) {
	insert := func(t *testing.T, s certificate.Store, all ...certificate.Certificate) {
		t.Helper()
		for _, c := range all {
			if err := s.InsertCertificate(t.Context(), c); err != nil {
				t.Fatal(err)
			}
		}
	}

	t.Run("what is kept is found again, in its scope only", func(t *testing.T) {
		s := open(t)
		want := aCertificate(certEast, "aa", 1)
		insert(t, s, want)
		got, err := s.Certificate(t.Context(), certEast, "aa")
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("Certificate: %v %s", err, diff)
		}
		for _, scope := range []arn.Scope{certWest, {Account: "222222222222", Region: "us-east-1"}} {
			if _, err := s.Certificate(t.Context(), scope, "aa"); !errors.Is(err, fault.NotFound) {
				t.Errorf("Certificate in %v: got %v, want %v", scope, err, fault.NotFound)
			}
		}
	})

	t.Run("dates before, at and long after the epoch", func(t *testing.T) {
		s := open(t)
		for i, at := range []time.Time{time.Date(1950, 1, 1, 0, 0, 0, 0, time.UTC), time.Unix(0, 0).UTC(), time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)} {
			want := aCertificate(certEast, fmt.Sprint("a", i), 1)
			want.NotBefore, want.NotAfter = at, at
			insert(t, s, want)
			if got, err := s.Certificate(t.Context(), certEast, want.ID); err != nil || !cmp.Equal(got, want) {
				t.Errorf("Certificate of %v: %v\n%s", at, err, cmp.Diff(want, got))
			}
		}
	})

	t.Run("registered twice in one scope", func(t *testing.T) {
		s := open(t)
		insert(t, s, aCertificate(certEast, "aa", 1))
		err := s.InsertCertificate(t.Context(), aCertificate(certEast, "aa", 2))
		if !errors.Is(err, fault.AlreadyExists) || fault.Of(err).Fields["resourceId"] != "aa" {
			t.Errorf("InsertCertificate: got %v, want %v with its resourceId", err, fault.AlreadyExists)
		}
	})

	t.Run("registrations in every scope, in order", func(t *testing.T) {
		s := open(t)
		east, west := aCertificate(certEast, "aa", 2), aCertificate(certWest, "aa", 1)
		insert(t, s, west, east, aCertificate(certEast, "bb", 1))
		got, err := s.Registrations(t.Context(), "aa")
		if diff := cmp.Diff([]certificate.Certificate{east, west}, got); err != nil || diff != "" {
			t.Errorf("Registrations: %v %s", err, diff)
		}
		if got, err := s.Registrations(t.Context(), "cc"); err != nil || len(got) != 0 {
			t.Errorf("Registrations of an unknown one: got %v, %v", got, err)
		}
	})

	t.Run("pages in the order of creation, both ways", func(t *testing.T) {
		s := open(t)
		// Two of one moment are told apart by their ids.
		insert(t, s, aCertificate(certEast, "cc", 1), aCertificate(certEast, "aa", 2), aCertificate(certEast, "bb", 2),
			aCertificate(certEast, "dd", 3), aCertificate(certWest, "ee", 2))
		list := func(p page.Request) (page.Page[certificate.Certificate], error) {
			return s.Certificates(t.Context(), certEast, p)
		}
		expectPagesBothWays(t, []string{"cc", "aa", "bb", "dd"}, func(c certificate.Certificate) string { return c.ID }, list)
		expectTokensRefused(t, list, "x", page.Token("a"), page.Token("a", "b"))
	})

	t.Run("a change is kept, a refused one is not", func(t *testing.T) {
		s := open(t)
		insert(t, s, aCertificate(certEast, "aa", 1), aCertificate(certWest, "aa", 1))
		refusal := fault.WrongState.Errorf("no")
		_, err := s.ChangeCertificate(t.Context(), certEast, "aa", func(c *certificate.Certificate) error {
			c.Status = certificate.Revoked
			return refusal
		})
		if err != error(refusal) {
			t.Errorf("refused change: got %v, want the refusal itself", err)
		}
		want := aCertificate(certEast, "aa", 1)
		if got, _ := s.Certificate(t.Context(), certEast, "aa"); !cmp.Equal(got, want) {
			t.Errorf("after a refused change: got %+v", got)
		}
		want.Status, want.Version, want.Modified = certificate.Revoked, 2, want.Modified.Add(time.Hour)
		got, err := s.ChangeCertificate(t.Context(), certEast, "aa", func(c *certificate.Certificate) error {
			*c = want
			return nil
		})
		kept, _ := s.Certificate(t.Context(), certEast, "aa")
		if err != nil || !cmp.Equal(got, want) || !cmp.Equal(kept, want) {
			t.Errorf("ChangeCertificate: got %+v, kept %+v, %v", got, kept, err)
		}
		if other, _ := s.Certificate(t.Context(), certWest, "aa"); other.Status != certificate.Active {
			t.Errorf("the registration elsewhere is now %s", other.Status)
		}
		_, err = s.ChangeCertificate(t.Context(), certEast, "bb", func(*certificate.Certificate) error { return nil })
		if !errors.Is(err, fault.NotFound) {
			t.Errorf("change of an unknown one: got %v, want %v", err, fault.NotFound)
		}
	})

	t.Run("the rule of deletion sees the uses", func(t *testing.T) {
		for _, tc := range []struct {
			name   string
			attach func(s Certificates)
			want   certificate.Uses
		}{
			{"none", func(Certificates) {}, certificate.Uses{}},
			{"a thing", func(s Certificates) { s.AttachThing(t, certEast, certEast.Certificate("aa")) }, certificate.Uses{Things: true}},
			{"a policy", func(s Certificates) { s.AttachPolicy(t, certEast, certEast.Certificate("aa")) }, certificate.Uses{Policies: true}},
			{"those of another certificate", func(s Certificates) {
				s.AttachThing(t, certEast, certEast.Certificate("bb"))
				s.AttachPolicy(t, certEast, certEast.Certificate("bb"))
			}, certificate.Uses{}},
			{"those of another region", func(s Certificates) {
				s.AttachThing(t, certWest, certWest.Certificate("aa"))
				s.AttachPolicy(t, certWest, certWest.Certificate("aa"))
			}, certificate.Uses{}},
		} {
			s := open(t)
			insert(t, s, aCertificate(certEast, "aa", 1))
			tc.attach(s)
			refusal := fault.InUse.Errorf("no")
			_, err := s.DeleteCertificate(t.Context(), certEast, "aa", func(c certificate.Certificate, uses certificate.Uses) error {
				if uses != tc.want || !cmp.Equal(c, aCertificate(certEast, "aa", 1)) {
					t.Errorf("%s: the rule got %+v and %+v, want %+v", tc.name, uses, c, tc.want)
				}
				return refusal
			})
			if err != error(refusal) {
				t.Errorf("%s: got %v, want the refusal itself", tc.name, err)
			}
			if _, err := s.Certificate(t.Context(), certEast, "aa"); err != nil {
				t.Errorf("%s: after a refused deletion: %v", tc.name, err)
			}
		}
	})

	t.Run("deletion takes the attachments of policies with it", func(t *testing.T) {
		s := open(t)
		may := func(_ certificate.Certificate, uses certificate.Uses) error {
			if uses.Policies {
				return nil
			}
			return errors.New("no policy")
		}
		insert(t, s, aCertificate(certEast, "aa", 1), aCertificate(certWest, "aa", 1))
		s.AttachPolicy(t, certEast, certEast.Certificate("aa"))
		if c, err := s.DeleteCertificate(t.Context(), certEast, "aa", may); err != nil || c.ID != "aa" {
			t.Fatalf("DeleteCertificate: got %+v, %v", c, err)
		}
		if _, err := s.DeleteCertificate(t.Context(), certEast, "aa", may); !errors.Is(err, fault.NotFound) {
			t.Errorf("deleted twice: got %v, want %v", err, fault.NotFound)
		}
		if _, err := s.Certificate(t.Context(), certWest, "aa"); err != nil {
			t.Errorf("the registration elsewhere: %v", err)
		}
		insert(t, s, aCertificate(certEast, "aa", 1))
		if _, err := s.DeleteCertificate(t.Context(), certEast, "aa", may); err == nil {
			t.Error("registered anew, the certificate has its old policy")
		}
	})
}
