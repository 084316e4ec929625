// Package page cuts lists into pages by key: a page begins after the last key
// of the one before it, so writes between two pages neither repeat nor skip
// what was there all along.
package page

import (
	"encoding/base64"
	"slices"
	"strings"

	"muster/internal/fault"
)

// Request asks for one page.
type Request struct {
	Limit      int    // items at most; at least 1
	Token      string // Next of the page before, as the client sent it; "" begins
	Descending bool
}

// Page is one page of a list.
type Page[T any] struct {
	Items []T
	Next  string // "" on the last page
}

// separator can't occur in names, ids and numbers, which tokens are made of.
const separator = "\x1f"

// Token makes the opaque token of a key. Its alphabet is standard base64, as
// the pattern of AWS IoT's markers wants.
func Token(key ...string) string {
	return base64.StdEncoding.EncodeToString([]byte("1" + separator + strings.Join(key, separator)))
}

// Key reads a token of n parts back; nil when token is empty. It fails with
// fault.Invalid when the token is not one that Token made of n parts.
func Key(token string, n int) ([]string, error) {
	if token == "" {
		return nil, nil
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(token)
	parts := strings.Split(string(raw), separator)
	if err != nil || len(parts) != n+1 || parts[0] != "1" {
		return nil, fault.Invalid.Errorf("the pagination token is not valid")
	}
	return parts[1:], nil
}

// Cut turns items, of which there is one more than limit if there are so many,
// into a page; key names an item's place in the list.
func Cut[T any](items []T, limit int, key func(T) []string) Page[T] {
	if len(items) <= limit {
		return Page[T]{Items: items}
	}
	items = items[:limit]
	return Page[T]{Items: items, Next: Token(key(items[limit-1])...)}
}

// Rest is the page of all, a short list in the order of key, that follows the
// one whose last item has the key after; the first when after is nil.
func Rest[T any](all []T, after []string, limit int, key func(T) string) Page[T] {
	if after != nil {
		all = slices.DeleteFunc(slices.Clone(all), func(v T) bool { return key(v) <= after[0] })
	}
	return Cut(all, limit, func(v T) []string { return []string{key(v)} })
}
