package store_test

import (
	"testing"

	"muster/internal/iam"
	"muster/internal/index"
	"muster/internal/store/storetest"
	"muster/internal/sts"
)

func TestIAM(t *testing.T) {
	storetest.IAM(t, func(t *testing.T) (iam.Store, *index.Index) {
		db, x := open(t)
		return db.IAM(), x
	})
}

func TestSTS(t *testing.T) {
	storetest.STS(t, func(t *testing.T) sts.Store {
		db, _ := open(t)
		return db.STS()
	})
}
