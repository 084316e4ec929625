package page_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/internal/fault"
	"muster/internal/page"
)

func TestKeyGivesBackWhatTokenTook(t *testing.T) {
	got, err := page.Key(page.Token("1700000000000", "pump-7"), 2)
	if err != nil || !cmp.Equal(got, []string{"1700000000000", "pump-7"}) {
		t.Errorf("got %q, %v", got, err)
	}
	for name, token := range map[string]string{
		"not base64": "%%%", "another length": page.Token("a"), "not a token": "AAAA",
	} {
		if _, err := page.Key(token, 2); !errors.Is(err, fault.Invalid) {
			t.Errorf("%s: got %v, want %v", name, err, fault.Invalid)
		}
	}
}

func TestCut(t *testing.T) {
	key := func(s string) []string { return []string{s} }
	full := page.Cut([]string{"a", "b", "c"}, 2, key)
	if !cmp.Equal(full.Items, []string{"a", "b"}) || full.Next != page.Token("b") {
		t.Errorf("got %v", full)
	}
	last := page.Cut([]string{"a", "b"}, 2, key)
	if len(last.Items) != 2 || last.Next != "" {
		t.Errorf("got %v", last)
	}
}
