package storetest

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/internal/fault"
	"muster/internal/page"
)

// lister reads a page of a list.
type lister[T any] = func(page.Request) (page.Page[T], error)

// everyPage walks through a list.
func everyPage[T any](t *testing.T, p page.Request, read lister[T]) []T {
	t.Helper()
	all := []T{}
	for {
		got, err := read(p)
		if err != nil || len(got.Items) > p.Limit {
			t.Fatalf("page %+v: got %d items, %v", p, len(got.Items), err)
		}
		all = append(all, got.Items...)
		if p.Token = got.Next; p.Token == "" {
			return all
		}
	}
}

// expectPages fails unless the list has these names, in this order, at every
// size of a page.
func expectPages[T any](t *testing.T, p page.Request, want []string, name func(T) string, read lister[T]) {
	t.Helper()
	for p.Limit = 1; p.Limit <= len(want)+1; p.Limit++ {
		got := []string{}
		for _, item := range everyPage(t, p, read) {
			got = append(got, name(item))
		}
		if !cmp.Equal(got, want) {
			t.Errorf("descending %v, %d a page: got %v, want %v", p.Descending, p.Limit, got, want)
		}
	}
}

// expectPagesBothWays does so for the list and the list backwards.
func expectPagesBothWays[T any](t *testing.T, want []string, name func(T) string, read lister[T]) {
	t.Helper()
	expectPages(t, page.Request{}, want, name, read)
	back := slices.Clone(want)
	slices.Reverse(back)
	expectPages(t, page.Request{Descending: true}, back, name, read)
}

// expectTokensRefused fails unless the list refuses tokens that it never gave.
func expectTokensRefused[T any](t *testing.T, read lister[T], tokens ...string) {
	t.Helper()
	for _, token := range tokens {
		if _, err := read(page.Request{Limit: 1, Token: token}); !errors.Is(err, fault.Invalid) {
			t.Errorf("token %q: got %v, want %v", token, err, fault.Invalid)
		}
	}
}

// itself is the name of what is listed by name.
func itself(name string) string { return name }
