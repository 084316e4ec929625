package bucket

import (
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"muster/internal/fault"
)

// CORSRule says which pages of other origins may send which requests. A
// browser asks for it, and keeps it; what a request may do is decided without.
type CORSRule struct {
	ID                             string // "" when it has none
	AllowedOrigins, AllowedMethods []string
	AllowedHeaders, ExposeHeaders  []string
	MaxAge                         *int // seconds; nil when not given
}

const (
	mostCORSRules = 100
	longestID     = 255 // characters, of rules of every kind
)

// malformed is for documents that break the schema of S3.
func malformed(format string, args ...any) error { return fault.Malformed.Errorf(format, args...) }

// CORS returns a bucket's rules, which nobody may change. It fails with
// fault.NotFound when there are none.
func (b *Buckets) CORS(ctx context.Context, name string) ([]CORSRule, error) {
	return known[[]CORSRule](ctx, b, name, CORS)
}

// SetCORS keeps rules in place of those that the bucket has. It fails with
// fault.Malformed and fault.Invalid for rules that can't be.
func (b *Buckets) SetCORS(ctx context.Context, name string, rules []CORSRule) error {
	if err := CheckCORS(rules); err != nil {
		return err
	}
	return b.set(ctx, name, CORS, rules)
}

var corsMethods = []string{"GET", "PUT", "POST", "DELETE", "HEAD"}

// IsCORSMethod reports whether a rule can name a method.
func IsCORSMethod(method string) bool { return slices.Contains(corsMethods, method) }

// CheckCORS refuses rules that a bucket can't have.
func CheckCORS(rules []CORSRule) error {
	if len(rules) == 0 || len(rules) > mostCORSRules {
		return malformed("a CORS configuration has 1 to %d rules", mostCORSRules)
	}
	for _, r := range rules {
		if err := r.check(); err != nil {
			return err
		}
	}
	return nil
}

func (r CORSRule) check() error {
	switch {
	case len(r.AllowedOrigins) == 0 || len(r.AllowedMethods) == 0:
		return malformed("a CORS rule allows an origin and a method")
	case utf8.RuneCountInString(r.ID) > longestID:
		return malformed("the ID of a CORS rule has at most %d characters", longestID)
	case r.MaxAge != nil && *r.MaxAge < 0:
		return malformed("MaxAgeSeconds can't be negative")
	}
	for _, method := range r.AllowedMethods {
		if !IsCORSMethod(method) {
			return fault.Invalid.Errorf("Found unsupported HTTP method in CORS config. Unsupported method is %s", method)
		}
	}
	for _, origin := range r.AllowedOrigins {
		switch {
		case strings.Count(origin, "*") > 1:
			return fault.Invalid.Errorf("AllowedOrigin %q can not have more than one wildcard.", origin)
		case strings.ContainsFunc(origin, unicode.IsControl):
			return fault.Invalid.Errorf("AllowedOrigin %q can't be an origin.", origin)
		}
	}
	for _, header := range r.AllowedHeaders {
		switch {
		case strings.Count(header, "*") > 1:
			return fault.Invalid.Errorf("AllowedHeader %q can not have more than one wildcard.", header)
		case !isToken(header):
			return fault.Invalid.Errorf("AllowedHeader %q can't be the name of a header.", header)
		}
	}
	for _, header := range r.ExposeHeaders {
		switch {
		case strings.Contains(header, "*"):
			return fault.Invalid.Errorf("ExposeHeader %q contains wildcard. We currently do not support wildcard for ExposeHeader.", header)
		case !isToken(header):
			return fault.Invalid.Errorf("ExposeHeader %q can't be the name of a header.", header)
		}
	}
	return nil
}

// isToken reports whether s is a token of RFC 9110, as names of headers are.
func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(c rune) bool {
		return c <= ' ' || c >= 0x7f || strings.ContainsRune("\"(),/:;<=>?@[\\]{}", c)
	})
}

// MatchCORS returns the first rule under which a page of the origin may send a
// request of the method with the headers.
func MatchCORS(rules []CORSRule, origin, method string, headers []string) (CORSRule, bool) {
	for _, r := range rules {
		if r.allows(origin, method, headers) {
			return r, true
		}
	}
	return CORSRule{}, false
}

func (r CORSRule) allows(origin, method string, headers []string) bool {
	if !slices.Contains(r.AllowedMethods, method) || !matchesAny(r.AllowedOrigins, origin) {
		return false
	}
	for _, header := range headers {
		if !slices.ContainsFunc(r.AllowedHeaders, func(allowed string) bool { return matches(strings.ToLower(allowed), strings.ToLower(header)) }) {
			return false
		}
	}
	return true
}

// AnyOrigin reports whether the rule is for pages of every origin.
func (r CORSRule) AnyOrigin() bool { return slices.Contains(r.AllowedOrigins, "*") }

func matchesAny(patterns []string, s string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return matches(p, s) })
}

// matches reports whether s is the pattern, in which one * stands for anything.
func matches(pattern, s string) bool {
	before, after, wild := strings.Cut(pattern, "*")
	if !wild {
		return pattern == s
	}
	return len(s) >= len(before)+len(after) && strings.HasPrefix(s, before) && strings.HasSuffix(s, after)
}
