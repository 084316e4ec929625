package store_test

import (
	"testing"

	"muster/internal/account"
	"muster/internal/store/storetest"
)

func TestAccount(t *testing.T) {
	storetest.Account(t, func(t *testing.T) account.Store {
		db, _ := open(t)
		return db.Accounts()
	})
}
