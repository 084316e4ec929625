package page_test

import (
	"errors"
	"strings"
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

func TestRest(t *testing.T) {
	all := []string{"a", "b", "c", "d", "e"}
	same := func(s string) string { return s }
	for _, tc := range []struct {
		name  string
		after []string
		limit int
		want  []string
		next  string
	}{
		{"the first", nil, 2, []string{"a", "b"}, page.Token("b")},
		{"one between", []string{"b"}, 2, []string{"c", "d"}, page.Token("d")},
		{"the last", []string{"d"}, 2, []string{"e"}, ""},
		{"the last, full", []string{"c"}, 2, []string{"d", "e"}, ""},
		{"after one that is gone", []string{"bb"}, 1, []string{"c"}, page.Token("c")},
		{"after the end", []string{"e"}, 2, []string{}, ""},
	} {
		if got := page.Rest(all, tc.after, tc.limit, same); !cmp.Equal(got.Items, tc.want) || got.Next != tc.next {
			t.Errorf("%s: got %v, want %v, %q", tc.name, got, tc.want, tc.next)
		}
	}
	if !cmp.Equal(all, []string{"a", "b", "c", "d", "e"}) {
		t.Errorf("the list became %v", all)
	}
}

// A token that can be read is the one that was made of what it holds.
func FuzzKey(f *testing.F) {
	f.Add(page.Token("thing-7"), 1)
	f.Add(page.Token("1700000000000", "thing-7"), 2)
	f.Add("MR8=", 1)
	f.Add("MQ==", 1)
	f.Add("\n", 3)
	f.Fuzz(func(t *testing.T, token string, parts int) {
		key, err := page.Key(token, parts)
		switch {
		case token == "" && (err != nil || key != nil):
			t.Errorf("Key of no token: got %q, %v", key, err)
		case err != nil && !errors.Is(err, fault.Invalid):
			t.Errorf("Key(%q, %d): got %v, want %v", token, parts, err, fault.Invalid)
		case err == nil && token != "" && parts > 0:
			// Line breaks in base64 are overlooked; they change nothing.
			if len(key) != parts || page.Token(key...) != strings.NewReplacer("\r", "", "\n", "").Replace(token) {
				t.Errorf("Key(%q, %d): got %q, which makes another token", token, parts, key)
			}
		}
	})
}
