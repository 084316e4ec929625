package policy

import (
	"slices"
	"strings"
)

// Context holds the condition keys of a request with their values. Keys are
// lower case, as Set writes them: AWS's key names are case-insensitive. What
// stands in brackets, a thing's attribute name, keeps its case.
type Context map[string][]string

// Set gives key its values; none removes it.
func (c Context) Set(key string, values ...string) {
	if len(values) == 0 {
		delete(c, fold(key))
		return
	}
	c[fold(key)] = values
}

// NeedsContext reports whether what d decides can depend on the context of a
// request: whether it has a condition, or a variable in a resource. Where it
// doesn't, the context need not be made.
func (d *Document) NeedsContext() bool { return d.needsContext }

// asks reports whether the statement looks at the context.
func (s *statement) asks() bool {
	return len(s.conditions) > 0 || slices.ContainsFunc(s.resources, func(r resource) bool {
		return r.whole.variable || slices.ContainsFunc(r.parts[:], func(p pattern) bool { return p.variable })
	})
}

func fold(key string) string {
	if i := strings.IndexByte(key, '['); i >= 0 {
		return strings.ToLower(key[:i]) + key[i:]
	}
	return strings.ToLower(key)
}
