package store_test

import (
	"testing"

	"muster/internal/store/storetest"
)

func TestIoTPolicy(t *testing.T) {
	storetest.IoTPolicy(t, func(t *testing.T) storetest.IoTPolicies {
		db, x := open(t)
		return storetest.IoTPolicies{Store: db.IoTPolicies(), Certificates: db.Certificates(), Index: x}
	})
}
