package store_test

import (
	"testing"

	"muster/internal/store/storetest"
)

func TestFleet(t *testing.T) {
	storetest.Fleet(t, func(t *testing.T) storetest.FleetStores {
		db, x := open(t)
		return storetest.FleetStores{Fleets: db.Fleets(), Aliases: db.RoleAliases(), Index: x}
	})
}
