package fault_test

import (
	"errors"
	"fmt"
	"testing"

	"muster/internal/fault"
)

func TestKindSurvivesWrapping(t *testing.T) {
	err := fmt.Errorf("attach principal: %w", fault.NotFound.Errorf("thing %q does not exist", "pump-7"))
	if !errors.Is(err, fault.NotFound) || errors.Is(err, fault.Denied) {
		t.Errorf("errors.Is does not find the kind of %v", err)
	}
	if got := fault.Of(err); got == nil || got.Message != `thing "pump-7" does not exist` {
		t.Errorf("Of: got %v", got)
	}
	if fault.Of(errors.New("disk full")) != nil {
		t.Error("an error without a kind has one")
	}
}
