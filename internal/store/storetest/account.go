package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/account"
	"muster/internal/fault"
)

// Account is what every keeper of accounts must pass. open answers an empty
// one that lasts as long as t.
func Account(t *testing.T, open func(t *testing.T) account.Store) {
	first := account.Account{
		ID:       "111111111111",
		Prefixes: account.Prefixes{Data: "a1", Credentials: "c1", Jobs: "j1", DeviceAdvisor: "d1"},
		Created:  time.UnixMilli(1_700_000_000_123).UTC(),
	}

	t.Run("what is kept first stays", func(t *testing.T) {
		s := open(t)
		kept, err := s.EnsureAccount(t.Context(), first)
		if err != nil || !cmp.Equal(kept, first) {
			t.Fatalf("EnsureAccount: got %+v, %v, want %+v", kept, err, first)
		}
		other := first
		other.Prefixes = account.Prefixes{Data: "a2", Credentials: "c2", Jobs: "j2", DeviceAdvisor: "d2"}
		if kept, err = s.EnsureAccount(t.Context(), other); err != nil || !cmp.Equal(kept, first) {
			t.Errorf("EnsureAccount again: got %+v, %v, want %+v", kept, err, first)
		}
	})

	t.Run("no two accounts share a prefix", func(t *testing.T) {
		s := open(t)
		if _, err := s.EnsureAccount(t.Context(), first); err != nil {
			t.Fatal(err)
		}
		for name, share := range map[string]func(*account.Prefixes){
			"data":           func(p *account.Prefixes) { p.Data = first.Prefixes.Data },
			"credentials":    func(p *account.Prefixes) { p.Credentials = first.Prefixes.Credentials },
			"jobs":           func(p *account.Prefixes) { p.Jobs = first.Prefixes.Jobs },
			"device advisor": func(p *account.Prefixes) { p.DeviceAdvisor = first.Prefixes.DeviceAdvisor },
		} {
			second := account.Account{ID: "222222222222", Prefixes: account.Prefixes{Data: "a2", Credentials: "c2", Jobs: "j2", DeviceAdvisor: "d2"}}
			share(&second.Prefixes)
			if _, err := s.EnsureAccount(t.Context(), second); !errors.Is(err, fault.AlreadyExists) {
				t.Errorf("%s: got %v, want %v", name, err, fault.AlreadyExists)
			}
		}
		all, err := s.Accounts(t.Context())
		if err != nil || !cmp.Equal(all, []account.Account{first}) {
			t.Errorf("Accounts: got %+v, %v, want the first only", all, err)
		}
	})

	t.Run("all accounts by id", func(t *testing.T) {
		s := open(t)
		zero := account.Account{ID: "000000000000", Prefixes: account.Prefixes{Data: "a0", Credentials: "c0", Jobs: "j0", DeviceAdvisor: "d0"}, Created: first.Created}
		for _, a := range []account.Account{first, zero} {
			if _, err := s.EnsureAccount(t.Context(), a); err != nil {
				t.Fatal(err)
			}
		}
		all, err := s.Accounts(t.Context())
		if want := []account.Account{zero, first}; err != nil || !cmp.Equal(all, want) {
			t.Errorf("Accounts: got %+v, %v, want %+v", all, err, want)
		}
	})
}
