package tag_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/internal/fault"
	"muster/internal/tag"
)

type tags = map[string]string

func many(n int) tags {
	all := tags{}
	for i := range n {
		all[fmt.Sprint("k", i)] = ""
	}
	return all
}

func TestPut(t *testing.T) {
	for _, tc := range []struct {
		name      string
		has, more tags
		want      tags
		err       error
	}{
		{"the first", nil, tags{"team": "field", "bare": ""}, tags{"team": "field", "bare": ""}, nil},
		{"none to none", nil, nil, tags{}, nil},
		{"beside others", tags{"a": "1"}, tags{"b": "2"}, tags{"a": "1", "b": "2"}, nil},
		{"in place of one", tags{"a": "1", "b": "2"}, tags{"a": "3"}, tags{"a": "3", "b": "2"}, nil},
		{"the longest", nil, tags{strings.Repeat("é", 128): strings.Repeat("é", 256)}, tags{strings.Repeat("é", 128): strings.Repeat("é", 256)}, nil},
		{"no key", nil, tags{"": "1"}, nil, fault.Invalid},
		{"a key too long", nil, tags{strings.Repeat("k", 129): ""}, nil, fault.Invalid},
		{"a value too long", nil, tags{"a": strings.Repeat("v", 257)}, nil, fault.Invalid},
		{"a reserved key", nil, tags{"aws:team": ""}, nil, fault.Invalid},
		{"a reserved key in capitals", nil, tags{"AWS:team": ""}, nil, fault.Invalid},
		{"keys that differ in case", nil, tags{"team": "1", "Team": "2"}, nil, fault.Invalid},
		{"a key kept in another case", tags{"team": "1"}, tags{"Team": "2"}, nil, fault.Invalid},
		{"as many as may be", many(49), tags{"a": ""}, tag.Drop(many(50), []string{"k49"}), nil},
		{"one too many", many(50), tags{"a": ""}, nil, fault.LimitExceeded},
		{"another value when there are as many as may be", many(50), tags{"k7": ""}, many(50), nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if tc.name == "as many as may be" {
				tc.want["a"] = ""
			}
			before := tag.Drop(tc.has, nil)
			got, err := tag.Put(tc.has, tc.more)
			if !errors.Is(err, tc.err) || !cmp.Equal(got, tc.want) {
				t.Errorf("got %v, %v, want %v, %v", got, err, tc.want, tc.err)
			}
			if !cmp.Equal(tc.has, before) {
				t.Errorf("what there was became %v", tc.has)
			}
		})
	}
}

func TestDrop(t *testing.T) {
	has := tags{"a": "1", "b": "2"}
	if got := tag.Drop(has, []string{"a", "c", "B"}); !cmp.Equal(got, tags{"b": "2"}) || len(has) != 2 {
		t.Errorf("got %v of %v", got, has)
	}
}
