package externals3_test
import ("testing";"muster/internal/externals3";"muster/internal/objects/objectstest")
func TestWalkZZ(t *testing.T) {
	objectstest.Random(t, externals3.New(muster(t), region, credential), objectstest.Walk{Seed: 3, Steps: 3000, MinPart: minPart})
}
