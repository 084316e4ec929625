package store_test

import (
	"testing"

	"muster/internal/arn"
	"muster/internal/certificate"
	"muster/internal/store/storetest"
)

func TestRegistry(t *testing.T) {
	storetest.Registry(t, func(t *testing.T) storetest.Things {
		db, x := open(t)
		certify := func(t *testing.T, scope arn.Scope, id string) {
			t.Helper()
			cert := certificate.Certificate{ID: id, Scope: scope, Status: certificate.Active}
			if err := db.Certificates().InsertCertificate(t.Context(), cert); err != nil {
				t.Fatal(err)
			}
		}
		return storetest.Things{Store: db.Registry(), Index: x, Certify: certify}
	})
}
