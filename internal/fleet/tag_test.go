package fleet_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/internal/fault"
	"muster/internal/fleet"
)

func TestTags(t *testing.T) {
	full := map[string]string{}
	for i := range fleet.MaxTags {
		full[fmt.Sprintf("key-%d", i)] = "x"
	}
	for _, device := range []string{"", "pump-1"} {
		h := newFleet(t, "pump-1", "pump-2")
		for _, tc := range []struct {
			name string
			tags map[string]string
			want error
			all  map[string]string
		}{
			{"the first", map[string]string{"team": "field", "a": ""}, nil, map[string]string{"team": "field", "a": ""}},
			{"one more and one anew", map[string]string{"team": "meadow", "b": "1"}, nil, map[string]string{"team": "meadow", "a": "", "b": "1"}},
			{"none", nil, nil, map[string]string{"team": "meadow", "a": "", "b": "1"}},
			{"a key in other letters", map[string]string{"Team": "field"}, fault.Invalid, map[string]string{"team": "meadow", "a": "", "b": "1"}},
			{"too many with those that are there", full, fault.LimitExceeded, map[string]string{"team": "meadow", "a": "", "b": "1"}},
		} {
			all, err := h.fleets.Tag(t.Context(), scope, "field-east", device, tc.tags)
			if !errors.Is(err, tc.want) || err == nil && !cmp.Equal(all, tc.all) {
				t.Errorf("%s: got %v, %v, want %v, %v", tc.name, all, err, tc.all, tc.want)
			}
			if got, err := h.fleets.Tags(t.Context(), scope, "field-east", device); err != nil || !cmp.Equal(got, tc.all) {
				t.Errorf("%s, afterwards: got %v, %v, want %v", tc.name, got, err, tc.all)
			}
		}
		if err := h.fleets.Untag(t.Context(), scope, "field-east", device, []string{"team", "b", "nothing"}); err != nil {
			t.Fatal(err)
		}
		if got, err := h.fleets.Tags(t.Context(), scope, "field-east", device); err != nil || !cmp.Equal(got, map[string]string{"a": ""}) {
			t.Errorf("untagged: got %v, %v", got, err)
		}
		for _, beside := range []string{"", "pump-1", "pump-2"} {
			if got, err := h.fleets.Tags(t.Context(), scope, "field-east", beside); beside != device && (err != nil || len(got) != 0) {
				t.Errorf("the tags of %q beside %q: got %v, %v, want none", beside, device, got, err)
			}
		}
	}
}

func TestTagsOfWhatIsNotThere(t *testing.T) {
	h := newFleet(t, "pump-1")
	for _, tc := range []struct{ fleet, device, says string }{
		{"meadow", "", "No devicefleet with name meadow"},
		{"meadow", "pump-1", "No device fleet with name meadow"},
		{"field-east", "pump-9", "No device with name pump-9"},
	} {
		_, listed := h.fleets.Tags(t.Context(), scope, tc.fleet, tc.device)
		_, tagged := h.fleets.Tag(t.Context(), scope, tc.fleet, tc.device, map[string]string{"a": "b"})
		untagged := h.fleets.Untag(t.Context(), scope, tc.fleet, tc.device, []string{"a"})
		for name, err := range map[string]error{"Tags": listed, "Tag": tagged, "Untag": untagged} {
			if !errors.Is(err, fault.NotFound) || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("%s of %s/%s: got %v, want %q", name, tc.fleet, tc.device, err, tc.says)
			}
		}
	}
}
