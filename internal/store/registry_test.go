package store_test

import (
	"testing"

	"muster/internal/arn"
	"muster/internal/store/storetest"
)

func TestRegistry(t *testing.T) {
	storetest.Registry(t, func(t *testing.T) storetest.Things {
		db, x := open(t)
		certify := func(t *testing.T, scope arn.Scope, id string) {
			t.Helper()
			err := db.Write(t.Context(), do(`INSERT INTO certificate (account, region, id, pem, status, mode, generation, version, not_before, not_after, created, modified)
				VALUES ($1, $2, $3, '', 'ACTIVE', 'DEFAULT', '', 1, 0, 0, 0, 0)`, scope.Account, scope.Region, id))
			if err != nil {
				t.Fatal(err)
			}
		}
		return storetest.Things{Store: db.Registry(), Index: x, Certify: certify}
	})
}
