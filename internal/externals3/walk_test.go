package externals3_test

import (
	"testing"

	"muster/internal/externals3"
	"muster/internal/objects/objectstest"
)

// Random operations over the wire of another Muster come to what the model says.
func TestWalk(t *testing.T) {
	seeds := 1
	if objectstest.Night() {
		seeds = 50
	}
	for seed := range uint64(seeds) {
		objectstest.Random(t, externals3.New(muster(t), region, credential), objectstest.Walk{Seed: seed, Steps: 1500, MinPart: minPart, Wire: true})
	}
}
