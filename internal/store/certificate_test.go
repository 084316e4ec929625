package store_test

import (
	"testing"

	"muster/internal/arn"
	"muster/internal/store/storetest"
)

func TestCertificate(t *testing.T) {
	storetest.Certificate(t, func(t *testing.T) storetest.Certificates {
		db, _ := open(t)
		must := func(t *testing.T, query string, args ...any) {
			t.Helper()
			if err := db.Write(t.Context(), do(query, args...)); err != nil {
				t.Fatal(err)
			}
		}
		return storetest.Certificates{
			Store: db.Certificates(),
			AttachThing: func(t *testing.T, scope arn.Scope, principal arn.ARN) {
				must(t, `INSERT INTO thing (account, region, name, id, attributes, version, created) VALUES ($1, $2, 'pump-7', 'id', '{}', 1, 0)`, scope.Account, scope.Region)
				must(t, `INSERT INTO thing_principal (account, region, thing, principal, exclusive, created) VALUES ($1, $2, 'pump-7', $3, FALSE, 0)`, scope.Account, scope.Region, principal)
			},
			AttachPolicy: func(t *testing.T, scope arn.Scope, target arn.ARN) {
				must(t, `INSERT INTO iot_policy (account, region, name, id, default_version, last_version, created, modified) VALUES ($1, $2, 'p', 'id', 1, 1, 0, 0)`, scope.Account, scope.Region)
				must(t, `INSERT INTO iot_policy_target (account, region, policy, target, created) VALUES ($1, $2, 'p', $3, 0)`, scope.Account, scope.Region, target)
			},
		}
	})
}
