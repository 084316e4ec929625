package store_test

import (
	"testing"

	"muster/internal/index"
	"muster/internal/rolealias"
	"muster/internal/store/storetest"
)

func TestRoleAlias(t *testing.T) {
	storetest.RoleAlias(t, func(t *testing.T) (rolealias.Store, *index.Index) {
		db, x := open(t)
		return db.RoleAliases(), x
	})
}
