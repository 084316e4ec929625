package account_test

import (
	"errors"
	"regexp"
	"testing"

	"muster/internal/account"
	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/index"
	"muster/internal/secret"
	"muster/internal/store/storetest"
)

const id = "000000000000"

var (
	east = arn.Scope{Account: id, Region: "us-east-1"}
	root = account.RootKey{Account: id, AccessKeyID: "AKIAROOT", Secret: secret.New("a root secret")}
)

func newStore(t testing.TB) account.Store {
	t.Helper()
	db := storetest.Open(t, t.TempDir(), index.New(1024))
	return db.Accounts()
}

func newAccounts(t testing.TB, place account.Place) (*account.Accounts, account.Account) {
	t.Helper()
	accounts := account.New(newStore(t), place, root)
	made, err := accounts.Ensure(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return accounts, made
}

func TestEnsure(t *testing.T) {
	kept := newStore(t)
	made, err := account.New(kept, account.Place{}, root).Ensure(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	for name, p := range map[string]struct{ prefix, form string }{
		"data":           {made.Prefixes.Data, `^a[a-z0-9]{13}$`},
		"credentials":    {made.Prefixes.Credentials, `^c[a-z0-9]{13}$`},
		"jobs":           {made.Prefixes.Jobs, `^[a-z0-9]{14}$`},
		"device advisor": {made.Prefixes.DeviceAdvisor, `^[a-z0-9]{14}$`},
	} {
		if !regexp.MustCompile(p.form).MatchString(p.prefix) {
			t.Errorf("the %s prefix is %q, want %s", name, p.prefix, p.form)
		}
	}
	again, err := account.New(kept, account.Place{}, root).Ensure(t.Context(), id)
	if err != nil || again != made {
		t.Errorf("after a restart: got %+v, %v, want %+v", again, err, made)
	}
	other, err := account.New(kept, account.Place{}, root).Ensure(t.Context(), "111111111111")
	if err != nil || other.Prefixes == made.Prefixes {
		t.Errorf("another account: got %+v, %v", other, err)
	}
	for _, bad := range []string{"", "12345678901", "1234567890123", "12345678901x"} {
		if _, err := account.New(kept, account.Place{}, root).Ensure(t.Context(), bad); !errors.Is(err, fault.Invalid) {
			t.Errorf("account id %q: got %v, want %v", bad, err, fault.Invalid)
		}
	}
}

func TestRootKey(t *testing.T) {
	accounts, _ := newAccounts(t, account.Place{})
	of, key, ok := accounts.RootKey("AKIAROOT")
	if !ok || of != id || !key.Equal(root.Secret) {
		t.Errorf("got %s, %v", of, ok)
	}
	for _, other := range []string{"", "AKIAROOT2", "akiaroot"} {
		if _, key, ok := accounts.RootKey(other); ok || !key.Empty() {
			t.Errorf("%q is taken for the root key", other)
		}
	}
	none := account.New(newStore(t), account.Place{}, account.RootKey{})
	if _, _, ok := none.RootKey(""); ok {
		t.Error("the empty key is taken for a root key that doesn't exist")
	}
}
