package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/iam"
	"muster/internal/index"
)

func iamUses(t *testing.T, open func(t *testing.T) (iam.Store, *index.Index)) {
	key := iam.Signer{Kind: iam.AUser, Account: home, ID: "AKIA1"}
	role := iam.Signer{Kind: iam.ARole, Account: home, ID: "AROA1"}
	at := func(second int, service string) iam.Use {
		return iam.Use{At: time.Unix(1_700_000_000+int64(second), 0).UTC(), Place: iam.Place{Service: service, Region: "eu-north-1"}}
	}
	prepare := func(t *testing.T) (iam.Store, *index.Index) {
		s, x := open(t)
		mustIAM(t, s.InsertRole(t.Context(), aRole("Fleet", "AROA1"), 10))
		mustIAM(t, s.InsertUser(t.Context(), aUser("Ana", "AIDA1"), 10))
		mustIAM(t, s.InsertAccessKey(t.Context(), aKey("AKIA1", "AIDA1"), agree))
		return s, x
	}
	last := func(t *testing.T, s iam.Store, of iam.Signer, want iam.Use) {
		t.Helper()
		if got, err := s.LastUse(t.Context(), of); err != nil || got != want {
			t.Errorf("the last use of %s: got %+v, %v, want %+v", of.ID, got, err, want)
		}
	}

	t.Run("what was never used has no use", func(t *testing.T) {
		s, _ := prepare(t)
		last(t, s, key, iam.Use{})
		last(t, s, role, iam.Use{})
	})

	t.Run("the latest use of each counts", func(t *testing.T) {
		s, _ := prepare(t)
		mustIAM(t, s.KeepUses(t.Context(), map[iam.Signer]iam.Use{key: at(5, "iot"), role: at(7, "s3")}))
		last(t, s, key, at(5, "iot"))
		last(t, s, role, at(7, "s3"))
		mustIAM(t, s.KeepUses(t.Context(), map[iam.Signer]iam.Use{key: at(4, "sts"), role: at(8, "sts")}))
		last(t, s, key, at(5, "iot"))
		last(t, s, role, at(8, "sts"))
		mustIAM(t, s.KeepUses(t.Context(), map[iam.Signer]iam.Use{key: at(5, "s3")}))
		last(t, s, key, at(5, "s3")) // of the same second: the one that is told later
		last(t, s, role, at(8, "sts"))
	})

	t.Run("a use changes nothing else", func(t *testing.T) {
		s, _ := prepare(t)
		mustIAM(t, s.KeepUses(t.Context(), map[iam.Signer]iam.Use{key: at(1, "iot"), role: at(1, "iot")}))
		if got, err := s.RoleRecord(t.Context(), home, "Fleet"); err != nil || !cmp.Equal(got.Role, aRole("Fleet", "AROA1")) {
			t.Errorf("RoleRecord: got %+v, %v", got, err)
		}
		if got, err := s.AccessKey(t.Context(), "AKIA1"); err != nil || !cmp.Equal(got, aKey("AKIA1", "AIDA1")) {
			t.Errorf("AccessKey: got %+v, %v", got, err)
		}
		_, err := s.ChangeRole(t.Context(), home, "Fleet", func(r *iam.Role) error { r.Description = "else"; return nil })
		mustIAM(t, err)
		mustIAM(t, s.SetAccessKey(t.Context(), home, "Ana", "AKIA1", false))
		last(t, s, key, at(1, "iot"))
		last(t, s, role, at(1, "iot"))
	})

	t.Run("no use is published", func(t *testing.T) {
		s, x := prepare(t)
		for i, k := range []index.Key{iam.AccessKeyKey("AKIA1"), iam.UserKey(home, "AIDA1"), iam.RoleKey(home, "Fleet"), iam.RoleIDKey(home, "AROA1")} {
			// What was being read while uses were kept stays, and so does what was read.
			for _, when := range []string{"during", "after"} {
				got, err := index.Get(t.Context(), x, k, func(context.Context) (string, error) {
					return when, s.KeepUses(t.Context(), map[iam.Signer]iam.Use{key: at(i, "iot"), role: at(i, "iot")})
				})
				if err != nil || got != "during" {
					t.Errorf("%v was read again %s the write: %v", k, when, err)
				}
				mustIAM(t, s.KeepUses(t.Context(), map[iam.Signer]iam.Use{key: at(i, "s3"), role: at(i, "s3")}))
			}
			last(t, s, key, at(i, "s3"))
		}
	})

	t.Run("uses of what is gone, or elsewhere, are passed over", func(t *testing.T) {
		s, _ := prepare(t)
		elsewhere := iam.Signer{Kind: iam.ARole, Account: otherHome, ID: "AROA1"}
		gone := iam.Signer{Kind: iam.ARole, Account: home, ID: "AROA2"}
		mustIAM(t, s.InsertRole(t.Context(), aRole("Old", gone.ID), 10))
		mustIAM(t, s.KeepUses(t.Context(), map[iam.Signer]iam.Use{gone: at(1, "iot")}))
		mustIAM(t, s.Delete(t.Context(), iam.RoleNamed(home, "Old"), agree))
		mustIAM(t, s.DeleteAccessKey(t.Context(), home, "Ana", "AKIA1"))
		mustIAM(t, s.KeepUses(t.Context(), map[iam.Signer]iam.Use{
			elsewhere: at(9, "s3"), gone: at(9, "s3"), key: at(9, "s3"), {Kind: iam.AUser, Account: home, ID: "AROA1"}: at(9, "s3"),
		}))
		last(t, s, role, iam.Use{})
		for _, none := range []iam.Signer{elsewhere, gone, key} {
			last(t, s, none, iam.Use{})
		}
		mustIAM(t, s.InsertRole(t.Context(), aRole("Old", "AROA3"), 10))
		last(t, s, iam.Signer{Kind: iam.ARole, Account: home, ID: "AROA3"}, iam.Use{})
	})

	t.Run("many are kept at once, or none", func(t *testing.T) {
		const n = 60
		s, _ := open(t)
		uses := map[iam.Signer]iam.Use{}
		for i := range n {
			id := fmt.Sprintf("AROA%d", i)
			mustIAM(t, s.InsertRole(t.Context(), aRole("role-"+id, id), n))
			uses[iam.Signer{Kind: iam.ARole, Account: home, ID: id}] = at(i, "iot")
		}
		mustIAM(t, s.KeepUses(t.Context(), uses))
		for of, want := range uses {
			last(t, s, of, want)
		}
		later := map[iam.Signer]iam.Use{{Kind: "Nobody", Account: home, ID: "x"}: at(1, "s3")}
		for of := range uses {
			later[of] = at(n, "s3")
		}
		if err := s.KeepUses(t.Context(), later); err == nil {
			t.Error("a use of no kind was kept")
		}
		for of, want := range uses {
			last(t, s, of, want)
		}
	})
}
