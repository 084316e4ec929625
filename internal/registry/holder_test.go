package registry

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// What is held of a thing is the thing.
func TestHolderIsTheThing(t *testing.T) {
	made := time.UnixMilli(1_764_324_000_123).UTC()
	for _, want := range []Thing{
		{Name: "pump-7", ID: newID(), Version: 1, Created: made},
		{Name: "pump-7", ID: "0F14D0AB-9605-4A62-A9E4-5ED26688389B", Type: "pump", Version: 1 << 40, Created: time.UnixMilli(-5).UTC()},
		{Name: "pump-7", ID: "", Attributes: map[string]string{}},
		{Name: "pump-7", ID: "no UUID", Attributes: map[string]string{"a": "", "bb": "x,y", fmt.Sprintf("%0128d", 1): fmt.Sprintf("%0800d", 2)}, Created: made},
	} {
		if want.Created.IsZero() {
			want.Created = made
		}
		ids := []string{fmt.Sprintf("%064x", 1), fmt.Sprintf("%064x", 1<<40)}
		h := hold(want, ids)
		if got := h.thing(want.Name); !cmp.Equal(got, want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
		for _, id := range ids {
			if !h.has(id) {
				t.Errorf("%s is not on it", id)
			}
		}
		for _, id := range []string{"", "1", fmt.Sprintf("%064x", 2), ids[0][:62], ids[0] + "00", ids[0] + ids[1]} {
			if h.has(id) {
				t.Errorf("%q is on it", id)
			}
		}
		if none := hold(want, nil); none.has(ids[0]) || none.has("") {
			t.Error("a certificate is on a thing without any")
		}
	}
}
