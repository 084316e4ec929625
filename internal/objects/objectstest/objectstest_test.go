package objectstest_test

import (
	"testing"

	"muster/internal/objects"
	"muster/internal/objects/objectstest"
)

// minPart makes parts small, and with them the tests fast.
const minPart = 20_000

func newModel() *objectstest.Model {
	m := objectstest.NewModel()
	m.MinPart = minPart
	return m
}

func TestModelKeepsItsPromises(t *testing.T) {
	objectstest.Run(t, func(*testing.T) objects.Keeper { return newModel() }, objectstest.Options{MinPart: minPart})
}

func TestModelWalksWithItself(t *testing.T) {
	for seed := range uint64(2) {
		objectstest.Random(t, newModel(), objectstest.Walk{Seed: seed, Steps: 2000, MinPart: minPart})
	}
}
