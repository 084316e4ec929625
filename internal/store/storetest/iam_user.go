package storetest

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/fault"
	"muster/internal/iam"
	"muster/internal/index"
	"muster/internal/page"
)

func aUser(name, id string) iam.User {
	return iam.User{
		Account: home, Path: "/team/", Name: name, ID: id, Tags: []iam.Tag{{Key: "a", Value: "b"}},
		Created: time.UnixMilli(1_700_000_000_123).UTC(),
	}
}

func aKey(id, user string) iam.SealedAccessKey {
	return iam.SealedAccessKey{
		AccessKey: iam.AccessKey{ID: id, Account: home, UserID: user, Active: true, Created: time.UnixMilli(1_700_000_000_456).UTC()},
		Sealed:    []byte{1, 0, 0xff},
	}
}

func iamUsers(t *testing.T, open func(t *testing.T) (iam.Store, *index.Index)) {
	t.Run("what is kept can be read", func(t *testing.T) {
		s, _ := open(t)
		want := iam.UserRecord{User: aUser("Ana", "AIDA1")}
		mustIAM(t, s.InsertUser(t.Context(), want.User, 10))
		if got, err := s.UserRecord(t.Context(), home, "Ana"); err != nil || !cmp.Equal(got, want) {
			t.Errorf("UserRecord: got %+v, %v, want %+v", got, err, want)
		}
		if got, err := s.UserRecordByID(t.Context(), home, "AIDA1"); err != nil || !cmp.Equal(got, want) {
			t.Errorf("UserRecordByID: got %+v, %v, want %+v", got, err, want)
		}
		for name, read := range map[string]func() error{
			"another name":    func() error { _, err := s.UserRecord(t.Context(), home, "Anas"); return err },
			"another case":    func() error { _, err := s.UserRecord(t.Context(), home, "ana"); return err },
			"another account": func() error { _, err := s.UserRecord(t.Context(), otherHome, "Ana"); return err },
			"another id":      func() error { _, err := s.UserRecordByID(t.Context(), home, "AIDA2"); return err },
			"id elsewhere":    func() error { _, err := s.UserRecordByID(t.Context(), otherHome, "AIDA1"); return err },
		} {
			failsIAM(t, name, read(), fault.NotFound)
		}
	})

	t.Run("a new name is one user's in any case", func(t *testing.T) {
		s, _ := open(t)
		mustIAM(t, s.InsertUser(t.Context(), aUser("Ana", "AIDA1"), 2))
		mustIAM(t, s.InsertUser(t.Context(), aUser("b", "AIDA2"), 2))
		rename := func(name string) func(*iam.User) error {
			return func(u *iam.User) error { u.Name = name; return nil }
		}
		_, err := s.ChangeUser(t.Context(), home, "b", rename("aNA"))
		failsIAM(t, "renamed to a taken name", err, fault.AlreadyExists)
		got, err := s.ChangeUser(t.Context(), home, "b", rename("B"))
		want := aUser("B", "AIDA2")
		if err != nil || !cmp.Equal(got, want) {
			t.Errorf("its own name in another case: got %+v, %v, want %+v", got, err, want)
		}
		_, err = s.ChangeUser(t.Context(), home, "b", rename("c"))
		failsIAM(t, "by the old name", err, fault.NotFound)
	})

	t.Run("a user keeps what it has under another name", func(t *testing.T) {
		s, _ := open(t)
		mustIAM(t, s.InsertUser(t.Context(), aUser("Ana", "AIDA1"), 10))
		mustIAM(t, s.PutInline(t.Context(), iam.UserNamed(home, "Ana"), iam.Inline{Name: "p", Document: "{}"}, agree))
		mustIAM(t, s.InsertAccessKey(t.Context(), aKey("AKIA1", "AIDA1"), agree))
		tags := []iam.Tag{{Key: "stage", Value: "öl & gas"}, {Key: "team"}}
		_, err := s.ChangeUser(t.Context(), home, "Ana", func(u *iam.User) error { u.Name, u.Path, u.Tags = "Anna", "/", tags; return nil })
		mustIAM(t, err)
		got, err := s.UserRecord(t.Context(), home, "Anna")
		if err != nil || got.Path != "/" || len(got.Inline) != 1 || !cmp.Equal(got.Tags, tags) {
			t.Errorf("got %+v, %v", got, err)
		}
		if same, err := s.UserRecordByID(t.Context(), home, "AIDA1"); err != nil || !cmp.Equal(same, got) {
			t.Errorf("by its id: got %+v, %v, want %+v", same, err, got)
		}
		no := errors.New("no")
		if _, err := s.ChangeUser(t.Context(), home, "Anna", func(u *iam.User) error { u.Name = "x"; return no }); err != no {
			t.Errorf("got %v, want the rule's own error", err)
		}
		_, err = s.UserRecord(t.Context(), home, "x")
		failsIAM(t, "a refused change", err, fault.NotFound)
	})

	t.Run("another name is published", func(t *testing.T) {
		s, x := open(t)
		mustIAM(t, s.InsertUser(t.Context(), aUser("Ana", "AIDA1"), 10))
		publishes(t, x, "rename", func() error {
			_, err := s.ChangeUser(t.Context(), home, "Ana", func(u *iam.User) error { u.Name = "Bea"; return nil })
			return err
		}, iam.UserKey(home, "AIDA1"))
	})

	t.Run("users come in pages by name", func(t *testing.T) {
		s, _ := open(t)
		for _, name := range []string{"c", "a", "b", "d"} {
			u := aUser(name, "AIDA"+name)
			if name == "b" {
				u.Path = "/else/"
			}
			mustIAM(t, s.InsertUser(t.Context(), u, 10))
		}
		first, err := s.Users(t.Context(), home, "/team/", page.Request{Limit: 2})
		mustIAM(t, err)
		last, err := s.Users(t.Context(), home, "/team/", page.Request{Limit: 2, Token: first.Next})
		mustIAM(t, err)
		var names []string
		for _, u := range append(first.Items, last.Items...) {
			names = append(names, u.Name)
		}
		if !cmp.Equal(names, []string{"a", "c", "d"}) || len(first.Items) != 2 || last.Next != "" {
			t.Errorf("got %v in pages of %d and %d", names, len(first.Items), len(last.Items))
		}
		if all, err := s.Users(t.Context(), home, "/", page.Request{Limit: 10}); err != nil || len(all.Items) != 4 {
			t.Errorf("under every path: got %d, %v", len(all.Items), err)
		}
		if none, err := s.Users(t.Context(), otherHome, "/", page.Request{Limit: 10}); err != nil || len(none.Items) != 0 {
			t.Errorf("in another account: got %d, %v", len(none.Items), err)
		}
	})

	t.Run("the rule of a deletion is shown the keys", func(t *testing.T) {
		s, _ := open(t)
		// A role's name can look like a user's id.
		mustIAM(t, s.InsertRole(t.Context(), aRole("AIDA1", "AROA1"), 10))
		mustIAM(t, s.InsertUser(t.Context(), aUser("Ana", "AIDA1"), 10))
		mustIAM(t, s.InsertAccessKey(t.Context(), aKey("AKIA1", "AIDA1"), agree))
		no := errors.New("no")
		for h, want := range map[iam.Holder]iam.Uses{iam.UserNamed(home, "Ana"): {Keys: 1}, iam.RoleNamed(home, "AIDA1"): {}} {
			if err := s.Delete(t.Context(), h, func(u iam.Uses) error {
				if u != want {
					t.Errorf("of %s the rule was shown %+v, want %+v", h, u, want)
				}
				return no
			}); err != no {
				t.Errorf("Delete: got %v, want the rule's own error", err)
			}
		}
		mustIAM(t, s.DeleteAccessKey(t.Context(), home, "Ana", "AKIA1"))
		mustIAM(t, s.Delete(t.Context(), iam.UserNamed(home, "Ana"), agree))
	})
}

func iamAccessKeys(t *testing.T, open func(t *testing.T) (iam.Store, *index.Index)) {
	prepare := func(t *testing.T) iam.Store {
		s, _ := open(t)
		mustIAM(t, s.InsertUser(t.Context(), aUser("Ana", "AIDA1"), 10))
		mustIAM(t, s.InsertUser(t.Context(), aUser("Bea", "AIDA2"), 10))
		mustIAM(t, s.InsertAccessKey(t.Context(), aKey("AKIA1", "AIDA1"), agree))
		return s
	}
	t.Run("a key is kept, changed and deleted", func(t *testing.T) {
		s := prepare(t)
		want := aKey("AKIA1", "AIDA1")
		if got, err := s.AccessKey(t.Context(), "AKIA1"); err != nil || !cmp.Equal(got, want) {
			t.Errorf("AccessKey: got %+v, %v, want %+v", got, err, want)
		}
		mustIAM(t, s.SetAccessKey(t.Context(), home, "Ana", "AKIA1", false))
		want.Active = false
		if got, err := s.AccessKeys(t.Context(), home, "AIDA1"); err != nil || !cmp.Equal(got, []iam.AccessKey{want.AccessKey}) {
			t.Errorf("AccessKeys: got %+v, %v, want %+v", got, err, want.AccessKey)
		}
		mustIAM(t, s.DeleteAccessKey(t.Context(), home, "Ana", "AKIA1"))
		_, err := s.AccessKey(t.Context(), "AKIA1")
		failsIAM(t, "AccessKey", err, fault.NotFound)
		failsIAM(t, "changed when gone", s.SetAccessKey(t.Context(), home, "Ana", "AKIA1", true), fault.NotFound)
		failsIAM(t, "deleted twice", s.DeleteAccessKey(t.Context(), home, "Ana", "AKIA1"), fault.NotFound)
	})
	t.Run("every change is published", func(t *testing.T) {
		s, x := open(t)
		key := iam.AccessKeyKey("AKIA1")
		mustIAM(t, s.InsertUser(t.Context(), aUser("Ana", "AIDA1"), 10))
		publishes(t, x, "insert", func() error { return s.InsertAccessKey(t.Context(), aKey("AKIA1", "AIDA1"), agree) }, key)
		publishes(t, x, "set", func() error { return s.SetAccessKey(t.Context(), home, "Ana", "AKIA1", false) }, key)
		publishes(t, x, "delete", func() error { return s.DeleteAccessKey(t.Context(), home, "Ana", "AKIA1") }, key)
	})
	t.Run("a key is its user's alone", func(t *testing.T) {
		s := prepare(t)
		failsIAM(t, "changed as another's", s.SetAccessKey(t.Context(), home, "Bea", "AKIA1", false), fault.NotFound)
		failsIAM(t, "deleted as another's", s.DeleteAccessKey(t.Context(), home, "Bea", "AKIA1"), fault.NotFound)
		failsIAM(t, "deleted as nobody's", s.DeleteAccessKey(t.Context(), home, "x", "AKIA1"), fault.NotFound)
		failsIAM(t, "deleted elsewhere", s.DeleteAccessKey(t.Context(), otherHome, "Ana", "AKIA1"), fault.NotFound)
		failsIAM(t, "made for nobody", s.InsertAccessKey(t.Context(), aKey("AKIA9", "AIDA9"), agree), fault.NotFound)
		if got, err := s.AccessKeys(t.Context(), home, "AIDA2"); err != nil || len(got) != 0 {
			t.Errorf("another's keys: got %v, %v", got, err)
		}
		if got, err := s.AccessKey(t.Context(), "AKIA1"); err != nil || !got.Active {
			t.Errorf("the key: got %+v, %v", got, err)
		}
	})
	t.Run("of many made at once no more than the rule allows", func(t *testing.T) {
		s := prepare(t)
		var made atomic.Int32
		var wg sync.WaitGroup
		for _, id := range []string{"AKIA2", "AKIA3", "AKIA4"} {
			wg.Go(func() {
				err := s.InsertAccessKey(t.Context(), aKey(id, "AIDA1"), func(others int) error {
					if others >= 2 {
						return fault.LimitExceeded.Errorf("two")
					}
					return nil
				})
				switch {
				case err == nil:
					made.Add(1)
				case !errors.Is(err, fault.LimitExceeded):
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if made.Load() != 1 {
			t.Errorf("%d were made beside the first", made.Load())
		}
	})
}
